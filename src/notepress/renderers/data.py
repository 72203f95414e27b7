"""Edition -> ``cards.json``: the machine's view of a book, under a published JSON Schema.

Other programs build on it, so keys are only ever added, in a fixed order, and
``templates/data/cards.schema.json`` says what each of them holds. Cards without an
answer are in it too: their status tells.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from notepress import apkg
from notepress.model import (
    Artifacts,
    Assets,
    Bilingual,
    Book,
    Card,
    Change,
    Dropped,
    Edition,
    Figure,
    Origin,
    Reference,
    Stamp,
    Unresolved,
)

NAME: Final = "data"
TEMPLATES: Final = "data"
FONTS = False

SCHEMA: Final = 1
"""Raised when a key changes its meaning; a new key alone doesn't raise it."""

Json = dict[str, object]


def reads(edition: Edition, stamp: Stamp) -> tuple[Edition, Stamp]:
    """Say that all of an edition is in the file."""
    return edition, stamp


def render(edition: Edition, _assets: Assets, stamp: Stamp) -> Artifacts:
    """Make ``cards.json``; published cards first, each with its number, then the withheld."""
    references = {reference.key: reference for reference in edition.references}
    numbered = [(card, number) for number, card in enumerate(edition.cards, 1)]
    view: Json = {
        "schema": SCHEMA,
        "book": _book(edition.book, stamp),
        "cards": [
            _card(card, number, references)
            for card, number in [*numbered, *((card, None) for card in edition.withheld)]
        ],
        "unresolved": [_unresolved(lines) for lines in edition.unresolved],
        "dropped": [_dropped(lines) for lines in edition.dropped],
        "retired": _retired(stamp),
    }
    text = json.dumps(view, ensure_ascii=False, indent=1)
    return Artifacts({"cards.json": f"{text}\n".encode()})


def _book(book: Book, stamp: Stamp) -> Json:
    return {
        "id": book.id,
        "title": _both(book.title),
        "languages": [*book.languages],
        "topics": [
            {"id": topic.id, "zh": topic.zh, "en": topic.en, "letter": topic.letter}
            for topic in book.topics
        ],
        "note_types": dict(sorted(book.note_types.items())),
        "version": stamp.version,
        "modified": stamp.created,
    }


def _retired(stamp: Stamp) -> Json:
    """Say which notes were published once and are no more, and how to find them in Anki."""
    notes = [{"key": key, "guid": guid} for key, guid in stamp.retired.items()]
    return {"search": apkg.search(stamp.retired.values()), "notes": notes}


def _card(card: Card, number: int | None, references: Mapping[str, Reference]) -> Json:
    origins = [_origin(origin) for origin in card.origins]
    return {
        "id": card.id,
        "number": number,
        "topic": card.topic,
        "status": card.status.value,
        "origin": origins[0] if origins else None,
        "origins": origins,
        "raw": card.raw,
        "question": _both(card.question),
        "answer": _both(card.answer),
        "short": _both(card.short),
        "formulas": [*card.formulas],
        "symbols": [{"tex": s.tex, "zh": s.zh, "en": s.en} for s in card.symbols],
        "pitfall": _both(card.pitfall),
        "figures": [_figure(figure) for figure in card.figures],
        "tags": [*card.tags],
        "related": [*card.related],
        "sources": [_cited(source, references) for source in card.sources],
        "remark": card.remark,
        "changes": [_change(change) for change in card.changes],
    }


def _both(said: Bilingual) -> Json:
    return {"zh": said.zh, "en": said.en}


def _origin(origin: Origin) -> Json:
    return {
        "path": origin.path,
        "first_line": origin.first_line,
        "last_line": origin.last_line,
    }


def _figure(figure: Figure) -> Json:
    return {
        "file": figure.file,
        "alt": _both(figure.alt),
        "origin": figure.origin,
        "link": figure.link,
    }


def _cited(source: str, references: Mapping[str, Reference]) -> str:
    """Write ``key, locator`` as the whole reference with its locator."""
    key, _, locator = (part.strip() for part in source.partition(","))
    if key not in references:
        return source
    return f"{references[key]}, {locator}" if locator else str(references[key])


def _change(change: Change) -> Json:
    return {
        "code": change.code,
        "field": change.field,
        "path": change.path,
        "line": change.line,
        "column": change.column,
        "offset": change.offset,
        "before": change.before,
        "after": change.after,
        "reason": change.reason,
        "by": change.by,
        "confidence": change.confidence,
        "state": change.state.value,
    }


def _unresolved(lines: Unresolved) -> Json:
    return {"origin": _origin(lines.origin), "raw": lines.raw, "reason": lines.reason}


def _dropped(lines: Dropped) -> Json:
    return {
        "origin": _origin(lines.origin),
        "raw": lines.raw,
        "reason": lines.reason,
        "by": lines.by,
    }
