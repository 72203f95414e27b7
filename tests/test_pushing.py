"""Pushing to Anki: what is written, what is left, and what is said when it goes wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest

from notepress import package, pushing, reconcile
from notepress.ankiconnect import Anki
from notepress.model import Edition, Kind, Outcome, Study
from notepress.pushing import Pushed
from notepress.reconcile import Record, Wishes
from notepress.renderers import deck
from tests import anki_server
from tests.anki_server import Server
from tests.sample_edition import BOOK, EDITION, NEWTON, assets, reworded, stamp

pytestmark = pytest.mark.loopback

EVERYTHING = replace(EDITION, book=replace(BOOK, study=Study(tuple(Kind))))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with anki_server.serving(tmp_path) as running:
        yield running


def _made(edition: Edition = EDITION, **later: int) -> bytes:
    ((_, data),) = deck.render(edition, assets("deck"), stamp(edition, **later)).files.items()
    return data


def _push(
    server: Server,
    data: bytes,
    record: Record = Record(),
    *,
    earlier: Record = Record(),
    dry: bool = False,
    **wishes: bool,
) -> Outcome[Pushed | None]:
    held = pushing.parcel(data, "book.apkg").value
    assert held
    show = None if dry else lambda _: None
    told = Wishes(BOOK.id, **wishes)
    return pushing.push(Anki(server.url, timeout=5), held, (record, earlier), told, show)


def _fine(outcome: Outcome[Pushed | None]) -> Pushed:
    assert outcome.value
    assert not outcome.findings
    return outcome.value


def _codes(outcome: Outcome[Pushed | None]) -> list[str]:
    return [finding.code for finding in outcome.findings]


def _import(collection: Collection, data: bytes) -> dict[str, int]:
    file = Path(collection.path).with_name("later.apkg")
    file.write_bytes(data)
    request = ImportAnkiPackageRequest(package_path=str(file), options=ImportAnkiPackageOptions())
    log = collection.import_anki_package(request).log
    return {kind: len(getattr(log, kind)) for kind in ("new", "updated", "duplicate")}


def _note(server: Server, guid: str = f"guid-{NEWTON.id}"):
    assert server.desk.collection.db
    number = server.desk.collection.db.scalar("select id from notes where guid = ?", guid)
    return server.desk.collection.get_note(number)


def _notes(server: Server) -> dict[str, tuple[str, str]]:
    assert server.desk.collection.db
    rows = server.desk.collection.db.all("select guid, flds, tags from notes")
    return {guid: (fields, tags) for guid, fields, tags in rows}


LATER = reworded(NEWTON, "换了说法。")


@pytest.mark.parametrize("edition", [EDITION, EVERYTHING], ids=["one kind", "all kinds"])
def test_an_empty_collection_gets_all_of_it(server: Server, edition: Edition) -> None:
    data = _made(edition)
    held = package.read(data, "").value
    assert held
    pushed = _fine(_push(server, data))
    assert len(pushed.plan.added) == len(held.notes)
    there = _notes(server)
    assert {n.guid: "\x1f".join(n.fields) for n in held.notes} == {
        guid: fields for guid, (fields, _) in there.items()
    }
    media = server.desk.collection.media.check()
    assert not media.missing
    assert not media.unused
    assert {*server.desk.on_get_media_files_names("*")} == {*held.media}
    assert server.desk.collection.fix_integrity()[1]


def test_importing_the_package_afterwards_doubles_nothing(server: Server) -> None:
    _fine(_push(server, _made()))
    count = server.desk.collection.card_count()
    assert _import(server.desk.collection, _made())["new"] == 0
    assert _import(server.desk.collection, _made(LATER, newton=60))["new"] == 0
    assert server.desk.collection.card_count() == count


def test_pushing_twice_does_nothing_the_second_time(server: Server) -> None:
    record = _fine(_push(server, _made())).record
    server.desk.calls.clear()
    again = _fine(_push(server, _made(), record))
    assert again.plan == replace(again.plan, added=(), updates=(), media=(), looks=())
    assert again.plan.same == len(EDITION.cards)
    assert not [call for call in server.desk.calls if re.match("store|update|import|add", call)]
    assert again.record == record


def test_a_changed_note_is_changed_and_keeps_its_place(server: Server) -> None:
    record = _fine(_push(server, _made())).record
    note = _note(server)
    note.tags.append("mine")
    server.desk.collection.update_note(note)
    server.desk.collection.sched.suspend_notes([note.id])
    pushed = _fine(_push(server, _made(LATER, newton=60), record))
    assert [one.note.guid for one in pushed.plan.updates] == [note.guid]
    now = _note(server)
    assert now.id == note.id
    assert "换了说法。" in now["Answer"]
    assert "mine" in now.tags
    assert f"{BOOK.id}::release::1.1" in now.tags
    assert f"{BOOK.id}::release::1.0" not in now.tags
    assert now.cards()[0].queue == -1


def test_an_edit_of_the_users_stays(server: Server) -> None:
    record = _fine(_push(server, _made())).record
    note = _note(server)
    note["Pitfall"] = "我自己的话"
    server.desk.collection.update_note(note)
    pushed = _fine(_push(server, _made(), record))
    assert len(pushed.plan.edited) == 1
    # What is left as it is in Anki is told as that, and not as the same.
    assert pushed.plan.same == len(EDITION.cards) - 1
    changed = _fine(_push(server, _made(LATER, newton=60), record))
    assert changed.plan.updates
    assert _note(server)["Pitfall"] == "我自己的话"
    assert "换了说法。" in _note(server)["Answer"]


def test_what_both_changed_is_a_conflict_until_somebody_settles_it(server: Server) -> None:
    record = _fine(_push(server, _made())).record
    note = _note(server)
    note["Answer"] = "我自己的话"
    server.desk.collection.update_note(note)
    data = _made(LATER, newton=60)
    for _ in range(2):
        outcome = _push(server, data, record)
        assert _codes(outcome) == ["PUSH-CONFLICT"]
        assert "Answer" in outcome.findings[0].message
        assert "changed here too" in outcome.findings[0].message
        assert _note(server)["Answer"] == "我自己的话"
        assert outcome.value
        record = outcome.value.record
    _fine(_push(server, data, record, overwrite=True))
    assert "换了说法。" in _note(server)["Answer"]


def test_what_was_imported_by_hand_counts_as_ours_where_it_is_known(server: Server) -> None:
    _import(server.desk.collection, _made())
    data = _made(LATER, newton=60)
    assert _codes(_push(server, data)) == ["PUSH-CONFLICT"]
    held = package.read(_made(), "").value
    assert held
    _fine(_push(server, data, earlier=reconcile.made(held)))
    assert "换了说法。" in _note(server)["Answer"]


def test_a_tag_that_the_user_took_off_stays_off(server: Server) -> None:
    record = _fine(_push(server, _made())).record
    note = _note(server)
    note.tags = [tag for tag in note.tags if tag != "optimizer"]
    server.desk.collection.update_note(note)
    _fine(_push(server, _made(LATER, newton=60), record))
    assert "optimizer" not in _note(server).tags


def test_a_deleted_note_stays_deleted_unless_it_is_wanted_back(server: Server) -> None:
    record = _fine(_push(server, _made())).record
    server.desk.collection.remove_notes([_note(server).id])
    outcome = _push(server, _made(), record)
    assert _codes(outcome) == ["PUSH-KEPT"]
    assert f"guid-{NEWTON.id}" not in _notes(server)
    assert outcome.value
    _fine(_push(server, _made(), outcome.value.record, restore=True))
    assert f"guid-{NEWTON.id}" in _notes(server)


def test_another_collection_gets_all_though_it_was_pushed_before(
    server: Server, tmp_path: Path
) -> None:
    record = _fine(_push(server, _made())).record
    (tmp_path / "other").mkdir()
    with anki_server.serving(tmp_path / "other") as other:
        assert len(_fine(_push(other, _made(), record)).plan.added) == len(EDITION.cards)


def test_the_look_is_brought_too_but_not_over_the_users(server: Server) -> None:
    record = _fine(_push(server, _made())).record
    made = assets("deck")
    style = {**made.templates, "style.css": made.templates["style.css"] + "\n.card { margin: 1em }"}
    rendered = deck.render(EDITION, replace(made, templates=style), stamp())
    ((_, data),) = rendered.files.items()
    name = next(one for one in server.desk.on_model_names_and_ids() if "问答" in one)
    assert len(_fine(_push(server, data, record)).plan.looks) == 1
    assert "margin: 1em" in server.desk.on_model_styling(name)["css"]
    mine = ".card { color: red }"
    server.desk.on_update_model_styling({"name": name, "css": mine})
    outcome = _push(server, _made(), record)
    assert _codes(outcome) == ["PUSH-CONFLICT"] or not outcome.findings
    assert server.desk.on_model_styling(name)["css"] == mine


def test_new_notes_bring_no_look_and_no_preset_over_the_users(server: Server) -> None:
    few = replace(EDITION, cards=EDITION.cards[:1])
    record = _fine(_push(server, _made(few))).record
    collection = server.desk.collection
    (preset,) = collection.decks.all_config()
    preset["new"]["perDay"] = 77
    collection.decks.update_config(preset)
    name = next(one for one in server.desk.on_model_names_and_ids() if "问答" in one)
    server.desk.on_update_model_styling({"name": name, "css": ".card { color: red }"})
    _fine(_push(server, _made(), record))
    assert len(_notes(server)) == len(EDITION.cards)
    assert server.desk.on_model_styling(name)["css"] == ".card { color: red }"
    assert [one["new"]["perDay"] for one in collection.decks.all_config()] == [77]


def test_a_dry_run_writes_nothing(server: Server) -> None:
    outcome = _push(server, _made(), dry=True)
    assert outcome.value
    assert len(outcome.value.plan.added) == len(EDITION.cards)
    assert not _notes(server)
    told = pushing.summary(outcome.value.plan, dry=True)
    assert told.startswith(f"would push: {len(EDITION.cards)} new, 0 changed")
    assert NEWTON.question.zh in told


def test_a_note_type_without_one_of_our_fields_waits(server: Server) -> None:
    _fine(_push(server, _made()))
    models = server.desk.collection.models
    kind = server.desk._model(next(n for n in server.desk.on_model_names_and_ids() if "问答" in n))
    models.remove_field(kind, next(f for f in kind["flds"] if f["name"] == "Pitfall"))
    models.update_dict(kind)
    before = _notes(server)
    outcome = _push(server, _made(LATER, newton=60))
    assert _codes(outcome) == ["NOTE-TYPE-CHANGED"]
    assert "Pitfall" in outcome.findings[0].message
    assert _notes(server) == before


def test_a_note_of_the_same_guid_under_another_number_is_left_alone(server: Server) -> None:
    _fine(_push(server, _made()))
    collection = server.desk.collection
    assert collection.db
    collection.db.execute("update notes set id = 42 where id = ?", _note(server).id)
    collection.db.execute("update cards set nid = 42 where nid not in (select id from notes)")
    note = collection.get_note(42)  # type: ignore[arg-type]  # a plain number
    note["Answer"] = "我自己的话"
    collection.update_note(note)
    outcome = _push(server, _made())
    assert _codes(outcome) == ["PUSH-FAILED"]
    assert len(_notes(server)) == len(EDITION.cards)
    assert _note(server)["Answer"] == "我自己的话"


def test_requests_stay_short(server: Server) -> None:
    _fine(_push(server, _made(EVERYTHING)))
    assert max(server.requests) < 1_000_000


def test_a_key_is_given_and_not_told(server: Server) -> None:
    server.desk.key = "s3cret"
    held = pushing.parcel(_made(), "book.apkg").value
    assert held
    nothing = Record(), Record()
    denied = pushing.push(Anki(server.url, "wrong"), held, nothing, Wishes(), None)
    assert _codes(denied) == ["ANKI-DENIED"]
    assert "wrong" not in str(denied.findings)
    assert pushing.push(Anki(server.url, "s3cret"), held, nothing, Wishes(), None).value


# --- a server that misbehaves ------------------------------------------------------------


def test_nobody_listens(tmp_path: Path) -> None:
    with anki_server.serving(tmp_path) as gone:
        pass
    outcome = _push(gone, _made())
    assert _codes(outcome) == ["ANKI-AWAY"]
    assert "Start Anki" in outcome.findings[0].hint


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"", "ANKI-ODD"),
        (b"<html>hello</html>", "ANKI-ODD"),
        (b"[" * 100_000, "ANKI-ODD"),
        ({"result": 6}, "ANKI-ODD"),
        ({"result": "6", "error": None}, "ANKI-OLD"),
        ({"result": 5, "error": None}, "ANKI-OLD"),
        ({"result": None, "error": "collection is not available"}, "ANKI-AWAY"),
        ({"result": None, "error": "\x1b[31munsupported action"}, "ANKI-REFUSED"),
        (6, "ANKI-ODD"),
        ({"result": None, "error": {"deep": []}}, "ANKI-REFUSED"),
    ],
)
def test_an_odd_answer_is_a_finding(server: Server, answer: object, code: str) -> None:
    server.meddle = lambda *_: answer
    outcome = _push(server, _made())
    assert _codes(outcome) == [code]
    assert outcome.findings[0].message.isprintable()


@pytest.mark.parametrize(
    "spoiled",
    [None, 7, "text", {"a": 1}, [7], ["text"], [{}], [None]],
    ids=repr,
)
@pytest.mark.parametrize(
    "action",
    [
        *("modelNamesAndIds", "modelFieldNames", "modelTemplates", "modelStyling"),
        *("findNotes", "notesInfo", "getMediaFilesNames", "multi"),
    ],
)
def test_a_result_of_another_shape_is_a_finding(
    server: Server, monkeypatch: pytest.MonkeyPatch, action: str, spoiled: object
) -> None:
    _fine(_push(server, _made()))
    handle = server.desk.handle

    def spoil(body: anki_server.Body) -> anki_server.Body:
        return {"result": spoiled, "error": None} if body["action"] == action else handle(body)

    monkeypatch.setattr(server.desk, "handle", spoil)
    outcome = _push(server, _made())
    assert {*_codes(outcome)} <= {"ANKI-ODD", "NOTE-TYPE-CHANGED", "PUSH-FAILED", "PUSH-KEPT"}
    assert outcome.value or _codes(outcome) == ["ANKI-ODD"]


@pytest.mark.parametrize(
    ("status", "code"), [(403, "ANKI-DENIED"), (500, "ANKI-ODD"), (302, "ANKI-ODD")]
)
def test_another_status_is_a_finding(server: Server, status: int, code: str) -> None:
    server.status = status
    assert _codes(_push(server, _made())) == [code]


def test_one_note_that_is_refused_keeps_no_other_back(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = _fine(_push(server, _made())).record
    update = server.desk.on_update_note_fields

    def refuse(note: anki_server.Body) -> None:
        if note["id"] == _note(server).id:
            raise ValueError("it is open elsewhere")
        update(note)

    monkeypatch.setattr(server.desk, "on_update_note_fields", refuse)
    cards = tuple(
        replace(card, pitfall=replace(card.pitfall, zh="当心。")) for card in EDITION.cards
    )
    data = _made(replace(EDITION, cards=cards))
    outcome = _push(server, data, record)
    assert _codes(outcome) == ["PUSH-FAILED"]
    assert "it is open elsewhere" in outcome.findings[0].message
    assert sum("当心。" in fields for fields, _ in _notes(server).values()) == len(cards) - 1
    monkeypatch.setattr(server.desk, "on_update_note_fields", update)
    assert outcome.value
    again = _fine(_push(server, data, outcome.value.record))
    assert [one.note.guid for one in again.plan.updates] == [f"guid-{NEWTON.id}"]


def test_a_change_that_an_open_editor_undoes_is_told(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = _fine(_push(server, _made())).record
    monkeypatch.setattr(server.desk, "on_update_note_fields", lambda **_: None)
    outcome = _push(server, _made(LATER, newton=60), record)
    assert _codes(outcome) == ["PUSH-FAILED"]
    assert "editors" in outcome.findings[0].hint


def test_an_import_that_fails_leaves_no_parcel_behind(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.desk, "on_import_package", lambda **_: False)
    assert _codes(_push(server, _made())) == ["ANKI-REFUSED"]
    assert not server.desk.on_get_media_files_names("_*")
    assert not _notes(server)
