"""Each page of small fixed editions looks as its committed picture does."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import ImageDraw

from notepress.renderers import sheet
from tests import page_pictures
from tests.conftest import ROOT, Golden
from tests.page_pictures import Pages
from tests.sheet_cards import STAMP, assets, edition

pytestmark = pytest.mark.typeset

# What is changed about the book, and how many cards it has.
_CASES: Final[Mapping[str, tuple[int, dict[str, Any]]]] = {
    "sheet": (9, {}),
    "booklet": (3, {"forms": ("booklet",)}),
    "cards": (2, {"forms": ("cards",)}),
    "sheet-en-black": (3, {"languages": ("en",), "ink": "black", "paper": "a5", "columns": 1}),
}


@cache
def _pdfs(case: str) -> Mapping[str, bytes]:
    count, changes = _CASES[case]
    book = edition(count)
    made = sheet.render(replace(book, book=replace(book.book, **changes)), assets(), STAMP)
    assert made.findings == ()
    return made.files


@pytest.mark.parametrize("case", _CASES)
def test_pages_look_as_they_should(case: str, golden: Golden, tmp_path: Path) -> None:
    for name, pdf in _pdfs(case).items():
        stem = f"{case}/{Path(name).stem}"
        folder = tmp_path / Path(name).stem
        folder.mkdir()
        pages = page_pictures.take(pdf, folder)
        expected = golden.folder / "pages" / stem
        if golden.update:
            page_pictures.write(pages, expected)
        assert not page_pictures.compare(pages, expected, ROOT / "differences" / stem)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pages, Path]:
    folder = tmp_path_factory.mktemp("kept")
    (pdf,) = _pdfs("sheet-en-black").values()
    pages = page_pictures.take(pdf, folder)
    page_pictures.write(pages, folder / "expected")
    return pages, folder / "expected"


def test_the_same_pages_pass(kept: tuple[Pages, Path], tmp_path: Path) -> None:
    pages, expected = kept

    assert page_pictures.compare(pages, expected, tmp_path / "differences") == ""
    assert not (tmp_path / "differences").exists()


def test_a_word_that_is_gone_is_seen_and_shown(kept: tuple[Pages, Path], tmp_path: Path) -> None:
    pages, expected = kept
    picture = pages.pictures[0].copy()
    ImageDraw.Draw(picture).rectangle((60, 170, 90, 182), fill=255)
    marred = replace(pages, pictures=(picture, *pages.pictures[1:]))

    said = page_pictures.compare(marred, expected, tmp_path)

    assert "ink differs: page 1 in" in said
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "page-1.actual.png",
        "page-1.difference.png",
        "page-1.expected.png",
    ]


def test_smoothing_is_no_difference(kept: tuple[Pages, Path], tmp_path: Path) -> None:
    pages, expected = kept
    lighter = tuple(
        picture.point([min(255, level + 12) for level in range(256)]) for picture in pages.pictures
    )

    assert page_pictures.compare(replace(pages, pictures=lighter), expected, tmp_path) == ""


def test_text_and_size_come_first(kept: tuple[Pages, Path], tmp_path: Path) -> None:
    pages, expected = kept
    other = replace(pages, texts=(pages.texts[0][:40] + "?", *pages.texts[1:]))
    larger = replace(other, sizes=((421, 595), *pages.sizes[1:]))

    assert page_pictures.compare(other, expected, tmp_path).startswith("text of page 1: '?', not")
    assert page_pictures.compare(larger, expected, tmp_path).startswith("sizes of pages")
    assert "no pages in" in page_pictures.compare(pages, tmp_path / "absent", tmp_path)


def test_another_pango_is_said(
    kept: tuple[Pages, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages, expected = kept
    monkeypatch.setattr(page_pictures, "pango", lambda: "9.9.9")

    with pytest.raises(pytest.skip.Exception, match=r"ink was not compared with that of 9\.9\.9"):
        page_pictures.compare(pages, expected, tmp_path)


def test_a_missing_program_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)

    with pytest.raises(pytest.fail.Exception, match="install poppler-utils"):
        page_pictures.take(b"", tmp_path)
