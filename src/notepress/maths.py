r"""LaTeX -> SVG for print, and whether the engines can set it at all.

The drawing is one path in the text's own color, as wide and as deep as the formula
in em, so that it stands in a line like a word. Its title says the formula in the
language around it: PDF readers take it as alternative text. An invisible layer of
linear text lies above, to be copied and searched. Anki sets formulas with MathJax,
so a formula must please both engines.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from html import escape
from typing import Final, Protocol
from xml.etree import ElementTree as ET

import mathra

TEXT_FAMILY: Final = "sheet-maths"
"""The font family of the invisible text: STIX Two Math, wherever the page declares it."""

_SVG: Final = "{http://www.w3.org/2000/svg}"
_COLUMN: Final = re.compile(r"column (\d+): ")
_COMMAND: Final = re.compile(r"\\[A-Za-z]+")
_MATHJAX_ERROR: Final = re.compile(r'data-mjx-error="([^"]*)"')
_SCALED: Final = re.compile(r"translate\((\S+) (\S+)\) scale\((\S+)\)")
_POINT: Final = re.compile(r"(-?[\d.]+) (-?[\d.]+)")


class UnsetError(ValueError):
    """A formula that can't be set; ``column`` counts from 1 in its LaTeX."""

    def __init__(self, reason: str, column: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.column = column


class _MathJax(Protocol):
    def render(self, latex: str, *, display: bool = True) -> str: ...


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula as drawn: its SVG, and its size in em of the text around it."""

    svg: str
    width: float
    height: float


@lru_cache(maxsize=4096)
def draw(latex: str, *, display: bool = False, language: str = "zh") -> Formula:
    """Set LaTeX as inline SVG; raises ``UnsetError`` where it's no LaTeX that we know."""
    try:
        made = mathra.render(latex, language, display=display, strict=True)
    except ValueError as error:
        column = _COLUMN.match(str(error))
        reason = _COLUMN.sub("", str(error), count=1)
        raise UnsetError(reason, int(column[1]) if column else 1) from error
    root = ET.fromstring(made["svg"])  # noqa: S314  # written by the engine, not by a stranger
    title = escape(made["speech"] or latex, quote=False)
    body = "".join(_outlines(root)) + _text_layer(root, made["text"])
    # Rounding in em makes the box a hair wider than the path, never narrower.
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="maths" lang="{language}"'
        f' viewBox="{root.get("viewBox")}" width="{root.get("width")}"'
        f' height="{root.get("height")}" style="{root.get("style")}">'
        f"<title>{title}</title>{body}</svg>"
    )
    return Formula(svg, _em(root.get("width")), _em(root.get("height")))


@lru_cache(maxsize=4096)
def lint(latex: str) -> str | None:
    """Say why a formula can't be set in print or by MathJax; None where both can."""
    try:
        draw(latex, display=True)
    except UnsetError as error:
        return f"column {error.column}: {error.reason}"
    return _mathjax_objection(latex)


def _mathjax_objection(latex: str) -> str | None:
    drawn = _mathjax().render(latex)
    if error := _MATHJAX_ERROR.search(drawn):
        return f"MathJax: {error[1]}"
    unknown = [name for name in dict.fromkeys(_COMMAND.findall(latex)) if _is_unknown(name)]
    return f"MathJax doesn't know {', '.join(unknown)}" if unknown else None


@cache
def _is_unknown(command: str) -> bool:
    # MathJax prints what it doesn't know in red, and goes on.
    return 'fill="red"' in _mathjax().render(command)


@cache
def _mathjax() -> _MathJax:
    # Imported here: starting MathJax takes half a second, and only checks need it.
    from quickjax import MathJaxRenderer

    engine: _MathJax = MathJaxRenderer()
    return engine


def _em(length: str | None) -> float:
    return float((length or "0em").removesuffix("em"))


def _outlines(root: ET.Element) -> list[str]:
    """Write every glyph and rule as one path for each paint: ids and references go."""
    glyphs = {f"#{p.get('id')}": p.get("d", "") for p in root.iter(f"{_SVG}path") if p.get("id")}
    paths: dict[str, list[str]] = {}
    rest: list[str] = []
    for node in root.iterfind(f"{_SVG}g/*"):
        paint = node.get("fill", "currentColor")
        match node.tag.removeprefix(_SVG):
            case "use":
                outline = _placed(glyphs[node.get("href", "")], node)
                paths.setdefault(paint, []).append(outline)
            case "rect":
                paths.setdefault(paint, []).append(_rectangle(node))
            case name:
                kept = " ".join(f'{key}="{escape(text)}"' for key, text in node.items())
                rest.append(f'<g transform="scale(1,-1)"><{name} {kept}/></g>')
    drawn = [f'<path fill="{paint}" d="{"".join(parts)}"/>' for paint, parts in paths.items()]
    return drawn + rest


def _placed(outline: str, use: ET.Element) -> str:
    """Move and scale a glyph to its place; whole units of 1/1000 em are finer than ink."""
    if scaled := _SCALED.fullmatch(use.get("transform", "")):
        x, y, scale = (float(number) for number in scaled.groups())
    else:
        x, y, scale = float(use.get("x", 0)), float(use.get("y", 0)), 1.0

    def place(point: re.Match[str]) -> str:
        return f"{round(x + float(point[1]) * scale)} {round(-y - float(point[2]) * scale)}"

    return _POINT.sub(place, outline)


def _rectangle(node: ET.Element) -> str:
    left, bottom, width, height = (float(node.get(key, 0)) for key in ("x", "y", "width", "height"))
    x, y, right, top = round(left), round(-bottom), round(left + width), round(-bottom - height)
    return f"M{x} {y}L{x} {top}L{right} {top}L{right} {y}Z"


def _text_layer(root: ET.Element, linear: str) -> str:
    # Combining marks can't be placed on a stretched line; the letters alone are searched for.
    bare = unicodedata.normalize("NFD", linear)
    text = "".join(c for c in bare if not unicodedata.combining(c)).strip()
    width = root.get("viewBox", "0 0 0 0").split()[2]
    return (
        f'<text x="0" y="0" font-size="1000" font-family="{TEXT_FAMILY}" textLength="{width}"'
        f' lengthAdjust="spacingAndGlyphs" fill="transparent">{escape(text, quote=False)}</text>'
        if text
        else ""
    )
