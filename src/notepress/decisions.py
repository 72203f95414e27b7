"""content/decisions.yaml applied: proposals -> accepted, amended or rejected changes.

A decision is found by what it is about (card, field, code and the text before), for
whole entries by the digest of their raw text: never by a line number, so that it
holds when notes move.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from notepress.ledger import apply
from notepress.model import Change, Entry, Finding, Level, Span, State


class Verdict(StrEnum):
    """What a person decided."""

    ACCEPT = "accept"
    REJECT = "reject"
    AMEND = "amend"
    DROP = "drop"
    MERGE = "merge"
    KEEP = "keep"
    TAKE = "take"


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision. ``raw`` is the digest that drops and merges go by; ``after`` amends.

    With ``accept`` and ``reject``, ``after`` is what was proposed: other words that a
    model finds later for the same place are not settled by it.
    """

    verdict: Verdict
    card: str = ""
    field: str = "text"
    code: str = ""
    before: str = ""
    after: str = ""
    raw: str = ""
    into: str = ""
    reason: str = ""


def digest(raw: str) -> str:
    """Give the digest by which a raw text is remembered; spacing at line ends doesn't count."""
    tidy = "\n".join(line.rstrip() for line in raw.strip().split("\n"))
    return hashlib.sha256(tidy.encode()).hexdigest()[:16]


def proposed(entry: Entry) -> Entry:
    """Give an entry as it would be if everything proposed on it were accepted."""
    text, shift = entry.text, 0
    for change in entry.changes:
        if change.state is State.PROPOSED and change.field == "text":
            text = apply(text, replace(change, offset=change.offset + shift))
            shift += len(change.after) - len(change.before)
    return replace(entry, text=text)


class Decisions:
    """All decisions, with the record of which were used."""

    def __init__(self, decisions: Iterable[Decision]) -> None:
        self._all = tuple(decisions)
        self._by_card: dict[str, list[Decision]] = {}
        for decision in self._all:
            self._by_card.setdefault(decision.raw or decision.card, []).append(decision)
        self._used: set[Decision] = set()

    def of_entry(self, entry: Entry) -> Decision | None:
        """Give the decision to drop or merge an entry, if there is one."""
        wanted = digest(entry.raw)
        return self._first(wanted, lambda d: bool(d.raw))

    def merges(self, entry: Entry) -> bool:
        """Tell whether a person joined an entry to another card."""
        decision = self.of_entry(entry)
        return decision is not None and decision.verdict is Verdict.MERGE and bool(decision.into)

    def settle(self, entry: Entry, *card_ids: str) -> Entry:
        """Apply what was decided on an entry's proposals, under any id that it was known by."""
        text, shift, changes = entry.text, 0, list[Change]()
        for change in entry.changes:
            if change.state is not State.PROPOSED:
                changes.append(change)
                continue
            moved = replace(change, offset=change.offset + shift)
            settled = self.settled(moved, *card_ids)
            if settled.state.applied:
                text = apply(text, settled)
                shift += len(settled.after) - len(settled.before)
            changes.append(settled)
        return replace(entry, text=text, changes=tuple(changes))

    def settled(self, change: Change, *card_ids: str) -> Change:
        """Give a proposal as it was decided on, or as it is."""
        return _settled(change, self._on(change, card_ids))

    def on_conflict(self, card_id: str, name: str, new: str) -> Verdict | None:
        """Give what was decided between a hand edit and a newly generated value, by its digest."""
        wanted = ("CONFLICT", name, new)
        found = self._first(card_id, lambda d: (d.code, d.field, d.before) == wanted)
        return found.verdict if found else None

    def _on(self, change: Change, card_ids: tuple[str, ...]) -> Decision | None:
        wanted = (change.code, change.field, change.before)

        def fits(decision: Decision) -> bool:
            own = decision.verdict is Verdict.AMEND or not decision.after
            about = (decision.code, decision.field, decision.before)
            return about == wanted and (own or decision.after == change.after)

        found = (self._first(card_id, fits) for card_id in card_ids)
        return next((decision for decision in found if decision), None)

    def _first(self, key: str, wanted: Callable[[Decision], bool]) -> Decision | None:
        found = next((d for d in self._by_card.get(key, ()) if wanted(d)), None)
        if found:
            self._used.add(found)
        return found

    def stale(self, path: str) -> tuple[Finding, ...]:
        """Say which decisions met nothing to decide on; they are kept."""
        hint = "It is kept; remove it when you are sure that it isn't needed."
        return tuple(
            Finding("DECISION-STALE", Level.NOTE, Span(path), f"nothing matches: {_name(d)}", hint)
            for d in self._all
            if d not in self._used
        )


def _settled(change: Change, decision: Decision | None) -> Change:
    if decision is None:
        return change
    if decision.verdict is Verdict.REJECT:
        return replace(change, state=State.REJECTED, by="person")
    after = decision.after if decision.verdict is Verdict.AMEND else change.after
    return replace(change, state=State.ACCEPTED, after=after, by="person")


def _name(decision: Decision) -> str:
    subject = decision.card or decision.raw
    return f"{decision.verdict} {subject} {decision.code} {decision.before[:30]!r}"
