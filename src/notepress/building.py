"""A command that builds -> an exit code: stages in turn, what they made written and told.

What is asked, and where it runs, comes in as ``options``: the arguments as parsed,
``environ`` and ``now``, the clock.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from notepress import (
    files,
    interrupts,
    journal,
    pipeline,
    publishing,
    renderers,
    rerun,
    stationery,
)
from notepress.caching import Cache
from notepress.check import unready
from notepress.completers.replies import LONGEST_NAME
from notepress.files import Sources
from notepress.model import Book, Card, Finding, Level, Outcome, Span, State, Status
from notepress.pipeline import Ingested
from notepress.publishing import Published, Workshop
from notepress.rerun import Seen
from notepress.telling import (
    BROKEN,
    FINE,
    USAGE,
    Told,
    bar,
    errors,
    recount,
    say,
    tell,
    ticker,
)
from notepress.vetting import vet

_SUMS = "SHA256SUMS"
# What a release may not hold; in a draft each of these is but a warning.
_STRICT = frozenset(
    {
        "UNFINISHED",
        "PROPOSED",
        "UNTRANSLATED",
        "UNRESOLVED",
        "PICTURE-MISSING",
        "TRANSLATION-STALE",
        "CONFLICT",
        "SHEET-OVERFLOW",
        "SHEET-OVERLAP",
        "SHEET-CLIPPED",
        "FIGURE-TITLE",
        "FIGURE-OUTSIDE",
        "FIGURE-SMALL",
        "FIGURE-OVERLAP",
        "FIGURE-CROSSED",
    }
)
_JOBS = range(1, 33)
# Those of reading and normalizing; each output is another.
_STEPS = 5


def open_cache(options: argparse.Namespace, *, writes: bool = True) -> Cache:
    """Open the cache of this run."""
    return Cache(rerun.cache(options), writes=writes, salt=rerun.salt(options))


def build(options: argparse.Namespace) -> int:
    """Build while no other build is at work in the folder, and mend first what one left."""
    with alone(options) as code:
        return _build(options) if code == FINE else code


@contextmanager
def alone(options: argparse.Namespace) -> Iterator[int]:
    """Wait for one's turn; gives an exit code, not 0 where what was left can't be mended."""
    root: Path = options.project
    writes = options.command != "check"

    def waiting() -> None:
        if not options.quiet:
            print("notepress: another build is at work here; waiting for it", file=sys.stderr)

    with journal.alone(root, waiting, writes=writes):
        if not writes and journal.pending(root):
            yield tell((files.interrupted(),), options)
        else:
            yield tell(files.recover(root) if writes and root.is_dir() else (), options)


def _build(options: argparse.Namespace) -> int:
    """Make cards, look them over, and make what is wanted of them."""
    root: Path = options.project
    command = options.command or "all"
    cache = open_cache(options, writes=command != "check")
    loaded = files.load(root, cache)
    if loaded.value is None:
        return tell(loaded.findings, options)
    sources = replace(loaded.value, book=_chosen(loaded.value.book, options))
    said: tuple[Finding, ...] = ()
    if getattr(options, "model", False):
        asked = _ask(sources, options)
        sources, said = asked.value, asked.findings
        if errors(said):
            return tell((*loaded.findings, *said), options)
    with bar(options, _STEPS + len(renderers.kinds())) as progress:
        if command in ("all", "normalize", "check"):
            outcome = pipeline.ingest(sources, progress, cache)
            ingested, findings = outcome.value, (*loaded.findings, *said, *outcome.findings)
        else:
            ingested = Ingested(sources.cards, sources.rest, sources.lock, {})
            findings = (*loaded.findings, *unready(sources.cards))
        progress("check")
        findings = pipeline.overview(findings, sources, ingested, cache)
        findings = _graded(findings, options)
        if command == "check":
            findings += vet(sources.knowledge, files.concept_places(root))
        if command == "check" or errors(findings):
            return tell(findings, options)
        wanted = {"all": renderers.usual(sources.book.also), "normalize": ("report",)}.get(
            command, (command,)
        )
        shop = Workshop(root, cache, options.now(), progress)
        published = publishing.publish(sources, ingested, findings, wanted, shop)
        findings = (*findings, *_graded(published.findings, options))
        findings += lagging(ingested, published.value, options)
        findings += files.meanwhile(root, sources, {**ingested.changed, files.BOOK_LOCK: b""})
        if errors(findings):
            return tell(findings, options)
        left = save(root, options, ingested, published.value)
    summary = tuple(_summary(sources, ingested, published.value, findings, options))
    with suppress(OSError):  # then the next run is a real one
        journal.replace(*rerun.record(options, left, Told(findings, summary)))
    return recount(Told(findings, summary), options)


def _graded(findings: tuple[Finding, ...], options: argparse.Namespace) -> tuple[Finding, ...]:
    """Make errors of what a release may not hold, where one is made."""
    if not options.strict:
        return findings
    return tuple(replace(f, level=Level.ERROR) if f.code in _STRICT else f for f in findings)


def _chosen(book: Book, options: argparse.Namespace) -> Book:
    """Give the book with what the command line chooses for print."""
    given = vars(options)
    named = {"form": "forms", "language": "languages"}
    wanted = {
        named.get(name, name): given[name]
        for name in ("form", "paper", "language", "ink", "pages", "columns")
        if given.get(name) is not None
    }
    if "forms" in wanted:
        wanted["forms"] = tuple(wanted["forms"])
    if "languages" in wanted:
        one = wanted["languages"]
        wanted["languages"] = stationery.LANGUAGES if one == "both" else (one,)
    return replace(book, **wanted) if wanted else book


def _ask(sources: Sources, options: argparse.Namespace) -> Outcome[Sources]:
    """Ask a language model about what is open; gives the sources with its replies."""
    try:
        # Imported late: its packages are needed by nobody who asks no model.
        from notepress import asking  # see above
        from notepress.completers.endpoint import Endpoint
    except ImportError as error:
        hint = "make setup installs it; elsewhere: pip install 'notepress[model]'"
        print(f"notepress: --model needs the package {error.name}\n    {hint}", file=sys.stderr)
        sys.exit(BROKEN)
    endpoint = Endpoint(**_endpoint(options.environ))
    outcome = pipeline.ingest(sources, lambda _: None)
    if errors(outcome.findings):
        return Outcome(sources, outcome.findings)
    asks = pipeline.asks(sources, outcome.value)
    aloud = (lambda _: None) if options.quiet else say
    if not asks:
        aloud("nothing is open that a model could be asked\n")
        return Outcome(sources)
    aloud(f"{asking.estimate(asks, endpoint.model)}\n")
    try:
        with ticker(options) as show:
            asked = asking.ask(options.project, asks, endpoint, pipeline.judge(sources), show)
    except KeyboardInterrupt:
        told = "stopped; the replies that came are kept, ask again for the rest"
        print(f"notepress: {told}", file=sys.stderr)
        sys.exit(130)
    aloud(f"{asking.told(asked)}\n")
    replies = {**sources.replies, **asked.replies}
    return Outcome(replace(sources, replies=replies), tuple(asked.findings))


def _endpoint(environ: Mapping[str, str]) -> dict[str, Any]:
    """Read from the environment whom to ask; exits where that isn't said, or makes no sense."""
    names = ("NOTEPRESS_MODEL", "NOTEPRESS_MODEL_URL", "NOTEPRESS_MODEL_KEY")
    model, url, key = (environ.get(name, "").strip() for name in names)
    jobs = environ.get("NOTEPRESS_MODEL_JOBS", "").strip() or "4"
    wrong = ""
    if not (model and url):
        wrong = (
            "--model needs NOTEPRESS_MODEL, a model's name, and NOTEPRESS_MODEL_URL, where it is"
        )
    elif not model.isprintable() or len(model) > LONGEST_NAME:
        wrong = "NOTEPRESS_MODEL is no name of a model"
    elif not re.fullmatch(r"https?://[^\s/?#]+[^\s?#]*", url, re.ASCII):
        wrong = "NOTEPRESS_MODEL_URL is no address that begins with http:// or https://"
    elif not re.fullmatch(r"[!-~]*", key):
        wrong = "NOTEPRESS_MODEL_KEY holds characters that no key has"
    elif not jobs.isdecimal() or int(jobs) not in _JOBS:
        wrong = f"NOTEPRESS_MODEL_JOBS is no number from {_JOBS[0]} to {_JOBS[-1]}"
    if wrong:
        hint = "for a model on this machine: NOTEPRESS_MODEL_URL=http://localhost:11434/v1"
        print(f"notepress: {wrong}\n    {hint}", file=sys.stderr)
        sys.exit(USAGE)
    return {"model": model, "url": url, "key": key, "jobs": int(jobs)}


def lagging(
    ingested: Ingested, published: Published, options: argparse.Namespace
) -> tuple[Finding, ...]:
    """Where nobody would commit it, a file of the book that needs rewriting is an error."""
    if not (options.strict or options.environ.get("CI") == "true"):
        return ()
    own = _own_files(ingested, published)
    lagging = [*files.differing(options.project, own), *ingested.gone]
    hint = "Run python build.py on your machine and commit what changes under content/."
    message = "this file lags behind the notes, and is not rewritten here"
    return tuple(Finding("LOCK-STALE", Level.ERROR, Span(path), message, hint) for path in lagging)


def _own_files(ingested: Ingested, published: Published) -> dict[str, bytes]:
    return {**ingested.changed, files.BOOK_LOCK: files.dump_json(published.lock)}


def save(root: Path, options: argparse.Namespace, ingested: Ingested, published: Published) -> Seen:
    """Write everything aside, then move it into place: the book's own files, then the outputs.

    Returns the state that this leaves.
    """
    own = _own_files(ingested, published)
    out = out_folder(options)
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in published.files.items()}
    gone = files.left_over(out, published.files)
    for path in sorted(out.rglob("*")) if out.is_dir() else ():
        name = path.relative_to(out).as_posix()
        if path.is_file() and name not in (_SUMS, *gone) and not path.name.startswith("."):
            sums.setdefault(name, hashlib.sha256(path.read_bytes()).hexdigest())
    listed = "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items()))
    made = {**published.files, _SUMS: listed.encode()}
    # By way of the book's folder where it lies there, so that no link leads out of it.
    there, below = (root, "dist/") if options.out is None else (out, "")
    built = {f"{below}{name}": data for name, data in made.items()}
    with (
        files.group(root, own, ingested.gone, journal=journal.NAME) as first,
        files.group(there, built, [f"{below}{name}" for name in gone]) as then,
        interrupts.unstoppable(),
    ):
        first.commit()
        then.commit()
        options.written = True
    left = [*(f"book/{path}" for path in ingested.gone), *(f"out/{path}" for path in gone)]
    return rerun.after(options.before, own, made, left)


def out_folder(options: argparse.Namespace) -> Path:
    """Give the folder that outputs go to."""
    return Path(options.out or options.project / "dist")


def _summary(
    sources: Sources,
    ingested: Ingested,
    published: Published,
    findings: tuple[Finding, ...],
    options: argparse.Namespace,
) -> Iterator[str]:
    """Say what was made: cards, changes, completions, figures, findings, files."""
    edition = published.edition
    cards = ingested.cards
    topics = {topic.id: topic.zh for topic in edition.book.topics}
    changes = [change for card in cards for change in card.changes]
    left_out = sum(part.by == "person" for part in edition.dropped)
    entries = sum(len(card.origins) for card in cards) + len(edition.unresolved) + left_out
    of_text = [c.code for c in changes if c.field.startswith("text")]
    by_others = (c for c in changes if c.by == "knowledge" or c.by_model)
    added = [c.code for c in by_others if not c.field.startswith("text")]
    rows = {
        "entries": f"{entries} in {len(sources.notes)} file(s): {len(cards)} cards, "
        f"{len(edition.unresolved)} unresolved, {left_out} dropped",
        "status": _counted(card.status.value for card in cards),
        "changes": _counted(of_text),
        "completions": _counted(added),
        "proposals": _counted(c.state.value for c in changes if c.state is not State.AUTO),
        "figures": _counted(figure.origin for card in cards for figure in card.figures),
        "findings": _counted(finding.code for finding in findings),
        "complete": _coverage((topics.get(card.topic, card.topic), card) for card in cards),
    }
    if len(sources.notes) > 1:
        rows["by file"] = _coverage((card.origins[0].path, card) for card in cards if card.origins)
    yield f"{edition.book.title.zh} {edition.book.title.en}"
    for name, row in rows.items():
        yield f"  {name:<12} {row}"
    for name, data in sorted(published.files.items()):
        yield f"  {out_folder(options)}/{name}  {len(data) / 1024:,.0f} KB"
    for path in files.own_templates(options.project):
        yield f"  {path} is the book's own: what it puts into outputs isn't checked"


def _coverage(cards: Iterable[tuple[str, Card]]) -> str:
    """Tell how many cards of each kind are complete, of how many."""
    held = list(cards)
    whole = Counter(name for name, _ in held)
    done = Counter(name for name, card in held if card.status is Status.COMPLETE)
    return ", ".join(f"{name} {done[name]}/{count}" for name, count in whole.items()) or "none"


def _counted(names: Iterable[str]) -> str:
    counts = Counter(names)
    return ", ".join(f"{count} {name}" for name, count in counts.most_common()) or "none"
