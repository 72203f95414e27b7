"""Entries -> cards of paper to cut out: questions on one side, answers on the other.

Eight stand on a page of A4 or Letter, and the whole page is used, so that cutting it in
halves three times gives the cards. The backs are laid mirrored: printed on both sides
and turned over the long edge, each lies behind its front. The type is one size for all,
but for answers that need a smaller one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from notepress import imposition, stationery
from notepress.imposition import Part, Place, Typesetter
from notepress.makeup import PX
from notepress.model import Artifacts, Bilingual, Finding, Level
from notepress.renderers import _entries
from notepress.renderers._entries import Entry, Group, Printable, place
from notepress.renderers._forms import Form, Job, overflows, preflight

_ACROSS, _DOWN = 2, 4
_A_PAGE: Final = _ACROSS * _DOWN

# What stays empty around a card's text, in millimeters: no printer reaches the edge of
# the paper, and no two sides meet exactly.
_SIDE, _TOP = 8.0, 6.5

# Sizes in points, and whether figure and pitfall go with them: the first that fits a card is its.
_TRIES: Final = (
    (8.6, True, True),
    (8.6, False, True),
    (7.8, False, True),
    (7.2, False, True),
    (6.8, False, True),
    (6.8, False, False),
)


@dataclass(frozen=True, slots=True)
class _Card:
    """A card in millimeters: the paper's width and height are whole numbers of it."""

    width: float
    height: float

    @property
    def measure(self) -> float:
        """How wide its text is."""
        return self.width - 2 * _SIDE

    @property
    def depth(self) -> float:
        """How high its text may be."""
        return self.height - 2 * _TOP


@dataclass(frozen=True, slots=True)
class _Faces:
    """Both sides of a card, laid out."""

    front: Part
    back: Part

    @property
    def high(self) -> float:
        return max(self.front.height, self.back.height) / PX


def _make(job: Job) -> Artifacts:
    findings: list[Finding] = []
    card = _card(job)
    taste = job.taste(card.measure, short=True)
    printable = _entries.printable(job.edition, job.assets, taste, findings)
    typesetter = job.typesetter(printable)
    faces, source = _lay(job, printable, card, typesetter)
    findings += _left_out(faces, printable, card)
    faces = {number: each for number, each in faces.items() if each.high <= card.depth}
    parts = [part for each in faces.values() for part in (each.front, each.back)]
    findings += overflows(parts, printable, card.depth, card.measure)
    count = -(-len(faces) // _A_PAGE) or 1
    pages = job.html(
        "cards.html",
        width=card.width * _ACROSS,
        height=card.height * _DOWN,
        count=count,
        across=[card.width * n for n in range(1, _ACROSS)],
        down=[card.height * n for n in range(1, _DOWN)],
    )
    places = _places(list(faces.values()), card)
    document = imposition.impose(typesetter.lay(pages), places)
    pdf = typesetter.write(document, source + pages)
    # Whether there is room for a pitfall is each card's own affair.
    shown = [
        replace(entry, pitfall=Bilingual()) for entry in printable.entries if entry.number in faces
    ]
    findings += preflight(job, typesetter, document, shown, 2 * count)
    return Artifacts({f"{job.stem}.pdf": pdf}, tuple(findings))


FORM: Final = Form("cards", _make)


def _left_out(faces: Mapping[int, _Faces], printable: Printable, card: _Card) -> Iterator[Finding]:
    """Say which cards no card of paper holds."""
    hint = "Give the card a short answer: short, in its file under content/cards."
    for entry in printable.entries:
        if faces[entry.number].high > card.depth:
            message = f"{entry.card.id} is too long for a card of paper, and has none"
            yield Finding("SHEET-CARD", Level.WARNING, place(entry.card), message, hint)


def _card(job: Job) -> _Card:
    size = job.edition.book.paper.removesuffix("-landscape")
    width, height = stationery.PAPERS["letter" if size == "letter" else "a4"]
    return _Card(width / _ACROSS, height / _DOWN)


def _lay(
    job: Job, printable: Printable, card: _Card, typesetter: Typesetter
) -> tuple[dict[int, _Faces], str]:
    """Lay out every card at the first size that fits it; also give all that was set."""
    faces: dict[int, _Faces] = {}
    source = ""
    left = list(printable.groups)
    for size, figure, pitfall in _TRIES:
        if figure or any(group.entries for group in left):
            flow = _flow(job, left, card, size, figure=figure, pitfall=pitfall)
            source += flow
            parts = imposition.parts(typesetter.lay(flow))
            for front, back in zip(parts[::2], parts[1::2], strict=True):
                faces[front.entry] = _Faces(front, back)
        left = [_only(group, lambda e: faces[e.number].high > card.depth) for group in left]
    order = sorted(faces)
    return {number: faces[number] for number in order}, source


def _only(group: Group, wanted: Callable[[Entry], bool]) -> Group:
    return replace(group, entries=tuple(filter(wanted, group.entries)))


def _flow(  # noqa: PLR0913  # what to set, and how
    job: Job,
    groups: Sequence[Group],
    card: _Card,
    size: float,
    *,
    figure: bool,
    pitfall: bool,
) -> str:
    count = sum(len(group.entries) for group in groups)
    return job.html(
        "card-faces.html",
        groups=groups,
        size=size,
        figure=figure,
        pitfall=pitfall,
        column=f"{card.measure:.4f}",
        endless=400 * (2 + count),
    )


def _places(faces: Sequence[_Faces], card: _Card) -> Iterator[Place]:
    """Tell where each side goes: a page of fronts, then their backs, mirrored."""
    for start in range(0, len(faces), _A_PAGE):
        page = 2 * (start // _A_PAGE)
        held = faces[start : start + _A_PAGE]
        for slot, each in enumerate(held):
            yield _place(each.front, page, slot, card, mirrored=False)
        for slot, each in enumerate(held):
            yield _place(each.back, page + 1, slot, card, mirrored=True)


def _place(part: Part, page: int, slot: int, card: _Card, *, mirrored: bool) -> Place:
    down, across = divmod(slot, _ACROSS)
    if mirrored:
        across = _ACROSS - 1 - across
    # In the middle of the height, whatever it holds.
    over = max(0.0, (card.depth - part.height / PX) / 2)
    x = across * card.width + _SIDE
    y = down * card.height + _TOP + over
    return Place(part, page, x * PX, y * PX)
