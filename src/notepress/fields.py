"""Corrected text of an entry -> its question, its answer and the pictures that it links.

Only shape decides: a question mark, a colon behind a short head, a line of its
own, a marker (``Q:``). What is found is given with the offsets that the ledger needs.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from notepress.lines import (
    ASK,
    DASH,
    DEFINES,
    IMAGE,
    REPLY,
    UNDONE,
    doubts,
    has_head,
    heading_text,
    is_aside,
    is_label,
    is_question,
    is_term,
    set_aside,
    untagged,
)

_ADDRESS = re.compile(
    r"!\[([^\]\n]*)\]\(\s*<?([^)\s>]*)>?[^)]*\)|!\[\[([^\]|\n]*)(?:\|[^\]\n]*)?\]\]"
    r"|<img\b[^>]*?\bsrc=[\"']?([^\"'\s>]+)",
    re.IGNORECASE,
)
# "> [!note] 计算量": a box with a title of its own.
_CALLOUT = re.compile(r"^([ \t>]*)\[!\w+\][+-]?[ \t]*(.*)$", re.MULTILINE)
_COMMENT = re.compile(r"%%[ \t]*(.*?)[ \t]*%%|<!--[ \t]*(.*?)[ \t]*-->")
# A heading within an answer names an aspect; in code a line may look like one.
_SUBHEADING = re.compile(
    r"(^[ \t]*(?P<fence>`{3,}|~{3,}).*?(?:^[ \t]*(?P=fence)|\Z))"
    r"|^#{1,6}[ \t]+([^\n]*?)[ \t：:]*#*$",
    re.MULTILINE | re.DOTALL,
)
_LEFT_OVER = re.compile(
    r"</?(?:center|div|figure|p|br)\b[^>\n]*>|\{:(?:height|width)[^}\n]*\}"
    r"|^[ \t]+(?:id|collapsed|card-[a-z-]+)::.*\n?",
    re.IGNORECASE | re.MULTILINE,
)
_LEFT_OVER_BUT_BREAKS = re.compile(r"</?(?:center|div|figure|p|span)\b[^>\n]*>", re.IGNORECASE)
# What an outliner puts before a task in the notes, done or not.
_TASK = re.compile(r"(?:(TODO|LATER|NOW|DOING|WAITING)|DONE)[ \t]+(?=\S)")
_ASK = re.compile(rf"{ASK.pattern}\s*", re.IGNORECASE)
_REPLY = re.compile(rf"(?:^|\n|(?<=[?？])[ \t]*){REPLY.pattern}\s*", re.IGNORECASE)
# "Q: 什么是LoRA A: …": only behind the mark of a question is a letter that of the answer.
_REPLY_IN_LINE = re.compile(r"(?<=\S)[ \t]+(?:A|答案?)[ \t]*[:：][ \t]*(?=\S)")
_MARKS = re.compile(
    r"^\s*(?:#{1,6}\s*|[-*+•]\s+(?:\[[ xX]\]\s*)?"
    r"|\d{1,2}(?:\.\d{1,2}){1,2}[.、]?[ \t]+(?![倍的到以%~])|\d{1,3}[.)、．]\s*(?!\d)"
    r"|[(（](?:\d{1,3}|[一二三四五六七八九十]{1,3})[)）]\s*|[①-⑳]\s*"
    r"|[一二三四五六七八九十]{1,3}[、.．]\s*|第\S{1,3}[题问][:：、.]?\s*)"
)
# A mark before a closing bracket asks within the bracket.
_QUESTION = re.compile(r"^([^\n。！；]{1,80}?)[ \t]*[?？](?![）)])[ \t]*[:：]?[ \t]*\**")
# "什么是甲？怎么算？": more than one question, and nothing else.
_SEVERAL = re.compile(r"(?:[^\n。！；?？]{2,40}[?？]\s*){2,4}")
_COLON = re.compile(
    r"^([^\n。！；，,?？]{1,40}?|[^\n。！；?？]{1,24}?)[ \t]*\**[:：]{1,2}(?!//)\**[ \t]*"
)
# "X：??": the marks stand for what is not known yet.
_UNKNOWN = re.compile(r"[:：]\s*[?？]+\s*$")
# What may stand behind a question: marks, bold type's end, words in brackets.
_BEHIND = re.compile(
    r"[ \t]*(?:(?P<marks>[?？!！]+)|\*\*|[（(【\[](?P<said>[^（）()【】\[\]\n]{1,24})[）)】\]])"
)
_TAIL = re.compile(rf"(?:{re.sub(r'[?]P<[a-z]+>', '?:', _BEHIND.pattern)})+")
_HEAD_ENDS = re.compile(r"[。！；;:：\t]")
_LONGEST_HEAD = 80
_PARTS = re.compile(r"[，,；;、（）()【】\[\]]")
_REFERENCE = re.compile(r"\[\^[^\]\s]+\](?!:)")
_FOOTNOTE = re.compile(r"^\[\^[^\]\s]+\]:[ \t]*", re.MULTILINE)
_DEFINES = re.compile(r"^(什么是|何谓)([^\n，,。：:？?]{1,24})[，,]\s*(?:就)?是(?:指)?")
# Words that make of a bold term the subject of its sentence.
_GOES_ON = re.compile(r"[的是和与在中及]")


@dataclass(frozen=True, slots=True)
class Link:
    """A picture as the note links it."""

    target: str
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Parts:
    """An entry's text divided; ``statement`` where it asks nothing itself.

    ``tags`` are those that the author put behind the question: ``#面试``; ``remark`` is
    what they said there to themselves, and no part of it: ``（没看懂）``, ``？？``.
    """

    question: str
    answer: str
    links: tuple[Link, ...] = ()
    statement: bool = False
    tags: tuple[str, ...] = ()
    remark: str = ""


def split(text: str, form: str = "text") -> Parts:
    """Divide an entry's corrected text into question, answer and pictures."""
    links = tuple(
        Link((found[2] or found[3] or found[4] or "").strip(), found[1] or "")
        for found in _ADDRESS.finditer(text)
    )
    if form == "row":
        return _row(text, links)
    body = _FOOTNOTE.sub("", _REFERENCE.sub("", _LEFT_OVER.sub("", IMAGE.sub("", text))))
    tidy = _tidy(_COMMENT.sub(_marked, body))
    bare, remark = _without_asides(tidy)
    question, answer = _divide(bare, form)
    if not question:
        (question, answer), remark = _divide(tidy, form), ""
    titled = question.strip()
    question, aside = set_aside(untagged(titled))
    tags = tuple(re.findall(r"#([^\s#]+)", titled[len(question) :]))
    task = _TASK.match(question)
    if task:
        question, aside = question[task.end() :], task[1] or aside
    remark += f"（{aside}）" if aside else ""
    answer = _still_to_do(answer.strip(), remark)
    return Parts(question.strip(), answer, links, not question and bool(answer), tags, remark)


def _without_asides(body: str) -> tuple[str, str]:
    """Take out of the head what its author says there to themselves; give both.

    Of several question marks one asks, and the others wonder.
    """
    first, below, rest = body.partition("\n")
    asked = _ASK.match(first)
    begin = asked.end() if asked else 0
    for tail in _TAIL.finditer(first, begin, begin + 2 * _LONGEST_HEAD):
        head, after = first[begin : tail.start()], first[tail.end() :].strip()
        if _HEAD_ENDS.search(head) or len(head) > _LONGEST_HEAD:
            break
        parts = [*_BEHIND.finditer(tail[0])]
        asks = any(part["marks"] for part in parts)
        if asks or not after or after.startswith((":", "：", "——")):
            kept, taken = _parted(head, parts)
            end = tail.end()
            if asks and rest.strip() and (doubts(after) or UNDONE.fullmatch(after.rstrip("。."))):
                taken, end = taken + after, len(first)
            return f"{first[: tail.start()]}{kept}{first[end:]}{below}{rest}", taken
    return body, ""


def _parted(head: str, parts: Sequence[re.Match[str]]) -> tuple[str, str]:
    """Give what of the words and marks behind a head stays, and what is taken out."""
    marks = "".join(part["marks"] or "" for part in parts)
    # Behind a name they ask nothing.
    asking = "" if len(marks) > 1 and is_term(head) else marks[:1]
    kept, taken = "", ""
    for part in parts:
        if part["marks"]:
            kept += asking
            taken += part["marks"][len(asking) :]
            asking = ""
        elif part["said"] and is_aside(part["said"]):
            taken += part[0].strip()
        else:
            kept += part[0]
    return kept, taken


def _still_to_do(answer: str, remark: str) -> str:
    """End an answer with the mark that it is unfinished, where its head has one."""
    parts = (part for part in _PARTS.split(remark) if not doubts(part))
    marks = [mark[0] for mark in map(UNDONE.search, parts) if mark]
    return f"{answer}\n\n{marks[-1]}" if answer and marks else answer


def _row(text: str, links: tuple[Link, ...]) -> Parts:
    """Divide a row of a table of cards; what stands in a third column and on are tags."""
    question, answer, *tags = [*text.split("\t"), ""][: max(2, text.count("\t") + 1)]
    said = re.sub(r"<br[ \t]*/?>", "\n", _LEFT_OVER_BUT_BREAKS.sub("", IMAGE.sub("", answer)))
    titled = _LEFT_OVER_BUT_BREAKS.sub("", IMAGE.sub("", question)).replace("\n", " ")
    own = tuple(tag for column in tags for tag in column.split())
    bare, remark = _without_asides(titled.strip())
    return Parts(bare, _still_to_do(said.strip(), remark), links, tags=own, remark=remark)


def _marked(comment: re.Match[str]) -> str:
    """Keep of a comment what it says is still to be done."""
    said = comment[1] or comment[2] or ""
    return said if UNDONE.search(said) else ""


def _tidy(text: str) -> str:
    # Two wide blanks begin a Chinese paragraph; they mean nothing.
    lines = [line.rstrip().lstrip("\u3000") for line in text.split("\n")]
    quoted = [line for line in lines if line.strip()]
    if quoted and all(line.lstrip().startswith(">") for line in quoted):
        lines = [re.sub(r"^\s*>\s?", "", line) for line in lines]
    if not ASK.match(lines[0]):
        lines = [_CALLOUT.sub(_box, line) for line in lines]
    return re.sub(r"\n{3,}", "\n\n", _outdented("\n".join(lines).strip()))


def _outdented(text: str) -> str:
    """Move to the margin what an item of a list has set in below it; else it would be code."""
    first, _, rest = text.partition("\n")
    below = next((line for line in rest.split("\n") if line.strip()), "")
    return f"{first}\n{textwrap.dedent(rest)}" if below[:1] in " \t" and below else text


def _box(callout: re.Match[str]) -> str:
    quoted, title = callout.groups()
    return f"{quoted}**{title}**" if title else quoted


def _divide(body: str, form: str) -> tuple[str, str]:
    marked = _ASK.match(_MARKS.sub("", body, count=1))
    if marked:
        bare = _MARKS.sub("", body, count=1)[marked.end() :]
        pieces = _REPLY.split(bare, maxsplit=1)
        if len(pieces) == 1:
            pieces = _REPLY_IN_LINE.split(bare, maxsplit=1)
        if len(pieces) > 1:
            return pieces[0].strip("* \n"), pieces[1]
        return _first_line(bare)
    if form == "heading":
        first, _, rest = body.partition("\n")
        rest = re.sub(r"^\s*(?:=+|-{2,})[ \t]*(?:\n|$)", "", rest)
        rest = _SUBHEADING.sub(lambda found: found[1] or f"{found[3]}：", rest)
        reply = _REPLY.match("\n" + rest.lstrip())
        head = _ASK.sub("", _MARKS.sub("", heading_text(first), count=1), count=1)
        return head, rest.lstrip()[reply.end() - 1 :] if reply else rest
    bare = _MARKS.sub("", body, count=1) if form == "item" or _numbered_question(body) else body
    return _by_head(bare)


def _numbered_question(body: str) -> bool:
    first = body.partition("\n")[0]
    return bool(_MARKS.match(first)) and has_head(first)


def _by_head(body: str) -> tuple[str, str]:
    bold = re.match(r"^\*\*([^*\n]+)\*\*[ \t]*[:：]?[ \t]*", body)
    if bold and not (_GOES_ON.match(body[bold.end() :]) and bold[0].rstrip().endswith("*")):
        return bold[1].rstrip(":： "), body[bold.end() :]
    first, _, rest = body.partition("\n")
    asked = _QUESTION.match(body)
    unmarked = is_question(first) and not re.search(r"[。！；?？]", first)
    if unmarked or _SEVERAL.fullmatch(first):
        return first.strip("* ：:"), rest
    if asked and not _UNKNOWN.search(first):
        return f"{asked[1].strip('* ')}？", body[asked.end() :]
    return _by_colon(body, first)


def _by_colon(body: str, first: str) -> tuple[str, str]:
    headed, said = _COLON.match(body), DEFINES.match(body)
    defines = _DEFINES.match(body) or (said and headed and said.end() < headed.end())
    if headed and not defines and has_head(first):
        return headed[1].strip("* "), body[headed.end() :]
    dashed = DASH.match(first)
    if dashed and is_term(dashed[1]) and not is_label(dashed[1]):
        return dashed[1].strip("* "), body[dashed.end() :]
    return _by_statement(body)


def _by_statement(body: str) -> tuple[str, str]:
    """Divide what has no separator: a definition, a bare term above its text, a statement."""
    defined = _DEFINES.match(body)
    if defined:
        # "什么是 X，是指 Y": the answer keeps its subject.
        rest = body[defined.end(2) :].lstrip("，, ")
        return f"{defined[1]}{defined[2]}？", f"{defined[2].strip()}{rest}"
    first, _, rest = body.partition("\n")
    if is_term(first):
        return first.strip("* "), rest
    said = DEFINES.match(body)
    return (said[1].strip(), body) if said and is_term(said[1]) else ("", body)


def _first_line(body: str) -> tuple[str, str]:
    first, _, rest = body.partition("\n")
    return first.strip("* "), rest
