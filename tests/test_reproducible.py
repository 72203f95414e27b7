"""The same notes give the same bytes: wherever, whenever, by whomever and however installed.

A small book is built in places that have as little in common as can be arranged, with
every output, and all files are compared. Then they are searched for what they may not
tell of the machine. A twin of each test plants what it is to notice.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import venv
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image

from tests import built_elsewhere, small_book

EPOCH = 1_767_225_600  # when the notes were first built
LATER = 4_102_444_800  # what the clock shows in the other place
NOBODY = 65_534
PACKAGES = sysconfig.get_paths()["purelib"]
_NO_FONTS = '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig/>\n'


@dataclass(frozen=True)
class Place:
    """Where a book is built: its folder, and what is around it."""

    root: Path
    environment: Mapping[str, str]
    surroundings: Mapping[str, object] = field(default_factory=dict)
    umask: int = 0o022
    user: int | None = None
    python: str = sys.executable

    def start(self, *arguments: str, **environment: str | None) -> subprocess.Popen[str]:
        """Start a command of the tool here."""
        project = Path(__file__).resolve().parents[1]
        given = {
            "PATH": os.environ["PATH"],
            "PYTHONDONTWRITEBYTECODE": "1",
            **self.environment,
            **environment,
        }
        return subprocess.Popen(
            [
                self.python,
                built_elsewhere.__file__,
                str(project / "src"),
                json.dumps(self.surroundings),
                *arguments,
            ],
            cwd=self.root,
            env={name: value for name, value in given.items() if value is not None},
            umask=self.umask,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **as_user(self.user),
        )

    def build(self, *arguments: str, **environment: str | None) -> dict[str, bytes]:
        """Run a command to its end; gives every file of the book, what was built included."""
        running = self.start(*arguments, **environment)
        told, _ = running.communicate()
        assert running.returncode == 0, told
        return small_book.snapshot(self.root)


def picture() -> bytes:
    """Give a picture of the author's."""
    Image.linear_gradient("L").save(drawn := io.BytesIO(), "PNG")
    return drawn.getvalue()


def write_book(root: Path, *, backwards: bool = False) -> None:
    """Write the small book with a formula, a picture and all outputs."""
    with tempfile.TemporaryDirectory() as aside:
        made = small_book.build(Path(aside))
        with (made / "content/notes.md").open("a", encoding="utf-8") as notes:
            notes.write(
                "\n交叉熵\n\n什么是均方误差?:误差平方的均值,即\\(\\frac{1}{n}\\sum_i e_i^2\\)\n"
            )
        with (made / "content/book.yaml").open("a", encoding="utf-8") as book:
            book.write("also: [crowdanki]\n")
        files = {**small_book.snapshot(made), "images/lr.png": picture()}
    # Most file systems list a folder in the order in which it was filled, or of a hash.
    for path, data in sorted(files.items(), reverse=backwards):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)


def stranger() -> tuple[int | None, str]:
    """Give another user, where this process may become one, and a Python that they may run.

    Where ours lies in a closed folder, that is the system's, of the same version.
    """
    minor = f"python3.{sys.version_info.minor}"
    for python in (sys.executable, shutil.which(minor, path="/usr/bin:/usr/local/bin")):
        if os.geteuid() != 0 or not python:
            continue
        asked = [python, "-c", f"import weasyprint; open({built_elsewhere.__file__!r}).read()"]
        with suppress(OSError):
            environment = {"PYTHONPATH": PACKAGES}
            if not subprocess.run(
                asked, check=False, capture_output=True, env=environment, **as_user(NOBODY)
            ).returncode:
                return NOBODY, python
    return None, sys.executable


def as_user(number: int | None) -> dict[str, Any]:
    """Give what starts a process as another user, in no group of ours."""
    return {"user": number, "group": number, "extra_groups": ()} if number else {}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """An everyday place."""
    root = tmp_path_factory.mktemp("here-2c81")
    write_book(root)
    environment = {
        "HOME": str(tmp_path_factory.mktemp("home-2c81")),
        "LC_ALL": "C.UTF-8",
        "LOGNAME": "somebody-91d4",
        "PYTHONHASHSEED": "1",
        "SOURCE_DATE_EPOCH": str(EPOCH),
        "TZ": "UTC",
    }
    return Place(root, environment)


@pytest.fixture(scope="module")
def there() -> Iterator[Place]:
    """Another folder, user, zone, language, order of files, umask, clock, and no fonts at all."""
    # Not below pytest's folder, which is closed to other users.
    with tempfile.TemporaryDirectory(prefix="there-7f3a ") as made:
        base = Path(made).resolve()
        root, home, fonts = base / "笔记 and more", base / "home", base / "no-fonts.conf"
        home.mkdir()
        fonts.write_text(_NO_FONTS)
        write_book(root, backwards=True)
        user, python = stranger()
        if user:
            for path in (base, *base.rglob("*")):
                os.chown(path, user, user)
        environment = {
            "FONTCONFIG_FILE": str(fonts),
            "HOME": str(home),
            "LANG": "C",
            "LC_ALL": "C",
            "LOGNAME": "stranger-55e0",
            "PYTHONHASHSEED": "2",
            "PYTHONPATH": PACKAGES,
            "SOURCE_DATE_EPOCH": str(EPOCH),
            "TMPDIR": str(home),
            "TZ": "Pacific/Kiritimati",
        }
        yield Place(root, environment, {"clock": LATER, "backwards": True}, 0o077, user, python)


@pytest.fixture(scope="module")
def built(here: Place) -> dict[str, bytes]:
    return here.build("--quiet")


@pytest.fixture(scope="module")
def rebuilt(there: Place) -> dict[str, bytes]:
    return there.build("--quiet")


def differing(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> set[str]:
    """Name the files that two folders don't have in common, byte for byte."""
    return {path for path in {*one, *other} if one.get(path) != other.get(path)}


# -- what is installed ----------------------------------------------------------------


def packed(project: Path, folder: Path) -> tuple[Path, Path]:
    """Build the wheel and the source package of a folder."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(EPOCH)}
    run([sys.executable, "-m", "hatchling", "build", "-d", str(folder)], project, environment)
    (wheel,), (sources,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, sources


def run(command: list[str], folder: Path, environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def install(wheel: Path, folder: Path) -> Path:
    """Install a wheel into a new environment, beside the packages that it needs; gives its bin."""
    venv.create(folder, symlinks=True)
    python = str(folder / "bin" / "python")
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    run([*pip, "--no-deps", "--no-index", str(wheel)], folder, os.environ)
    asked = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    own = Path(run([python, "-c", asked], folder, {}).strip())
    (own / "needed.pth").write_text(f"{PACKAGES}\n")
    return folder / "bin"


# -- what an artifact may not tell ----------------------------------------------------


def inside(name: str, data: bytes) -> Iterator[bytes]:
    """Give an artifact's bytes, and those that are packed in it."""
    yield data
    if name.endswith(".apkg"):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            for member in packed.infolist():
                yield f"{datetime(*member.date_time, tzinfo=UTC):%Y-%m-%d}".encode()
                yield packed.read(member)
    if name.endswith(".pdf"):
        with pikepdf.open(io.BytesIO(data)) as pdf:
            for part in pdf.objects:
                yield part.read_bytes() if isinstance(part, pikepdf.Stream) else part.unparse()


def telling(artifacts: Mapping[str, bytes], marks: Iterable[str], days: Iterable[int]) -> set[str]:
    """Name the artifacts that hold one of the marks, or speak of a day."""
    forms = [re.escape(mark.encode(code)) for mark in marks for code in ("utf-8", "utf-16-be")]
    for day in days:
        moment = datetime.fromtimestamp(day, UTC)
        forms += [
            f"{moment:%Y}(?P<mark>[-/.]?){moment:%m}(?P=mark){moment:%d}".encode(),
            # Ten digits of seconds, or thirteen of milliseconds; five of them say the day.
            rf"(?<![0-9a-fA-F]){str(day)[:5]}\d{{5}}(?:\d{{3}})?(?![0-9a-fA-F])".encode(),
        ]
    # One at a time: several may have a group of the same name.
    wanted = [re.compile(form) for form in forms]
    return {
        name
        for name, data in artifacts.items()
        if any(form.search(part) for part in inside(name, data) for form in wanted)
    }


def made(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Give what was built or written by the tool, by its path in the book's folder."""
    ours = re.compile(r"dist/|content/(?:cards/|cards\.lock|book\.lock)")
    return {path: data for path, data in files.items() if ours.match(path)}


def marks_of(*places: Place) -> list[str]:
    names = [place.root.name for place in places] + [str(place.root) for place in places]
    return names + [place.environment["LOGNAME"] for place in places] + ["2c81", "7f3a"]


# -- tests ----------------------------------------------------------------------------


@pytest.mark.typeset
def test_the_same_bytes_in_another_place(built, rebuilt):
    endings = {Path(path).suffix for path in made(built)}
    assert {".apkg", ".pdf", ".html", ".json", ".yaml", ".lock"} <= endings
    assert differing(built, rebuilt) == set()


@pytest.mark.typeset
def test_the_same_bytes_at_another_time(there, rebuilt):
    shutil.rmtree(there.root / ".cache")
    shutil.rmtree(there.root / "dist")
    assert differing(rebuilt, there.build("--quiet", SOURCE_DATE_EPOCH=None)) == set()


@pytest.mark.typeset
def test_no_artifact_tells_where_when_or_by_whom_it_was_made(here, there, built, rebuilt):
    today = int(datetime.now(UTC).timestamp())
    for files in (built, rebuilt):
        assert telling(made(files), marks_of(here, there), (today, LATER)) == set()


@pytest.mark.typeset
def test_the_only_day_told_is_that_of_the_notes(built):
    told = telling(made(built), (), (EPOCH,))
    # So a date in a PDF, in the database of a deck and in JSON is found where there is one.
    assert {Path(path).suffix for path in told} >= {".apkg", ".pdf", ".lock"}


def test_what_is_planted_is_noticed(tmp_path, here, there):
    found = []
    for number, place in enumerate((here, there)):
        root = tmp_path / f"planted-{number}"
        write_book(root, backwards=bool(number))
        at = {"clock": LATER + 200_000 * number, "backwards": bool(number), "planted": True}
        found.append(Place(root, place.environment, at).build("data", "--quiet"))
    planted = {f"dist/{n}.txt" for n in ("clock", "date", "folder", "user", "hashes", "listed")}
    assert differing(*found) == planted | {"dist/SHA256SUMS"}
    names = ["planted-0", here.environment["LOGNAME"]]
    told = {f"dist/{name}.txt" for name in ("clock", "date", "folder", "user")}
    assert telling(found[0], names, (LATER,)) == told


@pytest.mark.typeset
def test_a_name_in_a_deck_or_a_pdf_is_noticed(built):
    (deck,) = (data for path, data in built.items() if path.endswith(".apkg"))
    (sheet,) = (data for path, data in built.items() if path.endswith(".pdf"))
    with pikepdf.open(io.BytesIO(sheet)) as pdf:
        pdf.docinfo["/Author"] = "somebody-91d4"
        pdf.save(signed := io.BytesIO(), compress_streams=True)
    packed = io.BytesIO(deck)
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr(zipfile.ZipInfo("note", (2100, 1, 1, 0, 0, 0)), "by somebody-91d4")
    artifacts = {"a.pdf": signed.getvalue(), "a.apkg": packed.getvalue()}
    assert telling(artifacts, ["somebody-91d4"], ()) == {"a.pdf", "a.apkg"}
    assert telling(artifacts, (), [LATER]) == {"a.apkg"}
    assert telling({"a.pdf": sheet, "a.apkg": deck}, ["somebody-91d4"], [LATER]) == set()


@pytest.mark.typeset
def test_the_same_bytes_from_an_installed_package(project, tmp_path, here, built):
    wheel, sources = packed(project, tmp_path / "packed")
    with tarfile.open(sources) as tar:
        tar.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    again, _ = packed(unpacked, tmp_path / "packed again")
    assert (again.name, again.read_bytes()) == (wheel.name, wheel.read_bytes())
    programs = install(wheel, tmp_path / "installed")
    book = tmp_path / "book"
    write_book(book)
    environment = {"PATH": os.environ["PATH"], **here.environment}
    asked = "import notepress; print(notepress.__file__)"
    found = run([str(programs / "python"), "-c", asked], book, environment)
    assert Path(found.strip()).is_relative_to(tmp_path / "installed")
    run([str(programs / "notepress"), "--quiet"], book, environment)
    assert differing(small_book.snapshot(book), built) == set()


# -- several books --------------------------------------------------------------------


def second_book(root: Path) -> None:
    """Write another book, with an id, notes and words of its own, and the tool's knowledge."""
    write_book(root)
    book = root / "content/book.yaml"
    book.write_text(book.read_text("utf-8").replace("small-0123456789ab", "other-0123456789ab"))
    (root / "content/more.md").write_text("动量法:\n\n什么是早停?:验证集误差不再下降时停止训练.\n")


@pytest.mark.typeset
def test_two_books_share_a_cache_at_the_same_time(tmp_path, here, built):
    roots = [tmp_path / name for name in ("one", "two", "two-apart")]
    write_book(roots[0])
    second_book(roots[1])
    second_book(roots[2])
    one, two, apart = (Place(root, here.environment) for root in roots)
    shared = str(tmp_path / "shared")
    running = [
        one.start("--quiet", "--cache", shared),
        two.start("--quiet", NOTEPRESS_CACHE=shared),
    ]
    for process in running:
        told, _ = process.communicate()
        assert process.returncode == 0, told
    assert not [root for root in roots if (root / ".cache").exists()]
    assert differing(small_book.snapshot(one.root), built) == set()
    alone = apart.build("--quiet")
    assert differing(small_book.snapshot(two.root), alone) == set()
    assert differing(alone, built) >= {"dist/other-0123456789ab.apkg", "dist/cards.json"}
    # And what the one left behind does the other no harm.
    shutil.rmtree(apart.root / "dist")
    assert differing(apart.build("--quiet", "--cache", shared), alone) == set()
