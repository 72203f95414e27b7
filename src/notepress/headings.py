"""Headings of a note -> what each is: the question of an entry, or the name of a section.

A heading that is clear by itself decides for the unclear ones of its level, since
authors keep to one way. Headings such as 优点 go on with the entry above them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from notepress.blocks import Block, is_asked, would_open
from notepress.lines import ASK, ITEM, heading_text, is_label, is_question, unmarked

ENTRY, SECTION, INSIDE, ASIDE = "entry", "section", "inside", "aside"
_UNCLEAR, _EMPTY = "unclear", "empty"
_ASIDE = re.compile(
    r"(?:\d+[.、]?\s*)?(?:参考(?:文献|资料|链接|来源)?|目录|索引|引用|相关链接|扩展阅读|延伸阅读|更新(?:日志|记录)?|致谢"
    r"|references?|bibliography|(?:table of )?contents|index|links|further reading)",
    re.IGNORECASE,
)
_REMARK_LENGTH = 60
# Where every heading of a level is unclear: so many heads to a heading make it a section.
_HEADS = 1.5


@dataclass(frozen=True, slots=True)
class _Heading:
    """A heading with what stands directly beneath it, and whether deeper ones follow."""

    block: Block
    body: tuple[Block, ...]
    deeper: bool
    lone: bool

    @property
    def title(self) -> str:
        return heading_text(self.block.text)


@dataclass(slots=True)
class _Tally:
    """How many headings of a level are what; and how many heads stand below the unclear ones."""

    entries: int = 0
    sections: int = 0
    unclear: int = 0
    heads: int = 0


def roles(found: Sequence[Block]) -> Mapping[int, str]:
    """Say of every heading what it is to the note, by its place among the blocks."""
    at = [n for n, block in enumerate(found) if block.kind == "heading"]
    levels = [found[n].level for n in at]
    headings: dict[int, _Heading] = {}
    for place, n in enumerate(at):
        end = at[place + 1] if place + 1 < len(at) else len(found)
        body = tuple(b for b in found[n + 1 : end] if b.kind != "structure")
        deeper = place + 1 < len(at) and levels[place + 1] > levels[place]
        lone = place == 0 and levels.count(levels[0]) == 1 and levels[0] == min(levels)
        headings[n] = _Heading(found[n], body, deeper, lone)
    verdicts = {n: _verdict(heading) for n, heading in headings.items()}
    tallies = _tallies(headings, verdicts)
    decided = {
        n: _settled(heading, verdicts[n], tallies[heading.block.level])
        for n, heading in headings.items()
    }
    _take_in_aspects(headings, decided)
    return decided


def _verdict(heading: _Heading) -> str:
    """Judge a heading by itself: does it ask, or name the section of what is asked beneath it."""
    if is_aside(heading.title):
        return ASIDE
    asks = is_question(heading.block.first)
    if not heading.body:
        return ENTRY if asks and not heading.deeper else _EMPTY
    return ENTRY if asks else _verdict_on(heading.body, heading.title)


def _verdict_on(body: Sequence[Block], title: str) -> str:
    """Judge a heading that asks nothing by what stands beneath it."""
    openings = _openings(body)
    asked = [b for b in openings if ASK.match(b.first) or is_asked(b)]
    first = next((b for b in body if b.kind != "image"), None)
    if any(ASK.match(b.first) for b in asked) or len(asked) > 1 or (asked and asked[0] is first):
        return SECTION
    opens = set(map(id, openings))
    plain = [b for b in body if b.kind == "text" and id(b) not in opens]
    tells = first is not None and first in plain[:1] and len(openings) <= len(plain)
    named = all(_names_in(b, title) for b in openings)
    return ENTRY if named or tells else _UNCLEAR


def _openings(body: Sequence[Block]) -> list[Block]:
    """Give the blocks that would open entries of their own, were no heading above them."""
    return [block for n, block in enumerate(body) if would_open(block, body[n + 1 : n + 2])]


def _names_in(block: Block, title: str) -> bool:
    """Tell whether a block speaks of what its heading names: 偏差 under 偏差与方差."""
    head = re.split(r"[:：]", unmarked(block.first), maxsplit=1)[0].strip("* ")
    return bool(head) and head.casefold() in title.casefold()


def _tallies(headings: Mapping[int, _Heading], verdicts: Mapping[int, str]) -> Mapping[int, _Tally]:
    """Count what the headings of each level are, as far as each is clear by itself."""
    tallies: dict[int, _Tally] = {}
    for n, heading in headings.items():
        tally = tallies.setdefault(heading.block.level, _Tally())
        verdict = verdicts[n]
        tally.entries += verdict == ENTRY
        tally.sections += verdict == SECTION or (verdict == _EMPTY and heading.deeper)
        if verdict == _UNCLEAR:
            tally.unclear += 1
            tally.heads += len(_openings(heading.body))
    return tallies


def _settled(heading: _Heading, verdict: str, level: _Tally) -> str:
    """Decide about a heading by itself if it is clear, else as the clear ones of its level."""
    entries, sections = level.entries, level.sections
    if verdict == _EMPTY:
        return SECTION if heading.deeper or sections > entries else ENTRY
    if verdict == ENTRY and heading.deeper and not is_question(heading.block.first):
        aside = heading.lone or sections > entries - 1
        return SECTION if aside and is_remark(heading.body, heading.title) else ENTRY
    if verdict != _UNCLEAR:
        return verdict
    if entries or sections:
        section = entries < sections or heading.lone
    else:
        section = heading.lone or level.heads >= _HEADS * level.unclear
    return SECTION if section else ENTRY


def is_aside(title: str) -> bool:
    """Tell whether a title stands above sources or contents, which are no notes themselves."""
    return _ASIDE.fullmatch(title) is not None


def is_remark(body: Sequence[Block], title: str) -> bool:
    """Tell whether what stands between a title and its sections only introduces them."""
    text = "".join(block.text for block in body)
    topic = re.sub(r"(?:学习)?(?:笔记|总结|整理|复习|汇总|知识点)$|^[\d.、\s]+", "", title).strip()
    plain = all(block.kind == "text" for block in body) and "\\" not in text and "$" not in text
    return plain and len(text) <= _REMARK_LENGTH and (not topic or topic not in text)


def _take_in_aspects(headings: Mapping[int, _Heading], decided: dict[int, str]) -> None:
    """Let headings such as 优点 go on with the entry of the heading above them.

    So do the headings below a question that has no other answer.
    """
    owner, asks = 0, False
    owned = False
    for n, heading in headings.items():
        level = heading.block.level
        ranked = ITEM.match(heading.block.first) is not None
        aspect = is_label(heading.title) and decided[n] != ASIDE and not ranked
        answers = asks and not is_question(heading.block.first)
        if owned and level > headings[owner].block.level and (aspect or answers):
            decided[n] = INSIDE
            decided[owner] = ENTRY
            continue
        bare = not heading.body and heading.deeper and not heading.lone
        owned = decided[n] == ENTRY or bare or (not heading.body and heading.deeper and not aspect)
        owner, asks = n, bare and is_question(heading.block.first)
