"""Full-width letters and digits become the ordinary ones: Ｋ１ -> K1.

An input method left in its full-width state gives them; no search and no other rule
knows them. Source: the Unicode Standard, chapter 18.5: they exist for old encodings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from notepress.fixers._text import Edit, Text
from notepress.knowledge import Knowledge

CODE = "FULL-LETTER"
PHASE = 5
EXAMPLES = (
    ("第 １２ 层的ＬＳＴＭ", "第 12 层的LSTM"),
    ("学习率取０．０１", "学习率取0.01"),
    ("涨了５０％", "涨了50%"),
    ("下降 3％ 左右", "下降 3% 左右"),
)
UNTOUCHED = ("第 12 层，共 3 层。", "真的？！", "１．先归一化"[1:], "甲＋乙")

_RUN = re.compile(r"[０-９Ａ-Ｚａ-ｚ]+(?:．[０-９]+)*％?|(?<=\d)％")


def fix(text: Text, _knowledge: Knowledge) -> Iterator[Edit]:
    """Narrow every run of full-width letters and digits."""
    for run in text.finditer(_RUN):
        yield Edit(*run.span(), unicodedata.normalize("NFKC", run[0]), "全角字母和数字改为半角")
