"""A whole book that a stranger sends: settings, knowledge, links, templates, replies, caches."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from notepress import cli, files, journal, publishing, templating
from notepress.caching import Cache
from notepress.model import Finding
from tests import small_book

BOOK = "content/book.yaml"
CONCEPTS = "content/knowledge/concepts.yaml"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = small_book.build(tmp_path_factory.mktemp("built"))
    assert cli.main(["--project", str(root), "--quiet", "normalize"]) == 0
    return root


@pytest.fixture
def root(built: Path, tmp_path: Path) -> Path:
    shutil.copytree(built, tmp_path / "book")
    return tmp_path / "book"


def _told(root: Path) -> list[str]:
    found: tuple[Finding, ...] = files.load(root, Cache(root / ".cache")).findings
    return [f"{f.span} {f.code}" for f in found]


# --- settings ------------------------------------------------------------------

_ID, _QA, _TITLE = "small-0123456789ab", "1700000000000", "小册"


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        (_ID, "../../evil", "1:1"),
        (_ID, "/tmp/evil", "1:1"),
        (_ID, "'..'", "1:1"),
        (_ID, "''", "1:1"),
        (_ID, ".hidden", "1:1"),
        (_ID, '"a\\0b"', "1:1"),
        (_ID, "a b\u3000c", "1:1"),
        (_ID, "a" * 300, "1:1"),
        (_ID, "<script>", "1:1"),
        ("note_types: {qa: 1700000000000}\n", "", "1:1"),
        (_QA, "-5", "3:14"),
        (_QA, "0", "3:14"),
        (_QA, "9" * 40, "3:14"),
        (_QA, "9" * 5000, "3:14"),
        (_QA, "nan", "3:14"),
        (_QA, "12:30:00", "3:14"),
        (_TITLE, "长" * 20_000, "2:9"),
        (_TITLE, '"a\\x1fb"', "2:9"),
        (_TITLE, '"a\\x1b[31m"', "2:9"),
        (_TITLE, '"a\\u202eb"', "2:9"),
        ("topics:", "columns: 0\ntopics:", "4:1"),
        ("topics:", "columns: -1\ntopics:", "4:1"),
        ("topics:", "columns: 1000000000\ntopics:", "4:1"),
        ("topics:", "unfinished: maybe\ntopics:", "4:1"),
        ("topics:", "languages: [zh, xx]\ntopics:", "4:17"),
        ("topics:", "rules: {WIDTH: maybe}\ntopics:", "4:9"),
        ("topics:", "keep: [a, '']\ntopics:", "4:11"),
        ("letter: O}", "letter: O}\n  - {id: optimization, zh: a, en: b, letter: P}", "5:5"),
        ("letter: O", f"letter: '{'O' * 300}'", "5:50"),
    ],
)
def test_a_setting_that_cannot_be_used_is_told(root: Path, old: str, new: str, place: str) -> None:
    assert old in small_book.BOOK
    (root / BOOK).write_text(small_book.BOOK.replace(old, new), "utf-8")
    before = small_book.snapshot(root)
    assert f"{BOOK}:{place} YAML-VALUE" in _told(root)
    assert cli.main(["--project", str(root), "--quiet", "deck"]) == 1
    assert small_book.snapshot(root) == before


def test_words_of_other_programs_are_words(root: Path) -> None:
    """What YAML calls false, null and eight are a title, a topic and a word to keep."""
    text = small_book.BOOK.replace(_TITLE, "no").replace("id: optimization", "id: null")
    (root / BOOK).write_text(f"{text}keep: [off, 010, ~, 12:30:00]\n", "utf-8")
    loaded = files.load(root).value
    assert loaded is not None
    assert loaded.book.title.zh == "no"
    assert loaded.book.topics[0].id == "null"
    assert loaded.book.keep == ("off", "010", "~", "12:30:00")


@pytest.mark.parametrize(
    "title", ["<script>alert(1)</script>{{7*7}}", "'\"}; @import url(//a.b); \\"]
)
def test_a_title_is_text(root: Path, title: str) -> None:
    quoted = json.dumps(title)
    (root / BOOK).write_text(small_book.BOOK.replace(_TITLE, quoted), "utf-8")
    assert cli.main(["--project", str(root), "--quiet", "report"]) == 0
    assert "<script>alert" not in (root / "dist/report.html").read_text("utf-8")


# --- knowledge -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (CONCEPTS, small_book.CONCEPTS.replace("pattern: 学习率越大越好", "pattern: '('")),
        (CONCEPTS, small_book.CONCEPTS.replace("replace: 学习率须适中", "replace: '\\9'")),
        (CONCEPTS, small_book.CONCEPTS.replace("replace: 学习率须适中", "replace: '\\g<x>'")),
        ("content/knowledge/homophones.yaml", "- {wrong: a, right: b, where: '['}\n"),
        ("content/knowledge/homophones.yaml", "- {wrong: a, right: b, where: a}\n"),
        ("content/knowledge/questions.yaml", '- {zh: "{x}和{x}", en: "{x}"}\n'),
    ],
)
def test_a_pattern_that_cannot_be_read_is_told(root: Path, path: str, text: str) -> None:
    (root / path).write_text(text, "utf-8")
    (told,) = _told(root)
    assert told.startswith(f"{path}:")
    assert told.endswith(" YAML-VALUE")


# --- links, devices, sizes -----------------------------------------------------

_READ = (
    BOOK,
    "content/notes.md",
    "content/decisions.yaml",
    "content/translations.yaml",
    "content/book.lock",
    "content/cards.lock",
    "content/cards/optimization.yaml",
    "content/replies/a.yaml",
    "content/knowledge/concepts.yaml",
    "images/drawn/learning-rate.svg",
    "templates/report/report.css",
)


@pytest.mark.parametrize("path", _READ)
def test_a_link_out_of_the_book_is_not_followed(
    root: Path, tmp_path: Path, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("什么是秘密？：TOP-SECRET\n", "utf-8")
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).unlink(missing_ok=True)
    (root / path).symlink_to(secret)
    assert f"{path}:1:1 FILE-OUTSIDE" in _told(root)
    assert cli.main(["--project", str(root), "--quiet", "normalize"]) == 1
    said = capsys.readouterr()
    assert "TOP-SECRET" not in said.out + said.err
    assert not [p for p in (root / "dist").rglob("*") if b"TOP-SECRET" in p.read_bytes()]


@pytest.mark.parametrize(
    "path", ["content/cards", "content/knowledge", "content", "images", "dist"]
)
def test_a_folder_that_is_a_link_out_of_the_book_is_neither_read_nor_written(
    root: Path, tmp_path: Path, path: str
) -> None:
    away = tmp_path / "away"
    (root / path).rename(away) if (root / path).exists() else away.mkdir()
    (root / path).symlink_to(away)
    if path == "dist":
        (away / "report.html").write_text("mine")
    before = small_book.snapshot(away)
    code = cli.main(["--project", str(root), "--quiet", "normalize"])
    assert code in ((0,) if path == "images" else (1, 3))
    assert small_book.snapshot(away) == before


@pytest.mark.parametrize("path", [BOOK, "content/decisions.yaml", "content/book.lock"])
def test_a_pipe_is_not_waited_for(root: Path, path: str) -> None:
    (root / path).unlink(missing_ok=True)
    os.mkfifo(root / path)
    assert f"{path}:1:1 FILE-UNREADABLE" in _told(root)


def test_links_in_a_circle_are_told(root: Path) -> None:
    (root / "content/decisions.yaml").symlink_to("decisions.yaml")
    (root / "content/ring.md").symlink_to("ring.md")
    assert cli.main(["--project", str(root), "--quiet", "normalize"]) in (0, 1)


def test_a_huge_file_is_not_read(root: Path) -> None:
    with (root / "content/huge.md").open("wb") as opened:
        opened.truncate(10 * 1024**3)  # a hole: it takes no room
    assert "content/huge.md:1:1 FILE-HUGE" in _told(root)


# --- templates -----------------------------------------------------------------

_PAGE = "templates/report/report.html"


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ book.__class__.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ self._TemplateReference__context }}",
        "{{ lipsum.__globals__['os'].environ }}",
        "{{ ('{0.__class__.__init__.__globals__}').format(book) }}",
        "{{ book | attr('__class__') | attr('__mro__') }}",
        "{% include '/etc/passwd' %}",
        "{% import '../../../../etc/passwd' as x %}",
        "{{ 'a' * 10**9 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ range(10**9) | list }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ nothing }}",
        "{% for %}",
        "{{ 1 / 0 }}",
        "{% include 'report.html' %}",
        "{{ findings.append(1) }}",
    ],
)
def test_a_template_reaches_nothing_and_its_fault_is_told(
    root: Path, template: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / _PAGE).parent.mkdir(parents=True)
    (root / _PAGE).write_text(template, "utf-8")
    before = small_book.snapshot(root)
    assert cli.main(["--project", str(root), "--quiet", "report"]) == 1
    assert f"{_PAGE}:1:1: TEMPLATE-BROKEN " in capsys.readouterr().err
    assert small_book.snapshot(root) == before


def test_a_template_of_the_books_own_is_used_and_named(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / _PAGE).parent.mkdir(parents=True)
    (root / _PAGE).write_text("<p>{{ book.title.zh }} {{ 6 * 7 }}</p>", "utf-8")
    assert cli.main(["--project", str(root), "report"]) == 0
    assert (root / "dist/report.html").read_text("utf-8") == "<p>小册 42</p>"
    assert f"{_PAGE} is the book's own" in capsys.readouterr().out


def test_a_fault_in_our_own_templates_is_our_mistake(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "templates", lambda *_: {"report.html": "{{ nothing }}"})
    monkeypatch.setattr(publishing, "_stamped", lambda lock, *_: lock)
    with pytest.raises(templating.FAULTS):
        cli.main(["--project", str(root), "--quiet", "report"])


def test_a_template_that_is_no_text_is_told(root: Path) -> None:
    (root / _PAGE).parent.mkdir(parents=True)
    (root / _PAGE).write_bytes(b"<p>\xff</p>")
    assert _told(root) == [f"{_PAGE}:1:4 NOT-UTF8"]


# --- replies -------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "a: b\n",
        "raw: [x]\n",
        "&a [*a]\n",
        "!!python/object:os.system x\n",
        "\x00",
        "- " * 90,
    ],
)
def test_a_reply_that_is_none_is_told(root: Path, text: str) -> None:
    (root / "content/replies").mkdir()
    (root / "content/replies/a.yaml").write_text(text, "utf-8")
    told = _told(root)
    assert told
    assert all(line.startswith("content/replies/a.yaml:") for line in told)


@pytest.mark.parametrize("link", [".cache", ".cache/data", ".cache/pieces", ".cache/runs"])
def test_a_cache_that_leads_out_of_the_book_is_not_used(
    root: Path, tmp_path: Path, link: str
) -> None:
    victim = tmp_path / "victim"
    for number in range(120):
        (victim / f"{number:032x}").mkdir(parents=True)
    before = sorted(victim.rglob("*"))
    shutil.rmtree(root / ".cache", ignore_errors=True)
    (root / link).parent.mkdir(exist_ok=True)
    (root / link).symlink_to(victim)
    for command in ("normalize", "deck", "data"):
        assert cli.main(["--project", str(root), "--quiet", command]) == 0
    assert sorted(victim.rglob("*")) == before


@pytest.mark.parametrize(
    ("path", "aside"),
    [
        (".git/hooks/pre-commit", ".git/hooks/.x.notepress-new"),
        ("content/notes.md", ""),
        ("content/cards/a.yaml", "images/hook.dat"),
        ("content/book.yaml", "content/.x.notepress-new"),
    ],
)
def test_a_journal_that_came_with_a_book_moves_only_what_builds_move(
    root: Path, path: str, aside: str
) -> None:
    if aside:
        (root / aside).parent.mkdir(parents=True, exist_ok=True)
        (root / aside).write_text("theirs")
    old = (root / path).read_bytes() if (root / path).exists() else None
    told = {
        "path": path,
        "aside": aside,
        "old": None if old is None else base64.b64encode(old).decode(),
        "new": hashlib.sha256(b"theirs").hexdigest() if aside else "",
    }
    (root / journal.NAME).write_text(json.dumps([told]))
    before = small_book.snapshot(root)
    assert cli.main(["--project", str(root), "--quiet", "normalize"]) == 3
    assert small_book.snapshot(root) == before
