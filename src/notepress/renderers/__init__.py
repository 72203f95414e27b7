"""Edition -> Artifacts: one module for each kind of output, found by being here.

A renderer has ``NAME`` (the command that makes it), ``TEMPLATES`` (its folder under
``templates/``, "" where it needs none) and
``render(edition: Edition, assets: Assets, stamp: Stamp) -> Artifacts``.
It reads no file and no clock, and doesn't decide whether it should run.
"""

from __future__ import annotations

import pkgutil
from functools import cache


@cache
def kinds() -> tuple[str, ...]:
    """Name every kind of output; each is one module."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name[0] != "_"))
