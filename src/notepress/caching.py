"""What things were made from -> the things, if they were made before: a cache on disk.

It is keyed by digests, the tool's own sources among them, so that nothing in it is ever
out of date; deleting it costs only time.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TypeVar

from notepress import journal, places, strict, trusted

T = TypeVar("T")

# Enough for the books and branches that share a cache, at a few megabytes each.
_MOST_KEPT = 64
_NAME = re.compile(r"[0-9a-f]{32}")
_DIGEST = 32  # bytes of a SHA-256
# Of pieces, such as single pictures, which are kilobytes: those of some large books.
_MOST_PIECES = 20_000


@cache
def code_digest() -> str:
    """Digest the tool itself: another version must not find this one's cached results."""
    found = hashlib.sha256()
    package = Path(__file__).parent
    for path in sorted(package.rglob("*.py")):
        found.update(path.relative_to(package).as_posix().encode())
        found.update(path.read_bytes())
    lock = places.home() / "requirements.lock"
    if lock.is_file():
        found.update(lock.read_bytes())
    return found.hexdigest()


class Cache:
    """Results by the digest of what they were made from; deleting it costs only time.

    One that does not write only reads what is there. ``salt`` is part of every name: what
    others put there, who don't know it, is never found.
    """

    def __init__(self, folder: Path, *, writes: bool = True, salt: str = "") -> None:
        self._folder = folder
        self._writes = writes
        self._salt = salt
        # One that nobody named may have come with a book, and lead out of it.
        self._own = not salt
        self._thinned: set[str] = set()

    def files(
        self, kind: str, key: str, make: Callable[[], Mapping[str, bytes]]
    ) -> dict[str, bytes]:
        """Give the files kept under ``key``, or make and keep them."""
        kept = self.kept(kind, key)
        if kept is not None:
            return kept
        made = dict(make())
        self.keep(kind, key, made)
        return made

    def kept(self, kind: str, key: str) -> dict[str, bytes] | None:
        """Give the files kept under ``key``, if they are there and whole."""
        folder = self._at(kind, key)
        kept = _kept(folder) if self._usable(kind) else None
        if kept is not None and self._writes:
            with suppress(OSError):
                os.utime(folder / "index.json")  # the last to be used is the last to go
        return kept

    def keep(self, kind: str, key: str, made: Mapping[str, bytes]) -> None:
        """Keep files under ``key``; a cache that can't be written is slow, not wrong."""
        folder = self._at(kind, key)
        with suppress(OSError):
            if self._writes and self._usable(kind):
                index = {n: hashlib.sha256(data).hexdigest() for n, data in made.items()}
                for number, data in enumerate(made.values()):
                    journal.replace(folder / str(number), data)
                journal.replace(folder / "index.json", json.dumps(index).encode())
                _thin_out(folder.parent, _MOST_KEPT)

    def piece(self, kind: str, key: str, make: Callable[[], bytes]) -> bytes:
        """Give one small file kept under ``key``, or make and keep it."""
        if not self._usable(kind):
            return make()
        path = self._at(kind, key)
        with suppress(OSError):
            kept = path.read_bytes()
            digest, data = kept[:_DIGEST], kept[_DIGEST:]
            if hashlib.sha256(data).digest() == digest:
                if self._writes:
                    os.utime(path)
                return data
        made = make()
        with suppress(OSError):
            if self._writes:
                if kind not in self._thinned:
                    self._thinned.add(kind)
                    _thin_out(path.parent, _MOST_PIECES)
                journal.replace(path, hashlib.sha256(made).digest() + made)
        return made

    def _usable(self, kind: str) -> bool:
        """Tell whether what is kept lies where it seems to: not behind a link."""
        led = [self._folder / kind] if self._own else [self._folder, self._folder / kind]
        return not any(path.is_symlink() for path in led)

    def _at(self, kind: str, key: str) -> Path:
        name = hashlib.sha256(f"{self._salt}\n{code_digest()}\n{key}".encode()).hexdigest()
        return self._folder / kind / name[:32]


class Memo:
    """Many small results of one kind, kept together in one file of the cache.

    What was not asked for in a run is forgotten at its end, so that none grows for ever.
    """

    def __init__(self, cache: Cache | None, kind: str, key: str = "") -> None:
        self._cache, self._kind, self._key = cache, kind, key
        kept = (cache.kept(kind, key) if cache else None) or {}
        self._kept: dict[str, object] = {}
        with suppress(*trusted.MISTAKES):
            self._kept = dict(json.loads(kept["memo"]))
        self._asked: dict[str, object] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._kept

    def of(self, key: str, kind: type[T], make: Callable[[], T]) -> T:
        """Give the result kept under ``key``, or make it; ``kind`` is what it is."""
        with suppress(*trusted.MISTAKES):
            found = trusted.build(kind, self._kept[key])
            self._asked[key] = self._kept[key]
            return found
        made = make()
        self._asked[key] = strict.to_plain(made)
        return made

    def close(self) -> None:
        """Keep what was asked for, where that is not what is kept already."""
        if self._cache and self._asked.keys() != self._kept.keys():
            plain = json.dumps(self._asked, ensure_ascii=False)
            self._cache.keep(self._kind, self._key, {"memo": plain.encode()})


def _thin_out(kind: Path, most: int) -> None:
    """Remove what was not used for longest, so that a cache does not grow for ever."""

    def used(kept: Path) -> int:
        for path in (kept / "index.json", kept):
            with suppress(OSError):
                return path.stat().st_mtime_ns
        return 0

    # Nothing goes but what bears a name of ours.
    held = [p for p in kind.iterdir() if _NAME.fullmatch(p.name)] if kind.is_dir() else []
    if len(held) <= most:
        return
    for old in sorted(held, key=used, reverse=True)[most:]:
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.unlink(missing_ok=True)


def _kept(folder: Path) -> dict[str, bytes] | None:
    try:
        index = json.loads((folder / "index.json").read_bytes())
        if not (isinstance(index, dict) and index):
            return None
        kept = {name: (folder / str(n)).read_bytes() for n, name in enumerate(index)}
    except (OSError, ValueError, RecursionError):
        return None
    whole = all(hashlib.sha256(kept[name]).hexdigest() == digest for name, digest in index.items())
    return kept if whole else None
