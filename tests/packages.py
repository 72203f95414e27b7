"""Small packages of the legacy form, written row by row: ours can't be as broken as they can."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass

FIELDS = {"Front": 11, "Back": 12, "Number": 13}
SCHEMA = """
CREATE TABLE col (ver INTEGER, models TEXT, decks TEXT, dconf TEXT);
CREATE TABLE notes (id INTEGER, guid TEXT, mid INTEGER, mod INTEGER, tags TEXT, flds TEXT,
  sfld TEXT);
CREATE TABLE cards (nid INTEGER, did INTEGER, ord INTEGER, due INTEGER);
"""
HOME, OTHER = "Book", "Book::Other"


@dataclass(frozen=True)
class Row:
    """One note as a test says it."""

    guid: str
    front: str = "What is *it*?"
    back: str = "<p>This.</p>"
    mod: int = 100
    number: str = "1"
    tags: str = " ours "
    deck: str = HOME
    kind: int = 1
    cards: tuple[int, ...] = (0,)

    @property
    def id(self) -> int:
        return int.from_bytes(self.guid.encode()[:4])


def kind(number: object = 1, **parts: object) -> dict[str, object]:
    """Give a note type as Anki writes it, with other parts where they are given."""
    fields = parts.pop("fields", FIELDS)
    templates = parts.pop("templates", {"Card": 21})
    assert isinstance(fields, Mapping)
    assert isinstance(templates, Mapping)
    return {
        "id": number,
        "name": "Basic",
        "type": 0,
        "mod": 50,
        "css": ".card {}",
        "flds": [{"name": name, "id": held} for name, held in fields.items()],
        "tmpls": [
            {"name": name, "id": held, "qfmt": "{{Front}}", "afmt": "{{Back}}"}
            for name, held in templates.items()
        ],
        **parts,
    }


def database(
    notes: Iterable[Row],
    kinds: Iterable[Mapping[str, object]] | None = None,
    decks: Mapping[int, str] | None = None,
    after: str = "",
) -> bytes:
    """Write a collection; ``after`` is SQL that spoils it."""
    names = {1: HOME, 2: OTHER} if decks is None else decks
    models = {str(one["id"]): one for one in kinds or [kind()]}
    numbers = {name: number for number, name in names.items()}
    listed = {str(n): {"id": n, "name": name} for n, name in names.items()}
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(SCHEMA)
        texts = [json.dumps(part) for part in (models, listed, {"1": {"name": "Default"}})]
        connection.execute("INSERT INTO col VALUES (11, ?, ?, ?)", texts)
        for due, note in enumerate(notes):
            fields = f"{note.front}\x1f{note.back}\x1f{note.number}"
            row = (note.id, note.guid, note.kind, note.mod, note.tags, fields, note.front)
            connection.execute("INSERT INTO notes VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            cards = [(note.id, numbers.get(note.deck, 1), place, due) for place in note.cards]
            connection.executemany("INSERT INTO cards VALUES (?, ?, ?, ?)", cards)
        connection.executescript(after)
        connection.commit()
        return connection.serialize()


def zipped(members: Mapping[str, bytes]) -> bytes:
    """Zip members as they are."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in members.items():
            package.writestr(name, data)
    return written.getvalue()


def pack(
    *notes: Row,
    kinds: Iterable[Mapping[str, object]] | None = None,
    decks: Mapping[int, str] | None = None,
    media: Mapping[str, bytes] | None = None,
) -> bytes:
    """Make a whole package."""
    files = media or {}
    index = {str(n): name for n, name in enumerate(files)}
    members = {
        "collection.anki2": database(notes, kinds, decks),
        "media": json.dumps(index).encode(),
    }
    return zipped({**members, **{str(n): data for n, data in enumerate(files.values())}})
