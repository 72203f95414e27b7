"""Cards -> indexes: under which term, and in which order."""

from __future__ import annotations

import pytest

from notepress.indexes import by_english, by_pinyin, chinese, english
from notepress.model import Bilingual, Card


def _cards(*questions: tuple[str, str]) -> list[Card]:
    return [
        Card(id=f"c{n}", topic="t", question=Bilingual(*both)) for n, both in enumerate(questions)
    ]


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        ("什么是支持向量机？", ("支持向量机",)),
        ("支持向量机", ("支持向量机",)),
        ("K 近邻算法（KNN）", ("K 近邻算法", "KNN")),
        ("过拟合是什么？", ("过拟合",)),
        ("如何评价机器学习模型的有效性？", ("如何评价机器学习模型的有效性",)),
        ("", ()),
    ],
)
def test_chinese_terms(question: str, terms: tuple[str, ...]) -> None:
    assert chinese(question) == terms


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        ("What is a support vector machine?", ("Support vector machine",)),
        ("k-means clustering", ("k-means clustering",)),
        ("What are bias and variance?", ("Bias and variance",)),
        ("Receiver operating characteristic (ROC)", ("Receiver operating characteristic", "ROC")),
        ("Why does it work?", ("Why does it work",)),
    ],
)
def test_english_terms(question: str, terms: tuple[str, ...]) -> None:
    assert english(question) == terms


def test_chinese_is_sorted_by_sound() -> None:
    cards = _cards(("重采样", ""), ("召回率", ""), ("BERT", ""), ("层归一化", ""), ("贝叶斯", ""))

    letters = by_pinyin(cards)

    assert [letter.letter for letter in letters] == ["B", "C", "Z"]
    assert [[line.term for line in letter.lines] for letter in letters] == [
        ["贝叶斯", "BERT"],
        ["层归一化", "重采样"],
        ["召回率"],
    ]


def test_english_is_sorted_by_letter_whatever_its_case() -> None:
    letters = by_english(_cards(("", "batch norm"), ("", "Adam"), ("", "Bagging"), ("", "1-D")))

    assert [(x.letter, [line.number for line in x.lines]) for x in letters] == [
        ("#", [4]),
        ("A", [2]),
        ("B", [3, 1]),
    ]
