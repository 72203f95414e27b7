"""Traditional characters become simplified ones: the book is set in Simplified Chinese.

Source: the character tables of OpenCC (Apache-2.0); only whole-character
conversion, so that no wording changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Protocol

from notepress.fixers._text import HAN, Edit, Text
from notepress.knowledge import Knowledge

CODE = "TRADITIONAL"
PHASE = 10
EXAMPLES = (
    ("損失函數衡量誤差。", "损失函数衡量误差。"),
    ("訓練集與測試集", "训练集与测试集"),
)
UNTOUCHED = ("乾坤", "昇腾芯片", "损失函数衡量误差。", "著名的 Transformer 论文")

_RUN = re.compile(f"[{HAN}]+")
# Right in Simplified Chinese too, in some words.
_BOTH = frozenset("乾著夥瞭於藉")
_NAMES = re.compile("昇(?=[思腾])|徵(?=、羽)")


class _Converter(Protocol):
    def convert(self, text: str) -> str: ...


@cache
def _converter() -> _Converter:
    # Imported late: reading its tables costs more than most runs need.
    from opencc import OpenCC  # see above

    converter: _Converter = OpenCC("t2s")
    return converter


def fix(text: Text, _knowledge: Knowledge) -> Iterator[Edit]:
    """Simplify every character that has one simplified form."""
    for run in text.finditer(_RUN):
        if run[0].isascii():
            continue
        simple = _converter().convert(run[0])
        if simple == run[0] or len(simple) != len(run[0]):
            continue
        for at, (old, new) in enumerate(zip(run[0], simple, strict=True), start=run.start()):
            if old != new and old not in _BOTH and not _NAMES.match(text.value, at):
                yield Edit(at, at + 1, new, f"繁体字“{old}”改为简体“{new}”")
