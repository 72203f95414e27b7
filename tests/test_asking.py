"""``normalize --model``: what is open is asked once, kept, proposed, and replayed by all others."""

from __future__ import annotations

import io
import json
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from notepress import building, cli, files, fonts, store, strict, telling
from notepress.completers.replies import FOLDER, Kept
from notepress.decisions import Decision, Verdict
from notepress.model import Card, State, Status
from tests import small_book
from tests.conftest import Network
from tests.model_server import Body, Response, Server, note_of, replied, said

pytestmark = pytest.mark.loopback

KEY = "sk-a-very-secret-key"
NOTES = """\
什么是海绵映射?

什么是泡沫映射?:模型太简单,连训练数据都记不主,训练误差下降.

动量:
"""
OPTIONS = ("NOTEPRESS_MODEL", "NOTEPRESS_MODEL_URL", "NOTEPRESS_MODEL_KEY", "NOTEPRESS_MODEL_JOBS")
ANSWER = "海绵映射是指模型记住了训练数据，在新数据上误差很大。"
ENGLISH = "Overfitting means that a model memorizes its training data."


def _tell(body: Body) -> Response:
    """Answer as a good model does."""
    note = note_of(body)
    edits = [
        {"line": row["line"], "before": slip, "after": right, "reason": "误差", "alters": alters}
        for row in note["entry"]
        for slip, right, alters in (
            ("记不主", "记不住", "form"),
            ("误差下降", "误差不下降", "meaning"),
        )
        if slip in row["text"]
    ]
    return replied(
        edits=edits,
        additions=[{"gap": gap["gap"], "zh": ANSWER, "en": ENGLISH} for gap in note["gaps"]],
        translations=[
            {"sentence": row["sentence"], "en": f"In English: {len(row['zh'])} letters."}
            for row in note["sentences"]
        ],
    )


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server(_tell)
    try:
        yield running
    finally:
        running.close()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Server) -> Path:
    """A small book, and an environment that names the server."""
    monkeypatch.setattr(fonts, "cut", lambda *_: {})
    small_book.build(tmp_path)
    (tmp_path / "content/notes.md").write_text(NOTES, "utf-8")
    questions = tmp_path / "content/knowledge/questions.yaml"
    questions.write_text(small_book.QUESTIONS, "utf-8")
    for name, value in zip(OPTIONS, ("tiny", server.url, KEY, "2"), strict=True):
        monkeypatch.setenv(name, value)
    return tmp_path


def _run(root: Path, *argv: str) -> int:
    return cli.main(["--project", str(root), *argv])


def _cards(root: Path) -> dict[str, Card]:
    texts = {f"{store.FOLDER}/{p.name}": p.read_text() for p in root.glob("content/cards/*")}
    return {card.id: card for card in store.load_all(texts).value[0]}


def _card(root: Path, question: str) -> Card:
    (found,) = [card for card in _cards(root).values() if question in card.question.zh]
    return found


def _replies(root: Path) -> dict[str, Kept]:
    found = {}
    for path in sorted((root / FOLDER).glob("*.yaml")):
        kept = strict.read(Kept, path.read_text(), path.name).value
        assert kept is not None
        found[path.name] = kept
    return found


def _own(root: Path) -> dict[str, bytes]:
    made = small_book.snapshot(root)
    return {path: data for path, data in made.items() if path.startswith("content/")}


def _decide(root: Path, *decisions: Decision) -> None:
    files.append(root, files.DECISIONS, strict.dump(decisions))


def test_what_is_open_is_asked_and_shown_unreviewed(
    root: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(root, "normalize") == 0
    assert _card(root, "海绵映射").status is Status.UNFINISHED
    assert server.bodies == []
    capsys.readouterr()
    assert _run(root, "normalize", "--model") == 0
    told = capsys.readouterr().err
    assert "asking tiny about 2 entries: about " in told
    assert "2 replies kept, 0 refused; 200 tokens sent, 20 received" in told
    # What knowledge completes is nothing to ask about.
    assert sorted(note_of(body)["question"] for body in server.bodies) == [
        "什么是泡沫映射？",
        "什么是海绵映射？",
    ]
    card = _card(root, "海绵映射")
    assert (card.answer.zh, card.answer.en) == (ANSWER, ENGLISH)
    assert card.question.en == "In English: 8 letters."
    assert card.status is Status.PROPOSED
    waiting = [c for c in card.changes if c.state is State.PROPOSED]
    assert {c.by for c in waiting} == {"model:tiny"}
    assert [(c.code, c.field) for c in waiting] == [
        ("COMPLETE", "answer.zh"),
        ("TRANSLATE", "question.en"),
        ("TRANSLATE", "answer.en"),
    ]
    under = _card(root, "泡沫映射")
    assert under.answer.zh == "模型太简单，连训练数据都记不主，训练误差下降。"
    slips = [(c.before, c.after) for c in under.changes if c.code == "MODEL"]
    assert slips == [("记不主", "记不住"), ("误差下降", "误差不下降")]
    assert b"model:tiny" in (root / "dist/report.html").read_bytes()


def test_every_other_run_replays_it_with_no_network_and_no_client(
    root: Path, server: Server, monkeypatch: pytest.MonkeyPatch, network: Network
) -> None:
    assert _run(root, "normalize", "--model") == 0
    made = _own(root)
    asked = len(server.bodies)
    network.loopback = False
    for name in OPTIONS:
        monkeypatch.delenv(name)
    for name in ("openai", "httpx2"):
        monkeypatch.setitem(sys.modules, name, None)
    for name in ("notepress.asking", "notepress.completers.endpoint"):
        monkeypatch.delitem(sys.modules, name)
    for path in root.glob("content/cards*"):
        for file in path.iterdir() if path.is_dir() else [path]:
            file.unlink()
    for command in ("normalize", "check", "data"):
        assert _run(root, command) == 0
        assert _own(root) == made
    assert "notepress.completers.endpoint" not in sys.modules
    assert len(server.bodies) == asked
    assert network.tried == []


def test_nothing_is_asked_twice(
    root: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(root, "normalize", "--model") == 0
    asked, made = len(server.bodies), _own(root)
    capsys.readouterr()
    assert _run(root, "normalize", "--model") == 0
    assert (len(server.bodies), _own(root)) == (asked, made)
    assert "nothing is open" in capsys.readouterr().err


def test_a_note_that_changes_is_asked_about_anew(root: Path, server: Server) -> None:
    assert _run(root, "normalize", "--model") == 0
    seen = len(server.bodies)
    notes = root / "content/notes.md"
    notes.write_text(NOTES.replace("太简单", "过于简单"), "utf-8")
    assert _run(root, "normalize", "--model") == 0
    assert [note_of(body)["question"] for body in server.bodies[seen:]] == ["什么是泡沫映射？"]


def _settle(root: Path, verdict: Verdict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda _: verdict.value[0])
    assert _run(root, "review") == 0


def test_what_is_accepted_is_complete_and_stays(
    root: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _run(root, "normalize", "--model") == 0
    _settle(root, Verdict.ACCEPT, monkeypatch)
    assert _run(root, "normalize") == 0
    card = _card(root, "海绵映射")
    assert (card.status, card.answer.zh, card.answer.en) == (Status.COMPLETE, ANSWER, ENGLISH)
    under = _card(root, "泡沫映射")
    assert under.answer.zh == "模型太简单，连训练数据都记不住，训练误差不下降。"
    # The sentence isn't the one that was translated any more: that alone is open now.
    asked = len(server.bodies)
    assert under.answer.en == ""
    assert _run(root, "normalize", "--model") == 0
    (body,) = server.bodies[asked:]
    assert [row["zh"] for row in note_of(body)["sentences"]] == [under.answer.zh]
    assert _card(root, "泡沫映射").status is Status.PROPOSED


def test_what_is_rejected_goes_and_is_never_asked_again(
    root: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _run(root, "normalize", "--model") == 0
    _settle(root, Verdict.REJECT, monkeypatch)
    asked = len(server.bodies)
    assert _run(root, "normalize", "--model") == 0
    card = _card(root, "海绵映射")
    assert (card.status, card.answer.zh, card.answer.en) == (Status.UNFINISHED, "", "")
    under = _card(root, "泡沫映射")
    assert (under.status, under.answer.en) == (Status.UNTRANSLATED, "")
    assert "记不主" in under.answer.zh
    assert len(server.bodies) == asked
    # Not even when knowledge has grown, so that the same would be asked in other words.
    knowledge = root / "content/knowledge/concepts.yaml"
    more = small_book.CONCEPTS.replace("momentum", "fit").replace("动量", "训练数据")
    knowledge.write_text(small_book.CONCEPTS + more[more.index("- id: fit") :], "utf-8")
    assert _run(root, "normalize", "--model") == 0
    assert len(server.bodies) == asked


def test_a_decision_holds_for_the_words_that_it_was_about(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _run(root, "normalize", "--model") == 0
    _settle(root, Verdict.ACCEPT, monkeypatch)
    (path,) = [
        root / FOLDER / name for name, kept in _replies(root).items() if kept.reply.additions
    ]
    path.write_text(path.read_text().replace("误差很大", "误差很小"), "utf-8")
    assert _run(root, "normalize") == 0
    card = _card(root, "海绵映射")
    assert card.status is Status.PROPOSED
    assert "误差很小" in card.answer.zh


def test_an_amended_completion_is_the_persons(root: Path) -> None:
    assert _run(root, "normalize", "--model") == 0
    card = _card(root, "海绵映射")
    amended = Decision(Verdict.AMEND, card.id, "answer.zh", "COMPLETE", "", "我的答案。")
    _decide(root, amended)
    assert _run(root, "normalize") == 0
    card = _card(root, "海绵映射")
    assert card.answer.zh == "我的答案。"
    # Its English said something else.
    assert card.answer.en == ""


def test_a_hand_edit_over_a_proposal_settles_it(root: Path) -> None:
    assert _run(root, "normalize", "--model") == 0
    card = _card(root, "海绵映射")
    path = root / store.file_of(card.topic)
    text = path.read_text()
    for old, new in ((ANSWER, "手写的答案。"), (ENGLISH, "By hand.")):
        head, _, tail = text.partition(f"zh: {old}" if old == ANSWER else f"en: {old}")
        text = head + ("zh: " if old == ANSWER else "en: ") + new + tail
    path.write_text(text, "utf-8")
    assert _run(root, "normalize") == 0
    card = _card(root, "海绵映射")
    assert (card.answer.zh, card.answer.en) == ("手写的答案。", "By hand.")
    assert {c.field for c in card.changes if c.state is State.PROPOSED} == {"question.en"}


def test_the_key_is_in_no_file_and_in_no_word(
    root: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    server.answering = lambda body: (
        Response(400, json.dumps({"error": {"message": f"bad key {KEY}"}}).encode())
        if "海绵映射" in body["messages"][1]["content"]
        else _tell(body)
    )
    assert _run(root, "--verbose", "normalize", "--model") == 0
    captured = capsys.readouterr()
    assert "MODEL-FAILED" in captured.err
    assert KEY not in captured.err + captured.out
    assert any(header["authorization"].endswith(KEY) for header in server.headers)
    for path, data in small_book.snapshot(root).items():
        assert KEY.encode() not in data, path


def test_interrupting_keeps_what_came(
    root: Path,
    server: Server,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @contextmanager
    def interrupt(_: object) -> Iterator[Callable[[str], None]]:
        def stop(_: str) -> None:
            raise KeyboardInterrupt

        yield stop

    monkeypatch.setenv("NOTEPRESS_MODEL_JOBS", "1")
    with monkeypatch.context() as patch:
        patch.setattr(building, "ticker", interrupt)
        with pytest.raises(SystemExit) as stopped:
            _run(root, "normalize", "--model")
    assert stopped.value.code == 130
    assert "the replies that came are kept" in capsys.readouterr().err
    assert len(_replies(root)) == 1
    assert not (root / "content/cards").exists()
    first = note_of(server.bodies[0])["question"]
    seen = len(server.bodies)
    assert _run(root, "normalize", "--model") == 0
    assert first not in {note_of(body)["question"] for body in server.bodies[seen:]}
    assert len(_replies(root)) == 2


def test_a_server_that_is_not_there_is_an_error_and_changes_nothing(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("NOTEPRESS_MODEL_URL", f"http://127.0.0.1:{taken.getsockname()[1]}/v1")
        monkeypatch.setattr("threading.Event.wait", lambda *_: True)
        before = small_book.snapshot(root)
        assert _run(root, "normalize", "--model") == 1
    told = capsys.readouterr().err
    assert "MODEL-UNREACHABLE" in told
    assert "NOTEPRESS_MODEL_URL" in told
    assert small_book.snapshot(root) == before


def test_a_server_that_stops_half_way_leaves_what_it_gave(
    root: Path,
    server: Server,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NOTEPRESS_MODEL_JOBS", "1")
    server.answering = lambda body: _tell(body) if len(server.bodies) == 1 else Response(401)
    assert _run(root, "normalize", "--model") == 0
    assert "MODEL-DENIED" in capsys.readouterr().err
    assert len(_replies(root)) == 1
    assert "model:tiny" in "".join(c.by for x in _cards(root).values() for c in x.changes)


@pytest.mark.parametrize(
    "response",
    [
        said("I am sorry."),
        said("甲" * 10_000_000),
        replied(translations=[{"sentence": 1, "en": "<script>alert(1)</script>"}]),
        replied(additions=[{"gap": "EMPTY", "zh": "甲\x1b]0;owned\x07。", "en": "A."}]),
    ],
    ids=["no reply", "ten megabytes", "a script", "control characters"],
)
def test_a_hostile_reply_ends_in_a_finding(
    response: Response, root: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    server.answering = lambda _: response
    assert _run(root, "normalize", "--model") == 0
    told = capsys.readouterr().err
    assert told.count("MODEL-REFUSED") == 2
    assert "\x1b" not in told
    assert "\x07" not in told
    assert not (root / FOLDER).exists()
    assert _card(root, "海绵映射").status is Status.UNFINISHED


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (lambda text: text.replace(ANSWER, "甲<script>。"), "REPLY-REFUSED"),
        (lambda text: text.replace("model:", "models:"), "YAML-KEY"),
        (lambda text: text[: len(text) // 2] + "\n'", "YAML-SYNTAX"),
    ],
)
def test_a_kept_reply_that_was_tampered_with_is_not_used(
    harm: object, code: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(root, "normalize", "--model") == 0
    assert callable(harm)
    (path,) = [
        root / FOLDER / name for name, kept in _replies(root).items() if kept.reply.additions
    ]
    path.write_text(harm(path.read_text()), "utf-8")
    capsys.readouterr()
    assert _run(root, "normalize") == (0 if code == "REPLY-REFUSED" else 1)
    told = capsys.readouterr().err
    assert f"{FOLDER}/{path.name}:" in told
    assert code in told
    if code == "REPLY-REFUSED":
        assert _card(root, "海绵映射").status is Status.UNFINISHED


def test_a_reply_to_a_note_that_is_gone_is_a_note(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(root, "normalize", "--model") == 0
    (root / "content/notes.md").write_text("动量:\n", "utf-8")
    capsys.readouterr()
    assert _run(root, "--verbose", "normalize") == 0
    assert capsys.readouterr().err.count("REPLY-UNUSED") == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NOTEPRESS_MODEL", ""),
        ("NOTEPRESS_MODEL", "a\x1bb"),
        ("NOTEPRESS_MODEL", "m" * 101),
        ("NOTEPRESS_MODEL_URL", ""),
        ("NOTEPRESS_MODEL_URL", "localhost:11434"),
        ("NOTEPRESS_MODEL_URL", "file:///etc/passwd"),
        ("NOTEPRESS_MODEL_URL", "http://a b/v1"),
        ("NOTEPRESS_MODEL_KEY", "sk a"),
        ("NOTEPRESS_MODEL_KEY", "sk\n-a"),
        ("NOTEPRESS_MODEL_KEY", "钥匙"),
        ("NOTEPRESS_MODEL_JOBS", "0"),
        ("NOTEPRESS_MODEL_JOBS", "33"),
        ("NOTEPRESS_MODEL_JOBS", "many"),
    ],
)
def test_an_environment_that_names_nobody_is_a_wrong_command(
    name: str,
    value: str,
    root: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(name, value)
    # Nothing is written, so nothing was asked.
    before = small_book.snapshot(root)
    with pytest.raises(SystemExit) as stopped:
        _run(root, "normalize", "--model")
    assert stopped.value.code == telling.USAGE
    told = capsys.readouterr().err
    assert name in told
    assert "NOTEPRESS_MODEL_URL=http://localhost" in told
    assert "\x1b" not in told
    assert KEY not in told
    assert small_book.snapshot(root) == before


def test_no_project_file_can_name_a_model(
    root: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in OPTIONS:
        monkeypatch.delenv(name)
    (root / ".env").write_text(f"NOTEPRESS_MODEL=tiny\nNOTEPRESS_MODEL_URL={server.url}\n")
    with pytest.raises(SystemExit):
        _run(root, "normalize", "--model")
    book = root / "content/book.yaml"
    book.write_text(f"{book.read_text()}model: tiny\n", "utf-8")
    assert _run(root, "normalize") == 1
    assert server.bodies == []


def test_without_the_client_it_says_what_installs_it(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    for name in ("notepress.asking", "notepress.completers.endpoint"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    with pytest.raises(SystemExit) as stopped:
        _run(root, "normalize", "--model")
    assert stopped.value.code == telling.BROKEN
    assert "notepress[model]" in capsys.readouterr().err


def test_only_normalize_asks(root: Path) -> None:
    for command in ("all", "check", "deck", "review"):
        with pytest.raises(SystemExit) as stopped:
            _run(root, command, "--model")
        assert stopped.value.code == telling.USAGE


def test_a_terminal_sees_how_far_it_is(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    assert _run(root, "normalize", "--model") == 0
    assert "2/2 asked, 2 replies kept, 220 tokens\n2 replies kept, 0 refused" in screen.getvalue()
