"""的, 地 and 得 sound the same: each goes where only it can stand.

得 stands between a verb and how it turns out (收敛得很慢), 地 between a manner and its
verb (逐层地解冻), 的 between two nouns (注意力的权重). A rule looks for what leaves one
reading only: a degree that ends the clause, a verb with its object, a term before and a
noun behind. "更好的学习效果" and "随机的采样点" stay.

Source: 《现代汉语八百词》, the entries 地, 的 and 得.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from notepress.fixers._terms import terms
from notepress.fixers._text import HAN, Edit, Text
from notepress.knowledge import Knowledge

CODE = "PARTICLE"
PHASE = 50
EXAMPLES = (
    ("使得模型可以在目标任务上更快的学习。", "使得模型可以在目标任务上更快地学习。"),
    ("能够有效的避免过拟合", "能够有效地避免过拟合"),
    ("损失下降的非常快，", "损失下降得非常快，"),
    ("标注的准不准", "标注得准不准"),
    ("随机的打乱所有样本", "随机地打乱所有样本"),
    ("逐步的放大学习率", "逐步地放大学习率"),
    ("梯度地大小", "梯度的大小"),
    ("卷积核得数量", "卷积核的数量"),
    ("参数更新的过猛，容易发散", "参数更新得过猛，容易发散"),
    ("学习率设计的不合理。", "学习率设计得不合理。"),
    ("用 GPU 跑的快多了", "用 GPU 跑得快多了"),
    ("两类样本离的都很远", "两类样本离得都很远"),
    ("树长的越深越容易过拟合", "树长得越深越容易过拟合"),
    ("梯度变的很小", "梯度变得很小"),
    ("值的注意的是，模型取的了更好的结果", "值得注意的是，模型取得了更好的结果"),
    ("核函数能很好的拟合非线性数据", "核函数能很好地拟合非线性数据"),
)
UNTOUCHED = (
    "可以获得更快的学习速度。",
    "更快的收敛",
    "能提供有效的训练",
    "可以得到更好的泛化。",
    "收敛的快慢",
    "训练的更多样本",
    "随机的采样点，有效的学习率",
    "动态的调整策略",
    "无监督地学习特征",
    "计算得结果",
    "好的很多",
    "学得的特征，最好的拟合，很好的模型，目的的差别",
    "一层层地堆叠，精确地定义问题，连续地输出词元",
    "这会导致训练的不稳定。",
    "能给出很好的拟合曲线",
    "学习率是不变的，改变的很少",
    "采样的过程，更新的过程",
    "步长的更新，两点距离的远近",
    "可变的更多参数，明显的差别",
    "生成的多一些",
)

_MODAL = r"(?:可以|能够|能|会|将|要|应该|必须|需要|以便|从而)"
_ADVERB = (
    r"更?(?:快|慢|好|快速|有效|高效|充分|准确|稳定|自动|逐步|逐渐|不断|显著|大大"
    r"|直接|迅速|精确|独立)"
)
_ENDS = r"(?:学习|训练|收敛|泛化|下降|更新|优化|预测|拟合|传播|工作|运行)(?=[，。；！？,.;!?\n]|$)"
_TAKES = (
    r"避免|防止|提高|提升|降低|减少|减小|加快|加速|利用|捕捉|捕获|表示(?![提学能方器])|反映|解决|处理|改善|抑制"
    r"|缓解|提取|区分"
)
_VERB = (
    r"获得|得到|导致|引起|保证|有助于|视为|作为|提供|带来|产生|实现|进行|达到|给出|写出|找到"
    r"|学到|算出|求出|看到|看作|取得|成为|选择|设计|需要|要求|具有|有(?!效)|是|做|用"
)
_BETWEEN = rf"(?:(?!{_VERB})[^，。；！？,;!?\n的]){{0,12}}"
# Nouns as well, so only with what they are done to.
_DOES = (
    r"(?:拟合|刻画|描述|逼近|近似|识别|保留|控制|解释|衡量|适应|平衡|分开|建模)"
    r"(?=了|\s?[A-Za-z$\\]|非线性|训练|数据|样本|函数|曲线|任意|任何|各种|复杂|所有|这|两|不同|新"
    r"|下游|真实|目标|观测|图像|上下文)(?![^，。；\n]{0,8}(?:能力|效果|方法|模型|结果|曲线)(?:[，。；]|$))"
)
_LATE = re.compile(rf"{_MODAL}{_BETWEEN}{_ADVERB}(?P<x>的)(?:{_ENDS}|{_TAKES}|{_DOES})")

# What takes a degree behind it: the very verbs that notes speak of.
_TURNS_OUT = (
    r"(?:收敛|训练|更新|下降|上升|学习?|画|做|跑|算|采集|收集|预测|拟合|变化|增长|增加|减少|衰减"
    r"|设置?|调|分|划分|表现|写|选|给|传播|处理|走|降|升|涨|掉|忘|记|说|讲|改|生成|标注|优化|裁剪"
    r"|剪|切|运行|迭代|推理|估计|解释|覆盖|抽|采|标|分布|打乱|设计|描述|压缩|(?<![距分])离|树长)"
)
_DEGREE = r"(?:很|非常|十分|太|过于|比较|更加?|特别|相当|不够|不太|越来越|极其|还?不|过(?!程))"
_HOW = (
    r"(?:快|慢|好|差|多|少|大|小|高|低|深|浅|强|弱|准|稳|早|晚|久|长|短|细|粗|远|近|复杂|简单|困难"
    r"|容易|充分|彻底|明显|稳定|准确|严重|均匀|平滑|频繁|随意|激进|保守|剧烈|清楚|紧密|合理|恰当"
    r"|猛|急|密|紧|狠|全面|完整|详细|仔细|混乱|清晰|流畅|顺利)"
)
_CLAUSE_END = r"(?=[，。；！？、,.;!?）)\n]|$|了|些|的话|会|就|时[，,]|也)"
_RESULT = re.compile(
    rf"{_TURNS_OUT}(?P<x>的)(?:{_DEGREE}{_HOW}{_CLAUSE_END}|(?P<a>[{HAN}])不(?P=a)(?![{HAN}]的))"
)
# "导致训练的不稳定" is what training is.
_CAUSES = re.compile(
    r"(?:导致|造成|引起|带来|产生|由于|因为|源于|来自|避免|缓解|减轻|减少|降低|解决|克服|防止|反映|体现"
    r"|存在|增加|加剧|增大|意味着|处理|应对)[^，。；,.;\n]*$"
)
_MORE_RESULTS = re.compile(
    rf"{_TURNS_OUT}(?P<x>的)(?:越(?![多少]){_HOW}(?=越|[，。；,;]|$)"
    r"|(?:快|慢|好|差|稳|准|早|晚|深|久|均匀|平滑)(?:得多|多了|很多|不少|一些|一点)(?=[，。；,.;！!]|$))"
    r"|(?<![距分])(?:[离隔跑走学]|下降|上升)(?P<y>的)[都也](?:很|不|太|更|非常|比较)(?:快|慢|远|近|好|差|稳|早|晚|准)"
    r"(?=[，。；,.;！!]|$)"
)
# The ends of 变得, 显得, 值得 and 取得, where these are meant.
_WORDS = re.compile(
    r"(?<![改不可突渐演转衰畸异应量多善质病巨时万常形裂蜕恒微])变(?P<x>的)(?=(?:很|更|非常|越来越|十分|极其?|过于|比较|不再|太)"
    rf"[{HAN}]|(?:复杂|简单|困难|稀疏|平滑|模糊)(?:[，。；,.;]|$))"
    r"|(?<![明凸突浅彰隐])显(?P<y>的)(?=很|更|过于|十分|非常|比较|尤其)"
    r"|值(?P<z>的)(?=注意的?是|一提的?是|关注的?是|一试)"
    r"|(?<![选抽提获读截所采争听换])取(?P<w>的)(?=了|更好的|较好的|很好的|不错的)"
)
_SHORT_RESULT = re.compile(r"(?<=[学跑忘记算降])(?P<x>的)[快慢好准稳多少](?=[，。；,.;]|$)")

_MANNER = (
    r"(?:不断|逐[渐步层个一批]|有效|充分|自动|随机|重复|反复|均匀|动态|贪心|独立|更[好快]|快速|显著"
    r"|大大|极大|明显|渐渐|慢慢|深入|仔细|成功|准确|精确|并行|串行|交替|同步|异步|显式|隐式|轮流|依次"
    r"|连续|持续|平滑|尽快|主动|人工|手动|单独|联合|统一|完全|严格|稳定|高效|平均|平等|周期性|有放回"
    r"|无放回|自适应|有选择|一步一步|一层一层|一点一点|一层层|一步步|逐一|灵活|定期|正确|近似|粗略"
    r"|直观|合理|迅速|轻松|过早|盲目)"
)
_SURE_MANNER = r"(?:不断|逐[渐步层个一批]|渐渐|慢慢|反复|一步一步|一层一层|一点一点)"
_ACT = (
    r"(?:丢弃|丢掉|抽取|抽样|选取|选择|挑选|采样|切分|划分|分配|打乱|屏蔽|遮盖|遮住|替换|缓解|解决"
    r"|避免|防止|提高|提升|降低|减少|减小|增加|增大|缩小|放大|改善|加快|加速|调整|更新|改变|控制|学习"
    r"|训练|计算|处理|传递|传播|累加|累积|合并|生成|预测|优化|迭代|修改|删除|加入|添加|保留|捕捉|利用"
    r"|提取|解冻|冻结|遍历|比较|检查|尝试|扫描|移动|逼近|收敛|下降|上升|增长|衰减|拟合|微调|移除|理解"
    r"|区分|适应|反映|抑制|丢|抽|选|取|切|分(?=成|为|到)|调|算|降|升|加|删|改|换|学)"
)
_OBJECT = (
    r"(?:了|成|掉|出|到|一部分|一些|部分|每|所有|全部|这|那|各|其|整个|没有|不同|少数|大量|图像|数据"
    r"|参数|模型|样本|特征|权重|学习率|长|上下文|信息|[^，。；\n]{1,6}最|[一二两三四五六七八九十百千几]+[次个轮步层])"
)
_HEAD = r"(?:的|策略|方法|过程|次数|率|器|步|算法|机制|性|点|方式|规则|能力|效果|结果|技术|模块|集)"
# "随机的选择" alone may be a choice; with its object, or a manner of no thing, it is an act.
_ACTS = re.compile(
    rf"(?<![{HAN}]很)(?:{_SURE_MANNER}(?P<x>的){_ACT}(?!{_HEAD})|{_MANNER}(?P<y>的){_ACT}{_OBJECT}(?!的|率|集))"
)
_HAS = re.compile(r"(?:有|是|为|一[个种类]|提供|获得|得到|进行|采用|使用|需要|这[个种]|最)$")

_NOUN = (
    r"(?:权重|个数|数量|数目|大小|差异|差距|参数|维度|形状|结构|取值|输出|输入|方法|作用|优点|缺点|区别"
    r"|概率|误差|距离|性能|效果|过程|目标|定义|公式|原理|思想|步骤|问题|关系|均值|方差|长度|位置|稳定性"
    r"|文本|原因|目的|质量|种类|范围|数据|样本|特征|差)"
)
_NOUNS = re.compile(rf"(?P<x>[地得]){_NOUN}")
# Terms that say how something is done, too: 精确地定义问题.
_SAYS_HOW = re.compile(
    r"(?:监督|确|错误|连续|显著|稳定|敏感|几乎|不断|平均|随机|近似|并行|分布式|端到端|自动|自适应"
    r"|递归|线性|独立|联合|均匀|动态|离线|在线|异步|同步|稀疏|贪心|平滑|离散|直接|一般|通常|尤其"
    r"|相似|最优|充分|单调|对称|可逆|可微)$"
)
_OBTAINED = re.compile(r"(?:计算|估计|预测|学习|训练|求|推导|采样|观测|优化|拟合|聚合|归一化)$")
_ONLY_DE = re.compile(r"(?:个数|数量|数目|稳定性|优点|缺点|作用|定义|区别|原因|目的|原理|种类)")


def fix(text: Text, knowledge: Knowledge) -> Iterator[Edit]:
    """Write the particle that can stand there."""
    edits: dict[int, Edit] = {}
    for pattern in (_RESULT, _SHORT_RESULT, _MORE_RESULTS):
        for found in text.finditer(pattern):
            if not ("的不" in found[0] and _CAUSES.search(text.value[: found.start()])):
                group = found.lastgroup if found.lastgroup in ("x", "y") else "x"
                edits[found.start(group)] = Edit(*found.span(group), "得", "补语前用“得”", 0.9)
    for found in text.finditer(_WORDS):
        group = found.lastgroup or "x"
        edits[found.start(group)] = Edit(*found.span(group), "得", "这个词里用“得”", 0.9)
    for found in (*text.finditer(_LATE), *_acts(text)):
        group = "x" if found["x"] else "y"
        edits[found.start(group)] = Edit(*found.span(group), "地", "状语修饰动词用“地”", 0.9)
    for found in _nouns(text, knowledge):
        edits[found.start("x")] = Edit(*found.span("x"), "的", "名词之间用“的”", 0.9)
    for start in sorted(edits):
        yield edits[start]


def _acts(text: Text) -> Iterator[re.Match[str]]:
    for found in text.finditer(_ACTS):
        if found["x"] or not _HAS.search(text.value[: found.start()]):
            yield found


def _nouns(text: Text, knowledge: Knowledge) -> Iterator[re.Match[str]]:
    """Yield 地 and 得 between a term, which is no manner, and a noun."""
    field = terms(knowledge)
    for found in text.finditer(_NOUNS):
        left = text.value[max(0, found.start() - 4) : found.start()]
        if not any(left[at:] in field for at in range(len(left) - 1)):
            continue
        if _SAYS_HOW.search(left):
            continue
        if found["x"] == "得" and _OBTAINED.search(left) and not _ONLY_DE.match(found[0][1:]):
            continue
        yield found
