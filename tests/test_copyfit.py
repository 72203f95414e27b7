"""HTML -> lines, roughly: right for what is simple, close for the rest."""

from __future__ import annotations

import pytest

from notepress import copyfit, maths


def test_han_are_an_em_each() -> None:
    assert copyfit.width("<p>一二三四</p>") == 4


def test_what_fits_is_one_line() -> None:
    assert copyfit.lines("<p>一二三四</p>", 8) == 1


def test_paragraphs_begin_new_lines() -> None:
    assert copyfit.lines("<p>一二</p><p>三四</p>", 8) == 2


def test_long_text_grows_with_its_length() -> None:
    short, long = (copyfit.lines(f"<p>{'字' * count}</p>", 20) for count in (100, 200))

    assert 5 < short < 7
    assert short + 4.5 < long < short + 6


def test_a_formula_counts_as_wide_as_it_is() -> None:
    formula = maths.draw(r"\sum_{i=1}^{n} x_i", display=True)

    assert copyfit.width(f"<p>一{formula.svg}</p>") == pytest.approx(1 + formula.width)
    assert copyfit.height(formula.svg) == pytest.approx(formula.height)


def test_marks_are_not_counted() -> None:
    assert copyfit.width("<p>一<b>二</b>&amp;</p>") == copyfit.width("<p>一二&amp;</p>")
