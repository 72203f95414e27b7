"""Entry -> Entry with its slips corrected, and a ledger of every correction.

Each module here is one rule. Rules run in the order of (PHASE, name); what one
isn't sure of becomes a proposal, kept beside the text until a person settles it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import cast

from notepress.fixers._text import Edit, Fixer, Text
from notepress.knowledge import Knowledge
from notepress.model import Change, Entry, Outcome, State

MEANING = 90
"""Rules of this phase and later are about what a text says, and see its final spelling."""

_MOST_ROUNDS = 5

__all__ = ["MEANING", "Edit", "Fixer", "Text", "correct", "fixers"]


@cache
def fixers() -> tuple[Fixer, ...]:
    """Give every rule of this package, in the order in which they run."""
    names = [m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_")]
    found = [cast("Fixer", importlib.import_module(f"{__name__}.{name}")) for name in names]
    return tuple(sorted(found, key=lambda fixer: (fixer.PHASE, fixer.CODE)))


def correct(
    entry: Entry,
    knowledge: Knowledge,
    rules: Mapping[str, str] | None = None,
    keep: tuple[str, ...] = (),
) -> Outcome[Entry]:
    """Run all rules over an entry's text.

    ``rules`` sets a rule by its code to ``off``, ``propose`` or ``auto``; ``keep``
    lists words never to be altered. The entry's new changes are first those that
    were applied, in order, then the proposals, which stand in the final text.
    """
    draft = _Draft(entry)
    active = [fixer for fixer in fixers() if (rules or {}).get(fixer.CODE, "") != "off"]
    surface = [fixer for fixer in active if fixer.PHASE < MEANING]
    # One rule may lay bare what another is for: they run until nothing changes.
    for _ in range(_MOST_ROUNDS):
        changed = [_run(fixer, draft, knowledge, rules or {}, keep) for fixer in surface]
        if not any(changed):
            break
    for fixer in active[len(surface) :]:
        _run(fixer, draft, knowledge, rules or {}, keep)
    return Outcome(draft.entry())


def _run(
    fixer: Fixer,
    draft: _Draft,
    knowledge: Knowledge,
    rules: Mapping[str, str],
    keep: tuple[str, ...],
) -> bool:
    """Run one rule; tell whether it changed the text."""
    text = Text(draft.text, keep)
    edits = [
        edit
        for edit in fixer.fix(text, knowledge)
        if edit.start == edit.end or text.free(edit.start, edit.end, formulas=edit.formulas)
    ]
    if fixer.CODE in rules:
        edits = [replace(edit, sure=rules[fixer.CODE] == "auto") for edit in edits]
    draft.apply(fixer.CODE, edits)
    return draft.text != text.value


class _Draft:
    """A text being corrected, with the place in the raw text that each character came from."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self.text = entry.text
        self._places = list(range(len(entry.text) + 1))
        self._applied: list[Change] = []
        self._proposed: list[tuple[int, int, Change]] = []

    def apply(self, code: str, edits: list[Edit]) -> None:
        """Make the sure edits of one rule, and note the others down as proposals."""
        shift = 0
        for edit in edits:
            start, end = edit.start + shift, edit.end + shift
            before = self.text[start:end]
            if before == edit.after:
                continue
            change = self._change(code, edit, start, before)
            if not edit.sure:
                self._propose(start, end, change)
                continue
            self.text = self.text[:start] + edit.after + self.text[end:]
            self._places[start:end] = [self._places[start]] * len(edit.after)
            self._applied.append(change)
            grown = len(edit.after) - len(before)
            shift += grown
            self._proposed = [
                (s + grown, e + grown, p) if s >= end else (s, e, p)
                for s, e, p in self._proposed
                if e <= start or s >= end
            ]

    def _propose(self, start: int, end: int, change: Change) -> None:
        """Note a proposal down; of two for one place the one that says more is kept."""
        met = [p for p in self._proposed if p[0] < end and start < p[1]]
        if all(start <= s and e <= end and (s, e) != (start, end) for s, e, _ in met):
            self._proposed = [p for p in self._proposed if p not in met]
            self._proposed.append((start, end, change))

    def _change(self, code: str, edit: Edit, start: int, before: str) -> Change:
        raw, at = self._entry.raw, self._places[start]
        line = raw.count("\n", 0, at)
        return Change(
            code=code,
            field="text",
            path=self._entry.origin.path,
            line=self._entry.origin.first_line + line,
            column=at - raw.rfind("\n", 0, at),
            offset=start,
            before=before,
            after=edit.after,
            reason=edit.reason,
            by=edit.by,
            confidence=edit.confidence,
            state=State.AUTO if edit.sure else State.PROPOSED,
        )

    def entry(self) -> Entry:
        """Give the entry with its corrected text and all of its changes."""
        proposed = (replace(c, offset=s) for s, _, c in sorted(self._proposed, key=lambda p: p[:2]))
        changes = (*self._entry.changes, *self._applied, *proposed)
        return replace(self._entry, text=self.text, changes=changes)
