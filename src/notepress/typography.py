"""HTML of running text -> the same with the finer points of print that CSS has no word for.

Between Han and Latin the stored text has a common space, which the style sheet narrows
for Chinese; between two Latin words it has to stay as it is. Quotation marks hold on to
the Han at either side, last lines can be a single character, and a formula is an object
to the line breaker, so that a full stop after it may start a line. Each of these is
mended where it stands, and in English the typewriter's marks are; tags and words are
left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from notepress.model import Bilingual

# While a text is worked on, private characters stand for formulas and for tags of ours.
_FIRST: Final = 0xF0000
_FORMULA: Final = "[\U000f0000-\U000ffffd]"
_TIE, _UNTIE, _SPACE = "\ue001", "\ue002", "\ue003"
_TAGS: Final = {
    ord(_TIE): '<span class="tie">',
    ord(_UNTIE): "</span>",
    ord(_SPACE): '<span class="word"> </span>',
}

_HAN: Final = r"\u3400-\u9fff\uf900-\ufaff"
_OPEN: Final = r"[（《“‘(\[]"
_SHUT: Final = r"[，。；：、！？）》”’…,.;:!?)\]]"

_TEXT: Final = re.compile(r"<(code|pre)\b.*?</\1>|<[^>]*>|([^<]+)", re.DOTALL)
_BETWEEN_LATIN: Final = re.compile(r"(?<=[\w.,;:)%+]) (?=[\w(+])", re.ASCII)
_BEFORE_QUOTE: Final = re.compile(rf"(?<=[{_HAN}])(?=[“‘])")
_AFTER_QUOTE: Final = re.compile(rf"(?<=[”’])(?=[{_HAN}])")
_STUCK: Final = re.compile(rf"{_OPEN}+{_FORMULA}{_SHUT}*|{_FORMULA}{_SHUT}+")
_SINGLE: Final = re.compile(r"(?<![\w-])[A-Za-z]-[A-Za-z]+", re.ASCII)
_QUOTED: Final = re.compile(r'"([^"]+)"')
_APOSTROPHE: Final = re.compile(r"(?<=\w)'")
_LAST: Final = re.compile(r"([^<>\s\ue001-\ue003\U000f0000-\U000ffffd]{3})(\s*</(?:p|li|td)>)")


def set_prose(
    markdown: Bilingual,
    to_html: Callable[[str, Callable[[str, bool], str]], str],
    set_maths: Callable[[str, bool, str], str],
) -> Bilingual:
    """Set both languages of a text as HTML for print, formulas and all."""

    def one(text: str, language: str) -> str:
        formulas: list[str] = []

        def hold(latex: str, display: bool) -> str:  # noqa: FBT001  # as prose calls it
            formulas.append(set_maths(latex, display, language))
            return chr(_FIRST + len(formulas) - 1)

        refine = chinese if language == "zh" else english
        html = refine(to_html(text, hold))
        return re.sub(_FORMULA, lambda found: formulas[ord(found[0]) - _FIRST], html)

    return Bilingual(one(markdown.zh, "zh"), one(markdown.en, "en"))


def chinese(html: str) -> str:
    """Refine Chinese: spaces, quotation marks, last lines."""

    def refine(text: str) -> str:
        text = _BETWEEN_LATIN.sub(_SPACE, _tied(text))
        return _AFTER_QUOTE.sub("\u200b", _BEFORE_QUOTE.sub("\u200b", text))

    html = _LAST.sub(rf"{_TIE}\1{_UNTIE}\2", _in_text(html, refine))
    return html.translate(_TAGS)


def english(html: str) -> str:
    """Refine English: quotation marks, and what may not part at a line's end."""
    return _in_text(html, lambda text: _tied(_curled(text))).translate(_TAGS)


def _curled(text: str) -> str:
    """Put the marks of print for those of a typewriter."""
    text = _QUOTED.sub(r"“\1”", text.replace("&quot;", '"'))
    return _APOSTROPHE.sub("’", text)


def _tied(text: str) -> str:
    text = _STUCK.sub(rf"{_TIE}\g<0>{_UNTIE}", text)
    return _SINGLE.sub(rf"{_TIE}\g<0>{_UNTIE}", text)


def _in_text(html: str, refine: Callable[[str], str]) -> str:
    return _TEXT.sub(lambda found: refine(found[2]) if found[2] else found[0], html)
