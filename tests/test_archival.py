"""A PDF that is about to be written -> one that is archival and accessible at once."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import page as validation
import pikepdf
import pytest

from notepress.model import Bilingual
from notepress.renderers import sheet
from tests.sheet_cards import STAMP, assets, edition, only, with_cards

pytestmark = pytest.mark.typeset

_TABLE = "| 方法 | 代价 |\n|---|---|\n| 动量法 | 一份速度 |\n| Adam | 两份矩 |\n"


@cache
def _pdf() -> bytes:
    """Print a sheet with all that has to be told: figures, formulas, a table, links."""
    cards = (
        *edition(9).cards,
        only(id="methods", answer=Bilingual(_TABLE, "Compare."), related=("momentum",)),
    )
    (data,) = sheet.render(with_cards(*cards), assets(), STAMP).files.values()
    return data


@pytest.fixture
def pdf() -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(BytesIO(_pdf())) as opened:
        yield opened


def _elements(pdf: pikepdf.Pdf, role: str = "") -> list[Any]:
    found = []

    def walk(element: Any) -> None:
        if role in ("", str(element.get("/S", ""))):
            found.append(element)
        kids = element.get("/K", [])
        for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
            if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
                walk(kid)

    walk(pdf.Root.StructTreeRoot.K[0])
    return found


@pytest.mark.parametrize(("profile", "says"), [("ua1", "PDF/UA-1"), ("2a", "PDF/A-2a")])
def test_it_keeps_both_standards(profile: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "sheet.pdf"
    file.write_bytes(_pdf())

    result = str(validation.validate_pdf(file, profile=profile))

    assert says in result
    assert "no failures" in result, result


def test_a_reader_of_pdf_finds_no_error(pdf: pikepdf.Pdf) -> None:
    assert pdf.check_pdf_syntax() == []


@pytest.mark.skipif(not shutil.which("qpdf"), reason="qpdf is not installed; pikepdf looks too")
def test_qpdf_finds_no_error(tmp_path: Path) -> None:
    file = tmp_path / "sheet.pdf"
    file.write_bytes(_pdf())

    checked = subprocess.run(["qpdf", "--check", file], capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_it_says_what_it_is_called_in_both_languages(pdf: pikepdf.Pdf) -> None:
    stream = pdf.Root.Metadata
    packet = stream.read_raw_bytes().decode()

    assert "/Filter" not in stream
    assert '<rdf:li xml:lang="x-default">深度学习速查 Deep learning</rdf:li>' in packet
    assert '<rdf:li xml:lang="zh-CN">深度学习速查</rdf:li>' in packet
    assert '<rdf:li xml:lang="en">Deep learning</rdf:li>' in packet
    assert "<rdf:li>zh-CN</rdf:li><rdf:li>en</rdf:li>" in packet
    assert str(pdf.docinfo.Title) == "深度学习速查 Deep learning"
    assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)


def test_one_language_alone_is_its_title() -> None:
    book = edition(1)
    book = replace(book, book=replace(book.book, languages=("en",)))
    (data,) = sheet.render(book, assets(), STAMP).files.values()

    with pikepdf.open(BytesIO(data)) as pdf:
        packet = pdf.Root.Metadata.read_raw_bytes().decode()

        assert "深度" not in packet
        assert str(pdf.Root.Lang) == "en-US"
        assert re.findall("<rdf:li>(.*?)</rdf:li>", packet) == ["en"]


def test_each_run_says_its_language(pdf: pikepdf.Pdf) -> None:
    formulas = _elements(pdf, "/Formula")
    languages = {str(formula.get("/Lang", "zh")) for formula in formulas}

    assert str(pdf.Root.Lang) == "zh-CN"
    assert {language[:2] for language in languages} == {"zh", "en"}
    assert any(str(run.get("/Lang", "")).startswith("en") for run in _elements(pdf, "/Span"))


def test_formulas_and_pictures_are_spoken(pdf: pikepdf.Pdf) -> None:
    told = [*_elements(pdf, "/Formula"), *_elements(pdf, "/Figure")]

    assert len(_elements(pdf, "/Figure")) == 1
    assert all(str(element.Alt).strip() for element in told)


def test_headings_go_down_one_by_one(pdf: pikepdf.Pdf) -> None:
    levels = [
        int(str(e.S)[2:]) for e in _elements(pdf) if re.fullmatch("/H[1-6]", str(e.get("/S")))
    ]

    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_headers_of_tables_say_what_they_head(pdf: pikepdf.Pdf) -> None:
    headers = _elements(pdf, "/TH")

    assert [str(header.A.Scope) for header in headers] == ["/Column", "/Column"]


def test_running_heads_are_artifacts(pdf: pikepdf.Pdf) -> None:
    for page in pdf.pages:
        instructions = pikepdf.parse_content_stream(page)
        begun: list[Any] = [i.operands for i in instructions if str(i.operator) == "BDC"]
        silent = [ops for ops in begun if str(ops[0]) == "/Artifact"]

        assert len(silent) == 2  # what stands at the foot, left and right
        assert all(str(ops[1].Type) == "/Pagination" for ops in silent)
    # And whatever is marked leads to an element that hangs in the tree.
    leads = pdf.Root.StructTreeRoot.ParentTree.Nums
    silent_leads = [lead for page in (leads[1], leads[3]) for lead in page if lead is None]
    assert len(silent_leads) == 2 * len(pdf.pages)


def test_links_say_where_they_lead(pdf: pikepdf.Pdf) -> None:
    links = [link for page in pdf.pages for link in page.get("/Annots", [])]
    said = [str(link.Contents) for link in links]

    assert links
    assert all(int(link.F) == 4 for link in links)
    assert not any(name.startswith(("card-", "reference-")) for name in said)


def test_no_stream_ends_in_a_carriage_return(pdf: pikepdf.Pdf) -> None:
    for thing in pdf.objects:
        if isinstance(thing, pikepdf.Stream) and str(thing.get("/Type", "")) not in (
            "/ObjStm",
            "/XRef",
        ):
            assert not thing.read_raw_bytes().endswith(b"\r")


def test_no_element_of_the_structure_is_empty(pdf: pikepdf.Pdf) -> None:
    elements = _elements(pdf)

    assert len(elements) > 100
    assert all(len(element.K) for element in elements if str(element.S) not in ("/TD", "/TH"))
