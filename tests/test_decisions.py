"""A decision is found by what it is about, and what it is about alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from notepress.decisions import Decision, Decisions, Verdict, digest
from notepress.ledger import replay
from notepress.model import Change, Entry, Level, Origin, State

RAW = "学习率越大越好,而且越快越好"


def _proposal(offset: int, before: str, after: str, code: str = "CLAIM") -> Change:
    return Change(
        code, "text", "notes.md", 1, offset + 1, offset, before, after, "因为", "rule", 0.8,
        State.PROPOSED,
    )  # fmt: skip


ENTRY = Entry(
    Origin("notes.md", 1, 1),
    RAW,
    RAW,
    changes=(_proposal(0, "学习率越大越好", "学习率适中"), _proposal(8, "而且", "，又", "OTHER")),
)
CLAIM = Decision(Verdict.ACCEPT, "lr", code="CLAIM", before="学习率越大越好")
OTHER = Decision(Verdict.ACCEPT, "lr", code="OTHER", before="而且")


@pytest.mark.parametrize(
    ("decisions", "text", "states"),
    [
        ([], RAW, ["proposed", "proposed"]),
        ([CLAIM], "学习率适中,而且越快越好", ["accepted", "proposed"]),
        ([OTHER], "学习率越大越好,，又越快越好", ["proposed", "accepted"]),
        ([OTHER, CLAIM], "学习率适中,，又越快越好", ["accepted", "accepted"]),
        ([replace(CLAIM, verdict=Verdict.REJECT)], RAW, ["rejected", "proposed"]),
        (
            [replace(CLAIM, verdict=Verdict.AMEND, after="学习率要调")],
            "学习率要调,而且越快越好",
            ["accepted", "proposed"],
        ),
        ([replace(CLAIM, card="other")], RAW, ["proposed", "proposed"]),
        ([replace(CLAIM, after="别的")], RAW, ["proposed", "proposed"]),
        ([replace(CLAIM, code="OTHER")], RAW, ["proposed", "proposed"]),
        ([replace(CLAIM, before="学习率")], RAW, ["proposed", "proposed"]),
    ],
)
def test_proposals_are_settled(decisions: list[Decision], text: str, states: list[str]) -> None:
    settled = Decisions(decisions).settle(ENTRY, "lr")
    assert settled.text == text
    assert [change.state for change in settled.changes] == states
    assert replay([RAW], settled.changes)["text"] == text


def test_a_decision_of_another_field_settles_nothing() -> None:
    decisions = Decisions([replace(CLAIM, field="answer.zh")])
    assert decisions.settle(ENTRY, "lr").text == RAW


def test_who_decided_is_told() -> None:
    settled = Decisions([CLAIM]).settle(ENTRY, "lr")
    assert [change.by for change in settled.changes] == ["person", "rule"]


@pytest.mark.parametrize("raw", [f"{RAW}  \n", f"\n{RAW}", RAW])
def test_an_entry_is_found_by_its_raw_text(raw: str) -> None:
    drop = Decision(Verdict.DROP, raw=digest(RAW), reason="题外")
    assert Decisions([drop]).of_entry(replace(ENTRY, raw=raw)) == drop
    assert Decisions([drop]).of_entry(replace(ENTRY, raw=f"{RAW}。")) is None
    assert Decisions([CLAIM]).of_entry(ENTRY) is None


@pytest.mark.parametrize(
    ("name", "value", "verdict"),
    [
        ("answer.zh", "新", Verdict.TAKE),
        ("answer.zh", "更新", None),
        ("answer.en", "新", None),
    ],
)
def test_a_conflict_is_settled_for_one_value(
    name: str, value: str, verdict: Verdict | None
) -> None:
    take = Decision(Verdict.TAKE, "lr", "answer.zh", "CONFLICT", "新")
    assert Decisions([take]).on_conflict("lr", name, value) == verdict


def test_what_met_nothing_is_reported_and_kept() -> None:
    gone = replace(CLAIM, before="别的")
    decisions = Decisions([CLAIM, gone])
    decisions.settle(ENTRY, "lr")
    (finding,) = decisions.stale("content/decisions.yaml")
    assert (finding.code, finding.level) == ("DECISION-STALE", Level.NOTE)
    assert "别的" in finding.message
