"""A package's bytes -> what it holds; whatever else it is, only a finding."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notepress import package
from notepress.renderers import deck
from tests.packages import Row, database, kind, pack, zipped
from tests.sample_edition import EDITION, assets, stamp


def _read(data: bytes) -> package.Package:
    outcome = package.read(data, "a.apkg")
    assert outcome.findings == ()
    assert outcome.value
    return outcome.value


def _code(data: bytes) -> str:
    outcome = package.read(data, "a.apkg")
    assert outcome.value is None
    (finding,) = outcome.findings
    assert finding.span.path == "a.apkg"
    assert finding.message
    return finding.code


def test_what_a_package_holds() -> None:
    note = Row("aa", tags=" b  a ", deck="Book::Other")
    held = _read(pack(note, media={"b.png": b"2", "a.png": b"1"}))
    assert held.notes == (
        package.PackedNote(
            "aa",
            note.id,
            100,
            1,
            (note.front, note.back, "1"),
            ("b", "a"),
            "Book::Other",
            note.front,
        ),
    )
    (held_kind,) = held.note_types
    assert [(f.name, f.id) for f in held_kind.fields] == [
        ("Front", 11),
        ("Back", 12),
        ("Number", 13),
    ]
    assert held_kind.templates == (package.Template("Card", 21, "{{Front}}", "{{Back}}"),)
    assert not held_kind.cloze
    assert [name for name, _ in held.media.items()] == ["a.png", "b.png"]
    assert package.media(pack(media={"b.png": b"2"})) == {"b.png": b"2"}


def test_notes_come_in_study_order() -> None:
    assert [note.guid for note in _read(pack(Row("zz"), Row("aa"), Row("mm"))).notes] == [
        "zz",
        "aa",
        "mm",
    ]


def test_our_own_package() -> None:
    ((_, data),) = deck.render(EDITION, assets("deck"), stamp()).files.items()
    held = _read(data)
    assert [note.guid for note in held.notes] == [f"guid-{card.id}" for card in EDITION.cards]
    assert held.media.keys() == package.media(data).keys()


def test_a_type_without_ids_and_numbers_as_text() -> None:
    plain = kind(mod=1.5, type=1, tmpls=[{"name": "Cloze"}])
    plain["flds"] = [{"name": "Text"}]
    held = _read(pack(Row("aa"), kinds=[{**plain, "id": "1"}])).note_types[0]
    assert (held.cloze, held.mod, held.fields[0].id) == (True, 1, None)


def _bomb(member: str, size: int) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("collection.anki2", database([]))
        with bomb.open(member, "w", force_zip64=True) as opened:
            for _ in range(size // (1 << 20)):
                opened.write(bytes(1 << 20))
    return written.getvalue()


def _linked() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as linked:
        member = zipfile.ZipInfo("collection.anki2")
        member.external_attr = 0o120777 << 16
        linked.writestr(member, "/etc/passwd")
    return written.getvalue()


def _damaged() -> bytes:
    data = bytearray(pack(*(Row(f"note-{n}", back="x" * 900) for n in range(40))))
    data[200:240] = bytes(40)
    return bytes(data)


def _with(**members: object) -> bytes:
    whole: dict[str, bytes] = {"collection.anki2": database([]), "media": b"{}"}
    for name, data in members.items():
        whole[name.replace("_", ".")] = data if isinstance(data, bytes) else str(data).encode()
    return zipped(whole)


_VIEW = "ALTER TABLE notes RENAME TO held; CREATE VIEW notes AS SELECT * FROM held;"

HOSTILE = {
    "nothing": (b"", "PACKAGE-BROKEN"),
    "no zip": (b"no zip" * 99, "PACKAGE-BROKEN"),
    "another zip": (zipped({"a.txt": b"a"}), "PACKAGE-BROKEN"),
    "modern": (zipped({"collection.anki21b": b"\x28\xb5", "meta": b""}), "PACKAGE-MODERN"),
    "damaged": (_damaged(), "PACKAGE-BROKEN"),
    "link": (_linked(), "PACKAGE-BROKEN"),
    "no database": (_with(collection_anki2=b"x" * 4096), "PACKAGE-BROKEN"),
    "cut database": (_with(collection_anki2=database([Row("aa")])[:5000]), "PACKAGE-BROKEN"),
    "no tables": (
        _with(collection_anki2=database([], after="DROP TABLE cards;")),
        "PACKAGE-BROKEN",
    ),
    "a view": (_with(collection_anki2=database([], after=_VIEW)), "PACKAGE-BROKEN"),
    "a later form": (
        _with(collection_anki2=database([], after="UPDATE col SET ver = 18;")),
        "PACKAGE-BROKEN",
    ),
    "no row": (_with(collection_anki2=database([], after="DELETE FROM col;")), "PACKAGE-BROKEN"),
    "a blob": (
        _with(collection_anki2=database([Row("a")], after="UPDATE notes SET flds = x'00ff';")),
        "PACKAGE-BROKEN",
    ),
    "infinity": (
        _with(collection_anki2=database([Row("a")], after="UPDATE notes SET mod = 9e999;")),
        "PACKAGE-BROKEN",
    ),
    "climbing name": (_with(media='{"0": "../a.png"}', **{"0": b"a"}), "PACKAGE-NAME"),
    "root name": (_with(media='{"0": "/etc/a"}', **{"0": b"a"}), "PACKAGE-NAME"),
    "dots": (_with(media='{"0": ".."}', **{"0": b"a"}), "PACKAGE-NAME"),
    "listed, not there": (_with(media='{"0": "a.png"}'), "PACKAGE-BROKEN"),
    "a list of media": (_with(media='["a.png"]'), "PACKAGE-BROKEN"),
    "deep": (_with(media="[" * 100_000), "PACKAGE-BROKEN"),
    "huge number": (_with(media='{"0": ' + "9" * 9999 + "}"), "PACKAGE-BROKEN"),
    "models a list": (pack(kinds=[{"id": 1, "flds": {}}]), "PACKAGE-BROKEN"),
    "a note type of nothing": (pack(kinds=[{"id": [1]}]), "PACKAGE-BROKEN"),
}


@pytest.mark.parametrize(("data", "code"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_package_is_a_finding(data: bytes, code: str) -> None:
    assert _code(data) == code
    assert [*Path().iterdir()] == []


def test_bombs_are_not_set_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "LARGEST", 8 << 20)
    monkeypatch.setattr(package, "_LARGEST_INDEX", 1 << 20)

    def explode(*_: object) -> bytes:
        raise AssertionError("it was unpacked")

    bombs = [_bomb("0", 9 << 20), _bomb("media", 2 << 20)]
    many = zipped({str(n): b"" for n in range(50)})
    monkeypatch.setattr(zipfile.ZipFile, "open", explode)
    assert [_code(bomb) for bomb in bombs] == ["PACKAGE-LARGE"] * 2
    monkeypatch.setattr(package, "_MOST_MEMBERS", 40)
    assert _code(many) == "PACKAGE-LARGE"


def test_a_query_that_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "_MOST_STEPS", 1_000)
    monkeypatch.setattr(package, "_STEPS_A_LOOK", 100)
    assert _code(pack(*(Row(f"n{n}") for n in range(500)))) == "PACKAGE-BROKEN"


def test_text_that_cannot_be_written_is_marked() -> None:
    plain = json.loads('{"id": 1, "name": "a\\ud800", "flds": [], "tmpls": []}')
    assert _read(pack(kinds=[plain])).note_types[0].name == "a?"


@given(st.binary(max_size=400), st.integers(0, 2000))
def test_any_damage_is_a_finding_or_nothing(damage: bytes, place: int) -> None:
    whole = pack(Row("aa"), Row("bb"), media={"a.png": b"a"})
    data = whole[:place] + damage + whole[place + len(damage) :]
    outcome = package.read(data, "a.apkg")
    assert (outcome.value is None) == bool(outcome.findings)


@given(st.binary(min_size=1, max_size=60), st.integers(0, 20_000))
def test_any_damage_inside_the_database(damage: bytes, place: int) -> None:
    whole = database([Row("aa"), Row("bb")])
    data = whole[:place] + damage + whole[place + len(damage) :]
    outcome = package.read(zipped({"collection.anki2": data}), "a.apkg")
    assert (outcome.value is None) == bool(outcome.findings)


@pytest.mark.parametrize("way", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_what_cannot_be_unpacked_piece_by_piece_is_refused(way: int) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", way) as packed:
        packed.writestr("collection.anki2", b"0" * 9999)
    assert _code(made.getvalue()) == "PACKAGE-BROKEN"


def test_no_more_is_unpacked_than_the_package_says() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("collection.anki2", b"0" * (64 << 20))
    # Its two headers say that there are four kilobytes.
    size, lie = (64 << 20).to_bytes(4, "little"), (4096).to_bytes(4, "little")
    data = made.getvalue().replace(size, lie)
    tracemalloc.start()
    assert _code(data) == "PACKAGE-BROKEN"
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 16 << 20
