"""A printed document -> what is wrong with it: each fault is planted, and found where it is."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO
from typing import Final

import pytest
from PIL import Image

from notepress import imposition, maths, preflight
from notepress.imposition import Typesetter
from notepress.model import Bilingual, Finding, Level, Span
from notepress.preflight import Plan, Wanted
from notepress.renderers import sheet
from tests import sheet_cards
from tests.sheet_cards import STAMP, assets, edition, only, with_cards

pytestmark = pytest.mark.typeset

_PLACE: Final = Span("content/notes.md", 7)
_STYLE: Final = """
@font-face { font-family: sheet-zh; src: url(asset:NotoSansSC-Regular.otf) }
@font-face { font-family: sheet-latin; src: url(asset:SourceSans3-Regular.ttf) }
@font-face { font-family: sheet-maths; src: url(asset:STIXTwoMath-Regular.ttf) }
@page { size: 100mm 120mm; margin: 10mm; @bottom-left { content: "foot"; font: 7pt sheet-latin } }
html { font: 9pt sheet-latin, sheet-zh, sheet-maths; color: #111 }
body, p, article { margin: 0 }
.low { display: block; position: relative; top: 46mm; width: 55mm }
.leaf { break-after: page; height: 1mm }
"""
_PAGE: Final = '<html lang="zh-CN"><title>t</title><body>{}</body></html>'
_ENTRY: Final = '<article data-entry="1">{}</article>'


def _dots(width: int) -> bytes:
    written = BytesIO()
    Image.new("RGB", (width, width), "#456").save(written, "PNG")
    return written.getvalue()


_FILES: Final = {"fine.png": _dots(800), "coarse.png": _dots(60)}


def _check(body: str, style: str = "", *, says: str = "", pages: int = 1) -> tuple[Finding, ...]:
    """Set one entry and look at it; ``says`` is what it should hold."""
    typesetter = Typesetter(_STYLE + style, {**sheet_cards.cuts(), **_FILES})
    html = _PAGE.format(_ENTRY.format(body))
    document = imposition.impose(typesetter.lay(html), [])
    typesetter.write(document, html)
    plan = Plan(
        pages, {1: Wanted(_PLACE, (says,))}, styles=(("templates/sheet/sheet.css", _STYLE + style),)
    )
    return preflight.check(document, typesetter.written, typesetter.complaints, plan)


def _only(findings: tuple[Finding, ...], code: str) -> Finding:
    assert [finding.code for finding in findings] == [code], findings
    (finding,) = findings
    assert finding.hint
    return finding


def test_a_good_page_is_passed() -> None:
    formula = maths.draw(r"\frac{1}{n}\sum_i x_i", display=True).svg
    body = (
        f'<h2 id="top">标题</h2><p>正文 with <b>words</b>，{formula} 与 '
        '<a href="#top">链接</a>。</p>'
        '<ol><li>one</li><li>two</li></ol><p lang="en">See <a href="https://d2l.ai">d2l</a>.</p>'
        '<img src="asset:fine.png" alt="x" style="width: 50mm">'
    )

    says = f"<p>正文 with <b>words</b>，{formula} 与 链接。</p><ol><li>one</li><li>two</li></ol>"
    assert _check(body, says=says) == ()


def test_a_sign_that_no_font_has_is_found_at_its_entry() -> None:
    finding = _only(
        _check("<p>看 \U0001f4a9 这里</p>", "html { font-family: sheet-latin, sheet-zh }"),
        "SHEET-GLYPH",
    )

    assert finding.span == _PLACE


def test_a_font_of_the_system_is_found() -> None:
    style = "p { font-family: monospace }"
    finding = _only(_check("<p>plain words</p>", style), "SHEET-FONT")

    assert finding.span == _PLACE
    assert "plain" in finding.message


@pytest.mark.parametrize(
    "body",
    [
        f"<p>{'x' * 90}</p>",
        '<p style="margin-left: -9mm">begins too far to the left</p>',
        '<p style="height: 20mm; position: relative; top: 97.5mm">too far down</p>',
        '<img src="asset:fine.png" alt="x" style="width: 85mm">',
        '<img src="asset:fine.png" alt="x" class="low">',
        f'<p style="width: 20mm">{"y" * 30}</p>',
    ],
)
def test_what_leaves_the_page_or_its_column_is_found(body: str) -> None:
    finding = _only(_check(body), "SHEET-OVERFLOW")
    assert finding.span == _PLACE
    # A stranger's formula must not cost them the whole build.
    assert finding.level is Level.WARNING


@pytest.mark.parametrize(
    "body",
    [
        '<p>one line</p><p style="margin-top: -4mm">and another</p>',
        '<p>a line</p><img src="asset:fine.png" alt="x" style="width: 50mm; margin-top: -3mm">',
    ],
)
def test_two_things_in_one_place_are_found(body: str) -> None:
    assert _only(_check(body), "SHEET-OVERLAP").span == _PLACE


def test_what_is_cut_off_covers_nothing() -> None:
    style = """
    @page { @top-left { content: "many words in a running head"; width: 20mm; overflow: hidden;
                        font: 8pt sheet-latin; white-space: nowrap }
            @top-right { content: "and others beside it"; width: 60mm; font: 8pt sheet-latin } }"""

    assert _check("<p>x</p>", style) == ()


def test_lines_beside_a_float_and_in_columns_of_a_table_are_none_in_one_place() -> None:
    image = '<img src="asset:fine.png" alt="x" style="float: right; width: 30mm">'
    table = "<table><tr><th>a<th>b</tr><tr><td>1<td>2</tr></table>"

    assert _check(f"{image}<p>{'字' * 200}</p>{table}") == ()


def test_a_formula_that_is_cut_off_is_found() -> None:
    formula = maths.draw("+".join("abcdefghij" * 3)).svg
    style = ".box { overflow: hidden; width: 30mm } svg { max-width: none }"

    assert _only(_check(f'<p class="box">{formula}</p>', style), "SHEET-CLIPPED").span == _PLACE
    assert _only(_check(f"<p>{formula}</p>", "p { width: 30mm }"), "SHEET-CLIPPED").span == _PLACE


def test_a_formula_drawn_beyond_its_own_edges_is_found() -> None:
    formula = re.sub(r'viewBox="0 (\S+) \S+', r'viewBox="0 \1 900', maths.draw("a+b+c").svg)

    finding = _only(_check(f"<p>{formula}</p>"), "SHEET-CLIPPED")

    assert "beyond its own edges" in finding.message


def test_a_formula_that_is_shrunk_is_found() -> None:
    formula = maths.draw("+".join("abcdefghij" * 3)).svg

    finding = _only(
        _check(f"<p>{formula}</p>", "p { width: 40mm } svg { max-width: 100% }"), "SHEET-SMALL"
    )

    assert finding.level is Level.WARNING


def test_text_that_is_cut_off_is_found() -> None:
    style = "p { overflow: hidden; white-space: nowrap; width: 30mm }"

    assert _only(_check("<p>many words on one line alone</p>", style), "SHEET-CLIPPED")
    again = '<p data-again="1">many words on one line alone</p>'
    assert _check(again, style) == ()


def test_a_coarse_picture_is_found() -> None:
    finding = _only(_check('<img src="asset:coarse.png" alt="x" style="width: 20mm">'), "SHEET-DPI")

    assert finding.level is Level.WARNING
    assert "coarse.png has 76 pixels an inch; 200 take a width of 157" in finding.message


@pytest.mark.parametrize(
    ("style", "ratio"),
    [
        ("p { color: #999 }", "2.85:1"),
        ("p { background: #555 }", "2.53:1"),
        ("p { color: #0008 }", "4.48:1"),
        ("article { background: #333 } p { background: #0000 }", "1.49:1"),
    ],
)
def test_text_that_is_too_faint_is_found(style: str, ratio: str) -> None:
    finding = _only(_check("<p>faint words here</p>", style), "SHEET-CONTRAST")

    assert ratio in finding.message
    assert finding.span == _PLACE


def test_large_text_may_be_fainter() -> None:
    assert _check("<p>large</p>", "p { color: #888; font-size: 20pt }") == ()


def test_contrast_is_as_defined() -> None:
    assert preflight.contrast((0, 0, 0), (1, 1, 1)) == pytest.approx(21)
    assert preflight.contrast((1, 1, 1), (0x77 / 255,) * 3) == pytest.approx(4.48, abs=0.01)


def test_text_that_is_too_small_is_found() -> None:
    finding = _only(
        _check("<p>这里的文字实在太小了，没有人能读</p>", "p { font-size: 6pt }"), "SHEET-SMALL"
    )

    assert "6.0 points, below 6.8" in finding.message


@pytest.mark.parametrize("body", ["<b>7</b>", "<code>len(x)</code>"])
def test_marks_and_code_may_be_smaller(body: str) -> None:
    assert _check(f"<p>{body}</p>", "p { font-size: 5.5pt } code { font: inherit }") == ()


def test_what_the_engine_says_is_found_where_it_says() -> None:
    style = "p { no-such-property: 1 }"
    finding = _only(_check("<p>x</p>", style), "SHEET-WARNING")

    line = _STYLE.count("\n") + 1
    assert str(finding.span) == f"templates/sheet/sheet.css:{line}:5"


def test_text_that_is_absent_is_found() -> None:
    finding = _only(
        _check("<p>这里只有一半</p>", says="<p>这里只有一半，另一半不见了</p>"), "SHEET-LOST"
    )

    assert finding.span == _PLACE
    assert "这里只有一半，另一半不见了" in finding.message


def test_text_of_another_entry_is_no_text_of_this_one() -> None:
    body = '<p>one</p></article><article data-entry="2"><p>two</p>'

    assert _only(_check(body, says="<p>two</p>"), "SHEET-LOST")


def test_text_is_found_however_it_is_broken() -> None:
    text = "A hyphenated internationalization of “quotes” — k‑means &amp; more, 再加上“中文”。"

    assert _check(f'<p lang="en">{text}</p>', "p { hyphens: auto; width: 30mm }", says=text) == ()


def test_a_formula_that_is_absent_is_found() -> None:
    formula = maths.draw("x").svg

    finding = _only(_check("<p>so</p>", says=f"<p>so {formula}</p>"), "SHEET-LOST")

    assert "formula" in finding.message


@pytest.mark.parametrize("target", ["#nowhere", "javascript:alert(1)"])
def test_a_link_to_nowhere_is_found(target: str) -> None:
    assert _only(_check(f'<p><a href="{target}">x</a></p>'), "SHEET-LINK").span == _PLACE


def test_a_wrong_number_of_pages_is_found() -> None:
    finding = _only(_check("<p>x</p>", pages=2), "SHEET-COUNT")

    assert "has 1 pages; 2" in finding.message


def test_a_file_that_was_not_written_has_no_pages() -> None:
    typesetter = Typesetter(_STYLE, sheet_cards.cuts())
    document = imposition.impose(typesetter.lay(_PAGE.format("")), [])

    assert _only(preflight.check(document, None, (), Plan(1)), "SHEET-COUNT")


def test_every_sheet_is_looked_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is planted in the template is found by a build, at the card that shows it."""
    given = assets()
    style = given.templates["sheet.css"] + ".zh { color: #aaa }"
    made = sheet.render(
        edition(3), replace(given, templates={**given.templates, "sheet.css": style}), STAMP
    )

    assert {finding.code for finding in made.findings} == {"SHEET-CONTRAST"}
    assert {str(finding.span) for finding in made.findings} == {"content/notes.md:3:1"}


def test_an_entry_that_the_template_drops_is_found() -> None:
    given = assets()
    flow = given.templates["flow.html"].replace("{{ entry.question.zh }}", "")
    made = sheet.render(
        with_cards(only(question=Bilingual("独一无二的题目", "One question"))),
        replace(given, templates={**given.templates, "flow.html": flow}),
        STAMP,
    )

    finding = _only(made.findings, "SHEET-LOST")
    assert "独一无二的题目" in finding.message
    assert str(finding.span) == "content/notes.md:3:1"
