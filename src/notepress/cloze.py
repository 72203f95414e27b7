r"""A card -> its text with parts to hide, where its structure says which.

What a list holds, what is said of each side of a contrast, and what a formula equals
can be hidden one at a time. Anything else would be a guess at what matters, so it
stays whole. The text is Markdown still: a hidden part stands between characters of
Unicode's private area, which pass through Markdown and sanitizer as letters do.
``to_anki`` makes Anki's own marks of them in the finished HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from notepress.model import Bilingual, Card

_OPEN, _FROM, _CLOSE = "\ue000", "\ue001", "\ue002"
_MARKS: Final = re.compile(f"[{_OPEN}{_FROM}{_CLOSE}]")
_HIDDEN: Final = re.compile(f"{_OPEN}(\\d+){_FROM}(.*?){_CLOSE}", re.DOTALL)
_MATHS: Final = re.compile(r"\\\(.*?\\\)|\\\[.*?\\\]", re.DOTALL)
# What would end a hidden part early, or begin a hint in it.
_BRACES: Final = re.compile(f"\\}}(?=[}}{_CLOSE}])")
_ENDS: Final = re.compile(r"\}(?=\}|$)|:(?=:)")

# More than this is no longer recalled, but recited.
_LONGEST: Final = 60
_MOST_ITEMS: Final = 9

_ITEM: Final = re.compile(r"^[ \t]*(?:\d+[.)]|[-*+])[ \t]+(?P<text>\S[^\n]*)", re.MULTILINE)
_NAMED: Final = re.compile(r"(?P<name>[^：:]{1,24})(?:：|: )(?=\S)")
_TAIL: Final = re.compile(r"[；;。，,.\s]*$")
_LISTS: Final = re.compile(r"哪些|哪几|什么|\b(?:what|which)\b", re.IGNORECASE)
_RUN: Final = re.compile(r"[^，。；：、\n]{1,16}(?:、[^，。；：、\n]{1,16})+(?=[，。；]|$)")
_SIDES: Final = re.compile(
    r"(?:什么是|何谓|比较|简述|对比)?(?P<one>[^？?，,。和与]{1,20}?)\s*(?:和|与|跟|\bvs\.?\s)\s*"
    r"(?P<other>[^？?，,。和与]{1,20}?)\s*"
    r"(?:(?:之间|两者)?(?:的|有什么|有何|有哪些)*(?:主要|本质)?(?:区别|不同|差别|差异|异同|对比|比较)(?:之处|点)?)?"
    r"(?:分别|各)?(?:是什么|有哪些|在哪里?)?[？?]?"
)
_CLAUSE: Final = re.compile(r"[^。；;\n]+")
_SAYS: Final = re.compile(r"\s*(?:就?是(?:指)?|则|：|刻画|使用|用|指)?\s*")

_LATEX: Final = re.compile(
    r"\\begin\b|\\end\b|\\left\b|\\right\b|\\(?:quad|qquad)\b|\\leftarrow\b|\\(?:[A-Za-z]+|.)|[{}=]",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Hidden:
    """A text in which parts are marked as hidden, and the numbers that they bear."""

    text: str
    numbers: tuple[int, ...]


def passages(card: Card) -> Hidden | None:
    """Hide the items of a card's lists, else what is said of each of two sides; None for none."""
    answer = _MARKS.sub("", card.answer.zh or card.answer.en)
    if "```" in answer or "~~~" in answer:
        return None
    spans = list(_items(answer)) or list(_run(card.question, answer))
    spans = spans or list(_sides(card.question, answer))
    if not 1 < len(spans) <= _MOST_ITEMS:
        return None
    return _hide(answer, spans)


def formulas(card: Card) -> Hidden:
    """Hide what each formula equals, or all of it where it is no equation."""
    bare = [_MARKS.sub("", latex) for latex in card.formulas]
    hidden = [
        _hide(latex, [_right_side(latex)], first=number).text
        for number, latex in enumerate(bare, 1)
    ]
    text = "\n\n".join(f"\\[{latex}\\]" for latex in hidden)
    return Hidden(text, tuple(range(1, len(bare) + 1)))


def count(card: Card) -> int:
    """Count the items of a card's lists."""
    return len(_ITEM.findall(card.answer.zh or card.answer.en))


def to_anki(html: str) -> str:
    """Write hidden parts as Anki does, and keep what is in one from ending it early.

    In words a browser reads a brace's number as the brace. In formulas braces are parted
    by a space, which means nothing there, outside of hidden parts too: a pair of them is
    then Anki's own, for every program that looks for one.
    """

    def mark(part: re.Match[str]) -> str:
        inside = _ENDS.sub(lambda end: f"&#{ord(end[0])};", part[2])
        return f"{{{{c{part[1]}::{inside}}}}}"

    parted = _MATHS.sub(lambda formula: _BRACES.sub("} ", formula[0]), html)
    return _HIDDEN.sub(mark, parted)


def _hide(text: str, spans: Iterable[tuple[int, int]], first: int = 1) -> Hidden:
    parts: list[str] = []
    end = 0
    numbers = []
    for number, (start, stop) in enumerate(spans, first):
        parts += [text[end:start], f"{_OPEN}{number}{_FROM}{text[start:stop]}{_CLOSE}"]
        end = stop
        numbers.append(number)
    return Hidden("".join([*parts, text[end:]]), tuple(numbers))


def _items(answer: str) -> Iterator[tuple[int, int]]:
    """Hide an item's name where it is told apart by one, else the item."""
    for item in _ITEM.finditer(answer):
        named = _NAMED.match(answer, *item.span("text"))
        start, end = named.span("name") if named else item.span("text")
        end = start + len(_TAIL.sub("", answer[start:end]))
        if _fits(answer[start:end]):
            yield start, end


def _run(question: Bilingual, answer: str) -> Iterator[tuple[int, int]]:
    """Hide what an answer enumerates right away: "ReLU、sigmoid、tanh，…"."""
    run = _RUN.match(answer)
    if run and _LISTS.search(question.zh):
        yield from (part.span() for part in re.finditer(r"[^、]+", answer[: run.end()]))


def _sides(question: Bilingual, answer: str) -> Iterator[tuple[int, int]]:
    """Hide what is said of each of the two things that a question names."""
    asked = _SIDES.fullmatch(question.zh.strip())
    if not asked:
        return
    clauses = list(_CLAUSE.finditer(answer))
    found = [_said_of(side.strip(), clauses) for side in (asked["one"], asked["other"])]
    if all(found):
        yield from sorted(span for span in found if span)


def _said_of(side: str, clauses: Iterable[re.Match[str]]) -> tuple[int, int] | None:
    """Find the clause that begins with a side's name, or with its first word."""
    names = [side, *side.split()[:1]]
    for name, clause in chain.from_iterable([(n, c) for c in clauses] for n in names):
        start = clause.end() - len(clause[0].lstrip())
        if not clause[0].lstrip().casefold().startswith(name.casefold()):
            continue
        says = _SAYS.match(clause[0].lstrip(), len(name))
        begin = start + (says.end() if says else len(name))
        if _fits(clause.string[begin : clause.end()], most=2 * _LONGEST):
            return begin, clause.end()
    return None


def _fits(text: str, most: int = _LONGEST) -> bool:
    """Whether a part is whole, and short enough to be recalled."""
    whole = all(text.count(a) == text.count(b) for a, b in ("()", "（）", ("\\(", "\\)"), "“”"))
    return whole and 0 < len(text) <= most and text.count("**") % 2 == 0


def _right_side(latex: str) -> tuple[int, int]:
    """Give the place of what stands right of a formula's ``=``; all of it where there is none.

    After a wide gap come conditions, which are no part of it.
    """
    depth, start = 0, 0
    for token in _LATEX.finditer(latex):
        match token[0]:
            case "{" | "\\begin" | "\\left":
                depth += 1
            case "}" | "\\end" | "\\right":
                depth -= 1
            case "=" | "\\leftarrow" if depth == 0 and not start:
                start = token.end()
            case "\\quad" | "\\qquad" if depth == 0:
                return _trimmed(latex, start, token.start())
    return _trimmed(latex, start, len(latex))


def _trimmed(latex: str, start: int, end: int) -> tuple[int, int]:
    """Leave out the comma before the gap, and half a thin space that stood before it."""
    inside = latex[start:end]
    kept = _TAIL.sub("", inside).removesuffix("\\")
    return start + len(inside) - len(inside.lstrip()), start + len(kept)
