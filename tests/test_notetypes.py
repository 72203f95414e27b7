"""A book and its templates -> Anki's note types, whose numbers are for ever."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from notepress import apkg, notetypes
from notepress.model import Bilingual, Kind, Study
from tests.sample_edition import BOOK, TEMPLATES

FILES = {p.name: p.read_text("utf-8") for p in sorted((TEMPLATES / "deck").iterdir())}
FORMS = [kind for kind in Kind if kind is not Kind.FORMULA]


@pytest.mark.parametrize(
    ("kind", "names", "first", "templates"),
    [
        (Kind.QA_EN, [*notetypes.FIELDS], 7101, [7202]),
        (
            Kind.TERM,
            ["Term", "TermEn", "Answer", "AnswerEn", "Formula", "Figure"],
            7301,
            [7211, 7212],
        ),
        (
            Kind.CLOZE,
            ["Text", "Question", "QuestionEn", "Extra", "ExtraEn", "Figure"],
            7401,
            [7221],
        ),
        (
            Kind.OCCLUSION,
            ["Occlusion", "Image", "Header", "Back Extra", "Comments", "HeaderEn"],
            7501,
            [7231],
        ),
    ],
)
def test_the_schema_is_frozen(
    kind: Kind, names: list[str], first: int, templates: list[int]
) -> None:
    """A change here makes Anki refuse the update of every note that somebody studies."""
    common = ["Topic", "TopicEn", "Accent", "Status", "Number", "Sources", "Origin"]
    common += ["Related", "Hint", "Spare1", "Spare2", "Spare3"]
    wanted = names if kind is Kind.QA_EN else [*names, *common]
    made = notetypes.note_type(BOOK, FILES, kind)
    assert [field.name for field in made.fields] == wanted
    assert [field.id for field in made.fields] == [*range(first, first + len(wanted))]
    assert [template.id for template in made.templates] == templates


def test_image_occlusion_is_ankis_own() -> None:
    made = notetypes.note_type(BOOK, FILES, Kind.OCCLUSION)
    assert (made.form, made.stock) == (apkg.CLOZE, 6)
    assert [field.tag for field in made.fields[:6]] == [0, 1, 2, 3, 4, None]


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("speech", [True, False])
def test_templates_name_only_fields_that_exist(kind: Kind, speech: bool) -> None:
    book = replace(BOOK, study=Study(speech=speech))
    made = notetypes.note_type(book, FILES, kind)
    for template in made.templates:
        for text in (template.front, template.back):
            used = set(re.findall(r"\{\{(?:[#/^]|cloze:|tts \w+:)?([\w ]+)\}\}", text))
            assert used
            assert used <= {field.name for field in made.fields}
            assert "{{>" not in text


def test_cards_are_read_aloud_only_where_that_is_wanted() -> None:
    silent = notetypes.look(BOOK, FILES)
    spoken = notetypes.look(replace(BOOK, study=Study(speech=True)), FILES)
    assert "{{tts" not in silent
    assert "{{tts zh_CN:Question}}" in spoken
    assert "{{tts en_US:TermEn}}" in spoken


def test_ids_are_the_books_or_made_of_its_id() -> None:
    assert notetypes.id_of(BOOK, Kind.QA) == BOOK.note_types["qa"]
    drawn = replace(BOOK, note_types={"cloze": 42})
    assert notetypes.id_of(drawn, Kind.CLOZE) == notetypes.id_of(drawn, Kind.FORMULA) == 42
    made = {notetypes.id_of(replace(BOOK, note_types={}), kind) for kind in FORMS}
    other = {notetypes.id_of(replace(BOOK, id="other", note_types={}), kind) for kind in FORMS}
    assert len(made | other) == 2 * len(FORMS)


def test_taking_up_a_kind_leaves_the_look_of_the_others() -> None:
    more = replace(BOOK, study=Study(tuple(Kind)))
    assert notetypes.look(more, FILES) == notetypes.look(BOOK, FILES)
    assert notetypes.look(replace(BOOK, title=Bilingual("别名", "")), FILES) != notetypes.look(
        BOOK, FILES
    )
