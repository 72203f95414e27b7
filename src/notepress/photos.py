"""An author's pictures -> proven ones, without what a camera noted, as small as they can be.

A picture comes from a stranger: it is decoded to its end and encoded anew, so that what
reaches a card or a page is a picture and nothing else.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image, ImageFile, ImageOps

from notepress.model import Finding, Level, Outcome, Span


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture fit for a card or a page: ``suffix`` names its format, sizes are in pixels."""

    data: bytes
    suffix: str
    width: int
    height: int


_SUFFIXES: Final = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp", "GIF": ".png"}
_MOST_PIXELS: Final = 50_000_000
_ORIENTATION: Final = 0x0112


def prove(data: bytes, path: str, longest: int = 0) -> Outcome[Picture | None]:
    """Prove that a file is a whole picture, and return it without what a camera noted.

    With ``longest`` it is for a screen: no side has more pixels, and what was coded
    without loss is coded so again as WebP, which takes less room.
    """

    def failed(code: str, message: str, hint: str) -> Outcome[Picture | None]:
        return Outcome(None, (Finding(code, Level.ERROR, Span(path), message, hint),))

    try:
        image = _opened(data)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        hint = f"Scale it down to less than {_MOST_PIXELS // 1_000_000} megapixels."
        return failed("PICTURE-HUGE", "the picture is too large to open safely", hint)
    except (OSError, SyntaxError, ValueError, EOFError):
        hint = "Save it again as PNG, JPEG, WebP or GIF, under the same name."
        return failed("PICTURE-BROKEN", "the file is not a whole picture", hint)
    # Some phones append a second picture to a JPEG, which is no animation.
    moving = image.format in ("PNG", "WEBP", "GIF") and getattr(image, "is_animated", False)
    hint = "Only the first frame is shown."
    still = Finding("PICTURE-MOVES", Level.WARNING, Span(path), "the picture is animated", hint)
    return Outcome(_stripped(image, data, longest), (still,) if moving else ())


def _opened(data: bytes) -> Image.Image:
    """Open a picture and decode it to its end: opening alone takes a truncated file for whole."""
    # WeasyPrint, once imported, has Pillow fill truncated pictures up for everybody.
    lenient, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(BytesIO(data), formats=("PNG", "JPEG", "WEBP", "GIF"))
        if image.width * image.height > _MOST_PIXELS:
            raise Image.DecompressionBombError
        image.load()
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = lenient
    return image


# Colors of eight bits, which WebP holds as they are.
_EIGHT_BIT: Final = frozenset(("1", "L", "LA", "P", "PA", "RGB", "RGBA"))


def _stripped(image: Image.Image, data: bytes, longest: int) -> Picture:
    """Encode anew with the color profile alone, turned the way up that its camera meant.

    A JPEG keeps its quantization tables, so that coding it again costs next to nothing.
    """
    kind = image.format if image.format in _SUFFIXES else "JPEG"  # MPO: several JPEGs in one
    turned = image.getexif().get(_ORIENTATION, 1) != 1
    picture = ImageOps.exif_transpose(image) if turned else image
    large = 0 < longest < max(picture.size)
    for note in set(picture.info) - {"transparency", "icc_profile"}:
        del picture.info[note]
    profile = picture.info.get("icc_profile")
    if large:
        picture = _scaled(picture, longest)
    if kind in ("PNG", "GIF") and longest and picture.mode in _EIGHT_BIT:
        written = _web(picture, profile)
        if large or len(written) <= len(data):
            return Picture(written, _SUFFIXES["WEBP"], *picture.size)
    options: dict[str, object] = {"icc_profile": profile}
    if kind == "WEBP":
        options |= {"lossless": b"VP8L" in data[:64], "quality": 90, "method": 6}
    elif kind == "JPEG":
        same = image.format == "JPEG" and not turned and not large
        options |= {"quality": "keep" if same else 92, "optimize": True}
    else:
        options |= {"optimize": True}
    output = BytesIO()
    picture.save(output, "PNG" if kind == "GIF" else kind, **options)
    return Picture(output.getvalue(), _SUFFIXES[kind], *picture.size)


def _scaled(picture: Image.Image, longest: int) -> Image.Image:
    """Make a picture smaller; a palette can't hold what lies between its colors."""
    clear = "A" in picture.getbands() or "transparency" in picture.info
    if picture.mode in ("1", "P", "PA"):
        picture = picture.convert("RGBA" if clear else "RGB")
    scale = longest / max(picture.size)
    width, height = (max(1, round(side * scale)) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def _web(picture: Image.Image, profile: object) -> bytes:
    """Code without loss, with little effort: the most of WebP's saves a twentieth more room."""
    clear = "A" in picture.getbands() or "transparency" in picture.info
    colors = picture.convert("RGBA" if clear else "RGB")
    written = BytesIO()
    options = {"lossless": True, "exact": True, "method": 2, "quality": 10}
    colors.save(written, "WEBP", icc_profile=profile, **options)
    return written.getvalue()
