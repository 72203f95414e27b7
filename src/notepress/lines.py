"""One line of a note -> what it reads as: a question, a head, a term, a label, a statement.

Only the shape of a line and words of the language decide, never the field, so
that any notes can be read. What a label such as ``公式：`` says belongs to what
stands above it; a term, a question or ``term: answer`` opens something new.
"""

from __future__ import annotations

import re

IMAGE = re.compile(r"!\[[^\]\n]*\]\([^)\n]*\)|!\[\[[^\]\n]*\]\]|<img\b[^>\n]*>", re.IGNORECASE)
ITEM = re.compile(
    r"([ \t]*)(?:[-*+•]|\d{1,3}[.)、．]|[(（](?:\d{1,3}|[一二三四五六七八九十]{1,3})[)）]"
    r"|[一二三四五六七八九十]{1,3}[、.．]|[①-⑳]|第\S{1,3}[题问][:：、.]?"
    r"|\d{1,2}(?:\.\d{1,2}){1,2}[.、]?(?=[ \t]+[^\s\d倍的到以%~]))"
    r"(?:[ \t]+|(?=[^\s\d.*-]))(?:\[[ xX]\][ \t]+)?"
)
# "Q:", "**Q1：**", "问：", "【问】", "- Q. ".
_LEAD = r"[ \t>]*(?:[-*+][ \t]+)?\**"
_CLOSE = r"[ \t]*\d*[ \t]*(?:[:：.、]\**|[】\]][:：]?\**[ \t]*)"
# A callout that asks: "> [!question]- ".
CALLED = re.compile(
    r"[ \t>]*(?:[-*+][ \t]+)?\[!(?:question|help|faq|quiz|flashcard)\][+-]?[ \t]*", re.IGNORECASE
)
ASK = re.compile(
    rf"{_LEAD}[【\[]?(?:Q\d+[ \t]+|(?:Q|问题?|提问|Question){_CLOSE})|{CALLED.pattern}",
    re.IGNORECASE,
)
REPLY = re.compile(rf"{_LEAD}[【\[]?(?:A|答案?|回答|解答|解析|Answer){_CLOSE}", re.IGNORECASE)
# How people mark in their notes what they have still to write; none of it is a mark of ours.
UNDONE = re.compile(
    r"(?:TODO|To ?Do|TBD|FIXME|WIP|未完(?:待续)?|略"
    r"|待(?:补充?|续|完善|写|看|更新|整理|填|查|定|确认|研究|学|验证|总结)"
    r"|占坑|空着|(?:以后|回头|下次|有空|改天|后面|周末|明天|晚点|之后)再?(?:写|补充?|看|说|整理|总结|查|学)|(?:还没|没)(?:写|看|整理|弄懂|看懂)完?"
    r"|to be continued)"
    r"(?:了|吧)?",
    re.IGNORECASE,
)
# How they mark what they have not understood: a remark of that and nothing else.
_DOUBT = re.compile(
    r"(?:我|这|这里|还是?|也|都|一直|仍然?|有点|完全|其实|实在|真的?)*"
    r"(?:(?:没有?|不|未|难)(?:是?很|太|大|怎么|完全|能)?(?:看|弄|搞|听|学|想|读|整)?(?:懂|明白|清楚|理解|确定|会)"
    r"|(?:看|弄|搞|听|学|想|读|说|记)不(?:太|大)?(?:懂|明白|清楚?|住)|(?:存|有|待)疑(?:问|惑)?|疑[问惑]|困惑"
    r"|不知道|忘了|not sure|un(?:sure|clear)|confus(?:ed|ing)|no idea"
    r"|(?:I )?(?:don['’]?t|do not|didn['’]?t|did not)(?: (?:fully|really|quite))?"
    r" (?:get|understand|know)(?: (?:it|this|that|why))?)"
    r"[了啊呢吧的呀…。.?？!！]*"
    r"|[!！]*[?？][?？!！]*",
    re.IGNORECASE,
)
HEADING = re.compile(r"(#{1,6})(?:[ \t]+|(?=[^#\s]))(.*?)[ \t]*#*$")
# "term——answer", "term - answer", a tab: what else stands between the two sides.
DASH = re.compile(r"([^\n\t]{1,24}?)(?:[ \t]+[-–—]{1,2}[ \t]+|——|\t+)(?=\S)")
# "X 就是 Y", "X 是指 Y": a definition, whose term stands in front.
DEFINES = re.compile(r"([^\n，,。：:？?]{1,20}?)(?:就是|是指|指的是|是一种|即(?!时|便|使))(?=\S)")

# "GRPO：??" asks nothing: the marks stand for what is not known yet.
_QUESTION_END = re.compile(r"[^\s:：?？*][ \t*]*[?？]+[ \t]*[:：]?[ \t]*\**[ \t]*$")
# A question of which the mark was left out; it has no stop either.
_ASKS = re.compile(
    r"(?:什么是|何谓|为什么|为何|为啥|如何|怎么|怎样)[ \t]?\S.*"
    r"|.{1,16}(?<!是)(?:为什么|为何)\S{1,12}|.*?(?:是什么(?:意思)?|有哪些|有哪几[种类个]|有什么\S{0,6}"
    r"|(?:怎么|如何|怎样)\S{1,6}|.{2,}(?:干什么|干嘛|做什么|用在哪里?|在哪里?)(?:用|的)?|[吗呢]|[和与跟及].*(?:区别|不同|差别|差异|异同|联系))"
)
# A head is the part before a colon that reads as a term or a question, not as a clause.
_HEAD = re.compile(r"[^\n。！；;?？]{1,40}?(?:[?？][ \t]*[:：]?|[:：](?!//))")
_BOLD = re.compile(r"\*\*([^*\n]{1,40})\*\*[ \t]*([:：]?)[ \t]*")
_STOPS = frozenset("。！；;，,：:")
# Words that make a short line a statement; a term of the field holds none of them, save
# as a part of another word (能力, 对抗, 先验).
_VERB = (
    r"[是把让]|(?<![行人作])为(?!主)|被(?!动)|将|(?<![功性可])能(?![力量级])|会(?!话|议)"
    r"|(?<![驱促大假设])使(?!者)|(?<![应作效通复重专信费])用(?![户例途])|在(?!线)|从(?![众属])|(?<![采得达])到"
    r"|(?<![绝相针应成])对(?![抗比数偶称齐象角立照话手应等])|跟(?!踪)|(?<![对类无占信特配同环])比(?![例特率值较]|$)"
    r"|(?<![摘重主])要(?!素|点)|可以|通过|一样|随机(?=初始)|已经|没有|了(?![解结])|必须|应该|(?<!成)就|则(?!化)"
    r"|因此|所以"
)
_VERBAL = re.compile(rf"{_VERB}|(?<![总饱柔求亲])和|(?<!参)与")
_STATES = re.compile(
    rf"{_VERB}|由|指|(?<![所只没含])有(?![放监限向序效界偏])|分[为成]|包[括含]|表示|描述|采用|属于|等于|取决|导致|叫|称"
    r"|(?<![总饱柔求亲])和\S{1,8}一样|\b(?:is|are|means|has|can|uses)\b"
)
_LATIN_SUBJECT = re.compile(r"[A-Za-z][\w+-]*[ \t]?(?=[\u3400-\u9fff])", re.ASCII)
# How a clause begins that goes on with a thought: no term and no subject does.
_GOES_ON = re.compile(
    r"(?:因此|所以|因为|由于|虽然|但是?|而(?:且|是)?|另外|此外|同时|其中|其次|首先|然后|接着|最后"
    r"|它们?|这|那么?|该|此(?:时|处)|例如|比如|譬如|注意|也(?!许)|还(?!原)|都|只(?:要|有|需|能|用|是)|先(?!验)"
    r"|再(?![生参])|又|越(?!狱)|太|很|更(?!新)|不(?:能|会|是|要|用|需|可以|过|仅|再)|没有|一般(?!化)|通常"
    r"|可以|需要|与此|相比|相对于|换句话说|也就是|总之|否则|即(?!时)|从而|并且|且|或者|则(?!化)|故|若|如果|当(?!前)"
    r"|以及|直到|把|将|让|被(?!动)|通过|随着|为了|根据|按照?(?!位)|用(?![户例])|在(?!线)|从(?![众属])"
    r"|对(?![抗比数偶称齐象角立照话手应等])|要(?!素|点)|反之|具体|实际|其实|简单|上面|下面|以上|以下|前者|后者|两者|二者"
    r"|(?:e\.g\.|i\.e\.|so|thus|hence|but|and|because|note|where|then)\b)",
    re.IGNORECASE,
)
_ASPECT = (
    r"(?:优缺?点|缺点|优势|劣势|特点|特性|作用|目的|定义|原理|思想|思路|步骤|流程|过程|公式|式子|推导|证明|应用|用途|用法"
    r"|例子?|举例|示例|示意图|图示|代码|实现|注意?(?:事项|点)?|备注|补充|输入|输出|原因|总结|小结|结论|区别|联系|异同|比较|方法"
    r"|分类|种类|类型|性质|场景|背景|本质|意义|含义|解释|说明|直觉|好处|坏处|不足|局限性?|缺陷|问题|要点|重点|关键|难点|改进"
    r"|解决(?:办法|方法|方案)?|办法|方案|做法|代价|复杂度|如下|例如|比如|包括|分为|有以下\S{0,4}|重点考虑|其中|参考(?:资料|文献|链接)?|来源|其他"
    r"|基础知识|概述|简介|介绍|概念"
    r"|pros|cons|advantages?|disadvantages?|drawbacks?|examples?|notes?|formulas?|definition|steps"
    r"|why|how|usage|summary)"
)
_LABEL = re.compile(
    r"(?:(?:它|其|该\S{1,6}|这样做)的?)?(?:主要|常见|常用|核心|基本|具体|计算|适用|使用|数学|更新|时间|空间|损失|目标|简单)?的?"
    rf"{_ASPECT}(?:[和与及、]{_ASPECT})*"
    r"(?:如下|是|有|为|包括|在于|[一二三四五六七八九十\d]{1,2})?",
    re.IGNORECASE,
)
_LEADS_OVER = re.compile(r"(?:如下|例如|比如|包括|分为|(?<![延实计])时候?|之?后|的话|情况下)$")
# A question without a thing that it asks about: it goes on with what stands above.
_SHORT_QUESTION = re.compile(
    r"(?:那么?)?(?:(?:为什么|为何|怎么|如何|怎样)[^\sA-Za-z]{0,2}|有(?:什么|哪些)[^\sA-Za-z]{0,5})[?？]?"
)
_HAN_DIGITS = "零一二三四五六七八九"
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
CHAPTER = 100
"""How much a chapter counts for in the number of a section."""
_TERM_LENGTH = 16
# A Latin word takes as much of a name as so many Chinese characters.
_LATIN_WIDTH = 2
_LATIN_WORDS = 4
_LATIN_NAME = re.compile(r"[A-Za-z][\w&+-]*(?: [A-Za-z][\w&+-]*)*", re.ASCII)
# What readers put behind a title: "#标签", "（⭐⭐⭐）".
_TAGGED = re.compile(
    r"(?:(?:[ \t]+|(?<=[？?！。）])[ \t]*)#[^\s#]+)+$|[ \t]*[（(]?[⭐★☆🌟🔥❗]+[)）]?$"
)
_REMARK = re.compile(r"[ \t]*[（(]([^（）()\n]*)[）)]$")
_SUBJECT_LENGTH = 20
_UNMARKED_LENGTH = 30


def number_of(digits: str) -> int:
    """Give the number that marks an item: 3 for 3, 三 and ③; 1.9 counts as 109, next to 201."""
    if digits.isdecimal():
        return int(digits)
    if "." in digits:
        # 1.9 and 2.1 follow one another, and so do 1.9 and 1.10.
        chapter, _, section = digits.rpartition(".")
        return int(chapter.replace(".", "")) * CHAPTER + int(section)
    if digits in _CIRCLED:
        return _CIRCLED.index(digits) + 1
    tens, ten, ones = digits.rpartition("十")
    return (_HAN_DIGITS.find(tens) if tens else 1) * 10 * bool(ten) + max(_HAN_DIGITS.find(ones), 0)


def heading_text(line: str) -> str:
    """Give a heading without its marks."""
    first = line.partition("\n")[0]
    found = HEADING.fullmatch(first)
    return (found[2] if found else first).strip().strip("*").strip()


def untagged(title: str) -> str:
    """Give a title without the tags and stars that stand behind it."""
    return _TAGGED.sub("", title)


def set_aside(title: str) -> tuple[str, str]:
    """Part a title from its author's remark to themselves behind it: ``DBSCAN（以后再看）``."""
    remark = _REMARK.search(title)
    if remark is None or not is_aside(remark[1]):
        return title, ""
    return title[: remark.start()], remark[1]


def is_aside(remark: str) -> bool:
    """Tell whether words are for their author alone: something is to be done, or not understood."""
    return bool(UNDONE.search(remark)) or doubts(remark)


def doubts(remark: str) -> bool:
    """Tell whether words say nothing but that something was not understood."""
    parts = [part.strip() for part in re.split("[，,；;、]", remark) if part.strip()]
    return bool(parts) and all(map(_DOUBT.fullmatch, parts))


def unmarked(line: str) -> str:
    """Give a line without what marks it as a quotation, an item or a heading, or as bold."""
    bare = line.strip().lstrip(">").strip()
    heading = re.match(r"#{1,6}[ \t]*", bare)
    bare = bare[heading.end() :] if heading else bare
    bare = ITEM.sub("", bare, count=1) if ITEM.match(bare) else bare
    bare = untagged(re.sub(r"^#{1,6}[ \t]*", "", bare).strip())
    # A link to an article asks nothing, whatever the article's title.
    bare = re.sub(r"^\[[^\]\n]*\]\([^)\n]*\)", "—", bare)
    return bare.strip("*").strip()


def is_question(line: str) -> bool:
    """Tell whether a line is a question, or opens with one."""
    bare = unmarked(line)
    marked = ASK.match(line) or (line.lstrip().startswith("#") and ASK.match(bare))
    return bool(marked) or _ends_asking(bare) or _asks(bare)


def asks_on(line: str) -> bool:
    """Tell whether a question only asks further about what stands above it."""
    bare = unmarked(line)
    return bool(_SHORT_QUESTION.fullmatch(bare) or _GOES_ON.match(bare) or is_label(bare))


def has_head(line: str) -> bool:
    """Tell whether a line opens an entry by itself: a question, or ``term: answer``."""
    bare = unmarked(line)
    if is_question(line) or bold_head(line):
        return True
    dashed = DASH.match(bare)
    if dashed and is_term(dashed[1]) and not is_label(dashed[1]):
        return True
    found = _HEAD.match(bare)
    return bool(found and _opens(found[0]))


def bold_head(line: str) -> str:
    """Give the bold words that a line begins with, if they are its head; else ""."""
    bare = line.strip().lstrip(">").strip()
    bare = ITEM.sub("", bare, count=1) if ITEM.match(bare) else bare
    found = _BOLD.match(bare)
    if found is None:
        return ""
    head = found[1].rstrip("：: ")
    alone = found[2] or found[1] != head or found.end() == len(bare)
    return head if alone and not is_label(head) and not UNDONE.fullmatch(head) else ""


def is_term(text: str) -> bool:
    """Tell whether a line reads as the bare name of something: short, no verb, no stop."""
    bare = set_aside(IMAGE.sub("", unmarked(text)).strip())[0]
    if not _is_brief(bare) or _STOPS.intersection(bare) or UNDONE.fullmatch(bare):
        return False
    if ASK.match(text) or _HEAD.match(bare) or DASH.match(bare) or _asks(bare):
        return False
    pair = re.split(r"\s*[和与]\s*", bare)
    if len(pair) == 2 and all(pair):  # noqa: PLR2004  # "L1 和 L2" names two things
        return not any(_VERBAL.search(side) for side in pair)
    return not _VERBAL.search(bare)


def _is_brief(text: str) -> bool:
    """Tell whether a text is short enough for a name, however long its Latin words are."""
    latin = re.findall(r"[A-Za-z][\w'+-]*", text, re.ASCII)
    if 0 < len(text) <= _TERM_LENGTH:
        return True
    han = len(re.findall(r"[\u3400-\u9fff]", text))
    if not han:
        return len(latin) < _LATIN_WORDS and _LATIN_NAME.fullmatch(text) is not None
    return 0 < han <= _TERM_LENGTH - _LATIN_WIDTH * len(latin) and len(latin) <= _LATIN_WORDS


def is_label(text: str) -> bool:
    """Tell whether words only name an aspect of what stands above, or lead over to a list."""
    bare = re.sub(r"^[\d.]+[、.]?\s*", "", unmarked(text)).rstrip("：: \t").strip("*【】[] ")
    return bool(_LABEL.fullmatch(bare) or _LEADS_OVER.search(bare))


def goes_on(line: str) -> bool:
    """Tell whether a line surely goes on with what stands above it."""
    bare = unmarked(line)
    if UNDONE.fullmatch(bare.strip("（()）。. ")) or _GOES_ON.match(bare):
        return True
    found = re.match(r"([^\n。！；;，,?？]{1,24}?)\**[:：](?!//)", bare)
    bold = _BOLD.match(line.strip())
    return bool(
        (found and is_label(found[1])) or (bold and is_label(bold[1])) or _LABEL.fullmatch(bare)
    )


def states(line: str) -> bool:
    """Tell whether a line states something of a subject that it names first."""
    bare = unmarked(line)
    return not _GOES_ON.match(bare) and _said_of(bare) != ""


def subject_of(line: str) -> str:
    """Give what a line first names and then says something of; "" if it does neither."""
    bare = unmarked(line)
    if _GOES_ON.match(bare):
        return ""
    latin = _LATIN_SUBJECT.match(bare)
    return latin[0].strip() if latin else _said_of(bare)


def _said_of(bare: str) -> str:
    found = _STATES.search(bare)
    said_of = bare[: found.start()].rstrip("就也都还又则 ") if found else ""
    clause = re.search(r"[，,。；;、！？\n\\]|时候|其实|之后|时$", said_of)
    return "" if clause or len(said_of) > _SUBJECT_LENGTH else said_of


def _ends_asking(bare: str) -> bool:
    # A paragraph that ends in a question tells something before.
    return _QUESTION_END.search(bare) is not None and not re.search(r"[。！；]", bare)


def _asks(line: str) -> bool:
    bare = line.rstrip("：: ")
    return (
        len(bare) <= _UNMARKED_LENGTH
        and not _STOPS.intersection(bare)
        and _ASKS.fullmatch(bare) is not None
    )


def _opens(head: str) -> bool:
    # "例如：" or a long clause before a colon goes on with a thought; it doesn't open one.
    bare = head.rstrip("：:？? \t")
    if "?" in head or "？" in head or _ASKS.fullmatch(bare):
        return True
    if not bare or is_label(bare) or _GOES_ON.match(bare) or UNDONE.fullmatch(bare):
        return False
    clause = re.search(r"[，,]", bare) and re.search(_VERB, bare)
    return not (clause or DEFINES.match(bare))
