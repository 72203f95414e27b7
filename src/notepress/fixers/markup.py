"""Markup that only some editors know becomes what every reader sees: ==词== -> **词**.

Highlights, links between notes and the boxes of task lists are Obsidian's, Logseq's and
GitHub's; on a card or a page they would stand there as signs. A link leads to a note that
isn't on the card, so its words remain. Sources: the pages on formatting and on internal
links in the help of Obsidian; GitHub Flavored Markdown, 5.3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from notepress.fixers._text import HAN, Edit, Text
from notepress.knowledge import Knowledge

CODE = "MARKUP"
PHASE = 3
EXAMPLES = (
    ("则用==梯度裁剪==。", "则用**梯度裁剪**。"),
    ("**==重点==**是残差", "**重点**是残差"),
    ("[[BERT]]用的就是它", "BERT用的就是它"),
    ("见[[模型/BERT|这个模型]]", "见这个模型"),
    ("见[[BERT#结构]]", "见BERT"),
    ("方法：\n- [x] 正弦编码\n- [ ] 旋转编码", "方法：\n- 正弦编码\n- 旋转编码"),
)
UNTOUCHED = (
    "if a == b and c == d",
    "a==b==c",
    "`==x==`",
    "矩阵 [[1, 2], [3, 4]]",
    "矩阵 [[1,2]]",
    "![[attention.png]]",
    "===",
    "数组 a[[x]]",
    "- [x](a.md)",
    "==\n==",
)

_HIGHLIGHT = re.compile(
    r"(?<![=!<>A-Za-z0-9])(?P<bold>\*\*)?==(?=[^\s=])(?P<inside>[^=\n]{1,120}?)(?<!\s)==(?P=bold)?"
    r"(?![=A-Za-z0-9])"
)
_LINK = re.compile(
    rf"(?<![!\[A-Za-z0-9_])\[\[(?P<page>[^\[\]|#\n]*[A-Za-z{HAN}][^\[\]|#\n]*)"
    r"(?:#[^\[\]|\n]*)?(?:\|(?P<shown>[^\[\]|\n]+))?\]\](?!\])"
)
_BOX = re.compile(r"^[ \t]*(?:[-*+]|\d+[.)])[ \t]+(?P<box>\[[ xX]\][ \t]+)(?=\S)", re.MULTILINE)


def fix(text: Text, _knowledge: Knowledge) -> Iterator[Edit]:
    """Replace each mark by what it means to a reader."""
    edits = [
        Edit(*found.span("box"), "", "任务列表的方框不是内容") for found in text.finditer(_BOX)
    ]
    edits += [
        Edit(*found.span(), (found["shown"] or found["page"]).strip(), "笔记间的链接只留文字")
        for found in text.finditer(_LINK)
    ]
    edits += [
        Edit(*found.span(), _strong(found["inside"]), "高亮改为加粗")
        for found in text.finditer(_HIGHLIGHT)
    ]
    done = 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        if edit.start >= done:
            done = edit.end
            yield edit


def _strong(words: str) -> str:
    return words if "**" in words else f"**{words}**"
