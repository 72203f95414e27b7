"""A package, what Anki holds, and what was pushed before -> what is to be done to Anki.

Each field has three forms: ours, the one in Anki, and those that we made earlier. What
is in Anki is the user's own where we never made it; it stays, and where ours has changed
as well that is a conflict. Likewise the tags, one by one, and the look of note types.
Only digests are kept of what we made.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from notepress.difference import PASSING
from notepress.package import NoteType, Package, PackedNote
from notepress.redline import headline

_TITLE: Final = 60
_HASHED: Final = re.compile(r"[0-9a-f]{16,64}")
_MOST_FORMS: Final = 50


@dataclass(frozen=True, slots=True)
class Made:
    """What we made of one note or look so far: digests by field, newest last; its last tags."""

    forms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """What we made so far: notes by GUID, the look of note types by their number."""

    notes: Mapping[str, Made] = field(default_factory=dict)
    types: Mapping[str, Made] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HeldNote:
    """A note as Anki has it."""

    note_type: str
    fields: Mapping[str, str]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeldType:
    """A note type as Anki has it. ``look`` is CSS and templates, by the names of ``look_of``."""

    name: str
    fields: tuple[str, ...]
    look: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Held:
    """What Anki has of a package: notes and types by number, and names of media files."""

    notes: Mapping[int, HeldNote] = field(default_factory=dict)
    types: Mapping[int, HeldType] = field(default_factory=dict)
    media: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Update:
    """What is to be done to one note that is in Anki already."""

    note: PackedNote
    title: str
    fields: Mapping[str, str]
    tags_added: tuple[str, ...] = ()
    tags_removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """What is to be put in place of a note type's CSS and templates."""

    name: str
    parts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field, or a part of a note type's look, that both sides changed; ``key`` as in memory.

    ``known`` is false where nothing is remembered of it: then it may be an old one of ours.
    """

    key: str
    title: str
    name: str
    known: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a push does.

    ``edited``, ``deleted`` and ``retyped`` are the user's doing, and stay so; ``refused``
    names what the note types lack in Anki.
    """

    added: tuple[PackedNote, ...] = ()
    updates: tuple[Update, ...] = ()
    looks: tuple[Look, ...] = ()
    media: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    edited: tuple[str, ...] = ()
    deleted: tuple[PackedNote, ...] = ()
    retyped: tuple[PackedNote, ...] = ()
    same: int = 0
    refused: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wishes:
    """How to go about it: ours in place of conflicting edits, deleted notes back.

    Tags below ``book`` are the book's own, whatever is remembered.
    """

    book: str = ""
    overwrite: bool = False
    restore: bool = False


def digest(text: str) -> str:
    """Give what a text is known by."""
    return hashlib.sha256(unicodedata.normalize("NFC", text).encode()).hexdigest()[:16]


def look_of(kind: NoteType) -> dict[str, str]:
    """Name the parts of a note type's look: its CSS, and two sides of each template."""
    sides = {}
    for template in kind.templates:
        sides[f"{template.name}/Front"] = template.front
        sides[f"{template.name}/Back"] = template.back
    return {"CSS": kind.css, **sides}


def named(note: PackedNote, kinds: Mapping[int, NoteType]) -> dict[str, str]:
    """Give a note's fields by name."""
    kind = kinds.get(note.note_type)
    names = [part.name for part in kind.fields] if kind else []
    return dict(zip(names, note.fields, strict=False))


def made(package: Package) -> Record:
    """Give what is remembered of one package."""
    kinds = {kind.id: kind for kind in package.note_types}
    return Record(
        {
            note.guid: Made(
                {name: (digest(text),) for name, text in named(note, kinds).items()}, note.tags
            )
            for note in package.notes
        },
        {
            str(kind.id): Made({name: (digest(text),) for name, text in look_of(kind).items()})
            for kind in package.note_types
        },
    )


def joined(old: Record, new: Record) -> Record:
    """Put what was made later on top of what was made before."""
    return Record(_joined(old.notes, new.notes), _joined(old.types, new.types))


def _joined(old: Mapping[str, Made], new: Mapping[str, Made]) -> dict[str, Made]:
    both = dict(old)
    for key, one in new.items():
        before = both.get(key, Made())
        forms = dict(before.forms)
        for name, digests in one.forms.items():
            earlier = [d for d in forms.get(name, ()) if d not in digests]
            forms[name] = (*earlier, *digests)[-_MOST_FORMS:]
        both[key] = Made(forms, one.tags)
    return both


def without(memory: Record, keys: Collection[str], conflicts: Iterable[Conflict]) -> Record:
    """Leave out what doesn't come to Anki, so that it comes up again: whole notes, and fields."""
    open_: dict[str, set[str]] = {}
    for conflict in conflicts:
        open_.setdefault(conflict.key, set()).add(conflict.name)

    def less(held: Mapping[str, Made]) -> dict[str, Made]:
        return {
            key: Made({n: d for n, d in one.forms.items() if n not in open_.get(key, ())}, one.tags)
            for key, one in held.items()
            if key not in keys
        }

    return Record(less(memory.notes), less(memory.types))


def title_of(note: PackedNote) -> str:
    """Name a note by its words, and by its GUID, which is its own."""
    return f"{headline(note.sort or note.fields[0], _TITLE)} ({note.guid})"


def plan(ours: Package, held: Held, pushed: Record, earlier: Record, wishes: Wishes) -> Plan:
    """Say what is to be done. ``pushed`` came to Anki, ``earlier`` may have come another way."""
    kinds = {kind.id: kind for kind in ours.note_types}
    refused = dict(_refused(kinds, held))
    able = [note for note in ours.notes if kinds[note.note_type].name not in refused]
    there = [note for note in able if note.row in held.notes]
    missing = [note for note in able if note.row not in held.notes]
    # None at all: this is another collection than the one that was pushed to, or a new one.
    gone = {note.guid for note in missing if there and note.guid in pushed.notes}
    if wishes.restore:
        gone.clear()
    retyped = [note for note in there if not _same_type(note, held)]
    weighed = [
        _note(note, kinds, held, (pushed, earlier), wishes)
        for note in there
        if _same_type(note, held)
    ]
    whole = {number: kind for number, kind in kinds.items() if kind.name not in refused}
    looks, clashes = _looks(whole, held, (pushed, earlier), wishes)
    updates = tuple(one.update for one in weighed if one.update)
    return Plan(
        tuple(note for note in missing if note.guid not in gone),
        updates,
        looks,
        _media(ours, held, [note for note in able if note.guid not in gone]),
        (*(conflict for one in weighed for conflict in one.conflicts), *clashes),
        tuple(one.edited for one in weighed if one.edited),
        tuple(note for note in missing if note.guid in gone),
        tuple(retyped),
        sum(not (one.update or one.conflicts or one.edited) for one in weighed),
        refused,
    )


def _same_type(note: PackedNote, held: Held) -> bool:
    kind = held.types.get(note.note_type)
    return kind is not None and held.notes[note.row].note_type == kind.name


def _refused(kinds: Mapping[int, NoteType], held: Held) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the note types that lack a part of ours in Anki, which would ignore it silently."""
    for number, kind in kinds.items():
        there = held.types.get(number)
        if there:
            lacking = [part.name for part in kind.fields if part.name not in there.fields]
            lacking += [name for name in look_of(kind) if name not in there.look]
            if lacking:
                yield kind.name, tuple(lacking)


@dataclass(frozen=True, slots=True)
class _Judged:
    update: Update | None
    conflicts: tuple[Conflict, ...]
    edited: str


def _note(
    note: PackedNote,
    kinds: Mapping[int, NoteType],
    held: Held,
    records: tuple[Record, Record],
    wishes: Wishes,
) -> _Judged:
    pushed, earlier = (memory.notes.get(note.guid, Made()) for memory in records)
    there, title = held.notes[note.row], title_of(note)
    weighed = _weigh(
        named(note, kinds), there.fields, (pushed, earlier), overwrite=wishes.overwrite
    )
    more, less = _tags(note.tags, there.tags, (pushed, earlier), f"{wishes.book}::")
    real = weighed.ours.keys() - PASSING or more or less
    known = bool(pushed.forms or earlier.forms)
    return _Judged(
        Update(note, title, weighed.ours, more, less) if real else None,
        tuple(Conflict(note.guid, title, name, known) for name in weighed.conflicts),
        title if weighed.edited else "",
    )


@dataclass(frozen=True, slots=True)
class _Weighed:
    """Texts by name: ours to take, names in conflict, names that the user alone changed."""

    ours: dict[str, str]
    conflicts: list[str]
    edited: list[str]


def _weigh(
    ours: Mapping[str, str],
    theirs: Mapping[str, str],
    made_before: tuple[Made, Made],
    *,
    overwrite: bool,
) -> _Weighed:
    weighed = _Weighed({}, [], [])
    pushed, earlier = made_before
    for name, text in ours.items():
        there = digest(theirs.get(name, ""))
        if there == digest(text):
            continue
        last = pushed.forms.get(name, ())
        if there in (*last, *earlier.forms.get(name, ())):
            weighed.ours[name] = text
        elif name in PASSING:
            continue
        elif last and last[-1] == digest(text):
            weighed.edited.append(name)
        elif overwrite:
            weighed.ours[name] = text
        else:
            weighed.conflicts.append(name)
    return weighed


def _tags(
    ours: Iterable[str], theirs: Iterable[str], made_before: tuple[Made, Made], own: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give our tags to add and to remove; Anki knows a tag in any case, and keeps its first one.

    One that was pushed and isn't there was taken off by the user.
    """
    wanted, there = ({tag.casefold(): tag for tag in tags} for tags in (ours, theirs))
    pushed, earlier = ({tag.casefold() for tag in one.tags} for one in made_before)
    more = [tag for key, tag in wanted.items() if key not in there and key not in pushed]
    less = [
        tag
        for key, tag in there.items()
        if key not in wanted and (key in pushed or key in earlier or key.startswith(own.casefold()))
    ]
    return tuple(more), tuple(less)


def _looks(
    kinds: Mapping[int, NoteType], held: Held, records: tuple[Record, Record], wishes: Wishes
) -> tuple[tuple[Look, ...], tuple[Conflict, ...]]:
    looks: list[Look] = []
    conflicts: list[Conflict] = []
    for number, kind in kinds.items():
        there, key = held.types.get(number), str(number)
        if there is None:
            continue
        pushed, earlier = (memory.types.get(key, Made()) for memory in records)
        weighed = _weigh(look_of(kind), there.look, (pushed, earlier), overwrite=wishes.overwrite)
        known = bool(pushed.forms or earlier.forms)
        conflicts += [Conflict(key, kind.name, name, known) for name in weighed.conflicts]
        if weighed.ours:
            looks.append(Look(there.name, weighed.ours))
    return tuple(looks), tuple(conflicts)


def _media(ours: Package, held: Held, notes: Iterable[PackedNote]) -> tuple[str, ...]:
    """Name the files that notes show and Anki hasn't got.

    Ours are named by their content; one of another name is sent every time.
    """
    text = "\n".join(text for note in notes for text in note.fields)
    return tuple(
        name
        for name, whole in ours.media.items()
        if name in text and not (name in held.media and _named_by_content(name, whole))
    )


def _named_by_content(name: str, whole: str) -> bool:
    found = _HASHED.search(name)
    return found is not None and whole.startswith(found[0])
