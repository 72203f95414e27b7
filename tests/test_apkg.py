"""Rows and media -> an Anki package: ids that stay, and nothing left to chance."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from contextlib import closing

import pytest

from notepress import apkg

TYPE = apkg.NoteType(
    7, "填空", (apkg.Field("Text", 1),), (apkg.Template("t", 2, "{{cloze:Text}}", ""),), "", 1
)


def _note(guid: str, *ordinals: int) -> apkg.Note:
    return apkg.Note(guid, 5, 7, 9, ("文",), "文", ("a", "b"), 1, ordinals)


def _cards(*notes: apkg.Note) -> list[tuple[int, int, int]]:
    contents = apkg.Contents((TYPE,), (apkg.Deck(9, "书"),), notes, 3, 4)
    package = apkg.pack(contents, {})
    with (
        zipfile.ZipFile(io.BytesIO(package)) as members,
        closing(sqlite3.connect(":memory:")) as connection,
    ):
        connection.deserialize(members.read("collection.anki2"))
        return connection.execute("SELECT id, nid, ord FROM cards ORDER BY id").fetchall()


def test_each_ordinal_is_a_card_and_keeps_its_id() -> None:
    both = _cards(_note("x", 0, 1, 4), _note("y", 0))
    assert sorted(ordinal for _, note, ordinal in both if note == apkg.row_id("x")) == [0, 1, 4]
    assert {row for row in both if row[1] == apkg.row_id("x")} == {*_cards(_note("x", 0, 1, 4))}
    assert len({card for card, _, _ in both}) == 4


def test_ids_give_way_when_two_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apkg, "_ROW_IDS", 2)
    assert len({card for card, _, _ in _cards(_note("x", 0, 1), _note("y", 0, 1, 2))}) == 5


def test_a_search_names_every_note_once() -> None:
    assert apkg.search([]) == ""
    assert apkg.search(["x"]) == f"nid:{apkg.row_id('x')}"
    assert apkg.search(["x", "y"]) == apkg.search(["y", "x"])
