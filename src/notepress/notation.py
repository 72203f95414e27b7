r"""Cards -> the table of notation: what each letter of their formulas stands for, and where.

A letter means one thing in one formula and another in the next, so a meaning is told
with the numbers of the entries that it holds in. Rows are sorted as in an index: by
the letter itself, Latin before Greek, whatever stands over, under or around it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from notepress.model import Bilingual, Card

# In the order of the Greek alphabet; with a capital, the capital letter.
_GREEK: Final = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta"),
    *("vartheta", "iota", "kappa", "lambda", "mu", "nu", "xi", "omicron", "pi", "rho", "sigma"),
    *("tau", "upsilon", "phi", "varphi", "chi", "psi", "omega"),
)
_COMMAND: Final = re.compile(r"\\[A-Za-z]+|\\.")
_LETTER: Final = re.compile(r"\\([A-Za-z]+)|([A-Za-z])")
# What only says how a letter looks, and what begins a name that is spelled out.
_LOOKS: Final = frozenset(
    (
        *("mathbf", "mathbb", "mathcal", "mathrm", "mathit", "mathsf", "mathfrak", "boldsymbol"),
        *("hat", "bar", "tilde", "vec", "dot", "ddot", "widehat", "widetilde", "overline"),
        *("left", "right", "bigl", "bigr", "big", "operatorname", "text"),
    )
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a symbol stands for, and in which cards' formulas, by their numbers."""

    text: Bilingual
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One symbol of the table, with all that it stands for."""

    tex: str
    meanings: tuple[Meaning, ...]


def table(cards: Sequence[Card]) -> tuple[Row, ...]:
    """Gather the symbols of cards; a card's number is its place, from 1."""
    found: dict[str, dict[Bilingual, list[int]]] = {}
    for number, card in enumerate(cards, start=1):
        for symbol in card.symbols:
            meaning = Bilingual(symbol.zh.strip(), symbol.en.strip())
            numbers = found.setdefault(symbol.tex, {}).setdefault(meaning, [])
            if number not in numbers:
                numbers.append(number)
    return tuple(Row(tex, _meanings(found[tex])) for tex in sorted(found, key=_order))


def _meanings(held: Mapping[Bilingual, list[int]]) -> tuple[Meaning, ...]:
    return tuple(Meaning(text, tuple(numbers)) for text, numbers in held.items())


def _order(tex: str) -> tuple[int, str, bool, int, str]:
    """Sort by alphabet, letter, small before capital, and then the plainest first."""
    for found in _LETTER.finditer(tex):
        command, letter = found.groups()
        if letter:
            return 0, letter.lower(), letter.isupper(), len(tex), tex
        if command.lower() in _GREEK:
            place = f"{_GREEK.index(command.lower()):02}"
            return 1, place, command[0].isupper(), len(tex), tex
        if command not in _LOOKS:
            return 2, command, False, len(tex), tex
    return 3, _COMMAND.sub("", tex), False, len(tex), tex
