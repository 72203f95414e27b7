"""Edition -> cards.json: the contract that others rely on."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from notepress.model import Edition
from notepress.renderers import data
from tests.sample_edition import EDITION, NEWTON, TEMPLATES, WITHHELD, assets, stamp

SCHEMA = json.loads((TEMPLATES / "data" / "cards.schema.json").read_text("utf-8"))


def _text(edition: Edition = EDITION) -> str:
    ((name, made),) = data.render(edition, assets("data"), stamp(edition)).files.items()
    assert name == "cards.json"
    return made.decode()


def test_it_keeps_to_its_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(json.loads(_text()))
    without_origin = replace(EDITION, cards=(replace(NEWTON, origins=()),))
    Draft202012Validator(SCHEMA).validate(json.loads(_text(without_origin)))


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        (("schema",), 2),
        (("cards", 0, "status"), "done"),
        (("cards", 0, "origin", "first_line"), "3"),
        (("cards", 0, "figures", 0, "origin"), "web"),
        (("cards", 0, "changes", 0, "confidence"), 2),
        (("dropped", 0, "by"), None),
    ],
)
def test_the_schema_notices(place: tuple[str | int, ...], wrong: object) -> None:
    view = deepcopy(json.loads(_text()))
    *path, last = place
    inner = view
    for step in path:
        inner = inner[step]
    inner[last] = wrong
    assert not Draft202012Validator(SCHEMA).is_valid(view)


def test_the_schema_names_every_key() -> None:
    view = json.loads(_text())
    assert [*view] == SCHEMA["required"]
    for name, part in (
        ("book", view["book"]),
        ("card", view["cards"][0]),
        ("figure", view["cards"][0]["figures"][0]),
        ("change", view["cards"][0]["changes"][0]),
        ("origin", view["cards"][0]["origin"]),
        ("unresolved", view["unresolved"][0]),
        ("dropped", view["dropped"][0]),
    ):
        assert [*part] == SCHEMA["$defs"][name]["required"]


def test_all_cards_are_in_it_the_published_ones_numbered() -> None:
    cards = json.loads(_text())["cards"]
    assert [card["id"] for card in cards] == [c.id for c in (*EDITION.cards, WITHHELD)]
    assert [card["number"] for card in cards] == [*range(1, len(EDITION.cards) + 1), None]
    assert cards[-1]["status"] == "unfinished"


def test_a_card_says_all() -> None:
    (card, *_) = json.loads(_text())["cards"]
    assert card["origin"] == {"path": "content/notes.md", "first_line": 3, "last_line": 4}
    assert [origin["first_line"] for origin in card["origins"]] == [3, 90]
    assert card["question"] == {"zh": "什么是牛顿法？", "en": "What is Newton’s method?"}
    assert card["formulas"] == [*NEWTON.formulas]
    assert card["sources"] == [
        "Goodfellow et al. Deep Learning. 2016. https://example.org/dl, §4.3",
        "handout",
    ]
    assert card["changes"][1] == {
        "code": "HOMOPHONE",
        "field": "text",
        "path": "content/notes.md",
        "line": 3,
        "column": 11,
        "offset": 10,
        "before": "进似",
        "after": "近似",
        "reason": "同音字。",
        "by": "rule",
        "confidence": 0.97,
        "state": "auto",
    }


def test_lines_that_are_on_no_card_are_in_it_too() -> None:
    view = json.loads(_text())
    assert view["unresolved"][0]["raw"] == "？？？\n<u>"
    assert view["dropped"][0]["by"] == "person"


def test_the_text_is_readable_and_stable() -> None:
    assert _text() == _text()
    assert "什么是牛顿法？" in _text()
    assert _text().endswith("}\n}\n")


def test_retired_notes_can_be_found() -> None:
    later = replace(stamp(EDITION), retired={"gone": "guid-gone", "newton/cloze": "guid-x"})
    made = data.render(EDITION, assets("data"), later).files["cards.json"]
    told = json.loads(made)["retired"]
    assert [note["key"] for note in told["notes"]] == ["gone", "newton/cloze"]
    assert re.fullmatch(r"nid:1\d{12},1\d{12}", told["search"])
    Draft202012Validator(SCHEMA).validate(json.loads(made))
