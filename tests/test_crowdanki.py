"""Edition -> a folder for CrowdAnki, with what the deck has and nothing that passes."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from notepress import package
from notepress.model import Artifacts, Edition
from notepress.renderers import crowdanki, deck
from tests.sample_edition import BOOK, EDITION, NEWTON, assets, reworded, stamp

FOLDER = f"{BOOK.slug}.crowdanki"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def _made(edition: Edition = EDITION, **later: int) -> Artifacts:
    return crowdanki.render(edition, assets("deck"), stamp(edition, **later))


def _tree(made: Artifacts):
    return json.loads(made.files[f"{FOLDER}/deck.json"])


def _notes(tree):
    return [*tree["notes"], *(note for child in tree["children"] for note in _notes(child))]


def test_it_holds_the_notes_of_the_deck() -> None:
    tree = _tree(_made())
    ((name, data),) = deck.render(EDITION, assets("deck"), stamp()).files.items()
    held = package.read(data, name).value
    assert held
    fields = {note["guid"]: tuple(note["fields"]) for note in _notes(tree)}
    assert fields == {note.guid: note.fields for note in held.notes}
    (kind,) = tree["note_models"]
    assert {note["note_model_uuid"] for note in _notes(tree)} == {kind["crowdanki_uuid"]}
    assert [field["name"] for field in kind["flds"]] == [*deck.FIELDS]


def test_decks_are_nested_under_short_names() -> None:
    tree = _tree(_made())
    assert tree["name"] == "样书"
    assert "训练与优化 Training & optimization" in [child["name"] for child in tree["children"]]
    (preset,) = tree["deck_configurations"]
    for one in (tree, *tree["children"]):
        assert one["deck_config_uuid"] == preset["crowdanki_uuid"]
        assert UUID.fullmatch(one["crowdanki_uuid"])
        assert one["__type__"] == "Deck"
    uuids = [one["crowdanki_uuid"] for one in (tree, *tree["children"], preset)]
    assert len({*uuids}) == len(uuids)


def test_media_lie_beside_it_and_are_listed_where_they_show() -> None:
    made = _made()
    files = {n.removeprefix(f"{FOLDER}/media/") for n in made.files} - {f"{FOLDER}/deck.json"}
    tree = _tree(made)
    listed = [name for one in (tree, *tree["children"]) for name in one["media_files"]]
    assert sorted(listed) == sorted(files)
    assert len(files) == 3


def _undated(made: Artifacts) -> dict[str, bytes]:
    """Leave out the tag of the release in which a note changed, as a date belongs to a change."""
    return {name: re.sub(rb"::release::[\d.]+", b"", data) for name, data in made.files.items()}


def test_only_what_a_card_says_changes_it() -> None:
    first = _made().files
    assert _undated(_made(newton=60)) == _undated(_made())
    assert "mod" not in json.dumps(_tree(_made()), indent=0).split('"')
    changed = _made(reworded(NEWTON, "换了说法。")).files[f"{FOLDER}/deck.json"].splitlines()
    lines = first[f"{FOLDER}/deck.json"].splitlines()
    assert len([pair for pair in zip(lines, changed, strict=True) if pair[0] != pair[1]]) == 1


def test_two_books_share_nothing() -> None:
    other = replace(EDITION, book=replace(BOOK, id="other-00000000"))
    text = _made(other).files["other.crowdanki/deck.json"].decode()
    assert not {*UUID.findall(text)} & {*UUID.findall(json.dumps(_tree(_made())))}
