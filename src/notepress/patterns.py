"""A regular expression -> why it may take for ever, judged by its form before it is used.

Where a text almost matches, ``re`` tries every way in which repeats can share its
characters. So what counts is how many ways there are: repeats that may take the same
characters, with nothing between them that only one may take, multiply, and a repeat of
repeats raises them to a power. The count errs on the side of too many.

Source: Weideman et al., "Analyzing matching time behavior of backtracking regular
expression matchers by using ambiguity of NFA", 2016.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

# Public until Python 3.11, and without another name since.
_parser: Final[Any] = import_module("re._parser")

_UNBOUNDED: Final = 1000
"""How often a repeat without a bound is taken to repeat: a long line has more characters."""
_MOST: Final = 10_000_000
"""So many ways are tried in a second or so; two repeats without a bound have less, three more."""
_LONGEST: Final = 4000
# Characters that stand for all of their kind.
_USUAL: Final = "aZz09_ \t\n-.,，。；、：（）的中éλ\u3000"
_CATEGORIES: Final = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}


# Told apart by identity: two of one kind are two.
@dataclass(frozen=True, slots=True, eq=False)
class _Repeat:
    """What a repeat that was passed may still take, and how many numbers of it."""

    letters: frozenset[str]
    ways: int


_Open = frozenset[_Repeat]
_SINGLE: Final = frozenset(("LITERAL", "NOT_LITERAL", "ANY", "IN"))


class _TooManyWaysError(Exception):
    """Repeats can share a text in more ways than can be tried."""


def slow(pattern: str) -> str:
    """Say why matching a pattern may take for ever; "" for one that is fast enough."""
    if len(pattern) > _LONGEST:
        return f"more than {_LONGEST} characters"
    tree = _parser.parse(pattern)
    walk = _Walk(frozenset(_USUAL).union(pattern, pattern.swapcase()))
    try:
        walk.anywhere(tree)
    except _TooManyWaysError as error:
        return str(error)
    except RecursionError:
        return "groups in groups, too deep to be judged"
    return ""


class _Walk:
    """A walk through a pattern, with the characters by which its parts are told apart."""

    def __init__(self, letters: frozenset[str]) -> None:
        self.letters = letters

    def anywhere(self, items: Iterable[tuple[Any, Any]]) -> None:
        """Go through a pattern that is tried at every place, which is a repeat by itself."""
        whole = list(items)
        self.through(whole, frozenset((_Repeat(self._first(whole), _UNBOUNDED),)))

    def _first(self, items: Iterable[tuple[Any, Any]]) -> frozenset[str]:
        """Give the characters that a match may begin with."""
        found: frozenset[str] = frozenset()
        for operator, value in items:
            match str(operator):
                case "AT" | "ASSERT" | "ASSERT_NOT":
                    continue
                case "MAX_REPEAT" | "MIN_REPEAT" if not value[0]:
                    found |= self._of(value[-1])
                    continue
                case "BRANCH":
                    return found.union(*map(self._first, value[1]))
                case "SUBPATTERN" | "MAX_REPEAT" | "MIN_REPEAT":
                    return found | self._first(value[-1])
                case _:
                    return found | self._of([(operator, value)])
        return self.letters

    def through(self, items: Iterable[tuple[Any, Any]], passed: _Open) -> _Open:
        """Go through items one after another; give the repeats that are open behind them."""
        for operator, value in items:
            passed = self._past(str(operator), value, passed)
        return passed

    def _past(self, operator: str, value: Any, passed: _Open) -> _Open:  # noqa: ANN401  # as re's parser gives it
        match operator:
            case "MAX_REPEAT" | "MIN_REPEAT":
                return self._repeated(value, passed)
            case "SUBPATTERN":
                return self.through(value[-1], passed)
            case "BRANCH":
                opened = self._opened(self._of([(operator, value)]), self._alike(value[1]), passed)
                return opened.union(*(self.through(one, passed) for one in value[1]))
            case "ASSERT" | "ASSERT_NOT" | "POSSESSIVE_REPEAT":
                # Nothing behind it makes these try another way.
                self.through(value[-1], passed)
            case "ATOMIC_GROUP":
                self.through(value, passed)
            case "GROUPREF_EXISTS":
                sides = [one for one in value[1:] if one is not None]
                return passed.union(*(self.through(one, passed) for one in sides))
            case "AT" | "GROUPREF":
                pass
            case _:
                # A character that a repeat can't take ends what it may share.
                here = self._of([(operator, value)])
                return frozenset(one for one in passed if one.letters & here)
        return passed

    def _repeated(self, value: Any, passed: _Open) -> _Open:  # noqa: ANN401  # see above
        least, bound, body = value
        most = min(bound, _UNBOUNDED)
        inside = self.through(body, passed)
        # What is in a loop is passed anew, another way each time.
        power = min(self._ways(body), _MOST) ** most if most > 1 else 1
        if power > _MOST:
            raise _TooManyWaysError("a repeat of what repeats itself, as in (a+)+")
        opened = self._opened(self._of(body), power * (most - least + 1), passed)
        return (inside if least else passed | inside) | opened

    def _opened(self, letters: frozenset[str], ways: int, passed: _Open) -> _Open:
        """Open what may take these characters in so many ways, each with every way before it."""
        if ways == 1:
            return frozenset()
        product = ways
        for other in passed:
            product *= other.ways if other.letters & letters else 1
        if product > _MOST:
            raise _TooManyWaysError("repeats that may take the same characters, as in a*a*")
        return frozenset((_Repeat(letters, ways),))

    def _ways(self, items: Iterable[tuple[Any, Any]]) -> int:
        """Count the ways in which parts can be passed; a power that a loop makes is told there."""
        ways = 1
        for operator, value in items:
            match str(operator):
                case "MAX_REPEAT" | "MIN_REPEAT":
                    least, most, body = value
                    ways *= min(most, _UNBOUNDED) - least + 1 if least < most else 1
                    ways *= self._ways(body)
                case "SUBPATTERN":
                    ways *= self._ways(value[-1])
                case "BRANCH":
                    ways *= self._alike(value[1]) * max(map(self._ways, value[1]))
                case _:
                    pass
        return ways

    def _alike(self, branches: list[Any]) -> int:
        """Count the branches that may take what another takes; one if none."""
        shared = [
            one
            for place, one in enumerate(branches)
            if any(self._clash(one, two) for at, two in enumerate(branches) if at != place)
        ]
        return max(1, len(shared))

    def _clash(self, one: Any, two: Any) -> bool:  # noqa: ANN401  # see above
        """Tell whether two branches may begin alike as far as the shorter goes."""
        for left, right in zip(one, two, strict=False):
            if not {str(left[0]), str(right[0])} <= _SINGLE:
                return True
            if not self._of([left]) & self._of([right]):
                return False
        return True

    def _of(self, items: Iterable[tuple[Any, Any]]) -> frozenset[str]:
        """Give the characters that parts of a pattern may take."""
        found: set[str] = set()
        for operator, value in items:
            match str(operator):
                case "LITERAL":
                    found |= {chr(value), chr(value).swapcase()}
                case "NOT_LITERAL":
                    found |= self.letters - {chr(value)}
                case "ANY":
                    found |= self.letters
                case "IN":
                    found |= self._among(value)
                case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT" | "SUBPATTERN":
                    found |= self._of(value[-1])
                case "ATOMIC_GROUP":
                    found |= self._of(value)
                case "BRANCH":
                    found = found.union(*map(self._of, value[1]))
                case "GROUPREF" | "GROUPREF_EXISTS":
                    found |= self.letters
                case _:
                    pass
        return frozenset(found)

    def _among(self, kinds: list[tuple[Any, Any]]) -> frozenset[str]:
        """Give the characters of a class such as ``[^，。]``."""
        found: set[str] = set()
        for operator, value in kinds:
            match str(operator):
                case "LITERAL":
                    found.add(chr(value))
                case "RANGE":
                    first, last = value
                    found |= {chr(first), chr(last)}
                    found |= {one for one in self.letters if first <= ord(one) <= last}
                case "CATEGORY":
                    kind = re.compile(_CATEGORIES[str(value)])
                    found |= {one for one in self.letters if kind.match(one)}
                case _:
                    pass
        if kinds and str(kinds[0][0]) == "NEGATE":
            return self.letters - found
        return frozenset(found)
