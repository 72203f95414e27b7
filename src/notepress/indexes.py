"""Cards -> indexes of what they are about: by sound for Chinese, by letter for English.

A question is listed under its subject, as a reader would look for it: 什么是反向传播？
under 反向传播, "What is backpropagation?" under backpropagation; a name in brackets has
a line of its own. Chinese is sorted by pinyin, whose first letter heads each group, and
Latin names stand among them by their own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from notepress.model import Card

# What asks, rather than being asked about.
_ASKS_ZH: Final = re.compile(
    r"^(?:什么是|什么叫|请?简述|解释(?:一下)?|介绍(?:一下)?|谈谈|如何理解)\s*"
    r"|\s*(?:是什么(?:意思)?|指什么|的定义|的含义)?\s*[？?。]?$"
)
_ASKS_EN: Final = re.compile(
    r"^(?:what (?:is|are) (?:(?:a|an|the) )?(?!the\b)|explain |describe |define )|[?.]$",
    re.IGNORECASE,
)
# Words of the field whose sound the dictionary of pinyin takes for another.
_SAID: Final = {
    "似然": "si ran",
    "调参": "tiao can",
    "调优": "tiao you",
    "重写": "chong xie",
    "重参数": "chong can shu",
    "重排": "chong pai",
    "重放": "chong fang",
    "重构": "chong gou",
    "重采样": "chong cai yang",
}
_SAID_ALL: Final = re.compile("|".join(_SAID))

# A letter alone keeps its case: k-means, n-gram, t-SNE; so do word2vec and iPhone.
_KEPT: Final = re.compile(r"[a-z]-|[a-z]+[A-Z0-9]")
_BRACKETS: Final = re.compile(r"\s*[（(]([^（）()]+)[）)]")
_MATHS: Final = re.compile(r"\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_LEAST: Final = 2


@dataclass(frozen=True, slots=True)
class Line:
    """A term of an index, and the number of its card."""

    term: str
    number: int


@dataclass(frozen=True, slots=True)
class Letter:
    """The lines under one letter."""

    letter: str
    lines: tuple[Line, ...]


def by_pinyin(cards: Sequence[Card]) -> tuple[Letter, ...]:
    """Index what cards are about in Chinese; a card's number is its place, from 1."""
    # Imported late: its tables take time, and only a booklet has an index.
    from pypinyin import lazy_pinyin

    def sound(term: str) -> str:
        told = _SAID_ALL.sub(lambda found: f" {_SAID[found[0]]} ", term)
        return " ".join(lazy_pinyin(told)).casefold()

    found = ((term, n) for n, card in enumerate(cards, 1) for term in chinese(card.question.zh))
    return _letters(found, sound)


def by_english(cards: Sequence[Card]) -> tuple[Letter, ...]:
    """Index what cards are about in English."""
    found = ((term, n) for n, card in enumerate(cards, 1) for term in english(card.question.en))
    return _letters(found, str.casefold)


def chinese(question: str) -> tuple[str, ...]:
    """Give the terms that a Chinese question is looked up by."""
    return _terms(_ASKS_ZH.sub("", _plain(question)))


def english(question: str) -> tuple[str, ...]:
    """Give the terms that an English question is looked up by."""
    terms = _terms(_ASKS_EN.sub("", _plain(question)))
    return tuple(term if _KEPT.match(term) else term[:1].upper() + term[1:] for term in terms)


def _plain(question: str) -> str:
    return _MATHS.sub(lambda found: found[1] or found[2], " ".join(question.split()))


def _terms(asked: str) -> tuple[str, ...]:
    bare = _BRACKETS.sub("", asked).strip()
    inner = [found.strip() for found in _BRACKETS.findall(asked)]
    # A short bracketed name is another name; a longer text only explains.
    names = [name for name in inner if len(name) >= _LEAST and not re.search(r"[，,；;。]", name)]
    return tuple(dict.fromkeys(filter(None, (bare, *names))))


def _letters(found: Iterable[tuple[str, int]], sound: Callable[[str], str]) -> tuple[Letter, ...]:
    lines = sorted(
        ((_key(sound(term)), term, number) for term, number in found),
        key=lambda line: (line[0] == "", *line),
    )
    groups = groupby(lines, key=lambda line: _head(line[0]))
    return tuple(
        Letter(head, tuple(Line(term, number) for _, term, number in held)) for head, held in groups
    )


def _key(sound: str) -> str:
    """Sort without regard to accents and signs, which no reader looks under."""
    bare = unicodedata.normalize("NFKD", sound)
    return re.sub(r"[^a-z0-9 ]", "", bare).strip()


def _head(key: str) -> str:
    return key[0].upper() if key[:1].isalpha() else "#"
