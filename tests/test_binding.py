"""Pages -> sheets that fold into a booklet: which page lies where, and that all are painted."""

from __future__ import annotations

import pytest

from notepress.binding import Side, sides


def _folded(laid: list[Side]) -> list[int | None]:
    """Fold sheets once in the middle, lay them into one another, and leaf through."""
    fronts, backs = laid[::2], laid[1::2]
    left = [(back[0], front[1]) for front, back in zip(fronts, backs, strict=True)]
    # Turned over the short edge, the back's left half lies behind the front's right one.
    outer = [page for back, front in left for page in (front, back)]
    inner = [
        page
        for front, back in reversed(list(zip(fronts, backs, strict=True)))
        for page in (back[1], front[0])
    ]
    return [*outer, *inner]


@pytest.mark.parametrize("count", [1, 4, 5, 8, 29, 80])
def test_folded_sheets_read_in_order(count: int) -> None:
    read = _folded(sides(count))

    assert read[:count] == list(range(count))
    assert all(page is None for page in read[count:])
    assert len(read) < count + 4


def test_known_signature() -> None:
    assert sides(8) == [(7, 0), (1, 6), (5, 2), (3, 4)]


def test_many_pages_are_folded_in_lots() -> None:
    laid = sides(100)
    lots = [laid[start : start + 16] for start in range(0, len(laid), 16)]

    assert [page for lot in lots for page in _folded(lot)][:100] == list(range(100))
