"""Somebody's notes become a book that builds, and that collides with no other."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from notepress import cli, files
from tests import small_book

NOTES = "# 我的笔记\n\n什么是 Dropout?\n随机丢弃神经元.\n\n![](assets/a%20b.png)\n"


def _png(shade: int) -> bytes:
    written = BytesIO()
    Image.new("L", (4, 4), shade).save(written, "PNG")
    return written.getvalue()


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "rough"
    (folder / "deep/assets").mkdir(parents=True)
    (folder / "deep/dl.md").write_bytes(NOTES.replace("\n", "\r\n").encode())
    (folder / "deep/assets/a b.png").write_bytes(_png(0))
    (folder / "ml.md").write_text("RNN\n", "utf-8")
    (folder / "todo.pdf").write_bytes(b"%PDF")
    return folder


def _init(folder: Path, *notes: Path) -> int:
    return cli.main(["init", str(folder), "--notes", *map(str, notes)])


def test_notes_are_taken_over_byte_for_byte(notes: Path, tmp_path: Path) -> None:
    book = tmp_path / "book"
    assert _init(book, notes) == 0
    assert (book / "content/deep/dl.md").read_bytes() == (notes / "deep/dl.md").read_bytes()
    assert (book / "content/ml.md").is_file()
    assert not (book / "content/todo.pdf").exists()
    assert (book / "images/assets/a b.png").read_bytes() == _png(0)


def test_the_book_builds_at_once(
    notes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    book = tmp_path / "book"
    _init(book, notes)
    assert cli.main(["--project", str(book), "--quiet", "normalize"]) == 0
    assert cli.main(["--project", str(book), "--quiet", "data"]) == 0
    data = json.loads((book / "dist/cards.json").read_text("utf-8"))
    cards = {card["id"]: card for card in data["cards"]}
    assert set(cards) == {"dropout", "recurrent-neural-network"}
    (figure,) = cards["dropout"]["figures"]
    assert (figure["origin"], figure["file"]) == ("author", "assets/a b.png")
    assert cards["recurrent-neural-network"]["status"] == "complete"


def test_two_books_never_share_an_id(notes: Path, tmp_path: Path) -> None:
    books = []
    for name in ("one/book", "two/book"):
        _init(tmp_path / name, notes)
        loaded = files.load(tmp_path / name).value
        assert loaded is not None
        books.append(loaded.book)
    one, two = books
    assert one.id != two.id
    assert one.note_types["qa"] != two.note_types["qa"]


def test_a_book_that_is_there_stays(
    notes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = tmp_path / "book"
    _init(book, notes)
    before = small_book.snapshot(book)
    assert _init(book, notes) == 1
    assert "BOOK-EXISTS" in capsys.readouterr().err
    assert small_book.snapshot(book) == before


def test_notes_that_cannot_be_read_make_no_book(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.md"
    bad.write_bytes("梯度".encode("gbk"))
    assert _init(tmp_path / "book", bad) == 1
    assert "NOT-UTF8" in capsys.readouterr().err
    assert not (tmp_path / "book").exists()


def test_two_notes_of_one_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "n.md").write_text("RNN\n", "utf-8")
    assert _init(tmp_path / "book", tmp_path / "a/n.md", tmp_path / "b/n.md") == 1
    assert "NOTE-TWICE" in capsys.readouterr().err


def test_a_link_does_not_reach_far(tmp_path: Path) -> None:
    far = tmp_path / "secret.png"
    far.write_bytes(_png(0))
    folder = tmp_path / "x/y/notes"
    folder.mkdir(parents=True)
    (folder / "n.md").write_text("RNN\n![](../../../secret.png)\n![](/etc/hostname)\n", "utf-8")
    assert _init(tmp_path / "book", folder) == 0
    assert not [p for p in (tmp_path / "book").rglob("*") if p.name in ("secret.png", "hostname")]


def test_two_pictures_of_one_name_both_arrive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    for name, shade in (("one", 10), ("two", 200)):
        folder = tmp_path / "rough" / name
        folder.mkdir(parents=True)
        (folder / f"{name}.md").write_text(f"术语{name}\n![](p.png)\n", "utf-8")
        (folder / "p.png").write_bytes(_png(shade))
    book = tmp_path / "book"
    assert _init(book, tmp_path / "rough") == 0
    assert cli.main(["--project", str(book), "--quiet", "normalize"]) == 0
    loaded = files.load(book).value
    assert loaded is not None
    shown = sorted(figure.file for card in loaded.cards for figure in card.figures)
    assert shown == ["p.png", "two/p.png"]
