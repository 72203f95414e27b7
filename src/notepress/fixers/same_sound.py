"""A word typed for another of the same sound, recognized by the words around it.

Input methods offer words by sound, so the wrong one of a pair is the commonest
slip in Chinese notes. Each pair is data, with the context in which it is wrong:
the same word elsewhere is right and stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from notepress.fixers._sounds import alike
from notepress.fixers._text import Edit, Text
from notepress.knowledge import Homophone, Knowledge

CODE = "SAME-SOUND"
PHASE = 40
EXAMPLES = (("减少对某个神经元的以来。", "减少对某个神经元的依赖。"),)
UNTOUCHED = ("深度学习兴起以来，", "自 2012 年以来的进展", "减少依赖。")


@lru_cache(maxsize=4)
def _contexts(knowledge: Knowledge) -> tuple[tuple[re.Pattern[str], Homophone], ...]:
    return tuple((re.compile(pair.where), pair) for pair in knowledge.homophones)


def fix(text: Text, knowledge: Knowledge) -> Iterator[Edit]:
    """Put the word that the context asks for."""
    edits: dict[int, Edit] = {}
    for pattern, pair in _contexts(knowledge):
        if pair.wrong not in text.value:
            continue
        for found in pattern.finditer(text.value):
            start, end = found.span("x")
            if text.free(start, end):
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
