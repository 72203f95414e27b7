"""Items of lists -> those that open entries, in a series that nothing leads over to.

They ask something, or name something and say more below. What stands between two
of them belongs to the first; so do the numbers of a list within its answer, which
begin again at one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from notepress.blocks import Block, is_asked, would_open
from notepress.lines import (
    ASK,
    CHAPTER,
    bold_head,
    goes_on,
    has_head,
    is_question,
    is_term,
    number_of,
)

_MOST = 0.5
_NEARLY_ALL = 0.75
_MARKER = re.compile(
    r"[ \t]*([-*+•]|[(（]?(?:\d{1,3}(?:\.\d{1,2})*|[一二三四五六七八九十]{1,3}|[①-⑳])"
    r"[.)、．）]?|第)"
)
_COUNTED = re.compile(r"\d+(?:\.\d+)*|[一二三四五六七八九十]+|[①-⑳]")
_SIGNS = {
    "1.1": re.compile(r"\d+(?:\.\d+)+"),
    "1": re.compile(r"\d+"),
    "一": re.compile(r"[一二三四五六七八九十]+"),
    "①": re.compile(r"."),
}
_PROMISES = re.compile(r"[两二三四五六七八九\d]\s*大?[个种类点步条]|如下|[:：]\**$")
_PSEUDO_LEVEL = 6
# So far may the numbers of a series jump, where an author left some out.
_SKIPPED = 3


@dataclass(frozen=True, slots=True)
class Series:
    """Items that open entries, and the blocks between them, which belong to those entries."""

    openers: frozenset[int] = frozenset()
    inside: frozenset[int] = frozenset()


def titled(found: Sequence[Block]) -> list[Block]:
    """Make headings of what is none by its mark, but stands above numbered questions as one.

    Such are ``一、基础`` and ``**优化**`` alone in a paragraph, and the upper ranks of an
    outline, ``一、`` and ``（一）``, above items of another rank.
    """
    blocks = list(found)
    for mark in _ranks(found):
        level = _PSEUDO_LEVEL - (mark[0] == "一")
        for n, block in enumerate(found):
            if block.item and _marker(block)[0] == mark:
                blocks[n] = replace(block, kind="heading", level=level)
    for n, (block, below) in enumerate(pairwise(found)):
        mark, alone = _marker(block)[0], len(block.lines) == 1
        numbered = block.item and "一" in mark and mark != _marker(below)[0]
        bold = block.kind == "text" and block.first.strip().startswith("**")
        asked = ASK.match(below.first) or (below.item and is_asked(below))
        name = is_term(block.first) and not is_question(block.first)
        if asked and name and alone and (bold or numbered) and blocks[n] is block:
            blocks[n] = replace(block, kind="heading", level=_PSEUDO_LEVEL)
    return blocks


def _ranks(found: Sequence[Block]) -> list[str]:
    """Give the marks in Chinese numerals that only ever name what items of another rank tell."""
    upper: dict[str, list[bool]] = {}
    for block, below in pairwise(found):
        mark = _marker(block)[0] if block.item else ""
        if "一" in mark:
            named = len(block.lines) == 1 and not is_question(block.first)
            short = re.search(r"[。；，：:;,]", block.first) is None
            led = below.item and _marker(below)[0] != mark
            upper.setdefault(mark, []).append(named and short and led)
    return [mark for mark, names in upper.items() if len(names) > 1 and all(names)]


def series(found: Sequence[Block]) -> Series:
    """Find the items that open entries, stretch by stretch between headings."""
    openers: set[int] = set()
    inside: set[int] = set()
    ranked = any(b.kind == "heading" and "一" in _marker(b)[0] for b in found)
    for stretch in _stretches(found):
        members: dict[str, list[int]] = {}
        for n in stretch:
            if found[n].item:
                members.setdefault(_marker(found[n])[0], []).append(n)
        chains = [_chain(found, stretch, of_kind) for of_kind in members.values()]
        chain = next((c for c in (*chains, _bold_chain(found, stretch)) if c), [])
        if ranked and stretch and found[stretch[0]].item:
            chain = _whole_rank(found, next(iter(members.values())))
        if not chain:
            continue
        openers.update(chain)
        before = [n for n in stretch if n < chain[0]]
        alone = not any(would_open(found[n], found[n + 1 : n + 2]) for n in before)
        inside.update(n for n in stretch if chain[0] < n and (alone or n < chain[-1]))
    return Series(frozenset(openers), frozenset(inside - openers))


def _whole_rank(found: Sequence[Block], items: Sequence[int]) -> list[int]:
    """Give the items that count on, below the ranks of an outline: all of them are entries."""
    chain: list[int] = []
    for n in items:
        number = _marker(found[n])[1]
        if not chain or number > _marker(found[chain[-1]])[1]:
            chain.append(n)
    return chain


def _bold_chain(found: Sequence[Block], stretch: Sequence[int]) -> list[int]:
    """Give the lines in bold that stand above their answers as headings do."""
    lines = ((n, found[n].first.strip()) for n in stretch if found[n].kind == "text")
    chain = [n for n, line in lines if bold_head(line) and line.rstrip("：: ").endswith("**")]
    return chain if len(chain) > 1 and chain[0] == stretch[0] else []


def _stretches(found: Sequence[Block]) -> Iterator[list[int]]:
    stretch: list[int] = []
    for n, block in enumerate(found):
        if block.kind == "heading":
            yield stretch
            stretch = []
        elif block.kind not in ("image", "structure"):
            stretch.append(n)
    yield stretch


def _marker(block: Block) -> tuple[str, int]:
    """Give how an item is marked, and its number: ``1.`` and ``2.`` are marked alike."""
    found = _MARKER.match(block.first)
    counted = _COUNTED.search(found[1]) if found else None
    if found is None or counted is None:
        return found[1] if found else "", 0
    sign = next(s for s in ("1.1", "1", "一", "①") if _SIGNS[s].fullmatch(counted[0]))
    before, after = found[1][: counted.start()], found[1][counted.end() :]
    return f"{before}{sign}{after.replace('、', '.').replace('．', '.')}", number_of(counted[0])


def _chain(found: Sequence[Block], stretch: Sequence[int], items: Sequence[int]) -> list[int]:
    """Give those of the items marked alike that open entries; none if they are but a list."""
    chain: list[int] = []
    last = listed = 0  # the numbers of the last that opens, and of the last in a list
    for n in items:
        number = _marker(found[n])[1]
        new_chapter = last >= CHAPTER and number == (last // CHAPTER + 1) * CHAPTER + 1
        follows = not chain or number == 0 or last < number <= last + _SKIPPED or new_chapter
        in_list = number > 1 and listed == number - 1
        next_one = bool(chain) and number == last + 1 and _is_short(found, n)
        if is_asked(found[n]) or (follows and not in_list and (next_one or _names(found, n))):
            chain.append(n)
            last, listed = number, 0
        else:
            # Another list begins at one, or goes on from there.
            listed = number if number == listed + 1 else 0
    asked = sum(is_asked(found[n]) for n in chain)
    carrying = sum(_carries(found, n) for n in chain)
    if not chain or (len(chain) == 1 and not (asked and chain[0] == stretch[0])):
        return []
    bullets = _marker(found[chain[0]])[1] == 0
    # Among bullets that are entries a term alone is an unfinished one.
    least = _MOST if _stand_apart(found, items) else _NEARLY_ALL
    whole = bullets and len(chain) >= least * len(items)
    if asked > _MOST * len(chain):
        return _with_terms(found, items, chain) if whole else chain
    place = stretch.index(chain[0])
    led = place > 0 and _leads(found[stretch[place - 1]], found[chain[0]])
    few = bullets and (place > 0 or len(chain) < _MOST * len(items))
    if led or few or carrying < _MOST * len(chain):
        return []
    return _with_terms(found, items, chain) if whole else chain


def _stand_apart(found: Sequence[Block], items: Sequence[int]) -> bool:
    """Tell whether a blank line parts every two items, as it parts entries."""
    return not any(found[n - 1].touches(found[n]) for n in items[1:])


def _with_terms(found: Sequence[Block], items: Sequence[int], chain: Sequence[int]) -> list[int]:
    return [n for n in items if n in chain or is_term(found[n].first)]


def _names(found: Sequence[Block], n: int) -> bool:
    """Tell whether an item names what it, or what stands below it, tells of."""
    first = found[n].first
    if goes_on(first):
        return False
    return has_head(first) or (is_term(first) and _carries(found, n))


def _is_short(found: Sequence[Block], n: int) -> bool:
    """Tell whether an item that is next in a series is a title too: a term, or a line with more."""
    first = found[n].first
    return is_term(first) or (_carries(found, n) and not re.search(r"[。；;，,]", first))


def _carries(found: Sequence[Block], n: int) -> bool:
    """Tell whether something stands below an item that is not the next item."""
    below = found[n + 1] if n + 1 < len(found) else None
    mark, number = _marker(found[n])
    if len(found[n].lines) > 1 or below is None or below.kind in ("heading", "structure"):
        return len(found[n].lines) > 1
    # What stands at the margin below a bullet need not be about it.
    next_item = below.item and _marker(below) == (mark, number + 1)
    return below.indented or (number > 0 and not next_item)


def _leads(previous: Block, item: Block) -> bool:
    """Tell whether a block leads over to a list below it."""
    last = previous.lines[-1].text.rstrip()
    return previous.touches(item) or is_term(last) or _PROMISES.search(last) is not None
