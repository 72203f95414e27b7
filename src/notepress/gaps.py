"""Question and answer -> what is unfinished about them.

A gap is found by shape and by what the question promises; whether anything is
known to fill it is for a completer to say. Code and formulas are covered before a
search, so that nothing in them is taken for prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from notepress.knowledge import Concept, Knowledge, fold
from notepress.lines import UNDONE, doubts, is_term, states
from notepress.questions import Subject, resolve

# Such a mark ends an answer or stands in brackets; TODO, which is no word, anywhere.
_MARKED = rf"(?:{UNDONE.pattern})"
_UNDONE = re.compile(
    rf"(?:^|(?<=[\s（(【\[：:，,。；;]))[（(【\[]?"
    rf"(?:{_MARKED}(?:[ \t]*[：:][^\n。]{{0,12}}|[（(][^）)\n]{{0,20}}[）)])?"
    r"|[?？]{2,})[\s。.）)】\]?？!！]*$"
    rf"|[（(【\[][ \t]*{_MARKED}[ \t]*[）)】\]]|\bTODO\b",
    re.IGNORECASE,
)
# A task that is not done yet, where it says what is to be done with the notes.
_TASK = re.compile(
    r"^[ \t]*[-*+][ \t]+\[ \][ \t]+(?:补|写|看|查|整理|画|加|学|读|搞|弄|添|复习)[^\n]*$",
    re.MULTILINE,
)
_NOTHING = re.compile(
    r"(?:[\s?？.。…—/_-]"
    r"|[\[［【(（][ \t]*(?:图片?|截图|如?见?图|image)[^\]］】)）\n]{0,30}[\]］】)）])*",
    re.IGNORECASE,
)
_EMPTY_ITEM = re.compile(
    r"(?:(?:^|(?<=\n))[ \t]*[-*+•]"
    r"|(?:^|(?<=[\u3400-\u9fff\s：:；;，,。、（(x]))(?P<n>\d{1,2})[.、．)）])"
    r"[ \t]*(?=[。.，,；;]?[ \t]*(?:\n|$))"
)
_NUMBER = re.compile(r"(?<!\d)(\d{1,2})[.、．)）]")
_EMPTY_TERM = re.compile(
    r"(?P<term>[^\s，。；、：:（(*\[]{1,12}(?: [^\s，。；、：:（(*\[]{1,12})?)"
    r"\**[：:]\**[ \t]*(?=[。.，,；;\n]|\Z)"
)
_LINE = re.compile(r"([ \t]*)((?:[-*+•]|\d{1,2}[.、．)）]|[(（]\d{1,2}[)）]|[①-⑳])[ \t]*)?(.*)")
_TERM_LINE = re.compile(r"\**[^\s，。；：:]{2,12}\**[：:]")
# Such a label leads over to those below it, or to a picture.
_LEADS = re.compile(r"[两二三四五六七八九\d]|有|分|包括|如下$|例如|比如|图示?$|[种类]$|分别")
_PROMISE = re.compile(
    r"(?P<lead>有|分(?:为|成)?|共|以下|如下|包括)?\s*(?P<n>[两二三四五六七八九]|\d)\s*大?"
    r"(?:种|类|个|点|步|条|部分|方面)(?P<rest>[^。；，,：:\n]{0,12}[：:]|[ \t]*$)?",
    re.MULTILINE,
)
_DIGITS = {"两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_NUMBERED = re.compile(r"(?:^|\n|[^\d.])(?:\d{1,2}[.、．)）](?!\d)|[①-⑳])[ \t]*[^\s。]")
_BULLETS = re.compile(r"(?:^|\n)[-*+•][ \t]+\S")
_PIECE_LENGTH = 12
_TRAILS = re.compile(
    r"[，,、：:（(《“]$|(?<!等)(?:…+|\.{3,}|。{2,})$|(?:所以|因此|因为|由于|但是|而且|并且|例如|比如|以及|或者|如果|包括|分为|从而|然后"
    r"|(?<![在于含])其中|使得|对于|关于|就是|的是|(?<![不还正于])是|(?<![立当随])即)$"
)
_COVERED = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]+`|\\\(.{0,2000}?\\\)|\\\[.{0,2000}?\\\]|\$\$.{0,2000}?\$\$",
    re.DOTALL,
)
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)
_MATHS = re.compile(r"\\\((.{0,2000}?)\\\)|\\\[(.{0,2000}?)\\\]|\$\$(.{0,2000}?)\$\$", re.DOTALL)
_OPERATOR = re.compile(
    r"(?:[=＝+−*/·×÷^_<>≤≥≈~∝|,&-]|\\(?:cdot|times|frac|d?frac|sqrt|pm|div|mid|leq?|geq?|approx|sim|in|to"
    r"|propto|left|nabla|partial|quad|,))\s*$"
)
# The name of an operation, with its bounds, and nothing that it is applied to.
_APPLIED = re.compile(
    r"=.*\\(?:operatorname\*?\{[^{}]*\}|arg\s*\\(?:max|min)|max|min|sum|prod|int|log|exp|lim|sup|inf)"
    r"(?:[_^](?:\{[^{}]*\}|\\[A-Za-z]+|.))*\s*$",
    re.DOTALL,
)
# Maths that was begun and never ended.
_UNCLOSED = re.compile(r"(?:\$|\\\(|\\\[)(?=[^$\n]*[\\_^{=])[^$\n]+\Z")
_CUT_TEXT = re.compile(r"(?:[=＝−·×÷^/／]|[ =][+*-])\s*[。.]?$")
_LATIN_NAME = re.compile(r"[A-Za-z][\w+.-]*(?: [A-Za-z][\w+.-]*){0,2}", re.ASCII)
_HAN_NAME = re.compile(r"[\u3400-\u9fffA-Za-z -]{2,8}")
_HAN = re.compile(r"[\u3400-\u9fff]")
_SURE_LENGTH = 5
_LATIN_LENGTH = 32
# A short answer to one of these is a whole one.
_ASKS_SHORTLY = re.compile(
    r"哪|几|多少|谁|[吗么]$|还是|是否|能否|对应|多大|多长|[的]是什么$"
    r"|什么(?!是|用|意|作|区|不|好|缺|优|问|原|特|影|关|联|思|时候有|$)"
)
_WHOLE = re.compile(
    r"(?:不?(?:能|是|会|可以|对|行|需要|一定)|否|错|没有|有|无|[一二两三四五六七八九十\d]+\S?)"
)
_ACTS = re.compile(
    r"防止|避免|减少|增加|提高|降低|加快|加速|缓解|解决|保证|保持|学习到|得到|丢失|去掉|变[大小快慢]|更|越|不"
)
# An answer that tells two things apart without naming them.
_TELLS_APART = re.compile(
    r"前者|后者|两者|二者|一个.*(?:另一|一个)|都是|都可|一样|相同|一回事|第一[个种]|[多少][了出]|改[成为用]|换成|相比"
    r"|更(?!新)|在\S{1,8}(?:基础|之)上|比\S{1,10}[多少快慢高低大小强弱]"
)
_DIVIDED = re.compile(
    r"(?:分为|分成|包括|有)\s*(?P<one>[^，。、：:\s和与]{2,8})\s*[和与、]\s*(?P<other>[^，。、：:\s和与]{2,8})"
    r"(?:[两二]\S)?[。：:\n]"
)
_PAIR = 2
# Words behind which something must stand, at the end of what reads as a sentence.
_OPEN_END = re.compile(
    r"(?:[，,；;].*|.{8,})(?:把|将|被|让|(?<![即驱])使|使得|给|(?<!方)向|(?<![以往])往|(?<!服)从|(?<![理自])由|按|按照|跟|(?<![总饱柔求亲])和|(?<!参)与|或者?|以及|而|但"
    r"|又加了|(?<!大)都|也|(?<![法规原准])则|(?<![人刚])才|映射到|称为|叫做|分成|分为|变成|转成|并且|因为|由于|通过|根据|每[一个次]+|这[一个些种]+|一[个种]|只[能要和]|对于)$"
)
_LAST_WORDS = 40
_CLAUSES = re.compile(r"[，。；,;：:].*[^\s]{2}")
_ENDED = re.compile(
    r"[。！？；;.!?…~～”’\"'）)】\]》」』>|`*_:：^%⭐]$|\\[)\]]$|[\U0001F300-\U0001FAFF]$"
)
_KEYWORDS = re.compile(r"[、，,；;/]\s*")
_MOST_KEYWORDS = 6
# A question that only names the thing, or asks what it is.
_PLAIN = re.compile(
    r"(?:什么是|何谓|介绍一?下?|解释一?下?)\S.*|.*(?:是什么|是啥|是什么意思)|[^的]*"
)


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that is missing: its ``kind``, where in the answer, and of what."""

    kind: str
    start: int = 0
    end: int = 0
    term: str = ""
    concept: Concept | None = None

    @property
    def message(self) -> str:
        """Say in a phrase what is missing."""
        detail = self.term or (self.concept.name.zh if self.concept else "")
        return _MESSAGES[self.kind].format(detail)


_MESSAGES = {
    "EMPTY": "no answer",
    "KEYWORD": "the answer is only a keyword: {}",
    "HALF": "nothing is said of {}",
    "EMPTY-ITEM": "the list has an empty item",
    "EMPTY-TERM": "nothing is said of {}",
    "TRAILING": "the answer breaks off",
    "MARKED": "marked as unfinished: {}",
    "COUNT": "the list gives fewer than it promises: {}",
    "FORMULA": "the formula is cut off",
}


def find(
    answer: str, subject: Subject, knowledge: Knowledge, *, stops: bool = False
) -> tuple[Gap, ...]:
    """Find everything unfinished, in the order of the answer; at most one gap of a place.

    ``stops`` says that the author ends sentences with a stop, so that one without it
    breaks off.
    """
    bare = answer.strip()
    todo = _UNDONE.search(bare) or _TASK.search(bare)
    asks_shortly = _ASKS_SHORTLY.search(subject.typed.rstrip("？?：: "))
    unknown = doubts(bare) and not asks_shortly
    if _NOTHING.fullmatch(bare) or unknown or (todo and not bare[: todo.start()].strip()):
        return (Gap("EMPTY", 0, len(answer)),)
    if _is_keyword(bare, subject, knowledge):
        return (Gap("KEYWORD", 0, len(answer), bare.rstrip("。.")),)
    found = [*_halves(bare, subject, knowledge), *_places(answer, subject, stops=stops)]
    return tuple(sorted(found, key=lambda gap: (gap.start, gap.kind)))


def _is_keyword(answer: str, subject: Subject, knowledge: Knowledge) -> bool:
    """Tell whether an answer is nothing but a name: a known one, a Latin word or two, a few Han."""
    text = answer.rstrip("。.")
    if _is_row(answer, subject):
        return True
    latin = len(text) <= _LATIN_LENGTH and _LATIN_NAME.fullmatch(text) is not None
    if "\n" in text or "、" in text or not (latin or is_term(text)) or states(text):
        return False
    if knowledge.named(text) is not None:
        return True
    asked = subject.typed.rstrip("？?：: ")
    names = (*subject.sides, *(name for c in subject.concepts for name in c.names))
    # "KNN 有监督" says something of it.
    says = text.casefold().startswith(tuple(name.casefold() for name in names))
    if says or _ASKS_SHORTLY.search(asked) or _WHOLE.fullmatch(text):
        return False
    # Whoever ends a few words with a full stop takes them for a sentence.
    return latin or (text == answer and _is_han_name(text))


def _is_row(answer: str, subject: Subject) -> bool:
    """Tell whether an answer to "what is it" is but a row of keywords: 分块，显存，在线归一化."""
    pieces = [piece.strip() for piece in _KEYWORDS.split(answer)]
    asked = subject.typed.rstrip("？?：: ")
    # Two words may answer a question; below a bare name they only remind of something.
    least = _PAIR + (not is_term(asked))
    if not least <= len(pieces) <= _MOST_KEYWORDS or subject.kind != "definition" or subject.sides:
        return False
    short = _ASKS_SHORTLY.search(asked) and not asked.endswith(("是什么", "是啥"))
    if not asked or short or not _PLAIN.fullmatch(asked):
        return False
    names = all(is_term(piece) and not states(piece) for piece in pieces)
    return names and all(len(_HAN.findall(p)) <= _SURE_LENGTH + 1 and "的" not in p for p in pieces)


def _is_han_name(text: str) -> bool:
    short = len(re.sub(r"\s", "", text)) <= _SURE_LENGTH
    named = _HAN_NAME.fullmatch(text) is not None and "的" not in text
    return named and (short or not _ACTS.search(text))


# --- Places in the answer ------------------------------------------------------


def _cover(text: str, what: re.Pattern[str]) -> str:
    """Put a letter for each character of code, or of code and formulas."""
    return what.sub(lambda found: re.sub(r"[^\n]", "x", found[0]), text)


def _places(answer: str, subject: Subject, *, stops: bool) -> Iterator[Gap]:
    text = _cover(answer, _COVERED)
    taken = -1
    for gap in (*_empty_items(text), *_empty_terms(text)):
        taken = max(taken, gap.end)
        yield gap
    stripped = text.rstrip()
    todo = _UNDONE.search(stripped) or _last_task(stripped)
    formula = _cut_formula(answer, text)
    if todo:
        # The mark goes with what parts it from the text before.
        start = max(taken, len(stripped[: todo.start()].rstrip(" \n，,。；;：:（(【[")))
        # It takes in what its author says of it, to the end of the line.
        line_end = stripped.find("\n", todo.end())
        end = len(answer) if line_end < 0 else line_end
        yield Gap("MARKED", start, end, todo[0].strip())
    elif (_trails(stripped) or _breaks_off(answer, stops=stops)) and taken < len(stripped) - 1:
        # Words that lead on stay; only a mark is taken for the place itself.
        marked = not stripped[-1].isalnum()
        yield Gap("TRAILING", len(stripped) - marked, len(answer))
    elif formula is not None and taken < formula.end:
        yield formula
    yield from _promises(text, subject)


def _empty_items(text: str) -> Iterator[Gap]:
    numbered: dict[int, int] = {}
    for found in _NUMBER.finditer(text):
        numbered.setdefault(int(found[1]), found.start())
    for item in _EMPTY_ITEM.finditer(text):
        # A number at the end of a line is an item if the one before it is there.
        above = int(item["n"]) - 1 if item["n"] else 0
        if item["n"] is None or (above > 0 and numbered.get(above, item.start()) < item.start()):
            yield Gap("EMPTY-ITEM", *item.span())


def _empty_terms(text: str) -> Iterator[Gap]:
    for found in _EMPTY_TERM.finditer(text):
        term, rest = found["term"], text[found.end() :]
        if len(term) == 1 or term.endswith(("如下", "例如", "图")):
            continue
        own = _LINE.match(text, text.rfind("\n", 0, found.start()) + 1)
        item = own is not None and bool(own[2])
        if _LEADS.search(term) and not item and rest.strip("。. \n"):
            continue
        if not rest.strip() or rest[0] != "\n" or (own and _is_next_term(own, rest)):
            yield Gap("EMPTY-TERM", *found.span(), term=term)


def _is_next_term(own: re.Match[str], rest: str) -> bool:
    """Tell whether the line below a label is a label of the same rank, so that it says nothing."""
    below = _LINE.match(rest.lstrip("\n").partition("\n")[0])
    if below is None:
        return False
    same = bool(own[2]) == bool(below[2]) and len(below[1]) <= len(own[1])
    return same and bool(_TERM_LINE.match(below[3]))


def _last_task(text: str) -> re.Match[str] | None:
    """Give the task that stands last, if it is not done."""
    return next((found for found in _TASK.finditer(text) if found.end() == len(text)), None)


def _breaks_off(answer: str, *, stops: bool) -> bool:
    """Tell whether the last sentence ends in its middle, without a mark."""
    above, _, line = answer.rstrip().rpartition("\n")
    if _ENDED.search(line) or line.lstrip().startswith(("|", "```", "    ")):
        return False
    # Code and formulas may end a sentence in any way.
    last = _COVERED.sub("", line)
    if last != line and line.rstrip()[-1:] in "`)]$":
        return False
    item = _LINE.match(line)
    # What it looks for is in the last words; a long line is not to be tried from each place.
    if _OPEN_END.search(last[-_LAST_WORDS:]):
        return True
    if not stops or (item and item[2]) or _CLAUSES.search(last) is None:
        return False
    # Lines that all go without a stop are meant so.
    return all(_ENDED.search(text) for text in above.split("\n") if text.strip())


def _trails(text: str) -> bool:
    lines = text.split("\n")
    if not _TRAILS.search(lines[-1]) or lines[-1].endswith(("图：", "图:")):
        return False
    # Items that all end in the same mark are only punctuated so.
    return not (len(lines) > 1 and lines[-1][-1] in "，,、" and lines[-2][-1:] == lines[-1][-1])


def _cut_formula(answer: str, text: str) -> Gap | None:
    for found in _MATHS.finditer(_cover(answer, _CODE)):
        if _is_cut(next(group for group in found.groups() if group is not None)):
            return Gap("FORMULA", *found.span())
    unclosed = _UNCLOSED.search(_cover(answer, _COVERED).rstrip())
    if unclosed:
        return Gap("FORMULA", unclosed.start(), len(answer))
    stripped = text.rstrip()
    last = stripped.rpartition("\n")[2]
    if "=" in last and last.count("{") > last.count("}"):
        return Gap("FORMULA", len(stripped) - len(last), len(answer))
    end = _CUT_TEXT.search(stripped)
    return Gap("FORMULA", end.start(), len(answer)) if end else None


def _is_cut(formula: str) -> bool:
    """Tell whether a formula breaks off: a bracket stays open, or an operator comes last."""
    bare = re.sub(r"\\(?:left|right|[Bb]igg?[lr]?)\s*", "", formula).strip()
    bare = re.sub(r"\\(?:\\|[{}])|\\[A-Za-z]+\{cases\}", " ", bare)
    marks = [mark for mark in bare if mark in "([)]"]
    # An interval may mix its brackets, so only their number counts.
    open_ = sum(mark in "([" for mark in marks) > sum(mark in ")]" for mark in marks)
    braces = bare.count("{") > bare.count("}")
    several = len(bare) > 2  # noqa: PLR2004  # \(+\), \(\nabla\) are named, not cut
    ends = _OPERATOR.search(bare) is not None and bare.rstrip(" .,，。") != "|"
    bars = bare.count("|") % 2 == 0 and bare.endswith("|")
    spoken = re.fullmatch(r"\\?[A-Za-z]+|\W+", bare) is not None
    return several and not spoken and (open_ or braces or (ends and not bars) or _applies(bare))


def _applies(formula: str) -> bool:
    return _APPLIED.search(formula) is not None


def _promises(text: str, subject: Subject) -> Iterator[Gap]:
    first, _, below = text.partition("\n")
    promised = _PROMISE.search(first)
    if promised and (promised["lead"] or promised["rest"]):
        given = _given(text[promised.end() :]) or _row(text[promised.end() :])
        span = promised.span()
    else:
        promised, span = _PROMISE.search(subject.typed), (0, 0)
        given = _given(text) or (_row(text) if not below else 0)
    if promised and 0 < given < (_DIGITS.get(promised["n"]) or int(promised["n"])):
        yield Gap("COUNT", *span, promised[0])


def _given(text: str) -> int:
    """Count the items of a list: numbers first, else bullets at the margin."""
    return len(_NUMBERED.findall(text)) or len(_BULLETS.findall(text))


def _row(text: str) -> int:
    """Count what stands in a row: 甲、乙和丙."""
    row = text.strip().partition("\n")[0].rstrip("。.")
    pieces = re.split(r"[、及]|(?<![总饱柔求亲])和|(?<!参)与", row)
    plain = not re.search(r"[，,。：:；;]", row) and max(map(len, pieces)) <= _PIECE_LENGTH
    return len(pieces) if plain and len(pieces) > 1 else 0


# --- Sides of a pair -----------------------------------------------------------


def _halves(answer: str, subject: Subject, knowledge: Knowledge) -> Iterator[Gap]:
    """Find the side of a pair that the answer leaves out, if it speaks of the other."""
    sides: Sequence[Concept] = subject.concepts
    if len(sides) == 1 and subject.kind == "definition":
        sides = [knowledge.by_id[part] for part in sides[0].parts if part in knowledge.by_id]
    if len(sides) < _PAIR:
        yield from _typed_halves(answer, subject.sides, knowledge)
        yield from _divided_halves(answer, knowledge)
        return
    if subject.kind == "contrast" and _TELLS_APART.search(answer):
        return
    said = {mention.concept.id for mention in knowledge.mentions(answer)}
    named = [side.id in said or _distinct(side, sides, answer) for side in sides]
    # Of a pair one side may be missing; of a larger set one that is missing was
    # forgotten, while several were left out.
    if any(named) and (len(sides) == _PAIR or named.count(False) == 1):
        for side, is_named in zip(sides, named, strict=True):
            if not is_named:
                yield Gap("HALF", 0, 0, concept=side)


def _typed_halves(answer: str, sides: tuple[str, ...], knowledge: Knowledge) -> Iterator[Gap]:
    """Find the side left out of a pair that knowledge has no names for."""
    if len(sides) != _PAIR or _TELLS_APART.search(answer):
        return
    said = {mention.concept.id for mention in knowledge.mentions(answer)}
    missing = []
    for side, other in (sides, sides[::-1]):
        concept = resolve(side, knowledge)
        if not ((concept and concept.id in said) or _speaks_of(answer, side, other)):
            missing.append(Gap("HALF", 0, 0, side, concept))
    if len(missing) == 1:
        yield missing[0]


def _speaks_of(answer: str, side: str, other: str) -> bool:
    """Tell whether an answer speaks of one side, by its name or by what sets that apart."""
    text, own, its = answer.casefold(), side.casefold(), other.casefold()
    if own in its:
        text = text.replace(its, " ")
    if own.isascii():
        return re.search(rf"(?<![a-z]){re.escape(own)}(?![a-z])", text) is not None
    piece = own
    while piece and its.endswith(piece[-1:]) and "\u3400" <= piece[-1] <= "\u9fff":
        piece, its = piece[:-1], its[:-1]
    piece = piece.strip()
    half = piece[: max(_PAIR, (len(piece) + 1) // 2)]
    if own in text or fold(own) in fold(text) or (half in text and half not in its):
        return True
    # "标注词性" speaks of 词性标注: more than half of what stands side by side is there.
    near = [piece[n : n + _PAIR] for n in range(len(piece) - 1) if piece not in its]
    return bool(near) and 2 * sum(pair in text for pair in near) > len(near)


def _divided_halves(answer: str, knowledge: Knowledge) -> Iterator[Gap]:
    """Find what an answer announces, "分为 A 和 B", and then explains but one of."""
    found = _DIVIDED.search(answer)
    if found is None:
        return
    rest = answer[found.end() :]
    said = [re.search(rf"(?:^|\n)\W*{re.escape(found[n])}", rest) for n in ("one", "other")]
    left = [found[n] for n, is_said in zip(("one", "other"), said, strict=True) if not is_said]
    if len(left) == 1 and left[0] not in rest:
        yield Gap("HALF", 0, 0, left[0], resolve(left[0], knowledge))


def _distinct(side: Concept, sides: Sequence[Concept], answer: str) -> bool:
    """Tell whether an answer names a side by what sets its name apart: L1 of "L1 正则化"."""
    folded = fold(answer)
    for name in side.names:
        own = fold(name)
        for other in (fold(n) for s in sides if s is not side for n in s.names):
            tail = 0
            while tail < min(len(own), len(other)) and own[-1 - tail] == other[-1 - tail]:
                tail += 1
            piece = own[: len(own) - tail]
            if tail and len(piece) >= _PAIR and piece in folded and not other.endswith(piece):
                return True
    return False
