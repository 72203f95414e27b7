"""An edition -> cards of paper: every answer behind its question, inside its own card."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import page as validation
import pypdf
import pytest

from notepress.model import Artifacts, Bilingual, Edition
from notepress.renderers import sheet
from tests.sheet_cards import STAMP, assets, edition, only, with_cards

pytestmark = pytest.mark.typeset

_A4 = (595.276, 841.89)
_LETTER = (612.0, 792.0)


def _cards(book: Edition, **fields: object) -> Artifacts:
    chosen = replace(book.book, forms=("cards",), **fields)  # type: ignore[arg-type]  # the tests know the fields
    return sheet.render(replace(book, book=chosen), assets(), STAMP)


def _text(file: Path, page: int, place: tuple[int, int], size: tuple[float, float]) -> str:
    """Read what lies within one card of a page, counted from the left and from above."""
    across, down = place
    width, height = size[0] / 2, size[1] / 4
    # In the tool's pixels, of which there are 72 in an inch unless told otherwise.
    box = [round(n) for n in (across * width, down * height, width, height)]
    command = ["pdftotext", "-f", str(page), "-l", str(page), "-x", str(box[0]), "-y"]
    command += [str(box[1]), "-W", str(box[2]), "-H", str(box[3]), str(file), "-"]
    ran = subprocess.run(command, capture_output=True, check=True)
    return re.sub(r"[\s\u200b]+", "", ran.stdout.decode())


@pytest.mark.parametrize(
    ("paper", "size", "name"),
    [("a4-landscape", _A4, "study-cards.pdf"), ("letter", _LETTER, "study-cards-letter.pdf")],
)
def test_backs_lie_behind_their_fronts(
    paper: str, size: tuple[float, float], name: str, tmp_path: Path
) -> None:
    book = edition(11)
    made = _cards(book, paper=paper)
    file = tmp_path / "cards.pdf"
    file.write_bytes(made.files[name])
    reader = pypdf.PdfReader(file)

    assert made.findings == ()
    assert len(reader.pages) == 4
    assert [round(float(n)) for n in reader.pages[0].mediabox[2:]] == [round(n) for n in size]
    for number, card in enumerate(book.cards, start=1):
        page, place = divmod(number - 1, 8)
        down, across = divmod(place, 2)
        front = _text(file, 2 * page + 1, (across, down), size)
        # Turned over the long edge, what was at the left comes to the right.
        back = _text(file, 2 * page + 2, (1 - across, down), size)
        question = re.sub(r"\s", "", card.question.zh)
        assert str(number) in front
        assert question in front
        assert f"{number}{question}" in back
        assert re.sub(r"\s", "", card.answer.en.split()[0]) in back


def test_an_odd_number_leaves_places_empty(tmp_path: Path) -> None:
    file = tmp_path / "cards.pdf"
    file.write_bytes(_cards(edition(1)).files["study-cards.pdf"])

    assert _text(file, 2, (0, 0), _A4) == ""
    assert _text(file, 2, (1, 0), _A4) != ""


def test_it_is_accessible(tmp_path: Path) -> None:
    file = tmp_path / "cards.pdf"
    file.write_bytes(_cards(edition(9)).files["study-cards.pdf"])

    assert "no failures" in str(validation.validate_pdf(file, profile="ua1"))


def test_the_same_edition_gives_the_same_bytes() -> None:
    assert _cards(edition(3)).files == _cards(edition(3)).files


def _sizes(pdf: bytes) -> set[float]:
    """Give the sizes that Chinese is set in on the first page of backs."""
    sizes = set[float]()

    def note(text: str, user: list[float], at: list[float], *font: object) -> None:
        if "一" <= text.strip()[:1] <= "鿿":
            sizes.add(round(abs(float(str(font[1])) * at[0] * user[0]), 1))

    pypdf.PdfReader(BytesIO(pdf)).pages[1].extract_text(visitor_text=note)
    return sizes


def test_a_long_answer_is_set_smaller() -> None:
    long = Bilingual("很长的一句话。" * 24, "A long sentence. " * 30)
    brief = _cards(with_cards(only()))
    made = _cards(with_cards(only(short=long)))

    assert brief.findings == made.findings == ()
    assert max(_sizes(made.files["study-cards.pdf"])) < max(_sizes(brief.files["study-cards.pdf"]))


def test_what_no_card_holds_is_left_out_and_said() -> None:
    long = Bilingual("很长的一句话。" * 200, "A long sentence. " * 90)
    made = _cards(with_cards(only(short=long), only(id="other", question=Bilingual("另一个"))))

    assert [finding.code for finding in made.findings] == ["SHEET-CARD"]
    assert "short" in made.findings[0].hint
    text = pypdf.PdfReader(BytesIO(made.files["study-cards.pdf"])).pages[0].extract_text()
    assert "另一个" in text
    assert "经验风险" not in text
