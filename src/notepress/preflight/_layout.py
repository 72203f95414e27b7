"""Boxes as laid out -> what lies outside, above another, is too small, too faint or too coarse.

Every box of every page is looked at once, in the order in which it is painted, with
what it stands on: the ground's color, the edges that hold it, the entry that it is of.

Sources: WCAG 2.2, 1.4.3 (contrast) and the definitions of contrast ratio and relative
luminance there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from notepress.model import Finding
from notepress.preflight._plan import Plan, finding

if TYPE_CHECKING:
    from weasyprint import Document

_PT: Final = 0.75  # points in a CSS pixel
_INCH: Final = 96.0  # CSS pixels in an inch

# In CSS pixels: rounding, and what a margin or a formula may stick out by unseen.
_HAIR: Final = 2.0
_TOUCH: Final = 1.0

_COARSE: Final = 200

# WCAG 2.2, level AA: of text, and of large text in points, bold or not.
_CONTRAST, _CONTRAST_LARGE = 4.5, 3.0
_LARGE, _LARGE_BOLD, _BOLD = 18.0, 14.0, 700

# Shares of the least size that running text has: a few words, as on a heading's second
# line or in code, whose letters are large for their size; and a mark of one or two signs.
_WORDS, _MARK, _RUNNING, _SIGNS = 0.8, 0.66, 12, 2

# A formula is drawn in thousandths of an em; a slanted letter leans out of its box so far.
_EM: Final = 1000.0
_INK: Final = 150.0
_SHRUNK: Final = 0.99

_SVG: Final = "{http://www.w3.org/2000/svg}"
_POINT: Final = re.compile(r"(-?[\d.]+) (-?[\d.]+)")

# Below it, the sRGB curve is a straight line.
_LINEAR: Final = 0.04045

_WHITE: Final = (1.0, 1.0, 1.0)

Color = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class _Context:
    """What holds a box: edges in CSS pixels from the page's corner, ground, entry.

    ``free`` tells that it isn't part of the text: running heads, which stand in the
    margin, and what is printed again, which may be cut.
    """

    left: float
    right: float
    bottom: float
    entry: int = 0
    ground: Color = _WHITE
    free: bool = False
    cut: float | None = None
    tiled: bool = False


@dataclass(frozen=True, slots=True)
class _Tile:
    """Where a line or a picture stands."""

    top: float
    bottom: float
    left: float
    right: float
    entry: int


@dataclass(slots=True)
class Looked:
    """What was found, and the entry of every box that holds text or a picture, by identity."""

    findings: list[Finding] = field(default_factory=list)
    entry_of: dict[int, int] = field(default_factory=dict)
    texts: list[tuple[str, int]] = field(default_factory=list)
    formulas: dict[int, int] = field(default_factory=dict)


def look(document: Document, plan: Plan) -> Looked:
    """Look at all pages."""
    looked = Looked()
    for number, page in enumerate(document.pages, start=1):
        _Page(plan, number, looked).look(page._page_box)  # noqa: SLF001  # kept to draw it
    looked.findings = list(dict.fromkeys(looked.findings))
    return looked


class _Page:
    def __init__(self, plan: Plan, number: int, looked: Looked) -> None:
        from weasyprint.formatting_structure import boxes

        self._boxes = boxes
        self._plan = plan
        self._number = number
        self._looked = looked
        self._tiles: list[_Tile] = []

    def look(self, page: Any) -> None:  # noqa: ANN401  # a WeasyPrint box
        left, bottom = page.content_box_x(), page.content_box_y() + page.height
        context = _Context(left, left + page.width, bottom, ground=_over(page, _WHITE))
        whole = replace(
            context, left=0.0, right=page.margin_width(), bottom=page.margin_height(), free=True
        )
        for child in page.children:
            margin = isinstance(child, self._boxes.MarginBox)
            self._visit(child, whole if margin else context)
        self._look_for_overlaps()

    def _visit(self, box: Any, context: _Context) -> None:  # noqa: ANN401  # see above
        if not isinstance(box, self._boxes.Box):
            box = getattr(box, "_box", box)  # what stands in for a box that was positioned
        if isinstance(box, self._boxes.TextBox):
            self._text(box, context)
            return
        if isinstance(box, self._boxes.ReplacedBox):
            self._replaced(box, context)
            return
        inner = self._within(box, context)
        if isinstance(box, self._boxes.LineBox) and not context.tiled:
            self._lay_tile(box, box.position_y, box.position_y + box.height, context)
            inner = replace(inner, tiled=True)
        for child in box.children:
            self._visit(child, inner)

    def _within(self, box: Any, context: _Context) -> _Context:  # noqa: ANN401  # see above
        """Say what holds the children of a box."""
        entry, free, right, cut = context.entry, context.free, context.right, context.cut
        if box.element is not None and isinstance(box, self._boxes.BlockContainerBox):
            entry = int(box.element.get("data-entry") or entry)
            free = free or bool(box.element.get("data-again"))
        if isinstance(box, self._boxes.BlockContainerBox) and box.children:
            edge = box.border_box_x() + box.border_width()
            right = min(right, edge)
            if box.style["overflow"] == "hidden":
                cut = edge if cut is None else min(cut, edge)
        if box.element is not None and box.element.tag == "a":
            self._looked.entry_of[id(box)] = entry
        ground = _over(box, context.ground)
        if (entry, free, right, cut, ground) == (
            context.entry,
            context.free,
            context.right,
            context.cut,
            context.ground,
        ):
            return context
        return replace(context, entry=entry, free=free, right=right, cut=cut, ground=ground)

    def _say(self, code: str, context: _Context, message: str) -> None:
        self._looked.findings.append(finding(code, self._plan.place(context.entry), message))

    def _text(self, box: Any, context: _Context) -> None:  # noqa: ANN401  # see above
        self._looked.entry_of[id(box)] = context.entry
        text = box.text.strip()
        if not text or box.style["visibility"] != "visible":
            return
        self._looked.texts.append((text, context.entry))
        size = box.style["font_size"] * _PT
        self._look_at_size(text, size, context)
        bold = int(box.style["font_weight"]) >= _BOLD
        large = size >= (_LARGE_BOLD if bold else _LARGE)
        ratio = contrast(_rgb(box.style["color"], context.ground), context.ground)
        if ratio < (_CONTRAST_LARGE if large else _CONTRAST):
            said = f"{_short(text)} stands out from its ground by {ratio:.2f}:1 alone"
            self._say("SHEET-CONTRAST", context, said)
        # A space at a line's end hangs over.
        over = box.width * (len(box.text) - len(box.text.rstrip())) / max(1, len(box.text))
        left = box.position_x
        self._look_at_edges(left, left + box.width - over, context, _short(text))

    def _look_at_size(self, text: str, size: float, context: _Context) -> None:
        least = self._plan.smallest
        if len(text) <= _SIGNS:
            least *= _MARK
        elif len(text) < _RUNNING or text.isascii():
            least *= _WORDS
        if size < least - 0.05:
            said = f"{_short(text)} is set in {size:.1f} points, below {least:.1f}"
            self._say("SHEET-SMALL", context, said)

    def _look_at_edges(self, left: float, right: float, context: _Context, what: str) -> None:
        if context.free and context.cut is not None:
            return
        if context.cut is not None and right > context.cut + _HAIR:
            self._say("SHEET-CLIPPED", context, f"{what} is cut off at the right")
        elif right > context.right + _HAIR:
            self._say("SHEET-OVERFLOW", context, "something is wider than the column")
        if left < context.left - _HAIR:
            self._say("SHEET-OVERFLOW", context, f"{what} begins outside the page's text")

    def _replaced(self, box: Any, context: _Context) -> None:  # noqa: ANN401  # see above
        entry_of = self._looked.entry_of
        entry_of[id(box)] = context.entry
        if not context.tiled:
            top = box.position_y + box.margin_top
            self._lay_tile(box, top, top + box.border_height(), context)
        element = box.element
        if element is not None and element.get("class") == "maths":
            formulas = self._looked.formulas
            formulas[context.entry] = formulas.get(context.entry, 0) + 1
            self._formula(box, context)
            return
        name = element.get("src") or "" if element is not None else ""
        what = name.removeprefix("asset:") or "a picture"
        left = box.border_box_x()
        self._look_at_edges(left, left + box.border_width(), context, what)
        pixels = getattr(box.replacement, "mode", None) and box.replacement.width
        if pixels and box.width and pixels * _INCH / box.width < _COARSE:
            fine = pixels * _INCH / box.width
            wanted = round(box.width / _INCH * _COARSE)
            said = f"{what} has {fine:.0f} pixels an inch; {_COARSE} take a width of {wanted}"
            self._say("SHEET-DPI", context, said)

    def _formula(self, box: Any, context: _Context) -> None:  # noqa: ANN401  # see above
        element = box.element
        view = tuple(float(n) for n in (element.get("viewBox") or "0 0 0 0").split())
        drawn = [node.get("d") or "" for node in element.iterfind(f"{_SVG}path")]
        title = element.findtext(f"{_SVG}title") or ""
        what = f"the formula {_short(title)}"
        if _spills(view, "".join(drawn)):
            self._say("SHEET-CLIPPED", context, f"{what} is drawn beyond its own edges")
        size = box.style["font_size"]
        natural = view[2] / _EM * size
        if natural and box.width < natural * _SHRUNK:
            points = size * _PT * box.width / natural
            if points < self._plan.smallest * _WORDS:
                said = f"{what} is shrunk to {points:.1f} points to fit"
                self._say("SHEET-SMALL", context, said)
        edge = context.right if context.cut is None else min(context.cut, context.right)
        if box.position_x + box.margin_width() > edge + _HAIR:
            self._say("SHEET-CLIPPED", context, f"{what} is wider than what holds it")
        elif box.position_x < context.left - _HAIR:
            self._say("SHEET-CLIPPED", context, f"{what} begins outside the page's text")
        ratio = contrast(_rgb(box.style["color"], context.ground), context.ground)
        if ratio < _CONTRAST:
            said = f"{what} stands out from its ground by {ratio:.2f}:1 alone"
            self._say("SHEET-CONTRAST", context, said)

    def _lay_tile(self, box: Any, top: float, bottom: float, context: _Context) -> None:  # noqa: ANN401  # see above
        if isinstance(box, self._boxes.LineBox):
            edges = [(child.position_x, child.position_x + _width(child)) for child in box.children]
            if not edges:
                return
            left, right = min(low for low, _ in edges), max(high for _, high in edges)
            for picture in self._pictures(box):
                top = min(top, picture.border_box_y())
                bottom = max(bottom, picture.border_box_y() + picture.border_height())
        else:
            left, right = box.border_box_x(), box.border_box_x() + box.border_width()
        if bottom > context.bottom + _HAIR:
            self._say("SHEET-OVERFLOW", context, f"{_called(box)} ends below the page's text")
        if context.cut is not None:
            right = min(right, context.cut)
        if right - left > _TOUCH and bottom - top > _TOUCH:
            self._tiles.append(_Tile(top, bottom, left, right, context.entry))

    def _pictures(self, line: Any) -> Iterator[Any]:  # noqa: ANN401  # see above
        """Give what stands in a line and isn't text: it may be higher than the line."""
        for child in line.children:
            if isinstance(child, self._boxes.ReplacedBox):
                yield child
            elif isinstance(child, self._boxes.InlineBox):
                yield from self._pictures(child)

    def _look_for_overlaps(self) -> None:
        """Find tiles that cover each other: sweep down the page, keeping those still open."""
        opened: list[_Tile] = []
        for tile in sorted(self._tiles, key=lambda each: (each.top, each.left)):
            opened = [above for above in opened if above.bottom > tile.top + _TOUCH]
            for above in opened:
                if above.left < tile.right - _TOUCH and tile.left < above.right - _TOUCH:
                    context = _Context(0, 0, 0, entry=tile.entry or above.entry)
                    said = f"two things stand in one place on page {self._number}"
                    self._say("SHEET-OVERLAP", context, said)
            opened.append(tile)


def _called(box: Any) -> str:  # noqa: ANN401  # see above
    """Call a line by its beginning, and whatever has no text a picture."""
    inner = box.descendants() if hasattr(box, "descendants") else ()
    text = "".join(getattr(each, "text", "") or "" for each in inner)
    return _short(text) if text else "a picture"


def _width(box: Any) -> float:  # noqa: ANN401  # see above
    return float(box.margin_width() if hasattr(box, "margin_width") else box.width)


def _short(text: str) -> str:
    """Quote the beginning of a text."""
    return repr(text if len(text) <= _RUNNING * 2 else f"{text[: _RUNNING * 2]}…")


def _over(box: Any, ground: Color) -> Color:  # noqa: ANN401  # see above
    """Say what color stands behind the children of a box."""
    style: Mapping[str, Any] = box.style
    color = style["background_color"]
    if color == "currentcolor":
        color = style["color"]
    return _rgb(color, ground) if color[3] else ground


def _rgb(color: Any, ground: Color) -> Color:  # noqa: ANN401  # tinycss2 is untyped
    """Give a color as it is seen on a ground, each part from 0 to 1."""
    red, green, blue = color.to("srgb").coordinates
    alpha = color[3]
    if alpha >= 1:
        return (red, green, blue)
    parts = zip((red, green, blue), ground, strict=True)
    mixed = tuple(alpha * part + (1 - alpha) * under for part, under in parts)
    return (mixed[0], mixed[1], mixed[2])


@lru_cache(maxsize=1024)
def contrast(color: Color, ground: Color) -> float:
    """Give the contrast ratio of two colors, from 1 to 21."""
    lights = sorted((_luminance(color), _luminance(ground)), reverse=True)
    return (lights[0] + 0.05) / (lights[1] + 0.05)


def _luminance(color: Color) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= _LINEAR else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = map(linear, color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@lru_cache(maxsize=4096)
def _spills(view: tuple[float, ...], path: str) -> bool:
    """Tell whether a path leaves the box that it is drawn in."""
    if not path:
        return False
    left, top, width, height = view
    points = [(float(x), float(y)) for x, y in _POINT.findall(path)]
    across, down = zip(*points, strict=True) if points else ((left,), (top,))
    return bool(
        min(across) < left - _INK
        or max(across) > left + width + _INK
        or min(down) < top - _INK
        or max(down) > top + height + _INK
    )
