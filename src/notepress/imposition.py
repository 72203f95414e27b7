"""HTML laid out once in one endless column -> PDF pages that hold it in several.

Layout is what a sheet costs, so it happens once: WeasyPrint sets all blocks down a
page as wide as a column and as long as they need; their heights say which column each
belongs in; then the blocks themselves are moved there, onto pages that were laid out
empty. What was measured is what is printed: no second pass can break a line elsewhere.
Moving laid-out boxes is no part of WeasyPrint's interface, which is why its release is
pinned and why this module alone knows of it.
"""

from __future__ import annotations

import gc
import hashlib
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from math import inf
from types import ModuleType
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import unquote

from notepress import archival
from notepress.archival import Titles

if TYPE_CHECKING:
    import pydyf
    from weasyprint import Document, Page
    from weasyprint.pdf.stream import Stream
    from weasyprint.svg import SVG, Node
    from weasyprint.urls import URLFetcher, URLFetcherResponse


_PLAIN_PATH: Final = re.compile(r"[Mm][-+\d.,\sMLHVCQZmlhvcqz]*")
_SEGMENT: Final = re.compile(r"([A-Za-z])([^A-Za-z]*)")
_NUMBER: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)")
_ARGUMENTS: Final = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "Q": 4, "Z": 0}
_OPERATORS: Final = {"M": "l", "L": "l", "H": "l", "V": "l", "C": "c", "Q": "c"}


class TypesetterMissing(OSError):  # noqa: N818  # it names what is missing, not an accident
    """WeasyPrint can't load Pango, the library that it sets type with."""


class Box(Protocol):
    """What is used of a WeasyPrint box."""

    children: list[Box]
    element: Element | None
    position_x: float
    position_y: float
    width: float
    height: float
    style: Mapping[str, object]

    def border_height(self) -> float:
        """Return the height from border to border."""
        ...

    def border_box_y(self) -> float:
        """Return the top of the border."""
        ...

    def translate(self, dx: float = 0, dy: float = 0) -> None:
        """Move the box with all that is in it."""
        ...

    def deepcopy(self) -> Box:
        """Return a copy whose children are copies."""
        ...

    def copy_with_children(self, new_children: list[Box]) -> Box:
        """Return the same box around other children."""
        ...

    def descendants(self) -> Iterator[Box]:
        """List the box and all that is in it."""
        ...


class Element(Protocol):
    """What is used of an HTML element."""

    tag: str
    text: str | None

    def get(self, key: str) -> str | None:
        """Return an attribute."""
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """A laid-out piece that is never torn: a block, or a line; ``around`` are the boxes it is in.

    ``gap`` is the space above it, as laid out. The template says the rest: with
    ``data-keeps`` a part stays with the next, ``data-stretch`` and ``data-tear`` are as
    in ``columns.Block``; with ``data-within``, the cost of tearing it inside, a part is
    given line by line. ``entry`` is its entry's ``data-entry``, or 0: the parts of an
    entry stay together, unless it is higher than a column. Only then do ``tear`` and
    ``within`` count, and a block with ``data-again`` serves, which is no part of the
    text, but ``again`` to all others of the entry save the first: what to print above
    one that begins a column. A picture is ``rigid``: its size is not that of the type;
    with ``data-grow`` it may be so much larger, as a share, and ``grow`` is that in
    height; with ``data-worth``, the cost of that, it may be left out.
    """

    box: Box
    around: tuple[Box, ...]
    gap: float
    keeps: bool = False
    stretch: float = 0.0
    tear: float = 0.0
    entry: int = 0
    again: Part | None = None
    grow: float = 0.0
    rigid: bool = False
    worth: float = 0.0

    @property
    def height(self) -> float:
        """From border to border, in CSS pixels."""
        return _bottom(self.box) - _top(self.box)

    @property
    def right(self) -> float:
        """How far to the right anything in it goes, from the column's left edge."""
        edges = (b.position_x + b.width for b in self.box.descendants() if not b.children)
        return max(edges, default=0.0) - self.around[0].position_x


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part goes: page from 0, and its border box's corner in CSS pixels.

    ``more`` is by how much the picture in it is to be higher than laid out.
    """

    part: Part
    page: int
    x: float
    y: float
    more: float = 0.0


class Typesetter:
    """Fonts, style sheet and pictures of one document, read once for all its layouts.

    ``files`` are what the style sheet and the pages may name, as ``asset:NAME``;
    nothing else is ever fetched. What WeasyPrint has to say gathers in ``complaints``.
    ``written`` is the last PDF that it wrote, for those who want to bind its pages.
    """

    def __init__(self, style: str, files: Mapping[str, bytes], titles: Titles = Titles()) -> None:
        weasyprint = _weasyprint()
        self.complaints: list[str] = []
        self.written: pydyf.PDF | None = None
        self._titles = titles
        self._style = style
        self._fetcher = _fetcher(files)
        self._fonts = weasyprint.text.fonts.FontConfiguration()
        with _heard(self.complaints):
            self._sheet = weasyprint.CSS(
                string=style, url_fetcher=self._fetcher, font_config=self._fonts
            )

    def lay(self, html: str) -> Document:
        """Lay out a document."""
        with _heard(self.complaints), uncollected():
            document = _weasyprint().HTML(string=html, url_fetcher=self._fetcher)
            laid: Document = document.render(
                stylesheets=[self._sheet], font_config=self._fonts, pdf_variant=archival.VARIANT
            )
        return laid

    def write(self, document: Document, source: str) -> bytes:
        """Write a tagged PDF, whose identifier is the digest of what it was made from."""

        def finish(made: Document, pdf: pydyf.PDF) -> None:
            archival.finish(made, pdf, self._titles)
            self.written = pdf

        with _heard(self.complaints), uncollected(), _plain_paths():
            written: bytes = document.write_pdf(
                pdf_identifier=identifier(source + self._style),
                finisher=finish,
                **archival.intend(document),
            )
        return written


def identifier(source: str) -> bytes:
    """Give what identifies a file made of this."""
    return hashlib.sha256(source.encode()).hexdigest()[:32].encode()


def parts(flow: Document, tallest: float = inf) -> list[Part]:
    """List what can be placed of an endless column: the children of its body's children.

    ``tallest`` is how high an entry may be, in CSS pixels, to stand in one column.
    """
    listed: list[Part] = []
    bottom = 0.0
    for whole in (whole for page in flow.pages for whole in _body(page).children):
        torn = not _data(whole, "entry") or whole.border_height() > tallest
        again: Part | None = None
        held: list[Part] = []
        for block in whole.children:
            if _data(block, "again"):
                again = Part(block, (whole,), 0.0)
                bottom = _bottom(block)
                continue
            for part in _parts_of(block, whole, bottom, again, torn=torn):
                held.append(part)
                bottom = _bottom(part.box)
        if not torn:
            held[:-1] = [replace(part, keeps=True) for part in held[:-1]]
        listed += held
    return listed


def _parts_of(
    block: Box, whole: Box, bottom: float, again: Part | None, *, torn: bool
) -> Iterator[Part]:
    apart = torn and _data(block, "within")
    pieces = _pieces(block, (whole,)) if apart else iter([(block, (whole,))])
    stretch, tear = _data(block, "stretch"), _data(block, "tear") if torn else 0.0
    picture = _picture(block) if _data(block, "rigid") else None
    grow = _data(block, "grow") * picture.height if picture else 0.0
    for box, around in pieces:
        keeps = bool(_data(block, "keeps")) or _is_beside_an_end(box, around[-1])
        first = again if tear else None
        gap, bottom = _top(box) - bottom, _bottom(box)
        entry = int(_data(whole, "entry"))
        yield Part(
            box=box,
            around=around,
            gap=gap,
            keeps=keeps,
            stretch=stretch,
            tear=tear,
            entry=entry,
            again=first,
            grow=grow,
            rigid=picture is not None,
            worth=_data(block, "worth"),
        )
        stretch, tear = _data(block, "loose"), _data(block, "within")


def _picture(block: Box) -> Box | None:
    """Find the picture in a block."""
    return next((b for b in block.descendants() if _is_picture(b)), None)


def _is_picture(box: Box) -> bool:
    return box.element is not None and box.element.tag == "img"


def _enlarge(block: Box, more: float) -> None:
    """Make the picture in a block so much higher, in proportion, about the same middle."""
    picture = _picture(block)
    if picture is None or not more:
        return
    wider = picture.width * more / picture.height
    picture.width += wider
    picture.height += more
    picture.position_x -= wider / 2
    for box in block.descendants():
        if box is not picture and any(inner is picture for inner in box.descendants()):
            box.height += more


def impose(pages: Document, places: Iterable[Place]) -> Document:
    """Move parts to their places on empty pages; what was in one box stays so in a column.

    Empty are those that a box of class ``leaf`` opened; others stay as they are.
    """
    from weasyprint.layout.background import layout_box_backgrounds

    opened_by_leaves = [page for page in pages.pages if any(map(_is_leaf, _body(page).children))]
    bodies = [_body(page) for page in opened_by_leaves]
    for body in bodies:
        body.children = [box for box in body.children if not _is_leaf(box)]
    column: tuple[int, float] | None = None
    opened: list[tuple[Box, Box]] = []
    for place in places:
        box, around, body = place.part.box, place.part.around, bodies[place.page]
        if _data(box, "again"):
            # An entry may go on in several columns.
            box = box.deepcopy()
        _enlarge(box, place.more)
        across, down = place.x - around[0].position_x, place.y - _top(box)
        box.translate(across, down)
        layout_box_backgrounds(_page_box(opened_by_leaves[place.page]), box, _no_picture)
        if column != (place.page, place.x):
            column, opened = (place.page, place.x), []
        shared = 0
        while shared < min(len(opened), len(around)) and opened[shared][0] is around[shared]:
            shared += 1
        del opened[shared:]
        for source in around[shared:]:
            copy = source.copy_with_children([])
            copy.translate(across, down)
            (opened[-1][1] if opened else body).children.append(copy)
            opened.append((source, copy))
        opened[-1][1].children.append(box)
    made: Document = pages.copy([_page_class()(_page_box(page)) for page in pages.pages])
    return made


@cache
def _page_class() -> type:
    from weasyprint.document import Page

    class MarkedPage(Page):  # type: ignore[misc]  # WeasyPrint is untyped
        """A page that remembers which box each piece of marked content shows."""

        marked: dict[int, Box]

        def paint(self, stream: Stream, scale: float = 1) -> None:
            super().paint(stream, scale)
            self.marked = {tag["mcid"]: box for box, tag in stream._tags.items()}  # noqa: SLF001  # emptied right after

    return MarkedPage


def _weasyprint() -> ModuleType:
    try:
        import weasyprint
        import weasyprint.text.fonts
    except OSError as error:
        raise TypesetterMissing(str(error)) from error
    module: ModuleType = weasyprint
    return module


@cache
def _fetcher_class() -> type:
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class AssetFetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint is untyped
        """Serves bytes already read, and refuses every other address."""

        def __init__(self, files: Mapping[str, bytes]) -> None:
            super().__init__(allowed_protocols=())
            self._files = files

        def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:  # noqa: ARG002  # as inherited
            scheme, _, name = url.partition(":")
            known = self._files.get(unquote(name)) if scheme == "asset" else None
            if known is None:
                message = f"{url[:60]} is none of the sheet's own files"
                raise ValueError(message)
            kind = "image/svg+xml" if name.endswith(".svg") else "application/octet-stream"
            return URLFetcherResponse(url, known, {"Content-Type": kind})

    return AssetFetcher


def _fetcher(files: Mapping[str, bytes]) -> URLFetcher:
    return _fetcher_class()(files)


def _body(page: Page) -> Box:
    return _page_box(page).children[0].children[0]


def _page_box(page: Page) -> Box:
    box: Box = page._page_box  # noqa: SLF001  # the page keeps it to draw itself later
    return box


def _pieces(box: Box, around: tuple[Box, ...]) -> Iterator[tuple[Box, tuple[Box, ...]]]:
    """Take a block apart: text into its lines, lists into their items, all else as it is."""
    tag = box.element.tag if box.element is not None else ""
    if tag in ("div", "ul", "ol") or (tag == "p" and all(map(_is_line, box.children))):
        for child in box.children:
            yield from _pieces(child, (*around, box)) if tag != "p" else [(child, (*around, box))]
    else:
        yield box, around


def _is_line(box: Box) -> bool:
    return type(box).__name__ == "LineBox"


def _is_beside_an_end(box: Box, paragraph: Box) -> bool:
    """Whether a line is a paragraph's first or last but one: neither may stand alone."""
    lines = paragraph.children
    return _is_line(box) and len(lines) > 1 and (box is lines[0] or box is lines[-2])


def _top(box: Box) -> float:
    return box.position_y if _is_line(box) else box.border_box_y()


def _bottom(box: Box) -> float:
    return box.position_y + box.height if _is_line(box) else _top(box) + box.border_height()


def _data(box: Box, name: str) -> float:
    """Read a number that the template gave a box, as ``data-name``."""
    return float((box.element.get(f"data-{name}") if box.element is not None else None) or 0)


def _is_leaf(box: Box) -> bool:
    """Whether a box only served to open a page."""
    return box.element is not None and "leaf" in (box.element.get("class") or "").split()


def _no_picture(**_address: object) -> None:
    """Take the place of a fetcher: backgrounds here are plain tints."""


@lru_cache(maxsize=4096)
def operators(path: str) -> bytes | None:
    """Write SVG path data as PDF operators; None where it has arcs, or is out of order."""
    if not _PLAIN_PATH.fullmatch(path):
        return None
    written: list[str] = []
    x = y = start_x = start_y = 0.0
    for letter, text in _SEGMENT.findall(path):
        kind, numbers = letter.upper(), [float(number) for number in _NUMBER.findall(text)]
        count = _ARGUMENTS[kind]
        if len(numbers) % (count or 1) or bool(numbers) != bool(count):
            return None
        if not count:
            written.append("h")
            x, y = start_x, start_y
        for i in range(0, len(numbers), count or 1):
            at = numbers[i : i + count]
            if letter.islower():
                # Horizontal moves lie at the even places; v alone has but its own.
                at = [n + (y if (j % 2 or kind == "V") else x) for j, n in enumerate(at)]
            if kind in "HV":
                at = [at[0], y] if kind == "H" else [x, at[0]]
            if kind == "Q":
                bend = [(2 * n + k) / 3 for n, k in zip(at[:2] * 2, (x, y, *at[2:]), strict=True)]
                at = bend + at[2:]
            x, y = at[-2:]
            move = kind == "M" and i == 0
            if move:
                start_x, start_y = x, y
            operator = "m" if move else _OPERATORS[kind]
            written.append(f"{' '.join(f'{n:.6g}' for n in at)} {operator}")
    return "\n".join(written).encode()


@contextmanager
def _plain_paths() -> Iterator[None]:
    """Let plain paths through at once: parsing them anew is a third of what a sheet costs."""
    from weasyprint import svg as engine

    general = engine.TAGS["path"]

    def path(svg: SVG, node: Node, font_size: float) -> None:
        marked = any(key.startswith("marker") for key in node.attrib)
        drawn = None if marked else operators(node.get("d", ""))
        if drawn is None:
            general(svg, node, font_size)
        else:
            svg.stream.stream.append(drawn)

    engine.TAGS["path"] = path
    try:
        yield
    finally:
        engine.TAGS["path"] = general


@contextmanager
def _heard(complaints: list[str]) -> Iterator[None]:
    """Collect what the engine would only log."""

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            complaints.append(record.getMessage())

    listener, logger = Listener(logging.WARNING), logging.getLogger("weasyprint")
    logger.addHandler(listener)
    try:
        yield
    finally:
        logger.removeHandler(listener)


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no garbage meanwhile.

    A layout is one growing tree, and whatever is done while it is held would have it
    searched again: a fifth of the time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
