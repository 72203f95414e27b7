"""An edition -> what is printed of it: tagged PDFs, each a form of the same entries.

A form says what is printed of the cards and on what: the sheet that hangs above a
desk, a booklet for the pocket, cards of paper. ``book.yaml`` names the forms that are
built, and in which languages and ink.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from notepress import stationery
from notepress.imposition import TypesetterMissing, uncollected
from notepress.model import Artifacts, Assets, Book, Edition, Finding, Stamp
from notepress.renderers import _booklet, _leaves, _paper_cards
from notepress.renderers._entries import BOOK, error
from notepress.renderers._forms import Form, Job

__all__ = ["NAME", "TEMPLATES", "TypesetterMissing", "render"]

NAME: Final = "sheet"
TEMPLATES: Final = "sheet"
FONTS = True

_ALL: Final = (_leaves.FORM, _booklet.FORM, _paper_cards.FORM)
FORMS: Final[Mapping[str, Form]] = {form.name: form for form in _ALL}

_SMALLEST: Final = (4.0, 9.0)
_COLUMNS: Final = range(1, 9)


def reads(edition: Edition, stamp: Stamp) -> tuple[Edition, Stamp]:
    """Leave out the ledger, but for what its author wrote, and what Anki alone asks for."""
    cards = tuple(
        replace(
            card,
            changes=tuple(change for change in card.changes if change.code == "EDIT"),
            raw="",
            remark="",
            tags=(),
        )
        for card in edition.cards
    )
    bare = replace(edition, cards=cards, withheld=(), unresolved=(), dropped=(), findings=())
    return replace(bare, terms={}), replace(stamp, notes={}, retired={})


def render(edition: Edition, assets: Assets, stamp: Stamp) -> Artifacts:
    """Print the cards; raises ``TypesetterMissing`` where Pango isn't installed."""
    findings = list(_objections(edition.book))
    if findings:
        return Artifacts({}, tuple(findings))
    files: dict[str, bytes] = {}
    for name in dict.fromkeys(edition.book.forms):
        # What one form was laid out in is gone before the next begins.
        with uncollected():
            made = FORMS[name].make(Job(edition, assets, stamp, _stem(edition.book, name)))
        files |= made.files
        findings += made.findings
    return Artifacts(files, tuple(dict.fromkeys(findings)))


def _stem(book: Book, form: str) -> str:
    """Name the files of a form, so that none that can be chosen overwrites another."""
    parts = [book.slug, *([form] if form != "sheet" else [])]
    if len(book.languages) == 1:
        parts.append(book.languages[0])
    if book.ink == "black":
        parts.append("black")
    size = book.paper.removesuffix("-landscape")
    if size != "a4":
        parts.append(size)
    return "-".join(parts)


def _objections(book: Book) -> Iterator[Finding]:
    """Find what a book asks of its print that there is not."""
    if not book.forms:
        yield _unknown("SHEET-FORM", "no form is to be printed", tuple(FORMS))
    for form in book.forms:
        if form not in FORMS:
            yield _unknown("SHEET-FORM", f"unknown form {form!r}", tuple(FORMS))
    if book.paper not in stationery.PAPERS:
        yield _unknown("SHEET-PAPER", f"unknown paper {book.paper!r}", tuple(stationery.PAPERS))
    if book.ink not in stationery.INKS:
        yield _unknown("SHEET-INK", f"unknown ink {book.ink!r}", stationery.INKS)
    if not book.languages or set(book.languages) - set(stationery.LANGUAGES):
        message = f"unknown languages {[*book.languages]}"
        yield _unknown("SHEET-LANGUAGE", message, stationery.LANGUAGES)
    if not _SMALLEST[0] <= book.smallest <= _SMALLEST[1]:
        hint = f"Give a size from {_SMALLEST[0]} to {_SMALLEST[1]} points."
        yield error("SHEET-SIZE", BOOK, f"no smallest size of type: {book.smallest}", hint)
    if book.columns not in _COLUMNS:
        hint = f"Give a number from {_COLUMNS[0]} to {_COLUMNS[-1]}."
        yield error("SHEET-COLUMNS", BOOK, f"no number of columns: {book.columns}", hint)
    if book.pages < 0:
        yield error("SHEET-PAGES", BOOK, f"no number of pages: {book.pages}", "0 lets it choose.")


def _unknown(code: str, message: str, known: tuple[str, ...]) -> Finding:
    return error(code, BOOK, message, f"Use one of: {', '.join(known)}.")
