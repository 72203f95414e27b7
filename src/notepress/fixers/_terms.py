"""Knowledge -> the Chinese words of the field, and what a text costs in words of it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache

from notepress.fixers._text import HAN
from notepress.fixers._words import Costs, ranks
from notepress.knowledge import Knowledge

_LEAST = 2
_LONGEST = 4
_HAN = re.compile(f"[{HAN}]+")
# What joins two names of a heading into one is no part of a name.
_JOINED = re.compile(r"[和与的]")


@lru_cache(maxsize=4)
def terms(knowledge: Knowledge) -> frozenset[str]:
    """Give every Chinese name of a concept or a term, and what homophones stand for."""
    names = [name for concept in knowledge.concepts for name in concept.names]
    names += [term.zh for term in knowledge.terms]
    names += [pair.right for pair in knowledge.homophones]
    runs = (part for name in names for run in _HAN.findall(name) for part in _JOINED.split(run))
    return frozenset(run for run in runs if len(run) >= _LEAST)


@lru_cache(maxsize=4)
def used(knowledge: Knowledge) -> Mapping[str, int]:
    """Give the ordinary words that knowledge is told in, with how often."""
    return dict(json.loads(knowledge.keep("used", lambda: _counted(knowledge))))


def _counted(knowledge: Knowledge) -> bytes:
    words, found = ranks(knowledge), Counter[str]()
    for text in _told(knowledge):
        for run in _HAN.findall(text):
            for size in range(_LEAST, _LONGEST + 1):
                pieces = (run[at : at + size] for at in range(len(run) - size + 1))
                found.update(piece for piece in pieces if piece in words)
    return json.dumps(found, ensure_ascii=False).encode()


@lru_cache(maxsize=4)
def told(knowledge: Knowledge) -> str:
    """Give all that knowledge says in Chinese: what stands in it is no slip."""
    return "\n".join(_told(knowledge))


def _told(knowledge: Knowledge) -> Iterator[str]:
    for concept in knowledge.concepts:
        texts = (
            concept.definition,
            concept.short,
            concept.gloss,
            concept.pitfall,
            *concept.points,
        )
        yield from (text.zh for text in texts)
        yield from (contrast.zh for contrast in concept.contrasts)


@lru_cache(maxsize=4)
def costs(knowledge: Knowledge) -> Costs:
    """Give the costs of ordinary words and of the field's."""
    return Costs(terms(knowledge), used(knowledge), ranks(knowledge))
