"""Numbers that only one of two languages says; and no alarm where both say the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from notepress import files
from notepress.parity import unmatched


@pytest.mark.parametrize(
    ("chinese", "english", "only"),
    [
        ("学习率是 0.1。", "The rate is 0.2.", (("0.1",), ("0.2",))),
        ("共有 12 层。", "It has layers.", (("12",), ())),
        ("有三种方法。", "There are four ways.", (("3",), ("4",))),
        (
            "参数有 1750 亿个。",
            "It has 17.5 billion parameters.",
            (("175000000000",), ("17500000000",)),
        ),
        ("2017 年提出。", "Proposed in 2018.", (("2017",), ("2018",))),
    ],
)
def test_numbers_that_differ(
    chinese: str, english: str, only: tuple[tuple[str, ...], tuple[str, ...]]
) -> None:
    assert unmatched(chinese, english) == only


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("梯度为 0，权重为 1。", "The gradient vanishes; the weight is unity."),
        ("有三种。", "There are 3 of them; a third of it."),
        ("用约 100 倍的样本。", "It takes a hundred times the samples."),
        ("1750 亿个参数", "175 billion parameters"),
        ("70 亿到 650 亿参数", "7 to 65 billion parameters"),
        ("约 1.38 亿个", "roughly 138 million"),
        ("一万个句子", "ten thousand sentences"),
        ("ResNet-50 与 word2vec 用 L2 范数", "they use the norm"),
        (r"当 \(x=42\) 时", r"at another \(x\)"),
        ("一方面，再三考虑", "on the one hand, thinking again"),
        ("3σ 准则", "the three-sigma rule"),
        ("1,024 维", "1024 dimensions"),
    ],
)
def test_numbers_that_agree(chinese: str, english: str) -> None:
    assert unmatched(chinese, english) == ((), ())


def test_no_alarm_in_all_that_the_tool_knows(project: Path) -> None:
    sources = files.load(project).value
    assert sources
    said = [part for c in sources.knowledge.concepts for part in (c.definition, c.short, c.pitfall)]
    pairs = [(part.zh, part.en) for part in said if part.zh and part.en]
    pairs += [(memory.zh, memory.en) for memory in sources.memory.values()]
    assert len(pairs) > 500
    assert [pair for pair in pairs if any(unmatched(*pair))] == []
