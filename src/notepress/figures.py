"""Drawings -> what a page and a flash card can show.

A drawing in ``images/drawn`` is a small SVG whose colors and type come from a
handful of classes alone. That lets one source serve day, night and paper; and as
its labels are turned into outlines of the pinned fonts, no viewer can set them in
another face, or fail for want of one. Phones draw PNG and WebP reliably and SVG
less so, hence ``raster``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import reduce
from io import BytesIO
from itertools import combinations, groupby
from typing import Final, NamedTuple, NoReturn
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

import resvg_py
import uharfbuzz as hb
from PIL import Image, ImageChops, ImageFilter

from notepress.model import Bilingual, Finding, Level, Span

RASTER_SUFFIX: Final = ".webp"
"""What ``raster`` gives: lossless WebP, a third of the size of PNG on these drawings."""


@dataclass(frozen=True, slots=True)
class Palette:
    """The eight colors of a drawing; the ground it stands on is never painted."""

    ink: str
    muted: str
    paper: str
    soft: str
    accent: str
    tint: str
    second: str
    tint2: str


LIGHT: Final = Palette(
    ink="#1f2328",
    muted="#59636e",
    paper="#ffffff",
    soft="#eef1f4",
    accent="#0b57a4",
    tint="#dce9f7",
    second="#b3541e",
    tint2="#fbe7da",
)
NIGHT: Final = Palette(
    ink="#e6e8eb",
    muted="#a8b1bb",
    paper="#23272e",
    soft="#343a43",
    accent="#7cb3f2",
    tint="#22405f",
    second="#f0a070",
    tint2="#5a3824",
)
PRINT: Final = LIGHT
# Without color, dashes, hollow dots and the weight of lines tell apart, and two grays.
BLACK: Final = Palette(
    ink="#000000",
    muted="#404040",
    paper="#ffffff",
    soft="#f2f2f2",
    accent="#000000",
    tint="#dcdcdc",
    second="#333333",
    tint2="#f2f2f2",
)

_ROLES: Final = frozenset(role.name for role in fields(Palette))
_TEXT: Final = '"Source Sans 3", "Noto Sans SC", sans-serif'
_SYMBOLS: Final = '"STIX Two Math", "Source Sans 3", "Noto Sans SC", serif'
_ROUND: Final = {"stroke-linecap": "round", "stroke-linejoin": "round"}


def _stroke(role: str, width: str, **more: str) -> dict[str, str]:
    return {"fill": "none", "stroke": role, "stroke-width": width} | more


def _fill(role: str, stroke: str = "none", width: str = "") -> dict[str, str]:
    return {"fill": role, "stroke": stroke} | ({"stroke-width": width} if width else {})


def _type(role: str, size: str, family: str = _TEXT) -> dict[str, str]:
    return _fill(role) | {"font-family": family, "font-size": size}


# What each class means. A color is named by its role in the palette.
_CLASSES: Final[Mapping[str, Mapping[str, str]]] = {
    "ink": _stroke("ink", "1.4") | _ROUND,
    "axis": _stroke("muted", "1.1") | _ROUND,
    "hair": _stroke("muted", "0.7"),
    "accent": _stroke("accent", "1.8") | _ROUND,
    "second": _stroke("second", "1.8") | {"stroke-dasharray": "5 3"},
    "box": _fill("paper", "ink", "1.2"),
    "tint": _fill("tint", "accent", "1.2"),
    "tint2": _fill("tint2", "second", "1.2"),
    "soft": _fill("soft", "muted", "0.9"),
    "dot": _fill("ink"),
    "dot-a": _fill("accent"),
    "dot-b": _fill("paper", "second", "1.4"),
    "zh": _type("ink", "12px"),
    "en": _type("muted", "9.5px"),
    "num": _type("ink", "11px") | {"font-variant-numeric": "tabular-nums"},
    "sym": _type("ink", "12px", _SYMBOLS) | {"font-style": "italic"},
    "mid": {"text-anchor": "middle"},
    "end": {"text-anchor": "end"},
}
_TYPE_PROPERTIES: Final = frozenset(
    ("font-family", "font-size", "font-style", "font-variant-numeric", "text-anchor")
)

_SANS: Final = "SourceSans3-Regular.ttf"
_HAN: Final = "NotoSansSC-Regular.otf"
_MATHS: Final = "STIXTwoMath-Regular.ttf"
FACES: Final = frozenset((_SANS, _HAN, _MATHS))
"""The fonts that labels are drawn with, by file name: ``faces`` holds at least these."""

# Marks that both Latin and Han fonts have, and that are full-width among Han.
_FULL_WIDTH: Final = frozenset("“”‘’—…")

_SPACE: Final = "http://www.w3.org/2000/svg"
_LANG: Final = {"zh": "zh-CN", "en": "en"}
_SHAPES: Final = ("path", "rect", "circle", "ellipse", "line", "polyline", "polygon")
_ELEMENTS: Final = frozenset(("svg", "title", "style", "g", *_SHAPES, "text", "tspan"))
# No id, so that a page can hold a drawing twice; no reference, so that nothing loads or loops.
_PLACES: Final = frozenset(("x", "y", "dx", "dy"))
_SIZES: Final = frozenset(
    ("d", "points", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "width", "height")
)
_LOOKS: Final = frozenset(
    ("class", "fill", "fill-rule", "font-size", "stroke", "stroke-width", "stroke-dasharray")
)
_GEOMETRY: Final = _PLACES | _SIZES | _LOOKS | {"transform", "stroke-linecap", "stroke-linejoin"}
_ALLOWED: Final[Mapping[str, frozenset[str]]] = {
    "svg": frozenset(("xmlns", "viewBox", "version")),
    "title": frozenset(("xml:lang",)),
    "style": frozenset(),
}
_DEEPEST: Final = 32
_SMALLEST: Final = 9.5


def style(palette: Palette = LIGHT) -> str:
    """Return the style sheet that every drawing carries, by day, so that it shows by itself."""
    lines = []
    for name, properties in _CLASSES.items():
        body = "; ".join(f"{key}: {_color(value, palette)}" for key, value in properties.items())
        lines.append(f".{name} {{ {body} }}")
    return "\n".join(lines)


def _color(value: str, palette: Palette) -> str:
    return str(getattr(palette, value)) if value in _ROLES else value


# --- Reading ---------------------------------------------------------------------------


class DrawingError(ValueError):
    """A drawing that can't be read; ``check`` says so as a finding."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


@dataclass(slots=True)
class _Node:
    """An element with its place in the source, which ElementTree would not tell."""

    tag: str
    attributes: dict[str, str]
    line: int = 1
    column: int = 1
    children: list[_Node | str] = field(default_factory=list)

    def error(self, message: str) -> DrawingError:
        """Return the exception that says what is wrong here."""
        return DrawingError(message, self.line, self.column)

    @property
    def elements(self) -> Iterator[_Node]:
        return (child for child in self.children if isinstance(child, _Node))

    @property
    def text(self) -> str:
        return "".join(child for child in self.children if isinstance(child, str))

    def walk(self) -> Iterator[_Node]:
        yield self
        for child in self.elements:
            yield from child.walk()

    def xml(self) -> str:
        head = self.tag + "".join(f" {k}={quoteattr(v)}" for k, v in self.attributes.items())
        if not self.children:
            return f"<{head}/>"
        inner = "".join(escape(c) if isinstance(c, str) else c.xml() for c in self.children)
        return f"<{head}>{inner}</{self.tag}>"


def _read(svg: str | bytes) -> _Node:
    """Parse, refusing document types, entities and instructions before they can act."""
    parser = expat.ParserCreate(encoding="utf-8")
    top = _Node("", {})
    stack = [top]

    def refuse(message: str) -> NoReturn:
        raise DrawingError(message, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)

    def start(tag: str, attributes: dict[str, str]) -> None:
        if len(stack) > _DEEPEST:
            refuse("its elements are nested too deeply")
        place = parser.CurrentLineNumber, parser.CurrentColumnNumber + 1
        stack.append(_Node(tag, attributes, *place))
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
    if root.tag != "svg" or root.attributes.get("xmlns") != _SPACE:
        raise root.error("the outermost element is no svg in the SVG namespace")
    _view(root)
    return root


class _Box(NamedTuple):
    """A rectangle by its corners, y downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: _Box) -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def around(self, other: _Box) -> _Box:
        left, top = min(self.left, other.left), min(self.top, other.top)
        return _Box(left, top, max(self.right, other.right), max(self.bottom, other.bottom))

    def grown(self, across: float, down: float) -> _Box:
        return _Box(self.left - across, self.top - down, self.right + across, self.bottom + down)

    def within(self, other: _Box) -> bool:
        across = other.left <= self.left and self.right <= other.right
        return across and other.top <= self.top and self.bottom <= other.bottom


def _view(root: _Node) -> _Box:
    match _numbers(root.attributes.get("viewBox", "")):
        case [x, y, width, height] if width > 0 and height > 0:
            return _Box(x, y, x + width, y + height)
    raise root.error("the viewBox is not four numbers")


def _numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"[-+]?(?:\d+\.?\d*|\.\d+)", text)]


def _number(text: str) -> float:
    numbers = _numbers(text)
    if not numbers:
        raise DrawingError(f"“{text}” is no number")
    return numbers[0]


def alt(svg: str | bytes) -> Bilingual:
    """Return a drawing's titles: what is seen on it, in words."""
    return _titles(_read(svg))


def _titles(root: _Node) -> Bilingual:
    said = {n.attributes.get("xml:lang", ""): n.text for n in root.elements if n.tag == "title"}
    return Bilingual(**{lang: " ".join(said.get(tag, "").split()) for lang, tag in _LANG.items()})


def _styled(node: _Node, inherited: Mapping[str, str]) -> dict[str, str]:
    """Cascade as a browser does: a class wins over an attribute, both over what is inherited."""
    own = {k: v for k, v in node.attributes.items() if k in ("fill", "font-size")}
    names = node.attributes.get("class", "").split()
    known = [properties for name, properties in _CLASSES.items() if name in names]
    return reduce(lambda all_, more: all_ | dict(more), known, dict(inherited) | own)


# --- Labels ----------------------------------------------------------------------------


class _Matrix(NamedTuple):
    """An affine transformation, as in SVG's ``matrix(a b c d e f)``."""

    a: float = 1
    b: float = 0
    c: float = 0
    d: float = 1
    e: float = 0
    f: float = 0

    def __call__(self, x: float, y: float) -> tuple[float, float]:
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    def after(self, other: _Matrix) -> _Matrix:
        """Return the transformation that applies ``other`` first."""
        (e, f), (ax, ay), (cx, cy) = self(other.e, other.f), (other.a, other.b), (other.c, other.d)
        return _Matrix(
            self.a * ax + self.c * ay,
            self.b * ax + self.d * ay,
            self.a * cx + self.c * cy,
            self.b * cx + self.d * cy,
            e,
            f,
        )


def _matrix(transform: str) -> _Matrix:
    made = _Matrix()
    for name, inside in re.findall(r"(\w+)\s*\(([^)]*)\)", transform):
        match name, _numbers(inside):
            case "translate", [x, *rest]:
                step = _Matrix(e=x, f=rest[0] if rest else 0)
            case "scale", [x, *rest]:
                step = _Matrix(a=x, d=rest[0] if rest else x)
            case "rotate", [angle, *center] if len(center) in (0, 2):
                cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
                x, y = center or (0.0, 0.0)
                turn = _Matrix(cos, sin, -sin, cos)
                step = _Matrix(e=x, f=y).after(turn).after(_Matrix(e=-x, f=-y))
            case "matrix", [a, b, c, d, e, f]:
                step = _Matrix(a, b, c, d, e, f)
            case _:
                raise DrawingError(f"the transformation “{name}({inside})” is not known")
        made = made.after(step)
    return made


class _Pen:
    """Takes a glyph's outline, y upwards, and gives SVG path data, y downwards.

    The names of its methods are those that HarfBuzz calls. Points are hundredths of a
    unit, counted from the one before: half the length of coordinates in full.
    """

    def __init__(self, x: float, y: float, scale: float) -> None:
        self.x, self.y, self.scale = x, y, scale
        self.here = self.began = (0, 0)
        self.data: list[str] = []

    def _add(self, command: str, *points: tuple[float, float]) -> None:
        steps = []
        there = self.here
        for x, y in points:
            there = (
                round((self.x + x * self.scale) * 100),
                round((self.y - y * self.scale) * 100),
            )
            steps += [there[0] - self.here[0], there[1] - self.here[1]]
        self.here = there
        self.data.append(command + " ".join(map(_hundredths, steps)).replace(" -", "-"))

    def moveTo(self, point: tuple[float, float]) -> None:  # noqa: N802  # as fontTools names its pens
        if not self.data:  # the outlines of a label are joined, so each starts afresh
            self._add("M", point)
        else:
            self._add("m", point)
        self.began = self.here

    def lineTo(self, point: tuple[float, float]) -> None:  # noqa: N802  # as fontTools names its pens
        self._add("l", point)

    def qCurveTo(self, *points: tuple[float, float]) -> None:  # noqa: N802  # as fontTools names its pens
        self._add("q", *points)

    def curveTo(self, *points: tuple[float, float]) -> None:  # noqa: N802  # as fontTools names its pens
        self._add("c", *points)

    def closePath(self) -> None:  # noqa: N802  # as fontTools names its pens
        self.data.append("z")
        self.here = self.began


def _hundredths(number: int) -> str:
    whole, rest = divmod(abs(number), 100)
    fraction = f".{rest:02}".rstrip("0") if rest else ""
    digits = f"{whole or ''}{fraction}" or "0"
    return f"-{digits}" if number < 0 else digits


@dataclass(frozen=True, slots=True)
class _Label:
    """A text as shapes, by the role of their color; ``box`` bounds its ink in the drawing."""

    node: _Node
    text: str
    shapes: Mapping[str, str]
    box: _Box
    matrix: _Matrix
    missing: str
    size: float


@dataclass(frozen=True, slots=True)
class _Run:
    """Characters of one style; ``x`` and ``y`` move the pen there, ``dx`` and ``dy`` by so much."""

    text: str
    style: Mapping[str, str]
    x: float | None
    y: float | None
    dx: float
    dy: float


def _runs(text: _Node, styled: Mapping[str, str]) -> Iterator[_Run]:
    """Divide a text into runs, white space folded and none at either end."""
    place: dict[str, float] = {}
    pieces: list[tuple[str, Mapping[str, str], dict[str, float]]] = []

    def gather(node: _Node, styled: Mapping[str, str]) -> None:
        """Collect strings; a place waits for the first letter after it, however deep."""
        place.update((k, _number(v)) for k, v in node.attributes.items() if k in _PLACES)
        for child in node.children:
            if isinstance(child, _Node):
                gather(child, _styled(child, styled))
            elif child.strip() or pieces:
                pieces.append((re.sub(r"\s+", " ", child), styled, dict(place)))
                place.clear()

    gather(text, styled)
    last = len(pieces) - 1
    for i, (string, style_, at) in enumerate(pieces):
        left = string.lstrip() if i == 0 else string
        whole = left.rstrip() if i == last else left
        yield _Run(whole, style_, at.get("x"), at.get("y"), at.get("dx", 0.0), at.get("dy", 0.0))


class _Fonts:
    """The faces opened once, and the choice of one for each character."""

    def __init__(self, faces: Mapping[str, bytes]) -> None:
        self.opened = {name: hb.Font(hb.Face(faces[name])) for name in sorted(FACES & set(faces))}

    def split(self, run: _Run) -> Iterator[tuple[hb.Font | None, str]]:
        """Divide a run by the face that has each character; None where none has it."""
        italic = run.style.get("font-family") == _SYMBOLS
        order = (_MATHS, _SANS, _HAN) if italic else (_SANS, _HAN, _MATHS)

        def face(character: str) -> hb.Font | None:
            wanted = (_HAN, *order) if character in _FULL_WIDTH else order
            fonts = (self.opened[name] for name in wanted if name in self.opened)
            return next((f for f in fonts if f.get_nominal_glyph(ord(character))), None)

        text = "".join(map(_italic, run.text)) if italic else run.text
        for font, characters in groupby(text, key=face):
            yield font, "".join(characters)


def _italic(character: str) -> str:
    if character == "h":  # U+1D455 is left empty: the letter was there already as ℎ
        return "\u210e"
    for first, last, there in (("A", "Z", 0x1D434), ("a", "z", 0x1D44E), ("α", "ω", 0x1D6FC)):
        if first <= character <= last:
            return chr(there + ord(character) - ord(first))
    return character


def _labels(root: _Node, faces: Mapping[str, bytes]) -> list[_Label]:
    fonts = _Fonts(faces)

    def gather(node: _Node, styled: Mapping[str, str], matrix: _Matrix) -> Iterator[_Label]:
        styled = _styled(node, styled)
        matrix = matrix.after(_matrix(node.attributes.get("transform", "")))
        if node.tag == "text":
            yield _label(node, styled, matrix, fonts)
            return
        for child in node.elements:
            yield from gather(child, styled, matrix)

    return list(gather(root, {"font-size": "12", "fill": "ink"}, _Matrix()))


def _label(node: _Node, styled: Mapping[str, str], matrix: _Matrix, fonts: _Fonts) -> _Label:
    """Set one text: every part that starts at its own x is anchored by itself."""
    shapes: dict[str, str] = {}
    corners: list[tuple[float, float]] = []
    missing: list[str] = []
    runs = list(_runs(node, styled))
    sizes = [_number(run.style["font-size"]) for run in runs]
    text = "".join(run.text for run in runs)
    pen_x = pen_y = 0.0
    while runs:
        length = next((i for i, run in enumerate(runs) if i and run.x is not None), len(runs))
        part, runs = runs[:length], runs[length:]
        pen_x = pen_x if part[0].x is None else part[0].x
        glyphs, width, lost = _set(part, fonts, pen_y)
        shift = {"middle": 0.5, "end": 1.0}.get(styled.get("text-anchor", ""), 0.0) * width
        for glyph in glyphs:
            shape, ink = glyph.drawn(pen_x - shift)
            shapes[glyph.role] = shapes.get(glyph.role, "") + shape
            corners += ink
        pen_x, pen_y = pen_x + width - shift, glyphs[-1].y if glyphs else pen_y
        missing += lost
    placed = [matrix(*corner) for corner in corners] or [matrix(pen_x, pen_y)]
    across, down = [x for x, _ in placed], [y for _, y in placed]
    box = _Box(min(across), min(down), max(across), max(down))
    size = max(sizes, default=_SMALLEST)
    return _Label(node, text, shapes, box, matrix, "".join(dict.fromkeys(missing)), size)


@dataclass(frozen=True, slots=True)
class _Glyph:
    """A glyph on its baseline, x counted from the start of its part of the text."""

    font: hb.Font
    number: int
    x: float
    y: float
    scale: float
    role: str

    def drawn(self, left: float) -> tuple[str, list[tuple[float, float]]]:
        """Return the outline as path data, and the corners of its ink."""
        pen = _Pen(left + self.x, self.y, self.scale)
        self.font.draw_glyph_with_pen(self.number, pen)
        ink = self.font.get_glyph_extents(self.number)
        if not (ink and ink.width):
            return "", []
        x, y = pen.x + ink.x_bearing * self.scale, pen.y - ink.y_bearing * self.scale
        right, bottom = x + ink.width * self.scale, y - ink.height * self.scale
        return "".join(pen.data), [(x, y), (right, y), (x, bottom), (right, bottom)]


def _set(part: Iterable[_Run], fonts: _Fonts, y: float) -> tuple[list[_Glyph], float, list[str]]:
    """Shape a part of a text; give its glyphs, its width and the characters no face has."""
    glyphs: list[_Glyph] = []
    missing: list[str] = []
    x = 0.0
    for run in part:
        y = (y if run.y is None else run.y) + run.dy
        x += run.dx
        size = _number(run.style["font-size"])
        for font, text in fonts.split(run):
            if font is None:
                missing += text
                continue
            scale = size / font.face.upem
            buffer = hb.Buffer()
            buffer.add_str(text)
            buffer.guess_segment_properties()
            hb.shape(
                font, buffer, {"tnum": run.style.get("font-variant-numeric") == "tabular-nums"}
            )
            for info, at in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
                here = x + at.x_offset * scale, y - at.y_offset * scale
                glyphs.append(_Glyph(font, info.codepoint, *here, scale, run.style["fill"]))
                x += at.x_advance * scale
    return glyphs, x, missing


@dataclass(frozen=True, slots=True)
class Named:
    """What a drawing says at one place, in each language, and where: in parts of its size."""

    text: Bilingual
    left: float
    top: float
    width: float
    height: float


# Chinese above, its English less than a line below, or the two on one line.
_NEAR: Final = 6.0
_BESIDE: Final = 24.0


def names(svg: str | bytes, faces: Mapping[str, bytes]) -> tuple[Named, ...]:
    """Return the words on a drawing, in the order of its source; numbers and signs are none.

    A label in Chinese and the one in English that comes next and stands by it say the
    same, so they are one name.
    """
    root = _read(svg)
    view = _view(root)
    spoken: list[tuple[Bilingual, _Box]] = []
    for label in _labels(root, faces):
        language = _spoken(label.node)
        if not language or not any(map(str.isalpha, label.text)):
            continue
        text = _worded(label.node, language)
        if spoken and text.en and not (text.zh or spoken[-1][0].en):
            before, box = spoken[-1]
            if box.grown(_BESIDE, _NEAR).overlaps(label.box):
                spoken[-1] = (Bilingual(before.zh, text.en), box.around(label.box))
                continue
        spoken.append((text, label.box))
    width, height = view.right - view.left, view.bottom - view.top
    return tuple(
        Named(
            text,
            (box.left - view.left) / width,
            (box.top - view.top) / height,
            (box.right - box.left) / width,
            (box.bottom - box.top) / height,
        )
        for text, box in spoken
    )


def _spoken(node: _Node) -> str:
    classes = node.attributes.get("class", "").split()
    return next((language for language in ("zh", "en") if language in classes), "")


def _worded(node: _Node, language: str) -> Bilingual:
    """Part a label into its languages: a Chinese one may end in a ``tspan`` of English."""
    inside = [child for child in node.elements if _spoken(child) not in ("", language)]
    other = " ".join("".join(child.text for child in inside).split())
    own = " ".join("".join(n.text for n in node.walk() if n not in inside).split())
    return Bilingual(own, other) if language == "zh" else Bilingual(other, own)


# --- Drawing ---------------------------------------------------------------------------


def outline(
    svg: str | bytes, palette: Palette, faces: Mapping[str, bytes], lang: str = "zh"
) -> str:
    """Return the drawing with colors set and labels as shapes, and its title in ``lang``.

    It needs nothing else to show as meant: no font, no style sheet. ``faces`` are the
    files of ``FACES``. Whatever is foreign to a drawing raises ``DrawingError``, so
    that nothing of it can reach a page, checked or not.
    """
    root = _read(svg)
    for _, node, message, _ in _foreign(root):
        raise node.error(message)
    shapes = {id(label.node): label for label in _labels(root, faces)}
    drawn = _inlined(root, palette, shapes)
    drawn.attributes |= {"xmlns": _SPACE, "role": "img", "xml:lang": _LANG[lang]}
    drawn.children.insert(0, _Node("title", {}, children=[getattr(_titles(root), lang)]))
    return drawn.xml()


def _inlined(node: _Node, palette: Palette, shapes: Mapping[int, _Label]) -> _Node:
    """Copy a drawing without titles, style sheet, classes and text; ``shapes`` replace that."""
    made = _Node(node.tag, {k: v for k, v in node.attributes.items() if k != "class"})
    if "class" in node.attributes:
        look = _styled(_Node("", {"class": node.attributes["class"]}), {})
        shown = {k: v for k, v in look.items() if k not in _TYPE_PROPERTIES}
        made.attributes |= {key: _color(value, palette) for key, value in shown.items()}
    for child in node.elements:
        if child.tag in ("title", "style"):
            continue
        if child.tag != "text":
            made.children.append(_inlined(child, palette, shapes))
        elif id(child) in shapes:
            made.children += _shapes(child, shapes[id(child)], palette)
    return made


def _shapes(node: _Node, label: _Label, palette: Palette) -> Iterator[_Node]:
    kept = {k: v for k, v in node.attributes.items() if k == "transform"}
    for role, data in label.shapes.items():
        yield _Node("path", kept | {"fill": _color(role, palette), "stroke": "none", "d": data})


def raster(outlined: str, width_px: int) -> bytes:
    """Return what ``outline`` gave as lossless WebP, so many pixels wide, on a clear ground."""
    written = BytesIO()
    # The most effort takes twice the time for three percent.
    _pixels(outlined, width_px).save(written, "WEBP", lossless=True, quality=80, method=4)
    return written.getvalue()


def _pixels(drawn: str, width: int) -> Image.Image:
    png = resvg_py.svg_to_bytes(svg_string=drawn, width=width, skip_system_fonts=True)
    return Image.open(BytesIO(bytes(png)), formats=("PNG",)).convert("RGBA")


# --- Checking --------------------------------------------------------------------------


def check(svg: str | bytes, path: str, faces: Mapping[str, bytes]) -> tuple[Finding, ...]:
    """Say all that is wrong with a drawing, each at its place in the file ``path``."""

    def found(code: str, node: _Node | DrawingError, message: str, hint: str) -> Finding:
        return Finding(code, Level.ERROR, Span(path, node.line, node.column), message, hint)

    try:
        root = _read(svg)
        faults = [*_foreign(root), *_faults(root)]
        # Nothing foreign is ever drawn, not even to look at it.
        if not any(_foreign(root)):
            faults += _label_faults(root, _labels(root, faces))
    except DrawingError as error:
        return (found("FIGURE-BROKEN", error, error.message, "Mend the SVG file."),)
    return tuple(found(*fault) for fault in faults)


_Fault = tuple[str, _Node, str, str]


def _faults(root: _Node) -> Iterator[_Fault]:
    """Find what can be seen without setting a single letter."""
    titles = _titles(root)
    if not (titles.zh and titles.en):
        hint = 'Give it <title xml:lang="zh-CN"> and <title xml:lang="en">.'
        yield "FIGURE-TITLE", root, "the drawing is not described in both languages", hint
    sheets = [node for node in root.walk() if node.tag == "style"]
    if [" ".join(sheet.text.split()) for sheet in sheets] != [" ".join(style().split())]:
        hint = "Copy the style element of another drawing whole."
        place = sheets[0] if sheets else root
        yield "FIGURE-STYLE", place, "the style sheet is not the common one", hint
    for node in root.walk():
        for name in node.attributes.get("class", "").split():
            if name not in _CLASSES:
                hint = f"Use one of: {', '.join(_CLASSES)}."
                yield "FIGURE-CLASS", node, f"there is no class “{name}”", hint


def _foreign(root: _Node) -> Iterator[_Fault]:
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


def _label_faults(root: _Node, labels: list[_Label]) -> Iterator[_Fault]:
    view = _view(root)
    for label in labels:
        named = f"“{label.text}”"
        if label.missing:
            hint = "Choose another character, or add it to the font cuts."
            yield "FIGURE-GLYPH", label.node, f"no font has “{label.missing}”", hint
        if not label.box.within(view):
            yield "FIGURE-OUTSIDE", label.node, f"{named} leaves the drawing", "Move it inwards."
        if label.size < _SMALLEST:
            hint = f"Use {_SMALLEST} or more."
            yield "FIGURE-SMALL", label.node, f"{named} is too small to read in print", hint
    for one, other in combinations(labels, 2):
        if one.box.overlaps(other.box):
            message = f"“{other.text}” lies over “{one.text}”"
            yield "FIGURE-OVERLAP", other.node, message, "Move them apart."
    yield from _crossings(root, labels)


_ZOOM: Final = 4
_CLEARANCE: Final = 1


def _crossings(root: _Node, labels: list[_Label]) -> Iterator[_Fault]:
    """Find labels that a line runs through or touches, by looking at the pixels.

    Around the letters, the drawing without its labels has to be of one color.
    """
    view = _view(root)
    ground = _pixels(_inlined(root, LIGHT, {}).xml(), round((view.right - view.left) * _ZOOM))
    for label in labels:
        if label.shapes and label.box.within(view) and _crossed(label, ground, view):
            message = f"a line runs through “{label.text}” or touches it"
            yield "FIGURE-CROSSED", label.node, message, "Move the label, or the line."


def _crossed(label: _Label, ground: Image.Image, view: _Box) -> bool:
    """Look at the ground under one label, in a window a little larger than its ink."""
    left, top = math.floor(label.box.left) - _CLEARANCE, math.floor(label.box.top) - _CLEARANCE
    right, bottom = math.ceil(label.box.right), math.ceil(label.box.bottom)
    width, height = right + _CLEARANCE - left, bottom + _CLEARANCE - top
    placed = {"transform": f"matrix{tuple(label.matrix)}", "d": "".join(label.shapes.values())}
    window = {"xmlns": _SPACE, "viewBox": f"{left} {top} {width} {height}"}
    letters = _Node("svg", window, children=[_Node("path", placed)])
    mask = _pixels(letters.xml(), width * _ZOOM).getchannel("A")
    wide = mask.filter(ImageFilter.MaxFilter(2 * _CLEARANCE * _ZOOM + 1))
    x, y = round((left - view.left) * _ZOOM), round((top - view.top) * _ZOOM)
    return _mixed(ground.crop((x, y, x + wide.width, y + wide.height)), wide)


def _mixed(ground: Image.Image, mask: Image.Image) -> bool:
    """Whether the ground under the mask is of more than one color."""
    hidden = mask.point([255] + [0] * 255)
    for channel in ground.split():
        low, _ = ImageChops.lighter(channel, hidden).getextrema()
        _, high = ImageChops.subtract(channel, hidden).getextrema()
        if high != low:
            return True
    return False
