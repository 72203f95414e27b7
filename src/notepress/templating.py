"""Templates and values -> HTML, in a sandbox.

A book may bring templates of its own, and a book may come from a stranger. A template
sees what it is handed: it reaches no file, no module and no inside of a value, changes
nothing, and counts only so far. What it writes is its author's; nobody vouches for it.
"""

from __future__ import annotations

from collections.abc import Mapping

from jinja2 import DictLoader, StrictUndefined, TemplateError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

__all__ = ["FAULTS", "environment"]

# What a wrong template ends in, besides what is wrong with the values that it is handed.
FAULTS = (
    TemplateError,
    ArithmeticError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)

_MOST_REPEATED = 100_000


class _Environment(ImmutableSandboxedEnvironment):
    """A sandbox that doesn't multiply texts or raise numbers without end either."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def call_binop(self, context: object, operator: str, left: object, right: object) -> object:
        """Refuse what would fill the memory in one step."""
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        large = any(isinstance(side, int) and abs(side) > _MOST_REPEATED for side in (left, right))
        if operator == "%" and not numbers:
            raise SecurityError("a template may not format with %")
        if operator != "%" and (large or operator == "**" or not numbers):
            raise SecurityError(f"a template may not compute {operator} with these values")
        return super().call_binop(context, operator, left, right)  # type: ignore[arg-type]  # as it is called


def environment(templates: Mapping[str, str], *, trim: bool = False) -> _Environment:
    """Give what renders these templates; markup in values is escaped, names must exist."""
    return _Environment(
        loader=DictLoader(dict(templates)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=trim,
        lstrip_blocks=trim,
    )
