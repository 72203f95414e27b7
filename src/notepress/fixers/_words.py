"""Ordinary Chinese words, commonest first, and how likely a run of characters is made of them.

A word typed for another of the same sound, or less one of its characters, mostly
leaves characters that make no word. So the cost of a text, cut in the best way into
words, tells a slip from a right text that merely looks alike.

The words and how often they are used come from the dictionary of jieba (MIT); no more
than their order is used, for the frequency of a word falls with its rank (Zipf's law).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import log

from notepress.knowledge import Knowledge

_LONGEST = 6
_MOST_WORDS = 60_000
_SELDOM = 5
"""Words met so seldom come after the last that is taken, by far."""
_LONGEST_WORD = 4
_ALONE = 300
"""How many characters are common enough by themselves to be words."""
_NAMES = frozenset(("nr", "nrt", "nrfg"))
"""How the dictionary marks people, whose names sound like everything."""
_SMOOTH = 12
_TERM_RANK = 1500
"""Where a term of the field stands at least, however seldom it was met."""
_USED_RANK = 3000
"""Where a word stands that the field uses once; one used more often stands higher."""
_RARE_RANK = 60_000
"""Where a word stands that only the dictionary of sounds knows."""
_STRANGE = 12.5
"""The cost of a character that seldom stands alone."""


@lru_cache(maxsize=4)
def ranks(knowledge: Knowledge) -> Mapping[str, int]:
    """Give every ordinary word with its place, commonest first."""
    words = knowledge.keep("words", lambda: "\n".join(_ordinary()).encode()).decode().split("\n")
    return {word: place for place, word in enumerate(words)}


def _ordinary() -> list[str]:
    # Imported late: only a text that may hold such a slip needs its tables.
    from jieba import get_dict_file

    with get_dict_file() as opened:
        columns = opened.read().decode().split()
    # A line holds a word, how often it was met, and its kind; most were hardly ever met.
    rows = zip(columns[::3], map(int, columns[1::3]), columns[2::3], strict=True)
    met = [
        (-times, word)
        for word, times, kind in rows
        if times > _SELDOM and len(word) <= _LONGEST_WORD and kind not in _NAMES
    ]
    words = [word for _, word in sorted(met)]
    alone = set([word for word in words if len(word) == 1][:_ALONE])
    several = [word for word in words if len(word) > 1 or word in alone]
    return several[:_MOST_WORDS]


class Costs:
    """What every word costs: those of the field, those that it uses so often, and all others."""

    def __init__(
        self, terms: Iterable[str], used: Mapping[str, int], ranks: Mapping[str, int]
    ) -> None:
        # Imported late: reading its tables takes longer than most rules.
        from pypinyin.constants import PHRASES_DICT  # see above

        self.terms = frozenset(terms)
        self.ranks = ranks
        places = dict.fromkeys(PHRASES_DICT, _RARE_RANK) | dict.fromkeys(self.terms, _TERM_RANK)
        for word, place in ranks.items():
            nearer = _USED_RANK // used[word] if word in used else place
            places[word] = min(place, nearer, places.get(word, place))
        self._costs = {word: log(place + _SMOOTH) for word, place in places.items()}

    def __contains__(self, word: str) -> bool:
        return word in self._costs

    def isdisjoint(self, words: Iterable[str]) -> bool:
        """Tell whether none of these is a word of two characters or more."""
        return not any(len(word) > 1 and word in self._costs for word in words)

    def of(self, run: str) -> float:
        """Give the cost of a run of Chinese characters, cut into words in the best way."""
        costs = self._costs
        best = [0.0]
        for end in range(1, len(run) + 1):
            cheapest = best[end - 1] + costs.get(run[end - 1], _STRANGE)
            for start in range(max(0, end - _LONGEST), end - 1):
                cost = costs.get(run[start:end])
                if cost is not None and best[start] + cost < cheapest:
                    cheapest = best[start] + cost
            best.append(cheapest)
        return best[-1]
