"""Pictures that a stranger sends: what is broken, huge, disguised, or says too much."""

from __future__ import annotations

import os
import shutil
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from PIL import Image, ImageFile
from PIL.PngImagePlugin import PngInfo

from notepress import cli, figures, files, photos
from notepress.caching import Cache
from tests import small_book

NOTE = "content/notes.md"


def _encoded(kind: str, image: Image.Image | None = None, **options: object) -> bytes:
    written = BytesIO()
    (image or Image.new("RGB", (8, 8), "teal")).save(written, kind, **options)
    return written.getvalue()


def _chunk(name: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")


def _png_with(name: bytes, data: bytes) -> bytes:
    """Put a chunk into a sound PNG, behind its header."""
    png = _encoded("PNG")
    return png[:33] + _chunk(name, data) + png[33:]


_BOMB = zlib.compress(bytes(200_000_000), 9)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = small_book.build(tmp_path_factory.mktemp("built"))
    files.load(root, Cache(root / ".cache"))  # knowledge is read once for all
    return root


@pytest.fixture
def root(built: Path, tmp_path: Path) -> Path:
    shutil.copytree(built, tmp_path / "book")
    (tmp_path / "book/images").mkdir()
    return tmp_path / "book"


# --- files ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (_png_with(b"zTXt", b"a\0\0" + _BOMB), "PICTURE-BROKEN"),
        (_png_with(b"iTXt", b"a\0\1\0\0\0" + _BOMB), "PICTURE-BROKEN"),
        (_png_with(b"IHDR", bytes(13)), "PICTURE-BROKEN"),
        (b"GIF89a" + b"\xff" * 40, "PICTURE-BROKEN"),
        (b"RIFF\xff\xff\xff\xffWEBPVP8 " + bytes(40), "PICTURE-BROKEN"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "PICTURE-BROKEN"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) run\n", "PICTURE-BROKEN"),
        (b"%PDF-1.7\n", "PICTURE-BROKEN"),
        (
            b"#define x_width 9999\n#define x_height 9999\nstatic char x_bits[] = {",
            "PICTURE-BROKEN",
        ),
        (b"<!doctype html><script>alert(1)</script>", "PICTURE-BROKEN"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "PICTURE-BROKEN"),
        (b"PK\x03\x04" + bytes(100), "PICTURE-BROKEN"),
        (b"\0" * 1000, "PICTURE-BROKEN"),
        (_encoded("PNG", Image.new("1", (10_000, 5_001))), "PICTURE-HUGE"),
        (
            _encoded("GIF", Image.new("1", (1, 1)))[:6] + b"\xff\xff\xff\xff" + bytes(9),
            "PICTURE-BROKEN",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{len(value)}-bytes",
)
@pytest.mark.parametrize("lenient", [False, True])
def test_a_picture_that_is_a_trap_is_told(
    data: bytes, code: str, *, lenient: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What WeasyPrint asks of Pillow, for the whole process, once it is imported.
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", lenient)
    outcome = photos.prove(data, "images/lr.png")
    assert outcome.value is None
    assert [(f.code, str(f.span)) for f in outcome.findings] == [(code, "images/lr.png:1:1")]


def test_a_trap_stops_the_build(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "images/lr.png").write_bytes(b"<!doctype html><script>alert(1)</script>")
    before = small_book.snapshot(root)
    assert cli.main(["--project", str(root), "--quiet"]) == 1
    assert "images/lr.png:1:1: PICTURE-BROKEN " in capsys.readouterr().err
    assert small_book.snapshot(root) == before


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "GIF", "PNG"])
def test_a_wrong_ending_does_not_matter(kind: str) -> None:
    outcome = photos.prove(_encoded(kind), "images/a.bmp")
    assert outcome.value is not None
    shown = Image.open(BytesIO(outcome.value.data)).format
    assert outcome.value.suffix == {"JPEG": ".jpg", "WEBP": ".webp"}.get(kind, ".png")
    assert shown == {"GIF": "PNG"}.get(kind, kind)


def _telling() -> bytes:
    """A JPEG that says where and with what it was taken, and carries something behind its end."""
    notes = Image.Exif()
    notes[0x010F] = "Camera maker"
    notes[0x8825] = {1: "N", 2: (31.0, 13.0, 49.0), 0x1D: "2020:01:02"}
    noise = Image.effect_noise((64, 64), 80).convert("RGB")
    data = _encoded("JPEG", noise, exif=notes, comment=b"a comment of mine")
    for told in (b"Camera maker", b"2020:01:02", b"a comment of mine"):
        assert told in data
    return data + b"<script>behind the end</script>"


@pytest.mark.typeset
def test_no_output_tells_where_a_picture_was_taken(root: Path) -> None:
    (root / "images/lr.png").write_bytes(_telling())
    assert cli.main(["--project", str(root), "--quiet"]) == 0
    held: dict[str, list[bytes]] = {}
    for path in (root / "dist").iterdir():
        held[path.suffix] = [path.read_bytes()]
        if path.suffix == ".apkg":
            with zipfile.ZipFile(path) as package:
                held[path.suffix] = [package.read(name) for name in package.namelist()]
        if path.suffix == ".pdf":
            with pikepdf.open(path) as pdf:
                held[path.suffix] += [
                    part.read_raw_bytes()
                    for part in pdf.objects
                    if isinstance(part, pikepdf.Stream)
                ]
    assert any(data[:3] == b"\xff\xd8\xff" for data in held[".apkg"])
    assert any(data[:3] == b"\xff\xd8\xff" for data in held[".pdf"])
    for told in (b"Camera maker", b"2020:01:02", b"a comment of mine", b"behind the end"):
        assert [suffix for suffix, parts in held.items() if any(told in p for p in parts)] == []


def test_text_in_a_picture_does_not_reach_the_outputs() -> None:
    text = PngInfo()
    text.add_text("Comment", "<script>", zip=True)
    outcome = photos.prove(_encoded("PNG", pnginfo=text), "images/a.png")
    assert outcome.value is not None
    assert b"Comment" not in outcome.value.data


# --- names and links -----------------------------------------------------------

SECRET = _encoded("PNG", Image.new("L", (3, 3), 77))


_LINKS = [
    "../../outside/secret.png",
    "../images/../../outside/secret.png",
    "{outside}/secret.png",
    "file://{outside}/secret.png",
    "FILE:///{outside}/secret.png",
    "%2e%2e/%2e%2e/outside/secret.png",
    "..%2f..%2foutside%2fsecret.png",
    r"..\..\outside\secret.png",
    "../images//../..//outside/./secret.png",
    "../images/link.png",
    "../images/folder/secret.png",
    "//example.org/secret.png",
    "http://example.org/secret.png",
    "data:image/png;base64,iVBORw0KGgo=",
    "secret.png\0.png",
    "/dev/zero",
    "/proc/self/environ",
    "../images/fifo.png",
    "../images/",
    "..",
    "",
]


def test_a_link_reaches_nothing_outside(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.png").write_bytes(SECRET)
    (root / "images/link.png").symlink_to(outside / "secret.png")
    (root / "images/folder").symlink_to(outside)
    os.mkfifo(root / "images/fifo.png")
    linked = "\n".join(f"![a]({link.replace('{outside}', str(outside))})" for link in _LINKS)
    (root / NOTE).write_text(f"学习率：每步的大小。\n{linked}\n", "utf-8")
    assert cli.main(["--project", str(root), "--quiet", "normalize"]) == 0
    assert cli.main(["--project", str(root), "--quiet", "deck"]) == 0
    loaded = files.load(root).value
    assert loaded is not None
    assert [f.file for c in loaded.cards for f in c.figures if f.origin == "author"] == []
    with zipfile.ZipFile(next((root / "dist").glob("*.apkg"))) as package:
        assert SECRET not in [package.read(name) for name in package.namelist()]


@pytest.mark.parametrize("name", ["../../outside/secret.png", "drawn/../../x", "/etc/hostname", ""])
def test_a_card_cannot_name_a_picture_outside(
    root: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["--project", str(root), "--quiet", "normalize"]) == 0
    path = root / "content/cards/optimization.yaml"
    figure = f"  figures:\n  - {{file: '{name}', alt: {{zh: a, en: b}}, origin: author}}\n"
    text = path.read_text("utf-8").replace(
        "  topic: optimization\n", f"  topic: optimization\n{figure}", 1
    )
    path.write_text(text, "utf-8")
    capsys.readouterr()
    before = small_book.snapshot(root)
    assert cli.main(["--project", str(root), "--quiet", "report"]) == 1
    assert "optimization.yaml:1:1: FIGURE-MISSING " in capsys.readouterr().err
    assert small_book.snapshot(root) == before


def test_names_that_differ_in_composition_or_case_are_each_their_own(root: Path) -> None:
    for name in ("th\u00e9.png", "the\u0301.png", "A.png", "a.png"):
        (root / "images" / name).write_bytes(_encoded("PNG"))
    loaded = files.load(root).value
    assert loaded is not None
    assert len(loaded.pictures) == len(list((root / "images").iterdir()))


# --- our own kind of drawing, from somebody else ---------------------------------

_SPACE = 'xmlns="http://www.w3.org/2000/svg"'
_LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "svg",
    [
        f'<!DOCTYPE svg [<!ENTITY a0 "ha">{_LAUGHS}]><svg {_SPACE}><title>&a9;</title></svg>',
        f'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg {_SPACE}>&x;</svg>',
        f'<svg {_SPACE} viewBox="0 0 1e300 1e300"><path d="M0 0h9"/></svg>',
        f'<svg {_SPACE} viewBox="0 0 1000000 1000000"><path d="M0 0h9"/></svg>',
        f'<svg {_SPACE} viewBox="0 0 1 3000"><path d="M0 0h9"/></svg>',
        "<g>" * 50_000,
        "\x1b]0;x\x07",
    ],
    ids=range(7),
)
def test_a_hostile_drawing_is_a_finding(
    root: Path, svg: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "images/drawn").mkdir()
    (root / "images/drawn/learning-rate.svg").write_text(svg, "utf-8")
    shown = "figures: [{file: drawn/learning-rate.svg}]"
    cards = f"- {{id: a, topic: optimization, answer: {{zh: 甲}}, {shown}}}\n"
    (root / "content/cards").mkdir()
    (root / "content/cards/optimization.yaml").write_text(cards, "utf-8")
    assert cli.main(["--project", str(root), "--quiet", "deck"]) == 1
    assert "images/drawn/learning-rate.svg:1:" in capsys.readouterr().err


def _drawn(root: Path, inside: str) -> None:
    """Give the book a drawing of its own for a concept that its notes ask about."""
    titles = '<title xml:lang="zh-CN">图</title><title xml:lang="en">A picture.</title>'
    head = f"{titles}<style>{' '.join(figures.style().split())}</style>"
    (root / "images/drawn").mkdir()
    path = root / "images/drawn/learning-rate.svg"
    path.write_text(f'<svg {_SPACE} viewBox="0 0 90 60">{head}\n{inside}\n</svg>', "utf-8")
    (root / NOTE).write_text("学习率：每步的大小。\n", "utf-8")


def test_all_that_is_wrong_with_a_drawing_is_told_at_once(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _drawn(root, '<path d="M0 0h9" fill="red"/>\n<path class="inkk" d="M0 0h9"/>\n<image/>')
    before = small_book.snapshot(root)
    assert cli.main(["--project", str(root), "--quiet"]) == 1
    told = capsys.readouterr().err
    for place in ("2:1: FIGURE-COLOR", "3:1: FIGURE-CLASS", "4:1: FIGURE-FOREIGN"):
        assert told.count(f"images/drawn/learning-rate.svg:{place}") == 1
    assert small_book.snapshot(root) == before


@pytest.mark.parametrize(
    ("label", "code", "ends"),
    [
        ('<text class="en" x="9" y="30">\U0001f600</text>', "FIGURE-GLYPH", (1, 1)),
        ('<text class="en" x="80" y="30">far out</text>', "FIGURE-OUTSIDE", (0, 1)),
        ('<text class="en" x="9" y="30">in</text>', "", (0, 0)),
    ],
)
def test_labels_of_a_book_s_own_drawings_are_proofread(
    root: Path,
    label: str,
    code: str,
    ends: tuple[int, int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    _drawn(root, label)
    english = "- {zh: 每步的大小。, en: The size of each step.}\n"
    (root / "content/translations.yaml").write_text(english, "utf-8")
    told = []
    plain, strict = ends
    for more, end in (((), plain), ((), plain), (("--strict",), strict)):
        assert cli.main(["--project", str(root), "--quiet", *more]) == end
        told.append(capsys.readouterr().err)
    for said in told:
        assert said.count("FIGURE-") == bool(code)
        assert f"images/drawn/learning-rate.svg:2:1: {code}" in said or not code
