"""Blocks of type -> whole pages: how large the type, how many pages, what goes where.

The size is guessed from the amount of text and everything laid out once at that size;
columns are made of what was measured. Only where they come out too full or too empty
is the size mended and the layout repeated, so a layout, which is dear, mostly happens
once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import floor, sqrt
from typing import Final

from notepress.columns import Block, Column, badness, divide, spread
from notepress.imposition import Part, Place

PX: Final = 96 / 25.4
"""CSS pixels in a millimeter."""

# The root size in points: a page is added rather than go below the first; beyond the
# second, larger type would only make the eye travel.
SMALLEST: Final = 7.0
LARGEST: Final = 8.0

# How full columns can be guessed to get: keeping entries whole costs the rest.
_AIM: Final = 0.925
_LAYOUTS: Final = 4

# In root sizes: how much a gap between entries may grow, and the weight of a tear.
_MOST: Final = 1.6
_TEAR: Final = 3.6

# Columns may all end above the margin by this share; beyond it, the type is mended.
_SHORTEST: Final = 0.955
_STEP: Final = 0.005
_CHOICES: Final = 8

# What stays together fills at most this share of the shortest column.
_TALLEST: Final = 0.93

# Mended sizes stay on the safe side by this.
_CAUTION: Final = 0.985


@dataclass(frozen=True, slots=True)
class Paper:
    """A page in millimeters: its size, its margins, and the masthead's height on the first."""

    width: float
    height: float
    masthead: float = 13.5
    top: float = 8.0
    bottom: float = 9.5
    side: float = 8.0
    gutter: float = 5.6

    def measure(self, count: int) -> float:
        """Return the width of each of so many columns."""
        return (self.width - 2 * self.side - (count - 1) * self.gutter) / count

    @property
    def depth(self) -> float:
        """The height of a column that begins at the top margin."""
        return self.height - self.top - self.bottom

    def area(self, pages: int, count: int) -> float:
        """Return the height of all columns of so many pages together."""
        return count * (pages * self.depth - self.masthead)


@dataclass(frozen=True, slots=True)
class Fitted:
    """Parts laid out at a size, and the columns that hold them; ``depth`` is in millimeters."""

    size: float
    parts: Sequence[Part]
    blocks: Sequence[Block]
    columns: Sequence[Column]
    pages: int
    depth: float


def fit(
    lay: Callable[[float], Sequence[Part]],
    guess: Callable[[float], float],
    paper: Paper,
    count: int,
) -> Fitted:
    """Find the largest type that fills whole pages, and make columns of it.

    ``lay`` sets everything at a root size in points; ``guess`` tells about how high
    that will be, in millimeters.
    """
    pages, size = _choose(guess, paper, count)
    best: Fitted | None = None
    for _ in range(_LAYOUTS):
        parts = lay(size)
        share, made = _fill(parts, size, paper, count, pages)
        if size * _mend(share) < SMALLEST and best is None:
            pages += 1
            share, made = _fill(parts, size, paper, count, pages)
        best = made or best
        wanted = min(LARGEST, size * _mend(share))
        if made and (share >= _SHORTEST or wanted <= size):
            return made
        if best and not made:
            return best
        size = wanted
    while best is None:
        pages += 1
        _, best = _fill(parts, size, paper, count, pages)
    return best


def places(fitted: Fitted, paper: Paper, count: int) -> Iterator[Place]:
    """Tell where each part goes, in reading order."""
    pitch = (paper.measure(count) + paper.gutter) * PX
    most = _MOST * _root(fitted.size)
    for number, column in enumerate(fitted.columns):
        page, across = divmod(number, count)
        top = paper.top + (0 if page else paper.masthead)
        tops = spread(fitted.blocks, column, most)
        if (again := fitted.parts[column.first].again) is not None:
            yield Place(again, page, paper.side * PX + across * pitch, top * PX)
        for part, down in zip(fitted.parts[column.first : column.end], tops, strict=True):
            yield Place(part, page, paper.side * PX + across * pitch, (top + down) * PX)


def _choose(guess: Callable[[float], float], paper: Paper, count: int) -> tuple[int, float]:
    """Guess how many pages there will be, and at what size they fill."""
    needed = guess(LARGEST) / _AIM / count + paper.masthead
    pages = max(1, floor(needed / paper.depth))
    size = _size_for(guess, _AIM * paper.area(pages, count))
    if size < SMALLEST:
        pages += 1
        size = _size_for(guess, _AIM * paper.area(pages, count))
    return pages, max(size, SMALLEST)


def _size_for(guess: Callable[[float], float], height: float) -> float:
    low, high = SMALLEST / 2, LARGEST
    if guess(high) <= height:
        return high
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if guess(middle) <= height else (low, middle)
    return low


def _mend(share: float) -> float:
    """Tell by what to multiply the size for columns to fill, or to hold, their text."""
    return _CAUTION / sqrt(share)


def _fill(
    parts: Sequence[Part], size: float, paper: Paper, count: int, pages: int
) -> tuple[float, Fitted | None]:
    """Divide parts into the columns of so many pages, as evenly as can be.

    Also tells the least share of the columns' depth that suffices; above 1, nothing fits.
    """
    root = _root(size)
    blocks = _blocks(parts, root, _TALLEST * (paper.depth - paper.masthead))

    def at(share: float) -> tuple[Column, ...] | None:
        depth = paper.depth * share
        return divide(blocks, [depth - paper.masthead] * count + [depth] * count * (pages - 1))

    low, high = (0.9, 1.1) if at(1.1) is not None and at(0.9) is None else (0.0, 2.0)
    while high - low > _STEP:
        middle = (low + high) / 2
        low, high = (middle, high) if at(middle) is None else (low, middle)
    if high > 1:
        return high, None
    # A single page may end where it likes; several end alike, so better near the foot.
    step = (1 - high) / _CHOICES if pages == 1 else _STEP
    shares = [high + i * step for i in range(_CHOICES + 1) if high + i * step <= 1]
    made = [(share, columns) for share in shares if (columns := at(share)) is not None]
    share, columns = min(made, key=lambda pair: badness(blocks, pair[1]))
    return high, Fitted(size, parts, blocks, columns, pages, share * paper.depth)


def _blocks(parts: Sequence[Part], root: float, tallest: float) -> list[Block]:
    """Describe parts in millimeters; every column can hold what must stay together.

    A part that is taller is said to be no more than that: it is placed all the same,
    and reported by who knows what it is.
    """
    blocks: list[Block] = []
    kept = 0.0
    for part in parts:
        height = min(part.height / PX, tallest)
        kept += height + part.gap / PX
        if kept > tallest and blocks:
            blocks[-1] = replace(blocks[-1], keeps=False)
            kept = height
        if not part.keeps:
            kept = 0.0
        block = Block(
            height=height,
            gap=part.gap / PX,
            stretch=part.stretch,
            keeps=part.keeps,
            tear=part.tear * (_TEAR * root) ** 2,
            again=part.again.height / PX if part.again else 0.0,
        )
        blocks.append(block)
    return blocks


def _root(size: float) -> float:
    return size * 25.4 / 72
