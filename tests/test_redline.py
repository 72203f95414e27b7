"""Two versions of a field -> what was struck out and what put in."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notepress.redline import Fate, only_wording, redline, words


def _marked(before: str, after: str) -> str:
    marks = {Fate.STAYS: "{}", Fate.OUT: "[{}]", Fate.IN: "<{}>"}
    return "".join(marks[piece.fate].format(piece.text) for piece in redline(before, after))


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>甲 &amp; <b>乙</b></p>\n<p>丙</p>", "甲 & 乙\n丙"),
        ('<img class="day" src="a.webp" alt="图 &lt;1&gt;">', "[图 <1>]"),
        ("<img src='a.webp'>", "[a.webp]"),
        (r"\(a&lt;b\)", r"\(a<b\)"),
        ("a < b<br>c<!-- d -->", "a < b\nc"),
        ("", ""),
    ],
)
def test_words(html: str, text: str) -> None:
    assert words(html) == text


@pytest.mark.parametrize(
    ("before", "after", "marked"),
    [
        ("<p>梯度下降发</p>", "<p>梯度下降法</p>", "梯度下降[发]<法>"),
        (r"用 \(a_i+b\) 算", r"用 \(a_i-b\) 算", r"用 [\(a_i+b\)]<\(a_i-b\)> 算"),
        (
            "the gradient descends",
            "the gradients descend",
            "the [gradient descends]<gradients descend>",
        ),
        ("3.14", "3.15", "[3.14]<3.15>"),
        ("", "新", "<新>"),
        ("<p>旧</p>", "", "[旧]"),
        ("<p>同</p>", "<div>同</div>", ""),
        ("一" * 40 + "甲" + "二" * 50 + "丙", "一" * 40 + "乙" + "二" * 50, None),
    ],
)
def test_redline(before: str, after: str, marked: str | None) -> None:
    if marked is None:
        marked = f"…{'一' * 16}[甲]<乙>{'二' * 16}…{'二' * 16}[丙]"
    assert _marked(before, after) == marked


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("累积过去的梯度，减少对单步的依赖。", "累积以往的梯度，减少对单步的依赖。", True),
        ("学习率是 0.1，从不改变，一直如此。", "学习率是 0.2，从不改变，一直如此。", False),
        (r"梯度 \(g\) 是函数上升最快的方向。", r"梯度 \(h\) 是函数上升最快的方向。", False),
        ('一张图<img src="a.png" alt="图">在此', '一张图<img src="b.png" alt="图">在此', False),
        ("完全不同的一句话。", "别的东西罢了，没什么。", False),
        ("<p>同</p>", "<div>同</div>", True),
    ],
)
def test_only_wording(before: str, after: str, same: bool) -> None:
    assert only_wording(before, after) is same


@given(st.text(max_size=80), st.text(max_size=80))
def test_the_pieces_hold_both_texts(before: str, after: str) -> None:
    pieces = redline(before, after)
    if any("…" in piece.text for piece in pieces):
        return
    for fate, text in ((Fate.OUT, before), (Fate.IN, after)):
        told = "".join(p.text for p in pieces if p.fate in (Fate.STAYS, fate))
        assert told.split() == words(text).split() or not pieces


@pytest.mark.parametrize("text", [r"\(" * 9_000, "<" * 900_000, "<img " * 200_000, "甲乙" * 9_000])
def test_a_hostile_field_takes_no_time(text: str) -> None:
    begun = time.monotonic()
    redline(text, text[1:] + "丙")
    only_wording(text, "丙" + text[::-1])
    assert time.monotonic() - begun < 5
