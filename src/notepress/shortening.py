"""An answer in both languages -> its short form, made of its own first sentences.

What hangs above a desk is read at a glance, so a sheet prints a line or two where a
card explains at length. Knowledge words that itself for what it knows. Of any other
answer the first sentences say the most, as they do in a lexicon; both languages
keep as many of them. Nothing is cut within a sentence, and nothing is made up: an
answer that has no shorter form stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, takewhile
from typing import Final

from notepress.model import Bilingual, Card

# What the knowledge base keeps to as well: about three lines of a column each.
MOST_HAN: Final = 50
MOST_WORDS: Final = 30

# First sentences were not worded to stand alone, and may take more room.
_ALLOWANCE: Final = 1.5

# A pitfall is worth a line or so of each language.
_PITFALL: Final = 0.75

# An answer with this many lines is long whatever they hold.
_MOST_LINES: Final = 3

# A short form that leaves out less than this isn't worth leaving it out.
_WORTH: Final = 0.85

# An answer that sets things side by side is nothing without its last sentence.
_COMPARES: Final = re.compile(
    r"区别|异同|比较|对比|不同|差异|优缺点|\bvs\b|-vs-|compare|differ", re.IGNORECASE
)

_MATHS: Final = re.compile(r"\\\(.+?\\\)|\\\[.+?\\\]", re.DOTALL)
_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z'’-]*")
_ITEM: Final = re.compile(r"\s*(?:[-*+]|\d{1,2}[.)])\s+(.*)")
_SET_APART: Final = re.compile(r"^(?:```|~~~|\||>|    |\t)", re.MULTILINE)
# A sentence ends behind a stop and what closes it; in English before a space alone,
# so that neither 0.5 nor e.g. ends one.
_ENDS: Final = {
    "zh": re.compile(r"(?<=[。！？])[”’）]*(?=.)"),
    "en": re.compile(r"(?<=[a-z0-9)\]][.!?])[”’)]*\s+(?=[A-Z“(\\])"),
}
# The term that an item begins with, before it is explained.
_TERM: Final = {"zh": re.compile(r"[：:（(，；。]"), "en": re.compile(r"[:;,(]|\.(?:\s|$)")}


def for_print(card: Card) -> Bilingual:
    """Give what a sheet prints for a card's answer: all of it, if that is short.

    Whoever has written another answer by hand doesn't mean what knowledge says in short.
    """
    edited = {change.field.partition(".")[0] for change in card.changes if change.code == "EDIT"}
    if card.short.zh and ("short" in edited or "answer" not in edited):
        return Bilingual(card.short.zh, card.short.en or card.answer.en)
    compares = _COMPARES.search(f"{card.id} {card.question.zh} {card.question.en}")
    return card.answer if compares or not is_long(card.answer) else shortened(card.answer)


def pitfall_for_print(card: Card) -> Bilingual:
    """Give what a sheet prints of a card's pitfall: the first clauses of a long one."""
    zh, en = card.pitfall.zh, card.pitfall.en
    if max(_weight(zh), _weight(en)) <= _PITFALL or "\n" in zh.strip() + en.strip():
        return card.pitfall
    clauses, others = _parted(zh, "zh"), _parted(en, "en")
    if (en and len(clauses) != len(others)) or len(clauses) == 1:
        return card.pitfall
    count = min(_fitting(clauses, _PITFALL), _fitting(others, _PITFALL) if en else len(clauses))
    return Bilingual(
        re.sub(r"[；，]$", "。", _joined(clauses[:count], "")),
        re.sub(r"[;,]$", ".", _joined(others[:count], " ")),
    )


def _parted(text: str, language: str) -> list[str]:
    """Cut a text behind each stop and semicolon."""
    clause = r"(?<=[。！？；])(?=.)" if language == "zh" else r"(?<=[a-z)][.!?;])\s+"
    ends = [found.end() for found in re.finditer(clause, _masked(text))]
    return [text[a:b].strip() for a, b in zip([0, *ends], [*ends, len(text)], strict=True)]


def is_long(answer: Bilingual) -> bool:
    """Tell whether an answer is longer than a short form may be."""
    lines = [line for line in answer.zh.splitlines() if line.strip()]
    return len(lines) > _MOST_LINES or _weight(answer.zh) > 1 or _weight(answer.en) > 1


def shortened(answer: Bilingual) -> Bilingual:
    """Keep the first sentences of an answer, the same number in both languages."""
    zh, en = list(_sentences(answer.zh, "zh")), list(_sentences(answer.en, "en"))
    if not zh or (answer.en and not en):
        return answer
    count = _fitting(zh)
    if en:
        same = len(zh) == len(en)
        count, fewer = (min(count, _fitting(en)),) * 2 if same else (count, _fitting(en))
    else:
        fewer = 0
    made = Bilingual(_joined(zh[:count], ""), _joined(en[:fewer], " "))
    kept = max(_weight(made.zh), _weight(made.en))
    whole = max(_weight(answer.zh), _weight(answer.en))
    listed = len(answer.zh.splitlines()) > _MOST_LINES
    return made if listed or kept < _WORTH * whole else answer


def _weight(text: str) -> float:
    """Say how long a text is, as a share of the most that a short form may hold."""
    bare = _MATHS.sub(" x ", text)
    return len(_HAN.findall(bare)) / MOST_HAN + len(_WORD.findall(bare)) / MOST_WORDS


def _fitting(sentences: Sequence[str], most: float = _ALLOWANCE) -> int:
    """Count the sentences that together are still short; the first always is."""
    weights = accumulate(_weight(sentence) for sentence in sentences)
    return max(1, len(list(takewhile(lambda weight: weight <= most, weights))))


def _joined(sentences: Sequence[str], between: str) -> str:
    return between.join(sentences).strip()


def _sentences(text: str, language: str) -> Iterator[str]:
    """Give the sentences of running text; a list counts for one with what leads to it."""
    lead = ""
    for block in re.split(r"\n[ \t]*\n", text.strip()):
        lines = block.splitlines()
        items = [found[1] for line in lines if (found := _ITEM.match(line))]
        if _SET_APART.search(block) or (items and len(items) < len(lines)):
            break
        if items:
            yield _run_in(lead, items, language)
            lead = ""
            continue
        if lead:
            yield lead
        *whole, lead = _cut(" ".join(lines) if language == "en" else "".join(lines), language)
        yield from whole
    if lead and lead[-1] not in "：:":
        yield lead


def _cut(paragraph: str, language: str) -> list[str]:
    ends = [found.end() for found in _ENDS[language].finditer(_masked(paragraph))]
    starts, stops = [0, *ends], [*ends, len(paragraph)]
    return [paragraph[a:b].strip() for a, b in zip(starts, stops, strict=True)]


def _run_in(lead: str, items: Sequence[str], language: str) -> str:
    """Write a list as one sentence: what leads to it, and the term of each item."""
    between, end = ("；", "。") if language == "zh" else ("; ", ".")
    terms = [_term(item, language) for item in items]
    text = between.join(terms) + end
    if not lead:
        return text
    return f"{lead}{text}" if language == "zh" else f"{lead} {text}"


def _masked(text: str) -> str:
    """Write over formulas, so that no stop inside one is taken for the sentence's."""
    return _MATHS.sub(lambda found: "x" * len(found[0]), text)


def _term(item: str, language: str) -> str:
    whole = item.strip()
    if _weight(whole) < 1 / 3 and not re.search(r"[：:]", whole):
        return whole.rstrip("。.；;")
    found = _TERM[language].search(_masked(whole))
    return (whole[: found.start()] if found and found.start() else whole).strip().rstrip("。.；;")
