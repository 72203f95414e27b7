"""Corrected text of an entry -> its question, its answer and the pictures that it links.

Only shape decides: a question mark, a colon behind a short head, a line of its
own, a marker (``Q:``). What is found is given with the offsets that the ledger needs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from notepress.segment import IMAGE, has_head, heading_text, is_term

_ADDRESS = re.compile(
    r"!\[([^\]\n]*)\]\(\s*<?([^)\s>]*)>?[^)]*\)|<img\b[^>]*?\bsrc=[\"']?([^\"'\s>]+)", re.IGNORECASE
)
_LEFT_OVER = re.compile(r"</?(?:center|div|figure|p|br)\b[^>\n]*>", re.IGNORECASE)
_ASK = re.compile(r"^\s*\**(?:Q|问题?|Question)\s*\d*\s*[:：.、]\**\s*", re.IGNORECASE)
_REPLY = re.compile(
    r"(?:^|\n)[ \t]*\**(?:A|答案?|回答|解答|解析|Answer)\s*\d*\s*[:：.、]\**\s*", re.IGNORECASE
)
_MARKS = re.compile(
    r"^\s*(?:#{1,6}\s*|[-*+]\s+(?:\[[ xX]\]\s*)?|\d{1,3}[.)、．]\s*|[(（]\d{1,3}[)）]\s*"
    r"|[一二三四五六七八九十]{1,3}[、.．]\s*|第\S{1,3}[题问][:：、.]?\s*)"
)
_ITEM_QUESTION = re.compile(r"^\**(.+?[?？])\**\s*[:：]?\s*")
_QUESTION = re.compile(r"^([^\n。！；]{1,80}?)[ \t]*[?？][ \t]*[:：]?[ \t]*\**")
_COLON = re.compile(
    r"^([^\n。！；，,?？]{1,40}?|[^\n。！；?？]{1,24}?)[ \t]*\**[:：](?!//)\**[ \t]*"
)
_DEFINES = re.compile(r"^(什么是|何谓)([^\n，,。：:？?]{1,24})[，,]\s*(?:就)?是(?:指)?")
_IS = re.compile(r"^([^\n，,。：:？?]{1,20}?)(?:就是|是指|指的是|是一种|即)(?=\S)")


@dataclass(frozen=True, slots=True)
class Link:
    """A picture as the note links it."""

    target: str
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Parts:
    """An entry's text divided; ``statement`` where it asks nothing itself."""

    question: str
    answer: str
    links: tuple[Link, ...] = ()
    statement: bool = False


def split(text: str, form: str = "text") -> Parts:
    """Divide an entry's corrected text into question, answer and pictures."""
    links = tuple(
        Link((found[2] or found[3] or "").strip(), found[1] or "")
        for found in _ADDRESS.finditer(text)
    )
    body = _tidy(_LEFT_OVER.sub("", IMAGE.sub("", text)))
    question, answer = _divide(body, form)
    statement = not question and bool(answer)
    return Parts(question.strip(), answer.strip(), links, statement)


def _tidy(text: str) -> str:
    lines = [line.rstrip() for line in text.split("\n")]
    quoted = [line for line in lines if line.strip()]
    if quoted and all(line.lstrip().startswith(">") for line in quoted):
        lines = [re.sub(r"^\s*>\s?", "", line) for line in lines]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _divide(body: str, form: str) -> tuple[str, str]:
    marked = _ASK.match(_MARKS.sub("", body, count=1))
    if marked:
        bare = _MARKS.sub("", body, count=1)[marked.end() :]
        pieces = _REPLY.split(bare, maxsplit=1)
        if len(pieces) > 1:
            return pieces[0].strip("* \n"), pieces[1]
        return _first_line(bare)
    if form == "heading":
        first, _, rest = body.partition("\n")
        rest = re.sub(r"^\s*(?:=+|-{2,})[ \t]*(?:\n|$)", "", rest)
        reply = _REPLY.match("\n" + rest.lstrip())
        head = _MARKS.sub("", heading_text(first), count=1)
        return head, rest.lstrip()[reply.end() - 1 :] if reply else rest
    bare = _MARKS.sub("", body, count=1) if form == "item" or _numbered_question(body) else body
    return _by_head(bare)


def _numbered_question(body: str) -> bool:
    first = body.partition("\n")[0]
    return bool(_MARKS.match(first)) and has_head(first)


def _by_head(body: str) -> tuple[str, str]:
    bold = re.match(r"^\*\*([^*\n]+)\*\*[ \t]*[:：]?[ \t]*", body)
    if bold:
        return bold[1].rstrip(":： "), body[bold.end() :]
    asked = _QUESTION.match(body)
    if asked:
        return f"{asked[1].strip('* ')}？", body[asked.end() :]
    headed = _COLON.match(body)
    if headed and not _DEFINES.match(body) and has_head(body.partition("\n")[0]):
        return headed[1].strip("* "), body[headed.end() :]
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
    said = _IS.match(body)
    return (said[1].strip(), body) if said and is_term(said[1]) else ("", body)


def _first_line(body: str) -> tuple[str, str]:
    first, _, rest = body.partition("\n")
    return first.strip("* "), rest
