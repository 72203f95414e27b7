"""An edition -> one PDF: its pages, its text, its tags, and what is said of bad content."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import page as validation
import pikepdf
import pypdf
import pytest

from notepress.model import Artifacts, Assets, Bilingual, Edition, Figure, Finding, Level, Status
from notepress.renderers import sheet
from tests import sheet_cards
from tests.sheet_cards import STAMP, assets, edition, only, with_cards

pytestmark = pytest.mark.typeset


def _render(book: Edition, given: Assets | None = None) -> Artifacts:
    return sheet.render(book, given or assets(), STAMP)


def _pdf(made: Artifacts) -> bytes:
    (data,) = made.files.values()
    return data


def _text(pdf: bytes) -> str:
    pages = pypdf.PdfReader(BytesIO(pdf)).pages
    return re.sub(r"[\s\u200b]+", "", "".join(page.extract_text() for page in pages))


@pytest.fixture(scope="module")
def whole() -> Artifacts:
    return _render(edition(37))


def test_nothing_is_amiss(whole: Artifacts) -> None:
    assert whole.findings == ()
    assert list(whole.files) == ["study.pdf"]


def test_the_same_edition_gives_the_same_bytes(whole: Artifacts) -> None:
    assert _render(edition(37)).files == whole.files


def test_every_card_is_there(whole: Artifacts) -> None:
    text = _text(_pdf(whole))

    for number, card in enumerate(edition(37).cards, start=1):
        assert f"{number}{card.question.zh}".replace(" ", "") in text
    assert "参考资料" in text
    assert "1.2.3·2023-11-14" in text


def test_pages_are_paper(whole: Artifacts) -> None:
    reader = pypdf.PdfReader(BytesIO(_pdf(whole)))

    assert 2 <= len(reader.pages) <= 6
    assert {tuple(round(float(n)) for n in page.mediabox) for page in reader.pages} == {
        (0, 0, 842, 595)
    }


def test_it_is_accessible(whole: Artifacts, tmp_path: Path) -> None:
    file = tmp_path / "sheet.pdf"
    file.write_bytes(_pdf(whole))

    result = validation.validate_pdf(file, profile="ua1")

    assert "no failures" in str(result)


def test_english_and_formulas_are_told_apart(whole: Artifacts) -> None:
    with pikepdf.open(BytesIO(_pdf(whole))) as pdf:
        elements = [
            thing
            for thing in pdf.objects
            if isinstance(thing, pikepdf.Dictionary) and thing.get("/Type") == "/StructElem"
        ]
        formulas = [element for element in elements if element.S == "/Formula"]

        assert str(pdf.Root.Lang) == "zh-CN"
        assert any(str(element.get("/Lang", "")) == "en" for element in elements)
        assert formulas
        assert all(str(formula.Alt) for formula in formulas)


def test_only_our_fonts_are_embedded(whole: Artifacts) -> None:
    with pikepdf.open(BytesIO(_pdf(whole))) as pdf:
        names = {
            str(thing.BaseFont)
            for thing in pdf.objects
            if isinstance(thing, pikepdf.Dictionary) and "/BaseFont" in thing
        }

    assert names
    assert all("+sheet-" in name for name in names)


def test_bookmarks_lead_to_topics_and_entries(whole: Artifacts) -> None:
    with pikepdf.open(BytesIO(_pdf(whole))) as pdf, pdf.open_outline() as outline:
        topics = [topic.title for topic in outline.root]
        entries = [entry.title for topic in outline.root for entry in topic.children]

    assert [title.split()[0] for title in topics[:3]] == ["F", "O", "S"]
    assert [int(title.split()[0]) for title in entries] == list(range(1, 38))


def test_dates_come_from_the_stamp(whole: Artifacts) -> None:
    metadata = pypdf.PdfReader(BytesIO(_pdf(whole))).metadata

    assert metadata is not None
    assert metadata.creation_date == datetime(2023, 11, 14, 22, 18, 20, tzinfo=UTC)
    assert metadata.author is None
    assert metadata.title == "深度学习速查 Deep learning"


@pytest.mark.parametrize("count", [0, 1, 2, 9])
def test_any_number_of_cards_is_set(count: int) -> None:
    made = _render(edition(count))

    assert made.findings == ()
    assert len(pypdf.PdfReader(BytesIO(_pdf(made))).pages) >= 1


@pytest.mark.parametrize(
    ("paper", "columns"), [("a4", 2), ("a5", 1), ("a3-landscape", 5), ("a4-landscape", 3)]
)
def test_other_papers_are_set(paper: str, columns: int) -> None:
    book = edition(12)
    made = _render(replace(book, book=replace(book.book, paper=paper, columns=columns)))

    assert made.findings == ()


def test_what_is_not_settled_is_marked() -> None:
    text = _text(_pdf(_render(with_cards(only(status=Status.PROPOSED)))))

    assert "待审proposed" in text


def _codes(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.code for finding in findings]


def test_a_formula_that_cannot_be_set_is_an_error_at_its_card() -> None:
    made = _render(with_cards(only(formulas=(r"\frac{a",))))

    assert _codes(made.findings) == ["SHEET-MATHS"]
    assert str(made.findings[0].span) == "content/notes.md:3:1"
    assert r"\frac{a" in _text(_pdf(made))


def test_a_character_without_a_glyph_is_left_out_and_said() -> None:
    made = _render(with_cards(only(answer=Bilingual("别忘了🎉。", "Fine."))))

    assert _codes(made.findings) == ["SHEET-GLYPH"]
    assert made.findings[0].level is Level.WARNING
    assert "别忘了。" in _text(_pdf(made)).replace(" ", "")
    assert "🎉" in made.findings[0].message


def test_an_entry_higher_than_a_column_is_an_error() -> None:
    table = "| a | b |\n|---|---|\n" + "| 一 | 二 |\n" * 90
    made = _render(with_cards(only(answer=Bilingual(table, "Fine."))))

    assert "SHEET-OVERFLOW" in _codes(made.findings)


@pytest.mark.parametrize("terms", [7, 8, 9, 10, 11, 12])
def test_a_long_formula_is_no_wider_than_its_column(terms: int) -> None:
    """Type grows no further than it holds; where it is set smaller than can be read, it is told."""
    latex = "y = " + " + ".join(f"w_{{{n}}} x_{{{n}}}" for n in range(terms))
    made = _render(with_cards(only(formulas=(latex,))))
    assert set(_codes(made.findings)) <= {"SHEET-SMALL"}
    assert terms > 10 or not made.findings


def test_something_wider_than_a_column_is_told() -> None:
    made = _render(with_cards(only(answer=Bilingual("看", f"`{'x' * 120}`"))))

    assert "SHEET-OVERFLOW" in _codes(made.findings)


def test_a_picture_that_is_not_there_is_an_error() -> None:
    made = _render(with_cards(only(figures=(Figure("absent.png"),))))

    assert _codes(made.findings) == ["SHEET-FIGURE"]


def test_an_unknown_paper_is_an_error() -> None:
    book = edition(1)
    made = _render(replace(book, book=replace(book.book, paper="b7")))

    assert _codes(made.findings) == ["SHEET-PAPER"]


def test_what_the_engine_says_is_an_error() -> None:
    given = assets()
    style = given.templates["sheet.css"] + "p { no-such-property: 1 }"
    made = _render(edition(1), replace(given, templates={**given.templates, "sheet.css": style}))

    assert _codes(made.findings) == ["SHEET-WARNING"]


def test_markup_in_the_notes_stays_text() -> None:
    card = only(question=Bilingual("<script>x</script> 与 <img src=x>", "a < b & c"))
    made = _render(with_cards(card))

    assert made.findings == ()
    assert "<script>" in _text(_pdf(made))


def test_a_term_that_is_the_same_in_both_languages_stands_once() -> None:
    text = _text(_pdf(_render(with_cards(only(question=Bilingual("Transformer", "transformer"))))))

    assert text.casefold().count("transformer") == 1


def test_long_questions_wrap() -> None:
    card = only(question=Bilingual("为什么" * 30 + "？", "Why " * 40))

    assert _render(with_cards(card)).findings == ()


def test_cards_of_a_topic_unknown_to_the_book_are_set() -> None:
    assert _render(with_cards(only(topic="elsewhere"))).findings == ()


def _figures(pdf: bytes) -> int:
    with pikepdf.open(BytesIO(pdf)) as opened:
        return sum(
            1
            for thing in opened.objects
            if isinstance(thing, pikepdf.Dictionary) and thing.get("/S") == "/Figure"
        )


def test_a_figure_stands_once_however_many_cards_show_it(whole: Artifacts) -> None:
    shown = {figure.file for card in sheet_cards.edition(37).cards for figure in card.figures}

    assert _figures(_pdf(whole)) == len(shown) == 2


@pytest.mark.parametrize(("language", "absent"), [("zh", "memorizes"), ("en", "记住")])
def test_one_language_alone(language: str, absent: str) -> None:
    book = edition(8)
    made = _render(replace(book, book=replace(book.book, languages=(language,))))

    assert made.findings == ()
    assert list(made.files) == [f"study-{language}.pdf"]
    text = _text(_pdf(made))
    assert absent not in text
    assert ("Whatisoverfitting" in text) == (language == "en")
    assert ("什么是过拟合" in text) == (language == "zh")
    lang = pypdf.PdfReader(BytesIO(_pdf(made))).root_object["/Lang"]
    assert str(lang).startswith(language)


def test_what_has_no_english_is_printed_in_chinese_and_said() -> None:
    book = with_cards(only(answer=Bilingual("只有中文。")))
    made = _render(replace(book, book=replace(book.book, languages=("en",))))

    assert _codes(made.findings) == ["SHEET-UNTRANSLATED"]
    assert made.findings[0].level is Level.WARNING
    assert "只有中文" in _text(_pdf(made))


def _colors(pdf: bytes) -> set[tuple[float, ...]]:
    """Every color that page content and its drawings paint with."""
    found: set[tuple[float, ...]] = set()
    with pikepdf.open(BytesIO(pdf)) as opened:
        for thing in opened.objects:
            if isinstance(thing, pikepdf.Stream) and thing.get("/Subtype") != "/Image":
                if "/Length1" in thing or thing.get("/Type") in {"/Metadata", "/XRef", "/ObjStm"}:
                    continue
                content = thing.read_bytes()
                for match in re.finditer(rb"([\d.]+) ([\d.]+) ([\d.]+) (?:rg|RG)\b", content):
                    found.add(tuple(float(n) for n in match.groups()))
    return found


def _is_gray(color: tuple[float, ...]) -> bool:
    return max(color) - min(color) < 0.005


def test_black_ink_paints_no_color(whole: Artifacts) -> None:
    book = edition(12)
    made = _render(replace(book, book=replace(book.book, ink="black")))

    assert made.findings == ()
    assert list(made.files) == ["study-black.pdf"]
    assert all(map(_is_gray, _colors(_pdf(made))))
    assert not all(map(_is_gray, _colors(_pdf(whole))))
    with pikepdf.open(BytesIO(_pdf(made))) as opened:
        images = [t for t in opened.objects if isinstance(t, pikepdf.Stream) and "/Width" in t]
        spaces = {str(image.get("/ColorSpace")) for image in images}
    assert spaces == {"/DeviceGray"}


def test_letter_paper() -> None:
    book = edition(12)
    made = _render(replace(book, book=replace(book.book, paper="letter-landscape")))

    assert made.findings == ()
    assert list(made.files) == ["study-letter.pdf"]
    page = pypdf.PdfReader(BytesIO(_pdf(made))).pages[0]
    assert [round(float(n)) for n in page.mediabox[2:]] == [792, 612]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"forms": ("poster",)}, "SHEET-FORM"),
        ({"forms": ()}, "SHEET-FORM"),
        ({"ink": "gold"}, "SHEET-INK"),
        ({"languages": ("fr",)}, "SHEET-LANGUAGE"),
        ({"languages": ()}, "SHEET-LANGUAGE"),
        ({"columns": 0}, "SHEET-COLUMNS"),
        ({"pages": -1}, "SHEET-PAGES"),
        ({"smallest": 1.0}, "SHEET-SIZE"),
    ],
)
def test_what_cannot_be_printed_is_an_error(fields: dict[str, object], code: str) -> None:
    book = edition(1)
    made = _render(replace(book, book=replace(book.book, **fields)))  # type: ignore[arg-type]  # bad on purpose

    assert _codes(made.findings) == [code]
    assert made.files == {}


@pytest.mark.parametrize("pages", [1, 2, 3])
def test_the_pages_asked_for(pages: int) -> None:
    book = edition(24)
    made = _render(replace(book, book=replace(book.book, pages=pages)))
    count = len(pypdf.PdfReader(BytesIO(_pdf(made))).pages)

    said = [f for f in made.findings if f.code == "SHEET-PAGES"]
    assert count == pages or said
    if count > pages:
        assert said[0].level is Level.WARNING
        assert "6.8 points" in said[0].message


def _split(pdf: bytes, heads: list[str]) -> list[str]:
    """Name the entries whose text a column's end parts, by a line that says so."""
    text = "".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(pdf)).pages)
    return [head for head in heads if f"{head}（续）" in re.sub(r"\s", "", text)]


@pytest.mark.parametrize("count", [5, 45])
def test_no_entry_is_split(count: int) -> None:
    made = _render(edition(count))

    heads = [re.sub(r"\s", "", card.question.zh) for card in edition(count).cards]
    assert _split(_pdf(made), heads) == []


def test_only_what_is_higher_than_a_column_is_split() -> None:
    long = "\n\n".join(["很长的一段话，" * 40 + "完。"] * 9)
    card = only(answer=Bilingual(long), short=Bilingual(long), formulas=(), symbols=())
    made = _render(with_cards(card))

    assert _codes(made.findings) == []
    assert _split(_pdf(made), [card.question.zh]) == [card.question.zh]


def test_short_forms_are_printed() -> None:
    card = only(short=Bilingual("一句短话。", "A short one."))
    text = _text(_pdf(_render(with_cards(card))))

    assert "一句短话。" in text
    assert "训练集上损失的平均值" not in text


def test_entries_link_to_one_another_and_to_the_web(whole: Artifacts) -> None:
    one = only(id="one", related=("two", "absent"))
    made = _render(with_cards(one, only(id="two", question=Bilingual("另一个", "Another"))))
    with pikepdf.open(BytesIO(_pdf(made))) as pdf:
        links = [a for page in pdf.pages for a in pikepdf.Array(page.get("/Annots", []))]
        names = {str(a.A.get("/D", "")) if "/A" in a else str(a.get("/Dest")) for a in links}
        webs = {str(a.A.URI) for a in links if "/A" in a and "/URI" in a.A}

    assert any("card-two" in name for name in names)
    assert any("reference-d2l" in name for name in names)
    assert not any("absent" in name for name in names)
    assert any(web.startswith("https://d2l.ai") for web in webs)


def test_formulas_wider_than_a_column_are_parted_at_wide_spaces() -> None:
    wide = r"\min_{\mathbf{w}, b} \frac{1}{2} \lVert \mathbf{w} \rVert^{2} \quad \text{s.t.} \quad "
    wide += r"y_i (\mathbf{w}^{\top} \mathbf{x}_i + b) \ge 1, \quad i = 1, \dots, n, \quad b \in B"
    pdf = _pdf(_render(with_cards(only(formulas=(wide,)))))
    with pikepdf.open(BytesIO(pdf)) as opened:
        formulas = [
            thing
            for thing in opened.objects
            if isinstance(thing, pikepdf.Dictionary) and thing.get("/S") == "/Formula"
        ]

    assert len(formulas) >= 5


def test_english_is_american_down_to_its_hyphens() -> None:
    # Without a country, the typesetter hyphenates as the British do: object-ive.
    for name, template in assets().templates.items():
        assert 'lang="en"' not in template, name
    made = _render(edition(2))
    with pikepdf.open(BytesIO(_pdf(made))) as pdf:
        assert pdf.Root.Lang == "zh-CN"
