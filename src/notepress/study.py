"""Cards -> the questions that Anki asks about them, in the kinds that a book wants.

A card is one note of question and answer, as its author wrote it. It can be asked in
other ways too: as a term in either language, with holes in its lists and formulas, by
the words of its drawing. Each is a note of its own, with a GUID from book, card and
kind, so that a book may take up a kind or give it up without touching the others.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final

from notepress import cloze, strict
from notepress.cloze import Hidden
from notepress.figures import DrawingError, Named
from notepress.knowledge import Knowledge
from notepress.model import Bilingual, Card, Edition, Figure, Kind, Shown

_ASIDE: Final = re.compile(r"（[^（）]*）|\([^()]*\)")
_ASKS: Final = re.compile("[?？]")

# A name on a drawing, in characters of Chinese, and in how many places it is a mere filler.
_LONGEST_NAME: Final = 12
_FILLER: Final = 3

# Fewer words are too few to ask for; of more, the eye finds the hole and not the sense.
FEWEST_NAMES: Final = 3
MOST_NAMES: Final = 16

# How a kind's fields are written is no part of a note's digest, so that a better way of
# writing reaches the notes that change anyhow, and leaves users the tags on the others.
# Where it has to reach all of a kind, its number here is raised.
_WRITING: Final[Mapping[Kind, int]] = dict.fromkeys(Kind, 1)


@dataclass(frozen=True, slots=True)
class Fact:
    """One note to be: what is asked about a card, and how.

    ``key`` names it in ``book.lock``, and a card's id names its first. ``names`` are
    those of a term; ``hidden`` is a text with holes; ``figure`` is the drawing whose
    words are covered. ``cards`` are the places of its cards on the note; where it hides
    parts, their numbers say it.
    """

    kind: Kind
    card: Card
    number: int
    key: str
    cards: tuple[int, ...] = (0,)
    names: Bilingual = Bilingual()
    hidden: Hidden | None = None
    figure: Figure | None = None


def facts(edition: Edition) -> tuple[Fact, ...]:
    """Give every note of an edition, kind by kind, each in the order of the book.

    A kind comes after the one before it: nobody is to meet a card's second form on
    the day of the first.
    """
    return tuple(fact for kind in edition.book.study.kinds for fact in _MAKERS[kind](edition))


def terms(cards: Iterable[Card], knowledge: Knowledge) -> dict[str, Bilingual]:
    """Name the concepts of cards that ask nothing but a name, in both languages, by card id."""
    found: dict[str, Bilingual] = {}
    for card in cards:
        bare = _ASIDE.sub("", card.question.zh).strip()
        concept = knowledge.named(bare)
        if _ASKS.search(card.question.zh + card.question.en):
            continue
        if concept and concept.name.zh and concept.name.en:
            told = concept.abbr.casefold() in ("", concept.name.en.casefold())
            short = "" if told else f" ({concept.abbr})"
            found[card.id] = Bilingual(concept.name.zh, concept.name.en + short)
    return found


def covers(names: Iterable[Named]) -> dict[str, tuple[Named, ...]]:
    """Group what is to be covered at once by its word: one that stands in two places in both.

    What stands in three or more is an example or a filler, and a sentence is a caption.
    Nothing is to be covered on a drawing with too few words to ask for, or too many.
    """
    words: dict[str, list[Named]] = {}
    for name in names:
        if len(name.text.zh) <= _LONGEST_NAME and len(name.text.en) <= 2 * _LONGEST_NAME:
            words.setdefault(name.text.zh or name.text.en, []).append(name)
    groups = {word: tuple(held) for word, held in words.items() if len(held) < _FILLER}
    return groups if FEWEST_NAMES <= len(groups) <= MOST_NAMES else {}


Words = Callable[[bytes], Iterable[Named]]
"""Takes a drawing; gives the words on it, or raises ``DrawingError``."""


def digests(
    edition: Edition,
    found: Iterable[Fact],
    pictures: Mapping[str, bytes],
    words: Words,
) -> dict[str, Shown]:
    """Digest what each note shows; a change of it is what makes Anki take an update.

    Number, lines and related cards are left out: they change with other cards. ``words``
    reads those that stand on a drawing.
    """
    shown: dict[str, list[object]] = {}
    seen = {name: hashlib.sha256(data).hexdigest() for name, data in pictures.items()}
    said: dict[str, Shown] = {}
    for fact in found:
        card = fact.card
        if card.id not in shown:
            shown[card.id] = _shown(card, edition, seen)
        content = shown[card.id]
        if fact.kind not in (Kind.QA, Kind.QA_EN):
            more = (fact.names, fact.hidden or "", fact.figure or "")
            content = [*content, fact.kind.value, *map(strict.to_plain, more)]
        if _WRITING[fact.kind] > 1:
            content = [*content, _WRITING[fact.kind]]
        text = json.dumps(content, ensure_ascii=False, sort_keys=True)
        holes = fact.hidden.parts if fact.hidden else _covered(fact.figure, pictures, words)
        said[fact.key] = Shown(_digest(text, 16), tuple(_digest(part, 8) for part in holes))
    return said


def _covered(figure: Figure | None, pictures: Mapping[str, bytes], words: Words) -> tuple[str, ...]:
    """Give the words that are covered on a drawing; the deck says of a broken one that it is."""
    if figure is None or figure.file not in pictures:
        return ()
    try:
        return tuple(covers(words(pictures[figure.file])))
    except DrawingError:
        return ()


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def _shown(card: Card, edition: Edition, seen: Mapping[str, str]) -> list[object]:
    bare = replace(card, changes=(), origins=(), raw="", remark="", related=())
    plain = replace(bare, short=Bilingual())
    media = [seen.get(figure.file, "") for figure in card.figures]
    cited = [str(r) for r in edition.references if any(s.startswith(r.key) for s in card.sources)]
    spoken = ["speech"] if edition.book.study.speech else []
    return [strict.to_plain(plain), media, sorted(cited), *spoken]


def _numbered(edition: Edition) -> Iterator[tuple[int, Card]]:
    return enumerate(edition.cards, 1)


def _questions(edition: Edition) -> Iterator[Fact]:
    for number, card in _numbered(edition):
        yield Fact(Kind.QA, card, number, card.id)


def _english(edition: Edition) -> Iterator[Fact]:
    for number, card in _numbered(edition):
        if card.question.en and (card.answer.en or not card.answer.zh):
            yield Fact(Kind.QA_EN, card, number, _key(card, Kind.QA_EN))


def _terms(edition: Edition) -> Iterator[Fact]:
    for number, card in _numbered(edition):
        names = edition.terms.get(card.id, Bilingual())
        if names.zh and names.en and names.zh.casefold() != names.en.casefold():
            yield Fact(Kind.TERM, card, number, _key(card, Kind.TERM), (0, 1), names)


def _clozes(edition: Edition) -> Iterator[Fact]:
    for number, card in _numbered(edition):
        hidden = cloze.passages(card)
        if hidden:
            yield Fact(Kind.CLOZE, card, number, _key(card, Kind.CLOZE), hidden=hidden)


def _formulas(edition: Edition) -> Iterator[Fact]:
    """Ask for each formula once, whatever number of cards show it."""
    owners = _owners((card, card.formulas) for card in edition.cards)
    for number, card in _numbered(edition):
        own = tuple(f for f in dict.fromkeys(card.formulas) if owners[f] == card.id)
        if own:
            hidden = cloze.formulas(replace(card, formulas=own))
            yield Fact(Kind.FORMULA, card, number, _key(card, Kind.FORMULA), hidden=hidden)


def _pictures(edition: Edition) -> Iterator[Fact]:
    """Cover the words of each drawing once, whatever number of cards show it."""
    owners = _owners((card, [f.file for f in card.figures]) for card in edition.cards)
    for number, card in _numbered(edition):
        for figure in card.figures:
            if figure.origin == "drawn" and owners[figure.file] == card.id:
                key = f"{_key(card, Kind.OCCLUSION)}/{PurePosixPath(figure.file).stem}"
                yield Fact(Kind.OCCLUSION, card, number, key, figure=figure)


def _owners(held: Iterable[tuple[Card, Sequence[str]]]) -> dict[str, str]:
    """Say which card asks for what several show: the one with the least of it.

    The order of the cards has no say, so that moving one moves nobody's progress.
    """
    ranked = sorted((len(things), card.id, things) for card, things in held)
    owners: dict[str, str] = {}
    for _, card_id, things in ranked:
        for thing in things:
            owners.setdefault(thing, card_id)
    return owners


def _key(card: Card, kind: Kind) -> str:
    return f"{card.id}/{kind}"


_MAKERS: Final = {
    Kind.QA: _questions,
    Kind.QA_EN: _english,
    Kind.TERM: _terms,
    Kind.CLOZE: _clozes,
    Kind.FORMULA: _formulas,
    Kind.OCCLUSION: _pictures,
}
