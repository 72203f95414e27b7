"""Drawings -> what a page and a flash card can show.

A drawing in ``images/drawn`` is a small SVG whose colors and type come from a
handful of classes alone. That lets one source serve day, night and paper; and as
its labels are turned into outlines of the pinned fonts, no viewer can set them in
another face, or fail for want of one. Phones draw PNG and WebP reliably and SVG
less so, hence ``raster``.
"""

from __future__ import annotations

from notepress.figures._checks import check, proof
from notepress.figures._classes import BLACK, FACES, LIGHT, NIGHT, PRINT, Palette, style
from notepress.figures._drawing import RASTER_SUFFIX, outline, raster
from notepress.figures._svg import DrawingError, alt, size
from notepress.figures._words import Named, names

__all__ = [
    "BLACK",
    "FACES",
    "LIGHT",
    "NIGHT",
    "PRINT",
    "RASTER_SUFFIX",
    "DrawingError",
    "Named",
    "Palette",
    "alt",
    "check",
    "names",
    "outline",
    "proof",
    "raster",
    "size",
    "style",
]
