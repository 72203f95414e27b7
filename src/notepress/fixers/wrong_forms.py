"""A form of a term that is never right becomes the right one, as knowledge lists it.

Two right names of one thing are aliases and stay; only what no textbook writes is
listed as wrong, and never a piece of a right word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from notepress.fixers._text import Edit, Text
from notepress.knowledge import Knowledge

CODE = "TERM-FORM"
PHASE = 30
EXAMPLES = (("欧式距离最常用", "欧氏距离最常用"),)
UNTOUCHED = ("欧式建筑", "欧氏距离最常用", "暂退法即 Dropout", "池化又称汇聚")


@lru_cache(maxsize=4)
def _forms(knowledge: Knowledge) -> tuple[re.Pattern[str] | None, Mapping[str, str]]:
    forms = {w.casefold(): right for c in knowledge.concepts for w, right in c.wrong.items()}
    longest_first = sorted(forms, key=len, reverse=True)
    edged = (
        rf"(?<![A-Za-z0-9]){re.escape(f)}(?![A-Za-z0-9])" if f[0].isascii() else re.escape(f)
        for f in longest_first
    )
    return (re.compile("|".join(edged), re.IGNORECASE) if forms else None), forms


def fix(text: Text, knowledge: Knowledge) -> Iterator[Edit]:
    """Put the right form of every term whose wrong form stands there."""
    pattern, forms = _forms(knowledge)
    if pattern is None:
        return
    for found in text.finditer(pattern):
        right = forms[found[0].casefold()]
        # A right name may hold the wrong form as a piece of it.
        around = text.value[max(0, found.start() - len(right)) : found.end() + len(right)]
        if right not in around or right in found[0]:
            yield Edit(*found.span(), right, f"术语：“{found[0]}”应为“{right}”", 0.98)
