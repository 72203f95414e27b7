"""Note -> Entries: raw lines divided where one question ends and the next begins.

Only the shape of the lines decides, never what they say about the field, so any
notes can be divided. Each non-blank line ends up in exactly one entry or one
structural part (a heading that names a section, a rule, front matter). A line that is
longer than any paragraph (a picture pasted in as text, somebody's trap) is set aside
before any rule has to read it, and so is what is beyond the length of any card.

Authors keep to one way of beginning an entry, so the whole note is read first:
what the clear headings of a level do, the unclear ones of that level do too; where
numbered questions follow one another, all between two of them belongs to the first.
Elsewhere a question, ``term: answer``, or a bare term opens an entry, while lists,
formulas, code, pictures, and labels such as ``公式：`` go on with what precedes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, takewhile

from notepress.blocks import Block, blocks, is_asked, note_of, would_open
from notepress.headings import ASIDE, INSIDE, SECTION, is_aside, is_remark, roles
from notepress.lines import (
    ASK,
    CALLED,
    IMAGE,
    REPLY,
    asks_on,
    bold_head,
    goes_on,
    has_head,
    heading_text,
    is_question,
    is_term,
    subject_of,
    unmarked,
    untagged,
)
from notepress.model import Dropped, Entry, Finding, Level, Note, Origin, Outcome, Span
from notepress.outline import flattened
from notepress.series import Series, series, titled

_REMARK = re.compile(
    r"笔记|整理|复习|更新|本[章节文]|这一?[章节篇份里]|考前|备考|面试|来源|参考|目录|以下|下面|转载|作者|日期"
)
_FAREWELL = re.compile(
    r"欢迎|点个?赞|收藏|关注|star\b|(?:全文|本文|本篇)完|谢谢|感谢|转载|the end", re.IGNORECASE
)
_FAREWELL_LENGTH = 60
# Far more than a paragraph or a card holds: rules look back and forth within an entry,
# which takes time in proportion to its square.
_LONGEST_LINE = 5_000
_LONGEST_ENTRY = 20_000
_RULE = "***"
_REFERENCE = re.compile(
    r"[ \t]*(?:[-*+•]|\d{1,3}[.)、．]|\[\d+\])?[ \t]*(?:\[\d+\]|\[[^\]]+\]\(|《|<?https?://|[^。？?]*(?:https?://|《))"
    r"|[ \t]*\[\d+\]"
)
# A line of running text that holds a mark, and so might end in one.
_SENTENCE = re.compile(r"(?![-*+|#>`$<!(（]|\d+[.、)])[^\n]{4,}[，。；,;][^\n]{4,}")
_SEVERAL_HEADS = 3
# Where a marked answer begins, be it in the line of its question.
_REPLY = re.compile(rf"(?:^|\n|(?<=[?？])[ \t]*){REPLY.pattern}", re.IGNORECASE)
_LEAST_SENTENCES = 6
_MOSTLY = 0.75
_TITLE = re.compile(
    r"[^\n。：:？?]{0,24}(?:笔记|总结|整理|汇总|提纲|面试题|八股文?|知识点|[\d０-９]+[问题讲])(?:[（(][^（）()\n]*[）)])?"
)


@dataclass(frozen=True, slots=True)
class Segments:
    """A note divided: its entries, and the lines that are only structure."""

    entries: tuple[Entry, ...]
    structure: tuple[Dropped, ...] = ()


@dataclass(slots=True)
class _Part:
    """Blocks that become one entry, or one piece of structure for a reason."""

    blocks: list[Block]
    reason: str = ""

    @property
    def opening(self) -> Block:
        return self.blocks[0]

    @property
    def text(self) -> str:
        return "\n".join(block.text for block in self.blocks)


def segment(note: Note) -> Outcome[Segments]:
    """Divide a note into entries; whatever is not one is given as structure, with its reason."""
    source = note.text.split("\n")
    readable = [line if len(line) <= _LONGEST_LINE else _RULE for line in source]
    outline = flattened(readable)
    found = titled(list(blocks(outline or readable)))
    entries: list[Entry] = []
    structure: list[Dropped] = []
    headings: list[tuple[int, str]] = []
    for part in _gather(found, outlined=outline is not None):
        first, last = part.opening.lines[0].number, part.blocks[-1].lines[-1].number
        end = first - 1 + _room(source[first - 1 : last])
        if end < last:
            structure.append(_beyond(note.path, source, end, last))
            last = end
        if part.opening.kind == "heading":
            headings = [h for h in headings if h[0] < part.opening.level]
        if last < first:
            continue
        raw = "\n".join(source[first - 1 : last])
        origin = Origin(note.path, first, last)
        above = tuple(text for _, text in headings)
        if part.reason:
            structure.append(Dropped(origin, raw, part.reason, "rule"))
        else:
            entries.append(Entry(origin, raw, raw, part.opening.kind, above))
        if part.reason and part.opening.kind == "heading":
            headings.append((part.opening.level, untagged(heading_text(part.opening.text))))
    stops = _ends_in_stops(entries)
    findings = (*_lone_pictures(entries), *_too_long(structure))
    told = tuple(replace(entry, stops=stops) for entry in entries)
    return Outcome(Segments(told, tuple(structure)), findings)


_BEYOND = "too long to be part of a card"


def _room(lines: Sequence[str]) -> int:
    """Give how many of the lines a card has room for, from the first."""
    length = 0
    for n, line in enumerate(lines):
        length += len(line) + 1
        if len(line) > _LONGEST_LINE or length > _LONGEST_ENTRY:
            return n
    return len(lines)


def _beyond(path: str, source: Sequence[str], end: int, last: int) -> Dropped:
    """Set aside the lines from the place ``end`` on, whole; blank ones before them aside."""
    begin = next(n for n in range(end, last) if source[n].strip())
    raw = "\n".join(source[begin:last])
    return Dropped(Origin(path, begin + 1, last), raw, _BEYOND, "rule")


def _too_long(structure: Sequence[Dropped]) -> Iterator[Finding]:
    for part in structure:
        if part.reason == _BEYOND:
            span = Span(part.origin.path, part.origin.first_line)
            hint = "Break it up; a picture belongs into a file of its own."
            yield Finding("NOTE-LONG", Level.WARNING, span, f"{_BEYOND}, and left out", hint)


def _ends_in_stops(entries: Sequence[Entry]) -> bool:
    """Tell whether the author ends sentences with a stop, as far as enough of them show."""
    last = (entry.raw.rstrip().rpartition("\n")[2].strip() for entry in entries)
    prose = [line for line in last if _SENTENCE.fullmatch(line)]
    ended = sum(line[-1] in "。！？.!?" for line in prose)
    return len(prose) >= _LEAST_SENTENCES and ended >= _MOSTLY * len(prose)


def _lone_pictures(entries: list[Entry]) -> Iterator[Finding]:
    for entry in entries:
        if entry.form == "image":
            span = Span(entry.origin.path, entry.origin.first_line)
            hint = "Put it below the entry that it belongs to."
            yield Finding(
                "PICTURE-ALONE", Level.WARNING, span, "no entry precedes this picture", hint
            )


def _gather(found: list[Block], *, outlined: bool = False) -> list[_Part]:
    """Join blocks into the parts that become entries or structure.

    In an outline every item at the margin opens an entry.
    """
    role_of, items = roles(found), series(found)
    if outlined:
        items = Series(frozenset(n for n, block in enumerate(found) if block.item))
    parts: list[_Part] = []
    for n, block in enumerate(found):
        part = parts[-1] if parts else None
        if block.kind == "heading":
            goes_on_here = role_of[n] == INSIDE and part and part.opening.kind == "heading"
            if part and goes_on_here:
                part.blocks.append(block)
            else:
                parts.append(_Part([block], _HEADING_REASONS.get(role_of[n], "")))
        elif block.kind == "structure" and not (part and _spans(part, found, n)):
            parts.append(_Part([block], block.lines[0].kind))
        elif part and (_spans(part, found, n) or _belongs(part, n, found, items)):
            part.blocks.append(block)
        else:
            parts.append(_Part([block], _apart(part, found, n)))
    return parts


def _apart(part: _Part | None, found: list[Block], n: int) -> str:
    """Give the reason why a block that begins a part is no entry; "" if it is one."""
    if found[n].kind == "footnote":
        return "a footnote apart from its entry"
    if _lists_sources(found, n):
        return _HEADING_REASONS[ASIDE]
    if _takes_leave(found, n):
        return "closes the notes"
    first = all(block.kind == "structure" for block in found[:n])
    title = n == 0 and _TITLE.fullmatch(found[0].text.strip())
    if title or (first and _REMARK.search(found[n].text) and _introduces(found, n)):
        return "introduces the notes"
    section = part is not None and part.opening.kind == "heading" and part.reason
    return "introduces the section" if section and _introduces(found, n) else ""


_HEADING_REASONS = {SECTION: "names the section beneath it", ASIDE: "lists sources or contents"}


def _spans(part: _Part, found: Sequence[Block], n: int) -> bool:
    """Tell whether a part takes in whatever block comes next: a rule, or a list of sources."""
    if part.reason:
        return part.reason == _HEADING_REASONS[ASIDE] and (
            part.opening.kind == "heading" or _is_reference(found[n])
        )
    if found[n].kind != "structure" or part.opening.kind != "heading":
        return False
    below = (found[m] for m in range(n, len(found)) if found[m].kind != "structure")
    rest = list(islice(below, 2))
    if len(rest) == 1 and _closes(rest[0]):
        return False
    heads = not rest or rest[0].kind == "heading" or ASK.match(rest[0].text)
    return not (heads or would_open(rest[0], rest[1:]))


def _lists_sources(found: Sequence[Block], n: int) -> bool:
    """Tell whether a line such as 参考资料： begins the sources that end a note."""
    block = found[n]
    title = unmarked(block.first).rstrip("：:").strip("* ")
    if block.kind != "text" or not is_aside(title):
        return False
    rest = list(takewhile(lambda b: b.kind not in ("structure", "heading"), found[n + 1 :]))
    lines = [line.text for b in rest for line in b.lines] + [line.text for line in block.lines[1:]]
    return bool(lines) and all(_REFERENCE.match(line) for line in lines)


def _is_reference(block: Block) -> bool:
    return block.kind == "structure" or _REFERENCE.match(block.first) is not None


def _takes_leave(found: Sequence[Block], n: int) -> bool:
    """Tell whether a block is the last, below a rule, and only takes leave."""
    last = all(block.kind == "structure" for block in found[n + 1 :])
    return n > 0 and last and found[n - 1].kind == "structure" and _closes(found[n])


def _closes(block: Block) -> bool:
    """Tell whether a paragraph at the end only takes leave of the reader."""
    return (
        block.kind == "text"
        and len(block.text) <= _FAREWELL_LENGTH
        and bool(_FAREWELL.search(block.text))
    )


def _introduces(found: list[Block], n: int) -> bool:
    """Tell whether the text below a section's heading only says what the section is."""
    block = found[n]
    below = found[n + 1] if n + 1 < len(found) else None
    return (
        block.kind == "text"
        and below is not None
        and (below.kind == "heading" or would_open(below, found[n + 2 : n + 3]))
        and not (has_head(block.first) or is_term(block.first))
        and (below.kind == "heading" or _REMARK.search(block.text) is not None)
        and is_remark([block], "")
    )


def _belongs(part: _Part, n: int, found: Sequence[Block], items: Series) -> bool:
    """Tell whether a block goes on with the part before it."""
    block, opening = found[n], part.opening
    if (
        block.kind == "row"
        or part.reason
        or ASK.match(block.text)
        or _lists_sources(found, n)
        or _takes_leave(found, n)
        or (_is_answered(part) and _asks_beyond(part, found, n))
    ):
        return False
    if CALLED.match(opening.first):
        return block.first.startswith(">") or goes_on(block.first)
    if block.kind == "footnote":
        return note_of(block) in part.text
    asked = ASK.match(opening.text) or opening.kind == "heading" or REPLY.match(block.text)
    if asked or block.kind == "image" or n in items.openers:
        return n not in items.openers or bool(asked)
    if n in items.inside:
        return not _asks_anew(block)
    goes = {"item": _list_goes_on, "text": _text_goes_on}.get(block.kind)
    return goes is None or goes(part, block)


def _is_answered(part: _Part) -> bool:
    """Tell whether a part is a question and an answer, each with its mark: 问： and 答：.

    The answer may be still to come: nothing follows its mark.
    """
    if not ASK.match(part.opening.text):
        return False
    pieces = _REPLY.split(part.text, maxsplit=1)
    return len(pieces) > 1


def _asks_beyond(part: _Part, found: Sequence[Block], n: int) -> bool:
    """Tell whether a block, parted from a marked answer, begins what bears no mark.

    One that asks does; and so does the first of several that have heads of their own,
    unless the answer leads over to them.
    """
    block, previous = found[n], part.blocks[-1]
    if previous.touches(block) or block.indented:
        return False
    if is_asked(block):
        # **面试官**：还有呢？ is a talk that goes on.
        return not (asks_on(block.first) or bold_head(block.first))
    if not _REPLY.split(part.text, maxsplit=1)[1].strip(" *\n"):
        return has_head(block.first) and would_open(block, found[n + 1 : n + 2])
    if previous.text.rstrip()[-1:] in ":：":
        return False
    heads = takewhile(lambda m: would_open(found[m], found[m + 1 : m + 2]), range(n, len(found)))
    return block.kind == "text" and len(list(islice(heads, _SEVERAL_HEADS))) == _SEVERAL_HEADS


def _asks_anew(block: Block) -> bool:
    """Tell whether a block amid those of an entry opens one nevertheless."""
    if block.item:
        return is_asked(block) and not asks_on(block.first)
    asks = is_question(block.first) or bold_head(block.first) != ""
    return block.kind == "text" and asks and not asks_on(block.first)


def _list_goes_on(part: _Part, block: Block) -> bool:
    """Tell whether an item is part of what precedes it."""
    opening, previous, first = part.opening, part.blocks[-1], block.first
    if not block.indented:
        if is_asked(block):
            return False
        if has_head(first) and (opening.kind == "item" or _other_hand(previous, block)):
            return False
    leads = previous.text.rstrip()[-1:] in ":：?？" or is_term(previous.text)
    return previous.touches(block) or leads or previous.kind == "item"


def _other_hand(previous: Block, block: Block) -> bool:
    """Tell paragraphs set in as in a book from a list at the margin, parted from them."""
    return previous.first[:1] == "\u3000" and not previous.touches(block)


def _text_goes_on(part: _Part, block: Block) -> bool:
    """Tell whether a paragraph is part of what precedes it."""
    opening, first = part.opening, block.first
    if is_question(first):
        return asks_on(first) and _has_head(opening)
    if opening.kind == "image":
        return False
    if goes_on(first) or (block.indented and opening.item):
        return True
    if has_head(first) or is_term(first):
        return False
    alone = len(part.blocks) == 1 and len(opening.lines) == 1 and _awaits(opening.first)
    return alone or first.startswith(">") or (_has_head(opening) and not _new_subject(part, first))


def _new_subject(part: _Part, line: str) -> bool:
    """Tell whether a line says something of what the part it stands below doesn't name."""
    subject = subject_of(line).casefold()
    return bool(subject) and subject not in part.opening.first.casefold()


def _has_head(opening: Block) -> bool:
    return has_head(opening.first) or is_term(opening.first)


def _awaits(line: str) -> bool:
    """Tell whether a line alone awaits what is said below it: a bare term, a bare question."""
    asks = is_question(line) and line.rstrip("* \t:：")[-1:] in "?？"
    return (asks or is_term(line)) and not IMAGE.search(line)
