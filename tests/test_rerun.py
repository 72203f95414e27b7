"""A run is spared where it would make and tell the same again, and nowhere else."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from notepress import cli, fonts, pipeline, places, publishing
from notepress.caching import Cache
from tests import small_book

NOTES = "content/notes.md"
CARDS = "content/cards/optimization.yaml"


class Runs:
    """A small book whose real runs are counted."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self.capsys = capsys
        self.real = 0

    def __call__(self, *argv: str) -> str:
        assert cli.main(["--project", str(self.root), *(argv or ("normalize",))]) == 0
        captured = self.capsys.readouterr()
        return captured.err + captured.out


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Runs:
    monkeypatch.setattr(fonts, "cut", lambda *_: {})
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    runs = Runs(small_book.build(tmp_path), capsys)
    publish = publishing.publish

    def counted(*arguments: object) -> object:
        runs.real += 1
        return publish(*arguments)  # type: ignore[arg-type]  # handed on as they come

    monkeypatch.setattr(publishing, "publish", counted)
    return runs


def test_nothing_changed(run: Runs) -> None:
    told = run()
    made = small_book.snapshot(run.root)
    assert run() == told
    assert run.real == 1
    assert small_book.snapshot(run.root) == made
    assert run("--quiet", "normalize") in told


def _edit(path: str, old: str, new: str) -> Callable[[Path], object]:
    def act(root: Path) -> None:
        text = (root / path).read_text("utf-8")
        assert old in text
        (root / path).write_text(text.replace(old, new, 1), "utf-8")

    return act


def _write(path: str, text: str = "") -> Callable[[Path], object]:
    def act(root: Path) -> None:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")

    return act


ACTS: dict[str, Callable[[Path], object]] = {
    "a note is edited": _edit(NOTES, "反方向", "相反方向"),
    "a note is added": _write("content/more.md", "动量法:\n"),
    "a note is removed": lambda root: (root / NOTES).write_text("", "utf-8"),
    "a card is edited": _edit(CARDS, "topic: optimization", "topic: optimization\n  remark: hm"),
    "a lock is lost": lambda root: (root / "content/book.lock").unlink(),
    "an output is lost": lambda root: (root / "dist/report.html").unlink(),
    "an output is altered": _edit("dist/report.html", "<html", "<HTML"),
    "something new is among the outputs": _write("dist/other.txt"),
    "a template of the book's own": _write("templates/report/report.css", "p { color: red }"),
    "a picture is there at last": _write("images/lr.txt", "no picture"),
    "what was told is damaged": lambda root: next(root.glob(".cache/runs/*")).write_text("{"),
}


@pytest.mark.parametrize("act", ACTS)
def test_something_changed(run: Runs, act: str) -> None:
    run()
    ACTS[act](run.root)
    run()
    assert run.real == 2
    run()
    assert run.real == 2


def test_another_command_is_another_run(run: Runs) -> None:
    run("normalize")
    run("data")
    assert run.real == 2
    run("data", "--out", str(run.root / "elsewhere"))
    assert run.real == 3
    # What another run leaves behind among the outputs makes this one real again.
    run("normalize")
    assert run.real == 4
    run("normalize")
    run("data")
    assert run.real == 4


def test_what_changes_during_a_run_is_seen_by_the_next(
    run: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    overview = pipeline.overview

    def meanwhile(*arguments: object) -> object:
        _write(NOTES, "动量法:\n")(run.root)
        return overview(*arguments)  # type: ignore[arg-type]  # handed on as they come

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "overview", meanwhile)
        told = run()
    assert "小梯度" in (run.root / CARDS).read_text("utf-8")
    assert run() != told
    assert run.real == 2
    assert "momentum" in (run.root / CARDS).read_text("utf-8")


def test_errors_are_told_each_time(run: Runs) -> None:
    (run.root / NOTES).write_bytes(b"\xff")
    for _ in range(2):
        assert cli.main(["--project", str(run.root), "normalize"]) == 1
        assert "NOT-UTF8" in run.capsys.readouterr().err


def test_what_came_with_a_book_is_never_taken_for_ours(
    run: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "stranger"))
    run()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "mine"))
    made: list[str] = []
    piece = Cache.piece

    def counted(self: Cache, kind: str, key: str, make: Callable[[], bytes]) -> bytes:
        return piece(self, kind, key, lambda: made.append(kind) or make())  # type: ignore[func-returns-value]  # to note it down

    monkeypatch.setattr(Cache, "piece", counted)
    run()
    assert run.real == 2
    assert made
    run()
    assert run.real == 2


def test_a_cache_that_the_user_names_serves_whoever_made_it(
    run: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTEPRESS_CACHE", str(tmp_path / "shared"))
    for user in ("one", "another"):
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / user))
        run()
    assert run.real == 1


@pytest.mark.parametrize("kept", ["", "short", "\xff" * 64])
def test_a_secret_that_cannot_be_kept_is_another_one_each_time(tmp_path: Path, kept: str) -> None:
    environ = {"XDG_STATE_HOME": str(tmp_path)}
    secret = places.secret(environ)
    assert places.secret(environ) == secret
    (path,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert path.stat().st_mode & 0o777 == 0o600
    assert places.secret({"HOME": str(tmp_path)}) != secret
    path.write_bytes(kept.encode("latin-1"))
    assert len({secret, places.secret(environ), places.secret(environ)}) == 3
    assert places.secret({"XDG_STATE_HOME": "here", "HOME": ""}) != places.secret({})
