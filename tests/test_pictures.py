"""Pictures are made once, and what is kept of them is what would be made anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from notepress import figures, photos
from notepress.caching import Cache
from notepress.figures import LIGHT, NIGHT
from notepress.model import unkept
from notepress.pictures import Pictures
from tests.sample_edition import DRAWING, photo


class Shelf:
    """A cache in memory that counts what was made."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}
        self.made = 0

    def __call__(self, key: str, make: Callable[[], bytes]) -> bytes:
        if key not in self.held:
            self.made += 1
            self.held[key] = make()
        return self.held[key]


def all_of(maker: Pictures) -> list[object]:
    return [
        maker.outline(DRAWING, LIGHT, "en"),
        maker.raster(DRAWING, NIGHT, 320),
        maker.names(DRAWING),
        maker.photo(photo(), "images/a.png", 40),
        maker.photo(b"<html>", "images/b.png"),
    ]


def test_what_is_kept_is_what_would_be_made_anew() -> None:
    shelf = Shelf()
    fresh = all_of(Pictures(unkept, {}))
    assert all_of(Pictures(shelf, {})) == fresh
    made = shelf.made
    assert all_of(Pictures(shelf, {})) == fresh
    assert shelf.made == made
    assert fresh[0] == figures.outline(DRAWING, LIGHT, {}, "en")
    assert fresh[3] == photos.prove(photo(), "images/a.png", 40)
    assert fresh[4] == photos.prove(b"<html>", "images/b.png")


@pytest.mark.parametrize(
    "other",
    [
        lambda keep: Pictures(keep, {"Face.ttf": b"another"}).names(DRAWING),
        lambda keep: Pictures(keep, {}).outline(DRAWING, LIGHT, "zh"),
        lambda keep: Pictures(keep, {}).outline(DRAWING, NIGHT, "en"),
        lambda keep: Pictures(keep, {}).outline(DRAWING + b"\n", LIGHT, "en"),
        lambda keep: Pictures(keep, {}).raster(DRAWING, NIGHT, 321),
        lambda keep: Pictures(keep, {}).photo(photo(), "images/a.png", 41),
        lambda keep: Pictures(keep, {}).photo(photo(), "images/other.png", 40),
    ],
)
def test_whatever_changes_a_picture_makes_it_anew(other: Callable[[Shelf], object]) -> None:
    shelf = Shelf()
    all_of(Pictures(shelf, {}))
    made = shelf.made
    other(shelf)
    assert shelf.made > made


def test_a_piece_is_made_once_and_again_where_the_cache_is_damaged(tmp_path: Path) -> None:
    made: list[str] = []

    def make() -> bytes:
        made.append("")
        return b"a picture"

    for _ in range(2):
        assert Cache(tmp_path).piece("pieces", "a", make) == b"a picture"
    assert len(made) == 1
    (kept,) = (path for path in tmp_path.rglob("*") if path.is_file())
    kept.write_bytes(kept.read_bytes()[:-1])
    assert Cache(tmp_path).piece("pieces", "a", make) == b"a picture"
    kept.write_bytes(b"")
    assert Cache(tmp_path, writes=False).piece("pieces", "a", make) == b"a picture"
    assert (len(made), kept.read_bytes()) == (3, b"")


def test_of_pieces_those_used_last_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notepress.caching._MOST_PIECES", 2)
    for key in "abc":
        Cache(tmp_path).piece("pieces", key, key.encode)
    assert len(list((tmp_path / "pieces").iterdir())) == 3
    Cache(tmp_path).piece("pieces", "d", b"d".strip)
    made: list[str] = []

    def again(key: str) -> None:
        Cache(tmp_path, writes=False).piece("pieces", key, lambda: made.append(key) or b"")  # type: ignore[func-returns-value]  # to note it down

    for key in "abcd":
        again(key)
    assert made == ["a"]
