"""Whenever a build is stopped, cards and locks fit together and no edit is lost."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from notepress import cli, files, journal, publishing
from notepress.caching import Cache
from tests import small_book

NOTES = "content/notes.md"
BEFORE = small_book.NOTES + "\n# 甲章\n\n量子退火：用隧穿找最小值。\n"
AFTER = (
    small_book.NOTES.replace("累积过去的梯度", "累积以前的梯度").replace(
        "今天下雨了", "学习率衰减：逐步减小学习率"
    )
    + "\n# 乙章\n\n量子退火：用隧穿找最小值。\n"
)


def _normalize(root: Path) -> int:
    return cli.main(["--project", str(root), "--quiet", "normalize"])


def _whole(root: Path) -> dict[str, bytes]:
    """Give every file but the cache, and the hidden ones too."""
    return small_book.snapshot(root)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A book as an old build left it, and as a new one leaves it."""
    old = small_book.build(tmp_path_factory.mktemp("old"))
    (old / NOTES).write_text(BEFORE, "utf-8")
    assert _normalize(old) == 0
    (old / NOTES).write_text(AFTER, "utf-8")
    new = tmp_path_factory.mktemp("new") / "book"
    shutil.copytree(old, new)
    assert _normalize(new) == 0
    return old, new


@pytest.fixture
def root(books: tuple[Path, Path], tmp_path: Path) -> Path:
    shutil.copytree(books[0], tmp_path / "book")
    return tmp_path / "book"


def _changes(old: Path, new: Path) -> tuple[dict[str, bytes], list[str]]:
    """Give what the new build writes into the book's own files, and what it removes."""
    before, after = _whole(old), _whole(new)
    changed = {p: d for p, d in after.items() if before.get(p) != d and p.startswith("content")}
    return changed, [path for path in before if path not in after]


# Everything that puts something on disk, as the module calls it.
_CALLS = ((os, "replace"), (os, "fsync"), (os, "unlink"), (os, "chmod"), (tempfile, "mkstemp"))


def _at(n: int, act: Callable[[], None]) -> None:
    """Let something happen just before the n-th call that touches the disk."""
    left = [n]

    def wrapped(call: Callable[..., object]) -> Callable[..., object]:
        def count(*args: object, **kwargs: object) -> object:
            left[0] -= 1
            if left[0] < 0:
                act()
            return call(*args, **kwargs)

        return count

    for module, name in _CALLS:
        setattr(module, name, wrapped(getattr(module, name)))


def _in_child(work: Callable[[], None]) -> int:
    """Do something in a copy of this process; gives its exit code."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001  # the child must never go on as a test
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _killed_at(n: int, root: Path, changed: dict[str, bytes], gone: list[str]) -> bool:
    """Save, and be killed before the n-th step; tell whether there was such a step."""

    def work() -> None:
        _at(n, lambda: os.kill(os.getpid(), signal.SIGKILL))
        with files.group(root, changed, gone, journal=journal.NAME) as group:
            group.commit()

    return _in_child(work) != 0


def _each_kill(
    books: tuple[Path, Path], tmp_path: Path, every: int = 1
) -> Iterator[tuple[int, Path]]:
    changed, gone = _changes(*books)
    n = 0
    while True:
        root = tmp_path / f"killed-{n}"
        shutil.copytree(books[0], root)
        if not _killed_at(n, root, changed, gone):
            return
        yield n, root
        n += every


def test_killed_at_any_moment_the_group_is_whole(books: tuple[Path, Path], tmp_path: Path) -> None:
    old, new = (_content(book) for book in books)
    _, gone = _changes(*books)
    assert gone, "the case is only of interest where a file goes as well"
    ends = []
    for n, root in _each_kill(books, tmp_path):
        for path, data in _content(root).items():
            assert data in (old.get(path), new.get(path)), f"{path} is half written at step {n}"
        files.recover(root)
        ends.append(_content(root))
        assert ends[-1] in (old, new), f"a mixture at step {n}"
        assert not list((root / "content").rglob(".*")), f"something is left at step {n}"
    assert ends[0] == old
    assert ends[-1] == new


def _content(root: Path) -> dict[str, bytes]:
    found = _whole(root)
    return {p: d for p, d in found.items() if p.startswith("content/") and "/." not in p}


def test_killed_while_it_recovers_it_recovers_again(
    books: tuple[Path, Path], tmp_path: Path
) -> None:
    old, new = (_content(book) for book in books)
    for n, root in _each_kill(books, tmp_path, every=3):
        for m in range(4):

            def work(m: int = m, root: Path = root) -> None:
                _at(m, lambda: os._exit(9))
                files.recover(root)

            _in_child(work)
        files.recover(root)
        assert _content(root) in (old, new), f"a mixture at step {n}"


def test_an_edit_after_the_kill_is_an_edit_and_nothing_else_is(
    books: tuple[Path, Path], tmp_path: Path
) -> None:
    """Machine text is never taken for a person's, nor a person's overwritten."""
    seen = set()
    for n, root in _each_kill(books, tmp_path, every=14):
        card = root / "content/cards/optimization.yaml"
        text = card.read_text("utf-8")
        edited = text.replace("每步更新的大小", "我改过的话")
        assert edited != text
        card.write_text(edited, "utf-8")
        assert _normalize(root) == 0
        said = card.read_text("utf-8")
        assert "我改过的话" in said, f"the edit is lost at step {n}"
        assert "累积以前的梯度" in said, f"machine text passes for an edit at step {n}"
        loaded = files.load(root).value
        assert loaded is not None
        edits = {(c.id, e.field) for c in loaded.cards for e in c.changes if e.code == "EDIT"}
        assert edits == {("learning-rate", "answer.zh")}, f"at step {n}"
        seen.add(text)
    assert len(seen) > 1, "no kill came after the file was moved"


def test_notes_that_change_after_the_kill_make_no_edits(
    books: tuple[Path, Path], tmp_path: Path
) -> None:
    for n, root in _each_kill(books, tmp_path, every=14):
        text = (root / NOTES).read_text("utf-8")
        (root / NOTES).write_text(text.replace("以前的梯度", "从前的梯度"), "utf-8")
        assert _normalize(root) == 0
        loaded = files.load(root).value
        assert loaded is not None
        momentum = next(card for card in loaded.cards if card.id == "momentum")
        assert "从前的梯度" in momentum.answer.zh, f"at step {n}"
        assert not [e for c in loaded.cards for e in c.changes if e.code == "EDIT"], f"at step {n}"


def test_dates_only_grow(books: tuple[Path, Path], tmp_path: Path) -> None:
    """A date that was given to one content is never given to another."""

    def given(root: Path) -> dict[str, tuple[str, int]]:
        lock = json.loads((root / files.BOOK_LOCK).read_text("utf-8"))
        return {i: (c.get("content", ""), c.get("mod", 0)) for i, c in lock["cards"].items()}

    before = given(books[0])
    for n, root in _each_kill(books, tmp_path, every=16):
        assert _normalize(root) == 0
        for card, (content, mod) in given(root).items():
            was, when = before.get(card, ("", 0))
            assert mod > when or content == was, f"{card} at step {n}"


def test_an_edit_on_both_sides_of_the_kill_is_told(root: Path, books: tuple[Path, Path]) -> None:
    changed, gone = _changes(*books)
    n = 0
    while not (root / journal.NAME).exists():
        assert _killed_at(n, root, changed, gone)
        n += 1
    moves = json.loads((root / journal.NAME).read_text("utf-8"))
    first, second = moves[0], moves[1]
    (root / first["aside"]).replace(root / first["path"])
    for move in (first, second):
        (root / move["path"]).write_text("# mine\n", "utf-8")
    before = _whole(root)
    said = files.recover(root)
    assert [(f.code, f.span.path) for f in said] == [("INTERRUPTED", second["path"])]
    assert _normalize(root) == 1
    assert _whole(root) == before


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"path": "../x"}]', "null"])
def test_a_damaged_journal_is_told_and_nothing_is_touched(
    root: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / journal.NAME).write_text(text)
    before = _whole(root)
    assert _normalize(root) == 3
    assert "damaged" in capsys.readouterr().err
    assert _whole(root) == before


def test_a_journal_cannot_write_elsewhere(root: Path, tmp_path: Path) -> None:
    target = tmp_path / "victim"
    target.write_text("mine")
    (root / "content/.x.notepress-new").write_text("theirs")
    for path in ("../victim", str(target)):
        told = {"path": path, "aside": "content/.x.notepress-new", "old": None, "new": ""}
        (root / journal.NAME).write_text(json.dumps([told]))
        assert _normalize(root) == 3
        assert target.read_text() == "mine"


def test_check_says_that_a_build_was_cut_off(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / journal.NAME).write_text("[]")
    before = _whole(root)
    assert cli.main(["--project", str(root), "check"]) == 1
    assert "INTERRUPTED" in capsys.readouterr().err
    assert _whole(root) == before
    assert _normalize(root) == 0
    assert "cut off" in capsys.readouterr().err


# --- what fails without a kill -------------------------------------------------


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS])
def test_a_disk_that_fails_at_any_step_leaves_old_or_new(
    books: tuple[Path, Path], tmp_path: Path, number: int
) -> None:
    old, new = (_content(book) for book in books)
    changed, gone = _changes(*books)
    for n in range(0, 60, 4 if number != errno.ENOSPC else 1):
        root = tmp_path / f"failed-{n}"
        shutil.copytree(books[0], root)

        def fail() -> None:
            raise OSError(number, os.strerror(number))

        def work(n: int = n, root: Path = root) -> None:
            _at(n, fail)
            with files.group(root, changed, gone, journal=journal.NAME) as group:
                group.commit()

        done = _in_child(work) == 0
        files.recover(root)
        assert _content(root) in (old, new), f"a mixture at step {n}"
        if done:
            assert _content(root) == new
            return
    pytest.fail("more steps than tried")


def test_no_room_on_the_disk_is_said(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = _whole(root)

    def full(*_: object, **__: object) -> tuple[int, str]:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "mkstemp", full)
    assert _normalize(root) == 3
    assert "No space left" in capsys.readouterr().err
    assert _whole(root) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
@pytest.mark.parametrize("folder", ["content", "content/cards", "."])
def test_a_folder_that_may_not_be_written(root: Path, folder: str) -> None:
    before = _whole(root)
    (root / folder).chmod(0o500)
    try:
        assert _normalize(root) == 3
    finally:
        (root / folder).chmod(0o700)
    assert _whole(root) == before


@pytest.mark.parametrize("out", ["file", "file/below"])
def test_outputs_that_cannot_be_written_leave_the_book_as_it_was(root: Path, out: str) -> None:
    (root / "file").write_text("mine")
    before = _whole(root)
    run = ["--project", str(root), "--quiet", "normalize", "--out", str(root / out)]
    assert cli.main(run) == 3
    assert _whole(root) == before


@pytest.mark.parametrize("data", [b"", b"{}", b"7", b"[" * 100_000, b'{"x": 1}'])
def test_a_damaged_cache_costs_only_time(root: Path, data: bytes) -> None:
    assert _normalize(root) == 0
    made = _whole(root)
    for path in (root / ".cache").rglob("index.json"):
        path.write_bytes(data)
    (root / "dist/report.html").unlink()
    assert _normalize(root) == 0
    assert _whole(root) == made


def test_a_cache_that_is_no_folder_costs_only_time(root: Path) -> None:
    shutil.rmtree(root / ".cache", ignore_errors=True)
    (root / ".cache").write_text("")
    assert _normalize(root) == 0


@pytest.mark.parametrize("name", [files.BOOK_LOCK, files.CARDS_LOCK])
@pytest.mark.parametrize("data", [b"", b"[1]", b"[" * 100_000, b"\xff"])
def test_a_damaged_lock_is_told_with_its_place(
    root: Path, name: str, data: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / name).write_bytes(data)
    before = _whole(root)
    assert _normalize(root) == 1
    assert f"{name}:1:" in capsys.readouterr().err
    assert _whole(root) == before


# --- two at once ---------------------------------------------------------------


def test_an_edit_while_the_build_runs_is_not_overwritten(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    card = root / "content/cards/optimization.yaml"
    original = publishing.publish

    def slow(*args: object) -> object:
        card.write_text(card.read_text("utf-8").replace("每步更新的大小", "我改过的话"), "utf-8")
        return original(*args)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(publishing, "publish", slow)
    assert _normalize(root) == 1
    assert "optimization.yaml:1:1: FILE-CHANGED" in capsys.readouterr().err
    monkeypatch.undo()
    assert _normalize(root) == 0
    assert "我改过的话" in card.read_text("utf-8")


def test_a_second_build_waits_for_the_first(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    handle = os.open(root, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    ended: list[int] = []
    run = ["--project", str(root), "normalize"]
    second = threading.Thread(target=lambda: ended.append(cli.main(run)))
    second.start()
    second.join(0.5)
    assert second.is_alive()
    os.close(handle)
    second.join(60)
    assert ended == [0]
    assert "another build is at work here" in capsys.readouterr().err


def _started(root: Path, *command: str) -> subprocess.Popen[str]:
    front = Path(cli.__file__).resolve().parents[2] / "build.py"
    return subprocess.Popen(
        [sys.executable, str(front), "--project", str(root), *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_builds_at_once_are_one_after_the_other(root: Path, books: tuple[Path, Path]) -> None:
    both = [_started(root, "--quiet", "normalize") for _ in range(2)]
    assert [build.communicate()[1].count("Traceback") for build in both] == [0, 0]
    assert [build.returncode for build in both] == [0, 0]
    assert _content(root) == _content(books[1])


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_build_that_is_stopped_says_so(root: Path, number: signal.Signals, code: int) -> None:
    before = _whole(root)
    handle = os.open(root, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    build = _started(root, "normalize")
    assert build.stderr is not None
    assert "another build" in build.stderr.readline()  # so it has begun, and waits
    build.send_signal(number)
    _, said = build.communicate(timeout=60)
    os.close(handle)
    assert (build.returncode, "nothing was written" in said) == (code, True)
    assert "Traceback" not in said
    assert _whole(root) == before


def test_a_stop_in_the_middle_of_writing_waits(
    root: Path, books: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = journal.Group.commit

    def commit(group: journal.Group) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        original(group)

    monkeypatch.setattr(journal.Group, "commit", commit)
    assert _normalize(root) == 0
    assert _content(root) == _content(books[1])


# --- other writers -------------------------------------------------------------


def test_what_killed_runs_left_is_swept(root: Path) -> None:
    left = [root / f"{name}/.x.abc.notepress-new" for name in ("content/cards", "dist")]
    for path in left:
        path.write_text("half")
    assert _normalize(root) == 0
    assert not [path for path in left if path.exists()]


def test_a_new_book_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.md").write_text("甲：乙\n", "utf-8")
    folder = tmp_path / "book"
    (folder / "content").mkdir(parents=True)
    (folder / "content/notes.md").write_text("my only copy", "utf-8")
    (folder / ".gitignore").write_text("mine\n", "utf-8")
    before = _whole(folder)
    assert cli.main(["init", str(folder), "--notes", str(tmp_path / "notes.md")]) == 1
    told = capsys.readouterr().err
    assert told.count("BOOK-EXISTS") == 2
    assert _whole(folder) == before


def test_init_that_is_cut_off_can_be_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notes.md").write_text("甲：乙\n", "utf-8")
    run = ["init", str(tmp_path / "book"), "--notes", str(tmp_path / "notes.md")]
    calls = [0]
    original = os.replace

    def replace(*args: object) -> None:
        calls[0] += 1
        if calls[0] == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        original(*args)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(os, "replace", replace)
    assert cli.main(run) == 3
    monkeypatch.undo()
    assert cli.main(run) == 0
    assert (tmp_path / "book/content/notes.md").is_file()


def test_fix_keeps_mode_and_link(tmp_path: Path) -> None:
    note = tmp_path / "private.md"
    note.write_text("甲,乙\n", "utf-8")
    note.chmod(0o600)
    link = tmp_path / "link.md"
    link.symlink_to(note)
    assert cli.main(["fix", str(link)]) == 0
    assert link.is_symlink()
    assert note.read_text("utf-8") == "甲，乙\n"
    assert note.stat().st_mode & 0o777 == 0o600


def test_the_cache_survives_a_sweep_of_its_files(tmp_path: Path) -> None:
    cache = Cache(tmp_path / ".cache")
    cache.keep("kind", "key", {"a": b"1"})
    journal.sweep([tmp_path])
    assert cache.kept("kind", "key") == {"a": b"1"}
