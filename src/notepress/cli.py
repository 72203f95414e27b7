"""The command line: arguments, progress, printing, the clock and the exit code.

Exit 0: fine. 1: findings of level error, and nothing was written. 2: a command that
isn't one. 3: a machine that can't do the work (no Pango, no room on the disk).
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from notepress import __version__, interrupts, renderers, rerun, stationery
from notepress.telling import BROKEN, FINE, USAGE, recount


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code."""
    given = sys.argv[1:] if argv is None else argv
    options = _parser(given).parse_args(given)
    options.environ, options.now, options.before = os.environ, _now, {}
    try:
        with interrupts.stoppable():
            return _run(options)
    except BrokenPipeError:
        # Whoever read our output has seen enough; nothing more may be written to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except KeyboardInterrupt as stop:
        told = "everything" if getattr(options, "written", False) else "nothing"
        print(f"\nnotepress: stopped; {told} was written", file=sys.stderr)
        return 128 + (signal.SIGTERM if isinstance(stop, interrupts.Terminated) else signal.SIGINT)
    except OSError as error:
        # A machine's fault, not the book's: no library, no room, no permission.
        print(f"notepress: {_machine(error)}", file=sys.stderr)
        return BROKEN


def _run(options: argparse.Namespace) -> int:
    told = None
    if options.command in (None, "all", "normalize", *renderers.kinds()):
        options.before = rerun.state(options)
        told = None if getattr(options, "model", False) else rerun.recall(options, options.before)
    if told:
        return recount(told, options)
    if options.command == "diff":
        from notepress import diffing  # as below

        return diffing.run(options)
    # Imported late: where nothing is to be done, loading it would be most of the work.
    if options.command in _UNBUILT:
        from notepress import commands  # see above

        return commands.COMMANDS[options.command](options)
    from notepress import building  # see above

    return building.build(options)


_UNBUILT = frozenset(("fix", "review", "init", "push"))
_KINDS = {
    "deck": "the Anki deck",
    "sheet": "the printed sheet",
    "report": "the report of every change",
    "data": "cards.json",
    "crowdanki": "a folder for CrowdAnki",
}
_ABOUT = "Rough bilingual notes in; an Anki deck and a printed cheat sheet out."


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
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
    for kind in renderers.kinds():
        made = command(kind, f"make {_KINDS.get(kind, kind)} of the cards as they are")
        if kind == "sheet":
            _add_choices(made)
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
    compared = command(
        "diff", "tell what an update from one package to another does; needs no Anki"
    )
    if "diff" in given:
        # Imported only for its own sake: it is not for every start to load.
        from notepress import diffing  # see above

        diffing.add_arguments(compared)
    _add_push(command("push", "make the deck and bring it to the Anki that runs, by AnkiConnect"))
    return parser


def _add_push(push: argparse.ArgumentParser) -> None:
    dry = "say what would be done, and do nothing"
    push.add_argument("--dry-run", action="store_true", default=False, help=dry)
    base = "packages that were imported by hand, to tell your edits from our old texts"
    push.add_argument("--base", type=Path, nargs="+", default=[], metavar="OLD.apkg", help=base)
    overwrite = "put ours in place of your edits where both changed"
    push.add_argument("--overwrite", action="store_true", default=False, help=overwrite)
    restore = "add notes again that were deleted in Anki"
    push.add_argument("--restore", action="store_true", default=False, help=restore)


def _add_choices(sheet: argparse.ArgumentParser) -> None:
    """Add what may be printed otherwise than book.yaml says."""
    say = "; book.yaml says which otherwise"
    sheet.add_argument("--form", choices=stationery.FORMS, nargs="+", help="what to print" + say)
    sheet.add_argument("--paper", choices=stationery.PAPERS, help="on what paper" + say)
    both = (*stationery.LANGUAGES, "both")
    sheet.add_argument("--language", choices=both, help="in which language" + say)
    sheet.add_argument("--ink", choices=stationery.INKS, help="in color, or black alone" + say)
    pages = "how many pages a sheet fills; 0: as few as can be read with ease"
    sheet.add_argument("--pages", type=int, metavar="N", help=pages)
    sheet.add_argument("--columns", type=int, metavar="N", help="columns of a sheet")


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
    kept = "where to keep what may serve again; several books may share it (default: DIR/.cache)"
    parser.add_argument("--cache", type=Path, default=default(None), metavar="DIR", help=kept)
    strict = "anything unfinished, proposed, untranslated or missing is an error"
    flag("--strict", strict)
    flag("--quiet", "print findings only")
    flag("--verbose", "print notes as well as warnings")
    flag("--no-color", "print without color")


def _now() -> int:
    """Give the time that changed notes are dated with; the only clock of the tool."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch and not epoch.isdecimal():
        print(f"notepress: SOURCE_DATE_EPOCH is not a number of seconds: {epoch}", file=sys.stderr)
        sys.exit(USAGE)
    return int(epoch or time.time())


def _machine(error: OSError) -> str:
    if "pango" in str(error).lower() or "gobject" in str(error).lower():
        return "the library Pango is missing. Run `make setup`, which installs it or says how."
    return str(error)
