"""Kept replies -> proposals: on the text of an entry, for the gaps of an answer, in English.

A reply belongs to the raw lines that it was given for, whatever was learned since.
What of it still fits is proposed; what does not is passed over, since then a rule or
knowledge has done its work.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from notepress.completers.prompts import labels
from notepress.completers.replies import (
    LONGEST_NAME,
    MEANING,
    Addition,
    Free,
    Kept,
    objection,
    place,
)
from notepress.decisions import digest
from notepress.gaps import Gap
from notepress.knowledge import Knowledge
from notepress.ledger import Draft, places
from notepress.model import Change, Entry, Finding, Level, Outcome, Span, State

Settle = Callable[[Change], Change]
"""Gives a proposal as a person decided on it, or as it is."""

EDIT, FILL, GO_ON, ENGLISH = "MODEL", "COMPLETE", "CONTINUE", "TRANSLATE"
_ANSWER = "answer.zh"
_UNSURE = 0.5
_RUN_OUT = re.compile(r"(?:…+|\.{3,}|。{2,})\s*$")
_STOPS = re.compile(r"[。.，,；;]?[ \t]*")
_CLOSING = re.compile(r"\s*(?:\\[)\]]|\$+)?\s*$")


@dataclass(frozen=True, slots=True)
class Told:
    """What models said of a card's entries: additions by gap, English by Chinese, and who."""

    additions: Mapping[str, tuple[Addition, str]] = field(default_factory=dict)
    pairs: Mapping[str, str] = field(default_factory=dict)
    authors: Mapping[str, str] = field(default_factory=dict)

    def author(self, texts: Iterable[str]) -> str:
        """Name the model that put the first of these texts into English."""
        return next((self.authors[text] for text in texts if text in self.authors), "")


@dataclass(frozen=True, slots=True)
class Answers:
    """All replies that may be used, by the digest of the raw text that they are about."""

    by_raw: Mapping[str, tuple[Kept, ...]] = field(default_factory=dict)

    @property
    def known(self) -> frozenset[str]:
        """The digests of what there is a reply to: raw texts, and requests."""
        requests = {kept.asked.request for held in self.by_raw.values() for kept in held}
        return frozenset(requests | set(self.by_raw))

    def of(self, entries: Iterable[Entry]) -> Told:
        """Gather what was said of a card's entries; of two that say the same, the first."""
        additions: dict[str, tuple[Addition, str]] = {}
        pairs: dict[str, str] = {}
        authors: dict[str, str] = {}

        def pair(zh: str, en: str, model: str) -> None:
            if zh not in pairs:
                pairs[zh], authors[zh] = en, model

        for kept in (k for entry in entries for k in self.by_raw.get(digest(entry.raw), ())):
            for addition in kept.reply.additions:
                additions.setdefault(addition.gap, (addition, kept.model))
                for zh, en in zip(_bare(addition.zh), _bare(addition.en), strict=True):
                    if zh:
                        pair(zh, en, kept.model)
            for translation in kept.reply.translations:
                pair(kept.asked.sentences[translation.sentence - 1], translation.en, kept.model)
        return Told(additions, pairs, authors)

    def correct(self, entry: Entry, free: Callable[[str], Free]) -> Entry:
        """Note down the corrections of an entry that models propose, beside those of rules."""
        held = self.by_raw.get(digest(entry.raw), ())
        if not held:
            return entry
        waiting = [c for c in entry.changes if c.state is State.PROPOSED and c.field == "text"]
        found = {(c.offset, c.offset + len(c.before)): c for c in waiting}
        origins = places(entry.raw, entry.changes)
        for kept in held:
            for edit in kept.reply.edits:
                span = place(edit, entry.text)
                if span is None or not free(entry.text)(*span):
                    continue
                if any(s < span[1] and span[0] < max(e, s + 1) for s, e in found):
                    continue
                alters = "改变原意" if edit.alters == MEANING else "改正笔误"
                reason = f"{edit.reason}（模型 {kept.model}，{alters}）"
                change = _change(EDIT, "text", span[0], edit.before, edit.after, reason, kept.model)
                found[span] = _placed(change, entry, origins[span[0]])
        others = (c for c in entry.changes if c not in waiting)
        return replace(entry, changes=(*others, *(found[span] for span in sorted(found))))


def gather(replies: Mapping[str, Kept], free: Callable[[str], Free]) -> Outcome[Answers]:
    """Take the replies that hold what they may; the others are named, and not used.

    What knowledge holds now is not asked: it may have grown since, and what a person
    accepted must not go for that.
    """
    by_raw: dict[str, tuple[Kept, ...]] = {}
    findings: list[Finding] = []
    for path, kept in sorted(replies.items()):
        said = objection(kept.asked, kept.reply, Knowledge(), free(kept.asked.text))
        if not (kept.model.isprintable() and 0 < len(kept.model) <= LONGEST_NAME):
            said = "it doesn't say by which model it is"
        if said:
            hint = "It isn't used. Delete it, and python build.py normalize --model asks again."
            findings.append(Finding("REPLY-REFUSED", Level.WARNING, Span(path), said, hint))
            continue
        by_raw[kept.asked.raw] = (*by_raw.get(kept.asked.raw, ()), kept)
    return Outcome(Answers(by_raw), tuple(findings))


def unused(replies: Mapping[str, Kept], entries: Iterable[Entry]) -> tuple[Finding, ...]:
    """Name the replies about lines that no note has any more."""
    there = {digest(entry.raw) for entry in entries}
    hint = "It is kept; delete it when you are sure that it isn't needed."
    message = "no note has the lines that this reply is about"
    return tuple(
        Finding("REPLY-UNUSED", Level.NOTE, Span(path), message, hint)
        for path, kept in sorted(replies.items())
        if kept.asked.raw not in there
    )


def fill(
    draft: Draft, gaps: tuple[Gap, ...], told: Told, settle: Settle
) -> tuple[tuple[Gap, ...], tuple[Gap, ...]]:
    """Propose what models wrote for an answer's gaps.

    Gives back the gaps that the answer still has, and those among them that no model
    has been heard about.
    """
    answer = draft[_ANSWER]
    left: list[Gap] = []
    unheard: list[Gap] = []
    edits: list[tuple[int, str, str, str, Gap]] = []
    for label, gap in zip(labels(gaps), gaps, strict=True):
        said = told.additions.get(label)
        edit = _filling(gap, answer, said[0].zh) if said else None
        if said is None or edit is None:
            left.append(gap)
            unheard.append(gap)
        else:
            edits.append((*edit, said[1], gap))
    # Last place first, so that what goes in moves no place that is still to come.
    for offset, before, after, model, gap in sorted(edits, key=lambda e: e[0], reverse=True):
        code = FILL if gap.kind == "EMPTY" else GO_ON
        reason = f"由模型 {model} 补写"
        change = settle(_at(draft, _change(code, _ANSWER, offset, before, after, reason, model)))
        draft.add(change)
        if not change.shown:
            left.append(gap)
    return tuple(g for g in gaps if g in left), tuple(unheard)


def translated(draft: Draft, name: str, english: str, model: str, settle: Settle) -> None:
    """Propose a model's English for a field that has none."""
    reason = f"由模型 {model} 翻译"
    draft.add(settle(_at(draft, _change(ENGLISH, name, 0, "", english, reason, model))))


def _filling(gap: Gap, answer: str, zh: str) -> tuple[int, str, str] | None:
    """Give where an addition goes, what it takes the place of, and what then stands there."""
    there = answer[gap.start : gap.end]
    match gap.kind:
        case "EMPTY":
            return gap.start, there, zh
        case "EMPTY-ITEM" | "EMPTY-TERM":
            end = _STOPS.match(answer, gap.end)
            after = f" {zh}" if gap.kind == "EMPTY-ITEM" and not there[-1:].isspace() else zh
            return gap.end, end[0] if end else "", after
        case "TRAILING":
            run = _RUN_OUT.search(answer)
            return (run.start(), run[0], zh) if run else (len(answer), "", zh)
        case "MARKED":
            # The mark went with the stop before it.
            stop = "。" if answer[gap.start - 1].isalnum() else ""
            return gap.start, there, f"{stop}\n\n{zh}"
        case "FORMULA":
            begun = _CLOSING.sub("", there)
            return (gap.start, there, zh) if begun and zh.startswith(begun) else None
        case _:
            return len(answer), "", f"\n\n{zh}"


def _bare(text: str) -> list[str]:
    """Give the lines of a text without their list marks, as English is looked up by."""
    return [re.sub(r"^\s*(?:[-*+]|\d{1,3}\.)\s+", "", line).strip() for line in text.split("\n")]


def _change(  # noqa: PLR0913, PLR0917  # a ledger line is no smaller
    code: str, name: str, offset: int, before: str, after: str, reason: str, model: str
) -> Change:
    by = f"model:{model}"
    return Change(code, name, "", 1, 1, offset, before, after, reason, by, _UNSURE, State.PROPOSED)


def _at(draft: Draft, change: Change) -> Change:
    at = draft.span
    return replace(change, path=at.path, line=at.line, column=at.column)


def _placed(change: Change, entry: Entry, at: int) -> Change:
    """Say where in the notes the text of a change was typed."""
    line = entry.origin.first_line + entry.raw.count("\n", 0, at)
    column = at - entry.raw.rfind("\n", 0, at)
    return replace(change, path=entry.origin.path, line=line, column=column)
