"""The same notes written by us and by genanki: in Anki they are the same collection."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import genanki
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest

from notepress import apkg

CREATED = 1_700_000_000
CSS = ".card { color: navy; }"
PLAIN = apkg.NoteType(
    1_600_000_000_001,
    "两面",
    (apkg.Field("Front", 1), apkg.Field("Back", 2)),
    (
        apkg.Template("there", 11, "{{Front}}", "{{FrontSide}}<hr>{{Back}}"),
        apkg.Template("back", 12, "{{Back}}", "{{Front}}"),
    ),
    CSS,
)
HOLES = apkg.NoteType(
    1_600_000_000_002,
    "填空",
    (apkg.Field("Text", 3), apkg.Field("Extra", 4)),
    (apkg.Template("holes", 13, "{{cloze:Text}}", "{{cloze:Text}}{{Extra}}"),),
    CSS,
    apkg.CLOZE,
)
DECK = apkg.Deck(1_600_000_000_003, "书::章")
PICTURE = b"RIFF\x00\x00\x00\x00WEBP"
NOTES = (
    ("both", PLAIN, ('问 <img src="a.webp">', "答 &lt; \\(a&lt;b\\)"), ("x::y", "z"), 4, (0, 1)),
    ("one", PLAIN, ("只有一面", ""), (), 5, (0,)),
    ("holes", HOLES, ("{{c1::甲}}、{{c3::乙}}", "多"), ("z",), 6, (0, 2)),
)


def _ours() -> bytes:
    notes = tuple(
        apkg.Note(guid, CREATED, kind.id, DECK.id, fields, fields[0], tags, due, places)
        for guid, kind, fields, tags, due, places in NOTES
    )
    contents = apkg.Contents((PLAIN, HOLES), (DECK,), notes, CREATED, CREATED)
    return apkg.pack(contents, {"a.webp": PICTURE})


def _theirs(folder: Path) -> bytes:
    models = {
        kind.id: genanki.Model(
            kind.id,
            kind.name,
            fields=[{"name": field.name, "id": field.id} for field in kind.fields],
            templates=[
                {"name": side.name, "id": side.id, "qfmt": side.front, "afmt": side.back}
                for side in kind.templates
            ],
            css=kind.css,
            model_type=kind.form,
        )
        for kind in (PLAIN, HOLES)
    }
    deck = genanki.Deck(DECK.id, DECK.name)
    for guid, kind, fields, tags, due, _ in NOTES:
        deck.add_note(
            genanki.Note(models[kind.id], list(fields), guid=guid, tags=list(tags), due=due)
        )
    picture = folder / "a.webp"
    picture.write_bytes(PICTURE)
    package = folder / "genanki.apkg"
    genanki.Package(deck, [str(picture)]).write_to_file(str(package), timestamp=CREATED)
    return package.read_bytes()


def _in_anki(package: bytes, folder: Path) -> dict[str, list[object]]:
    """Import, and tell all that a user or Anki could notice: no row ids, no browser's state."""
    folder.mkdir()
    (folder / "the.apkg").write_bytes(package)
    with closing(Collection(str(folder / "collection.anki2"))) as collection:
        request = ImportAnkiPackageRequest(
            package_path=str(folder / "the.apkg"), options=ImportAnkiPackageOptions()
        )
        collection.import_anki_package(request)
        assert collection.db
        kinds = [kind for kind in collection.models.all() if kind["id"] in (PLAIN.id, HOLES.id)]
        rows = {
            "notes": "select guid, mid, mod, tags, flds from notes order by guid",
            "cards": "select n.guid, c.ord, d.name, c.type, c.queue, c.due, c.ivl, c.factor, c.reps"
            " from cards c join notes n on n.id = c.nid join decks d on d.id = c.did order by 1, 2",
        }
        told: dict[str, list[object]] = {
            name: [[*row] for row in collection.db.all(query)] for name, query in rows.items()
        }
        told["types"] = [
            (kind["id"], kind["name"], kind["type"], kind["css"]) for kind in kinds
        ] + [
            (part["name"], part["id"], part.get("qfmt"), part.get("afmt"))
            for kind in kinds
            for part in (*kind["flds"], *kind["tmpls"])
        ]
        told["media"] = [path.read_bytes() for path in Path(collection.media.dir()).iterdir()]
        assert not collection.media.check().missing
    return told


def test_in_anki_both_are_the_same(tmp_path: Path) -> None:
    ours = _in_anki(_ours(), tmp_path / "ours")
    assert len(ours["notes"]) == len(NOTES)
    assert len(ours["cards"]) == sum(len(places) for *_, places in NOTES)
    assert ours["media"] == [PICTURE]
    assert ours == _in_anki(_theirs(tmp_path), tmp_path / "theirs")


def test_ours_is_the_smaller(tmp_path: Path) -> None:
    assert len(_ours()) < len(_theirs(tmp_path))
