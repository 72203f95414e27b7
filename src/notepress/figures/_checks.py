"""A drawing -> what is wrong with it, each fault at its place in the source.

``check`` tells what the source alone shows; it takes no time, and without it a drawing
can't be made. ``proof`` sets the labels and looks at pixels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Final

from PIL import Image, ImageChops, ImageFilter

from notepress.figures._classes import CLASSES, LIGHT, SMALLEST, style
from notepress.figures._drawing import inlined, pixels
from notepress.figures._lettering import Label, lettered
from notepress.figures._svg import (
    SPACE,
    Box,
    DrawingError,
    Fault,
    Node,
    bounds,
    foreign,
    read,
    titled,
)
from notepress.model import Finding, Level, Span

# Drawn all the same, if not well.
_BEARABLE: Final = frozenset(
    f"FIGURE-{what}" for what in ("TITLE", "STYLE", "OUTSIDE", "SMALL", "OVERLAP", "CROSSED")
)


def check(svg: str | bytes, path: str) -> tuple[Finding, ...]:
    """Say what is wrong with the source of a drawing, each at its place in the file ``path``."""
    try:
        root = read(svg)
        faults = [*foreign(root), *_faults(root)]
        lettered(root, {})  # reads every number and transformation, and draws nothing
    except DrawingError as error:
        return (_finding(path, "FIGURE-BROKEN", error, error.message, "Mend the SVG file."),)
    return tuple(_finding(path, *fault) for fault in faults)


def proof(svg: str | bytes, path: str, faces: Mapping[str, bytes]) -> tuple[Finding, ...]:
    """Say what is wrong with the labels as ``faces`` set them, each at its place in ``path``.

    A drawing in which ``check`` finds an error is not drawn, not even to look at it.
    """
    if any(finding.level is Level.ERROR for finding in check(svg, path)):
        return ()
    root = read(svg)
    return tuple(_finding(path, *fault) for fault in _label_faults(root, lettered(root, faces)))


def _finding(path: str, code: str, node: Node | DrawingError, message: str, hint: str) -> Finding:
    level = Level.WARNING if code in _BEARABLE else Level.ERROR
    return Finding(code, level, Span(path, node.line, node.column), message, hint)


def _faults(root: Node) -> Iterator[Fault]:
    """Find what can be seen without setting a single letter."""
    titles = titled(root)
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
            if name not in CLASSES:
                hint = f"Use one of: {', '.join(CLASSES)}."
                yield "FIGURE-CLASS", node, f"there is no class “{name}”", hint


def _label_faults(root: Node, labels: list[Label]) -> Iterator[Fault]:
    view = bounds(root)
    for label in labels:
        named = f"“{label.text}”"
        if label.missing:
            hint = "Choose another character: this one would be left out."
            yield "FIGURE-GLYPH", label.node, f"no font has “{label.missing}”", hint
        if not label.box.within(view):
            yield "FIGURE-OUTSIDE", label.node, f"{named} leaves the drawing", "Move it inwards."
        if label.size < SMALLEST:
            hint = f"Use {SMALLEST} or more."
            yield "FIGURE-SMALL", label.node, f"{named} is too small to read in print", hint
    for one, other in combinations(labels, 2):
        if one.box.overlaps(other.box):
            message = f"“{other.text}” lies over “{one.text}”"
            yield "FIGURE-OVERLAP", other.node, message, "Move them apart."
    yield from _crossings(root, labels)


_ZOOM: Final = 4
_CLEARANCE: Final = 1


def _crossings(root: Node, labels: list[Label]) -> Iterator[Fault]:
    """Find labels that a line runs through or touches, by looking at the pixels.

    Around the letters, the drawing without its labels has to be of one color.
    """
    view = bounds(root)
    ground = pixels(inlined(root, LIGHT, {}).xml(), round((view.right - view.left) * _ZOOM))
    for label in labels:
        if label.shapes and label.box.within(view) and _crossed(label, ground, view):
            message = f"a line runs through “{label.text}” or touches it"
            yield "FIGURE-CROSSED", label.node, message, "Move the label, or the line."


def _crossed(label: Label, ground: Image.Image, view: Box) -> bool:
    """Look at the ground under one label, in a window a little larger than its ink."""
    left, top = math.floor(label.box.left) - _CLEARANCE, math.floor(label.box.top) - _CLEARANCE
    right, bottom = math.ceil(label.box.right), math.ceil(label.box.bottom)
    width, height = right + _CLEARANCE - left, bottom + _CLEARANCE - top
    placed = {"transform": f"matrix{tuple(label.matrix)}", "d": "".join(label.shapes.values())}
    window = {"xmlns": SPACE, "viewBox": f"{left} {top} {width} {height}"}
    letters = Node("svg", window, children=[Node("path", placed)])
    mask = pixels(letters.xml(), width * _ZOOM).getchannel("A")
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
