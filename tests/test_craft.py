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
from notepress.model import Bilingual, Card, Figure, Level, Origin

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
        (r"{{c1::甲}} 与 {{c2::\[x^{y^{z}}\]}}", ["CLOZE-END"]),
        (r"{{c1::\(f::x\)}}", ["CLOZE-END"]),
        (r"损失是 {{c1::\(\frac{a}{b_{i} }\)}}。", []),
        (r"{{c1::甲}}，而 \(\frac{a}{b_{i}}\) 在外。", []),
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
