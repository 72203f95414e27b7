"""Heights of blocks -> columns that hold them in reading order and end flush.

A sheet reads down its columns. Which block begins a column is chosen for all columns
at once, as a good typesetter chooses line ends for a paragraph: so that the space left
over is small everywhere, rather than nothing here and a hole there. What is left is
then spread between the blocks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
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


@dataclass(frozen=True, slots=True)
class Block:
    """Something that is never torn: ``gap`` is the space above it, save at a column's head.

    ``stretch`` says how much of a column's spare space may go into that gap, compared
    with the others; a block that ``keeps`` stands in one column with the next. ``tear``
    is what it costs to begin a column with it, in squared units of height, and ``again``
    the room that a line takes which then says what is continued.
    """

    height: float
    gap: float = 0.0
    stretch: float = 1.0
    keeps: bool = False
    tear: float = 0.0
    again: float = 0.0


@dataclass(frozen=True, slots=True)
class Column:
    """The blocks from ``first`` up to, not including, ``end``, and the space they leave."""

    first: int
    end: int
    leftover: float


@dataclass(frozen=True, slots=True)
class _Step:
    """The cheapest way to have so many blocks set by the end of a column."""

    cost: float
    columns: _Step | None = None
    column: Column | None = None


def divide(blocks: Sequence[Block], capacities: Sequence[float]) -> tuple[Column, ...] | None:
    """Fill columns of these heights, leaving the least squared space; None if too few.

    Columns at the end may stay unused. In a long book, divisions that run far ahead of
    an even pace or behind it are not followed.
    """
    if len(capacities) <= _MANY:
        return _best(blocks, capacities, pace=inf)
    fullest = _fullest(blocks, capacities)
    return fullest and (_best(blocks, capacities, pace=_NEAR) or fullest)


def _fullest(blocks: Sequence[Block], capacities: Sequence[float]) -> tuple[Column, ...] | None:
    """Fill each column as far as it goes: no fewer will do."""
    rule = _Rule.of(blocks)
    columns: list[Column] = []
    first = 0
    for capacity in capacities:
        for end, leftover in islice(rule.ends(first, capacity), 1):
            columns.append(Column(first, end, leftover))
            first = end
    return tuple(columns) if first == len(blocks) else None


def _best(
    blocks: Sequence[Block], capacities: Sequence[float], pace: float
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
            for end, leftover in rule.ends(first, capacity):
                if rule.beneath[end] > room[number + 1] + _HAIR:
                    break
                if end < count and abs(rule.tops[end] - even) > far:
                    continue
                cost = step.cost + rule.cost(first, end, leftover)
                best = following.get(end)
                if best is None or cost < best.cost:
                    following[end] = _Step(cost, step, Column(first, end, leftover))
        done = following.pop(count, None)
        if done and (finished is None or done.cost < finished.cost):
            finished = done
        reached = following
    return None if finished is None else _trace(finished)


def spread(blocks: Sequence[Block], column: Column, most: float) -> list[float]:
    """Give each block's distance from the column's head, the leftover spread over the gaps.

    No gap of stretch 1 grows by more than ``most``: beyond it, a short column looks
    better than a torn one.
    """
    inner = range(column.first + 1, column.end)
    give = sum(blocks[i].stretch for i in inner)
    share = min(most, column.leftover / give) if give else 0.0
    tops, top = [], blocks[column.first].again
    for i in range(column.first, column.end):
        if i > column.first:
            top += blocks[i].gap + share * blocks[i].stretch
        tops.append(top)
        top += blocks[i].height
    return tops


def badness(blocks: Sequence[Block], columns: Sequence[Column]) -> float:
    """Tell how torn and how holed a division is: what ``divide`` makes least."""
    rule = _Rule.of(blocks)
    return sum(rule.cost(c.first, c.end, c.leftover) for c in columns)


@dataclass(frozen=True, slots=True)
class _Rule:
    """Blocks as running sums, so that any column is measured in one step."""

    blocks: Sequence[Block]
    tops: Sequence[float]
    gives: Sequence[float]
    beneath: Sequence[float]

    @classmethod
    def of(cls, blocks: Sequence[Block]) -> _Rule:
        tops = list(accumulate((b.gap + b.height for b in blocks), initial=0.0))
        gives = list(accumulate((b.stretch for b in blocks), initial=0.0))
        beneath = list(accumulate((b.height for b in reversed(blocks)), initial=0.0))[::-1]
        return cls(blocks, tops, gives, beneath)

    def ends(self, first: int, capacity: float) -> Iterator[tuple[int, float]]:
        """Give the ends of a column that begins with ``first``, and what they leave: fullest first.

        Very empty columns come only where nothing fuller is allowed.
        """
        if first == len(self.blocks):
            return
        head = self.blocks[first]
        foot = capacity - head.again + self.tops[first] + head.gap
        found = False
        for end in range(bisect_right(self.tops, foot + _HAIR) - 1, first, -1):
            leftover = max(0.0, foot - self.tops[end])
            if found and leftover > _HOLE * capacity:
                return
            if end == len(self.blocks) or not self.blocks[end - 1].keeps:
                found = True
                yield end, leftover

    def cost(self, first: int, end: int, leftover: float) -> float:
        """Weigh a column: its space if spread over its gaps, and what it tears."""
        give = max(self.gives[end] - self.gives[first + 1], _NO_GAP)
        return leftover * leftover / give + self.blocks[first].tear


def _trace(step: _Step) -> tuple[Column, ...]:
    columns: list[Column] = []
    current: _Step | None = step
    while current is not None:
        if current.column is not None:
            columns.append(current.column)
        current = current.columns
    return tuple(reversed(columns))
