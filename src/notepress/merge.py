"""Generated cards + the cards that are there -> cards: what a person edited stays theirs.

``content/cards.lock`` holds a digest of every value as it was generated. A value
that differs from its digest was edited by hand; one whose generated form changed as
well is a conflict, which stays theirs until a decision says otherwise. Without a
lock, everything that is there counts as the person's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from notepress import strict
from notepress.decisions import Decisions, Verdict
from notepress.ledger import Draft, raws, values
from notepress.model import (
    Bilingual,
    Card,
    Change,
    Dropped,
    Finding,
    Level,
    Outcome,
    Span,
    State,
    Status,
)
from notepress.store import file_of

Lock = Mapping[str, Mapping[str, str]]
"""Card id -> name of the value -> digest; a deleted card has the one name ``deleted``."""

_BILINGUAL = ("question", "answer", "short", "pitfall")
# What only records how a card came about; it is always the machine's.
_RECORD = frozenset({"id", "status", "origins", "raw", "changes"})
_REASON = "手工修改"
_DELETED = {"deleted": "yes"}


@dataclass(frozen=True, slots=True)
class Merged:
    """Cards as they are to be kept, their lock, and the entries whose card a person deleted."""

    cards: tuple[Card, ...]
    lock: Lock
    deleted: tuple[Dropped, ...] = ()


def merge(
    generated: Sequence[Card], present: Sequence[Card], lock: Lock | None, decisions: Decisions
) -> Outcome[Merged]:
    """Keep what people did to the cards, and bring everything else up to date."""
    there = {card.id: card for card in present}
    cards: list[Card] = []
    # A note may go and come back; what a person deleted stays deleted all the while.
    kept = {card_id: known for card_id, known in (lock or {}).items() if known == _DELETED}
    deleted: list[Dropped] = []
    findings: list[Finding] = []
    for card in generated:
        known = (lock or {}).get(card.id)
        mine = there.pop(card.id, None)
        if mine is None and known is not None:
            deleted.extend(
                Dropped(origin, raw, "card deleted by hand", "person")
                for origin, raw in zip(card.origins, raws(card.raw, card.origins), strict=True)
            )
            kept[card.id] = _DELETED
            continue
        if mine is None:
            cards.append(card)
            kept[card.id] = digests(card)
            continue
        merged, digest, said = _merge_one(
            card, mine, known or {}, decisions, locked=lock is not None
        )
        cards.append(merged)
        kept[card.id] = digest
        findings.extend(said)
    for card in there.values():
        known = (lock or {}).get(card.id)
        if known == _DELETED:
            del kept[card.id]
            known = None  # a person brought it back
        if known is not None and not _edited(card, known):
            continue  # its note is gone, and nobody had touched it
        if known is None:
            cards.append(card)
            continue
        cards.append(_alone(card))
        kept[card.id] = known
        findings.append(_orphan(card))
    return Outcome(Merged(tuple(cards), kept, tuple(deleted)), tuple(findings))


def _alone(card: Card) -> Card:
    """Give a card without its note: what was proposed there is nothing to settle any more."""
    settled = tuple(c for c in card.changes if c.state is not State.PROPOSED)
    if len(settled) == len(card.changes):
        return card
    alone = replace(card, changes=settled)
    return replace(alone, status=_status(alone, answered=True))


def digests(card: Card) -> dict[str, str]:
    """Give the digest of every value that a person may edit."""
    return {name: _digest(value) for name, value in _editable(card).items()}


def _digest(value: object) -> str:
    text = json.dumps(strict.to_plain(value), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _editable(card: Card) -> dict[str, object]:
    found: dict[str, object] = {}
    for name in card.__dataclass_fields__:
        value = getattr(card, name)
        if name in _BILINGUAL:
            found[f"{name}.zh"], found[f"{name}.en"] = value.zh, value.en
        elif name not in _RECORD:
            found[name] = value
    return found


def _edited(card: Card, known: Mapping[str, str]) -> bool:
    return any(known.get(name) != digest for name, digest in digests(card).items())


def _merge_one(
    card: Card, mine: Card, known: Mapping[str, str], decisions: Decisions, *, locked: bool
) -> tuple[Card, dict[str, str], list[Finding]]:
    new, old = _editable(card), _editable(mine)
    lock = digests(card)
    findings: list[Finding] = []
    theirs: dict[str, object] = {}
    settled = {name: decisions.on_conflict(card.id, name, lock[name]) for name in new}
    for name, value in old.items():
        if known and name not in known and not value:
            continue  # a value that cards had not yet when they were generated
        base = known.get(name) if locked else None
        if value == new[name] or _digest(value) == base:
            continue
        if base is not None and lock[name] != base:
            if settled[name] is Verdict.TAKE:
                continue
            if settled[name] is not Verdict.KEEP:
                findings.append(_conflict(card, name, value, new[name], lock[name]))
                lock[name] = base  # so that the conflict is shown until it is settled
        theirs[name] = value
    chinese = [name for name in ("question.zh", "answer.zh") if name in theirs]
    if chinese and not {"question.en", "answer.en"} & set(theirs):
        said = _digest([theirs[name] for name in chinese])
        if decisions.on_conflict(card.id, "answer.en", said) is not Verdict.KEEP:
            findings.append(_stale(card, said))
    return _with(card, theirs), lock, findings


def _with(card: Card, theirs: Mapping[str, object]) -> Card:
    """Put a person's values on a card, and each change of text into its ledger."""
    if not theirs:
        return card
    parts: dict[str, Any] = {}
    for name, value in theirs.items():
        part, _, language = name.partition(".")
        both = parts.get(part, getattr(card, part))
        if language == "zh":
            parts[part] = Bilingual(str(value), both.en)
        elif language == "en":
            parts[part] = Bilingual(both.zh, str(value))
        else:
            parts[part] = value
    edited = replace(card, **parts)
    before, after = dict(values(card)), values(edited)
    origin = card.origins[0] if card.origins else None
    span = Span(origin.path, origin.first_line) if origin else Span(file_of(card.topic))
    draft = Draft(span, before)
    for name in [*after, *(n for n in values(card) if n not in after)]:
        draft.put(name, after.get(name, ""), code="EDIT", reason=_REASON, by="person")
    edits = tuple(replace(change, state=State.ACCEPTED) for change in draft.changes)
    made = (_seen(change) if change.field in theirs else change for change in card.changes)
    edited = replace(edited, changes=(*made, *edits))
    return replace(edited, status=_status(edited, answered="answer.zh" in theirs))


def _seen(change: Change) -> Change:
    """Settle what a model proposed where a person has since written over it."""
    waits = change.shown and change.state is State.PROPOSED
    return replace(change, state=State.ACCEPTED, by="person") if waits else change


def _status(card: Card, *, answered: bool) -> Status:
    """Say how far a card has come that a person has edited."""
    if not card.answer.zh or (card.status is Status.UNFINISHED and not answered):
        return Status.UNFINISHED
    if any(change.state is State.PROPOSED for change in card.changes):
        return Status.PROPOSED
    if not (card.question.en and card.answer.en):
        return Status.UNTRANSLATED
    return Status.COMPLETE


def _conflict(card: Card, name: str, theirs: object, new: object, digest: str) -> Finding:
    message = f"{card.id}: {name} was edited by hand, and what it was made from has changed too"
    decision = (
        f"{{verdict: keep, card: {card.id}, field: {name}, code: CONFLICT, before: {digest}}}"
    )
    hint = (
        f"yours: {theirs}\nnew:   {new}\n"
        f"To keep yours, add to content/decisions.yaml (or with verdict: take, to take the new):\n"
        f"- {decision}"
    )
    return Finding("CONFLICT", Level.WARNING, Span(file_of(card.topic)), message, hint)


def _stale(card: Card, said: str) -> Finding:
    message = f"{card.id}: the Chinese was edited by hand, the English may no longer say the same"
    hint = (
        "Edit the English too, or if it is right as it is, add to content/decisions.yaml:\n"
        f"- {{verdict: keep, card: {card.id}, field: answer.en, code: CONFLICT, before: {said}}}"
    )
    span = Span(file_of(card.topic))
    return Finding("TRANSLATION-STALE", Level.WARNING, span, message, hint)


def _orphan(card: Card) -> Finding:
    message = f"{card.id}: its note is gone; the card was edited by hand and is kept"
    return Finding(
        "CARD-ORPHAN",
        Level.NOTE,
        Span(file_of(card.topic)),
        message,
        "Delete the card if it isn't wanted.",
    )
