r"""Formulas between dollar signs get the marks that Anki and the sheet read: $x$ -> \(x\).

Markdown editors set ``$…$`` and ``$$…$$``; MathJax in Anki leaves them as they are, since
a dollar sign is money as well. So a pair of them is maths only where it encloses what can
be a formula: no Chinese but in ``\text{…}``, and no space inside the marks, unless a
command or an operator stands between them. Source: the extension tex_math_dollars in the
Pandoc user's guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from notepress.fixers._text import HAN, Edit, Text
from notepress.knowledge import Knowledge

CODE = "DELIMITER"
PHASE = 2
EXAMPLES = (
    ("其中$x_i$是输入", r"其中\(x_i\)是输入"),
    ("除以 $\\sqrt{d_k}$ 再做 softmax", r"除以 \(\sqrt{d_k}\) 再做 softmax"),
    ("有 $ a = b $ 成立", r"有 \(a = b\) 成立"),
    ("即$$y=wx+b$$", r"即\[y=wx+b\]"),
    ("损失：\n$$\n\\frac{1}{n}\\sum_i e_i^2\n$$", "损失：\n\\[\n\\frac{1}{n}\\sum_i e_i^2\n\\]"),
    ("$p(\\text{猫})$ 很大", r"\(p(\text{猫})\) 很大"),
    ("$\\$5$", r"\(\$5\)"),
)
UNTOUCHED = (
    "价格$5到$10",
    "花了 $5 和 $6。",
    "`$x$` 是代码",
    "路径 $HOME/$PATH 不变",
    "US$5$ 左右",
    r"\(a\$b\$c\)",
    "$$\n\n$$",
    r"写作 \$x\$",
    "只有一个 $ 符号",
    "$x\\)$",
)

# Neither a row of dollar signs nor an empty line belongs to a formula.
_DISPLAY = re.compile(r"(?<![\\$])\$\$(?!\$)((?:[^$\\\n]|\\[^\n()\[\]]|\n(?![ \t]*\n))+)\$\$(?!\$)")
_INLINE = re.compile(r"(?<![\\$A-Za-z0-9])\$(?!\$)((?:[^$\\\n]|\\[^\n()\[\]])+)\$(?![$A-Za-z0-9])")
_WORDS = re.compile(r"\\(?:text(?:rm|bf|it)?|mbox)\{[^{}]*\}")
_WRITTEN_AS_MATHS = re.compile(r"[\\^_=<>+]")


def fix(text: Text, _knowledge: Knowledge) -> Iterator[Edit]:
    """Replace the marks of every formula."""
    edits = [*_edits(text, _DISPLAY, "[]"), *_edits(text, _INLINE, "()")]
    done = 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        if edit.start >= done:
            done = edit.end
            yield edit


def _edits(text: Text, pattern: re.Pattern[str], marks: str) -> Iterator[Edit]:
    for found in pattern.finditer(text.value):
        inside = found[1]
        bare = inside.strip()
        spaced = inside != bare and "\n" not in inside
        if not text.free(*found.span(), formulas=True):
            continue
        if not bare or re.search(f"[{HAN}]", _WORDS.sub("", inside)):
            continue
        if spaced and not _WRITTEN_AS_MATHS.search(bare):
            continue
        within = bare if spaced else inside
        after = f"\\{marks[0]}{within}\\{marks[1]}"
        reason = "公式改用 Anki 认得的定界符"
        yield Edit(*found.span(), after, reason, formulas=True)
