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
    ("缓解了退化问题，。", "缓解了退化问题。"),
    ("为什么要归一化？，防止偏向大的特征", "为什么要归一化？防止偏向大的特征"),
    ("、主要有两种", "主要有两种"),
    ("引入残差，（见下文）再训练", "引入残差（见下文）再训练"),
    ("称为残差连接（最初用于图像。）", "称为残差连接（最初用于图像）。"),
)
UNTOUCHED = (
    "真的吗？！",
    "“，。”是标点",
    "这里是？？",
    "等等。。。",
    "省略……",
    "a ?: b",
    "比例 3:1",
    "等等。",
    "曼哈顿距离：，汉明距离：各位之差",
    "汉明距离：。",
    "结束了。（全文完。）",
    "（1）训练，（2）测试",
)

_QUESTION_COLON = re.compile(rf"(?<=[{HAN}A-Za-z0-9)）”])[ \t]*[?？][ \t]*[:：]")
_DOUBLED = re.compile(r"([，；：、])(?:[ \t]*\1)+|(?<!。)(。)[ \t]*。(?!。)")
# Of two separators the one that parts more is meant; 。。。 stands for an ellipsis.
_MIXED = re.compile(
    r"(?<![，。；：、？！“‘…])([，。；：、？！])[ \t]*([，。；：、？！])(?![，。；：、？！”’…\[])"
)
_STRENGTH = {"、": 0, "，": 1, "；": 2, "：": 3, "。": 4, "？": 5, "！": 5}
_ASKED_TWICE = re.compile(rf"(？)？(?=[{HAN}A-Za-z])")
_FIRST = re.compile(rf"\A\s*([、，；])[ \t]*(?=[{HAN}A-Za-z])")
_STOP_INSIDE = re.compile(r"(?<![。！？\n])（[^（）。！？\n]*(。）)(?![，。；：、！？])")
# Neither the next item of a list, （2）, nor the next point, （2,4）.
_COMMA_BRACKET = re.compile(
    r"(?<![）)])，[ \t]*(?=（(?![\da-zA-Z一二三四五六七八九十]{1,2}）|[\d.]+[,，]))"
)


def fix(text: Text, _knowledge: Knowledge) -> Iterator[Edit]:
    """Leave one separator of two."""
    edits = [
        Edit(*found.span(), "？", "问号后的冒号多余")
        for found in text.finditer(_QUESTION_COLON)
        if re.search(f"[{HAN}]", text.line_at(found.start()))
    ]
    edits.extend(
        Edit(*found.span(), found[0][0], f"标点“{found[0][0]}”重复")
        for found in text.finditer(_DOUBLED)
    )
    edits.extend(
        Edit(*found.span(), _stronger(found), "两个标点只留一个")
        for found in text.finditer(_MIXED)
        if _STRENGTH[found[1]] != _STRENGTH[found[2]] and not _says_more(found)
    )
    edits.extend(Edit(*found.span(), "？", "标点“？”重复") for found in text.finditer(_ASKED_TWICE))
    edits.extend(
        Edit(*found.span(1), "", f"开头的“{found[1]}”多余") for found in text.finditer(_FIRST)
    )
    edits.extend(
        Edit(*found.span(), "", "括注前不用逗号") for found in text.finditer(_COMMA_BRACKET)
    )
    edits.extend(
        Edit(*found.span(1), "）。", "句中的括注，句号移到括号外")
        for found in _STOP_INSIDE.finditer(text.value)
        if text.free(*found.span(1)) and found.start() > 0
    )
    done = 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        if edit.start >= done:
            done = edit.end
            yield edit


def _stronger(found: re.Match[str]) -> str:
    """Give the one of two marks that is meant: the comma of a row whose last "and" is to come."""
    if set(found.groups()) == {"、", "，"}:
        clause = re.split(r"[，。；：！？\n]", found.string[found.end() :], maxsplit=1)[0]
        return "、" if re.search(r"[^总饱柔求亲][和与及]", clause) else "，"
    return max(found.groups(), key=_STRENGTH.__getitem__)


def _says_more(found: re.Match[str]) -> bool:
    """Tell whether both marks count: a colon with nothing behind it leaves a term open."""
    first, second = found.groups()
    if first != "：":
        return second == "：" and first in "？。"
    rest = re.split(r"[。！？\n]", found.string[found.end() :], maxsplit=1)[0]
    return second != "，" or "：" in rest
