"""Files that belong together -> disk: all of them or none, whenever the machine stops.

Cards and the locks that say what of them is the machine's must fit together: with the
lock of one build and the cards of another, machine text would pass for hand edits. So
all new files are first written aside, on the same file system, and made sure of; then
a journal says what is to be moved where, and holds what stood there before; then they
are moved; then the journal goes. A run that finds a journal finishes what it says. If
somebody has edited a file in between, it undoes the rest instead, so that the edit is
an edit of what that person saw. Before the journal is there nothing has changed.

Errors are OSError, and leave everything as it was or a journal that says the rest.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import re
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from errno import EISDIR, EPERM
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from notepress import places

NAME = places.JOURNAL
_ASIDE = ".notepress-new"
_MOVED = re.compile(r"content/(?:cards/[^/.][^/]*\.yaml|[^/.]+\.lock)")
_WAITING = re.compile(rf"\.[^/]+{re.escape(_ASIDE)}")
_LONGEST_PREFIX = 40


class EditedError(Exception):
    """A build was cut off amid writing, and of its files some were edited since."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


@dataclass(frozen=True, slots=True)
class _Move:
    """One file: where its new content waits ("" where it is to go), and what it was."""

    path: str
    aside: str
    old: bytes | None
    new: str


class Group:
    """Files written aside, to be moved into place together by ``commit``.

    Used as a context: whatever is left aside at its end is removed.
    """

    def __init__(
        self, root: Path, wanted: Mapping[str, bytes], gone: Iterable[str] = (), *, journal: str
    ) -> None:
        self._root = root
        self._journal = journal
        self._moves: list[_Move] = []
        try:
            for path, data in wanted.items():
                _refuse_outside(root, path)
                _refuse_folder(root, path)
                aside = write_aside(root / path, data, sure=True)
                name = PurePosixPath(path).with_name(Path(aside).name).as_posix()
                self._moves.append(_Move(path, name, _content(root / path), _digest(data)))
            for path in gone:
                _refuse_outside(root, path)
                self._moves.append(_Move(path, "", _content(root / path), ""))
        except BaseException:
            self.discard()
            raise

    def __enter__(self) -> Self:
        """Give the group itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove what waits aside, unless a journal says that it is still to be moved."""
        if not (self._journal and (self._root / self._journal).exists()):
            self.discard()

    @property
    def changed(self) -> tuple[str, ...]:
        """The paths that get new content."""
        return tuple(move.path for move in self._moves if move.aside)

    def discard(self) -> None:
        """Remove what still waits aside."""
        for move in self._moves:
            if move.aside:
                with suppress(FileNotFoundError):
                    (self._root / move.aside).unlink()

    def commit(self) -> None:
        """Move every file into place."""
        if self._journal and self._moves:
            told = [
                {
                    "path": move.path,
                    "aside": move.aside,
                    "old": None if move.old is None else base64.b64encode(move.old).decode(),
                    "new": move.new,
                }
                for move in self._moves
            ]
            replace(self._root / self._journal, json.dumps(told).encode(), sure=True)
        _forward(self._root, self._moves)
        if self._journal and self._moves:
            (self._root / self._journal).unlink()


def pending(root: Path) -> bool:
    """Tell whether a build was cut off amid writing, and is still to be finished."""
    return (root / NAME).is_file()


def recover(root: Path) -> bool:
    """Finish a build that was cut off amid writing; tell whether there was one.

    Raises EditedError where that would lose an edit. Needs the lock of ``alone``.
    """
    if not pending(root):
        return False
    moves = _read(root)
    edited = [move for move in moves if _state(root, move) == "edited"]
    # One that still has its new content beside it was edited before it could be moved.
    before = [move for move in edited if not move.aside or _waits(root, move)]
    if before and len(before) < len(edited):
        raise EditedError(before[0].path)
    lost = any(m.aside and _state(root, m) == "old" and not _waits(root, m) for m in moves)
    if before or lost:
        _back(root, moves)
    else:
        _forward(root, [move for move in moves if move not in edited])
    (root / NAME).unlink()
    return True


def sweep(folders: Iterable[Path]) -> None:
    """Remove what killed runs left aside; needs the lock of ``alone``, and no journal."""
    for folder in folders:
        for path in folder.rglob(f".*{_ASIDE}") if folder.is_dir() else ():
            with suppress(OSError):
                path.unlink()


@contextmanager
def alone(root: Path, wait: Callable[[], None], *, writes: bool) -> Iterator[None]:
    """Keep other builds out of a folder, or writing ones alone; ``wait`` is called if one is in.

    The lock hangs on the folder itself, so that nothing is left behind by whoever is
    killed. A file system without locks has none.
    """
    try:
        handle = os.open(root, os.O_RDONLY)
    except OSError:
        yield  # no such folder, which is told where it is read
        return
    kind = fcntl.LOCK_EX if writes else fcntl.LOCK_SH
    try:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            wait()
            fcntl.flock(handle, kind)
        except OSError:
            pass  # no locks here: better to build than not to
        yield
    finally:
        os.close(handle)


def inside(path: str) -> bool:
    """Tell whether a path, as it is written, stays below the folder that it is relative to."""
    parts = PurePosixPath(path)
    return bool(path) and "\0" not in path and not parts.is_absolute() and ".." not in parts.parts


def replace(path: Path, data: bytes, *, sure: bool = False) -> None:
    """Write one file aside and move it into place; ``sure`` outlasts a power cut."""
    aside = write_aside(path, data, sure=sure)
    try:
        os.replace(aside, path)  # noqa: PTH105  # atomic on one file system, which pathlib's docs leave open
    except BaseException:
        os.unlink(aside)  # noqa: PTH108  # the name came from tempfile
        raise
    if sure:
        _sync(path.parent)


def write_aside(path: Path, data: bytes, *, sure: bool) -> str:
    """Write a file beside the one that it is to replace; gives its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = stat.S_IMODE(path.stat().st_mode) & 0o777 if path.exists() else 0o644
    prefix = f".{path.name[:_LONGEST_PREFIX]}."
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=prefix, suffix=_ASIDE)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(data)
            opened.flush()
            if sure:
                os.fsync(opened.fileno())
        os.chmod(temporary, mode)  # noqa: PTH101  # a name, not a Path
    except BaseException:
        os.unlink(temporary)  # noqa: PTH108  # the name came from tempfile
        raise
    return temporary


def _forward(root: Path, moves: Iterable[_Move]) -> None:
    folders = set()
    for move in moves:
        target = root / move.path
        folders.add(target.parent)
        with suppress(FileNotFoundError):  # moved before, when a build is being finished
            if move.aside:
                os.replace(root / move.aside, target)  # noqa: PTH105  # as above
            else:
                target.unlink()
    for folder in folders:
        _sync(folder)


def _back(root: Path, moves: Iterable[_Move]) -> None:
    for move in moves:
        target = root / move.path
        if _state(root, move) == "new" and move.old is None:
            target.unlink(missing_ok=True)
        elif _state(root, move) == "new" and move.old is not None:
            replace(target, move.old, sure=True)
    # What waits aside tells a run that finds the journal again which files were moved:
    # it is swept only after the journal is gone.


def _read(root: Path) -> list[_Move]:
    """Read a journal; one that nobody could have written is refused, as an OSError."""
    try:
        moves = [
            _Move(
                told["path"],
                told["aside"],
                None if told["old"] is None else base64.b64decode(told["old"], validate=True),
                told["new"],
            )
            for told in json.loads((root / NAME).read_bytes())
        ]
        for move in moves:
            _refuse_outside(root, move.path)
            _refuse_foreign(move)
    except (ValueError, TypeError, KeyError) as error:
        raise PermissionError(EPERM, "damaged; remove it", str(root / NAME)) from error
    return moves


def _state(root: Path, move: _Move) -> str:
    now = _content(root / move.path)
    if (move.new == "" and now is None) or (now is not None and _digest(now) == move.new):
        return "new"
    return "old" if now == move.old else "edited"


def _waits(root: Path, move: _Move) -> bool:
    held = _content(root / move.aside)
    return held is not None and _digest(held) == move.new


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _sync(folder: Path) -> None:
    """Make sure of the names in a folder, where that can be done."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _refuse_folder(root: Path, path: str) -> None:
    if (root / path).is_dir():
        raise IsADirectoryError(EISDIR, "a folder stands where a file is to be written", path)


def _refuse_foreign(move: _Move) -> None:
    """Refuse what no build puts into its journal, which may have come with a book.

    Builds move cards and locks there, each from beside its place; no notes, and nothing
    that another program runs.
    """
    folder, _, _ = move.path.rpartition("/")
    beside, _, name = move.aside.rpartition("/")
    moved = not move.aside or (beside == folder and _WAITING.fullmatch(name))
    if not (_MOVED.fullmatch(move.path) and moved):
        raise PermissionError(EPERM, "no build would write this", move.path)


def _refuse_outside(root: Path, path: str) -> None:
    """Refuse to write what a path, or a link on its way, would lead out of the folder."""
    real = (root / path).parent.resolve() if inside(path) else None
    if real is None or not real.is_relative_to(root.resolve()):
        raise PermissionError(EPERM, "this leads out of the folder that is written to", path)
