"""English comes from what was said in both languages before, or is reported as missing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notepress.translate import Translation, translate, units
from tests.sample_knowledge import SAMPLE

PAIRS = {
    "甲是乙。": "A is B.",
    "丙！": "C!",
    "填充：补零": "Padding: zeros",
    "他说“好。”": "He said “fine”.",
    "甲；": "A;",
    "乙": "B",
}


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("甲是乙。", "A is B."),
        ("甲是乙。丙！", "A is B. C!"),
        ("甲是乙。\n\n丙！", "A is B.\n\nC!"),
        ("1. 甲是乙。\n2. 丙！", "1. A is B.\n2. C!"),
        ("- 填充：补零\n- 梯度", "- Padding: zeros\n- Gradient"),
        ("  - 丙！", "  - C!"),
        ("他说“好。”丙！", "He said “fine”. C!"),
        ("甲；乙", "A; B"),
        ("梯度。", "Gradient."),
        ("KNN", "KNN"),
        ("Hello, world.", "Hello, world."),
        (r"\[x=1\]", r"\[x=1\]"),
        ("", ""),
    ],
)
def test_what_is_known_is_said(text: str, english: str) -> None:
    assert translate(text, PAIRS, SAMPLE) == Translation(english)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("甲是丁。", ("甲是丁。",)),
        ("甲是乙。戊。", ("戊。",)),
        ("1. 己\n2. 丙！\n3. 庚", ("己", "庚")),
    ],
)
def test_half_a_translation_is_none(text: str, missing: tuple[str, ...]) -> None:
    assert translate(text, PAIRS, SAMPLE) == Translation("", missing)


def test_units_are_what_is_looked_up() -> None:
    text = "甲是乙。丙！\n- 填充：补零\n\n丁；戊……完"
    assert units(text) == ("甲是乙。", "丙！", "填充：补零", "丁；", "戊……", "完")


@given(st.text(alphabet="甲乙。！；”\n-1. ", max_size=40))
def test_a_text_whose_units_are_known_is_translated(text: str) -> None:
    pairs = dict.fromkeys(units(text), "X")
    assert translate(text, pairs, SAMPLE).missing == ()


@given(st.text(alphabet="甲乙。！？…；”\n-1. ", max_size=40))
def test_units_hold_every_character(text: str) -> None:
    bare = "".join(units(text))
    assert bare.count("甲") == text.count("甲")
    assert bare.count("。") == text.count("。")
