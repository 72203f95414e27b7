"""One space between Chinese and Latin letters or digits; none beside full-width punctuation.

The space is what print sets as a thin one. Source: the W3C's Requirements for
Chinese Text Layout, section 3.2.2, and the prevailing style of Mainland textbooks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from notepress.fixers._text import HAN, Edit, Text
from notepress.knowledge import Knowledge

CODE = "SPACING"
PHASE = 80
EXAMPLES = (
    ("用ReLU激活", "用 ReLU 激活"),
    ("分成K份", "分成 K 份"),
    ("更加稳定 ，避免偏移", "更加稳定，避免偏移"),
    ("初始化参数后， 我们训练", "初始化参数后，我们训练"),
    ("显存少了  一半", "显存少了一半"),
)
UNTOUCHED = ("用 ReLU 激活", "1.平移不变性", "Hello, world", "深度学习", "第 3 章", "甲  乙  丙")

_LATIN = r"A-Za-z0-9α-ωΑ-Ω"
_GAP = re.compile(rf"(?<=[{HAN}])(?=[{_LATIN}])|(?<=[{_LATIN}%+])(?=[{HAN}])")
_LOOSE = re.compile(
    r"(?<=[^\s])[ \t]+(?=[，。；：？！、）”》])|(?<=[，。；：？！、（“《])[ \t]+(?=[^\s])"
)
_HAN_HAN = re.compile(rf"(?<=[{HAN}])[ \t]+(?=[{HAN}])")
_WIDE_GAP = re.compile(r"[ \t]{2,}")
_TWO = 2


def fix(text: Text, _knowledge: Knowledge) -> Iterator[Edit]:
    """Put in the spaces that are wanted and take out those that aren't."""
    edits = [
        Edit(found.start(), found.start(), " ", "中西文之间留一个空格")
        for found in _GAP.finditer(text.value)
        if not text.inside(found.start())
    ]
    edits.extend(Edit(*found.span(), "", "全角标点旁不留空格") for found in text.finditer(_LOOSE))
    edits.extend(
        Edit(*found.span(), "", "汉字之间不留空格")
        for found in text.finditer(_HAN_HAN)
        if _is_stray(found, text.line_at(found.start()))
    )
    yield from sorted(edits, key=lambda edit: edit.start)


def _is_stray(gap: re.Match[str], line: str) -> bool:
    """Tell a space typed by chance from one that sets columns."""
    if "|" in line or "\t" in gap[0]:
        return False
    return len(gap[0]) == 1 or (len(gap[0]) == _TWO and len(_WIDE_GAP.findall(line.strip())) == 1)
