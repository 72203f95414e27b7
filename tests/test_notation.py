"""Cards -> the table of notation: each symbol once, with every meaning and where it holds."""

from __future__ import annotations

import pytest

from notepress.model import Bilingual, Card, Symbol
from notepress.notation import Meaning, Row, table


def _card(*symbols: tuple[str, str, str]) -> Card:
    return Card(id="x", topic="t", symbols=tuple(Symbol(*symbol) for symbol in symbols))


def test_a_meaning_shared_by_cards_stands_once() -> None:
    cards = [_card(("n", "样本数", "examples")), _card(), _card(("n", "样本数", "examples"))]

    assert table(cards) == (Row("n", (Meaning(Bilingual("样本数", "examples"), (1, 3)),)),)


def test_a_letter_may_mean_several_things() -> None:
    rows = table([_card(("n", "样本数", "examples")), _card(("n", "维数", "dimensions"))])

    assert [[m.text.zh for m in row.meanings] for row in rows] == [["样本数", "维数"]]


@pytest.mark.parametrize(
    "order",
    [
        ["a", "b", "\\alpha", "\\beta"],
        ["x", "\\mathbf{x}", "\\mathbf{x}_i", "\\hat{y}"],
        ["w", "W", "\\sigma", "\\sigma_{\\operatorname{He}}^2", "\\Omega"],
        ["\\mathbb{E}", "\\operatorname{TP}", "\\eta", "\\ell"],
    ],
)
def test_rows_are_sorted_by_their_letter(order: list[str]) -> None:
    rows = table([_card(*((tex, tex, tex) for tex in reversed(order)))])

    assert [row.tex for row in rows] == order


def test_nothing_gives_no_table() -> None:
    assert table([_card()]) == ()
