"""A second release in Anki itself: what somebody studied, marked and wrote stays theirs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Literal

import pytest
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest
from anki.notes import Note, NoteId
from PIL import Image

from notepress import apkg, figures, identity, study
from notepress.identity import BookLock, Now
from notepress.model import (
    Assets,
    Bilingual,
    Book,
    Card,
    Edition,
    Figure,
    Kind,
    Stamp,
    Study,
    Topic,
)
from notepress.renderers import deck
from tests.sample_edition import TEMPLATES

BOOK = Book(
    "updates-0a1b2c3d",
    Bilingual("更新", "Updates"),
    (Topic("one", "一", "One", "O"), Topic("two", "二", "Two", "T")),
    study=Study(tuple(Kind)),
)
WORDS = ("输入", "权重", "输出", "偏置")


def _card(card_id: str, zh: str, answer: str, **more: object) -> Card:
    plain = Card(
        card_id,
        "one",
        question=Bilingual(zh, f"English of {card_id}"),
        answer=Bilingual(answer, f"The answer of {card_id}."),
    )
    return replace(plain, **more)  # type: ignore[arg-type]  # fields by name


def _drawing(*words: str) -> bytes:
    labels = "".join(
        f'<text class="zh" x="{9 + 16 * n}" y="40">{word}</text>' for n, word in enumerate(words)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 120">'
        '<title xml:lang="zh-CN">图</title><title xml:lang="en">A figure</title>'
        f'<style>{figures.style()}</style><path class="ink" d="M0 0H120"/>{labels}</svg>'
    ).encode()


def _photo(color: str) -> bytes:
    written = BytesIO()
    Image.new("RGB", (60, 40), color).save(written, "PNG")
    return written.getvalue()


LIST = "有四点：\n\n1. 甲：第一\n2. 乙：第二\n3. 丙：第三\n4. 丁：第四"
CARDS = (
    _card("fixed", "会改的", "旧的说法。"),
    _card("still", "不变的", "一样的说法。", tags=("fest",)),
    _card("list", "有哪四点？", LIST),
    _card("formula", "公式", "见公式。", formulas=("y = wx + b", "z = \\frac{1}{1+e^{-y}}")),
    _card("drawn", "图示", "见图。", figures=(Figure("drawn/drawn.svg"),)),
    _card("photo", "照片", "见照片。", figures=(Figure("photo.png", origin="author"),)),
    _card("gone", "会撤的", "要撤。"),
    _card("titled", "旧题目", "题目会变。"),
)
PICTURES = {"drawn/drawn.svg": _drawing(*WORDS), "photo.png": _photo("red")}
TERMS = {"still": Bilingual("不变的", "unchanged"), "titled": Bilingual("旧题目", "old title")}


@dataclass(frozen=True)
class Release:
    """What was published: the package, its stamp, and the memory for the next one."""

    package: bytes
    stamp: Stamp
    lock: BookLock


def _publish(
    cards: tuple[Card, ...],
    pictures: Mapping[str, bytes],
    lock: BookLock,
    now: Now,
    style: str = "",
) -> Release:
    """Publish as the pipeline does, without notes or disk."""
    edition = Edition(BOOK, cards, terms=TERMS)
    templates = {p.name: p.read_text("utf-8") for p in sorted((TEMPLATES / "deck").iterdir())}
    templates["style.css"] += style
    contents = study.digests(
        edition, study.facts(edition), pictures, partial(figures.names, faces={})
    )
    look = hashlib.sha256(deck.look(BOOK, templates).encode()).hexdigest()
    lock = identity.stamp(identity.remember(lock, BOOK.id, cards, {}), contents, look, now)
    notes = identity.notes(lock, contents)
    created = max(lock.style_mod, *(note.mod for note in notes.values()))
    gone = identity.retired(lock, contents)
    stamp = Stamp(now.release, created, lock.style_mod, notes, gone)
    (package,) = deck.render(edition, Assets(templates, pictures), stamp).files.values()
    return Release(package, stamp, lock)


FIRST = _publish(CARDS, PICTURES, BookLock(), Now(BOOK.id, 1_700_000_000, "1.0"))


def _second(seconds: int) -> Release:
    """Fix, add, remove, reorder and retitle; show other pictures and another look."""
    by_id = {card.id: card for card in CARDS}
    cards = (
        by_id["photo"],
        _card("added", "新来的", "新的说法。"),
        replace(by_id["titled"], question=Bilingual("新题目", "A new title")),
        replace(by_id["fixed"], answer=Bilingual("改好的说法。", "A better answer.")),
        *(by_id[name] for name in ("drawn", "formula", "still")),
        replace(
            by_id["list"], answer=Bilingual(LIST.replace("1. 甲", "0. 戊：第五\n1. 甲"), "Five.")
        ),
    )
    pictures = {**PICTURES, "photo.png": _photo("blue")}
    later = Now(BOOK.id, seconds, "1.1")
    return _publish(cards, pictures, FIRST.lock, later, "\n.np { color: inherit; }")


# Later than anything that a test does in Anki, whose clock is the machine's.
SECOND = _second(4_000_000_000)
# Anki up to 24.11 dates what it updates by that clock, and so takes a package from the
# future again and again.
PAST = _second(1_710_000_000)
EASES: tuple[Literal[1, 2, 3, 4], ...] = (1, 2, 3, 4)
CHANGED = {"fixed", "titled", "list", "photo"}


@pytest.fixture(params=[False, True], ids=["SM-2", "FSRS"])
def collection(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Collection]:
    with closing(Collection(str(tmp_path / "collection.anki2"))) as opened:
        opened.set_config("fsrs", request.param)
        for preset in opened.decks.all_config():
            preset["new"]["perDay"] = 999
            opened.decks.update_config(preset)
        yield opened


def _import(collection: Collection, release: Release) -> dict[str, int]:
    """Import as the dialog does by default; tell how many notes went which way."""
    file = Path(collection.path).with_name("updates.apkg")
    file.write_bytes(release.package)
    request = ImportAnkiPackageRequest(package_path=str(file), options=ImportAnkiPackageOptions())
    log = collection.import_anki_package(request).log
    collection.models._clear_cache()
    kinds = ("new", "updated", "duplicate", "conflicting", "missing_notetype", "empty_first_field")
    return {kind: count for kind in kinds if (count := len(getattr(log, kind)))}


def _note(collection: Collection, key: str) -> NoteId:
    """Find a note by its key, as the stamp knows it."""
    guid = {**SECOND.stamp.notes, **FIRST.stamp.notes}[key].guid
    assert collection.db
    found = collection.db.scalar("select id from notes where guid = ?", guid)
    assert isinstance(found, int), key
    return NoteId(found)


def _studied(collection: Collection) -> dict[str, tuple[object, ...]]:
    """Give what somebody's study has made of every card, by note and place."""
    assert collection.db
    rows = collection.db.all(
        "select n.guid || '/' || c.ord, c.did, c.type, c.queue, c.due, c.ivl, c.factor, c.reps,"
        " c.lapses, c.flags, c.data, (select count(*) from revlog r where r.cid = c.id)"
        " from cards c join notes n on n.id = c.nid"
    )
    return {str(row[0]): tuple(row[1:]) for row in rows}


def _use(collection: Collection) -> None:
    """Do everything with the deck that its users do."""
    cards = [collection.get_card(i) for i in sorted(collection.find_cards(""))]
    for place, card in enumerate(cards):
        card.start_timer()
        collection.sched.answerCard(card, EASES[place % 4])
    collection.set_user_flag_for_cards(3, [card.id for card in cards[::3]])
    collection.sched.suspend_cards([card.id for card in cards[1::5]])
    own = collection.decks.id("我的")
    assert own
    collection.set_deck([card.id for card in cards[::4]], own)
    for key in ("still", "still/term", "formula/formula", "drawn/occlusion/drawn", "fixed"):
        note = collection.get_note(_note(collection, key))
        note.add_tag("mine")
        collection.update_note(note)
    note = collection.get_note(_note(collection, "still"))
    note["Spare3"] = "我写的"
    collection.update_note(note)


def test_all_kinds_arrive_and_every_hole_is_a_card(collection: Collection) -> None:
    assert _import(collection, FIRST) == {"new": len(FIRST.stamp.notes)}
    assert not collection.get_empty_cards().notes
    count = {
        key: len(collection.get_note(_note(collection, key)).card_ids())
        for key in ("list", "list/cloze", "formula/formula", "still/term", "drawn/occlusion/drawn")
    }
    assert [*count.values()] == [1, 4, 2, 2, 4]
    _, fine = collection.fix_integrity()
    assert fine


def test_an_update_takes_nothing_from_anybody(collection: Collection) -> None:
    _import(collection, FIRST)
    _use(collection)
    before = _studied(collection)
    counts = _import(collection, SECOND)
    after = _studied(collection)
    remembered = ['"s":' in str(row[-2]) for row in before.values()]
    assert any(remembered) is collection.get_config("fsrs")
    assert {place: after[place] for place in before} == before
    assert "conflicting" not in counts
    assert "missing_notetype" not in counts


def test_only_what_changed_is_updated(collection: Collection) -> None:
    _import(collection, FIRST)
    _use(collection)
    counts = _import(collection, SECOND)
    moved = {
        key
        for key, note in SECOND.stamp.notes.items()
        if key in FIRST.stamp.notes and note.mod != FIRST.stamp.notes[key].mod
    }
    assert {key.partition("/")[0] for key in moved} == CHANGED
    # The user's own edit of "fixed" is older than the release, so the release wins there.
    new = {key for key in SECOND.stamp.notes if key not in FIRST.stamp.notes}
    assert {key.partition("/")[0] for key in new} == {"added"}
    same = len(SECOND.stamp.notes) - len(moved) - len(new)
    assert counts == {"new": len(new), "updated": len(moved), "duplicate": same}
    assert "改好的说法。" in collection.get_note(_note(collection, "fixed")).joined_fields()


def test_tags_and_edits_stay_on_what_did_not_change(collection: Collection) -> None:
    _import(collection, FIRST)
    _use(collection)
    _import(collection, SECOND)
    for key in ("still", "still/term", "formula/formula", "drawn/occlusion/drawn"):
        assert collection.get_note(_note(collection, key)).has_tag("mine"), key
    note = collection.get_note(_note(collection, "still"))
    assert note["Spare3"] == "我写的"
    assert note.has_tag("fest")


def test_nothing_is_there_twice(collection: Collection) -> None:
    _import(collection, FIRST)
    _import(collection, PAST)
    assert collection.db
    assert not collection.db.list("select guid from notes group by guid having count(*) > 1")
    names = [one.name for one in collection.models.all_names_and_ids() if "更新" in one.name]
    assert len(names) == len(set(names)) == 5
    assert not collection.find_notes("deck:更新+")
    assert _import(collection, PAST) == {"duplicate": len(PAST.stamp.notes)}


def test_a_point_that_was_added_is_one_more_card(collection: Collection) -> None:
    _import(collection, FIRST)
    _import(collection, SECOND)
    note = collection.get_note(_note(collection, "list/cloze"))
    assert [card.ord for card in note.cards()] == [0, 1, 2, 3, 4]
    # It stands first, and the others keep the numbers that their cards hang on.
    assert re.findall(r"\{\{c(\d)::(.)", note["Text"]) == [
        ("5", "戊"),
        ("1", "甲"),
        ("2", "乙"),
        ("3", "丙"),
        ("4", "丁"),
    ]


def _labels(note: Note) -> dict[str, int]:
    """Say which card asks for which label: a card's number by the label's place on the drawing."""
    covered = re.findall(r"\{\{c(\d+)::image-occlusion:rect:left=(\.\d+)", note["Occlusion"])
    return {left: int(number) - 1 for number, left in covered}


def test_a_label_that_was_added_takes_no_progress_from_the_others(
    collection: Collection,
) -> None:
    def drawn(words: Sequence[str], lock: BookLock, seconds: int) -> Release:
        pictures = {**PICTURES, "drawn/drawn.svg": _drawing(*words)}
        return _publish(CARDS, pictures, lock, Now(BOOK.id, seconds, "1.1"))

    def ordinals(words: Sequence[str]) -> dict[str, int]:
        """Say which card asks for which word, from left to right as they are drawn."""
        note = collection.get_note(_note(collection, "drawn/occlusion/drawn"))
        numbers = [number for _, number in sorted(_labels(note).items())]
        assert {card.ord for card in note.cards()} >= {*numbers}
        return dict(zip(words, numbers, strict=True))

    _import(collection, FIRST)
    assert ordinals(WORDS) == {"输入": 0, "权重": 1, "输出": 2, "偏置": 3}
    _use(collection)
    before = _studied(collection)
    added = drawn(("梯度", *WORDS), FIRST.lock, 4_000_000_000)
    _import(collection, added)
    assert ordinals(("梯度", *WORDS)) == {"梯度": 4, "输入": 0, "权重": 1, "输出": 2, "偏置": 3}
    # One is taken away, two come: no number serves a second label.
    later = ("损失", "偏置", "梯度", "输出", "步长", "输入")
    _import(collection, drawn(later, added.lock, 4_000_000_100))
    assert ordinals(later) == {
        "损失": 5,
        "偏置": 3,
        "梯度": 4,
        "输出": 2,
        "步长": 6,
        "输入": 0,
    }
    after = _studied(collection)
    assert {place: after[place] for place in before} == before


def test_a_book_that_remembers_no_labels_keeps_the_numbers_that_they_have(
    collection: Collection,
) -> None:
    key = "drawn/occlusion/drawn"
    bare = {**FIRST.lock.notes, key: replace(FIRST.lock.notes[key], holes=())}
    again = _publish(CARDS, PICTURES, replace(FIRST.lock, notes=bare), Now(BOOK.id, 1, "1.1"))
    assert again.stamp.notes[key] == FIRST.stamp.notes[key]
    assert again.lock.notes[key] == FIRST.lock.notes[key]
    _import(collection, again)
    assert [*_labels(collection.get_note(_note(collection, key))).values()] == [0, 1, 2, 3]


def test_new_pictures_and_the_new_look_are_shown(collection: Collection) -> None:
    _import(collection, FIRST)
    _import(collection, SECOND)
    (card,) = collection.get_note(_note(collection, "photo")).cards()
    file = card.answer().partition('<img src="')[2].partition('"')[0]
    with Image.open(Path(collection.media.dir()) / file) as shown:
        assert shown.convert("RGB").getpixel((5, 5)) == (0, 0, 255)
    assert not collection.media.check().missing
    for one in collection.models.all():
        if "更新" in one["name"]:
            assert ".np { color: inherit; }" in one["css"], one["name"]


def test_retired_notes_are_found_by_the_search_and_no_others(collection: Collection) -> None:
    """A release's tag could not do it: on a note that didn't change it is the old one."""
    _import(collection, FIRST)
    _use(collection)
    _import(collection, SECOND)
    assert set(SECOND.stamp.retired) == {"gone", "gone/qa-en"}
    found = collection.find_notes(apkg.search(SECOND.stamp.retired.values()))
    assert {*found} == {_note(collection, key) for key in SECOND.stamp.retired}
    old = collection.find_notes(f"tag:{BOOK.id}::release::1.0")
    assert _note(collection, "still") in old


def test_what_a_release_changed_is_found_by_its_tag(collection: Collection) -> None:
    _import(collection, FIRST)
    _import(collection, SECOND)
    found = collection.find_notes(f"tag:{BOOK.id}::release::1.1")
    keys = {key for key, note in SECOND.stamp.notes.items() if note.release == "1.1"}
    assert {*found} == {_note(collection, key) for key in keys}
    assert {key.partition("/")[0] for key in keys} == {*CHANGED, "added"}
