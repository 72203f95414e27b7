"""Answers -> short forms: the first sentences in both languages, and never half of one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from notepress.model import Bilingual, Card, Change
from notepress.shortening import for_print, is_long, shortened

_LONG = Bilingual(
    "批归一化用小批量的均值和方差标准化每个特征。" * 2
    + "它使训练更快、更稳定，也允许更大的学习率。" * 3,
    "Batch normalization standardizes each feature with the mean and variance of a minibatch. " * 2
    + "It makes training faster and steadier, and allows larger learning rates. " * 3,
)


def _card(answer: Bilingual, **fields: object) -> Card:
    return Card(id="x", topic="t", answer=answer, **fields)  # type: ignore[arg-type]  # as each test says


def test_a_short_answer_is_printed_whole() -> None:
    answer = Bilingual("丢弃一部分神经元。", "Some neurons are dropped.")

    assert not is_long(answer)
    assert for_print(_card(answer)) == answer


def test_what_a_card_says_in_short_comes_first() -> None:
    short = Bilingual("一句话。", "One sentence.")

    assert for_print(_card(_LONG, short=short)) == short


def _edit(field: str) -> Change:
    return Change("EDIT", field, "n.md", 1, 1, 0, "", "", "手工修改", "person")


def test_the_short_form_of_an_answer_that_was_edited_is_not_printed() -> None:
    short = Bilingual("一句话。", "One sentence.")
    card = _card(_LONG, short=short, changes=(_edit("answer.zh"),))

    assert for_print(card) == shortened(_LONG)
    both = (_edit("answer.zh"), _edit("short.zh"))
    assert for_print(replace(card, changes=both)) == short


def test_both_languages_keep_as_many_sentences() -> None:
    made = for_print(_card(_LONG))

    assert made.zh.count("。") == made.en.count(".") == 3
    assert _LONG.zh.startswith(made.zh)
    assert _LONG.en.startswith(made.en)


def test_one_long_sentence_is_not_cut() -> None:
    answer = Bilingual("很" * 200 + "长。", "It is " + "very " * 90 + "long.")

    assert for_print(_card(answer)) == answer


@pytest.mark.parametrize("question", ["L1 与 L2 有何区别？", "两者异同"])
def test_a_comparison_keeps_both_sides(question: str) -> None:
    assert for_print(_card(_LONG, question=Bilingual(question))) == _LONG


def test_a_list_becomes_the_terms_that_it_explains() -> None:
    zh = (
        "主要有：\n\n1. 平移不变性：对同一图像块的反应与它在图像中的位置无关，处处相同\n"
        "2. 局部性：每个输出只依赖输入的一个小邻域\n3. 参数共享：各处用同一个核"
    )
    en = (
        "These are:\n\n1. Translation invariance: the response does not depend on its place\n"
        "2. Locality: each output depends on a small neighborhood only\n"
        "3. Shared parameters: one kernel serves everywhere"
    )

    made = shortened(Bilingual(zh, en))

    assert made.zh == "主要有：平移不变性；局部性；参数共享。"
    assert made.en == "These are: Translation invariance; Locality; Shared parameters."


@pytest.mark.parametrize("apart", ["```\ncode\n```", "| a | b |\n|---|---|\n| 1 | 2 |"])
def test_code_and_tables_are_left_to_the_card(apart: str) -> None:
    made = shortened(Bilingual(f"{_LONG.zh}\n\n{apart}", f"{_LONG.en}\n\n{apart}"))

    assert apart not in made.zh
    assert made.zh


def test_an_answer_of_code_alone_stays() -> None:
    answer = Bilingual("```\n" + "x\n" * 40 + "```")

    assert for_print(_card(answer)) == answer


@pytest.mark.parametrize(
    "en",
    [
        "The rate is 0.5 e.g. here. " + "Then it falls a little. " * 12,
        "Here \\(x. Y\\) is so. " * 19,
    ],
)
def test_points_inside_a_sentence_end_none(en: str) -> None:
    made = shortened(Bilingual("甲。" * 60, en))

    assert en.startswith(made.en)
    assert made.en.endswith(("so.", "little."))


def test_without_english_the_chinese_is_shortened_alone() -> None:
    made = shortened(Bilingual(_LONG.zh))

    assert not made.en
    assert len(made.zh) < len(_LONG.zh)
