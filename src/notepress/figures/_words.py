"""Labels -> what a drawing says, in each language, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from notepress.figures._lettering import lettered
from notepress.figures._svg import Box, Node, bounds, read
from notepress.model import Bilingual


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
    root = read(svg)
    view = bounds(root)
    spoken: list[tuple[Bilingual, Box]] = []
    for label in lettered(root, faces):
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


def _spoken(node: Node) -> str:
    classes = node.attributes.get("class", "").split()
    return next((language for language in ("zh", "en") if language in classes), "")


def _worded(node: Node, language: str) -> Bilingual:
    """Part a label into its languages: a Chinese one may end in a ``tspan`` of English."""
    inside = [child for child in node.elements if _spoken(child) not in ("", language)]
    other = " ".join("".join(child.text for child in inside).split())
    own = " ".join("".join(n.text for n in node.walk() if n not in inside).split())
    return Bilingual(own, other) if language == "zh" else Bilingual(other, own)
