"""A character or word typed twice in a row is left once: 模型的的输入 -> 模型的输入.

Chinese doubles words on purpose (看看, 常常, 一个个), and two words may meet in one
character (目的 + 的). So only small words that are never doubled go by themselves, and
nothing goes where both characters belong to words of their own; the rest is proposed.

Source: 朱德熙，《语法讲义》, §3.2, on what reduplicates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from notepress.fixers._terms import costs, told
from notepress.fixers._text import HAN, Edit, Text
from notepress.fixers._words import Costs
from notepress.knowledge import Knowledge

CODE = "DOUBLED"
PHASE = 45
EXAMPLES = (
    ("我们把把数据打乱", "我们把数据打乱"),
    ("因为因为样本少", "因为样本少"),
    ("卷卷积核的大小", "卷积核的大小"),
    ("在测试集上在测试集上评估", "在测试集上评估"),
    ("我们们先打乱训练练集", "我们先打乱训练集"),
    ("减去减去均值再再除以标准差", "减去均值再除以标准差"),
    ("样本越多多越好，训练完了了。", "样本越多越好，训练完了。"),
)
UNTOUCHED = (
    "看看结果，常常这样，试试再说",
    "目的的差别",
    "他做的的确更快",
    "现在在训练，存在在线学习",
    "为了了解模型",
    "一个个样本，一层一层地算",
    "先用用户数据，再检索索引",
    "层层相连，人人会用",
    "方方面面",
    "讨论讨论，研究研究",
    "非常非常大",
    "谢谢，哈哈哈",
    "需要要求更高，使用用户数据",
    "根据根据地的资料",
    "因为为了提速，除了了解模型",
    "计算算力，计算算子，计算算术平均，训练练习",
    "可以以较小的代价，所以以它为准",
    "越大大小越不均",
)

_HAN = f"[{HAN}]"
_TWICE = re.compile(rf"(?P<x>{_HAN})(?P=x)+")
_AGAIN = re.compile(rf"(?P<x>{_HAN}{{2}})(?P=x)")
_CLAUSE = re.compile(rf"(?P<x>{_HAN}{{3,8}})(?P=x)")
# Never doubled, but where they belong to two words.
_SMALL = frozenset(
    "的地得是了在和与或及把被对从为由于向以因而但并就也都又才将会能可应该让使有其此这那之所给要越很更最再且"
)
# Words that are whole, so that their end, typed again, begins nothing unless a word follows.
_ENDED = frozenset(
    re.findall(
        r"\w+",
        """
        需要 因为 如果 已经 以及 由于 对于 用于 属于 关于 大于 小于 等于 位于 根据 作为 称为
        分为 视为 变为 成为 我们 它们 他们 这些 那些 什么 怎么 那么 得到 而且 并且 完了 除了 为了
        训练
        """,
    )
)
# Only ever the end of a word.
_ENDINGS = frozenset("率性度化值器项")
# Doubled on purpose: short verbs, measures, and what is said of manner.
_DOUBLES = frozenset(
    "看想试说谈聊走跑学写读听问算改等帮查找练玩洗散调比猜动歇停做画记背讲评"
    "个次层步点条天人年月日家件种处代块张片段句字页遍对双门样事两"
    "常渐慢好大小高多少深刚早久长短快轻重远近细粗厚薄密满仅恰单偏往略微稍默悄缓频屡"
    "太爸妈哥姐弟妹爷奶叔星宝猩哈呵嘿嘻啊哦嗯谢拜明白黑红绿蓝灰暗亮冷暖热圆方直弯空实"
)
_SMALL_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        可以 所以 因为 但是 如果 之间 我们 他们 它们 这个 那个 这些 那些 这样 那样 以及 通过
        对于 由于 需要 就是 不是 还是 或者 并且 而且 然后 其中 其他 因此 所有 没有 什么 为了
        已经 使用 进行 不能 能够 应该 必须 只有 只是 只要 同时 一般 一种 一些 可能 以后 之后
        之前 以前 时候 的话 不会 都是 减去 加上 除以 乘以 根据 虽然 例如 比如 首先 其次 最后 最终
        另外 此外 否则 使得 包括 即使 不仅 而是 也是 也会 都会 除了 它的 甚至 至少 只能 无法 仍然
        """,
    )
)
# What one does a little of may be said twice: 讨论讨论.
_ONE = "一再又哈呵嘿啦"


def fix(text: Text, knowledge: Knowledge) -> Iterator[Edit]:
    """Leave one of two."""
    known = costs(knowledge)
    edits: list[Edit] = []
    for pattern, rule in ((_CLAUSE, _clause), (_AGAIN, _again), (_TWICE, _twice)):
        for found in text.finditer(pattern):
            # What knowledge says itself is right: 检索索引, 子词词表.
            around = text.value[max(0, found.start() - 1) : found.end() + 1]
            if len(around) > len(found[0]) and around in told(knowledge):
                continue
            if all(found.end() <= e.start or e.end <= found.start() for e in edits):
                edits.extend(rule(found, known))
    yield from sorted(edits, key=lambda edit: edit.start)


def _clause(found: re.Match[str], known: Costs) -> Iterator[Edit]:
    start, end = found.span()
    # 绝对误差 + 对误差: the first half begins inside another word.
    torn = found.string[max(0, start - 1) : start + 1], found.string[end - 1 : end + 1]
    if found["x"][0] not in _ONE and len(set(found["x"])) > 1 and known.isdisjoint(torn):
        yield _edit(found, sure=True)


def _again(found: re.Match[str], known: Costs) -> Iterator[Edit]:
    word = found["x"]
    # 根据 + 根据地: the second goes on.
    if word in _SMALL_WORDS and found.string[found.end() - 2 : found.end() + 1] in known:
        return
    if word in _SMALL_WORDS:
        yield _edit(found, sure=True)
    elif word in known.terms:
        yield _edit(found, sure=False)


def _twice(found: re.Match[str], known: Costs) -> Iterator[Edit]:
    char, (start, end) = found["x"], found.span()
    value = found.string
    if end - start > len(char) * 2:
        return
    left = value[max(0, start - 3) : start + 1]
    right = value[end - 1 : end + 3]
    before = any(left[at:] in known for at in range(len(left) - 1))
    after = any(right[:size] in known for size in range(2, len(right) + 1))
    if not after and (left[-2:] in _ENDED or left[-2:-1] == "越"):
        yield _edit(found, sure=True)
        return
    if found[0] in known.ranks:
        return
    beside = value[max(0, start - 2) : start] + " " + value[end : end + 2]
    # 一步步 is a measure, 方方面面 and 是是非非 are idioms.
    if (before and after) or value[start - 1 : start] == "一" or _TWICE.search(beside):
        return
    if char in _SMALL:
        # 目的 + 的, 的 + 的确: each is a word of its own.
        if not (before or after):
            yield _edit(found, sure=True)
    elif char in _ENDINGS:
        yield _edit(found, sure=not after)
    elif char not in _DOUBLES and (before or after) and not (after and char in known.ranks):
        # 位置 + 置为: the second may be a word by itself; so may be the first: 用 + 用户.
        yield _edit(found, sure=after)


def _edit(found: re.Match[str], *, sure: bool) -> Edit:
    typed = found["x"]
    reason = f"重复：“{typed}”打了两遍"
    return Edit(*found.span(), typed, reason, 0.95 if sure else 0.6, sure)
