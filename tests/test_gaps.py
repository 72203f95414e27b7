"""What is missing from an answer is found, and a whole answer has no gap."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notepress.gaps import find
from notepress.questions import subject
from tests.sample_knowledge import SAMPLE


def _kinds(answer: str, question: str = "什么是梯度？") -> list[str]:
    return [gap.kind for gap in find(answer, subject(question, SAMPLE), SAMPLE)]


@pytest.mark.parametrize(
    ("answer", "kinds"),
    [
        ("", ["EMPTY"]),
        (" \n ", ["EMPTY"]),
        ("TODO", ["EMPTY"]),
        ("待补充。", ["EMPTY"]),
        ("self-attention", ["KEYWORD"]),
        ("自注意力。", ["KEYWORD"]),
        ("特点是：\n1. 间隔最大化\n2.", ["EMPTY-ITEM"]),
        ("特点是1.间隔最大化2.", ["EMPTY-ITEM"]),
        ("- 甲是乙\n-", ["EMPTY-ITEM"]),
        ("曼哈顿距离：各轴之差的和，汉明距离：。", ["EMPTY-TERM"]),
        ("汉明距离：\n余弦距离：夹角", ["EMPTY-TERM"]),
        ("训练集变化所导致的性能变化，", ["TRAILING"]),
        ("它的作用是", ["TRAILING"]),
        ("先做甲。TODO", ["MARKED"]),
        ("先做甲，（待续）", ["MARKED"]),
        ("不懂", ["EMPTY"]),
        ("有三种：1. 甲 2. 乙", ["COUNT"]),
        ("有三种：\n- 甲\n- 乙", ["COUNT"]),
        ("有两种：\n1. 甲\n2. 乙", []),
        ("有三种，各有用处。", []),
        ("它等于 a +", ["FORMULA"]),
        (r"\(J = E[\)", ["FORMULA"]),
        (r"\(\hat\theta = \arg\max_\theta\)", ["FORMULA"]),
        (r"\(p = \frac{a}{\)", ["FORMULA"]),
        (r"\(x - y =\)", ["FORMULA"]),
        ("缩放 s = max|x| /", ["FORMULA"]),
        (r"用 \(\max\) 代替。", []),
        (r"取值在 \([0,1)\)。", []),
        (r"\(\|x\|_2\)", []),
        (r"\(\left(a, b\right]\)", []),
        ("用 C++", []),
        ("先做甲，（还没看）", ["MARKED"]),
        ("TODO：看论文", ["EMPTY"]),
        ("以后再补", ["EMPTY"]),
        ("??", ["EMPTY"]),
        ("甲是乙。其他的以后再写 ??", ["MARKED"]),
        ("省略了一步。", []),
        ("步子太大容易发散，所以", ["TRAILING"]),
        ("先预训练，然后是", ["TRAILING"]),
        ("由此得到加权和", []),
        ("甲和乙……", ["TRAILING"]),
        ("- 甲，\n- 乙，", []),
        ("结构如图：", []),
        ("预测、召回率", []),
        ("共享权重", ["KEYWORD"]),
        ("state space model", ["KEYWORD"]),
        ("防止丢失边缘像素", []),
        ("约 7B", []),
        ("不能", []),
        ("优点：快\n缺点：", ["EMPTY-TERM"]),
        ("- 甲类：对\n- 乙类：\n- 丙类：错", ["EMPTY-TERM"]),
        ("- 混合：\n  - 甲\n  - 乙", []),
        ("位置编码分两类：\n绝对的：甲\n相对的：乙", []),
        ("放到分母：\n$$\nx\n$$", []),
        ("三步：\n（1）甲\n（2）乙\n（3）丙", []),
        ("三步：\n（1）甲\n（2）乙", ["COUNT"]),
        ("有三种：贪心、求和", ["COUNT"]),
        ("有三种：甲、乙和丙", []),
        ("两个参数：半径和点数。点有三类。", []),
        ("参数为 (n=3)\n甲是乙。", []),
        ("如下\n```python\nx = a[1:]\nd:\n```", []),
        (r"它等于 \(a+b\)", []),
        ("函数上升最快的方向。", []),
        ("重点考虑：1. 平移不变性 2. 局部性", []),
        ("重点考虑：\n1. 平移不变性\n2. 局部性", []),
        ("重点考虑：\n\n- 平移不变性\n- 局部性", []),
        ("如下：\n\n| a | b |\n|---|---|\n| 1 | 2 |", []),
        ("如下：\n\n```python\nx = 1\n```", []),
        (r"定义为：" + "\n\n" + r"\[x=1\]", []),
        ("例如：\n甲与乙。", []),
    ],
)
def test_gaps(answer: str, kinds: list[str]) -> None:
    assert _kinds(answer) == kinds


@pytest.mark.parametrize(
    ("question", "answer", "missing"),
    [
        ("L1 和 L2 正则化的区别", "L1 产生稀疏的权重。", ["L2 正则化"]),
        ("L1 和 L2 正则化的区别", "L1 是绝对值，L2 是平方。", []),
        ("L1 和 L2 正则化的区别", "一个是绝对值，一个是平方。", []),
        ("KNN和K-means聚类的区别", "KNN 有监督。", ["K 均值算法"]),
        ("什么是偏差和方差？", "偏差是期望之差。", ["方差"]),
        ("什么是梯度？", "KNN 用不到它。", []),
    ],
)
def test_a_side_left_out(question: str, answer: str, missing: list[str]) -> None:
    gaps = find(answer, subject(question, SAMPLE), SAMPLE)
    assert [g.concept.name.zh for g in gaps if g.kind == "HALF" and g.concept] == missing


@pytest.mark.parametrize(
    ("question", "answer", "missing"),
    [
        ("HMM 和 CRF", "HMM 是生成式的。", ["CRF"]),
        ("HMM 和 CRF 的区别？", "HMM 是生成式的，CRF 是判别式的。", []),
        ("HMM 和 CRF 的区别？", "前者是生成式的，HMM 常用。", []),
        ("HMM 和 CRF 怎么选？", "HMM 快。", []),
        ("预剪枝和后剪枝", "预剪枝边长边剪。", ["后剪枝"]),
        ("参数模型与非参数模型", "非参数模型随数据变大。", ["参数模型"]),
        ("分词和词性标注", "先分词，再标注词性。", []),
        ("剪枝", "分为预剪枝和后剪枝。\n\n预剪枝：边长边剪。", ["后剪枝"]),
        ("剪枝", "分为预剪枝和后剪枝。\n\n预剪枝：边长边剪。\n后剪枝：长完再剪。", []),
        ("剪枝", "分为预剪枝和后剪枝。", []),
    ],
)
def test_a_side_that_nothing_is_known_of(question: str, answer: str, missing: list[str]) -> None:
    gaps = find(answer, subject(question, SAMPLE), SAMPLE)
    assert [g.term for g in gaps if g.kind == "HALF"] == missing


@pytest.mark.parametrize(
    ("question", "answer", "kinds"),
    [
        ("解码方法有三种", "1. 贪心\n2. 束搜索", ["COUNT"]),
        ("三个门", "遗忘门、输入门和输出门。", []),
        ("教师强制的问题？", "曝光偏差", ["KEYWORD"]),
        ("L1 对应什么先验？", "拉普拉斯分布", []),
        ("拟合的是什么？", "负梯度", []),
        ("哪个快？", "Adam", []),
    ],
)
def test_what_a_question_promises(question: str, answer: str, kinds: list[str]) -> None:
    assert [g.kind for g in find(answer, subject(question, SAMPLE), SAMPLE)] == kinds


def test_a_gap_says_what_is_missing() -> None:
    for answer in (
        "",
        "自注意力",
        "1.甲2.",
        "汉明距离：",
        "甲，",
        "甲。TODO",
        "有三种：- 甲",
        "a+",
    ):
        for gap in find(answer, subject("什么是梯度？", SAMPLE), SAMPLE):
            assert "{" not in gap.message


@given(st.text(alphabet="甲乙两种有：，。12.- \n+\\()TODO", max_size=40))
def test_gaps_lie_in_the_answer_in_order(answer: str) -> None:
    gaps = find(answer, subject("什么是梯度？", SAMPLE), SAMPLE)
    assert all(0 <= gap.start <= gap.end <= len(answer) for gap in gaps)
    assert [gap.start for gap in gaps] == sorted(gap.start for gap in gaps)
    places = [gap for gap in gaps if gap.end > gap.start and gap.kind != "COUNT"]
    assert all(a.end <= b.start for a, b in pairwise(places))


def test_a_mark_takes_in_its_line_and_nothing_below() -> None:
    answer = "甲：todo 明天写\n\n乙：误差的平方。"
    (gap,) = find(answer, subject("什么是梯度？", SAMPLE), SAMPLE)
    assert (gap.kind, answer[gap.end :]) == ("MARKED", "\n\n乙：误差的平方。")
