"""Pages of a PDF against committed pictures: their size first, then their text, then their ink.

A picture is small and gray, and what is compared are the means of little squares: how
an edge is smoothed differs between machines, where ink lies does not. Another release
of Pango may break a line elsewhere; where it isn't the one that the pictures were made
with, size and text are compared, and the test says that ink wasn't.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

import pypdf
import pytest
from PIL import Image, ImageChops

_DPI: Final = 100
_LEVELS: Final = 16

# Squares of so many pixels, and how far their means may lie apart, of 255.
_SQUARE: Final = 8
_APART: Final = 32

_BREAKS: Final = re.compile(r"[\s\u00ad\u200b\u2010-]+")


@dataclass(frozen=True, slots=True)
class Pages:
    """What is compared: sizes in points, texts, and pictures."""

    sizes: tuple[tuple[int, int], ...]
    texts: tuple[str, ...]
    pictures: tuple[Image.Image, ...]

    @property
    def told(self) -> str:
        """Sizes and texts as they are kept, with what set the pages."""
        pages = [
            {"size": list(size), "text": text}
            for size, text in zip(self.sizes, self.texts, strict=True)
        ]
        return json.dumps({"pango": pango(), "pages": pages}, ensure_ascii=False, indent=1) + "\n"


def pango() -> str:
    """Name the release of Pango that breaks the lines here."""
    from weasyprint.text.ffi import pango as library

    number = library.pango_version()
    return f"{number // 10000}.{number // 100 % 100}.{number % 100}"


def take(pdf: bytes, folder: Path) -> Pages:
    """Take the pages of a PDF; ``folder`` is for what is in between."""
    program = shutil.which("pdftoppm")
    if program is None:
        pytest.fail("pages can't be compared: pdftoppm is missing; install poppler-utils")
    (folder / "pages.pdf").write_bytes(pdf)
    drawn = [program, "-r", str(_DPI), "-gray", "pages.pdf", "page"]
    subprocess.run(drawn, check=True, cwd=folder)
    pages = pypdf.PdfReader(BytesIO(pdf)).pages
    return Pages(
        sizes=tuple((round(p.mediabox.width), round(p.mediabox.height)) for p in pages),
        texts=tuple(_BREAKS.sub("", page.extract_text()) for page in pages),
        pictures=tuple(_small(Image.open(file)) for file in sorted(folder.glob("page-*.pgm"))),
    )


def _small(picture: Image.Image) -> Image.Image:
    """Bring a picture to a few shades, of which a file takes little room."""
    step = 255 / (_LEVELS - 1)
    shades = [round(round(level / step) * step) for level in range(256)]
    return picture.convert("L").point(shades)


def write(pages: Pages, folder: Path) -> None:
    """Keep pages as what is expected from now on."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("page-*.png"):
        old.unlink()
    (folder / "pages.json").write_text(pages.told, "utf-8")
    for number, picture in enumerate(pages.pictures, start=1):
        shades = picture.quantize(_LEVELS)
        shades.save(folder / f"page-{number}.png", bits=4, optimize=True)


def compare(pages: Pages, expected: Path, differences: Path) -> str:
    """Say how pages differ from those expected, "" if they don't.

    Where ink differs, what was given, what was expected and the difference are
    written to ``differences`` for a person to look at.
    """
    if not (expected / "pages.json").is_file():
        return f"there are no pages in {expected} yet: `make golden` writes them"
    kept = json.loads((expected / "pages.json").read_text("utf-8"))
    sizes = tuple((page["size"][0], page["size"][1]) for page in kept["pages"])
    if pages.sizes != sizes:
        return f"sizes of pages, in points: {pages.sizes}, not {sizes}"
    for number, (text, page) in enumerate(zip(pages.texts, kept["pages"], strict=True), start=1):
        if said := _difference(text, page["text"]):
            return f"text of page {number}: {said}"
    if kept["pango"] != pango():
        pytest.skip(
            f"size and text are right; the pictures were made with Pango {kept['pango']}, "
            f"so ink was not compared with that of {pango()}"
        )
    return _differing_ink(pages.pictures, expected, differences)


def _difference(text: str, expected: str) -> str:
    if text == expected:
        return ""
    paired = zip(text, expected, strict=False)
    at = next((i for i, (a, b) in enumerate(paired) if a != b), min(len(text), len(expected)))
    return f"{text[at : at + 24]!r}, not {expected[at : at + 24]!r}, after {text[:at][-24:]!r}"


def _differing_ink(pictures: Sequence[Image.Image], expected: Path, differences: Path) -> str:
    found = []
    for number, actual in enumerate(pictures, start=1):
        name = f"page-{number}"
        wanted = Image.open(expected / f"{name}.png").convert("L")
        if actual.size != wanted.size:
            return f"picture of page {number}: {actual.size} pixels, not {wanted.size}"
        apart = ImageChops.difference(actual.reduce(_SQUARE), wanted.reduce(_SQUARE))
        squares = sum(count for level, count in enumerate(apart.histogram()) if level > _APART)
        if not squares:
            continue
        differences.mkdir(parents=True, exist_ok=True)
        actual.save(differences / f"{name}.actual.png")
        wanted.save(differences / f"{name}.expected.png")
        # What went is red, what came is cyan.
        Image.merge("RGB", (actual, wanted, wanted)).save(differences / f"{name}.difference.png")
        found.append(f"page {number} in {squares} squares")
    return f"ink differs: {', '.join(found)}; look into {differences}" if found else ""
