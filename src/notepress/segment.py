"""Note -> Entries: raw lines divided where one question ends and the next begins.

Only the shape of the lines decides, never what they say about the field, so any
notes can be divided. Each non-blank line ends up in exactly one entry or one
structural part (a heading that names a section, a rule, front matter).

A line is classed first; lines are gathered into blocks; blocks into entries:

* a question marker (``Q:``, ``问：``) opens an entry, ``A:`` belongs to it;
* a heading is the question of what stands beneath it, unless that consists of
  questions of its own: then it only names their section;
* a list belongs to what precedes it, unless its items are questions themselves;
* pictures alone belong to the entry before them;
* a bare term alone belongs to the paragraph after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from notepress.model import Dropped, Entry, Finding, Level, Note, Origin, Outcome, Span

IMAGE = re.compile(r"!\[[^\]\n]*\]\([^)\n]*\)|<img\b[^>\n]*>", re.IGNORECASE)
_CENTERED = re.compile(r"</?(?:center|div|p|figure|br)\b[^>\n]*>", re.IGNORECASE)
_HEADING = re.compile(r"(#{1,6})(?:[ \t]+|(?=[^#\s]))(.*?)[ \t]*#*$")
_SETEXT = re.compile(r"(=+|-{2,})[ \t]*$")
_RULE = re.compile(r"[ \t]*([-*_])(?:[ \t]*\1){2,}[ \t]*$")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")
_ITEM = re.compile(
    r"([ \t]*)(?:[-*+]|\d{1,3}[.)、．]|[(（]\d{1,3}[)）]|[一二三四五六七八九十]{1,3}[、.．]"
    r"|第\S{1,3}[题问][:：、.]?)"
    r"(?:[ \t]+|(?=[^\s\d.*-]))"
)
_ASK = re.compile(
    r"[ \t>]*(?:[-*+][ \t]+)?\**(?:Q|问题?|Question)[ \t]*\d*[ \t]*[:：.、]\**", re.IGNORECASE
)
_REPLY = re.compile(
    r"[ \t>]*(?:[-*+][ \t]+)?\**(?:A|答案?|回答|解答|解析|Answer)[ \t]*\d*[ \t]*[:：.、]\**",
    re.IGNORECASE,
)
_QUESTION_END = re.compile(r"[?？][ \t]*[:：]?[ \t]*\**[ \t]*$")

# A head is the part before a colon that reads as a term or a question, not as a clause.
_HEAD = re.compile(r"[^\n。！；;]{1,40}?(?:[?？][ \t]*[:：]?|[:：](?!//))")
_STOPS = frozenset("。！；;，,：:")
# Words that make a short line a statement; a term of the field holds none of them.
_VERBAL = re.compile(
    r"[是为把被将会能要让使用在从到对与和跟比]|可以|通过|一样|随机|已经|没有|了$|需要|必须|应该|就|则|因此|所以"
)
_TERM_LENGTH = 16
_QUESTION_LENGTH = 40
# What leads over to a list, or names an aspect of what stands above, asks nothing itself.
_LEADS = re.compile(
    r"如下|例如|比如|包括|分为|有以下\S{0,4}|优点|缺点|优势|劣势|特点|特征|作用|目的|定义|原理|思想"
    r"|步骤|流程|公式|应用|例子|举例|注意|输入|输出|原因|总结|区别|结论|方法|分类|重点考虑|其中"
)


@dataclass(frozen=True, slots=True)
class Segments:
    """A note divided: its entries, and the lines that are only structure."""

    entries: tuple[Entry, ...]
    structure: tuple[Dropped, ...] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    kind: str
    text: str
    level: int = 0


@dataclass(slots=True)
class _Block:
    """Lines that surely belong together, with the kind of the first."""

    kind: str
    lines: list[_Line]
    level: int = 0

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)


def segment(note: Note) -> Outcome[Segments]:
    """Divide a note into entries; whatever is not one is given as structure, with its reason."""
    source = note.text.split("\n")
    blocks = list(_blocks(list(_classify(source))))
    entries: list[Entry] = []
    structure: list[Dropped] = []
    headings: list[tuple[int, str]] = []
    for part in _gather(blocks):
        first, last = part[0].lines[0].number, part[-1].lines[-1].number
        raw = "\n".join(source[first - 1 : last])
        origin = Origin(note.path, first, last)
        opening = part[0]
        if opening.kind == "heading":
            headings = [h for h in headings if h[0] < opening.level]
        above = tuple(text for _, text in headings)
        if opening.kind == "structure":
            structure.append(Dropped(origin, raw, opening.lines[0].kind, "rule"))
        elif opening.kind == "section":
            headings = [h for h in headings if h[0] < opening.level]
            headings.append((opening.level, heading_text(opening.text)))
            structure.append(Dropped(origin, raw, "names the section beneath it", "rule"))
        else:
            entries.append(Entry(origin, raw, raw, opening.kind, above))
    findings = tuple(_lone_pictures(entries))
    return Outcome(Segments(tuple(entries), tuple(structure)), findings)


def heading_text(line: str) -> str:
    """Give a heading without its marks."""
    first = line.partition("\n")[0]
    found = _HEADING.fullmatch(first)
    return (found[2] if found else first).strip().strip("*").strip()


def is_question(line: str) -> bool:
    """Tell whether a line is a question, or opens with one."""
    bare = _unmarked(line)
    return bool(_QUESTION_END.search(bare) or _ASK.match(line))


def has_head(line: str) -> bool:
    """Tell whether a line opens an entry by itself: a question, or ``term: answer``."""
    bare = _unmarked(line)
    if _ASK.match(line) or _QUESTION_END.search(bare):
        return True
    found = _HEAD.match(bare)
    return bool(found and _opens(found[0]))


def is_term(text: str) -> bool:
    """Tell whether a line reads as the bare name of something: short, no verb, no stop."""
    bare = IMAGE.sub("", _unmarked(text)).strip()
    return (
        0 < len(bare) <= _TERM_LENGTH
        and not _STOPS.intersection(bare)
        and not _VERBAL.search(bare)
        and not has_head(bare)
    )


def _opens(head: str) -> bool:
    # "例如：" or a long clause before a colon goes on with a thought; it doesn't open one.
    bare = head.rstrip("：:？? \t")
    if head.rstrip()[-1] in "?？" or "?" in head or "？" in head:
        return True
    return bool(bare) and not (
        _LEADS.fullmatch(bare) or re.search(r"(?:如下|例如|比如|包括|分为)$", bare)
    )


def _unmarked(line: str) -> str:
    bare = line.strip().lstrip(">").strip()
    bare = _ITEM.sub("", bare, count=1) if _ITEM.match(bare) else bare
    return re.sub(r"^#{1,6}[ \t]*", "", bare).strip().strip("*").strip()


def _classify(source: Sequence[str]) -> Iterator[_Line]:
    fence = ""
    front = bool(source) and source[0].strip() == "---" and "---" in [s.strip() for s in source[1:]]
    for number, text in enumerate(source, start=1):
        if front:
            yield _Line(number, "front matter", text)
            front = not (number > 1 and text.strip() == "---")
            continue
        opened = _FENCE.match(text)
        if fence:
            yield _Line(number, "code", text)
            if opened and opened[1][0] == fence[0] and len(opened[1]) >= len(fence):
                fence = ""
            continue
        if opened:
            fence = opened[1]
        kind = "code" if opened else _kind(text, source, number)
        yield _Line(number, kind, text, _level(text, source[number : number + 1]))


def _kind(text: str, source: Sequence[str], number: int) -> str:
    above = source[number - 2] if number > 1 else ""
    below = source[number] if number < len(source) else ""
    plain = not (_ITEM.match(text) or _RULE.match(text) or "|" in text)
    kinds = (
        ("blank", not text.strip()),
        ("setext", _SETEXT.match(text) and above.strip() and not _HEADING.match(above)),
        ("heading", _HEADING.match(text) or (plain and _SETEXT.match(below))),
        ("rule", _RULE.match(text)),
        ("image", not _CENTERED.sub("", IMAGE.sub("", text)).strip()),
        ("item", _ITEM.match(text)),
    )
    return next((kind for kind, fits in kinds if fits), "text")


def _level(text: str, below: Sequence[str]) -> int:
    found = _HEADING.match(text)
    if found:
        return len(found[1])
    return 1 if below and below[0].startswith("=") else 2


def _blocks(lines: list[_Line]) -> Iterator[_Block]:
    """Gather lines into blocks; a blank line ends one, and so does a change of kind."""
    block: _Block | None = None
    for line in lines:
        kind = {"setext": "heading", "rule": "structure", "front matter": "structure"}.get(
            line.kind, line.kind
        )
        if kind == "blank":
            if block and block.kind != "code":
                yield block
                block = None
            continue
        if block and _continues(block, line, kind):
            block.lines.append(line)
            continue
        if block:
            yield block
        level = line.level if kind == "heading" else 0
        block = _Block(kind, [line], level)
    if block:
        yield block


def _continues(block: _Block, line: _Line, kind: str) -> bool:
    if line.kind == "setext":
        return block.kind == "heading"
    if kind in ("heading", "structure") or block.kind in ("heading", "structure"):
        return kind == "structure" == block.kind and line.kind == "front matter"
    if block.kind == "code" or kind == "code":
        return kind == block.kind
    if _ASK.match(line.text) or (_is_bare_question(line) and is_question(block.lines[0].text)):
        return False
    if kind == "item":
        return block.kind == "item" and line.text[:1] in " \t"
    return True


def _is_bare_question(line: _Line) -> bool:
    asks = bool(_QUESTION_END.search(_unmarked(line.text)))
    return asks and len(line.text) <= _QUESTION_LENGTH and line.text[:1] not in " \t"


def _gather(blocks: list[_Block]) -> Iterator[list[_Block]]:
    """Join blocks into the parts that become entries or structure."""
    parts: list[list[_Block]] = []
    for index, block in enumerate(blocks):
        if block.kind == "heading" and _names_section(blocks, index):
            parts.append([_Block("section", block.lines, block.level)])
        elif parts and _belongs(parts[-1], block):
            parts[-1].append(block)
        else:
            parts.extend([piece] for piece in _divide(block))
    yield from parts


def _names_section(blocks: list[_Block], index: int) -> bool:
    """Tell whether a heading only names the entries beneath it."""
    below: list[_Block] = []
    for block in blocks[index + 1 :]:
        if block.kind == "heading":
            if not below:
                return block.level > blocks[index].level and not is_question(blocks[index].text)
            break
        if block.kind != "structure":
            below.append(block)
    if is_question(blocks[index].text):
        return False
    openings = [_opens_entry(block) for block in below]
    most = sum(openings) > len(below) / 2
    return most or (sum(openings) > 1 and openings[0])


def _opens_entry(block: _Block) -> bool:
    """Tell whether a block would be an entry of its own, were no heading above it."""
    first = block.lines[0].text
    alone = block.kind == "text" and is_term(first)
    return block.kind not in ("image", "code") and (has_head(first) or alone)


def _belongs(part: list[_Block], block: _Block) -> bool:
    """Tell whether a block goes on with the part before it."""
    opening, previous, first = part[0], part[-1], block.lines[0]
    if opening.kind in ("structure", "section") or block.kind in ("heading", "structure"):
        return False
    if block.kind == "image" or _REPLY.match(block.text):
        return True
    asked = _ASK.match(opening.text) is not None
    if _ASK.match(block.text) or asked or opening.kind == "heading":
        return not _ASK.match(block.text)
    if block.kind in ("item", "code") or first.text[:1] in " \t\u3000|":
        return _goes_on(opening, previous, block)
    alone = len(part) == 1 and len(opening.lines) == 1 and opening.kind in ("text", "item")
    follows = not has_head(first.text) and not is_term(first.text)
    return alone and follows and _awaits(opening.text)


def _goes_on(opening: _Block, previous: _Block, block: _Block) -> bool:
    """Tell whether a list, code, a table or indented text is part of what precedes it."""
    first = block.lines[0]
    top = block.kind == "item" and first.text[:1] not in " \t"
    if top and (
        is_question(first.text) or re.match(r"[^。！；:：]{1,40}[?？]", _unmarked(first.text))
    ):
        return False
    if top and has_head(first.text) and opening.kind == "item":
        return False
    touches = first.number == previous.lines[-1].number + 1
    return touches or _is_open(previous) or block.kind in {previous.kind, "code"}


def _awaits(line: str) -> bool:
    """Tell whether a line alone awaits what is said below it: a bare term, a bare question."""
    asks = bool(_QUESTION_END.search(_unmarked(line)))
    return (asks or is_term(line)) and not IMAGE.search(line)


def _is_open(block: _Block) -> bool:
    """Tell whether a block leads over to a list or code below it."""
    return block.text.rstrip()[-1:] in ":：?？" or block.kind == "item" or is_term(block.text)


def _divide(block: _Block) -> Iterator[_Block]:
    """Divide a paragraph each of whose lines opens an entry: ``term: answer`` line by line."""
    texts = [line for line in block.lines if line.kind == "text"]
    if block.kind != "text" or len(texts) < 2 or not all(has_head(t.text) for t in texts):  # noqa: PLR2004  # one line needs no dividing
        yield block
        return
    if any(_REPLY.match(line.text) for line in texts):
        yield block
        return
    starts = [block.lines.index(line) for line in texts]
    starts[0] = 0
    for begin, end in pairwise([*starts, len(block.lines)]):
        yield _Block("text", block.lines[begin:end])


def _lone_pictures(entries: list[Entry]) -> Iterator[Finding]:
    for entry in entries:
        if entry.form == "image":
            span = Span(entry.origin.path, entry.origin.first_line)
            hint = "Put it below the entry that it belongs to."
            yield Finding(
                "PICTURE-ALONE", Level.WARNING, span, "no entry precedes this picture", hint
            )
