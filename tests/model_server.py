"""A server on loopback that speaks like a language model's, and misbehaves as it is told to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.loopback import Loopback

Body = dict[str, Any]


@dataclass(frozen=True)
class Response:
    """What is sent back: a status, headers and bytes; ``cut`` hangs up before the end."""

    status: int = 200
    data: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


def said(content: object, **choice: object) -> Response:
    """Say something as a model does."""
    message = {"role": "assistant", "content": content}
    whole = {
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", **choice}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10},
    }
    return Response(data=json.dumps(whole).encode())


def replied(**parts: object) -> Response:
    """Give a reply of the right shape."""
    return said(json.dumps({"edits": [], "additions": [], "translations": [], **parts}))


def note_of(body: Body) -> dict[str, Any]:
    """Give the note that a request is about."""
    found: dict[str, Any] = json.loads(body["messages"][1]["content"])
    return found


Answering = Callable[[Body], Response]


class Server(Loopback):
    """A running server: its address, and every request that came."""

    def __init__(self, answering: Answering) -> None:
        self.answering = answering
        self.bodies: list[Body] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                outer.bodies.append(body)
                outer.paths.append(self.path)
                outer.headers.append({k.lower(): v for k, v in self.headers.items()})
                response = outer.answering(body)
                self.send_response(response.status)
                for name, value in response.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(response.data)))
                self.end_headers()
                data = response.data
                try:
                    self.wfile.write(data[: len(data) // 2] if response.cut else data)
                except OSError:
                    return  # whoever asked has heard enough

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(Handler)
        self.url = f"{self.address}/v1"


@contextmanager
def serving(answering: Answering) -> Iterator[Server]:
    """Run a server while a test needs it."""
    server = Server(answering)
    try:
        yield server
    finally:
        server.close()


def in_turn(*responses: Response) -> Answering:
    """Answer the first request with the first, and so on; the last goes on for ever."""
    left = list(responses)

    def answer(_: Body) -> Response:
        return left.pop(0) if len(left) > 1 else left[0]

    return answer
