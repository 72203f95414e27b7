"""Drawings: those in the project are sound, and every fault that can be planted is found."""

from __future__ import annotations

import re
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from xml.parsers import expat

import pytest
import uharfbuzz as hb
from PIL import Image

from notepress import figures, fonts
from notepress.figures import LIGHT, NIGHT, Palette
from notepress.model import Bilingual, Finding, Level

DRAWN = Path(__file__).resolve().parents[1] / "images" / "drawn"
DRAWINGS = sorted(DRAWN.glob("*.svg"))
COLOR = re.compile(r"#[0-9a-f]{6}")


def face(package: str, path: str, characters: str, index: int = 0) -> bytes:
    """Cut a font to the characters that the tests draw."""
    # Found, not imported: the package of the maths font warns of itself when it is.
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    source = hb.Face((Path(spec.origin).parent / path).read_bytes(), index)
    order = hb.SubsetInput()
    if source.axis_infos:
        order.pin_axis_location(source, "wght", 400)
    order.unicode_set.update(map(ord, characters))
    order.flags = hb.SubsetFlags.DOWNGRADE_CFF2 | hb.SubsetFlags.NOTDEF_OUTLINE
    return bytes(order.subset(source).blob.data)


@pytest.fixture(scope="module")
def faces() -> dict[str, bytes]:
    held = "".join(map(chr, range(0x20, 0x7F))) + "“”√文字图层"
    held += "".join(path.read_text(encoding="utf-8") for path in DRAWINGS)
    letters = "".join(map(chr, (*range(0x1D434, 0x1D7CC), 0x210E)))
    return {
        "NotoSansSC-Regular.otf": face("manimgx_fonts_cjk", "NotoSansCJK-VF.otf.ttc", held, 2),
        "SourceSans3-Regular.ttf": face(
            "fontpkg_source_sans_3", "files/SourceSans3[wght].ttf", held
        ),
        "STIXTwoMath-Regular.ttf": face("ziamath", "fonts/STIXTwoMath-Regular.ttf", held + letters),
    }


def drawing(body: str, titles: str | None = None) -> str:
    both = '<title xml:lang="zh-CN">图</title><title xml:lang="en">A picture.</title>'
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" version="1.1" viewBox="0 0 320 120">\n'
        f"{both if titles is None else titles}\n"
        f"<style>{figures.style()}</style>\n"
        f"{body}\n</svg>\n"
    )


SOUND = drawing(
    '<rect class="tint" x="20" y="20" width="120" height="60"/>'
    '<text class="zh mid" x="80" y="45">图层 2</text>'
    '<text class="sym mid" x="80" y="65">x<tspan dy="3" font-size="8.5">k</tspan></text>'
)


def faults(svg: str | bytes, faces: dict[str, bytes], path: str = "a.svg") -> tuple[Finding, ...]:
    return (*figures.check(svg, path), *figures.proof(svg, path, faces))


def codes(svg: str | bytes, faces: dict[str, bytes]) -> list[str]:
    return [finding.code for finding in faults(svg, faces)]


def pixels(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data)).convert("RGBA")


# --- The project's own -----------------------------------------------------------------


def test_there_are_drawings():
    assert len(DRAWINGS) >= 12


@pytest.mark.parametrize("path", DRAWINGS, ids=lambda path: path.stem)
def test_each_drawing_is_sound(path, faces):
    assert faults(path.read_bytes(), faces) == ()


@pytest.mark.parametrize("path", DRAWINGS, ids=lambda path: path.stem)
def test_each_drawing_is_told_in_both_languages(path):
    told = figures.alt(path.read_bytes())
    assert re.search(r"[一-鿿].*。$", told.zh)
    assert re.fullmatch(r"[^一-鿿]+\.", told.en)


@pytest.mark.parametrize("path", DRAWINGS, ids=lambda path: path.stem)
def test_each_drawing_is_of_the_common_width(path):
    view = re.search(r'viewBox="([^"]+)"', path.read_text(encoding="utf-8"))
    assert view is not None
    left, top, width, height = map(float, view[1].split())
    assert (left, top, width) == (0, 0, 320)
    assert 120 <= height <= 300


@pytest.mark.parametrize("path", DRAWINGS, ids=lambda path: path.stem)
def test_by_night_no_color_of_the_day_is_left(path, faces):
    night = set(COLOR.findall(figures.outline(path.read_bytes(), NIGHT, faces)))
    assert night
    assert night <= {getattr(NIGHT, role) for role in Palette.__slots__}


def test_each_drawing_has_ink_on_both_sides_of_its_middle(faces):
    for path in DRAWINGS:
        seen = pixels(
            figures.raster(figures.outline(path.read_bytes(), LIGHT, faces), 160)
        ).getchannel("A")
        half = seen.width // 2
        assert seen.crop((0, 0, half, seen.height)).getbbox(), path.name
        assert seen.crop((half, 0, seen.width, seen.height)).getbbox(), path.name


def test_the_fonts_asked_for_are_among_the_cuts():
    assert {wanted.file for wanted in fonts.CUTS} >= figures.FACES


# --- Colors ----------------------------------------------------------------------------


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("palette", "ground"), [(LIGHT, "#ffffff"), (NIGHT, "#2c2c2c")])
def test_text_stands_out_from_every_ground_and_lines_from_the_page(palette, ground):
    for under in (ground, palette.paper, palette.soft, palette.tint, palette.tint2):
        assert contrast(palette.ink, under) >= 7
        assert contrast(palette.muted, under) >= 4.5
    for line in (palette.accent, palette.second):
        assert contrast(line, ground) >= 4.5
        assert contrast(line, palette.tint if line == palette.accent else palette.tint2) >= 3


# --- Outlines --------------------------------------------------------------------------


def test_the_words_of_a_drawing_are_found_in_both_languages(faces):
    svg = drawing(
        '<text class="zh mid" x="80" y="45">图层</text>'
        '<text class="en mid" x="80" y="56">layer 2</text>'
        '<text class="num" x="20" y="80">2</text><text class="sym" x="40" y="80">k = 5</text>'
        '<text class="zh" x="200" y="45">文字<tspan class="en" dx="5">text</tspan></text>'
        '<text class="en" x="20" y="110">−∞</text><text class="en" x="200" y="110">far off</text>'
    )
    found = figures.names(svg, faces)
    assert [(name.text.zh, name.text.en) for name in found] == [
        ("图层", "layer 2"),
        ("文字", "text"),
        ("", "far off"),
    ]
    layer = found[0]
    assert 0.18 < layer.left < 80 / 320 < layer.left + layer.width < 0.32
    assert 0.25 < layer.top < 45 / 120 < layer.top + layer.height < 0.5


def test_an_outline_needs_neither_font_nor_style_sheet(faces):
    drawn = figures.outline(SOUND, LIGHT, faces)
    assert not re.search(r"<text|<tspan|<style|class=|font|\bid=", drawn)
    assert drawn.count("<title>") == 1
    expat.ParserCreate().Parse(drawn, True)


def test_the_title_is_in_the_language_asked_for(faces):
    assert "<title>图</title>" in figures.outline(SOUND, LIGHT, faces)
    assert "<title>A picture.</title>" in figures.outline(SOUND, LIGHT, faces, "en")
    assert figures.alt(SOUND) == Bilingual("图", "A picture.")


def test_bytes_and_text_give_the_same(faces):
    assert figures.outline(SOUND.encode(), LIGHT, faces) == figures.outline(SOUND, LIGHT, faces)


def test_a_title_is_escaped(faces):
    titles = '<title xml:lang="zh-CN">甲 &lt; 乙</title><title xml:lang="en">a &lt; b</title>'
    drawn = figures.outline(drawing("", titles), LIGHT, faces, "en")
    assert "<title>a &lt; b</title>" in drawn


def ink(svg: str, faces: dict[str, bytes]) -> tuple[int, int, int, int]:
    """Where the drawing has ink, in tenths of a unit."""
    box = pixels(figures.raster(figures.outline(svg, LIGHT, faces), 1600)).getchannel("A").getbbox()
    assert box is not None
    left, top, right, bottom = box
    return left * 2, top * 2, right * 2, bottom * 2


@pytest.mark.parametrize(
    ("anchor", "left", "right"),
    [("", 1600, 1720), ("mid", 1540, 1660), ("end", 1480, 1600)],
)
def test_a_label_is_anchored_where_its_class_says(anchor, left, right, faces):
    box = ink(drawing(f'<text class="zh {anchor}" x="160" y="60">图</text>'), faces)
    assert left <= box[0] < box[2] <= right
    assert 480 <= box[1] < box[3] <= 620


def test_an_index_hangs_below_and_what_follows_it_too(faces):
    plain = ink(drawing('<text class="sym" x="20" y="60">xx</text>'), faces)
    hung = '<text class="sym" x="20" y="60">x<tspan dy="3" font-size="8.5">x</tspan></text>'
    lower = ink(drawing(hung), faces)
    assert lower[3] > plain[3] + 20
    assert lower[2] < plain[2]


def test_a_place_given_to_a_text_holds_for_a_letter_inside_a_part_of_it(faces):
    nested = '<text class="zh" x="90" y="60"><tspan class="en">x</tspan></text>'
    flat = '<text class="en" x="90" y="60">x</text>'
    assert ink(drawing(nested), faces) == ink(drawing(flat), faces)


def test_a_part_of_a_label_has_the_color_of_its_own_class(faces):
    label = '<text class="zh" x="90" y="60">图 <tspan class="en">map</tspan></text>'
    drawn = figures.outline(drawing(label), LIGHT, faces)
    assert LIGHT.ink in drawn
    assert LIGHT.muted in drawn


def test_a_label_is_not_stroked_by_the_group_that_it_stands_in(faces):
    label = '<text class="zh" x="90" y="60">图</text>'
    assert ink(drawing(f'<g class="ink">{label}</g>'), faces) == ink(drawing(label), faces)


def test_letters_of_symbols_are_those_of_formulas(faces):
    """An italic x stands in another face than an upright one, and h has a place of its own."""
    for letter in "xhθ":
        upright = figures.outline(
            drawing(f'<text class="num" x="9" y="60">{letter}</text>'), LIGHT, faces
        )
        slanted = figures.outline(
            drawing(f'<text class="sym" x="9" y="60">{letter}</text>'), LIGHT, faces
        )
        assert upright != slanted
        assert codes(drawing(f'<text class="sym" x="9" y="60">{letter}</text>'), faces) == []


def test_quotation_marks_are_full_width_among_han(faces):
    box = ink(drawing('<text class="zh" x="20" y="60">“图”</text>'), faces)
    assert box[2] - box[0] > 200


# --- Pixels ----------------------------------------------------------------------------


@pytest.mark.parametrize("palette", [LIGHT, NIGHT])
def test_a_raster_is_as_wide_as_asked_on_a_transparent_ground(palette, faces):
    seen = pixels(figures.raster(figures.outline(SOUND, palette, faces), 640))
    assert seen.size == (640, 240)
    assert seen.getpixel((4, 4)) == (0, 0, 0, 0)
    tint = tuple(int(palette.tint[i : i + 2], 16) for i in (1, 3, 5))
    assert seen.getpixel((60, 60)) == (*tint, 255)


def test_two_rasters_of_a_drawing_are_the_same_bytes(faces):
    drawn = figures.outline(SOUND, NIGHT, faces)
    assert figures.raster(drawn, 640) == figures.raster(drawn, 640)
    assert (
        Image.open(BytesIO(figures.raster(drawn, 640))).format == figures.RASTER_SUFFIX[1:].upper()
    )


# --- Faults ----------------------------------------------------------------------------


def test_a_sound_drawing_has_no_fault(faces):
    assert codes(SOUND, faces) == []


FAULTS = {
    "FIGURE-CLASS": '<rect class="inkk" x="1" y="1" width="9" height="9"/>',
    "FIGURE-COLOR": '<path d="M1 1 L9 9" stroke="#ff0000"/>',
    "FIGURE-FOREIGN": "<script>1</script>",
    "FIGURE-GLYPH": '<text class="zh" x="9" y="60">\U00020000</text>',
    "FIGURE-OUTSIDE": '<text class="zh" x="300" y="60">图层图层</text>',
    "FIGURE-SMALL": '<text x="9" y="60" font-size="7">map</text>',
    "FIGURE-OVERLAP": (
        '<text class="zh" x="9" y="60">图层</text><text class="en" x="20" y="60">map</text>'
    ),
    "FIGURE-CROSSED": (
        '<text class="zh" x="9" y="60">图层</text><path class="hair" d="M0 56 H90"/>'
    ),
}


@pytest.mark.parametrize("code", FAULTS)
def test_each_planted_fault_is_found_and_no_other(code, faces):
    assert set(codes(drawing(FAULTS[code]), faces)) == {code}


@pytest.mark.parametrize(
    "body",
    [
        '<image href="https://example.org/a.png" width="9" height="9"/>',
        '<use href="#a"/>',
        '<a href="https://example.org/"><path class="ink" d="M1 1 H9"/></a>',
        "<foreignObject><p>text</p></foreignObject>",
        '<path class="ink" d="M1 1 H9" onclick="1"/>',
        '<path d="M1 1 H9" style="stroke: red"/>',
        '<path class="ink" d="M1 1 H9" filter="url(#f)"/>',
        '<linearGradient id="g"/>',
        '<animate attributeName="x"/>',
    ],
)
def test_nothing_foreign_is_let_through(body, faces):
    assert "FIGURE-FOREIGN" in codes(drawing(body), faces)
    with pytest.raises(figures.DrawingError):
        figures.outline(drawing(body), LIGHT, faces)


@pytest.mark.parametrize(
    "svg",
    [
        "",
        "<svg",
        "no drawing",
        b"\xff\xfe<svg/>",
        "<svg>\ud800</svg>",
        '<svg viewBox="0 0 320 120"/>',
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320"/>',
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 0"/>',
        f"<!DOCTYPE svg>{SOUND}",
        f'<!DOCTYPE svg [<!ENTITY a "b">]>{SOUND}',
        f'<?xml-stylesheet href="a.css"?>{SOUND}',
        drawing("<g>" * 2000 + "</g>" * 2000),
        drawing('<text class="zh" x="here" y="60">图</text>'),
        drawing('<g transform="skewX(30)"><text class="zh" x="9" y="60">图</text></g>'),
    ],
)
def test_what_is_no_drawing_is_one_finding_and_never_a_crash(svg, faces):
    assert codes(svg, faces) == ["FIGURE-BROKEN"]
    with pytest.raises(figures.DrawingError):
        figures.outline(svg, LIGHT, faces)


@pytest.mark.parametrize(
    "titles",
    [
        "",
        '<title xml:lang="en">A.</title>',
        '<title xml:lang="zh-CN"> </title>',
        "<title>图</title>",
    ],
)
def test_a_drawing_without_both_titles_is_found(titles, faces):
    assert codes(drawing("", titles), faces) == ["FIGURE-TITLE"]


@pytest.mark.parametrize("sheet", ["", "<style>.ink { fill: red }</style>"])
def test_another_style_sheet_is_found(sheet, faces):
    svg = re.sub("<style>.*</style>", sheet, SOUND, flags=re.DOTALL)
    assert codes(svg, faces) == ["FIGURE-STYLE"]


def test_a_finding_tells_file_line_and_column(faces):
    svg = SOUND.replace("</svg>", '<path class="inkk" d="M1 1 H9"/></svg>')
    (finding,) = faults(svg, faces, "images/drawn/a.svg")
    place = svg[: svg.index('<path class="inkk"')]
    assert finding.level is Level.ERROR
    assert finding.span.path == "images/drawn/a.svg"
    assert finding.span.line == place.count("\n") + 1
    assert finding.span.column == len(place) - place.rindex("\n")
    assert finding.hint


def test_a_label_is_found_outside_wherever_its_group_is_moved(faces):
    label = '<text class="zh" x="9" y="60">图</text>'
    assert codes(drawing(f'<g transform="translate(20 10)">{label}</g>'), faces) == []
    for moved in ("translate(310 0)", "rotate(-90)", "scale(8)", "matrix(1 0 0 1 0 90)"):
        assert "FIGURE-OUTSIDE" in codes(drawing(f'<g transform="{moved}">{label}</g>'), faces)


def test_a_turned_label_is_judged_as_it_stands(faces):
    turned = '<text class="zh mid" x="20" y="60" transform="rotate(-90 20 60)">图层图层</text>'
    beside = '<path class="axis" d="M28 10 V110"/>'
    through = '<path class="axis" d="M16 10 V110"/>'
    assert codes(drawing(turned + beside), faces) == []
    assert codes(drawing(turned + through), faces) == ["FIGURE-CROSSED"]


def test_a_label_may_stand_on_a_ground_of_one_color_but_not_across_its_edge(faces):
    ground = '<rect class="soft" x="{}" y="40" width="80" height="30"/>'
    label = '<text class="zh" x="20" y="60">图层</text>'
    assert codes(drawing(ground.format(10) + label), faces) == []
    assert codes(drawing(ground.format(32) + label), faces) == ["FIGURE-CROSSED"]
