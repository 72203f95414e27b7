"""Plain values that this version wrote itself -> the dataclasses that they were, unchecked.

What was read strictly once need not be judged again: from a cache that is keyed by what
it was read from, and by the tool's own sources, values come back in a tenth of the time.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")

MISTAKES = (ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What comes of values that were not written here: whoever forges a cache gains our time."""


def build(kind: type[T], plain: object) -> T:
    """Make a value of ``kind`` from what ``strict.to_plain`` gave for it."""
    made: T = _builder(kind)(plain)  # type: ignore[arg-type]  # a type is hashable, whatever it is of
    return made


@cache
def _builder(kind: Any) -> Callable[[Any], Any]:  # noqa: ANN401  # any annotation of the model
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _dataclass_builder(kind)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple:
        item = _builder(arguments[0])
        return (lambda plain: tuple(map(item, plain))) if item is not _as_it_is else tuple
    if origin not in (None, Callable) and issubclass(origin, Mapping):
        return dict
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    if origin is Callable:
        return _as_it_is  # what does something is no value, and never written
    if origin is UnionType or kind in (str, int, float, bool):
        return _as_it_is
    raise TypeError(kind)  # a type that the model doesn't use so far


def _dataclass_builder(kind: type) -> Callable[[Any], Any]:
    parts = {name: _builder(hint) for name, hint in get_type_hints(kind).items()}

    def make(plain: Mapping[str, Any]) -> object:
        return kind(**{name: parts[name](value) for name, value in plain.items()})

    return make


def _as_it_is(plain: object) -> object:
    return plain
