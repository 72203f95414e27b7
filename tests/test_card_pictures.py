"""Pictures of cards: what is put on sheets, and what is told where a browser fails."""

from __future__ import annotations

import base64
import os
import re
import sys
from html import unescape
from pathlib import Path

import card_pictures
import pytest

from notepress.renderers import deck
from tests.sample_edition import EDITION, assets, stamp

_FRAME = re.compile(r'<iframe srcdoc="([^"]*)"')

# Speaks as a browser does, as far as it is asked; what it finds of a sheet is filled in.
_BROWSER = f"""#!{sys.executable}
import json
asking, answering = open(3, "rb", 0), open(4, "wb", 0)
heard = b""
while more := asking.read(4096):
    *orders, heard = (heard + more).split(b"\\0")
    for order in map(json.loads, orders):
        told = {{
            "Target.createTarget": {{"targetId": "page"}},
            "Target.attachToTarget": {{"sessionId": "one"}},
            "Runtime.evaluate": FOUND,
            "Page.captureScreenshot": {{"data": "{base64.b64encode(b"drawn").decode()}"}},
        }}
        said = {{"id": order["id"], "result": told.get(order["method"], {{}})}}
        for message in ({{"method": "Page.loadEventFired"}}, said):
            answering.write(json.dumps(message).encode() + b"\\0")
"""


def _found(problems: list[str]) -> str:
    told = f'{{"problems": {problems}, "width": 9, "height": 9}}'.replace("'", '"')
    return f"{{'result': {{'value': {told!r}}}}}"


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a built deck, and no program but what a script needs to start."""
    (tmp_path / "dist").mkdir()
    for name, data in deck.render(EDITION, assets("deck"), stamp(EDITION)).files.items():
        (tmp_path / "dist" / name).write_bytes(data)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "bash").symlink_to(os.path.realpath("/bin/bash"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(card_pictures, "ROOT", tmp_path)
    return tmp_path


def _install(book: Path, program: str) -> None:
    file = book / "bin" / "chromium"
    file.write_text(program)
    file.chmod(0o755)


def test_each_side_of_each_card_is_on_a_sheet_by_day_and_by_night(book, tmp_path):
    (package,) = (book / "dist").glob("*.apkg")
    (tmp_path / "anki").mkdir()
    with card_pictures.rendered(package, tmp_path / "anki") as (faces, media):
        made = dict(card_pictures.sheets("book", faces))
        assert [*media.iterdir()]
    assert len(faces) == len(EDITION.cards)
    assert [*made] == ["book-qa-01-day", "book-qa-01-night"]
    for name, sheet in made.items():
        pages = [unescape(frame) for frame in _FRAME.findall(sheet)]
        assert len(pages) == 2 * len(faces)
        for face, front, back in zip(faces, pages[::2], pages[1::2], strict=True):
            assert face.front in front
            assert face.back in back
            assert "<footer" not in front
            assert "<footer" in back
            assert all(
                ('<body class="card card1 nightMode' in page) == ("night" in name)
                for page in (front, back)
            )


def test_a_sheet_holds_no_more_than_it_may():
    many = [card_pictures.Face("qa", 0, "", "")] * 13 + [card_pictures.Face("term", 1, "", "")]
    made = {name: len(_FRAME.findall(sheet)) for name, sheet in card_pictures.sheets("b", many)}
    by_day = {name: sides for name, sides in made.items() if name.endswith("-day")}
    assert by_day == {"b-qa-01-day": 24, "b-qa-02-day": 2, "b-term-01-day": 2}
    assert len(made) == 2 * len(by_day)


def test_a_button_stands_for_what_is_read_aloud():
    assert card_pictures._played("a [anki:play:q:0] b") == (
        'a <a class="replay-button" href="#">▶</a> b'
    )


def test_what_the_browser_draws_is_kept(book, capsys):
    _install(book, _BROWSER.replace("FOUND", _found([])))
    (book / "card-pictures").mkdir()
    (book / "card-pictures" / "of-old.png").touch()
    assert card_pictures.main() == 0
    drawn = {file.name: file.read_bytes() for file in (book / "card-pictures").iterdir()}
    slug = EDITION.book.slug
    assert drawn == {f"{slug}-qa-01-{light}.png": b"drawn" for light in ("day", "night")}
    assert f"{len(EDITION.cards)} cards of {slug}.apkg" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (_found(["a picture is missing: a.png"]), "qa-01-day: a picture is missing: a.png"),
        ("{'exceptionDetails': {}, 'result': {'description': 'TypeError: x'}}", "TypeError: x"),
    ],
)
def test_a_card_that_is_not_drawn_as_it_should_be_is_an_error(book, capsys, found, told):
    _install(book, _BROWSER.replace("FOUND", found))
    assert card_pictures.main() == 1
    assert told in capsys.readouterr().err


def test_a_browser_that_ends_is_quoted(book, capsys):
    _install(book, "#!/bin/bash\necho no such display >&2\nexit 1\n")
    assert card_pictures.main() == 1
    assert capsys.readouterr().err.endswith("chromium ended, and said:\nno such display\n")


def test_a_browser_that_does_not_answer_is_ended(book, capsys, monkeypatch):
    monkeypatch.setattr(card_pictures, "_SECONDS", 0.3)
    _install(book, f"#!{sys.executable}\nopen(3, 'rb').read()\n")
    assert card_pictures.main() == 1
    assert "chromium ended" in capsys.readouterr().err


def test_without_a_browser_it_says_what_is_missing(book, capsys):
    assert card_pictures.main() == 1
    said = capsys.readouterr().err
    assert "no browser" in said
    assert all(name in said for name in card_pictures.BROWSERS)
    assert not (book / "card-pictures").exists()


def test_without_a_deck_it_says_what_builds_one(book, capsys):
    for file in (book / "dist").iterdir():
        file.unlink()
    assert card_pictures.main() == 1
    assert "make builds it" in capsys.readouterr().err
