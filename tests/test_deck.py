"""Edition -> Anki package: the bytes, the rows and the HTML, without Anki."""

from __future__ import annotations

import io
import json
import os
import re
import sqlite3
import subprocess
import sys
import time
import zipfile
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from PIL import Image

from notepress import apkg, figures
from notepress.model import Artifacts, Assets, Bilingual, Book, Card, Edition, Figure, Kind, Study
from notepress.renderers import deck
from tests.sample_edition import (
    ADAM,
    BOOK,
    EDITION,
    HOSTILE,
    NEWTON,
    POOLING,
    ROC,
    TEMPLATES,
    assets,
    reworded,
    stamp,
)

Row = dict[str, object]


def _render(edition: Edition = EDITION, **later: int) -> Artifacts:
    return deck.render(edition, assets("deck"), stamp(edition, **later))


def _package(edition: Edition = EDITION, **later: int) -> bytes:
    if edition is EDITION and not later:
        return _sample()
    (package,) = _render(edition, **later).files.values()
    return package


@cache
def _sample() -> bytes:
    (package,) = _render().files.values()
    return package


def _rows(package: bytes, query: str) -> list[Row]:
    with (
        zipfile.ZipFile(io.BytesIO(package)) as members,
        closing(sqlite3.connect(":memory:")) as connection,
    ):
        connection.deserialize(members.read("collection.anki2"))
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query)]


def _fields(card: Card, edition: Edition = EDITION) -> dict[str, str]:
    rows = _rows(_package(edition), "SELECT guid, flds FROM notes")
    (row,) = (row for row in rows if row["guid"] == f"guid-{card.id}")
    return dict(zip(deck.FIELDS, str(row["flds"]).split("\x1f"), strict=True))


def _with(card: Card) -> Edition:
    return replace(EDITION, cards=(card,))


def test_the_same_bytes_in_another_process() -> None:
    code = (
        "import hashlib, sys; sys.path[:0] = sys.argv[1:];"
        "from tests.test_deck import _package; print(hashlib.sha256(_package()).hexdigest())"
    )
    root = Path(__file__).parent.parent
    paths = [str(root), str(root / "src")]
    digests = {
        subprocess.run(
            [sys.executable, "-c", code, *paths],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_members_are_plain_and_dateless() -> None:
    with zipfile.ZipFile(io.BytesIO(_package())) as package:
        members = package.infolist()
    names = [member.filename for member in members]
    assert names == ["collection.anki2", "media", *map(str, range(len(names) - 2))]
    assert {m.date_time for m in members} == {(1980, 1, 1, 0, 0, 0)}
    assert {m.external_attr >> 16 for m in members} == {0o100644}
    packed = [m.compress_type for m in members]
    assert packed == [zipfile.ZIP_DEFLATED] * 2 + [zipfile.ZIP_STORED] * (len(names) - 2)


def test_no_temporary_file_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    _package()
    assert not [*tmp_path.iterdir()]


def test_the_database_hides_which_sqlite_wrote_it() -> None:
    with zipfile.ZipFile(io.BytesIO(_package())) as package:
        database = package.read("collection.anki2")
    assert int.from_bytes(database[96:100]) == 3_040_000
    assert database[92:96] == database[24:28]


def test_identity_and_dates_come_from_the_stamp() -> None:
    known = stamp().notes.values()
    notes = _rows(_package(), "SELECT guid, mod FROM notes")
    assert {(n["guid"], n["mod"]) for n in notes} == {(k.guid, k.mod) for k in known}
    cards = _rows(
        _package(), "SELECT n.mod AS note, c.mod AS card FROM cards c, notes n WHERE n.id = c.nid"
    )
    assert all(row["note"] == row["card"] for row in cards)
    (col,) = _rows(_package(), "SELECT models, decks, mod FROM col")
    (model,) = json.loads(str(col["models"])).values()
    assert (model["mod"], model["id"]) == (stamp().style_mod, BOOK.note_types["qa"])
    decks = [d for d in json.loads(str(col["decks"])).values() if d["id"] != 1]
    assert {d["mod"] for d in decks} == {stamp().created}


def test_one_changed_card_changes_one_row() -> None:
    query = "SELECT id, guid, mod, flds, tags FROM notes ORDER BY id"
    before = _rows(_package(), query)
    after = _rows(_package(reworded(ROC, "换一句。"), roc=9), query)
    changed = [new["guid"] for old, new in zip(before, after, strict=True) if old != new]
    assert changed == ["guid-roc"]


def test_row_ids_stay_with_the_note_and_lie_in_the_past() -> None:
    query = "SELECT guid, id FROM notes"
    whole = {row["guid"]: row["id"] for row in _rows(_package(), query)}
    fewer = _rows(_package(replace(EDITION, cards=EDITION.cards[2:])), query)
    assert all(whole[row["guid"]] == row["id"] for row in fewer)
    assert all(isinstance(i, int) and 0 < i < time.time() * 1000 for i in whole.values())
    assert len(set(whole.values())) == len(EDITION.cards)


def test_row_ids_give_way_when_two_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apkg, "_ROW_IDS", 2)
    ids = [row["id"] for row in _rows(_package(), "SELECT id FROM notes")]
    assert len(set(ids)) == len(EDITION.cards)


def test_cards_are_studied_in_the_order_of_the_book() -> None:
    rows = _rows(
        _package(), "SELECT n.guid, c.due FROM cards c, notes n WHERE n.id = c.nid ORDER BY c.due"
    )
    assert [row["guid"] for row in rows] == [f"guid-{card.id}" for card in EDITION.cards]
    assert [row["due"] for row in rows] == [*range(1, len(rows) + 1)]


def test_the_schema_is_frozen() -> None:
    """A change here makes Anki refuse the update of every note that somebody studies."""
    assert [*deck.FIELDS.items()] == [
        ("Question", 7101),
        ("QuestionEn", 7102),
        ("Answer", 7103),
        ("AnswerEn", 7104),
        ("Formula", 7105),
        ("Figure", 7106),
        ("Pitfall", 7107),
        ("PitfallEn", 7108),
        ("Topic", 7109),
        ("TopicEn", 7110),
        ("Accent", 7111),
        ("Status", 7112),
        ("Number", 7113),
        ("Sources", 7114),
        ("Origin", 7115),
        ("Related", 7116),
        ("Hint", 7117),
        ("Spare1", 7118),
        ("Spare2", 7119),
        ("Spare3", 7120),
    ]
    (col,) = _rows(_package(), "SELECT models FROM col")
    (model,) = json.loads(str(col["models"])).values()
    assert {f["name"]: f["id"] for f in model["flds"]} == deck.FIELDS
    assert [t["id"] for t in model["tmpls"]] == [7201]


def test_templates_name_only_fields_that_exist() -> None:
    for name in ("front.html", "back.html"):
        text = (TEMPLATES / "deck" / name).read_text("utf-8")
        used = set(re.findall(r"\{\{[#/^]?(\w+)\}\}", text))
        assert used
        assert used <= set(deck.FIELDS)


def test_decks_are_named_for_topics_alone() -> None:
    (col,) = _rows(_package(), "SELECT decks FROM col")
    names = {deck["name"] for deck in json.loads(str(col["decks"])).values()}
    assert names == {
        "Default",
        "样书",
        "样书::训练与优化 Training & optimization",
        "样书::卷积网络 Convolutional networks",
        "样书::评估与度量 Evaluation & metrics",
    }


def test_a_title_cannot_part_the_deck() -> None:
    book = replace(BOOK, title=Bilingual("甲::乙 ", ""))
    (col,) = _rows(_package(replace(EDITION, book=book)), "SELECT decks FROM col")
    assert '"\\u7532\\uff1a\\u4e59"' in str(col["decks"])


def test_formulas_and_maths_are_escaped_for_mathjax() -> None:
    assert "\\qquad a &lt; b\\]</div>" in _fields(ADAM)["Formula"]
    assert "\\(a&lt;b\\)" in _fields(HOSTILE)["Question"]
    assert "\\(a_i*b*c &lt; d\\)" in _fields(HOSTILE)["Answer"]


def test_a_strangers_text_is_text() -> None:
    fields = _fields(HOSTILE)
    whole = "".join(fields.values())
    assert not re.search(
        r"<script|onerror=[^&]*>|href=|\[sound:|\[latex|\[\$\]|\[anki:|\{\{", whole
    )
    assert "&lt;script&gt;" in whole
    assert "\x00" not in whole
    assert "\u00e9" in fields["Answer"]


def test_tags_have_no_spaces() -> None:
    rows = _rows(_package(), "SELECT guid, tags FROM notes")
    tags = {row["guid"]: str(row["tags"]).split() for row in rows}
    assert tags["guid-newton"] == [
        "sample-1f2e3d4c::optimization",
        "sample-1f2e3d4c::release::1.0",
        "二阶方法",
        "optimizer",
    ]
    assert "sample-1f2e3d4c::untranslated" in tags["guid-roc"]
    assert tags["guid-hostile"][2:] == ["带_空格_的_标签"]


def test_sources_are_cited_in_full() -> None:
    sources = _fields(NEWTON)["Sources"]
    assert sources == (
        '<li>Goodfellow et al., <a href="https://example.org/dl"><cite>Deep Learning</cite></a>, '
        "2016, §4.3</li><li>handout</li>"
    )
    assert "javascript" not in _fields(ADAM)["Sources"]


def test_the_card_says_where_it_came_from() -> None:
    fields = _fields(NEWTON)
    assert fields["Origin"] == "content/notes.md:3\u20134<br>content/notes.md:90"
    assert fields["Number"] == "1"
    name, _, links = fields["Related"].partition("</span>")
    assert name == (
        "<li><span>Adam 怎样更新 \\(\\theta\\)？ "
        '<small lang="en">How does Adam update \\(\\theta\\)?</small>'
    )
    found = apkg.search([f"guid-{ADAM.id}"])
    assert re.findall('href="([^"]+)"', links) == [
        f"anki://x-callback-url/search?query={found}",
        f"anki://x-callback-url/browser?search={found}",
    ]
    assert _fields(ADAM)["Status"]
    assert not fields["Status"]


def test_the_first_field_is_never_empty() -> None:
    assert (
        _fields(NEWTON, _with(replace(NEWTON, question=Bilingual("", "Why?"))))["Question"]
        == "Why?"
    )
    assert _fields(NEWTON, _with(replace(NEWTON, question=Bilingual())))["Question"] == "newton"


def test_media_and_references_match() -> None:
    package = _package()
    with zipfile.ZipFile(io.BytesIO(package)) as members:
        media = set(json.loads(members.read("media")).values())
    fields = "".join(str(row["flds"]) for row in _rows(package, "SELECT flds FROM notes"))
    images = re.findall(r'<img src="([^"]+)"[^>]* alt="([^"]+)">', fields)
    assert {name for name, _ in images} == media
    assert len(media) == 3
    assert all(re.fullmatch(r"np-[0-9a-f]{16}\.(webp|png)", name) for name in media)
    assert ("损失曲线与它的二次近似 / A loss &amp; its model") in {alt for _, alt in images}


def test_a_drawing_has_a_day_and_a_night() -> None:
    figure = _fields(NEWTON)["Figure"]
    assert re.findall(r'class="(\w+)" width="330" height="210"', figure) == ["day", "night"]
    assert len(set(re.findall(r'src="([^"]+)"', figure))) == 2
    assert 'class="photo"' in _fields(POOLING)["Figure"]


def _noise(width: int, height: int) -> bytes:
    written = io.BytesIO()
    Image.effect_noise((width, height), 90).save(written, "PNG")
    return written.getvalue()


def _with_photos(book: Book, *photos: bytes) -> dict[str, bytes]:
    """Show photographs on a card; give the media by name."""
    pictures = {f"{n}.png": photo for n, photo in enumerate(photos)}
    shown = tuple(Figure(name, origin="author") for name in pictures)
    edition = replace(EDITION, book=book, cards=(replace(NEWTON, figures=shown),))
    made = deck.render(edition, Assets(assets("deck").templates, pictures), stamp(edition))
    (package,) = made.files.values()
    with zipfile.ZipFile(io.BytesIO(package)) as members:
        names = json.loads(members.read("media"))
        return {name: members.read(place) for place, name in names.items()}


def test_a_picture_under_two_names_is_packed_once() -> None:
    one, other = _noise(30, 20), _noise(30, 20)
    assert len(_with_photos(BOOK, one, one)) == 1
    assert len(_with_photos(BOOK, one, other)) == 2


def test_pictures_are_as_large_as_the_book_says_and_have_lost_nothing_else() -> None:
    large = _noise(300, 200)
    ((name, kept),) = _with_photos(BOOK, large).items()
    assert name.endswith(".webp")
    assert len(kept) < len(large)
    with Image.open(io.BytesIO(kept)) as one, Image.open(io.BytesIO(large)) as other:
        assert one.convert("L").tobytes() == other.tobytes()
    small = replace(BOOK, study=Study(pixels=150))
    ((_, scaled),) = _with_photos(small, large).items()
    with Image.open(io.BytesIO(scaled)) as picture:
        assert picture.size == (150, 100)


@pytest.mark.parametrize(
    ("study", "code"), [(Study(()), "STUDY-EMPTY"), (Study(pixels=-1), "STUDY-PIXELS")]
)
def test_settings_that_make_no_sense_are_findings(study: Study, code: str) -> None:
    edition = replace(EDITION, book=replace(BOOK, study=study))
    made = _render(edition)
    assert [finding.code for finding in made.findings] == [code]
    assert not _render().findings


def test_a_kind_named_twice_is_made_once() -> None:
    twice = replace(BOOK, study=Study((Kind.QA, Kind.QA)))
    assert _package(replace(EDITION, book=twice)) == _package()


def test_pictures_that_fail_are_findings_and_leave_no_gap() -> None:
    wanted = (
        Figure("gone.png", origin="author"),
        Figure("bad.png", origin="author"),
        Figure("drawn/bad.svg"),
    )
    edition = _with(replace(NEWTON, figures=wanted))
    pictures = {"bad.png": b"no picture", "drawn/bad.svg": b"<svg"}
    made = deck.render(edition, Assets(assets("deck").templates, pictures), stamp(edition))
    found = [(finding.code, finding.span.path) for finding in made.findings]
    assert found == [
        ("FIGURE-MISSING", "images/gone.png"),
        ("PICTURE-BROKEN", "images/bad.png"),
        ("FIGURE-BROKEN", "images/drawn/bad.svg"),
    ]
    (package,) = made.files.values()
    assert "<img" not in str(_rows(package, "SELECT flds FROM notes"))


def _luminance(color: str) -> float:
    channels = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("day", "night"), deck.ACCENTS)
def test_accents_can_be_read_by_day_and_by_night(day: str, night: str) -> None:
    for ground in (figures.LIGHT.paper, figures.LIGHT.soft):
        assert _contrast(day, ground) >= 4.5
    for ground in (figures.NIGHT.paper, figures.NIGHT.soft, "#2c2c2c"):
        assert _contrast(night, ground) >= 4.5


def test_every_topic_has_its_color() -> None:
    (col,) = _rows(_package(), "SELECT models FROM col")
    (model,) = json.loads(str(col["models"])).values()
    for topic in BOOK.topics:
        assert f".topic-{topic.id} {{" in model["css"]
        assert f".nightMode .topic-{topic.id}, .night_mode .topic-{topic.id} {{" in model["css"]
    assert _fields(NEWTON)["Accent"] == "topic-optimization"
