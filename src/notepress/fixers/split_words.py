"""A Latin word of the field that a space broke in two is joined again: Mobile Net -> MobileNet.

Two words are joined where together they are a name of the field, and were never meant
to stand apart: one of them is no word by itself, or the name has capitals inside. What
could as well be two words of English (drop out, soft max) is only proposed, and English
sentences are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from notepress.fixers._latin import is_english, names_of_several, vocabulary
from notepress.fixers._text import HAN, Edit, Text
from notepress.knowledge import Knowledge

CODE = "SPLIT-WORD"
PHASE = 18
EXAMPLES = (
    ("换成 Mobile Net 之后", "换成 MobileNet 之后"),
    ("先做 Layer Normali zation 再加", "先做 Layer Normalization 再加"),
    ("G RU 少一个门", "GRU 少一个门"),
)
UNTOUCHED = (
    "Add Norm 一步",
    "a model of drop out rates",
    "Batch Normalization 依赖批量大小",
    "Word Embedding 与 Fast R-CNN",
    "A B 两组",
    "用 Adam W 次迭代",
    "先 log it 再画图",
)

_RUN = re.compile(r"(?<![\w\\@#/.-])[A-Za-z]+(?: [A-Za-z]+)+(?![\w@/-])", re.ASCII)
_WORD = re.compile(r"[A-Za-z]+")
_HAN = re.compile(f"[{HAN}]")
_SMALL = frozenset(
    ("it", "is", "a", "an", "the", "of", "in", "on", "to", "at", "be", "as", "or", "no")
)
_LEAST = 4
_LEAST_IN_CAPITALS = 3
_PAIR = 2


def fix(text: Text, knowledge: Knowledge) -> Iterator[Edit]:
    """Take the space out of a broken word."""
    for run in text.finditer(_RUN):
        if not _HAN.search(text.line_at(run.start())):
            continue
        words = list(_WORD.finditer(text.value, *run.span()))
        done = run.start()
        for left, right in pairwise(words):
            if left.start() < done:
                continue
            edit = _join(left, right, knowledge, alone=len(words) == _PAIR)
            if edit:
                done = edit.end
                yield edit


def _join(
    left: re.Match[str], right: re.Match[str], knowledge: Knowledge, *, alone: bool
) -> Edit | None:
    joined, apart = left[0] + right[0], f"{left[0]} {right[0]}"
    forms = vocabulary(knowledge).get(joined.lower())
    if not forms or _SMALL.intersection((left[0].lower(), right[0].lower())):
        return None
    if apart.lower() in names_of_several(knowledge):
        return None
    name = joined if joined in forms else forms[0]
    strange = [
        not (is_english(w) or w.lower() in vocabulary(knowledge)) for w in (left[0], right[0])
    ]
    short = len(joined) < _LEAST and not (joined.isupper() and len(joined) >= _LEAST_IN_CAPITALS)
    single = min(len(left[0]), len(right[0])) == 1
    # "A B" and "Adam W" are names beside each other, save where they make an abbreviation.
    if short or (single and not (joined.isupper() and name.isupper())):
        return None
    inside = any(letter.isupper() for letter in name[1:])
    sure = any(strange) or (inside and alone)
    if not sure and not alone:
        return None
    name = name[0].upper() + name[1:] if name.islower() and left[0][0].isupper() else name
    reason = f"“{name}”被空格拆开"
    return Edit(left.start(), right.end(), name, reason, 0.95 if sure else 0.6, sure)
