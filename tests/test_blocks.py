"""Lines gathered into blocks, each with its kind."""

from __future__ import annotations

import pytest

from notepress.blocks import blocks, note_of, would_open


def _told(text: str) -> list[tuple[str, int]]:
    return [(block.kind, len(block.lines)) for block in blocks(text.split("\n"))]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("甲\n乙\n\n丙", [("text", 2), ("text", 1)]),
        ("---\na: b\n---\n甲", [("structure", 3), ("text", 1)]),
        ("甲\n===\n乙", [("heading", 2), ("text", 1)]),
        ("这是一句话。\n---\n乙", [("text", 1), ("structure", 1), ("text", 1)]),
        ("- 甲\n---", [("item", 1), ("structure", 1)]),
        ("\\[\na\n\n- b\n\\]\n\n甲", [("maths", 5), ("text", 1)]),
        ("\\[ a\n\n甲", [("maths", 1), ("text", 1)]),
        ("\\[ a\n# 甲\n\\]", [("maths", 1), ("heading", 1), ("text", 1)]),
        ("```\n# a\n\n? b\n```", [("code", 5)]),
        ("```\na", [("code", 2)]),
        ("- 甲\n  - 乙\n- 丙", [("item", 2), ("item", 1)]),
        ("[^1]: 甲\n  乙\n丙", [("footnote", 2), ("text", 1)]),
        ("第一章 甲\n乙", [("heading", 1), ("text", 1)]),
        ("[TOC]\n<!-- 甲 -->", [("structure", 1), ("structure", 1)]),
        ("甲：乙\n丙：丁", [("text", 1), ("text", 1)]),
        ("甲：乙\n优点：快\n丙：丁", [("text", 2), ("text", 1)]),
        (
            "甲：乙\n丙丁\n戊己\n辛：壬\n癸：子",
            [("text", 1), ("text", 2), ("text", 1), ("text", 1)],
        ),
        ("有哪几类？\n甲：乙\n丙：丁", [("text", 3)]),
        ("什么是甲？\n乙。\n什么是丙？\n丁。", [("text", 2), ("text", 2)]),
        ("甲\n为什么重要？\n乙。", [("text", 3)]),
    ],
)
def test_blocks(text: str, told: list[tuple[str, int]]) -> None:
    assert _told(text) == told


def test_what_a_footnote_is_called() -> None:
    assert [note_of(block) for block in blocks(["[^a]: 甲", "", "甲"])] == ["[^a]", ""]


@pytest.mark.parametrize(
    ("text", "opens"),
    [
        ("甲：乙", True),
        ("甲", False),
        ("甲\n乙丙。", True),
        ("甲\n\n乙丙。", True),
        ("优点：乙", False),
        ("怎么办？\n乙", False),
        ("- 甲\n  - 乙", True),
        ("- 甲\n\n乙丙。", False),
        ("| 甲：乙 |", False),
        ("略", False),
    ],
)
def test_what_would_open_an_entry(text: str, *, opens: bool) -> None:
    first, *below = blocks(text.split("\n"))
    assert would_open(first, below[:1]) is opens
