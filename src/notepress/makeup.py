"""Blocks of type -> whole pages: how large the type is, how many pages, what goes where.

A size is guessed from the amount of text and everything laid out once at that size;
columns are made of what was measured. How high things would be at sizes near by
follows from that, so the size at which columns come out most even is found without
setting it, and a layout, which is dear, seldom happens more than twice. However much
there is: columns of a long book are so many that some size near the guess suits them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil, inf, log
from typing import Final

from notepress.columns import Block, Column, badness, divide, fullest, spread, unfilled, whole
from notepress.imposition import Part, Place

PX: Final = 96 / 25.4
"""CSS pixels in a millimeter."""

# Of the first page, in millimeters.
MASTHEAD: Final = 13.0

# The root size in points: a page is added rather than go below the first; where nobody
# asks for a number of pages, there are as few as allow the second; beyond the third,
# larger type would only make the eye travel.
SMALLEST: Final = 6.8
COMFORTABLE: Final = 7.4
LARGEST: Final = 9.5

# How full columns can be guessed to get: keeping entries whole costs the rest.
AIM: Final = 0.9
_LAYOUTS: Final = 3
_UNASKED: Final = 2

# From this many pages on, the first layout that fits will do: unevenness is lost in it.
_MANY: Final = 12

# In root sizes: how much a gap between entries may grow, and the weight of a tear.
_MOST: Final = 2.2
_TEAR: Final = 3.6

# Columns may all end above the margin, together, by this share.
_SHARES: Final = (1.0, 0.985, 0.97)
_STEP: Final = 0.005

# Columns that end so many millimeters apart end flush to the eye.
_GOOD: Final = 2.5

# What a millimeter left empty at the foot of a column costs, in squared millimeters.
_HOLE: Final = 60.0

# What stays together fills at most this share of the shortest column.
_TALLEST: Final = 0.985

# Sizes near one that was laid out, as factors, and the safety of what is only foreseen.
_NEAR: Final = tuple(1 + step / 100 for step in range(-12, 13))
_CAUTION: Final = 1.004


@dataclass(frozen=True, slots=True)
class Paper:
    """A page in millimeters: its size, its margins, and the masthead's height on the first."""

    width: float
    height: float
    masthead: float = MASTHEAD
    top: float = 8.0
    bottom: float = 9.0
    side: float = 8.0
    gutter: float = 5.4

    def measure(self, count: int) -> float:
        """Return the width of each of so many columns."""
        return (self.width - 2 * self.side - (count - 1) * self.gutter) / count

    @property
    def depth(self) -> float:
        """The height of a column that begins at the top margin."""
        return self.height - self.top - self.bottom

    @property
    def tallest(self) -> float:
        """How high something may be that has to stand in one column, whichever it is."""
        return _TALLEST * (self.depth - self.masthead)

    def area(self, pages: int, count: int) -> float:
        """Return the height of all columns of so many pages together."""
        return count * (pages * self.depth - self.masthead)

    def capacities(self, pages: int, count: int, share: float = 1.0) -> list[float]:
        """Return the height of every column, in order, if all end at a share of the depth."""
        depth = self.depth * share
        return [depth - self.masthead] * count + [depth] * count * (pages - 1)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of the make-up: ``pages`` is 0 for as few as allow comfortable type.

    Where it may be ``ragged``, the last page needn't be full.
    """

    pages: int = 0
    smallest: float = SMALLEST
    largest: float = LARGEST
    ragged: bool = False

    @property
    def comfortable(self) -> float:
        """The size below which extras go first."""
        return min(max(COMFORTABLE, self.smallest), self.largest)


@dataclass(frozen=True, slots=True)
class Fitted:
    """Parts laid out at a size, and the columns that hold them; ``depth`` is in millimeters."""

    size: float
    parts: Sequence[Part]
    blocks: Sequence[Block]
    columns: Sequence[Column]
    pages: int
    depth: float


@dataclass(frozen=True, slots=True)
class _Made:
    """A division: what it leaves empty beyond what stretches, and how uneven it is.

    ``worst`` is the deepest of its holes, in millimeters like their sum.
    """

    columns: tuple[Column, ...]
    share: float
    holes: float
    uneven: float
    worst: float

    @property
    def flaw(self) -> float:
        """Compare divisions by this: a hole shows more than uneven gaps do."""
        return self.uneven + _HOLE * max(0.0, self.holes - 1)


Guess = Callable[[float], tuple[float, float]]
"""Takes a size; gives about how high all will be in millimeters, and all but the extras."""


def fit(
    lay: Callable[[float], Sequence[Part]],
    guess: Guess,
    paper: Paper,
    count: int,
    wish: Wish = Wish(),
) -> Fitted:
    """Find the type that fills the pages asked for, and make columns of it.

    ``lay`` sets everything at a root size in points. Where all is too much for the
    pages even at the smallest size, there are more of them; where too little, fewer.
    """
    pages, size = _choose(guess, paper, count, wish)
    best: tuple[_Made, Fitted] | None = None
    for _ in range(_LAYOUTS if wish.pages else _UNASKED):
        parts = lay(size)
        if not wish.pages:
            pages = _fewest(_blocks(parts, size, paper), paper, count) or pages
        power = _power(guess, size)
        foreseen = _foresee(parts, size, power, paper, count, pages, wish)
        while foreseen is None and best is None:
            pages += 1
            foreseen = _foresee(parts, size, power, paper, count, pages, wish)
        made = _divide(_blocks(parts, size, paper), paper, count, pages, size, wish)
        if made and (best is None or made.flaw < best[0].flaw):
            best = made, _fitted(made, parts, size, paper, pages)
        if foreseen is None or abs(foreseen[1] - size) < 0.002 * size:
            break
        good = made and (made.worst <= _GOOD or made.flaw <= foreseen[0].flaw)
        if good or (made and pages >= _MANY):
            break
        size = foreseen[1]
    while best is None:
        pages += 1
        made = _divide(_blocks(parts, size, paper), paper, count, pages, size, wish)
        if made:
            best = made, _fitted(made, parts, size, paper, pages)
    return best[1]


def places(fitted: Fitted, paper: Paper, count: int) -> Iterator[Place]:
    """Tell where each part goes, in reading order; extras that found no room go nowhere."""
    pitch = (paper.measure(count) + paper.gutter) * PX
    most = _MOST * _root(fitted.size)
    for number, column in enumerate(fitted.columns):
        page, across = divmod(number, count)
        top = paper.top + (0 if page else paper.masthead)
        x = paper.side * PX + across * pitch
        if (again := fitted.parts[column.first].again) is not None:
            yield Place(again, page, x, top * PX)
        kept = [i for i in range(column.first, column.end) if i not in column.without]
        blocks = [fitted.blocks[i] for i in kept]
        tops, grown = spread(blocks, Column(0, len(kept), column.leftover), most, 2 * most)
        for i, down, more in zip(kept, tops, grown, strict=True):
            yield Place(fitted.parts[i], page, x, (top + down) * PX, more * PX)


def _choose(guess: Guess, paper: Paper, count: int, wish: Wish) -> tuple[int, float]:
    """Guess how many pages there will be, and at what size they fill."""

    def needed(high: float) -> int:
        return max(1, ceil((high / AIM / count + paper.masthead) / paper.depth - 1e-9))

    comfortable = wish.comfortable
    pages = wish.pages or needed(guess(comfortable)[0])
    # More pages than the largest type can fill would stay empty; fewer than the
    # smallest needs can't hold it.
    pages = min(pages, needed(guess(wish.largest)[0]))
    pages = max(pages, needed(0.97 * guess(wish.smallest)[1]))
    area = AIM * paper.area(pages, count)
    size = _size_for(guess, area, wish)
    if size < comfortable:
        # Rather than read with effort, go without what is only an extra.
        least = _size_for(lambda at: guess(at)[::-1], area, wish)
        size = min(comfortable, least)
    return pages, size


def _size_for(guess: Guess, height: float, wish: Wish) -> float:
    low, high = wish.smallest, wish.largest
    if guess(high)[0] <= height:
        return high
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if guess(middle)[0] <= height else (low, middle)
    return low


def _power(guess: Guess, size: float) -> float:
    """Tell how heights of type grow with the size: as its square, but for formulas."""
    more, less = guess(size * 1.04)[1], guess(size / 1.04)[1]
    if not more or not less:
        return 1.0
    return min(2.2, max(1.0, log(more / less) / (2 * log(1.04))))


def _foresee(  # noqa: PLR0913, PLR0917  # a layout, and all that it has to fit into
    parts: Sequence[Part],
    size: float,
    power: float,
    paper: Paper,
    count: int,
    pages: int,
    wish: Wish,
) -> tuple[_Made, float] | None:
    """Find the size near one laid out that would fill pages best; None if all are too large.

    One that can't be read with ease is only taken where no other will do.
    """
    found: tuple[_Made, float] | None = None
    least = min(1.0, wish.smallest / size)
    factors = sorted({f for f in _NEAR if wish.smallest <= f * size <= wish.largest} | {least})
    for factor in reversed(factors):
        if found and factor * size < wish.comfortable:
            break
        scale = factor**power
        if factor != 1:
            scale *= _CAUTION
        blocks = _blocks(parts, size * factor, paper, scale)
        made = _divide(blocks, paper, count, pages, size * factor, wish)
        if made and (found is None or made.flaw < found[0].flaw):
            found = made, size * factor
        if pages >= _MANY and made:
            break
    return found


def _fewest(blocks: Sequence[Block], paper: Paper, count: int) -> int:
    """Tell how many pages hold all at the size laid out, however full; 0 if nothing does."""
    joined, _ = whole(blocks)
    columns = first = 0
    while first < len(joined):
        end = fullest(joined, first, paper.depth - (paper.masthead if columns < count else 0))
        if end == first:
            return 0
        first, columns = end, columns + 1
    return -(-columns // count) or 1


def _divide(  # noqa: PLR0913, PLR0917  # what to divide, and all that it has to fit into
    blocks: Sequence[Block], paper: Paper, count: int, pages: int, size: float, wish: Wish
) -> _Made | None:
    """Divide blocks into the columns of so many pages, as evenly as can be."""
    joined, ends = whole(blocks)
    most = _MOST * _root(size)

    def at(share: float) -> _Made | None:
        room = paper.capacities(pages, count, share)
        columns = divide(joined, room, ragged=wish.ragged)
        if columns is None:
            return None
        full = columns[:-1] if wish.ragged else columns
        each = [unfilled(joined, [column], most, 2 * most) for column in full]
        holes = sum(each)
        unused = 0 if wish.ragged else pages * count - len(columns)
        if pages > 1:
            # Several pages are to be full: what all leave empty alike is a hole as well.
            holes += unused * paper.depth * share
            holes += pages * count * paper.depth * max(0.0, _SHARES[-1] - share)
        worst = max(each, default=0.0) if holes <= sum(each) else inf
        return _Made(columns, share, holes, badness(joined, full), worst)

    shares = _SHARES[:1] if pages >= _MANY else _SHARES
    made = [found for found in map(at, shares) if found]
    if not made:
        return None
    if not wish.ragged and (len(made[0].columns) < pages * count or pages == 1):
        made += _short(at, pages)
    best = min(made, key=lambda found: found.flaw)
    return replace(best, columns=tuple(_in_blocks(best.columns, ends, blocks)))


def _short(at: Callable[[float], _Made | None], pages: int) -> list[_Made]:
    """Where there isn't enough to fill the pages, let all columns end higher, but alike."""
    if pages >= _MANY:
        return []
    low, high = 0.0, 1.0
    while high - low > _STEP:
        middle = (low + high) / 2
        low, high = (middle, high) if at(middle) is None else (low, middle)
    shares = [high + (1 - high) * step / 8 for step in range(8)]
    return [found for found in map(at, shares) if found]


def _in_blocks(
    columns: Sequence[Column], ends: Sequence[int], blocks: Sequence[Block]
) -> Iterator[Column]:
    """Say of columns of joined blocks what they hold of the blocks themselves."""
    starts = [0, *ends]
    for column in columns:
        out = (i for j in column.without for i in range(starts[j], starts[j + 1]))
        without = tuple(i for i in out if blocks[i].extra)
        yield Column(starts[column.first], ends[column.end - 1], column.leftover, without)


def _fitted(made: _Made, parts: Sequence[Part], size: float, paper: Paper, pages: int) -> Fitted:
    blocks = _blocks(parts, size, paper)
    return Fitted(size, parts, blocks, made.columns, pages, made.share * paper.depth)


def _blocks(parts: Sequence[Part], size: float, paper: Paper, scale: float = 1.0) -> list[Block]:
    """Describe parts in millimeters; every column can hold what must stay together.

    A part that is taller is said to be no more than that: it is placed all the same,
    and reported by who knows what it is. ``scale`` is what the height of type is
    multiplied by; pictures keep theirs.
    """
    blocks: list[Block] = []
    root, tallest = _root(size), paper.tallest
    kept = 0.0
    for part in parts:
        height = part.height / PX
        height = min(height if part.rigid else height * scale, tallest)
        gap = part.gap / PX * scale
        kept += height + gap
        if kept > tallest and blocks:
            blocks[-1] = replace(blocks[-1], keeps=False)
            kept = height
        if not part.keeps:
            kept = 0.0
        block = Block(
            height=height,
            gap=gap,
            stretch=part.stretch,
            keeps=part.keeps,
            tear=part.tear * (_TEAR * root) ** 2,
            again=part.again.height / PX if part.again else 0.0,
            # In gaps, like stretch: a part grows by all it may when a gap does.
            grow=part.grow / PX / (_MOST * root),
            extra=height + gap if part.worth else 0.0,
            worth=part.worth * height * height,
        )
        blocks.append(block)
    return blocks


def _root(size: float) -> float:
    return size * 25.4 / 72
