"""The path from notes to cards, stage by stage; ``publishing`` goes on from there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from notepress import (
    figures,
    files,
    identity,
    maths,
    renderers,
    store,
)
from notepress.beside import beside
from notepress.caching import Cache, Memo
from notepress.check import check
from notepress.completers import prompts, suggestions
from notepress.completers.prompts import Ask, Open
from notepress.completers.replies import Free, Judge, objection
from notepress.completers.suggestions import Answers
from notepress.compose import Composed, Shelf, about, compose
from notepress.craft import look, unused
from notepress.decisions import Decisions, proposed
from notepress.figures import DrawingError
from notepress.files import Sources
from notepress.fixers import Text, correct
from notepress.grouping import group
from notepress.identity import BookLock
from notepress.knowledge import Knowledge
from notepress.merge import Lock, merge
from notepress.model import (
    Bilingual,
    Book,
    Card,
    Entry,
    Finding,
    Keep,
    Level,
    Origin,
    Outcome,
    Span,
    Status,
    Topic,
    Unresolved,
    unkept,
)
from notepress.pictures import Pictures
from notepress.segment import segment
from notepress.store import Rest

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ingested:
    """Cards made of notes, the files under the book's folder that say so, and what is open."""

    cards: tuple[Card, ...]
    rest: Rest
    lock: BookLock
    changed: Mapping[str, bytes]
    gone: tuple[str, ...] = ()
    open: tuple[Open, ...] = ()
    answers: Answers = Answers()


def ingest(sources: Sources, progress: Progress, cache: Cache | None = None) -> Outcome[Ingested]:
    """Make cards of a book's notes; nothing but the cache is written."""
    if not sources.notes:
        return Outcome(Ingested(sources.cards, sources.rest, sources.lock, {}))
    book, knowledge = sources.book, sources.knowledge
    decisions = Decisions(sources.decisions)
    progress("segment")
    segmented = [segment(note) for note in sources.notes]
    entries = [entry for outcome in segmented for entry in outcome.value.entries]
    findings = [finding for outcome in segmented for finding in outcome.findings]
    structure = [part for outcome in segmented for part in outcome.value.structure]
    progress("fix")
    replied = suggestions.gather(sources.replies, _untouchable(()))
    answers = replied.value
    findings += [*replied.findings, *suggestions.unused(sources.replies, entries)]
    free = _untouchable(book.keep)
    fixed = [answers.correct(entry, free) for entry in _corrected(entries, sources, cache)]
    wanted = ["" if decisions.merges(entry) else _natural_id(entry, knowledge) for entry in fixed]
    ids = identity.assign(fixed, wanted, sources.lock, sources.cards)
    found = group(fixed, wanted, ids, decisions)
    progress("complete")
    shelf = _shelf(sources, answers, decisions)
    composed = {
        card_id: compose(tuple(held), card_id, shelf) for card_id, held in found.questions.items()
    }
    made = [outcome.value for outcome in composed.values() if outcome.value.question.zh]
    unresolved = [
        Unresolved(origin, outcome.value.raw, "nothing in it that is known, and no question")
        for outcome in composed.values()
        if not outcome.value.question.zh
        for origin in outcome.value.origins
    ]
    progress("merge")
    ordered = in_order(made, book.topics)
    merged = merge(ordered, sources.cards, sources.cards_lock, decisions)
    cards = in_order(list(merged.value.cards), book.topics)
    findings += [_unresolved(part) for part in unresolved]
    findings += _still_true(composed.values(), cards)
    rest = Rest(tuple(unresolved), (*structure, *found.dropped, *merged.value.deleted))
    raws = {i: tuple(e.raw for e in found.questions.get(i, ())) for i in (c.id for c in cards)}
    lock = identity.remember(sources.lock, book.id, cards, raws)
    texts = store.unchanged(sources.card_files, store.dump_all(cards, rest))
    findings += [*merged.findings, *decisions.stale(files.DECISIONS)]
    findings += store.comments_lost(sources.card_files, texts)
    changed = {path: text.encode() for path, text in texts.items()}
    changed[files.CARDS_LOCK] = files.dump_json(_plain_lock(merged.value.lock))
    gone = tuple(path for path in sources.card_files if path not in texts)
    still = tuple(_still_open(composed.values(), cards))
    made_of = Ingested(tuple(cards), rest, lock, changed, gone, still, answers)
    return Outcome(made_of, tuple(findings))


# Fewer entries are corrected before another process has begun.
_MANY: Final = 300


def _corrected(entries: Iterable[Entry], sources: Sources, cache_: Cache | None) -> list[Entry]:
    """Correct entries; one that was corrected before comes from the cache, wherever it moved."""
    book = sources.book
    key = [book.id, sources.knowledge_digest, dict(book.rules), book.keep]
    memo = Memo(cache_, "entries", json.dumps(key, ensure_ascii=False, sort_keys=True))
    correct_all = partial(_correct_all, sources.knowledge, dict(book.rules), book.keep)
    listed = list(entries)
    bare = [_placed(entry, "", 1) for entry in listed]
    names = [_digest(entry) for entry in bare]
    new = {name: entry for name, entry in zip(names, bare, strict=True) if name not in memo}
    made = dict(zip(new, _by_halves(correct_all, list(new.values())), strict=True))

    def corrected(name: str, entry: Entry) -> Entry:
        return memo.of(name, Entry, lambda: made.get(name) or correct_all([entry])[0])

    found = [
        _placed(corrected(name, alone), entry.origin.path, entry.origin.first_line)
        for name, alone, entry in zip(names, bare, listed, strict=True)
    ]
    memo.close()
    return found


def _by_halves(
    correct_all: Callable[[list[Entry]], list[Entry]], entries: list[Entry]
) -> list[Entry]:
    """Correct many entries in two processes."""
    half = len(entries) // 2 if len(entries) >= _MANY else 0
    with beside(partial(correct_all, entries[:half])) if half else nullcontext(list) as first:
        second = correct_all(entries[half:])
        return [*first(), *second]


def _correct_all(
    knowledge: Knowledge, rules: Mapping[str, str], keep: tuple[str, ...], entries: list[Entry]
) -> list[Entry]:
    return [correct(entry, knowledge, rules, keep).value for entry in entries]


def _digest(entry: Entry) -> str:
    # What a dataclass shows of itself is all that it holds.
    return hashlib.sha256(repr(entry).encode()).hexdigest()


def _placed(entry: Entry, path: str, first_line: int) -> Entry:
    """Move an entry, and all that is told about its lines, to another place."""
    down = first_line - entry.origin.first_line
    origin = Origin(path, first_line, entry.origin.last_line + down)
    changes = (replace(c, path=path, line=c.line + down) for c in entry.changes)
    return replace(entry, origin=origin, changes=tuple(changes))


def asks(sources: Sources, ingested: Ingested) -> tuple[Ask, ...]:
    """Give all that a language model can be asked about a book's cards, and wasn't so far."""
    known = ingested.answers.known
    return tuple(
        ask for still in ingested.open for ask in prompts.asks(still, sources.knowledge, known)
    )


def judge(sources: Sources) -> Judge:
    """Give what says of a reply why it may not be used."""
    free = _untouchable(sources.book.keep)
    return lambda asked, reply: objection(asked, reply, sources.knowledge, free(asked.text))


def _untouchable(keep: tuple[str, ...]) -> Callable[[str], Free]:
    """Give what tells of a text where nothing may be touched, words to keep among it."""
    return lambda text: Text(text, keep).free


def _still_open(composed: Iterable[Composed], cards: Iterable[Card]) -> Iterator[Open]:
    """Give what is open about the cards that are kept, less what a person has seen to."""
    kept = {card.id: card for card in cards}
    for outcome in composed:
        card = kept.get(outcome.value.id)
        if card is None:
            continue
        finished = card.status is not Status.UNFINISHED
        translated = card.question.en and card.answer.en
        yield replace(
            outcome.open,
            gaps=() if finished else outcome.open.gaps,
            sentences=() if translated else outcome.open.sentences,
        )


def _still_true(composed: Iterable[Outcome[Card]], cards: Iterable[Card]) -> Iterator[Finding]:
    """Give what was found on the cards as generated, less what a person has put right since."""
    kept = {card.id: card for card in cards}
    for outcome in composed:
        card = kept.get(outcome.value.id)
        done = {"UNFINISHED", "UNTRANSLATED"} if card is None else set()
        if card and card.status is not Status.UNFINISHED:
            done.add("UNFINISHED")
        if card and card.question.en and card.answer.en:
            done.add("UNTRANSLATED")
        yield from (finding for finding in outcome.findings if finding.code not in done)


def _unresolved(part: Unresolved) -> Finding:
    span = Span(part.origin.path, part.origin.first_line)
    hint = "Write it as a question with its answer, or let python build.py review drop it."
    return Finding("UNRESOLVED", Level.WARNING, span, part.reason, hint)


def _alts(drawings: Mapping[str, str]) -> Iterator[tuple[str, Bilingual]]:
    """Give the alternative text of every drawing that can be read; ``overview`` tells of others."""
    for concept, svg in drawings.items():
        with suppress(DrawingError):
            yield concept, figures.alt(svg)


def _natural_id(entry: Entry, knowledge: Knowledge) -> str:
    """Give the id that an entry's subject asks for, the same before and after its proposals."""
    return about(proposed(entry), knowledge).id or about(entry, knowledge).id


def _plain_lock(lock: Lock) -> dict[str, dict[str, str]]:
    return {card_id: dict(digests) for card_id, digests in lock.items()}


def _shelf(sources: Sources, answers: Answers, decisions: Decisions) -> Shelf:
    return Shelf(
        knowledge=sources.knowledge,
        memory=sources.memory,
        drawings=dict(_alts(sources.drawings)),
        pictures=frozenset(sources.pictures),
        topics=tuple(topic.id for topic in sources.book.topics),
        answers=answers,
        decisions=decisions,
    )


def in_order(cards: list[Card], topics: tuple[Topic, ...]) -> list[Card]:
    """Put cards in study order: topics as the book lists them, then as the notes go."""
    places = {topic.id: place for place, topic in enumerate(topics)}
    last = len(places)
    return sorted(
        cards,
        key=lambda card: (places.get(card.topic, last), "" if card.topic in places else card.topic),
    )


def overview(
    findings: tuple[Finding, ...], sources: Sources, ingested: Ingested, cache: Cache | None = None
) -> tuple[Finding, ...]:
    """Look over the cards as well: what ``check`` finds, after what the stages said."""
    memo = Memo(cache, "formulas", sources.book.id)

    def lint(latex: str) -> str | None:
        return memo.of(latex, str, lambda: maths.lint(latex) or "") or None

    found = check(ingested.cards, sources.knowledge, lint)
    memo.close()
    return (
        *findings,
        *found,
        *look(ingested.cards, sources.knowledge),
        *_pictures(sources, ingested, cache),
        *unused(sources.pictures, ingested.cards),
        *_unknown_outputs(sources.book),
    )


def _unknown_outputs(book: Book) -> Iterator[Finding]:
    for name in book.also:
        if name not in renderers.kinds():
            hint = f"also: may list {', '.join(renderers.kinds())}."
            message = f"{name} is no output"
            yield Finding("OUTPUT-UNKNOWN", Level.ERROR, Span(files.BOOK), message, hint)


def keeping(cache: Cache | None) -> Keep:
    """Give what keeps single pictures in a cache, if there is one."""
    return partial(cache.piece, "pieces") if cache else unkept


def _pictures(sources: Sources, ingested: Ingested, cache: Cache | None) -> Iterator[Finding]:
    """Prove every picture of the author's that a card shows, and every drawing."""
    for concept, svg in sources.drawings.items():
        yield from figures.check(svg, f"{files.DRAWINGS}/{concept}.svg")
    shown = {figure.file for card in ingested.cards for figure in card.figures}
    maker = Pictures(keeping(cache), {})
    for name in sorted(shown & set(sources.pictures)):
        yield from maker.photo(files.picture(sources.pictures[name]), f"images/{name}").findings
