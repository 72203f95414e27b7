"""Two packages -> what an update does."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from notepress import package
from notepress.announce import announce
from notepress.difference import Bump, Difference, compare, newest_release, next_version
from notepress.renderers import deck
from tests.packages import FIELDS, OTHER, Row, kind, pack
from tests.sample_edition import EDITION, NEWTON, assets, reworded, stamp

ONE = Row(
    "one", front="什么是早停？", back="<p>验证误差不再下降时就停止训练，这是一种正则化方法。</p>"
)
TWO = Row("two", front="Two?", number="2")
OLD = (ONE, TWO)


def _compare(old: bytes, new: bytes) -> Difference:
    read = [package.read(data, "new.apkg").value for data in (old, new)]
    assert read[0]
    assert read[1]
    return compare(read[0], read[1], "new.apkg")


def _notes(*new: Row) -> Difference:
    return _compare(pack(*OLD), pack(*new))


def _codes(difference: Difference) -> list[str]:
    return [finding.code for finding in difference.findings]


def test_nothing() -> None:
    same = _notes(*OLD)
    assert (same.changed, same.added, same.removed, same.findings) == ((), (), (), ())
    assert (same.bump, same.replaced, same.unmoved) == (Bump.NONE, 0, 0)
    assert announce(same, "text").splitlines() == [
        "2 → 2 notes: 0 added, 0 changed (0 in another deck), 0 removed",
        "version: none",
    ]
    assert announce(same, "markdown", "1.0.0") == "Nothing changed.\n"


def test_added_and_removed() -> None:
    other = _notes(ONE, Row("three", front="<b>Three</b>?"))
    assert [note.title for note in other.added] == ["Three?"]
    assert [(note.title, note.row) for note in other.removed] == [("Two?", TWO.id)]
    assert other.bump is Bump.MINOR
    assert f"nid:{TWO.id}" in announce(other, "markdown")


def test_a_note_that_says_something_else() -> None:
    changed = replace(TWO, back=r"<p>That, \(x^2\).</p>", mod=101, tags=" ours new ")
    other = _notes(ONE, changed)
    (change,) = other.changed
    assert (change.tags_added, change.tags_removed, change.wording) == (("new",), (), False)
    assert (other.replaced, other.bump, other.findings) == (1, Bump.MINOR, ())
    text = announce(other, "text", "1.2.3").splitlines()
    assert r"      Back: [-This-]{+That, \(x^2\)+}." in text
    assert "      tags: +new" in text
    assert text[-1] == "version: minor, 1.2.3 → 1.3.0"
    assert any("in place of the user's on 1 note" in line for line in text)


def test_other_words_for_the_same_are_a_patch() -> None:
    other = _notes(replace(ONE, back=ONE.back.replace("一种", "一类"), mod=101), TWO)
    assert other.bump is Bump.PATCH
    assert next_version("1.2.3", other.bump) == "1.2.4"


@pytest.mark.parametrize("mod", [100, 99])
def test_a_date_that_did_not_move(mod: int) -> None:
    other = _notes(replace(ONE, back="<p>Else.</p>", mod=mod), TWO)
    assert _codes(other) == ["MOD-STUCK"]
    assert other.replaced == 0
    assert _codes(_notes(replace(ONE, tags=" b ", mod=mod), TWO)) == ["MOD-STUCK"]


def test_a_date_that_moved_for_nothing() -> None:
    other = _notes(replace(ONE, mod=200), TWO)
    assert (_codes(other), other.replaced, other.changed) == (["MOD-MOVED"], 1, ())


def test_a_place_is_no_reason_for_a_date() -> None:
    other = _notes(replace(ONE, number="2"), TWO)
    assert (other.findings, other.changed, other.unmoved, other.bump) == ((), (), 1, Bump.NONE)
    assert "only number, origin or related cards are other on 1 note:" in announce(other, "text")
    told = _notes(replace(ONE, number="2", back="<p>Else.</p>", mod=101), TWO)
    assert [field.name for field in told.changed[0].fields] == ["Back"]
    assert "Number" not in announce(told, "text") + announce(told, "markdown")
    moved = _notes(replace(ONE, number="2", deck=OTHER), TWO)
    assert [change.fields for change in moved.changed] == [()]


def test_a_date_that_moved_for_a_place_alone() -> None:
    other = _notes(replace(ONE, number="2", mod=101), TWO)
    assert (other.changed, other.unmoved, other.replaced) == ((), 0, 1)
    (finding,) = other.findings
    assert finding.code == "MOD-MOVED"
    assert finding.message.startswith("only Number of")
    # Nobody is told that Anki keeps what it is about to replace.
    assert "Anki keeps" not in announce(other, "text")


def test_a_note_in_another_deck() -> None:
    other = _notes(ONE, replace(TWO, deck=OTHER))
    (change,) = other.changed
    assert (change.moved_from, change.note.deck) == ("Book", OTHER)
    assert (other.bump, other.findings) == (Bump.MINOR, ())
    assert "moved from Book; where it is studied, it stays there" in announce(other, "text")


def test_two_notes_of_one_guid() -> None:
    assert _codes(_notes(ONE, ONE, TWO)) == ["GUID-TWICE"]


def test_media() -> None:
    other = _compare(pack(media={"a": b"a", "b": b"b"}), pack(media={"b": b"B", "c": b"c"}))
    assert (other.media.added, other.media.changed, other.media.removed) == (("c",), ("b",), ("a",))
    assert other.bump is Bump.PATCH
    assert "media changed: b" in announce(other, "text")


def test_decks_renamed() -> None:
    other = _compare(pack(*OLD), pack(*OLD, decks={1: "Book", 2: "Book::Renamed"}))
    assert other.decks_renamed == ((OTHER, "Book::Renamed"),)
    assert (_codes(other), other.bump) == (["DECK-RENAMED"], Bump.MAJOR)


FEWER = {name: number for name, number in FIELDS.items() if name != "Back"}
TURNED = dict(reversed(FIELDS.items()))


@pytest.mark.parametrize(
    ("parts", "said", "danger"),
    [
        ({"fields": {**FIELDS, "New": 14}}, "fields added: New", True),
        ({"fields": FEWER}, "fields removed: Back", True),
        ({"fields": TURNED}, "fields are in another order", True),
        ({"fields": {**FIELDS, "Back": 99}}, "fields have other ids", True),
        ({"fields": {"Front": 11, "Rear": 12, "Number": 13}}, "renamed fields: Back → Rear", False),
        ({"templates": {"Card": 21, "Two": 22}}, "templates added: Two", True),
        ({"templates": {"Named": 21}}, "renamed templates: Card → Named", False),
        ({"templates": {"Named": 29}}, "templates added: Named", True),
        ({"type": 1}, "it was a standard type, and is a cloze type", True),
        ({"css": ".card { color: red }", "mod": 51}, "its look", False),
        ({"name": "Other"}, "its name was Basic", False),
    ],
)
def test_note_types(parts: dict[str, object], said: str, danger: bool) -> None:
    other = _compare(pack(*OLD), pack(*OLD, kinds=[kind(**parts)]))
    (change,) = other.note_types
    assert said in change.what
    assert change.danger is danger
    assert ("NOTE-TYPE-CHANGED" in _codes(other)) is danger
    assert (other.bump is Bump.MAJOR) is danger


def test_standard_to_cloze_is_an_error() -> None:
    other = _compare(pack(*OLD), pack(*OLD, kinds=[kind(type=1)]))
    assert [finding.level.value for finding in other.findings] == ["error"]


def test_another_number_for_a_note_type() -> None:
    new = [replace(note, kind=7) for note in OLD]
    other = _compare(pack(*OLD), pack(*new, kinds=[kind(7)]))
    assert other.note_types[0].what == ("its id is 7, and was 1",)
    assert other.bump is Bump.MAJOR


def test_a_further_note_type_is_no_danger() -> None:
    new = [*OLD, Row("three", kind=7)]
    other = _compare(pack(*OLD), pack(*new, kinds=[kind(), kind(7, name="Cloze", type=1)]))
    assert [(t.name, t.what, t.danger) for t in other.note_types] == [("Cloze", ("is new",), False)]
    assert other.bump is Bump.MINOR


def test_a_look_whose_date_did_not_move() -> None:
    other = _compare(pack(*OLD), pack(*OLD, kinds=[kind(css="")]))
    assert (_codes(other), other.bump) == (["MOD-STUCK"], Bump.PATCH)


def test_json_says_all() -> None:
    other = _notes(ONE, replace(TWO, back="<p>a\x9bb</p>", mod=101))
    plain = json.loads(announce(other, "json", "0.9.9"))
    assert plain["version"] == {"bump": "minor", "from": "0.9.9", "to": "0.10.0"}
    (change,) = plain["changed"]
    assert change["note"]["guid"] == "two"
    assert change["fields"][0]["pieces"][-1] == {"fate": "in", "text": "a\x9bb"}
    assert "\x9b" not in announce(other, "json")


def test_markdown_is_for_release_notes() -> None:
    new = replace(ONE, front="什么是 *早停*？<b>", back="<p>&lt;script&gt; 停。</p>", mod=101)
    other = _compare(pack(*OLD), pack(new, Row("three", front="新的？"), decks={1: "Book", 2: "X"}))
    text = announce(other, "markdown", "1.0.0")
    assert text.startswith("## 2.0.0\n\n### When you update\n\n- deck Book::Other is now X\n")
    assert "- Your tags and edits on the 1 note that changed are replaced by ours.\n" in text
    assert "### Added\n\n- 新的？\n" in text
    assert "### Removed\n\n- Two?\n" in text
    assert "&lt;script&gt;" in text
    assert "<script" not in text
    assert "<ins>\\*早停\\*</ins>" in text.replace("<ins> ", "<ins>")


def test_our_own_packages() -> None:
    def made(edition=EDITION, **later: int) -> bytes:
        ((_, data),) = deck.render(edition, assets("deck"), stamp(edition, **later)).files.items()
        return data

    assert _compare(made(), made()).bump is Bump.NONE
    other = _compare(made(), made(reworded(NEWTON, "换了说法。"), newton=60))
    assert [field.name for field in other.changed[0].fields] == ["Answer"]
    assert (other.findings, other.replaced) == ((), 1)
    assert _codes(_compare(made(), made(reworded(NEWTON, "换了说法。")))) == ["MOD-STUCK"]


# --- several note types, several cards -----------------------------------------------


SECOND = kind(2, name="Book · Cloze", type=1)


def test_a_note_of_another_type_is_refused_by_anki() -> None:
    kinds = [kind(), SECOND]
    told = _compare(pack(Row("aa"), kinds=kinds), pack(Row("aa", kind=2, mod=200), kinds=kinds))
    assert [finding.code for finding in told.findings] == ["NOTE-RETYPED"]
    assert told.bump is Bump.MAJOR
    assert told.replaced == 0


def test_a_card_that_goes_takes_its_progress_along() -> None:
    told = _compare(
        pack(Row("aa", cards=(0, 1, 2))), pack(Row("aa", back="less", cards=(0, 2), mod=200))
    )
    assert [finding.code for finding in told.findings] == ["CARD-GONE"]
    assert "no card 2" in told.findings[0].message
    assert told.changed[0].cards_gone == (1,)


def test_notes_are_told_apart_by_their_types() -> None:
    told = _compare(pack(Row("aa")), pack(Row("aa"), Row("bb", kind=2), kinds=[kind(), SECOND]))
    assert [note.kind for note in told.added] == ["Cloze"]


def test_the_tag_of_a_release_is_no_change() -> None:
    old, new = (Row("aa", tags=f" ours b::release::{version} ") for version in ("1.9.0", "1.10.0"))
    told = _compare(pack(old), pack(new))
    assert not told.changed
    assert not told.findings
    assert told.bump is Bump.NONE
    held = package.read(pack(old, new), "").value
    assert held
    assert newest_release(held) == "1.10.0"
