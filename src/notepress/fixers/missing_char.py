"""A term less one of its characters gets it back: 卷神经网络 -> 卷积神经网络.

The same measure tells it as tells a word of another's sound: the text must fall into
words far better with the character than without. By itself only where the term is
long, since a short one less a character may well be something else.

Source: Kernighan, Church and Gale, "A spelling correction program based on a noisy
channel model", 1990.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from notepress.fixers._terms import costs, terms, told
from notepress.fixers._text import HAN, Edit, Text
from notepress.fixers._words import Costs
from notepress.knowledge import Knowledge

CODE = "MISSING"
PHASE = 36
EXAMPLES = (
    ("门控循单元有两个门", "门控循环单元有两个门"),
    ("随梯度下降", "随机梯度下降"),
)
UNTOUCHED = (
    "神经网络与卷积网络",
    "随着梯度下降",
    "机器学习与集成学习",
)

_RUN = re.compile(f"[{HAN}]{{3,}}")
_LEAST = 4
_AROUND = 4
_LONG = 5
_DASHES = frozenset("-–—/·")
# Gains, measured on open notes and books of the field, where hardly a character lacks.
_SURE = 10.0
_WITHIN = 7.0
_AT_AN_END = 8.5
_SMALL_WORD = 300
"""The rank down to which a character is taken for a word of its own."""


@dataclass(frozen=True, slots=True)
class _Guess:
    start: int
    end: int
    term: str
    gain: float
    within: bool
    """Whether both ends of the term stand there, so that what lacks lies between."""


@lru_cache(maxsize=4)
def _maimed(knowledge: Knowledge) -> Mapping[str, str]:
    """Give every long term by what is left of it where one character is lacking."""
    known = costs(knowledge)
    found: dict[str, str] = {}
    for term in sorted(terms(knowledge)):
        if len(term) >= _LEAST:
            rests = (term[:at] + term[at + 1 :] for at in range(len(term)))
            found.update({rest: term for rest in rests if rest not in known})
    return found


def fix(text: Text, knowledge: Knowledge) -> Iterator[Edit]:
    """Put in what a term lacks."""
    for run in text.finditer(_RUN):
        for guess in _lacking(run[0], knowledge):
            typed = run[0][guess.start : guess.end]
            start, end = run.start() + guess.start, run.start() + guess.end
            # What a dash joins to it may be the rest: 键–值缓存.
            if not guess.within and set(text.value[max(0, start - 1) : end + 1]) & _DASHES:
                continue
            # "贝叶斯化" may be a word made of another.
            made = any(rest in costs(knowledge) for rest in (typed[1:], typed[:-1]))
            sure = guess.gain >= _SURE and guess.within and not made and len(guess.term) >= _LONG
            reason = f"缺字：“{typed}”应为“{guess.term}”"
            yield Edit(start, end, guess.term, reason, 0.95 if sure else 0.6, sure)


@lru_cache(maxsize=4096)
def _lacking(run: str, knowledge: Knowledge) -> tuple[_Guess, ...]:
    taken: list[_Guess] = []
    for guess in sorted(_guesses(run, knowledge), key=lambda g: (-g.gain, g.start, -g.end)):
        if all(guess.end <= other.start or other.end <= guess.start for other in taken):
            taken.append(guess)
    return tuple(sorted(taken, key=lambda guess: guess.start))


def _guesses(run: str, knowledge: Knowledge) -> Iterator[_Guess]:
    maimed, known = _maimed(knowledge), costs(knowledge)
    longest = max(map(len, maimed), default=0)
    for start in range(len(run) - _LEAST + 2):
        for end in range(start + _LEAST - 1, min(start + longest, len(run)) + 1):
            typed = run[start:end]
            term = maimed.get(typed)
            if term is None:
                continue
            first, last = max(0, start - _AROUND), end + _AROUND
            # The term itself may stand there, with the character beyond.
            if term in run[first:last]:
                continue
            before = known.of(run[first:last])
            after = known.of(run[first:start] + term + run[end:last])
            # "狄利克雷分配" lacks nothing: its end belongs to another word.
            within = (typed[0], typed[-1]) == (term[0], term[-1])
            if _joins(run, start, end, known) or not (within or _alone(run, start, end, known)):
                continue
            enough = before - after >= (_WITHIN if within else _AT_AN_END)
            if enough and typed not in told(knowledge):
                yield _Guess(start, end, term, before - after, within)


def _joins(run: str, start: int, end: int, known: Costs) -> bool:
    """Tell whether either end of a piece belongs to a word that goes on beyond it."""
    ends = run[start - 1 : start + 1] if start else "", run[end - 1 : end + 1]
    return not known.isdisjoint(ends)


def _alone(run: str, start: int, end: int, known: Costs) -> bool:
    """Tell whether none of the characters beside a piece may be a wrong one of the term."""
    beside = (run[start - 1 : start] if start else "") + run[end : end + 1]
    return all(known.ranks.get(char, _SMALL_WORD) < _SMALL_WORD for char in beside)
