"""Labels -> shapes, and the room that their ink takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import uharfbuzz as hb

from notepress.figures._classes import FACES, HAN, MATHS, SANS, SMALLEST, SYMBOLS
from notepress.figures._svg import PLACES, Box, Matrix, Node, cascade, to_number, transformation

# Marks that both Latin and Han fonts have, and that are full-width among Han.
_FULL_WIDTH: Final = frozenset("“”‘’—…")


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
class Label:
    """A text as shapes, by the role of their color; ``box`` bounds its ink in the drawing."""

    node: Node
    text: str
    shapes: Mapping[str, str]
    box: Box
    matrix: Matrix
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


def _runs(text: Node, styled: Mapping[str, str]) -> Iterator[_Run]:
    """Divide a text into runs, white space folded and none at either end."""
    place: dict[str, float] = {}
    pieces: list[tuple[str, Mapping[str, str], dict[str, float]]] = []

    def gather(node: Node, styled: Mapping[str, str]) -> None:
        """Collect strings; a place waits for the first letter after it, however deep."""
        place.update((k, to_number(v)) for k, v in node.attributes.items() if k in PLACES)
        for child in node.children:
            if isinstance(child, Node):
                gather(child, cascade(child, styled))
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
        italic = run.style.get("font-family") == SYMBOLS
        order = (MATHS, SANS, HAN) if italic else (SANS, HAN, MATHS)

        def face(character: str) -> hb.Font | None:
            wanted = (HAN, *order) if character in _FULL_WIDTH else order
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


def lettered(root: Node, faces: Mapping[str, bytes]) -> list[Label]:
    fonts = _Fonts(faces)

    def gather(node: Node, styled: Mapping[str, str], matrix: Matrix) -> Iterator[Label]:
        styled = cascade(node, styled)
        matrix = matrix.after(transformation(node.attributes.get("transform", "")))
        if node.tag == "text":
            yield _label(node, styled, matrix, fonts)
            return
        for child in node.elements:
            yield from gather(child, styled, matrix)

    return list(gather(root, {"font-size": "12", "fill": "ink"}, Matrix()))


def _label(node: Node, styled: Mapping[str, str], matrix: Matrix, fonts: _Fonts) -> Label:
    """Set one text: every part that starts at its own x is anchored by itself."""
    shapes: dict[str, str] = {}
    corners: list[tuple[float, float]] = []
    missing: list[str] = []
    runs = list(_runs(node, styled))
    sizes = [to_number(run.style["font-size"]) for run in runs]
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
    box = Box(min(across), min(down), max(across), max(down))
    size = max(sizes, default=SMALLEST)
    return Label(node, text, shapes, box, matrix, "".join(dict.fromkeys(missing)), size)


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
        size = to_number(run.style["font-size"])
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
