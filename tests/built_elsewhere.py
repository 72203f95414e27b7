"""Runs one command of the tool in a process of its own, in surroundings that a test chooses.

    python built_elsewhere.py SOURCES SURROUNDINGS ARGUMENT …

``SOURCES`` is the folder to import ``notepress`` from; "" takes the installed one.
``SURROUNDINGS`` is JSON: ``clock``, the seconds at which all clocks of Python stand;
``backwards``, whether folders are listed from their end; ``planted``, whether
``cards.json`` is accompanied by files that tell of the machine, to see that it is noticed.
"""

from __future__ import annotations

import datetime as dt
import getpass
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, Self


class _Backwards:
    """What ``os.scandir`` gives, from its end."""

    def __init__(self, entries: Any) -> None:
        self._entries = entries
        self._listed: Iterator[Any] = iter(sorted(entries, key=lambda e: e.name, reverse=True))

    def __iter__(self) -> Iterator[Any]:
        return self._listed

    def __next__(self) -> Any:
        return next(self._listed)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._entries.close()


def list_backwards() -> None:
    scandir, listdir = os.scandir, os.listdir
    os.scandir = lambda path=".": _Backwards(scandir(path))  # type: ignore[assignment]  # stands in for it
    os.listdir = lambda path=".": sorted(listdir(path), reverse=True)  # type: ignore[assignment]  # the same


def stop_the_clocks(at: int) -> None:
    local, universal, told = time.localtime, time.gmtime, time.strftime
    time.time = lambda: float(at)
    time.time_ns = lambda: at * 10**9
    time.localtime = lambda seconds=None: local(at if seconds is None else seconds)
    time.gmtime = lambda seconds=None: universal(at if seconds is None else seconds)
    time.strftime = lambda form, moment=None: told(form, moment or time.localtime())

    class Stopped(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Stopped:
            return cls.fromtimestamp(at, tz)

        @classmethod
        def utcnow(cls) -> Stopped:
            return cls.fromtimestamp(at, dt.UTC).replace(tzinfo=None)

        @classmethod
        def today(cls) -> Stopped:
            return cls.fromtimestamp(at)

    dt.datetime = Stopped  # type: ignore[misc]  # whoever imports it after this gets it


def plant() -> None:
    """Have the renderer of data tell of clock, path, user, and two orders by chance."""
    data: Any = import_module("notepress.renderers.data")
    render = data.render

    def tell_all(*args: Any) -> Any:
        made = render(*args)
        told = {
            "clock.txt": f"made at {time.time():.0f}",
            "date.txt": f"{dt.datetime.now(dt.UTC):%Y-%m-%d}",
            "folder.txt": str(Path.cwd()),
            "user.txt": getpass.getuser(),
            "hashes.txt": ", ".join({f"word {n}" for n in range(40)}),
            "listed.txt": ", ".join(path.name for path in Path("content").iterdir()),
        }
        return replace(made, files={**made.files, **{n: t.encode() for n, t in told.items()}})

    data.render = tell_all


def main() -> int:
    sources, given, *arguments = sys.argv[1:]
    surroundings = json.loads(given)
    if surroundings.get("clock"):
        stop_the_clocks(surroundings["clock"])
    if surroundings.get("backwards"):
        list_backwards()
    if sources:
        sys.path.insert(0, sources)
    from notepress import cli

    if surroundings.get("planted"):
        plant()
    return cli.main(arguments)


if __name__ == "__main__":
    sys.exit(main())
