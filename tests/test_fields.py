"""What is asked, what is answered, and which pictures are linked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notepress.fields import Link, Parts, split


@pytest.mark.parametrize(
    ("text", "form", "question", "answer"),
    [
        ("什么是梯度？最快上升的方向。", "text", "什么是梯度？", "最快上升的方向。"),
        ("什么是梯度？:最快上升的方向。", "text", "什么是梯度？", "最快上升的方向。"),
        (
            "什么是梯度？\n最快上升的方向。\n第二行",
            "text",
            "什么是梯度？",
            "最快上升的方向。\n第二行",
        ),
        ("为什么要归一化?", "text", "为什么要归一化？", ""),
        ("牛顿法：二阶方法", "text", "牛顿法", "二阶方法"),
        ("一维卷积和二维卷积是什么：", "text", "一维卷积和二维卷积是什么", ""),
        ("步幅", "text", "步幅", ""),
        ("填充\n防止丢失边缘像素", "text", "填充", "防止丢失边缘像素"),
        ("pooling汇聚\n\n\n降维。", "text", "pooling汇聚", "降维。"),
        (
            "什么是正则化，是指防止过拟合的操作",
            "text",
            "什么是正则化？",
            "正则化是指防止过拟合的操作",
        ),
        ("什么是正则化，就是惩罚", "text", "什么是正则化？", "正则化就是惩罚"),
        ("ROC 曲线就是按阈值画的曲线", "text", "ROC 曲线", "ROC 曲线就是按阈值画的曲线"),
        ("卷积核跟权重一样随机初始化", "text", "", "卷积核跟权重一样随机初始化"),
        ("Q: 什么是核？\nA: 相似度。", "text", "什么是核？", "相似度。"),
        ("**Q1:** What?\n\n**A1:** That.", "text", "What?", "That."),
        ("问：甲\n答：乙\n丙", "text", "甲", "乙\n丙"),
        ("1. Q: 甲\n   A: 乙", "item", "甲", "乙"),
        ("Q: 甲\n乙", "text", "甲", "乙"),
        ("## 什么是核？\n\n相似度。", "heading", "什么是核？", "相似度。"),
        ("## 核方法 ##\n相似度：甲", "heading", "核方法", "相似度：甲"),
        ("核方法\n=====\n\n相似度。", "heading", "核方法", "相似度。"),
        ("### 核\nA: 相似度。", "heading", "核", "相似度。"),
        ("## 1. 核\n相似度。", "heading", "核", "相似度。"),
        ("1. 什么是偏差？\n期望之差。", "item", "什么是偏差？", "期望之差。"),
        ("- 填充：补零", "item", "填充", "补零"),
        ("**什么是注意力？**\n加权求和。", "text", "什么是注意力？", "加权求和。"),
        ("**注意力**：加权求和。", "text", "注意力", "加权求和。"),
        ("> 什么是自监督？\n> 标签来自数据。", "text", "什么是自监督？", "标签来自数据。"),
        ("F1：\n| a | b |\n|---|---|", "text", "F1", "| a | b |\n|---|---|"),
        ("时间：12:30 开始", "text", "时间", "12:30 开始"),
        ("图网络就是传消息的网络：先收集", "text", "图网络", "图网络就是传消息的网络：先收集"),
        ("GRPO:??", "text", "GRPO", "??"),
        ("梯度——上升最快的方向", "text", "梯度", "上升最快的方向"),
        ("梯度\t上升最快的方向", "text", "梯度", "上升最快的方向"),
        ("梯度::上升最快的方向", "text", "梯度", "上升最快的方向"),
        ("什么是梯度\n上升最快的方向", "text", "什么是梯度", "上升最快的方向"),
        ("什么是梯度？怎么求？\n求导", "text", "什么是梯度？怎么求？", "求导"),
        ("【问】梯度\n【答】方向", "text", "梯度", "方向"),
        ("**卷积核** 的大小取 3。", "text", "", "**卷积核** 的大小取 3。"),
        ("蒸馏[^1]：学软标签\n\n[^1]: 温度要高", "text", "蒸馏", "学软标签\n\n温度要高"),
        ("　　蒸馏：学软标签", "text", "蒸馏", "学软标签"),
        ("- [ ] 什么是蒸馏？\n  学软标签", "item", "什么是蒸馏？", "学软标签"),
        ("1.2 什么是蒸馏？\n学软标签", "item", "什么是蒸馏？", "学软标签"),
        ("（二）蒸馏\n学软标签", "item", "蒸馏", "学软标签"),
        ("## 蒸馏\n### 优点\n小", "heading", "蒸馏", "优点：\n小"),
        ("## 蒸馏\n```\n# 注释\n```", "heading", "蒸馏", "```\n# 注释\n```"),
        ("https://example.org/a", "text", "", "https://example.org/a"),
        ("", "text", "", ""),
    ],
)
def test_question_and_answer(text: str, form: str, question: str, answer: str) -> None:
    parts = split(text, form)
    assert (parts.question, parts.answer) == (question, answer)
    assert parts.statement == (not question and bool(answer))


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("步幅\n![图 1](../images/a.png)  ", (Link("../images/a.png", "图 1"),)),
        ('步幅![](<a.png> "题")', (Link("a.png"),)),
        ("步幅\n<center>\n<img src='a.png' width=3>\n</center>", (Link("a.png"),)),
        ('步幅 <IMG alt=x SRC="a.png">', (Link("a.png"),)),
        ("步幅\n![甲](a.png)\n![乙](b.png)", (Link("a.png", "甲"), Link("b.png", "乙"))),
    ],
)
def test_pictures_leave_the_text(text: str, links: tuple[Link, ...]) -> None:
    assert split(text) == Parts("步幅", "", links)


def test_a_picture_alone_is_no_statement() -> None:
    assert split("![图](a.png)") == Parts("", "", (Link("a.png", "图"),))


@pytest.mark.parametrize(
    ("text", "question", "answer", "remark"),
    [
        ("什么是梯度（没看懂）？\n方向。", "什么是梯度？", "方向。", "（没看懂）"),
        ("什么是梯度？（没看懂）\n方向。", "什么是梯度？", "方向。", "（没看懂）"),
        ("什么是梯度？没看懂\n方向。", "什么是梯度？", "方向。", "没看懂"),
        ("什么是梯度？没看懂", "什么是梯度？", "没看懂", ""),
        ("什么是梯度？？\n方向。", "什么是梯度？", "方向。", "？"),
        ("什么是梯度（不懂）？？？方向。", "什么是梯度？", "方向。", "（不懂）？？"),
        (
            "什么是梯度（gradient）（还不太懂）？\n方向。",
            "什么是梯度（gradient）？",
            "方向。",
            None,
        ),
        ("Q: What is a gradient (not sure)?\nA: It.", "What is a gradient?", "It.", None),
        ("**什么是梯度？**（？）\n方向。", "什么是梯度？", "方向。", "（？）"),
        ("**梯度（有疑问，忘了）**：方向。", "梯度", "方向。", "（有疑问，忘了）"),
        ("- 梯度（？？）：方向。", "梯度", "方向。", "（？？）"),
        ("## 梯度？？\n方向。", "梯度", "方向。", "？？"),
        ("梯度（以后再看）：方向。", "梯度", "方向。\n\n以后再看", "（以后再看）"),
        ("梯度（没看懂，周末再看）：方向。", "梯度", "方向。\n\n周末再看", None),
        ("## 梯度（没看懂，周末再看）", "梯度", "", "（没看懂，周末再看）"),
        ("## TODO 梯度\n方向。", "梯度", "方向。\n\nTODO", "（TODO）"),
        # What is no remark to oneself stays.
        ("什么是池化（pooling）？\n降维。", "什么是池化（pooling）？", "降维。", ""),
        ("学过的不懂怎么办（对吗？）？\n复习。", "学过的不懂怎么办（对吗？）？", "复习。", ""),
        ("梯度（真）：方向（不懂）。", "梯度（真）", "方向（不懂）。", ""),
        ("方向。什么是梯度？？", "", "方向。什么是梯度？？", ""),
    ],
)
def test_remarks_to_oneself_are_no_part_of_the_question(
    text: str, question: str, answer: str, remark: str | None
) -> None:
    parts = split(text, "heading" if text.startswith("#") else "text")
    assert (parts.question, parts.answer) == (question, answer)
    assert remark is None or parts.remark == remark


def test_a_row_of_a_table_has_them_too() -> None:
    assert split("什么是熵（不懂）？\t不确定性", "row") == Parts(
        "什么是熵？", "不确定性", remark="（不懂）"
    )


@given(st.text(alphabet="甲乙?？:：。，,#-*`>|!()[]<1.QA= \n", max_size=60))
def test_no_word_is_lost(text: str) -> None:
    """Marks go and stay as they like; each word is in the question, a tag or the answer."""
    parts = split(text)
    words = [char for char in text if char in "甲乙"]
    if "](" not in text:
        said = parts.question + "".join(parts.tags) + parts.remark + parts.answer
        assert [char for char in said if char in "甲乙"] == words


def test_a_row_of_a_table_is_divided_at_its_tabs() -> None:
    row = "什么是熵？\t不确定性<br>单位是比特\t信息论 概率"
    assert split(row, "row") == Parts("什么是熵？", "不确定性\n单位是比特", tags=("信息论", "概率"))
    assert split("条件熵\t\t信息论", "row") == Parts("条件熵", "", tags=("信息论",))
