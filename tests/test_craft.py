"""Cards -> findings about how they are made; each has a card beside it that is fine."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from notepress import files, pipeline
from notepress.check import check
from notepress.craft import LONGEST_EN, LONGEST_ZH, look, unused
from notepress.knowledge import Concept, Knowledge
from notepress.model import Bilingual, Card, Figure, Level, Origin, Symbol

NAMED = Concept(
    "dropout", "regularization", Bilingual("随机失活法", "random drop out"), Bilingual("是。", "")
)
KNOWN = Knowledge(concepts=(NAMED,))
CARD = Card("a", "t", question=Bilingual("什么是动量？"), origins=(Origin("content/a.md", 7, 8),))


def _codes(card: Card) -> list[str]:
    found = look([card], KNOWN)
    assert {(f.span.path, f.span.line, f.span.column) for f in found} <= {("content/a.md", 7, 1)}
    assert all(finding.hint for finding in found)
    return [finding.code for finding in found]


def _answering(zh: str = "", en: str = "", asked: Bilingual = CARD.question) -> Card:
    return replace(CARD, question=asked, answer=Bilingual(zh, en))


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (r"损失是 {{c1::\(\frac{a}{b_{i}}\)}}。", ["CLOZE-END"]),
        (r"{{c1::甲}} 与 {{c2::\[x^{y^{z}}\]}}", ["CLOZE-TEXT", "CLOZE-END"]),
        (r"{{c1::\(f::x\)}}", ["CLOZE-END"]),
        (r"损失是 {{c1::\(\frac{a}{b_{i} }\)}}。", ["CLOZE-TEXT"]),
        (r"{{c1::甲}}，而 \(\frac{a}{b_{i}}\) 在外。", ["CLOZE-TEXT"]),
        (r"\(\frac{a}{b_{i}}\) 与 }}", []),
    ],
)
def test_a_formula_that_ends_a_cloze(text: str, codes: list[str]) -> None:
    assert _codes(_answering(text)) == codes


@pytest.mark.parametrize(
    ("tag", "codes"),
    [
        ("two words", ["TAG-SPLIT"]),
        ("全\u3000角", ["TAG-SPLIT"]),
        ("a::b", ["TAG-TREE"]),
        ("early-stopping", []),
        ("k-均值", []),
    ],
)
def test_tags(tag: str, codes: list[str]) -> None:
    assert _codes(replace(CARD, tags=(tag,))) == codes


@pytest.mark.parametrize(
    ("asked", "answer", "codes"),
    [
        (Bilingual("累积过去梯度的动量是什么？"), Bilingual("累积过去梯度。"), ["ANSWER-GIVEN"]),
        (Bilingual("动量是一种累积过去梯度的方法吗"), Bilingual("累积过去梯度。"), []),
        (Bilingual("什么是随机失活法？"), Bilingual("随机失活法。丢弃一部分神经元。"), []),
        (Bilingual("动量法是什么？"), Bilingual("动量法。"), []),
        (Bilingual("什么是动量？"), Bilingual("动量累积过去的梯度。"), []),
        (
            Bilingual("动量？", "What is momentum, the sum of past gradients?"),
            Bilingual("累积。", "It is the sum of past gradients."),
            ["ANSWER-GIVEN"],
        ),
        (Bilingual("批还是单个样本更稳定？"), Bilingual("批还是单个样本。"), []),
    ],
)
def test_a_question_that_tells_its_answer(
    asked: Bilingual, answer: Bilingual, codes: list[str]
) -> None:
    assert _codes(replace(CARD, question=asked, answer=answer)) == codes


def test_an_answer_too_long_for_one_card() -> None:
    (finding,) = look([_answering("甲" * (LONGEST_ZH + 1))], KNOWN)
    assert (finding.code, finding.level) == ("ANSWER-LONG", Level.NOTE)
    assert _codes(_answering(en="word " * (LONGEST_EN + 1))) == ["ANSWER-LONG"]
    formula = r"\(" + "a+" * 400 + r"a\)"
    assert _codes(_answering("甲" * LONGEST_ZH, f"{'word ' * (LONGEST_EN - 1)}{formula}")) == []


def test_a_picture_that_no_card_shows() -> None:
    cards = [replace(CARD, figures=(Figure("a.png", origin="author"),))]
    assert [(f.code, f.span.path) for f in unused(["a.png", "b.png"], cards)] == [
        ("PICTURE-UNUSED", "images/b.png")
    ]


@pytest.mark.parametrize("part", ["question", "answer", "pitfall"])
def test_languages_that_say_other_numbers_or_formulas(part: str) -> None:
    def codes(zh: str, en: str) -> list[str]:
        said = {"question": Bilingual(), "answer": Bilingual(), "pitfall": Bilingual()}
        said[part] = Bilingual(zh, en)
        card = Card(
            "a", "t", question=said["question"], answer=said["answer"], pitfall=said["pitfall"]
        )
        return [finding.code for finding in check((card,), Knowledge())]

    assert codes("用 12 层。", "It uses 13 layers.") == ["LANGUAGE-PARITY"]
    assert codes(r"\(a\)。", r"\(b\).") == ["LANGUAGE-PARITY"]
    assert codes("用 12 层。", "Layers: 12.") == []


def test_every_code_is_told_about(project: Path) -> None:
    told = (project / "CONTRIBUTING.md").read_text("utf-8")
    sources = [
        (project / f"src/notepress/{name}.py").read_text("utf-8") for name in ("check", "craft")
    ]
    codes = {code for text in sources for code in re.findall(r'"([A-Z]+(?:-[A-Z]+)+|MATHS)"', text)}
    assert len(codes) > 8
    assert [code for code in sorted(codes) if f"`{code}`" not in told] == []


def test_no_false_alarm_in_the_shipped_book(project: Path) -> None:
    sources = files.load(project).value
    assert sources
    found = pipeline.overview((), sources, pipeline.ingest(sources, lambda _: None).value)
    assert [(finding.code, finding.message) for finding in found] == []


# --- where ---------------------------------------------------------------------------


def test_a_finding_points_at_the_words_that_it_is_about() -> None:
    notes = Knowledge()
    raw = "什么是甲\n  用 12 层，\\(\\frac{a\\)\n\n另一条\n{{c1::乙}}"
    origins = (Origin("content/a.md", 7, 8), Origin("content/b.md", 20, 21))
    card = replace(
        CARD,
        raw=raw,
        origins=origins,
        answer=Bilingual("用 12 层，\\(\\frac{a\\)，{{c1::乙}}。", "13 layers, \\(\\frac{a\\)."),
        tags=("not there",),
    )
    found = {f.code: str(f.span) for f in (*check((card,), notes), *look([card], notes))}
    assert found["LANGUAGE-PARITY"] == "content/a.md:8:5"
    assert found["MATHS"] == "content/a.md:8:12"
    assert found["CLOZE-TEXT"] == "content/b.md:21:1"
    assert found["TAG-SPLIT"] == "content/a.md:7:1"


def test_two_cards_with_the_same_front_in_either_language() -> None:
    one = replace(CARD, question=Bilingual("什么是 A？", "What is A?"))
    same = [
        replace(CARD, id="b", question=Bilingual("什么是A", "Which is A?")),
        replace(CARD, id="c", question=Bilingual("何谓 A？", "what is a")),
    ]
    for other in same:
        found = check((one, other), Knowledge())
        assert [f.code for f in found] == ["CARD-SAME-FRONT"]
    other = replace(CARD, id="d", question=Bilingual("什么是 B？", "What is B?"))
    assert not check((one, other), Knowledge())


def test_a_formula_is_proved_wherever_it_stands() -> None:
    wrong = r"\(\frac{\)"
    for card in (
        replace(CARD, question=Bilingual(f"什么是 {wrong}？")),
        replace(CARD, pitfall=Bilingual(en=f"No {wrong}.")),
        replace(CARD, symbols=(Symbol(r"\frac{", "甲", "a"),)),
    ):
        assert "MATHS" in [f.code for f in check((card,), Knowledge())]
