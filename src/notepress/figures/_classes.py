"""The classes that a drawing may use -> what they look like by day, by night and in print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final


@dataclass(frozen=True, slots=True)
class Palette:
    """The eight colors of a drawing; the ground it stands on is never painted."""

    ink: str
    muted: str
    paper: str
    soft: str
    accent: str
    tint: str
    second: str
    tint2: str


LIGHT: Final = Palette(
    ink="#1f2328",
    muted="#59636e",
    paper="#ffffff",
    soft="#eef1f4",
    accent="#0b57a4",
    tint="#dce9f7",
    second="#b3541e",
    tint2="#fbe7da",
)
NIGHT: Final = Palette(
    ink="#e6e8eb",
    muted="#a8b1bb",
    paper="#23272e",
    soft="#343a43",
    accent="#7cb3f2",
    tint="#22405f",
    second="#f0a070",
    tint2="#5a3824",
)
PRINT: Final = LIGHT
# Without color, dashes, hollow dots and the weight of lines tell apart, and two grays.
BLACK: Final = Palette(
    ink="#000000",
    muted="#404040",
    paper="#ffffff",
    soft="#f2f2f2",
    accent="#000000",
    tint="#dcdcdc",
    second="#333333",
    tint2="#f2f2f2",
)

_ROLES: Final = frozenset(role.name for role in fields(Palette))
_TEXT: Final = '"Source Sans 3", "Noto Sans SC", sans-serif'
SYMBOLS: Final = '"STIX Two Math", "Source Sans 3", "Noto Sans SC", serif'
_ROUND: Final = {"stroke-linecap": "round", "stroke-linejoin": "round"}


def _stroke(role: str, width: str, **more: str) -> dict[str, str]:
    return {"fill": "none", "stroke": role, "stroke-width": width} | more


def _fill(role: str, stroke: str = "none", width: str = "") -> dict[str, str]:
    return {"fill": role, "stroke": stroke} | ({"stroke-width": width} if width else {})


def _type(role: str, size: str, family: str = _TEXT) -> dict[str, str]:
    return _fill(role) | {"font-family": family, "font-size": size}


# What each class means. A color is named by its role in the palette.
CLASSES: Final[Mapping[str, Mapping[str, str]]] = {
    "ink": _stroke("ink", "1.4") | _ROUND,
    "axis": _stroke("muted", "1.1") | _ROUND,
    "hair": _stroke("muted", "0.7"),
    "accent": _stroke("accent", "1.8") | _ROUND,
    "second": _stroke("second", "1.8") | {"stroke-dasharray": "5 3"},
    "box": _fill("paper", "ink", "1.2"),
    "tint": _fill("tint", "accent", "1.2"),
    "tint2": _fill("tint2", "second", "1.2"),
    "soft": _fill("soft", "muted", "0.9"),
    "dot": _fill("ink"),
    "dot-a": _fill("accent"),
    "dot-b": _fill("paper", "second", "1.4"),
    "zh": _type("ink", "12px"),
    "en": _type("muted", "9.5px"),
    "num": _type("ink", "11px") | {"font-variant-numeric": "tabular-nums"},
    "sym": _type("ink", "12px", SYMBOLS) | {"font-style": "italic"},
    "mid": {"text-anchor": "middle"},
    "end": {"text-anchor": "end"},
}
TYPE_PROPERTIES: Final = frozenset(
    ("font-family", "font-size", "font-style", "font-variant-numeric", "text-anchor")
)

SANS: Final = "SourceSans3-Regular.ttf"
HAN: Final = "NotoSansSC-Regular.otf"
MATHS: Final = "STIXTwoMath-Regular.ttf"
FACES: Final = frozenset((SANS, HAN, MATHS))
"""The fonts that labels are drawn with, by file name: ``faces`` holds at least these."""

SMALLEST: Final = 9.5
"""The smallest size of a label, in units of the drawing, that print can bear."""


def style(palette: Palette = LIGHT) -> str:
    """Return the style sheet that every drawing carries, by day, so that it shows by itself."""
    lines = []
    for name, properties in CLASSES.items():
        body = "; ".join(f"{key}: {color(value, palette)}" for key, value in properties.items())
        lines.append(f".{name} {{ {body} }}")
    return "\n".join(lines)


def color(value: str, palette: Palette) -> str:
    return str(getattr(palette, value)) if value in _ROLES else value
