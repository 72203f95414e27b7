"""Variable fonts as their packages hold them -> small static cuts that every output embeds.

A cut is one face at one weight with the characters that a book can need. Cutting
with HarfBuzz keeps the bytes the same on every run: a variable font would be
instanced when the PDF is written, and stamped with the clock. The whole collection
of Han faces would embed as CFF2, which PDF readers complain of. In the Han cuts,
full-width punctuation that meets closes up (the feature ``chws``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Final

import uharfbuzz as hb


@dataclass(frozen=True, slots=True)
class FontSource:
    """A font file inside an installed package: the import name, and the path beneath it."""

    package: str
    path: str

    @property
    def name(self) -> str:
        """The file's name, by which ``cut`` looks for its bytes."""
        return PurePosixPath(self.path).name


@dataclass(frozen=True, slots=True)
class Cut:
    """One static font to be made: ``face`` is the index in a collection, ``weight`` on its axis."""

    file: str
    family: str
    source: FontSource
    weight: int = 400
    italic: bool = False
    face: int = 0
    han: bool = False


_HAN: Final = FontSource("manimgx_fonts_cjk", "NotoSansCJK-VF.otf.ttc")
_LATIN: Final = FontSource("fontpkg_source_sans_3", "files/SourceSans3[wght].ttf")
_LATIN_ITALIC: Final = FontSource("fontpkg_source_sans_3", "files/SourceSans3-Italic[wght].ttf")
_CODE: Final = FontSource("fontpkg_source_code_pro", "files/SourceCodePro[wght].ttf")
_MATHS: Final = FontSource("ziamath", "fonts/STIXTwoMath-Regular.ttf")

SOURCES: Final = (_HAN, _LATIN, _LATIN_ITALIC, _CODE, _MATHS)

# The collection's faces in order: Japanese, Korean, Simplified and Traditional Chinese.
_SIMPLIFIED: Final = 2

CUTS: Final = (
    Cut("NotoSansSC-Regular.otf", "Noto Sans SC", _HAN, face=_SIMPLIFIED, han=True),
    Cut("NotoSansSC-Bold.otf", "Noto Sans SC", _HAN, 700, face=_SIMPLIFIED, han=True),
    Cut("SourceSans3-Regular.ttf", "Source Sans 3", _LATIN),
    Cut("SourceSans3-Italic.ttf", "Source Sans 3", _LATIN_ITALIC, italic=True),
    Cut("SourceSans3-Semibold.ttf", "Source Sans 3", _LATIN, 600),
    Cut("SourceSans3-Bold.ttf", "Source Sans 3", _LATIN, 700),
    Cut("SourceCodePro-Regular.ttf", "Source Code Pro", _CODE),
    Cut("STIXTwoMath-Regular.ttf", "STIX Two Math", _MATHS),
)

_FEATURES: Final = ("kern", "mark", "mkmk", "liga", "ccmp", "locl", "palt", "halt", "tnum", "lnum")

# Latin, Greek and Cyrillic letters, marks, arrows, operators, shapes, letters of maths.
_ALPHABETS: Final = ((0x20, 0x24F), (0x2B0, 0x52F), (0x1E00, 0x1EFF))
_SYMBOLS: Final = (
    *((0x2000, 0x206F), (0x2070, 0x209F), (0x20A0, 0x20CF), (0x2100, 0x218F), (0x2190, 0x21FF)),
    *((0x2200, 0x23FF), (0x2460, 0x24FF), (0x2500, 0x25FF), (0x2600, 0x27FF), (0x2900, 0x2AFF)),
    *((0x3000, 0x303F), (0xFF00, 0xFFEF), (0x1D400, 0x1D7FF)),
)

# Drawn as nothing by every text engine, so no font needs a glyph for them.
_INVISIBLE: Final = frozenset("\n\t\r\u00ad\u200b\u200c\u200d\u2060\ufe0e\ufe0f\ufeff")


def cut(sources: Mapping[str, bytes], characters: str = "") -> dict[str, bytes]:
    """Make every cut of ``CUTS`` by its file name; ``sources`` are the bytes by source name.

    The Han cuts hold GB 2312, every cut the letters and symbols that its source has,
    and ``characters`` wherever they are known.
    """
    alphabet = frozenset(map(ord, characters)) | _alphabet()
    cuts = {}
    for wanted in CUTS:
        held = alphabet | _gb2312() if wanted.han else alphabet
        font = _subset(sources[wanted.source.name], wanted, held)
        cuts[wanted.file] = _with_contextual_spacing(font) if wanted.han else font
    return cuts


def unusual(characters: Iterable[str]) -> set[str]:
    """Give those characters that no cut holds unless it is asked to."""
    usual = _alphabet() | _gb2312()
    return {character for character in characters if ord(character) not in usual}


def missing(cuts: Mapping[str, bytes], text: str) -> str:
    """Return the characters of ``text`` that no cut can draw, each once, in order."""
    held = [_characters_of(font) for font in cuts.values()]
    wanted = (c for c in dict.fromkeys(text) if c not in _INVISIBLE)
    return "".join(c for c in wanted if not any(ord(c) in each for each in held))


def _span(ranges: Iterable[tuple[int, int]]) -> frozenset[int]:
    return frozenset(code for first, last in ranges for code in range(first, last + 1))


def _alphabet() -> frozenset[int]:
    return _span(_ALPHABETS) | _span(_SYMBOLS)


def _gb2312() -> frozenset[int]:
    rows, cells = range(0xA1, 0xF8), range(0xA1, 0xFF)
    both = bytes(byte for row in rows for cell in cells for byte in (row, cell))
    return frozenset(map(ord, both.decode("gb2312", errors="ignore")))


def _subset(source: bytes, wanted: Cut, characters: frozenset[int]) -> bytes:
    face = hb.Face(source, wanted.face)
    order = hb.SubsetInput()
    if face.axis_infos:
        order.pin_axis_location(face, "wght", wanted.weight)
    order.unicode_set.update(characters)
    order.layout_feature_tag_set.clear()
    order.layout_feature_tag_set.update(int.from_bytes(tag.encode()) for tag in _FEATURES)
    order.flags = hb.SubsetFlags.DOWNGRADE_CFF2 | hb.SubsetFlags.NOTDEF_OUTLINE
    return bytes(order.subset(face).blob.data)


def _with_contextual_spacing(font: bytes) -> bytes:
    """Add the feature ``chws``, by which meeting full-width marks share their space."""
    from east_asian_spacing.config import Config
    from east_asian_spacing.font import Font
    from east_asian_spacing.spacing import EastAsianSpacing
    from fontTools.ttLib import TTFont

    # The package opens fonts by their path alone; these are what it keeps of one.
    loaded = Font()
    loaded._path, loaded._byte_array = Path("cut.otf"), font  # noqa: SLF001  # see above
    loaded._ttfont = TTFont(BytesIO(font), recalcTimestamp=False)  # noqa: SLF001  # see above
    spacing = EastAsianSpacing()
    asyncio.run(spacing.add_glyphs(loaded, Config.default))
    if not spacing.add_to_font(loaded):
        return font
    Font._before_save(loaded.ttfont)  # noqa: SLF001  # drops what was only read: saves a second
    written = BytesIO()
    loaded.ttfont.save(written)
    return written.getvalue()


@lru_cache(maxsize=32)
def _characters_of(font: bytes) -> frozenset[int]:
    return frozenset(hb.Face(font).unicodes)
