"""Somebody's notes -> the files of a new book that builds at once.

The notes are taken over byte for byte. The book's id is drawn once, so that no two
books ever share a card or a note type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from notepress import notetypes, strict
from notepress.fields import split
from notepress.lines import heading_text
from notepress.model import Bilingual, Book

BOOK = "content/book.yaml"
_WORKFLOW = """\
# Builds the book on every push. The repository variable NOTEPRESS says what pip is to
# install: a release of notepress, or the address of its repository.
name: build
on: [push]
permissions:
  contents: read
jobs:
  build:
    runs-on: ubuntu-24.04
    env:
      NOTEPRESS: ${{ vars.NOTEPRESS }}
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      - run: |
          sudo apt-get update
          sudo apt-get install -y libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0
      - run: |
          python3 -m venv .venv
          .venv/bin/pip install "${NOTEPRESS:?set the repository variable NOTEPRESS}"
      - run: .venv/bin/notepress
      - uses: actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0
        with:
          name: dist
          path: dist/
"""
_IGNORED = ".venv/\n.cache/\n.pushed.json\ndist/\n"
_TITLE_LENGTH = 40


def new_book(notes: Mapping[str, bytes], name: str, token: str, note_type: int) -> dict[str, bytes]:
    """Give the files of a book made of notes.

    ``notes`` are file contents by their path below ``content``; ``name`` is what the
    book is called if no heading says so; ``token`` and ``note_type`` are random;
    the note types get numbers from ``note_type`` on.
    """
    title = _title(notes) or name
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "book"
    types = {form.value: note_type + n for n, form in enumerate(notetypes.FORMS)}
    english = title if title.isascii() else name
    book = Book(f"{slug}-{token}", Bilingual(title, english), note_types=types)
    files = {f"content/{path}": data for path, data in notes.items()}
    files[BOOK] = strict.dump(book).encode()
    files[".gitignore"] = _IGNORED.encode()
    files[".github/workflows/build.yml"] = _WORKFLOW.encode()
    return files


def linked(text: str) -> Iterator[str]:
    """Yield the addresses of the pictures that a note links, web addresses left out."""
    for link in split(text).links:
        if link.target and not re.match(r"[a-zA-Z][\w+.-]*:|//", link.target):
            yield link.target


def _title(notes: Mapping[str, bytes]) -> str:
    """Take the first heading of the first level, if there is exactly one file to have it."""
    if len(notes) != 1:
        return ""
    (data,) = notes.values()
    for line in data.decode("utf-8", "replace").lstrip("\ufeff").splitlines():
        if re.match(r"#[ \t]", line):
            return heading_text(line)[:_TITLE_LENGTH]
    return ""
