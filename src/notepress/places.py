"""Where the tool's own files lie, run from a checkout or installed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

KNOWLEDGE = "content/knowledge"
JOURNAL = "content/.unfinished-build.json"
"""Where it is written down what a build has begun to write."""


def home() -> Path:
    """Give the folder that holds the tool's own content, images and templates."""
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "templates").is_dir() and (checkout / KNOWLEDGE).is_dir():
        return checkout
    # Imported late: a run with nothing to do would take a tenth longer.
    from importlib.resources import files  # see above

    return Path(str(files("notepress") / "_data"))


def secret(environ: Mapping[str, str]) -> str:
    """Give what nobody but this user knows, made once and kept where programs keep such things.

    Where it can't be kept it is another one in each run.
    """
    made = os.urandom(32).hex()
    base, home = environ.get("XDG_STATE_HOME", ""), environ.get("HOME", "")
    if not base.startswith("/"):
        if not home.startswith("/"):
            return made
        base = f"{home}/.local/state"
    path = Path(base) / "notepress" / "cache-key"
    with suppress(OSError, UnicodeDecodeError):
        if not path.exists():
            _write_once(path, made)
        kept = path.read_text("ascii")
        return kept if len(kept) == len(made) else made
    return made


def _write_once(path: Path, text: str) -> None:
    """Write a file that its owner alone can read, unless another run is faster."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}-{os.getpid()}")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(text)
    try:
        with suppress(FileExistsError):
            path.hardlink_to(aside)
    finally:
        aside.unlink()
