"""A card -> its text with holes, where its structure says which."""

from __future__ import annotations

import re

import pytest

from notepress import cloze
from notepress.model import Bilingual, Card


def _card(answer: str, question: str = "问题", *formulas: str) -> Card:
    return Card("a", "t", question=Bilingual(question), answer=Bilingual(answer), formulas=formulas)


def _holes(text: str) -> list[str]:
    return re.findall("\ue000\\d+\ue001(.*?)\ue002", text, re.DOTALL)


@pytest.mark.parametrize(
    ("question", "answer", "holes"),
    [
        ("问题", "1. 间隔最大化\n2. 用核函数。", ["间隔最大化", "用核函数"]),
        ("问题", "- 召回率：正例中的比例\n- AUC: 面积", ["召回率", "AUC"]),
        ("问题", "- **甲**：一\n- `乙`：二", ["**甲**", "`乙`"]),
        ("激活函数有哪些？", "ReLU、sigmoid、tanh，添加非线性。", ["ReLU", "sigmoid", "tanh"]),
        ("什么是偏差和方差？", "偏差是拟合能力。方差是波动。", ["拟合能力", "波动"]),
        (
            "L1 正则化和 L2 正则化的区别？",
            "L1 是绝对值之和，稀疏。L2 是平方和。两者都防止过拟合。",
            ["绝对值之和，稀疏", "平方和"],
        ),
        (
            "KNN 和 K-means 有什么不同？",
            "KNN 是监督的；K-means 是无监督的。",
            ["监督的", "无监督的"],
        ),
    ],
)
def test_structure_says_what_to_hide(question: str, answer: str, holes: list[str]) -> None:
    hidden = cloze.passages(_card(answer, question))
    assert hidden
    assert _holes(hidden.text) == holes
    assert hidden.numbers == tuple(range(1, len(holes) + 1))
    assert re.sub("\ue000\\d+\ue001|\ue002", "", hidden.text) == answer


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("什么是块？", "块是单元，小到一层，大到模型。"),
        ("问题", "只有一点：\n\n1. 一点"),
        ("问题", "```\n1. a\n2. b\n```"),
        ("问题", "\n".join(f"{n}. 第 {n} 点" for n in range(1, 12))),
        ("问题", "- " + "长" * 61 + "\n- 短"),
        ("问题", "- 半个（括号：一\n- 短"),
        ("甲和乙的区别？", "两者没有区别。"),
        ("怎样做？", "甲、乙、丙，依次来。"),
        ("问题", "编码器 - 解码器\n训练 - 测试"),
    ],
)
def test_what_says_nothing_stays_whole(question: str, answer: str) -> None:
    assert cloze.passages(_card(answer, question)) is None


@pytest.mark.parametrize(
    ("latex", "hole"),
    [
        ("y = wx + b", "wx + b"),
        ("n=k_h,\\qquad\\sigma^2=\\frac{2}{n}", "k_h"),
        ("\\mathbf{W}\\leftarrow\\mathbf{W}-\\eta", "\\mathbf{W}-\\eta"),
        ("\\min_{x=1} f(x), \\quad x \\ge 0", "\\min_{x=1} f(x)"),
        ("a\\,,\\quad b = c", "a"),
        (
            "M=\\begin{cases}0,&j=i\\\\1,&j>i\\end{cases}",
            "\\begin{cases}0,&j=i\\\\1,&j>i\\end{cases}",
        ),
        ("\\left( a = b \\right)", "\\left( a = b \\right)"),
    ],
)
def test_a_formula_hides_what_it_equals(latex: str, hole: str) -> None:
    hidden = cloze.formulas(_card("", "问题", latex))
    assert _holes(hidden.text) == [hole]


def test_nothing_in_a_hole_can_end_it_early() -> None:
    hidden = cloze.formulas(
        _card("", "问题", "y = \\frac{1}{e^{-x}} a::b", "z = \\sqrt{\\frac{1}{2}}")
    )
    marked = cloze.to_anki(hidden.text)
    holes = re.findall(r"\{\{c(\d+)::(.*?)\}\}", marked)
    assert holes == [
        ("1", r"\frac{1}{e^{-x} } a&#58;:b"),
        ("2", r"\sqrt{\frac{1}{2} } "),
    ]
    assert marked.count("}}") == 2
    assert cloze.to_anki(r"<p>\(D_{\operatorname{KL}}\) }}</p>").endswith(r"KL} }\) }}</p>")


def test_braces_in_a_holes_words_are_read_by_the_browser_alone() -> None:
    hidden = cloze.passages(_card("- 集合 {{1}}，\\(x_{a_{b}}\\) 及 {c}\n- 乙"))
    assert hidden
    first = cloze.to_anki(hidden.text).splitlines()[0]
    assert first == "- {{c1::集合 {{1&#125;}，\\(x_{a_{b} }\\) 及 {c&#125;}}"


def test_a_stranger_makes_no_holes() -> None:
    hidden = cloze.passages(_card("1. \ue0009\ue001甲\ue002\n2. 乙"))
    assert hidden
    assert _holes(hidden.text) == ["9甲", "乙"]


def test_points_are_counted() -> None:
    assert cloze.count(_card("有：\n\n1. 甲\n2. 乙\n   - 丙")) == 3
    assert cloze.count(_card("没有。")) == 0
