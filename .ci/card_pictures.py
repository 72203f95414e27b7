"""Built decks -> pictures of their cards in ``card-pictures/``, as Anki and a browser show them.

Anki imports each package and renders the cards; a browser without a window, started once,
draws what came out, several cards to a sheet, each back below its front, by day and by night.
Each side is a page of its own within the sheet, with the classes that Anki on the desktop sets.
A formula that can't be set and a picture that isn't there are errors.

What can't be as it is in Anki: formulas are set by the MathJax that checks them, in outlines
where Anki's has fonts; covers are drawn by ``card_pictures.js`` where Anki says they are; and
folds stand open on the back, or nobody would see what they hold. Fonts are those of the
printed sheet where the machine has none of those that the cards ask for before.
"""

from __future__ import annotations

import base64
import fcntl
import importlib.util
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from notepress.fonts import SOURCES  # found by way of it
from notepress.notetypes import FORMS

ROOT: Final = Path(__file__).resolve().parents[1]
BROWSERS: Final = ("google-chrome", "chromium", "chromium-browser", "chrome")
_SCRIPT: Final = Path(__file__).with_suffix(".js")
_OUT: Final = "card-pictures"
_CARDS: Final = 12  # on a sheet, which is then some 4000 pixels high
_COLUMNS: Final = 3
_WIDE: Final = 720  # as wide as cards on a desktop ever are
_SECONDS: Final = 120
_READY: Final = """
new Promise(done => document.readyState == "complete" ? done() : addEventListener("load", done))
  .then(() => ready())
"""
_PLAYED: Final = re.compile(r"\[anki:play:[qa]:\d+\]")


class PictureError(Exception):
    """Why there are no pictures; said without a traceback."""


@dataclass(frozen=True, slots=True)
class Face:
    """A card as Anki renders it: both sides as HTML with their style, and where it belongs."""

    kind: str
    place: int
    front: str
    back: str


def main() -> int:
    """Draw the cards of every deck in ``dist/``; 0 if all went well, 1 with the reason if not."""
    try:
        draw_all(ROOT / "dist", ROOT / _OUT)
    except PictureError as error:
        print(f"card-pictures: {error}", file=sys.stderr)
        return 1
    return 0


def draw_all(built: Path, out: Path) -> None:
    """Fill ``out`` anew."""
    packages = sorted(built.glob("*.apkg"))
    if not packages:
        raise PictureError("dist/ holds no deck: make builds it")
    program = browser()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    with (
        tempfile.TemporaryDirectory() as name,
        running(program, Path(name)) as opened,
    ):
        for number, package in enumerate(packages):
            folder = Path(name, str(number))
            folder.mkdir()
            drawn = draw(package, folder, out, opened)
            print(f"{_OUT}/ shows {drawn} cards of {package.name}")


def browser() -> str:
    """Find a browser that can do without a window."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise PictureError(
            f"no browser to draw cards with: none of {', '.join(BROWSERS)} is on the PATH;"
            " install Chromium or Google Chrome"
        )
    return found


def draw(package: Path, folder: Path, out: Path, opened: Browser) -> int:
    """Draw the cards of one package into ``out``; tell how many they are."""
    with rendered(package, folder) as (faces, media):
        for name, sheet in sheets(package.stem, faces):
            page = media / f"_{name}.html"
            page.write_text(sheet, "utf-8")
            (out / f"{name}.png").write_bytes(opened.photograph(page))
        return len(faces)


# -- what Anki renders ----------------------------------------------------------------


@contextmanager
def rendered(package: Path, folder: Path) -> Iterator[tuple[list[Face], Path]]:
    """Import a package into an empty collection; give its cards in order, and their media."""
    with closing(Collection(str(folder / "collection.anki2"))) as collection:
        options = ImportAnkiPackageOptions()
        asked = ImportAnkiPackageRequest(package_path=str(package), options=options)
        collection.import_anki_package(asked)
        collection.models._clear_cache()  # noqa: SLF001  # else it knows no new note type
        order = "n.mid, c.due, n.id, c.ord"
        cards = map(collection.get_card, collection.find_cards("", order=order))
        yield [_face(card) for card in cards], Path(collection.media.dir())


def _face(card: Any) -> Face:  # noqa: ANN401  # anki ships no types that hold here
    shown = card.render_output()
    made = card.note_type()
    kinds = {form[0]: kind for kind, form in FORMS.items()}
    kind = kinds.get(made["name"].rpartition(" · ")[2], made["id"])
    sides = (shown.question_text, shown.answer_text)
    front, back = (f"<style>{shown.css}</style>{_played(side)}" for side in sides)
    return Face(str(kind), card.ord, front, back)


def _played(html: str) -> str:
    """Show a button where Anki would put one that reads aloud."""
    return _PLAYED.sub('<a class="replay-button" href="#">▶</a>', html)


# -- sheets ---------------------------------------------------------------------------


def sheets(deck: str, faces: Sequence[Face]) -> Iterator[tuple[str, str]]:
    """Put the cards of each kind on sheets, by day and by night: the name of each, and its HTML."""
    for kind, grouped in groupby(faces, lambda face: face.kind):
        held = [*grouped]
        parts = [held[n : n + _CARDS] for n in range(0, len(held), _CARDS)]
        for number, part in enumerate(parts, 1):
            for light, classes in (("day", ""), ("night", "nightMode night_mode")):
                name = f"{deck}-{kind}-{number:02}-{light}"
                title = f"{deck} · {kind} · {light} · {number}/{len(parts)}"
                yield name, _sheet(title, part, classes)


def _sheet(title: str, faces: Sequence[Face], classes: str) -> str:
    bundle = _path("quickjax", "js/mathjax_bundle.js").as_uri()
    cards = "".join(
        f"<section>{_side(face.front, face.place, classes)}"
        f"{_side(face.back, face.place, f'{classes} back')}</section>"
        for face in faces
    )
    return (
        f'<!doctype html><meta charset="utf-8"><style>{_STYLE}</style>'
        f'<script src="{bundle}"></script><script src="{_SCRIPT.as_uri()}"></script>'
        f"<h1>{escape(title)}</h1><main>{cards}</main>"
    )


def _side(html: str, place: int, classes: str) -> str:
    night = "night-mode" if "nightMode" in classes else ""
    page = (
        f'<!doctype html><html class="{night}"><meta charset="utf-8">'
        "<script>var anki = { imageOcclusion: { setup() {} } }</script>"
        f'<body class="card card{place + 1} {classes}"><div id="qa">{html}</div></body></html>'
    )
    return f'<iframe srcdoc="{escape(page)}"></iframe>'


_STYLE: Final = f"""
body {{ width: {_COLUMNS * (_WIDE + 20) + 20}px; margin: 0; padding: 20px 0; background: #777 }}
h1 {{ margin: 0 20px 16px; color: #fff; font: 600 22px sans-serif }}
main {{ columns: {_COLUMNS}; column-gap: 20px; margin: 0 20px }}
section {{ break-inside: avoid; padding-bottom: 20px }}
iframe {{ display: block; width: {_WIDE}px; height: 800px; border: 0 }}
iframe + iframe {{ margin-top: 4px }}
"""


def _path(package: str, file: str) -> Path:
    """Find a file of an installed package, without running its code."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise PictureError(f"{package} is not installed: make dev")
    return Path(spec.origin).parent / file


# -- the browser ----------------------------------------------------------------------


@contextmanager
def running(program: str, folder: Path) -> Iterator[Browser]:
    """Start a browser without a window, which keeps what it needs in ``folder``."""
    (folder / "fonts.conf").write_text(_fonts(folder), "utf-8")
    (orders, to), (answers, back) = os.pipe(), os.pipe()
    # It listens to 3 and answers on 4, which must not be taken before they are given.
    theirs = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (orders, back)]
    for end in (orders, back):
        os.close(end)
    with (
        os.fdopen(to, "wb", 0) as asking,
        os.fdopen(answers, "rb", 0) as answering,
        (folder / "told").open("wb") as told,
    ):
        process = subprocess.Popen(
            [
                *("bash", "-c", f'exec "$@" 3<&{theirs[0]} 4>&{theirs[1]}', "bash", program),
                *("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
                *("--no-first-run", "--disable-breakpad", "--disable-dev-shm-usage"),
                *("--force-color-profile=srgb", f"--user-data-dir={folder}/profile"),
                "--remote-debugging-pipe",
            ],
            pass_fds=theirs,
            env={
                **os.environ,
                "FONTCONFIG_FILE": str(folder / "fonts.conf"),
                "TMPDIR": str(folder),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=told,
            start_new_session=True,
        )
        for end in theirs:
            os.close(end)
        try:
            yield Browser(process, asking, answering)
        except EOFError:
            said = (folder / "told").read_text("utf-8", "replace").strip().splitlines()
            raise PictureError("\n".join([f"{program} ended, and said:", *said[-5:]])) from None
        finally:
            with suppress(ProcessLookupError, PermissionError):  # it has ended already
                os.killpg(process.pid, signal.SIGKILL)
            # Its helpers write into the folder until they end, and with them this pipe.
            process.communicate()


class Browser:
    """A browser that listens to the DevTools protocol on one pipe and answers on another.

    Whatever is asked of it raises ``EOFError`` when it has ended.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], asking: io.FileIO, answering: io.FileIO
    ) -> None:
        self._process = process
        self._asking = asking
        self._answering = answering
        self._heard = b""
        self._asked = 0
        self._page: dict[str, object] = {}
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        attached = self._call("Target.attachToTarget", targetId=target, flatten=True)
        self._page = {"sessionId": attached["sessionId"]}

    def photograph(self, page: Path) -> bytes:
        """Give a page, whole, as PNG; a card that isn't drawn as it should be is an error."""
        self._call("Page.navigate", url=page.as_uri())
        ready = self._call("Runtime.evaluate", expression=_READY, awaitPromise=True)
        if "exceptionDetails" in ready:
            raise PictureError(f"{page.stem}: {ready['result'].get('description')}")
        told = json.loads(ready["result"]["value"])
        if told["problems"]:
            raise PictureError(f"{page.stem}: {'; '.join(told['problems'])}")
        size = {"width": told["width"], "height": told["height"]}
        self._call("Emulation.setDeviceMetricsOverride", **size, deviceScaleFactor=1, mobile=False)
        taken = self._call("Page.captureScreenshot", format="png", optimizeForSpeed=True)
        return base64.b64decode(taken["data"])

    def _call(self, method: str, **parameters: object) -> dict[str, Any]:
        """Have the browser do something, and wait for what it gives."""
        self._asked += 1
        order = {"id": self._asked, "method": method, "params": parameters, **self._page}
        # One that never answers is ended, and so is the wait.
        watch = threading.Timer(_SECONDS, self._process.kill)
        watch.start()
        try:
            self._asking.write(json.dumps(order).encode() + b"\0")
            while (said := json.loads(self._message())).get("id") != self._asked:
                pass  # it tells of much that nobody asked for
        except BrokenPipeError:
            raise EOFError from None
        finally:
            watch.cancel()
        if "error" in said:
            raise PictureError(f"the browser refuses {method}: {said['error']['message']}")
        given: dict[str, Any] = said["result"]
        return given

    def _message(self) -> bytes:
        while b"\0" not in self._heard:
            more = self._answering.read(1 << 16)
            if not more:
                raise EOFError
            self._heard += more
        message, _, self._heard = self._heard.partition(b"\0")
        return message


def _fonts(folder: Path) -> str:
    """Add the fonts of the printed sheet to those of the machine, which may have no Chinese."""
    folders = {_path(source.package, source.path).parent for source in SOURCES}
    listed = "".join(f"<dir>{escape(str(path))}</dir>" for path in sorted(folders))
    return (
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        '<include ignore_missing="yes">/etc/fonts/fonts.conf</include>'
        f"{listed}<cachedir>{escape(str(folder))}/fonts</cachedir></fontconfig>"
    )


if __name__ == "__main__":
    sys.exit(main())
