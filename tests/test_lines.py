"""What one line of a note reads as."""

from __future__ import annotations

import pytest

from notepress.lines import (
    UNDONE,
    asks_on,
    bold_head,
    goes_on,
    has_head,
    heading_text,
    is_label,
    is_question,
    is_term,
    states,
    subject_of,
)


@pytest.mark.parametrize(
    ("line", "question", "head", "term"),
    [
        ("什么是梯度？", True, True, False),
        ("什么是梯度?:", True, True, False),
        ("Q: 梯度", True, True, False),
        ("## 什么是梯度？", True, True, False),
        ("1. 什么是梯度？", True, True, False),
        ("**什么是梯度？**", True, True, False),
        ("梯度：函数上升最快的方向", False, True, False),
        ("梯度?:上升最快的方向", False, True, False),
        ("感受野", False, False, True),
        ("pooling汇聚", False, False, True),
        ("self-attention", False, False, True),
        ("例如：甲", False, False, False),
        ("常见的方法如下：甲", False, False, False),
        ("防止丢失边缘像素", False, False, True),
        ("什么是梯度", True, True, False),
        ("L1 和 L2 的区别", True, True, False),
        ("GRPO：??", False, True, False),
        ("训练完了。真的吗？", False, False, False),
        ("[什么是梯度？](https://example.org)", False, False, True),
        ("梯度——上升最快的方向", False, True, False),
        ("**梯度** 上升", False, False, True),
        ("**梯度**", False, True, True),
        ("**梯度**：上升", False, True, False),
        ("【问】梯度", True, True, False),
        ("Q2 梯度", True, True, False),
        ("1.1 什么是梯度？", True, True, False),
        ("- [ ] 什么是梯度？", True, True, False),
        ("优点：快", False, False, False),
        ("训练的时候：随机丢弃", False, False, False),
        ("用指数平均代替累加：", False, False, False),
        ("先求导，再让它为零：", False, False, False),
        ("图网络就是传递消息的网络：先收集", False, False, False),
        ("涌现能力", False, False, True),
        ("对抗训练", False, False, True),
        ("召回率和精确率", False, False, True),
        ("待补充", False, False, False),
        ("卷积核跟权重一样随机初始化", False, False, False),
        ("这是一句话。", False, False, False),
        ("https://example.org/a", False, False, False),
        ("", False, False, False),
    ],
)
def test_what_a_line_reads_as(line: str, question: bool, head: bool, term: bool) -> None:
    assert (is_question(line), has_head(line), is_term(line)) == (question, head, term)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("# 梯度", "梯度"),
        ("## 梯度 ##", "梯度"),
        ("### **梯度**", "梯度"),
        ("梯度\n====", "梯度"),
        ("#梯度", "梯度"),
    ],
)
def test_a_heading_without_its_marks(line: str, text: str) -> None:
    assert heading_text(line) == text


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("优点", True),
        ("核心思想：", True),
        ("2.3 总结", True),
        ("步骤如下", True),
        ("训练时", True),
        ("优点和缺点", True),
        ("梯度", False),
        ("实时", False),
        ("损失函数", False),
    ],
)
def test_a_label(line: str, *, expected: bool) -> None:
    assert is_label(line) is expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("因此要除以它。", True),
        ("公式：x", True),
        ("**优点**：快", True),
        ("（待续）", True),
        ("其中 n 是个数。", True),
        ("对抗训练：甲", False),
        ("在线学习：甲", False),
        ("先验是甲。", False),
        ("幻觉：编造事实，分为：", False),
    ],
)
def test_what_goes_on(line: str, *, expected: bool) -> None:
    assert goes_on(line) is expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("为什么重要？", True),
        ("怎么解决？", True),
        ("有什么缺点？", True),
        ("为什么要归一化？", False),
        ("怎么选 K？", False),
    ],
)
def test_a_question_that_asks_on(line: str, *, expected: bool) -> None:
    assert asks_on(line) is expected


@pytest.mark.parametrize(
    ("line", "subject"),
    [
        ("卷积核跟权重一样随机初始化", "卷积核"),
        ("块（block）可以描述一层。", "块（block）"),
        ("DBSCAN 按密度聚类。", "DBSCAN"),
        ("采样慢，要很多步。", ""),
        ("太大会震荡。", ""),
        ("序列短的时候其实是前馈占大头。", ""),
        ("对初值敏感。", ""),
    ],
)
def test_the_subject_of_a_statement(line: str, subject: str) -> None:
    assert subject_of(line) == subject


def test_a_name_states_nothing() -> None:
    assert not states("Softmax 函数")
    assert states("方差是期望的差。")


@pytest.mark.parametrize(
    ("line", "head"),
    [
        ("**甲**", "甲"),
        ("**甲：** 乙", "甲"),
        ("1. **甲**：乙", "甲"),
        ("**甲** 的乙", ""),
        ("**优点**：乙", ""),
        ("甲", ""),
    ],
)
def test_a_head_in_bold(line: str, head: str) -> None:
    assert bold_head(line) == head


@pytest.mark.parametrize(
    "text", ["TODO", "To Do", "待补充", "略", "以后再写", "还没看", "未完待续"]
)
def test_marks_of_the_unfinished(text: str) -> None:
    assert UNDONE.fullmatch(text)


@pytest.mark.parametrize("text", ["省略", "等待", "补充"])
def test_words_that_mark_nothing(text: str) -> None:
    assert not UNDONE.fullmatch(text)
