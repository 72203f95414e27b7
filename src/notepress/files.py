"""Disk <-> values: the only module that reads or writes files.

A book is read whole before anything is made of it, and everything that was made is
written at the end: aside first, then moved into place, so that a run that fails or
is killed leaves each file as it was or as it should be.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from errno import ENOENT
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote

from notepress import fonts, journal, places, store, strict, trusted
from notepress.book import faults
from notepress.caching import Cache
from notepress.completers.replies import FOLDER as REPLIES
from notepress.completers.replies import Kept
from notepress.decisions import Decision
from notepress.identity import BookLock
from notepress.journal import NAME as JOURNAL
from notepress.journal import EditedError, Group
from notepress.knowledge import Concept, Homophone, Knowledge, QuestionForm, Term, merge, slow
from notepress.knowledge import faults as unusable
from notepress.merge import Lock
from notepress.model import Book, Card, Finding, Level, Note, Outcome, Reference, Span, Topic
from notepress.places import KNOWLEDGE
from notepress.reconcile import Record
from notepress.store import Rest
from notepress.translate import Memory

T = TypeVar("T")

BOOK = "content/book.yaml"
CARDS_LOCK = "content/cards.lock"
BOOK_LOCK = "content/book.lock"
DECISIONS = "content/decisions.yaml"
TRANSLATIONS = "content/translations.yaml"
DRAWINGS = "images/drawn"
PUSHED = ".pushed.json"
_NOTES = frozenset({".md", ".markdown", ".txt"})
_OURS = frozenset({"knowledge", "cards", "replies"})
_CONCEPT = re.compile(r"- id: ([^\s#]+)")
_LARGEST_PICTURE = 64 * 1024 * 1024
_LARGEST_TEXT = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything that a book consists of, as read from disk.

    ``own_drawings`` are those of ``drawings`` that aren't the tool's, which its tests prove.
    ``knowledge_digest`` tells whether knowledge is the same as in another run.
    ``digests`` are of the bytes of what a build may write anew.
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
    own_drawings: frozenset[str] = frozenset()
    pictures: Mapping[str, Path] = field(default_factory=dict)
    knowledge_digest: str = ""
    digests: Mapping[str, str] = field(default_factory=dict)


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
    for path in reader.templates():
        reader.text(path)  # so that what can't be read later is told now
    drawings, own_drawings = _drawings(reader)
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
        drawings=drawings,
        own_drawings=own_drawings,
        pictures=dict(_pictures(reader)),
        knowledge_digest=knowledge_digest,
        digests=reader.digests,
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
    return _read_knowledge(_Reader(places.home()))


def concept_places(root: Path) -> dict[str, Span]:
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
    # A link that is named here is meant: it may lead anywhere.
    real = path.resolve()
    reader = _Reader(real.parent)
    text = reader.exact(real.name)
    return Outcome(
        text, tuple(replace(f, span=replace(f.span, path=str(path))) for f in reader.findings)
    )


def picture(path: Path) -> bytes:
    """Read a picture's bytes; no more than any picture needs."""
    with path.open("rb") as opened:
        return opened.read(_LARGEST_PICTURE)


def own_templates(root: Path) -> list[str]:
    """Name the templates that a book has of its own, which nobody vouches for."""
    return _Reader(root).templates()


def templates(name: str, root: Path) -> dict[str, str]:
    """Read the templates of a renderer: the tool's own, then the book's, file by file."""
    found: dict[str, str] = {}
    for base in dict.fromkeys((places.home(), root)):
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


def differing(root: Path, wanted: Mapping[str, bytes]) -> list[str]:
    """Name the files that aren't as they should be, or aren't there."""
    return [path for path, data in sorted(wanted.items()) if not _same(root / path, data)]


def save(root: Path, changed: Mapping[str, bytes], gone: Iterable[str] = ()) -> tuple[str, ...]:
    """Write files under ``root``, all aside before the first is moved into place.

    Returns the paths whose content changed. OSError leaves the old files as they were.
    """
    going = tuple(path for path in gone if (root / path).exists())
    with group(root, changed, going) as files:
        files.commit()
        return (*files.changed, *going)


def group(
    root: Path, changed: Mapping[str, bytes], gone: Iterable[str] = (), *, journal: str = ""
) -> Group:
    """Write aside the files that aren't as they should be, for ``commit`` to move into place."""
    wanted = {path: changed[path] for path in differing(root, changed)}
    return Group(root, wanted, gone, journal=journal)


def interrupted() -> Finding:
    """Say that a build was cut off amid writing."""
    message = "a build was cut off while it wrote; what stands here is of two builds"
    hint = "python build.py finishes it."
    return Finding("INTERRUPTED", Level.ERROR, Span(JOURNAL), message, hint)


def recover(root: Path) -> tuple[Finding, ...]:
    """Finish what a build that was cut off had begun to write; needs the book's lock."""
    try:
        finished = journal.recover(root)
    except EditedError as error:
        message = "edited after a build was cut off while it wrote, and so were its new files"
        hint = f"Restore content/ from version control, then remove {JOURNAL}."
        return (Finding("INTERRUPTED", Level.ERROR, Span(error.path), message, hint),)
    journal.sweep([root / "content", root / "dist", root / ".cache"])
    said = Finding(
        "INTERRUPTED",
        Level.WARNING,
        Span(JOURNAL),
        "the last build was cut off while it wrote; that is put right now",
        "",
    )
    return (said,) if finished else ()


def meanwhile(root: Path, sources: Sources, paths: Iterable[str]) -> tuple[Finding, ...]:
    """Name the files that somebody changed after they were read."""
    hint = "Run the build again."
    message = "this file changed while the build ran, and is left as it is"
    return tuple(
        Finding("FILE-CHANGED", Level.ERROR, Span(path), message, hint)
        for path in sorted(paths)
        if sources.digests.get(path, "") != _digest_of(root / path)
    )


def _digest_of(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""


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
            if place.is_dir() and not path.resolve().is_relative_to(place.resolve()):
                findings.append(_outside(str(path)))
                continue
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


class _Reader:
    """Reads the files of one book and collects what is wrong with them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.findings: list[Finding] = []
        self.digests: dict[str, str] = {}

    def text(self, path: str, base: Path | None = None) -> str:
        """Read UTF-8 with any line ends; "" and a finding where it isn't that."""
        text = self.exact(path, base).removeprefix("\ufeff")
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def exact(self, path: str, base: Path | None = None) -> str:
        """Read UTF-8 as it is."""
        data = self._bytes(path, base or self.root)
        if data is None:
            return ""
        if base is None:
            self.digests[path] = hashlib.sha256(data).hexdigest()
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            before = data[: error.start].decode("utf-8", "replace")
            span = Span(path, before.count("\n") + 1, len(before) - before.rfind("\n"))
            message = f"byte 0x{data[error.start]:02X} is not UTF-8"
            self._say("NOT-UTF8", span, message, _encoding_hint(data))
            return ""

    def _bytes(self, path: str, base: Path) -> bytes | None:
        """Read a regular file that really lies below ``base``; None and a finding elsewise."""
        place = base / path
        try:
            if not place.resolve().is_relative_to(base.resolve()):
                self.findings.append(_outside(path))
                return None
            about = place.stat()
            if stat.S_ISFIFO(about.st_mode) or stat.S_ISCHR(about.st_mode):
                self._say("FILE-UNREADABLE", Span(path), "this is no file, but a device", "")
                return None
            if about.st_size > _LARGEST_TEXT:
                hint = "Divide it into several files."
                message = f"larger than {_LARGEST_TEXT // 1024**2} MB"
                self._say("FILE-HUGE", Span(path), message, hint)
                return None
            return place.read_bytes()
        except (OSError, RuntimeError) as error:
            told = getattr(error, "strerror", None) or "can't be read"
            self._say("FILE-UNREADABLE", Span(path), told, "")
            return None

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
        faulty = False
        for loc, message in _faults(outcome.value):
            faulty = True
            self._say("YAML-VALUE", strict.place(text, path, loc), message, "")
        # Our own are judged by a test, once and not in every build.
        judged = not faulty and base != places.home().resolve()
        for loc, message in _slow(outcome.value) if judged else ():
            told = f"this pattern may take for ever: it has {message}"
            hint = (
                r"Bound it: [^，。；]{0,12} for [^，。；]*, \s? for \s*, and no repeat of a repeat."
            )
            self._say("PATTERN-SLOW", strict.place(text, path, loc), told, hint)
        return outcome.value

    def json(self, kind: type[T], path: str) -> T | None:
        """Read a lock; None where there is none."""
        if not (self.root / path).exists():
            return None
        text = self.text(path)
        try:
            plain = json.loads(text)
        except (ValueError, RecursionError) as error:
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

    def templates(self) -> list[str]:
        """Name the book's own templates, if it has any."""
        top = self.root / "templates"
        if top.resolve() == (places.home() / "templates").resolve():
            return []
        found = (path for path in top.rglob("*") if path.is_file())
        return sorted(path.relative_to(self.root).as_posix() for path in found)

    def _say(self, code: str, span: Span, message: str, hint: str) -> None:
        self.findings.append(Finding(code, Level.ERROR, span, message, hint))


def _faults(value: object) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """Tell what types don't: settings that can't be used, patterns that can't be read."""
    if isinstance(value, Book):
        yield from faults(value)
    for n, item in enumerate(value if isinstance(value, tuple) else ()):
        yield from (((n,), message) for message in unusable(item))


def _slow(value: object) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """Tell which patterns a stranger could make a build hang with."""
    for n, item in enumerate(value if isinstance(value, tuple) else ()):
        yield from (((n, *loc), message) for loc, message in slow(item))


def _outside(path: str) -> Finding:
    message, hint = "this link leads out of the folder", "Put a copy in its place."
    return Finding("FILE-OUTSIDE", Level.ERROR, Span(path), message, hint)


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
    if cache is None or not key:
        return _read_knowledge(reader)
    keep = partial(_keep_table, cache, key)
    kept = cache.kept("knowledge", key) or {}
    if "knowledge" in kept:
        # Whoever wrote a cache of his own, digests and all, gains nothing but our time.
        with suppress(*trusted.MISTAKES):
            return replace(trusted.build(Knowledge, json.loads(kept["knowledge"])), keep=keep)
    count = len(reader.findings)
    read = _read_knowledge(reader)
    # What can't be read is told each time, and so it is read each time.
    if len(reader.findings) == count:
        plain = json.dumps(strict.to_plain(read), ensure_ascii=False)
        cache.keep("knowledge", key, {"knowledge": plain.encode()})
    return replace(read, keep=keep)


def _keep_table(cache: Cache, knowledge: str, name: str, make: Callable[[], bytes]) -> bytes:
    return cache.piece("tables", f"{name} {knowledge}", make)


def _digest_of_knowledge(reader: _Reader) -> str:
    """Digest every file of knowledge, by name; "" where one lies elsewhere and isn't to be read."""
    digest = hashlib.sha256()
    for base in dict.fromkeys((reader.root.resolve(), places.home().resolve())):
        for path in reader.listed(KNOWLEDGE, ".yaml", base):
            if not (base / path).resolve().is_relative_to(base):
                return ""
            data = (base / path).read_bytes()
            digest.update(f"{path} {len(data)}\n".encode() + data)
    return digest.hexdigest()


def _read_knowledge(reader: _Reader) -> Knowledge:
    parts = []
    # A book's own knowledge comes first, name by name; in the tool's checkout they are one.
    for base in dict.fromkeys((reader.root.resolve(), places.home().resolve())):
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


def _drawings(reader: _Reader) -> tuple[dict[str, str], frozenset[str]]:
    """Read drawings by their concept; tells also which are the book's own."""
    found: dict[str, str] = {}
    own: set[str] = set()
    for base in dict.fromkeys((places.home(), reader.root)):
        for path in reader.listed(DRAWINGS, ".svg", base):
            found[Path(path).stem] = reader.text(path, base)
            if base != places.home():
                own.add(Path(path).stem)
    return found, frozenset(own)


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
