"""The deck in Anki itself: what arrives, what is drawn, and what an update does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest
from anki.decks import DeckId

from notepress.model import Edition
from notepress.renderers import deck
from tests.sample_edition import EDITION, HOSTILE, NEWTON, assets, reworded, stamp


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    with closing(Collection(str(tmp_path / "collection.anki2"))) as opened:
        yield opened


def _import(collection: Collection, edition: Edition = EDITION, **later: int) -> dict[str, int]:
    """Import as the dialog does by default; tell how many notes went which way."""
    made = deck.render(edition, assets("deck"), stamp(edition, **later))
    ((name, package),) = made.files.items()
    file = Path(collection.path).with_name(name)
    file.write_bytes(package)
    request = ImportAnkiPackageRequest(package_path=str(file), options=ImportAnkiPackageOptions())
    log = collection.import_anki_package(request).log
    collection.models._clear_cache()
    kinds = ("new", "updated", "duplicate", "conflicting", "missing_notetype", "empty_first_field")
    return {kind: count for kind in kinds if (count := len(getattr(log, kind)))}


def _state(collection: Collection) -> list[list[list[object]]]:
    assert collection.db
    queries = (
        "select guid, mod, tags, flds from notes order by guid",
        "select id, nid, did, ord, type, queue, due, ivl, factor, reps, lapses from cards",
        "select id, name from decks order by id",
    )
    return [[[*row] for row in collection.db.all(query)] for query in queries]


def test_every_note_arrives_and_no_card_is_empty(collection: Collection) -> None:
    assert _import(collection) == {"new": len(EDITION.cards)}
    assert collection.card_count() == len(EDITION.cards)
    assert not collection.get_empty_cards().notes
    _, fine = collection.fix_integrity()
    assert fine


def test_media_is_all_there_and_all_used(collection: Collection) -> None:
    _import(collection)
    media = collection.media.check()
    assert not media.missing
    assert not media.unused
    assert len([*Path(collection.media.dir()).iterdir()]) == 3


def test_every_card_is_drawn_whole(collection: Collection) -> None:
    _import(collection)
    for number in collection.find_cards(""):
        card = collection.get_card(number)
        note = dict(card.note().items())
        shown = card.render_output()
        for part in ("Question", "QuestionEn", "Topic"):
            assert note[part] in shown.question_text
        assert note["Answer"] not in shown.question_text or not note["Answer"]
        for name in ("Formula", "Figure", "Answer", "AnswerEn", "Pitfall", "Sources", "Origin"):
            assert note[name] in shown.answer_text
        assert "{{" not in shown.question_text + shown.answer_text


def test_no_field_is_read_as_a_command(collection: Collection) -> None:
    _import(collection)
    (number,) = collection.find_notes("若")
    note = collection.get_note(number)
    assert note.guid == f"guid-{HOSTILE.id}"
    assert note.fields_check() == 0
    (card,) = note.cards()
    shown = card.render_output()
    assert not shown.question_av_tags
    assert not shown.answer_av_tags
    assert not re.search(r"<script|\[\[", shown.answer_text)


def test_links_to_related_cards_find_them(collection: Collection) -> None:
    _import(collection)
    linked = 0
    for note_id in collection.find_notes("Related:_*"):
        fields = collection.get_note(note_id)
        for query in re.findall('href="anki://[^"=]+=([^"]+)"', fields["Related"]):
            (found,) = collection.find_notes(query)
            assert collection.get_note(found)["Question"] in fields["Related"]
            linked += 1
    assert linked


def test_templates_pass_ankis_own_check(collection: Collection) -> None:
    _import(collection)
    (model,) = (m for m in collection.models.all() if m["name"] == "样书 · 问答 Q&A")
    collection.models.update_dict(model, skip_checks=False)


def test_importing_again_changes_nothing(collection: Collection) -> None:
    _import(collection)
    before = _state(collection)
    assert _import(collection) == {"duplicate": len(EDITION.cards)}
    assert _state(collection) == before


def test_an_update_reaches_one_note_and_keeps_its_schedule(collection: Collection) -> None:
    _import(collection)
    (number,) = collection.find_cards("Question:*牛顿法* deck:样书::训练*")
    card = collection.get_card(number)
    card.start_timer()
    collection.sched.answerCard(card, 4)
    _, cards, decks = _state(collection)
    counts = _import(collection, reworded(NEWTON, "换了说法。"), newton=60)
    assert counts == {"updated": 1, "duplicate": len(EDITION.cards) - 1}
    assert "换了说法。" in collection.get_card(number).answer()
    assert _state(collection)[1:] == [cards, decks]
    assert collection.get_card(number).reps == 1


def test_a_change_without_a_newer_date_does_not_arrive(collection: Collection) -> None:
    """The reason for the stamp: should Anki ever change its mind, so must ``book.lock``."""
    _import(collection)
    assert _import(collection, reworded(NEWTON, "没有新日期。")) == {
        "duplicate": len(EDITION.cards)
    }
    assert not collection.find_cards("没有新日期")


def test_a_card_put_in_front_disturbs_nobody(collection: Collection) -> None:
    later = Edition(EDITION.book, EDITION.cards[2:], references=EDITION.references)
    _import(collection, later)
    ids = {note.guid: note.id for note in map(collection.get_note, collection.find_notes(""))}
    assert _import(collection) == {"new": 2, "duplicate": len(later.cards)}
    for number in collection.find_notes(""):
        note = collection.get_note(number)
        assert ids.setdefault(note.guid, note.id) == note.id


def test_notes_of_a_topic_lie_in_its_deck(collection: Collection) -> None:
    _import(collection)
    lying = {
        deck.name: collection.decks.card_count(DeckId(deck.id), include_subdecks=False)
        for deck in collection.decks.all_names_and_ids()
    }
    assert {name.split(" ")[0]: count for name, count in lying.items() if count} == {
        "样书": 1,
        "样书::训练与优化": 2,
        "样书::卷积网络": 2,
        "样书::评估与度量": 2,
    }
