"""Knowledge -> the Latin words of the field in their cases; and which words are English."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from notepress.knowledge import Knowledge

WORD = re.compile(
    r"(?<![\w\\@#/.])[A-Za-z]+(?:\d+[A-Za-z]*)?(?:[-'][A-Za-z]+\d*)*(?![\w@/])", re.ASCII
)


@lru_cache(maxsize=4)
def vocabulary(knowledge: Knowledge) -> Mapping[str, tuple[str, ...]]:
    """Every Latin word of the field by its lower-case form, in its cases, the commonest first."""
    found: dict[str, dict[str, int]] = {}
    names = [name for c in knowledge.concepts for name in c.names]
    for name in [*(term.term for term in knowledge.terms), *names]:
        for word in WORD.findall(name):
            counts = found.setdefault(word.lower(), {})
            counts[word] = counts.get(word, 0) + 1
    whole = {key: _cases(counts) for key, counts in found.items()}
    # What the lexicon itself lists as one word is right as it stands there.
    listed: dict[str, tuple[str, ...]] = {}
    for term in knowledge.terms:
        if WORD.fullmatch(term.term):
            key = term.term.lower()
            listed[key] = (*listed.get(key, ()), term.term)
    return whole | {k: tuple(dict.fromkeys(v + whole.get(k, ())[1:])) for k, v in listed.items()}


def _cases(counts: Mapping[str, int]) -> tuple[str, ...]:
    """Give the commonest case of a word, then those that differ from it on purpose: kNN."""
    commonest = min(counts, key=lambda word: (-counts[word], word))
    mixed = (word for word in sorted(counts) if not word.istitle() and not word.islower())
    return tuple(dict.fromkeys((commonest, *mixed)))


@lru_cache(maxsize=4)
def names_of_several(knowledge: Knowledge) -> frozenset[str]:
    """Give every Latin name of several words, in lower case, and all pairs of its words."""
    names = [name for c in knowledge.concepts for name in c.names]
    found: set[str] = set()
    for name in [*(term.term for term in knowledge.terms), *names]:
        words = WORD.findall(name.lower())
        found.update(" ".join(words[at : at + 2]) for at in range(len(words) - 1))
    return frozenset(found)


@lru_cache(maxsize=1)
def _dictionary() -> frozenset[str]:
    # Imported late: only a word that is nearly a term needs the dictionary.
    from spellchecker import SpellChecker  # see above

    return frozenset(SpellChecker(language="en", distance=1).word_frequency.words())


def is_english(word: str) -> bool:
    """Tell whether a word is in a dictionary of English."""
    return word.lower() in _dictionary()
