"""Question and answer -> what is unfinished about them.

A gap is found by shape and by what the question promises; whether anything is
known to fill it is for a completer to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from notepress.knowledge import Concept, Knowledge, fold
from notepress.questions import Subject
from notepress.segment import is_term

_TODO = re.compile(
    r"(?:^|[\s（(：:，,。])"
    r"(?:TODO|To ?Do|TBD|待补充?|待续|待完善|待写|略|未完|\?\?+|？？+)[\s。.）)]*$",
    re.IGNORECASE,
)
_EMPTY_ITEM = re.compile(
    r"(?:(?:^|(?<=\n))[ \t]*[-*+]|(?:^|(?<=[^\d.]))(?:\d{1,2})[.、．)）])"
    r"[ \t]*(?=[。.，,；;]?[ \t]*(?:\n|$))"
)
# A colon above a list leads over to it.
_LIST_BELOW = r"(?!\s*\n\s*(?:(?:[-*+]|\d+\.)(?:\s|$)|\||```|\\\[|!\[))"
_EMPTY_TERM = re.compile(rf"([^\s，。；、：:]{{2,12}})[：:]{_LIST_BELOW}[ \t]*(?=[。.，,；;\n]|\Z)")
_PROMISE = re.compile(r"([两二三四五六七八九]|\d)\s*(?:种|类|个|点|步|条|部分|方面|大类)")
_DIGITS = {"两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_CUT_FORMULA = re.compile(r"(?:[=＝+−*/^_]|\\[a-zA-Z]+)\s*[。.]?$")
_LATIN_NAME = re.compile(r"[A-Za-z][\w+-]*(?: [A-Za-z][\w+-]*)?", re.ASCII)
_PAIR = 2


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that is missing: its ``kind``, where in the answer, and of what."""

    kind: str
    start: int = 0
    end: int = 0
    term: str = ""
    concept: Concept | None = None

    @property
    def message(self) -> str:
        """Say in a phrase what is missing."""
        detail = self.term or (self.concept.name.zh if self.concept else "")
        return _MESSAGES[self.kind].format(detail)


_MESSAGES = {
    "EMPTY": "no answer",
    "KEYWORD": "the answer is only a keyword: {}",
    "HALF": "nothing is said of {}",
    "EMPTY-ITEM": "the list ends with an empty item",
    "EMPTY-TERM": "nothing is said of {}",
    "TRAILING": "the answer breaks off",
    "TODO": "marked as unfinished: {}",
    "COUNT": "the list gives fewer than it promises: {}",
    "FORMULA": "the formula is cut off",
}


def find(answer: str, subject: Subject, knowledge: Knowledge) -> tuple[Gap, ...]:
    """Find everything unfinished, in the order of the answer; at most one gap of a place."""
    bare = answer.strip()
    todo = _TODO.search(bare)
    if not bare or (todo and not bare[: todo.start()].strip()):
        return (Gap("EMPTY", 0, len(answer)),)
    keyword = bare.rstrip("。.")
    if _is_keyword(keyword, knowledge):
        return (Gap("KEYWORD", 0, len(answer), keyword),)
    found = [*_halves(bare, subject, knowledge), *_places(answer)]
    return tuple(sorted(found, key=lambda gap: (gap.start, gap.kind)))


def _is_keyword(text: str, knowledge: Knowledge) -> bool:
    """Tell whether an answer is nothing but a name: one that is known, or a Latin word or two."""
    if not is_term(text) or "\n" in text:
        return False
    return knowledge.named(text) is not None or _LATIN_NAME.fullmatch(text) is not None


def _places(answer: str) -> Iterator[Gap]:
    taken = -1
    for item in _EMPTY_ITEM.finditer(answer):
        taken = item.end()
        yield Gap("EMPTY-ITEM", *item.span())
    for term in _EMPTY_TERM.finditer(answer):
        if "例如" not in term[1] and not term[1].endswith("如下"):
            taken = max(taken, term.end())
            yield Gap("EMPTY-TERM", *term.span(), term=term[1])
    stripped = answer.rstrip()
    todo = _TODO.search(stripped)
    if todo:
        yield Gap("TODO", todo.start(), len(answer), todo[0].strip())
    elif stripped[-1:] in "，,、：:" and taken < len(stripped) - 1:
        yield Gap("TRAILING", len(stripped) - 1, len(answer))
    elif _CUT_FORMULA.search(stripped) and "\\)" not in stripped[-3:] and taken < len(stripped):
        yield Gap("FORMULA", len(stripped) - 1, len(answer))
    yield from _promises(answer)


def _promises(answer: str) -> Iterator[Gap]:
    items = len(re.findall(r"(?:^|\n|[^\d.])\d{1,2}[.、．)）](?!\d)", answer)) or len(
        re.findall(r"(?:^|\n)\s*[-*+]\s", answer)
    )
    promised = _PROMISE.search(answer.partition("\n")[0])
    if promised and items:
        count = _DIGITS.get(promised[1]) or int(promised[1])
        if items < count:
            yield Gap("COUNT", promised.start(), promised.end(), promised[0])


def _halves(answer: str, subject: Subject, knowledge: Knowledge) -> Iterator[Gap]:
    """Find the side of a pair that the answer leaves out, if it speaks of the other."""
    sides: Sequence[Concept] = subject.concepts
    if len(sides) == 1 and subject.kind == "definition":
        sides = [knowledge.by_id[part] for part in sides[0].parts if part in knowledge.by_id]
    if len(sides) < _PAIR:
        return
    said = {mention.concept.id for mention in knowledge.mentions(answer)}
    named = [side.id in said or _distinct(side, sides, answer) for side in sides]
    # Of a pair one side may be missing; of a larger set one that is missing was
    # forgotten, while several were left out.
    if any(named) and (len(sides) == _PAIR or named.count(False) == 1):
        for side, is_named in zip(sides, named, strict=True):
            if not is_named:
                yield Gap("HALF", 0, 0, concept=side)


def _distinct(side: Concept, sides: Sequence[Concept], answer: str) -> bool:
    """Tell whether an answer names a side by what sets its name apart: L1 of "L1 正则化"."""
    folded = fold(answer)
    for name in side.names:
        own = fold(name)
        for other in (fold(n) for s in sides if s is not side for n in s.names):
            tail = 0
            while tail < min(len(own), len(other)) and own[-1 - tail] == other[-1 - tail]:
                tail += 1
            piece = own[: len(own) - tail]
            if tail and len(piece) >= _PAIR and piece in folded and not other.endswith(piece):
                return True
    return False
