"""What a print is to be, and how what it isn't is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from notepress.model import Finding, Level, Span

_HINTS: Final[Mapping[str, str]] = {
    "SHEET-GLYPH": "Write it otherwise, or as a formula.",
    "SHEET-FONT": "Declare one of our faces for it in the style sheet.",
    "SHEET-OVERFLOW": "Shorten it, or break it into two.",
    "SHEET-OVERLAP": "Look at the page, and report it, with the card.",
    "SHEET-CLIPPED": r"Break the formula in two, or write \quad where it may be parted.",
    "SHEET-DPI": "Put a larger picture into images/, at least so many pixels wide.",
    "SHEET-CONTRAST": "Choose a darker color for the text, or a lighter ground.",
    "SHEET-WARNING": "Mend the template; a print goes out without any warning.",
    "SHEET-LOST": "Report it, with the card: the layout has lost what it was given.",
    "SHEET-LINK": "Give the link a target that is printed.",
    "SHEET-COUNT": "Report it: pages were lost or added when the file was written.",
    "SHEET-SMALL": "Give it more room, or larger type in the style sheet.",
}

# What comes of somebody's content and can be lived with in a draft; `--strict` lets the
# first three pass no release. All else keeps the files from being written.
_WARNINGS: Final = frozenset(
    {
        *("SHEET-OVERFLOW", "SHEET-OVERLAP", "SHEET-CLIPPED"),
        *("SHEET-DPI", "SHEET-CONTRAST", "SHEET-SMALL"),
    }
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an entry is to say: its place in the notes, and every text of it as HTML."""

    span: Span
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a document is to be.

    ``entries`` are what it has to hold, by the ``data-entry`` of their boxes;
    ``smallest`` is the least size of running text in points, ``families`` what the
    names of our fonts begin with. ``book`` is the place of what belongs to no entry,
    ``styles`` are the style sheet's files by path, in the order in which they are read.
    """

    pages: int
    entries: Mapping[int, Wanted] = field(default_factory=dict)
    smallest: float = 6.8
    families: str = "sheet-"
    book: Span = field(default_factory=lambda: Span("content/book.yaml"))
    styles: tuple[tuple[str, str], ...] = ()

    def place(self, entry: int) -> Span:
        """Give the place of an entry; 0 is none."""
        return self.entries[entry].span if entry in self.entries else self.book


def finding(code: str, span: Span, message: str) -> Finding:
    """Say what is wrong, with what to do about it."""
    level = Level.WARNING if code in _WARNINGS else Level.ERROR
    return Finding(code, level, span, message, _HINTS[code])
