r"""Two versions of a field's HTML -> what was struck out of its words and what put in.

A person who reads what a release changes wants words, not tags. Formulas stay whole,
``\(…\)`` and ``\[…\]``: half of one can't be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from html import unescape
from typing import Final

# Comparing takes the square of what differs.
_MOST_TOKENS: Final = 4_000
_LONGEST: Final = 20_000
_MOST_HTML: Final = 1_000_000
# Less than this between two changes reads better as part of them.
_SHORTEST_STAY: Final = 3
_AROUND: Final = 16

_TAG: Final = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)([^<>]*)>|<![^<>]*>")
_NAMED: Final = re.compile(r"""\b(alt|src)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_ENDING: Final = re.compile(
    r"address|article|aside|blockquote|br|d[dlt]|div|figcaption|figure|footer|h[1-6]|header|hr|li"
    r"|main|nav|[ou]l|p|pre|section|table|t[dhr]",
)
_TOKEN: Final = re.compile(
    r"\\\(.{0,2000}?\\\)|\\\[.{0,2000}?\\\]|[A-Za-z]+(?:['’-][A-Za-z]+)*|\d+(?:[.,]\d+)*|\s+|.",
    re.DOTALL,
)
_FORMULA: Final = re.compile(r"\\\(.{0,2000}?\\\)|\\\[.{0,2000}?\\\]", re.DOTALL)
_CLOZE: Final = re.compile(r"\{\{c\d{1,3}::(.*?)(?:::[^{}]*)?\}\}", re.DOTALL)
_DIGITS: Final = re.compile(r"\d+(?:\.\d+)?")
_PICTURE: Final = re.compile(r"""<img\b[^<>]*?\bsrc\s*=\s*["']?([^"'\s<>]+)""", re.IGNORECASE)
# With so many of its words kept, a text still says what it said.
_SAME_WORDS: Final = 0.8


class Fate(StrEnum):
    """What became of a piece of text."""

    STAYS = "stays"
    OUT = "out"
    IN = "in"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words with one fate; ``…`` stands for words that stay and aren't shown."""

    fate: Fate
    text: str


def words(html: str) -> str:
    """Give the text that a field shows: a line for a block, a picture by what it describes."""
    lines = unescape(_TAG.sub(_instead, html[:_MOST_HTML])).splitlines()
    return "\n".join(filter(None, (" ".join(line.split()) for line in lines)))


def _instead(tag: re.Match[str]) -> str:
    name = (tag[2] or "").lower()
    if name == "img" and not tag[1]:
        said = {key: one or other for key, one, other in _NAMED.findall(tag[3])}
        return f"[{said.get('alt') or said.get('src', '')}]"
    return "\n" if _ENDING.fullmatch(name) else ""


def headline(text: str, longest: int) -> str:
    """Name a note by the words that its browser shows, the hidden ones of a cloze too."""
    line = " ".join(words(_CLOZE.sub(r"\1", text)).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def redline(before: str, after: str) -> tuple[Piece, ...]:
    """Show how the words of one field became another's; nothing where only the HTML differs."""
    old, new = words(before), words(after)
    if old == new:
        return ()
    if max(len(old), len(new)) > _LONGEST:
        return (Piece(Fate.OUT, _short(old)), Piece(Fate.IN, _short(new)))
    pieces = [*_joined(_aligned(_TOKEN.findall(old), _TOKEN.findall(new)))]
    return tuple(
        Piece(piece.fate, _abridged(piece.text, place == 0, place == len(pieces) - 1))
        if piece.fate is Fate.STAYS
        else piece
        for place, piece in enumerate(pieces)
    )


def only_wording(before: str, after: str) -> bool:
    """Whether a text says the same in slightly other words: no formula, number, picture differs."""
    old, new = words(before), words(after)
    if max(len(old), len(new)) > _LONGEST:
        return False
    for part in (_FORMULA, _DIGITS):
        if sorted(part.findall(old)) != sorted(part.findall(new)):
            return False
    if sorted(_PICTURE.findall(before)) != sorted(_PICTURE.findall(after)):
        return False
    pairs = [*_aligned(_TOKEN.findall(old), _TOKEN.findall(new))]
    stays = sum(len(one) for one, other in pairs if one == other)
    return 2 * stays >= _SAME_WORDS * (len(old) + len(new))


def _short(text: str) -> str:
    return f"{text[: 4 * _AROUND]}… ({len(text)} characters)"


def _aligned(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    """Pair runs of the old text with runs of the new one, in order."""
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    same = "".join(old[:head])
    yield same, same
    inner_old, inner_new = old[head : len(old) - tail], new[head : len(new) - tail]
    if len(inner_old) + len(inner_new) > _MOST_TOKENS:
        yield "".join(inner_old), "".join(inner_new)
    else:
        matcher = SequenceMatcher(None, inner_old, inner_new, autojunk=False)
        for _, a, b, c, d in matcher.get_opcodes():
            yield "".join(inner_old[a:b]), "".join(inner_new[c:d])
    same = "".join(old[len(old) - tail :])
    yield same, same


def _joined(pairs: Iterator[tuple[str, str]]) -> Iterator[Piece]:
    """Make pieces of the pairs, changes that nearly touch become one."""
    kept = [pair for pair in pairs if pair != ("", "")]
    out = put = ""
    for place, (old, new) in enumerate(kept):
        changed_around = (out or put) and any(a != b for a, b in kept[place + 1 :])
        if old != new or (changed_around and len(old) < _SHORTEST_STAY):
            out, put = out + old, put + new
            continue
        yield from _changed(out, put)
        out = put = ""
        yield Piece(Fate.STAYS, old)
    yield from _changed(out, put)


def _changed(out: str, put: str) -> Iterator[Piece]:
    if out:
        yield Piece(Fate.OUT, out)
    if put:
        yield Piece(Fate.IN, put)


def _abridged(text: str, first: bool, last: bool) -> str:  # noqa: FBT001  # two places in a row
    """Keep of what stays only what is next to a change."""
    line = " ".join(text.split("\n")) if "\n" in text else text
    if first and len(line) > _AROUND:
        return f"…{line[-_AROUND:]}"
    if last and len(line) > _AROUND:
        return f"{line[:_AROUND]}…"
    if len(line) > 2 * _AROUND + 1:
        return f"{line[:_AROUND]}…{line[-_AROUND:]}"
    return line
