"""Heights of blocks -> columns that hold them in reading order and end flush.

A sheet reads down its columns. Which block begins a column is chosen for all columns
at once, as a good typesetter chooses line ends for a paragraph: so that the space left
over is small everywhere, rather than nothing here and a hole there. With that goes what
can be left out, a figure that is only an extra, where a column holds all else. What is
left is then spread between the blocks, and into those that may grow.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, compress, islice, product
from math import inf
from typing import Final

# A column of one block has no gap to stretch; its hole shows as much as this share of one.
_NO_GAP: Final = 0.25

# Heights add up in floating point: a column may be over-full by less than a hair.
_HAIR: Final = 1e-6

# A column may leave this share of itself empty, if others gain by it.
_HOLE: Final = 0.4

# Where columns are many, how far from an even pace a division may run, in columns.
_MANY: Final = 48
_NEAR: Final = 0.5

# In a column with more extras than this, those beyond are kept, or else all left out.
_EXTRAS: Final = 8


@dataclass(frozen=True, slots=True)
class Block:
    """Something that is never torn: ``gap`` is the space above it, save at a column's head.

    ``stretch`` says how much of a column's spare space may go into that gap, compared
    with the others, and ``grow`` how much the block itself may take up; a block that
    ``keeps`` stands in one column with the next. ``tear`` is what it costs to begin a
    column with it, in squared units of height, and ``again`` the room that a line takes
    which then says what is continued. Of its height, ``extra`` may be left out, which
    costs ``worth``.
    """

    height: float
    gap: float = 0.0
    stretch: float = 1.0
    keeps: bool = False
    tear: float = 0.0
    again: float = 0.0
    grow: float = 0.0
    extra: float = 0.0
    worth: float = 0.0


@dataclass(frozen=True, slots=True)
class Column:
    """The blocks from ``first`` up to, not including, ``end``, and the space they leave.

    ``without`` are those of them whose extra is left out.
    """

    first: int
    end: int
    leftover: float
    without: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Step:
    """The cheapest way to have so many blocks set by the end of a column."""

    cost: float
    columns: _Step | None = None
    column: Column | None = None


def divide(
    blocks: Sequence[Block], capacities: Sequence[float], *, ragged: bool = False
) -> tuple[Column, ...] | None:
    """Fill columns of these heights, leaving the least squared space; None if too few.

    Where it may be ``ragged``, the last column ends where it likes, as a chapter does.

    Columns at the end may stay unused, if need be. In a long book, divisions that run far ahead of
    an even pace or behind it are not followed.
    """
    if len(capacities) <= _MANY:
        return _best(blocks, capacities, pace=inf, ragged=ragged)
    fullest = _fullest(blocks, capacities)
    return fullest and (_best(blocks, capacities, pace=_NEAR, ragged=ragged) or fullest)


def fullest(blocks: Sequence[Block], first: int, capacity: float) -> int:
    """Tell where the fullest column ends that begins with a block, all extras in it."""
    height, end, fits = blocks[first].again - blocks[first].gap, first, first
    while end < len(blocks):
        height += blocks[end].gap + blocks[end].height
        if height > capacity + _HAIR:
            break
        end += 1
        if end == len(blocks) or not blocks[end - 1].keeps:
            fits = end
    return fits


def _fullest(blocks: Sequence[Block], capacities: Sequence[float]) -> tuple[Column, ...] | None:
    """Fill each column as far as it goes: no fewer will do."""
    rule = _Rule.of(blocks)
    columns: list[Column] = []
    first = 0
    for capacity in capacities:
        for column in islice(rule.columns(first, capacity), 1):
            columns.append(column)
            first = column.end
    return tuple(columns) if first == len(blocks) else None


def _best(
    blocks: Sequence[Block], capacities: Sequence[float], pace: float, *, ragged: bool
) -> tuple[Column, ...] | None:
    rule = _Rule.of(blocks)
    count, total = len(blocks), rule.tops[-1]
    room = list(accumulate(reversed(capacities), initial=0.0))[::-1]
    reached = {0: _Step(0.0)}
    finished: _Step | None = None if blocks else reached[0]
    for number, capacity in enumerate(capacities):
        even, far = total * (1 - room[number + 1] / room[0]), pace * capacity
        following: dict[int, _Step] = {}
        for first, step in reached.items():
            for column in rule.columns(first, capacity):
                end = column.end
                if rule.beneath[end] > room[number + 1] + _HAIR:
                    break
                if end < count and abs(rule.tops[end] - even) > far:
                    continue
                ends = ragged and end == count
                cost = step.cost + rule.cost(replace(column, leftover=0.0) if ends else column)
                best = following.get(end)
                if best is None or cost < best.cost:
                    following[end] = _Step(cost, step, column)
        done = following.pop(count, None)
        if done:
            unused = 0.0 if ragged else sum(each * each for each in capacities[number + 1 :])
            done = replace(done, cost=done.cost + unused)
            if finished is None or done.cost < finished.cost:
                finished = done
        reached = following
    return None if finished is None else _trace(finished)


def spread(
    blocks: Sequence[Block], column: Column, most: float, utmost: float = 0.0
) -> tuple[list[float], list[float]]:
    """Give each block's distance from the column's head and by what it grows.

    The leftover is shared among all that may stretch, by the same measure for each: no
    gap of stretch 1 takes more than ``most``. What that leaves goes into the gaps
    alone, up to ``utmost``: beyond it, a short column looks better than a torn one.
    """
    held = blocks[column.first : column.end]
    give, gaps = _give(held), sum(block.stretch for block in held[1:])
    share = min(most, column.leftover / give) if give else 0.0
    wider = share
    if gaps and share == most:
        rest = (column.leftover - share * give) / gaps
        wider += min(max(0.0, utmost - most), rest)
    tops, grown, top = [], [], held[0].again
    for place, block in enumerate(held):
        if place:
            top += block.gap + wider * block.stretch
        tops.append(top)
        grown.append(share * block.grow)
        top += block.height + grown[-1]
    return tops, grown


def unfilled(
    blocks: Sequence[Block], columns: Sequence[Column], most: float, utmost: float = 0.0
) -> float:
    """Add up the space left at the feet of columns when all is stretched, as by ``spread``."""
    return sum(_hole(blocks[c.first : c.end], c.leftover, most, utmost) for c in columns)


def _hole(blocks: Sequence[Block], leftover: float, most: float, utmost: float) -> float:
    wider = max(0.0, utmost - most) * sum(block.stretch for block in blocks[1:])
    return max(0.0, leftover - most * _give(blocks) - wider)


def _give(blocks: Sequence[Block]) -> float:
    return sum(b.stretch for b in blocks[1:]) + sum(b.grow for b in blocks)


def whole(blocks: Sequence[Block]) -> tuple[list[Block], list[int]]:
    """Join blocks that keep together into one each; also tell where each ends.

    What can't be parted needn't be tried: a division of these is one of the blocks.
    """
    joined: list[Block] = []
    ends: list[int] = []
    run: list[Block] = []
    for place, block in enumerate(blocks, start=1):
        run.append(block)
        if block.keeps and place < len(blocks):
            continue
        first, rest = run[0], run[1:]
        joined.append(
            Block(
                height=sum(b.height for b in run) + sum(b.gap for b in rest),
                gap=first.gap,
                stretch=first.stretch,
                tear=first.tear,
                again=first.again,
                # Its inner gaps stretch along, whether a column begins with it or not.
                grow=sum(b.grow for b in run) + sum(b.stretch for b in rest),
                extra=sum(b.extra for b in run),
                worth=sum(b.worth for b in run),
            )
        )
        ends.append(place)
        run = []
    return joined, ends


def badness(blocks: Sequence[Block], columns: Sequence[Column]) -> float:
    """Tell how torn and how holed a division is: what ``divide`` makes least."""
    rule = _Rule.of(blocks)
    return sum(map(rule.cost, columns))


@dataclass(frozen=True, slots=True)
class _Rule:
    """Blocks as running sums, so that any column is measured in one step.

    ``tops`` are those of blocks without their extras; ``beneath`` is what must still
    find room below.
    """

    blocks: Sequence[Block]
    tops: Sequence[float]
    gives: Sequence[float]
    grows: Sequence[float]
    extras: Sequence[float]
    beneath: Sequence[float]

    @classmethod
    def of(cls, blocks: Sequence[Block]) -> _Rule:
        heights = [b.height - b.extra for b in blocks]
        gaps = [b.gap + height for b, height in zip(blocks, heights, strict=True)]
        return cls(
            blocks=blocks,
            tops=list(accumulate(gaps, initial=0.0)),
            gives=list(accumulate((b.stretch for b in blocks), initial=0.0)),
            grows=list(accumulate((b.grow for b in blocks), initial=0.0)),
            extras=list(accumulate((b.extra for b in blocks), initial=0.0)),
            beneath=list(accumulate(reversed(heights), initial=0.0))[::-1],
        )

    def columns(self, first: int, capacity: float) -> Iterator[Column]:
        """Give the columns that begin with ``first``: fullest first.

        Very empty ones come only where nothing fuller is allowed.
        """
        if first == len(self.blocks):
            return
        head = self.blocks[first]
        foot = capacity - head.again + self.tops[first] + head.gap
        found = False
        for end in range(bisect_right(self.tops, foot + _HAIR) - 1, first, -1):
            room = max(0.0, foot - self.tops[end])
            if found and room - self.extras[end] + self.extras[first] > _HOLE * capacity:
                return
            if end == len(self.blocks) or not self.blocks[end - 1].keeps:
                found = True
                yield self._with_extras(first, end, room)

    def _with_extras(self, first: int, end: int, room: float) -> Column:
        """Keep the extras that fill the room best, but for what those left out are worth."""
        leftover = room - self.extras[end] + self.extras[first]
        if leftover >= -_HAIR:
            # What is left out to fill no better costs for nothing.
            return Column(first, end, max(0.0, leftover))
        places = [i for i in range(first, end) if self.blocks[i].extra]
        free, bound = places[:_EXTRAS], places[_EXTRAS:]
        best: Column | None = None
        for chosen in product((False, True), repeat=len(free)):
            out = (*compress(free, chosen), *bound)
            left = leftover + sum(self.blocks[i].extra for i in out)
            if left < -_HAIR:
                continue
            column = Column(first, end, max(0.0, left), out)
            if best is None or self.cost(column) < self.cost(best):
                best = column
        return best or Column(first, end, room, tuple(places))

    def cost(self, column: Column) -> float:
        """Weigh a column: its space if spread over all that gives, what it tears and omits."""
        first, end, leftover = column.first, column.end, column.leftover
        give = self.gives[end] - self.gives[first + 1] + self.grows[end] - self.grows[first]
        lost = sum(self.blocks[i].worth for i in column.without)
        return leftover * leftover / max(give, _NO_GAP) + self.blocks[first].tear + lost


def _trace(step: _Step) -> tuple[Column, ...]:
    columns: list[Column] = []
    current: _Step | None = step
    while current is not None:
        if current.column is not None:
            columns.append(current.column)
        current = current.columns
    return tuple(reversed(columns))
