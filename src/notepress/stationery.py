"""What can be chosen for print: forms, papers, inks and languages, by the names that books use.

Kept apart from what prints them, so that a command line can offer them at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FORMS: Final = ("sheet", "booklet", "cards")
INKS: Final = ("color", "black")
LANGUAGES: Final = ("zh", "en")

PAPERS: Final[Mapping[str, tuple[float, float]]] = {
    "a4-landscape": (297, 210),
    "a4": (210, 297),
    "a3-landscape": (420, 297),
    "a5": (148, 210),
    "letter-landscape": (279.4, 215.9),
    "letter": (215.9, 279.4),
}
"""Width and height in millimeters."""
