"""Whole builds of small and large books, by stage -> one table: cold, with nothing to do, one edit.

The author's own book is built as it is, and books of made-up notes as ``init`` makes them:
a few hundred bytes an entry, every third with a formula and every fourth with a picture of its
own of some 20 KB. Each build is a process of its own; a cold one finds fonts cut and
nothing else, as after a release of the tool. Rounds are interleaved, and medians printed.

- start: from the process's begin until the book is read; an empty Python is in it.
- bare pass: one pass of WeasyPrint over the HTML that the book's sheet is made of, formulas
  drawn and type of our final size, nothing fitted or tagged; Python's start and imports in it.
- memory is the larger process's, where two are at work.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parents[1]
# Run as a script, nothing else has put the sources on the path.
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from tests.benchmarks import bench_deck, bench_sheet, ways  # noqa: E402  # found by way of it

SIZES: Final = (45, 1_000, 10_000)
# A sheet of more entries is hundreds of pages, and takes as long as it is long.
MOST_PRINTED: Final = 1_000
STAGES: Final = ("start", "read", "normalize", "check", "data", "deck", "report", "sheet", "write")
_OF_STAGE: Final = dict.fromkeys(("segment", "fix", "complete", "merge"), "normalize")
_WORDS: Final = (
    *("梯度", "损失", "网络", "权重", "训练", "样本", "特征", "卷积", "注意力", "归一化", "概率"),
    *("分布", "向量", "矩阵", "激活", "偏差", "方差", "聚类", "编码器", "解码器", "学习率", "批量"),
    *("正则项", "超参数", "验证集", "测试集", "词表", "嵌入", "残差", "隐变量", "似然", "先验"),
)
_EDITED: Final = "这一句是后来改过的。"

Timed = dict[str, float]


def _entry(number: int) -> str:
    """Write one entry as somebody might; what it says hangs on its number alone."""
    draw = random.Random(number)  # notes, not secrets
    asked = draw.sample(_WORDS, 3)
    told = "，".join(f"{one}会影响{other}的{third}" for one, other, third in _threes(draw))
    formula = rf"公式是 \(y_{{{number}}}=\sum_i w_i x_i + b\)。" if number % 3 == 0 else ""
    picture = f"\n![图](images/{number}.png)" if number % 4 == 0 else ""
    question = f"{asked[0]}、{asked[1]}和{asked[2]}在第{number}种模型里有什么关系？"
    return f"## {number}. {question}\n{told}。{formula}{picture}\n"


def _threes(draw: random.Random) -> Iterator[list[str]]:
    for _ in range(8):
        yield draw.sample(_WORDS, 3)


def _book(folder: Path, count: int) -> None:
    """Lay down a book: the author's own for 45, else one of made-up notes."""
    if count == SIZES[0]:
        for part in ("content", "images"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("knowledge"))
        shutil.rmtree(folder / "images" / "drawn")
        return
    notes = folder.parent / f"notes-{count}"
    (notes / "images").mkdir(parents=True)
    for number in range(0, count, 4):
        (notes / "images" / f"{number}.png").write_bytes(bench_deck.picture(number))
    (notes / "notes.md").write_text("\n".join(map(_entry, range(count))), "utf-8")
    made = [
        sys.executable,
        str(ROOT / "build.py"),
        "init",
        str(folder),
        "--notes",
        str(notes / "notes.md"),
    ]
    subprocess.run(made, check=True, capture_output=True)  # ourselves


def _edit(folder: Path, turn: int) -> None:
    """Change one answer of the notes, to something else every time."""
    notes = next(path for path in sorted((folder / "content").glob("*.md")))
    lines = notes.read_text("utf-8").splitlines(keepends=True)
    place = next(i for i in range(len(lines) // 2, len(lines)) if len(lines[i]) > len(_EDITED))
    lines[place] = f"{lines[place].rstrip()}{_EDITED[:-1]}{'又' * turn}。\n"
    notes.write_text("".join(lines), "utf-8")


def _edit_card(folder: Path, turn: int) -> None:
    """Change one answer by hand, on its card."""
    cards = next(p for p in sorted((folder / "content/cards").glob("*.yaml")) if p.name[0] != "_")
    text = cards.read_text("utf-8")
    cards.write_text(text.replace("。", f"{'又' * turn}。", 1), "utf-8")


def _commands(count: int) -> list[str]:
    return ["all"] if count <= MOST_PRINTED else ["normalize", "deck"]


def _chill(folder: Path) -> None:
    """Forget all that was made, but for the fonts."""
    shutil.rmtree(folder / "dist", ignore_errors=True)
    for kind in (folder / ".cache").iterdir():
        if kind.name != "fonts":
            shutil.rmtree(kind)


def _timed(folder: Path, command: str) -> Timed:
    """Build in a process of its own; gives seconds by stage, of CPU, and MB."""
    begun = time.time()
    script = [sys.executable, str(Path(__file__)), "--way", command, "--folder", str(folder)]
    done = subprocess.run(script, check=False, capture_output=True, text=True)  # ourselves
    whole = time.time() - begun
    if done.returncode:
        raise SystemExit(f"{command} failed:\n{done.stdout}{done.stderr}")
    told: Timed = json.loads(done.stdout)
    return told | {"seconds": whole, "start": told["start"] - begun}


def _all(folder: Path, count: int) -> Timed:
    """Run what makes every output of a book of this size, and add it up."""
    whole: Timed = {}
    for command in _commands(count):
        for name, value in _timed(folder, command).items():
            whole[name] = (
                max(whole.get(name, 0.0), value) if name == "MB" else (whole.get(name, 0.0) + value)
            )
    return whole


def _run(way: str, folder: Path) -> None:
    """Be the process that builds, or one that it is measured against."""
    if way == "empty":
        return
    if way == "bare":
        import weasyprint

        weasyprint.HTML(filename=str(folder / "page.html")).write_pdf(folder / "bare.pdf")
        return
    if way == "listen":
        _listen(folder)
        return
    marks: list[tuple[str, float]] = []
    _build(way, folder, marks)
    marks.append(("", time.time()))
    spent = dict.fromkeys(STAGES, 0.0)
    for (stage, at), (_, until) in pairwise(marks):
        spent[_OF_STAGE.get(stage, stage)] += until - at
    spent["start"] = marks[0][1]
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    spent["CPU"] = sum(one.ru_utime + one.ru_stime for one in used)
    spent["MB"] = max(ways.peak(), used[1].ru_maxrss / 1024)
    sys.stdout.write(json.dumps(spent))


def _build(command: str, folder: Path, marks: list[tuple[str, float]]) -> None:
    """Run one command, and note when each of its stages begins."""
    from notepress import cli, rerun

    def mark(stage: str) -> None:
        marks.append((stage, time.time()))

    recall = rerun.recall

    def recalled(*given: Any) -> object:
        told = recall(*given)
        if told is None:  # only now does the tool itself load what builds
            _listen_to(mark)
        return told

    rerun.recall = recalled  # type: ignore[assignment]  # to hear of it
    code = cli.main([command, "--project", str(folder), "--quiet"])
    if not marks:  # nothing was to be done
        mark("start")
    if code:
        raise SystemExit(code)


def _listen_to(mark: Callable[[str], None]) -> None:
    """Hear of stages as the bar of progress does, and of reading and writing besides."""
    from notepress import building, files

    load, save = files.load, building.save

    @contextmanager
    def bar(*_: object) -> Iterator[Callable[[str], None]]:
        yield mark

    def loaded(*given: Any) -> object:
        mark("read")
        return load(*given)

    def saved(*given: Any) -> object:
        mark("write")
        return save(*given)

    building.bar = bar  # type: ignore[assignment, attr-defined]  # to hear of it
    building.save = saved  # type: ignore[assignment]  # to hear of it
    files.load = loaded  # type: ignore[assignment]  # the same


def _listen(folder: Path) -> None:
    """Put down the HTML that a book's sheet is made of, in columns of a page, with its files."""
    from notepress import cli
    from notepress.imposition import Typesetter

    laid: list[str] = []
    held: dict[str, bytes] = {}
    lay, begin = Typesetter.lay, Typesetter.__init__

    def listen(self: Typesetter, html: str) -> object:
        laid.append(html)
        return lay(self, html)

    def begun(self: Typesetter, style: str, files: Mapping[str, bytes], *more: object) -> None:
        held.update(files)
        begin(self, style, files, *more)  # type: ignore[arg-type]  # what it is given

    Typesetter.lay, Typesetter.__init__ = listen, begun  # type: ignore[method-assign, assignment]  # to hear them
    shutil.rmtree(folder / ".cache" / "sheet", ignore_errors=True)
    shutil.rmtree(folder / ".cache" / "runs", ignore_errors=True)
    cli.main(["sheet", "--project", str(folder), "--quiet"])
    for name, data in held.items():
        kind = "fonts" if name.endswith((".ttf", ".otf")) else "pictures"
        path = folder / kind / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (folder / "page.html").write_text(bench_sheet.in_columns(laid[-2], folder), "utf-8")


def _seconds(way: str, folder: Path) -> float:
    """Time a process that is measured against."""
    begun = time.time()
    script = [sys.executable, str(Path(__file__)), "--way", way, "--folder", str(folder)]
    if way == "empty":
        script = [sys.executable, "-c", ""]
    subprocess.run(script, check=True, capture_output=True)  # ourselves
    return time.time() - begun


def _rounds(count: int, rounds: int, folder: Path) -> dict[str, list[Timed]]:
    """Build a book of so many entries in all its states, again and again."""
    _book(folder, count)
    _all(folder, count)
    printed = count <= MOST_PRINTED
    if printed:
        _seconds("listen", folder)
    found: dict[str, list[Timed]] = {}
    for turn in range(rounds):
        _chill(folder)
        cold = _all(folder, count)
        # Of several commands the last: each looks at all that lies where it writes.
        idle = _timed(folder, _commands(count)[-1])
        _edit(folder, turn + 1)
        edit = _all(folder, count)
        _edit_card(folder, turn + 1)
        card = _timed(folder, "deck")
        empty = _seconds("empty", folder)
        bare = _seconds("bare", folder) if printed else 0.0
        against = {
            "cold": bare,
            "nothing changed": empty,
            "one edit": cold["seconds"],
            "one card, deck alone": idle["seconds"],
        }
        for state, timed in zip(against, (cold, idle, edit, card), strict=True):
            ratio = timed["seconds"] / against[state] if against[state] else 0.0
            found.setdefault(state, []).append(timed | {"ratio": ratio})
    return found


_AGAINST: Final = {
    "cold": "a bare pass",
    "nothing changed": "an empty Python",
    "one edit": "a cold build",
    "one card, deck alone": "nothing changed",
}


def _table(sizes: tuple[int, ...], rounds: int) -> Iterator[str]:
    names = (*STAGES, "seconds", "CPU", "MB")
    yield f"| entries | build | {' | '.join(names)} | ratio | growth |"
    yield f"|--:|---|{'--:|' * len(names)}---|--:|"
    before: dict[str, tuple[int, float]] = {}
    for count in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "book"
            folder.mkdir()
            found = _rounds(count, rounds, folder)
        for state, runs in found.items():
            cells = [f"{_median(runs, n):.{0 if n == 'MB' else 2}f}" for n in names]
            ratio = _median(runs, "ratio")
            told = f"{ratio:.2f} × {_AGAINST[state]}" if ratio else ""
            seconds = _median(runs, "seconds")
            last = before.get(state)
            growth = f"{seconds / last[1] / (count / last[0]):.2f}" if last else ""
            before[state] = (count, seconds)
            yield f"| {count} | {state} | {' | '.join(cells)} | {told} | {growth} |"


def _median(runs: list[Timed], name: str) -> float:
    return statistics.median(run.get(name, 0.0) for run in runs)


if __name__ == "__main__":
    os.environ.pop("CI", None)
    known = ("all", "normalize", "deck", "empty", "bare", "listen")
    ways.main(__doc__ or "", SIZES, known, _run, _table)
