"""Corrected entries become cards: divided, completed and illustrated, in both languages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from notepress.compose import Shelf, compose
from notepress.fixers import correct
from notepress.ledger import raws, replay, values
from notepress.model import Bilingual, Card, Change, Entry, Origin, State, Status
from notepress.translate import Memory
from tests.sample_knowledge import SAMPLE

SHELF = Shelf(
    SAMPLE,
    memory={"甲是乙。": Memory("甲是乙。", "A is B.")},
    drawings={"gradient": Bilingual("梯度图", "A gradient")},
    pictures=frozenset({"mine.png"}),
    topics=("basics",),
)


def _compose(*raw: str, shelf: Shelf = SHELF, headings: tuple[str, ...] = ()) -> Card:
    return _outcome(*raw, shelf=shelf, headings=headings)[0]


def _outcome(
    *raw: str, shelf: Shelf = SHELF, headings: tuple[str, ...] = ()
) -> tuple[Card, list[str]]:
    entries = []
    line = 1
    for text in raw:
        last = line + text.count("\n")
        entry = Entry(Origin("content/notes.md", line, last), text, text, "text", headings)
        entries.append(correct(entry, shelf.knowledge).value)
        line = last + 2
    outcome = compose(tuple(entries), "card", shelf)
    told = replay(raws(outcome.value.raw, outcome.value.origins), outcome.value.changes)
    assert values(outcome.value).items() <= told.items()
    return outcome.value, [finding.code for finding in outcome.findings]


@pytest.mark.parametrize(
    ("raw", "question", "answer", "status"),
    [
        ("什么是梯度?:甲是乙.", "什么是梯度？", "甲是乙。", Status.COMPLETE),
        ("什么是梯度?", "什么是梯度？", "梯度的定义。", Status.COMPLETE),
        ("池化", "汇聚", "汇聚的定义。", Status.COMPLETE),
        ("KNN", "K 近邻算法（KNN）", "K 近邻算法的定义。", Status.COMPLETE),
        (
            "KNN和K-means聚类的区别?",
            "KNN 和 K-means 聚类的区别？",
            "一个有监督，一个无监督。",
            Status.COMPLETE,
        ),
        ("什么是梯度?:不知道的话.", "什么是梯度？", "不知道的话。", Status.UNTRANSLATED),
        ("什么是丙?:甲是乙.", "什么是丙？", "甲是乙。", Status.UNTRANSLATED),
        ("什么是丙?", "什么是丙？", "", Status.UNFINISHED),
        (
            "什么是梯度?什么是汇聚?",
            "什么是梯度？什么是汇聚？",
            "梯度的定义。\n\n汇聚的定义。",
            Status.COMPLETE,
        ),
        ("什么是梯度?有什么优点?", "什么是梯度？有什么优点？", "梯度的定义。", Status.UNFINISHED),
        ("学习率：学习率越大越好.", "学习率", "学习率越大越好。", Status.PROPOSED),
        ("梯度指向上升最快的方向", "梯度", "梯度指向上升最快的方向。", Status.UNTRANSLATED),
    ],
)
def test_a_card(raw: str, question: str, answer: str, status: Status) -> None:
    card = _compose(raw)
    assert (card.question.zh, card.answer.zh, card.status) == (question, answer, status)


@pytest.mark.parametrize(
    ("raw", "remark"),
    [
        ("什么是梯度(没看懂)?:甲是乙.", "（没看懂）"),
        ("什么是梯度(还不太懂)??甲是乙.", "（还不太懂）"),
        ("什么是梯度?（不懂）\n甲是乙.", "（不懂）"),
    ],
)
def test_a_doubt_is_taken_out_of_the_question_and_told(raw: str, remark: str) -> None:
    card, codes = _outcome(raw)
    assert (card.question, codes) == (Bilingual("什么是梯度？", "What is a gradient?"), [])
    assert (card.answer.zh, card.status) == ("甲是乙。", Status.COMPLETE)
    (change,) = [change for change in card.changes if change.code == "REMARK"]
    assert (change.field, change.before, change.after) == ("question.zh", remark, "")


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        ("什么是梯度?:1.甲甲2.乙乙", "1. 甲甲\n2. 乙乙"),
        ("什么是梯度?:有两种:1.甲甲;2.乙乙.", "有两种：\n\n1. 甲甲\n2. 乙乙"),
        ("什么是梯度?:取 1.5 与 2.5 时", "取 1.5 与 2.5 时。"),
        ("什么是梯度?:由 2.甲 与 3.乙 组成", "由 2.甲与 3.乙组成。"),
        ("什么是梯度?:\n- 甲甲\n- 乙乙", "- 甲甲\n- 乙乙"),
        ("什么是梯度?:他说“是的。”", "他说“是的。”"),
        (r"什么是梯度?:等于 \(x\)", r"等于 \(x\)"),
        ("什么是梯度?:如下\n```\nx\n```", "如下\n```\nx\n```"),
        ("什么是梯度?:如下\n\n| a |\n|---|\n| b |", "如下\n\n| a |\n|---|\n| b |"),
    ],
)
def test_an_answer_is_laid_out(raw: str, answer: str) -> None:
    assert _compose(raw).answer.zh == answer


@pytest.mark.parametrize(
    ("raw", "holds"),
    [
        ("什么是支持向量机?:特点是1.间隔最大化2.", ["1. 间隔最大化", "2. 核技巧处理非线性"]),
        ("距离的度量:梯度,方差:离散的程度,偏差:.", ["- 梯度：梯度的简释", "- 偏差：偏差的简释"]),
        ("什么是偏差和方差?:偏差是期望之差.", ["偏差是期望之差。", "方差的定义。"]),
        ("什么是梯度?:自注意力", ["关键词：自注意力", "梯度的定义。"]),
        ("什么是梯度?:方向是这样的,", ["方向是这样的。", "梯度的定义。"]),
    ],
)
def test_an_answer_is_completed_and_the_authors_words_stay(raw: str, holds: list[str]) -> None:
    card, codes = _outcome(raw)
    assert [piece for piece in holds if piece not in card.answer.zh] == []
    assert "UNFINISHED" not in codes
    added = [change for change in card.changes if change.code == "COMPLETE"]
    assert added
    assert {change.by for change in added} == {"knowledge"}


def test_nothing_is_made_up() -> None:
    card, codes = _outcome("什么是丙?:1.甲甲2.")
    assert codes.count("UNFINISHED") == 1
    assert card.status is Status.UNFINISHED
    assert (card.formulas, card.sources, card.figures) == ((), (), ())


def test_english_is_said_of_what_is_known() -> None:
    card = _compose("什么是梯度?:甲是乙.")
    assert (card.question.en, card.answer.en) == ("What is a gradient?", "A is B.")
    card, codes = _outcome("什么是丙?:甲是乙.不明.")
    assert (card.question.en, card.answer.en) == ("", "")
    assert codes.count("UNTRANSLATED") == 2


def test_formulas_and_sources_come_from_the_concept() -> None:
    card = _compose("什么是梯度?:甲是乙.")
    assert (card.formulas, card.sources) == ((r"\nabla f",), ("sample, ch. 1",))
    assert (card.topic, card.tags) == ("basics", ("gradient",))


@pytest.mark.parametrize(
    ("headings", "topics", "topic"),
    [
        ((), ("basics",), "basics"),
        (("章", "节"), ("basics",), "basics"),
        (("章", "节"), (), "节"),
        ((), (), "basics"),
    ],
)
def test_a_topic_is_the_concepts_else_the_headings(
    headings: tuple[str, ...], topics: tuple[str, ...], topic: str
) -> None:
    shelf = replace(SHELF, topics=topics)
    assert _compose("什么是梯度?:甲.", shelf=shelf, headings=headings).topic == topic


@pytest.mark.parametrize(("headings", "topic"), [((), "notes"), (("章",), "章")])
def test_a_topic_of_what_is_unknown(headings: tuple[str, ...], topic: str) -> None:
    assert _compose("什么是丙?:甲.", headings=headings).topic == topic


@pytest.mark.parametrize(
    ("raw", "figures", "codes"),
    [
        ("什么是梯度?:甲是乙.", [("drawn/gradient.svg", "drawn", "")], []),
        (
            "什么是梯度?:甲是乙.\n![x](../images/gone.png)",
            [("drawn/gradient.svg", "drawn", "../images/gone.png")],
            [],
        ),
        (
            "什么是梯度?:甲是乙.\n![x](../images/mine.png)",
            [("mine.png", "author", "../images/mine.png")],
            [],
        ),
        ("什么是方差?:甲是乙.\n![x](../images/gone.png)", [], ["PICTURE-MISSING"]),
        (
            "什么是梯度?:甲是乙.\n![x](a/gone.png)\n![y](b/gone2.png)",
            [("drawn/gradient.svg", "drawn", "a/gone.png")],
            ["PICTURE-MISSING"],
        ),
    ],
)
def test_pictures(raw: str, figures: list[tuple[str, str, str]], codes: list[str]) -> None:
    card, told = _outcome(raw)
    assert [(f.file, f.origin, f.link) for f in card.figures] == figures
    assert [code for code in told if code == "PICTURE-MISSING"] == codes


def test_a_missing_picture_is_told_where_it_is_linked() -> None:
    text = "什么是方差?:甲是乙.\n见图 ![x](../images/gone.png)"
    entry = Entry(Origin("content/notes.md", 7, 8), text, text)
    (finding,) = [
        f for f in compose((entry,), "card", SHELF).findings if f.code == "PICTURE-MISSING"
    ]
    assert str(finding.span) == "content/notes.md:8:9"


def test_two_entries_make_one_card() -> None:
    card = _compose("什么是梯度?:甲是乙.", "梯度:丙丁是也.")
    assert card.answer.zh == "甲是乙。\n\n丙丁是也。"
    assert [(o.first_line, o.last_line) for o in card.origins] == [(1, 1), (3, 3)]
    assert {change.field for change in card.changes if change.code == "WIDTH"} == {
        "text",
        "text[1]",
    }


def test_an_accepted_claim_names_its_source() -> None:
    text = "学习率：学习率须适中"
    claim = Change(
        *("CLAIM", "text", "content/notes.md", 1, 5, 4, "学习率越大越好", "学习率须适中"),
        *("太大会发散（sample, ch. 2）", "person", 0.8, State.ACCEPTED),
    )
    raw = "学习率：学习率越大越好"
    entry = Entry(Origin("content/notes.md", 1, 1), raw, text, changes=(claim,))
    card = compose((entry,), "card", SHELF).value
    assert "sample, ch. 2" in card.sources


def _with_short(short: Bilingual) -> Shelf:
    concepts = tuple(replace(c, short=short) if c.id == "gradient" else c for c in SAMPLE.concepts)
    memory = {"甲很长。": Memory("甲很长。", "A is long.")}
    return replace(SHELF, knowledge=replace(SAMPLE, concepts=concepts), memory=memory)


_SHORT = Bilingual("梯度很短。", "A gradient, in short.")


def test_a_long_answer_gets_the_short_form_of_its_concept() -> None:
    card = _compose("什么是梯度?:" + "甲很长。" * 30, shelf=_with_short(_SHORT))

    assert card.short == _SHORT
    assert [c.by for c in card.changes if c.code == "SHORT"] == ["knowledge", "knowledge"]


@pytest.mark.parametrize(
    "raw",
    ["什么是梯度?:甲很长。", "梯度有什么用?:" + "甲很长。" * 30, "什么是丙?:" + "甲很长。" * 30],
)
def test_short_answers_and_other_questions_get_none(raw: str) -> None:
    card = _compose(raw, shelf=_with_short(_SHORT))

    assert not card.short


def test_a_short_form_that_is_no_shorter_is_none() -> None:
    long = Bilingual("甲很长。" * 31, "A is long. " * 31)

    assert not _compose("什么是梯度?:" + "甲很长。" * 30, shelf=_with_short(long)).short
