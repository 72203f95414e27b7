"""Nothing stands in a card that its ledger doesn't tell of."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notepress import files, pipeline
from notepress.fixers import correct
from notepress.ledger import (
    Draft,
    ReplayError,
    apply,
    generated,
    places,
    raws,
    replay,
    text_field,
    values,
)
from notepress.model import Bilingual, Card, Change, Entry, Figure, Origin, Span, State
from notepress.segment import segment
from tests.conftest import ROOT


def _change(offset: int, before: str, after: str, field: str = "text") -> Change:
    return Change("X", field, "notes.md", 1, 1, offset, before, after, "因为", "rule")


@pytest.mark.parametrize(
    ("offset", "before", "after", "text"),
    [
        (1, "b", "xy", "axyc"),
        (0, "", "x", "xabc"),
        (3, "", "x", "abcx"),
        (0, "abc", "", ""),
    ],
)
def test_apply(offset: int, before: str, after: str, text: str) -> None:
    assert apply("abc", _change(offset, before, after)) == text


@pytest.mark.parametrize(("offset", "before"), [(0, "b"), (3, "c"), (4, ""), (2, "cd")])
def test_a_change_that_does_not_fit_is_refused(offset: int, before: str) -> None:
    with pytest.raises(ReplayError, match=rf"X at text\+{offset}"):
        apply("abc", _change(offset, before, "x"))


def test_only_applied_changes_are_replayed() -> None:
    made = [replace(_change(0, "a", "x"), state=state) for state in State]
    applied = [change for change in made if change.state.applied]
    assert {change.state for change in applied} == {State.AUTO, State.ACCEPTED}
    assert replay(["a"], made[:2]) == {"text": "x"}
    assert replay(["a", "b"], [_change(0, "b", "", "text[1]")]) == {"text": "a", "text[1]": ""}
    assert replay([], [_change(0, "", "甲", "answer.zh")]) == {"answer.zh": "甲"}


def test_a_models_words_are_shown_where_there_was_nothing() -> None:
    waiting = replace(_change(0, "", "甲", "answer.zh"), state=State.PROPOSED, by="model:tiny")
    shown = [replace(waiting, code=code) for code in ("COMPLETE", "TRANSLATE")]
    assert [replay([], [change])["answer.zh"] for change in shown] == ["甲", "甲"]
    for hidden in (
        replace(waiting, code="CONTINUE"),
        replace(shown[0], by="rule"),
        replace(shown[0], state=State.REJECTED),
    ):
        assert replay([], [hidden]) == {}


def test_places_lead_back_to_the_raw_text() -> None:
    made = [_change(1, "", "xy"), _change(0, "ax", ""), _change(1, "b", "qq")]
    waiting = replace(_change(0, "y", "no"), state=State.PROPOSED)
    assert replay(["abc"], [*made, waiting]) == {"text": "yqqc"}
    assert places("abc", [*made, waiting]) == [1, 1, 1, 2, 3]


def test_names_of_texts() -> None:
    assert [text_field(index) for index in range(3)] == ["text", "text[1]", "text[2]"]


@given(st.lists(st.text(alphabet="甲乙\n", min_size=1, max_size=8), max_size=4))
def test_raw_texts_come_apart_as_they_were_joined(texts: list[str]) -> None:
    origins = tuple(Origin("notes.md", 1, 1 + text.count("\n")) for text in texts)
    assert raws("\n\n".join(texts), origins) == texts


@given(st.lists(st.text(alphabet="甲乙丙", max_size=6), min_size=1, max_size=6))
def test_a_draft_can_be_replayed(versions: list[str]) -> None:
    draft = Draft(Span("notes.md", 7, 3))
    for version in versions:
        draft.put("answer.zh", version, code="X", reason="因为", by="rule")
        assert draft["answer.zh"] == version
    assert replay([], draft.changes).get("answer.zh", "") == versions[-1]
    assert all(change.before != change.after for change in draft.changes)
    assert all((c.path, c.line, c.column) == ("notes.md", 7, 3) for c in draft.changes)


def test_a_draft_notes_only_what_differs() -> None:
    draft = Draft(Span("notes.md"), {"answer.zh": "甲乙丙"})
    draft.put("answer.zh", "甲丁丙", code="X", reason="因为", by="rule")
    (change,) = draft.changes
    assert (change.offset, change.before, change.after) == (1, "乙", "丁")


def test_a_draft_keeps_proposals_out_of_the_text() -> None:
    draft = Draft(Span("notes.md"), {"answer.zh": "甲"})
    draft.edit("answer.zh", 0, "甲", "乙", code="X", reason="", by="rule", state=State.PROPOSED)
    assert (draft["answer.zh"], len(draft.changes)) == ("甲", 1)


def test_a_draft_of_a_list() -> None:
    draft = Draft(Span("notes.md"))
    for formula in ("a", "b"):
        draft.append("formulas", formula, code="X", reason="", by="rule")
    assert draft.listed("formulas") == ("a", "b")
    assert draft.listed("sources") == ()


def test_values_leave_out_what_is_empty() -> None:
    card = Card("a", "t", question=Bilingual("甲"), formulas=("x",), figures=(Figure("a.png"),))
    assert values(card) == {"question.zh": "甲", "formulas[0]": "x", "figures[0]": "a.png"}


def _untold(card: Card) -> dict[str, str]:
    """Give the values of a card that its ledger doesn't lead to."""
    told = replay(raws(card.raw, card.origins), card.changes)
    return {name: value for name, value in values(card).items() if told.get(name) != value}


@pytest.fixture(scope="module")
def cards() -> tuple[Card, ...]:
    """The author's cards, as the notes and decisions alone give them."""
    sources = files.load(ROOT).value
    assert sources is not None
    bare = replace(sources, cards=(), cards_lock=None, card_files={})
    return pipeline.ingest(bare, lambda _: None).value.cards


def test_every_value_of_the_authors_cards_is_told(cards: tuple[Card, ...]) -> None:
    assert len(cards) > 30
    for card in cards:
        assert _untold(card) == {}
        assert values(card).items() <= generated(card).items()


def test_an_untold_value_would_be_seen(cards: tuple[Card, ...]) -> None:
    card = next(card for card in cards if card.answer.zh)
    assert _untold(replace(card, answer=Bilingual(f"{card.answer.zh}？")))
    assert _untold(replace(card, changes=()))


def test_the_corrected_text_of_the_authors_entries_is_told() -> None:
    sources = files.load(ROOT).value
    assert sources is not None
    for note in sources.notes:
        for entry in segment(note).value.entries:
            fixed: Entry = correct(entry, sources.knowledge).value
            assert replay([entry.raw], fixed.changes)["text"] == fixed.text
