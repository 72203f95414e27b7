"""Commands that don't build -> exit codes; ``push`` builds a deck first, and brings it to Anki.

What a command is asked, and where it runs, comes in as ``options``, as for ``building``.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import re
import secrets
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

from notepress import (
    diffing,
    files,
    journal,
    newbook,
    pipeline,
    publishing,
    pushing,
    reconcile,
    strict,
)
from notepress import review as settling
from notepress.ankiconnect import USUAL, Anki
from notepress.building import alone, lagging, open_cache, out_folder, save
from notepress.decisions import Decision
from notepress.fixers import correct
from notepress.knowledge import Knowledge
from notepress.model import Entry, Finding, Level, Origin, Outcome, Span, State
from notepress.pipeline import Ingested
from notepress.publishing import Workshop
from notepress.telling import (
    FINE,
    USAGE,
    errors,
    plain,
    plain_lines,
    tell,
    ticker,
)


def init(options: argparse.Namespace) -> int:
    """Make a new book; a folder that holds one already is left as it is."""
    folder: Path = options.folder
    if (folder / newbook.BOOK).exists():
        hint = "Choose another folder, or add the notes to its content/."
        there = Finding(
            "BOOK-EXISTS", Level.ERROR, Span(str(folder / newbook.BOOK)), "a book is here", hint
        )
        return tell((there,), options)
    gathered = files.gather(options.notes)
    if gathered.findings:
        return tell(gathered.findings, options)
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
        return tell(tuple(said), options)
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


def review(options: argparse.Namespace) -> int:
    """Ask about every proposal, and add the answers to content/decisions.yaml."""
    if journal.pending(options.project):
        return tell((files.interrupted(),), options)
    loaded = files.load(options.project)
    if loaded.value is None:
        return tell(loaded.findings, options)
    ingested = pipeline.ingest(loaded.value, lambda _: None).value
    answers: list[Decision] = []
    try:
        for answer in _answers(ingested):
            answers.append(answer)  # noqa: PERF402  # each counts, even if the next is never given
    except (EOFError, KeyboardInterrupt):
        print()
    files.append(options.project, files.DECISIONS, settling.dump(answers))
    print(f"{len(answers)} settled; python build.py applies them")
    return FINE


def _answers(ingested: Ingested) -> Iterator[Decision]:
    for part in ingested.rest.unresolved:
        origin = part.origin
        print(f"\n{origin.path}:{origin.first_line}\n{plain_lines(part.raw)}\n  {part.reason}")
        key = input("[d]rop  [s]kip  [q]uit > ").strip().lower()[:1]
        if key == "q":
            return
        if key == "d":
            yield settling.drop(part, input("why > "))
    for question in settling.questions(ingested.cards):
        change = question.change
        print(f"\n{change.path}:{change.line}:{change.column} {question.card} {change.code}")
        print(f"  - {plain(change.before)}\n  + {plain(change.after)}")
        print(f"  {plain(change.reason)}")
        answer = settling.decide(question, input)
        if answer is False:
            return
        if isinstance(answer, Decision):
            yield answer


def fix(options: argparse.Namespace) -> int:
    """Put the sure slips of texts right, line for line; all are read before one is written."""
    loaded = files.load(options.project, open_cache(options))
    # Outside a book the tool's own knowledge serves; a book that can't be read is an error.
    outside = all(finding.code == "FILE-MISSING" for finding in loaded.findings)
    texts = {name: _text_of(name) for name in options.files}
    unread = tuple(finding for text in texts.values() for finding in text.findings)
    if unread or (loaded.value is None and not outside):
        return tell((*unread, *(() if outside else loaded.findings)), options)
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


def push(options: argparse.Namespace) -> int:
    """Make the deck as ``deck`` does, and bring it to Anki."""
    with alone(options) as code:
        return _push(options) if code == FINE else code


def _push(options: argparse.Namespace) -> int:
    root, out = options.project, out_folder(options)
    cache = open_cache(options)
    loaded, remembered = files.load(root, cache), files.pushed(root)
    if loaded.value is None or remembered.findings:
        return tell((*loaded.findings, *remembered.findings), options)
    sources = loaded.value
    path = out / f"{sources.book.slug}.apkg"
    bases = [diffing.load(base) for base in options.base]
    unread = tuple(finding for base in bases for finding in base.findings)
    if unread:
        return tell(unread, options)
    pushed, earlier = remembered.value, reconcile.Record()
    for base in bases:
        pushed = reconcile.joined(reconcile.made(base.value), pushed) if base.value else pushed
    if path.is_file() and (last := diffing.load(path).value):
        earlier = reconcile.made(last)
    ingested = Ingested(sources.cards, sources.rest, sources.lock, {})
    shop = Workshop(root, cache, options.now(), lambda _: None)
    built = publishing.publish(sources, ingested, loaded.findings, ("deck",), shop)
    findings = (*loaded.findings, *built.findings, *lagging(ingested, built.value, options))
    if errors(findings):
        return tell(findings, options)
    data = built.value.files[path.name]
    parcel = pushing.parcel(data, str(path))
    if parcel.value is None:
        return tell(parcel.findings, options)
    if not options.dry_run:
        save(root, options, ingested, built.value)
    wishes = reconcile.Wishes(sources.book.id, options.overwrite, options.restore)
    with ticker(options) as show:
        told = None if options.dry_run else show
        brought = pushing.push(
            _anki(options.environ), parcel.value, (pushed, earlier), wishes, told
        )
    if brought.value and not options.dry_run:
        plain = files.dump_json(strict.to_plain(brought.value.record))
        files.save(root, {files.PUSHED: plain})
    if brought.value and not options.quiet:
        print(plain_lines(pushing.summary(brought.value.plan, dry=options.dry_run)), end="")
    return tell(brought.findings, options)


def _anki(environ: Mapping[str, str]) -> Anki:
    """Read from the environment where Anki listens; exits where that makes no sense."""
    url = environ.get("NOTEPRESS_ANKI_URL", "").strip() or USUAL
    if not re.fullmatch(r"https?://[^\s/?#@]+(?::\d{1,5})?/?", url, re.ASCII):
        wrong = "NOTEPRESS_ANKI_URL is no address that begins with http:// or https://"
        print(f"notepress: {wrong}\n    the usual one is {USUAL}", file=sys.stderr)
        sys.exit(USAGE)
    return Anki(url, environ.get("NOTEPRESS_ANKI_KEY", "").strip())


COMMANDS = {"fix": fix, "review": review, "init": init, "push": push}
"""Those that build nothing; every other one is ``build``."""
