"""The pages of a booklet -> sheets to print on both sides, fold and staple.

The pages are those of a PDF that was just written: each becomes a drawing, and two of
them stand on a side of a sheet twice as large, in the order in which the folded sheets
show them. Nothing is laid out or painted again. For a booklet too thick to staple, the
sheets are folded in lots, to be laid one upon the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pydyf

_REFERENCE: Final = re.compile(rb"(\d+) 0 R\b")
_PAGES_A_SHEET: Final = 4

# As many pages as go through a stapler, and those of a lot where there are more.
_STAPLED: Final = 80
_LOT: Final = 32

# The mark that tells where to fold, in points: its length, from the edge.
_MARK: Final = 8.5

Side = tuple[int | None, int | None]
"""The pages at the left and at the right, from 0; None stays blank."""


def sides(count: int) -> list[Side]:
    """Put pages on the sides of sheets, front and back in turn; these flip on the short edge."""
    whole = -(-count // _PAGES_A_SHEET) * _PAGES_A_SHEET
    lot = whole if whole <= _STAPLED else _LOT
    made: list[tuple[int, int]] = []
    for start in range(0, whole, lot):
        made += _folded(range(start, min(start + lot, whole)))
    return [(_there(left, count), _there(right, count)) for left, right in made]


def _there(page: int, count: int) -> int | None:
    return page if page < count else None


def _folded(pages: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Give the sides of one lot, the outermost sheet first."""
    low, high = 0, len(pages) - 1
    while low < high:
        yield pages[high], pages[low]
        yield pages[low + 1], pages[high - 1]
        low, high = low + 2, high - 2


def bind(pdf: pydyf.PDF, identifier: bytes, across: float) -> bytes:
    """Write the pages of a PDF on sides so many points wide; it can't be used any more.

    What is only of use on a screen goes: links, bookmarks, tags. All pages are of one
    size, and meet in the middle of the side: half of A4 is a hair wider than A5.
    """
    import pydyf

    pages = [pdf.objects[number] for number in pdf.pages["Kids"][::3]]
    width, height = (float(number) for number in pages[0]["MediaBox"][2:])
    drawn = [_as_drawing(pdf, page, width, height) for page in pages]
    pdf.pages["Kids"], pdf.pages["Count"] = pydyf.Array([]), 0
    for side in sides(len(pages)):
        held = [None if page is None else drawn[page] for page in side]
        _add_side(pdf, held, width, height, across)
    for key in [key for key in pdf.catalog if key not in {"Type", "Pages", "Lang"}]:
        del pdf.catalog[key]
    pdf.catalog["ViewerPreferences"] = pydyf.Dictionary({"Duplex": "/DuplexFlipShortEdge"})
    _drop_unused(pdf)
    written = BytesIO()
    pdf.current_position = 0
    pdf.write(written, version=b"1.7", identifier=identifier)
    return written.getvalue()


def _as_drawing(
    pdf: pydyf.PDF, page: pydyf.Dictionary, width: float, height: float
) -> pydyf.Stream:
    import pydyf

    painted = pdf.objects[int(page["Contents"].split()[0])]
    drawing = pydyf.Stream(
        painted.stream,
        {
            "Type": "/XObject",
            "Subtype": "/Form",
            "BBox": pydyf.Array([0, 0, width, height]),
            "Resources": page["Resources"],
        },
        compress=True,
    )
    pdf.add_object(drawing)
    return drawing


def _add_side(
    pdf: pydyf.PDF,
    drawings: Sequence[pydyf.Stream | None],
    width: float,
    height: float,
    across: float,
) -> None:
    import pydyf

    content = pydyf.Stream(compress=True)
    names = pydyf.Dictionary()
    for place, drawing in enumerate(drawings):
        if drawing is not None:
            names[f"P{place}"] = drawing.reference
            content.push_state()
            content.set_matrix(1, 0, 0, 1, across / 2 + (place - 1) * width, 0)
            content.draw_x_object(f"P{place}")
            content.pop_state()
    content.set_color_rgb(0.6, 0.6, 0.6, stroke=True)
    content.set_line_width(0.3)
    for start in (0.0, height - _MARK):
        content.move_to(across / 2, start)
        content.line_to(across / 2, start + _MARK)
    content.stroke()
    pdf.add_object(content)
    pdf.add_page(
        pydyf.Dictionary(
            {
                "Type": "/Page",
                "Parent": pdf.pages.reference,
                "MediaBox": pydyf.Array([0, 0, across, height]),
                "Contents": content.reference,
                "Resources": pydyf.Dictionary({"XObject": names}),
            }
        )
    )


def _drop_unused(pdf: pydyf.PDF) -> None:
    """Mark as free all that nothing refers to any more."""
    import pydyf

    used: set[int] = set()
    waiting = [pdf.catalog.number]
    while waiting:
        number = waiting.pop()
        if number in used:
            continue
        used.add(number)
        thing = pdf.objects[number]
        is_stream = isinstance(thing, pydyf.Stream)
        told = pydyf.Dictionary(thing.extra).data if is_stream else thing.data
        waiting += (int(found) for found in _REFERENCE.findall(told))
    for thing in pdf.objects[1:]:
        if thing.number not in used:
            thing.free = "f"
            thing.offset = 0
    # It is added anew when written.
    if pdf.info:
        pdf.info = pydyf.Dictionary(pdf.info)
