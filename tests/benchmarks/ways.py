"""Ways of doing the same -> a table of what each of them takes: what the benchmarks share."""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

# Noise as a photograph has it: most of it small.
NOISE: Final = bytes(min(255, max(0, 128 + round((n - 128) ** 3 / 40_000))) for n in range(256))


def peak() -> float:
    """Give the most MB that this process ever held; getrusage would tell its parent's."""
    told = Path("/proc/self/status").read_text("ascii")
    return int(told.partition("VmHWM:")[2].split()[0]) / 1024


def medians(
    runs: Sequence[Mapping[str, tuple[float, ...]]], way: str, against: str, digits: Iterable[int]
) -> Iterator[str]:
    """Write the medians of a way's figures, each with its ratio to another way's."""
    for place, shown in enumerate(digits):
        middle = statistics.median(run[way][place] for run in runs)
        ratio = statistics.median(run[way][place] / run[against][place] for run in runs)
        yield f"{middle:.{shown}f} | {ratio:.2f}"


def main(
    about: str,
    sizes: Sequence[int],
    ways: Collection[str],
    run: Callable[[str, Path], None],
    table: Callable[[tuple[int, ...], int], Iterator[str]],
) -> None:
    """Print one table; ``--sizes`` and ``--rounds`` make it shorter. Or be one way's process."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--sizes", type=int, nargs="+", default=[*sizes])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--way", choices=[*ways])
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.way:
        run(given.way, given.folder)
        return
    for line in table(tuple(given.sizes), given.rounds):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
