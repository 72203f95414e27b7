"""What a run would read and write -> what it told the last time, where nothing has changed.

A run whose inputs and outputs are still as it left them would make the same again, and
is spared. It is known by the digest of every file that it might read, the tool's own
among them, and of all that lies where it writes. Nothing heavy is imported here, since
this comes before everything else; that is why it reads files by itself.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from errno import EPERM
from pathlib import Path

from notepress import places
from notepress.model import Finding, Level, Span
from notepress.telling import Told

_BOOK = ("content", "images", "templates")
_OWN = ("content/knowledge", "images/drawn", "templates")
_LOCK = "requirements.lock"
_PIECE = 1 << 20

Seen = Mapping[str, str]
"""Digests of files, by their path in the book or in the tool."""


def state(options: argparse.Namespace) -> Seen:
    """Digest all that a run with these options might read, and all that lies where it writes."""
    root, own = options.project, places.home()
    found: dict[str, str] = {}
    if root.resolve() != own:
        found |= _digests("own", own, _OWN)
    found |= _digests("own", own, (_LOCK,))
    found |= _digests("code", Path(__file__).parent, ("",), ".py")
    found |= _digests("book", root, _BOOK)
    return found | _digests("out", options.out or root / "dist", ("",))


def after(
    before: Seen, book: Mapping[str, bytes], out: Mapping[str, bytes], gone: Iterable[str] = ()
) -> Seen:
    """Give the state that a run leaves: with what it wrote there, and less what it removed.

    What else changes while it runs was not seen by it, and makes the next run a real one.
    """
    written = {f"book/{path}": data for path, data in book.items()}
    written |= {f"out/{path}": data for path, data in out.items()}
    left = {**before, **{path: _digest([data]) for path, data in written.items()}}
    for path in gone:
        left.pop(path, None)
    return left


def recall(options: argparse.Namespace, now: Seen) -> Told | None:
    """Give what the last run with these options told, if it left all as it is now."""
    if (options.project / places.JOURNAL).exists():
        return None
    try:
        kept = json.loads(_place(options).read_bytes())
        if kept["state"] != _sum(now):
            return None
        return Told(tuple(map(_finding, kept["findings"])), tuple(kept["summary"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def cache(options: argparse.Namespace) -> Path:
    """Tell where the cache is: where the option says, else the environment, else in the book."""
    named = options.cache or options.environ.get("NOTEPRESS_CACHE", "").strip()
    return Path(named) if named else Path(options.project / ".cache")


def salt(options: argparse.Namespace) -> str:
    """Give what is in the name of all that the cache holds.

    A cache inside a book may have come with it. What is there was made by this user only
    if its name tells a secret of his; a cache that he names himself is his to trust.
    """
    named = options.cache or options.environ.get("NOTEPRESS_CACHE", "").strip()
    return "" if named else places.secret(options.environ)


def linked(options: argparse.Namespace) -> tuple[Path, ...]:
    """Give the folder of the cache, where a link in its place was not set by this user."""
    return (cache(options),) if salt(options) else ()


def record(options: argparse.Namespace, now: Seen, told: Told) -> tuple[Path, bytes]:
    """Write down what a run told, as a file of the cache."""
    findings = [asdict(finding) for finding in told.findings]
    place = _place(options)
    if any(path.is_symlink() for path in (place, place.parent, *linked(options))):
        raise PermissionError(EPERM, "a link leads out of the cache", str(place))
    kept = {"state": _sum(now), "findings": findings, "summary": told.summary}
    return place, json.dumps(kept, ensure_ascii=False).encode()


# These say how to tell it, or where it is, and not what is made.
_ASIDE = frozenset(
    (
        "project",
        "cache",
        "quiet",
        "verbose",
        "no_color",
        "format",
        "environ",
        "now",
        "before",
        "written",
    )
)


def _place(options: argparse.Namespace) -> Path:
    asked = {name: value for name, value in vars(options).items() if name not in _ASIDE}
    asked |= {"book": str(options.project.resolve())}
    asked |= {"command": options.command or "all", "ci": options.environ.get("CI") == "true"}
    asked |= {"salt": salt(options)}
    named = _digest([json.dumps(asked, sort_keys=True, default=str).encode()])
    return cache(options) / "runs" / f"{named[:16]}.json"


def _finding(kept: Mapping[str, object]) -> Finding:
    span = kept["span"]
    if not isinstance(span, dict):
        raise TypeError(span)
    code, message, hint = (str(kept[name]) for name in ("code", "message", "hint"))
    return Finding(code, Level(str(kept["level"])), Span(**span), message, hint)


def _sum(now: Seen) -> str:
    return _digest([json.dumps(now, sort_keys=True).encode()])


def _digests(place: str, base: Path, parts: Iterable[str], ending: str = "") -> dict[str, str]:
    """Digest the regular files in some parts of a folder; hidden ones are nobody's input."""
    return {
        f"{place}/{path[len(str(base)) + 1 :]}": _of_file(path)
        for part in parts
        for path in _files(os.path.join(base, part) if part else str(base))  # noqa: PTH118  # strings: there may be ten thousand
        if path.endswith(ending)
    }


def _files(path: str) -> Iterator[str]:
    if os.path.isfile(path):  # noqa: PTH113  # as above
        yield path
        return
    try:
        entries = list(os.scandir(path))
    except OSError:
        return
    for entry in entries:
        if entry.name[0] == "." or entry.name == "__pycache__":
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _files(entry.path)
        elif os.path.isfile(entry.path):  # noqa: PTH113  # as above; a ring of links is none
            yield entry.path


def _of_file(path: str) -> str:
    try:
        with open(path, "rb", buffering=0) as opened:  # noqa: PTH123  # as above
            return _digest(iter(lambda: opened.read(_PIECE), b""))
    except OSError as error:
        return f"unreadable: {error.strerror}"


def _digest(pieces: Iterable[bytes]) -> str:
    made = hashlib.sha256()
    for piece in pieces:
        made.update(piece)
    return made.hexdigest()
