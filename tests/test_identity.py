"""A card is the same card after its note moved, was re-worded or came back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notepress.decisions import digest
from notepress.identity import (
    BookLock,
    Known,
    Now,
    assign,
    guid,
    notes,
    remember,
    retired,
    slug,
    stamp,
)
from notepress.model import Card, Entry, Origin

SVM = "什么是支持向量机?:监督学习机制,用于分类任务.核心思想是间隔最大化"
ROC = "ROC曲线就是真阳性和假阳性在不同阈值下绘制的曲线"


def _entry(raw: str, line: int = 1) -> Entry:
    return Entry(Origin("notes.md", line, line), raw, raw)


def _card(card_id: str, raw: str) -> Card:
    return Card(card_id, "t", origins=(Origin("notes.md", 1, 1),), raw=raw)


def _lock(**raws: str) -> BookLock:
    return BookLock({card_id: Known((digest(raw),)) for card_id, raw in raws.items()})


@pytest.mark.parametrize(
    ("raw", "wanted", "card_id"),
    [
        (SVM, "svm", "old"),
        (SVM, "", "old"),
        (f"{SVM}  ", "", "old"),
        ("什么是支持向量基?:监督学习机制,用于分类.核心思想是间隔最大化", "", "old"),
        (ROC, "roc", "roc"),
        (ROC, "", "roc-qu-xian-jiu-shi-zhen-yang-xing-he-jia-yang-x"),
    ],
)
def test_an_entry_finds_its_card(raw: str, wanted: str, card_id: str) -> None:
    found = assign([_entry(raw, 99)], [wanted], _lock(old=SVM), [_card("old", SVM)])
    assert found == (card_id,)


def test_a_card_is_found_once() -> None:
    """Of two new entries that resemble a lost card, one is it."""
    near = [_entry(f"{SVM}1"), _entry(f"{SVM}2")]
    found = assign(near, ["", ""], _lock(old=SVM), [_card("old", SVM)])
    assert found[0] == "old"
    assert found[1] != "old"


def test_a_card_whose_note_is_there_is_not_lost() -> None:
    entries = [_entry(f"{SVM}。"), _entry(SVM)]
    found = assign(entries, ["", ""], _lock(old=SVM), [_card("old", SVM)])
    assert found[1] == "old"
    assert found[0] != "old"


def test_a_card_that_came_back_keeps_its_id() -> None:
    assert assign([_entry(SVM)], ["svm"], _lock(old=SVM), []) == ("old",)


def test_a_new_note_of_an_old_concept_is_its_card() -> None:
    """Re-written from scratch, but still about the one thing that the card is about."""
    found = assign([_entry("完全不同的文字")], ["svm"], _lock(svm=SVM), [_card("svm", SVM)])
    assert found == ("svm",)


def test_order_does_not_matter() -> None:
    lock, cards = _lock(a=SVM, b=ROC), [_card("a", SVM), _card("b", ROC)]
    assert assign([_entry(SVM), _entry(ROC)], ["", ""], lock, cards) == ("a", "b")
    assert assign([_entry(ROC), _entry(SVM)], ["", ""], lock, cards) == ("b", "a")


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("什么是梯度？最快的方向", "shen-me-shi-ti-du"),
        ("## Batch Norm: x", "batch-norm"),
        ("1. K-means 聚类", "k-means-ju-lei"),
        ("- 甲", "jia"),
    ],
)
def test_slug(text: str, short: str) -> None:
    assert slug(text) == short


@given(st.text(max_size=60))
def test_a_slug_is_never_empty_and_fits_a_file_name(text: str) -> None:
    short = slug(text)
    assert short
    assert short.isascii()
    assert len(short) <= 48
    assert not set(short) - set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_a_guid_is_for_ever() -> None:
    assert guid("book", "svm") == "7Qa6XIpvZNw"
    assert len({guid(book, card) for book in "ab" for card in "cd"}) == 4


def test_nothing_is_forgotten() -> None:
    lock = remember(BookLock(), "book", [_card("a", SVM)], {"a": (SVM,)})
    again = remember(lock, "book", [_card("b", ROC)], {"b": (ROC,)})
    moved = remember(again, "book", [_card("a", ROC)], {"a": (ROC, SVM)})
    assert set(moved.cards) == {"a", "b"}
    assert moved.cards["a"].raws == (digest(SVM), digest(ROC))
    assert moved.cards["a"].guid == lock.cards["a"].guid == guid("book", "a")
    assert remember(moved, "book", [_card("a", SVM)], {"a": (SVM,)}) == moved


def test_a_guid_that_is_remembered_stays() -> None:
    lock = BookLock({"a": Known(guid="theirs")})
    assert remember(lock, "another book", [_card("a", SVM)], {}).cards["a"].guid == "theirs"


LOCK = BookLock({"a": Known(content="x", mod=50), "b": Known(content="y", mod=60)}, "s", 70)


@pytest.mark.parametrize(
    ("contents", "style", "now", "mods", "style_mod"),
    [
        ({"a": "x", "b": "y"}, "s", 100, (50, 60), 70),
        ({"a": "z", "b": "y"}, "s", 100, (100, 60), 70),
        ({"a": "z", "b": "y"}, "s", 20, (51, 60), 70),
        ({"a": "z", "b": "y"}, "s", 50, (51, 60), 70),
        ({"a": "x"}, "s", 100, (50, 60), 70),
        ({"a": "x", "b": "y"}, "t", 100, (50, 60), 100),
        ({"a": "x", "b": "y"}, "t", 70, (50, 60), 71),
    ],
)
def test_times_move_forward_and_only_for_changes(
    contents: dict[str, str], style: str, now: int, mods: tuple[int, int], style_mod: int
) -> None:
    stamped = stamp(LOCK, contents, style, Now("book", now, "1.0"))
    assert (stamped.cards["a"].mod, stamped.cards["b"].mod) == mods
    assert stamped.style_mod == style_mod
    assert stamp(stamped, contents, style, Now("book", now + 1000, "1.1")) == stamped


@given(st.lists(st.tuples(st.sampled_from("xyz"), st.integers(0, 99)), max_size=8))
def test_a_time_never_moves_back(steps: list[tuple[str, int]]) -> None:
    lock = LOCK
    for content, now in steps:
        old = lock.cards["a"]
        lock = stamp(lock, {"a": content}, "s", Now("book", now, "1.0"))
        assert (lock.cards["a"].mod > old.mod) == (content != old.content)


def test_notes_have_what_is_locked() -> None:
    lock = replace(LOCK, cards={**LOCK.cards, "c": Known(guid="g", mod=3)})
    assert {k: (v.guid, v.mod) for k, v in notes(lock, ["c"]).items()} == {"c": ("g", 3)}


def test_a_release_is_the_one_in_which_a_note_changed() -> None:
    first = stamp(LOCK, {"a": "x", "b": "y"}, "s", Now("book", 100, "1.0"))
    later = stamp(first, {"a": "x", "b": "z"}, "s", Now("book", 200, "1.1"))
    assert [known.release for known in first.cards.values()] == ["1.0", "1.0"]
    assert [known.release for known in later.cards.values()] == ["1.0", "1.1"]
    assert later.cards["a"].mod == LOCK.cards["a"].mod


def test_other_kinds_have_identity_and_time_of_their_own() -> None:
    lock = stamp(LOCK, {"a": "x", "a/cloze": "p"}, "s", Now("book", 100, "1.0"))
    assert lock.notes["a/cloze"] == Known((), guid("book", "a/cloze"), "p", 100, "1.0")
    later = stamp(lock, {"a": "z", "a/cloze": "p"}, "s", Now("book", 200, "1.1"))
    assert later.notes == lock.notes
    assert later.cards["a"].mod == 200
    assert notes(later, ["a/cloze"])["a/cloze"].mod == 100


def test_what_was_published_and_is_no_more_is_retired() -> None:
    lock = replace(LOCK, cards={**LOCK.cards, "never": Known(guid="n")})
    lock = stamp(lock, {"a": "x", "a/cloze": "p"}, "s", Now("book", 100, "1.0"))
    assert retired(lock, ["a"]) == {"a/cloze": guid("book", "a/cloze"), "b": ""}
    assert not retired(lock, ["a", "b", "a/cloze"])
