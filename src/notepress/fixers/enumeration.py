"""Commas between three or more terms in a row become the enumeration comma.

Chinese sets 、 between the members of a list inside a sentence and ， between
clauses. Source: GB/T 15834-2011, section 4.5. Two terms with a comma between may
well be two clauses, so a row has at least three.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from notepress.fixers._text import Edit, Text
from notepress.knowledge import Knowledge, Mention

CODE = "ENUMERATION"
PHASE = 85
EXAMPLES = (
    (
        "常用的有 ReLU，sigmoid，tanh，都是非线性函数。",
        "常用的有 ReLU、sigmoid、tanh，都是非线性函数。",
    ),
)
UNTOUCHED = (
    "对于 SVM，KNN 更简单。",
    "准确率，召回率",
    "ReLU 更快，sigmoid 会饱和，tanh 也会饱和。",
)

_SUFFIX = re.compile(r"\s?(?:函数|值|层|算法|曲线|损失|正则化)?，\s?")
_LEAST = 3
_SENTENCE = re.compile(r"[^。！？\n]+")
_CLOSE = re.compile(r"，[^，。！？\n]{1,24}，")


def fix(text: Text, knowledge: Knowledge) -> Iterator[Edit]:
    """Put 、 between the terms of a row."""
    for sentence in _SENTENCE.finditer(text.value):
        # Terms are looked up only where commas stand as close as those of a row.
        if _CLOSE.search(sentence[0]):
            yield from _rows(text, sentence, knowledge)


def _rows(text: Text, sentence: re.Match[str], knowledge: Knowledge) -> Iterator[Edit]:
    at = sentence.start()
    row: list[tuple[Mention, int]] = []
    for mention in knowledge.mentions(sentence[0]):
        if row and row[-1][1] != at + mention.start:
            yield from _edits(text, row)
            row = []
        comma = _SUFFIX.match(text.value, at + mention.end)
        if comma and text.free(*comma.span()):
            row.append((mention, comma.end()))
        else:
            # The last of a row has no comma behind it.
            row.append((mention, -1))
            yield from _edits(text, row)
            row = []
    yield from _edits(text, row)


def _edits(text: Text, row: list[tuple[Mention, int]]) -> Iterator[Edit]:
    if len(row) < _LEAST:
        return
    for _, end in row[:-1]:
        comma = text.value.rindex("，", 0, end)
        yield Edit(comma, comma + 1, "、", "并列的术语之间用顿号", 0.9)
