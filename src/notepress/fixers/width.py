"""Punctuation in Chinese text takes its full width; in formulas, numbers and English it stays.

Source: GB/T 15834-2011 (use of punctuation marks) and the W3C's Requirements for
Chinese Text Layout, section 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from notepress.fixers._text import HAN, Edit, Text
from notepress.knowledge import Knowledge

CODE = "WIDTH"
PHASE = 70
EXAMPLES = (
    ("先归一化,再训练.", "先归一化，再训练。"),
    ("牛顿法:二阶方法", "牛顿法：二阶方法"),
    ("常用的有ReLU,tanh,都是非线性的.", "常用的有ReLU，tanh，都是非线性的。"),
    ("特征提取(feature extraction)", "特征提取（feature extraction）"),
    ('避免"内部协变量偏移"', "避免“内部协变量偏移”"),
    ("<<统计学习方法>>", "《统计学习方法》"),
    ("固定表征word2vec.", "固定表征word2vec。"),
    ("常用两种方法．", "常用两种方法。"),
)
UNTOUCHED = (
    "1.平移不变性",
    "学习率取 0.01",
    "f(x) 的导数",
    "Hello, world.",
    "比例为 3:1",
    "a, b",
    "见 https://example.org/a,b",
    "区间 [0, 1)",
    "12:30 开始",
    "书上写的是：Kernels slide, weights stay.",
    "坐标 (0, 0) 是原点",
    '键名 "pad_token" 不变',
)

_HAN = re.compile(f"[{HAN}]")
_WIDE = re.compile(rf"[{HAN}，。；：？！、（）“”《》…]")
_PART_OF_NUMBER = re.compile(r"[A-Za-z]$|\d[.:-]$", re.ASCII)
# "12." may number an item of a list; "2012." ends a sentence.
_ITEM_DIGITS = 2
_MARK = re.compile(r"[,.:;?．]|!(?!\[)")
_RUN = " \t,.:;?!"
_FULL = {"．": "。", ",": "，", ".": "。", ":": "：", ";": "；", "?": "？", "!": "！"}
# From a Chinese mark or the start of a line on, with nothing Chinese in between.
_LATIN_CLAUSE = re.compile(
    r"(?:(?<=[，。；：？！、（“‘《「\n])|^)[^\u2e80-\u9fff\uff00-\uffef\n]+$"
)
_LONGEST_CLAUSE = 200
_BOTH_WIDTHS = frozenset("“”《…")
_ENGLISH_WORD = re.compile(r"(?<![\w-])(?:[A-Z]?[a-z]{2,}(?:'[a-z]+)?|a|I)(?=[\s,;]|$)")
_LEAST_WORDS = 3
_PAIR = re.compile(r"\(([^()\n]+)\)")
_QUOTED = re.compile(r'"([^"\n]+)"')
_IDENTIFIER = re.compile(r"[\w.\-/<>\[\]]*[_./<\[\\][\w.\-/<>\[\]]*", re.ASCII)
_TITLE = re.compile(rf"<<([^<>\n]*[{HAN}][^<>\n]*)>>")


def fix(text: Text, _knowledge: Knowledge) -> Iterator[Edit]:
    """Widen the marks whose neighbors are Chinese."""
    edits = {edit.start: edit for edit in [*_pairs(text), *_marks(text)]}
    for start in sorted(edits):
        yield edits[start]


def _marks(text: Text) -> Iterator[Edit]:
    for found in text.finditer(_MARK):
        if _is_chinese(text, found.start()):
            full = _FULL[found[0]]
            yield Edit(*found.span(), full, f"中文标点用全角“{full}”")


def _is_chinese(text: Text, at: int) -> bool:
    value, mark = text.value, text.value[at]
    # A run of marks is judged as one, by what stands around it.
    before = value[at - 1] if at else ""
    after = value[at + 1] if at + 1 < len(value) else ""
    near = value[:at].rstrip(_RUN)[-1:]
    beyond = value[at + 1 :].lstrip(_RUN)[:1]
    if mark == "．":
        return bool(_HAN.match(before)) and not after.isalnum()
    if near in ("", "\n") or _ends_english(value, at):
        return False
    if mark == ".":
        return _ends_sentence(text, at, before, after)
    # A ratio, a time, a decimal comma, however often the mark was typed.
    if near.isdigit() and beyond.isdigit():
        return False
    if _WIDE.match(near) or _WIDE.match(beyond):
        # Quotation marks and the ellipsis are English ones too.
        return bool(_HAN.search(text.line_at(at)))
    # Between Latin words the sentence decides: a list inside Chinese takes Chinese marks.
    inside = mark in ",?;" or (after != "" and after in _RUN)
    return inside and not after.isspace() and bool(_HAN.search(_sentence(text, at)))


def _ends_english(value: str, at: int) -> bool:
    """Tell whether a mark ends some words of English, which keep their own."""
    clause = _LATIN_CLAUSE.search(value, max(0, at - _LONGEST_CLAUSE), at)
    return clause is not None and len(_ENGLISH_WORD.findall(clause[0])) >= _LEAST_WORDS


def _ends_sentence(text: Text, at: int, before: str, after: str) -> bool:
    if before == "." or after == ".":
        return False
    if after and after.isascii() and (after.isalnum() or after in "_/\\"):
        # "1.平移" is a number in a list; "敏感.ReLU" goes on with a sentence.
        return bool(_HAN.match(before)) and not after.isdigit()
    if before.isdigit() and _numbers_item(text.value, at):
        return False
    if _HAN.match(before) or before in "）”》":
        return True
    # After a Latin word or a number: the end of a Chinese sentence, not of an abbreviation.
    at_end = after in ("", "\n", ")", "）") or before == ")" or bool(_HAN.match(after))
    return at_end and bool(_HAN.search(_sentence(text, at)))


def _numbers_item(value: str, at: int) -> bool:
    """Tell whether a number before a stop counts items, and isn't part of a larger one."""
    start = at
    while start and value[start - 1].isdigit():
        start -= 1
    return at - start <= _ITEM_DIGITS and not _PART_OF_NUMBER.search(value[:start][-2:])


def _sentence(text: Text, at: int) -> str:
    line = text.line_at(at)
    offset = at - (text.value.rfind("\n", 0, at) + 1)
    begin = max((line.rfind(stop, 0, offset) for stop in "。！？；"), default=-1) + 1
    return line[begin:]


def _pairs(text: Text) -> Iterator[Edit]:
    for pattern, left, right, name in (
        (_PAIR, "（", "）", "括号"),
        (_QUOTED, "“", "”", "引号"),
        (_TITLE, "《", "》", "书名号"),
    ):
        for found in pattern.finditer(text.value):
            (open_start, close_end), inner = found.span(), found.span(1)
            if not (text.free(open_start, inner[0]) and text.free(inner[1], close_end)):
                continue
            if pattern is _QUOTED and _IDENTIFIER.fullmatch(found[1]):
                continue
            if pattern is _TITLE or _pair_is_chinese(text.value, found):
                reason = f"中文{name}用全角"
                yield Edit(open_start, inner[0], left, reason)
                yield Edit(inner[1], close_end, right, reason)


def _pair_is_chinese(value: str, found: re.Match[str]) -> bool:
    before = value[: found.start()].rstrip(_RUN)[-1:]
    if before in _BOTH_WIDTHS:
        return bool(_HAN.search(found[1]))
    return bool(_HAN.search(found[1]) or _WIDE.match(before))
