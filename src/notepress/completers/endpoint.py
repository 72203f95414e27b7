"""Requests -> replies, by way of an OpenAI-compatible server: the one place that uses the network.

Nothing that a server does may do harm or pass in silence: every request ends in a reply
that may be used or in a finding, after a bounded number of tries, and what is read
of an answer is bounded too. The key goes into a header, and nowhere else.
"""

from __future__ import annotations

import json
import math
import re
import threading
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from queue import SimpleQueue
from typing import Any

import httpx2
import openai

from notepress.completers.prompts import SAMPLING, Ask
from notepress.completers.replies import SCHEMA, Judge, Reply, parse
from notepress.model import Finding, Level

_LARGEST = 1_000_000
_LONGEST_MESSAGE = 200
_LONGEST_ECHO = 4000
_LONGEST_WAIT = 60.0
_ASKED_TWICE = 2
_BUSY = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_DENIED = frozenset({401, 403})
_NOT_FOUND = 404
_REDIRECTS = range(300, 400)
# What a server says no to if it doesn't know how to take a schema, or a parameter.
_NOT_TAKEN = frozenset({400, 415, 422, 500, 501})
_FORMS: tuple[Mapping[str, object] | None, ...] = (
    {
        "type": "json_schema",
        "json_schema": {"name": "reply", "strict": True, "schema": SCHEMA},
    },
    {"type": "json_object"},
    None,
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Whom to ask, as the environment says; ``pause`` is the first wait, in seconds."""

    model: str
    url: str
    key: str = field(default="", repr=False)
    jobs: int = 4
    timeout: float = 300.0
    tries: int = 4
    pause: float = 1.0


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the server counts them."""

    sent: int = 0
    received: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.sent + other.sent, self.received + other.received)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request: a reply that may be used, or a finding."""

    ask: Ask
    reply: Reply | None
    usage: Usage
    finding: Finding | None = None


@dataclass(frozen=True, slots=True)
class _Task:
    """A request, with what went before it: how often it was sent, and what was wrong."""

    ask: Ask
    sent: int = 0
    again: tuple[Mapping[str, str], ...] = ()
    usage: Usage = Usage()


@dataclass(frozen=True, slots=True)
class _Said:
    """What a server answered: content, or what is wrong with it; ``final`` if asking is no use."""

    content: str = ""
    wrong: str = ""
    usage: Usage = Usage()
    final: bool = False


@dataclass(frozen=True, slots=True)
class _Failure:
    """That a server gave no answer; ``fatal`` if others would get none either."""

    code: str
    message: str
    hint: str
    fatal: bool = False


_Outcome = _Said | _Failure | BaseException


def converse(asks: Iterable[Ask], endpoint: Endpoint, judge: Judge) -> Generator[Answer]:
    """Ask all, several at a time, and give each answer as soon as it is there.

    Ends early where the server can't be reached or lets nobody in. Closing the
    generator stops what is under way.
    """
    tasks: SimpleQueue[_Task | None] = SimpleQueue()
    done: SimpleQueue[tuple[_Task, _Outcome]] = SimpleQueue()
    waiting = [_Task(ask) for ask in asks]
    line = _Line(endpoint)
    for task in waiting:
        tasks.put(task)
    # Daemons: whoever stops the run doesn't wait for a server.
    jobs = [
        threading.Thread(target=line.work, args=(tasks, done), daemon=True)
        for _ in range(min(endpoint.jobs, len(waiting)))
    ]
    for job in jobs:
        job.start()
    left = len(waiting)
    try:
        while left:
            task, outcome = done.get()
            if isinstance(outcome, BaseException):
                raise outcome
            answer = _judged(task, outcome, endpoint, judge)
            if isinstance(answer, _Task):
                tasks.put(answer)
                continue
            left -= 1
            yield answer
            if isinstance(outcome, _Failure) and outcome.fatal:
                yield from _already(done, endpoint, judge)
                return
    finally:
        line.stop()
        for _ in jobs:
            tasks.put(None)


def _already(
    done: SimpleQueue[tuple[_Task, _Outcome]], endpoint: Endpoint, judge: Judge
) -> Iterator[Answer]:
    """Give the replies that had come before the server was given up."""
    while not done.empty():
        task, outcome = done.get()
        if isinstance(outcome, _Said):
            answer = _judged(task, outcome, endpoint, judge)
            if isinstance(answer, Answer):
                yield answer


def _judged(
    task: _Task, outcome: _Said | _Failure, endpoint: Endpoint, judge: Judge
) -> Answer | _Task:
    """Tell whether an answer will do; if not, give the task to ask once more, or the finding."""
    if isinstance(outcome, _Failure):
        message = f"{endpoint.model}: {outcome.message}"
        level = Level.ERROR if outcome.fatal else Level.WARNING
        finding = Finding(outcome.code, level, task.ask.span, message, outcome.hint)
        return Answer(task.ask, None, task.usage, finding)
    usage = task.usage + outcome.usage
    read: Reply | str = outcome.wrong or parse(outcome.content)
    if endpoint.key and endpoint.key in outcome.content:
        read = "it holds the key of the endpoint"
    wrong = read if isinstance(read, str) else judge(task.ask.asked, read)
    if not wrong and isinstance(read, Reply):
        return Answer(task.ask, read, usage)
    if task.sent + 1 < _ASKED_TWICE and not outcome.final:
        return replace(task, sent=task.sent + 1, again=_complaint(outcome, wrong), usage=usage)
    message = f"{endpoint.model}: the reply is refused: {_clean(wrong, endpoint.key)}"
    hint = "Nothing of it is used. Complete the note yourself, or try another model."
    finding = Finding("MODEL-REFUSED", Level.WARNING, task.ask.span, message, hint)
    return Answer(task.ask, None, usage, finding)


def _complaint(outcome: _Said, wrong: str) -> tuple[Mapping[str, str], ...]:
    """Tell a model what was wrong with its reply."""
    said = outcome.content if outcome.content.isprintable() else ""
    asked = f"That reply can't be used: {wrong}. Reply again, with the JSON object alone."
    again = {"role": "user", "content": asked}
    return ({"role": "assistant", "content": said[:_LONGEST_ECHO] or "{}"}, again)


class _Line:
    """The connection that all jobs share, and what was learned of the server on the way."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._stopped = threading.Event()
        self._learning = threading.Lock()
        self._form = 0
        self._form_works = False
        self._sampling = dict(SAMPLING)
        # The client would take the rest from variables of its own: only ours count.
        others = {"OpenAI-Organization": openai.Omit(), "OpenAI-Project": openai.Omit()}
        self._client = openai.OpenAI(
            api_key=endpoint.key or "none",
            base_url=endpoint.url,
            organization="",
            project="",
            max_retries=0,
            default_headers=others,  # type: ignore[arg-type]  # how the client takes a header out
            http_client=openai.DefaultHttpxClient(timeout=endpoint.timeout, follow_redirects=False),
        )

    def stop(self) -> None:
        """Let nothing more be sent."""
        self._stopped.set()
        self._client.close()

    def work(
        self, tasks: SimpleQueue[_Task | None], done: SimpleQueue[tuple[_Task, _Outcome]]
    ) -> None:
        """Do tasks until there is none."""
        while (task := tasks.get()) is not None and not self._stopped.is_set():
            try:
                outcome: _Outcome = self._ask(task)
            except BaseException as error:  # noqa: BLE001  # a mistake of ours belongs to whoever reads the queue
                outcome = error
            done.put((task, outcome))
            if isinstance(outcome, _Failure) and outcome.fatal:
                self._stopped.set()

    def _ask(self, task: _Task) -> _Said | _Failure:
        """Send a request until it is answered, as often as is polite."""
        failure = _Failure("MODEL-FAILED", "the run was stopped", "")
        tries = 0
        while tries < self._endpoint.tries and not self._stopped.is_set():
            form, sampling = self._form, dict(self._sampling)
            try:
                said = self._send(task, form, sampling)
            except openai.APIStatusError as error:
                if error.status_code in _NOT_TAKEN and self._learn(error, form, sampling):
                    continue
                failure = _of_status(error, self._endpoint.key)
                wait = _asked_to_wait(error.response.headers)
                if error.status_code not in _BUSY:
                    return failure
            except (openai.APIConnectionError, httpx2.HTTPError) as error:
                wait = None
                slow = isinstance(error, openai.APITimeoutError | httpx2.TimeoutException)
                failure = _slow() if slow else _unreachable(error)
                tries += slow  # one more try of that kind is enough
            else:
                with self._learning:
                    self._form_works = True
                return said
            tries += 1
            if tries < self._endpoint.tries:
                self._stopped.wait(
                    self._endpoint.pause * 2 ** (tries - 1) if wait is None else wait
                )
        return failure

    def _send(self, task: _Task, form: int, sampling: Mapping[str, int]) -> _Said:
        # Whoever was cut off the first time gets twice the room.
        room = {name: n * (task.sent + 1) for name, n in sampling.items() if "tokens" in name}
        body: dict[str, Any] = {
            **sampling,
            **room,
            "model": self._endpoint.model,
            "messages": [*task.ask.messages, *task.again],
        }
        if _FORMS[form] is not None:
            body["response_format"] = _FORMS[form]
        until = time.monotonic() + self._endpoint.timeout
        data = b""
        # Read piece by piece: the client itself would take in whatever comes.
        with self._client.chat.completions.with_streaming_response.create(**body) as response:
            for piece in response.iter_bytes():
                data += piece
                if len(data) > _LARGEST:
                    return _Said(wrong=f"it is larger than {_LARGEST:,} bytes")
                if time.monotonic() > until:
                    return _Said(wrong="it comes too slowly")
        return _content(data)

    def _learn(self, error: openai.APIStatusError, form: int, sampling: Mapping[str, int]) -> bool:
        """Find another way to ask after a server said no; tell whether there is one."""
        # Servers differ in where they say it.
        said = f"{error} {error.body}".lower()
        with self._learning:
            if (form, sampling) != (self._form, self._sampling):
                return True  # another job has found one meanwhile
            if "max_completion_tokens" in said and "max_tokens" in self._sampling:
                self._sampling["max_completion_tokens"] = self._sampling.pop("max_tokens")
                return True
            if "temperature" in said and "temperature" in self._sampling:
                del self._sampling["temperature"]
                return True
            if self._form_works or form + 1 == len(_FORMS):
                return False
            self._form += 1
            return True


def _content(data: bytes) -> _Said:
    """Take the text out of a server's answer, whatever else it is."""
    try:
        plain = json.loads(data)
    except (ValueError, RecursionError):
        return _Said(wrong="the server's answer is not JSON")
    usage = Usage(
        _number(plain, "usage", "prompt_tokens"), _number(plain, "usage", "completion_tokens")
    )
    choice = _at(plain, "choices", 0)
    refusal, content = (_at(choice, "message", name) for name in ("refusal", "content"))
    reason = _at(choice, "finish_reason")
    if reason == "content_filter" or (isinstance(refusal, str) and refusal):
        return _Said(wrong="the model declined to answer", usage=usage, final=True)
    if reason == "length":
        return _Said(wrong="it was cut off before its end", usage=usage)
    if not isinstance(content, str) or not content.strip():
        return _Said(wrong="the server's answer holds no text", usage=usage)
    return _Said(content, usage=usage)


def _at(plain: object, *path: str | int) -> object:
    for step in path:
        if isinstance(plain, dict):
            plain = plain.get(step)
        elif isinstance(plain, list) and isinstance(step, int) and len(plain) > step:
            plain = plain[step]
        else:
            return None
    return plain


def _number(plain: object, *path: str) -> int:
    found = _at(plain, *path)
    return found if isinstance(found, int) and 0 < found < _LARGEST else 0


def _of_status(error: openai.APIStatusError, key: str) -> _Failure:
    """Say what a server's refusal means."""
    status = error.status_code
    told = f"the server says {status}: {_clean(_message(error.body), key)}".rstrip(": ")
    if status in _DENIED:
        return _Failure("MODEL-DENIED", told, "See that NOTEPRESS_MODEL_KEY is right.", fatal=True)
    if status == _NOT_FOUND:
        hint = "See that NOTEPRESS_MODEL and NOTEPRESS_MODEL_URL are right; most URLs end in /v1."
        return _Failure("MODEL-UNKNOWN", told, hint, fatal=True)
    if status in _REDIRECTS:
        hint = "Set NOTEPRESS_MODEL_URL to the address that the server itself has."
        return _Failure("MODEL-UNREACHABLE", f"{told}: it sends us elsewhere", hint, fatal=True)
    if status in _BUSY:
        hint = "What came is kept. Run the same again later; it asks for the rest."
        return _Failure("MODEL-BUSY", told, hint, fatal=True)
    return _Failure("MODEL-FAILED", told, "Complete the note yourself, or try another model.")


def _unreachable(error: Exception) -> _Failure:
    cause = type(error.__cause__ or error).__name__
    hint = "See that the server runs, and that NOTEPRESS_MODEL_URL is its address."
    return _Failure("MODEL-UNREACHABLE", f"no connection ({cause})", hint, fatal=True)


def _slow() -> _Failure:
    hint = "Run the same again, or try a smaller model; what came is kept."
    return _Failure("MODEL-SLOW", "no answer in time", hint)


def _message(body: object) -> str:
    found = _at(body, "message") or _at(body, "error", "message") or _at(body, "error")
    return found if isinstance(found, str) else ""


def _clean(text: str, key: str) -> str:
    """Make a stranger's words fit for a finding: short, in one line, and without the key."""
    # Before it is cut, so that no half of the key stays.
    bare = text.replace(key, "…") if key else text
    line = re.sub(r"\s+", " ", "".join(c if c.isprintable() else " " for c in bare)).strip()
    return line if len(line) <= _LONGEST_MESSAGE else f"{line[:_LONGEST_MESSAGE]}…"


def _asked_to_wait(headers: Mapping[str, str]) -> float | None:
    """Give the seconds that a server asks to wait for, a minute at most; None if it doesn't."""
    said = headers.get("retry-after", "")
    try:
        wait = float(said)
    except ValueError:
        try:
            wait = parsedate_to_datetime(said).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    return min(max(wait, 0.0), _LONGEST_WAIT) if math.isfinite(wait) else None
