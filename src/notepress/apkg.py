"""Rows and media -> an Anki package, the same bytes every time.

This is Anki's older form of a package: a SQLite database of schema 11 and numbered
media in a zip. Every client reads it. The database is made in memory and the zip by
hand, so that no clock, no temporary file and no release of SQLite gets into it.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

STANDARD: Final = 0
CLOZE: Final = 1

# Rows get ids that look like times, as Anki's own do, but lie in the past: later ones
# than tomorrow are rewritten on import.
_FIRST_ROW_ID: Final = 1_600_000_000_000
_ROW_IDS: Final = 10**11

# SQLite writes its own version at 96, and at 92 which change of the file wrote it.
_SQLITE_VERSION: Final = (3_040_000).to_bytes(4, "big")
_ZIP_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
# Above this, deflating takes twice the time for a quarter of a percent.
_EFFORT: Final = 7
_FIELD_END: Final = "\x1f"

_TABLES: Final = """
CREATE TABLE col (id integer primary key, crt integer not null, mod integer not null,
  scm integer not null, ver integer not null, dty integer not null, usn integer not null,
  ls integer not null, conf text not null, models text not null, decks text not null,
  dconf text not null, tags text not null);
CREATE TABLE notes (id integer primary key, guid text not null, mid integer not null,
  mod integer not null, usn integer not null, tags text not null, flds text not null,
  sfld integer not null, csum integer not null, flags integer not null, data text not null);
CREATE TABLE cards (id integer primary key, nid integer not null, did integer not null,
  ord integer not null, mod integer not null, usn integer not null, type integer not null,
  queue integer not null, due integer not null, ivl integer not null, factor integer not null,
  reps integer not null, lapses integer not null, left integer not null, odue integer not null,
  odid integer not null, flags integer not null, data text not null);
CREATE TABLE revlog (id integer primary key, cid integer not null, usn integer not null,
  ease integer not null, ivl integer not null, lastIvl integer not null, factor integer not null,
  time integer not null, type integer not null);
CREATE TABLE graves (usn integer not null, oid integer not null, type integer not null);
"""
# Made once the rows are there, which is faster; Anki expects every one of them.
_INDEXES: Final = """
CREATE INDEX ix_notes_usn on notes (usn);
CREATE INDEX ix_cards_usn on cards (usn);
CREATE INDEX ix_revlog_usn on revlog (usn);
CREATE INDEX ix_cards_nid on cards (nid);
CREATE INDEX ix_cards_sched on cards (did, queue, due);
CREATE INDEX ix_revlog_cid on revlog (cid);
CREATE INDEX ix_notes_csum on notes (csum);
"""
_NOTE: Final = "INSERT INTO notes VALUES (?, ?, ?, ?, -1, ?, ?, ?, 0, 0, '')"
_CARD: Final = "INSERT INTO cards VALUES (?, ?, ?, ?, ?, -1, 0, 0, ?, 0, 0, 0, 0, 0, 0, 0, 0, '')"
_COL: Final = "INSERT INTO col VALUES (1, 1411124400, ?, ?, 11, 0, 0, 0, ?, ?, ?, ?, '{}')"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a note type. ``id`` lets it be renamed; ``tag`` is image occlusion's own mark."""

    name: str
    id: int
    collapsed: bool = False
    tag: int | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """The two sides of a card, and what the browser shows for them."""

    name: str
    id: int
    front: str
    back: str
    browser: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class NoteType:
    """What notes of a kind consist of, and how they look. ``stock`` names Anki's own kind."""

    id: int
    name: str
    fields: tuple[Field, ...]
    templates: tuple[Template, ...]
    css: str
    form: int = STANDARD
    stock: int = 0


@dataclass(frozen=True, slots=True)
class Deck:
    """A deck; its name's parts stand between ``::``."""

    id: int
    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A note with its cards: one for each of ``ordinals``, in the deck of this id."""

    guid: str
    mod: int
    note_type: int
    deck: int
    fields: tuple[str, ...]
    sort: str
    tags: tuple[str, ...]
    due: int
    ordinals: tuple[int, ...] = (0,)


@dataclass(frozen=True, slots=True)
class Contents:
    """All that a package holds but its media. Dates are Unix seconds."""

    note_types: tuple[NoteType, ...]
    decks: tuple[Deck, ...]
    notes: tuple[Note, ...]
    created: int
    style_mod: int


def pack(contents: Contents, media: Mapping[str, bytes]) -> bytes:
    """Make the package; pictures are packed already, so only the rest is deflated."""
    names = sorted(media)
    index = json.dumps({str(place): name for place, name in enumerate(names)}).encode()
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as package:
        for name, data in (("collection.anki2", _database(contents)), ("media", index)):
            package.writestr(_member(name), data, zipfile.ZIP_DEFLATED, _EFFORT)
        for place, name in enumerate(names):
            package.writestr(_member(str(place)), media[name], zipfile.ZIP_STORED)
    return written.getvalue()


def row_id(name: str) -> int:
    """Make a number that stays with a name, and passes for a moment between 2020 and 2023."""
    digest = hashlib.sha256(name.encode()).digest()
    return _FIRST_ROW_ID + int.from_bytes(digest[:8], "big") % _ROW_IDS


def rows(guids: Iterable[str]) -> dict[str, int]:
    """Give each note a row id of its own.

    Anki heeds them on a first import alone. They hang on the GUID, not on the order or
    the date, so that a note has one id in everybody's collection and in every release,
    and links and searches by ``nid:`` go on working.
    """
    given: dict[str, int] = {}
    taken: set[int] = set()
    for guid in guids:
        row = row_id(guid)
        while row in taken:
            row += 1
        taken.add(row)
        given[guid] = row
    return given


def search(guids: Iterable[str]) -> str:
    """Give what finds these notes in anybody's browser; "" for none.

    Tags can't: Anki leaves an unchanged note as it is, the tag of an old release too.
    """
    found = sorted(map(row_id, guids))
    return f"nid:{','.join(map(str, found))}" if found else ""


def _database(contents: Contents) -> bytes:
    """Write the collection in memory; its bytes hang on the rows alone."""
    numbers = rows(note.guid for note in contents.notes)
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(_TABLES)
        connection.execute(_COL, _collection(contents))
        connection.executemany(_NOTE, (_note(note, numbers) for note in contents.notes))
        connection.executemany(_CARD, _cards(contents.notes, numbers))
        connection.commit()
        connection.executescript(_INDEXES)
        data = connection.serialize()
    # One copy at a time: a large deck's rows are there three times already.
    return b"".join((data[:92], data[24:28], _SQLITE_VERSION, memoryview(data)[100:]))


def _note(note: Note, numbers: Mapping[str, int]) -> tuple[object, ...]:
    tags = f" {' '.join(note.tags)} " if note.tags else ""
    fields = _FIELD_END.join(note.fields)
    return (numbers[note.guid], note.guid, note.note_type, note.mod, tags, fields, note.sort)


def _cards(notes: Iterable[Note], numbers: Mapping[str, int]) -> Iterator[tuple[object, ...]]:
    """A note's first card has the note's own number, the others what their place makes of it."""
    taken = set(numbers.values())
    for note in notes:
        row = numbers[note.guid]
        for place, ordinal in enumerate(note.ordinals):
            card = row_id(f"{note.guid}/{ordinal}") if place else row
            while place and card in taken:
                card += 1
            taken.add(card)
            yield card, row, note.deck, ordinal, note.mod, note.due


def _collection(contents: Contents) -> tuple[object, ...]:
    """Give the one row that says what note types and decks there are."""
    home = contents.decks[0].id if contents.decks else 1
    models = {str(t.id): _model(t, contents.style_mod, home) for t in contents.note_types}
    decks = {str(deck.id): _deck(deck, contents.created) for deck in contents.decks}
    settings = {"activeDecks": [1], "curDeck": 1, "nextPos": 1, "sortType": "noteFld"}
    said = (json.dumps(part) for part in (settings, models, {"1": _DEFAULT_DECK} | decks, _OPTIONS))
    return (contents.created * 1000, contents.created * 1000, *said)


def _model(note_type: NoteType, mod: int, home: int) -> dict[str, object]:
    fields = [
        {"name": f.name, "ord": n, "id": f.id, "collapsed": f.collapsed, **_FIELD}
        | ({} if f.tag is None else {"tag": f.tag, "preventDeletion": True})
        for n, f in enumerate(note_type.fields)
    ]
    templates = [
        {"name": t.name, "ord": n, "id": t.id, "qfmt": t.front, "afmt": t.back, "did": None}
        | {"bqfmt": t.browser[0], "bafmt": t.browser[1], "bfont": "", "bsize": 0}
        for n, t in enumerate(note_type.templates)
    ]
    return {
        "id": note_type.id,
        "name": note_type.name,
        "type": note_type.form,
        "mod": mod,
        "usn": -1,
        "sortf": 0,
        "did": home,
        "flds": fields,
        "tmpls": templates,
        "css": note_type.css,
        "latexPre": "",
        "latexPost": "",
        "latexsvg": False,
        "req": [[n, "any", [0]] for n, _ in enumerate(templates)],
        "tags": [],
        "vers": [],
    } | ({"originalStockKind": note_type.stock} if note_type.stock else {})


_FIELD: Final = {"font": "Arial", "size": 20, "rtl": False, "sticky": False, "media": []}
_UNSTUDIED: Final = {f"{day}Today": [0, 0] for day in ("new", "rev", "lrn", "time")}


def _deck(deck: Deck, mod: int) -> dict[str, object]:
    return {
        "id": deck.id,
        "name": deck.name,
        "desc": deck.description,
        "mod": mod,
        "usn": -1,
        "conf": 1,
        "dyn": 0,
        "collapsed": False,
        "extendNew": 0,
        "extendRev": 50,
        **_UNSTUDIED,
    }


_DEFAULT_DECK: Final = _deck(Deck(1, "Default"), 1_425_279_151)
# Anki wants a preset to be there; it isn't imported, unless the user asks for it.
_OPTIONS: Final = {
    "1": {
        "id": 1,
        "name": "Default",
        "mod": 0,
        "usn": 0,
        "maxTaken": 60,
        "autoplay": True,
        "timer": 0,
        "replayq": True,
        "new": {
            "bury": True,
            "delays": [1, 10],
            "initialFactor": 2500,
            "ints": [1, 4, 7],
            "order": 1,
            "perDay": 20,
            "separate": True,
        },
        "rev": {
            "bury": True,
            "ease4": 1.3,
            "fuzz": 0.05,
            "ivlFct": 1,
            "maxIvl": 36500,
            "minSpace": 1,
            "perDay": 100,
        },
        "lapse": {"delays": [10], "leechAction": 0, "leechFails": 8, "minInt": 1, "mult": 0},
    }
}


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _ZIP_EPOCH)
    member.create_system = 3
    member.external_attr = 0o100644 << 16
    return member
