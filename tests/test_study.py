"""Cards -> what Anki asks about them, in the kinds that a book wants."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from notepress import figures, study
from notepress.knowledge import Concept, Knowledge
from notepress.model import Bilingual, Book, Card, Edition, Figure, Kind, Study

FIGURE = Figure("drawn/both.svg")
ONE = Card(
    "one",
    "t",
    question=Bilingual("有哪两点？", "Which two?"),
    answer=Bilingual("1. 甲\n2. 乙", "1. A\n2. B"),
    formulas=("a = b", "c = d"),
    figures=(FIGURE, Figure("photo.png", origin="author")),
)
TWO = Card(
    "two",
    "t",
    question=Bilingual("汇聚（pooling）", "Pooling"),
    answer=Bilingual("降维。", "Less."),
    formulas=("a = b",),
    figures=(FIGURE, Figure("drawn/own.svg"), Figure("drawn/third.svg")),
)
POOLING = Concept("pooling", "t", Bilingual("汇聚", "pooling"), Bilingual("降维。", "Less."))


_words = partial(figures.names, faces={})


def _edition(*kinds: Kind, cards: tuple[Card, ...] = (ONE, TWO)) -> Edition:
    book = Book("b-00000000", Bilingual("书", "Book"), study=Study(kinds))
    return Edition(book, cards, terms=study.terms(cards, Knowledge((POOLING,))))


def _keys(edition: Edition) -> list[str]:
    return [fact.key for fact in study.facts(edition)]


@pytest.mark.parametrize(
    ("kinds", "keys"),
    [
        ((), ["one", "two"]),
        ((Kind.QA_EN, Kind.QA), ["one/qa-en", "two/qa-en", "one", "two"]),
        ((Kind.TERM,), ["two/term"]),
        ((Kind.CLOZE,), ["one/cloze"]),
        ((Kind.FORMULA,), ["one/formula", "two/formula"]),
        (
            (Kind.OCCLUSION,),
            ["one/occlusion/both", "two/occlusion/own", "two/occlusion/third"],
        ),
    ],
)
def test_each_kind_asks_what_it_can(kinds: tuple[Kind, ...], keys: list[str]) -> None:
    assert _keys(_edition(*kinds)) == keys


@pytest.mark.parametrize("kind", Kind)
def test_the_order_of_the_cards_moves_nothing_to_another_note(kind: Kind) -> None:
    there, back = _edition(kind), _edition(kind, cards=(TWO, ONE))
    assert study.digests(there, study.facts(there), {}, _words) == study.digests(
        back, study.facts(back), {}, _words
    )


def test_a_kind_changes_only_with_what_it_shows() -> None:
    edition = _edition(*Kind)
    before = study.digests(edition, study.facts(edition), {}, _words)
    renamed = replace(edition, terms={"two": Bilingual("池化", "pooling")})
    after = study.digests(renamed, study.facts(renamed), {}, _words)
    assert {key for key in after if after[key] != before[key]} == {"two/term"}
    redrawn = study.digests(edition, study.facts(edition), {"drawn/own.svg": b"new"}, _words)
    assert all(key.startswith("two") for key in redrawn if redrawn[key] != before[key])


def test_another_way_of_writing_a_kind_changes_all_of_that_kind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    edition = _edition(*Kind)
    before = study.digests(edition, study.facts(edition), {}, _words)
    monkeypatch.setattr(study, "_WRITING", {**dict.fromkeys(Kind, 1), Kind.CLOZE: 2})
    after = study.digests(edition, study.facts(edition), {}, _words)
    assert {key for key in after if after[key] != before[key]} == {"one/cloze"}


def test_only_a_bare_name_is_a_term() -> None:
    cards = (TWO, replace(TWO, id="asked", question=Bilingual("汇聚？", "Pooling")), ONE)
    assert study.terms(cards, Knowledge((POOLING,))) == {"two": Bilingual("汇聚", "pooling")}


@pytest.mark.parametrize(
    ("abbr", "name"), [("", "pooling"), ("Pooling", "pooling"), ("MP", "pooling (MP)")]
)
def test_a_terms_short_form_is_said_where_it_is_another(abbr: str, name: str) -> None:
    knowledge = Knowledge((replace(POOLING, abbr=abbr),))
    assert study.terms((TWO,), knowledge)["two"].en == name
