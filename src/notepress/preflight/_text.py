"""The instructions of a PDF that is about to be written -> the text that they show.

No program is asked and nothing is read again: instructions are still there as they
were given, and each font remembers which text each of its glyphs stands for. Marked
content tells whose text it is; what is marked as an artifact isn't text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pydyf
    from weasyprint import Document

_GLYPHS: Final = re.compile(rb"<([0-9a-f]+)>")
_NUMBER: Final = re.compile(rb"\d+")

# Four digits a glyph, two in fonts of bitmaps, which are none of ours.
_DIGITS: Final = 4


def shown(document: Document, pdf: pydyf.PDF) -> Iterator[dict[int, str]]:
    """Give the text of each page by the number of its marked content."""
    names = _names(document)
    for reference in pdf.page_references:
        page = _object(pdf, reference)
        yield _texts(_object(pdf, page["Contents"]).stream, names)


def _names(document: Document) -> dict[bytes, dict[bytes, str]]:
    """Give what each glyph stands for, as the instructions write it, by the font's name."""
    names: dict[bytes, dict[bytes, str]] = {}
    for font in document.fonts.values():
        glyphs = names.setdefault(b"/" + font.hash.encode(), {})
        for glyph, text in font.to_unicode.items():
            glyphs[b"%04x" % glyph] = text
    return names


def _texts(stream: list[Any], names: dict[bytes, dict[bytes, str]]) -> dict[int, str]:
    texts: dict[int, list[str]] = {}
    marked: list[int | None] = []
    glyphs: dict[bytes, str] = {}
    for place, item in enumerate(stream):
        if not isinstance(item, bytes):
            continue
        if item.endswith(b"] TJ"):
            owner = next((mcid for mcid in reversed(marked) if mcid is not None), None)
            if owner is None:
                continue
            held = texts.setdefault(owner, [])
            for run in _GLYPHS.findall(item):
                held += [glyphs.get(run[i : i + _DIGITS], "") for i in range(0, len(run), _DIGITS)]
        elif item.endswith(b" Tf"):
            glyphs = names.get(item.partition(b" ")[0], {})
        elif item == b"BDC":
            marked.append(stream[place - 1].get("MCID"))
        elif item == b"BMC":
            marked.append(None)
        elif item == b"EMC":
            marked.pop()
    return {mcid: "".join(parts) for mcid, parts in texts.items()}


def _object(pdf: pydyf.PDF, reference: bytes) -> Any:  # noqa: ANN401  # pydyf is untyped
    found = _NUMBER.match(reference)
    return pdf.objects[int(found[0])] if found else None
