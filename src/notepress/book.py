"""A book's settings -> what is wrong with them that their types don't tell.

The id of a book becomes the name of files, tags and note types, a title that of a
deck; a number of columns is divided by. A book may come from a stranger: what could
lead a path out of its folder, or steer a terminal, or never end, is refused here.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from notepress.model import Book

Place = tuple[int | str, ...]
"""The keys and places in a list that lead to a value."""

_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,78}[A-Za-z0-9])?")
# A whole number that every program reads exactly, JavaScript's among them.
_LARGEST_NUMBER = 2**53
_MOST_COLUMNS = 8
_LONGEST_NAME = 200
_LANGUAGES = frozenset({"zh", "en"})
_STATES = frozenset({"off", "propose", "auto"})
_TURNS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def faults(book: Book) -> Iterator[tuple[Place, str]]:
    """Tell every value of a book that can't be used, and why."""
    if not _ID.fullmatch(book.id):
        yield ("id",), "an id has letters, digits, hyphens, dots and underscores, at most 80"
    yield from _numbers(book)
    yield from _words(book)
    yield from _names(book)


def _numbers(book: Book) -> Iterator[tuple[Place, str]]:
    if "qa" not in book.note_types:
        yield ("note_types",), "note_types needs qa, the number of the note type in Anki"
    for name, number in book.note_types.items():
        if not 0 < number < _LARGEST_NUMBER:
            yield ("note_types", name), f"a note type's number lies between 1 and {_LARGEST_NUMBER}"
    if not 0 < book.columns <= _MOST_COLUMNS:
        yield ("columns",), f"a sheet has between 1 and {_MOST_COLUMNS} columns"


def _words(book: Book) -> Iterator[tuple[Place, str]]:
    if book.unfinished not in ("hide", "show"):
        yield ("unfinished",), "unfinished is hide or show"
    for n, language in enumerate(book.languages):
        if language not in _LANGUAGES:
            yield ("languages", n), "a language is zh or en"
    for code, state in book.rules.items():
        if state not in _STATES:
            yield ("rules", code), "a rule is off, propose or auto"
    for n, word in enumerate(book.keep):
        if not word:
            yield ("keep", n), "a word to keep has letters"


def _names(book: Book) -> Iterator[tuple[Place, str]]:
    named: list[tuple[Place, str]] = [
        (("title", "zh"), book.title.zh),
        (("title", "en"), book.title.en),
    ]
    for n, topic in enumerate(book.topics):
        parts = {"id": topic.id, "zh": topic.zh, "en": topic.en, "letter": topic.letter}
        named += [(("topics", n, part), text) for part, text in parts.items()]
    for place, text in named:
        if len(text) > _LONGEST_NAME:
            yield place, f"a name has at most {_LONGEST_NAME} characters"
        unseen = [c for c in text if unicodedata.category(c) == "Cc" or c in _TURNS]
        if unseen:
            yield place, f"a name holds no control character such as U+{ord(unseen[0]):04X}"
    counts = Counter(topic.id for topic in book.topics)
    for n, topic in enumerate(book.topics):
        if not topic.id or counts[topic.id] > 1:
            yield ("topics", n), "each topic has an id of its own"
