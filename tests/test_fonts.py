"""Variable fonts -> static cuts: what they hold, and that they are the same every time."""

from __future__ import annotations

import pytest
import uharfbuzz as hb
from fontTools.pens.recordingPen import RecordingPen

from notepress import fonts
from tests.sheet_cards import cuts, sources


def _advances(font: bytes, text: str, *features: str) -> list[int]:
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    hb.shape(hb.Font(hb.Face(font)), buffer, dict.fromkeys(features, True))
    return [position.x_advance for position in buffer.glyph_positions]


def test_every_cut_is_there() -> None:
    assert list(cuts()) == [cut.file for cut in fonts.CUTS]


@pytest.mark.parametrize("cut", fonts.CUTS, ids=lambda cut: cut.file)
def test_a_cut_is_static(cut: fonts.Cut) -> None:
    face = hb.Face(cuts()[cut.file])

    assert not face.axis_infos
    assert "CFF2" not in face.table_tags


def test_the_same_sources_give_the_same_bytes() -> None:
    assert fonts.cut(sources()) == cuts()


@pytest.mark.parametrize("weight", ["Regular", "Bold"])
def test_meeting_full_width_marks_close_up(weight: str) -> None:
    font = cuts()[f"NotoSansSC-{weight}.otf"]

    assert _advances(font, "。）") == [1000, 1000]
    assert sum(_advances(font, "。）", "chws")) == 1500
    assert _advances(font, "中文", "chws") == [1000, 1000]


def test_bold_is_bolder() -> None:
    regular, semibold, bold = (
        sum(_advances(cuts()[f"SourceSans3-{weight}.ttf"], "mountain"))
        for weight in ("Regular", "Semibold", "Bold")
    )

    assert regular < semibold < bold


def test_the_simplified_face_is_cut() -> None:
    # In U+9AA8 the inner corner lies left in Simplified Chinese and right in Traditional.
    ours = _outline(hb.Face(cuts()["NotoSansSC-Regular.otf"]), "骨")
    simplified, traditional = (
        _outline(hb.Face(sources()["NotoSansCJK-VF.otf.ttc"], face), "骨") for face in (2, 3)
    )

    assert _alike(ours, simplified)
    assert not _alike(ours, traditional)


def _outline(face: hb.Face, character: str) -> list[tuple[float, ...]]:
    font = hb.Font(face)
    if face.axis_infos:
        font.set_variations({"wght": 400})
    glyph = font.get_nominal_glyph(ord(character))
    assert glyph is not None
    pen = RecordingPen()
    font.draw_glyph_with_pen(glyph, pen)
    return [point for _, points in pen.value for point in points]


def _alike(one: list[tuple[float, ...]], other: list[tuple[float, ...]]) -> bool:
    return len(one) == len(other) and all(
        abs(a - b) < 3 for p, q in zip(one, other, strict=True) for a, b in zip(p, q, strict=True)
    )


def test_rare_characters_come_when_asked_for() -> None:
    assert fonts.missing(cuts(), "龘") == "龘"
    assert fonts.missing(fonts.cut(sources(), "龘"), "龘") == ""


def test_what_is_not_unusual_changes_no_cut() -> None:
    text = "机器学习 machine learning，αβγ “∑”①"

    assert not fonts.unusual(text)
    assert fonts.cut(sources(), text) == cuts()
    assert fonts.unusual("学𠮷习") == {"𠮷"}


def test_missing_names_each_character_once_in_order() -> None:
    assert fonts.missing(cuts(), "🎉 中文 and ∑ → 🎉 \u200b龘\n") == "🎉龘"


def test_an_unknown_source_is_no_silent_gap() -> None:
    with pytest.raises(KeyError):
        fonts.cut({})
