"""A reply is measured against what was asked: used whole, or not at all."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notepress import strict
from notepress.completers.replies import (
    SCHEMA,
    Addition,
    Asked,
    Edit,
    Kept,
    Reply,
    Translation,
    objection,
    parse,
    place,
)
from notepress.fixers import Text
from notepress.knowledge import Knowledge, Term
from tests.sample_knowledge import SAMPLE

KNOWLEDGE = replace(SAMPLE, terms=(Term("ReLU"),))
TEXT = r"""什么是早停？验证集误差下降时就停止，共 3 步，不用 ReLU。
梯度是 \(x_1\) 的方向，见 `code` 与 [链接](http://a.b)。"""
ASKED = Asked("raw", "request", TEXT, ("EMPTY", "HALF 甲"), ("共有 3 种。", r"等于 \(x\) 与 `y`。"))
EDIT = Edit(1, "误差下降", "误差上升", "漏看方向")
ADDED = Addition("EMPTY", "早停是一种正则化。", "Early stopping is a regularizer.")
TOLD = Translation(1, "There are three kinds.")


def _said(*parts: Edit | Addition | Translation) -> str:
    reply = Reply(
        tuple(p for p in parts if isinstance(p, Edit)),
        tuple(p for p in parts if isinstance(p, Addition)),
        tuple(p for p in parts if isinstance(p, Translation)) or (TOLD,),
    )
    return objection(ASKED, reply, KNOWLEDGE, Text(TEXT, ("共",)).free)


@pytest.mark.parametrize(
    "part",
    [
        EDIT,
        replace(EDIT, before="误差下降时", after="误差不再下降时", alters="meaning"),
        replace(EDIT, before="3 步", after="5 步", alters="meaning"),
        replace(EDIT, before="ReLU", after="sigmoid", alters="meaning"),
        Edit(2, "的方向", "的 方向", "空格"),
        ADDED,
        replace(ADDED, zh=r"等于 \(x^2\)。", en=r"It is \(x^2\)."),
        replace(ADDED, zh="有：\n\n1. 甲\n2. 乙", en="These:\n\n1. A\n2. B"),
        TOLD,
        Translation(1, "There are 3 kinds."),
        Translation(2, r"It equals \(x\) and `y`."),
    ],
)
def test_what_may_be_used(part: Edit | Addition | Translation) -> None:
    assert _said(part) == ""


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (replace(EDIT, line=3), "exactly once in line 3"),
        (replace(EDIT, line=0), "exactly once"),
        (replace(EDIT, before="没有的"), "exactly once"),
        (replace(EDIT, before=""), "exactly once"),
        (replace(EDIT, before="停", after="止"), "exactly once"),
        (replace(EDIT, after="误差下降"), "nothing changes"),
        (replace(EDIT, reason=" "), "needs a reason"),
        (replace(EDIT, after="误差\n上升"), "stays within its line"),
        (replace(EDIT, after="很长" * 40), "adds too much"),
        (replace(EDIT, before="验证集误差下降时就停止，共", after=""), "not to be touched"),
        (replace(EDIT, before="验证集误差下降时就停止，", after="", alters="form"), ""),
        (replace(EDIT, before="误差下降时", after="误差不再下降时"), "changes a negation"),
        (replace(EDIT, before="3 步", after="5 步"), "changes a number"),
        (replace(EDIT, before="ReLU", after="Rely"), "loses a term"),
        (Edit(2, "梯度", "剃度", "字"), "loses a term"),
        (replace(EDIT, alters="style"), "neither form nor meaning"),
        (Edit(2, "x_1", "x_2", "下标", "meaning"), "not to be touched"),
        (Edit(2, "code", "kode", "代码", "meaning"), "not to be touched"),
        (Edit(2, "a.b", "a.c", "链接", "meaning"), "not to be touched"),
        (Edit(1, "共", "有", "字"), "not to be touched"),
        (replace(EDIT, after="<b>误差"), "holds HTML"),
        (replace(EDIT, after="误差[a](b)"), "holds a link"),
        (replace(EDIT, after="误\u202e差"), "can't be seen"),
        (replace(EDIT, reason="<img src=x onerror=alert(1)>"), "its reason: it holds HTML"),
        (replace(ADDED, gap="MARKED"), "nobody asked"),
        (replace(ADDED, zh=""), "1 to 1500"),
        (replace(ADDED, zh="长" * 1501), "1 to 1500"),
        (replace(ADDED, zh="no Chinese"), "holds no Chinese"),
        (replace(ADDED, en=""), "too short"),
        (replace(ADDED, en="long " * 100), "too long"),
        (replace(ADDED, en="早停 is one."), "holds Chinese"),
        (replace(ADDED, en="Full，width."), "holds Chinese"),
        (replace(ADDED, zh="甲\n乙"), "differ in their lines"),
        (replace(ADDED, zh="- 甲。"), "differ in their lines"),
        (replace(ADDED, zh=r"\(x\) 是甲。"), "the formulas of the two languages differ"),
        (replace(ADDED, zh="`x` 是甲。"), "the code of the two languages differ"),
        (replace(ADDED, zh="$x$ 是甲。", en="$x$ is A."), "a dollar sign"),
        (replace(ADDED, zh=r"\(x 是甲。", en="x is A."), "a formula that isn't closed"),
        (replace(ADDED, zh="# 甲。", en="# A."), "a heading"),
        (replace(ADDED, zh="`甲。", en="A."), "code that isn't closed"),
        (
            replace(ADDED, zh=r"\(\nosuch{x}\) 是甲。", en=r"\(\nosuch{x}\) is A."),
            "a formula can't be set",
        ),
        (replace(ADDED, zh="见 javascript:alert(1)。"), "holds a link"),
        (replace(ADDED, zh="见 www.example.org。"), "holds a link"),
        (replace(ADDED, zh="&lt;b 甲。"), "holds HTML"),
        (replace(ADDED, zh="甲\x00。"), "can't be seen"),
        (replace(ADDED, zh="甲\ud800。"), "can't be seen"),
        (Translation(0, "A."), "no such sentence"),
        (Translation(3, "A."), "no such sentence"),
        (Translation(1, "There are kinds."), "a number is missing"),
        (Translation(1, "There are\nthree kinds."), "can't be seen"),
        (Translation(2, "It equals x and y."), "the formulas of the two languages differ"),
    ],
)
def test_what_may_not(part: Edit | Addition | Translation, reason: str) -> None:
    said = _said(part)
    assert bool(said) == bool(reason)
    assert reason in said


def test_the_same_twice_is_refused() -> None:
    assert "one place" in _said(EDIT, replace(EDIT, before="差下", after="差上"))
    assert "comes twice" in _said(ADDED, ADDED)
    assert "comes twice" in _said(TOLD, TOLD)
    assert "more than" in _said(*[EDIT] * 41)


def test_sentences_that_nobody_translates_are_missed() -> None:
    said = objection(ASKED, Reply((EDIT,)), KNOWLEDGE, lambda _s, _e: True)
    assert said == "none of the sentences is translated"
    nothing = objection(replace(ASKED, sentences=()), Reply(), KNOWLEDGE, lambda _s, _e: True)
    assert nothing == ""


def test_an_edit_has_its_place() -> None:
    assert place(Edit(2, "梯度", "", ""), "甲\n梯度") == (2, 4)
    assert place(Edit(1, "梯度", "", ""), "甲\n梯度") is None
    assert place(Edit(1, "甲", "", ""), "甲甲") is None


WHOLE = {
    "edits": [{"line": 1, "before": "a", "after": "b", "reason": "c", "alters": "form"}],
    "additions": [],
    "translations": [{"sentence": 1, "en": "A."}],
}


@pytest.mark.parametrize("frame", ["{}", "```json\n{}\n```", "<think>[[[[[[[[[</think>\n{}"])
def test_a_reply_is_read(frame: str) -> None:
    expected = Reply((Edit(1, "a", "b", "c"),), (), (Translation(1, "A."),))
    assert parse(frame.replace("{}", json.dumps(WHOLE))) == expected


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "not JSON"),
        ("null", "as the schema says"),
        ("[]", "as the schema says"),
        ('"edits"', "as the schema says"),
        ('{"edits": {}}', "as the schema says"),
        ('{"edits": [{"line": "one"}]}', "as the schema says"),
        ('{"edits": [7]}', "as the schema says"),
        ('{"translations": [{"sentence": 1, "en": 2}]}', "as the schema says"),
        ('{"more": []}', "unknown key 'more'"),
        (json.dumps({"k" * 9999: []}), "unknown key"),
        ('{"edits": []} and more', "not JSON"),
        ('{"edits": [], "edits": []}', "not JSON"),
        ('{"edits": [[[[[[[[]]]]]]]]}', "nested too deeply"),
        ('{"edits": Infinity}', "not JSON"),
        (" " * 64_001, "longer than"),
    ],
)
def test_what_is_no_reply(content: str, reason: str) -> None:
    said = parse(content)
    assert isinstance(said, str)
    assert reason in said
    assert len(said) < 300


@given(st.text(max_size=200) | st.text(alphabet='{}[]":,1edits', max_size=200))
def test_any_text_is_a_reply_or_none(content: str) -> None:
    assert isinstance(parse(content), Reply | str)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*SCHEMA["properties"], "line", "zh", "en", "gap", "sentence"]),  # type: ignore[misc]  # a mapping, as declared
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(_JSON)
def test_any_json_is_measured(plain: object) -> None:
    read = parse(json.dumps(plain))
    if isinstance(read, Reply):
        assert isinstance(objection(ASKED, read, KNOWLEDGE, Text(TEXT).free), str)


def test_a_kept_reply_reads_back_as_it_was() -> None:
    kept = Kept("tiny", 1, ASKED, Reply((EDIT,), (ADDED,), (TOLD,)))
    assert strict.read(Kept, strict.dump(kept, (Edit,)), "a.yaml").value == kept


def test_knowledge_that_grew_does_not_refuse_what_was_used() -> None:
    edit = Edit(1, "ReLU", "Rely", "字")
    reply = Reply((edit,), (), (TOLD,))
    assert "loses a term" in objection(ASKED, reply, KNOWLEDGE, lambda _s, _e: True)
    assert objection(ASKED, reply, Knowledge(), lambda _s, _e: True) == ""
