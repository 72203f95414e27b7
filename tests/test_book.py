"""The author's own book, built whole: what a reader downloads, proven as one."""

from __future__ import annotations

import hashlib
import json
import re
from io import BytesIO
from pathlib import Path

import pytest
from anki.collection import (
    Collection,
    ImportAnkiPackageOptions,
    ImportAnkiPackageRequest,
)
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, PdfObject

from notepress import cli
from tests import small_book

pytestmark = pytest.mark.typeset


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Path:
    root = small_book.copy_of(project, tmp_path_factory.mktemp("book"))
    with pytest.MonkeyPatch.context() as patch:
        # Nothing may lag behind the notes: what is committed is what is built.
        patch.setenv("CI", "true")
        assert cli.main(["--project", str(root), "--strict", "--quiet"]) == 0
    return root / "dist"


@pytest.fixture(scope="module")
def data(dist: Path):
    return json.loads((dist / "cards.json").read_text("utf-8"))


def test_everything_is_there_and_summed(dist: Path) -> None:
    lines = (dist / "SHA256SUMS").read_text("utf-8").splitlines()
    sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert set(sums) == {"cards.json", "deep-learning.apkg", "deep-learning.pdf", "report.html"}
    for name, digest in sums.items():
        assert hashlib.sha256((dist / name).read_bytes()).hexdigest() == digest


def test_every_card_is_complete_in_both_languages(data) -> None:
    assert len(data["cards"]) == 37
    assert [card["id"] for card in data["cards"] if card["status"] != "complete"] == []
    for card in data["cards"]:
        assert all(card["question"].values()), card["id"]
        assert all(card["answer"].values()), card["id"]
        assert card["sources"], card["id"]
        assert "？？" not in card["answer"]["zh"]


def test_every_line_of_the_notes_is_in_one_place(data, project: Path) -> None:
    lines = (project / "content/deep-learning.md").read_text("utf-8").split("\n")
    held = [o for card in data["cards"] for o in card["origins"]]
    held += [part["origin"] for part in [*data["unresolved"], *data["dropped"]]]
    numbers = [n for o in held for n in range(o["first_line"], o["last_line"] + 1)]
    written = [n for n, line in enumerate(lines, start=1) if line.strip()]
    assert sorted(n for n in numbers if lines[n - 1].strip()) == written


def test_what_a_rule_may_not_decide_was_settled_by_a_person(data) -> None:
    changes = [change for card in data["cards"] for change in card["changes"]]
    assert [c for c in changes if c["state"] == "proposed"] == []
    settled = [c for c in changes if c["state"] == "accepted"]
    assert {c["by"] for c in settled} == {"person"}
    assert len([c for c in settled if c["code"] == "CLAIM"]) >= 8
    assert {"POLARITY", "MERGE"} <= {c["code"] for c in settled}
    assert [part["by"] for part in data["dropped"]] == ["person"]


def test_twelve_lost_pictures_have_drawings_in_their_place(data) -> None:
    figures = [figure for card in data["cards"] for figure in card["figures"]]
    assert {figure["origin"] for figure in figures} == {"drawn"}
    assert len([figure for figure in figures if figure["link"]]) == 12
    further = [c["id"] for c in data["cards"] if c["figures"] and not c["figures"][0]["link"]]
    assert len(further) >= 10
    assert all(figure["alt"]["zh"] and figure["alt"]["en"] for figure in figures)


def test_the_real_engine_takes_the_deck(dist: Path, data, tmp_path: Path) -> None:
    collection = Collection(str(tmp_path / "collection.anki2"))
    try:
        request = ImportAnkiPackageRequest(
            package_path=str(dist / "deep-learning.apkg"), options=ImportAnkiPackageOptions()
        )
        log = collection.import_anki_package(request).log
        assert len(log.new) == len(data["cards"])
        for card_id in collection.find_cards(""):
            card = collection.get_card(card_id)
            front, back = card.question(), card.answer()
            assert len(re.sub(r"<[^>]+>|\s", "", front)) > 2
            assert len(back) > len(front)
            assert "{{" not in back
        media = collection.media.check()
        assert list(media.missing) == []
        assert list(media.unused) == []
        again = collection.import_anki_package(request).log
        assert (len(again.new), len(again.updated)) == (0, 0)
    finally:
        collection.close()


def _dictionary(held: PdfObject) -> DictionaryObject:
    resolved = held.get_object()
    assert isinstance(resolved, DictionaryObject)
    return resolved


def test_the_sheet_says_every_question(dist: Path, data) -> None:
    reader = PdfReader(BytesIO((dist / "deep-learning.pdf").read_bytes()))
    assert len(reader.pages) == 4
    text = "".join(page.extract_text() for page in reader.pages)
    said = re.sub(r"\s", "", text)
    for card in data["cards"]:
        assert re.sub(r"\s", "", card["question"]["zh"]) in said, card["id"]
    assert "（续）" not in said, "an entry is split"
    fonts = {
        str(font["/BaseFont"]).partition("+")[2]
        for page in reader.pages
        for font in map(_dictionary, _dictionary(_dictionary(page["/Resources"])["/Font"]).values())
    }
    assert fonts
    assert {name.split("-")[0] for name in fonts} <= {"Sheet", "sheet"}, fonts
