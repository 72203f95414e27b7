"""The command ``diff``: two packages on disk into what is told of them, and an exit code.

It stands apart from ``cli`` since it needs nothing but Python: whoever makes a release
may compare packages on a machine where nothing is installed. So it reads its two files
itself, too: ``files`` knows all that a book consists of.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from notepress import package
from notepress.announce import FORMS, announce
from notepress.difference import compare, newest_release
from notepress.model import Finding, Level, Outcome, Span
from notepress.package import Package

ABOUT: Final = "tell what an update from one package to another does; needs no Anki"
_NAMED: Final = re.compile(r"[-_.]v?(\d{1,6}\.\d{1,6}\.\d{1,6})$")
_VERSION: Final = re.compile(r"v?(\d{1,6}\.\d{1,6}\.\d{1,6})")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``diff`` takes."""
    parser.add_argument(
        "old", type=Path, metavar="OLD.apkg", help="the package of the last release"
    )
    parser.add_argument("new", type=Path, metavar="NEW.apkg", help="the package to be released")
    forms = "how to tell it; markdown is for release notes"
    parser.add_argument("--format", choices=FORMS, default="text", help=forms)
    version = "the version of OLD.apkg (default: what its name ends in, or its newest tag)"
    parser.add_argument(
        "--from-version", type=_version, default=None, metavar="X.Y.Z", help=version
    )


def main(argv: Sequence[str]) -> int:
    """Run ``diff`` alone, without the commands that need more."""
    parser = argparse.ArgumentParser(prog="build.py diff", description=f"{ABOUT}.")
    add_arguments(parser)
    return run(parser.parse_args(argv))


def run(options: argparse.Namespace) -> int:
    """Compare and tell; 1 where Anki would not do what the new package says."""
    read = [load(path) for path in (options.old, options.new)]
    unread = [finding for outcome in read for finding in outcome.findings]
    old, new = (outcome.value for outcome in read)
    if old is None or new is None:
        return _tell(unread)
    named = _NAMED.search(options.old.stem)
    version = options.from_version or (named[1] if named else newest_release(old)) or None
    difference = compare(old, new, str(options.new))
    print(_printable(announce(difference, options.format, version)), end="")
    return _tell(difference.findings)


def load(path: Path) -> Outcome[Package | None]:
    """Read a package from disk; no more of it than a deck can need."""
    found = load_bytes(path)
    return (
        Outcome(None, found.findings)
        if found.value is None
        else package.read(found.value, str(path))
    )


def load_bytes(path: Path) -> Outcome[bytes | None]:
    """Read a regular file that isn't too large for a package."""
    try:
        if not path.is_file():
            return _unread(path, "is a folder" if path.is_dir() else "there is no such file")
        with path.open("rb") as opened:
            data = opened.read(package.LARGEST + 1)
    except (OSError, ValueError) as error:
        return _unread(path, getattr(error, "strerror", None) or str(error))
    if len(data) > package.LARGEST:
        message = "it is too large to be a deck"
        return Outcome(None, (Finding("PACKAGE-LARGE", Level.ERROR, Span(str(path)), message),))
    return Outcome(data)


def _unread(path: Path, message: str) -> Outcome[bytes | None]:
    return Outcome(None, (Finding("FILE-UNREADABLE", Level.ERROR, Span(str(path)), message),))


def _version(text: str) -> str:
    if not (found := _VERSION.fullmatch(text)):
        raise argparse.ArgumentTypeError(f"{text} is no version of three numbers")
    return found[1]


def _tell(findings: Iterable[Finding]) -> int:
    """Print findings; a package has no lines, so its path alone says where."""
    told = [*findings]
    for finding in told:
        hint = f"\n    {finding.hint}" if finding.hint else ""
        text = f"{finding.span.path}: {finding.code} {finding.message}{hint}"
        print(_printable(text), file=sys.stderr)
    return int(any(finding.level is Level.ERROR for finding in told))


def _printable(text: str) -> str:
    # What a package holds must not steer the terminal that it is printed on.
    return "".join(c if c == "\n" or c.isprintable() else repr(c)[1:-1] for c in text)
