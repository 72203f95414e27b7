"""A pointer to a figure, table or section of some other text has nothing to point at here.

Notes copied from a book keep its "如图 5.1.1 所示"; the reader of a card can't follow it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from notepress.fixers._text import Edit, Text
from notepress.knowledge import Knowledge

CODE = "DANGLING"
PHASE = 92
EXAMPLES = (("这一过程通常是递归的，如图 5.1.1 所示。", "这一过程通常是递归的。"),)
UNTOUCHED = ("如图所示。", "见下图。", "图 5 给出结果。")

_POINTER = re.compile(
    r"[，,]?\s*[（(]?(?:如|见)\s*(?:图|表|式|第)\s*\d+(?:[.．-]\d+)+\s*节?\s*(?:所示)?[）)]?"
)


def fix(text: Text, _knowledge: Knowledge) -> Iterator[Edit]:
    """Propose to leave out a numbered pointer."""
    for found in text.finditer(_POINTER):
        reason = "指向原书的编号图表，卡片中并没有"
        yield Edit(*found.span(), "", reason, 0.85, sure=False)
