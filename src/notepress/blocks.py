"""Lines of a note -> blocks: runs of lines that surely belong together, each of one kind.

A blank line ends a block, save within code and displayed maths; so does a heading,
an item of a list, or a line that asks something.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from notepress.lines import (
    ASK,
    HEADING,
    IMAGE,
    ITEM,
    REPLY,
    UNDONE,
    asks_on,
    goes_on,
    has_head,
    is_question,
    is_term,
    unmarked,
)

_CENTERED = re.compile(r"</?(?:center|div|p|figure|br)\b[^>\n]*>", re.IGNORECASE)
_SETEXT = re.compile(r"(=+|-{2,})[ \t]*$")
_RULE = re.compile(r"[ \t]*([-*_])(?:[ \t]*\1){2,}[ \t]*$")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")
# What no reader would take for a part of the notes themselves.
_APPARATUS = re.compile(
    r"(?:@?\[TOC\]|\[\[TOC\]\]|<!--.*-->|%%.*%%|#[^\s#+]+(?:[ \t]+#[^\s#+]+)+"
    r"|#[^\s#+]+(?:[ \t]+[^\s#]{1,6})?[ \t]+(?:\[\[[^\]]*\]\][ \t]*)+"
    r"|(?:[上下]一?[篇章节页讲课]|返回(?:目录|首页|顶部)|prev(?:ious)?|next)[ \t]*[:：|→>].*"
    r"|(?:[-*][ \t]+)?(?:id|collapsed|tags|alias|title|type|public|template|card-[a-z-]+)::"
    r"(?:[ \t].*)?"
    r"|(?:[-*][ \t]+)?(?:相关|另见|参见)[:：][ \t]*(?:(?:\[\[[^\]]*\]\]|\{\{.*\}\})[、，, \t]*)+"
    r"|原创[ \t]+\S.*|点击上方.{0,20}关注.*|.{0,12}(?:识别|扫描|扫码).{0,8}二维码.*|阅读原文"
    r"|[-－—*=\s]*(?:END|ＥＮＤ|The End|全文完)[-－—*=\s]*"
    r")$",
    re.IGNORECASE,
)
# What a flashcard program writes above the rows of a table of cards.
_ROWS_HEAD = re.compile(
    r"#(?:separator|html|tags|deck|notetype|columns|guid)[ a-z]*:.*", re.IGNORECASE
)
_ROW = re.compile(r"[^\t\s][^\t]*\t.*")
_LEAST_ROWS = 4
_NEARLY_ALL = 0.9
# Lines below a title that say when, by whom and about what it was written.
_PROPERTY = re.compile(
    r"(?:创建(?:时间|日期)?|更新(?:时间|日期)?|最后(?:编辑|修改)\S*|修改(?:时间|日期)|日期|时间|标签|分类|状态|作者|类型"
    r"|优先级|created(?: time| by)?|updated|last edited(?: time| by)?|date|tags?|status|type"
    r"|author|category|priority)[ \t]*[:：]{1,2}[ \t]*\S.*",
    re.IGNORECASE,
)
# "第一章 基础": a heading without its mark.
_CHAPTER = re.compile(
    r"第[一二三四五六七八九十百\d]{1,3}([章篇部节讲课])[\s:：、.]{0,2}[^。！？?]{0,30}$"
    r"|(?:PART|ＰＡＲＴ|Part|Chapter|CHAPTER)[\s]*[\dIVX０-９一二三四五六七八九十]{1,3}(?:[\s:：、.]+[^。！？?]{0,30})?$"
    r"|【(?![问答题QA图表]|问题|答案|如图|见图)[^】？?]{1,20}】$"
)
_ASKED = re.compile(r"[^。！；:：?？]{2,40}[?？]")
_NOTE = re.compile(r"\[(\^?[^\]\n]+)\]:[ \t]*\S")
_QUESTION_LENGTH = 40
_FORMULA_LINES = 30
_MOST = 0.6


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its number from one, its kind, and the level of a heading."""

    number: int
    kind: str
    text: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that surely belong together, with the kind of the first."""

    kind: str
    lines: tuple[Line, ...]
    level: int = 0

    @property
    def first(self) -> str:
        """The first line."""
        return self.lines[0].text

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(line.text for line in self.lines)

    @property
    def indented(self) -> bool:
        """Whether it is set in, by more than what begins a Chinese paragraph."""
        return self.first[:1] in (" ", "\t")

    @property
    def item(self) -> bool:
        """Whether it is an item of a list that is not set in."""
        return self.kind == "item" and not self.indented

    def touches(self, other: Block) -> bool:
        """Tell whether no blank line parts this block from the one after it."""
        return other.lines[0].number == self.lines[-1].number + 1


def blocks(source: Sequence[str]) -> Iterator[Block]:
    """Divide the lines of a note into blocks."""
    for block in _runs(list(_classify(source))):
        yield from _divide(block)


def note_of(block: Block) -> str:
    """Give the mark by which a text refers to a footnote or to an address: ``[^1]``."""
    found = _NOTE.match(block.first)
    return f"[{found[1]}]" if found else ""


def would_open(block: Block, below: Sequence[Block]) -> bool:
    """Tell whether a block opens an entry, wherever nothing above it claims it."""
    if block.kind not in ("text", "item") or goes_on(block.first) or block.indented:
        return False
    if is_question(block.first):
        return not asks_on(block.first)
    if has_head(block.first):
        return True
    # A term alone opens nothing unless something is said below it.
    followed = bool(below) and below[0].kind != "item" and not has_head(below[0].first)
    said = len(block.lines) > 1 or (followed and not block.item)
    return said and is_term(block.first) and not UNDONE.search(block.first)


def is_asked(block: Block) -> bool:
    """Tell whether a paragraph or an item begins with a question."""
    if is_question(block.first):
        return True
    asked = _ASKED.match(unmarked(block.first))
    # Within a paragraph, after a comma, it's a rhetorical one.
    return asked is not None and (block.item or not re.search(r"[，,]", asked[0]))


def _is_table(source: Sequence[str]) -> bool:
    """Tell whether the lines are rows of cards, question and answer parted by a tab."""
    lines = [line for line in source if line.strip() and not _ROWS_HEAD.match(line)]
    rows = [line for line in lines if _ROW.match(line)]
    return len(rows) >= _LEAST_ROWS and len(rows) >= _NEARLY_ALL * len(lines)


def _classify(source: Sequence[str]) -> Iterator[Line]:
    if _is_table(source):
        for number, text in enumerate(source, start=1):
            kind = "apparatus" if _ROWS_HEAD.match(text) else "row"
            yield Line(number, kind if text.strip() else "blank", text)
        return
    end, properties = _front_matter(source), _properties(source)
    yield from (Line(n, "front matter", text) for n, text in enumerate(source[:end], start=1))
    at = end
    while at < len(source):
        kind, length = _enclosed(source, at)
        if at in properties:
            kind, length = "front matter", 1
        if length:
            inside = source[at : at + length]
            yield from (Line(at + n, kind, text) for n, text in enumerate(inside, start=1))
        else:
            length, text = 1, source[at]
            below = source[at + 1] if at + 1 < len(source) else ""
            kind = _kind(text, source[at - 1] if at else "", below)
            yield Line(at + 1, kind, text, _level(text, below))
        at += length


def _front_matter(source: Sequence[str]) -> int:
    if not source or source[0].strip() != "---":
        return 0
    return next((n + 1 for n in range(1, len(source)) if source[n].strip() == "---"), 0)


def _properties(source: Sequence[str]) -> range:
    """Give the places of the properties that stand first, but for a title."""
    at = _front_matter(source)
    while at < len(source) and (not source[at].strip() or HEADING.match(source[at])):
        at += 1
    end = at
    while end < len(source) and _PROPERTY.fullmatch(source[end].strip()):
        end += 1
    # One alone may be an entry of the notes.
    return range(at, end if end - at > 1 else at)


def _enclosed(source: Sequence[str], at: int) -> tuple[str, int]:
    """Give the kind and the length of code or of a displayed formula that begins at a line."""
    fence = _FENCE.match(source[at])
    if fence:
        for n in range(at + 1, len(source)):
            closed = _FENCE.match(source[n])
            if closed and closed[1][0] == fence[1][0] and len(closed[1]) >= len(fence[1]):
                return "code", n + 1 - at
        return "code", len(source) - at
    line = source[at].strip()
    for begin, end in (("\\[", "\\]"), ("$$", "$$"), ("\\begin{", "\\end{")):
        if line.startswith(begin) and end not in line[len(begin) :]:
            below = source[at + 1 : at + 1 + _FORMULA_LINES]
            closed_at = next((n for n, text in enumerate(below) if end in text), None)
            if closed_at is not None and not any(HEADING.match(t) for t in below[:closed_at]):
                return "maths", closed_at + 2
    return "", 0


def _kind(text: str, above: str, below: str) -> str:
    kinds = (
        ("blank", not text.strip()),
        ("setext", _SETEXT.match(text) and _is_title(above)),
        ("apparatus", _APPARATUS.match(text.strip()) and not UNDONE.search(text)),
        ("heading", HEADING.match(text) or (_SETEXT.match(below) and _is_title(text))),
        ("heading", _CHAPTER.match(text.strip())),
        ("rule", _RULE.match(text)),
        ("image", not _CENTERED.sub("", IMAGE.sub("", text)).strip()),
        ("item", ITEM.match(text)),
        ("footnote", _NOTE.match(text)),
        ("maths", text.strip().startswith(("\\[", "$$", "\\begin{"))),
        ("table", text.strip().startswith("|")),
    )
    return next((kind for kind, fits in kinds if fits), "text")


def _is_title(text: str) -> bool:
    """Tell whether a line is a heading if it is underlined; a sentence above a rule is none."""
    bare = text.strip()
    marked = (
        HEADING.match(text)
        or REPLY.match(text)
        or ITEM.match(text)
        or _RULE.match(text)
        or _SETEXT.match(text)
    )
    return 0 < len(bare) <= _QUESTION_LENGTH and not (
        marked or "|" in bare or bare[0] == ">" or bare[-1] in "。！；;，,."
    )


def _level(text: str, below: str) -> int:
    found = HEADING.match(text)
    if found:
        return len(found[1])
    chapter = _CHAPTER.match(text.strip())
    if chapter:
        if chapter[1] is None:
            return 3 if text.strip()[0] == "【" else 1
        return 1 if chapter[1] in "章篇部" else 2
    return 1 if below.startswith("=") else 2


def _runs(lines: list[Line]) -> Iterator[Block]:
    """Gather lines into runs; a blank line ends one, and so does a change of kind."""
    run: list[Line] = []
    for line in lines:
        if run and (line.kind == "blank" or not _continues(run, line)):
            yield _block(run)
            run = []
        if line.kind != "blank":
            run.append(line)
    if run:
        yield _block(run)


def _block(run: list[Line]) -> Block:
    first = run[0]
    kind = {"setext": "heading", "rule": "structure", "front matter": "structure"}.get(
        first.kind, "structure" if first.kind == "apparatus" else first.kind
    )
    return Block(kind, tuple(run), first.level if kind == "heading" else 0)


_SINGLE = frozenset({"row", "heading", "setext", "rule", "apparatus", "front matter", "footnote"})


def _continues(run: list[Line], line: Line) -> bool:
    kind = run[0].kind
    if line.kind == "setext":
        return kind == "heading"
    if line.kind in _SINGLE or kind in _SINGLE:
        indented = line.kind == "text" and line.text[:1] in " \t"
        return kind == line.kind == "front matter" or (kind == "footnote" and indented)
    if "code" in (kind, line.kind):
        # The end of one piece of code may touch the beginning of the next.
        return kind == line.kind
    if ASK.match(line.text) or _asks_anew(run, line):
        return False
    if line.kind == "item":
        return kind == "item" and line.text[:1] in " \t"
    return True


def _asks_anew(run: list[Line], line: Line) -> bool:
    """Tell whether a line within a paragraph asks a question of its own."""
    if line.kind not in ("text", "item") or line.text[:1] in " \t" or REPLY.match(line.text):
        return False
    if len(line.text) > _QUESTION_LENGTH or not is_question(line.text):
        return False
    opening = run[0].text
    return is_question(opening) or not (
        asks_on(line.text) or is_term(opening) or ASK.match(opening)
    )


def _divide(block: Block) -> Iterator[Block]:
    """Divide a paragraph whose lines open entries: ``term: answer`` line by line."""
    if block.kind != "text" or not has_head(block.first) or _is_bare_question(block.first):
        yield block
        return
    texts = [line for line in block.lines if line.kind == "text"]
    starts = {line.number for line in texts if has_head(line.text)}
    others = [line for line in texts if line.number not in starts and not goes_on(line.text)]
    replies = any(REPLY.match(line.text) for line in texts)
    if len(starts) == 1 or replies or len(starts) < _MOST * (len(starts) + len(others)):
        yield block
        return
    begins: list[int] = []
    for n, line in enumerate(block.lines):
        # What stands below a term alone is its answer, however short.
        answers = begins[-1:] == [n - 1] and block.lines[n - 1].number not in starts
        margin = line.kind == "text" and line.text[:1] not in " \t"
        if line.number in starts or (margin and is_term(line.text) and not answers):
            begins.append(n)
    for begin, end in pairwise([*begins, len(block.lines)]):
        yield Block("text", block.lines[begin:end])


def _is_bare_question(line: str) -> bool:
    return is_question(line) and line.rstrip("* \t:：")[-1:] in "?？"
