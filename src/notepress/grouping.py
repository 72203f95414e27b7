"""Corrected entries -> the questions that they ask, and what is in none.

Two entries that ask the same are one card only where a person says so; until then
the second is a card of its own, on which the merging is proposed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from notepress.decisions import Decisions, Verdict
from notepress.model import Change, Dropped, Entry, State

_MOST_TWINS = 10
_REASON = "两处笔记问的是同一件事"


@dataclass(slots=True)
class Groups:
    """Entries by the id of their card, in the order of the notes, and those left out."""

    questions: dict[str, list[Entry]] = field(default_factory=dict)
    dropped: list[Dropped] = field(default_factory=list)


def group(
    entries: Sequence[Entry], wanted: Sequence[str], ids: Sequence[str], decisions: Decisions
) -> Groups:
    """Sort entries into cards and settle their proposals.

    ``wanted`` are the ids that their subjects ask for, "" where unknown; ``ids`` those
    that they are known by, no two alike.
    """
    found = Groups()
    # Of several that ask the same, the one that bears the name itself is the first.
    pairs = [(natural, known) for natural, known in zip(wanted, ids, strict=True) if natural]
    first = dict(reversed(pairs)) | {natural: known for natural, known in pairs if natural == known}
    merging: list[tuple[Entry, str]] = []
    for entry, natural, known in zip(entries, wanted, ids, strict=True):
        decision = decisions.of_entry(entry)
        verdict = decision.verdict if decision else None
        if decision and verdict is Verdict.DROP:
            found.dropped.append(Dropped(entry.origin, entry.raw, decision.reason, "person"))
            continue
        if decision and verdict is Verdict.MERGE:
            merging.append((entry, decision.into or natural or known))
            continue
        settled = decisions.settle(entry, known)
        twin = first.get(natural, known)
        if twin != known:
            state = State.REJECTED if verdict is Verdict.REJECT else State.PROPOSED
            settled = _merging(settled, twin, state)
        found.questions[known] = [settled]
    # Only now is everything there that an entry may join.
    for entry, into in merging:
        # What was decided while it stood alone, under a numbered id, holds on.
        alone = (f"{into}-{number}" for number in range(2, _MOST_TWINS))
        settled = _merging(decisions.settle(entry, into, *alone), into, State.ACCEPTED)
        found.questions.setdefault(into, []).append(settled)
    return found


def _merging(entry: Entry, into: str, state: State) -> Entry:
    by = "rule" if state is State.PROPOSED else "person"
    at = entry.origin
    change = Change(
        "MERGE", "card", at.path, at.first_line, 1, 0, "", into, _REASON, by, 0.7, state
    )
    return replace(entry, changes=(*entry.changes, change))
