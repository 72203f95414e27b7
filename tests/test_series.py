"""Items that open entries, and those that are but a list."""

from __future__ import annotations

import pytest

from notepress.blocks import blocks
from notepress.series import series, titled


@pytest.mark.parametrize(
    ("text", "openers"),
    [
        ("1. 什么是甲？\n\n乙。\n\n2. 什么是丙？\n\n丁。", [0, 2]),
        ("1. 甲\n\n乙丙。\n\n2. 丁\n\n戊己。", [0, 2]),
        ("1. 甲\n2. 乙", []),
        ("步骤：\n\n1. 甲\n\n   乙丙。\n\n2. 丁\n\n   戊己。", []),
        # The numbers of a list within an answer begin again at one.
        ("1. 甲\n\n1. 乙\n2. 丙\n\n2. 丁\n\n戊己。\n\n3. 庚", [0, 3, 5]),
        ("1.1 什么是甲？\n乙\n\n1.2 丙\n\n丁戊。\n\n2.1 己\n\n庚辛。", [0, 1, 3]),
        ("一、什么是甲？\n（1）乙：丙\n（2）丁：戊\n二、什么是己？\n庚", [0, 3]),
        ("十、什么是甲？\n乙\n十一、什么是丙？\n丁", [0, 1]),
        ("- 甲\n  - 乙\n- 丙\n  - 丁", [0, 1]),
        ("- 甲：乙\n- 丙\n  丁\n- 戊\n  - 己\n- 庚", [0, 1, 2, 3]),
        ("**甲**\n\n乙丙。\n\n**丁**\n\n戊己。", [0, 2]),
        ("**甲**\n\n乙丙。", []),
    ],
)
def test_openers(text: str, openers: list[int]) -> None:
    assert sorted(series(list(blocks(text.split("\n")))).openers) == openers


def test_what_stands_between_belongs_to_the_first() -> None:
    text = "1. 什么是甲？\n\n公式：\n\n乙：丙\n\n2. 什么是丁？\n\n戊：己"
    assert series(list(blocks(text.split("\n")))).inside == {1, 2, 4}


def test_what_follows_a_list_among_paragraphs_need_not_belong_to_it() -> None:
    text = "甲：乙\n\n1. 什么是丙？\n\n丁\n\n2. 什么是戊？\n\n己：庚"
    assert series(list(blocks(text.split("\n")))).inside == {2}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("一、基础\n1. 什么是甲？", "heading"),
        ("**基础**\n\n1. 什么是甲？", "heading"),
        ("一、什么是甲？\n1. 什么是乙？", "item"),
        ("一、基础\n1. 甲", "item"),
        ("- 基础\n\n1. 什么是甲？", "item"),
        ("基础\n\n1. 什么是甲？", "text"),
    ],
)
def test_headings_without_their_mark(text: str, kind: str) -> None:
    assert titled(list(blocks(text.split("\n"))))[0].kind == kind
