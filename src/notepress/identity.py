"""Entries -> card ids, and cards -> GUIDs and modification times, all of them permanent.

``content/book.lock`` remembers for every card id the digests of the raw texts that
it was made from, its GUID, and the digest and time of its last published content.
Nothing is ever removed from it, so a note that moves, is re-worded or comes back is
still the same card, and nobody's progress is lost. What a card is asked in besides
(a cloze, a picture) are notes with a GUID, a digest and a time of their own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rapidfuzz import fuzz

from notepress.decisions import digest
from notepress.model import Card, Entry, NoteStamp

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SLUG_LENGTH = 48
# Below this share of common characters a text is another note, not the old one re-worded.
_REWORDED = 60


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of one card. ``content`` and ``mod`` are those last published.

    ``release`` is the version in which they changed.
    """

    raws: tuple[str, ...] = ()
    guid: str = ""
    content: str = ""
    mod: int = 0
    release: str = ""


@dataclass(frozen=True, slots=True)
class BookLock:
    """The whole memory: cards by id, the look of the note types, and further notes.

    ``notes`` are those of kinds other than question and answer, by the keys of
    ``notepress.study``; they have no raw texts.
    """

    cards: Mapping[str, Known] = field(default_factory=dict)
    style: str = ""
    style_mod: int = 0
    notes: Mapping[str, Known] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Now:
    """The moment of publishing: the book, Unix seconds, and the version."""

    book: str
    seconds: int
    release: str


def assign(
    entries: Sequence[Entry], wanted: Sequence[str], lock: BookLock, present: Iterable[Card]
) -> tuple[str, ...]:
    """Give each entry the id of its card.

    ``wanted`` are the ids that the entries' subjects ask for, "" where a subject
    isn't known. An entry that was seen before keeps its id; one that resembles a
    card which no entry claims any more was that card's, re-worded.
    """
    seen: dict[str, list[str]] = {}
    for card_id, memory in lock.cards.items():
        for raw in memory.raws:
            seen.setdefault(raw, []).append(card_id)
    # Who was here before comes first, so that nobody new takes their place.
    known = [_next_of(seen.get(digest(entry.raw))) for entry in entries]
    taken = {card_id for card_id in known if card_id}
    lost = {card.id: card.raw for card in present if card.origins}
    lost = {i: raw for i, raw in lost.items() if i not in taken and i not in wanted}
    ids: list[str] = []
    for entry, old, natural in zip(entries, known, wanted, strict=True):
        found = old
        if not found and lost and natural not in lock.cards:
            found = _reworded(entry, lost)
            lost.pop(found, None)
        ids.append(found or _free(natural or slug(entry.text), taken, lock))
        taken.add(ids[-1])
    return tuple(ids)


def _next_of(held: list[str] | None) -> str:
    return held.pop(0) if held else ""


def _free(card_id: str, taken: set[str], lock: BookLock) -> str:
    """Give the id itself, or with a number where another entry has it."""
    if card_id not in taken:
        return card_id
    number = 2
    while f"{card_id}-{number}" in taken or f"{card_id}-{number}" in lock.cards:
        number += 1
    return f"{card_id}-{number}"


def _reworded(entry: Entry, lost: Mapping[str, str]) -> str:
    score, best = max((fuzz.ratio(entry.raw, raw), card_id) for card_id, raw in lost.items())
    return best if score >= _REWORDED else ""


def slug(text: str) -> str:
    """Make an id from a heading: ASCII words and the sound of Chinese characters."""
    # Imported late: its tables are only needed for what knowledge can't name.
    from pypinyin import lazy_pinyin  # see above

    head = re.split(r"[：:？?。\n]", text.strip().lstrip("#*->0123456789.、) "), maxsplit=1)[0][:24]
    words = "-".join(lazy_pinyin(head, errors=lambda run: re.sub(r"[^a-zA-Z0-9]+", "-", run)))
    short = re.sub(r"-{2,}", "-", words.lower()).strip("-")[:_SLUG_LENGTH].strip("-")
    return short or f"note-{digest(text)[:8]}"


def remember(
    lock: BookLock, book_id: str, cards: Iterable[Card], raws: Mapping[str, tuple[str, ...]]
) -> BookLock:
    """Add cards and the raw texts that they came from; nothing is forgotten."""
    kept = dict(lock.cards)
    for card in cards:
        old = kept.get(card.id, Known(guid=guid(book_id, card.id)))
        seen = dict.fromkeys([*old.raws, *map(digest, raws.get(card.id, ()))])
        kept[card.id] = replace(old, raws=tuple(seen))
    return replace(lock, cards=kept)


def stamp(lock: BookLock, contents: Mapping[str, str], style: str, now: Now) -> BookLock:
    """Move the modification time of every note whose content changed, and only of those.

    ``contents`` are digests of what notes show, by card id, or by a longer key for a
    kind other than question and answer.
    """
    cards, others = dict(lock.cards), dict(lock.notes)
    for key, content in contents.items():
        held = cards if key in cards else others
        old = held.get(key, Known(guid=guid(now.book, key)))
        if old.content != content:
            mod = max(old.mod + 1, now.seconds)
            held[key] = replace(old, content=content, mod=mod, release=now.release)
        elif not old.release:
            held[key] = replace(old, release=now.release)
    style_mod = lock.style_mod if lock.style == style else max(lock.style_mod + 1, now.seconds)
    return replace(lock, cards=cards, notes=others, style=style, style_mod=style_mod)


def notes(lock: BookLock, keys: Iterable[str]) -> dict[str, NoteStamp]:
    """Give the stamps of the notes that are published."""
    known = {**lock.notes, **lock.cards}
    return {key: NoteStamp(known[key].guid, known[key].mod, known[key].release) for key in keys}


def retired(lock: BookLock, keys: Iterable[str]) -> dict[str, str]:
    """Give the GUIDs of notes that were published once and aren't among ``keys``."""
    left = frozenset(keys)
    known = {**lock.notes, **lock.cards}
    return {key: one.guid for key, one in sorted(known.items()) if one.mod and key not in left}


def guid(book_id: str, card_id: str) -> str:
    """Make a note's GUID, the same for ever: 64 bits of a hash, in base 62."""
    number = int.from_bytes(hashlib.sha256(f"{book_id}\n{card_id}".encode()).digest()[:8])
    digits = ""
    while number:
        number, rest = divmod(number, len(_BASE62))
        digits = _BASE62[rest] + digits
    return digits.rjust(11, "0")
