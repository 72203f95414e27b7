"""Cards -> Findings: what is wrong with them though every stage did its work."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping

from notepress import maths, parity
from notepress.knowledge import Knowledge
from notepress.model import Card, Finding, Level, Span, State, Status
from notepress.store import place

_BETWEEN = re.compile(r"[\W_]+")
_INLINE = re.compile(r"\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)


Lint = Callable[[str], str | None]


def check(
    cards: tuple[Card, ...], knowledge: Knowledge, lint: Lint = maths.lint
) -> tuple[Finding, ...]:
    """Look over cards; ``lint`` says of a formula why it can't be set, None where it can."""
    references = {reference.key: True for reference in knowledge.references}
    findings: list[Finding] = []
    seen: dict[str, str] = {}
    for card in cards:
        findings.extend(_proposed(card))
        findings.extend(_sources(card, references, place(card)))
        findings.extend(_parity(card))
        findings.extend(_same_front(card, seen))
        findings.extend(_formulas(card, lint))
    return tuple(findings)


def _same_front(card: Card, seen: dict[str, str]) -> Iterator[Finding]:
    """Find a card that shows the same words in front as an earlier one, in either language."""
    told = ""
    for front in filter(None, (card.question.zh, card.question.en)):
        bare = _BETWEEN.sub("", unicodedata.normalize("NFKC", front)).casefold()
        other = seen.setdefault(bare or front, card.id)
        if other not in (card.id, told):
            told = other
            message = f"{card.id} asks the same as {other}: {front}"
            hint = "Merge the two, or tell them apart."
            yield _say("CARD-SAME-FRONT", place(card, front), message, hint)


def unready(cards: tuple[Card, ...]) -> Iterator[Finding]:
    """Tell which cards aren't ready, where only their status is at hand."""
    for card in cards:
        if card.status is Status.UNFINISHED:
            hint = "Complete the note, or add the concept to content/knowledge."
            yield _say("UNFINISHED", place(card), f"{card.question.zh}: not finished", hint)
        if card.status is Status.UNTRANSLATED:
            hint = "Add it to content/translations.yaml."
            yield _say("UNTRANSLATED", place(card), f"no English for all of {card.id}", hint)


def _say(code: str, span: Span, message: str, hint: str) -> Finding:
    return Finding(code, Level.WARNING, span, message, hint)


def _proposed(card: Card) -> Iterator[Finding]:
    for change in card.changes:
        if change.state is State.PROPOSED:
            span = Span(change.path, change.line, change.column)
            message = f"{card.id}: “{change.before}” → “{change.after}”: {change.reason}"
            hint = f"python build.py review settles it (code {change.code})."
            yield _say("PROPOSED", span, message, hint)


def _sources(card: Card, references: Mapping[str, bool], span: Span) -> Iterator[Finding]:
    for source in card.sources:
        key = source.partition(",")[0].strip()
        if key not in references:
            hint = "Add it to content/knowledge/references.yaml."
            yield _say(
                "SOURCE-UNKNOWN", span, f"{card.id} cites {key!r}, which no reference has", hint
            )
    if (
        card.status is Status.COMPLETE
        and not card.sources
        and any(c.by == "knowledge" for c in card.changes)
    ):
        yield _say("SOURCE-MISSING", span, f"{card.id} was completed without a source", "Add one.")


def _parity(card: Card) -> Iterator[Finding]:
    """Both languages hold the same formulas and numbers: one that is in one only is a slip."""
    hint = "Make both say the same."
    for said in (card.question, card.answer, card.pitfall):
        if not (said.zh and said.en):
            continue
        chinese, english = (sorted(m[0] for m in _INLINE.finditer(t)) for t in (said.zh, said.en))
        if chinese != english:
            told = f"the formulas of the two languages differ: {chinese} and {english}"
            span = place(card, *(formula for formula in chinese if formula not in english))
            yield _say("LANGUAGE-PARITY", span, f"{card.id}: {told}", hint)
        only_zh, only_en = parity.unmatched(said.zh, said.en)
        told = " and ".join(
            f"only the {language} says {', '.join(numbers)}"
            for language, numbers in (("Chinese", only_zh), ("English", only_en))
            if numbers
        )
        if told:
            span = place(card, *only_zh)
            yield _say("LANGUAGE-PARITY", span, f"{card.id}: {told}", hint)


def _formulas(card: Card, lint: Lint) -> Iterator[Finding]:
    said = (card.question, card.answer, card.pitfall, *(figure.alt for figure in card.figures))
    texts = (text for one in said for text in (one.zh, one.en))
    inline = [a or b for text in texts for a, b in _INLINE.findall(text)]
    symbols = [symbol.tex for symbol in card.symbols]
    for formula in dict.fromkeys([*card.formulas, *inline, *symbols]):
        reason = lint(formula)
        if reason:
            hint = "Write it so that both MathJax and the sheet's engine can set it."
            message = f"{card.id}: {formula}: {reason}"
            yield Finding("MATHS", Level.ERROR, place(card, formula), message, hint)
