"""Chinese Markdown -> the same in English, from what has been said in both languages before.

Nothing is translated by machine: a line or sentence is looked up among the pairs
that knowledge gave and in the translation memory. What isn't there stays unsaid,
and the card says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from notepress.knowledge import Knowledge

_MARK = re.compile(r"^(\s*(?:[-*+]|\d{1,3}\.)\s+)?(.*)$", re.DOTALL)
_SENTENCE = re.compile(r".+?(?:[。！？；…]+[”』）]*|$)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Translation:
    """An English text, and the Chinese units that none was known for."""

    text: str
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Memory:
    """One entry of the translation memory: a sentence as corrected, and who translated it."""

    zh: str
    en: str
    by: str = "person"


def units(text: str) -> tuple[str, ...]:
    """Give the pieces of a Chinese text that are translated one by one, in order."""
    return tuple(u for line in text.split("\n") for u in _sentences(_parts(line)[1]))


def translate(text: str, pairs: Mapping[str, str], knowledge: Knowledge) -> Translation:
    """Say a Chinese text in English, keeping its lists and paragraphs.

    ``pairs`` holds whole lines and sentences; a bare term is named by its concept.
    """
    missing: list[str] = []

    def english(line: str) -> str:
        mark, body = _parts(line)
        if not body.strip():
            return ""
        known = _known(body.strip(), pairs, knowledge)
        if known is not None:
            return mark + known
        said = []
        for sentence in _sentences(body):
            found = _known(sentence, pairs, knowledge)
            if found is None:
                missing.append(sentence)
            else:
                said.append(found)
        return mark + " ".join(said)

    lines = [english(line) for line in text.split("\n")]
    return Translation("" if missing else "\n".join(lines), tuple(missing))


def _parts(line: str) -> tuple[str, str]:
    found = _MARK.match(line)
    return (found[1] or "", found[2]) if found else ("", line)


def _sentences(body: str) -> list[str]:
    return [found.strip() for found in _SENTENCE.findall(body) if found.strip()]


def _known(text: str, pairs: Mapping[str, str], knowledge: Knowledge) -> str | None:
    if text in pairs:
        return pairs[text]
    bare = text.rstrip("。")
    concept = knowledge.named(bare)
    if concept:
        stop = "." if text.endswith("。") else ""
        # A term that is Latin already is its own English.
        name = bare if bare.isascii() else concept.name.en
        return name[:1].upper() + name[1:] + stop
    return text if text.isascii() else None
