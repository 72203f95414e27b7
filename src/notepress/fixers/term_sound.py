"""Characters that make no word, but sound like a term or an ordinary word, become that word.

Input methods offer words by sound, and a hurried typist takes the wrong one: 特正 for
特征. A text is altered only where it then falls into words far better than before; by
itself only where the word is of the field or the gain is large, else as a proposal.

Source: Kernighan, Church and Gale, "A spelling correction program based on a noisy
channel model", 1990; here the channel is the sound, and the words are weighed by rank.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import inf

from notepress.fixers._sounds import alike, readings, sound
from notepress.fixers._terms import costs, terms, told, used
from notepress.fixers._text import HAN, Edit, Text
from notepress.fixers._words import Costs, ranks
from notepress.knowledge import Knowledge

CODE = "TERM-SOUND"
PHASE = 35
EXAMPLES = (
    ("用随即森林做分类", "用随机森林做分类"),
    ("支持向量鸡的间隔", "支持向量机的间隔"),
)
UNTOUCHED = (
    "大家参与训练",
    "与训练样本无关",
    "半小时后再看",
    "汇聚与池化",
    "把它为调和平均",
    "约瑟夫·马斯",
    "正泰分布式光伏",
)

_RUN = re.compile(f"[{HAN}]{{2,}}")
_LONGEST = 8
_AROUND = 4
_PAIR = 2
_FUZZY = 3.0
"""How much less a word is believed that sounds alike only to some."""
_COMMON = 1500
_LEAST = 0.001
"""More than two ways of adding up the same costs may differ by."""
_OFTEN = 2
"""Only the commonest ordinary words are looked for: rare ones sound like everything."""

# With these a word is made at will, of any measure.
_COUNTS = frozenset("一二两三四几每各这那某第")
_ENDINGS = frozenset("项层值率器数集核性化度")
_MEASURES = frozenset("次个层组步条种位维阶元类项节章批轮倍折")


@dataclass(frozen=True, slots=True)
class _Floor:
    """The least gains at which a change is proposed, and made."""

    proposed: float
    sure: float


# Measured on open notes and books of the field, in which few words are wrong: two
# characters sound like so much that more is asked of them.
_LONG_TERM = _Floor(3.0, 8.0)
_SHORT_TERM = _Floor(9.0, 14.0)
_ENDED_TERM = _Floor(6.0, 13.0)
_ORDINARY = _Floor(12.0, inf)


@dataclass(frozen=True, slots=True)
class _Guess:
    start: int
    word: str
    gain: float
    floor: _Floor

    @property
    def end(self) -> int:
        return self.start + len(self.word)


@dataclass(frozen=True, slots=True)
class _Ear:
    """The words of every sound, and the sounds that words begin with."""

    words: Mapping[tuple[str, ...], tuple[str, ...]]
    starts: frozenset[tuple[str, ...]]
    terms: frozenset[str]
    known: Costs
    told: str


@lru_cache(maxsize=4)
def _ear(knowledge: Knowledge) -> _Ear:
    field = terms(knowledge)
    usual = used(knowledge)
    common = (
        word
        for word, place in ranks(knowledge).items()
        if (place < _COMMON or usual.get(word, 0) >= _OFTEN)
        and len(word) >= _PAIR
        and word[0] not in _COUNTS
    )
    found: dict[tuple[str, ...], list[str]] = {}
    asked = sorted(field.union(common))

    def heard() -> bytes:
        return json.dumps([sound(word) for word in asked]).encode()

    sounds = json.loads(knowledge.keep("sounds", heard))
    for word, syllables in zip(asked, sounds, strict=True):
        found.setdefault(tuple(syllables), []).append(word)
    words = {key: tuple(same) for key, same in found.items()}
    starts = frozenset(key[:_PAIR] for key in found)
    return _Ear(words, starts, field, costs(knowledge), told(knowledge))


def fix(text: Text, knowledge: Knowledge) -> Iterator[Edit]:
    """Put the word that is meant wherever the typed one is none."""
    for run in text.finditer(_RUN):
        for guess in _heard(run[0], knowledge):
            typed = run[0][guess.start : guess.end]
            start, end = run.start() + guess.start, run.start() + guess.end
            if guess.start == 0 and _counted(text.value[: run.start()], typed):
                continue
            # A part of somebody's name.
            if "·" in text.value[max(0, start - 1) : end + 1]:
                continue
            # 重构项 + 加: the first character ends a word as often as it begins one.
            sure = guess.gain >= guess.floor.sure and typed[0] not in _ENDINGS
            reason = f"同音误字：“{typed}”应为“{guess.word}”"
            yield Edit(start, end, guess.word, reason, 0.95 if sure else 0.6, sure)


def _counted(before: str, typed: str) -> bool:
    """Tell whether a run begins with a measure to a number before it, as in "8 次"."""
    return typed[0] in _MEASURES and before.rstrip()[-1:].isascii() and before.strip() != ""


@lru_cache(maxsize=4096)
def _heard(run: str, knowledge: Knowledge) -> tuple[_Guess, ...]:
    """Give the best guesses in a run of Chinese characters, none overlapping."""
    taken: list[_Guess] = []
    best_first = sorted(
        _guesses(run, _ear(knowledge)), key=lambda g: (-g.gain, -len(g.word), g.start)
    )
    for guess in best_first:
        if all(guess.end <= other.start or other.end <= guess.start for other in taken):
            taken.append(guess)
    return tuple(sorted(taken, key=lambda guess: guess.start))


def _guesses(run: str, ear: _Ear) -> Iterator[_Guess]:
    heard = [readings(char) for char in run]
    for start in range(len(run) - 1):
        if ear.starts.isdisjoint(product(*heard[start : start + _PAIR])):
            continue
        found: list[_Guess] = []
        for end in range(start + _PAIR, min(start + _LONGEST, len(run)) + 1):
            typed = run[start:end]
            if typed in ear.known:
                continue
            words = [w for key in product(*heard[start:end]) for w in ear.words.get(key, ())]
            guesses = (_weighed(run, start, word, ear) for word in _likest(typed, words))
            found += [guess for guess in guesses if guess]
        # 正泰 + 分布式 is no 正态分布, and so no 正态 either.
        other = tuple(guess.word for guess in found if _ends_in_another(run, guess, ear.known))
        yield from (guess for guess in found if not any(w.startswith(guess.word) for w in other))


def _likest(typed: str, words: list[str]) -> list[str]:
    """Give those of some words of one sound that share most characters with what was typed."""
    shared = [sum(a == b for a, b in zip(typed, word, strict=True)) for word in words]
    return [word for word, same in zip(words, shared, strict=True) if same == max(shared)]


def _weighed(run: str, start: int, word: str, ear: _Ear) -> _Guess | None:
    """Tell what putting a word there gains, if it is enough to speak of."""
    end = start + len(word)
    typed = run[start:end]
    if all(a != b for a, b in zip(typed, word, strict=True)):
        return None
    same = alike(typed, word)
    floor = _floor(typed, word, ear)
    # Beside a word that it would break up, a character is seldom wrong.
    if len(word) == _PAIR and (not same or _joins(run, start, end, ear.known)):
        return None
    first, last = max(0, start - _AROUND), end + _AROUND
    before = ear.known.of(run[first:last])
    after = ear.known.of(run[first:start] + word + run[end:last])
    gain = before - after - (0.0 if same else _FUZZY)
    if gain < floor.proposed or typed in ear.told:
        return None
    return _Guess(start, word, gain, floor)


def _ends_in_another(run: str, guess: _Guess, known: Costs) -> bool:
    """Tell whether the end of a word, as typed, makes a word with what follows: 分布 with 式."""
    after = run[guess.end : guess.end + _AROUND]
    for start in range(guess.start + 1, guess.end - 1):
        tail = run[start : guess.end]
        if tail in known and guess.word.endswith(tail):
            return known.of(tail) + known.of(after) - known.of(tail + after) > _LEAST
    return False


def _floor(typed: str, word: str, ear: _Ear) -> _Floor:
    if word not in ear.terms:
        return _ORDINARY
    if len(word) == _PAIR:
        return _SHORT_TERM
    # "与训练" is a word with another before it, as likely as it is 预训练.
    ended = typed[1:] in ear.known or typed[:-1] in ear.known
    return _ENDED_TERM if ended else _LONG_TERM


def _joins(run: str, start: int, end: int, known: Costs) -> bool:
    return (start > 0 and run[start - 1 : start + 1] in known) or (
        len(run) > end and run[end - 1 : end + 1] in known
    )
