"""A PDF as the typesetter leaves it -> one that is both archival and accessible.

PDF/A-2a wants a file to be read in thirty years, PDF/UA-1 by whoever can't see it;
WeasyPrint writes either, and this makes both of one file. What the standards ask for
and WeasyPrint leaves out is put in before the file is written: the language of every
run that isn't the document's, formulas as such, the direction of table headers, the
names of links, running heads as artifacts, and metadata that says it all.

Sources: ISO 19005-2 (PDF/A-2), 6.2.8, 6.6; ISO 14289-1 (PDF/UA-1), 5, 7.1, 7.2, 7.5,
7.7, 7.8, 7.18; XMP Specification Part 1, 7.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    import pydyf
    from weasyprint import Document, Page

VARIANT: Final = "pdf/a-2a"

_INTENT: Final = "sheet-srgb"

_NUMBER: Final = re.compile(rb"\d+")
# A row has as many as the others, if one of them is empty.
_CELLS: Final = ("/TH", "/TD")
_CARRIAGE_RETURN: Final = 0x0D

_PACKET: Final = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/"
 xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaid:part>2</pdfaid:part>
<pdfaid:conformance>A</pdfaid:conformance>
<pdfuaid:part>1</pdfuaid:part>
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt>{titles}</rdf:Alt></dc:title>
<dc:language><rdf:Bag>{languages}</rdf:Bag></dc:language>
<pdf:Producer>{producer}</pdf:Producer>
{dates}<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>The part of ISO 14289 that the file keeps</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


class _Box(Protocol):
    """What is used of a WeasyPrint box; ``Any`` is an element of its HTML."""

    children: list[_Box]
    element: Any
    style: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Titles:
    """What a document is called, by language; a reader shows ``whole`` in its window."""

    whole: str = ""
    each: Mapping[str, str] = field(default_factory=dict)


def intend(document: Document) -> dict[str, str]:
    """Say what the colors of a document mean, and give the options to write it with.

    Left to itself, WeasyPrint takes the same profile and leaves its file open.
    """
    from weasyprint.css import ColorProfile

    profile = files("weasyprint.pdf").joinpath("sRGB2014.icc").read_bytes()
    document.color_profiles[_INTENT] = ColorProfile(
        BytesIO(profile), "sRGB2014.icc", "relative-colorimetric", (["r"], ["g"], ["b"])
    )
    document.output_intent = _INTENT
    return {"pdf_variant": VARIANT, "output_intent": _INTENT}


def finish(document: Document, pdf: pydyf.PDF, titles: Titles) -> None:
    """Complete a PDF that is about to be written.

    The pages of ``document`` tell by ``marked`` which box each piece of marked content
    shows, as those of ``imposition`` do.
    """
    running = [_running(page) for page in document.pages]
    _unlink(_tell_elements(document, pdf, running), pdf)
    for number, page in enumerate(document.pages):
        silent = {i for i, box in page.marked.items() if id(box) in running[number]}
        _make_artifacts(_page(pdf, number), silent, pdf, number)
    _name_links(document)
    _settle_streams(pdf)
    _describe_all(document, pdf, titles)


def _tell_elements(document: Document, pdf: pydyf.PDF, running: list[set[int]]) -> dict[int, Any]:
    """Complete the elements of the structure; give those that are no part of it."""
    pages = {reference: i for i, reference in enumerate(pdf.page_references)}
    own = str(pdf.catalog["Lang"].string)
    silent: dict[int, Any] = {}
    for thing in pdf.objects:
        kids = thing.get("K") if hasattr(thing, "get") else None
        if kids is None or "Pg" not in thing:
            continue
        if thing.get("S") == "/TH":
            _direct(thing, pdf)
        if not kids and "Alt" not in thing and thing["S"] not in _CELLS:
            silent[thing.number] = thing
            continue
        mcid = kids[0] if len(kids) == 1 and isinstance(kids[0], int) else None
        if mcid is None:
            continue
        number = pages[thing["Pg"]]
        box = document.pages[number].marked[mcid]
        if id(box) in running[number]:
            silent[thing.number] = thing
        else:
            _describe(thing, box, own)
    return silent


def _object(pdf: pydyf.PDF, reference: bytes) -> Any:  # noqa: ANN401  # pydyf is untyped
    found = _NUMBER.match(reference)
    return pdf.objects[int(found[0])] if found else None


def _page(pdf: pydyf.PDF, number: int) -> Any:  # noqa: ANN401  # pydyf is untyped
    return _object(pdf, pdf.page_references[number])


def _running(page: Page) -> set[int]:
    """Collect what is said on every page, or again: margin boxes, and heads of columns.

    Boxes are known by their identity; the page keeps them.
    """
    found: set[int] = set()

    def walk(box: _Box, silent: bool) -> None:  # noqa: FBT001  # passed on by position alone
        silent = (
            silent
            or type(box).__name__ == "MarginBox"
            or (box.element is not None and box.element.get("data-again") is not None)
        )
        if silent:
            found.add(id(box))
        for child in getattr(box, "children", ()):
            walk(child, silent)

    walk(page._page_box, silent=False)  # noqa: SLF001  # the page keeps it to draw itself
    return found


def _describe(thing: Any, box: _Box, own: str) -> None:  # noqa: ANN401  # pydyf is untyped
    """Say in which language something is, and whether it is a formula."""
    language = str(box.style["lang"] or own)
    if language.partition("-")[0] != own.partition("-")[0]:
        thing["Lang"] = _string(language)
    if box.element is not None and box.element.get("class") == "maths":
        thing["S"] = "/Formula"


def _direct(header: Any, pdf: pydyf.PDF) -> None:  # noqa: ANN401  # pydyf is untyped
    """Say of a header cell whether it heads a row or a column."""
    row = _object(pdf, header["P"])
    first = row["K"][0] == header.reference
    others = [_object(pdf, kid).get("S") for kid in row["K"][1:] if isinstance(kid, bytes)]
    heads_row = first and "/TD" in others
    header["A"]["Scope"] = "/Row" if heads_row else "/Column"


def _unlink(leaves: Mapping[int, Any], pdf: pydyf.PDF) -> None:
    """Take elements out of the structure, and what holds nothing without them."""
    for leaf in leaves.values():
        thing = leaf
        while thing and thing["S"] != "/Document":
            above = _object(pdf, thing["P"])
            if thing.reference in above["K"]:
                above["K"].remove(thing.reference)
            thing.clear()
            if above["K"]:
                break
            thing = above


def _make_artifacts(page: Any, silent: set[int], pdf: pydyf.PDF, number: int) -> None:  # noqa: ANN401  # pydyf is untyped
    """Turn marked content into artifacts, in the stream and in what leads back from it."""
    if not silent:
        return
    import pydyf

    stream = _object(pdf, page["Contents"]).stream
    for i, item in enumerate(stream):
        if item != b"BDC" or stream[i - 1].get("MCID") not in silent:
            continue
        stream[i - 2] = "/Artifact"
        stream[i - 1] = pydyf.Dictionary({"Type": "/Pagination"})
    tree = _object(pdf, _object(pdf, pdf.catalog["StructTreeRoot"])["ParentTree"])
    leads = tree["Nums"][2 * number + 1]
    for mcid in silent:
        leads[mcid] = b"null"


def _name_links(document: Document) -> None:
    """Call a link by what it leads to: by its bookmark, or else by its own words."""
    labels: dict[str, str] = {}
    for page in document.pages:
        at = {point: label for _, label, point, _ in page.bookmarks}
        labels |= {name: at.get((x, y), "") for name, (x, y, *_) in page.anchors.items()}
    for kind, target, _, box in (link for page in document.pages for link in page.links):
        if getattr(box, "link_annotation", None) is None:
            continue
        label = labels.get(target) if kind == "internal" else f"{_text(box)} {target}".strip()
        box.link_annotation["Contents"] = _string(label or _text(box) or target)


def _text(box: Any) -> str:  # noqa: ANN401  # a WeasyPrint box
    return "".join(getattr(inner, "text", "") or "" for inner in box.descendants()).strip()


def _settle_streams(pdf: pydyf.PDF) -> None:
    """Let no picture be smoothed, and no stream end in a carriage return.

    A reader would take one for a part of the line's end. What zlib writes ends in the
    last byte of a checksum of what went in; a line's end more is no harm to either.
    """
    import pydyf

    for thing in pdf.objects:
        if not isinstance(thing, pydyf.Stream):
            continue
        if "Interpolate" in thing.extra:
            thing.extra["Interpolate"] = "false"
        whole = b"\n".join(pydyf._to_bytes(item) for item in thing.stream)  # noqa: SLF001  # as it will be written
        last = zlib.adler32(whole) & 0xFF if thing.compress else whole[-1:] == b"\r"
        if last == (_CARRIAGE_RETURN if thing.compress else True):
            thing.stream.append(b"")
            if "Length1" in thing.extra:
                thing.extra["Length1"] += 1


def _describe_all(document: Document, pdf: pydyf.PDF, titles: Titles) -> None:
    """Write the metadata anew, unpacked, as an archive wants it."""
    metadata = document.metadata
    names = [("x-default", titles.whole), *titles.each.items()]
    packet = _PACKET.format(
        titles="".join(f'<rdf:li xml:lang="{name}">{_xml(said)}</rdf:li>' for name, said in names),
        languages="".join(f"<rdf:li>{name}</rdf:li>" for name in titles.each),
        producer=_xml(pdf.info["Producer"].string),
        dates="".join(_dates(metadata.created, metadata.modified)),
    )
    stream = _object(pdf, pdf.catalog["Metadata"])
    stream.stream, stream.compress = [packet.encode()], False
    pdf.info["Title"] = _string(titles.whole)


def _dates(created: str | None, modified: str | None) -> Iterator[str]:
    if created:
        yield f"<xmp:CreateDate>{_xml(created)}</xmp:CreateDate>\n"
    if modified:
        yield f"<xmp:ModifyDate>{_xml(modified)}</xmp:ModifyDate>\n"


def _xml(text: str) -> str:
    return escape(text, quote=False)


def _string(text: str) -> pydyf.String:
    import pydyf

    return pydyf.String(text)
