"""Edits -> Changes, and Changes -> the values that they lead to.

The ledger is the only way a card comes to hold text: what is in no change is in no
card. ``replay`` proves it, for an entry's text and for every field of a card.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from notepress.model import Card, Change, Origin, Span, State, Symbol


class ReplayError(ValueError):
    """A change whose ``before`` does not stand at its offset: the ledger is damaged."""

    def __init__(self, change: Change, found: str) -> None:
        super().__init__(f"{change.code} at {change.field}+{change.offset}: {found!r} stands there")
        self.change = change


def apply(text: str, change: Change) -> str:
    """Apply one change to the text of its field; ReplayError where it doesn't fit."""
    end = change.offset + len(change.before)
    found = text[change.offset : end]
    if found != change.before or change.offset > len(text):
        raise ReplayError(change, found)
    return text[: change.offset] + change.after + text[end:]


def replay(raws: Iterable[str], changes: Iterable[Change]) -> dict[str, str]:
    """Give the text of every field after all changes that are shown.

    ``raws`` are the raw texts that the fields ``text``, ``text[1]``, … start from.
    """
    fields = {text_field(index): raw for index, raw in enumerate(raws)}
    for change in changes:
        if change.shown:
            fields[change.field] = apply(fields.get(change.field, ""), change)
    return fields


def text_field(index: int) -> str:
    """Name the field that holds the text of a card's ``index``-th origin."""
    return f"text[{index}]" if index else "text"


def raws(raw: str, origins: tuple[Origin, ...]) -> list[str]:
    """Take a card's raw text, joined by blank lines, apart into that of each origin."""
    lines = raw.split("\n")
    parts: list[str] = []
    at = 0
    for origin in origins:
        size = origin.last_line - origin.first_line + 1
        parts.append("\n".join(lines[at : at + size]))
        at += size + 1
    return parts


def generated(card: Card) -> dict[str, str]:
    """Give what the machine made of a card's fields: its ledger without the person's edits."""
    made = (change for change in card.changes if change.code != "EDIT")
    return replay(raws(card.raw, card.origins), made)


def places(raw: str, changes: Iterable[Change]) -> list[int]:
    """Give where in the raw text each character of the corrected text came from, and its end."""
    found = list(range(len(raw) + 1))
    for change in changes:
        if change.field == "text" and change.shown:
            end = change.offset + len(change.before)
            found[change.offset : end] = [found[change.offset]] * len(change.after)
    return found


@dataclass(slots=True)
class Draft:
    """A card's fields as they are being written, each change noted down.

    ``span`` is the place in the notes that changes of fields point to.
    """

    span: Span
    fields: dict[str, str] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")

    def edit(  # noqa: PLR0913  # a ledger line is no smaller
        self,
        name: str,
        offset: int,
        before: str,
        after: str,
        *,
        code: str,
        reason: str,
        by: str,
        confidence: float = 1.0,
        state: State = State.AUTO,
    ) -> None:
        """Replace ``before`` at ``offset`` in a field, and note it down."""
        if before == after:
            return
        at = self.span
        self.add(
            Change(
                code,
                name,
                at.path,
                at.line,
                at.column,
                offset,
                before,
                after,
                reason,
                by,
                confidence,
                state,
            )
        )

    def add(self, change: Change) -> None:
        """Note a change down, and make it if it is shown."""
        self.changes.append(change)
        if change.shown:
            self.fields[change.field] = apply(self[change.field], change)

    def put(self, name: str, value: str, *, code: str, reason: str, by: str) -> None:
        """Give a field a new value, noting down only the part that differs."""
        old = self[name]
        head = _shared(old, value)
        tail = _shared(old[head:][::-1], value[head:][::-1])
        before, after = old[head : len(old) - tail], value[head : len(value) - tail]
        self.edit(name, head, before, after, code=code, reason=reason, by=by)

    def listed(self, name: str) -> tuple[str, ...]:
        """Give the values of a list field, ``name[0]`` and on."""
        values: list[str] = []
        while f"{name}[{len(values)}]" in self.fields:
            values.append(self[f"{name}[{len(values)}]"])
        return tuple(values)

    def append(self, name: str, value: str, *, code: str, reason: str, by: str) -> None:
        """Add a value to a list field."""
        self.put(f"{name}[{len(self.listed(name))}]", value, code=code, reason=reason, by=by)


def _shared(one: str, other: str) -> int:
    for index, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return index
    return min(len(one), len(other))


def told(symbol: Symbol) -> str:
    """Write a symbol as the ledger holds it, on one line."""
    return f"{symbol.tex}: {symbol.zh} / {symbol.en}"


def values(card: Card) -> Mapping[str, str]:
    """Give a card's own fields under the names that the ledger uses."""
    found = {
        "question.zh": card.question.zh,
        "question.en": card.question.en,
        "answer.zh": card.answer.zh,
        "answer.en": card.answer.en,
        "short.zh": card.short.zh,
        "short.en": card.short.en,
        "pitfall.zh": card.pitfall.zh,
        "pitfall.en": card.pitfall.en,
    }
    found |= {f"formulas[{i}]": formula for i, formula in enumerate(card.formulas)}
    found |= {f"symbols[{i}]": told(symbol) for i, symbol in enumerate(card.symbols)}
    found |= {f"figures[{i}]": figure.file for i, figure in enumerate(card.figures)}
    found |= {f"sources[{i}]": source for i, source in enumerate(card.sources)}
    return {name: value for name, value in found.items() if value}
