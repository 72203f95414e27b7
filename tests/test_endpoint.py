"""Whatever a server does, each request ends in a reply that may be used or in a finding."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable

import pytest

from notepress.completers.endpoint import Answer, Endpoint, converse
from notepress.completers.prompts import SAMPLING, Ask
from notepress.completers.replies import Asked, Reply, Translation, objection
from notepress.knowledge import Knowledge
from notepress.model import Level, Span
from tests.model_server import (
    Answering,
    Body,
    Response,
    Server,
    in_turn,
    replied,
    said,
    serving,
)

pytestmark = pytest.mark.loopback

KEY = "sk-a-very-secret-key"
GOOD = replied(translations=[{"sentence": 1, "en": "A is B."}])
OK = Reply(translations=(Translation(1, "A is B."),))


def _asks(count: int = 1) -> list[Ask]:
    messages = ({"role": "system", "content": "S"}, {"role": "user", "content": "甲是乙。"})
    return [
        Ask(
            Span("content/a.md", n + 1),
            Asked(f"{n}", f"r{n}", "甲是乙。", (), ("甲是乙。",)),
            messages,
        )
        for n in range(count)
    ]


def _judge(asked: Asked, reply: Reply) -> str:
    return objection(asked, reply, Knowledge(), lambda _s, _e: True)


def _endpoint(url: str, **settings: object) -> Endpoint:
    given = {"jobs": 1, "timeout": 5.0, "pause": 0.0, "tries": 3, "key": KEY, **settings}
    return Endpoint("tiny", url, **given)  # type: ignore[arg-type]  # each test sets its own


def _converse(
    answering: Answering, count: int = 1, **settings: object
) -> tuple[list[Answer], Server]:
    with serving(answering) as server:
        return list(converse(_asks(count), _endpoint(server.url, **settings), _judge)), server


def test_a_good_reply_comes_back_with_its_tokens() -> None:
    (answer,), server = _converse(lambda _: GOOD)
    assert (answer.reply, answer.finding) == (OK, None)
    assert (answer.usage.sent, answer.usage.received) == (100, 10)
    (body,) = server.bodies
    assert server.paths == ["/v1/chat/completions"]
    assert body["response_format"]["json_schema"]["strict"] is True
    assert body["temperature"] == 0
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


def test_what_other_variables_say_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_BASE_URL"):
        monkeypatch.setenv(name, "http://elsewhere.example")
    (answer,), server = _converse(lambda _: GOOD, key="")
    assert answer.reply == OK
    assert "elsewhere" not in json.dumps(server.headers)


def _takes(*forms: str | None) -> Answering:
    def answer(body: Body) -> Response:
        form = body.get("response_format", {}).get("type")
        error = b'{"error": {"message": "response_format is not supported"}}'
        return GOOD if form in forms else Response(400, error)

    return answer


@pytest.mark.parametrize(
    ("takes", "asked"),
    [
        ("json_schema", ["json_schema"] * 3),
        ("json_object", ["json_schema", *["json_object"] * 3]),
        (None, ["json_schema", "json_object", None, None, None]),
    ],
)
def test_how_a_server_takes_a_schema_is_found_out_once(
    takes: str | None, asked: list[str | None]
) -> None:
    answers, server = _converse(_takes(takes), count=3)
    assert [answer.reply for answer in answers] == [OK] * 3
    assert [body.get("response_format", {}).get("type") for body in server.bodies] == asked


@pytest.mark.parametrize(
    ("name", "instead"), [("max_tokens", "max_completion_tokens"), ("temperature", None)]
)
def test_a_parameter_that_is_refused_is_left_out(name: str, instead: str | None) -> None:
    def answer(body: Body) -> Response:
        error = {"error": {"message": f"Unsupported parameter {name}: use {instead}"}}
        return Response(400, json.dumps(error).encode()) if name in body else GOOD

    (answer_,), server = _converse(answer)
    assert answer_.reply == OK
    assert len(server.bodies) == 2
    assert instead is None or server.bodies[1][instead] == SAMPLING[name]
    assert server.bodies[1]["response_format"]["type"] == "json_schema"


def _deep() -> Response:
    return said("[" * 30_000 + "]" * 30_000)


HOSTILE: dict[str, tuple[Response, str]] = {
    "no JSON": (said("Sure! Here is the answer."), "it is not JSON"),
    "an envelope that is no JSON": (Response(data=b"<html>"), "not JSON"),
    "an envelope nested deeply": (Response(data=b"[" * 900_000), "not JSON"),
    "no choices": (Response(data=b'{"choices": []}'), "holds no text"),
    "wrong types": (Response(data=b'{"choices": {"0": [1]}, "usage": []}'), "holds no text"),
    "a list": (Response(data=b"[1]"), "holds no text"),
    "null": (Response(data=b"null"), "holds no text"),
    "no content": (said(None), "holds no text"),
    "a number for content": (said(7), "holds no text"),
    "cut off": (said('{"edits": [', finish_reason="length"), "cut off"),
    "declined": (said("", finish_reason="content_filter"), "declined"),
    "ten megabytes": (said("甲" * 10_000_000), "larger than"),
    "a long text": (said("甲" * 100_000), "longer than"),
    "nested deeply": (_deep(), "nested too deeply"),
    "a key twice": (said('{"edits": [], "edits": []}'), "it is not JSON"),
    "an unknown key": (said('{"evil": "\\u001b[31m"}'), "unknown key"),
    "a number that is none": (said('{"edits": NaN}'), "it is not JSON"),
    "a large number": (said('{"edits": ' + "9" * 5000 + "}"), "it is not JSON"),
    "our key": (said(json.dumps({"edits": KEY})), "key of the endpoint"),
    "a script": (
        replied(translations=[{"sentence": 1, "en": "<script>alert(1)</script>"}]),
        "HTML",
    ),
    "a control character": (
        replied(translations=[{"sentence": 1, "en": "A\x1b[2Jis B."}]),
        "can't be seen",
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_reply_that_may_not_be_used_is_refused(kind: str) -> None:
    response, reason = HOSTILE[kind]
    (answer,), server = _converse(lambda _: response)
    assert answer.reply is None
    assert answer.finding is not None
    assert (answer.finding.code, answer.finding.level) == ("MODEL-REFUSED", Level.WARNING)
    assert reason in answer.finding.message
    assert answer.finding.message.isprintable()
    assert len(answer.finding.message) < 400
    assert KEY not in str(answer.finding)
    assert len(server.bodies) == (1 if kind == "declined" else 2)


def test_a_model_is_told_what_was_wrong_and_may_mend_it() -> None:
    bad = replied(translations=[{"sentence": 1, "en": "甲 is B."}])
    (answer,), server = _converse(in_turn(bad, GOOD))
    assert answer.reply == OK
    assert answer.usage.sent == 200
    assert "the English holds Chinese" in server.bodies[1]["messages"][-1]["content"]


def test_a_reply_that_was_cut_off_gets_more_room() -> None:
    (answer,), server = _converse(in_turn(said("{", finish_reason="length"), GOOD))
    assert answer.reply == OK
    assert server.bodies[1]["max_tokens"] == 2 * server.bodies[0]["max_tokens"]


def _refusal(status: int, **headers: str) -> Response:
    error = {"error": {"message": f"no, {KEY}\x1b[31m: " + "long " * 500}}
    return Response(status, json.dumps(error).encode(), headers)


@pytest.mark.parametrize(
    ("status", "code", "sent"),
    [
        (401, "MODEL-DENIED", 1),
        (403, "MODEL-DENIED", 1),
        (404, "MODEL-UNKNOWN", 1),
        (307, "MODEL-UNREACHABLE", 1),
        (429, "MODEL-BUSY", 3),
        (503, "MODEL-BUSY", 3),
    ],
)
def test_a_server_that_will_not_is_not_asked_on(status: int, code: str, sent: int) -> None:
    refusal = _refusal(status, location="http://127.0.0.1:1/else")
    answers, server = _converse(lambda _: refusal, count=5)
    (finding,) = [answer.finding for answer in answers]
    assert finding is not None
    assert (finding.code, finding.level) == (code, Level.ERROR)
    assert KEY not in f"{finding.message}{finding.hint}"
    assert finding.message.isprintable()
    assert len(finding.message) < 400
    assert len(server.bodies) == sent


def test_a_request_that_is_refused_leaves_the_others_alone() -> None:
    answers, server = _converse(in_turn(GOOD, Response(400, b"{}"), GOOD), count=3)
    assert [a.finding.code if a.finding else "" for a in answers] == ["", "MODEL-FAILED", ""]
    assert len(server.bodies) == 3


@pytest.mark.parametrize("data", [b"[" * 900_000, b"x" * 10_000_000, b"\xff\x1b[2J", b"null"])
def test_a_refusal_may_hold_anything(data: bytes) -> None:
    (answer,), _ = _converse(lambda _: Response(403, data))
    assert answer.finding is not None
    assert answer.finding.code == "MODEL-DENIED"
    assert answer.finding.message.isprintable()
    assert len(answer.finding.message) < 400


@pytest.mark.parametrize("status", [429, 500, 502, 503, 529])
def test_a_busy_server_is_asked_again(status: int) -> None:
    # The schema is taken at once, so that a 500 is no word on it.
    responses = in_turn(GOOD, Response(status), Response(status), GOOD)
    answers, server = _converse(responses, count=2)
    assert [answer.reply for answer in answers] == [OK, OK]
    assert len(server.bodies) == 4


@pytest.mark.parametrize(
    ("after", "waits"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("86400", 60.0),
        ("-1", 0.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 60.0),
        ("nan", 3.0),
        ("soon", 3.0),
    ],
)
def test_a_server_says_how_long_to_wait(
    after: str, waits: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float | None] = []
    wait = threading.Event.wait

    def note(self: threading.Event, timeout: float | None = None) -> bool:
        if timeout is not None and timeout >= 0 and threading.current_thread().daemon:
            waited.append(timeout)
            return False
        return wait(self, timeout)

    monkeypatch.setattr(threading.Event, "wait", note)
    busy = Response(429, headers={"retry-after": after})
    (answer,), _ = _converse(in_turn(busy, GOOD), pause=3.0)
    assert answer.reply == OK
    assert waits in waited


def test_nobody_there_is_an_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        (answer,) = converse(_asks(3), _endpoint(url), _judge)
    assert answer.finding is not None
    assert (answer.finding.code, answer.finding.level) == ("MODEL-UNREACHABLE", Level.ERROR)
    assert "NOTEPRESS_MODEL_URL" in answer.finding.hint


def test_a_server_that_hangs_up_is_asked_again() -> None:
    cut = Response(data=GOOD.data, cut=True)
    (answer,), _ = _converse(in_turn(cut, GOOD))
    assert answer.reply == OK


def _slowly(stop: threading.Event, delay: float) -> Answering:
    def answer(_: Body) -> Response:
        stop.wait(delay)
        return GOOD

    return answer


def test_a_server_that_never_answers_is_given_up() -> None:
    stop = threading.Event()
    try:
        (answer,), server = _converse(_slowly(stop, 0.6), timeout=0.2)
    finally:
        stop.set()
    assert answer.finding is not None
    assert (answer.finding.code, answer.finding.level) == ("MODEL-SLOW", Level.WARNING)
    assert len(server.bodies) == 2


def test_several_are_asked_at_a_time() -> None:
    together = threading.Barrier(4, timeout=5)

    def answer(_: Body) -> Response:
        together.wait()
        return GOOD

    answers, _ = _converse(answer, count=8, jobs=4)
    assert [answer.reply for answer in answers] == [OK] * 8


def test_closing_stops_what_is_under_way() -> None:
    with serving(lambda _: GOOD) as server:
        answers = converse(_asks(50), _endpoint(server.url), _judge)
        assert next(answers).reply == OK
        answers.close()
        seen = len(server.bodies)
        assert seen < 10


def test_a_mistake_of_ours_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Callable[[], None]:
        raise ZeroDivisionError

    monkeypatch.setattr("notepress.completers.endpoint._content", broken)
    with pytest.raises(ZeroDivisionError):
        _converse(lambda _: GOOD)


def test_the_key_is_in_no_representation() -> None:
    assert KEY not in repr(_endpoint("http://127.0.0.1:1/v1"))
