"""Actions -> what Anki answers to them, by way of the add-on AnkiConnect.

The add-on listens on loopback and answers every request with status 200 and
``{"result": …, "error": …}``. It takes about 25 ms a request and reads each in time
that grows with the square of its length: so actions go several in a request, and no
request is long. Whatever else a server says ends in an ``AnkiError``.
"""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

USUAL: Final = "http://127.0.0.1:8765"
_PROTOCOL: Final = 6
_LARGEST: Final = 256 << 20
_LONGEST_MESSAGE: Final = 200
_MOST_ACTIONS: Final = 25
_MOST_BYTES: Final = 500_000
_OK, _FORBIDDEN = 200, 403

Action = tuple[str, Mapping[str, object]]
Show = Callable[[int, int], None]


class AnkiError(Exception):
    """That Anki gave no answer, or none that can be used: a finding's code, message, hint."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Refused:
    """Why Anki didn't do one action of several."""

    reason: str


@dataclass(frozen=True, slots=True)
class Anki:
    """Where Anki listens. ``key`` is the add-on's own, if it asks for one."""

    url: str = USUAL
    key: str = field(default="", repr=False)
    timeout: float = 300.0

    def ask(self, action: str, **params: object) -> object:
        """Have one thing done; gives its result."""
        answer = _result(self._send(self._request(action, params)))
        if isinstance(answer, Refused):
            raise _refusal(action, answer)
        return answer

    def each(self, actions: Sequence[Action], show: Show) -> list[object]:
        """Have many things done, in order; gives results, and ``Refused`` for those that failed."""
        answers: list[object] = []
        for batch in _batches(actions):
            requests = [self._request(*action) for action in batch]
            got = self._send(self._request("multi", {"actions": requests}))
            results = _result(got)
            if isinstance(results, Refused):
                raise _refusal("multi", results)
            if not isinstance(results, list) or len(results) != len(batch):
                raise _odd("it doesn't answer every action")
            answers += map(_result, results)
            show(len(answers), len(actions))
        return answers

    def _request(self, action: str, params: Mapping[str, object]) -> dict[str, object]:
        key = {"key": self.key} if self.key else {}
        return {"action": action, "version": _PROTOCOL, "params": dict(params), **key}

    def _send(self, request: Mapping[str, object]) -> object:
        address = urlsplit(self.url)
        kind = http.client.HTTPSConnection if address.scheme == "https" else None
        connection = (kind or http.client.HTTPConnection)(
            address.hostname or "", address.port, timeout=self.timeout
        )
        try:
            body = json.dumps(request).encode()
            headers = {"Content-Type": "application/json"}
            connection.request("POST", address.path or "/", body, headers)
            response = connection.getresponse()
            data = response.read(_LARGEST + 1)
        except TimeoutError as error:
            hint = (
                "Anki answers nothing while one of its dialogs is open: close it, and push again."
            )
            raise AnkiError("ANKI-SLOW", "Anki doesn't answer", hint) from error
        except ConnectionRefusedError as error:
            raise _away(self.url, "nothing listens there") from error
        except (http.client.HTTPException, ConnectionError) as error:
            raise _odd(f"it hangs up ({type(error).__name__})") from error
        except OSError as error:
            raise _away(self.url, error.strerror or str(error)) from error
        finally:
            connection.close()
        return _read(response.status, data)


def stored(name: str, data: bytes) -> Action:
    """Give the action that puts a file among Anki's media, over one of the same name."""
    return ("storeMediaFile", {"filename": name, "data": base64.b64encode(data).decode()})


def _batches(actions: Iterable[Action]) -> Iterator[list[Action]]:
    batch: list[Action] = []
    size = 0
    for action in actions:
        length = len(json.dumps(action[1]))
        if batch and (len(batch) == _MOST_ACTIONS or size + length > _MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(action)
        size += length
    if batch:
        yield batch


def _read(status: int, data: bytes) -> object:
    if status == _FORBIDDEN:
        hint = "Take the address into webCorsOriginList, in the add-on's configuration."
        raise AnkiError("ANKI-DENIED", "AnkiConnect lets nobody in from here", hint)
    if status != _OK:
        raise _odd(f"it says {status}")
    if len(data) > _LARGEST:
        raise _odd("its answer is too large")
    try:
        answer: object = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _odd("its answer is not JSON") from error
    return answer


def _result(answer: object) -> object:
    """Take the result out of an answer; whoever is asked in version 6 names an error as well."""
    if not isinstance(answer, dict) or not {"result", "error"} <= answer.keys():
        raise _odd("its answer has no result")
    if answer["error"] is None:
        return answer["result"]
    return Refused(_line(str(answer["error"])) or "for no reason that it says")


def _refusal(action: str, refused: Refused) -> AnkiError:
    if "api key" in refused.reason:
        hint = "Set NOTEPRESS_ANKI_KEY to the apiKey of the add-on's configuration."
        return AnkiError("ANKI-DENIED", f"AnkiConnect says: {refused.reason}", hint)
    if "collection is not available" in refused.reason:
        hint = "Open the profile to push to, and push again."
        return AnkiError("ANKI-AWAY", "Anki has no profile open", hint)
    hint = "A newer AnkiConnect may know it." if "unsupported" in refused.reason else ""
    return AnkiError("ANKI-REFUSED", f"{action}: {refused.reason}", hint)


def _away(url: str, reason: str) -> AnkiError:
    hint = (
        "Start Anki, with the add-on AnkiConnect (code 2055492159) installed. NOTEPRESS_ANKI_URL\n"
        f"says where it listens, if not at {USUAL}."
    )
    return AnkiError(
        "ANKI-AWAY", f"Anki isn't running, or has no AnkiConnect: {url}: {reason}", hint
    )


def _odd(what: str) -> AnkiError:
    hint = "See that nothing else listens at NOTEPRESS_ANKI_URL."
    return AnkiError("ANKI-ODD", f"what answers isn't AnkiConnect: {what}", hint)


def _line(text: str) -> str:
    bare = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return bare if len(bare) <= _LONGEST_MESSAGE else f"{bare[:_LONGEST_MESSAGE]}…"
