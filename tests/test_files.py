"""What is on disk is read whole or not at all, and written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from unittest import mock

import pytest

from notepress import files, places
from notepress.caching import Cache
from notepress.model import Finding, Level, Outcome
from tests import small_book

NOTES = "content/notes.md"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small book, and a tool that knows nothing but what the book says."""
    monkeypatch.setattr(places, "home", lambda: tmp_path)
    return small_book.build(tmp_path)


def _told(outcome: Outcome[files.Sources | None]) -> list[str]:
    return [f"{finding.span} {finding.code}" for finding in outcome.findings]


def test_a_book_is_read(root: Path) -> None:
    outcome = files.load(root)
    assert outcome.findings == ()
    assert outcome.value is not None
    assert [note.path for note in outcome.value.notes] == [NOTES]
    assert outcome.value.knowledge.named("动量")
    assert (outcome.value.cards, outcome.value.cards_lock) == ((), None)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xef\xbb\xbf\xe7\x94\xb2", "甲"),
        (b"a\r\nb\rc\n", "a\nb\nc\n"),
        (b"", ""),
    ],
)
def test_line_ends_and_marks_are_made_one(root: Path, data: bytes, text: str) -> None:
    (root / NOTES).write_bytes(data)
    sources = files.load(root).value
    assert sources is not None
    assert sources.notes[0].text == text


@pytest.mark.parametrize(
    ("data", "place", "hint"),
    [
        ("甲\n乙a".encode() + b"\xff", "2:3", "Save the file as UTF-8."),
        ("甲：乙".encode("gb18030"), "1:1", "GBK"),
        ("甲：乙".encode("utf-16"), "1:1", "UTF-16"),
        (b"\n\nab\xe7\x94", "3:3", "UTF-8"),
    ],
)
def test_what_is_not_utf8_is_told(root: Path, data: bytes, place: str, hint: str) -> None:
    (root / NOTES).write_bytes(data)
    outcome = files.load(root)
    assert outcome.value is None
    (finding,) = outcome.findings
    assert (str(finding.span), finding.code) == (f"{NOTES}:{place}", "NOT-UTF8")
    assert hint in finding.hint


def test_every_broken_file_is_told(root: Path) -> None:
    (root / NOTES).write_bytes(b"\xff")
    (root / "content/knowledge/concepts.yaml").write_text("- {id: a, topik: b}\n")
    (root / files.TRANSLATIONS).write_text("- [\n")
    (root / files.DECISIONS).write_text("- {verdict: maybe}\n")
    (root / files.CARDS_LOCK).write_text('{"a": {')
    (root / files.BOOK_LOCK).write_text("[]")
    outcome = files.load(root)
    assert outcome.value is None
    assert sorted({line.partition(":")[0] for line in _told(outcome)}) == [
        files.BOOK_LOCK,
        files.CARDS_LOCK,
        files.DECISIONS,
        "content/knowledge/concepts.yaml",
        NOTES,
        files.TRANSLATIONS,
    ]
    assert f"{files.DECISIONS}:1:4 YAML-VALUE" in _told(outcome)
    assert f"{files.CARDS_LOCK}:1:8 LOCK-DAMAGED" in _told(outcome)


def test_a_wrong_key_in_a_card_file(root: Path) -> None:
    (root / "content/cards").mkdir()
    (root / "content/cards/a.yaml").write_text("- id: a\n  topic: t\n  anwser: {zh: 乙}\n")
    (finding,) = files.load(root).findings
    assert f"{finding.span} {finding.code}" == "content/cards/a.yaml:3:3 YAML-KEY"
    assert finding.hint == "Did you mean 'answer'?"


def test_no_book(tmp_path: Path) -> None:
    outcome = files.load(tmp_path)
    assert (outcome.value, _told(outcome)) == (None, ["content/book.yaml:1:1 FILE-MISSING"])


def test_a_folder_that_is_no_file(root: Path) -> None:
    (root / files.DECISIONS).mkdir()
    assert _told(files.load(root)) == [f"{files.DECISIONS}:1:1 FILE-UNREADABLE"]


def test_a_books_own_knowledge_comes_first(
    root: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path_factory.mktemp("home")
    (home / "content/knowledge").mkdir(parents=True)
    own = small_book.CONCEPTS.replace("动量累积过去的梯度。", "别的说法。")
    own += '- {id: more, topic: t, name: {zh: 更多}, definition: {zh: 更多。}, sources: ["x"]}\n'
    (home / "content/knowledge/all.yaml").write_text(own, "utf-8")
    monkeypatch.setattr(places, "home", lambda: home)
    sources = files.load(root).value
    assert sources is not None
    assert sources.knowledge.by_id["momentum"].definition.zh == "动量累积过去的梯度。"
    assert "more" in sources.knowledge.by_id


def test_the_tool_finds_what_is_its_own() -> None:
    assert (places.home() / "templates").is_dir()
    assert files.own_knowledge().concepts


def test_pictures_lie_in_the_book(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "secret.png"
    elsewhere.write_bytes(small_book.PNG)
    images = root / "images"
    images.mkdir()
    (images / "mine.png").write_bytes(small_book.PNG)
    (images / "again.png").symlink_to(images / "mine.png")
    (images / "outside.png").symlink_to(elsewhere)
    (images / "gone.png").symlink_to(images / "nothing.png")
    (images / "folder.png").mkdir()
    os.mkfifo(images / "pipe.png")
    sources = files.load(root).value
    assert sources is not None
    assert sorted(sources.pictures) == ["again.png", "mine.png"]


def test_a_book_reached_by_a_link(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    link = tmp_path_factory.mktemp("link") / "book"
    link.symlink_to(root)
    (root / "images").mkdir()
    (root / "images/mine.png").write_bytes(small_book.PNG)
    sources = files.load(link).value
    assert sources is not None
    assert sorted(sources.pictures) == ["mine.png"]


# --- writing -----------------------------------------------------------------


def test_save_tells_what_changed(tmp_path: Path) -> None:
    wanted = {"a/b.txt": b"1", "c.txt": b"2"}
    assert files.save(tmp_path, wanted) == ("a/b.txt", "c.txt")
    assert files.save(tmp_path, wanted) == ()
    assert files.save(tmp_path, {"c.txt": b"3"}, ["a/b.txt", "never.txt"]) == ("c.txt", "a/b.txt")
    assert small_book.snapshot(tmp_path) == {"c.txt": b"3"}


def test_what_stays_the_same_is_not_touched(tmp_path: Path) -> None:
    files.save(tmp_path, {"a": b"1"})
    os.utime(tmp_path / "a", (1, 1))
    files.save(tmp_path, {"a": b"1"})
    assert (tmp_path / "a").stat().st_mtime == 1


@pytest.mark.parametrize("bad", ["file/c", "folder"])
def test_a_file_that_cannot_be_written_leaves_all_as_it_was(tmp_path: Path, bad: str) -> None:
    files.save(tmp_path, {"a": b"1", "file": b"no folder", "folder/x": b"no file"})
    before = small_book.snapshot(tmp_path)
    with pytest.raises(OSError, match=bad.partition("/")[0]):
        files.save(tmp_path, {"a": b"2", bad: b"3", "z": b"4"})
    assert small_book.snapshot(tmp_path) == before


def test_saved_files_can_be_read_by_others(tmp_path: Path) -> None:
    files.save(tmp_path, {"a": b"1"})
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("old", "new"), [("", "b\n"), ("# c\na\n", "# c\na\nb\n"), ("a", "a\nb\n")]
)
def test_append_leaves_what_stands_there(tmp_path: Path, old: str, new: str) -> None:
    if old:
        (tmp_path / "f").write_text(old)
    files.append(tmp_path, "f", "b\n")
    assert (tmp_path / "f").read_text() == new


def test_a_lock_can_be_read_as_a_diff() -> None:
    assert files.dump_json({"b": {"甲": "1"}, "a": {}}) == (
        '{\n "a": {},\n "b": {\n  "甲": "1"\n }\n}\n'.encode()
    )


def test_knowledge_is_read_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(root / ".cache")
    first = files.load(root, cache).value
    read = mock.Mock(side_effect=AssertionError("read again"))
    monkeypatch.setattr(files, "_read_knowledge", read)
    again = files.load(root, cache).value
    assert again is not None
    assert first is not None
    for part in ("concepts", "references", "terms", "homophones", "questions", "topics"):
        assert getattr(again.knowledge, part) == getattr(first.knowledge, part)
    (root / "content/knowledge/concepts.yaml").write_text("[]\n")
    with pytest.raises(AssertionError, match="read again"):
        files.load(root, cache)


def test_knowledge_that_can_not_be_read_is_told_each_time(root: Path) -> None:
    (root / "content/knowledge/concepts.yaml").write_text("- {id: x}\n")
    cache = Cache(root / ".cache")
    told = [[f.code for f in files.load(root, cache).findings] for _ in range(2)]
    assert told[0] == told[1] != []


def test_a_cache_that_does_not_write_leaves_the_folder_alone(root: Path) -> None:
    files.load(root, Cache(root / ".cache", writes=False))
    assert not (root / ".cache").exists()


def test_findings_of_reading_are_errors(root: Path) -> None:
    (root / NOTES).write_bytes(b"\xff")
    findings: tuple[Finding, ...] = files.load(root).findings
    assert {finding.level for finding in findings} == {Level.ERROR}
