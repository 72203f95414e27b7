"""The values that flow through the stages: Note -> Entry -> Card -> Edition -> Artifacts.

Everything here is frozen and built from the standard library alone, so that a
stage can be called in a test with literals, cached by its digest, and compared
with ``==``. Nothing here reads a file, a clock or the environment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Level(StrEnum):
    """How grave a finding is; an ``ERROR`` ends the run with exit code 1."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class State(StrEnum):
    """Where a change stands. Only ``AUTO`` and ``ACCEPTED`` ones are in the text."""

    AUTO = "auto"
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"

    @property
    def applied(self) -> bool:
        """Whether a change in this state is part of the text."""
        return self in (State.AUTO, State.ACCEPTED)


class Status(StrEnum):
    """How far a card has come, worst reason first."""

    UNFINISHED = "unfinished"
    PROPOSED = "proposed"
    UNTRANSLATED = "untranslated"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a project file: line and column count from 1, in code points."""

    path: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to tell a person: where, what, and what to do about it."""

    code: str
    level: Level
    span: Span
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What a stage understood, and what it has to say about the rest."""

    value: T
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Bilingual:
    """The same thing said in Simplified Chinese and in English; "" where unsaid."""

    zh: str = ""
    en: str = ""

    def __bool__(self) -> bool:
        return bool(self.zh or self.en)


# What a model may write where there was nothing: an answer, and the English of a text.
_FILLS = frozenset({"COMPLETE", "TRANSLATE"})


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the ledger: what became what, where, why, and by whom.

    ``field`` names what was changed: ``text`` is the entry's own text, starting
    from its raw lines; any other (``question.zh``, ``formulas[0]``) starts empty.
    ``offset`` counts code points in that field as it stood before this change.
    ``by`` is ``rule``, ``knowledge``, ``memory``, ``model:NAME`` or ``person``.
    """

    code: str
    field: str
    path: str
    line: int
    column: int
    offset: int
    before: str
    after: str
    reason: str
    by: str
    confidence: float = 1.0
    state: State = State.AUTO

    @property
    def by_model(self) -> bool:
        """Whether a language model wrote it, and no person has settled it."""
        return self.by.startswith("model:")

    @property
    def shown(self) -> bool:
        """Whether the text holds it: applied, or a model's words where there was nothing.

        These stand there unreviewed, which the card's status says.
        """
        waiting = self.state is State.PROPOSED and self.by_model
        return self.state.applied or (waiting and self.code in _FILLS)


@dataclass(frozen=True, slots=True)
class Note:
    r"""One file of the author's notes, decoded, with line ends as ``\n``."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Origin:
    """The lines of a note that something was made from, first and last included."""

    path: str
    first_line: int
    last_line: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One question of the notes: whole raw lines, and their text as corrected so far.

    ``form`` says how the lines are to be divided into question and answer (see
    ``notepress.segment``); ``headings`` are the headings above, outermost first;
    ``stops`` tells that the author ends sentences with a stop, all through the note.
    Replaying the applied changes of field ``text`` on ``raw`` gives ``text``.
    """

    origin: Origin
    raw: str
    text: str
    form: str = "block"
    headings: tuple[str, ...] = ()
    stops: bool = False
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture on a card: ``file`` is its path under ``images/``.

    ``origin`` is ``author`` or ``drawn``; ``link`` is the address in the note
    that it stands for, "" where the note had none.
    """

    file: str
    alt: Bilingual = Bilingual()
    origin: str = "drawn"
    link: str = ""


@dataclass(frozen=True, slots=True)
class Symbol:
    """What a letter of a formula stands for; ``tex`` is bare LaTeX."""

    tex: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Card:
    r"""A question with its answer in both languages, and the ledger of how it came about.

    Answers and ``pitfall`` are Markdown with maths between ``\(…\)`` and
    ``\[…\]``; ``formulas`` are bare LaTeX, set in display, and ``symbols`` say what
    their letters stand for. ``short`` is what print shows for a long answer.
    ``sources`` are reference keys with a locator: ``d2l, §4.6``.
    """

    id: str
    topic: str
    status: Status = Status.COMPLETE
    question: Bilingual = Bilingual()
    answer: Bilingual = Bilingual()
    short: Bilingual = Bilingual()
    formulas: tuple[str, ...] = ()
    symbols: tuple[Symbol, ...] = ()
    pitfall: Bilingual = Bilingual()
    figures: tuple[Figure, ...] = ()
    tags: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    remark: str = ""
    origins: tuple[Origin, ...] = ()
    raw: str = ""
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Unresolved:
    """Lines that no rule could read, kept whole."""

    origin: Origin
    raw: str
    reason: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """Lines that a person decided to leave out."""

    origin: Origin
    raw: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Topic:
    """A chapter of the book: ``letter`` marks it where color can't."""

    id: str
    zh: str
    en: str
    letter: str

    @property
    def both(self) -> str:
        """Its names in both languages; one alone where they are the same."""
        return " ".join(dict.fromkeys(filter(None, (self.zh, self.en))))


@dataclass(frozen=True, slots=True)
class Reference:
    """A textbook or paper that cards cite."""

    key: str
    authors: str
    title: str
    year: str
    url: str = ""

    def __str__(self) -> str:
        cited = f"{self.authors.removesuffix('.')}. {self.title}. {self.year}"
        return f"{cited}. {self.url}" if self.url else cited


class Kind(StrEnum):
    """How a card is asked: each kind that a book wants makes notes of its own."""

    QA = "qa"
    QA_EN = "qa-en"
    TERM = "term"
    CLOZE = "cloze"
    FORMULA = "formula"
    OCCLUSION = "occlusion"


@dataclass(frozen=True, slots=True)
class Study:
    """How a book is studied in Anki.

    One kind by default: a second one asks the same again, which makes the day longer
    before it makes anybody know more. ``speech`` has Anki read aloud; ``pixels`` is the
    longest side of a picture, as much as a tablet's screen shows.
    """

    cards: tuple[Kind, ...] = (Kind.QA,)
    speech: bool = False
    pixels: int = 1600

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds in order, each once; question and answer where none is named."""
        return tuple(dict.fromkeys(self.cards)) or (Kind.QA,)


@dataclass(frozen=True, slots=True)
class Book:
    """What ``content/book.yaml`` says of the whole.

    ``release`` is the version that tags of changed notes bear; if empty, the tool's own.
    Of what is printed: ``forms`` are those of ``renderers.sheet``, ``languages`` the
    ones that they print, ``ink`` is ``color`` or ``black``; a sheet has ``columns``
    and fills ``pages``, where 0 is as few as can be read with ease, in type of no less
    than ``smallest`` points.
    """

    id: str
    title: Bilingual
    topics: tuple[Topic, ...] = ()
    note_types: Mapping[str, int] = field(default_factory=dict)
    languages: tuple[str, ...] = ("zh", "en")
    paper: str = "a4-landscape"
    columns: int = 4
    forms: tuple[str, ...] = ("sheet",)
    ink: str = "color"
    pages: int = 0
    smallest: float = 6.8
    unfinished: str = "hide"
    rules: Mapping[str, str] = field(default_factory=dict)
    keep: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    study: Study = Study()
    release: str = ""

    @property
    def slug(self) -> str:
        """The id as files are named by it: without the part that only tells books apart."""
        return re.sub(r"-[0-9a-f]{8}$", "", self.id) or self.id


@dataclass(frozen=True, slots=True)
class Edition:
    """A book as it is published: cards in study order, each with an answer.

    ``withheld`` are the cards that deck and sheet leave out (no answer yet);
    report and data list them. A card's number is its place in ``cards``, from 1.
    ``references`` holds every reference that a card cites, in order of first use;
    ``terms`` the name of the concept that a card's question is, by card id.
    """

    book: Book
    cards: tuple[Card, ...]
    withheld: tuple[Card, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    references: tuple[Reference, ...] = ()
    findings: tuple[Finding, ...] = ()
    terms: Mapping[str, Bilingual] = field(default_factory=dict)


Keep = Callable[[str, Callable[[], bytes]], bytes]
"""Takes what names a piece and what makes it; gives the piece, made now or before."""


def unkept(_: str, make: Callable[[], bytes]) -> bytes:
    """Make a piece anew, where there is no cache to keep it in."""
    return make()


@dataclass(frozen=True, slots=True)
class Assets:
    """The bytes that a renderer may use, all read beforehand.

    ``templates`` holds the files of its own template folder by name;
    ``pictures`` every file that a card's figure names, by ``Figure.file``;
    ``fonts`` the static cuts, by the file name that ``notepress.fonts`` gives.
    ``keep`` spares what takes long and was made before; it never changes what is made.
    """

    templates: Mapping[str, str]
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    fonts: Mapping[str, bytes] = field(default_factory=dict)
    keep: Keep = unkept


@dataclass(frozen=True, slots=True)
class NoteStamp:
    """What Anki knows a note by: its GUID, and when it last changed (Unix seconds).

    ``release`` is the version in which it did. ``numbers`` are those of its hidden parts,
    as they follow one another; a card hangs on each.
    """

    guid: str
    mod: int
    release: str = ""
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """Digests of what a note shows: of all of it, and of each part that it hides."""

    whole: str
    holes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stamp:
    """Identity and dates, fixed before rendering so that rendering needs no clock.

    ``created`` (Unix seconds) is the newest ``mod`` of all; ``style_mod`` is the
    note types' own. ``notes`` is keyed by card id, and for kinds other than the first
    as ``notepress.study`` says. ``retired`` are the GUIDs of notes that were published
    once and are no more, by the same keys.
    """

    version: str
    created: int
    style_mod: int
    notes: Mapping[str, NoteStamp]
    retired: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Artifacts:
    """What a renderer made: files by their path under ``dist/``, and what it noticed."""

    files: Mapping[str, bytes]
    findings: tuple[Finding, ...] = ()
