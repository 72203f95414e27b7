r"""Markdown with maths -> safe HTML, the maths set by the caller.

Deck, sheet and report show the same text with different formulas: MathJax, vector
drawings, markup for a page. So the maths is taken out before Markdown can read
``a_i*b`` as emphasis, and put back after sanitizing, as whatever HTML the caller
makes of it. Text may come from a stranger: only a few tags survive, nothing that
runs or fetches. What isn't markup for us stays visible as text; nothing is eaten.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from html import escape, unescape
from typing import Final

import nh3
from markdown import Markdown
from markdown.extensions.tables import TableExtension

from notepress.model import Symbol

SetMaths = Callable[[str, bool], str]
"""Takes LaTeX and whether it stands in display; gives phrasing HTML, trusted as it is."""

_IN_LINE: Final = False

_RAW_TAGS: Final = "b|strong|i|em|u|s|del|ins|sub|sup|kbd|mark|small|br|hr"

# Possessive repeats keep a hostile text of unclosed delimiters linear.
_MATHS_BODY: Final = r"(?:[^\\\n]|\\[^()\[\]\n]|\n(?![ \t]*\n))++"
_TOKEN: Final = re.compile(
    rf"""
    (?P<fence>^(?P<rail>`{{3,}}|~{{3,}})[^\n]*\n(?:.*?\n)??(?P=rail)[ ]*$)
    | (?P<code>(?<!`)(?P<tick>`++)(?:(?!\n[ \t]*\n).)+?(?<!`)(?P=tick)(?!`))
    | `++
    | \\\((?P<inline>{_MATHS_BODY})\\\)
    | \\\[(?P<display>{_MATHS_BODY})\\\]
    | \\.
    | (?P<comment><!--.*?-->)
    | <(?=/?(?:{_RAW_TAGS})[ ]*/?>|https?://|mailto:)
    | (?P<bracket><)
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)

# C0 and C1 controls: U+001F would end a field in Anki, NUL is dropped there, and
# U+0002 and U+0003 are python-markdown's own marks.
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff]")
_SURROGATES: Final = re.compile(r"[\ud800-\udfff]")
_UNSEEN: Final = re.compile(rf"{_CONTROLS.pattern}|{_SURROGATES.pattern}")
# Without one of these no token begins; looking for them costs a tenth of the pattern.
_TOKENS_BEGIN: Final = ("\\", "`", "<", "~~~")

# Anything that Markdown could take for markup, in a line or at its beginning.
_MARKUP: Final = re.compile(r"[`*_\[\]<>&#|~!\\=\t]|^(?: |[-+:]|\d+[.)])| {2}$", re.MULTILINE)
_STRONG: Final = re.compile(r"\*\*([^\s*](?:[^*\n]*[^\s*])?)\*\*")
_INDENTED: Final = re.compile(r"^ |\t", re.MULTILINE)
_ITEMS: Final = {"ul": re.compile(r"- (?=\S)"), "ol": re.compile(r"\d{1,4}\. (?=\S)")}
_ITEM: Final = re.compile(r"[ \t]*(?:[-*+]|\d{1,4}[.)])[ \t]+\S")
# A list begins below a paragraph with a bullet or the number 1 alone.
_LATE: Final = re.compile(r"(?!1[.)])\d")
_PARAGRAPH_GAP: Final = re.compile(r"\n[ \t]*\n\s*")

_HTML: Final = re.compile(
    r'(?P<code><(?P<name>pre|code)\b.*?</(?P=name)>)|(?P<tag><[^>"]*(?:"[^"]*"[^>"]*)*>)|[^<]+',
    re.DOTALL,
)
_EMPTY: Final = re.compile(r"<p>\s*</p>\n?")
_BLOCK_END: Final = re.compile(r"</(?:p|li|tr|td|th|h[1-6]|pre|blockquote|dd|dt)>|<(?:br|hr)>")

# A line end between Han is no word space, but browsers draw one.
_HAN: Final = (
    r"\u2e80-\u303f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff01-\uff60\U00020000-\U0003ffff"
)
_FULL_WIDTH_MARKS: Final = r"\u3001-\u3011\uff01-\uff0f\uff1a-\uff1f"
_SOFT_BREAK: Final = re.compile(
    rf"(?<=[{_HAN}])\n(?=[{_HAN}\u2018\u201c])|(?<=[{_FULL_WIDTH_MARKS}\u2019\u201d])\n",
)


@dataclass(frozen=True, slots=True)
class _Aside:
    """Something taken out of the text: as HTML for running text, as written for code."""

    html: str
    source: str


def to_html(markdown: str, set_maths: SetMaths) -> str:
    r"""Return blocks of HTML; maths is what stands in ``\(…\)`` and ``\[…\]``, code apart.

    Pictures are dropped: a card's are its figures. Text that merely looks like a
    delimiter is parted with an empty ``<span>``, so that no script on the page that
    searches for ``\(`` takes it for maths.
    """
    text, stem, asides = _set_aside(_clean(markdown), set_maths)
    return _put_back(_blocks(text), stem, asides)


def to_inline(markdown: str, set_maths: SetMaths) -> str:
    """Return phrasing HTML for one line, such as a question: no lists, no headings."""
    line = " ".join(_clean(markdown).split())
    text, stem, asides = _set_aside(line, set_maths)
    # A word before it keeps "1. …" and "# …" from opening a block.
    opening = f"{stem}{len(asides)}z"
    html = _blocks(opening + text).strip()
    inner = html.removeprefix("<p>").removesuffix("</p>")
    return _put_back(inner, stem, [*asides, _Aside("", "")])


def legend(symbols: Iterable[Symbol], set_maths: SetMaths) -> str:
    """Say in safe HTML, on one line, what letters stand for in both languages; "" for none."""
    told = (
        f'<span class="symbol">{set_maths(symbol.tex, _IN_LINE)} {to_inline(symbol.zh, set_maths)}'
        f' <span lang="en">{to_inline(symbol.en, set_maths)}</span></span>'
        for symbol in symbols
    )
    return " ".join(told)


def to_text(markdown: str) -> str:
    """Return the words alone, one line for a block: to search, to sort, to describe."""
    bare = _clean(markdown)
    if "\n" not in bare and not _MARKUP.search(bare):
        return " ".join(bare.split())
    html = to_html(bare, lambda latex, _display: escape(latex, quote=False))
    lines = unescape(re.sub(r"<[^>]*>", "", _BLOCK_END.sub("\n", html))).splitlines()
    return "\n".join(filter(None, (" ".join(line.split()) for line in lines)))


def _clean(markdown: str) -> str:
    """Normalize line ends and drop what no reader sees and some program trips over."""
    text = markdown.replace("\r\n", "\n").replace("\r", "\n")
    if not _UNSEEN.search(text):
        return text
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub("", text))


def _set_aside(text: str, set_maths: SetMaths) -> tuple[str, str, list[_Aside]]:
    """Put a word in place of each formula and each ``<`` that opens no tag of ours."""
    stem = "xasidex"
    while stem in text:
        stem += "x"
    asides: list[_Aside] = []
    if not any(begin in text for begin in _TOKENS_BEGIN):
        return text, stem, asides

    def replace(found: re.Match[str]) -> str:
        source = found[0]
        match found.lastgroup:
            case "inline" | "display" as kind if found[kind].strip():
                html = set_maths(found[kind].strip(), kind == "display")
            case "bracket":
                html = "&lt;"
            case "comment":
                return ""
            case _:
                return source
        asides.append(_Aside(html, source))
        return f"{stem}{len(asides) - 1}z"

    return _TOKEN.sub(replace, text), stem, asides


def _parted(text: str) -> str:
    """Part lists from the paragraphs that they touch, as the editors of notes show them.

    Markdown proper asks for a blank line between; and a line at the margin below a list
    is no part of its last item to whoever typed it. Lines that begin in bold stay lines.
    """
    parted: list[str] = []
    fenced = listed = False
    for line in text.split("\n"):
        above = parted[-1] if parted else ""
        fence = line.lstrip(" ").startswith(("```", "~~~"))
        item = _ITEM.match(line) is not None
        begins = item and not _LATE.match(line)
        plain = bool(line.strip()) and not (item or fence or line[0] in " \t|>#")
        if not fenced and above.strip():
            if (begins and not listed and above[0] not in " \t|>") or (plain and listed):
                parted.append("")
            elif plain and line.startswith("**") and above.startswith("**"):
                parted[-1] += "  "
        parted.append(line)
        if fence:
            fenced = not fenced
        listed = not fenced and (begins or (listed and bool(line.strip()) and not plain))
    return "\n".join(parted)


def _blocks(text: str) -> str:
    """Return sanitized HTML, the asides still words in it."""
    if "\n" in text:
        text = _parted(text)
    # Most answers are plain sentences and lists: a converter would cost forty times this.
    plain = _plain_blocks(text)
    if plain is not None:
        return plain
    try:
        html = _converter().reset().convert(text)
    except RecursionError:
        # Hundreds of nested lists: nobody's notes, so show them as they are. The
        # converter is left in the middle of them, and must go.
        _converter.cache_clear()
        html = f"<pre>{escape(text, quote=False)}</pre>"
    return _EMPTY.sub("", _sanitizer().clean(html))


def _plain_blocks(text: str) -> str | None:
    """Make the HTML of paragraphs and flat lists as the converter would; None for all else."""
    if _INDENTED.search(text):
        return None
    whole: list[str] = []
    listed = False
    for block in filter(None, _PARAGRAPH_GAP.split(text.strip())):
        lines = block.split("\n")
        kind = next((name for name, mark in _ITEMS.items() if mark.match(block)), "p")
        # A list after a list would be one list, and a number other than 1 its start.
        item = _ITEMS.get(kind)
        if item and (listed or not all(map(item.match, lines)) or _LATE.match(block)):
            return None
        listed = item is not None
        parts = [item.sub("", line, count=1) for line in lines] if item else [block]
        if "**" in block:
            said = [_STRONG.sub(r"<strong>\1</strong>", part) for part in parts]
            parts = [_STRONG.sub("", part) for part in parts]
        else:
            said = parts
        if any(map(_MARKUP.search, parts)):
            return None
        items = "\n".join(f"<li>{part.strip()}</li>" for part in said)
        whole.append(f"<{kind}>\n{items}\n</{kind}>" if listed else f"<p>{said[0]}</p>")
    return "\n".join(whole)


def _put_back(html: str, stem: str, asides: list[_Aside]) -> str:
    """Set the asides: as HTML in running text, as written in code and in attributes."""
    word = re.compile(rf"{stem}(\d+)z")
    delimiter = re.compile(rf"\\(?=[()\[\]\\]|{stem})")

    def running(text: str) -> str:
        if "\n" in text:
            text = _SOFT_BREAK.sub("", text)
        if "\\" in text:
            text = delimiter.sub(r"\\<span></span>", text)
        return word.sub(lambda which: asides[int(which[1])].html, text) if asides else text

    def replace(found: re.Match[str]) -> str:
        if found["code"] or found["tag"]:
            return word.sub(lambda which: escape(asides[int(which[1])].source), found[0])
        return running(found[0])

    # Without code and attributes all of it is running text, bare tags included.
    apart = '="' in html or "<code" in html or "<pre" in html
    return _HTML.sub(replace, html) if apart else running(html)


@cache
def _converter() -> Markdown:
    """Build the one converter; it is reset before each use, so holds nothing between."""
    tables = TableExtension(use_align_attribute=True)
    converter = Markdown(extensions=[tables, "fenced_code", "sane_lists"], output_format="html")
    # Raw blocks are text here, and "[注]: …" is a sentence, not a link's address: left
    # in, both would swallow what was written.
    converter.preprocessors.deregister("html_block")
    converter.parser.blockprocessors.deregister("reference")
    for pattern in (
        "reference",
        "short_reference",
        "image_reference",
        "short_image_ref",
    ):
        converter.inlinePatterns.deregister(pattern)
    return converter


@cache
def _sanitizer() -> nh3.Cleaner:
    """Build the sanitizer: the tags that Markdown makes, and no address but a link's."""
    marks = set(_RAW_TAGS.split("|"))
    blocks = {
        "p",
        "pre",
        "blockquote",
        "ul",
        "ol",
        "li",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
    }
    tables = {"table", "thead", "tbody", "tr", "th", "td"}
    return nh3.Cleaner(
        tags=marks | blocks | tables | {"a", "code"},
        attributes={"a": {"href", "title"}, "ol": {"start"}, "code": {"class"}},
        tag_attribute_values={
            cell: {"align": {"left", "center", "right"}} for cell in ("th", "td")
        },
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",
    )


def _attribute(_tag: str, name: str, value: str) -> str | None:
    """Keep a class only where it names a language."""
    if name == "class" and not re.fullmatch(r"language-[\w+#.-]{1,24}", value):
        return None
    return value
