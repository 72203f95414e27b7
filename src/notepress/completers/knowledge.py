"""Fill gaps from knowledge: definitions, contrasts, glosses and points, in both languages.

The author's sentences stay; what is added stands beside them. A gap that knowledge
can't fill is given back, and nothing is made up for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from notepress.gaps import Gap
from notepress.knowledge import Concept, Knowledge, fold
from notepress.ledger import Draft
from notepress.model import Bilingual
from notepress.questions import Subject, resolve

CODE = "COMPLETE"
_ANSWER = "answer.zh"
_PAIR = 2
_ITEM = re.compile(r"^(\d{1,2})\. ?(.*)$", re.MULTILINE)
# A list of terms: at least this many, each known, some with an explanation.
_LEAST_TERMS = 3
_SAME = 0.55


class Completer:
    """One card's completion: the draft is edited, English is noted beside the Chinese."""

    def __init__(self, draft: Draft, subject: Subject, knowledge: Knowledge) -> None:
        self._draft = draft
        self._subject = subject
        self._knowledge = knowledge
        self.pairs: dict[str, str] = {}
        self.used: list[Concept] = []
        self._open: list[Gap] = []

    def fill(self, gaps: tuple[Gap, ...]) -> tuple[Gap, ...]:
        """Fill what can be filled, last place first; give back what can't."""
        fillers: dict[str, Callable[[Gap], bool]] = {
            "EMPTY": self._empty,
            "KEYWORD": self._keyword,
            "HALF": self._half,
            "EMPTY-ITEM": self._points,
            "EMPTY-TERM": self._gloss,
            "TRAILING": self._trailing,
            "MARKED": self._trailing,
        }
        left = [g for g in reversed(gaps) if g.kind not in fillers or not fillers[g.kind](g)]
        return (*reversed(left), *self._open)

    def explain_terms(self) -> None:
        """Lay out rows of bare terms as lists, and explain each term that stands alone."""
        answer = self._draft[_ANSWER]
        if "\n" in answer:
            laid = "\n".join(self._explain_item(line) for line in answer.split("\n"))
            reason = "列表中的术语没有解释，按知识库补上"
        else:
            rows = [self._row(sentence) for sentence in answer.split("。") if sentence.strip()]
            if not rows or not all(rows) or sum(row.count("\n- ") for row in rows) < _LEAST_TERMS:
                return
            laid = re.sub(r"\n{3,}", "\n\n", "\n".join(rows)).strip("\n")
            reason = "术语列举改为列表，缺少解释的按知识库补上"
        self._draft.put(_ANSWER, laid, code=CODE, reason=reason, by="knowledge")

    def _row(self, sentence: str) -> str:
        """Give a sentence that only lists terms as a list, led by its label; "" if it says more."""
        lead, colon, rest = sentence.partition("：")
        labeled = bool(colon) and not self._term(lead) and "，" not in lead and "、" not in lead
        pieces = [piece.strip() for piece in re.split(r"[，、]", rest if labeled else sentence)]
        lines = [self._explain_piece(piece) for piece in pieces if piece]
        if not lines or not all(lines):
            return ""
        head = f"\n{lead}：\n" if labeled else ""
        return head + "".join(f"\n- {line}" for line in lines) + "\n"

    def _explain_piece(self, piece: str) -> str:
        term, _, gloss = piece.partition("：")
        concept = self._term(term)
        if concept is None:
            return ""
        bare = not gloss.strip() and bool(concept.gloss.zh)
        return self._explained(term.strip(), concept) if bare else piece

    def _explain_item(self, line: str) -> str:
        item = re.match(r"(\s*(?:[-*+]|\d+\.)\s+)([^：。；，]{2,40})$", line)
        concept = self._term(item[2]) if item else None
        if item is None or concept is None or not concept.gloss.zh:
            return line
        return item[1] + self._explained(item[2].strip(), concept)

    def _term(self, text: str) -> Concept | None:
        """Give the concept that a text only names: ``AUC 值``, ``微调（Fine-tuning）``."""
        bare = re.sub(r"（[^（）]*）$", "", text.strip())
        suffixed = re.fullmatch(r"(.+?)\s?(?:值|性原则|原则|方法)", bare)
        known = self._knowledge.named
        return known(bare) or (known(suffixed[1]) if suffixed else None)

    def _explained(self, term: str, concept: Concept) -> str:
        self._use(concept)
        line = f"{term}：{concept.gloss.zh}"
        name = concept.name.en[:1].upper() + concept.name.en[1:]
        self.pairs[line] = f"{name}: {concept.gloss.en}"
        return line

    def _use(self, concept: Concept) -> None:
        if concept not in self.used:
            self.used.append(concept)

    def _said(self, text: Bilingual, concept: Concept) -> str:
        self._use(concept)
        self.pairs[text.zh] = text.en
        return text.zh

    def _definitions(self) -> list[str]:
        """Give what answers the question; of several, what answers those that are known."""
        parts = self._subject.parts
        if not parts:
            return self._answers(self._subject)
        said = [self._answers(part) for part in parts]
        self._open = [
            Gap("HALF", 0, 0, part.typed)
            for part, answers in zip(parts, said, strict=True)
            if not answers and any(said)
        ]
        return list(dict.fromkeys(text for answers in said for text in answers))

    def _answers(self, subject: Subject) -> list[str]:
        concepts = subject.concepts
        if subject.kind == "contrast" and len(concepts) == _PAIR:
            contrast = _contrast(*concepts)
            return [self._said(contrast, concepts[0])] if contrast else []
        if subject.kind != "definition":
            return []
        return [self._said(concept.definition, concept) for concept in concepts]

    def _empty(self, gap: Gap) -> bool:
        found = self._definitions()
        if not found:
            return False
        before = self._draft[_ANSWER][gap.start : gap.end]
        self._insert(gap.start, before, "\n\n".join(found), "答案为空，按知识库补全")
        return True

    def _keyword(self, gap: Gap) -> bool:
        found = self._definitions()
        if not found:
            # A question such as "which kinds" may well be answered by one word.
            return self._subject.kind != "definition" and bool(self._subject.concepts)
        line = self._keywords(gap.term)
        before = self._draft[_ANSWER][gap.start : gap.end]
        self._insert(
            gap.start, before, "\n\n".join([line, *found]), "答案只有一个关键词，按知识库补全"
        )
        return True

    def _keywords(self, typed: str) -> str:
        """Give the keywords of a note as a line, and note its English if all have one."""
        zh, en = [], []
        for term in re.split(r"[、，,；;/]\s*", typed):
            concept = resolve(term, self._knowledge)
            if concept:
                self._use(concept)
            zh.append(f"{term}（{concept.name.zh}）" if concept and term.isascii() else term)
            en.append(concept.name.en if concept and not term.isascii() else term)
        line = f"关键词：{'、'.join(zh)}。"
        if all(term.isascii() for term in en):
            self.pairs[line] = f"Keyword{'s' * (len(en) > 1)}: {', '.join(en)}."
        return line

    def _half(self, gap: Gap) -> bool:
        side = gap.concept
        if side is None:
            return False
        text = self._said(side.definition, side)
        sides = self._subject.concepts
        first = len(sides) > 1 and sides[0] is side
        answer = self._draft[_ANSWER]
        reason = f"题目问到“{side.name.zh}”而答案没有谈及，按知识库补全"
        if first:
            self._insert(0, "", f"{text}\n\n", reason)
        else:
            self._insert(len(answer), "", f"\n\n{text}", reason)
        return True

    def _points(self, gap: Gap) -> bool:
        concept = self._subject.concepts[0] if len(self._subject.concepts) == 1 else None
        if concept is None or not concept.points:
            return False
        answer = self._draft[_ANSWER]
        given = [fold(found[2]) for found in _ITEM.finditer(answer) if found[2].strip()]
        new = [p for p in concept.points if not any(_alike(fold(p.zh), item) for item in given)]
        if not new:
            return False
        lines = []
        for number, point in enumerate(new, start=len(given) + 1):
            self.pairs[point.zh] = point.en
            lines.append(f"{number}. {point.zh}")
        self._use(concept)
        end = gap.end + len(answer[gap.end :]) - len(answer[gap.end :].lstrip("。.，,"))
        before = answer[gap.start : end]
        self._insert(gap.start, before, "\n".join(lines), "列表最后一项为空，按知识库补全")
        return True

    def _gloss(self, gap: Gap) -> bool:
        concept = self._knowledge.named(gap.term)
        if concept is None or not concept.gloss.zh:
            return False
        answer = self._draft[_ANSWER]
        self._use(concept)
        self._insert(
            gap.start,
            answer[gap.start : gap.end],
            self._explained(gap.term, concept),
            f"“{gap.term}”后面没有内容，按知识库补全",
        )
        return True

    def _trailing(self, gap: Gap) -> bool:
        found = [text for text in self._definitions() if not self._covers(text)]
        answer = self._draft[_ANSWER]
        before = answer[gap.start : gap.end]
        # What stands below goes on with the text above, not with what would be put between.
        if not self._definitions() or answer[gap.end :].strip():
            return False
        added = "".join(f"\n\n{text}" for text in found)
        # A mark gives way to the full stop; words that lead on stay, and are seen to.
        end = "。" if before else "……"
        self._insert(gap.start, before, f"{end}{added}", "答案没有写完，按知识库补全")
        return True

    def _covers(self, text: str) -> bool:
        return _overlap(fold(text), fold(self._draft[_ANSWER])) >= _SAME

    def _insert(self, offset: int, before: str, after: str, reason: str) -> None:
        self._draft.edit(_ANSWER, offset, before, after, code=CODE, reason=reason, by="knowledge")


def _contrast(one: Concept, other: Concept) -> Bilingual | None:
    for side, against in ((one, other), (other, one)):
        for contrast in side.contrasts:
            if contrast.other == against.id:
                return Bilingual(contrast.zh, contrast.en)
    return None


def _alike(one: str, other: str) -> bool:
    """Tell whether two list items say the same thing, one perhaps at greater length."""
    short, long = sorted((one, other), key=len)
    return bool(short) and (short in long or _overlap(short, long) >= _SAME)


def _overlap(one: str, other: str) -> float:
    """Give the share of the first text's character pairs that the second holds too."""
    pairs = {one[i : i + 2] for i in range(len(one) - 1)}
    return sum(pair in other for pair in pairs) / len(pairs) if pairs else 0.0
