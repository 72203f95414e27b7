"""Proposals + a person's answers -> decisions, one key each.

What is asked and what is written are values; the terminal belongs to ``cli``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from notepress import strict
from notepress.decisions import Decision, Verdict, digest
from notepress.ledger import raws
from notepress.model import Card, Change, Dropped, State, Unresolved

KEYS = "[a]ccept  [r]eject  [e]dit  [s]kip  [q]uit"


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to settle: the card it is on, the change proposed, and the raw text behind it."""

    card: str
    change: Change
    raw: str


def questions(cards: Iterable[Card]) -> Iterator[Question]:
    """Give everything that is proposed, in the order of the cards."""
    for card in cards:
        origin_raws = raws(card.raw, card.origins)
        for change in card.changes:
            if change.state is State.PROPOSED:
                raw = next(
                    (
                        text
                        for text, origin in zip(origin_raws, card.origins, strict=True)
                        if origin.first_line <= change.line <= origin.last_line
                        and origin.path == change.path
                    ),
                    card.raw,
                )
                yield Question(card.id, change, raw)


def decide(question: Question, ask: Callable[[str], str]) -> Decision | bool | None:
    """Ask about one proposal; None to skip it, False to stop."""
    while True:
        key = ask(f"{KEYS} > ").strip().lower()[:1]
        if key == "q":
            return False
        if key == "s":
            return None
        if key in ("a", "r"):
            verdict = Verdict.ACCEPT if key == "a" else Verdict.REJECT
            # A model may say something else another time: what was settled is written down.
            return _decision(
                question, verdict, question.change.after if question.change.by_model else ""
            )
        if key == "e" and question.change.code != "MERGE":
            return _decision(question, Verdict.AMEND, ask("text > "))


def _decision(question: Question, verdict: Verdict, after: str) -> Decision:
    change = question.change
    if change.code == "MERGE":
        merged = verdict is Verdict.ACCEPT
        return Decision(
            Verdict.MERGE if merged else Verdict.REJECT,
            raw=digest(question.raw),
            into=change.after if merged else "",
            reason=change.reason,
        )
    return Decision(
        verdict, question.card, change.field.partition("[")[0], change.code, change.before, after
    )


def drop(part: Unresolved | Dropped, reason: str) -> Decision:
    """Decide to leave out lines that are in no card."""
    return Decision(Verdict.DROP, raw=digest(part.raw), reason=reason)


def dump(decisions: Iterable[Decision]) -> str:
    """Write decisions as YAML that is appended to those that are there."""
    held = tuple(decisions)
    return strict.dump(held) if held else ""
