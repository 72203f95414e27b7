"""Entries -> card ids, and cards -> GUIDs and modification times, all of them permanent.

``content/book.lock`` remembers for every card id the digests of the raw texts that
it was made from, its GUID, and the digest and time of its last published content.
Nothing is ever removed from it, so a note that moves, is re-worded or comes back is
still the same card, and nobody's progress is lost.
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
    """What is remembered of one card. ``content`` and ``mod`` are those last published."""

    raws: tuple[str, ...] = ()
    guid: str = ""
    content: str = ""
    mod: int = 0


@dataclass(frozen=True, slots=True)
class BookLock:
    """The whole memory: cards by id, and the look of the note types."""

    cards: Mapping[str, Known] = field(default_factory=dict)
    style: str = ""
    style_mod: int = 0


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


def stamp(lock: BookLock, contents: Mapping[str, str], style: str, now: int) -> BookLock:
    """Move the modification time of every card whose content changed, and only of those.

    ``contents`` are digests of what a card's note shows; ``now`` is Unix seconds.
    """
    kept = dict(lock.cards)
    for card_id, content in contents.items():
        old = kept[card_id]
        if old.content != content:
            kept[card_id] = replace(old, content=content, mod=max(old.mod + 1, now))
    style_mod = lock.style_mod if lock.style == style else max(lock.style_mod + 1, now)
    return replace(lock, cards=kept, style=style, style_mod=style_mod)


def notes(lock: BookLock, cards: Iterable[Card]) -> dict[str, NoteStamp]:
    """Give the stamps of the cards that are published."""
    return {c.id: NoteStamp(lock.cards[c.id].guid, lock.cards[c.id].mod) for c in cards}


def guid(book_id: str, card_id: str) -> str:
    """Make a note's GUID, the same for ever: 64 bits of a hash, in base 62."""
    number = int.from_bytes(hashlib.sha256(f"{book_id}\n{card_id}".encode()).digest()[:8])
    digits = ""
    while number:
        number, rest = divmod(number, len(_BASE62))
        digits = _BASE62[rest] + digits
    return digits.rjust(11, "0")
