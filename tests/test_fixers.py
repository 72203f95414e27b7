"""Every rule keeps what its examples promise, and leaves alone what is right."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import groupby, pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from notepress import files, fixers
from notepress.fixers import Edit, Fixer, Text, correct
from notepress.knowledge import Homophone, Knowledge
from notepress.ledger import apply, replay
from notepress.model import Bilingual, Entry, Origin, State
from tests.conftest import ROOT, Golden

KNOWLEDGE = files.own_knowledge()
RULES = {fixer.CODE: fixer for fixer in fixers.fixers()}
FIXED = sorted(path.name for path in (ROOT / "tests/golden/fix").iterdir())
EXAMPLES = [(f, before, after) for f in RULES.values() for before, after in f.EXAMPLES]
UNTOUCHED = [(fixer, text) for fixer in RULES.values() for text in fixer.UNTOUCHED]


def _entry(text: str) -> Entry:
    return Entry(Origin("notes.md", 1, 1 + text.count("\n")), text, text)


def _fixed(text: str) -> str:
    return correct(_entry(text), KNOWLEDGE).value.text


def _edits(fixer: Fixer, text: str) -> list[Edit]:
    return list(fixer.fix(Text(text), KNOWLEDGE))


def _edited(text: str, edits: list[Edit]) -> str:
    for edit in reversed(edits):
        text = text[: edit.start] + edit.after + text[edit.end :]
    return text


def _name(value: object) -> str | None:
    return getattr(value, "CODE", None)


@pytest.mark.parametrize("fixer", RULES.values(), ids=_name)
def test_a_rule_explains_itself(fixer: Fixer) -> None:
    assert fixer.__doc__
    assert fixer.EXAMPLES
    assert fixer.UNTOUCHED


def test_no_two_rules_share_a_code() -> None:
    assert len(RULES) == len(fixers.fixers())


@pytest.mark.parametrize(("fixer", "before", "after"), EXAMPLES, ids=_name)
def test_examples_hold(fixer: Fixer, before: str, after: str) -> None:
    edits = _edits(fixer, before)
    assert _edited(before, edits) == after
    assert all(edit.reason for edit in edits)


@pytest.mark.parametrize(
    ("text", "proposed"),
    [
        (
            r"正则化系数 \(\lambda\) 越大，模型越容易过拟合。",
            r"正则化系数 \(\lambda\) 越大，模型越容易欠拟合",
        ),
        (r"蒸馏温度 \(T\) 越高，输出分布越尖锐。", r"蒸馏温度 \(T\) 越高，输出分布越平缓"),
        (r"注意力得分除以 \(d_k\)，再归一化。", "注意力得分除以键向量维度的平方根"),
        (r"多头注意力的计算量是单头的 \(h\) 倍。", "多头注意力的计算量与全维度的单头注意力相近"),
        # Half of a formula is no part of a statement, and code is none at all.
        (r"注意力得分除以 \(d_k h\)，再归一化。", None),
        (r"注意力得分除以 \(\sqrt{d_k}\)，再归一化。", None),
        ("蒸馏温度 `T` 越高，输出分布越尖锐。", None),
    ],
)
def test_a_claim_sees_whole_formulas(text: str, proposed: str | None) -> None:
    changes = [c for c in correct(_entry(text), KNOWLEDGE).value.changes if c.code == "CLAIM"]
    assert [c.after for c in changes] == ([proposed] if proposed else [])
    assert all(change.state is State.PROPOSED for change in changes)


@pytest.mark.parametrize(("fixer", "before", "after"), EXAMPLES, ids=_name)
def test_a_second_pass_of_a_rule_finds_nothing(fixer: Fixer, before: str, after: str) -> None:
    assert _edited(after, _edits(fixer, after)) == after


@pytest.mark.parametrize(("fixer", "text"), UNTOUCHED, ids=_name)
def test_what_is_right_stays(fixer: Fixer, text: str) -> None:
    assert _edits(fixer, text) == []


@pytest.mark.parametrize(
    "text", [t for f, t in UNTOUCHED if f.CODE not in {"WIDTH", "SPACING", "LATIN"}]
)
def test_what_is_right_stays_under_all_rules(text: str) -> None:
    """But for punctuation and spaces, which examples of other rules leave aside."""
    squeezed = str.maketrans({" ": None, ",": "，", ".": "。", ":": "：", "?": "？"})
    assert _fixed(text).translate(squeezed) == text.translate(squeezed)


def test_clean_text_stays() -> None:
    """What the tool itself says of the field was read over by people: nothing is to be mended."""
    concepts = KNOWLEDGE.concepts
    said = [text for c in concepts for text in (c.definition, c.gloss, c.pitfall, *c.points)]
    said += [Bilingual(contrast.zh, contrast.en) for c in concepts for contrast in c.contrasts]
    texts = [text for both in said for text in (both.zh, both.en) if text]
    assert len(texts) > 500
    assert [text for text in texts if _fixed(text) != text] == []


def test_tables_that_are_kept_give_the_same_corrections() -> None:
    held: dict[str, bytes] = {}
    made: list[str] = []

    def keep(name: str, make: Callable[[], bytes]) -> bytes:
        if name not in held:
            made.append(name)
            held[name] = make()
        return held[name]

    for kept in (replace(KNOWLEDGE, keep=keep), replace(KNOWLEDGE, keep=keep)):
        for _, before, _ in EXAMPLES:
            assert correct(_entry(before), kept).value == correct(_entry(before), KNOWLEDGE).value
    assert sorted(made) == ["sounds", "used", "words"]


@pytest.mark.parametrize("fixer", RULES.values(), ids=_name)
def test_edits_come_in_order_and_apart(fixer: Fixer) -> None:
    """Over the texts of every rule: each of them may meet this one."""
    for text in _texts():
        edits = _edits(fixer, text)
        assert all(0 <= edit.start <= edit.end <= len(text) for edit in edits)
        assert all(one.end <= other.start for one, other in pairwise(edits)), (text, edits)
        assert all(text[e.start : e.end] != e.after for e in edits), (text, edits)


def _texts() -> Iterator[str]:
    for fixer in RULES.values():
        yield from fixer.UNTOUCHED
        for pair in fixer.EXAMPLES:
            yield from pair
    yield from (ROOT / "content/deep-learning.md").read_text("utf-8").split("\n\n")
    for path in sorted((ROOT / "tests/golden/fix").glob("*/before.md")):
        yield from path.read_text("utf-8").splitlines()


@pytest.mark.parametrize("text", list(_texts()))
def test_a_second_pass_finds_nothing(text: str) -> None:
    once = _fixed(text)
    assert _fixed(once) == once


@given(st.text(alphabet='学与的，。,.:;?？()（）"“ 12aARe\n#-*`<>!|', max_size=40))
def test_a_second_pass_finds_nothing_in_any_text(text: str) -> None:
    once = _fixed(text)
    assert _fixed(once) == once


@given(st.text(alphabet='学来的，。,.:?()" 12aAR\n-*`$_\\', max_size=40))
def test_lines_stay_where_they_are(text: str) -> None:
    assert _fixed(text).count("\n") == text.count("\n")


@pytest.mark.parametrize("seed", range(3))
def test_rules_of_one_phase_commute(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    straight = [_fixed(text) for text in _texts()]
    shuffled: list[Fixer] = []
    for _, phase in groupby(fixers.fixers(), key=lambda fixer: fixer.PHASE):
        rules = list(phase)
        random.Random(seed).shuffle(rules)
        shuffled.extend(rules)
    monkeypatch.setattr(fixers, "fixers", lambda: tuple(shuffled))
    assert [_fixed(text) for text in _texts()] == straight


@pytest.mark.parametrize(
    "kept",
    [
        "`Relu,s大igmiod 以来.`",
        "``a `b` ,以来``",
        "```python\nRelu,以来.encodor\n```",
        "~~~\nRelu,以来.encodor\n~~~",
        r"\(x,y.以来\)",
        r"\[\text{Relu},以来\]",
        "$a,b.以来$",
        "$$a,\nb.以来$$",
        "https://example.org/Relu,encodor.html?a=1",
        "[Relu,文](https://example.org/a,b)",
        "![Relu,文](../images/以来,a.png)",
        "![[Relu,文]]",
        "<img src='Relu,a.png' alt='以来,.'>",
        "nn.encodor.Relu",
        "encodor_size",
        "train.py",
        "Relu_以来"[:5],
        "someone@example.org",
    ],
)
def test_protected_text_stays(kept: str) -> None:
    """Alone, and inside a Chinese sentence."""
    for text in (kept, f"甲\n{kept}\n乙"):
        assert kept in _fixed(text)
        assert not [e for fixer in RULES.values() for e in _shared(fixer, text, kept)]


def _shared(fixer: Fixer, text: str, kept: str) -> list[Edit]:
    """Give a rule's edits that reach into a piece of a text."""
    start = text.index(kept)
    end = start + len(kept)
    return [e for e in _edits(fixer, text) if e.start < end and start < e.end]


def test_the_search_for_touched_text_bites() -> None:
    assert _shared(RULES["WIDTH"], "甲,乙", ",")


@pytest.mark.parametrize(
    ("setting", "text", "state"),
    [
        ("off", "先归一化,再训练", None),
        ("propose", "先归一化,再训练", State.PROPOSED),
        ("auto", "先归一化，再训练", State.AUTO),
    ],
)
def test_the_author_sets_a_rule(setting: str, text: str, state: State | None) -> None:
    entry = correct(_entry("先归一化,再训练"), KNOWLEDGE, {"WIDTH": setting}).value
    assert entry.text == text
    assert [change.state for change in entry.changes] == ([state] if state else [])


def test_auto_makes_a_guess_sure() -> None:
    text = "正则化是指防止模型欠拟合与过拟合的操作"
    assert _fixed(text) == text
    assert correct(_entry(text), KNOWLEDGE, {"CLAIM": "auto"}).value.text != text


def test_words_to_keep_are_kept() -> None:
    text = "用Relu,和encodor."
    kept = correct(_entry(text), KNOWLEDGE, keep=("Relu,",)).value.text
    assert kept.startswith("用 Relu,")
    assert "encoder" in kept


@pytest.mark.parametrize(
    "text",
    [
        "数据集分成K份,K-1训练.",
        "常用的有Relu,s大igmiod",
        "减少对某个神经元的以来.\n  先归一化,再训练.",
    ],
)
def test_a_change_knows_its_place_in_the_raw_text(text: str) -> None:
    entry = correct(_entry(text), KNOWLEDGE).value
    lines = text.split("\n")
    assert entry.changes
    for change in entry.changes:
        at = change.column - 1
        if change.before:
            assert lines[change.line - 1][at:].startswith(change.before)
    assert replay([text], entry.changes)["text"] == entry.text


def test_proposals_stand_in_the_corrected_text() -> None:
    text = "正则化,是指防止模型欠拟合与过拟合的操作,如图5.1.1所示."
    entry = correct(_entry(text), KNOWLEDGE).value
    proposed = [change for change in entry.changes if change.state is State.PROPOSED]
    assert {change.code for change in proposed} == {"CLAIM", "DANGLING"}
    for change in proposed:
        assert apply(entry.text, change) != entry.text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Relu", "ReLU"),
        ("常用的激活函数有 s大igmiod", "常用的激活函数有 sigmoid"),
        ("什么是Embeddeding?:将高维", "什么是 Embedding？将高维"),
        ("欧式距离,曼哈顿距离", "欧氏距离，曼哈顿距离"),
        ("1.平移不变性2.局部性原则.", "1.平移不变性 2.局部性原则。"),
        ("准确率为 0.95,召回率 12:30", "准确率为 0.95，召回率 12:30"),
        ("a. b. c.", "a. b. c."),
        ("The step (0.01, say). Then stop.", "The step (0.01, say). Then stop."),
        ("深度学习兴起以来,进展很快", "深度学习兴起以来，进展很快"),
    ],
)
def test_rules_together(before: str, after: str) -> None:
    assert _fixed(before) == after


def test_without_knowledge_only_form_is_corrected() -> None:
    entry = correct(_entry("用Relu,以来."), Knowledge()).value
    assert entry.text == "用 Relu，以来。"


def test_a_guessed_homophone_is_proposed() -> None:
    pair = Homophone("以来", "依赖", "(?P<x>以来)", sure=False)
    entry = correct(_entry("减少以来"), Knowledge(homophones=(pair,))).value
    assert (entry.text, [c.state for c in entry.changes]) == ("减少以来", [State.PROPOSED])


@pytest.mark.parametrize("case", FIXED)
def test_golden(case: str, golden: Golden) -> None:
    folder = Path("fix") / case
    before = (golden.folder / folder / "before.md").read_text("utf-8")
    entry = correct(_entry(before), KNOWLEDGE).value
    golden(f"{folder}/after.md", entry.text)
    told = [
        {"code": c.code, "at": f"{c.line}:{c.column}", "before": c.before, "after": c.after}
        | ({"state": c.state.value} if c.state is not State.AUTO else {})
        for c in entry.changes
    ]
    text = yaml.safe_dump(told, allow_unicode=True, sort_keys=False, width=200)
    golden(f"{folder}/changes.yaml", text)


def test_every_rule_has_a_golden_case() -> None:
    changes = (ROOT / "tests/golden/fix").glob("*/changes.yaml")
    seen = {entry["code"] for path in changes for entry in yaml.safe_load(path.read_text("utf-8"))}
    assert seen == set(RULES)


def test_front_matter_stays() -> None:
    kept = "---\ntags: [nlp, 面试]\n---\n"
    assert _fixed(f"{kept}用Relu.") == f"{kept}用 ReLU。"
