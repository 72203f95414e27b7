"""A book and the deck's templates -> Anki's note types, one for each way of asking.

What is numbered here is frozen. Adding, removing or reordering a field or a template
makes Anki refuse the update of every note that somebody studies; what the future
wants goes into the spare fields. The numbers let a field be renamed.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final

from notepress import apkg, figures
from notepress.apkg import Field, NoteType, Template
from notepress.model import Book, Kind

# What every kind says besides: in the head, in the foot, to look things up by.
_COMMON: Final = (
    *("Topic", "TopicEn", "Accent", "Status", "Number", "Sources", "Origin", "Related", "Hint"),
    *("Spare1", "Spare2", "Spare3"),
)
FIELDS: Final[Mapping[str, int]] = {
    "Question": 7101,
    "QuestionEn": 7102,
    "Answer": 7103,
    "AnswerEn": 7104,
    "Formula": 7105,
    "Figure": 7106,
    "Pitfall": 7107,
    "PitfallEn": 7108,
    "Topic": 7109,
    "TopicEn": 7110,
    "Accent": 7111,
    "Status": 7112,
    "Number": 7113,
    "Sources": 7114,
    "Origin": 7115,
    "Related": 7116,
    "Hint": 7117,
    "Spare1": 7118,
    "Spare2": 7119,
    "Spare3": 7120,
}
"""The fields of question and answer, by name; English in front has the same.

Two of the spare ones are taken: ``Spare1`` and ``Spare2`` hold the answers as they are
to be read aloud, and are empty where nobody wants that.
"""

_TERM: Final = ("Term", "TermEn", "Answer", "AnswerEn", "Formula", "Figure", *_COMMON)
_CLOZE: Final = ("Text", "Question", "QuestionEn", "Extra", "ExtraEn", "Figure", *_COMMON)
# The first five are those that Anki's own image occlusion knows, each by its tag.
_OCCLUSION: Final = (
    *("Occlusion", "Image", "Header", "Back Extra", "Comments"),
    *("HeaderEn", *_COMMON),
)
_TAGGED: Final = 5
_IMAGE_OCCLUSION: Final = 6
_TUCKED_AWAY: Final = frozenset(
    ("Accent", "Status", "Hint", "Occlusion", "Comments", "Spare1", "Spare2", "Spare3")
)

# By kind: the name of the note type, its fields with their numbers, and its templates: each with
# its name and number, and the files of its front and back.
_Side = tuple[str, int, str, str]
_Form = tuple[str, Mapping[str, int], tuple[_Side, ...]]


def _numbered(names: tuple[str, ...], first: int) -> dict[str, int]:
    return {name: number for number, name in enumerate(names, first)}


FORMS: Final[Mapping[Kind, _Form]] = {
    Kind.QA: ("问答 Q&A", FIELDS, (("问答 Q&A", 7201, "front.html", "back.html"),)),
    Kind.QA_EN: (
        "英文问答 Q&A in English",
        FIELDS,
        (("英文问答 Q&A in English", 7202, "front-en.html", "back-en.html"),),
    ),
    Kind.TERM: (
        "术语 Terms",
        _numbered(_TERM, 7301),
        (
            ("中译英 zh → en", 7211, "term-front.html", "term-back.html"),
            ("英译中 en → zh", 7212, "term-front-en.html", "term-back.html"),
        ),
    ),
    Kind.CLOZE: (
        "填空 Cloze",
        _numbered(_CLOZE, 7401),
        (("填空 Cloze", 7221, "cloze-front.html", "cloze-back.html"),),
    ),
    Kind.OCCLUSION: (
        "看图 Image occlusion",
        _numbered(_OCCLUSION, 7501),
        (("看图 Image occlusion", 7231, "occlusion-front.html", "occlusion-back.html"),),
    ),
}

# A topic's color by day and by night: one lightness each (OKLCH .46 and .78), hues in
# an order that keeps neighbors apart. All stand at 4.5:1 and more on our grounds.
ACCENTS: Final = (
    ("#1657a1", "#89bafa"),
    ("#953037", "#f39c9b"),
    ("#046a2f", "#85cb94"),
    ("#6a4093", "#c7a6ee"),
    ("#824702", "#e9a771"),
    ("#066565", "#57cccc"),
    ("#893269", "#e89cc7"),
    ("#5c5c03", "#bbbd6c"),
    ("#026181", "#69c4ee"),
    ("#93360e", "#f1a084"),
    ("#53499f", "#b0aef8"),
    ("#067551", "#65cdb3"),
)

# The desktop, AnkiDroid and AnkiMobile mark the night on the body, each in its way.
_NIGHT: Final = ".nightMode{0}, .night_mode{0}"
_NIGHT_GROUND: Final = ".nightMode, .night_mode, .nightMode .card, .night_mode .card"
_PARTIAL: Final = re.compile(r"\{\{>([a-z-]+)\}\}\n?")
_SPOKEN: Final = re.compile(r"^.*\{\{tts .*\n?", re.MULTILINE)


def form_of(kind: Kind) -> Kind:
    """Give the kind whose note type a kind's notes are of: formulas are clozes."""
    return Kind.CLOZE if kind is Kind.FORMULA else kind


def fields(kind: Kind) -> tuple[str, ...]:
    """Name the fields of a kind's notes, in order."""
    return tuple(FORMS[form_of(kind)][1])


def id_of(book: Book, kind: Kind) -> int:
    """Give a note type's id: the one that was drawn for the book, or else one made of its id."""
    form = form_of(kind).value
    return book.note_types.get(form) or apkg.row_id(f"{book.id}/note type/{form}")


def note_type(book: Book, templates: Mapping[str, str], kind: Kind) -> NoteType:
    """Make the note type of a kind's notes."""
    kind = form_of(kind)
    name, numbers, sides = FORMS[kind]
    occlusion = kind is Kind.OCCLUSION
    return NoteType(
        id_of(book, kind),
        unicodedata.normalize("NFC", f"{book.title.zh or book.title.en or book.id} · {name}"),
        tuple(
            Field(field, number, field in _TUCKED_AWAY, n if occlusion and n < _TAGGED else None)
            for n, (field, number) in enumerate(numbers.items())
        ),
        tuple(_template(side, book, templates, _BROWSER.get(kind, ("", ""))) for side in sides),
        templates["style.css"].strip() + "\n" + "\n".join(_colors(book)),
        apkg.CLOZE if kind in (Kind.CLOZE, Kind.OCCLUSION) else apkg.STANDARD,
        _IMAGE_OCCLUSION if occlusion else 0,
    )


# What the browser's columns show for a card, where that isn't the card itself.
_BROWSER: Final = {
    Kind.QA: ("{{Question}}", "{{Answer}}"),
    Kind.QA_EN: ("{{QuestionEn}}", "{{AnswerEn}}"),
}


def look(book: Book, templates: Mapping[str, str]) -> str:
    """Give all that note types show: when this changes, their modification time moves.

    Those of kinds that the book doesn't want count too, so that taking one up leaves the
    look of the others, which users may have altered, as it is.
    """
    made = [note_type(book, templates, kind) for kind in FORMS]
    shown = [[t.name, [(f.name, f.id) for f in t.fields], _sides(t), t.css] for t in made]
    return json.dumps(shown, ensure_ascii=False)


def accent(topic: str) -> str:
    """Name the class that has a topic's color."""
    return "topic-" + re.sub(r"[^A-Za-z0-9-]", "-", topic)


def _sides(made: NoteType) -> list[list[object]]:
    return [[t.name, t.id, t.front, t.back, [*t.browser]] for t in made.templates]


def _template(
    side: _Side, book: Book, templates: Mapping[str, str], browser: tuple[str, str]
) -> Template:
    name, number, front, back = side
    asked, answered = (_whole(templates[file], book, templates) for file in (front, back))
    return Template(name, number, asked, answered, browser)


def _whole(text: str, book: Book, templates: Mapping[str, str]) -> str:
    """Put the parts in that several templates share; leave out what is read aloud to nobody."""
    whole = _PARTIAL.sub(lambda part: templates[f"{part[1]}.html"], text)
    return (whole if book.study.speech else _SPOKEN.sub("", whole)).strip()


def _colors(book: Book) -> Iterator[str]:
    """Give cards the grounds and inks of the drawings, and each topic a color of its own."""
    inks = ("ink", "muted", "paper", "soft", "second")
    for where, palette in ((".card", figures.LIGHT), (_NIGHT_GROUND, figures.NIGHT)):
        named = " ".join(f"--{ink}: {getattr(palette, ink)};" for ink in inks)
        yield f"{where} {{ {named} {_tones(palette.accent)} }}"
    for index, topic in enumerate(book.topics):
        day, night = ACCENTS[index % len(ACCENTS)]
        name = accent(topic.id)
        yield f".{name} {{ {_tones(day)} }}"
        yield f"{_NIGHT.format(f' .{name}')} {{ {_tones(night)} }}"


def _tones(color: str) -> str:
    return f"--accent: {color}; --wash: {color}12; --edge: {color}40;"
