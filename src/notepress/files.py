"""Disk <-> values: the only module that reads or writes files.

A book is read whole before anything is made of it, and everything that was made is
written at the end: aside first, then moved into place, so that a run that fails or
is killed leaves each file as it was or as it should be.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import importlib.util
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from errno import EISDIR, ENOENT
from functools import cache
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote

from notepress import fonts, store, strict, trusted
from notepress.completers.replies import FOLDER as REPLIES
from notepress.completers.replies import Kept
from notepress.decisions import Decision
from notepress.identity import BookLock
from notepress.knowledge import Concept, Homophone, Knowledge, QuestionForm, Term, merge
from notepress.merge import Lock
from notepress.model import Book, Card, Finding, Level, Note, Outcome, Reference, Span, Topic
from notepress.reconcile import Record
from notepress.store import Rest
from notepress.translate import Memory

T = TypeVar("T")

BOOK = "content/book.yaml"
CARDS_LOCK = "content/cards.lock"
BOOK_LOCK = "content/book.lock"
DECISIONS = "content/decisions.yaml"
TRANSLATIONS = "content/translations.yaml"
KNOWLEDGE = "content/knowledge"
DRAWINGS = "images/drawn"
PUSHED = ".pushed.json"
_NOTES = frozenset({".md", ".markdown", ".txt"})
_OURS = frozenset({"knowledge", "cards", "replies"})
_CONCEPT = re.compile(r"- id: ([^\s#]+)")
# Enough for the books and branches that share a cache, at a few megabytes each.
_MOST_KEPT = 64
_LARGEST_PICTURE = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything that a book consists of, as read from disk.

    ``knowledge_digest`` tells whether knowledge is the same as in another run.
    """

    book: Book
    knowledge: Knowledge
    notes: tuple[Note, ...] = ()
    memory: Mapping[str, Memory] = field(default_factory=dict)
    decisions: tuple[Decision, ...] = ()
    replies: Mapping[str, Kept] = field(default_factory=dict)
    card_files: Mapping[str, str] = field(default_factory=dict)
    cards: tuple[Card, ...] = ()
    rest: Rest = Rest()
    cards_lock: Lock | None = None
    lock: BookLock = BookLock()
    drawings: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, Path] = field(default_factory=dict)
    knowledge_digest: str = ""


def home() -> Path:
    """Give the folder that holds the tool's own content, images and templates."""
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "templates").is_dir() and (checkout / KNOWLEDGE).is_dir():
        return checkout
    return Path(str(importlib.resources.files("notepress") / "_data"))


def load(root: Path, cache: Cache | None = None) -> Outcome[Sources | None]:
    """Read a book's folder; None, with every finding, where any of it can't be read.

    With a cache, knowledge that was read before is taken from there.
    """
    reader = _Reader(root)
    book = reader.yaml(Book, BOOK)
    if book is None:
        return Outcome(None, tuple(reader.findings))
    knowledge_digest = _digest_of_knowledge(reader)
    knowledge = _knowledge(reader, cache, knowledge_digest)
    memories = reader.yaml(tuple[Memory, ...], TRANSLATIONS, optional=True) or ()
    decisions = reader.yaml(tuple[Decision, ...], DECISIONS, optional=True) or ()
    card_files = {path: reader.text(path) for path in reader.listed(store.FOLDER, ".yaml")}
    cards = store.load_all(card_files)
    reader.findings.extend(cards.findings)
    lock = reader.json(BookLock, BOOK_LOCK) or BookLock()
    cards_lock = reader.json(dict[str, dict[str, str]], CARDS_LOCK)
    notes = [Note(path, reader.text(path)) for path in reader.notes()]
    sources = Sources(
        book=book if book.topics else replace(book, topics=knowledge.topics),
        knowledge=knowledge,
        notes=tuple(notes),
        memory={memory.zh: memory for memory in memories},
        decisions=decisions,
        replies=dict(_replies(reader)),
        card_files=card_files,
        cards=cards.value[0],
        rest=cards.value[1],
        cards_lock=cards_lock,
        lock=lock,
        drawings=_drawings(reader),
        pictures=dict(_pictures(reader)),
        knowledge_digest=knowledge_digest,
    )
    bad = any(finding.level is Level.ERROR for finding in reader.findings)
    return Outcome(None if bad else sources, tuple(reader.findings))


def pushed(root: Path) -> Outcome[Record]:
    """Read what was pushed to Anki from here; nothing where nothing was."""
    reader = _Reader(root)
    held = reader.json(Record, PUSHED)
    hint = "Delete the file; what differs in Anki then counts as a conflict, once."
    return Outcome(held or Record(), tuple(replace(f, hint=hint) for f in reader.findings))


def own_knowledge() -> Knowledge:
    """Read what the tool itself knows, for texts that belong to no book."""
    return _read_knowledge(_Reader(home()))


def places(root: Path) -> dict[str, Span]:
    """Tell where each concept of a book's own knowledge stands, by its id."""
    found: dict[str, Span] = {}
    for path in _Reader(root).listed(KNOWLEDGE, ".yaml"):
        if Path(path).stem.partition("-")[0] in _KINDS:
            continue
        for number, line in enumerate((root / path).read_text("utf-8").split("\n"), start=1):
            concept = _CONCEPT.match(line)
            if concept:
                found.setdefault(concept[1], Span(path, number, 3))
    return found


def read_text(path: Path) -> Outcome[str]:
    """Read a text as it is, line ends and byte-order mark included."""
    reader = _Reader(path.parent)
    text = reader.exact(path.name)
    return Outcome(
        text, tuple(replace(f, span=replace(f.span, path=str(path))) for f in reader.findings)
    )


def picture(path: Path) -> bytes:
    """Read a picture's bytes; no more than any picture needs."""
    with path.open("rb") as opened:
        return opened.read(_LARGEST_PICTURE)


def templates(name: str, root: Path) -> dict[str, str]:
    """Read the templates of a renderer: the tool's own, then the book's, file by file."""
    found: dict[str, str] = {}
    for base in dict.fromkeys((home(), root)):
        folder = base / "templates" / name
        if folder.is_dir():
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    found[path.relative_to(folder).as_posix()] = path.read_text("utf-8")
    return found


def font_sources() -> dict[str, bytes]:
    """Read the font files of the pinned packages, by their names."""
    found: dict[str, bytes] = {}
    for source in fonts.SOURCES:
        # Found, not imported: a package's own code is none of our business.
        spec = importlib.util.find_spec(source.package)
        if spec is None or spec.origin is None:
            raise FileNotFoundError(
                ENOENT, "a font package is missing; run `make setup`", source.package
            )
        found[source.name] = (Path(spec.origin).parent / source.path).read_bytes()
    return found


@cache
def code_digest() -> str:
    """Digest the tool itself: another version must not find this one's cached results."""
    found = hashlib.sha256()
    package = Path(__file__).parent
    for path in sorted(package.rglob("*.py")):
        found.update(path.relative_to(package).as_posix().encode())
        found.update(path.read_bytes())
    lock = home() / "requirements.lock"
    if lock.is_file():
        found.update(lock.read_bytes())
    return found.hexdigest()


class Cache:
    """Results by the digest of what they were made from; deleting it costs only time.

    One that does not write only reads what is there.
    """

    def __init__(self, folder: Path, *, writes: bool = True) -> None:
        self._folder = folder
        self._writes = writes

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
        kept = _kept(folder)
        if kept is not None and self._writes:
            with suppress(OSError):
                os.utime(folder / "index.json")  # the last to be used is the last to go
        return kept

    def keep(self, kind: str, key: str, made: Mapping[str, bytes]) -> None:
        """Keep files under ``key``; a cache that can't be written is slow, not wrong."""
        folder = self._at(kind, key)
        with suppress(OSError):
            if self._writes:
                index = {n: hashlib.sha256(data).hexdigest() for n, data in made.items()}
                for number, data in enumerate(made.values()):
                    _write(folder / str(number), data)
                _write(folder / "index.json", json.dumps(index).encode())
                _thin_out(folder.parent)

    def _at(self, kind: str, key: str) -> Path:
        name = hashlib.sha256(f"{code_digest()}\n{key}".encode()).hexdigest()
        return self._folder / kind / name[:32]


class Memo:
    """Many small results of one kind, kept together in one file of the cache.

    What was not asked for in a run is forgotten at its end, so that none grows for ever.
    """

    def __init__(self, cache: Cache | None, kind: str, key: str = "") -> None:
        self._cache, self._kind, self._key = cache, kind, key
        kept = cache.kept(kind, key) if cache else None
        self._kept: dict[str, object] = json.loads(kept["memo"]) if kept else {}
        self._asked: dict[str, object] = {}

    def of(self, key: str, kind: type[T], make: Callable[[], T]) -> T:
        """Give the result kept under ``key``, or make it; ``kind`` is what it is."""
        if key in self._kept:
            self._asked[key] = self._kept[key]
            return trusted.build(kind, self._kept[key])
        made = make()
        self._asked[key] = strict.to_plain(made)
        return made

    def close(self) -> None:
        """Keep what was asked for, where that is not what is kept already."""
        if self._cache and self._asked.keys() != self._kept.keys():
            plain = json.dumps(self._asked, ensure_ascii=False)
            self._cache.keep(self._kind, self._key, {"memo": plain.encode()})


def _thin_out(kind: Path) -> None:
    """Remove what was not used for longest, so that a cache does not grow for ever."""

    def used(folder: Path) -> int:
        try:
            return (folder / "index.json").stat().st_mtime_ns
        except OSError:
            return 0

    for old in sorted(kind.iterdir(), key=used, reverse=True)[_MOST_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def _kept(folder: Path) -> dict[str, bytes] | None:
    try:
        index = json.loads((folder / "index.json").read_bytes())
        kept = {name: (folder / str(n)).read_bytes() for n, name in enumerate(index)}
    except (OSError, ValueError):
        return None
    whole = all(hashlib.sha256(kept[name]).hexdigest() == digest for name, digest in index.items())
    return kept if whole else None


def differing(root: Path, wanted: Mapping[str, bytes]) -> list[str]:
    """Name the files that aren't as they should be, or aren't there."""
    return [path for path, data in sorted(wanted.items()) if not _same(root / path, data)]


def save(root: Path, changed: Mapping[str, bytes], gone: Iterable[str] = ()) -> tuple[str, ...]:
    """Write files under ``root``, all aside before the first is moved into place.

    Returns the paths whose content changed. OSError leaves the old files as they were.
    """
    wanted = {path: changed[path] for path in differing(root, changed)}
    for path in wanted:
        if (root / path).is_dir():
            raise IsADirectoryError(EISDIR, "a folder stands where a file is to be written", path)
    aside: list[tuple[str, str]] = []
    try:
        for path, data in wanted.items():
            aside.append((_aside(root / path, data), str(root / path)))
        for temporary, final in aside:
            os.replace(temporary, final)  # noqa: PTH105  # atomic on one file system, which pathlib's docs leave open
    finally:
        for temporary, _ in aside:
            with suppress(FileNotFoundError):
                os.unlink(temporary)  # noqa: PTH108  # the name came from tempfile
    removed = []
    for path in gone:
        with suppress(FileNotFoundError):
            (root / path).unlink()
            removed.append(path)
    return (*wanted, *removed)


def left_over(out: Path, made: Iterable[str]) -> tuple[str, ...]:
    """Name the media of an earlier build, in folders that were made anew."""
    names = {*made}
    folders = sorted({f"{path.partition('/')[0]}/media" for path in names if "/" in path})
    return tuple(
        name
        for folder in folders
        for path in sorted((out / folder).glob("np-*"))
        if path.is_file() and (name := f"{folder}/{path.name}") not in names
    )


def gather(given: Iterable[Path]) -> Outcome[dict[str, tuple[Path, bytes]]]:
    """Read notes for a new book: files, and all notes below folders, by their path in the book."""
    found: dict[str, tuple[Path, bytes]] = {}
    findings: list[Finding] = []
    for place in given:
        inside = [p for p in sorted(place.rglob("*")) if p.suffix.lower() in _NOTES]
        for path in inside if place.is_dir() else [place]:
            name = path.relative_to(place).as_posix() if place.is_dir() else path.name
            read = read_text(path)
            findings.extend(read.findings)
            if name in found and not read.findings:
                hint = "Rename one of the two."
                message = f"{found[name][0]} has the same name"
                findings.append(Finding("NOTE-TWICE", Level.ERROR, Span(str(path)), message, hint))
            if not read.findings:
                found.setdefault(name, (path, path.read_bytes()))
    return Outcome(found, tuple(findings))


def beside(note: Path, target: str) -> Path | None:
    """Find the file that a note links, no farther off than the folder above the note's."""
    near = note.resolve().parent
    path = (near / unquote(target)).resolve()
    return path if path.is_relative_to(near.parent) and path.is_file() else None


def append(root: Path, path: str, text: str) -> None:
    """Add text at the end of a file; what stands there stays, comments and all."""
    if text:
        old = (root / path).read_bytes() if (root / path).exists() else b""
        gap = b"" if not old or old.endswith(b"\n") else b"\n"
        save(root, {path: old + gap + text.encode()})


def dump_json(value: object) -> bytes:
    """Write a lock as JSON that a diff can be read of."""
    return (
        json.dumps(strict.to_plain(value), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    ).encode()


def _same(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False


def _write(path: Path, data: bytes) -> None:
    os.replace(_aside(path, data), path)  # noqa: PTH105  # as above


def _aside(path: Path, data: bytes) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(data)
        os.chmod(temporary, 0o644)  # noqa: PTH101  # a name, not a Path
    except BaseException:
        os.unlink(temporary)  # noqa: PTH108  # the name came from tempfile
        raise
    return temporary


class _Reader:
    """Reads the files of one book and collects what is wrong with them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.findings: list[Finding] = []

    def text(self, path: str, base: Path | None = None) -> str:
        """Read UTF-8 with any line ends; "" and a finding where it isn't that."""
        text = self.exact(path, base).removeprefix("\ufeff")
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def exact(self, path: str, base: Path | None = None) -> str:
        """Read UTF-8 as it is."""
        try:
            data = ((base or self.root) / path).read_bytes()
        except OSError as error:
            self._say("FILE-UNREADABLE", Span(path), error.strerror or "can't be read", "")
            return ""
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            before = data[: error.start].decode("utf-8", "replace")
            span = Span(path, before.count("\n") + 1, len(before) - before.rfind("\n"))
            message = f"byte 0x{data[error.start]:02X} is not UTF-8"
            self._say("NOT-UTF8", span, message, _encoding_hint(data))
            return ""

    def yaml(
        self, kind: type[T], path: str, *, optional: bool = False, base: Path | None = None
    ) -> T | None:
        """Read a YAML file as ``kind``."""
        if not ((base or self.root) / path).exists():
            if not optional:
                hint = "python build.py init DIR --notes FILE makes a new book."
                self._say("FILE-MISSING", Span(path), "this folder holds no book", hint)
            return None
        count = len(self.findings)
        text = self.text(path, base)
        if len(self.findings) > count:
            return None
        loaded = strict.load(text, path)
        self.findings.extend(loaded.findings)
        if loaded.findings or (optional and loaded.value is None):
            return None
        outcome = strict.convert(kind, loaded.value, text, path)
        self.findings.extend(outcome.findings)
        return outcome.value

    def json(self, kind: type[T], path: str) -> T | None:
        """Read a lock; None where there is none."""
        if not (self.root / path).exists():
            return None
        text = self.text(path)
        try:
            plain = json.loads(text)
        except ValueError as error:
            line, column = getattr(error, "lineno", 1), getattr(error, "colno", 1)
            hint = "Restore it from version control."
            self._say("LOCK-DAMAGED", Span(path, line, column), "this lock is not whole", hint)
            return None
        outcome = strict.convert(kind, plain, text, path)
        self.findings.extend(outcome.findings)
        return outcome.value

    def listed(self, folder: str, ending: str, base: Path | None = None) -> list[str]:
        """Name the regular files of a folder with this ending, in a fixed order."""
        top = base or self.root
        found = (top / folder).glob(f"*{ending}") if (top / folder).is_dir() else ()
        return sorted(f"{folder}/{p.name}" for p in found if p.is_file() and p.name[0] != ".")

    def notes(self) -> list[str]:
        """Name the author's notes: every Markdown file below content that isn't ours."""
        top = self.root / "content"
        found = (path.relative_to(self.root) for path in top.rglob("*") if path.is_file())
        return sorted(
            path.as_posix()
            for path in found
            if path.suffix.lower() in _NOTES and path.parts[1] not in _OURS and path.name[0] != "."
        )

    def _say(self, code: str, span: Span, message: str, hint: str) -> None:
        self.findings.append(Finding(code, Level.ERROR, span, message, hint))


def _encoding_hint(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "It looks like UTF-16. Save the file as UTF-8."
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return "Save the file as UTF-8."
    return "It looks like GBK. Save the file as UTF-8: iconv -f GB18030 -t UTF-8."


def _knowledge(reader: _Reader, cache: Cache | None, key: str) -> Knowledge:
    """Read all knowledge that a book has, its own and the tool's; from a cache where it can be."""
    if cache is None:
        return _read_knowledge(reader)
    kept = cache.kept("knowledge", key)
    if kept is not None:
        return trusted.build(Knowledge, json.loads(kept["knowledge"]))
    count = len(reader.findings)
    read = _read_knowledge(reader)
    # What can't be read is told each time, and so it is read each time.
    if len(reader.findings) == count:
        plain = json.dumps(strict.to_plain(read), ensure_ascii=False)
        cache.keep("knowledge", key, {"knowledge": plain.encode()})
    return read


def _digest_of_knowledge(reader: _Reader) -> str:
    """Digest every file of knowledge, by name."""
    digest = hashlib.sha256()
    for base in dict.fromkeys((reader.root.resolve(), home().resolve())):
        for path in reader.listed(KNOWLEDGE, ".yaml", base):
            data = (base / path).read_bytes()
            digest.update(f"{path} {len(data)}\n".encode() + data)
    return digest.hexdigest()


def _read_knowledge(reader: _Reader) -> Knowledge:
    parts = []
    # A book's own knowledge comes first, name by name; in the tool's checkout they are one.
    for base in dict.fromkeys((reader.root.resolve(), home().resolve())):
        collected: dict[str, list[object]] = {name: [] for name, _ in _KINDS.values()}
        for path in reader.listed(KNOWLEDGE, ".yaml", base):
            stem = Path(path).stem.partition("-")[0]
            name, kind = _KINDS.get(stem, _KINDS[""])
            collected[name].extend(reader.yaml(kind, path, base=base) or ())
        parts.append(Knowledge(**{name: tuple(items) for name, items in collected.items()}))  # type: ignore[arg-type]  # each list was read as its field's type
    return merge(parts)


_KINDS: Mapping[str, tuple[str, type[tuple[object, ...]]]] = {
    "references": ("references", tuple[Reference, ...]),
    "lexicon": ("terms", tuple[Term, ...]),
    "homophones": ("homophones", tuple[Homophone, ...]),
    "questions": ("questions", tuple[QuestionForm, ...]),
    "topics": ("topics", tuple[Topic, ...]),
    "": ("concepts", tuple[Concept, ...]),
}


def _replies(reader: _Reader) -> Iterator[tuple[str, Kept]]:
    for path in reader.listed(REPLIES, ".yaml"):
        kept = reader.yaml(Kept, path)
        if kept is not None:
            yield path, kept


def _drawings(reader: _Reader) -> dict[str, str]:
    found: dict[str, str] = {}
    for base in dict.fromkeys((home(), reader.root)):
        for path in reader.listed(DRAWINGS, ".svg", base):
            found[Path(path).stem] = reader.text(path, base)
    return found


def _pictures(reader: _Reader) -> Iterator[tuple[str, Path]]:
    """Name the author's pictures: regular files that really lie below the book's images/."""
    folder = reader.root / "images"
    inside = folder.resolve()
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        real = path.resolve()
        name = path.relative_to(folder).as_posix()
        ours = name.startswith("drawn/") or path.suffix in (".yaml", ".svg")
        if not ours and real.is_relative_to(inside) and real.is_file():
            yield name, real
