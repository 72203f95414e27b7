"""LaTeX -> SVG: how it is drawn, spoken and copied, and what is refused."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from notepress import maths

_SVG = "{http://www.w3.org/2000/svg}"
_ARG_MIN = r"\hat\theta = \operatorname*{arg\,min}_\theta \frac{1}{n}\sum_{i=1}^{n} \ell(x_i)"
_FINE = [
    r"a",
    _ARG_MIN,
    r"x < y \le z",
    r"\begin{aligned} a &= b \\ c &= d \end{aligned}",
    r"f(x) = \begin{cases} x & x > 0 \\ 0 & \text{otherwise} \end{cases}",
    r"\begin{bmatrix} a & b \\ c & d \end{bmatrix}",
    r"\sqrt[3]{\frac{a}{b}} \cdot \lVert \mathbf{w} \rVert_2^2",
]


@pytest.mark.parametrize("latex", _FINE)
def test_a_formula_is_a_drawing_without_ids_styles_or_metadata(latex: str) -> None:
    root = ET.fromstring(maths.draw(latex).svg)

    names = {node.tag.removeprefix(_SVG) for node in root.iter()}
    assert names <= {"svg", "title", "path", "text", "g", "line"}
    assert not any("id" in node.attrib for node in root.iter())


def test_size_and_baseline_are_in_em() -> None:
    formula = maths.draw(_ARG_MIN, display=True)

    root = ET.fromstring(formula.svg)
    assert root.attrib["width"] == f"{formula.width:g}em"
    assert re.search(r'style="vertical-align: -[\d.]+em"', formula.svg)
    assert formula.height > maths.draw(_ARG_MIN).height


def test_the_title_says_the_formula() -> None:
    root = ET.fromstring(maths.draw(r"\frac{a}{b}", language="en").svg)

    assert root.get("lang") == "en"
    assert root.findtext(f"{_SVG}title") == "a over b"


def test_chinese_and_english_say_it_otherwise() -> None:
    titles = {
        ET.fromstring(maths.draw(_ARG_MIN, language=language).svg).findtext(f"{_SVG}title")
        for language in ("zh", "en")
    }

    assert len(titles) == 2


def test_the_text_to_copy_has_no_combining_marks() -> None:
    root = ET.fromstring(maths.draw(r"\hat{y} < \tilde{x}").svg)

    layer = root.find(f"{_SVG}text")
    assert layer is not None
    assert layer.text == "y < x"
    assert layer.get("fill") == "transparent"


def test_glyphs_and_rules_become_one_path() -> None:
    root = ET.fromstring(maths.draw(r"\frac{a}{b}").svg)

    assert len(root.findall(f"{_SVG}path")) == 1


def test_other_paints_are_kept() -> None:
    root = ET.fromstring(maths.draw(r"a + \color{red}{b}").svg)

    assert {path.get("fill") for path in root.findall(f"{_SVG}path")} == {"currentColor", "red"}


def test_ink_lies_within_the_view() -> None:
    root = ET.fromstring(maths.draw(r"\left(\frac{a}{b}\right)", display=True).svg)
    left, top, width, height = map(float, root.attrib["viewBox"].split())

    numbers = [float(n) for n in re.findall(r"-?\d+", root.findall(f"{_SVG}path")[0].attrib["d"])]
    assert all(left - 60 <= x <= left + width + 60 for x in numbers[::2])
    assert all(top - 60 <= y <= top + height + 60 for y in numbers[1::2])


@pytest.mark.parametrize(
    ("latex", "column", "reason"),
    [
        (r"\frac{a", 6, "without a matching"),
        (r"x + \foo", 5, r"unsupported command: \foo"),
        (r"\text{中}", 1, "中"),
    ],
)
def test_what_cannot_be_set_is_refused_with_its_place(latex: str, column: int, reason: str) -> None:
    with pytest.raises(maths.UnsetError, match=re.escape(reason)) as caught:
        maths.draw(latex)

    assert caught.value.column == column


@pytest.mark.parametrize("latex", _FINE)
def test_lint_passes_what_both_engines_set(latex: str) -> None:
    assert maths.lint(latex) is None


@pytest.mark.parametrize(
    ("latex", "reason"),
    [
        (r"\bm{x} + 1", r"MathJax doesn't know \bm"),
        (r"\argmin_x f(x)", r"MathJax doesn't know \argmin"),
        (r"x & y", "MathJax: "),
        (r"\frac{a", "column 6: "),
    ],
)
def test_lint_says_which_engine_minds(latex: str, reason: str) -> None:
    said = maths.lint(latex)

    assert said is not None
    assert said.startswith(reason)


def test_red_is_no_error() -> None:
    assert maths.lint(r"\color{red}{x}") is None
