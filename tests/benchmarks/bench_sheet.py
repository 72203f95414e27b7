"""The same entries -> printed sheets by us and by others: how long, how much memory, how large.

Entries are in both languages, every third with a formula and every fourth with a picture
of its own of some 20 KB. Each way of printing them runs in a process of its own, so that
memory is its own too; rounds are interleaved, since a shared machine drifts, and medians
are printed. Beside each figure stands its ratio to WeasyPrint by itself. CPU counts all
threads, and tells the work where others keep the machine busy.

- notepress: from entries to the file, fitting and preflight included; fonts are cut already.
- WeasyPrint: one pass over the HTML that our sheet is made of, formulas drawn already, in as
  many columns and in the size that ours ended with; nothing fitted, kept together or tagged.
- WeasyPrint, tagged: the same, as PDF/UA-1.
- Chromium: the same HTML, printed by a browser without a window; memory is that of all its
  processes together.
"""

from __future__ import annotations

import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parents[1]
# Run as a script, nothing else has put the sources on the path.
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from tests.benchmarks import ways  # noqa: E402  # found by way of it

if TYPE_CHECKING:
    from notepress.model import Assets, Card, Edition

SIZES: Final = (45, 300, 1_000)
TOPICS: Final = 8
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")
_ZH: Final = tuple("梯度 损失 网络 权重 训练 样本 特征 卷积 注意 归一 概率 分布 向量 矩阵".split())  # noqa: SIM905  # one row of words
_EN: Final = tuple("the loss of a model gradient training set weights feature layer".split())  # noqa: SIM905  # the same
_SIDES: Final = (600, 405)


def _card(number: int, count: int) -> Card:
    """Make one card of so many; what it says hangs on its number alone."""
    from notepress.model import Bilingual, Card, Figure, Origin

    draw = random.Random(number)  # entries, not secrets
    words = [draw.choice(_ZH) for _ in range(60)]
    chinese = "，".join("".join(words[n : n + 4]) for n in range(0, 40, 4)) + "。"
    english = " ".join(draw.choice(_EN) for _ in range(34)).capitalize() + "."
    formula = (rf"y_{{{number}}}=\sum_{{i=1}}^{{{number}}} w_i x_i + b",) if number % 3 == 0 else ()
    figure = (Figure(f"{number}.png", Bilingual("图", "a picture"), "author"),)
    return Card(
        f"card-{number}",
        f"t{number * TOPICS // count}",
        question=Bilingual(f"第 {number} 问：什么是{words[0]}{words[1]}？", f"What is {number}?"),
        answer=Bilingual(f"{chinese}其中 \\(x_{{{number}}}\\) 是{words[50]}。", english),
        formulas=formula,
        figures=figure if number % 4 == 0 else (),
        origins=(Origin("content/notes.md", number + 1, number + 1),),
    )


def _picture(number: int) -> bytes:
    """Make a picture of some 20 KB: a drawing in flat colors, a part of it noise."""
    from PIL import Image

    draw = random.Random(number)  # pictures, not secrets
    image = Image.new("RGB", _SIDES, "#eef")
    noise = Image.frombytes("RGB", (96, 64), draw.randbytes(3 * 96 * 64).translate(ways.NOISE))
    image.paste(noise, (draw.randrange(500), draw.randrange(340)))
    written = BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


def _edition(count: int) -> Edition:
    from notepress.model import Bilingual, Book, Edition, Topic

    topics = tuple(Topic(f"t{n}", f"主题{n}", f"Topic {n}", "T") for n in range(TOPICS))
    book = Book("bench-00000000", Bilingual("基准", "Benchmark"), topics)
    return Edition(book, tuple(_card(number, count) for number in range(count)))


def _assets(folder: Path) -> Assets:
    from notepress.model import Assets

    def read(name: str) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted((folder / name).iterdir())}

    sheet = ROOT / "templates" / "sheet"
    templates = {path.name: path.read_text("utf-8") for path in sheet.iterdir()}
    return Assets(templates, read("pictures"), read("fonts"))


def _render(folder: Path) -> bytes:
    from notepress.model import Stamp
    from notepress.renderers import sheet

    count = int((folder / "count").read_text("ascii"))
    made = sheet.render(_edition(count), _assets(folder), Stamp("1.0", 1_700_000_000, 0, {}))
    if made.findings:
        raise SystemExit(f"the sheet is not as it should be: {made.findings[0]}")
    (pdf,) = made.files.values()
    return pdf


def _prepare(folder: Path, count: int) -> None:
    """Put down fonts, pictures, and the HTML that our sheet is made of, in columns of a page."""
    from notepress import fonts
    from notepress.imposition import Typesetter
    from tests.sheet_cards import sources

    edition = _edition(count)
    (folder / "count").write_text(str(count), "ascii")
    text = "".join(f"{card.question}{card.answer}" for card in edition.cards)
    pictures = {f.file: _picture(int(f.file[:-4])) for card in edition.cards for f in card.figures}
    for name, files in (("fonts", fonts.cut(sources(), text)), ("pictures", pictures)):
        (folder / name).mkdir()
        for file, data in files.items():
            (folder / name / file).write_bytes(data)
    laid: list[str] = []
    lay = Typesetter.lay

    def listen(self: Typesetter, html: str) -> object:
        laid.append(html)
        return lay(self, html)

    Typesetter.lay = listen  # type: ignore[method-assign]  # to hear what is laid out
    (folder / "ours.pdf").write_bytes(_render(folder))
    Typesetter.lay = lay  # type: ignore[method-assign]  # as it was
    (folder / "page.html").write_text(in_columns(laid[-2], folder), "utf-8")


def in_columns(flow: str, folder: Path) -> str:
    """Turn one endless column into columns of a page, as somebody would write them."""
    style = (ROOT / "templates" / "sheet" / "sheet.css").read_text("utf-8")
    page = (
        "@page { size: 297mm 210mm; margin: 8mm 8mm 9mm }"
        " body { columns: 4; column-gap: 5.4mm } .again { display: none }"
    )
    flow = re.sub(r"@page \{[^}]*\}", page, flow, count=1)
    flow = flow.replace("<style>", f"<style>{style}</style><style>", 1)

    def found(match: re.Match[str]) -> str:
        kind = "fonts" if (folder / "fonts" / match[1]).exists() else "pictures"
        return f"{kind}/{match[1]}"

    return re.sub(r"asset:([^)\"]+)", found, flow)


def _ours(folder: Path) -> Path:
    file = folder / "notepress.pdf"
    file.write_bytes(_render(folder))
    return file


def _weasyprint(folder: Path, **options: object) -> Path:
    import weasyprint

    file = folder / "weasyprint.pdf"
    weasyprint.HTML(filename=str(folder / "page.html")).write_pdf(file, **options)
    return file


def _chromium(folder: Path) -> Path:
    browser = _browser()
    file = folder / "chromium.pdf"
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    page = (folder / "page.html").as_uri()
    asked = [browser, *options, f"--user-data-dir={folder}/profile", f"--print-to-pdf={file}", page]
    subprocess.run(asked, check=True, capture_output=True)
    return file


def _browser() -> str:
    return next((found for name in BROWSERS if (found := shutil.which(name))), "")


WAYS: Final[Mapping[str, Callable[[Path], Path]]] = {
    "notepress": _ours,
    "WeasyPrint": _weasyprint,
    "WeasyPrint, tagged": lambda folder: _weasyprint(folder, pdf_variant="pdf/ua-1"),
    "Chromium": _chromium,
}


def _measure(way: str, folder: Path) -> tuple[float, ...]:
    """Run one way in a process of its own: seconds from its start, those of CPU, MB, MB, pages."""
    begun = time.perf_counter()
    script = [sys.executable, str(Path(__file__)), "--way", way, "--folder", str(folder)]
    process = subprocess.Popen(script, stdout=subprocess.PIPE, text=True, start_new_session=True)
    most = 0.0
    while process.poll() is None:
        most = max(most, _memory(process.pid))
        time.sleep(0.05)
    said, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{way} failed")
    seconds = time.perf_counter() - begun
    busy, own, size, pages = json.loads(said)
    return seconds, busy, most if way == "Chromium" else own, size, pages


def _memory(session: int) -> float:
    """Add up the MB of all processes of a session, what they share counted once."""
    total = 0
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            if os.getsid(int(process.name)) == session:
                told = (process / "smaps_rollup").read_text("ascii")
                total += int(told.partition("\nPss:")[2].split()[0])
        except (OSError, IndexError):
            continue  # it has just ended
    return total / 1024


def _run(way: str, folder: Path) -> None:
    """Be that process: tell its seconds of CPU, MB of memory, MB of the file, and pages."""
    import pypdf

    file = WAYS[way](folder)
    mine, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, _CHILDREN))
    busy = mine.ru_utime + mine.ru_stime + others.ru_utime + others.ru_stime
    pages = len(pypdf.PdfReader(file).pages)
    sys.stdout.write(json.dumps([busy, ways.peak(), file.stat().st_size / 1e6, pages]))


_CHILDREN: Final = resource.RUSAGE_CHILDREN


def _table(sizes: tuple[int, ...], rounds: int) -> Iterator[str]:
    measured = [way for way in WAYS if way != "Chromium" or _browser()]
    yield "| entries | printed by | seconds | | CPU | | MB of memory | | MB of file | | pages |"
    yield "|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    for count in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            _prepare(folder, count)
            runs = [{way: _measure(way, folder) for way in measured} for _ in range(rounds)]
        for way in measured:
            cells = ways.medians(runs, way, "WeasyPrint", (1, 1, 0, 2))
            yield f"| {count} | {way} | {' | '.join(cells)} | {runs[0][way][4]:.0f} |"
    if "Chromium" not in measured:
        yield "\nChromium is not installed, and was not measured."


if __name__ == "__main__":
    ways.main(__doc__ or "", SIZES, WAYS, _run, _table)
