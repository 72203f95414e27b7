"""An edition -> a printed sheet: cards in columns of equal length, as one tagged PDF.

The type is as large as lets the cards fill whole pages. For that a size is guessed
from the amount of text, everything is laid out once at that size, and columns are made
of what was measured; only where they'd come out too full or too empty is the size
mended and the layout repeated. Page and column are given in millimeters, all else
grows with the type.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from html import escape
from io import BytesIO
from itertools import groupby
from typing import Final
from urllib.parse import quote

from jinja2 import Template
from markupsafe import Markup
from PIL import Image

from notepress import (
    copyfit,
    figures,
    fonts,
    imposition,
    makeup,
    maths,
    prose,
    templating,
    typography,
)
from notepress.imposition import Part, Typesetter, TypesetterMissing
from notepress.makeup import PX, Paper
from notepress.model import (
    Artifacts,
    Assets,
    Bilingual,
    Card,
    Edition,
    Figure,
    Finding,
    Level,
    Reference,
    Span,
    Stamp,
    Status,
    Topic,
)

__all__ = ["NAME", "TEMPLATES", "TypesetterMissing", "render"]

NAME: Final = "sheet"
TEMPLATES: Final = "sheet"
FONTS = True

PAPERS: Final[Mapping[str, Paper]] = {
    "a4-landscape": Paper(297, 210),
    "a4": Paper(210, 297, masthead=21),
    "a3-landscape": Paper(420, 297),
    "a5": Paper(148, 210, masthead=26),
    "letter-landscape": Paper(279.4, 215.9),
    "letter": Paper(215.9, 279.4, masthead=21),
}

# From this width in millimeters, a figure stands beside its text rather than below.
_WIDE: Final = 80.0

# The style sheet's width of a drawing, likewise.
_DRAWN: Final = 51.7

# As many as the style sheet declares.
_ACCENTS: Final = 10

_STATUS: Final[Mapping[Status, str]] = {
    Status.PROPOSED: "待审 proposed",
    Status.UNFINISHED: "待补 unfinished",
    Status.UNTRANSLATED: "待译 untranslated",
}

_BOOK: Final = Span("content/book.yaml")
_SHORTEN: Final = "Shorten it, or break it into two."


@dataclass(frozen=True, slots=True)
class _Picture:
    """A figure as the page names it; ``ratio`` is its height for a width of one."""

    url: str
    alt: str
    kind: str
    ratio: float


@dataclass(frozen=True, slots=True)
class _Entry:
    """A card as it is printed: every text is HTML."""

    card: Card
    number: int
    status: str
    question: Bilingual
    answer: Bilingual
    pitfall: Bilingual
    formulas: tuple[Markup, ...]
    legend: Markup
    pictures: tuple[_Picture, ...]


@dataclass(frozen=True, slots=True)
class _Group:
    """A topic with the entries under its heading; ``accent`` numbers its color."""

    topic: Topic
    accent: int
    entries: tuple[_Entry, ...] = ()


def render(edition: Edition, assets: Assets, stamp: Stamp) -> Artifacts:
    """Print the cards; raises ``TypesetterMissing`` where Pango isn't installed."""
    findings: list[Finding] = []
    edition = _printable(edition, assets, findings)
    drawn = _drawn(edition.cards, assets, findings)
    groups = tuple(_groups(edition, drawn, findings))
    paper = _paper(edition, findings)
    pages = _Pages(edition, assets, stamp, groups, paper)
    typesetter = Typesetter(assets.templates["sheet.css"], {**assets.fonts, **drawn})

    def lay(size: float) -> Sequence[Part]:
        return imposition.parts(typesetter.lay(pages.flow(size)))

    count = edition.book.columns
    guess = partial(_guess, groups, edition.references, paper.measure(count))
    fitted = makeup.fit(lay, guess, paper, count)
    findings += _overflows(fitted, groups, paper.measure(count))
    empty = typesetter.lay(pages.empty(fitted))
    document = imposition.impose(empty, makeup.places(fitted, paper, count))
    pdf = typesetter.write(document, pages.flow(fitted.size) + pages.empty(fitted))
    findings += (
        _error("SHEET-GLYPH", _BOOK, f"the system's font {family!r} got into the sheet")
        for family in imposition.foreign_fonts(document, "sheet-")
    )
    findings += (
        _error("SHEET-WARNING", _BOOK, text) for text in dict.fromkeys(typesetter.complaints)
    )
    return Artifacts({f"{edition.book.slug}.pdf": pdf}, tuple(findings))


@dataclass(frozen=True, slots=True)
class _Pages:
    """The HTML of both layouts: the endless column, and the pages it is parted onto."""

    edition: Edition
    assets: Assets
    stamp: Stamp
    groups: tuple[_Group, ...]
    paper: Paper

    def flow(self, size: float) -> str:
        """Write everything that stands in columns, one below the other."""
        book = self.edition.book
        references = [(r, _anchor(r.key)) for r in self.edition.references]
        return self._template("flow.html").render(
            title=book.title,
            groups=self.groups,
            references=references,
            size=f"{size:.4f}",
            beside=self.paper.measure(book.columns) >= _WIDE,
            column=f"{self.paper.measure(book.columns):.4f}",
            endless=1000 * (2 + len(self.edition.cards) + len(references)),
        )

    def empty(self, fitted: makeup.Fitted) -> str:
        """Write the pages with masthead and foot, and nothing between."""
        book, moment = self.edition.book, datetime.fromtimestamp(self.stamp.created, UTC)
        foot = f"{book.title.zh} {book.title.en} · {self.stamp.version} · {moment:%Y-%m-%d}"
        return self._template("pages.html").render(
            title=book.title,
            legend=dict.fromkeys((group.topic, group.accent) for group in self.groups),
            paper=self.paper,
            size=f"{fitted.size:.4f}",
            count=fitted.pages,
            foot=foot.replace("\\", r"\5c ").replace('"', r"\22 "),
            created=f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        )

    def _template(self, name: str) -> Template:
        return templating.environment(self.assets.templates).get_template(name)


def _paper(edition: Edition, findings: list[Finding]) -> Paper:
    wanted = edition.book.paper
    if wanted not in PAPERS:
        hint = f"Use one of: {', '.join(PAPERS)}."
        findings.append(_error("SHEET-PAPER", _BOOK, f"unknown paper {wanted!r}", hint))
    return PAPERS.get(wanted, PAPERS["a4-landscape"])


def _drawn(cards: Sequence[Card], assets: Assets, findings: list[Finding]) -> dict[str, bytes]:
    """Make every figure ready for print, by its file: drawings with their labels outlined."""
    ready: dict[str, bytes] = {}
    for card in cards:
        for figure in card.figures:
            source = assets.pictures.get(figure.file)
            if figure.file in ready:
                continue
            if source is None:
                message = f"the picture {figure.file!r} is not there"
                findings.append(_error("SHEET-FIGURE", _place(card), message))
                continue
            try:
                ready[figure.file] = _for_print(figure, source, assets.fonts)
            except figures.DrawingError as error:
                span = Span(f"images/{figure.file}", error.line, error.column)
                findings.append(_error("SHEET-FIGURE", span, error.message))
    return ready


def _for_print(figure: Figure, source: bytes, faces: Mapping[str, bytes]) -> bytes:
    if not figure.file.endswith(".svg"):
        photo = figures.photo(source, figure.file).value
        if photo is None:
            raise figures.DrawingError("the file is not a whole picture")
        return photo.data
    return figures.outline(source, figures.PRINT, faces).encode()


def _groups(
    edition: Edition, drawn: Mapping[str, bytes], findings: list[Finding]
) -> Iterator[_Group]:
    topics = {topic.id: (topic, i % _ACCENTS) for i, topic in enumerate(edition.book.topics)}
    known = {reference.key for reference in edition.references}
    numbered = enumerate(edition.cards, start=1)
    for name, cards in groupby(numbered, key=lambda pair: pair[1].topic):
        topic, accent = topics.get(name, (Topic(name, name, name, "?"), _ACCENTS - 1))
        entries = (_entry(card, number, drawn, known, findings) for number, card in cards)
        yield _Group(topic, accent, tuple(entries))


def _entry(
    card: Card,
    number: int,
    drawn: Mapping[str, bytes],
    known: Collection[str],
    findings: list[Finding],
) -> _Entry:
    def set_maths(latex: str, display: bool, language: str) -> str:  # noqa: FBT001  # as prose does
        try:
            return maths.draw(latex, display=display, language=language).svg
        except maths.UnsetError as error:
            message = f"formula can't be set: {error.reason} (column {error.column} of {latex!r})"
            findings.append(_error("SHEET-MATHS", _place(card), message))
            return f"<code>{escape(latex)}</code>"

    block = partial(typography.set_prose, to_html=prose.to_html, set_maths=set_maths)
    return _Entry(
        card=card,
        number=number,
        status=_STATUS.get(card.status, ""),
        question=_both(typography.set_prose(_once(card.question), prose.to_inline, set_maths)),
        answer=_both(_cited(block(card.answer), card.sources, known)),
        pitfall=_both(block(card.pitfall)),
        formulas=tuple(
            _trusted(set_maths(latex, display=True, language="zh")) for latex in card.formulas
        ),
        legend=_trusted(
            prose.legend(
                card.symbols, lambda latex, display: set_maths(latex, display, language="zh")
            )
        ),
        pictures=tuple(_picture(f, drawn[f.file]) for f in card.figures if f.file in drawn),
    )


def _once(question: Bilingual) -> Bilingual:
    """Leave out the English where the Chinese term is the same."""
    same = question.zh.casefold() == question.en.casefold()
    return Bilingual(question.zh) if same else question


def _both(html: Bilingual) -> Bilingual:
    return Bilingual(_trusted(html.zh), _trusted(html.en))


def _trusted(html: str) -> Markup:
    """Tell the templates that this is HTML already: drawn by us, or sanitized by prose."""
    return Markup(html)  # noqa: S704  # that is what prose is for


def _cited(answer: Bilingual, sources: Sequence[str], known: Collection[str]) -> Bilingual:
    """Put the sources at the end of the last line, where they cost least room."""
    if not sources:
        return answer
    cites = " ".join(_cite(source, known) for source in sources)
    html = answer.en or answer.zh
    body, end = (html[:-4], "</p>") if html.endswith("</p>") else (html + "<p>", "</p>")
    cited = f'{body} <span class="cites">{cites}</span>{end}'
    return Bilingual(answer.zh, cited) if answer.en else Bilingual(cited, "")


def _cite(source: str, known: Collection[str]) -> str:
    key, _, locator = (part.strip() for part in source.partition(","))
    text = escape(f"[{key} {locator}]" if locator else f"[{key}]")
    linked = f'<a href="#{_anchor(key)}">{text}</a>' if key in known else text
    return f'<span class="cite">{linked}</span>'


def _anchor(key: str) -> str:
    return "reference-" + re.sub(r"\W", "-", key)


def _picture(figure: Figure, data: bytes) -> _Picture:
    drawing = figure.file.endswith(".svg")
    return _Picture(
        url=f"asset:{quote(figure.file)}",
        alt=figure.alt.zh or figure.alt.en or figure.file,
        kind="drawing" if drawing else "photo",
        ratio=_ratio_of_drawing(data) if drawing else _ratio_of_photo(data),
    )


def _ratio_of_drawing(data: bytes) -> float:
    view = re.search(rb'viewBox="\S+ \S+ (\S+) (\S+)"', data)
    return float(view[2]) / float(view[1]) if view else 1.0


def _ratio_of_photo(data: bytes) -> float:
    with Image.open(BytesIO(data)) as image:
        return image.height / image.width


def _guess(
    groups: Sequence[_Group], references: Sequence[Reference], measure: float, size: float
) -> float:
    """Estimate the height of everything in millimeters; the figures are the style sheet's."""
    root = size * 25.4 / 72
    wide = measure / root
    beside = measure >= _WIDE
    rows = 3.4 * len(groups)
    rows += sum(_rows(entry, wide, root, beside=beside) for g in groups for entry in g.entries)
    rows += sum(0.25 + 1.1 * copyfit.lines(f"{r.key} {r}", wide / 0.82 - 1) for r in references)
    return rows * root


def _rows(entry: _Entry, wide: float, root: float, *, beside: bool) -> float:
    """Estimate an entry's height in root sizes, for a column so many wide."""
    title = copyfit.width(entry.question.zh) * 1.1 + copyfit.width(entry.question.en) * 0.95 + 3.2
    rows = 1.45 + 1.45 * copyfit.lines_of(title, wide)
    if entry.formulas:
        rows += 0.98 + _formula_rows(entry.formulas, wide - 0.8)
    if entry.legend:
        rows += 0.1 + 1.1 * copyfit.lines(entry.legend, wide / 0.8)
    tall = [min(_DRAWN / root, wide) * picture.ratio + 0.34 for picture in entry.pictures]
    if beside and tall:
        narrow = wide - (_DRAWN + 2.5) / root
        text = 1.5 * copyfit.lines(entry.answer.zh, narrow)
        rows += 0.3 + tall[0] + max(0.0, text - tall.pop(0)) * narrow / wide
    elif entry.answer.zh:
        rows += 0.3 + 1.5 * copyfit.lines(entry.answer.zh, wide)
    rows += sum(tall)
    if entry.pitfall.zh:
        rows += 0.34 + 1.33 * copyfit.lines(entry.pitfall.zh, wide / 0.94 - 1.35)
    if entry.answer.en:
        rows += 0.34 + 1.21 * copyfit.lines(entry.answer.en, wide / 0.9)
    if entry.pitfall.en:
        rows += 0.2 + 1.21 * copyfit.lines(entry.pitfall.en, wide / 0.9 - 1.35)
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


def _printable(edition: Edition, assets: Assets, findings: list[Finding]) -> Edition:
    """Leave out what no font of ours has, such as emoji; it is said, and decks show it."""
    hint = "Write it otherwise, or as a formula, if it has to be in print."
    cards: list[Card] = []
    # The face of code holds signs that running text can't borrow.
    faces = {name: cut for name, cut in assets.fonts.items() if "Code" not in name}
    for card in edition.cards:
        texts = (card.question, card.answer, card.pitfall)
        text = "".join(prose.to_text(each) for both in texts for each in (both.zh, both.en))
        absent = fonts.missing(faces, text)
        # The typesetter takes these from whichever face comes first, drawn or not.
        circled = "".join(c for c in dict.fromkeys(text) if "①" <= c <= "⑳")
        if absent:
            message = f"no font has {absent!r}; the sheet goes without"
            findings.append(Finding("SHEET-GLYPH", Level.WARNING, _place(card), message, hint))
        if absent or circled:
            left = {ord(sign): _stand_in(sign) for sign in absent + circled}
            card = replace(  # noqa: PLW2901  # the same card, as it can be printed
                card,
                question=_without(card.question, left),
                answer=_without(card.answer, left),
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


def _overflows(
    fitted: makeup.Fitted, groups: Sequence[_Group], measure: float
) -> Iterator[Finding]:
    """Find what is higher than a column, or wider."""
    cards = {entry.number: entry.card for group in groups for entry in group.entries}
    for part in fitted.parts:
        card = cards.get(part.entry)
        span = _place(card) if card else _BOOK
        if part.height / PX > fitted.depth:
            yield _error("SHEET-OVERFLOW", span, "the entry is higher than a column", _SHORTEN)
        if part.right / PX > measure + 0.5:
            yield _error("SHEET-OVERFLOW", span, "something is wider than the column", _SHORTEN)


def _place(card: Card) -> Span:
    if card.origins:
        return Span(card.origins[0].path, card.origins[0].first_line)
    return Span(f"content/cards/{card.topic}.yaml")


def _error(code: str, span: Span, message: str, hint: str = "") -> Finding:
    return Finding(code, Level.ERROR, span, message, hint)
