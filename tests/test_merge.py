"""What a person did to the cards stays; everything else is kept up to date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from notepress import strict
from notepress.decisions import Decision, Decisions, Verdict
from notepress.ledger import generated, raws, replay, values
from notepress.merge import Lock, Merged, digests, merge
from notepress.model import Bilingual, Card, Change, Figure, Origin, Outcome, State, Status, Symbol

NONE = Decisions(())


def _card(card_id: str = "a", zh: str = "答一", **more: object) -> Card:
    """Give a card as the stages make it: its ledger tells of its answer."""
    changes = (
        Change("SPLIT", "question.zh", "notes.md", 1, 1, 0, "", "问", "因为", "rule"),
        Change("SPLIT", "answer.zh", "notes.md", 1, 1, 0, "", zh, "因为", "rule"),
    )
    card = Card(
        card_id,
        "t",
        question=Bilingual("问"),
        answer=Bilingual(zh),
        origins=(Origin("notes.md", 1, 1),),
        raw="问：答",
        changes=changes,
    )
    return replace(card, **more)  # type: ignore[arg-type]  # whatever fields a test wants


def _lock(*cards: Card) -> Lock:
    return {card.id: digests(card) for card in cards}


def _edited(card: Card, zh: str) -> Card:
    return replace(card, answer=replace(card.answer, zh=zh))


def _merged(
    new: Card | None, there: Card | None, lock: Lock | None, decisions: Decisions = NONE
) -> Outcome[Merged]:
    return merge([new] if new else [], [there] if there else [], lock, decisions)


def _codes(outcome: Outcome[Merged]) -> list[str]:
    return [finding.code for finding in outcome.findings]


OLD, NEW = _card(zh="答一"), _card(zh="答二")


def test_a_new_card_is_taken() -> None:
    assert _merged(NEW, None, {}).value == Merged((NEW,), _lock(NEW))


def test_an_untouched_value_is_brought_up_to_date() -> None:
    outcome = _merged(NEW, OLD, _lock(OLD))
    assert outcome.value == Merged((NEW,), _lock(NEW))
    assert outcome.findings == ()


def test_a_hand_edit_is_kept() -> None:
    outcome = _merged(OLD, _edited(OLD, "手写"), _lock(OLD))
    (card,) = outcome.value.cards
    assert card.answer.zh == "手写"
    assert outcome.value.lock == _lock(OLD)
    assert [(c.code, c.by, c.state) for c in card.changes[2:]] == [
        ("EDIT", "person", State.ACCEPTED)
    ]
    told = replay(raws(card.raw, card.origins), card.changes)
    assert values(card).items() <= told.items()
    assert generated(card)["answer.zh"] == "答一"


def test_a_hand_edit_is_kept_again_and_again() -> None:
    first = _merged(OLD, _edited(OLD, "手写"), _lock(OLD)).value
    again = _merged(OLD, first.cards[0], first.lock).value
    assert again == first


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("question", Bilingual("问", "Asked")),
        ("pitfall", Bilingual("误区", "")),
        ("formulas", ("x=1",)),
        ("figures", (Figure("a.png", origin="author"),)),
        ("tags", ("x",)),
        ("sources", ("d2l, ch. 1",)),
        ("related", ("b",)),
        ("remark", "问老师"),
        ("topic", "u"),
    ],
)
def test_every_value_may_be_edited(name: str, value: object) -> None:
    mine = replace(OLD, **{name: value})  # type: ignore[arg-type]  # the name and its value agree
    (card,) = _merged(NEW, mine, _lock(OLD)).value.cards
    assert getattr(card, name) == value
    assert card.answer.zh == "答二"


def test_a_value_may_be_deleted() -> None:
    old = replace(OLD, formulas=("x",), changes=(*OLD.changes, _formula("x")))
    (card,) = _merged(old, replace(old, formulas=()), _lock(old)).value.cards
    assert card.formulas == ()
    assert replay([card.raw], card.changes)["formulas[0]"] == ""


def _formula(latex: str) -> Change:
    return Change("FORMULA", "formulas[0]", "notes.md", 1, 1, 0, "", latex, "因为", "knowledge")


def test_what_records_a_card_is_the_machines() -> None:
    mine = replace(OLD, raw="改过", origins=(), changes=(), status=Status.PROPOSED)
    assert _merged(OLD, mine, _lock(OLD)).value.cards == (OLD,)


def test_a_conflict_is_shown_until_it_is_settled() -> None:
    mine = _edited(OLD, "手写")
    first = _merged(NEW, mine, _lock(OLD))
    assert first.value.cards[0].answer.zh == "手写"
    assert _codes(first).count("CONFLICT") == 1
    (finding,) = [f for f in first.findings if f.code == "CONFLICT"]
    assert "手写" in finding.hint
    assert "答二" in finding.hint
    again = _merged(NEW, first.value.cards[0], first.value.lock)
    assert "CONFLICT" in _codes(again)
    assert again.value == first.value


def _offered(outcome: Outcome[Merged]) -> Decision:
    """Give the decision that a conflict's hint says to add."""
    (finding,) = [f for f in outcome.findings if f.code == "CONFLICT"]
    offered = strict.read(tuple[Decision, ...], finding.hint.rpartition("\n")[2], "hint").value
    assert offered is not None
    return offered[0]


@pytest.mark.parametrize(("verdict", "answer"), [(Verdict.KEEP, "手写"), (Verdict.TAKE, "答二")])
def test_a_conflict_is_settled(verdict: Verdict, answer: str) -> None:
    shown = _merged(NEW, _edited(OLD, "手写"), _lock(OLD))
    decision = replace(_offered(shown), verdict=verdict)
    settled = _merged(NEW, _edited(OLD, "手写"), _lock(OLD), Decisions([decision]))
    assert settled.value.cards[0].answer.zh == answer
    assert "CONFLICT" not in _codes(settled)
    decisions = Decisions([decision])
    again = merge([NEW], settled.value.cards, settled.value.lock, decisions)
    assert (again.value, decisions.stale("x")) == (settled.value, ())
    newer = _card(zh="答三")
    later = merge([newer], settled.value.cards, settled.value.lock, Decisions([decision]))
    assert ("CONFLICT" in _codes(later)) == (verdict is Verdict.KEEP)
    assert later.value.cards[0].answer.zh == ("手写" if verdict is Verdict.KEEP else "答三")


def test_an_edit_that_the_notes_caught_up_with_is_no_edit() -> None:
    outcome = _merged(NEW, _edited(OLD, "答二"), _lock(OLD))
    assert outcome.value == Merged((NEW,), _lock(NEW))
    assert outcome.findings == ()


def test_changed_chinese_makes_hand_written_english_doubtful() -> None:
    assert "TRANSLATION-STALE" in _codes(_merged(OLD, _edited(OLD, "手写"), _lock(OLD)))
    both = replace(OLD, answer=Bilingual("手写", "By hand"))
    assert "TRANSLATION-STALE" not in _codes(_merged(OLD, both, _lock(OLD)))


def test_english_written_by_hand_completes_a_card() -> None:
    bare = replace(OLD, status=Status.UNTRANSLATED)
    mine = replace(bare, question=Bilingual("问", "Q"), answer=Bilingual("答一", "A"))
    assert _merged(bare, mine, _lock(bare)).value.cards[0].status is Status.COMPLETE


def test_a_value_that_older_cards_had_not_is_generated() -> None:
    older = {name: digest for name, digest in digests(OLD).items() if name != "symbols"}
    new = replace(OLD, symbols=(Symbol("x", "输入", "input"),))
    assert merge([new], [OLD], {OLD.id: older}, NONE).value.cards == (new,)


def test_a_deleted_card_stays_deleted() -> None:
    first = _merged(OLD, None, _lock(OLD)).value
    assert first.cards == ()
    assert [(part.raw, part.by) for part in first.deleted] == [("问：答", "person")]
    again = _merged(NEW, None, first.lock).value
    assert (again.cards, again.lock) == ((), first.lock)


def test_a_deleted_card_of_two_notes_gives_back_each() -> None:
    card = replace(OLD, raw="问：答\n\n问", origins=(Origin("a.md", 1, 1), Origin("b.md", 3, 3)))
    deleted = _merged(card, None, _lock(card)).value.deleted
    assert [(part.origin.path, part.raw) for part in deleted] == [
        ("a.md", "问：答"),
        ("b.md", "问"),
    ]


def test_a_card_added_by_hand_is_kept() -> None:
    mine = Card("mine", "t", question=Bilingual("我的"))
    first = _merged(None, mine, {}).value
    assert first == Merged((mine,), {})
    assert _merged(None, mine, first.lock).value == first


@pytest.mark.parametrize(
    ("there", "lock", "kept", "codes"),
    [
        (OLD, _lock(OLD), (), []),
        (_edited(OLD, "手写"), _lock(OLD), (_edited(OLD, "手写"),), ["CARD-ORPHAN"]),
        (OLD, {}, (OLD,), []),
    ],
)
def test_a_card_whose_note_is_gone(
    there: Card, lock: Lock, kept: tuple[Card, ...], codes: list[str]
) -> None:
    outcome = _merged(None, there, lock)
    assert (outcome.value.cards, _codes(outcome)) == (kept, codes)


def test_without_a_lock_all_is_the_persons() -> None:
    mine = _edited(OLD, "手写")
    first = _merged(NEW, mine, None)
    assert first.value.cards[0].answer.zh == "手写"
    assert "CONFLICT" not in _codes(first)
    again = merge([NEW], first.value.cards, first.value.lock, NONE).value
    assert again.cards[0].answer.zh == "手写"


def test_without_cards_and_lock_all_is_made_anew() -> None:
    assert merge([OLD], [], None, NONE).value == Merged((OLD,), _lock(OLD))


def test_a_digest_tells_values_apart() -> None:
    plain: Mapping[str, str] = digests(OLD)
    assert plain == digests(replace(OLD, raw="别的", status=Status.PROPOSED))
    for other in (
        _edited(OLD, "答"),
        replace(OLD, topic="u"),
        replace(OLD, formulas=("x",)),
        replace(OLD, figures=(Figure("a.png"),)),
    ):
        changed = {name for name, value in digests(other).items() if plain[name] != value}
        assert len(changed) == 1


def test_a_deleted_card_stays_deleted_while_its_note_is_away() -> None:
    deleted = merge([OLD], [], _lock(OLD), NONE).value
    away = merge([], [], deleted.lock, NONE).value
    back = merge([OLD], [], away.lock, NONE).value
    assert (back.cards, len(back.deleted)) == ((), 1)
    again = merge([], [OLD], back.lock, NONE).value
    assert again.cards == (OLD,), "a person may bring it back"
