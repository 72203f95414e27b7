"""What a renderer says it reads is all that its files hang on, and no more than that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from notepress import publishing
from notepress.model import Bilingual, Change, Edition, Stamp
from tests import sheet_cards
from tests.sample_edition import EDITION, assets, stamp


def rendered(kind: str, made: Edition, dates: Stamp, *, bare: bool) -> object:
    module = publishing.renderer(kind)
    given = module.reads(made, dates) if bare else (made, dates)
    return module.render(given[0], assets(module.TEMPLATES), given[1])


@pytest.mark.parametrize("kind", ["crowdanki", "data", "deck", "report"])
def test_what_is_left_out_changes_no_byte(kind: str) -> None:
    assert any(card.changes for card in EDITION.cards)
    dates = stamp(EDITION)
    assert rendered(kind, EDITION, dates, bare=True) == rendered(kind, EDITION, dates, bare=False)


@pytest.mark.typeset
def test_what_print_leaves_out_changes_no_byte_of_the_sheet() -> None:
    sheet = publishing.renderer("sheet")
    by_hand = change("EDIT", "answer.zh")
    made = sheet_cards.with_cards(
        *(
            replace(card, remark="看", raw="看", tags=("a",), changes=(change("TYPO", "text"),))
            for card in sheet_cards.edition(3).cards
        ),
        sheet_cards.only(id="own", short=Bilingual("短。", "Short."), changes=(by_hand,)),
    )
    dates = Stamp("1.0", 1_700_000_000, 1_700_000_000, {})
    bare = sheet.reads(made, dates)
    assert bare[0] != made
    given = sheet_cards.assets()
    assert sheet.render(bare[0], given, bare[1]) == sheet.render(made, given, dates)


def change(code: str, field: str) -> Change:
    return Change(code, field, "content/a.md", 1, 1, 0, "a", "b", "", "rule")


@pytest.mark.parametrize("kind", ["deck", "sheet"])
def test_a_remark_to_oneself_or_a_new_reason_makes_no_deck_and_no_sheet_again(kind: str) -> None:
    made = EDITION
    first, *others = made.cards
    reads = publishing.renderer(kind).reads
    noted = replace(first, remark="看第三章", raw=first.raw + " ", changes=first.changes[:0])
    assert reads(replace(made, cards=(noted, *others)), stamp(made)) == reads(made, stamp(made))
    said = replace(first, answer=Bilingual("另一个答案。", "Another answer."))
    assert reads(replace(made, cards=(said, *others)), stamp(made)) != reads(made, stamp(made))
