"""The text of a drawing -> its elements, each with its place in the source.

A drawing may hold little: shapes and labels, and of their attributes those that move
and measure. What acts, loads, refers or fixes a color is foreign to it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Final, NamedTuple, NoReturn
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from notepress.figures._classes import CLASSES
from notepress.model import Bilingual

SPACE: Final = "http://www.w3.org/2000/svg"
LANG: Final = {"zh": "zh-CN", "en": "en"}
_SHAPES: Final = ("path", "rect", "circle", "ellipse", "line", "polyline", "polygon")
_ELEMENTS: Final = frozenset(("svg", "title", "style", "g", *_SHAPES, "text", "tspan"))
# No id, so that a page can hold a drawing twice; no reference, so that nothing loads or loops.
PLACES: Final = frozenset(("x", "y", "dx", "dy"))
_SIZES: Final = frozenset(
    ("d", "points", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "width", "height")
)
_LOOKS: Final = frozenset(
    ("class", "fill", "fill-rule", "font-size", "stroke", "stroke-width", "stroke-dasharray")
)
_GEOMETRY: Final = PLACES | _SIZES | _LOOKS | {"transform", "stroke-linecap", "stroke-linejoin"}
_ALLOWED: Final[Mapping[str, frozenset[str]]] = {
    "svg": frozenset(("xmlns", "viewBox", "version")),
    "title": frozenset(("xml:lang",)),
    "style": frozenset(),
}
_NUMBER: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_DEEPEST: Final = 32
# Drawings are some hundred units wide; one without a measure would fill the memory.
_LARGEST: Final = 4000
_LONGEST: Final = 40


class DrawingError(ValueError):
    """A drawing that can't be read; ``check`` says so as a finding."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


@dataclass(slots=True)
class Node:
    """An element with its place in the source, which ElementTree would not tell."""

    tag: str
    attributes: dict[str, str]
    line: int = 1
    column: int = 1
    children: list[Node | str] = field(default_factory=list)

    def error(self, message: str) -> DrawingError:
        """Return the exception that says what is wrong here."""
        return DrawingError(message, self.line, self.column)

    @property
    def elements(self) -> Iterator[Node]:
        return (child for child in self.children if isinstance(child, Node))

    @property
    def text(self) -> str:
        return "".join(child for child in self.children if isinstance(child, str))

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.elements:
            yield from child.walk()

    def xml(self) -> str:
        head = self.tag + "".join(f" {k}={quoteattr(v)}" for k, v in self.attributes.items())
        if not self.children:
            return f"<{head}/>"
        inner = "".join(escape(c) if isinstance(c, str) else c.xml() for c in self.children)
        return f"<{head}>{inner}</{self.tag}>"


def read(svg: str | bytes) -> Node:
    """Parse, refusing document types, entities and instructions before they can act."""
    parser = expat.ParserCreate(encoding="utf-8")
    top = Node("", {})
    stack = [top]

    def refuse(message: str) -> NoReturn:
        raise DrawingError(message, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)

    def start(tag: str, attributes: dict[str, str]) -> None:
        if len(stack) > _DEEPEST:
            refuse("its elements are nested too deeply")
        place = parser.CurrentLineNumber, parser.CurrentColumnNumber + 1
        stack.append(Node(tag, attributes, *place))
        stack[-2].children.append(stack[-1])

    def end(_: str) -> None:
        stack.pop()

    def letters(text: str) -> None:
        stack[-1].children.append(text)

    def declared(*_: object) -> NoReturn:
        refuse("a document type, entity or instruction has no place in a drawing")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = letters
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = declared
    parser.ProcessingInstructionHandler = declared
    try:
        # Expat takes this by position alone: the text is whole.
        parser.Parse(svg, True)  # noqa: FBT003  # as expat names its parameter
    except expat.ExpatError as error:
        message = f"not well-formed: {expat.ErrorString(error.code)}"
        raise DrawingError(message, error.lineno, error.offset + 1) from None
    except UnicodeEncodeError:
        raise DrawingError("it holds half a character") from None
    root = next(top.elements)
    if root.tag != "svg" or root.attributes.get("xmlns") != SPACE:
        raise root.error("the outermost element is no svg in the SVG namespace")
    bounds(root)
    return root


class Box(NamedTuple):
    """A rectangle by its corners, y downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box) -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def around(self, other: Box) -> Box:
        left, top = min(self.left, other.left), min(self.top, other.top)
        return Box(left, top, max(self.right, other.right), max(self.bottom, other.bottom))

    def grown(self, across: float, down: float) -> Box:
        return Box(self.left - across, self.top - down, self.right + across, self.bottom + down)

    def within(self, other: Box) -> bool:
        across = other.left <= self.left and self.right <= other.right
        return across and other.top <= self.top and self.bottom <= other.bottom


def bounds(root: Node) -> Box:
    match _numbers(root.attributes.get("viewBox", "")):
        case [x, y, width, height] if width > 0 and height > 0:
            if max(width, height) > _LARGEST or max(width, height) > _LONGEST * min(width, height):
                raise root.error("the viewBox is too large, or too narrow")
            return Box(x, y, x + width, y + height)
    raise root.error("the viewBox is not four numbers")


def _numbers(text: str) -> list[float]:
    return [float(number) for number in _NUMBER.findall(text)]


def to_number(text: str) -> float:
    numbers = _numbers(text)
    if not numbers:
        raise DrawingError(f"“{text}” is no number")
    return numbers[0]


def size(svg: str | bytes) -> tuple[float, float]:
    """Return a drawing's width and height, in units of its own."""
    view = bounds(read(svg))
    return view.right - view.left, view.bottom - view.top


def alt(svg: str | bytes) -> Bilingual:
    """Return a drawing's titles: what is seen on it, in words."""
    return titled(read(svg))


def titled(root: Node) -> Bilingual:
    said = {n.attributes.get("xml:lang", ""): n.text for n in root.elements if n.tag == "title"}
    return Bilingual(**{lang: " ".join(said.get(tag, "").split()) for lang, tag in LANG.items()})


def cascade(node: Node, inherited: Mapping[str, str]) -> dict[str, str]:
    """Cascade as a browser does: a class wins over an attribute, both over what is inherited."""
    own = {k: v for k, v in node.attributes.items() if k in ("fill", "font-size")}
    names = node.attributes.get("class", "").split()
    known = [properties for name, properties in CLASSES.items() if name in names]
    return reduce(lambda all_, more: all_ | dict(more), known, dict(inherited) | own)


Fault = tuple[str, Node, str, str]


def foreign(root: Node) -> Iterator[Fault]:
    """Find what a drawing may not hold: what acts, loads, refers, fades or fixes a color."""
    for node in root.walk():
        if node.tag not in _ELEMENTS:
            hint = "A drawing holds shapes and labels alone."
            yield "FIGURE-FOREIGN", node, f"a drawing has no place for <{node.tag}>", hint
            continue
        for key, value in node.attributes.items():
            if key not in _ALLOWED.get(node.tag, _GEOMETRY):
                hint = "Looks come from the classes, size from the viewBox."
                yield "FIGURE-FOREIGN", node, f"<{node.tag}> can't have “{key}” here", hint
            elif key in ("fill", "stroke") and value != "none":
                hint = "Use a class, so that the color can change by night."
                yield "FIGURE-COLOR", node, f"the color “{value}” is fixed", hint


class Matrix(NamedTuple):
    """An affine transformation, as in SVG's ``matrix(a b c d e f)``."""

    a: float = 1
    b: float = 0
    c: float = 0
    d: float = 1
    e: float = 0
    f: float = 0

    def __call__(self, x: float, y: float) -> tuple[float, float]:
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    def after(self, other: Matrix) -> Matrix:
        """Return the transformation that applies ``other`` first."""
        (e, f), (ax, ay), (cx, cy) = self(other.e, other.f), (other.a, other.b), (other.c, other.d)
        return Matrix(
            self.a * ax + self.c * ay,
            self.b * ax + self.d * ay,
            self.a * cx + self.c * cy,
            self.b * cx + self.d * cy,
            e,
            f,
        )


def transformation(transform: str) -> Matrix:
    made = Matrix()
    for name, inside in re.findall(r"(\w+)\s*\(([^)]*)\)", transform):
        match name, _numbers(inside):
            case "translate", [x, *rest]:
                step = Matrix(e=x, f=rest[0] if rest else 0)
            case "scale", [x, *rest]:
                step = Matrix(a=x, d=rest[0] if rest else x)
            case "rotate", [angle, *center] if len(center) in (0, 2):
                cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
                x, y = center or (0.0, 0.0)
                turn = Matrix(cos, sin, -sin, cos)
                step = Matrix(e=x, f=y).after(turn).after(Matrix(e=-x, f=-y))
            case "matrix", [a, b, c, d, e, f]:
                step = Matrix(a, b, c, d, e, f)
            case _:
                raise DrawingError(f"the transformation “{name}({inside})” is not known")
        made = made.after(step)
    return made
