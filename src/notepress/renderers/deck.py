r"""Edition -> an Anki package: cards as notes, both languages on each, the same bytes every time.

Which notes there are says ``notepress.study``, what they consist of
``notepress.notetypes``; here their fields are written as HTML and their pictures made.
Identity and dates come from the stamp, since Anki knows a note by its GUID and takes an
update only where the note's own ``mod`` is newer.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from typing import Final

from notepress import apkg, cloze, figures, notetypes, prose, study
from notepress.figures import Named
from notepress.model import (
    Artifacts,
    Assets,
    Bilingual,
    Book,
    Card,
    Edition,
    Figure,
    Finding,
    Kind,
    Level,
    Origin,
    Outcome,
    Reference,
    Span,
    Stamp,
    Status,
    Topic,
)
from notepress.notetypes import ACCENTS, FIELDS, look
from notepress.pictures import Pictures
from notepress.study import Fact

__all__ = ("ACCENTS", "FIELDS", "FONTS", "NAME", "TEMPLATES", "look", "render")

NAME: Final = "deck"
TEMPLATES: Final = "deck"
FONTS = True

_STATUS: Final = {
    Status.PROPOSED: "待审 · Unreviewed",
    Status.UNTRANSLATED: "未译 · Untranslated",
    Status.UNFINISHED: "未完成 · Unfinished",
}

# A drawing's labels are 12 units high: as large as a card's text, they are readable,
# and as many pixels more as a phone's screen has.
_DRAWN_ZOOM: Final = 1.5
_PIXEL_RATIO: Final = 2

_BOOK: Final = "content/book.yaml"
_FEWEST_PIXELS: Final = 100

# What Anki itself looks for in a field, before any page is drawn.
_ENGINE_TAG: Final = re.compile(
    r"\[(?=sound:|anki:|/?latex\]|/?\${1,2}\])|\{(?=\{)",
    re.IGNORECASE,
)

# Around a name on a drawing, as a part of the picture's size.
_MARGIN: Final = 0.008
_FORMULA: Final = re.compile(r"\\(?:[a-zA-Z]+|.)|[{}^_$]")


@dataclass(frozen=True, slots=True)
class _Picture:
    """A figure ready for cards: the HTML, with gaps for what it shows, and its files.

    ``names`` are the words on a drawing that can be covered.
    """

    html: str
    media: Mapping[str, bytes]
    names: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What a note looks up of the rest of the book; ``guids`` are those of cards' first notes."""

    book: Book
    topics: Mapping[str, Topic]
    cards: Mapping[str, Card]
    references: Mapping[str, Reference]
    pictures: Mapping[str, _Picture]
    guids: Mapping[str, str]


def reads(edition: Edition, stamp: Stamp) -> tuple[Edition, Stamp]:
    """Leave out the ledger, what print alone shows, and what is on no card."""
    cards = tuple(
        replace(card, changes=(), raw="", remark="", short=Bilingual()) for card in edition.cards
    )
    bare = replace(edition, cards=cards, withheld=(), unresolved=(), dropped=(), findings=())
    return bare, stamp


def render(edition: Edition, assets: Assets, stamp: Stamp) -> Artifacts:
    """Make ``<book>.apkg``."""
    book = edition.book
    pictures, findings = _pictures(edition, assets)
    shelf = _Shelf(
        book,
        {topic.id: topic for topic in book.topics},
        {card.id: card for card in edition.cards},
        {reference.key: reference for reference in edition.references},
        pictures,
        _guids(stamp),
    )
    decks = _decks(book, stamp.version)
    written = (_note(fact, shelf, stamp, decks) for fact in study.facts(edition))
    notes = tuple(note for note in written if note)
    used = {note.note_type for note in notes}
    made = (notetypes.note_type(book, assets.templates, kind) for kind in book.study.kinds)
    types = {one.id: one for one in made if one.id in used}
    contents = apkg.Contents(
        tuple(types.values()), tuple(decks.values()), notes, stamp.created, stamp.style_mod
    )
    media = {name: data for picture in pictures.values() for name, data in picture.media.items()}
    said = (*_unfit(book), *findings)
    return Artifacts({f"{book.slug}.apkg": apkg.pack(contents, media)}, said)


def _unfit(book: Book) -> Iterator[Finding]:
    """Say which settings make no sense, though they are of the right type."""
    span = Span(_BOOK)
    if not book.study.cards:
        kinds = ", ".join(Kind)
        message, hint = "study: cards names no kind", f"Choose of {kinds}, or leave it out."
        yield Finding("STUDY-EMPTY", Level.ERROR, span, message, hint)
    if book.study.pixels < _FEWEST_PIXELS:
        message = f"study: pixels is {book.study.pixels}; nothing can be seen on such pictures"
        hint = f"Give the longest side of a picture, {_FEWEST_PIXELS} or more."
        yield Finding("STUDY-PIXELS", Level.ERROR, span, message, hint)


def _guids(stamp: Stamp) -> dict[str, str]:
    """Give the GUID of each card's first note, by card id."""
    first: dict[str, str] = {}
    for key, note in stamp.notes.items():
        first.setdefault(key.partition("/")[0], note.guid)
    return first


def _decks(book: Book, version: str) -> dict[str, apkg.Deck]:
    """Make the book's deck, under "", and one below it for each topic, by the topic's id.

    Anki knows decks by their names alone, so nothing is in them that changes when a
    topic is moved or added: no number, no letter. The version stands in the description,
    which an import renews without touching a note.
    """
    home = _deck_name(book.title.zh or book.title.en or book.id)
    about = escape(" · ".join(filter(None, (book.title.en, version))))
    decks = {"": apkg.Deck(apkg.row_id(book.id), home, about)}
    for topic in book.topics:
        name = f"{home}::{_deck_name(topic.both)}"
        decks[topic.id] = apkg.Deck(apkg.row_id(f"{book.id}/{topic.id}"), name)
    return decks


def _deck_name(part: str) -> str:
    """Anki parts names at ``::`` and calls an empty part "blank"."""
    return (
        " ".join(unicodedata.normalize("NFC", part).replace("::", "\uff1a").split()) or "notepress"
    )


# --- Notes -------------------------------------------------------------------------------


def _note(
    fact: Fact, shelf: _Shelf, stamp: Stamp, decks: Mapping[str, apkg.Deck]
) -> apkg.Note | None:
    """Write a note; None where a drawing has too few words to ask for."""
    known = stamp.notes[fact.key]
    parted = fact.hidden or fact.kind is Kind.OCCLUSION
    cards = tuple(number - 1 for number in known.numbers) if parted else fact.cards
    said = _WRITERS[fact.kind](fact, shelf)
    if fact.hidden:
        said |= {"Text": _holed(fact, fact.hidden.renumbered(known.numbers))}
    if fact.kind is Kind.OCCLUSION:
        picture = shelf.pictures.get(fact.figure.file) if fact.figure else None
        covers = study.covers(picture.names) if picture else {}
        if not covers:
            return None
        said |= {"Occlusion": _masks(zip(known.numbers, covers.values(), strict=True))}
    said |= _common(fact, shelf)
    card = fact.card
    # Notes of one kind come after those of another, and keep the order of the book.
    place = shelf.book.study.kinds.index(fact.kind)
    return apkg.Note(
        known.guid,
        known.mod,
        notetypes.id_of(shelf.book, fact.kind),
        decks[card.topic if card.topic in decks else ""].id,
        tuple(
            unicodedata.normalize("NFC", said.get(name, "")) for name in notetypes.fields(fact.kind)
        ),
        prose.to_text(card.question.zh or card.question.en) or card.id,
        tuple(_tags(fact, shelf.book, known.release)),
        fact.number + place * len(shelf.cards),
        cards,
    )


def _common(fact: Fact, shelf: _Shelf) -> dict[str, str]:
    """Say what all kinds say: where it belongs, where it comes from, how far it has come."""
    card = fact.card
    topic = shelf.topics.get(card.topic) or Topic(card.topic, card.topic, "", "")
    return {
        "Topic": escape(topic.zh),
        "TopicEn": escape(topic.en if topic.en != topic.zh else ""),
        "Accent": notetypes.accent(card.topic),
        "Status": _STATUS.get(card.status, ""),
        "Number": str(fact.number),
        "Sources": "".join(f"<li>{cited}</li>" for cited in _cited(card, shelf.references)),
        "Origin": "<br>".join(map(_place, card.origins)),
        "Related": "".join(
            f"<li><span>{_pair(other)}</span>{_links(other, shelf)}</li>"
            for name in card.related
            if (other := shelf.cards.get(name))
        ),
        "Hint": _hint(card),
    }


def _pair(card: Card) -> str:
    """Name another card as it stands on its front, to be searched for on any device."""
    if not (card.question.zh and card.question.en):
        return _line(card.question.zh or card.question.en)
    return f'{_line(card.question.zh)} <small lang="en">{_line(card.question.en)}</small>'


def _links(card: Card, shelf: _Shelf) -> str:
    """Link a card's first note for AnkiMobile and AnkiDroid; the desktop has no such address."""
    query = apkg.search([shelf.guids[card.id]]) if card.id in shelf.guids else ""
    addresses = (("ios", "search?query"), ("droid", "browser?search")) if query else ()
    return "".join(
        f'<a class="{name}" href="anki://x-callback-url/{path}={query}">→</a>'
        for name, path in addresses
    )


def _hint(card: Card) -> str:
    """Say how many points an answer makes: who knows that, knows when it is whole."""
    points = cloze.count(card)
    return f"答案有 {points} 点 · {points} points" if points > 1 else ""


def _question(fact: Fact, shelf: _Shelf) -> dict[str, str]:
    card = fact.card
    spoken = shelf.book.study.speech
    return {
        "Question": _line(card.question.zh or card.question.en) or escape(card.id),
        "QuestionEn": _line(card.question.en) if card.question.zh else "",
        "Answer": _blocks(card.answer.zh),
        "AnswerEn": _blocks(card.answer.en),
        "Formula": _formula(card),
        "Figure": _figures(card, shelf),
        "Pitfall": _blocks(card.pitfall.zh),
        "PitfallEn": _blocks(card.pitfall.en),
        "Spare1": _spoken(card.answer.zh) if spoken else "",
        "Spare2": _spoken(card.answer.en) if spoken else "",
    }


def _term(fact: Fact, shelf: _Shelf) -> dict[str, str]:
    card = fact.card
    return {
        "Term": _line(fact.names.zh),
        "TermEn": _line(fact.names.en),
        "Answer": _blocks(card.answer.zh),
        "AnswerEn": _blocks(card.answer.en),
        "Formula": _formula(card),
        "Figure": _figures(card, shelf),
    }


def _holed(fact: Fact, text: str) -> str:
    legend = _legend(fact.card) if fact.kind is Kind.FORMULA else ""
    return cloze.to_anki(_blocks(text) + legend)


def _cloze(fact: Fact, _shelf: _Shelf) -> dict[str, str]:
    card = fact.card
    return _titled(card, "Question") | {
        "ExtraEn": _blocks(card.answer.en if card.answer.zh else ""),
    }


def _hidden_formula(fact: Fact, _shelf: _Shelf) -> dict[str, str]:
    card = fact.card
    return _titled(card, "Question") | {
        "Extra": _blocks(card.answer.zh),
        "ExtraEn": _blocks(card.answer.en),
    }


def _occlusion(fact: Fact, shelf: _Shelf) -> dict[str, str]:
    figure = fact.figure or Figure("")
    alts = (figure.alt.zh, figure.alt.en)
    return _titled(fact.card, "Header") | {
        # Anki measures the first picture there is, so night inverts it instead of another.
        "Image": _first_picture(_shown(figure, shelf.pictures)),
        "Back Extra": "<br>".join(_safe(escape(alt)) for alt in alts if alt),
    }


def _first_picture(html: str) -> str:
    found = re.search(r"<img [^>]*>", html)
    return found[0] if found else ""


def _titled(card: Card, field: str) -> dict[str, str]:
    return {
        field: _line(card.question.zh or card.question.en) or escape(card.id),
        f"{field}En": _line(card.question.en) if card.question.zh else "",
    }


_WRITERS: Final = {
    Kind.QA: _question,
    Kind.QA_EN: _question,
    Kind.TERM: _term,
    Kind.CLOZE: _cloze,
    Kind.FORMULA: _hidden_formula,
    Kind.OCCLUSION: _occlusion,
}


def _masks(covers: Iterable[tuple[int, Iterable[Named]]]) -> str:
    """Write numbered rectangles as image occlusion reads them, in parts of the picture's size."""

    def part(number: float) -> str:
        return f"{min(max(number, 0.0), 1.0):.4f}".removeprefix("0")

    return "<br>".join(
        f"{{{{c{number}::image-occlusion:rect:left={part(name.left - _MARGIN)}"
        f":top={part(name.top - _MARGIN)}:width={part(name.width + 2 * _MARGIN)}"
        f":height={part(name.height + 2 * _MARGIN)}}}}}"
        for number, group in covers
        for name in group
    )


def _pronounced(found: re.Match[str]) -> str:
    return " " if found[0].startswith("\\") else ""


def _formula(card: Card) -> str:
    shown = (f'<div class="formula">{_maths(latex, display=True)}</div>' for latex in card.formulas)
    return "".join(shown) + _legend(card)


def _figures(card: Card, shelf: _Shelf) -> str:
    return "".join(_shown(figure, shelf.pictures) for figure in card.figures)


@lru_cache(maxsize=512)
def _line(markdown: str) -> str:
    return _safe(prose.to_inline(markdown, _maths))


@lru_cache(maxsize=512)
def _blocks(markdown: str) -> str:
    return _safe(prose.to_html(markdown, _maths).strip())


def _spoken(markdown: str) -> str:
    """Give the words to be read aloud; of formulas, the letters and numbers alone."""
    return _safe(escape(_FORMULA.sub(_pronounced, prose.to_text(markdown)), quote=False))


def _legend(card: Card) -> str:
    told = prose.legend(card.symbols, _maths)
    return f'<p class="np-symbols">{_safe(told)}</p>' if told else ""


def _maths(latex: str, display: bool) -> str:  # noqa: FBT001  # as prose calls it
    r"""Write for MathJax: a bare ``<`` would open a tag and swallow the rest of the card."""
    begin, end = (r"\[", r"\]") if display else (r"\(", r"\)")
    return _safe(f"{begin}{escape(latex.strip(), quote=False)}{end}")


def _safe(html: str) -> str:
    """Keep Anki from playing, speaking, typesetting or hiding what is only text in brackets."""
    if "[" not in html and "{{" not in html:
        return html
    return _ENGINE_TAG.sub(lambda bracket: f"&#{ord(bracket[0])};", html)


def _shown(figure: Figure, pictures: Mapping[str, _Picture]) -> str:
    """Show a picture with its description; one that couldn't be made is a finding already."""
    alt = " / ".join(filter(None, (figure.alt.zh, figure.alt.en)))
    return pictures[figure.file].html.format(alt=escape(alt)) if figure.file in pictures else ""


def _place(origin: Origin) -> str:
    lines = (
        f"{origin.first_line}"
        if origin.first_line == origin.last_line
        else f"{origin.first_line}\u2013{origin.last_line}"
    )
    return escape(f"{origin.path}:{lines}")


def _cited(card: Card, references: Mapping[str, Reference]) -> Iterator[str]:
    """Write each reference of a card out in full, its locators last."""
    places: dict[str, list[str]] = {}
    for source in card.sources:
        key, _, locator = (part.strip() for part in source.partition(","))
        name = key if key in references else source
        places.setdefault(name, []).append(locator if key in references else "")
    for key, locators in places.items():
        yield _citation(key, ", ".join(filter(None, locators)), references)


def _citation(key: str, locator: str, references: Mapping[str, Reference]) -> str:
    if key not in references:
        return _safe(escape(key))
    cited = references[key]
    title = f"<cite>{escape(cited.title)}</cite>"
    if re.match("https?://", cited.url):
        title = f'<a href="{escape(cited.url)}">{title}</a>'
    parts = (escape(cited.authors), title, escape(cited.year), escape(locator))
    return _safe(", ".join(filter(None, parts)))


def _tags(fact: Fact, book: Book, release: str) -> Iterator[str]:
    """Give the book's own tags, then the card's: topic, status, kind, and when it last changed.

    Its release is the one in which it changed, never the newest: a tag that moves with
    every release would update every note, and cost users their own tags on it.
    """
    card = fact.card
    tags = [f"{book.id}::{card.topic}"]
    if card.status is not Status.COMPLETE:
        tags.append(f"{book.id}::{card.status}")
    if fact.kind is not Kind.QA:
        tags.append(f"{book.id}::{fact.kind}")
    if release:
        tags.append(f"{book.id}::release::{release}")
    # Anki parts tags at any white space, U+3000 too.
    words = ("_".join(unicodedata.normalize("NFC", tag).split()) for tag in [*tags, *card.tags])
    yield from dict.fromkeys(filter(None, words))


# --- Pictures ----------------------------------------------------------------------------


def _pictures(edition: Edition, assets: Assets) -> tuple[dict[str, _Picture], tuple[Finding, ...]]:
    """Make each file that a card shows into media, once; coding lets threads run side by side."""
    shown = {figure.file: figure for card in edition.cards for figure in card.figures}
    maker = Pictures(assets.keep, assets.fonts)

    def make(figure: Figure) -> Outcome[_Picture | None]:
        return _picture(figure, assets.pictures.get(figure.file), edition.book, maker)

    with ThreadPoolExecutor() as pool:
        made = [*pool.map(make, shown.values())]
    pictures = {file: one.value for file, one in zip(shown, made, strict=True) if one.value}
    return pictures, tuple(finding for one in made for finding in one.findings)


def _picture(
    figure: Figure, data: bytes | None, book: Book, maker: Pictures
) -> Outcome[_Picture | None]:
    path = f"images/{figure.file}"
    if data is None:
        hint = "Put the file there, or take the figure off the card."
        finding = Finding("FIGURE-MISSING", Level.WARNING, Span(path), "no such picture", hint)
        return Outcome(None, (finding,))
    if figure.origin == "drawn":
        return _drawing(path, data, maker)
    return _photo(path, data, book.study.pixels, maker)


def _drawing(path: str, svg: bytes, maker: Pictures) -> Outcome[_Picture | None]:
    """Draw by day and by night; the style sheet shows one of the two."""
    media: dict[str, bytes] = {}
    shown: list[str] = []
    try:
        width, height = (round(_DRAWN_ZOOM * side) for side in figures.size(svg))
        for name, palette in (("day", figures.LIGHT), ("night", figures.NIGHT)):
            data = maker.raster(svg, palette, _PIXEL_RATIO * width)
            file = _media_name(data, figures.RASTER_SUFFIX)
            media[file] = data
            size = f'width="{width}" height="{height}"'
            shown.append(f'<img src="{file}" class="{name}" {size} alt="{{alt}}">')
        names = maker.names(svg)
    except figures.DrawingError as error:
        span = Span(path, error.line, error.column)
        finding = Finding("FIGURE-BROKEN", Level.ERROR, span, error.message, "Mend the SVG file.")
        return Outcome(None, (finding,))
    return Outcome(_Picture(f"<figure>{''.join(shown)}</figure>", media, names))


def _photo(path: str, data: bytes, longest: int, maker: Pictures) -> Outcome[_Picture | None]:
    proved = maker.photo(data, path, longest)
    if proved.value is None:
        return Outcome(None, proved.findings)
    photo = proved.value
    file = _media_name(photo.data, photo.suffix)
    size = f'width="{photo.width}" height="{photo.height}"'
    html = f'<figure class="photo"><img src="{file}" {size} alt="{{alt}}"></figure>'
    return Outcome(_Picture(html, {file: photo.data}), proved.findings)


def _media_name(data: bytes, suffix: str) -> str:
    """Anki keeps the old picture under an old name, so other bytes get another name."""
    return f"np-{hashlib.sha256(data).hexdigest()[:16]}{suffix}"
