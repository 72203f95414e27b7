"""Entries -> leaves to hang above a desk: columns of equal length, no entry split.

The type is as large as lets the entries fill the pages asked for. For that a size is
guessed from the amount of text, everything is laid out once at that size, and columns
are made of what was measured; only where they would come out uneven is another size
laid out. Page and column are given in millimeters, all else grows with the type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from markupsafe import Markup

from notepress import copyfit, imposition, makeup, stationery
from notepress.imposition import Part
from notepress.makeup import MASTHEAD, PX, Fitted, Paper, Wish
from notepress.model import Artifacts, Finding, Level
from notepress.renderers import _entries
from notepress.renderers._entries import BOOK, Entry, Printable, place
from notepress.renderers._forms import Form, Job, overflows, preflight

# The masthead takes two rows where a page isn't wide enough for title and topics side by side.
_MASTHEADS: Final = {"a4": 21.0, "a5": 26.0, "letter": 21.0}
PAPERS: Final[Mapping[str, Paper]] = {
    name: Paper(*size, masthead=_MASTHEADS.get(name, MASTHEAD))
    for name, size in stationery.PAPERS.items()
}

# From this width in millimeters, a figure stands beside its text rather than below.
WIDE: Final = 80.0

# The style sheet's width of a drawing, likewise.
_DRAWN: Final = 51.7

# By what share of that a drawing may be larger, where there is room for it.
_GROWN: Final = 0.27


def _make(job: Job) -> Artifacts:
    findings: list[Finding] = []
    book = job.edition.book
    paper, count = PAPERS[book.paper], book.columns
    measure = paper.measure(count)
    taste = job.taste(measure, short=True)
    printable = _entries.printable(job.edition, job.assets, taste, findings)
    wish = Wish(book.pages, book.smallest, job.largest(printable, measure))
    if _is_tight(printable, paper, count, wish):
        printable = _without_second_pitfalls(printable)
    typesetter = job.typesetter(printable)

    def lay(size: float) -> Sequence[Part]:
        return imposition.parts(typesetter.lay(_flow(job, printable, size)), paper.tallest * PX)

    guess = partial(_guess, printable, measure, wish.smallest)
    fitted = makeup.fit(lay, guess, paper, count, wish)
    findings += overflows(fitted.parts, printable, paper.tallest, measure)
    findings += [*_pages_said(fitted, wish), *_omitted(fitted, printable)]
    empty = job.html(
        "pages.html",
        legend=dict.fromkeys((group.topic, group.accent) for group in printable.groups),
        paper=paper,
        size=fitted.size,
        count=fitted.pages,
    )
    document = imposition.impose(typesetter.lay(empty), makeup.places(fitted, paper, count))
    pdf = typesetter.write(document, _flow(job, printable, fitted.size) + empty)
    findings += preflight(job, typesetter, document, printable.entries, fitted.pages)
    return Artifacts({f"{job.stem}.pdf": pdf}, tuple(findings))


FORM: Final = Form("sheet", _make)


def _omitted(fitted: Fitted, printable: Printable) -> Iterator[Finding]:
    """Say which entries stand without their figure."""
    cards = {entry.number: entry.card for entry in printable.entries}
    for part in (fitted.parts[i] for column in fitted.columns for i in column.without):
        message = f"entry {part.entry} has no room for its figure"
        hint = "Ask for more pages in content/book.yaml; the booklet shows every figure."
        yield Finding("SHEET-ROOM", Level.NOTE, place(cards[part.entry]), message, hint)


def _is_tight(printable: Printable, paper: Paper, count: int, wish: Wish) -> bool:
    """Tell whether all would fit into the pages asked for only in uncomfortable type."""
    high, _ = _guess(printable, paper.measure(count), wish.smallest, wish.comfortable)
    return bool(wish.pages) and high > makeup.AIM * paper.area(wish.pages, count)


def _without_second_pitfalls(printable: Printable) -> Printable:
    """Say pitfalls in Chinese alone, where room for both languages is short."""
    groups = (
        replace(
            group,
            entries=tuple(
                replace(entry, pitfall=replace(entry.pitfall, en=Markup()))
                if entry.pitfall.zh
                else entry
                for entry in group.entries
            ),
        )
        for group in printable.groups
    )
    return replace(printable, groups=tuple(groups))


def _flow(job: Job, printable: Printable, size: float) -> str:
    """Write everything that stands in columns, one below the other."""
    measure = PAPERS[job.edition.book.paper].measure(job.edition.book.columns)
    count = len(job.edition.cards) + len(printable.sources) + len(printable.notation)
    return job.html(
        "flow.html",
        printable=printable,
        size=size,
        legends=False,
        runs_in=True,
        indexed=False,
        sheds=job.edition.book.pages > 0,
        grow=f"{max(0.0, min(_GROWN, measure / _DRAWN - 1)):.4f}",
        beside=measure >= WIDE,
        column=f"{measure:.4f}",
        endless=1000 * (2 + count),
    )


def _pages_said(fitted: Fitted, wish: Wish) -> Iterator[Finding]:
    """Say where a sheet has other pages than those asked for."""
    if not wish.pages or fitted.pages == wish.pages:
        return
    if fitted.pages > wish.pages:
        message = f"{wish.pages} pages hold it only in type below {wish.smallest:g} points"
        hint = "Ask for more pages in content/book.yaml, or for smaller type there."
        message += f"; the sheet has {fitted.pages}, set in {fitted.size:.1f}"
        yield Finding("SHEET-PAGES", Level.WARNING, BOOK, message, hint)
    else:
        message = f"there isn't enough to fill {wish.pages} pages; the sheet has {fitted.pages}"
        yield Finding("SHEET-PAGES", Level.NOTE, BOOK, message)


@dataclass(frozen=True, slots=True)
class _Measure:
    """What heights are estimated from, in root sizes; the figures are the style sheet's.

    The smaller kinds of type never go below the smallest size, so what is set in them
    grows in root sizes when the root shrinks.
    """

    wide: float
    root: float
    beside: bool
    small: float
    smaller: float
    pitfall: float

    @classmethod
    def at(cls, size: float, measure: float, smallest: float) -> _Measure:
        root = size * 25.4 / 72
        least = smallest / size
        scales = (max(share, least) for share in (0.92, 0.84, 0.96))
        return cls(measure / root, root, measure >= WIDE, *scales)

    def lines(self, html: str, scale: float, leading: float, inset: float = 0.0) -> float:
        """Estimate the height of text in a kind of type, ``inset`` in its own em."""
        return scale * leading * copyfit.lines(html, self.wide / scale - inset)


def _guess(
    printable: Printable, measure: float, smallest: float, size: float
) -> tuple[float, float]:
    """Estimate the height of everything in millimeters, with figures and without."""
    of = _Measure.at(size, measure, smallest)
    rows = 2.95 * len(printable.groups) + 3.2 * bool(printable.notation) + 3.2
    rows += sum(_rows(entry, of) for entry in printable.entries)
    rows += sum(0.08 + of.lines(s.html, of.smaller, 1.27, 1.9) for s in printable.sources)
    rows += sum(0.08 + of.lines(r.meanings, of.smaller, 1.27, 3) for r in printable.notation)
    pictures = sum(sum(_tall(entry, of)) for entry in printable.entries) * of.root
    return rows * of.root, rows * of.root - (0 if of.beside else pictures)


def _tall(entry: Entry, of: _Measure) -> list[float]:
    """Estimate the heights of an entry's figures."""
    return [min(_DRAWN / of.root, of.wide) * picture.ratio + 0.3 for picture in entry.pictures]


def _rows(entry: Entry, of: _Measure) -> float:
    """Estimate an entry's height in root sizes."""
    title = copyfit.width(entry.question.zh) * 1.08 + copyfit.width(entry.question.en) * 0.95 + 2.6
    rows = 0.96 + 1.4 * copyfit.lines_of(title, of.wide)
    if entry.formulas:
        rows += 0.7 + _formula_rows(entry.formulas, of.wide - 0.8)
    tall = _tall(entry, of)
    tail = entry.see + entry.cites
    second = entry.pitfall.en if entry.answer.zh else ""
    if of.beside and tall and entry.answer.zh:
        narrow = of.wide - (_DRAWN + 2.5) / of.root
        text = 1.42 * copyfit.lines(entry.answer.zh, narrow)
        rows += 0.3 + tall[0] + max(0.0, text - tall.pop(0)) * narrow / of.wide
    elif entry.answer.zh:
        rows += 0.25 + of.lines(entry.answer.zh, 1.0, 1.42)
    else:
        rows += 0.25 + of.lines(entry.answer.en, 1.0, 1.36)
    rows += sum(tall)
    if entry.pitfall.zh or (entry.pitfall.en and not second):
        said = entry.pitfall.zh or entry.pitfall.en + tail
        rows += 0.18 + of.lines(said, of.pitfall, 1.38, 1.35)
    if entry.answer.zh and entry.answer.en:
        whole = entry.answer.en.removesuffix("</p>") + second.removeprefix("<p>") + tail
        rows += 0.2 + of.lines(whole, of.small, 1.27)
    return rows


def _formula_rows(formulas: Sequence[str], wide: float) -> float:
    """Add up the rows of a box, each as high as its highest formula."""
    rows = height = used = 0.0
    for svg in formulas:
        width, tall = copyfit.width(svg) + 1.4, copyfit.height(svg) + 0.2
        if used and used + width > wide:
            rows, height, used = rows + height, 0.0, 0.0
        height, used = max(height, tall), used + width
    return rows + height
