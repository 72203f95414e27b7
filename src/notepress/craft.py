"""Cards -> Findings about how they are made: what a learner or Anki would stumble over.

``check`` looks for what is wrong with a card, this for what is right and still no good
card: a question that tells its own answer, an answer too long to be recalled, a formula
that ends a cloze in its middle, tags that Anki reads otherwise than they were meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from notepress.knowledge import Knowledge
from notepress.model import Bilingual, Card, Finding, Level, Span
from notepress.store import place

# Twice what the longest card of the shipped book holds (162 Han, 120 words): beyond it
# nobody recalls an answer as one.
LONGEST_ZH: Final = 320
LONGEST_EN: Final = 240

_MATHS: Final = re.compile(r"\\\((?:.+?)\\\)|\\\[(?:.+?)\\\]", re.DOTALL)
_CLOZE: Final = re.compile(r"\{\{c\d{1,3}::")
_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_WORD: Final = re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*")
_CLAUSE_END: Final = re.compile(r"[。！？；;!?\n]|\.(?=\s|$)")
_MARKS: Final = re.compile(r"[^\w\\{}^=+<>/*-]|_")
# What only leads up to the answer: 是一种, “it is a”.
_LEAD: Final = re.compile(
    r"^(?:它|这|其|就|即|也)*(?:是指|指的是|是|指|为|叫做?|称为)?(?:一[种类个]|某种)?"
    r"|^(?:(?:it|this|they|these|that)\s+)?(?:is|are|means?|refers?\s+to)?\s*(?:an?|the)?\s+",
    re.IGNORECASE,
)
_CHOICE: Final = re.compile(
    r"还是|哪[一个种]|吗|是否|\bor\b|\bwhich\b|^(?:is|are|does|do|can)\b", re.IGNORECASE
)
_SHORTEST_ZH: Final = 4
_SHOWN: Final = 40
_SHORTEST_EN: Final = 3


def look(cards: Iterable[Card], knowledge: Knowledge) -> tuple[Finding, ...]:
    """Look over how cards are made."""
    names = {_bare(name) for concept in knowledge.concepts for name in concept.names}
    return tuple(
        finding
        for card in cards
        for finding in (
            *_cloze(card),
            *_tags(card),
            *_given_away(card, names),
            *_length(card),
        )
    )


def unused(pictures: Iterable[str], cards: Iterable[Card]) -> Iterator[Finding]:
    """Tell which pictures of the author's no card shows."""
    shown = {figure.file for card in cards for figure in card.figures}
    for name in sorted(set(pictures) - shown):
        hint = "Link it from a note, as ../images/NAME, or take it out of the folder."
        message = "no card shows this picture"
        yield Finding("PICTURE-UNUSED", Level.WARNING, Span(f"images/{name}"), message, hint)


def _say(code: str, card: Card, text: str, message: str, hint: str) -> Finding:
    return Finding(code, Level.WARNING, place(card, text), f"{card.id}: {message}", hint)


def _texts(card: Card) -> Iterator[str]:
    for said in (card.question, card.answer, card.pitfall):
        yield from (said.zh, said.en)


def _cloze(card: Card) -> Iterator[Finding]:
    r"""Find clozes written by hand, and those that end at ``}}`` within ``\frac{a}{b_{i}}``.

    The deck makes its clozes itself, and keeps what is in them from ending them early.
    """
    for text in _texts(card):
        for opening in _CLOZE.finditer(text):
            shown = text[opening.start() :].partition("\n")[0][:_SHOWN]
            end = text.find("}}", opening.end())
            formulas = [f for f in _MATHS.finditer(text, opening.end()) if f.start() < end]
            ending = next((f[0] for f in formulas if end < f.end()), "")
            hinting = next((f[0] for f in formulas if "::" in f[0]), "")
            if ending:
                hint = "Part the two with a space, } }, which changes nothing in the formula."
                message = f"}}}} in {ending} ends the cloze around it"
                yield _say("CLOZE-END", card, ending, message, hint)
            elif hinting:
                hint = r"Write :\,: or \colon\colon instead."
                message = f":: in {hinting} makes a hint of what follows it"
                yield _say("CLOZE-END", card, hinting, message, hint)
            else:
                hint = "Leave the marks out; `study: {cards: [qa, cloze]}` hides parts of answers."
                message = f"{shown} is shown as it stands, marks and all"
                yield _say("CLOZE-TEXT", card, opening[0], message, hint)


def _tags(card: Card) -> Iterator[Finding]:
    for tag in card.tags:
        if len(tag.split()) != 1:
            said = "_".join(tag.split())
            hint = "A tag is one word. Join its parts with - or _, or make it two tags."
            message = f"Anki parts tags at spaces, so {tag!r} becomes {said!r}"
            yield _say("TAG-SPLIT", card, tag, message, hint)
        if "::" in tag:
            hint = "Write a single colon or a hyphen. The topic is made a parent tag anyway."
            message = f"Anki reads {tag!r} as a tag below another one"
            yield _say("TAG-TREE", card, tag, message, hint)


def _given_away(card: Card, names: set[str]) -> Iterator[Finding]:
    """Find a first clause of the answer that stands, word by word, in the question."""
    for language in ("zh", "en"):
        question, answer = (getattr(said, language) for said in (card.question, card.answer))
        phrase = _LEAD.sub("", next(filter(None, map(str.strip, _CLAUSE_END.split(answer))), ""))
        bare = _bare(phrase)
        long = len(_HAN.findall(phrase)) >= _SHORTEST_ZH or len(phrase.split()) >= _SHORTEST_EN
        if long and bare not in names and bare in _bare(question) and not _chosen(question):
            hint = "Ask without saying it, or ask for something else."
            yield _say(
                "ANSWER-GIVEN", card, question, f"the question says the answer: {phrase}", hint
            )
            return


def _chosen(question: str) -> bool:
    """Whether a question offers answers to choose from, which it has to name."""
    return _CHOICE.search(question) is not None


def _bare(text: str) -> str:
    return _MARKS.sub("", text).casefold()


def _length(card: Card) -> Iterator[Finding]:
    han, words = _measured(card.answer)
    if han > LONGEST_ZH or words > LONGEST_EN:
        said = f"{han} characters" if han > LONGEST_ZH else f"{words} words"
        hint = "Make several cards of it: one question, one thing to recall."
        message = f"{card.id}: the answer has {said}, which is too long to be one card"
        yield Finding("ANSWER-LONG", Level.NOTE, place(card), message, hint)


def _measured(answer: Bilingual) -> tuple[int, int]:
    """Count characters and words, a formula as one of either."""
    zh, en = (_MATHS.sub(" x ", text) for text in (answer.zh, answer.en))
    return len(_HAN.findall(zh)) + len(_WORD.findall(zh)), len(_WORD.findall(en))
