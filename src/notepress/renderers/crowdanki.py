"""Edition -> a folder for CrowdAnki: one JSON file that a diff can be read of, and the media.

CrowdAnki, an add-on for Anki, knows notes by GUID and everything else by a UUID. What
stands on a note is not said a second time here: the deck is made, and its package read.
Dates and row numbers are left out, as CrowdAnki does, so that the file changes only
where a card does.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Final

from notepress import package
from notepress.model import Artifacts, Assets, Edition, Stamp
from notepress.package import Json, NoteType, Package, PackedNote
from notepress.renderers import deck

NAME: Final = "crowdanki"
TEMPLATES: Final = deck.TEMPLATES
FONTS: Final = deck.FONTS

reads = deck.reads

_SEPARATOR: Final = "::"
# What CrowdAnki itself leaves out: when and under which number something was saved.
_PASSING: Final = frozenset({"did", "id", "mod", "usn", "ver"})
_SHOWN: Final = re.compile(r'\bsrc="([^"]+)"')
_DECK: Final[Json] = {
    "__type__": "Deck",
    "dyn": 0,
    "extendNew": 10,
    "extendRev": 50,
}


def render(edition: Edition, assets: Assets, stamp: Stamp) -> Artifacts:
    """Make ``<book>.crowdanki/deck.json`` and its media."""
    made = deck.render(edition, assets, stamp)
    ((name, data),) = made.files.items()
    outcome = package.read(data, name)
    if outcome.value is None:
        return Artifacts({}, (*made.findings, *outcome.findings))
    folder = f"{edition.book.slug}.crowdanki"
    text = json.dumps(
        _tree(outcome.value, edition.book.id), ensure_ascii=False, indent=4, sort_keys=True
    )
    media = {f"{folder}/media/{file}": held for file, held in package.media(data).items()}
    return Artifacts({f"{folder}/deck.json": f"{text}\n".encode(), **media}, made.findings)


def _tree(held: Package, book: str) -> Json:
    """Nest the decks by their names; the topmost one holds what all of them use."""
    used = {note.note_type for note in held.notes}
    kinds = {kind.id: _uuid(book, "note type", str(kind.id)) for kind in held.note_types}
    by_deck = _by_deck(held)
    (top,) = (name for name in by_deck if _SEPARATOR not in name)
    numbers = {deck.name: str(deck.id) for deck in held.decks}
    plain = {deck.name: deck.plain for deck in held.decks}

    def nested(name: str) -> Json:
        below = [n for n in by_deck if n.rpartition(_SEPARATOR)[0] == name]
        notes = by_deck[name]
        return {
            **_DECK,
            "children": [nested(child) for child in below],
            "crowdanki_uuid": _uuid(book, "deck", numbers.get(name, name)),
            "deck_config_uuid": _uuid(book, "preset", "default"),
            "desc": plain.get(name, {}).get("desc", ""),
            "media_files": _media(notes, held.media),
            "name": name if name == top else name.rpartition(_SEPARATOR)[2],
            "notes": [_note(note, kinds[note.note_type]) for note in notes],
        }

    return {
        **nested(top),
        "deck_configurations": [_preset(book)],
        "note_models": [_kind(kind, kinds[kind.id]) for kind in held.note_types if kind.id in used],
    }


def _by_deck(held: Package) -> dict[str, list[PackedNote]]:
    """Sort notes into decks, those between included; Anki's own is left out if it is empty."""
    lying = {note.deck for note in held.notes}
    names = [one.name for one in held.decks if one.id != 1 or one.name in lying]
    found: dict[str, list[PackedNote]] = {}
    for name in (*names, *lying):
        parts = name.split(_SEPARATOR)
        for depth in range(1, len(parts) + 1):
            found.setdefault(_SEPARATOR.join(parts[:depth]), [])
    for note in held.notes:
        found[note.deck].append(note)
    return dict(sorted(found.items()))


def _media(notes: Iterable[PackedNote], media: Mapping[str, str]) -> list[str]:
    used = {name for note in notes for text in note.fields for name in _SHOWN.findall(text)}
    return sorted(used & media.keys())


def _note(note: PackedNote, kind: str) -> Json:
    return {
        "__type__": "Note",
        "fields": [*note.fields],
        "guid": note.guid,
        "note_model_uuid": kind,
        "tags": [*note.tags],
    }


def _kind(kind: NoteType, uuid: str) -> Json:
    kept = {key: value for key, value in kind.plain.items() if key not in _PASSING}
    return {**kept, "__type__": "NoteModel", "crowdanki_uuid": uuid}


def _preset(book: str) -> Json:
    """Name Anki's default preset: what it holds is everybody's own."""
    uuid = _uuid(book, "preset", "default")
    return {"__type__": "DeckConfig", "crowdanki_uuid": uuid, "name": f"notepress {book}"}


def _uuid(book: str, what: str, name: str) -> str:
    """Make a UUID that stays, of the kind that is meant for digests (RFC 9562, version 8)."""
    digest = hashlib.sha256(f"{book}\n{what}\n{name}".encode()).hexdigest()
    variant = "89ab"[int(digest[16], 16) % 4]
    return f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"
