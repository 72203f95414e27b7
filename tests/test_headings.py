"""A heading asks, names a section, or goes on with the one above it."""

from __future__ import annotations

import pytest

from notepress.blocks import blocks
from notepress.headings import is_remark, roles


def _roles(text: str) -> list[str]:
    return list(roles(list(blocks(text.split("\n")))).values())


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("## 甲\n\n乙丙丁。", ["entry"]),
        ("## 甲", ["entry"]),
        ("# 甲\n\n## 乙\n\n丙是丁。", ["section", "entry"]),
        ("# 笔记\n\n考前看一遍。\n\n## 乙\n\n丙是丁。", ["section", "entry"]),
        ("# 甲\n\n甲是一种模型。\n\n## 乙\n\n丙是丁。", ["entry", "entry"]),
        ("## 偏差与方差\n\n偏差：甲\n\n方差：乙", ["entry"]),
        ("## 甲\n\n什么是乙？\n丙。", ["section"]),
        ("## 甲\n\nQ: 乙\nA: 丙", ["section"]),
        ("## 甲\n\n待补", ["entry"]),
        ("## 甲\n\n乙：丙\n\n丁：戊", ["section"]),
        # Of one level what is clear decides for what isn't.
        ("## 甲\n\n乙：丙\n\n丁：戊\n\n## 己\n\n平平常常的一句。", ["entry", "entry"]),
        ("## 甲\n\n乙：丙\n\n## 己\n\n什么是庚？\n辛。", ["section", "section"]),
        ("## 甲\n\n### 定义\n\n乙。\n\n### 优点\n\n丙。", ["entry", "inside", "inside"]),
        ("# 笔记\n\n## 有哪些损失？\n\n### 甲\n\n乙。", ["section", "entry", "inside"]),
        ("## 参考资料\n\n- 甲", ["aside"]),
    ],
)
def test_roles(text: str, given: list[str]) -> None:
    assert _roles(text) == given


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("考前看一遍。", True),
        ("梯度是上升最快的方向。", False),
        ("考" * 61, False),
        ("- 考前看", False),
        (r"\(x\) 是输入。", False),
    ],
)
def test_a_remark(text: str, *, remark: bool) -> None:
    assert is_remark(list(blocks([text])), "梯度笔记") is remark
