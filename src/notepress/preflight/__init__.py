"""A printed document -> what is wrong with it: every build looks, before anything is written.

Each fault is looked for where it shows most surely and costs least. The boxes that were
laid out tell what overflows, overlaps, is cut, too small, too faint or too coarse
(``_layout``); the instructions of the PDF tell which text got into it (``_text``); its
fonts tell of glyphs and faces; the engine's log tells the rest. Nothing is laid out or
read again, and no other program is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from notepress.model import Finding, Span
from notepress.preflight._layout import Looked, contrast, look
from notepress.preflight._plan import Plan, Wanted, finding
from notepress.preflight._text import shown

if TYPE_CHECKING:
    import pydyf
    from weasyprint import Document

__all__ = ["Plan", "Wanted", "check", "contrast"]

# What the log says of faults that are found, and placed, in other ways.
_PLACED: Final = re.compile(r"\.notdef glyph rendered|No anchor #.* for internal URI")
_POSITION: Final = re.compile(r"\bat (\d+):(\d+)")
_IGNORED: Final = re.compile(r"Ignored `([-\w]+)")

_FORMULA: Final = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
_TAG: Final = re.compile(r"<[^>]*>")
_ENTITY: Final = re.compile(r"&[#\w]+;")

# Which of several signs of one shape was meant, a glyph doesn't tell; nor does a hyphen
# whether it was there before the line was broken. These are never in doubt.
_SURE: Final = re.compile(r"[^0-9A-Za-z\u3400-\u9fff]+")


def check(
    document: Document, pdf: pydyf.PDF | None, complaints: Sequence[str], plan: Plan
) -> tuple[Finding, ...]:
    """Find all that is wrong with a document that was laid out and written.

    ``pdf`` is what it was written from; ``complaints`` are what the engine logged.
    """
    looked = look(document, plan)
    found = [
        *looked.findings,
        *_fonts(document, looked, plan),
        *_links(document, looked, plan),
        *_warnings(complaints, plan),
    ]
    pages = len(pdf.page_references) if pdf else 0
    if pages != plan.pages:
        message = f"the file has {pages} pages; {plan.pages} were laid out"
        found.append(finding("SHEET-COUNT", plan.book, message))
    if pdf:
        found += _lost(document, pdf, looked, plan)
    return tuple(dict.fromkeys(found))


def _fonts(document: Document, looked: Looked, plan: Plan) -> Iterator[Finding]:
    """Find glyphs that no font has, and fonts that aren't ours, by what they were asked for."""
    for font in document.fonts.values():
        for code in font.missing:
            span = plan.place(_entry_with(chr(code), looked))
            message = f"no font has {chr(code)!r} (U+{code:04X})"
            yield finding("SHEET-GLYPH", span, message)
        drawn = "".join(font.to_unicode.values())
        signs = "".join(sign for sign in dict.fromkeys(drawn) if ord(sign) not in font.missing)
        if font.family.startswith(plan.families) or not signs:
            continue
        span = plan.place(_entry_with(signs[:1], looked))
        message = f"{signs[:20]!r} is set in {font.family!r}, a font of the system's"
        yield finding("SHEET-FONT", span, message)


def _entry_with(sign: str, looked: Looked) -> int:
    return next((entry for text, entry in looked.texts if sign and sign in text), 0)


def _links(document: Document, looked: Looked, plan: Plan) -> Iterator[Finding]:
    targets = {name for page in document.pages for name in page.anchors}
    for kind, target, _, box in (link for page in document.pages for link in page.links):
        span = plan.place(looked.entry_of.get(id(box), 0))
        if kind == "internal" and target not in targets:
            yield finding("SHEET-LINK", span, f"a link leads to {target!r}, which isn't printed")
        if kind == "external" and not target.startswith(("https://", "http://", "mailto:")):
            yield finding("SHEET-LINK", span, f"a link leads to {target[:60]!r}, nowhere on paper")


def _warnings(complaints: Sequence[str], plan: Plan) -> Iterator[Finding]:
    for text in dict.fromkeys(complaints):
        if not _PLACED.search(text):
            yield finding("SHEET-WARNING", _in_style(text, plan), text)


def _in_style(text: str, plan: Plan) -> Span:
    """Place what the engine says of a style sheet, if it does and the line bears it out."""
    at, ignored = _POSITION.search(text), _IGNORED.search(text)
    if not at or not ignored:
        return plan.book
    line, column = int(at[1]), int(at[2])
    for path, style in plan.styles:
        lines = style.split("\n")
        if line <= len(lines):
            return Span(path, line, column) if ignored[1] in lines[line - 1] else plan.book
        line -= len(lines) - 1
    return plan.book


def _lost(document: Document, pdf: pydyf.PDF, looked: Looked, plan: Plan) -> Iterator[Finding]:
    """Find entries whose text or formulas aren't in the file, whole."""
    held: dict[int, list[str]] = {}
    for page, texts in zip(document.pages, shown(document, pdf), strict=False):
        marked: dict[int, Any] = page.marked
        for mcid, text in texts.items():
            entry = looked.entry_of.get(id(marked[mcid]), 0)
            held.setdefault(entry, []).append(text)
    for number, wanted in plan.entries.items():
        there = _SURE.sub("", "".join(held.get(number, ())))
        absent = [run for run in _runs(wanted.texts) if _SURE.sub("", run) not in there]
        if absent:
            beginning = absent[0].strip()[:30]
            message = f"entry {number} isn't in the file whole: {beginning!r} is missing"
            yield finding("SHEET-LOST", wanted.span, message)
        formulas = sum(len(_FORMULA.findall(text)) for text in wanted.texts)
        if looked.formulas.get(number, 0) < formulas:
            message = f"entry {number} has lost a formula"
            yield finding("SHEET-LOST", wanted.span, message)


def _runs(texts: Sequence[str]) -> Iterator[str]:
    """Give the runs of text in HTML that can be looked for as they stand."""
    for text in texts:
        for run in _TAG.split(_FORMULA.sub("<svg>", text)):
            yield from _ENTITY.split(run)
