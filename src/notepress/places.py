"""Where the tool's own files lie, run from a checkout or installed."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

KNOWLEDGE = "content/knowledge"
JOURNAL = "content/.unfinished-build.json"
"""Where it is written down what a build has begun to write."""


def home() -> Path:
    """Give the folder that holds the tool's own content, images and templates."""
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "templates").is_dir() and (checkout / KNOWLEDGE).is_dir():
        return checkout
    return Path(str(importlib.resources.files("notepress") / "_data"))
