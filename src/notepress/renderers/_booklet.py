"""Entries -> a booklet: one column a page, all that cards hold, contents and indexes.

Its pages are half of the book's paper. A second file holds them two to a side, in the
order in which sheets printed on both sides and folded show them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from notepress import binding, copyfit, imposition, indexes, makeup, stationery
from notepress.imposition import Part
from notepress.makeup import PX, Fitted, Paper, Wish
from notepress.model import Artifacts, Card, Finding
from notepress.renderers import _entries
from notepress.renderers._entries import Entry, Printable
from notepress.renderers._forms import Form, Job, overflows, preflight

# What is read on a train, in points; a booklet has as many pages as that takes.
_SMALLEST, _LARGEST = 8.3, 8.6

# Half a sheet: A5 of A4, half-letter of Letter.
_PAGES: Final[Mapping[str, tuple[float, float]]] = {"letter": (139.7, 215.9)}
_A5: Final = (148.0, 210.0)
_MARGINS: Final[Mapping[str, float]] = {
    "masthead": 0,
    "top": 18,
    "bottom": 15.5,
    "side": 14.5,
    "gutter": 6,
}

# The marks along the outer edge, in millimeters: where they begin, and how high one is at most.
_THUMBS, _THUMB = 18.0, 16.0


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A page of entries: its topics by their places, and the entries at its head and foot."""

    number: int
    topics: tuple[int, ...]
    first: Entry | None
    last: Entry | None


@dataclass(frozen=True, slots=True)
class _Index:
    """An index with the names of what it lists, in its own language."""

    language: str
    letters: tuple[indexes.Letter, ...]


def _make(job: Job) -> Artifacts:
    findings: list[Finding] = []
    paper = _paper(job)
    taste = job.taste(paper.measure(1), short=False)
    printable = _entries.printable(job.edition, job.assets, taste, findings)
    typesetter = job.typesetter(printable)

    def lay(size: float) -> Sequence[Part]:
        flow = _flow(job, printable, paper, size)
        return imposition.parts(typesetter.lay(flow), paper.tallest * PX)

    smallest = max(_SMALLEST, job.edition.book.smallest)
    wish = Wish(0, smallest, max(_LARGEST, smallest), ragged=True)
    fitted = makeup.fit(lay, partial(_guess, printable, paper.measure(1)), paper, 1, wish)
    findings += overflows(fitted.parts, printable, paper.tallest, paper.measure(1))
    pages = _pages(job, printable, paper, fitted)
    document = imposition.impose(typesetter.lay(pages), makeup.places(fitted, paper, 1))
    source = _flow(job, printable, paper, fitted.size) + pages
    pdf = typesetter.write(document, source)
    findings += preflight(job, typesetter, document, printable.entries, len(document.pages))
    files = {f"{job.stem}.pdf": pdf}
    if typesetter.written is not None:
        bound = binding.bind(typesetter.written, imposition.identifier(source), _across(job))
        files[f"{job.stem}-to-fold.pdf"] = bound
    return Artifacts(files, tuple(findings))


FORM: Final = Form("booklet", _make)


def _paper(job: Job) -> Paper:
    size = job.edition.book.paper.removesuffix("-landscape")
    return Paper(*_PAGES.get(size, _A5), **_MARGINS)


def _across(job: Job) -> float:
    """Give the width in points of the paper that is folded."""
    size = job.edition.book.paper.removesuffix("-landscape")
    folded = "letter-landscape" if size == "letter" else "a4-landscape"
    return stationery.PAPERS[folded][0] * 72 / 25.4


def _flow(job: Job, printable: Printable, paper: Paper, size: float) -> str:
    count = len(job.edition.cards) + len(printable.sources) + len(printable.notation)
    return job.html(
        "flow.html",
        printable=printable,
        size=size,
        legends=True,
        runs_in=False,
        indexed=True,
        sheds=False,
        grow=0,
        beside=True,
        column=f"{paper.measure(1):.4f}",
        endless=1000 * (2 + count),
    )


def _pages(job: Job, printable: Printable, paper: Paper, fitted: Fitted) -> str:
    """Write all pages: cover and contents, those that columns are put on, and the indexes."""
    leaves = _leaves(printable, fitted)
    at = {entry.number: leaf for entry, leaf in _where(printable, fitted)}
    cards = job.edition.cards
    made = []
    if "zh" in job.edition.book.languages:
        made.append(_Index("zh", indexes.by_pinyin(cards)))
    if "en" in job.edition.book.languages:
        made.append(_Index("en", indexes.by_english(cards)))
    numbered = list(enumerate(cards, start=1))
    height = min(_THUMB, (paper.height - 2 * _THUMBS) / max(1, len(printable.groups)))
    return job.html(
        "booklet.html",
        printable=printable,
        paper=paper,
        size=fitted.size,
        leaves=leaves,
        at=at,
        cards=cards,
        indexes=made,
        heads={number: _head(card, number, made[0].language) for number, card in numbered},
        thumbs=[_THUMBS + place * height for place in range(len(printable.groups))],
        thumb=height,
    )


def _head(card: Card, number: int, language: str) -> str:
    """Name an entry as a running head does: by its number and its term."""
    named = indexes.chinese(card.question.zh) if language == "zh" else ()
    named = named or indexes.english(card.question.en) or (card.id,)
    return f"{number} {named[0]}"


def _where(printable: Printable, fitted: Fitted) -> list[tuple[Entry, int]]:
    """Tell on which leaf each entry begins."""
    entries = {entry.number: entry for entry in printable.entries}
    begun: dict[int, int] = {}
    for leaf, column in enumerate(fitted.columns):
        for part in fitted.parts[column.first : column.end]:
            begun.setdefault(part.entry, leaf)
    return [(entries[number], leaf) for number, leaf in begun.items() if number in entries]


def _leaves(printable: Printable, fitted: Fitted) -> list[_Leaf]:
    entries = {entry.number: entry for entry in printable.entries}
    topics = {
        entry.number: place
        for place, group in enumerate(printable.groups)
        for entry in group.entries
    }
    leaves = []
    for number, column in enumerate(fitted.columns):
        parts = fitted.parts[column.first : column.end]
        held = list(dict.fromkeys(part.entry for part in parts if part.entry in entries))
        shown = tuple(dict.fromkeys(topics[each] for each in held))
        ends = (entries[held[0]], entries[held[-1]]) if held else (None, None)
        leaves.append(_Leaf(number, shown, *ends))
    return leaves


def _guess(printable: Printable, measure: float, size: float) -> tuple[float, float]:
    """Estimate the height of everything in millimeters; pages are as many as it takes."""
    root = size * 25.4 / 72
    wide = measure / root
    rows = 3.0 * len(printable.groups)
    for entry in printable.entries:
        rows += 2.6 + 1.5 * len(entry.formulas) + 1.1 * copyfit.lines(entry.legend, wide / 0.84)
        rows += 1.42 * copyfit.lines(entry.answer.zh + entry.pitfall.zh, wide * 0.8)
        rows += 1.2 * copyfit.lines(entry.answer.en + entry.pitfall.en, wide / 0.92)
    rows += 1.1 * (len(printable.sources) * 1.3 + len(printable.notation))
    return rows * root, rows * root
