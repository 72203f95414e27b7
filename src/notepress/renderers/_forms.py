"""What every printed form is given, and what all of them do alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from notepress import templating
from notepress.archival import Titles
from notepress.imposition import Part, Typesetter
from notepress.makeup import COMFORTABLE, LARGEST, PX
from notepress.model import Artifacts, Assets, Card, Edition, Finding, Level, Span, Stamp
from notepress.preflight import Plan, Wanted, check
from notepress.renderers._entries import BOOK, Entry, Printable, Taste, error, place

if TYPE_CHECKING:
    from weasyprint import Document

_SHORTEN: Final = "Shorten it, or break it into two."

# What the box around formulas takes of a column, in em.
_INSET: Final = 1.6

# A formula may stick out by a hair without being wider than what holds it.
_HAIR: Final = 0.5


@dataclass(frozen=True, slots=True)
class Job:
    """An edition to be printed; ``stem`` begins the names of the files."""

    edition: Edition
    assets: Assets
    stamp: Stamp
    stem: str

    def taste(self, measure: float, *, short: bool) -> Taste:
        """Give what of the cards is wanted, in columns so many millimeters wide."""
        book = self.edition.book
        languages = tuple(name for name in ("zh", "en") if name in book.languages)
        wide = measure / (COMFORTABLE * 25.4 / 72) - _INSET
        return Taste(languages, short=short, black=book.ink == "black", wide=wide)

    def largest(self, printable: Printable, measure: float) -> float:
        """Give the largest type, in points, that holds every formula in columns so wide."""
        held = measure * 72 / 25.4 / (printable.widest + _INSET)
        return max(COMFORTABLE, min(LARGEST, held))

    def html(self, template: str, **values: object) -> str:
        """Write a page; every template knows the book, the date and the languages."""
        book = self.edition.book
        moment = datetime.fromtimestamp(self.stamp.created, UTC)
        both = len(set(book.languages)) > 1
        title = [book.title.zh, book.title.en] if both else [_title(self)]
        known = {
            "book": book,
            "title": " ".join(filter(None, title)),
            "lang": "en-US" if book.languages == ("en",) else "zh-CN",
            "zh": "zh" in book.languages,
            "en": "en" in book.languages,
            "black": book.ink == "black",
            "version": self.stamp.version,
            "date": f"{moment:%Y-%m-%d}",
            "created": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
            "css": _css_text,
            "small": lambda size: f"{max(size, book.smallest):.4f}pt",
        }
        environment = templating.environment(self.assets.templates)
        return environment.get_template(template).render(known | values)

    def typesetter(self, printable: Printable) -> Typesetter:
        """Give what sets the pages, with fonts and pictures."""
        style = "".join(text for _, text in self.styles())
        return Typesetter(style, {**self.assets.fonts, **printable.drawn}, self._titles())

    def styles(self) -> tuple[tuple[str, str], ...]:
        """Give the files of the style sheet in their order, by path."""
        names = ("sheet.css", "black.css") if self.edition.book.ink == "black" else ("sheet.css",)
        return tuple((f"templates/sheet/{name}", self.assets.templates[name]) for name in names)

    def _titles(self) -> Titles:
        title, wanted = self.edition.book.title, self.edition.book.languages
        said = {
            "zh-CN": title.zh if "zh" in wanted else "",
            "en": title.en if "en" in wanted else "",
        }
        each = {language: text for language, text in said.items() if text}
        whole = " ".join(each.values()) if each else _title(self)
        return Titles(whole, each or {"zh-CN": whole})


@dataclass(frozen=True, slots=True)
class Form:
    """A form by its name, and what makes its files."""

    name: str
    make: Callable[[Job], Artifacts]


def overflows(
    parts: Sequence[Part], printable: Printable, tallest: float, measure: float
) -> Iterator[Finding]:
    """Find what is higher than a column, or wider, in millimeters."""
    cards = {entry.number: entry.card for entry in printable.entries}
    for part in parts:
        span = _span(cards.get(part.entry))
        if part.height / PX > tallest:
            yield error("SHEET-OVERFLOW", span, "the entry is higher than a column", _SHORTEN)
        if part.right / PX > measure + _HAIR:
            yield Finding(
                "SHEET-OVERFLOW",
                Level.WARNING,
                span,
                "something is wider than the column",
                _SHORTEN,
            )


def preflight(
    job: Job, typesetter: Typesetter, document: Document, entries: Iterable[Entry], pages: int
) -> tuple[Finding, ...]:
    """Look over a document that was just written, for everything that could be wrong with it.

    ``entries`` hold what it is to say.
    """
    wanted = {
        entry.number: Wanted(
            place(entry.card),
            (
                *(
                    text
                    for both in (entry.question, entry.answer, entry.pitfall)
                    for text in (both.zh, both.en)
                ),
                *entry.formulas,
            ),
        )
        for entry in entries
    }
    plan = Plan(pages, wanted, job.edition.book.smallest, "sheet-", BOOK, job.styles())
    return check(document, typesetter.written, typesetter.complaints, plan)


def _span(card: Card | None) -> Span:
    return place(card) if card else BOOK


def _title(job: Job) -> str:
    title = job.edition.book.title
    return title.en or title.zh if job.edition.book.languages == ("en",) else title.zh


def _css_text(text: str) -> str:
    """Write a text as it stands between quotation marks in a style sheet."""
    return text.replace("\\", r"\5c ").replace('"', r"\22 ").replace("\n", " ")
