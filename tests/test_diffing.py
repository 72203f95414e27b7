"""The command ``diff``, as it is typed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from notepress import cli, diffing, package
from tests.packages import Row, pack

ONE, TWO = Row("one", front="One?"), Row("two", front="Two?")


@pytest.fixture
def old(tmp_path: Path) -> str:
    (tmp_path / "book-1.2.3.apkg").write_bytes(pack(ONE, TWO))
    return "book-1.2.3.apkg"


@pytest.fixture
def new(tmp_path: Path) -> str:
    changed = replace(TWO, front="\x1b[31mToo?", mod=101)
    (tmp_path / "book.apkg").write_bytes(pack(ONE, changed))
    return "book.apkg"


def test_it_tells_and_ends_with_0(old: str, new: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["diff", old, new]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("2 → 2 notes: 0 added, 1 changed")
    assert captured.out.endswith("version: minor, 1.2.3 → 1.3.0\n")
    assert "\x1b" not in captured.out
    assert captured.err == ""
    assert sorted(path.name for path in Path().iterdir()) == [old, new]


def test_the_version_may_be_given(old: str, new: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert diffing.main([old, new, "--format", "json", "--from-version", "v2.0.0"]) == 0
    assert json.loads(capsys.readouterr().out)["version"]["to"] == "2.1.0"
    with pytest.raises(SystemExit):
        diffing.main([old, new, "--from-version", "2"])


def test_an_error_ends_with_1(old: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "book.apkg").write_bytes(pack(ONE, replace(TWO, back="else")))
    assert cli.main(["diff", old, "book.apkg"]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("book.apkg: MOD-STUCK Two? changed, but its date didn't move")
    assert "1 changed" in captured.out


def test_files_that_are_no_packages(old: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("folder").mkdir()
    os.mkfifo("pipe")
    Path("text").write_text("text", "utf-8")
    Path("gone").symlink_to("nowhere")
    told = {
        "text": "PACKAGE-BROKEN",
        "folder": "FILE-UNREADABLE",
        "pipe": "FILE-UNREADABLE",
        "gone": "FILE-UNREADABLE",
        "missing": "FILE-UNREADABLE",
        "nul\0": "FILE-UNREADABLE",
    }
    for name, code in told.items():
        for pair in ([name, old], [old, name]):
            assert cli.main(["diff", *pair]) == 1
            captured = capsys.readouterr()
            assert captured.out == ""
            assert f": {code} " in captured.err.splitlines()[0]


def test_a_file_that_is_too_large(
    old: str, new: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(package, "LARGEST", 100)
    assert cli.main(["diff", old, new]) == 1
    assert "PACKAGE-LARGE" in capsys.readouterr().err


def test_it_needs_no_package_but_python(project: Path, tmp_path: Path, old: str, new: str) -> None:
    copy = tmp_path / "checkout"
    copy.mkdir()
    (copy / "build.py").write_bytes((project / "build.py").read_bytes())
    (copy / "src").symlink_to(project / "src")
    bare = [sys.executable, "-I", "-S", "-B", str(copy / "build.py"), "diff", old, new]
    ran = subprocess.run(bare, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "1 changed" in ran.stdout
