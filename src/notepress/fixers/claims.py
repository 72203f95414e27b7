"""A statement that knowledge holds to be wrong, imprecise or garbled: the right one is proposed.

Meaning is at stake, so nothing is changed until a person agrees.
"""

from __future__ import annotations

from collections.abc import Iterator

from notepress.fixers._text import Edit, Text
from notepress.knowledge import Knowledge

CODE = "CLAIM"
PHASE = 90
EXAMPLES = (
    (
        "正则化是指防止模型欠拟合与过拟合的操作",
        "正则化是指防止模型过拟合的操作",
    ),
)
UNTOUCHED = ("正则化是指防止模型过拟合的操作", "模型容量太小会欠拟合")


def fix(text: Text, knowledge: Knowledge) -> Iterator[Edit]:
    """Propose the correction of every known wrong statement."""
    done = 0
    found = (
        (match, claim)
        for pattern, claim, _ in knowledge.compiled_claims
        for match in pattern.finditer(text.value)
    )
    for match, claim in sorted(found, key=lambda pair: (pair[0].start(), -pair[0].end())):
        # Half a formula says nothing, but a whole one is a part of the statement.
        if match.start() < done or not match[0] or not text.free(*match.span(), formulas=True):
            continue
        done = match.end()
        reason = f"{claim.reason}（{claim.source}）" if claim.source else claim.reason
        after = match.expand(claim.replace)
        yield Edit(*match.span(), after, reason, 0.8, sure=False, by="knowledge", formulas=True)
