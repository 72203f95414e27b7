"""The path from cards to outputs: an edition of the book, dates, and what each renderer makes."""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol, cast

from notepress import (
    __version__,
    files,
    fonts,
    identity,
    renderers,
    store,
    strict,
    study,
    templating,
)
from notepress.beside import beside
from notepress.caching import Cache
from notepress.files import Sources
from notepress.identity import BookLock, Now
from notepress.model import (
    Artifacts,
    Assets,
    Card,
    Edition,
    Finding,
    Kind,
    Level,
    Outcome,
    Reference,
    Shown,
    Span,
    Stamp,
    Topic,
)
from notepress.pictures import Pictures
from notepress.pipeline import Ingested, Progress, in_order, keeping
from notepress.renderers import deck


class Renderer(Protocol):
    """What a module of ``notepress.renderers`` must hold."""

    NAME: str
    TEMPLATES: str
    FONTS: bool

    def reads(self, edition: Edition, stamp: Stamp) -> tuple[Edition, Stamp]:
        """Leave what the files of this kind hang on: it is made again where that changes."""
        ...

    def render(self, edition: Edition, assets: Assets, stamp: Stamp) -> Artifacts:
        """Make the files of one kind from what it reads."""
        ...


def renderer(kind: str) -> Renderer:
    """Give the renderer of one kind, imported only now: some are heavy."""
    return cast("Renderer", importlib.import_module(f"{renderers.__name__}.{kind}"))


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where and when things are made: the book's folder, a cache, Unix seconds, a bar."""

    root: Path
    cache: Cache
    now: int
    progress: Progress


@dataclass(frozen=True, slots=True)
class Published:
    """What was made: files under ``dist/``, and the lock with its new dates."""

    files: Mapping[str, bytes]
    lock: BookLock
    edition: Edition


def publish(
    sources: Sources,
    ingested: Ingested,
    findings: tuple[Finding, ...],
    wanted: tuple[str, ...],
    shop: Workshop,
) -> Outcome[Published]:
    """Make every wanted kind of output from cards; nothing is written."""
    edition = _edition(sources, ingested, findings)
    pictures, said = _pictures_of(edition, sources)
    lettered = any(renderer(kind).FONTS for kind in wanted)
    covered = Kind.OCCLUSION in edition.book.study.kinds
    faces = _cuts(edition, pictures, shop.cache) if lettered or covered else {}
    drawer = Pictures(keeping(shop.cache), faces)
    if faces:
        said += tuple(_proofs(sources, pictures, drawer))
    contents = study.digests(edition, study.facts(edition), pictures, drawer.names)
    lock = _stamped(ingested.lock, edition, contents, shop)
    stamp = _stamp(lock, contents)
    jobs = [_job(kind, edition, (pictures, faces), stamp, shop) for kind in wanted]
    done: dict[str, Artifacts] = {}
    with ExitStack() as stack:
        elsewhere: dict[str, Callable[[], Artifacts]] = {}
        # What draws with fonts takes seconds, the rest next to nothing.
        heavy = [job for job in jobs if job.kept is None and job.assets.fonts]
        if len(heavy) > 1:
            elsewhere[heavy[0].kind] = stack.enter_context(beside(heavy[0].make))
        # What is made elsewhere is asked for last.
        for job in sorted(jobs, key=lambda job: job.kind in elsewhere):
            shop.progress(job.kind)
            try:
                done[job.kind] = _rendered(job, elsewhere.get(job.kind, job.make), shop.cache)
            except templating.FAULTS as error:
                name = renderer(job.kind).TEMPLATES
                own = [p for p in files.own_templates(shop.root) if p.split("/")[1] == name]
                if not own:
                    raise
                done[job.kind] = Artifacts({}, (_broken(own[0], error),))
    made = {name: data for kind in wanted for name, data in done[kind].files.items()}
    said += tuple(finding for kind in wanted for finding in done[kind].findings)
    return Outcome(Published(made, lock, edition), said)


def _proofs(sources: Sources, pictures: Mapping[str, bytes], drawer: Pictures) -> Iterator[Finding]:
    """Look over the labels of the book's own drawings that are shown."""
    for name in sorted(pictures):
        if name in {f"drawn/{concept}.svg" for concept in sources.own_drawings}:
            yield from drawer.faults(pictures[name], f"images/{name}")


def _broken(path: str, error: Exception) -> Finding:
    """Say that a book's own templates fail, at the line where that is known."""
    hint = "Mend the book's own templates, or remove them: the tool's then serve."
    message = f"the book's own templates fail: {type(error).__name__}: {error}"
    line = getattr(error, "lineno", None) or 1
    name = getattr(error, "name", None)
    where = f"{path.rpartition('/')[0]}/{name}" if name and getattr(error, "lineno", 0) else path
    return Finding("TEMPLATE-BROKEN", Level.ERROR, Span(where, line), message, hint)


def _edition(sources: Sources, ingested: Ingested, findings: tuple[Finding, ...]) -> Edition:
    ordered = in_order(list(ingested.cards), sources.book.topics)
    shown = tuple(c for c in ordered if c.answer.zh or sources.book.unfinished == "show")
    held = tuple(c for c in ordered if not c.answer.zh and c not in shown)
    references = {reference.key: reference for reference in sources.knowledge.references}
    cited = dict.fromkeys(s.partition(",")[0].strip() for card in shown for s in card.sources)
    listed: tuple[Reference, ...] = tuple(references[key] for key in cited if key in references)
    book = replace(sources.book, topics=_topics(sources.book.topics, ingested.cards))
    rest = ingested.rest
    terms = study.terms(shown, sources.knowledge)
    return Edition(book, shown, held, rest.unresolved, rest.dropped, listed, findings, terms)


def _topics(given: tuple[Topic, ...], cards: tuple[Card, ...]) -> tuple[Topic, ...]:
    """Give the topics that hold cards; one that the book doesn't list bears its own name."""
    used = dict.fromkeys(card.topic for card in cards)
    known = {topic.id for topic in given}
    letters = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in {t.letter for t in given}]
    letters = letters or ["Z"]
    extra = [topic for topic in used if topic not in known]
    return (
        *(topic for topic in given if topic.id in used),
        *(Topic(t, t, t, letters[n % len(letters)]) for n, t in enumerate(extra)),
    )


def _pictures_of(
    edition: Edition, sources: Sources
) -> tuple[dict[str, bytes], tuple[Finding, ...]]:
    found: dict[str, bytes] = {}
    findings: list[Finding] = []
    for card in (*edition.cards, *edition.withheld):
        for figure in card.figures:
            name = figure.file
            drawn = sources.drawings.get(name.removeprefix("drawn/").removesuffix(".svg"))
            if name.startswith("drawn/") and drawn is not None:
                found[name] = drawn.encode()
            elif name in sources.pictures:
                found[name] = files.picture(sources.pictures[name])
            else:
                span = Span(store.file_of(card.topic))
                hint = "Put it into images/, or take the figure off the card."
                message = f"{card.id}: picture {name} is not there"
                findings.append(Finding("FIGURE-MISSING", Level.ERROR, span, message, hint))
    return found, tuple(findings)


def _stamped(
    lock: BookLock, edition: Edition, contents: Mapping[str, Shown], shop: Workshop
) -> BookLock:
    """Move the dates of what changed: a note's content as shown, and the look of the deck."""
    remembered = identity.remember(lock, edition.book.id, edition.cards, {})
    style = deck.look(edition.book, files.templates(deck.TEMPLATES, shop.root))
    digest = hashlib.sha256(style.encode()).hexdigest()[:16]
    now = Now(edition.book.id, shop.now, edition.book.release or __version__)
    return identity.stamp(remembered, contents, digest, now)


def _stamp(lock: BookLock, contents: Mapping[str, Shown]) -> Stamp:
    notes = identity.notes(lock, contents)
    created = max([lock.style_mod, *(note.mod for note in notes.values())])
    return Stamp(__version__, created, lock.style_mod, notes, identity.retired(lock, contents))


def _cuts(edition: Edition, pictures: Mapping[str, bytes], cache_: Cache) -> dict[str, bytes]:
    # What a dataclass shows of itself has all the letters in it, and takes a third of the time.
    told = (edition.book, *edition.references, *edition.cards)
    text = {letter for one in told for letter in repr(one)}
    drawn = {c for name, data in pictures.items() if name.endswith(".svg") for c in data.decode()}
    characters = "".join(sorted(fonts.unusual(text | drawn)))
    return cache_.files("fonts", characters, lambda: fonts.cut(files.font_sources(), characters))


def _key(kind: str, edition: Edition, assets: Assets, stamp: Stamp) -> str:
    blobs = {**assets.pictures, **assets.fonts}
    return json.dumps(
        [
            kind,
            strict.to_plain(edition),
            dict(assets.templates),
            {name: hashlib.sha256(data).hexdigest() for name, data in blobs.items()},
            strict.to_plain(stamp),
        ],
        ensure_ascii=False,
        sort_keys=True,
    )


@dataclass(frozen=True, slots=True)
class _Job:
    """One kind of output: what it is made of, the key of that, and what is kept under it."""

    kind: str
    edition: Edition
    assets: Assets
    stamp: Stamp
    key: str
    kept: Mapping[str, bytes] | None

    @property
    def make(self) -> Callable[[], Artifacts]:
        return partial(_render, self.kind, self.edition, self.assets, self.stamp)


def _job(
    kind: str,
    edition: Edition,
    blobs: tuple[Mapping[str, bytes], Mapping[str, bytes]],
    stamp: Stamp,
    shop: Workshop,
) -> _Job:
    """Get one kind ready; ``blobs`` are pictures and fonts."""
    module = renderer(kind)
    pictures, faces = blobs
    templates = files.templates(module.TEMPLATES, shop.root)
    assets = Assets(templates, pictures, faces if module.FONTS else {}, keeping(shop.cache))
    edition, stamp = module.reads(edition, stamp)
    key = _key(kind, edition, assets, stamp)
    return _Job(kind, edition, assets, stamp, key, shop.cache.kept(kind, key))


def _render(kind: str, edition: Edition, assets: Assets, stamp: Stamp) -> Artifacts:
    return renderer(kind).render(edition, assets, stamp)


_FINDINGS = "\0findings"


def _rendered(job: _Job, make: Callable[[], Artifacts], cache_: Cache) -> Artifacts:
    """Give what was rendered from the same inputs, or render; findings are kept along."""
    if job.kept is not None:
        kept = dict(job.kept)
        read = strict.convert(tuple[Finding, ...], json.loads(kept.pop(_FINDINGS)), "", "")
        return Artifacts(kept, read.value or ())
    made = make()
    said = json.dumps([strict.to_plain(f) for f in made.findings], ensure_ascii=False)
    cache_.keep(job.kind, job.key, {**made.files, _FINDINGS: said.encode()})
    return made
