"""Knowledge that breaks a rule of its form is named, with its place; the tool's own breaks none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from notepress import files
from notepress.knowledge import Concept, Contrast, Knowledge
from notepress.model import Bilingual, Reference, Span, Symbol, Topic
from notepress.vetting import vet
from tests.conftest import ROOT

PLACES = {"a": Span("content/knowledge/x.yaml", 3, 3), "b": Span("content/knowledge/x.yaml", 9, 3)}
GOOD = Concept(
    "a",
    "t",
    Bilingual("步长", "step size"),
    Bilingual(
        "步长是每次更新时参数移动的距离，由 \\(\\eta\\) 表示，太大会使训练发散，"
        "太小会使收敛变慢，通常随训练的进行逐渐减小。",
        "The step size is how far the parameters move in each update, written \\(\\eta\\);"
        " too large a value makes training diverge, too small a value slows convergence.",
    ),
    formulas=(r"\theta - \eta g",),
    symbols=(Symbol("g", "梯度", "gradient"),),
    contrasts=(Contrast("b", "两者相同。", "Both are the same."),),
    sources=("book, §1",),
)
OTHER = replace(GOOD, id="b", name=Bilingual("批量", "batch"), contrasts=())


def _messages(concept: Concept, other: Concept = OTHER) -> list[str]:
    known = Knowledge(
        concepts=(concept, other),
        references=(Reference("book", "The authors", "A book", "2020"),),
        topics=(Topic("t", "题", "Topic", "T"),),
    )
    found = vet(known, PLACES)
    assert {f.code for f in found} <= {"KNOWLEDGE"}
    assert {f.span for f in found} <= set(PLACES.values())
    return [f.message for f in found]


def test_a_concept_of_good_form_is_left_alone() -> None:
    assert _messages(GOOD) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"definition": Bilingual("太短。", GOOD.definition.en)}, "definition.zh has 2 Han"),
        ({"definition": Bilingual(GOOD.definition.zh, "Short.")}, "definition.en has 1 words"),
        ({"short": Bilingual("短。", "Short.")}, "short.zh has 1 Han"),
        ({"pitfall": Bilingual("没有句号", "No stop.")}, "no full stop ends"),
        ({"gloss": Bilingual("有句号。", "a stop")}, "a phrase has no full stop"),
        ({"gloss": Bilingual("只有中文", "")}, "one language alone"),
        ({"gloss": Bilingual("用 \\(x\\) 表示", "written y")}, "formulas of the two languages"),
        ({"gloss": Bilingual("用PCA降维", "reduced by PCA")}, "no space beside Latin"),
        ({"gloss": Bilingual("先降维,再聚类", "reduced, then clustered")}, "a half-width mark"),
        ({"sources": ()}, "cites no source"),
        ({"sources": ("lost, §2",)}, "no reference has the key"),
        ({"parts": ("lost",)}, "there is no concept lost"),
        ({"topic": "lost"}, "there is no topic lost"),
        ({"formulas": (r"\frac{1",)}, r"\frac{1"),
        ({"aliases": ("批量",)}, "is a name of a too"),
    ],
)
def test_what_breaks_a_rule_is_named(changed: dict[str, object], said: str) -> None:
    messages = _messages(replace(GOOD, **changed))  # type: ignore[arg-type]  # each is of its field's type
    assert any(said in message for message in messages), messages


def test_a_contrast_is_written_once() -> None:
    twice = replace(OTHER, contrasts=(Contrast("a", "两者相同。", "Both are the same."),))
    assert any("written twice" in message for message in _messages(GOOD, twice))


def test_the_tools_own_knowledge_keeps_to_its_rules() -> None:
    places = files.concept_places(ROOT)
    assert len(places) > 250
    assert [f"{f.span} {f.message}" for f in vet(files.own_knowledge(), places)] == []
