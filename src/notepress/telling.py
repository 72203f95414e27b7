"""Findings and progress -> what is printed: as text, as JSON, as notices on GitHub, as a bar.

It imports nothing heavy, since a run that has nothing to do tells its findings too.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from notepress.model import Finding, Level

Progress = Callable[[str], None]
FINE, FINDINGS, USAGE, BROKEN = range(4)


def tell(findings: tuple[Finding, ...], options: argparse.Namespace) -> int:
    """Print findings, and give the exit code that they mean."""
    form = getattr(options, "format", "text")
    shown = [f for f in findings if f.level is not Level.NOTE or options.verbose or form != "text"]
    ordered = sorted(shown, key=lambda f: (f.span.path, f.span.line, f.span.column, f.code))
    written = {"text": _as_text(options), "json": _as_json, "github": _as_github}[form]
    stream = sys.stderr if form == "text" else sys.stdout
    for finding in ordered:
        print(written(finding), file=stream)
    return FINDINGS if errors(findings) else FINE


def errors(findings: Iterable[Finding]) -> bool:
    """Tell whether one of these is an error."""
    return any(finding.level is Level.ERROR for finding in findings)


def _as_text(options: argparse.Namespace) -> Callable[[Finding], str]:
    colored = sys.stderr.isatty() and not options.no_color and "NO_COLOR" not in options.environ
    colors = {Level.ERROR: "31", Level.WARNING: "33", Level.NOTE: "36"}

    def written(finding: Finding) -> str:
        code = f"\x1b[{colors[finding.level]}m{finding.code}\x1b[0m" if colored else finding.code
        hint = "".join(f"\n    {plain(line)}" for line in finding.hint.split("\n") if line)
        return f"{plain(str(finding.span))}: {code} {plain(finding.message)}{hint}"

    return written


def _as_json(finding: Finding) -> str:
    told = {
        "code": finding.code,
        "level": finding.level.value,
        "path": finding.span.path,
        "line": finding.span.line,
        "column": finding.span.column,
        "message": finding.message,
        "hint": finding.hint,
    }
    return json.dumps(told, ensure_ascii=False)


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


def plain(text: str) -> str:
    """Write out what would steer the terminal that a text is printed on."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def plain_lines(text: str) -> str:
    """Do the same to a text of several lines."""
    return "\n".join(plain(line) for line in text.split("\n"))


def say(text: str) -> None:
    """Print what is no finding, at once."""
    print(plain_lines(text), end="", file=sys.stderr, flush=True)


@contextmanager
def bar(options: argparse.Namespace, steps: int) -> Iterator[Progress]:
    """Show on a terminal how many steps are done; elsewhere nothing."""
    if options.quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    # Imported late: only a terminal needs it.
    from tqdm import tqdm  # see above

    form = "{desc:<12} {bar:30} {n_fmt}/{total_fmt} {elapsed}"
    with tqdm(total=steps, bar_format=form, leave=False) as shown:

        def show(step: str) -> None:
            shown.set_description_str(step)
            shown.update()

        yield show


@contextmanager
def ticker(options: argparse.Namespace) -> Iterator[Progress]:
    """Show on a terminal how far the asking is, in one line; elsewhere nothing."""
    if options.quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    try:
        yield lambda text: print(f"\r\x1b[K{plain(text)}", end="", file=sys.stderr, flush=True)
    finally:
        print(file=sys.stderr)
