"""Cards <-> the YAML that people review: one file a topic, and what is in no card.

``load`` after ``dump`` gives the same cards; a file is written only when what it
says changes. A comment can't survive that, so it is an error rather than lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from notepress import strict
from notepress.model import (
    Card,
    Change,
    Dropped,
    Figure,
    Finding,
    Level,
    Origin,
    Outcome,
    Span,
    Symbol,
    Unresolved,
)

FOLDER = "content/cards"
REST = f"{FOLDER}/_rest.yaml"
_ROWS = (Change, Figure, Origin, Symbol)


@dataclass(frozen=True, slots=True)
class Rest:
    """The lines of the notes that are in no card, and why."""

    unresolved: tuple[Unresolved, ...] = ()
    dropped: tuple[Dropped, ...] = ()


def file_of(topic: str) -> str:
    """Name the file of a topic, whatever characters its name holds."""
    safe = re.sub(r"[^\w.-]+", "-", topic).strip("-._") or "cards"
    return f"{FOLDER}/{safe}.yaml"


def place(card: Card, *texts: str) -> Span:
    """Give where the first of these texts stands in the notes that a card was made of.

    Where none does, which is so of all that was added to them, it is where the card begins.
    """
    if not card.origins:
        return Span(file_of(card.topic))
    lines = card.raw.split("\n")
    for origin in card.origins:
        count = origin.last_line - origin.first_line + 1
        held, lines = lines[:count], lines[count + 1 :]
        for text in filter(None, texts):
            for number, line in enumerate(held, origin.first_line):
                if text in line:
                    return Span(origin.path, number, line.index(text) + 1)
    return Span(card.origins[0].path, card.origins[0].first_line)


def dump_all(cards: Iterable[Card], rest: Rest) -> dict[str, str]:
    """Write cards as files by path, each topic's in the given order."""
    topics: dict[str, list[Card]] = {}
    for card in cards:
        topics.setdefault(file_of(card.topic), []).append(card)
    files = {path: strict.dump(tuple(held), _ROWS) for path, held in topics.items()}
    if rest.unresolved or rest.dropped:
        files[REST] = strict.dump(rest, _ROWS)
    return files


def load_all(files: Mapping[str, str]) -> Outcome[tuple[tuple[Card, ...], Rest]]:
    """Read all card files; findings name every key and value that doesn't fit."""
    cards: list[Card] = []
    seen: set[str] = set()
    rest = Rest()
    findings: list[Finding] = []
    for path, text in sorted(files.items()):
        if path == REST:
            read_rest = strict.read(Rest, text, path)
            findings.extend(read_rest.findings)
            rest = read_rest.value or rest
            continue
        read = strict.read(tuple[Card, ...], text, path)
        findings.extend(read.findings)
        for card in read.value or ():
            if card.id in seen:
                findings.append(_repeated(card.id, path, text))
            seen.add(card.id)
            cards.append(card)
    return Outcome((tuple(cards), rest), tuple(findings))


def _repeated(card_id: str, path: str, text: str) -> Finding:
    found = list(
        re.finditer(rf"^- \{{?id: (['\"]?){re.escape(card_id)}\1\s*(?:,|$)", text, re.MULTILINE)
    )
    line = text.count("\n", 0, found[-1].start()) + 1 if found else 1
    hint = "Give one of the two another id."
    message = f"two cards have the id {card_id}"
    return Finding("CARD-REPEATED", Level.ERROR, Span(path, line), message, hint)


def unchanged(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """Give the new files, but leave each as it was that says the same in other words.

    A person's own layout and comments stay so, as long as nothing they say changes.
    """
    return {
        path: old[path] if path in old and _says_the_same(old[path], text) else text
        for path, text in new.items()
    }


def _says_the_same(one: str, other: str) -> bool:
    return one == other or strict.load(one, "").value == strict.load(other, "").value


def comments_lost(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Finding, ...]:
    """Name the files that would have to be rewritten although they hold comments."""
    hint = "Move the comment into the card's remark field, which is kept."
    message = "this file holds a comment and must be rewritten"
    return tuple(
        Finding("CARD-COMMENT", Level.ERROR, Span(path), message, hint)
        for path, text in sorted(old.items())
        if text != new.get(path) and strict.has_comments(text)
    )
