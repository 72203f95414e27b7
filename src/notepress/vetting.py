"""Knowledge -> Findings: what is wrong with it that no schema can tell.

Knowledge speaks in every card that it completes, so it is held to the rules that
CONTRIBUTING states: how long, in which languages, with which formulas and sources.
Only the form is judged here; whether it is true, people have to read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from notepress import maths
from notepress.knowledge import Concept, Knowledge, fold
from notepress.model import Bilingual, Finding, Level, Span

_INLINE = re.compile(r"\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_HAN = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")
_CROWDED = re.compile(r"[\u3400-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u3400-\u9fff]")
_NARROW = re.compile(r"[\u3400-\u9fff] ?[,;:!?()]|[,;:!?()] ?[\u3400-\u9fff]")
# Least and most: of Han characters and of English words.
_DEFINITION = ((40, 120), (20, 60))
_SHORT = ((15, 50), (8, 30))


def vet(
    knowledge: Knowledge, places: Mapping[str, Span], *, formulas: bool = True
) -> tuple[Finding, ...]:
    """Look over the concepts that ``places`` has the places of, by their ids.

    ``formulas`` also sets each formula in both engines, which takes time.
    """
    found = [*_names(knowledge, places)]
    pairs: set[frozenset[str]] = set()
    for concept in (c for c in knowledge.concepts if c.id in places):
        span = places[concept.id]
        told = [*_lengths(concept), *_texts(concept), *_references(concept, knowledge)]
        for contrast in concept.contrasts:
            pair = frozenset((concept.id, contrast.other))
            if pair in pairs:
                told.append(f"the contrast with {contrast.other} is written twice")
            pairs.add(pair)
        if formulas:
            told += _formulas(concept)
        found += [_say(concept, message, span) for message in told]
    return tuple(found)


def _say(concept: Concept, message: str, span: Span) -> Finding:
    hint = "CONTRIBUTING.md says what a concept has to hold."
    return Finding("KNOWLEDGE", Level.WARNING, span, f"{concept.id}: {message}", hint)


def _names(knowledge: Knowledge, places: Mapping[str, Span]) -> Iterator[Finding]:
    """No two concepts answer to one name."""
    seen: dict[str, Concept] = {}
    for concept in knowledge.concepts:
        for name in concept.names:
            other = seen.setdefault(fold(name), concept)
            span = places.get(concept.id) or places.get(other.id)
            if other is not concept and span:
                yield _say(concept, f"{name} is a name of {other.id} too", span)


def _lengths(concept: Concept) -> Iterator[str]:
    for name, text, bounds in (
        ("definition", concept.definition, _DEFINITION),
        ("short", concept.short, _SHORT),
    ):
        if not text:
            continue
        (least, most), (fewest, many) = bounds
        han = len(_HAN.findall(_INLINE.sub("", text.zh)))
        words = len(_WORD.findall(_INLINE.sub(" x ", text.en)))
        if not least <= han <= most:
            yield f"{name}.zh has {han} Han characters, and should have {least} to {most}"
        if not fewest <= words <= many:
            yield f"{name}.en has {words} words, and should have {fewest} to {many}"


def _texts(concept: Concept) -> Iterator[str]:
    whole = (concept.definition, concept.short, concept.pitfall)
    contrasts = tuple(Bilingual(c.zh, c.en) for c in concept.contrasts)
    for text in (*whole, *contrasts):
        if (text.zh and text.zh[-1] not in "。！？") or (text.en and text.en[-1] not in ".!?"):
            yield f"no full stop ends: {text.zh[-16:]}"
    for text in (concept.gloss, *concept.points):
        if text.zh.endswith("。") or text.en.endswith("."):
            yield f"a phrase has no full stop: {text.zh[-16:]}"
    for text in (*whole, *contrasts, concept.gloss, *concept.points):
        yield from _both(text)


def _both(text: Bilingual) -> Iterator[str]:
    """Both languages are there, hold the same formulas, and the Chinese is typed as such."""
    if bool(text.zh) != bool(text.en):
        yield f"one language alone says: {text.zh or text.en}"
    chinese, english = (sorted(m[0] for m in _INLINE.finditer(t)) for t in (text.zh, text.en))
    if chinese != english:
        yield f"the formulas of the two languages differ: {chinese} and {english}"
    bare = _INLINE.sub("式", text.zh)
    for pattern, fault in ((_CROWDED, "no space beside Latin"), (_NARROW, "a half-width mark")):
        found = pattern.search(bare)
        if found:
            yield f"{fault}: {bare[max(0, found.start() - 6) : found.end() + 6]}"


def _references(concept: Concept, knowledge: Knowledge) -> Iterator[str]:
    """Whatever a concept points to is there."""
    keys = {reference.key for reference in knowledge.references}
    if not concept.sources:
        yield "it cites no source"
    for source in (*concept.sources, *(claim.source for claim in concept.claims)):
        if source.partition(",")[0].strip() not in keys:
            yield f"no reference has the key of {source!r}"
    for other in (*(c.other for c in concept.contrasts), *concept.parts):
        if other not in knowledge.by_id:
            yield f"there is no concept {other}"
    if concept.topic not in {topic.id for topic in knowledge.topics}:
        yield f"there is no topic {concept.topic}"


def _formulas(concept: Concept) -> Iterator[str]:
    texts = (concept.definition, concept.short, concept.gloss, concept.pitfall, *concept.points)
    said = "".join(t.zh + t.en for t in texts) + "".join(c.zh + c.en for c in concept.contrasts)
    inline = [one or other for one, other in _INLINE.findall(said)]
    bare = (*concept.formulas, *(symbol.tex for symbol in concept.symbols), *inline)
    for formula in dict.fromkeys(bare):
        reason = maths.lint(formula)
        if reason:
            yield f"{formula}: {reason}"
