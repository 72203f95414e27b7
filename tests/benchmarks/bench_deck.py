"""The same notes -> packages by us and by others: how long, how much memory, how large.

Notes are about a kilobyte each in both languages, every third with a formula and every
fourth with a picture of its own of some 20 KB. They lie on disk as card files. Each way
of making a deck of them runs in a process of its own, so that memory is its own too;
rounds are interleaved, since a shared machine drifts, and medians are printed. Beside each
figure stands its ratio to what a user would write. CPU counts all threads, and tells the work
where others keep the machine busy.

- notepress: card files, digests, package; fonts, knowledge and the cache are left out. With one
  edit, pictures are there from before.
- as a user would: ``yaml.safe_load``, ``markdown.markdown`` for each field, genanki.
- genanki alone: our finished fields and the pictures as they are, nothing converted.
- Anki: our package imported into an empty collection, and that exported.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
# Run as a script, nothing else has put the sources on the path.
sys.path[:0] = [str(HERE.parents[1] / "src"), str(HERE.parents[1])]

from tests.benchmarks import ways  # noqa: E402  # found by way of it

if TYPE_CHECKING:
    from notepress.model import Card

SIZES = (45, 1_000, 10_000)
TOPICS = 8
TEMPLATES = HERE.parents[1] / "templates" / "deck"
WORDS = tuple("梯度 损失 网络 权重 训练 样本 特征 卷积 注意 归一 概率 分布 向量 矩阵".split())  # noqa: SIM905  # one row of words
_SIDES = (100, 68)


def _card(number: int) -> Card:
    """Make one card; what it says hangs on its number alone."""
    from notepress.model import Bilingual, Card, Figure

    draw = random.Random(number)  # notes, not secrets
    words = [draw.choice(WORDS) for _ in range(90)]
    chinese = "，".join("".join(words[n : n + 5]) for n in range(0, 60, 5)) + "。"
    listed = "\n".join(f"{n}. **{words[60 + n]}**：{words[70 + n]}" for n in range(1, 4))
    english = " ".join(draw.choice(("loss", "model", "gradient", "of", "the")) for _ in range(60))
    formula = (rf"y_{{{number}}}=\sum_{{i=1}}^{{{number}}} w_i x_i + b",) if number % 3 == 0 else ()
    figure = (Figure(f"{number}.png", origin="author"),) if number % 4 == 0 else ()
    return Card(
        f"card-{number}",
        f"t{number % TOPICS}",
        question=Bilingual(f"第 {number} 问：什么是{words[0]}？", f"What is number {number}?"),
        answer=Bilingual(
            f"{chinese}其中 \\(x_{{{number}}}\\)：\n\n{listed}", f"{english}.\n\n- a\n- b"
        ),
        formulas=formula,
        figures=figure,
        tags=(f"tag{number % 20}",),
    )


def picture(number: int) -> bytes:
    from PIL import Image

    draw = random.Random(number)  # pictures, not secrets
    width, height = _SIDES
    image = Image.frombytes("RGB", _SIDES, draw.randbytes(3 * width * height).translate(ways.NOISE))
    written = BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


def _prepare(folder: Path, count: int) -> None:
    from notepress import store
    from notepress.store import Rest

    cards = [_card(number) for number in range(count)]
    for path, text in store.dump_all(cards, Rest()).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    (folder / "images").mkdir()
    for card in cards:
        for figure in card.figures:
            data = picture(int(figure.file.partition(".")[0]))
            (folder / "images" / figure.file).write_bytes(data)


def _read(folder: Path) -> dict[str, str]:
    found = sorted((folder / "content" / "cards").glob("*.yaml"))
    return {f"content/cards/{path.name}": path.read_text("utf-8") for path in found}


def _ours(folder: Path) -> bytes:
    """Make our deck, of pictures that are kept where there is a cache."""
    from notepress import figures, identity, store, study
    from notepress.caching import Cache
    from notepress.identity import BookLock, Now
    from notepress.model import Assets, Bilingual, Book, Edition, Stamp, Topic, unkept
    from notepress.renderers import deck

    topics = tuple(Topic(f"t{n}", f"主题{n}", f"Topic {n}", "T") for n in range(TOPICS))
    book = Book("bench-00000000", Bilingual("基准", "Benchmark"), topics)
    cards = tuple(store.load_all(_read(folder)).value[0])
    edition = Edition(book, cards)
    pictures = {path.name: path.read_bytes() for path in (folder / "images").iterdir()}
    templates = {path.name: path.read_text("utf-8") for path in TEMPLATES.iterdir()}
    contents = study.digests(
        edition, study.facts(edition), pictures, partial(figures.names, faces={})
    )
    lock = identity.remember(BookLock(), book.id, cards, {})
    lock = identity.stamp(lock, contents, "", Now(book.id, 1_700_000_000, "1.0"))
    stamp = Stamp("1.0", 1_700_000_000, 1_700_000_000, identity.notes(lock, contents))
    keep = unkept
    if (folder / "cache").is_dir():
        keep = partial(Cache(folder / "cache").piece, "pieces")
    assets = Assets(templates, pictures, keep=keep)
    (package,) = deck.render(edition, assets, stamp).files.values()
    return package


def _packed(folder: Path, notes: Iterator[tuple[str, list[str]]], names: list[str]) -> Path:
    """Let genanki write notes: a GUID and fields each."""
    import genanki

    fields = [{"name": name} for name in names]
    sides = [{"name": "Card", "qfmt": "{{" + names[0] + "}}", "afmt": "{{" + names[1] + "}}"}]
    model = genanki.Model(1_600_000_001, "bench", fields=fields, templates=sides)
    made = genanki.Deck(1_600_000_002, "bench")
    for guid, values in notes:
        made.add_note(genanki.Note(model=model, fields=values, guid=guid))
    package = genanki.Package(made)
    package.media_files = [str(path) for path in sorted((folder / "images").iterdir())]
    file = folder / "genanki.apkg"
    package.write_to_file(str(file))
    return file


def _user(folder: Path) -> Path:
    import jinja2
    import markdown
    import yaml

    template = jinja2.Template("<div>{{ html }}</div>")

    def html(text: str) -> str:
        return str(template.render(html=markdown.markdown(text)))

    def notes() -> Iterator[tuple[str, list[str]]]:
        for text in _read(folder).values():
            for card in yaml.safe_load(text) or ():
                said = [card["question"], card["answer"]]
                fields = [html(one[language]) for one in said for language in ("zh", "en")]
                fields.append("".join(rf"\[{formula}\]" for formula in card.get("formulas", ())))
                shown = (figure["file"] for figure in card.get("figures", ()))
                fields.append("".join(f'<img src="{file}">' for file in shown))
                yield card["id"], fields

    names = ["Question", "QuestionEn", "Answer", "AnswerEn", "Formula", "Figure"]
    return _packed(folder, notes(), names)


def _bare(folder: Path) -> Path:
    ready = json.loads((folder / "ready.json").read_text("utf-8"))
    notes = ((guid, fields) for guid, fields in ready)
    return _packed(folder, notes, [f"Field{n}" for n, _ in enumerate(ready[0][1])])


def _anki(folder: Path, *, legacy: bool) -> Path:
    from anki.collection import (
        Collection,
        ExportAnkiPackageOptions,
        ImportAnkiPackageOptions,
        ImportAnkiPackageRequest,
    )

    collection = Collection(str(folder / f"collection-{legacy}.anki2"))
    package = str(folder / "ours.apkg")
    collection.import_anki_package(
        ImportAnkiPackageRequest(package_path=package, options=ImportAnkiPackageOptions())
    )
    options = ExportAnkiPackageOptions(with_media=True, legacy=legacy)
    file = folder / "anki.apkg"
    collection.export_anki_package(out_path=str(file), options=options, limit=None)
    collection.close()
    return file


def _written(folder: Path) -> Path:
    file = folder / "notepress.apkg"
    file.write_bytes(_ours(folder))
    return file


def _rewritten(folder: Path) -> Path:
    """Make the deck once more, after somebody edited a note."""
    (folder / "cache-of-before").rename(folder / "cache")
    cards = next((folder / "content" / "cards").glob("*.yaml"))
    cards.write_text(cards.read_text("utf-8").replace("。", "！", 1), "utf-8")
    file = _written(folder)
    (folder / "cache").rename(folder / "cache-of-before")
    return file


WAYS: Mapping[str, Callable[[Path], Path]] = {
    "notepress": _written,
    "notepress, one edit": _rewritten,
    "as a user would": _user,
    "genanki alone": _bare,
    "Anki, modern": lambda folder: _anki(folder, legacy=False),
    "Anki, legacy": lambda folder: _anki(folder, legacy=True),
}


def _ready(folder: Path, package: bytes) -> None:
    """Keep our finished fields, with the pictures' own names, for those who convert nothing."""
    import sqlite3
    import zipfile
    from contextlib import closing

    (folder / "ours.apkg").write_bytes(package)
    with (
        zipfile.ZipFile(BytesIO(package)) as members,
        closing(sqlite3.connect(":memory:")) as connection,
    ):
        connection.deserialize(members.read("collection.anki2"))
        rows = connection.execute("SELECT guid, flds FROM notes").fetchall()
    ready = [(guid, fields.split("\x1f")) for guid, fields in rows]
    (folder / "ready.json").write_text(json.dumps(ready), "utf-8")


def _measure(way: str, folder: Path) -> tuple[float, float, float, float]:
    """Run one way in a process of its own: seconds from its start, those of CPU, and MB."""
    begun = time.perf_counter()
    script = [sys.executable, str(Path(__file__)), "--way", way, "--folder", str(folder)]
    said = subprocess.run(script, check=True, capture_output=True, text=True).stdout  # ourselves
    busy, memory, size = json.loads(said)
    return time.perf_counter() - begun, busy, memory, size


def _run(way: str, folder: Path) -> None:
    """Be that process: tell its seconds of CPU, MB of memory, and MB of package."""
    package = WAYS[way](folder).stat().st_size
    sys.stdout.write(json.dumps([time.process_time(), ways.peak(), package / 1e6]))


def _table(sizes: tuple[int, ...], rounds: int) -> Iterator[str]:
    yield "| notes | made by | seconds | | CPU | | MB of memory | | MB of package | |"
    yield "|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    for count in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            _prepare(folder, count)
            (folder / "cache").mkdir()
            _ready(folder, _ours(folder))
            (folder / "cache").rename(folder / "cache-of-before")
            runs = [{way: _measure(way, folder) for way in WAYS} for _ in range(rounds)]
        for way in WAYS:
            cells = ways.medians(runs, way, "as a user would", (2, 2, 0, 2))
            yield f"| {count} | {way} | {' | '.join(cells)} |"


if __name__ == "__main__":
    ways.main(__doc__ or "", SIZES, WAYS, _run, _table)
