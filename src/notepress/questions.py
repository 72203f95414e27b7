"""A heading as corrected -> what it asks, and about which concepts.

Ways of asking are data (``QuestionForm``); a term is anything that knowledge can
name. What isn't recognized gives a subject without concepts, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from notepress.knowledge import Concept, Knowledge, QuestionForm, fold
from notepress.lines import is_term
from notepress.model import Bilingual

_PAIR = re.compile(r"\s*(?:和|与|跟|及|以及|、|／|/|\bvs\.?\s|\band\s)\s*")
# A question that is answered by telling of both sides: "A 和 B", "A 与 B 有什么区别".
_COMPARES = re.compile(
    r"(?:请?(?:简述|比较|对比|说说|解释|什么是|何谓)\s*(?:一下)?)?(?P<one>[^？?，,。和与]{1,20}?)\s*"
    r"(?:和|与|跟|以及|\bvs\.?\s|\band\s)\s*(?P<other>[^？?，,。和与]{1,20}?)\s*"
    r"(?P<contrast>(?:之间|两者|二者|各自)?(?:的|有什么|有何|有哪些)*(?:主要|本质)?"
    r"(?:区别|不同|差别|差异|异同|优缺点|对比|比较|联系|特点|定义)(?:之处|点)?)?"
    r"(?:分别|各)?(?:是什么|有哪些|在哪里?|在于什么|是啥)?"
)
_FUZZY_LENGTH = 4
_FUZZY_SCORE = 0.82
# Names that end in one of these count, and take an article after "What is".
_COUNTABLE = re.compile(
    r"(?:machine|network|model|function|algorithm|layer|kernel|matrix|block|curve|unit|map|field"
    r"|window|tree|forest|vector|distribution|process|hyperparameter|classifier|encoder|decoder"
    r"|autoencoder|optimizer|gradient|graph|embedding|token|tensor|chain|rate|loss|error|metric|score|problem)$"
)
_SUFFIX = {
    "definition": "",
    "contrast": "",
    "list": "-kinds",
    "reason": "-why",
    "method": "-how",
    "use": "-use",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What a question is about. ``kind`` says what it asks for; ``bare`` that it only names.

    ``typed`` is the question as written; ``sides`` are the two things that it sets
    side by side, known or not; ``parts`` are the questions that it consists of, if
    they are several.
    """

    concepts: tuple[Concept, ...] = ()
    kind: str = "definition"
    question: Bilingual = Bilingual()
    bare: bool = False
    typed: str = field(default="", compare=False)
    sides: tuple[str, ...] = field(default=(), compare=False)
    parts: tuple[Subject, ...] = field(default=(), compare=False)

    @property
    def id(self) -> str:
        """A card's id made from what it asks; "" where that isn't known."""
        if not self.concepts:
            return ""
        joint = "-vs-" if self.kind == "contrast" else "-and-"
        return joint.join(concept.id for concept in self.concepts) + _SUFFIX.get(self.kind, "")


# Asked of each question when its card is named, and when it is composed.
@lru_cache(maxsize=1 << 16)
def subject(question: str, knowledge: Knowledge) -> Subject:
    """Find out what a question is about."""
    bare = question.strip().rstrip("？?：:。. \t")
    pieces = [piece.strip() for piece in re.split(r"[?？]", bare) if piece.strip()]
    if len(pieces) > 1:
        return _several(question.strip(), pieces, knowledge)
    return replace(_subject(bare, knowledge), typed=question.strip(), sides=_sides(bare))


def _several(question: str, pieces: list[str], knowledge: Knowledge) -> Subject:
    """Find out what each of several questions in a row is about.

    One that names nothing, such as 怎么计算, asks on about what the one before named.
    """
    parts: list[Subject] = []
    about = ""
    for piece in pieces:
        part = _subject(piece, knowledge)
        if not part.concepts and about:
            part = _subject(f"{about}{piece}", knowledge)
            part = part if part.concepts else _subject(f"{about}的{piece}", knowledge)
        if len(part.concepts) == 1:
            about = part.concepts[0].name.zh
        parts.append(replace(part, typed=piece, sides=_sides(piece)))
    concepts = tuple({c.id: c for part in parts for c in part.concepts}.values())
    english = [part.question.en for part in parts]
    asked = Bilingual(question, " ".join(english) if all(english) else "")
    return Subject(concepts, "several", asked, typed=question, parts=tuple(parts))


def _sides(question: str) -> tuple[str, ...]:
    """Give the two things that a question sets side by side."""
    found = _COMPARES.fullmatch(question)
    if found is None:
        return ()
    # "目标检测的单阶段和两阶段" sets two of its stages side by side, while
    # "精确率和召回率的调和平均" asks for a third thing.
    one, (other, of, _) = found["one"].rpartition("的")[2], found["other"].partition("的")
    sides = re.sub(r"^\d+[.、)]\s*", "", one).strip(), other.strip()
    third = of and not found["contrast"]
    named = all(is_term(side) and "、" not in side for side in sides)
    return sides if named and not third else ()


def _subject(bare: str, knowledge: Knowledge) -> Subject:
    if not bare:
        return Subject()
    return (
        _answer(bare, knowledge.asked(bare))
        # What is named outright is not what some question resembles: 什么是批归一化 is
        # close to 什么是归一化.
        or _told_apart(_formed(bare, knowledge, _exactly), knowledge)
        or _answer(bare, _nearly_asked(bare, knowledge))
        or _formed(bare, knowledge, resolve)
        or Subject()
    )


def _answer(bare: str, concept: Concept | None) -> Subject | None:
    """Take a concept for what a question is about, if there is one."""
    if concept is None:
        return None
    return Subject((concept,), question=Bilingual(_asking(bare), concept.question.en))


Resolve = Callable[[str, Knowledge], Concept | None]


def _told_apart(found: Subject | None, knowledge: Knowledge) -> Subject | None:
    """Take two names for what they are only where knowledge has the two side by side."""
    if found is None or len(found.concepts) == 1:
        return found
    one, *others = (concept.id for concept in found.concepts)
    return found if set(others) <= set(knowledge.contrasted.get(one, ())) else None


def _exactly(term: str, knowledge: Knowledge) -> Concept | None:
    return knowledge.named(term)


def _formed(bare: str, knowledge: Knowledge, find: Resolve) -> Subject | None:
    """Read a question as names that ``find`` finds, alone or in one of the usual forms."""
    found = _pair_or_term(bare, knowledge, find)
    if found:
        return Subject(found, question=_named(found, bare), bare=True)
    for form, terms in _forms(bare, knowledge):
        joint = _pair_or_term("和".join(terms), knowledge, find) if len(terms) > 1 else ()
        # 偏差和方差 is one name too, and yet its sides are what is told apart.
        each = tuple(c for term in terms for c in _pair_or_term(term, knowledge, find))
        concepts = joint if len(joint) >= len(terms) else each
        if len(concepts) >= len(terms):
            return Subject(concepts, form.kind, _asked_in(form, terms, concepts, bare, knowledge))
    return None


def statement_subject(text: str, knowledge: Knowledge) -> Subject:
    """Find out what a statement is about: the concept that it opens with, else its first."""
    asked = _nearly_asked(text.rstrip("。."), knowledge)
    first = asked or next((m.concept for m in knowledge.mentions(text)), None)
    if first is None:
        return Subject()
    question = first.question or _named((first,), "")
    return Subject((first,), question=question, bare=not first.question)


def resolve(term: str, knowledge: Knowledge) -> Concept | None:
    """Give the one concept that a term names, be it by two of its names side by side."""
    exact = knowledge.named(term)
    if exact:
        return exact
    mentions = list(knowledge.mentions(term))
    if mentions:
        same = {m.concept.id for m in mentions}
        covered = sum(len(fold(term[m.start : m.end])) for m in mentions)
        # What stands in front of a name makes another of it: 半监督学习.
        whole = fold(term[: mentions[0].start]) == ""
        if len(same) == 1 and whole and covered >= len(fold(term)) - 1:
            return mentions[0].concept
        # In "A 的 B" the thing asked about is B.
        tail = mentions[-1]
        if "的" in term[: tail.start] and fold(term[tail.end :]) == "":
            return tail.concept
    return _nearly_named(term, knowledge)


def _pair_or_term(term: str, knowledge: Knowledge, find: Resolve) -> tuple[Concept, ...]:
    whole = find(term, knowledge)
    if whole:
        return (whole,)
    parts = [part for part in _PAIR.split(term) if part]
    if len(parts) < 2:  # noqa: PLR2004  # a pair is two
        return ()
    found = [find(part, knowledge) for part in parts]
    # "L1 和 L2 正则化" shares its last word.
    if found[-1] is not None:
        tail = parts[-1][len(parts[-1].rstrip("\u4e00")) :] or _shared_tail(parts[-1])
        found = [c or find(p + tail, knowledge) for c, p in zip(found, parts, strict=True)]
    concepts = tuple(concept for concept in found if concept)
    # Two names that lead to one thing are not understood: the author tells them apart.
    return concepts if len(set(map(id, concepts))) == len(parts) else ()


def _shared_tail(term: str) -> str:
    found = re.search(r"[\u4e00-\u9fff]+$", term)
    return found[0] if found else ""


def _nearly_named(term: str, knowledge: Knowledge) -> Concept | None:
    wanted = fold(term)
    if len(wanted) < _FUZZY_LENGTH:
        return None
    alike = _names_by_first(knowledge).get(wanted[0], ())
    near = process.extract(wanted, alike, scorer=OSA.distance, score_cutoff=1, limit=2)
    # A digit or a letter more is another thing: L1 and L2, RNN and CNN; and so is what
    # begins otherwise: 宏平均 and 微平均, 批量梯度下降 and 小批量梯度下降.
    near = [
        hit for hit in near if len(hit[0]) >= _FUZZY_LENGTH and _digits(hit[0]) == _digits(wanted)
    ]
    return knowledge.named(near[0][0]) if len(near) == 1 and not wanted.isascii() else None


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isascii())


@lru_cache(maxsize=4)
def _names_by_first(knowledge: Knowledge) -> Mapping[str, tuple[str, ...]]:
    names = dict.fromkeys(fold(n) for c in knowledge.concepts for n in c.names)
    found: dict[str, list[str]] = {}
    for name in filter(None, names):
        found.setdefault(name[0], []).append(name)
    return {first: tuple(held) for first, held in found.items()}


def _nearly_asked(question: str, knowledge: Knowledge) -> Concept | None:
    asks = knowledge.asks
    scorer = OSA.normalized_similarity
    near = process.extractOne(fold(question), asks.keys(), scorer=scorer, score_cutoff=_FUZZY_SCORE)
    if near is None or ("不" in question) != ("不" in near[0]):
        return None
    return asks[near[0]]


@lru_cache(maxsize=4)
def _compiled(knowledge: Knowledge) -> tuple[tuple[re.Pattern[str], QuestionForm], ...]:
    compiled = []
    for form in knowledge.questions:
        pattern = (
            re.escape(form.zh).replace(r"\{x\}", r"(?P<x>.+?)").replace(r"\{y\}", r"(?P<y>.+?)")
        )
        compiled.append((re.compile(pattern.replace(r"\ ", r"\s*")), form))
    return tuple(compiled)


def _forms(question: str, knowledge: Knowledge) -> Iterator[tuple[QuestionForm, tuple[str, ...]]]:
    for pattern, form in _compiled(knowledge):
        found = pattern.fullmatch(question)
        if found:
            yield form, tuple(term.strip() for term in found.groupdict().values() if term)


def _asking(question: str) -> str:
    asks = re.search(r"什么|哪些|哪几|如何|怎么|怎样|为何|是否|多少|吗$|呢$|区别$|不同$", question)
    return f"{question}？" if asks else question


def _named(concepts: tuple[Concept, ...], typed: str) -> Bilingual:
    """Name the concepts in both languages, with the abbreviation where it was used."""
    zh = [
        f"{c.name.zh}（{c.abbr}）"
        if c.abbr and c.abbr in typed and c.abbr not in c.name.zh
        else c.name.zh
        for c in concepts
    ]
    en = " and ".join(concept.name.en for concept in concepts)
    return Bilingual("与".join(zh), _capital(en))


def _asked_in(
    form: QuestionForm,
    terms: tuple[str, ...],
    concepts: tuple[Concept, ...],
    question: str,
    knowledge: Knowledge,
) -> Bilingual:
    if form.kind == "definition" and len(concepts) == 1 and concepts[0].question.en:
        return Bilingual(_asking(question), concepts[0].question.en)
    if len(terms) == len(concepts):
        names = [concept.name.en for concept in concepts]
    else:
        found = [_pair_or_term(term, knowledge, resolve) for term in terms]
        names = [" and ".join(concept.name.en for concept in held) for held in found]
    if len(terms) == 1 and len(concepts) > 1 and form.kind == "definition":
        english = form.en.replace("What is {x}", "What are {x}")
    else:
        english = form.en.replace("What is {x}?", _what_is(names[0]))
    for key, name in zip(("{x}", "{y}"), names, strict=False):
        english = english.replace(key, name)
    return Bilingual(_asking(question), _capital(english))


def _what_is(name: str) -> str:
    if " and " in name:
        return "What are {x}?"
    if not _COUNTABLE.search(name):
        return "What is {x}?"
    return "What is an {x}?" if name[0].lower() in "aeiou" else "What is a {x}?"


def _capital(text: str) -> str:
    # "k-means" and "word2vec" keep their small letter; an ordinary word takes a capital.
    return text if re.match(r"[a-z]+-?\d|k-|[a-z][A-Z]", text) else text[:1].upper() + text[1:]
