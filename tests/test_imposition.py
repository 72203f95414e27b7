"""What lies between WeasyPrint and the sheet: its complaints, its files, its paths."""

from __future__ import annotations

import builtins
import gc
from collections.abc import Mapping, Sequence

import pytest

from notepress import imposition
from notepress.imposition import Typesetter, TypesetterMissing, operators


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("M1 2L3 4Z", b"1 2 m\n3 4 l\nh"),
        ("M1 2C3 4 5 6 7 8", b"1 2 m\n3 4 5 6 7 8 c"),
        ("M0 0Q3 3 6 0", b"0 0 m\n2 2 4 2 6 0 c"),
        ("m1 1l2 2 3 3z", b"1 1 m\n3 3 l\n6 6 l\nh"),
        ("M5 5h2v3H1V1", b"5 5 m\n7 5 l\n7 8 l\n1 8 l\n1 1 l"),
        ("M1 1 2 2", b"1 1 m\n2 2 l"),
        ("m1 1l1 0zl0 1", b"1 1 m\n2 1 l\nh\n1 2 l"),
        ("M1 1q1 1 2 0", b"1 1 m\n1.66667 1.66667 2.33333 1.66667 3 1 c"),
        ("M1.5-.5l.5.5", b"1.5 -0.5 m\n2 0 l"),
    ],
)
def test_plain_paths_become_operators(path: str, written: bytes) -> None:
    assert operators(path) == written


@pytest.mark.parametrize("path", ["", "L1 1", "M1 1A1 1 0 0 1 2 2", "M1", "M1 1Z3", "M1 1L1e3 2"])
def test_other_paths_are_left_to_the_engine(path: str) -> None:
    assert operators(path) is None


_PAGE = "<!DOCTYPE html><html lang=zh><title>x</title><body>{}"


@pytest.mark.typeset
@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/hostname",
        "https://example.org/a.png",
        "asset:absent.png",
        "data:image/png;base64,AA",
    ],
)
def test_nothing_is_fetched_but_given_files(address: str) -> None:
    typesetter = Typesetter("", {})

    typesetter.lay(_PAGE.format(f'<img src="{address}" alt="x">'))

    assert any("none of the sheet's own files" in said for said in typesetter.complaints)


@pytest.mark.typeset
def test_complaints_are_heard() -> None:
    typesetter = Typesetter("p { no-such-property: 1 }", {})

    assert any("no-such-property" in said for said in typesetter.complaints)


@pytest.mark.typeset
def test_the_collector_runs_again_after_a_layout() -> None:
    Typesetter("", {}).lay(_PAGE.format("<p>x</p>"))

    assert gc.isenabled()


def test_missing_libraries_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def failing(
        name: str,
        globals_: Mapping[str, object] | None = None,
        locals_: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> object:
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, globals_, locals_, fromlist, level)

    monkeypatch.setattr(builtins, "__import__", failing)

    with pytest.raises(TypesetterMissing, match="libpango"):
        imposition.Typesetter("", {})
