"""Corrected entries of one question -> a Card: divided, completed, illustrated, in both languages.

Every step edits a draft, so that the card's ledger tells how each of its fields
came about, from the raw lines to the last full stop.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from notepress import gaps as gap_finder
from notepress.completers import suggestions
from notepress.completers.knowledge import Completer
from notepress.completers.prompts import Open
from notepress.completers.suggestions import Answers, Settle, Told
from notepress.decisions import Decisions
from notepress.fields import Parts, split
from notepress.gaps import Gap
from notepress.knowledge import Concept, Knowledge
from notepress.ledger import Draft, text_field, told
from notepress.lines import is_question, number_of
from notepress.model import (
    Bilingual,
    Card,
    Change,
    Entry,
    Figure,
    Finding,
    Level,
    Outcome,
    Span,
    State,
    Status,
    Symbol,
)
from notepress.questions import Subject, statement_subject, subject
from notepress.shortening import is_long
from notepress.translate import Memory, translate, units

_MOST_FORMULAS = 3
_MOST_FIGURES = 2
# The marks of a list typed on one line, each kind by itself.
_RUN_ON = (
    re.compile(r"[ \t]*[（(](\d{1,2})[)）][ \t]*"),
    re.compile(r"(?:(?<=^)|(?<=[^\d.A-Za-z]))[ \t]*(\d{1,2})[.、．)）][ \t]*(?!\d)"),
    re.compile(r"[ \t]*([①-⑳])[ \t]*"),
    re.compile(r"[ \t]*(?<![第十])([一二三四五六七八九十])、[ \t]*(?![一二三四五六七八九十]、)"),
)
# f(x)=…: a function of one letter, written out in running text.
_EQUATION = re.compile(r"\b[A-Za-z]\([a-z]\)=[A-Za-z0-9()+*/^-]*[A-Za-z0-9)]", re.ASCII)
_CITED = re.compile(r"（(?P<source>[a-z][\w-]*, [^（）]+)）$")
_STOPS = "。！？…；："
_HAN = re.compile(r"[\u3400-\u9fff]")
_CARD_TAGS = frozenset(("card", "flashcard", "flashcards", "anki"))


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a card may be furnished with.

    ``answers`` are what models said before, and ``decisions`` what people say to it;
    ``drawings`` gives the alternative text of every drawing, by concept;
    ``pictures`` the author's own files that are there, by name.
    """

    knowledge: Knowledge
    memory: Mapping[str, Memory] = field(default_factory=dict)
    drawings: Mapping[str, Bilingual] = field(default_factory=dict)
    pictures: frozenset[str] = frozenset()
    topics: tuple[str, ...] = ()
    answers: Answers = Answers()
    decisions: Decisions = field(default_factory=lambda: Decisions(()))


@dataclass(frozen=True, slots=True)
class Composed(Outcome[Card]):
    """A card, and what is still open about it, which a model could be asked."""

    open: Open = Open()


def about(entry: Entry, knowledge: Knowledge) -> Subject:
    """Find out what an entry is about, from its text as corrected so far."""
    parts = _parts(entry, knowledge)
    if parts.question:
        return subject(parts.question, knowledge)
    return statement_subject(parts.answer, knowledge)


def _parts(entry: Entry, knowledge: Knowledge) -> Parts:
    """Divide an entry; a lone line that says something of a known thing is a statement."""
    parts = split(entry.text, entry.form)
    more = parts.answer or parts.links or parts.remark
    lone = parts.question and not (more or is_question(parts.question))
    if lone and not subject(parts.question, knowledge).concepts:
        first = next(knowledge.mentions(parts.question), None)
        if first is not None and first.end < len(parts.question):
            return Parts("", parts.question, (), statement=True)
    return parts


def compose(entries: tuple[Entry, ...], card_id: str, shelf: Shelf) -> Composed:
    """Make the card of one question from all the entries that ask it."""
    first = entries[0]
    span = Span(first.origin.path, first.origin.first_line)
    draft = Draft(span)
    parts = [_parts(entry, shelf.knowledge) for entry in entries]
    subjects = [about(entry, shelf.knowledge) for entry in entries]
    topic_of = next((s for s in subjects if s.concepts), subjects[0])
    _divide(draft, parts)
    _name(draft, topic_of)
    completer = Completer(draft, topic_of, shelf.knowledge)
    told = shelf.answers.of(entries)

    def settle(change: Change) -> Change:
        return shelf.decisions.settled(change, card_id)

    left = _complete(draft, topic_of, completer, shelf.knowledge, stops=first.stops)
    left, unheard = suggestions.fill(draft, left, told, settle)
    concepts = list({c.id: c for c in (*topic_of.concepts, *completer.used)}.values())
    symbols = _furnish(draft, topic_of.concepts, concepts, _claimed(entries))
    figures, findings = _illustrate(draft, entries, parts, topic_of, shelf)
    untold = _translate(draft, topic_of, completer.pairs, shelf)
    unsaid = tuple(text for text in untold if text not in told.pairs)
    untold = _translate_by_model(draft, untold, completer.pairs, told, shelf, settle)
    findings += _unfinished(left, draft, span) + _untranslated(untold, span)
    _shorten(draft, topic_of)
    changes = tuple(_text_changes(entries))
    card = Card(
        id=card_id,
        topic=_topic(topic_of, first, shelf),
        question=Bilingual(draft["question.zh"], draft["question.en"]),
        answer=Bilingual(draft["answer.zh"], draft["answer.en"]),
        short=Bilingual(draft["short.zh"], draft["short.en"]),
        formulas=draft.listed("formulas"),
        symbols=symbols,
        pitfall=Bilingual(draft["pitfall.zh"], draft["pitfall.en"]),
        figures=figures,
        tags=_tags(topic_of, parts),
        related=_related(topic_of, shelf.knowledge),
        sources=draft.listed("sources"),
        origins=tuple(entry.origin for entry in entries),
        raw="\n\n".join(entry.raw for entry in entries),
        changes=(*changes, *draft.changes),
    )
    card = replace(card, status=status(card, unfinished=bool(left)))
    own = any(part.answer for part in parts)
    still = Open(
        card_id, entries, card.question.zh, card.answer.zh, unheard, unsaid, tuple(concepts), own
    )
    return Composed(card, tuple(findings), still)


def _tags(found: Subject, parts: list[Parts]) -> tuple[str, ...]:
    """Give the concepts' ids and the author's own tags, without what only makes a flashcard."""
    own = (tag for part in parts for tag in part.tags if tag.casefold() not in _CARD_TAGS)
    return tuple(dict.fromkeys([*(concept.id for concept in found.concepts), *own]))


def status(card: Card, *, unfinished: bool) -> Status:
    """Say how far a card has come."""
    if unfinished or not card.answer.zh:
        return Status.UNFINISHED
    if any(change.state is State.PROPOSED for change in card.changes):
        return Status.PROPOSED
    if not (card.question.en and card.answer.en):
        return Status.UNTRANSLATED
    return Status.COMPLETE


def _text_changes(entries: tuple[Entry, ...]) -> Iterator[Change]:
    for index, entry in enumerate(entries):
        for change in entry.changes:
            of_text = change.field == "text"
            yield replace(change, field=text_field(index)) if of_text else change


def _divide(draft: Draft, parts: list[Parts]) -> None:
    question, remark = next(((p.question, p.remark) for p in parts if p.question), ("", ""))
    answer = "\n\n".join(part.answer for part in parts if part.answer)
    asked = question + remark
    draft.put("question.zh", asked, code="SPLIT", reason="条目的题目部分", by="rule")
    told = "写给自己的话，不是题目的一部分"
    draft.edit("question.zh", len(question), remark, "", code="REMARK", reason=told, by="rule")
    draft.put("answer.zh", answer, code="SPLIT", reason="条目的答案部分", by="rule")


def _name(draft: Draft, found: Subject) -> None:
    if not found.question.zh:
        return
    reason = "题目只是术语，写出规范名称" if found.bare else "题目写成完整的问句"
    by = "knowledge" if found.bare or not draft["question.zh"] else "rule"
    draft.put("question.zh", found.question.zh, code="QUESTION", reason=reason, by=by)


def _complete(
    draft: Draft, found: Subject, completer: Completer, knowledge: Knowledge, *, stops: bool
) -> tuple[Gap, ...]:
    _lay_out_lists(draft)
    completer.explain_terms()
    left = completer.fill(gap_finder.find(draft["answer.zh"], found, knowledge, stops=stops))
    answer = draft["answer.zh"]
    if answer and not left:
        _end_sentence(draft, answer)
    return left


def _lay_out_lists(draft: Draft) -> None:
    """Give every item of a run-on list ``1.…2.…`` a line of its own, and set equations as maths."""
    lines = draft["answer.zh"].split("\n")
    laid = "\n".join(_lay_out(line) for line in lines).strip("\n")
    reason = "连写的编号列表逐项分行"
    draft.put("answer.zh", laid, code="LIST", reason=reason, by="rule")
    if "`" not in laid and "\\(" not in laid:
        set_ = _EQUATION.sub(r"\\(\g<0>\\)", laid)
        draft.put("answer.zh", set_, code="MATHS", reason="等式排成公式", by="rule")


def _lay_out(line: str) -> str:
    rows = (list(pattern.finditer(line)) for pattern in _RUN_ON)
    marks = next((row for row in rows if _counts_up([number_of(mark[1]) for mark in row])), [])
    if not marks:
        return line
    numbers = range(1, len(marks) + 1)
    head = line[: marks[0].start()].rstrip()
    if head and head[-1] not in "：:，。；？！":
        head += "："
    ends = [mark.start() for mark in marks[1:]] + [len(line)]
    items = [
        line[mark.end() : end].strip().rstrip("；;，,")
        for mark, end in zip(marks, ends, strict=True)
    ]
    if not any(item.endswith("。") for item in items[:-1]):
        items[-1] = items[-1].rstrip("。. ")
    numbered = [f"{number}. {item}".rstrip() for number, item in zip(numbers, items, strict=True)]
    return "\n".join([*([head, ""] if head else []), *numbered])


def _counts_up(numbers: list[int]) -> bool:
    """Tell whether numbers are those of a list, which has two items at least."""
    return len(numbers) > 1 and numbers == list(range(1, len(numbers) + 1))


def _end_sentence(draft: Draft, answer: str) -> None:
    """Close a last sentence that was left open."""
    bare = answer.rstrip()
    last_line = bare.rpartition("\n")[2]
    if (
        re.match(r"\s*(?:[-*+]|\d+\.)\s", last_line)
        or "```" in last_line
        or last_line.startswith("|")
    ):
        return
    if not _HAN.search(re.split(r"[。！？]", last_line.rstrip("。！？"))[-1]):
        return  # a sentence in English, a formula
    end = bare[-1:]
    closed = end in _STOPS or (end in "”）』" and bare[-2:-1] in _STOPS)
    if not closed and not bare.endswith(("\\)", "\\]")):
        draft.edit("answer.zh", len(bare), "", "。", code="STOP", reason="句末补句号", by="rule")


def _furnish(
    draft: Draft, main: tuple[Concept, ...], used: list[Concept], claimed: list[str]
) -> tuple[Symbol, ...]:
    formulas = dict.fromkeys(f for concept in main for f in concept.formulas)
    if len(main) > 1:
        formulas = dict.fromkeys(concept.formulas[0] for concept in main if concept.formulas)
    for formula in list(formulas)[:_MOST_FORMULAS]:
        draft.append("formulas", formula, code="FORMULA", reason="补上公式", by="knowledge")
    symbols = _symbols(main, draft.listed("formulas"))
    for symbol in symbols:
        draft.append("symbols", told(symbol), code="SYMBOL", reason="说明符号", by="knowledge")
    pitfall = next((concept.pitfall for concept in main if concept.pitfall), Bilingual())
    for name, text in (("pitfall.zh", pitfall.zh), ("pitfall.en", pitfall.en)):
        draft.put(name, text, code="PITFALL", reason="补上常见误区", by="knowledge")
    for source in dict.fromkeys([*(s for c in used for s in c.sources), *claimed]):
        draft.append("sources", source, code="SOURCE", reason="注明出处", by="knowledge")
    return symbols


def _shorten(draft: Draft, found: Subject) -> None:
    """Give a long answer the short form that knowledge has for what is asked."""
    asked = found.parts or (found,)
    concepts = found.concepts
    if any(part.kind != "definition" for part in asked) or not concepts:
        return
    if not (draft["answer.en"] and is_long(Bilingual(draft["answer.zh"], draft["answer.en"]))):
        return
    if not all(concept.short for concept in concepts):
        return
    shorts = [concept.short for concept in concepts]
    zh, en = "".join(short.zh for short in shorts), " ".join(short.en for short in shorts)
    if len(zh) >= len(draft["answer.zh"]):
        return
    for name, text in (("short.zh", zh), ("short.en", en)):
        draft.put(name, text, code="SHORT", reason="印刷用的简短答案", by="knowledge")


def _symbols(main: tuple[Concept, ...], formulas: tuple[str, ...]) -> tuple[Symbol, ...]:
    """Give what the letters of these formulas stand for; of one explained twice, the first."""
    found = (symbol for c in main for symbol in c.symbols)
    shown = {s.tex: s for s in found if any(s.tex in formula for formula in formulas)}
    return tuple(shown.values())


def _claimed(entries: tuple[Entry, ...]) -> list[str]:
    """Give the sources of the corrections that were accepted."""
    found = (
        _CITED.search(change.reason)
        for entry in entries
        for change in entry.changes
        if change.code == "CLAIM" and change.state.applied
    )
    return [match["source"] for match in found if match]


def _illustrate(
    draft: Draft, entries: tuple[Entry, ...], parts: list[Parts], found: Subject, shelf: Shelf
) -> tuple[tuple[Figure, ...], list[Finding]]:
    figures: list[Figure] = []
    findings: list[Finding] = []
    for entry, part in zip(entries, parts, strict=True):
        candidates = _drawings(part, found, shelf)
        for link in part.links:
            name = _picture(link.target, entry.origin.path, shelf.pictures)
            drawn = next((d for d in candidates if d not in {f.file for f in figures}), None)
            if name:
                figure = Figure(
                    name,
                    Bilingual(draft["question.zh"], draft["question.en"]),
                    "author",
                    link.target,
                )
                reason, by = "作者的图片", "rule"
            elif drawn:
                figure = Figure(drawn, shelf.drawings[_concept_of(drawn)], "drawn", link.target)
                missing = link.target.rpartition("/")[2]
                reason, by = f"链接的图片 {missing[:12]}… 不在，以本书自绘图代替", "knowledge"
            else:
                findings.append(_missing(entry, link.target))
                continue
            figures.append(figure)
            draft.append("figures", figure.file, code="FIGURE", reason=reason, by=by)
    if not any(part.links for part in parts):
        for drawn in _own_drawings(found, shelf)[:_MOST_FIGURES]:
            figures.append(Figure(drawn, shelf.drawings[_concept_of(drawn)]))
            draft.append("figures", drawn, code="FIGURE", reason="配上自绘示意图", by="knowledge")
    return tuple(figures), findings


def _picture(target: str, note: str, pictures: frozenset[str]) -> str:
    """Find the author's picture that a link means: by its whole path, else by its name."""
    path = unquote(target).replace("\\", "/")
    path = re.sub(r"^(?:\.{1,2}/)+|^/+", "", path).removeprefix("images/")
    folder = note.rpartition("/")[2].rpartition(".")[0]
    name = path.rpartition("/")[2]
    return next((p for p in (f"{folder}/{path}", path, name) if p in pictures), "")


def _concept_of(file: str) -> str:
    return file.removeprefix("drawn/").removesuffix(".svg")


def _own_drawings(found: Subject, shelf: Shelf) -> list[str]:
    ids = (f for c in found.concepts for f in (c.figures or (c.id,)))
    return [f"drawn/{i}.svg" for i in dict.fromkeys(ids) if i in shelf.drawings]


def _drawings(part: Parts, found: Subject, shelf: Shelf) -> list[str]:
    """Give the drawings that may stand in for an entry's pictures, the likeliest first.

    What the entry's answer speaks of is nearer than what its question names, if the
    answer is but a keyword; else the question's own subject comes first.
    """
    said = [mention.concept for mention in shelf.knowledge.mentions(part.answer)]
    short = len(part.answer) <= 24  # noqa: PLR2004  # a keyword, not a sentence
    order = [*said, *found.concepts] if short and said else [*found.concepts, *said]
    ids = (f for c in order for f in (c.figures or (c.id,)))
    return [f"drawn/{i}.svg" for i in dict.fromkeys(ids) if i in shelf.drawings]


def _missing(entry: Entry, target: str) -> Finding:
    at = entry.raw.find(target)
    line = entry.origin.first_line + entry.raw.count("\n", 0, at)
    column = at - entry.raw.rfind("\n", 0, at)
    name = target.rpartition("/")[2]
    message = f"picture {name} is missing, and no drawing of ours shows what it is about"
    hint = f"Put the file into images/ as {name}, or drop the entry."
    return Finding(
        "PICTURE-MISSING", Level.WARNING, Span(entry.origin.path, line, column), message, hint
    )


def _translate(
    draft: Draft, found: Subject, pairs: Mapping[str, str], shelf: Shelf
) -> tuple[str, ...]:
    known = {memory.zh: memory.en for memory in shelf.memory.values()} | dict(pairs)
    asked = draft["question.zh"]
    english = known.get(asked) or found.question.en
    by = "memory" if asked in shelf.memory else "knowledge"
    untold = () if english or not asked else (asked,)
    draft.put("question.en", english, code="TRANSLATE", reason="题目的英文", by=by)
    said = translate(draft["answer.zh"], known, shelf.knowledge)
    from_memory = any(unit in shelf.memory for unit in units(draft["answer.zh"]))
    by = "memory" if from_memory else "knowledge"
    draft.put("answer.en", said.text, code="TRANSLATE", reason="答案的英文", by=by)
    return (*untold, *said.missing)


def _translate_by_model(  # noqa: PLR0913, PLR0917  # what is known, what was told, and who decides
    draft: Draft,
    untold: tuple[str, ...],
    pairs: Mapping[str, str],
    told: Told,
    shelf: Shelf,
    settle: Settle,
) -> tuple[str, ...]:
    """Propose models' English where there is no other; gives back what is untold even so."""
    if not untold or not told.pairs:
        return untold
    asked, answer = draft["question.zh"], draft["answer.zh"]
    if asked in told.pairs and not draft["question.en"]:
        author = told.author([asked])
        suggestions.translated(draft, "question.en", told.pairs[asked], author, settle)
    known = {memory.zh: memory.en for memory in shelf.memory.values()} | dict(pairs)
    said = translate(answer, {**told.pairs, **known}, shelf.knowledge)
    if said.text and not draft["answer.en"]:
        author = told.author([*units(answer), *answer.split("\n"), *told.authors])
        suggestions.translated(draft, "answer.en", said.text, author, settle)
    done = {asked} if draft["question.en"] else set[str]()
    if draft["answer.en"]:
        done.update(units(answer))
    return tuple(text for text in untold if text not in done)


def _unfinished(left: tuple[Gap, ...], draft: Draft, span: Span) -> list[Finding]:
    about_what = draft["question.zh"] or draft["answer.zh"][:20]
    hint = "Complete the note, or add the concept to content/knowledge."
    return [
        Finding("UNFINISHED", Level.WARNING, span, f"{about_what}: {gap.message}", hint)
        for gap in left
    ]


def _untranslated(untold: tuple[str, ...], span: Span) -> list[Finding]:
    hint = "Add it to content/translations.yaml."
    return [
        Finding("UNTRANSLATED", Level.WARNING, span, f"no English for: {text}", hint)
        for text in untold
    ]


def _topic(found: Subject, entry: Entry, shelf: Shelf) -> str:
    if found.concepts and (found.concepts[0].topic in shelf.topics or not entry.headings):
        return found.concepts[0].topic
    if entry.headings:
        return entry.headings[-1]
    return entry.origin.path.rpartition("/")[2].rpartition(".")[0]


def _related(found: Subject, knowledge: Knowledge) -> tuple[str, ...]:
    own = {concept.id for concept in found.concepts}
    apart = knowledge.contrasted
    near = (r for c in found.concepts for r in (*apart.get(c.id, ()), *c.parts))
    return tuple(r for r in dict.fromkeys(near) if r not in own)
