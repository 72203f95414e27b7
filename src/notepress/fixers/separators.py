"""Doubled separators become one: a question mark with a colon behind it is a question mark.

``？:`` shows where the answer begins, which the question mark says already; doubled
commas and stops are a key held too long. Runs after the widths are settled, so that
both marks of a pair are full-width by now.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from notepress.fixers._text import HAN, Edit, Text
from notepress.knowledge import Knowledge

CODE = "SEPARATOR"
PHASE = 75
EXAMPLES = (
    ("什么是梯度?:函数上升最快的方向", "什么是梯度？函数上升最快的方向"),
    ("方法有哪些? :两种", "方法有哪些？两种"),
    ("先归一化，，再训练", "先归一化，再训练"),
    ("引入残差，（见下文）再训练", "引入残差（见下文）再训练"),
    ("称为残差连接（最初用于图像。）", "称为残差连接（最初用于图像）。"),
)
UNTOUCHED = ("真的吗？！", "省略……", "a ?: b", "比例 3:1", "等等。", "结束了。（全文完。）")

_QUESTION_COLON = re.compile(rf"(?<=[{HAN}A-Za-z0-9)）”])[ \t]*[?？][ \t]*[:：]")
_DOUBLED = re.compile(r"([，。；：、])(?:[ \t]*\1)+")
_STOP_INSIDE = re.compile(r"(?<![。！？\n])（[^（）。！？\n]*(。）)(?![，。；：、！？])")
_COMMA_BRACKET = re.compile(r"[，、][ \t]*(?=（)")


def fix(text: Text, _knowledge: Knowledge) -> Iterator[Edit]:
    """Leave one separator of two."""
    edits = [
        Edit(*found.span(), "？", "问号后的冒号多余")
        for found in text.finditer(_QUESTION_COLON)
        if re.search(f"[{HAN}]", text.line_at(found.start()))
    ]
    edits.extend(
        Edit(*found.span(), found[1], f"标点“{found[1]}”重复") for found in text.finditer(_DOUBLED)
    )
    edits.extend(
        Edit(*found.span(), "", "括注前不用逗号") for found in text.finditer(_COMMA_BRACKET)
    )
    edits.extend(
        Edit(*found.span(1), "）。", "句中的括注，句号移到括号外")
        for found in _STOP_INSIDE.finditer(text.value)
        if text.free(*found.span(1)) and found.start() > 0
    )
    yield from sorted(edits, key=lambda edit: edit.start)
