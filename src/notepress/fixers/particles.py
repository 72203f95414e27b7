"""的 before a verb that an adverb describes becomes 地: 更快的学习 -> 更快地学习.

Only where nothing but a verb can follow: after a modal (可以, 能, 会 …) with no other
verb in between, and at the end of the clause. "更好的学习效果" stays.

Source: 《现代汉语八百词》, the entries 地 and 的.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from notepress.fixers._text import Edit, Text
from notepress.knowledge import Knowledge

CODE = "PARTICLE"
PHASE = 50
EXAMPLES = (
    ("使得模型可以在目标任务上更快的学习。", "使得模型可以在目标任务上更快地学习。"),
    ("能够有效的避免过拟合", "能够有效地避免过拟合"),
)
UNTOUCHED = (
    "可以获得更快的学习速度。",
    "更快的收敛",
    "能提供有效的训练",
    "可以得到更好的泛化。",
)

_MODAL = r"(?:可以|能够|能|会|将|要|应该|必须|需要|以便|从而)"
_ADVERB = (
    r"更?(?:快|慢|好|快速|有效|高效|充分|准确|稳定|自动|逐步|逐渐|不断|显著|大大"
    r"|直接|迅速|精确|独立)"
)
_ENDS = r"(?:学习|训练|收敛|泛化|下降|更新|优化|预测|拟合|传播|工作|运行)(?=[，。；！？,.;!?\n]|$)"
_TAKES = (
    r"避免|防止|提高|提升|降低|减少|减小|加快|加速|利用|捕捉|捕获|表示|反映|解决|处理|改善|抑制"
    r"|缓解|提取|区分"
)
_VERB = r"获得|得到|提供|带来|产生|实现|进行|达到|具有|有(?!效)|是|做|用"
_BETWEEN = rf"(?:(?!{_VERB})[^，。；！？,;!?\n的]){{0,12}}"
_LATE = re.compile(rf"{_MODAL}{_BETWEEN}{_ADVERB}(?P<x>的)(?:{_ENDS}|{_TAKES})")


def fix(text: Text, _knowledge: Knowledge) -> Iterator[Edit]:
    """Write 地 between an adverb and its verb."""
    for found in text.finditer(_LATE):
        yield Edit(*found.span("x"), "地", "状语修饰动词用“地”", 0.9)
