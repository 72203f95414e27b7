"""Edition -> Artifacts: one module for each kind of output, found by being here.

A renderer has ``NAME`` (the command that makes it), ``TEMPLATES`` (its folder under
``templates/``, "" where it needs none),
``render(edition: Edition, assets: Assets, stamp: Stamp) -> Artifacts``, and
``reads(edition: Edition, stamp: Stamp) -> tuple[Edition, Stamp]``, which leaves out what
can't change what is rendered.
It reads no file and no clock, and doesn't decide whether it should run.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Collection
from functools import cache
from typing import Final

ON_REQUEST: Final = frozenset({"crowdanki"})
"""What is made by its own command alone, or where ``also`` in ``book.yaml`` names it."""


@cache
def kinds() -> tuple[str, ...]:
    """Name every kind of output; each is one module."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name[0] != "_"))


def usual(also: Collection[str]) -> tuple[str, ...]:
    """Name the kinds that a book is published as, where nobody asks for one alone."""
    return tuple(kind for kind in kinds() if kind in also or kind not in ON_REQUEST)
