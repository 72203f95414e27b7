"""A Latin word that is nearly a word of the field was mistyped; one in the wrong case is put right.

Three slips are known by their shape: a word with a stray Chinese character inside
(a stray key in the input method), a word one or two letters away from exactly one
term, and a term whose capitals are not where the field puts them. A word that is
itself in a dictionary is left alone, however near it comes.

Source: Damerau, "A technique for computer detection and correction of spelling
errors", 1964: most slips are one insertion, deletion, substitution or swap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from notepress.fixers._text import HAN, Edit, Text
from notepress.knowledge import Knowledge

CODE = "LATIN"
PHASE = 20
EXAMPLES = (
    ("常用的有Relu和s大igmiod", "常用的有ReLU和sigmoid"),
    ("什么是Embeddeding", "什么是Embedding"),
    ("Knn是惰性学习", "KNN是惰性学习"),
    ("用Sofmtax归一化", "用Softmax归一化"),
    ("先过encodor再过Decodr", "先过encoder再过Decoder"),
)
UNTOUCHED = (
    "KNN 与 ReLU",
    "K均值means",
    "调用 nn.relu 与 `relu`",
    "Add 与 Norm",
    "GPT-4 和 BERT",
    "Adan 是另一个优化器",
    "a model of models",
    "model_embeding = 3",
)

_WORD = re.compile(r"(?<![\w\\@#/.])[A-Za-z]+(?:[-'][A-Za-z]+)*(?![\w@/])", re.ASCII)
# Looked for ahead, since the second word of one may be the first of the next.
_BROKEN = re.compile(rf"(?<![A-Za-z0-9_])(?=([A-Za-z]+)([{HAN}])([A-Za-z]+)(?![A-Za-z0-9_]))")
_SHORTEST = 5
_TWO_SLIPS = 8


@lru_cache(maxsize=4)
def _lexicon(knowledge: Knowledge) -> Mapping[str, str]:
    """Every Latin word of the field by its lower-case form; the commonest case wins."""
    found: dict[str, dict[str, int]] = {}
    names = [name for c in knowledge.concepts for name in c.names]
    for name in [*(term.term for term in knowledge.terms), *names]:
        for word in _WORD.findall(name):
            counts = found.setdefault(word.lower(), {})
            counts[word] = counts.get(word, 0) + 1
    whole = {key: min(cases, key=lambda w: (-cases[w], w)) for key, cases in found.items()}
    # What the lexicon itself lists as one word is right as it stands there.
    return whole | {t.term.lower(): t.term for t in knowledge.terms if _WORD.fullmatch(t.term)}


def fix(text: Text, knowledge: Knowledge) -> Iterator[Edit]:
    """Repair broken words, misspelt terms and wrong capitals."""
    lexicon = _lexicon(knowledge)
    joined = (_join(found, lexicon) for found in text.finditer(_BROKEN))
    edits = {edit.start: edit for edit in joined if edit}
    done = 0
    for word in text.finditer(_WORD):
        broken = edits.get(word.start())
        edit = broken or _respell(word, lexicon)
        if edit and edit.start >= done:
            done = edit.end
            yield edit


def _join(found: re.Match[str], lexicon: Mapping[str, str]) -> Edit | None:
    left, stray, right = found.groups()
    if left.lower() in lexicon and right.lower() in lexicon:
        return None
    joined = left + right
    right_form = lexicon.get(joined.lower()) or _nearest(joined, lexicon)
    if right_form is None or len(joined) < _SHORTEST:
        return None
    reason = f"“{right_form}”被误键“{stray}”拆开"
    after = _as_typed(joined, right_form)
    return Edit(found.start(), found.start() + len(left + stray + right), after, reason, 0.97)


def _respell(word: re.Match[str], lexicon: Mapping[str, str]) -> Edit | None:
    typed = word[0]
    if typed.endswith("'s"):
        return None
    known = lexicon.get(typed.lower())
    if known:
        return _recase(word, known)
    singular = lexicon.get(typed.lower().removesuffix("s"))
    if singular or any(part.lower() in lexicon for part in typed.split("-") if "-" in typed):
        near = _nearest(typed, lexicon) if "-" in typed else None
        if near is None or "-" not in near:
            return None
    else:
        near = _nearest(typed, lexicon)
    if near is None or _is_inflected(typed.lower(), near.lower()) or _is_english(typed):
        return None
    reason = f"拼写：“{typed}”应为“{near}”"
    return Edit(*word.span(), _as_typed(typed, near), reason, 0.95)


def _recase(word: re.Match[str], known: str) -> Edit | None:
    typed = word[0]
    capitals = any(letter.isupper() for letter in known)
    # A lower-case word may begin with a capital; one written in capitals stays so.
    if (
        len(typed) == 1
        or not capitals
        or typed == known
        or (typed.isupper() and known[1:].islower())
    ):
        return None
    # "transformer" as a common word, "glove", "bert": only unmistakable forms are recased.
    if known[1:].islower() and typed.islower():
        return None
    return Edit(*word.span(), known, f"大小写：“{typed}”应写作“{known}”", 0.98)


def _is_inflected(typed: str, near: str) -> bool:
    """Tell whether two words differ by an ending alone: pretrain, pretrained."""
    short, long = sorted((typed, near), key=len)
    if "-" in typed:
        return False
    return long.startswith(short) and long[len(short) :] in ("s", "d", "r", "ed", "er", "es", "or")


def _nearest(typed: str, lexicon: Mapping[str, str]) -> str | None:
    """Give the one word of the field that is near enough; None where two are, or none."""
    if len(typed) < _SHORTEST:
        return None
    allowed = 2 if len(typed) >= _TWO_SLIPS else 1
    found = process.extract(
        typed.lower(), lexicon.keys(), scorer=OSA.distance, score_cutoff=allowed, limit=2
    )
    long_enough = [
        hit for hit in found if len(hit[0]) >= _SHORTEST and hit[0][0] == typed[0].lower()
    ]
    if not long_enough:
        return None
    if len(long_enough) > 1 and long_enough[0][1] == long_enough[1][1]:
        return None
    return lexicon[long_enough[0][0]]


def _as_typed(typed: str, right: str) -> str:
    """Keep a capital at the start where the author set one on a common word."""
    return right[0].upper() + right[1:] if typed[0].isupper() and right.islower() else right


@lru_cache(maxsize=1)
def _dictionary() -> frozenset[str]:
    # Imported late: only a word that is nearly a term needs the dictionary.
    from spellchecker import SpellChecker  # see above

    return frozenset(SpellChecker(language="en", distance=1).word_frequency.words())


def _is_english(word: str) -> bool:
    return word.lower() in _dictionary()
