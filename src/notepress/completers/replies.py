r"""A language model's reply -> a value that may be used, or the reason why it may not.

A reply is a stranger's text. It is read strictly, measured against what was asked, and
used whole or not at all; even then what it holds is only proposed. One that was used is
kept in ``content/replies`` and measured again each time it is read.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from notepress import maths, strict
from notepress.knowledge import Knowledge

FOLDER = "content/replies"
PROMPT = 1
"""The version of what is asked, and of what a reply may hold."""

LONGEST_NAME = 100
"""How long the name of a model may be."""

Judge = Callable[["Asked", "Reply"], str]
"""Says why a reply may not be used; "" where it may."""

Free = Callable[[int, int], bool]
"""Tells whether a place of a text holds nothing that must stay: code, formulas, links."""

MEANING = "meaning"
_LONGEST_REPLY = 64_000
_DEEPEST = 6
_MOST = 40
_LONGEST_PLACE = 200
_LONGEST_ADDITION = 1500
_SHORT = 12
# English takes more letters than Chinese characters, but not that many more.
_STRETCH = 8

_HAN = re.compile(r"[\u3400-\u9fff]")
_FULL_WIDTH = re.compile(r"[\u3000-\u303f\uff01-\uff5e]")
_CODE = re.compile(r"`[^`\n]+`")
_FORMULA = re.compile(r"\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_FOREIGN = {
    "HTML": re.compile(r"<[A-Za-z/!?]|&#?\w+;"),
    "a link": re.compile(r"\]\s*[(\[]|://|\bwww\.|\b(?:javascript|data|mailto):", re.IGNORECASE),
    "a dollar sign": re.compile(r"\$"),
    "a heading, a table or a quotation": re.compile(r"^\s*(?:#|>|\|)", re.MULTILINE),
    "a formula that isn't closed": re.compile(r"\\"),
    "code that isn't closed": re.compile(r"`"),
}
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_NEGATION = re.compile(r"[不没无非未否勿莫]")
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_MARK = re.compile(r"\s*(?:[-*+]|\d{1,3}\.)\s+")
_FENCE = re.compile(r"\s*```(?:json)?\s*\n(.*)\n\s*```\s*", re.DOTALL)
_THOUGHT = re.compile(r"\s*<think>.*?</think>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Edit:
    """A correction: what stands once in a line of the entry, and what should stand there.

    ``alters`` is ``form`` or ``meaning``; only the latter may touch a number, a
    negation or a term.
    """

    line: int
    before: str
    after: str
    reason: str
    alters: str = "form"


@dataclass(frozen=True, slots=True)
class Addition:
    """What fills a gap, in both languages."""

    gap: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Translation:
    """The English of a sentence, which goes by its number, from 1."""

    sentence: int
    en: str


@dataclass(frozen=True, slots=True)
class Reply:
    """All that a model may say of an entry."""

    edits: tuple[Edit, ...] = ()
    additions: tuple[Addition, ...] = ()
    translations: tuple[Translation, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reply is measured against: the entry as it stood, and what was open.

    ``raw`` is the digest of the lines as typed, by which a reply is found again;
    ``request`` that of all that was asked, so that it isn't asked twice.
    """

    raw: str
    request: str
    text: str
    gaps: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """A reply as it is kept: by which model, to what, and what it was."""

    model: str
    prompt: int
    asked: Asked
    reply: Reply = field(default_factory=Reply)


def _object(**properties: object) -> dict[str, object]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_TEXT: dict[str, object] = {"type": "string"}
_COUNT: dict[str, object] = {"type": "integer"}
SCHEMA = _object(
    edits={
        "type": "array",
        "items": _object(
            line=_COUNT,
            before=_TEXT,
            after=_TEXT,
            reason=_TEXT,
            alters={"type": "string", "enum": ["form", MEANING]},
        ),
    },
    additions={"type": "array", "items": _object(gap=_TEXT, zh=_TEXT, en=_TEXT)},
    translations={"type": "array", "items": _object(sentence=_COUNT, en=_TEXT)},
)
"""The JSON Schema of a reply, as strict as servers take it."""


def parse(content: str) -> Reply | str:
    """Read a reply; a string says why it is none."""
    if len(content) > _LONGEST_REPLY:
        return f"it is longer than {_LONGEST_REPLY:,} characters"
    text = _THOUGHT.sub("", content, count=1)
    fenced = _FENCE.fullmatch(text)
    text = fenced[1] if fenced else text
    if _depth(text) > _DEEPEST:
        return "it is nested too deeply"
    try:
        plain = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except ValueError:
        return "it is not JSON"
    read = strict.convert(Reply, plain, "", "")
    if read.value is None:
        return f"it is not as the schema says: {_told(read.findings[0].message)}"
    return read.value


def _depth(text: str) -> int:
    # Brackets inside strings count too: no reply of ours needs that many.
    depth = deepest = 0
    for character in text:
        depth += (character in "[{") - (character in "]}")
        deepest = max(deepest, depth)
    return deepest


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is given twice")
    return found


def _refuse(constant: str) -> object:
    raise ValueError(constant)


def _told(text: str) -> str:
    return text if len(text) <= _LONGEST_PLACE else f"{text[:_LONGEST_PLACE]}…"


def objection(asked: Asked, reply: Reply, knowledge: Knowledge, free: Free) -> str:
    """Say why a reply may not be used; "" where it may.

    ``free`` tells of the entry's text which places nobody may touch.
    """
    return next(_objections(asked, reply, knowledge, free), "")


def _objections(asked: Asked, reply: Reply, knowledge: Knowledge, free: Free) -> Iterator[str]:
    if max(map(len, (reply.edits, reply.additions, reply.translations))) > _MOST:
        yield f"it holds more than {_MOST} of a kind"
        return
    spans = [span for edit in reply.edits if (span := place(edit, asked.text))]
    if any(a[0] < b[1] and b[0] < a[1] for n, a in enumerate(spans) for b in spans[:n]):
        yield "two edits are of one place"
    for edit in reply.edits:
        for said in _of_edit(edit, asked.text, knowledge, free):
            yield f"the edit of {_told(edit.before)!r}: {said}"
    gaps = [addition.gap for addition in reply.additions]
    for addition in reply.additions:
        known = addition.gap in asked.gaps and gaps.count(addition.gap) == 1
        for said in _of_addition(addition) if known else ["nobody asked for it, or it comes twice"]:
            yield f"what is added for {_told(addition.gap)!r}: {said}"
    numbers = [translation.sentence for translation in reply.translations]
    for translation in reply.translations:
        number = translation.sentence
        known = 1 <= number <= len(asked.sentences) and numbers.count(number) == 1
        said_of = _of_translation(asked.sentences[number - 1], translation.en) if known else None
        for said in (
            ["there is no such sentence, or it comes twice"] if said_of is None else said_of
        ):
            yield f"the English of sentence {number}: {said}"
    if asked.sentences and not reply.translations:
        yield "none of the sentences is translated"


def place(edit: Edit, text: str) -> tuple[int, int] | None:
    """Give the span of an edit: its ``before`` stands once in its line, or there is none."""
    lines = text.split("\n")
    if not (1 <= edit.line <= len(lines) and edit.before):
        return None
    line = lines[edit.line - 1]
    if line.count(edit.before) != 1:
        return None
    start = sum(len(above) + 1 for above in lines[: edit.line - 1]) + line.index(edit.before)
    return start, start + len(edit.before)


def _of_edit(edit: Edit, text: str, knowledge: Knowledge, free: Free) -> Iterator[str]:
    span = place(edit, text)
    if span is None:
        yield f"it doesn't stand exactly once in line {edit.line}"
        return
    if edit.before == edit.after:
        yield "nothing changes"
    if not free(*span):
        yield "code, formulas, links and words to keep are not to be touched"
    if "\n" in edit.after or not edit.reason.strip():
        yield "it needs a reason, and stays within its line"
    if max(len(edit.before), len(edit.reason)) > _LONGEST_PLACE:
        yield f"it is longer than {_LONGEST_PLACE} characters"
    if len(edit.after) > 2 * len(edit.before) + _SHORT * 2:
        yield "it adds too much for a correction"
    if not edit.after and len(edit.before) > _SHORT and edit.alters != MEANING:
        yield "it takes out too much for a slip"
    yield from _unfit(edit.after)
    yield from (f"its reason: {said}" for said in _unfit(edit.reason))
    if edit.alters not in ("form", MEANING):
        yield "it alters neither form nor meaning"
    elif edit.alters != MEANING:
        yield from _meaning(edit, knowledge)


def _meaning(edit: Edit, knowledge: Knowledge) -> Iterator[str]:
    """Say what of the meaning an edit of form would change."""
    before, after = edit.before, edit.after
    if Counter(_NUMBER.findall(before)) != Counter(_NUMBER.findall(after)):
        yield "it changes a number"
    if len(_NEGATION.findall(before)) != len(_NEGATION.findall(after)):
        yield "it changes a negation"
    there, left = ({m.concept.id for m in knowledge.mentions(t)} for t in (before, after))
    words = [term.term for term in knowledge.terms if term.term in before]
    if there - left or any(word not in after for word in words):
        yield "it loses a term"


def _of_addition(addition: Addition) -> Iterator[str]:
    zh, en = addition.zh, addition.en
    if not 0 < len(zh.strip()) <= _LONGEST_ADDITION:
        yield f"the Chinese should have 1 to {_LONGEST_ADDITION} characters"
    elif not (_HAN.search(zh) or _FORMULA.search(zh)):
        yield "the Chinese holds no Chinese"
    yield from (f"the Chinese: {said}" for said in _unfit(zh, lines=True))
    yield from _english(zh, en, lines=True)
    marks = [[bool(_MARK.match(line)) for line in text.split("\n")] for text in (zh, en)]
    if marks[0] != marks[1]:
        yield "the two languages differ in their lines"


def _of_translation(zh: str, en: str) -> Iterator[str]:
    yield from _english(zh, en)
    told = Counter(_NUMBER.findall(en))
    for number, word in enumerate(_WORDS):
        told[str(number)] += len(re.findall(rf"\b{word}\b", en, re.IGNORECASE))
    if Counter(_NUMBER.findall(zh)) - told:
        yield "a number is missing"


def _english(zh: str, en: str, *, lines: bool = False) -> Iterator[str]:
    bare = _CODE.sub("", _FORMULA.sub("", en))
    if not en.strip() or len(en) > _STRETCH * len(zh) + 5 * _SHORT:
        yield "the English is too short or too long"
    if _HAN.search(bare) or _FULL_WIDTH.search(bare):
        yield "the English holds Chinese"
    yield from (f"the English: {said}" for said in _unfit(en, lines=lines))
    for what, pattern in (("formulas", _FORMULA), ("code", _CODE)):
        both = [Counter(found[0] for found in pattern.finditer(text)) for text in (zh, en)]
        if both[0] != both[1]:
            yield f"the {what} of the two languages differ"


def _unfit(text: str, *, lines: bool = False) -> Iterator[str]:
    """Say what in a text may stand on no card, or can't be set."""
    if any(not (c.isprintable() or (lines and c == "\n")) for c in text):
        yield "it holds a character that can't be seen"
        return
    bare = _CODE.sub(" ", _FORMULA.sub(" ", text))
    for what, pattern in _FOREIGN.items():
        if pattern.search(bare):
            yield f"it holds {what}"
            return
    for found in _FORMULA.finditer(text):
        said = maths.lint(found[1] or found[2])
        if said:
            yield f"a formula can't be set: {_told(said)}"
