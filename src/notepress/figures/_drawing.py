"""A drawing -> the same with colors set and labels as shapes, and that in pixels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Final

import resvg_py
from PIL import Image

from notepress.figures._classes import TYPE_PROPERTIES, Palette, color
from notepress.figures._lettering import Label, lettered
from notepress.figures._svg import LANG, SPACE, Node, cascade, foreign, read, titled

RASTER_SUFFIX: Final = ".webp"
"""What ``raster`` gives: lossless WebP, a third of the size of PNG on these drawings."""


def outline(
    svg: str | bytes, palette: Palette, faces: Mapping[str, bytes], lang: str = "zh"
) -> str:
    """Return the drawing with colors set and labels as shapes, and its title in ``lang``.

    It needs nothing else to show as meant: no font, no style sheet. ``faces`` are the
    files of ``FACES``. Whatever is foreign to a drawing raises ``DrawingError``, so
    that nothing of it can reach a page, checked or not.
    """
    root = read(svg)
    for _, node, message, _ in foreign(root):
        raise node.error(message)
    shapes = {id(label.node): label for label in lettered(root, faces)}
    drawn = inlined(root, palette, shapes)
    drawn.attributes |= {"xmlns": SPACE, "role": "img", "xml:lang": LANG[lang]}
    drawn.children.insert(0, Node("title", {}, children=[getattr(titled(root), lang)]))
    return drawn.xml()


def inlined(node: Node, palette: Palette, shapes: Mapping[int, Label]) -> Node:
    """Copy a drawing without titles, style sheet, classes and text; ``shapes`` replace that."""
    made = Node(node.tag, {k: v for k, v in node.attributes.items() if k != "class"})
    if "class" in node.attributes:
        look = cascade(Node("", {"class": node.attributes["class"]}), {})
        shown = {k: v for k, v in look.items() if k not in TYPE_PROPERTIES}
        made.attributes |= {key: color(value, palette) for key, value in shown.items()}
    for child in node.elements:
        if child.tag in ("title", "style"):
            continue
        if child.tag != "text":
            made.children.append(inlined(child, palette, shapes))
        elif id(child) in shapes:
            made.children += _shapes(child, shapes[id(child)], palette)
    return made


def _shapes(node: Node, label: Label, palette: Palette) -> Iterator[Node]:
    kept = {k: v for k, v in node.attributes.items() if k == "transform"}
    for role, data in label.shapes.items():
        yield Node("path", kept | {"fill": color(role, palette), "stroke": "none", "d": data})


def raster(outlined: str, width_px: int) -> bytes:
    """Return what ``outline`` gave as lossless WebP, so many pixels wide, on a clear ground."""
    written = BytesIO()
    # The most effort takes twice the time for three percent.
    pixels(outlined, width_px).save(written, "WEBP", lossless=True, quality=80, method=4)
    return written.getvalue()


def pixels(drawn: str, width: int) -> Image.Image:
    png = resvg_py.svg_to_bytes(svg_string=drawn, width=width, skip_system_fonts=True)
    return Image.open(BytesIO(bytes(png)), formats=("PNG",)).convert("RGBA")
