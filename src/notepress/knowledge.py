"""content/knowledge/*.yaml -> Knowledge: what the tool knows of the field, and where from.

A concept is looked up by any of its names. Nothing here is keyed to anybody's
notes: wrong forms and claims are patterns that any text can hold.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from notepress import patterns
from notepress.model import Bilingual, Keep, Reference, Symbol, Topic, unkept


@dataclass(frozen=True, slots=True)
class Contrast:
    """How a concept differs from another; ``other`` is that concept's id."""

    other: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Claim:
    r"""A statement that is wrong or imprecise, as a pattern over corrected Chinese.

    ``replace`` is the text for the whole match (``\g<name>`` takes a group of it).
    ``kind`` is ``fact`` (wrong), ``imprecise``, ``garbled`` (a clause that can't be
    read as it stands) or ``quotation`` (somebody else's sentence, to be re-worded).
    """

    pattern: str
    replace: str
    reason: str
    source: str
    kind: str = "fact"


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing that has a name, in both languages.

    ``definition`` is a full answer; ``short`` the same in a line or two, for print;
    ``gloss`` one phrase, without a full stop, fit for "name: gloss" inside a list.
    ``symbols`` say what the letters of ``formulas`` stand for. ``asks`` are Chinese
    questions that this concept answers, where its name alone would not say so.
    ``parts`` are ids of the concepts that a question about this one should name;
    ``figures`` ids of the drawings that show it, its own by default. ``wrong`` are
    forms that are never right, each for the name that it should be. ``points``
    enumerate what a list about the concept ought to hold.
    """

    id: str
    topic: str
    name: Bilingual
    definition: Bilingual
    short: Bilingual = Bilingual()
    gloss: Bilingual = Bilingual()
    question: Bilingual = Bilingual()
    abbr: str = ""
    aliases: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    wrong: Mapping[str, str] = field(default_factory=dict)
    formulas: tuple[str, ...] = ()
    symbols: tuple[Symbol, ...] = ()
    points: tuple[Bilingual, ...] = ()
    pitfall: Bilingual = Bilingual()
    contrasts: tuple[Contrast, ...] = ()
    claims: tuple[Claim, ...] = ()
    parts: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every right name, the canonical Chinese one first."""
        given = (self.name.zh, self.name.en, self.abbr, *self.aliases)
        return tuple(dict.fromkeys(name for name in given if name))


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the field in its right spelling and letter case, without a concept of its own."""

    term: str
    zh: str = ""


@dataclass(frozen=True, slots=True)
class Homophone:
    """A word typed for another of the same sound, and the context in which it is wrong.

    ``where`` is a pattern whose group ``x`` is the wrong word; the words around it
    are what makes it wrong there. ``sure`` is false where the change is a guess.
    """

    wrong: str
    right: str
    where: str
    sure: bool = True


@dataclass(frozen=True, slots=True)
class QuestionForm:
    """A way to ask in Chinese, and the same in English; ``{x}``, ``{y}`` stand for terms.

    ``kind`` is what is asked for: ``definition``, ``contrast``, ``list``, ``reason``.
    """

    zh: str
    en: str
    kind: str = "definition"


def faults(item: object) -> Iterator[str]:
    """Tell what of a piece of knowledge can't be used as a pattern, and why."""
    try:
        if isinstance(item, Homophone) and "x" not in re.compile(item.where).groupindex:
            yield f"{item.where!r} has no group x, which is the wrong word"
        if isinstance(item, Concept):
            for claim in item.claims:
                # Compiling the template alone would do, but the standard library hides it.
                re.compile(f"(?:{claim.pattern})|").sub(claim.replace, "")
        if isinstance(item, QuestionForm) and max(item.zh.count("{x}"), item.zh.count("{y}")) > 1:
            yield f"{item.zh!r} names a term twice"
    except (re.error, IndexError, OverflowError, RecursionError) as error:
        yield f"a pattern can't be read: {error}"


def slow(item: object) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Tell which patterns of a piece of knowledge may take for ever, where in it, and why."""
    if isinstance(item, Homophone) and (why := patterns.slow(item.where)):
        yield ("where",), why
    for place, claim in enumerate(item.claims if isinstance(item, Concept) else ()):
        why = patterns.slow(claim.pattern)
        if why:
            yield ("claims", place, "pattern"), why


@dataclass(frozen=True, slots=True)
class Mention:
    """A concept's name found in a text: its start and end there, in code points."""

    start: int
    end: int
    concept: Concept


# Compared by identity, so that what is derived from it can be cached under it.
@dataclass(frozen=True, eq=False)
class Knowledge:
    """All that is known, with the look-ups that stages need."""

    concepts: tuple[Concept, ...] = ()
    references: tuple[Reference, ...] = ()
    terms: tuple[Term, ...] = ()
    homophones: tuple[Homophone, ...] = ()
    questions: tuple[QuestionForm, ...] = ()
    topics: tuple[Topic, ...] = ()
    # What takes long to derive from it may be kept under it, from one run to the next.
    keep: Keep = unkept

    @cached_property
    def by_id(self) -> Mapping[str, Concept]:
        """Concepts by id; of two with one id the first, a book's own before the tool's."""
        return {concept.id: concept for concept in reversed(self.concepts)}

    @cached_property
    def _by_name(self) -> Mapping[str, Concept]:
        named = ((fold(name), c) for c in reversed(self.concepts) for name in reversed(c.names))
        return {key: concept for key, concept in named if key}

    @cached_property
    def _by_ask(self) -> Mapping[str, Concept]:
        return {fold(ask): c for c in reversed(self.concepts) for ask in c.asks}

    @cached_property
    def _sizes(self) -> Mapping[str, tuple[int, ...]]:
        """How long the names are that begin with a character, the longest first."""
        sizes: dict[str, set[int]] = {}
        for name in self._by_name:
            sizes.setdefault(name[0], set()).add(len(name))
        return {first: tuple(sorted(held, reverse=True)) for first, held in sizes.items()}

    @cached_property
    def compiled_claims(self) -> tuple[tuple[re.Pattern[str], Claim, Concept], ...]:
        """Every claim with its pattern compiled, in the order of the concepts."""
        return tuple((re.compile(k.pattern), k, c) for c in self.concepts for k in c.claims)

    @cached_property
    def contrasted(self) -> Mapping[str, tuple[str, ...]]:
        """What each concept is told apart from, by its id: a contrast serves both of its sides."""
        found: dict[str, dict[str, None]] = {}
        for concept in self.concepts:
            for contrast in concept.contrasts:
                found.setdefault(concept.id, {})[contrast.other] = None
                found.setdefault(contrast.other, {})[concept.id] = None
        return {concept: tuple(others) for concept, others in found.items()}

    def named(self, name: str) -> Concept | None:
        """Give the concept of this name, whatever its case, spacing and punctuation."""
        return self._by_name.get(fold(name))

    def asked(self, question: str) -> Concept | None:
        """Give the concept that answers this very question."""
        return self._by_ask.get(fold(question))

    @cached_property
    def asks(self) -> Mapping[str, Concept]:
        """Folded questions with the concept that answers each."""
        return self._by_ask

    def mentions(self, text: str) -> Iterator[Mention]:
        """Yield the concepts that a text names, in order, longest names first, none overlapping."""
        folded, places = _fold_with_places(text)
        at = 0
        while at < len(folded):
            mention = self._mention_at(text, folded, places, at)
            if mention is None:
                at += 1
                continue
            yield mention
            while at < len(folded) and places[at] < mention.end:
                at += 1

    def _mention_at(self, text: str, folded: str, places: list[int], at: int) -> Mention | None:
        for size in self._sizes.get(folded[at], ()):
            concept = (
                self._by_name.get(folded[at : at + size]) if at + size <= len(folded) else None
            )
            if concept is None:
                continue
            start, end = places[at], places[at + size - 1] + 1
            if not _splits_word(text, start, end):
                return Mention(start, end, concept)
        return None


# The same names and questions are looked up again and again.
@lru_cache(maxsize=1 << 16)
def fold(text: str) -> str:
    """Give what two spellings of one name share: no case, width, spacing or punctuation."""
    return _fold_with_places(text)[0]


def _fold_with_places(text: str) -> tuple[str, list[int]]:
    letters: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        for letter in unicodedata.normalize("NFKC", char).casefold():
            if letter.isalnum() or letter in "&+":
                letters.append(letter)
                places.append(place)
    return "".join(letters), places


def _splits_word(text: str, start: int, end: int) -> bool:
    """Tell whether a match begins or ends inside a Latin word or a number."""

    def latin(at: int) -> bool:
        return 0 <= at < len(text) and text[at].isascii() and text[at].isalnum()

    return (latin(start - 1) and latin(start)) or (latin(end - 1) and latin(end))


def merge(parts: Iterable[Knowledge]) -> Knowledge:
    """Join several sources of knowledge; of two things with one name the first is taken."""
    whole = tuple(parts)
    concepts: dict[str, Concept] = {}
    references: dict[str, Reference] = {}
    for part in whole:
        for concept in part.concepts:
            concepts.setdefault(concept.id, concept)
        for reference in part.references:
            references.setdefault(reference.key, reference)
    return Knowledge(
        concepts=tuple(concepts.values()),
        references=tuple(references.values()),
        terms=tuple(t for k in whole for t in k.terms),
        homophones=tuple(h for k in whole for h in k.homophones),
        questions=tuple(q for k in whole for q in k.questions),
        topics=tuple({t.id: t for k in reversed(whole) for t in k.topics}.values()),
    )
