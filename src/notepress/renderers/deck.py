r"""Edition -> an Anki package: one note a card, both languages on it, the same bytes every time.

genanki writes the rows; what it leaves to chance is fixed here. Identity and dates
come from the stamp, since Anki knows a note by its GUID and takes an update only
where the note's own ``mod`` is newer. The database is made in memory and the zip by
hand, so that no clock and no temporary folder gets into the package.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
import sqlite3
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

import genanki

from notepress import figures, prose
from notepress.model import (
    Artifacts,
    Assets,
    Book,
    Card,
    Edition,
    Figure,
    Finding,
    Level,
    Origin,
    Outcome,
    Reference,
    Span,
    Stamp,
    Status,
    Topic,
)

NAME: Final = "deck"
TEMPLATES: Final = "deck"
FONTS = True

# Frozen: adding, removing or reordering a field makes Anki refuse the update of every
# note that somebody studies. The numbers let a field be renamed. What the future
# wants goes into the spare ones.
FIELDS: Final[Mapping[str, int]] = {
    "Question": 7101,
    "QuestionEn": 7102,
    "Answer": 7103,
    "AnswerEn": 7104,
    "Formula": 7105,
    "Figure": 7106,
    "Pitfall": 7107,
    "PitfallEn": 7108,
    "Topic": 7109,
    "TopicEn": 7110,
    "Accent": 7111,
    "Status": 7112,
    "Number": 7113,
    "Sources": 7114,
    "Origin": 7115,
    "Related": 7116,
    "Hint": 7117,
    "Spare1": 7118,
    "Spare2": 7119,
    "Spare3": 7120,
}
_TEMPLATE: Final = {"name": "问答 Q&A", "id": 7201}
_TUCKED_AWAY: Final = frozenset({"Accent", "Status", "Hint", "Spare1", "Spare2", "Spare3"})

# A topic's color by day and by night: one lightness each (OKLCH .46 and .78), hues in
# an order that keeps neighbors apart. All stand at 4.5:1 and more on our grounds.
ACCENTS: Final = (
    ("#1657a1", "#89bafa"),
    ("#953037", "#f39c9b"),
    ("#046a2f", "#85cb94"),
    ("#6a4093", "#c7a6ee"),
    ("#824702", "#e9a771"),
    ("#066565", "#57cccc"),
    ("#893269", "#e89cc7"),
    ("#5c5c03", "#bbbd6c"),
    ("#026181", "#69c4ee"),
    ("#93360e", "#f1a084"),
    ("#53499f", "#b0aef8"),
    ("#067551", "#65cdb3"),
)

_STATUS: Final = {
    Status.PROPOSED: "待审 · Unreviewed",
    Status.UNTRANSLATED: "未译 · Untranslated",
    Status.UNFINISHED: "未完成 · Unfinished",
}

# A drawing's labels are 12 units high: as large as a card's text, they are readable,
# and as many pixels more as a phone's screen has.
_DRAWN_ZOOM: Final = 1.5
_PIXEL_RATIO: Final = 2
_VIEW_BOX: Final = re.compile(rb'viewBox="\s*\S+\s+\S+\s+([\d.]+)\s+([\d.]+)\s*"')

# What Anki itself looks for in a field, before any page is drawn.
_ENGINE_TAG: Final = re.compile(
    r"\[(?=sound:|anki:|/?latex\]|/?\${1,2}\])|\{(?=\{)",
    re.IGNORECASE,
)

# The desktop, AnkiDroid and AnkiMobile mark the night on the body, each in its way.
_NIGHT: Final = ".nightMode{0}, .night_mode{0}"

# Rows get ids that look like times, as Anki's own do, but lie in the past: later ones
# than tomorrow are rewritten on import.
_FIRST_ROW_ID: Final = 1_600_000_000_000
_ROW_IDS: Final = 10**11

# SQLite writes its own version at 96, and at 92 which change of the file wrote it.
_SQLITE_VERSION: Final = (3_040_000).to_bytes(4, "big")
_ZIP_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class _Picture:
    """A figure ready for cards: the HTML, with gaps for what it shows, and its files."""

    html: str
    media: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What a note looks up of the rest of the book."""

    book: Book
    topics: Mapping[str, Topic]
    cards: Mapping[str, Card]
    references: Mapping[str, Reference]
    pictures: Mapping[str, _Picture]


class _Model(genanki.Model):  # type: ignore[misc]  # genanki is untyped
    """A note type that changed when the stamp says so."""

    def __init__(self, mod: int, home: int, **parts: object) -> None:
        super().__init__(**parts)
        self._mod = mod
        self._home = home

    def to_json(self, timestamp: float, deck_id: int) -> dict[str, object]:
        """Use its own date, and the book's deck whichever deck writes it."""
        del timestamp, deck_id
        return dict(super().to_json(self._mod, self._home))


class _Note(genanki.Note):  # type: ignore[misc]  # genanki is untyped
    """A note with its own row id and its own date."""

    def __init__(self, row: int, mod: int, **parts: object) -> None:
        super().__init__(**parts)
        self._row = row
        self._mod = mod

    def write_to_db(
        self,
        cursor: sqlite3.Cursor,
        timestamp: float,
        deck_id: int,
        id_gen: Iterator[int],
    ) -> None:
        """Write the note and its one card under the same number."""
        del timestamp, id_gen
        super().write_to_db(cursor, self._mod, deck_id, iter((self._row, self._row)))


class _Deck(genanki.Deck):  # type: ignore[misc]  # genanki is untyped
    """A deck that changed when the stamp says so."""

    def __init__(self, mod: int, *about: object) -> None:
        super().__init__(*about)
        self._mod = mod

    def to_json(self) -> dict[str, object]:
        """Replace the date that genanki always writes."""
        return {**super().to_json(), "mod": self._mod}


def render(edition: Edition, assets: Assets, stamp: Stamp) -> Artifacts:
    """Make ``<book>.apkg``."""
    book = edition.book
    pictures, findings = _pictures(edition.cards, assets)
    shelf = _Shelf(
        book,
        {topic.id: topic for topic in book.topics},
        {card.id: card for card in edition.cards},
        {reference.key: reference for reference in edition.references},
        pictures,
    )
    decks = _decks(book, stamp.created)
    model = _model(book, assets.templates, stamp.style_mod, decks[""].deck_id)
    rows = _rows(stamp.notes[card.id].guid for card in edition.cards)
    for number, card in enumerate(edition.cards, 1):
        known = stamp.notes[card.id]
        note = _Note(
            rows[known.guid],
            known.mod,
            model=model,
            fields=_fields(card, number, shelf),
            sort_field=prose.to_text(card.question.zh or card.question.en) or card.id,
            tags=_tags(card, book),
            guid=known.guid,
            due=number,
        )
        decks[card.topic if card.topic in decks else ""].add_note(note)
    media = {name: data for picture in pictures.values() for name, data in picture.media.items()}
    package = _package(_database(decks.values(), stamp.created), media)
    return Artifacts({f"{book.slug}.apkg": package}, findings)


def _decks(book: Book, created: int) -> dict[str, _Deck]:
    """Make the book's deck, under "", and one below it for each topic, by the topic's id.

    Anki knows decks by their names alone, so nothing is in them that changes when a
    topic is moved or added: no number, no letter.
    """
    home = _deck_name(book.title.zh or book.title.en or book.id)
    decks = {"": _Deck(created, _row_id(book.id), home, escape(book.title.en))}
    for topic in book.topics:
        name = f"{home}::{_deck_name(f'{topic.zh} {topic.en}')}"
        decks[topic.id] = _Deck(created, _row_id(f"{book.id}/{topic.id}"), name)
    return decks


def _deck_name(part: str) -> str:
    """Anki parts names at ``::`` and calls an empty part "blank"."""
    return (
        " ".join(unicodedata.normalize("NFC", part).replace("::", "\uff1a").split()) or "notepress"
    )


def look(book: Book, templates: Mapping[str, str]) -> str:
    """Give all that the note type shows: when this changes, its modification time moves."""
    model = _model(book, templates, 0, 0)
    return json.dumps([model.name, model.fields, model.templates, model.css], ensure_ascii=False)


def _model(book: Book, templates: Mapping[str, str], mod: int, home: int) -> _Model:
    name = f"{book.title.zh or book.title.en or book.id} · {_TEMPLATE['name']}"
    front, back = templates["front.html"].strip(), templates["back.html"].strip()
    browser = {"bqfmt": "{{Question}}", "bafmt": "{{Answer}}"}
    return _Model(
        mod,
        home,
        model_id=book.note_types["qa"],
        name=unicodedata.normalize("NFC", name),
        fields=[
            {"name": field, "id": number, "collapsed": field in _TUCKED_AWAY}
            for field, number in FIELDS.items()
        ],
        templates=[{**_TEMPLATE, "qfmt": front, "afmt": back, **browser}],
        css=templates["style.css"].strip() + "\n" + "\n".join(_colors(book)),
    )


def _colors(book: Book) -> Iterator[str]:
    """Give cards the grounds and inks of the drawings, and each topic a color of its own."""
    inks = ("ink", "muted", "paper", "soft", "second")
    for where, palette in ((".card", figures.LIGHT), (_NIGHT.format(""), figures.NIGHT)):
        named = " ".join(f"--{ink}: {getattr(palette, ink)};" for ink in inks)
        yield f"{where} {{ {named} {_tones(palette.accent)} }}"
    for index, topic in enumerate(book.topics):
        day, night = ACCENTS[index % len(ACCENTS)]
        name = _accent(topic.id)
        yield f".{name} {{ {_tones(day)} }}"
        yield f"{_NIGHT.format(f' .{name}')} {{ {_tones(night)} }}"


def _tones(color: str) -> str:
    return f"--accent: {color}; --wash: {color}12; --edge: {color}40;"


def _accent(topic: str) -> str:
    return "topic-" + re.sub(r"[^A-Za-z0-9-]", "-", topic)


def _fields(card: Card, number: int, shelf: _Shelf) -> list[str]:
    """Say everything about a card in HTML, in the order of ``FIELDS``; empty ones show nothing."""
    topic = shelf.topics.get(card.topic) or Topic(card.topic, card.topic, "", "")
    said = {
        "Question": _line(card.question.zh or card.question.en) or escape(card.id),
        "QuestionEn": _line(card.question.en) if card.question.zh else "",
        "Answer": _blocks(card.answer.zh),
        "AnswerEn": _blocks(card.answer.en),
        "Formula": "".join(
            f'<div class="formula">{_maths(latex, display=True)}</div>' for latex in card.formulas
        )
        + _legend(card),
        "Figure": "".join(_shown(figure, shelf.pictures) for figure in card.figures),
        "Pitfall": _blocks(card.pitfall.zh),
        "PitfallEn": _blocks(card.pitfall.en),
        "Topic": escape(topic.zh),
        "TopicEn": escape(topic.en),
        "Accent": _accent(card.topic),
        "Status": _STATUS.get(card.status, ""),
        "Number": str(number),
        "Sources": "".join(f"<li>{_citation(s, shelf.references)}</li>" for s in card.sources),
        "Origin": "<br>".join(map(_place, card.origins)),
        "Related": "".join(
            f"<li>{_line(other.question.zh or other.question.en)}</li>"
            for name in card.related
            if (other := shelf.cards.get(name))
        ),
    }
    return [unicodedata.normalize("NFC", said.get(name, "")) for name in FIELDS]


def _line(markdown: str) -> str:
    return _safe(prose.to_inline(markdown, _maths))


def _blocks(markdown: str) -> str:
    return _safe(prose.to_html(markdown, _maths).strip())


def _legend(card: Card) -> str:
    told = prose.legend(card.symbols, _maths)
    return f'<p class="np-symbols">{_safe(told)}</p>' if told else ""


def _maths(latex: str, display: bool) -> str:  # noqa: FBT001  # as prose calls it
    r"""Write for MathJax: a bare ``<`` would open a tag and swallow the rest of the card."""
    begin, end = (r"\[", r"\]") if display else (r"\(", r"\)")
    return _safe(f"{begin}{escape(latex.strip(), quote=False)}{end}")


def _safe(html: str) -> str:
    """Keep Anki from playing, speaking, typesetting or hiding what is only text in brackets."""
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


def _citation(source: str, references: Mapping[str, Reference]) -> str:
    """Write a reference out in full, its locator last."""
    key, _, locator = (part.strip() for part in source.partition(","))
    if key not in references:
        return _safe(escape(source))
    cited = references[key]
    title = f"<cite>{escape(cited.title)}</cite>"
    if re.match("https?://", cited.url):
        title = f'<a href="{escape(cited.url)}">{title}</a>'
    parts = (escape(cited.authors), title, escape(cited.year), escape(locator))
    return _safe(", ".join(filter(None, parts)))


def _tags(card: Card, book: Book) -> list[str]:
    """Topic and, until it's complete, status under the book's own tag, then the card's own."""
    tags = [f"{book.id}::{card.topic}", *card.tags]
    if card.status is not Status.COMPLETE:
        tags.insert(1, f"{book.id}::{card.status}")
    # Anki parts tags at any white space, U+3000 too.
    words = ("_".join(unicodedata.normalize("NFC", tag).split()) for tag in tags)
    return list(dict.fromkeys(filter(None, words)))


def _pictures(
    cards: Iterable[Card], assets: Assets
) -> tuple[dict[str, _Picture], tuple[Finding, ...]]:
    """Make each file that a card shows into media, once."""
    pictures: dict[str, _Picture] = {}
    findings: list[Finding] = []
    for file, figure in {figure.file: figure for card in cards for figure in card.figures}.items():
        if file not in assets.pictures:
            hint = "Put the file there, or take the figure off the card."
            span = Span(f"images/{file}")
            findings.append(Finding("FIGURE-MISSING", Level.WARNING, span, "no such picture", hint))
            continue
        make = _drawing if figure.origin == "drawn" else _photo
        made = make(f"images/{file}", assets.pictures[file], assets.fonts)
        findings += made.findings
        if made.value:
            pictures[file] = made.value
    return pictures, tuple(findings)


def _drawing(path: str, svg: bytes, faces: Mapping[str, bytes]) -> Outcome[_Picture | None]:
    """Draw by day and by night; the style sheet shows one of the two."""
    media: dict[str, bytes] = {}
    shown: list[str] = []
    width, height = (round(_DRAWN_ZOOM * side) for side in _view(svg))
    try:
        for name, palette in (("day", figures.LIGHT), ("night", figures.NIGHT)):
            data = figures.raster(svg, palette, faces, _PIXEL_RATIO * width)
            file = _media_name(data, figures.RASTER_SUFFIX)
            media[file] = data
            size = f'width="{width}" height="{height}"'
            shown.append(f'<img src="{file}" class="{name}" {size} alt="{{alt}}">')
    except figures.DrawingError as error:
        span = Span(path, error.line, error.column)
        finding = Finding("FIGURE-BROKEN", Level.ERROR, span, error.message, "Mend the SVG file.")
        return Outcome(None, (finding,))
    return Outcome(_Picture(f"<figure>{''.join(shown)}</figure>", media))


def _view(svg: bytes) -> tuple[float, float]:
    """Read a drawing's width and height; ``raster`` says what is wrong with a bad one."""
    found = _VIEW_BOX.search(svg)
    return (float(found[1]), float(found[2])) if found else (1.0, 1.0)


def _photo(path: str, data: bytes, _faces: Mapping[str, bytes]) -> Outcome[_Picture | None]:
    proved = figures.photo(data, path)
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


def _row_id(name: str) -> int:
    """Make a number that stays with a name, and passes for a moment between 2020 and 2023."""
    digest = hashlib.sha256(name.encode()).digest()
    return _FIRST_ROW_ID + int.from_bytes(digest[:8], "big") % _ROW_IDS


def _rows(guids: Iterable[str]) -> dict[str, int]:
    """Give each note a row id of its own.

    Anki heeds them on a first import alone. They hang on the GUID, not on the order or
    the date, so that a note has one id in everybody's collection and in every release,
    and links and searches by ``nid:`` go on working.
    """
    rows: dict[str, int] = {}
    taken: set[int] = set()
    for guid in guids:
        row = _row_id(guid)
        while row in taken:
            row += 1
        taken.add(row)
        rows[guid] = row
    return rows


def _database(decks: Iterable[_Deck], created: int) -> bytes:
    """Write the collection in memory; its bytes hang on the rows alone."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        cursor = connection.cursor()
        genanki.Package([*decks]).write_to_db(cursor, created, iter(()))
        cursor.execute("UPDATE col SET mod = ?", (created * 1000,))
        connection.commit()
        data = bytearray(connection.serialize())
    data[92:96] = data[24:28]
    data[96:100] = _SQLITE_VERSION
    return bytes(data)


def _package(database: bytes, media: Mapping[str, bytes]) -> bytes:
    """Zip as Anki's own legacy form, which every client reads; pictures are packed already."""
    names = sorted(media)
    index = json.dumps({str(place): name for place, name in enumerate(names)}).encode()
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as package:
        for name, data in (("collection.anki2", database), ("media", index)):
            package.writestr(_member(name), data, zipfile.ZIP_DEFLATED, 9)
        for place, name in enumerate(names):
            package.writestr(_member(str(place)), media[name], zipfile.ZIP_STORED)
    return written.getvalue()


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _ZIP_EPOCH)
    member.create_system = 3
    member.external_attr = 0o100644 << 16
    return member
