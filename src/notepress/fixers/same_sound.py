"""A word typed for another of the same sound, recognized by the words around it.

Input methods offer words by sound, so the wrong one of a pair is the commonest
slip in Chinese notes. Each pair is data, with the context in which it is wrong:
the same word elsewhere is right and stays. So do characters that make the wrong word
only by chance, since each belongs to a word beside it: 全局阵列 is no 局阵.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from notepress.fixers._sounds import alike
from notepress.fixers._terms import costs
from notepress.fixers._text import HAN, Edit, Text
from notepress.fixers._words import Costs
from notepress.knowledge import Homophone, Knowledge

CODE = "SAME-SOUND"
PHASE = 40
EXAMPLES = (("减少对某个神经元的以来。", "减少对某个神经元的依赖。"),)
UNTOUCHED = ("深度学习兴起以来，", "自 2012 年以来的进展", "减少依赖。", "全局阵列", "加剧离散程度")

_TWO = 2
_AROUND = 4
_BEFORE = re.compile(f"[{HAN}]*$")
_AFTER = re.compile(f"[{HAN}]*")


# Compiled only once its wrong word was met: few of a thousand are.
_compiled = lru_cache(maxsize=2048)(re.compile)


def fix(text: Text, knowledge: Knowledge) -> Iterator[Edit]:
    """Put the word that the context asks for."""
    edits: dict[int, Edit] = {}
    for pair in knowledge.homophones:
        if pair.wrong not in text.value:
            continue
        for found in _compiled(pair.where).finditer(text.value):
            start, end = found.span("x")
            if text.free(start, end) and not _by_chance(text.value, start, end, pair, knowledge):
                same = len(pair.wrong) == len(pair.right) and alike(pair.wrong, pair.right)
                slip = "同音误字" if same else "误字"
                reason = f"{slip}：“{pair.wrong}”应为“{pair.right}”"
                confidence = 0.95 if pair.sure else 0.6
                edits.setdefault(start, Edit(start, end, pair.right, reason, confidence, pair.sure))
    done = 0
    for start in sorted(edits):
        if start >= done:
            done = edits[start].end
            yield edits[start]


def _by_chance(value: str, start: int, end: int, pair: Homophone, knowledge: Knowledge) -> bool:
    """Tell whether a word that is none is made of the ends of its neighbors."""
    if end - start < _TWO:
        return False
    known = costs(knowledge)
    if pair.wrong in known:
        return False
    crossing = (_crossed(value, start, known), _crossed(value, end, known))
    if not any(crossing) or all(crossing):
        return all(crossing)
    before = _BEFORE.findall(value[max(0, start - _AROUND) : start])[0]
    after = _AFTER.findall(value[end : end + _AROUND])[0]
    return known.of(before + pair.wrong + after) <= known.of(before + pair.right + after)


def _crossed(value: str, at: int, known: Costs) -> bool:
    """Tell whether a word of two or three characters lies across a place."""
    return at > 0 and any(
        value[max(0, at - left) : at + right] in known for left, right in ((1, 1), (2, 1), (1, 2))
    )
