"""Two packages of one book -> what an update from the old to the new does to who studies it.

Anki knows a note by its GUID, takes it only where its ``mod`` is newer, and then puts
our tags and fields in place of the user's. It refuses notes whose note type has other
fields or templates, and knows decks by their names alone. So a release is judged by
these, and the version number that it asks for follows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from notepress.model import Finding, Level, Span
from notepress.package import NoteType, Package, PackedNote
from notepress.redline import Piece, headline, only_wording, redline

PASSING: Final = frozenset({"Number", "Origin", "Related"})
"""Fields that hang on other cards: publishing gives a note no new date for them alone."""

_TITLE: Final = 60
# The tag of the release that a note changed in: it says nothing that the change doesn't.
_RELEASE: Final = re.compile(r"[^:]+::release::(\d{1,6}\.\d{1,6}\.\d{1,6})?.*")


class Bump(StrEnum):
    """Which part of a version number a release moves."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Listed:
    """A note as it is listed; ``kind`` names its note type where there are several."""

    guid: str
    row: int
    title: str
    deck: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of a note, before and after; ``pieces`` is empty where only its HTML differs."""

    name: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class NoteChange:
    """What is other about a note. ``arrives``: its date moved, so that Anki takes it.

    ``cards_gone`` are the places of cards that it has no more; ``retyped_from`` is the
    note type that it was of.
    """

    note: Listed
    fields: tuple[FieldChange, ...]
    tags_added: tuple[str, ...]
    tags_removed: tuple[str, ...]
    moved_from: str
    wording: bool
    arrives: bool
    cards_gone: tuple[int, ...] = ()
    retyped_from: str = ""


@dataclass(frozen=True, slots=True)
class TypeChange:
    """What is other about a note type, and whether notes under study are refused for it."""

    name: str
    what: tuple[str, ...]
    danger: bool


@dataclass(frozen=True, slots=True)
class MediaChanges:
    """Names of media files."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """All that an update does. ``unmoved``: notes where only their place is other.

    What hangs on other cards is no change of a note, and isn't listed as one.
    """

    notes_before: int
    notes_after: int
    added: tuple[Listed, ...]
    removed: tuple[Listed, ...]
    changed: tuple[NoteChange, ...]
    unmoved: int
    replaced: int
    note_types: tuple[TypeChange, ...]
    decks_renamed: tuple[tuple[str, str], ...]
    media: MediaChanges
    bump: Bump
    findings: tuple[Finding, ...]


def compare(old: Package, new: Package, path: str) -> Difference:
    """Tell what importing ``new`` does where ``old`` was imported; ``path`` is the new one's."""
    before, after = _by_guid(old), _by_guid(new)
    pairs = [(before[guid], after[guid]) for guid in after if guid in before]
    kinds = {kind.id: kind for kind in old.note_types}, {kind.id: kind for kind in new.note_types}
    compared = [_note(a, b, *kinds) for a, b in pairs]
    changed = tuple(_lasting(change) for change in compared if change and not _is_passing(change))
    added = tuple(_listed(note, kinds[1]) for guid, note in after.items() if guid not in before)
    removed = tuple(_listed(note, kinds[0]) for guid, note in before.items() if guid not in after)
    types = tuple(_note_types(old, new))
    renamed = tuple(_renamed(old, new))
    media = _media(old.media, new.media)
    findings = (
        *_twice(new, path),
        *_dates(pairs, compared, path),
        *_types_dated(*kinds, path),
        *_dangers(types, renamed, path),
        *_notes_endangered(changed, path),
    )
    bump = _bump(types, renamed, changed, bool(added or removed), bool(any_of(media)))
    return Difference(
        len(before),
        len(after),
        added,
        removed,
        changed,
        sum(one is not None and _is_passing(one) and not one.arrives for one in compared),
        sum(b.mod > a.mod and a.note_type == b.note_type for a, b in pairs),
        types,
        renamed,
        media,
        bump,
        findings,
    )


def any_of(media: MediaChanges) -> tuple[str, ...]:
    """Give every name that changes."""
    return (*media.added, *media.changed, *media.removed)


def next_version(version: str, bump: Bump) -> str:
    """Move a version of three numbers."""
    major, minor, patch = (int(part) for part in version.split("."))
    moved = {
        Bump.MAJOR: (major + 1, 0, 0),
        Bump.MINOR: (major, minor + 1, 0),
        Bump.PATCH: (major, minor, patch + 1),
        Bump.NONE: (major, minor, patch),
    }
    return ".".join(map(str, moved[bump]))


def _by_guid(package: Package) -> dict[str, PackedNote]:
    found: dict[str, PackedNote] = {}
    for note in package.notes:
        found.setdefault(note.guid, note)
    return found


def newest_release(package: Package) -> str:
    """Give the newest version that the notes' tags name; "" where none does."""
    found = (_RELEASE.fullmatch(tag) for note in package.notes for tag in note.tags)
    named = {one[1] for one in found if one and one[1]}
    return max(named, key=lambda version: [*map(int, version.split("."))], default="")


def _listed(note: PackedNote, kinds: Mapping[int, NoteType]) -> Listed:
    named = headline(note.sort or note.fields[0], _TITLE) or note.guid
    several = len(kinds) > 1 and note.note_type in kinds
    # What a name begins with is the book, which all of them share.
    kind = kinds[note.note_type].name.rpartition(" · ")[2] if several else ""
    return Listed(note.guid, note.row, named, note.deck, kind)


def _note(
    old: PackedNote, new: PackedNote, was: Mapping[int, NoteType], now: Mapping[int, NoteType]
) -> NoteChange | None:
    values = _values(old, was), _values(new, now)
    names = {**values[0], **values[1]}
    pairs = {names[key][0]: tuple(value.get(key, ("", ""))[1] for value in values) for key in names}
    differing = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    fields = tuple(FieldChange(name, redline(a, b)) for name, (a, b) in differing.items())
    tags = tuple({t for t in note.tags if not _RELEASE.fullmatch(t)} for note in (old, new))
    gone = tuple(sorted({*old.cards} - {*new.cards}))
    other = old.note_type != new.note_type
    change = NoteChange(
        _listed(new, now),
        fields,
        tuple(sorted(tags[1] - tags[0])),
        tuple(sorted(tags[0] - tags[1])),
        old.deck if old.deck != new.deck else "",
        all(only_wording(a, b) for name, (a, b) in differing.items() if name not in PASSING),
        new.mod > old.mod,
        gone,
        (was[old.note_type].name if old.note_type in was else "another") if other else "",
    )
    moved = change.moved_from or change.retyped_from
    return change if fields or tags[0] != tags[1] or gone or moved else None


def _values(note: PackedNote, kinds: Mapping[int, NoteType]) -> dict[object, tuple[str, str]]:
    """Give name and value of each field, by what Anki knows the field by."""
    kind = kinds.get(note.note_type)
    fields = kind.fields if kind else ()
    keys = [(field.id or field.name, field.name) for field in fields]
    keys += [(n, f"field {n + 1}") for n in range(len(keys), len(note.fields))]
    return {key: (name, value) for (key, name), value in zip(keys, note.fields, strict=False)}


def _is_passing(change: NoteChange) -> bool:
    """Whether only a card's place is other, which is left to arrive with the next real change."""
    more = change.tags_added or change.tags_removed or change.cards_gone
    moved = change.moved_from or change.retyped_from
    return not more and not moved and {f.name for f in change.fields} <= PASSING


def _lasting(change: NoteChange) -> NoteChange:
    """Leave out the place, which says nothing of a note that changed in itself."""
    return replace(change, fields=tuple(f for f in change.fields if f.name not in PASSING))


def _note_types(old: Package, new: Package) -> Iterator[TypeChange]:
    before = {kind.id: kind for kind in old.note_types}
    after = {kind.id: kind for kind in new.note_types}
    used = {note.note_type for note in old.notes}, {note.note_type for note in new.notes}
    for number, kind in after.items():
        if number in before:
            what = tuple(_type_changes(before[number], kind))
            if what:
                danger = any(said.startswith(_DANGERS) for said in what)
                yield TypeChange(kind.name, what, danger)
        elif number in used[1]:
            twin = next((k for k in old.note_types if k.name == kind.name), None)
            if twin is not None and twin.id not in after:
                yield TypeChange(
                    kind.name, (f"its id is {number}, and was {twin.id}",), danger=True
                )
            else:
                yield TypeChange(kind.name, ("is new",), danger=False)
    names = {kind.name for kind in new.note_types}
    for number, kind in before.items():
        if number not in after and number in used[0] and kind.name not in names:
            yield TypeChange(kind.name, ("is gone",), danger=False)


_DANGERS: Final = ("fields", "templates", "it was")


def _type_changes(old: NoteType, new: NoteType) -> Iterator[str]:
    if old.cloze != new.cloze:
        kinds = {True: "a cloze type", False: "a standard type"}
        yield f"it was {kinds[old.cloze]}, and is {kinds[new.cloze]}"
    for what, before, after in (
        ("fields", old.fields, new.fields),
        ("templates", old.templates, new.templates),
    ):
        was = {part.id or part.name: part.name for part in before}
        now = {part.id or part.name: part.name for part in after}
        if [*was] != [*now] and sorted(was.values()) == sorted(now.values()):
            same_order = [*was.values()] == [*now.values()]
            yield f"{what} have other ids" if same_order else f"{what} are in another order"
        else:
            yield from _listing(f"{what} added", [now[k] for k in now if k not in was])
            yield from _listing(f"{what} removed", [was[k] for k in was if k not in now])
            common = [k for k in was if k in now]
            if common != [k for k in now if k in was]:
                yield f"{what} are in another order"
        renamed = [f"{was[k]} → {now[k]}" for k in was if k in now and was[k] != now[k]]
        yield from _listing(f"renamed {what}", renamed)
    if old.name != new.name:
        yield f"its name was {old.name}"
    if _look(old) != _look(new):
        yield "its look"


def _listing(what: str, names: list[str]) -> Iterator[str]:
    if names:
        yield f"{what}: {', '.join(names)}"


def _look(kind: NoteType) -> tuple[object, ...]:
    return kind.css, tuple((part.front, part.back) for part in kind.templates)


def _renamed(old: Package, new: Package) -> Iterator[tuple[str, str]]:
    """Give the decks that kept their number and not their name."""
    before = {deck.id: deck.name for deck in old.decks}
    names = set(before.values())
    for deck in new.decks:
        was = before.get(deck.id, deck.name)
        if was != deck.name and deck.name not in names:
            yield was, deck.name


def _media(old: Mapping[str, str], new: Mapping[str, str]) -> MediaChanges:
    return MediaChanges(
        tuple(sorted(new.keys() - old.keys())),
        tuple(sorted(name for name in new.keys() & old.keys() if new[name] != old[name])),
        tuple(sorted(old.keys() - new.keys())),
    )


def _twice(package: Package, path: str) -> Iterator[Finding]:
    for guid, count in Counter(note.guid for note in package.notes).items():
        if count > 1:
            message = f"{count} notes have the GUID {guid}, so Anki takes one of them"
            yield Finding("GUID-TWICE", Level.ERROR, Span(path), message)


def _dates(
    pairs: list[tuple[PackedNote, PackedNote]], compared: list[NoteChange | None], path: str
) -> Iterator[Finding]:
    span = Span(path)
    for (old, new), change in zip(pairs, compared, strict=True):
        title = _listed(new, {}).title
        # Where a card lies is no part of a note: Anki leaves it where it is.
        told = change and (
            change.tags_added
            or change.tags_removed
            or any(field.name not in PASSING for field in change.fields)
        )
        if told and new.mod <= old.mod:
            hint = f"Its mod is {new.mod}; it has to be more than {old.mod}."
            message = f"{title} changed, but its date didn't move: Anki would ignore the change"
            yield Finding("MOD-STUCK", Level.ERROR, span, message, hint)
        if (not change or _is_passing(change)) and new.mod > old.mod:
            what = (
                f"only {' and '.join(f.name for f in change.fields)} of" if change else "nothing of"
            )
            message = f"{what} {title} changed, but its date moved"
            hint = "Anki would put our tags and fields in place of the user's for nothing."
            yield Finding("MOD-MOVED", Level.WARNING, span, message, hint)


def _types_dated(
    was: Mapping[int, NoteType], now: Mapping[int, NoteType], path: str
) -> Iterator[Finding]:
    for number, kind in now.items():
        old = was.get(number)
        if old and _look(old) != _look(kind) and kind.mod <= old.mod:
            message = f"the look of {kind.name} changed, but its date didn't move"
            hint = f"Its mod is {kind.mod}; it has to be more than {old.mod}."
            yield Finding("MOD-STUCK", Level.ERROR, Span(path), message, hint)


def _dangers(
    types: tuple[TypeChange, ...], renamed: tuple[tuple[str, str], ...], path: str
) -> Iterator[Finding]:
    span = Span(path)
    for change in types:
        if change.danger:
            broken = any(said.startswith("it was") for said in change.what)
            message = f"note type {change.name}: {'; '.join(change.what)}"
            hint = (
                "Anki can't turn one into the other. Give the new one another id."
                if broken
                else "Anki refuses to update its notes, unless “Merge note types” is ticked."
            )
            level = Level.ERROR if broken else Level.WARNING
            yield Finding("NOTE-TYPE-CHANGED", level, span, message, hint)
    for was, name in renamed:
        message = f"deck {was} is now {name}"
        hint = "Anki knows decks by name: cards under study stay in the old one."
        yield Finding("DECK-RENAMED", Level.WARNING, span, message, hint)


def _notes_endangered(changed: Iterable[NoteChange], path: str) -> Iterator[Finding]:
    span = Span(path)
    for change in changed:
        if change.retyped_from:
            message = f"{change.note.title} was of note type {change.retyped_from}"
            hint = "Anki refuses to update it. Give the new one a GUID of its own."
            yield Finding("NOTE-RETYPED", Level.WARNING, span, message, hint)
        elif change.cards_gone:
            places = ", ".join(str(place + 1) for place in change.cards_gone)
            message = f"{change.note.title} has no card {places} any more"
            hint = "What was studied of it is lost once the user deletes empty cards."
            yield Finding("CARD-GONE", Level.WARNING, span, message, hint)


def _bump(
    types: tuple[TypeChange, ...],
    renamed: tuple[tuple[str, str], ...],
    changed: tuple[NoteChange, ...],
    listed: bool,  # noqa: FBT001  # whether notes came or went
    media: bool,  # noqa: FBT001  # whether files came, went or changed
) -> Bump:
    if renamed or any(one.danger for one in types) or any(one.retyped_from for one in changed):
        return Bump.MAJOR
    if listed or any(
        c.moved_from or c.tags_added or c.tags_removed or c.cards_gone or not c.wording
        for c in changed
    ):
        return Bump.MINOR
    return Bump.PATCH if changed or types or media else Bump.NONE
