"""The command line: arguments, progress, printing, the clock and the exit code.

Exit 0: fine. 1: findings of level error, and nothing was written. 2: a command that
isn't one. 3: a machine that can't do the work (no Pango, no room on the disk).
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import json
import os
import re
import secrets
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from notepress import __version__, files, journal, newbook, pipeline, review
from notepress.check import unready
from notepress.completers.replies import LONGEST_NAME
from notepress.decisions import Decision
from notepress.files import Cache, Sources
from notepress.fixers import correct
from notepress.knowledge import Knowledge
from notepress.model import Card, Entry, Finding, Level, Origin, Outcome, Span, State, Status
from notepress.pipeline import Ingested, Progress, Published, Workshop
from notepress.vetting import vet

FINE, FINDINGS, USAGE, BROKEN = range(4)
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
    }
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code."""
    options = _parser().parse_args(argv)
    try:
        commands = {"fix": _fix, "review": _review, "init": _init}
        with _stoppable():
            return commands.get(options.command, _alone)(options)
    except BrokenPipeError:
        # Whoever read our output has seen enough; nothing more may be written to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except KeyboardInterrupt as stop:
        told = "everything" if getattr(options, "written", False) else "nothing"
        print(f"\nnotepress: stopped; {told} was written", file=sys.stderr)
        return 128 + (signal.SIGTERM if isinstance(stop, _Terminated) else signal.SIGINT)
    except OSError as error:
        # A machine's fault, not the book's: no library, no room, no permission.
        print(f"notepress: {_machine(error)}", file=sys.stderr)
        return BROKEN


_KINDS = {
    "deck": "the Anki deck",
    "sheet": "the printed sheet",
    "report": "the report of every change",
    "data": "cards.json",
}
_ABOUT = "Rough bilingual notes in; an Anki deck and a printed cheat sheet out."


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="build.py", description=_ABOUT)
    parser.add_argument("--version", action="version", version=f"notepress {__version__}")
    _add_options(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def command(name: str, about: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=about, argument_default=argparse.SUPPRESS)
        _add_options(added, below=True)
        return added

    command("all", "make the cards, then everything of them (the default)")
    normalize = command("normalize", "make content/cards of the notes, and the report")
    model = "ask the language model that NOTEPRESS_MODEL and NOTEPRESS_MODEL_URL name"
    normalize.add_argument("--model", action="store_true", default=False, help=model)
    for kind in pipeline.kinds():
        command(kind, f"make {_KINDS.get(kind, kind)} of the cards as they are")
    init = command("init", "make a new book of somebody's notes")
    init.add_argument("folder", type=Path, metavar="DIR", help="the new book's folder")
    where = "files, or folders of Markdown files"
    init.add_argument("--notes", type=Path, nargs="+", default=[], metavar="PATH", help=where)
    command("review", "settle what is proposed, one key each")
    check = command("check", "say everything that is wrong; writes nothing")
    forms = ("text", "json", "github")
    check.add_argument("--format", choices=forms, default="text", help="how to say it")
    fix = command("fix", "text in, text out: the sure fixes, line for line")
    where = "files to put right in place, or - for standard input (the default)"
    fix.add_argument("files", nargs="*", default=["-"], metavar="FILE", help=where)
    form = fix.add_mutually_exclusive_group()
    diff, lines = "print what would change, and change nothing", "print one JSON object a line"
    form.add_argument("--diff", action="store_true", default=False, help=diff)
    form.add_argument("--json", action="store_true", default=False, help=lines)
    return parser


def _add_options(parser: argparse.ArgumentParser, *, below: bool = False) -> None:
    """Add the options that stand before a command as well as behind it.

    Behind it they have no default, which would undo what stood before it.
    """

    def default(value: object) -> object:
        return argparse.SUPPRESS if below else value

    def flag(name: str, about: str) -> None:
        parser.add_argument(name, action="store_true", default=default(value=False), help=about)

    folder = "the book's folder (default: here)"
    parser.add_argument("--project", type=Path, default=default(Path()), metavar="DIR", help=folder)
    out = "where to put what is built (default: DIR/dist)"
    parser.add_argument("--out", type=Path, default=default(None), metavar="DIR", help=out)
    strict = "anything unfinished, proposed, untranslated or missing is an error"
    flag("--strict", strict)
    flag("--quiet", "print findings only")
    flag("--verbose", "print notes as well as warnings")
    flag("--no-color", "print without color")


class _Terminated(KeyboardInterrupt):
    """Whoever runs us asked for an end, as Ctrl-C does."""


@contextmanager
def _stoppable() -> Iterator[None]:
    """Take a request to end for Ctrl-C, so that nothing is left lying about."""

    def stop(*_: object) -> None:
        raise _Terminated

    with _handling({signal.SIGTERM: stop}):
        yield


def _unstoppable() -> AbstractContextManager[None]:
    """Write to the end what is begun, in the moment that it takes to move files into place."""
    return _handling(dict.fromkeys((signal.SIGINT, signal.SIGTERM), signal.SIG_IGN))


@contextmanager
def _handling(handlers: Mapping[signal.Signals, Any]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's
        return
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _alone(options: argparse.Namespace) -> int:
    """Build while no other build is at work in the folder, and mend first what one left."""
    root: Path = options.project
    writes = options.command != "check"

    def waiting() -> None:
        if not options.quiet:
            print("notepress: another build is at work here; waiting for it", file=sys.stderr)

    with journal.alone(root, waiting, writes=writes):
        if not writes and journal.pending(root):
            return _tell((files.interrupted(),), options)
        if writes and root.is_dir():
            said = files.recover(root)
            if _tell(said, options) != FINE:
                return FINDINGS
        code = _build(options)
    if getattr(options, "written", False) and not options.quiet:
        for path in files.own_templates(root):
            print(_plain(f"  {path} is the book's own: what it puts into outputs isn't checked"))
    return code


def _build(options: argparse.Namespace) -> int:
    root: Path = options.project
    command = options.command or "all"
    loaded = files.load(root, Cache(root / ".cache", writes=command != "check"))
    if loaded.value is None:
        return _tell(loaded.findings, options)
    sources = loaded.value
    said: tuple[Finding, ...] = ()
    if getattr(options, "model", False):
        asked = _ask(sources, options)
        sources, said = asked.value, asked.findings
        if _errors(said):
            return _tell((*loaded.findings, *said), options)
    with _progress(options) as progress:
        if command in ("all", "normalize", "check"):
            outcome = pipeline.ingest(sources, progress)
            ingested, findings = outcome.value, (*loaded.findings, *said, *outcome.findings)
        else:
            ingested = Ingested(sources.cards, sources.rest, sources.lock, {})
            findings = (*loaded.findings, *unready(sources.cards))
        progress("check")
        findings = pipeline.overview(findings, sources, ingested)
        if options.strict:
            findings = tuple(
                replace(f, level=Level.ERROR) if f.code in _STRICT else f for f in findings
            )
        if command == "check":
            findings += vet(sources.knowledge, files.places(root))
        if command == "check" or _errors(findings):
            return _tell(findings, options)
        wanted = {"all": pipeline.kinds(), "normalize": ("report",)}.get(command, (command,))
        shop = Workshop(root, Cache(root / ".cache"), _now(), progress)
        published = pipeline.publish(sources, ingested, findings, wanted, shop)
        findings = (*findings, *published.findings)
        findings += _lagging(ingested, published.value, options)
        findings += files.meanwhile(root, sources, {**ingested.changed, files.BOOK_LOCK: b""})
        if _errors(findings):
            return _tell(findings, options)
        written = _save(root, options, ingested, published.value)
    code = _tell(findings, options)
    if not options.quiet:
        _summarize(sources, ingested, published.value, findings, written)
    return code


_JOBS = range(1, 33)


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
    endpoint = Endpoint(**_endpoint())
    outcome = pipeline.ingest(sources, lambda _: None)
    if _errors(outcome.findings):
        return Outcome(sources, outcome.findings)
    asks = pipeline.asks(sources, outcome.value)
    say = (lambda _: None) if options.quiet else _say
    if not asks:
        say("nothing is open that a model could be asked\n")
        return Outcome(sources)
    say(f"{asking.estimate(asks, endpoint.model)}\n")
    try:
        with _ticker(options) as show:
            asked = asking.ask(options.project, asks, endpoint, pipeline.judge(sources), show)
    except KeyboardInterrupt:
        told = "stopped; the replies that came are kept, ask again for the rest"
        print(f"notepress: {told}", file=sys.stderr)
        sys.exit(130)
    say(f"{asking.told(asked)}\n")
    replies = {**sources.replies, **asked.replies}
    return Outcome(replace(sources, replies=replies), tuple(asked.findings))


def _endpoint() -> dict[str, Any]:
    """Read from the environment whom to ask; exits where that isn't said, or makes no sense."""
    names = ("NOTEPRESS_MODEL", "NOTEPRESS_MODEL_URL", "NOTEPRESS_MODEL_KEY")
    model, url, key = (os.environ.get(name, "").strip() for name in names)
    jobs = os.environ.get("NOTEPRESS_MODEL_JOBS", "").strip() or "4"
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


def _say(text: str) -> None:
    print(_plain_lines(text), end="", file=sys.stderr, flush=True)


@contextmanager
def _ticker(options: argparse.Namespace) -> Iterator[Progress]:
    """Show on a terminal how far the asking is, in one line; elsewhere nothing."""
    if options.quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    try:
        yield lambda text: print(f"\r\x1b[K{_plain(text)}", end="", file=sys.stderr, flush=True)
    finally:
        print(file=sys.stderr)


def _now() -> int:
    """Give the time that changed notes are dated with; the only clock of the tool."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch and not epoch.isdecimal():
        print(f"notepress: SOURCE_DATE_EPOCH is not a number of seconds: {epoch}", file=sys.stderr)
        sys.exit(USAGE)
    return int(epoch or time.time())


def _lagging(
    ingested: Ingested, published: Published, options: argparse.Namespace
) -> tuple[Finding, ...]:
    """Where nobody would commit it, a file of the book that needs rewriting is an error."""
    if not (options.strict or os.environ.get("CI") == "true"):
        return ()
    own = _own_files(ingested, published)
    lagging = [*files.differing(options.project, own), *ingested.gone]
    hint = "Run python build.py on your machine and commit what changes under content/."
    message = "this file lags behind the notes, and is not rewritten here"
    return tuple(Finding("LOCK-STALE", Level.ERROR, Span(path), message, hint) for path in lagging)


def _own_files(ingested: Ingested, published: Published) -> dict[str, bytes]:
    return {**ingested.changed, files.BOOK_LOCK: files.dump_json(published.lock)}


def _save(
    root: Path, options: argparse.Namespace, ingested: Ingested, published: Published
) -> dict[str, int]:
    """Write everything aside, then move it into place: the book's own files, then the outputs."""
    out: Path = options.out or root / "dist"
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in published.files.items()}
    for path in sorted(out.rglob("*")) if out.is_dir() else ():
        name = path.relative_to(out).as_posix()
        if path.is_file() and name != _SUMS and not path.name.startswith("."):
            sums.setdefault(name, hashlib.sha256(path.read_bytes()).hexdigest())
    listed = "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items()))
    built = {**published.files, _SUMS: listed.encode()}
    if options.out is None:
        # By way of the book's folder, so that no link leads out of it.
        there, built = root, {f"dist/{name}": data for name, data in built.items()}
    else:
        there = out
    own = _own_files(ingested, published)
    with (
        files.group(root, own, ingested.gone, journal=journal.NAME) as first,
        files.group(there, built) as then,
        _unstoppable(),
    ):
        first.commit()
        then.commit()
        options.written = True
    return {f"{out}/{name}": len(data) for name, data in sorted(published.files.items())}


def _errors(findings: Iterable[Finding]) -> bool:
    return any(finding.level is Level.ERROR for finding in findings)


def _tell(findings: tuple[Finding, ...], options: argparse.Namespace) -> int:
    """Print findings, and give the exit code that they mean."""
    form = getattr(options, "format", "text")
    shown = [f for f in findings if f.level is not Level.NOTE or options.verbose or form != "text"]
    ordered = sorted(shown, key=lambda f: (f.span.path, f.span.line, f.span.column, f.code))
    say = {"text": _as_text(options), "json": _as_json, "github": _as_github}[form]
    stream = sys.stderr if form == "text" else sys.stdout
    for finding in ordered:
        print(say(finding), file=stream)
    return FINDINGS if _errors(findings) else FINE


def _as_text(options: argparse.Namespace) -> Callable[[Finding], str]:
    colored = sys.stderr.isatty() and not options.no_color and "NO_COLOR" not in os.environ
    colors = {Level.ERROR: "31", Level.WARNING: "33", Level.NOTE: "36"}

    def say(finding: Finding) -> str:
        code = f"\x1b[{colors[finding.level]}m{finding.code}\x1b[0m" if colored else finding.code
        hint = "".join(f"\n    {_plain(line)}" for line in finding.hint.split("\n") if line)
        return f"{_plain(str(finding.span))}: {code} {_plain(finding.message)}{hint}"

    return say


def _plain(text: str) -> str:
    # What a note holds must not steer the terminal that it is printed on.
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _as_json(finding: Finding) -> str:
    plain = {
        "code": finding.code,
        "level": finding.level.value,
        "path": finding.span.path,
        "line": finding.span.line,
        "column": finding.span.column,
        "message": finding.message,
        "hint": finding.hint,
    }
    return json.dumps(plain, ensure_ascii=False)


def _as_github(finding: Finding) -> str:
    kind = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}[finding.level]
    text = (
        f"{finding.code} {finding.message} {finding.hint}".replace("%", "%25")
        .replace("\n", "%0A")
        .replace("\r", "%0D")
    )
    span = finding.span
    path = span.path.replace("%", "%25").replace(",", "%2C").replace(":", "%3A")
    return f"::{kind} file={path},line={span.line},col={span.column}::{text}"


@contextmanager
def _progress(options: argparse.Namespace) -> Iterator[Progress]:
    """Show a bar of the steps on a terminal; elsewhere nothing."""
    if options.quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    # Imported late: only a terminal needs it.
    from tqdm import tqdm  # see above

    steps = 5 + len(pipeline.kinds())
    bar = tqdm(
        total=steps, bar_format="{desc:<12} {bar:30} {n_fmt}/{total_fmt} {elapsed}", leave=False
    )

    def show(step: str) -> None:
        bar.set_description_str(step)
        bar.update()

    try:
        yield show
    finally:
        bar.close()


def _summarize(
    sources: Sources,
    ingested: Ingested,
    published: Published,
    findings: tuple[Finding, ...],
    written: Mapping[str, int],
) -> None:
    """Print what was made: cards, changes, completions, figures, findings, files."""
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
    print(_plain(f"{edition.book.title.zh} {edition.book.title.en}"))
    for name, row in rows.items():
        print(f"  {name:<12} {_plain(row)}")
    for path, size in written.items():
        print(f"  {path}  {size / 1024:,.0f} KB")


def _coverage(cards: Iterable[tuple[str, Card]]) -> str:
    """Tell how many cards of each kind are complete, of how many."""
    held = list(cards)
    whole = Counter(name for name, _ in held)
    done = Counter(name for name, card in held if card.status is Status.COMPLETE)
    return ", ".join(f"{name} {done[name]}/{count}" for name, count in whole.items()) or "none"


def _counted(names: Iterable[str]) -> str:
    counts = Counter(names)
    return ", ".join(f"{count} {name}" for name, count in counts.most_common()) or "none"


def _init(options: argparse.Namespace) -> int:
    """Make a new book; a folder that holds one already is left as it is."""
    folder: Path = options.folder
    if (folder / newbook.BOOK).exists():
        hint = "Choose another folder, or add the notes to its content/."
        there = Finding(
            "BOOK-EXISTS", Level.ERROR, Span(str(folder / newbook.BOOK)), "a book is here", hint
        )
        return _tell((there,), options)
    gathered = files.gather(options.notes)
    if gathered.findings:
        return _tell(gathered.findings, options)
    notes = {name: data for name, (_, data) in gathered.value.items()}
    note_type = 1_000_000_000_000 + secrets.randbelow(700_000_000_000)
    made = newbook.new_book(notes, folder.resolve().name, secrets.token_hex(4), note_type)
    pictures = _linked_pictures(gathered.value)
    wanted = {**made, **pictures}
    taken = [p for p in files.differing(folder, wanted) if os.path.lexists(folder / p)]
    if taken:
        hint = "Choose another folder, or move this file away."
        message = "a file is here that the new book would overwrite"
        said = (
            Finding("BOOK-EXISTS", Level.ERROR, Span(f"{folder}/{p}"), message, hint) for p in taken
        )
        return _tell(tuple(said), options)
    # The file that makes it a book comes last: a run that is cut off can be run again.
    files.save(folder, {p: data for p, data in wanted.items() if p != newbook.BOOK})
    files.save(folder, {newbook.BOOK: wanted[newbook.BOOK]})
    print(f"{folder}: {len(notes)} note(s), {len(pictures)} picture(s)")
    print(f"next: python build.py --project {folder}")
    return FINE


def _linked_pictures(notes: Mapping[str, tuple[Path, bytes]]) -> dict[str, bytes]:
    """Read the pictures that notes link, under the names by which the book finds them."""
    found: dict[str, bytes] = {}
    for name, (path, data) in notes.items():
        for target in newbook.linked(data.decode("utf-8", "replace")):
            picture = files.beside(path, target)
            if picture is None:
                continue
            tail = re.sub(r"^(?:\.{1,2}/)+|^images/", "", unquote(target)).removeprefix("images/")
            content = files.picture(picture)
            own = f"images/{tail}"
            if found.get(own, content) != content:
                own = f"images/{Path(name).stem}/{tail}"
            found[own] = content
    return found


def _review(options: argparse.Namespace) -> int:
    """Ask about every proposal, and add the answers to content/decisions.yaml."""
    if journal.pending(options.project):
        return _tell((files.interrupted(),), options)
    loaded = files.load(options.project)
    if loaded.value is None:
        return _tell(loaded.findings, options)
    ingested = pipeline.ingest(loaded.value, lambda _: None).value
    answers: list[Decision] = []
    try:
        for answer in _answers(ingested):
            answers.append(answer)  # noqa: PERF402  # each counts, even if the next is never given
    except (EOFError, KeyboardInterrupt):
        print()
    files.append(options.project, files.DECISIONS, review.dump(answers))
    print(f"{len(answers)} settled; python build.py applies them")
    return FINE


def _answers(ingested: Ingested) -> Iterator[Decision]:
    for part in ingested.rest.unresolved:
        origin = part.origin
        print(f"\n{origin.path}:{origin.first_line}\n{_plain_lines(part.raw)}\n  {part.reason}")
        key = input("[d]rop  [s]kip  [q]uit > ").strip().lower()[:1]
        if key == "q":
            return
        if key == "d":
            yield review.drop(part, input("why > "))
    for question in review.questions(ingested.cards):
        change = question.change
        print(f"\n{change.path}:{change.line}:{change.column} {question.card} {change.code}")
        print(f"  - {_plain(change.before)}\n  + {_plain(change.after)}")
        print(f"  {_plain(change.reason)}")
        answer = review.decide(question, input)
        if answer is False:
            return
        if isinstance(answer, Decision):
            yield answer


def _plain_lines(text: str) -> str:
    return "\n".join(_plain(line) for line in text.split("\n"))


def _fix(options: argparse.Namespace) -> int:
    """Put the sure slips of texts right, line for line; all are read before one is written."""
    loaded = files.load(options.project, Cache(options.project / ".cache"))
    # Outside a book the tool's own knowledge serves; a book that can't be read is an error.
    outside = all(finding.code == "FILE-MISSING" for finding in loaded.findings)
    texts = {name: _text_of(name) for name in options.files}
    unread = tuple(finding for text in texts.values() for finding in text.findings)
    if unread or (loaded.value is None and not outside):
        return _tell((*unread, *(() if outside else loaded.findings)), options)
    knowledge = loaded.value.knowledge if loaded.value else files.own_knowledge()
    rules, keep = (loaded.value.book.rules, loaded.value.book.keep) if loaded.value else ({}, ())
    for name, text in texts.items():
        _show_fixed(name, text.value, fixed_lines(text.value, knowledge, rules, keep), options)
    return FINE


def _text_of(name: str) -> Outcome[str]:
    if name != "-":
        return files.read_text(Path(name))
    try:
        return Outcome(sys.stdin.read())
    except UnicodeDecodeError as error:
        message = f"byte 0x{error.object[error.start]:02X} is not UTF-8"
        said = Finding("NOT-UTF8", Level.ERROR, Span("-"), message, "Save the text as UTF-8.")
        return Outcome("", (said,))


def _show_fixed(
    name: str, text: str, fixed: list[dict[str, object]], options: argparse.Namespace
) -> None:
    after = "\n".join(str(line["after"]) for line in fixed)
    if options.json:
        several = {"path": name} if len(options.files) > 1 else {}
        for line in fixed if fixed[-1]["before"] else fixed[:-1]:
            print(json.dumps(several | line, ensure_ascii=False))
    elif options.diff:
        old, new = text.splitlines(keepends=True), after.splitlines(keepends=True)
        sys.stdout.writelines(difflib.unified_diff(old, new, name, name))
    elif name == "-":
        sys.stdout.write(after)
    else:
        path = Path(name).resolve()
        files.save(path.parent, {path.name: after.encode()})


def fixed_lines(
    text: str, knowledge: Knowledge, rules: Mapping[str, str], keep: tuple[str, ...]
) -> list[dict[str, object]]:
    """Correct a text; gives each line as it was and is, with its changes and its own line end."""
    lines = text.split("\n")
    ends = ["\r" if line.endswith("\r") else "" for line in lines]
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    bare = "\n".join(line.removesuffix("\r") for line in lines).removeprefix(mark)
    entry = correct(Entry(Origin("-", 1, 1), bare, bare), knowledge, rules, keep).value
    changes: dict[int, list[dict[str, object]]] = {}
    told = ("code", "column", "before", "after", "reason", "by", "confidence")
    for change in entry.changes:
        if change.state is State.AUTO:
            said = {name: getattr(change, name) for name in told}
            changes.setdefault(change.line, []).append(said)
    after = (mark + entry.text).split("\n")
    rows = enumerate(zip(lines, after, ends, strict=True), start=1)
    return [
        {"line": n, "before": old, "after": new + end, "changes": changes.get(n, [])}
        for n, (old, new, end) in rows
    ]


def _machine(error: OSError) -> str:
    if "pango" in str(error).lower() or "gobject" in str(error).lower():
        return "the library Pango is missing. Run `make setup`, which installs it or says how."
    return str(error)
