"""An Anki package -> what it holds: notes, note types, decks, digests of the media.

It reads any package of the legacy form, ours or a stranger's, with the standard library
alone and without Anki. Nothing is unpacked: the zip and its database are read in
memory, after the sizes that they own to have been bounded. Of the database only plain
tables are read, so that no view and no trigger of a stranger's runs.
"""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final, TypeGuard

from notepress.model import Finding, Level, Outcome, Span

LARGEST: Final = 1 << 30
"""No deck that anybody studies is larger; what is may be meant to fill the memory."""

_LARGEST_DATABASE: Final = 256 << 20
_LARGEST_INDEX: Final = 16 << 20
_LARGEST_VALUE: Final = 16 << 20
_PART: Final = 1 << 20
_MOST_MEMBERS: Final = 100_000
# Instructions of SQLite's machine: a deck of 100,000 notes takes a hundredth of them.
_MOST_STEPS: Final = 2_000_000_000
_STEPS_A_LOOK: Final = 1_000_000

_DATABASES: Final = ("collection.anki21", "collection.anki2")
_MODERN: Final = "collection.anki21b"
_LEGACY_SCHEMA: Final = 11

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class NoteField:
    """A field of a note type; ``id`` is None in packages of tools that give none."""

    name: str
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """A template of a note type."""

    name: str
    id: int | None
    front: str
    back: str


@dataclass(frozen=True, slots=True)
class NoteType:
    """A note type; ``plain`` is all that the package says of it."""

    id: int
    name: str
    cloze: bool
    mod: int
    css: str
    fields: tuple[NoteField, ...]
    templates: tuple[Template, ...]
    plain: Mapping[str, object] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class PackedNote:
    """A note with the deck that its first card lies in. ``row`` is its number in Anki.

    ``sort`` is what Anki's browser names it by; ``cards`` are the places of its cards.
    """

    guid: str
    row: int
    mod: int
    note_type: int
    fields: tuple[str, ...]
    tags: tuple[str, ...]
    deck: str
    sort: str = ""
    cards: tuple[int, ...] = (0,)


@dataclass(frozen=True, slots=True)
class Deck:
    """A deck; Anki knows it by its name, we by its number."""

    id: int
    name: str
    plain: Mapping[str, object] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Package:
    """What a package holds; ``media`` gives a digest by name."""

    notes: tuple[PackedNote, ...] = ()
    note_types: tuple[NoteType, ...] = ()
    decks: tuple[Deck, ...] = ()
    media: Mapping[str, str] = field(default_factory=dict)
    presets: Mapping[str, object] = field(default_factory=dict)


class _UnreadableError(Exception):
    """A package that can't be read on: what is wrong, and what to do about it."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint


# Whatever zipfile, zlib, sqlite3 and json raise on bytes that a stranger made.
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    sqlite3.Error,
    EOFError,
    KeyError,
    MemoryError,
    NotImplementedError,
    OverflowError,
    RecursionError,
    RuntimeError,
    TypeError,
    ValueError,
)


def read(data: bytes, path: str) -> Outcome[Package | None]:
    """Read a package; None, and the reason, where it is none that can be read."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            return Outcome(_read(package))
    except _UnreadableError as error:
        return Outcome(None, (_finding(path, error.code, str(error), error.hint),))
    except _BROKEN as error:
        message = " ".join(str(error).split())[:200] or type(error).__name__
        return Outcome(None, (_finding(path, "PACKAGE-BROKEN", message, ""),))


def media(data: bytes, names: frozenset[str] | None = None) -> dict[str, bytes]:
    """Give the media of a package that was read before, all or those of these names."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        index = _index(package)
        return {
            name: _whole(package, member)
            for member, name in sorted(index.items(), key=lambda pair: pair[1])
            if names is None or name in names
        }


def part(data: bytes, rows: Collection[int], shelved: Collection[int]) -> bytes:
    """Make a package of some notes of one that was read before, without media and presets.

    ``rows`` are the notes' numbers; ``shelved`` are note types that may not be altered
    where they are. A note is dated with its own number, long before any edit: where its
    GUID is known already, Anki leaves what it has.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as whole:
        name = next(name for name in _DATABASES if name in whole.namelist())
        held = _whole(whole, name)
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(held[:18] + b"\1\1" + held[20:])
        database.execute("CREATE TEMP TABLE kept (row INTEGER PRIMARY KEY)")
        database.executemany("INSERT INTO kept VALUES (?)", ((row,) for row in set(rows)))
        database.execute("DELETE FROM cards WHERE nid NOT IN (SELECT row FROM kept)")
        database.execute("DELETE FROM notes WHERE id NOT IN (SELECT row FROM kept)")
        database.execute("UPDATE notes SET mod = id / 1000")
        ((models, presets),) = database.execute("SELECT models, dconf FROM col")
        old = frozenset(map(str, shelved))
        # Through AnkiConnect presets come along, and the user's own default is one.
        said = (_aged(models, old), _aged(presets, None))
        database.execute("UPDATE col SET models = ?, dconf = ?", said)
        database.commit()
        rest = database.serialize()
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(name, rest)
        made.writestr("media", b"{}")
    return written.getvalue()


def _aged(text: str, keys: Collection[str] | None) -> str:
    """Date those of these keys before everything, so that Anki keeps what it has; None for all."""
    held = {key: _object(plain) for key, plain in _object(json.loads(text)).items()}
    for key, plain in held.items():
        if keys is None or key in keys:
            plain["mod"] = 0
    return json.dumps(held)


def _finding(path: str, code: str, message: str, hint: str) -> Finding:
    return Finding(code, Level.ERROR, Span(path), message, hint)


def _read(package: zipfile.ZipFile) -> Package:
    members = {member.filename: member for member in package.infolist()}
    _bound(package.infolist())
    if _MODERN in members:
        message = "this package is of Anki's newer form, which only Anki reads"
        hint = "Export it from Anki with “Support older Anki versions” ticked."
        raise _UnreadableError("PACKAGE-MODERN", message, hint)
    name = next((name for name in _DATABASES if name in members), None)
    if name is None:
        raise _UnreadableError("PACKAGE-BROKEN", "this zip file holds no collection")
    if members[name].file_size > _LARGEST_DATABASE:
        raise _UnreadableError("PACKAGE-LARGE", f"{name} is too large to be a deck")
    index = _index(package)
    with closing(sqlite3.connect(":memory:")) as database:
        _open(database, _whole(package, name))
        found = _contents(database)
    digests = {name: _digest(package, member) for member, name in index.items()}
    return Package(*found[:3], dict(sorted(digests.items())), found[3])


def _bound(members: list[zipfile.ZipInfo]) -> None:
    """Refuse what would fill the memory, and members that no tool for decks writes.

    What a zip file says of its sizes is not to be believed: see ``_whole``.
    """
    if len(members) > _MOST_MEMBERS or sum(m.file_size for m in members) > LARGEST:
        raise _UnreadableError("PACKAGE-LARGE", "unpacked, it would be too large to be a deck")
    for member in members:
        if stat.S_ISLNK(member.external_attr >> 16):
            raise _UnreadableError("PACKAGE-BROKEN", f"{member.filename} is a link")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _UnreadableError("PACKAGE-BROKEN", f"{member.filename} is packed in a rare way")
        if member.flag_bits & 1:
            raise _UnreadableError("PACKAGE-BROKEN", f"{member.filename} is encrypted")


def _index(package: zipfile.ZipFile) -> dict[str, str]:
    """Read which member is which file; names that lead elsewhere make Anki refuse it all."""
    try:
        if package.getinfo("media").file_size > _LARGEST_INDEX:
            raise _UnreadableError("PACKAGE-LARGE", "its list of media is too large")
        plain = json.loads(_whole(package, "media") or b"{}")
    except KeyError:
        return {}
    if not _is_object(plain):
        raise _UnreadableError("PACKAGE-BROKEN", "its list of media is none")
    index = {member: _text(name) for member, name in plain.items()}
    for member, name in index.items():
        if "/" in name or "\\" in name or name in ("", ".", ".."):
            message = f"a file of its media is named {name[:80]!r}"
            hint = "Anki refuses a package with such a name."
            raise _UnreadableError("PACKAGE-NAME", message, hint)
        if member not in package.NameToInfo:
            raise _UnreadableError("PACKAGE-BROKEN", f"it lists {name}, which isn't in it")
    return index


def _whole(package: zipfile.ZipFile, member: str) -> bytes:
    """Read a member piece by piece: in one go, zlib would unpack all that there is of it."""
    return b"".join(_parts(package, member))


def _parts(package: zipfile.ZipFile, member: str) -> Iterator[bytes]:
    with package.open(member) as opened:
        while part := opened.read(_PART):
            yield part


def _digest(package: zipfile.ZipFile, member: str) -> str:
    found = hashlib.sha256()
    for part in _parts(package, member):
        found.update(part)
    return found.hexdigest()


def _open(database: sqlite3.Connection, data: bytes) -> None:
    """Load a database without trusting anything in it."""
    if data[:16] != b"SQLite format 3\0":
        raise _UnreadableError("PACKAGE-BROKEN", "its collection is no SQLite database")
    # A database of the WAL kind can't be opened in memory; what it says of it is undone.
    database.deserialize(data[:18] + b"\1\1" + data[20:])
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST_VALUE)
    database.execute("PRAGMA trusted_schema = OFF")
    database.execute("PRAGMA query_only = ON")
    database.text_factory = lambda text: text.decode("utf-8", "replace")
    looks = iter(range(_MOST_STEPS // _STEPS_A_LOOK))
    database.set_progress_handler(lambda: next(looks, None) is None, _STEPS_A_LOOK)
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0"
    missing = {"col", "notes", "cards"} - {name for (name,) in database.execute(tables)}
    if missing:
        raise _UnreadableError("PACKAGE-BROKEN", f"its collection lacks {', '.join(missing)}")


def _contents(
    database: sqlite3.Connection,
) -> tuple[tuple[PackedNote, ...], tuple[NoteType, ...], tuple[Deck, ...], Json]:
    (row, *_) = database.execute("SELECT ver, models, decks, dconf FROM col").fetchall() or [None]
    if row is None or row[0] != _LEGACY_SCHEMA:
        raise _UnreadableError("PACKAGE-BROKEN", "its collection is none of the legacy form")
    models, decks, presets = (_object(json.loads(text)) for text in row[1:])
    note_types = tuple(_note_type(_object(plain)) for plain in models.values())
    listed = tuple(_deck(_object(plain)) for plain in decks.values())
    notes = _notes(database, {deck.id: deck.name for deck in listed})
    return tuple(notes), note_types, listed, presets


def _notes(database: sqlite3.Connection, decks: Mapping[int, str]) -> list[PackedNote]:
    """Give the notes in the order in which their first cards are to be studied."""
    lying: dict[int, tuple[int, str]] = {}
    places: dict[int, list[int]] = {}
    query = "SELECT nid, did, due, ord FROM cards ORDER BY ord DESC"
    for note, deck, due, place in database.execute(query):
        lying[note] = _number(due), decks.get(deck, "")
        places.setdefault(note, []).append(_number(place))
    query = "SELECT id, guid, mid, mod, tags, flds, sfld FROM notes ORDER BY id"
    found = [
        PackedNote(
            _text(guid),
            _number(row),
            _number(mod),
            _number(kind),
            tuple(_text(fields).split("\x1f")),
            tuple(_text(tags).split()),
            lying.get(row, (0, ""))[1],
            _text(str(sort)),
            tuple(reversed(places.get(row, []))),
        )
        for row, guid, kind, mod, tags, fields, sort in database.execute(query)
    ]
    return sorted(found, key=lambda note: lying.get(note.row, (0, ""))[0])


def _note_type(plain: Json) -> NoteType:
    fields = [_object(part) for part in _list(plain.get("flds"))]
    templates = [_object(part) for part in _list(plain.get("tmpls"))]
    return NoteType(
        _number(plain.get("id")),
        _text(plain.get("name")),
        plain.get("type") == 1,
        _number(plain.get("mod", 0)),
        _text(plain.get("css", "")),
        tuple(NoteField(_text(part.get("name")), _maybe(part.get("id"))) for part in fields),
        tuple(
            Template(
                _text(part.get("name")),
                _maybe(part.get("id")),
                _text(part.get("qfmt", "")),
                _text(part.get("afmt", "")),
            )
            for part in templates
        ),
        plain,
    )


def _deck(plain: Json) -> Deck:
    return Deck(_number(plain.get("id")), _text(plain.get("name")), plain)


def _is_object(value: object) -> TypeGuard[Json]:
    return isinstance(value, dict)


def _object(value: object) -> Json:
    if not _is_object(value):
        raise TypeError("its collection isn't written as Anki does")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError("its collection isn't written as Anki does")
    return value


def _text(value: object) -> str:
    """Take text as Anki does; what can't be written down is marked."""
    if not isinstance(value, str):
        raise TypeError("its collection isn't written as Anki does")
    return unicodedata.normalize("NFC", value.encode("utf-8", "replace").decode())


def _number(value: object) -> int:
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    if not isinstance(value, int | float):
        raise TypeError("its collection isn't written as Anki does")
    return int(value)


def _maybe(value: object) -> int | None:
    return value if isinstance(value, int) else None
