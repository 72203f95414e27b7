"""Cards -> entries as they are printed: every text as HTML, refined for print, and linked.

All printed forms say the same in the same way, so this is made once for each of them:
what a card's answer is in print, its formulas, pictures, sources and neighbors.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from html import escape
from io import BytesIO
from itertools import groupby
from typing import Final, Protocol
from urllib.parse import quote

from markupsafe import Markup
from PIL import Image

from notepress import figures, fonts, maths, notation, prose, shortening, typography
from notepress.model import (
    Assets,
    Bilingual,
    Card,
    Edition,
    Figure,
    Finding,
    Level,
    Reference,
    Span,
    Status,
    Topic,
)
from notepress.notation import Meaning
from notepress.pictures import Pictures

BOOK: Final = Span("content/book.yaml")

_NAMES: Final = {"zh": "Chinese", "en": "English"}

_WIDE_SPACE: Final = re.compile(
    r"(?P<open>\\begin\b|\\left\b|(?<!\\)\{)|(?P<shut>\\end\b|\\right\b|(?<!\\)\})"
    r"|(?P<space>\\q?quad\b(?:\s*\\q?quad\b)*)|\\."
)

# As many as the style sheet declares.
_ACCENTS: Final = 10

_STATUS: Final[Mapping[Status, Bilingual]] = {
    Status.PROPOSED: Bilingual("待审", "proposed"),
    Status.UNFINISHED: Bilingual("待补", "unfinished"),
    Status.UNTRANSLATED: Bilingual("待译", "untranslated"),
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure as the page names it; ``ratio`` is its height for a width of one.

    ``asked`` tells that the notes ask for it, or that it is the author's own.
    """

    url: str
    alt: str
    kind: str
    ratio: float
    asked: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A card as it is printed: every text is HTML.

    ``see`` are links to the cards that it is related to, ``cites`` to its references.
    """

    card: Card
    number: int
    letter: str
    status: str
    question: Bilingual
    answer: Bilingual
    pitfall: Bilingual
    formulas: tuple[Markup, ...]
    legend: Markup
    pictures: tuple[Picture, ...]
    see: Markup = Markup()  # noqa: RUF009  # as frozen as any string
    cites: Markup = Markup()  # noqa: RUF009  # see above

    @property
    def anchor(self) -> str:
        """The name by which links find it."""
        return f"card-{self.card.id}"

    @property
    def label(self) -> str:
        """What stands for it among the bookmarks of a reader."""
        said = f"{self.question.zh} {self.question.en}"
        return f"{self.number} {Markup(said).striptags()}".strip()  # noqa: S704  # HTML already


@dataclass(frozen=True, slots=True)
class Group:
    """A topic with the entries under its heading; ``accent`` numbers its color."""

    topic: Topic
    accent: int
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A reference as it is listed; ``html`` is the title linked to the web."""

    number: int
    anchor: str
    html: Markup


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table of notation: the symbol, and what it stands for where."""

    symbol: Markup
    meanings: Markup


@dataclass(frozen=True, slots=True)
class Printable:
    """All that a form prints, and the figures it names, ready for print.

    ``widest`` is the width in em of the widest formula that stands by itself.
    """

    groups: tuple[Group, ...]
    sources: tuple[Source, ...]
    notation: tuple[Row, ...]
    drawn: Mapping[str, bytes]
    widest: float = 0.0

    @property
    def entries(self) -> Iterator[Entry]:
        """Every entry in order."""
        return (entry for group in self.groups for entry in group.entries)


@dataclass(frozen=True, slots=True)
class Taste:
    """What of the cards a form prints: its languages, short answers or all, its ink.

    ``wide`` is how wide a formula may be, in em.
    """

    languages: tuple[str, ...] = ("zh", "en")
    short: bool = True
    black: bool = False
    wide: float = 24.0


def printable(edition: Edition, assets: Assets, taste: Taste, findings: list[Finding]) -> Printable:
    """Make everything that a form prints; what can't be is said."""
    edition = _without_missing(edition, assets, findings)
    drawn = _drawn(edition.cards, assets, taste, findings)
    page = _Page(edition, taste, drawn, findings)
    groups = tuple(page.groups())
    sources, notation = tuple(page.sources()), tuple(page.notation())
    return Printable(groups, sources, notation, drawn, page.widest)


def place(card: Card) -> Span:
    """Give the place of a card in the notes."""
    if card.origins:
        return Span(card.origins[0].path, card.origins[0].first_line)
    return Span(f"content/cards/{card.topic}.yaml")


def error(code: str, span: Span, message: str, hint: str = "") -> Finding:
    """Say what keeps the sheet from being made."""
    return Finding(code, Level.ERROR, span, message, hint)


# How much smaller than the text a formula may be, to be no wider than a column.
_NARROWEST: Final = 0.8


class _SetMaths(Protocol):
    """Takes LaTeX, whether it stands in display, and the language around; gives HTML."""

    def __call__(self, latex: str, display: bool, language: str) -> str: ...  # noqa: FBT001  # as prose calls it


class _Page:
    """Cards, and what it takes to write them."""

    def __init__(
        self,
        edition: Edition,
        taste: Taste,
        drawn: Mapping[str, bytes],
        findings: list[Finding],
    ) -> None:
        self._edition = edition
        self._taste = taste
        self._drawn = drawn
        self._findings = findings
        self.widest = 0.0
        book = edition.book
        self._topics = {t.id: (t, i % _ACCENTS) for i, t in enumerate(book.topics)}
        self._references = {r.key: i for i, r in enumerate(edition.references, start=1)}
        self._numbers = {card.id: i for i, card in enumerate(edition.cards, start=1)}
        self._letters = {card.id: self._topic(card.topic)[0].letter for card in edition.cards}
        self._shown_by: dict[str, str] = {}
        # In one language alone, that is the language of symbols too.
        self._language = taste.languages[0]

    def _topic(self, name: str) -> tuple[Topic, int]:
        return self._topics.get(name, (Topic(name, name, name, "?"), _ACCENTS - 1))

    def groups(self) -> Iterator[Group]:
        """Give the entries under the headings of their topics."""
        numbered = enumerate(self._edition.cards, start=1)
        for name, cards in groupby(numbered, key=lambda pair: pair[1].topic):
            topic, accent = self._topic(name)
            entries = tuple(self._entry(card, number) for number, card in cards)
            yield Group(topic, accent, entries)

    def sources(self) -> Iterator[Source]:
        """Give the references in the order of their numbers."""
        for reference in self._edition.references:
            yield Source(
                self._references[reference.key],
                _anchor(reference.key),
                _reference(reference, short=self._taste.short),
            )

    def notation(self) -> Iterator[Row]:
        """Give the table of notation."""
        cards = self._edition.cards
        for row in notation.table(cards):
            set_maths = self._set_maths(cards[row.meanings[0].numbers[0] - 1])
            told = (self._meaning(meaning, set_maths) for meaning in row.meanings)
            symbol = set_maths(row.tex, False, self._language)  # noqa: FBT003  # as prose calls it
            yield Row(_trusted(symbol), _trusted(" ".join(told)))

    def _meaning(self, meaning: Meaning, set_maths: _SetMaths) -> str:
        text = self._spoken(meaning.text)
        both = typography.set_prose(text, prose.to_inline, set_maths)
        english = f'<span lang="en-US">{both.en}</span>' if both.en else ""
        links = ", ".join(self._link(self._edition.cards[n - 1]) for n in meaning.numbers)
        said = " ".join(filter(None, (both.zh, english)))
        return f'<span class="meaning">{said}\u00a0<span class="where">{links}</span></span>'

    def _link(self, card: Card) -> str:
        name = f"{self._letters[card.id]}{self._numbers[card.id]}"
        return f'<a class="see" href="#card-{escape(card.id)}">{escape(name)}</a>'

    def _spoken(self, text: Bilingual) -> Bilingual:
        """Leave out the language that isn't asked for, unless there is no other."""
        if self._taste.languages == ("zh",) and text.zh:
            return Bilingual(text.zh)
        if self._taste.languages == ("en",) and text.en:
            return Bilingual("", text.en)
        return text

    def _set_maths(self, card: Card) -> _SetMaths:
        def set_maths(latex: str, display: bool, language: str) -> str:  # noqa: FBT001  # as prose does
            try:
                drawn = maths.draw(latex, display=display, language=language)
            except maths.UnsetError as unset:
                at = f"(column {unset.column} of {latex!r})"
                message = f"formula can't be set: {unset.reason} {at}"
                found = error("SHEET-MATHS", place(card), message)
                if found not in self._findings:
                    self._findings.append(found)
                return f"<code>{escape(latex)}</code>"
            if display:
                # A wider one is set smaller, or told to be too wide.
                self.widest = max(self.widest, min(drawn.width, self._taste.wide))
            return drawn.svg

        return set_maths

    def _entry(self, card: Card, number: int) -> Entry:
        set_maths = self._set_maths(card)
        block = partial(typography.set_prose, to_html=prose.to_html, set_maths=set_maths)
        answer = shortening.for_print(card) if self._taste.short else card.answer
        pitfall = shortening.pitfall_for_print(card) if self._taste.short else card.pitfall
        question = self._spoken(_once(card.question))
        main = partial(set_maths, language=self._language)
        return Entry(
            card=card,
            number=number,
            letter=self._letters[card.id],
            status=self._status(card),
            question=_both(typography.set_prose(question, prose.to_inline, set_maths)),
            answer=_both(block(self._spoken(answer))),
            pitfall=_both(block(self._spoken(pitfall))),
            formulas=tuple(
                _trusted(self._narrowed(main(latex, display=True), latex))
                for formula in card.formulas
                for latex in self._rows(formula)
            ),
            legend=self._legend(card, set_maths),
            pictures=tuple(
                _picture(f, self._drawn[f.file], self._language) for f in self._shown(card)
            ),
            see=self._see(card),
            cites=self._cites(card.sources),
        )

    def _status(self, card: Card) -> str:
        """Tell in the languages printed that a card isn't complete; say where one is missing."""
        answer = card.answer
        if answer and not (answer.en if self._language == "en" else answer.zh):
            message = f"{card.id} has no {_NAMES[self._language]}; it is printed in the other"
            finding = Finding("SHEET-UNTRANSLATED", Level.WARNING, place(card), message)
            self._findings.append(finding)
        status = self._spoken(_STATUS.get(card.status, Bilingual()))
        return " ".join(filter(None, (status.zh, status.en)))

    def _rows(self, latex: str) -> Sequence[str]:
        """Part a formula that is wider than a column where its author left wide spaces."""
        with suppress(maths.UnsetError):
            if maths.draw(latex, display=True, language=self._language).width > self._taste.wide:
                rows = _apart(latex)
                for row in rows:
                    maths.draw(row, display=True, language=self._language)
                return rows
        return [latex]

    def _narrowed(self, svg: str, latex: str) -> str:
        """Set a formula smaller that is a little wider than a column; it is measured in em."""
        with suppress(maths.UnsetError):
            width = maths.draw(latex, display=True, language=self._language).width
            if _NARROWEST * width <= self._taste.wide < width:
                return f'<span style="font-size: {self._taste.wide / width:.3f}em">{svg}</span>'
        return svg

    def _shown(self, card: Card) -> Iterator[Figure]:
        """Choose the figures of an entry; in short, one that no other shows, best its own."""
        own = f"drawn/{card.id}.svg"
        ready = [f for f in card.figures if f.file in self._drawn]
        if not self._taste.short:
            yield from ready
            return
        for figure in sorted(ready, key=lambda f: f.file != own):
            if self._shown_by.setdefault(figure.file, card.id) == card.id:
                yield figure
                return

    def _legend(self, card: Card, set_maths: _SetMaths) -> Markup:
        told = []
        for symbol in card.symbols:
            text = self._spoken(Bilingual(symbol.zh, symbol.en))
            both = typography.set_prose(text, prose.to_inline, set_maths)
            english = f'<span lang="en-US">{both.en}</span>' if both.en else ""
            drawn = set_maths(symbol.tex, False, self._language)  # noqa: FBT003  # as prose calls it
            said = " ".join(filter(None, (drawn, both.zh, english)))
            told.append(f'<span class="symbol">{said}</span>')
        return _trusted(" ".join(told))

    def _see(self, card: Card) -> Markup:
        near = [
            self._edition.cards[self._numbers[r] - 1] for r in card.related if r in self._numbers
        ]
        links = " ".join(self._link(other) for other in near if other.id != card.id)
        return _trusted(f'<span class="see-also">→ {links}</span>' if links else "")

    def _cites(self, sources: Sequence[str]) -> Markup:
        """Write sources as numbers of references; of one reference all places together."""
        held: dict[str, list[str]] = {}
        for source in sources:
            key, _, locator = (part.strip() for part in source.partition(","))
            held.setdefault(key, []).extend([locator] if locator else [])
        cites = [self._cite(key, locators) for key, locators in held.items()]
        return _trusted(f'<span class="cites">[{"; ".join(cites)}]</span>' if cites else "")

    def _cite(self, key: str, locators: Sequence[str]) -> str:
        where = " " + ", ".join(map(escape, dict.fromkeys(locators))) if locators else ""
        number = self._references.get(key)
        if number is None:
            return f'<span class="cite">{escape(key)}{where}</span>'
        return f'<a class="cite" href="#{_anchor(key)}">{number}{where}</a>'


def _apart(latex: str) -> list[str]:
    """Cut a formula at its wide spaces, save those inside braces and environments."""
    rows, depth, start = [], 0, 0
    for found in _WIDE_SPACE.finditer(latex):
        if found["open"]:
            depth += 1
        elif found["shut"]:
            depth -= 1
        elif found["space"] and not depth:
            rows.append(latex[start : found.start()])
            start = found.end()
    return [row.strip() for row in (*rows, latex[start:]) if row.strip()]


def _once(question: Bilingual) -> Bilingual:
    """Leave out the English where the Chinese term is the same."""
    same = question.zh.casefold() == question.en.casefold()
    return Bilingual(question.zh) if same else question


def _both(html: Bilingual) -> Bilingual:
    return Bilingual(_trusted(html.zh), _trusted(html.en))


def _trusted(html: str) -> Markup:
    """Tell the templates that this is HTML already: drawn by us, or sanitized by prose."""
    return Markup(html)  # noqa: S704  # that is what prose is for


def _anchor(key: str) -> str:
    return "reference-" + re.sub(r"\W", "-", key)


_MOST_AUTHORS: Final = 2


def _authors(names: str, *, short: bool) -> str:
    """Name the authors; in short, of more than two the first alone."""
    bare = re.sub(r",? et al\.?$", "", names).removesuffix(".")
    each = re.split(r", (?:and )?| and ", bare)
    if short and (len(each) > _MOST_AUTHORS or bare != names.removesuffix(".")):
        return f"{each[0]} et al"
    return names.removesuffix(".")


def _reference(reference: Reference, *, short: bool) -> Markup:
    authors = escape(_authors(reference.authors, short=short))
    title = escape(reference.title)
    if re.fullmatch(r"https?://[^\s\"'<>]+", reference.url):
        # A link that holds more than text isn't tagged as one.
        title = f'<a class="web" href="{escape(reference.url)}">{title}</a>'
    return _trusted(f"{authors}. <i>{title}</i>. {escape(reference.year)}.")


def _picture(figure: Figure, data: bytes, language: str) -> Picture:
    drawing = figure.file.endswith(".svg")
    alts = (figure.alt.zh, figure.alt.en)
    first, second = alts if language == "zh" else reversed(alts)
    return Picture(
        url=f"asset:{quote(figure.file)}",
        alt=first or second or figure.file,
        kind="drawing" if drawing else "photo",
        ratio=_ratio_of_drawing(data) if drawing else _ratio_of_photo(data),
        asked=bool(figure.link) or figure.origin == "author",
    )


def _ratio_of_drawing(data: bytes) -> float:
    view = re.search(rb'viewBox="\S+ \S+ (\S+) (\S+)"', data)
    return float(view[2]) / float(view[1]) if view else 1.0


def _ratio_of_photo(data: bytes) -> float:
    with Image.open(BytesIO(data)) as image:
        return image.height / image.width


def _drawn(
    cards: Sequence[Card], assets: Assets, taste: Taste, findings: list[Finding]
) -> dict[str, bytes]:
    """Make every figure ready for print, by its file: drawings with their labels outlined."""
    ready: dict[str, bytes] = {}
    maker = Pictures(assets.keep, assets.fonts)
    for card in cards:
        for figure in card.figures:
            source = assets.pictures.get(figure.file)
            if figure.file in ready:
                continue
            if source is None:
                message = f"the picture {figure.file!r} is not there"
                findings.append(error("SHEET-FIGURE", place(card), message))
                continue
            try:
                ready[figure.file] = _for_print(figure, source, maker, taste)
            except figures.DrawingError as broken:
                span = Span(f"images/{figure.file}", broken.line, broken.column)
                findings.append(error("SHEET-FIGURE", span, broken.message))
    return ready


def _for_print(figure: Figure, source: bytes, maker: Pictures, taste: Taste) -> bytes:
    if figure.file.endswith(".svg"):
        palette = figures.BLACK if taste.black else figures.PRINT
        return maker.outline(source, palette, taste.languages[0]).encode()
    photo = maker.photo(source, f"images/{figure.file}").value
    if photo is None:
        raise figures.DrawingError("the file is not a whole picture")
    return _gray(photo.data) if taste.black else photo.data


def _gray(photo: bytes) -> bytes:
    made = BytesIO()
    with Image.open(BytesIO(photo)) as image:
        clear = image.convert("RGBA")
        ground = Image.new("RGBA", clear.size, "white")
        Image.alpha_composite(ground, clear).convert("L").save(made, "PNG", optimize=False)
    return made.getvalue()


def _without_missing(edition: Edition, assets: Assets, findings: list[Finding]) -> Edition:
    """Leave out what no font of ours has, such as emoji; it is said, and decks show it."""
    hint = "Write it otherwise, or as a formula, if it has to be in print."
    cards: list[Card] = []
    # The face of code holds signs that running text can't borrow.
    faces = {name: cut for name, cut in assets.fonts.items() if "Code" not in name}
    for card in edition.cards:
        texts = (card.question, card.answer, card.short, card.pitfall)
        text = "".join(prose.to_text(each) for both in texts for each in (both.zh, both.en))
        absent = fonts.missing(faces, text)
        # The typesetter takes these from whichever face comes first, drawn or not.
        circled = "".join(c for c in dict.fromkeys(text) if "①" <= c <= "⑳")
        if absent:
            message = f"no font has {absent!r}; the sheet goes without"
            findings.append(Finding("SHEET-GLYPH", Level.WARNING, place(card), message, hint))
        if absent or circled:
            left = {ord(sign): _stand_in(sign) for sign in absent + circled}
            card = replace(  # noqa: PLW2901  # the same card, as it can be printed
                card,
                question=_without(card.question, left),
                answer=_without(card.answer, left),
                short=_without(card.short, left),
                pitfall=_without(card.pitfall, left),
            )
        cards.append(card)
    return replace(edition, cards=tuple(cards))


def _stand_in(sign: str) -> str:
    """Give what may be printed for a sign: (1) for a number in a circle, nothing for the rest."""
    circled = unicodedata.decomposition(sign).startswith("<circle>")
    return f"({unicodedata.normalize('NFKC', sign)})" if circled else ""


def _without(said: Bilingual, left: Mapping[int, str]) -> Bilingual:
    return Bilingual(said.zh.translate(left), said.en.translate(left))
