"""The commands, as they are typed: what they print, write and end with."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from notepress import cli, files, fonts, renderers
from tests import anki_server, small_book
from tests.anki_server import Server

NOTES = "content/notes.md"
CARDS = "content/cards/optimization.yaml"
LATER = "1800000000"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small book; the fonts, which take seconds to cut, are left out."""
    monkeypatch.setattr(fonts, "cut", lambda *_: {})
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    return small_book.build(tmp_path)


def _run(root: Path, *argv: str) -> int:
    return cli.main(["--project", str(root), *argv])


def _told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Give the findings that were printed, without their hints."""
    return [line for line in capsys.readouterr().err.splitlines() if line[:1] != " "]


# --- building ----------------------------------------------------------------


def test_normalize_makes_cards_and_the_report(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(root, "normalize") == 0
    captured = capsys.readouterr()
    assert "cards" in captured.out
    assert f"{NOTES}:10:1: " in captured.err
    made = small_book.snapshot(root)
    assert {CARDS, files.CARDS_LOCK, files.BOOK_LOCK, "dist/report.html"} <= made.keys()
    assert b"report.html" in made["dist/SHA256SUMS"]
    assert _run(root, "normalize") == 0
    assert small_book.snapshot(root) == made


def test_quiet_prints_findings_only(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(root, "--quiet", "normalize") == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err


def test_out_is_where_it_says(root: Path) -> None:
    assert _run(root, "data", "--out", str(root / "elsewhere")) == 0
    assert (root / "elsewhere/cards.json").is_file()
    assert not (root / "dist").exists()


def test_an_option_may_stand_before_or_behind(root: Path) -> None:
    out = root / "elsewhere"
    assert cli.main(["--project", str(root), "--out", str(out), "data"]) == 0
    assert cli.main(["data", "--project", str(root), "--out", str(out)]) == 0
    assert (out / "cards.json").is_file()


def _break_note(root: Path) -> str:
    (root / NOTES).write_bytes("甲\n乙".encode() + b"\xff\n")
    return f"{NOTES}:2:2: NOT-UTF8 "


def _break_card(root: Path) -> str:
    path = root / CARDS
    path.write_text(path.read_text("utf-8").replace("  topic:", "  topik:", 1), "utf-8")
    return f"{CARDS}:2:3: YAML-KEY "


def _break_picture(root: Path) -> str:
    (root / "images").mkdir()
    (root / "images/lr.png").write_bytes(b"no picture")
    return "images/lr.png:1:1: PICTURE-BROKEN "


def _break_lock(root: Path) -> str:
    (root / files.BOOK_LOCK).write_text('{"cards":')
    return f"{files.BOOK_LOCK}:1:10: LOCK-DAMAGED "


def _comment(root: Path) -> str:
    path = root / CARDS
    path.write_text(path.read_text("utf-8") + "# mine\n", "utf-8")
    (root / NOTES).write_text("动量：别的\n", "utf-8")
    return f"{CARDS}:1:1: CARD-COMMENT "


@pytest.mark.parametrize(
    "harm",
    [_break_note, _break_card, _break_lock, _comment, _break_picture],
    ids=lambda harm: harm.__name__,
)
def test_an_error_changes_nothing(
    root: Path,
    harm: object,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert _run(root, "normalize") == 0
    capsys.readouterr()
    assert callable(harm)
    told = harm(root)
    before = small_book.snapshot(root)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", LATER)
    assert _run(root, "normalize") == 1
    assert [line for line in _told(capsys) if line.startswith(told)]
    assert small_book.snapshot(root) == before
    assert _run(root, "check") == 1


@pytest.mark.parametrize("argv", [["nonsense"], ["--nonsense"], ["check", "--format", "xml"]])
def test_what_is_no_command(argv: Sequence[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(argv)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("notepress ")


def test_no_book_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(tmp_path, "check") == 1
    assert _told(capsys)[0].startswith("content/book.yaml:1:1: FILE-MISSING ")


def test_a_machine_that_cannot(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "save", full)
    assert _run(root, "normalize") == 3
    assert "No space left" in capsys.readouterr().err


# --- check, --strict, the lock -------------------------------------------------


def test_check_writes_nothing(root: Path) -> None:
    before = small_book.snapshot(root)
    assert _run(root, "check") == 0
    assert small_book.snapshot(root) == before


def test_strict_makes_warnings_errors(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(root, "check") == 0
    mild = _told(capsys)
    assert _run(root, "check", "--strict") == 1
    assert _told(capsys) == mild
    codes = {line.split(" ")[1] for line in mild}
    assert {"UNTRANSLATED", "PROPOSED", "PICTURE-MISSING"} <= codes


def test_check_as_json(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(root, "check", "--format", "json") == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (missing,) = [one for one in told if one["code"] == "PICTURE-MISSING"]
    assert list(missing) == ["code", "level", "path", "line", "column", "message", "hint"]
    place = (missing["path"], missing["line"], missing["column"], missing["level"])
    assert place == (NOTES, 4, 14, "warning")


def test_check_for_github(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / NOTES).write_text("什么是 100%?\n", "utf-8")
    assert _run(root, "check", "--format", "github") == 0
    told = capsys.readouterr().out.splitlines()
    lines = [line for line in told if "::KNOWLEDGE" not in line]
    assert lines
    for line in lines:
        assert line.startswith(f"::warning file={NOTES},line=1,col=1::")
    assert "100%25" in lines[0]


def test_verbose_prints_notes(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    decision = '- {verdict: accept, card: gone, code: CLAIM, before: "没有"}\n'
    (root / files.DECISIONS).write_text(decision, "utf-8")
    _run(root, "check")
    assert "DECISION-STALE" not in capsys.readouterr().err
    _run(root, "check", "--verbose")
    assert "DECISION-STALE" in capsys.readouterr().err


def test_notes_cannot_steer_the_terminal(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / NOTES).write_text("什么是\x1b[31m红\x07？\n", "utf-8")
    _run(root, "check")
    captured = capsys.readouterr()
    assert "\\x1b[31m" in captured.err
    assert "\x1b" not in captured.err + captured.out


@pytest.mark.parametrize("guard", ["CI", "--strict"])
def test_a_lock_that_lags_is_not_rewritten(
    root: Path, guard: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--strict"] if guard == "--strict" else []
    (root / NOTES).write_text("动量\n", "utf-8")
    if not flags:
        monkeypatch.setenv("CI", "true")
    before = small_book.snapshot(root)
    assert _run(root, *flags, "normalize") == 1
    assert f"{files.BOOK_LOCK}:1:1: LOCK-STALE" in capsys.readouterr().err
    assert {p: d for p, d in small_book.snapshot(root).items() if "dist" not in p} == before
    monkeypatch.delenv("CI", raising=False)
    assert _run(root, "normalize") == 0
    if not flags:
        monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", LATER)
    assert _run(root, *flags, "normalize") == 0


def test_a_date_moves_with_its_card_alone(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def mods() -> dict[str, int]:
        lock = json.loads((root / files.BOOK_LOCK).read_bytes())
        return {card_id: known["mod"] for card_id, known in lock["cards"].items()}

    _run(root, "normalize")
    first = mods()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", LATER)
    notes = (root / NOTES).read_text("utf-8").replace("累积过去", "累积从前")
    (root / NOTES).write_text(notes, "utf-8")
    _run(root, "normalize")
    moved = {card_id for card_id, mod in mods().items() if mod != first[card_id]}
    assert moved == {"momentum"}
    assert mods()["momentum"] == int(LATER)
    assert min(first.values()) == 1767225600


# --- fix -------------------------------------------------------------------------

ROUGH = "用s大igmiod激活,\n\n`a,b` 不变.\n"
FIXED = "用 sigmoid 激活，\n\n`a,b` 不变。\n"


def _piped(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_fix_is_a_filter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for text, fixed in ((ROUGH, FIXED), (FIXED, FIXED), ("", ""), ("甲", "甲")):
        _piped(monkeypatch, text)
        assert _run(tmp_path, "fix") == 0
        assert capsys.readouterr().out == fixed


def test_fix_puts_a_file_right(tmp_path: Path) -> None:
    path = tmp_path / "rough.md"
    path.write_text(ROUGH, "utf-8")
    assert _run(tmp_path, "fix", str(path)) == 0
    assert path.read_text("utf-8") == FIXED


def test_fix_keeps_line_ends_and_mark(tmp_path: Path) -> None:
    path = tmp_path / "rough.md"
    path.write_bytes(b"\xef\xbb\xbf" + ROUGH.replace("\n", "\r\n").encode())
    assert _run(tmp_path, "fix", str(path)) == 0
    assert path.read_bytes() == b"\xef\xbb\xbf" + FIXED.replace("\n", "\r\n").encode()


def test_fix_as_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _piped(monkeypatch, ROUGH)
    assert _run(tmp_path, "fix", "--json") == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [list(line) for line in told] == [["line", "before", "after", "changes"]] * 3
    assert [line["line"] for line in told] == [1, 2, 3]
    assert [line["before"] for line in told] == ROUGH.splitlines()
    assert [line["after"] for line in told] == FIXED.splitlines()
    (broken,) = [change for change in told[0]["changes"] if change["code"] == "LATIN"]
    assert (broken["column"], broken["before"], broken["after"]) == (2, "s大igmiod", "sigmoid")
    assert told[1]["changes"] == []


def test_fix_as_a_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rough.md"
    path.write_text(ROUGH, "utf-8")
    assert _run(tmp_path, "fix", "--diff", str(path)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "-用s大igmiod激活," in lines
    assert "+用 sigmoid 激活，" in lines
    assert path.read_text("utf-8") == ROUGH
    _piped(monkeypatch, FIXED)
    assert _run(tmp_path, "fix", "--diff") == 0
    assert capsys.readouterr().out == ""


def test_fix_leaves_proposals_to_people(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "正则化是指防止模型欠拟合与过拟合的操作\n"
    _piped(monkeypatch, text)
    assert _run(tmp_path, "fix") == 0
    assert capsys.readouterr().out == text


def test_fix_heeds_the_books_settings(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with (root / files.BOOK).open("a", encoding="utf-8") as book:
        book.write("rules: {WIDTH: off}\nkeep: [s大igmiod]\n")
    _piped(monkeypatch, "用s大igmiod,对\n")
    assert _run(root, "fix") == 0
    assert "s大igmiod,对" in capsys.readouterr().out


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_fix_of_what_cannot_be_read(
    tmp_path: Path, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rough.md"
    if content is not None:
        path.write_bytes(content)
    assert _run(tmp_path, "fix", str(path)) == 1
    assert "rough.md" in capsys.readouterr().err
    assert small_book.snapshot(tmp_path) == ({"rough.md": content} if content else {})


# --- review ----------------------------------------------------------------------


def _answering(monkeypatch: pytest.MonkeyPatch, answers: list[str]) -> None:
    def answer(_prompt: str) -> str:
        if not answers:
            raise EOFError
        return answers.pop(0)

    monkeypatch.setattr("builtins.input", answer)


def test_review_settles_what_is_proposed(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _answering(monkeypatch, ["d", "题外", *"aaa"])
    assert _run(root, "review") == 0
    assert "4 settled" in capsys.readouterr().out
    assert _run(root, "check", "--verbose") == 0
    told = capsys.readouterr().err
    assert " PROPOSED " not in told
    assert "DECISION-STALE" not in told


@pytest.mark.parametrize(("answers", "settled"), [(["q"], 0), (["s", "r", "q"], 1), ([], 0)])
def test_review_may_be_broken_off(
    root: Path,
    answers: list[str],
    settled: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (root / files.DECISIONS).write_text("# mine\n", "utf-8")
    _answering(monkeypatch, answers)
    assert _run(root, "review") == 0
    assert f"{settled} settled" in capsys.readouterr().out
    decisions = (root / files.DECISIONS).read_text("utf-8")
    assert decisions.startswith("# mine\n")
    assert decisions.count("verdict") == settled


def test_fix_takes_several_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = tmp_path / "one.md", tmp_path / "two.md"
    for path in (one, two):
        path.write_text("先归一化,再训练.\n", "utf-8")
    assert cli.main(["--project", str(tmp_path), "fix", "--json", str(one), str(two)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["path"] for line in lines] == [str(one), str(two)]
    assert cli.main(["--project", str(tmp_path), "fix", str(one), str(two)]) == 0
    assert {p.read_text("utf-8") for p in (one, two)} == {"先归一化，再训练。\n"}


def test_fix_writes_nothing_where_one_file_cannot_be_read(tmp_path: Path) -> None:
    one, two = tmp_path / "one.md", tmp_path / "two.md"
    one.write_text("先归一化,再训练.\n", "utf-8")
    two.write_bytes(b"\xff")
    assert cli.main(["--project", str(tmp_path), "fix", str(one), str(two)]) == 1
    assert one.read_text("utf-8") == "先归一化,再训练.\n"


# --- outputs on request --------------------------------------------------------------


def test_crowdanki_is_made_when_it_is_asked_for(root: Path) -> None:
    assert _run(root, "normalize") == 0
    assert _run(root, "crowdanki") == 0
    made = {path for path in small_book.snapshot(root) if ".crowdanki/" in path}
    assert "dist/small-0123456789ab.crowdanki/deck.json" in made
    old = root / "dist/small-0123456789ab.crowdanki/media/np-old.webp"
    mine = old.with_name("mine.webp")
    old.parent.mkdir(exist_ok=True)
    for path in (old, mine):
        path.touch()
    assert _run(root, "crowdanki") == 0
    assert (old.exists(), mine.exists()) == (False, True)
    assert "np-old" not in (root / "dist/SHA256SUMS").read_text("utf-8")


def test_what_a_book_is_published_as() -> None:
    assert "crowdanki" not in renderers.usual(())
    assert {"deck", "sheet", "report", "data"} <= {*renderers.usual(())}
    assert "crowdanki" in renderers.usual(("crowdanki",))


def test_an_output_that_is_none_is_an_error(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = root / files.BOOK
    path.write_text(path.read_text("utf-8") + "also: [crowdanki, paper]\n", "utf-8")
    assert _run(root, "check") == 1
    assert f"{files.BOOK}:1:1: OUTPUT-UNKNOWN paper is no output" in capsys.readouterr().err


# --- pushing to Anki -----------------------------------------------------------------


@pytest.fixture
def anki(
    root: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    """Have Anki listen, and the small book's cards made."""
    assert _run(root, "--quiet", "normalize") == 0
    with anki_server.serving(tmp_path_factory.mktemp("anki")) as server:
        monkeypatch.setenv("NOTEPRESS_ANKI_URL", server.url)
        yield server


@pytest.mark.loopback
def test_push_brings_the_deck_to_anki(
    root: Path, anki: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    before = small_book.snapshot(root)
    assert _run(root, "push", "--dry-run") == 0
    assert "would push: " in capsys.readouterr().out
    assert small_book.snapshot(root) == before
    assert _run(root, "push") == 0
    count = anki.desk.collection.note_count()
    assert f"pushed: {count} new, 0 changed, 0 the same" in capsys.readouterr().out
    assert {files.PUSHED, "dist/small-0123456789ab.apkg"} <= small_book.snapshot(root).keys()
    assert _run(root, "push") == 0
    assert f"pushed: 0 new, 0 changed, {count} the same" in capsys.readouterr().out


@pytest.mark.loopback
def test_push_knows_what_was_built_last_and_what_it_is_told_of(
    root: Path, anki: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _run(root, "--quiet", "deck") == 0
    built = root / "dist/small-0123456789ab.apkg"
    old = built.with_name("old.apkg")
    old.write_bytes(built.read_bytes())
    assert anki.desk.on_import_package(str(old))
    path = root / CARDS
    path.write_text(path.read_text("utf-8").replace("动量", "动能"), "utf-8")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", LATER)
    assert _run(root, "push", "--dry-run") == 0
    assert "0 new, 2 changed" in capsys.readouterr().out
    built.unlink()
    assert _run(root, "push", "--dry-run") == 0
    assert "in conflict" in capsys.readouterr().out
    assert _run(root, "push", "--base", str(old)) == 0
    assert "0 new, 2 changed" in capsys.readouterr().out
    assert anki.desk.on_find_notes("动能")


@pytest.mark.loopback
def test_push_where_nobody_listens(
    root: Path, anki: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTEPRESS_ANKI_URL", "http://127.0.0.1:1")
    assert _run(root, "push") == 1
    assert [line.split(" ")[1] for line in _told(capsys) if "ANKI" in line] == ["ANKI-AWAY"]
    assert files.PUSHED not in small_book.snapshot(root)


@pytest.mark.parametrize("url", ["anki", "ftp://127.0.0.1", "http://a b", "http://u:p@127.0.0.1"])
def test_push_to_an_address_that_is_none(
    root: Path, url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _run(root, "--quiet", "normalize") == 0
    monkeypatch.setenv("NOTEPRESS_ANKI_URL", url)
    with pytest.raises(SystemExit) as stopped:
        _run(root, "push")
    assert stopped.value.code == 2
    assert "NOTEPRESS_ANKI_URL" in capsys.readouterr().err


def test_push_with_a_damaged_memory_or_base(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(root, "--quiet", "normalize") == 0
    capsys.readouterr()
    assert _run(root, "push", "--base", str(root / "none.apkg")) == 1
    assert "FILE-UNREADABLE" in capsys.readouterr().err
    (root / files.PUSHED).write_text('{"notes":', "utf-8")
    assert _run(root, "push") == 1
    told = capsys.readouterr().err
    assert f"{files.PUSHED}:1:10: LOCK-DAMAGED" in told
    assert "Delete the file" in told
