"""What a fixer sees and gives: a text with its protected places, and the edits to make there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from notepress.knowledge import Knowledge

HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Inside a character class: Chinese characters of the basic plane."""

# What no fixer may touch: code, maths, links, tags, addresses, identifiers.
_PROTECTED = re.compile(
    r"""
    \A---[ \t]*\n(?:.*?\n)??---[ \t]*$       # what an editor keeps above the text
    | ^[ \t]*(`{3,}|~{3,})[^\n]*\n(?:.*?\n)??[ \t]*\1[`~]*[ \t]*$   # a fenced block
    | `+[^`\n]+`+                              # code
    | \$\$.+?\$\$ | \$[^$\n]+\$                # maths
    | \\\(.+?\\\) | \\\[.+?\\\]
    | !?\[[^\]\n]*\]\([^)\n]*\)                # a link or a picture
    | (?<=\S)\t+                               # what parts the columns of a table
    | !\[\[[^\]\n]*\]\] | \[\^[^\]\s]+\]       # a picture of a wiki's, a footnote
    | \[\[[\d\s.,;+-]*\]\]                     # a row of numbers
    | </?[A-Za-z][^<>\n]*>                     # a tag
    | (?:https?|ftp|file)://[^\s\u3000-\u303f\u3400-\u9fff\uff00-\uffef]+(?<![.,;:!?)])
    | www\.[\w./?=&%-]+
    | [\w.+-]+@[\w-]+(?:\.\w+)+                  # an address
    | (?<![\w.])[A-Za-z]\w*(?:\.[A-Za-z_]\w*)+(?:\([^()\n\u3400-\u9fff]*\))?  # a.dotted.name
    | \b[A-Za-z0-9]+(?:_[A-Za-z0-9_]*)+ | \b_+[A-Za-z]\w*  # snake_case
    | \b[A-Za-z_]\w*\[[^\[\]\n\u3000-\u303f\u3400-\u9fff\uff00-\uffef]*\]  # x[:, 1:]
    | \(\s*[+-]?(?:\d[\d.]*|[A-Za-z]\d?)      # (0, 0)
      (?:\s*,\s*[+-]?(?:\d[\d.]*|[A-Za-z]\d?|\.\.\.))+\s*\)
    | (?:(?<=形状)|(?<=形状[是为])|(?<=维度[是为])|(?<=大小[是为])|(?<=尺寸[是为])|(?<=shape))
      \s*\([\w\s,.+*/×^-]*\)                # (batch, length)
    | \b[A-Za-z]\w*\([\w\s,.+*/^-]*\)          # f(x) = …
      (?:\s*[=<>≤≥≈]\s*[^\s，。；：,;:!?！？\u3400-\u9fff（）]+)?
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE | re.ASCII,
)


_FORMULA = ("\\(", "\\[", "$")

# A sentence about how words are written quotes wrong ones on purpose.
_SENTENCE = re.compile(r"[^。！？\n]+")
_ON_WORDING = re.compile(
    r"写[成作法]|误写|打成|打错|错写|错别字|笔误|拼[写错]|[叫说读]法|念成|读成|繁体"
)
_QUOTED = re.compile(r"“[^”\n]*”|\"[^\"\n]*\"|「[^」\n]*」|『[^』\n]*』|‘[^’\n]*’")
_BOTH_WAYS = re.compile(r"[^，。；：！？,;\n]+(?=[两二几多]种(?:写|叫|说|读)法)")


@dataclass(frozen=True, slots=True)
class Edit:
    """Put ``after`` in place of ``[start:end]``, for this reason.

    An edit whose ``sure`` is false alters meaning or is a guess: it becomes a
    proposal, and the text stays as it is until a person settles it. One of ``formulas``
    may take in formulas, each of them whole.
    """

    start: int
    end: int
    after: str
    reason: str
    confidence: float = 1.0
    sure: bool = True
    by: str = "rule"
    formulas: bool = False


# Most rules leave a text as it is, and the next asks for the very same.
@lru_cache(maxsize=64)
def _protected(value: str, keep: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    found = [m.span() for m in _PROTECTED.finditer(value)]
    for sentence in _SENTENCE.finditer(value):
        if not _ON_WORDING.search(sentence[0]):
            continue
        for pattern in (_QUOTED, _BOTH_WAYS):
            found.extend(m.span() for m in pattern.finditer(value, *sentence.span()))
    for word in keep:
        found.extend(m.span() for m in re.finditer(re.escape(word), value))
    return tuple(sorted(found))


@dataclass(frozen=True, slots=True)
class Text:
    """The text of an entry as corrected so far, with the places that no fixer may touch."""

    value: str
    keep: tuple[str, ...] = ()
    protected: tuple[tuple[int, int], ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "protected", _protected(self.value, self.keep))

    def free(self, start: int, end: int, *, formulas: bool = False) -> bool:
        """Tell whether nothing in ``[start:end]`` is protected, save whole ``formulas``."""
        met = ((s, e) for s, e in self.protected if s < max(end, start + 1) and start < e)
        return all(
            formulas and start <= s and e <= end and self.value.startswith(_FORMULA, s)
            for s, e in met
        )

    def inside(self, at: int) -> bool:
        """Tell whether the gap before ``at`` lies within a protected place."""
        return any(s < at < e for s, e in self.protected)

    def finditer(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Yield the matches of a pattern that touch nothing protected."""
        return (m for m in pattern.finditer(self.value) if self.free(*m.span()))

    def line_at(self, at: int) -> str:
        """Give the whole line that holds the place ``at``."""
        start = self.value.rfind("\n", 0, at) + 1
        end = self.value.find("\n", at)
        return self.value[start : end if end >= 0 else len(self.value)]


class Fixer(Protocol):
    """What a module of this package must hold: one rule, with its examples.

    ``EXAMPLES`` are pairs before and after; ``UNTOUCHED`` look alike and are right.
    """

    CODE: str
    PHASE: int
    EXAMPLES: tuple[tuple[str, str], ...]
    UNTOUCHED: tuple[str, ...]

    def fix(self, text: Text, knowledge: Knowledge) -> Iterator[Edit]:
        """Yield edits that don't overlap, in the order of the text."""
        ...
