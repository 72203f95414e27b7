"""A question that asks what suits, answered only by what doesn't: its polarity is reversed.

"什么样的数据适合…？1.样本不足 2.没有…" lists what is unsuitable, so the question means
不适合. Which of the two the author meant is a person's to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from notepress.fixers._text import Edit, Text
from notepress.knowledge import Knowledge

CODE = "POLARITY"
PHASE = 91
EXAMPLES = (
    (
        "什么样的数据集适合深度学习？1.样本数量不足2.数据集没有局部相关特性。",
        "什么样的数据集不适合深度学习？1.样本数量不足2.数据集没有局部相关特性。",
    ),
)
UNTOUCHED = (
    "什么样的数据集不适合深度学习？1.样本数量不足2.没有局部相关特性。",
    "什么样的数据集适合深度学习？1.样本充足2.没有缺失值。",
    "什么任务适合 CNN？图像分类。",
)

_ASKS = re.compile(
    r"(?:什么|哪些|哪种|何种)[^？?\n]{0,16}?(?P<x>(?<!不)(?:适合|适用于|适用))[^？?\n]*[？?]"
)
_ITEM = re.compile(r"(?<![\d.])\d{1,2}[.、．)）](?!\d)\s*")
_DENIES = re.compile(r"不足|没有|缺乏|缺少|过少|太少|不够|无法|不能|很少|过小|不具")
_LEAST_ITEMS = 2


def fix(text: Text, _knowledge: Knowledge) -> Iterator[Edit]:
    """Propose 不 before the verb where every item of the answer denies."""
    for found in text.finditer(_ASKS):
        items = [item for item in _ITEM.split(text.value[found.end() :]) if item.strip()]
        if len(items) >= _LEAST_ITEMS and all(_DENIES.search(item) for item in items):
            start = found.start("x")
            reason = "答案列出的都是不满足的情形，与问题的肯定语气矛盾"
            yield Edit(start, start, "不", reason, 0.8, sure=False)
