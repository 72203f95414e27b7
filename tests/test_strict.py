"""YAML is read as a person sees it, and whatever isn't plain is refused where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from notepress import strict
from notepress.model import Bilingual, Card, Change, Figure, Origin, State, Status, Topic


@dataclass(frozen=True)
class Leaf:
    name: str
    count: int = 0


@dataclass(frozen=True)
class Tree:
    title: Bilingual
    leaves: tuple[Leaf, ...] = ()
    rules: dict[str, str] = field(default_factory=dict)
    state: State = State.AUTO


def _told(text: str, kind: type[Any] = Tree) -> list[str]:
    outcome = strict.read(kind, text, "t.yaml")
    assert (outcome.value is None) == bool(outcome.findings)
    return [f"{f.span.line}:{f.span.column} {f.code} {f.message}" for f in outcome.findings]


@pytest.mark.parametrize(
    ("scalar", "text"),
    [
        *(("no", "no"), ("Yes", "Yes"), ("12:30", "12:30"), ("010", "010"), ("1e3", "1e3")),
        *(("~", "~"), ("null", "null"), ("2020-01-01", "2020-01-01"), ("0x1F", "0x1F")),
        *(("=", "="), ("'a'", "a"), ('"a\\nb"', "a\nb"), ("甲：乙", "甲：乙"), ('""', "")),
    ],
)
def test_every_scalar_is_the_string_that_stands_there(scalar: str, text: str) -> None:
    assert strict.load(f"a: {scalar}\n", "t.yaml").value == {"a": text}


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n"])
def test_nothing_is_nothing(text: str) -> None:
    assert strict.load(text, "t.yaml").value is None


def test_types_come_from_the_dataclass() -> None:
    text = "title: {zh: 甲}\nleaves: [{name: 010, count: 7}]\nrules: {no: on}\nstate: rejected\n"
    expected = Tree(Bilingual("甲"), (Leaf("010", 7),), {"no": "on"}, State.REJECTED)
    assert strict.read(Tree, text, "t.yaml").value == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("title: &a {zh: 甲}\nrules: {x: *a}\n", "1:8 YAML-REFUSED"),
        ("title: &a {zh: 甲}\n", "1:8 YAML-REFUSED"),
        ("title: {zh: !!python/object:os.system 甲}\n", "1:13 YAML-REFUSED tag"),
        ("title: !local {zh: 甲}\n", "1:8 YAML-REFUSED tag"),
        ("title: {zh: !!int 5}\n", "1:13 YAML-REFUSED tag"),
        ("title: {zh: 甲}\ntitle: {zh: 乙}\n", "2:1 YAML-REFUSED key 'title' is given twice"),
        ("title: {zh: 甲, zh: 乙}\n", "1:16 YAML-REFUSED key 'zh' is given twice"),
        ("? {a: b}\n: c\n", "1:3 YAML-REFUSED a key must be plain text"),
        ("? [a]\n: c\n", "1:3 YAML-REFUSED a key must be plain text"),
        ("title: {zh: 甲\n", "2:1 YAML-SYNTAX"),
        ("title: 'a\n", "2:1 YAML-SYNTAX"),
        ("title:\n\tzh: 甲\n", "2:1 YAML-SYNTAX"),
        ("title: {zh: 甲}\n---\ntitle: {zh: 乙}\n", "2:1 YAML-REFUSED a second document"),
        ("title: {zh: 甲\x07}\n", "1:14 YAML-CHARACTER character U+0007"),
        ("题: 1\nb: \x00\n", "2:4 YAML-CHARACTER character U+0000"),
        ("a: " + "[" * 30 + "]" * 30 + "\n", "1:27 YAML-REFUSED nested more than"),
        ("[" * 100_000, "1:25 YAML-REFUSED nested more than"),
        ("".join("  " * n + "a:\n" for n in range(40)), "25:49 YAML-REFUSED nested more than"),
        ("- " * 5000 + "a\n", "1:49 YAML-REFUSED nested more than"),
        ("<<: {a: b}\n", "1:1 YAML-KEY unknown key '<<'"),
    ],
)
def test_what_is_refused(text: str, told: str) -> None:
    assert any(finding.startswith(told) for finding in _told(text))


def test_every_misfit_is_told_in_one_pass() -> None:
    text = "titel: {zh: 甲}\nleaves:\n- {name: a, count: x}\n- {cuont: 3}\nstate: maybe\n"
    told = [line.rpartition(" YAML-")[0] for line in _told(text)]
    assert sorted(told) == ["1:1", "1:1", "3:13", "4:3", "4:4", "5:1"]


def test_a_near_key_is_suggested() -> None:
    outcome = strict.read(Tree, "title: {zh: 甲}\nlaeves: []\n", "t.yaml")
    (finding,) = outcome.findings
    assert (finding.span.line, finding.span.column) == (2, 1)
    assert finding.hint == "Did you mean 'leaves'?"


@pytest.mark.parametrize(
    ("text", "comments"),
    [
        ("a: b\n", False),
        ("# c\na: b\n", True),
        ("a: b # c\n", True),
        ("a: b#c\n", False),
        ("a: 'b # c'\n", False),
        ("a: |-\n  b # c\n  # d\n", False),
        ("a: | # c\n  b\n", True),
        ("a: |\n  b\n# c\n", True),
        ("a:\n- b\n  # c\n- d\n", True),
        ("a: [b, # c\n  d]\n", True),
        ("a: '#'\n", False),
        ("", False),
    ],
)
def test_comments_are_seen(text: str, comments: bool) -> None:
    assert strict.has_comments(text) == comments


def test_dump_is_for_people() -> None:
    card = Card(
        "a",
        "t",
        question=Bilingual("什么是梯度？"),
        answer=Bilingual("第一行\n\n- 第二行", "x" * 300),
        formulas=(r"\nabla f",),
    )
    assert strict.dump((card,)) == (
        "- id: a\n  topic: t\n  question:\n    zh: 什么是梯度？\n"
        "  answer:\n    zh: |-\n      第一行\n\n      - 第二行\n"
        f"    en: {'x' * 300}\n  formulas:\n  - \\nabla f\n"
    )


TEXT = st.text(
    alphabet=st.one_of(
        st.sampled_from("甲乙 \n:#-'\"|>&*!%@`{}[],?\\~01aAno=\t。"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=20,
)
BILINGUAL = st.builds(Bilingual, TEXT, TEXT)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
CARDS = st.builds(
    Card,
    id=TEXT,
    topic=TEXT,
    status=st.sampled_from(Status),
    question=BILINGUAL,
    answer=BILINGUAL,
    formulas=TEXTS,
    pitfall=BILINGUAL,
    figures=st.lists(st.builds(Figure, TEXT, BILINGUAL, TEXT, TEXT), max_size=2).map(tuple),
    tags=TEXTS,
    remark=TEXT,
    origins=st.lists(st.builds(Origin, TEXT, st.integers(1, 9), st.integers(1, 9)), max_size=2).map(
        tuple
    ),
    raw=TEXT,
    changes=st.lists(
        st.builds(
            Change,
            *(TEXT, TEXT, TEXT),
            *(st.integers(1, 99), st.integers(1, 99), st.integers(0, 99)),
            *(TEXT, TEXT, TEXT, TEXT),
            st.floats(0, 1, width=16),
            st.sampled_from(State),
        ),
        max_size=2,
    ).map(tuple),
)


@given(st.lists(CARDS, max_size=2).map(tuple))
def test_load_after_dump_gives_the_same(cards: tuple[Card, ...]) -> None:
    text = strict.dump(cards)
    outcome = strict.read(tuple[Card, ...], text, "t.yaml")
    assert outcome.findings == ()
    assert outcome.value == cards
    assert strict.dump(outcome.value) == text
    assert not strict.has_comments(text)


def test_a_required_key_that_is_empty_is_written() -> None:
    topic = Topic("a", "", "", "A")
    assert strict.read(Topic, strict.dump(topic), "t.yaml").value == topic


def test_json_is_read_alike() -> None:
    kind = dict[str, dict[str, str]]
    assert strict.convert(kind, {"a": {"b": "c"}}, "", "t.json").value == {"a": {"b": "c"}}
    (finding,) = strict.convert(kind, {"a": ["b"]}, '{"a": ["b"]}', "t.json").findings
    assert (finding.code, finding.span.line, finding.span.column) == ("YAML-VALUE", 1, 2)


def test_readers_of_yaml_1_1_read_rows_that_ask() -> None:
    card = Card("a", topic="t", question=Bilingual("为什么?, 怎么", "Why?"))
    text = strict.dump([card], (Bilingual,))
    assert yaml.safe_load(text)[0]["question"] == {"zh": "为什么?, 怎么", "en": "Why?"}
