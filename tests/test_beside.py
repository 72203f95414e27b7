"""A call made in another process gives and raises what it would here, and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from functools import partial
from operator import truediv
from pathlib import Path

import pytest

from notepress.beside import beside


@pytest.fixture(autouse=True)
def _two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


def test_the_call_is_made_elsewhere() -> None:
    with beside(os.getpid) as result:
        assert result() != os.getpid()


def test_where_there_is_one_core_it_is_made_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    with beside(os.getpid) as result:
        assert result() == os.getpid()


def test_where_no_process_can_be_begun_it_is_made_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with beside(os.getpid) as result:
        assert result() == os.getpid()


def test_what_it_raises_is_raised() -> None:
    with beside(partial(truediv, 1, 0)) as result, pytest.raises(ZeroDivisionError):
        result()


def test_a_process_that_dies_costs_only_time() -> None:
    call = partial(_die_unless, os.getpid())
    with beside(call) as result:
        assert result() == "lived"


def _die_unless(pid: int) -> str:
    if os.getpid() != pid:
        os.kill(os.getpid(), 9)
    return "lived"


def test_what_is_printed_there_is_no_part_of_the_result() -> None:
    with beside(partial(print, "noise")) as result:
        assert result() is None


def test_nothing_is_imported_from_the_folder_that_we_are_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pickle", "subprocess", "notepress", "threading"):
        (tmp_path / f"{name}.py").write_text("import pathlib; pathlib.Path('ran').touch()", "utf-8")
    monkeypatch.chdir(tmp_path)
    with beside(os.getpid) as result:
        assert result() != os.getpid()
    assert not (tmp_path / "ran").exists()


def test_a_call_that_nobody_waits_for_is_ended(tmp_path: Path) -> None:
    begun, ended = tmp_path / "begun", tmp_path / "ended"
    script = f"touch {begun}; sleep 2; touch {ended}"
    with beside(partial(subprocess.check_call, ["sh", "-c", script])):
        while not begun.exists():
            time.sleep(0.02)
    time.sleep(3)
    assert not ended.exists()
