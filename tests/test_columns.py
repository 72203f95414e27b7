"""Heights -> columns: never torn where it may not be, and never worse than the best there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notepress.columns import Block, Column, badness, divide, spread, unfilled, whole

_TEN = [Block(10, gap=2)] * 6


def _ends(columns: tuple[Column, ...] | None) -> list[int] | None:
    return None if columns is None else [column.end for column in columns]


def test_columns_are_filled_in_order() -> None:
    assert _ends(divide(_TEN, [34, 34])) == [3, 6]


def test_what_does_not_fit_is_not_squeezed() -> None:
    assert divide(_TEN, [34, 33]) is None


def test_space_is_shared_rather_than_left_to_the_last() -> None:
    assert _ends(divide([Block(10)] * 4, [30, 30])) == [2, 4]


def test_columns_may_differ_in_height() -> None:
    assert _ends(divide(_TEN, [22, 46])) == [2, 6]


def test_columns_at_the_end_may_stay_unused() -> None:
    assert _ends(divide([Block(10)], [20, 20, 20])) == [1]


def test_a_heading_stays_with_what_follows() -> None:
    blocks = [Block(10), Block(10, keeps=True), Block(10), Block(10)]

    assert _ends(divide(blocks, [20, 30])) == [1, 4]


def test_a_tear_is_avoided_where_it_costs_more_than_space() -> None:
    blocks = [Block(10), Block(10, tear=500), Block(10), Block(10)]

    assert _ends(divide(blocks, [20, 40])) == [2, 4]
    assert _ends(divide(blocks, [15, 40])) == [1, 4]


def test_what_goes_on_needs_room_for_saying_so() -> None:
    blocks = [Block(10), Block(10, again=5)]

    assert divide(blocks, [10, 14]) is None
    assert _ends(divide(blocks, [10, 15])) == [1, 2]


def test_an_extra_goes_where_there_is_no_room() -> None:
    blocks = [Block(10), Block(14, extra=4, worth=9), Block(10)]

    divided = divide(blocks, [30])

    assert divided == (Column(0, 3, 0, (1,)),)
    assert divide(blocks, [34]) == (Column(0, 3, 0),)


def test_of_extras_the_cheaper_goes() -> None:
    blocks = [Block(14, extra=4, worth=90), Block(14, extra=4, worth=9), Block(10)]

    divided = divide(blocks, [34])

    assert divided is not None
    assert divided[0].without == (1,)


def test_what_keeps_together_is_divided_as_one() -> None:
    blocks = [Block(3, keeps=True), Block(5, gap=1, keeps=True, grow=2), Block(4), Block(9, gap=2)]

    joined, ends = whole(blocks)

    assert [block.height for block in joined] == [13, 9]
    assert ends == [3, 4]
    assert joined[0].grow == 2 + 1 + 1


def test_a_block_may_grow_into_the_space_left() -> None:
    tops, grown = spread([Block(10, grow=3), Block(10, stretch=1)], Column(0, 2, 8), most=99)

    assert (tops, grown) == ([0, 18], [6, 0])


def test_gaps_take_more_where_nothing_else_can() -> None:
    blocks = [Block(10, grow=1), Block(10, stretch=1)]

    assert spread(blocks, Column(0, 2, 9), most=3, utmost=6) == ([0, 19], [3, 0])
    assert spread(blocks, Column(0, 2, 99), most=3, utmost=6) == ([0, 19], [3, 0])


def test_what_nothing_stretches_into_stays_unfilled() -> None:
    blocks = [Block(10), Block(10, stretch=1)]

    assert unfilled(blocks, [Column(0, 2, 8)], most=3) == 5
    assert unfilled(blocks, [Column(0, 2, 2)], most=3) == 0
    assert unfilled(blocks, [Column(0, 2, 8)], most=3, utmost=6) == 2


def test_a_ragged_end_leaves_its_space_to_the_last() -> None:
    blocks = [Block(10)] * 5

    assert _ends(divide(blocks, [30, 30])) in ([2, 5], [3, 5])
    assert _ends(divide(blocks, [40, 40], ragged=True)) == [4, 5]
    assert _ends(divide(blocks, [50, 50], ragged=True)) == [5]


def test_nothing_needs_no_column() -> None:
    assert divide([], [10]) == ()


def test_spread_ends_flush() -> None:
    blocks = [Block(10, gap=2), Block(10, gap=2, stretch=1), Block(10, gap=2, stretch=3)]

    assert spread(blocks, Column(0, 3, 8), most=99)[0] == [0, 14, 32]


def test_spread_goes_no_further_than_allowed() -> None:
    blocks = [Block(10), Block(10, gap=2)]

    assert spread(blocks, Column(0, 2, 50), most=3)[0] == [0, 15]


def test_spread_leaves_room_for_saying_what_goes_on() -> None:
    assert spread([Block(10, again=4)], Column(0, 1, 0), most=9)[0] == [4]


def _all_divisions(
    blocks: Sequence[Block], capacities: Sequence[float], first: int = 0
) -> Iterator[tuple[Column, ...]]:
    if first == len(blocks):
        yield ()
        return
    if not capacities:
        return
    for end in range(first + 1, len(blocks) + 1):
        inner = blocks[first + 1 : end]
        height = blocks[first].again + blocks[first].height
        height += sum(block.gap + block.height for block in inner)
        if height - sum(block.extra for block in blocks[first:end]) > capacities[0] + 1e-6:
            return
        if end < len(blocks) and blocks[end - 1].keeps:
            continue
        extras = [i for i in range(first, end) if blocks[i].extra]
        for chosen in product((False, True), repeat=len(extras)):
            out = tuple(i for i, gone in zip(extras, chosen, strict=True) if gone)
            left = capacities[0] - height + sum(blocks[i].extra for i in out)
            # What fits is not left out.
            if left < -1e-6 or (out and capacities[0] >= height - 1e-6):
                continue
            for rest in _all_divisions(blocks, capacities[1:], end):
                yield (Column(first, end, max(0, left), out), *rest)


_blocks = st.lists(
    st.builds(
        Block,
        height=st.integers(8, 14),
        gap=st.integers(0, 3),
        stretch=st.sampled_from([0.2, 1.0]),
        keeps=st.booleans(),
        tear=st.sampled_from([0, 40]),
        extra=st.sampled_from([0, 0, 3]),
        worth=st.sampled_from([5, 50]),
    ),
    min_size=1,
    max_size=9,
)


@given(_blocks, st.lists(st.integers(30, 44), min_size=1, max_size=4))
def test_no_division_is_better(blocks: list[Block], capacities: list[int]) -> None:
    # In so few and short columns, none is so empty that it is left out of account.
    found = divide(blocks, capacities)
    every = [
        division
        for division in _all_divisions(blocks, capacities)
        if all(column.leftover <= 0.4 * 30 for column in division)
    ]

    if found is None:
        assert not every
        return
    assert [found[0].first, found[-1].end] == [0, len(blocks)]
    assert all(one.end == other.first for one, other in pairwise(found))
    assert not any(blocks[column.end - 1].keeps for column in found[:-1])

    def cost(division: tuple[Column, ...]) -> float:
        unused = capacities[len(division) :]
        return badness(blocks, division) + sum(capacity * capacity for capacity in unused)

    assert cost(found) <= min(map(cost, every), default=float("inf")) + 1e-6


@pytest.mark.parametrize("count", [1, 7, 400])
def test_any_number_of_blocks_is_divided(count: int) -> None:
    blocks = [Block(7 + i % 5, gap=2, keeps=i % 9 == 0) for i in range(count)]
    columns = divide(blocks, [60] * count)

    assert columns is not None
    assert columns[-1].end == count
    assert all(column.leftover >= 0 for column in columns)
