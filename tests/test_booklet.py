"""An edition -> a booklet: contents and indexes that tell the truth, and a twin to fold."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import page as validation
import pikepdf
import pypdf
import pytest

from notepress import binding
from notepress.model import Artifacts, Edition
from notepress.renderers import sheet
from tests.sheet_cards import STAMP, assets, edition

pytestmark = pytest.mark.typeset


def _booklet(book: Edition, **fields: object) -> Artifacts:
    chosen = replace(book.book, forms=("booklet",), **fields)  # type: ignore[arg-type]  # the tests know the fields
    return sheet.render(replace(book, book=chosen), assets(), STAMP)


@pytest.fixture(scope="module")
def made() -> Artifacts:
    return _booklet(edition(24))


@pytest.fixture(scope="module")
def pages(made: Artifacts) -> list[str]:
    reader = pypdf.PdfReader(BytesIO(made.files["study-booklet.pdf"]))
    return [re.sub(r"[\s\u200b]+", "", page.extract_text()) for page in reader.pages]


def test_nothing_is_amiss(made: Artifacts) -> None:
    assert made.findings == ()
    assert list(made.files) == ["study-booklet.pdf", "study-booklet-to-fold.pdf"]


def test_the_same_edition_gives_the_same_bytes(made: Artifacts) -> None:
    assert _booklet(edition(24)).files == made.files


def test_it_is_accessible(made: Artifacts, tmp_path: Path) -> None:
    file = tmp_path / "booklet.pdf"
    file.write_bytes(made.files["study-booklet.pdf"])

    assert "no failures" in str(validation.validate_pdf(file, profile="ua1"))


def test_contents_name_the_pages_that_entries_are_on(made: Artifacts, pages: list[str]) -> None:
    reader = pypdf.PdfReader(BytesIO(made.files["study-booklet.pdf"]))
    raw = "\n".join(page.extract_text() for page in reader.pages[1:3])
    found = dict(re.findall(r"^(\d+) [^\d].*?(?: \.\s*)+(\d+)$", raw, re.MULTILINE | re.DOTALL))

    for number, card in enumerate(edition(24).cards, start=1):
        head = str(number) + re.sub(r"\s", "", card.question.zh)
        assert head in pages[int(found[str(number)]) - 1]


def test_both_indexes_hold_every_card(pages: list[str]) -> None:
    text = "".join(pages)
    zh = text[text.rindex("音序索引") if "音序索引" in text else 0 :]

    assert "Indexbypinyin" in text
    assert "IndexbyEnglishterm" in text
    assert zh.count("Empiricalrisk") >= 4
    assert text[text.index("Indexbypinyin") :].count("经验风险") == 4


def test_links_lead_to_what_is_there(made: Artifacts) -> None:
    with pikepdf.open(BytesIO(made.files["study-booklet.pdf"])) as pdf:
        named = {str(name) for name in list(pdf.Root.Names.Dests.Names)[::2]}
        links = [a for page in pdf.pages for a in pikepdf.Array(page.get("/Annots", []))]
        wanted = {str(a.Dest) for a in links if "/Dest" in a}

    assert wanted <= named
    assert any(name.startswith("index-") for name in wanted)
    assert any(name.startswith("card-") for name in wanted)


def test_the_pages_are_a5_and_the_twin_is_a4(made: Artifacts) -> None:
    single = pypdf.PdfReader(BytesIO(made.files["study-booklet.pdf"])).pages
    double = pypdf.PdfReader(BytesIO(made.files["study-booklet-to-fold.pdf"])).pages

    assert [round(float(n)) for n in single[0].mediabox[2:]] == [420, 595]
    assert [round(float(n)) for n in double[0].mediabox[2:]] == [842, 595]
    assert len(double) == -(-len(single) // 4) * 2


def test_the_twin_holds_every_page_where_folding_puts_it(made: Artifacts, pages: list[str]) -> None:
    twin = pypdf.PdfReader(BytesIO(made.files["study-booklet-to-fold.pdf"]))

    for side, pair in zip(twin.pages, binding.sides(len(pages)), strict=True):
        text = re.sub(r"[\s\u200b]+", "", side.extract_text())
        expected = "".join(pages[number] for number in pair if number is not None)
        assert sorted(text) == sorted(expected)


def test_letter_folds_to_half_letter() -> None:
    files = _booklet(edition(4), paper="letter-landscape").files
    single, double = (pypdf.PdfReader(BytesIO(data)).pages[0] for data in files.values())

    assert [round(float(n)) for n in single.mediabox[2:]] == [396, 612]
    assert [round(float(n)) for n in double.mediabox[2:]] == [792, 612]


@pytest.mark.parametrize(("language", "absent"), [("zh", "Contents"), ("en", "目录")])
def test_one_language_has_its_own_index_alone(language: str, absent: str) -> None:
    made = _booklet(edition(4), languages=(language,))
    reader = pypdf.PdfReader(BytesIO(made.files[f"study-booklet-{language}.pdf"]))
    text = "".join(page.extract_text() for page in reader.pages)

    assert made.findings == ()
    assert absent not in text
    assert ("音序索引" in text) == (language == "zh")
