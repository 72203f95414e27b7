"""Notes that a stranger sends: whatever stands there, no line is lost, nothing runs or hangs."""

from __future__ import annotations

import io
import re
import sqlite3
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notepress import cli, files, pipeline, prose, store, strict
from notepress.check import check
from notepress.commands import fixed_lines
from notepress.files import Sources
from notepress.model import Bilingual, Book, Card, Note, Topic
from notepress.pipeline import Ingested
from notepress.segment import segment
from tests import small_book
from tests.sample_knowledge import SAMPLE

NOTES = "content/notes.md"
BOOK = Book("book-0", Bilingual("书", "Book"), (Topic("basics", "基础", "Basics", "B"),), {"qa": 1})


def _ingest(text: str) -> Ingested:
    return pipeline.ingest(Sources(BOOK, SAMPLE, (Note(NOTES, text),)), lambda _: None).value


def _amiss(text: str, made: Ingested) -> list[int]:
    """Give the lines that are not in exactly one of cards, unresolved and dropped."""
    origins = [origin for card in made.cards for origin in card.origins]
    origins += [part.origin for part in made.rest.unresolved]
    origins += [part.origin for part in made.rest.dropped]
    held = Counter(n for o in origins for n in range(o.first_line, o.last_line + 1))
    lines = enumerate(text.split("\n"), start=1)
    return [n for n, line in lines if line.strip() and held[n] != 1]


_Q = "什么是甲？\n"

LARGE = {
    "a line of a megabyte": "梯" * 1_000_000,
    "letters of a megabyte": _Q + "a" * 1_000_000,
    "quote marks": _Q + ">" * 50_000 + "甲",
    "quotes in quotes": _Q + "\n".join(">" * n + " a" for n in range(250)),
    "lists in lists": _Q + "\n".join("  " * n + "- a" for n in range(400)),
    "brackets": _Q + "[" * 50_000 + "乙" + "]" * 50_000,
    "pictures begun": _Q + "![" * 2_400,
    "links begun": _Q + "[a](b " * 800,
    "tags begun": _Q + "<a " * 1_600,
    "comments begun": _Q + "<!--" * 1_200,
    "formulas begun": _Q + r"\(" * 2_400,
    "dollars": _Q + "$a" * 2_400,
    "stars": _Q + "**a" * 1_600,
    "dense changes": _Q + "a甲" * 1_000,
    "code begun": _Q + "```\n" + "甲：乙\n\n" * 500,
    "spaces": _Q + " " * 100_000 + "乙",
    "half-width commas": _Q + "甲," * 1_600,
    "a heading": "# " + "长" * 400 + "\n\n甲：乙\n",
    "a table": _Q + "|a" * 2_000 + "\n" + "|-" * 2_000,
    "an address": _Q + "http://" + "a." * 2_000 + "com",
    "numbers": _Q + "1." * 2_000,
}


@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE.keys())
def test_what_is_large_or_deep_ends_and_loses_no_line(text: str) -> None:
    made = _ingest(text)
    assert _amiss(text, made) == []
    for card in made.cards:
        prose.to_html(card.answer.zh, lambda latex, _: latex)


def test_what_is_too_long_is_listed_whole_and_told() -> None:
    text = f"什么是甲？\n乙。\n{'丙' * 6_000}\n\n什么是丁？\n戊。\n"
    outcome = segment(Note(NOTES, text))
    assert [(f.code, f.span.line) for f in outcome.findings] == [("NOTE-LONG", 3)]
    (beyond,) = outcome.value.structure
    assert (beyond.raw, beyond.origin.first_line, beyond.by) == ("丙" * 6_000, 3, "rule")
    assert [entry.raw for entry in outcome.value.entries] == [
        "什么是甲？\n乙。",
        "什么是丁？\n戊。",
    ]


def test_an_entry_ends_where_no_card_has_room() -> None:
    text = "# 什么是甲？\n" + "乙丙丁。\n" * 6_000
    outcome = segment(Note(NOTES, text.rstrip("\n")))
    (entry,), (beyond,) = outcome.value.entries, outcome.value.structure
    assert entry.origin.last_line + 1 == beyond.origin.first_line
    assert f"{entry.raw}\n{beyond.raw}" == text.rstrip("\n")
    assert [f.code for f in outcome.findings] == ["NOTE-LONG"]


def test_the_longest_line_that_is_read() -> None:
    for length, entries in ((5_000, 1), (5_001, 0)):
        assert len(segment(Note(NOTES, "甲" * length)).value.entries) == entries


# --- what would run, fetch, hide or steer -------------------------------------------

TRAPS = {
    "script": "<script>alert(1)</script>",
    "handler": "<img src=x onerror=alert(1)><svg onload=alert(1)><b onclick=alert(1)>x</b>",
    "frame": '<iframe src="http://example.org"></iframe><object data="http://example.org/a">',
    "style": '<style>@import "http://example.org/a.css";</style><p style="position:fixed">x</p>',
    "form": '<form action="http://example.org"><input autofocus onfocus=alert(1)></form>',
    "base": '<base href="http://example.org/"><meta http-equiv=refresh content="0;url=//a.b">',
    "links": "[a](javascript:x) [b](JaVaScRiPt&colon;x) [c](data:text/html,x) [d](vbscript:x)",
    "entities": "[a](&#106;avascript:alert(1)) &lt;script&gt;alert(1)&lt;/script&gt;",
    "pictures": "![a](http://example.org/a.png) ![b](//example.org/b.png) ![c](file:///etc/passwd)",
    "latex": r"[latex]\input{/etc/passwd}[/latex] [$]x[/$] [$$]y[/$$]",
    "sound": "[sound:http://example.org/a.mp3] [anki:play:q:0] [anki:tts lang=zh]a[/anki:tts]",
    "fields": "{{Question}} {{#Answer}}x{{/Answer}} {{type:Answer}} {{tts zh_CN:Answer}}",
    "cloze": "{{c1::乙::丙}} {{c1::{{c2::丁}}}}",
    "jinja": "{{ 7 * 7 }} {% include '/etc/passwd' %} {# x #}",
    "swallow": r"若 \(a<b\) 与 \(c<script\) 则丁",
    "controls": "乙\x00丙\x1f丁\x1b[31m红\x1b]0;t\x07\x9b31m",
    "unseen": "零\u200b宽\u202e右\u2066左\ufeff\u00ad断",
    "terminators": "乙\x0b丙\x0c丁\x85戊\u2028己\u2029庚",
    "rare": "𠀀𪛖𰻞𠮷 👨‍👩‍👧 \U000e0041",
    "composed": "th\u00e9 the\u0301 \u1100\u1161",
    "surrogates in words": r"\ud800 &#xd800; &#0; &#1114112;",
    "nothing": "\u3000\u00a0\u2003",
}


@pytest.fixture(scope="module")
def trapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book whose notes hold every trap, built: deck, report and data."""
    root = small_book.build(tmp_path_factory.mktemp("trapped"))
    notes = "\n\n".join(
        f"什么是第{n}个{name}？\n回答{n}：{trap}" for n, (name, trap) in enumerate(TRAPS.items())
    )
    (root / NOTES).write_text(notes, "utf-8")
    for command in ("normalize", "deck", "data"):
        assert cli.main(["--project", str(root), "--quiet", command]) == 0
    assert (root / NOTES).read_text("utf-8") == notes
    return root


def test_every_trap_is_on_a_card(trapped: Path) -> None:
    loaded = files.load(trapped).value
    assert loaded is not None
    shown = "\n".join(card.raw for card in loaded.cards)
    assert [n for n in range(len(TRAPS)) if f"回答{n}：" not in shown] == []


_HARMLESS = re.compile(
    r"</?(?:a|abbr|article|aside|b|bdi|blockquote|body|br|button|caption|circle|cite|code|col|colgroup"
    r"|dd|del|details|div|dl|dt|ellipse|em|figcaption|figure|footer|g|h[1-6]|head|header|hr|html|i"
    r"|img|input|ins|kbd|label|li|line|main|mark|nav|ol|p|path|polygon|polyline|pre|q|rect|s|section"
    r"|small|span|strong|sub|summary|sup|svg|table|tbody|td|text|th|thead|time|title|tr|tspan|u|ul)"
    r"(?![\w-])"
)
_ATTRIBUTE = re.compile(r"""\son\w+\s*=|(?:src|href|data|action)=["']?+(?!#|data:image/|np-)""")


def _live(html: str) -> list[str]:
    """Give the tags that could run, fetch or lead anywhere."""
    tags = re.findall(r"<[^>]*>", html)
    return [tag for tag in tags if not _HARMLESS.match(tag) or _ATTRIBUTE.search(tag)]


def _fields(root: Path) -> str:
    with zipfile.ZipFile(next((root / "dist").glob("*.apkg"))) as package:
        data = package.read("collection.anki2")
    connection = sqlite3.connect(":memory:")
    connection.deserialize(data)
    rows = connection.execute("SELECT flds FROM notes").fetchall()
    connection.close()
    fields: list[str] = []
    for (joined,) in rows:
        assert joined.count("\x1f") == 19, "a field was divided by what stood in a note"
        fields += joined.split("\x1f")
    return "\n".join(fields)


def test_nothing_in_the_deck_runs_or_fetches(trapped: Path) -> None:
    fields = _fields(trapped)
    assert _live(fields) == []
    assert re.search(r"\[sound:|\[anki:|\[latex\]|\[\${1,2}\]|\{\{", fields) is None
    assert re.search(r"[\x00-\x08\x0b-\x1e\x7f-\x9f]", fields) is None


def test_nothing_in_the_report_runs_or_fetches(trapped: Path) -> None:
    page = (trapped / "dist/report.html").read_text("utf-8")
    body = page.partition("</style>")[2]
    assert body
    assert _live(body) == []
    assert "<!doctype html>" in page


def test_a_trap_would_be_seen() -> None:
    for trap in (
        "<script>",
        "<p onclick=x>",
        '<img src="http://a.b/c">',
        '<a href="javascript:x">',
    ):
        assert _live(trap), trap


def test_the_terminal_is_not_steered(trapped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["--project", str(trapped), "check"])
    said = capsys.readouterr()
    assert (
        re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e\u2066]", said.out + said.err) is None
    )


@pytest.mark.parametrize(
    "formula",
    [
        r"\href{javascript:alert(1)}{x}",
        r"\require{html}\style{background:url(//a.b)}{x}",
        r"\class{a}{x}\cssId{b}{y}",
        r"\input{/etc/passwd}",
        r"\includegraphics{http://example.org/a.png}",
        r"\def\a{\a\a}\a",
        r"\newcommand{\a}{\a}\a",
        r"\def\a{xx}\def\b{\a\a\a\a\a\a\a\a}\def\c{\b\b\b\b\b\b\b\b}\def\d{\c\c\c\c\c\c\c\c}\d\d\d\d",
        r"\frac{1}{" * 300 + "x" + "}" * 300,
        "{" * 2_000 + "}" * 2_000,
    ],
    ids=range(10),
)
def test_a_formula_that_is_a_trap_is_told_or_harmless(formula: str) -> None:
    made = _ingest(f"{_Q}乙 \\({formula}\\) 丙。\n")
    told = {f.code for f in check(made.cards, SAMPLE)}
    assert "MATHS" in told or not re.search(r"href|require|class|input|include|def|newcom", formula)


# --- shapes of files ------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xef\xbb\xbf",
        b" \n\t\n",
        b"\n" * 1000,
        "甲：乙".encode(),
        "甲：乙\r丙：丁\r".encode(),
    ],
)
def test_empty_and_odd_files_are_read(tmp_path: Path, data: bytes) -> None:
    root = small_book.build(tmp_path)
    (root / NOTES).write_bytes(data)
    loaded = files.load(root).value
    assert loaded is not None
    made = pipeline.ingest(loaded, lambda _: None).value
    assert _amiss(loaded.notes[0].text, made) == []
    assert (root / NOTES).read_bytes() == data


@pytest.mark.parametrize(
    ("topics", "count"),
    [
        (("CNN", "cnn"), 1),
        (("th\u00e9", "the\u0301"), 1),
        (("../../evil", "..-..-evil"), 1),
        (("长" * 400, "长" * 401), 2),
        (("_rest", "x"), 2),
        (("a\0b", "a\x1fb"), 1),
        (("", "."), 1),
    ],
)
def test_topics_get_files_that_every_system_can_tell_apart(
    topics: tuple[str, ...], count: int
) -> None:
    cards = [Card(f"c{n}", topic) for n, topic in enumerate(topics)]
    written = store.dump_all(cards, store.Rest())
    assert len(written) == count
    assert sum(text.count("id: ") for text in written.values()) == len(cards)
    for path in written:
        name = path.removeprefix(store.FOLDER + "/")
        assert "/" not in name
        assert name.isprintable()
        assert name[0] not in "._"
        assert len(name.encode()) < 200


def test_bytes_that_are_no_text_on_standard_input_are_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a\n\xff"), "utf-8"))
    assert cli.main(["fix"]) == 1
    assert "-:1:1: NOT-UTF8 byte 0xFF" in capsys.readouterr().err


# --- whatever comes -------------------------------------------------------------------

_PIECES = st.sampled_from(
    [
        *(
            "# ",
            "## ",
            "- ",
            "> ",
            "1. ",
            "Q: ",
            "A: ",
            "：",
            ":",
            "？",
            "?",
            "。",
            ",",
            "\n",
            "\n\n",
        ),
        *(
            "```",
            "`",
            "~~~",
            "|",
            "---",
            "***",
            "===",
            "\t",
            "    ",
            "\u3000",
            "\r",
            "\x0b",
            "\x1c",
        ),
        *(
            "梯度",
            "什么是",
            "的的",
            "用s大igmiod",
            "以来",
            "學習",
            "KNN",
            "a_b",
            "2.",
            "（",
            "）",
            "“",
            "”",
        ),
        *(
            r"\(x\)",
            r"\[",
            r"\]",
            "$",
            "$$",
            "![a](b.png)",
            "[[a]]",
            "<b>",
            "<!--",
            "-->",
            "%%",
            "[^1]",
        ),
        *(
            "[^1]: ",
            "@",
            "#a",
            "\u200b",
            "\u202e",
            "𠮷",
            "é",
            "e\u0301",
            "\x00",
            "\x1f",
            "TODO",
        ),
        *(
            "---\n",
            "tags:: ",
            "{{c1::",
            "}}",
            "\\",
            "&lt;",
            "...",
            "……",
            "1、",
            "（1）",
            "①",
            "N/A",
        ),
    ]
)
_TEXTS = st.lists(_PIECES, max_size=25).map("".join) | st.text(
    st.characters(codec="utf-8"), max_size=60
)


@settings(max_examples=60)
@given(_TEXTS)
def test_any_note_is_whole(text: str) -> None:
    assert _amiss(text, _ingest(text)) == []


@settings(max_examples=40)
@given(_TEXTS)
def test_fixing_keeps_lines_and_is_done_at_once(text: str) -> None:
    once = fixed_lines(text, SAMPLE, {}, ())
    assert "\n".join(str(line["before"]) for line in once) == text
    after = "\n".join(str(line["after"]) for line in once)
    again = fixed_lines(after, SAMPLE, {}, ())
    assert "\n".join(str(line["after"]) for line in again) == after


_YAML = st.lists(
    st.sampled_from(
        [
            *(
                "a: ",
                "b: ",
                "- ",
                "  ",
                "\n",
                "[",
                "]",
                "{",
                "}",
                ",",
                ": ",
                "? ",
                "'",
                '"',
                "|",
                ">",
            ),
            *(
                "&a ",
                "*a",
                "!!str ",
                "!x ",
                "%YAML 1.2\n",
                "---\n",
                "...\n",
                "# c",
                "\t",
                "no",
                "010",
            ),
            *(
                "12:30:00",
                "<<: ",
                "~",
                "null",
                "0x1f",
                ".inf",
                "1e9",
                "\ufeff",
                "\x00",
                "\x85",
                "\u2028",
            ),
            *("id: ", "topic: ", "甲", "\\u0000", "=", "@", "`", "\r", "|-\n  a\n", "'a", '"\\x"'),
        ]
    ),
    max_size=25,
).map("".join)


@settings(max_examples=150)
@given(_YAML | st.text(st.characters(codec="utf-8"), max_size=60))
def test_any_yaml_is_read_or_told(text: str) -> None:
    for kind in (tuple[Card, ...], Book, store.Rest):
        outcome = strict.read(kind, text, "a.yaml")
        assert (outcome.value is None) or not outcome.findings
        for finding in outcome.findings:
            assert finding.span.line >= 1
            assert finding.span.column >= 1
            assert finding.code.startswith("YAML-")
