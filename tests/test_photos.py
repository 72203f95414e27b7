"""An author's pictures are whole, bare, and no larger than they need be."""

from __future__ import annotations

import re
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from notepress import photos
from notepress.model import Level

DRAWN = Path(__file__).resolve().parents[1] / "images" / "drawn"
DRAWINGS = sorted(DRAWN.glob("*.svg"))
COLOR = re.compile(r"#[0-9a-f]{6}")


def pixels(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data)).convert("RGBA")


def encoded(kind: str, image: Image.Image | None = None, **options: object) -> bytes:
    if image is None:
        image = Image.linear_gradient("L").resize((40, 24)).convert("RGB")
    written = BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


@pytest.mark.parametrize(
    ("kind", "suffix"),
    [("PNG", ".png"), ("JPEG", ".jpg"), ("WEBP", ".webp"), ("GIF", ".png")],
)
def test_a_picture_comes_back_whole(kind, suffix):
    data = encoded(kind, lossless=True) if kind == "WEBP" else encoded(kind)
    outcome = photos.prove(data, "images/a.png")
    assert outcome.findings == ()
    assert outcome.value is not None
    assert (outcome.value.suffix, outcome.value.width, outcome.value.height) == (suffix, 40, 24)
    assert outcome == photos.prove(data, "images/a.png")
    before, after = pixels(data), pixels(outcome.value.data)
    worst = max(abs(a - b) for a, b in zip(before.tobytes(), after.tobytes(), strict=True))
    assert worst <= (3 if kind == "JPEG" else 0)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_what_a_camera_noted_is_gone(kind):
    notes = Image.Exif()
    notes[0x010F] = "Camera maker"
    data = encoded(kind, exif=notes)
    assert b"Camera maker" in data
    outcome = photos.prove(data, "images/a.jpg")
    assert outcome.value is not None
    assert b"Camera maker" not in outcome.value.data


def test_comments_are_gone_from_jpeg_and_png():
    text = PngInfo()
    text.add_text("Author", "somebody")
    for data in (encoded("JPEG", comment=b"somebody"), encoded("PNG", pnginfo=text)):
        assert b"somebody" in data
        outcome = photos.prove(data, "images/a")
        assert outcome.value is not None
        assert b"somebody" not in outcome.value.data


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_taken_sideways_is_put_upright(kind):
    notes = Image.Exif()
    notes[0x0112] = 6
    outcome = photos.prove(encoded(kind, exif=notes), "images/a.jpg")
    assert outcome.value is not None
    assert (outcome.value.width, outcome.value.height) == (24, 40)
    assert Image.open(BytesIO(outcome.value.data)).size == (24, 40)


def test_transparency_is_kept():
    clear = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    for kind, image in (("PNG", clear), ("WEBP", clear), ("GIF", clear)):
        outcome = photos.prove(encoded(kind, image), "images/a.png")
        assert outcome.value is not None
        assert pixels(outcome.value.data).getchannel("A").getextrema() == (0, 0)


def noisy(size: tuple[int, int] = (60, 40)) -> Image.Image:
    return Image.effect_noise(size, 60).convert("RGB")


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1"])
def test_for_a_screen_a_picture_without_loss_is_one_still_and_smaller(mode):
    data = encoded("PNG", noisy((200, 150)).convert(mode))
    picture = photos.prove(data, "images/a.png", 1600).value
    assert picture is not None
    assert len(picture.data) < len(data)
    assert picture.suffix == ".webp"
    assert pixels(picture.data).tobytes() == pixels(data).tobytes()


def test_for_a_screen_no_side_is_longer_than_asked():
    for kind, image in (("PNG", noisy()), ("JPEG", noisy()), ("PNG", noisy().convert("P"))):
        picture = photos.prove(encoded(kind, image), "images/a.png", 30).value
        assert picture is not None
        assert (picture.width, picture.height) == (30, 20)
        assert Image.open(BytesIO(picture.data)).size == (30, 20)
    small = photos.prove(encoded("JPEG", noisy()), "images/a.jpg", 60).value
    assert small is not None
    assert (small.width, small.height) == (60, 40)


def test_colors_of_sixteen_bits_are_not_cut_down():
    deep = Image.new("I;16", (8, 8), 1000)
    picture = photos.prove(encoded("PNG", deep), "images/a.png", 1600).value
    assert picture is not None
    assert Image.open(BytesIO(picture.data)).getpixel((0, 0)) == 1000


def test_of_an_animation_the_first_frame_is_kept_and_that_is_said():
    red, blue = (Image.new("RGB", (8, 8), color) for color in ("red", "blue"))
    data = encoded("GIF", red, save_all=True, append_images=[blue])
    outcome = photos.prove(data, "images/a.gif")
    assert [(f.code, f.level) for f in outcome.findings] == [("PICTURE-MOVES", Level.WARNING)]
    assert outcome.value is not None
    assert pixels(outcome.value.data).getpixel((4, 4)) == (255, 0, 0, 255)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_truncated_picture_is_broken(kind):
    noise = Image.effect_noise((64, 64), 80)
    data = encoded(kind, noise.convert("RGB") if kind == "WEBP" else noise)
    outcome = photos.prove(data[: len(data) // 2], "images/a.png")
    assert outcome.value is None
    assert [f.code for f in outcome.findings] == ["PICTURE-BROKEN"]
    assert outcome.findings[0].level is Level.ERROR
    assert outcome.findings[0].hint


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html></html>",
        b"\x89PNG\r\n\x1a\n",
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        encoded("BMP"),
        encoded("TIFF"),
    ],
    ids=["empty", "html", "signature", "svg", "bmp", "tiff"],
)
def test_what_is_no_picture_is_broken(data):
    outcome = photos.prove(data, "images/a.png")
    assert outcome.value is None
    assert [f.code for f in outcome.findings] == ["PICTURE-BROKEN"]


@pytest.mark.parametrize("side", [8_000, 12_000, 20_000])
def test_a_picture_too_large_to_open_safely_is_not_opened(side):
    """The last two are those that Pillow itself warns of and refuses."""
    data = bytearray(encoded("PNG", Image.new("1", (8, 8))))
    data[16:24] = side.to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    outcome = photos.prove(bytes(data), "images/a.png")
    assert outcome.value is None
    assert [f.code for f in outcome.findings] == ["PICTURE-HUGE"]
