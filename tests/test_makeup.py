"""Parts -> pages: how large, how many, where; without setting any type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from notepress import makeup
from notepress.imposition import Part
from notepress.makeup import LARGEST, PX, SMALLEST, Guess, Paper, Wish

_PAPER = Paper(297, 210)


@dataclass
class _Box:
    """As much of a box as is measured."""

    height: float
    children: list[_Box] = field(default_factory=list)

    def border_height(self) -> float:
        return self.height

    def border_box_y(self) -> float:
        return 0.0


def _layout(
    count: int, weight: float
) -> tuple[Callable[[float], Sequence[Part]], Guess, list[float]]:
    """Entries whose height grows with the square of the size, as text's does."""
    sizes: list[float] = []

    def lay(size: float) -> list[Part]:
        sizes.append(size)
        heights = [weight * (0.7 + i % 7 / 10) * (size / 8) ** 2 for i in range(count)]
        return [Part(_Box(h * PX), (), 3 * PX, stretch=1) for h in heights]  # type: ignore[arg-type]  # a stand-in for a laid-out box

    def guess(size: float) -> tuple[float, float]:
        high = sum(part.height + part.gap for part in lay(size)) / PX
        sizes.pop()
        return high, high

    return lay, guess, sizes


@pytest.mark.parametrize("count", [0, 1, 2, 5, 30, 100, 700])
def test_everything_is_placed_in_order_inside_its_column(count: int) -> None:
    lay, guess, _ = _layout(count, 40)

    fitted = makeup.fit(lay, guess, _PAPER, 4)
    placed = list(makeup.places(fitted, _PAPER, 4))

    assert [place.part for place in placed] == list(fitted.parts)
    assert all(place.page < fitted.pages for place in placed)
    bottom = (_PAPER.top + fitted.depth) * PX + 0.01
    assert all(place.y + place.part.height <= bottom for place in placed)
    assert all(place.y >= (_PAPER.top + _PAPER.masthead) * PX for place in placed if not place.page)


@pytest.mark.parametrize("weight", [20, 33, 40, 47, 60])
def test_type_stays_readable_and_pages_full(weight: float) -> None:
    lay, guess, _ = _layout(150, weight)

    fitted = makeup.fit(lay, guess, _PAPER, 4)

    assert SMALLEST <= fitted.size <= LARGEST
    assert fitted.depth >= 0.9 * _PAPER.depth or fitted.size == LARGEST


@pytest.mark.parametrize("count", [20, 150, 1000])
def test_a_good_guess_costs_few_layouts(count: int) -> None:
    lay, guess, sizes = _layout(count, 40)

    makeup.fit(lay, guess, _PAPER, 4)

    assert len(sizes) <= (3 if count < 200 else 1)


@pytest.mark.parametrize("pages", [2, 3, 4, 6])
def test_the_pages_asked_for_are_filled(pages: int) -> None:
    lay, guess, _ = _layout(60, 40)

    fitted = makeup.fit(lay, guess, _PAPER, 4, Wish(pages, smallest=5, largest=14))

    assert fitted.pages == pages
    assert len(fitted.columns) == pages * 4
    assert fitted.depth >= 0.97 * _PAPER.depth


def test_type_is_never_smaller_than_the_smallest() -> None:
    lay, guess, _ = _layout(60, 40)

    fitted = makeup.fit(lay, guess, _PAPER, 4, Wish(1, smallest=7.5))

    assert fitted.size >= 7.5
    assert fitted.pages > 1


def test_an_entry_is_never_split() -> None:
    def lay(size: float) -> list[Part]:
        parts = []
        for i in range(60):
            for part in (1, 2, 3):
                box = _Box(11 * PX * size / 8)
                parts.append(Part(box, (), PX, stretch=1, keeps=part < 3, entry=i + 1))  # type: ignore[arg-type]  # a stand-in for a laid-out box
        return parts

    def guess(size: float) -> tuple[float, float]:
        return 60 * 36 * size / 8, 60 * 36 * size / 8

    fitted = makeup.fit(lay, guess, _PAPER, 4)
    held: dict[int, set[tuple[int, float]]] = {}
    for place in makeup.places(fitted, _PAPER, 4):
        held.setdefault(place.part.entry, set()).add((place.page, place.x))

    assert all(len(columns) == 1 for columns in held.values())


def test_figures_go_before_type_gets_small() -> None:
    def lay(size: float) -> list[Part]:
        parts = []
        for i in range(40):
            box, picture = _Box(40 * PX * size / 8), _Box(30 * PX)
            parts.append(Part(box, (), PX, stretch=1, keeps=True, entry=i + 1))  # type: ignore[arg-type]  # a stand-in for a laid-out box
            parts.append(Part(picture, (), PX, entry=i + 1, worth=0.3, rigid=True))  # type: ignore[arg-type]  # see above
        return parts

    def guess(size: float) -> tuple[float, float]:
        text = 40 * 41 * size / 8
        return text + 40 * 31, text

    fitted = makeup.fit(lay, guess, _PAPER, 4, Wish(3))

    assert fitted.pages == 3
    assert fitted.size >= makeup.COMFORTABLE
    gone = sum(len(column.without) for column in fitted.columns)
    placed = len(list(makeup.places(fitted, _PAPER, 4)))
    assert 0 < gone < 40
    assert placed == 80 - gone


@pytest.mark.parametrize("wrong", [0.5, 0.8, 1.3, 3])
def test_a_bad_guess_is_mended(wrong: float) -> None:
    lay, guess, _ = _layout(150, 40)

    fitted = makeup.fit(
        lay, lambda size: (guess(size)[0] * wrong, guess(size)[1] * wrong), _PAPER, 4
    )

    assert fitted.columns[-1].end == 150
    assert fitted.size <= LARGEST


def test_columns_end_at_one_height() -> None:
    lay, guess, _ = _layout(400, 10)

    fitted = makeup.fit(lay, guess, _PAPER, 4)
    ends: dict[tuple[int, float], float] = {}
    for place in makeup.places(fitted, _PAPER, 4):
        ends[place.page, place.x] = place.y + place.part.height
    last = max(ends)

    foot = (_PAPER.top + fitted.depth) * PX
    assert all(abs(end - foot) < 1 for column, end in ends.items() if column < last)


def test_one_entry_is_one_column() -> None:
    lay, guess, _ = _layout(1, 90)

    assert len(makeup.fit(lay, guess, _PAPER, 4).columns) == 1


def test_what_is_higher_than_any_column_is_placed_all_the_same() -> None:
    lay, guess, _ = _layout(3, 400)

    fitted = makeup.fit(lay, guess, _PAPER, 4)

    assert fitted.columns[-1].end == 3
