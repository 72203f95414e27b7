"""A difference of two packages -> what is said of it: text, JSON, or Markdown for a release."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from enum import Enum
from typing import Final

from notepress.difference import (
    Bump,
    Difference,
    Listed,
    MediaChanges,
    NoteChange,
    any_of,
    next_version,
)
from notepress.redline import Fate, Piece

FORMS: Final = ("text", "json", "markdown")

_MARKED: Final[Mapping[Fate, str]] = {Fate.STAYS: "{}", Fate.OUT: "[-{}-]", Fate.IN: "{{+{}+}}"}
_MARKUP: Final = re.compile(r"[\\`*_{}\[\]<>#|~$&!]")
# A release that changes a font changes every file; a reader wants the number.
_MOST_FILES: Final = 12


def announce(difference: Difference, form: str, version: str | None = None) -> str:
    """Tell a difference; ``version`` is the old package's."""
    told = {"text": _text, "json": _json, "markdown": _markdown}[form]
    return "".join(f"{line}\n" for line in told(difference, version))


def _version(difference: Difference, version: str | None) -> str:
    bump = difference.bump
    if not version:
        return bump.value
    return f"{bump.value}, {version} → {next_version(version, bump)}"


# -- text -----------------------------------------------------------------------------


def _text(difference: Difference, version: str | None) -> Iterator[str]:
    yield from _summary(difference)
    yield from _group("added", (_one(note) for note in difference.added), len(difference.added))
    changed = (line for change in difference.changed for line in _changed(change))
    yield from _group("changed", changed, len(difference.changed))
    removed = (_one(note) for note in difference.removed)
    yield from _group("removed", removed, len(difference.removed))
    yield from _media(difference.media)
    for kind in difference.note_types:
        yield f"note type {kind.name}: {'; '.join(kind.what)}"
    for was, name in difference.decks_renamed:
        yield f"deck {was} → {name}"
    yield f"version: {_version(difference, version)}"


def _summary(difference: Difference) -> Iterator[str]:
    moved = sum(bool(change.moved_from) for change in difference.changed)
    counts = (
        f"{len(difference.added)} added",
        f"{len(difference.changed)} changed ({moved} in another deck)",
        f"{len(difference.removed)} removed",
    )
    yield f"{difference.notes_before} → {difference.notes_after} notes: {', '.join(counts)}"
    if difference.replaced:
        count = _n(difference.replaced)
        yield f"Anki will put our tags and fields in place of the user's on {count}"
    if difference.unmoved:
        count = _n(difference.unmoved)
        yield f"only number, origin or related cards are other on {count}: Anki keeps the old ones"


def _n(count: int) -> str:
    return f"{count} note" if count == 1 else f"{count} notes"


def _group(name: str, lines: Iterable[str], count: int) -> Iterator[str]:
    if count:
        yield f"{name}:"
        yield from (f"  {line}" for line in lines)


def _one(note: Listed) -> str:
    return f"{note.title} ({'; '.join(filter(None, (note.deck, note.kind)))})"


def _changed(change: NoteChange) -> Iterator[str]:
    yield _one(change.note)
    for field in change.fields:
        shown = _line(field.pieces, lambda text, fate: _MARKED[fate].format(text))
        yield f"    {field.name}: {shown or '(its HTML alone)'}"
    if change.tags_added or change.tags_removed:
        yield f"    tags: {_tags(change)}"
    if change.cards_gone:
        yield f"    no card {', '.join(str(place + 1) for place in change.cards_gone)} any more"
    if change.retyped_from:
        yield f"    was of note type {change.retyped_from}: Anki refuses the update"
    if change.moved_from:
        yield f"    moved from {change.moved_from}; where it is studied, it stays there"


def _tags(change: NoteChange) -> str:
    return " ".join(
        [*(f"+{t}" for t in change.tags_added), *(f"-{t}" for t in change.tags_removed)]
    )


def _line(pieces: Iterable[Piece], mark: Callable[[str, Fate], str]) -> str:
    return "".join(mark(" ⏎ ".join(piece.text.split("\n")), piece.fate) for piece in pieces)


def _media(media: MediaChanges) -> Iterator[str]:
    for what in ("added", "changed", "removed"):
        names = getattr(media, what)
        if names:
            more = f" … {len(names) - _MOST_FILES} more" if len(names) > _MOST_FILES else ""
            yield f"media {what}: {' '.join(names[:_MOST_FILES])}{more}"


# -- JSON -----------------------------------------------------------------------------


def _json(difference: Difference, version: str | None) -> Iterator[str]:
    plain = asdict(difference)
    plain["version"] = {
        "bump": plain.pop("bump"),
        "from": version,
        "to": next_version(version, difference.bump) if version else None,
    }
    text = json.dumps(plain, ensure_ascii=False, indent=1, default=_plain)
    # What a package holds must not steer a terminal, and still has to be JSON.
    yield "".join(c if c == "\n" or c.isprintable() else json.dumps(c)[1:-1] for c in text)


def _plain(value: object) -> object:
    return value.value if isinstance(value, Enum) else str(value)


# -- Markdown -------------------------------------------------------------------------


def _markdown(difference: Difference, version: str | None) -> Iterator[str]:
    """Write what stands in release notes: for who studies the deck, not for who makes it."""
    if version and difference.bump is not Bump.NONE:
        yield f"## {next_version(version, difference.bump)}"
        yield ""
    yield from _care(difference)
    yield from _section("Added", [_titled(note) for note in difference.added])
    yield from _section("Changed", [_told(change) for change in difference.changed])
    yield from _section("Removed", [_titled(note) for note in difference.removed])
    if difference.removed:
        rows = ",".join(str(note.row) for note in difference.removed)
        yield "They stay in your collection until you delete them. This search finds them:"
        yield ""
        yield f"    nid:{rows}"
        yield ""
    if difference.bump is Bump.NONE:
        yield "Nothing changed."
    elif any_of(difference.media) or difference.note_types:
        yield f"Pictures: {_counts(difference.media)}. {_types(difference)}".strip()


def _care(difference: Difference) -> Iterator[str]:
    cares = [_escaped(f.message) for f in difference.findings if f.code in _CARES]
    if difference.replaced:
        count = _n(difference.replaced)
        cares.append(f"Your tags and edits on the {count} that changed are replaced by ours.")
    yield from _section("When you update", cares)


_CARES: Final = frozenset({"CARD-GONE", "DECK-RENAMED", "NOTE-RETYPED", "NOTE-TYPE-CHANGED"})


def _section(name: str, items: list[str]) -> Iterator[str]:
    if items:
        yield f"### {name}"
        yield ""
        yield from (f"- {item}" for item in items)
        yield ""


def _titled(note: Listed) -> str:
    return _escaped(f"{note.title} ({note.kind})" if note.kind else note.title)


def _told(change: NoteChange) -> str:
    fields = [
        f"{_escaped(field.name)}: {_line(field.pieces, _marked)}"
        for field in change.fields
        if field.pieces
    ]
    tags = [f"tags: {_escaped(_tags(change))}"] if change.tags_added or change.tags_removed else []
    return "".join([_titled(change.note), *(f"\n  - {part}" for part in (*fields, *tags))])


def _marked(text: str, fate: Fate) -> str:
    tags = {Fate.STAYS: "{}", Fate.OUT: "<del>{}</del>", Fate.IN: "<ins>{}</ins>"}
    return tags[fate].format(_escaped(text))


def _escaped(text: str) -> str:
    """Keep a card's words from being Markdown or HTML; nothing of them may be lost or run."""
    return _MARKUP.sub(_mark_as_text, text)


def _mark_as_text(found: re.Match[str]) -> str:
    return {"<": "&lt;", ">": "&gt;", "&": "&amp;"}.get(found[0], f"\\{found[0]}")


def _counts(media: MediaChanges) -> str:
    counts = {what: len(getattr(media, what)) for what in ("added", "changed", "removed")}
    return ", ".join(f"{n} {what}" for what, n in counts.items() if n) or "none changed"


def _types(difference: Difference) -> str:
    looks = [kind.name for kind in difference.note_types if kind.what == ("its look",)]
    return f"Cards look different: {_escaped(', '.join(looks))}." if looks else ""
