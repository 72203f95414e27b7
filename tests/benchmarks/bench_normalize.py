"""Labeled notes, slips and right sentences -> how well the normalizer does on them, in figures.

The set lies in ``normalize/``: ``slips.yaml`` (one slip a text), ``right.yaml`` (nothing
to be altered) and ``books/`` (whole notes in five styles, with the lines of every entry
and what it leaves unfinished). Others' notes and sentences in ``others/`` (``--set others``)
were written without knowing the rules, which have been improved by them since; those in
``holdout/`` (``--set holdout``) have not been used for that.
Nothing here is compared with a golden file: the figures are for whoever alters a rule,
``--list`` shows what is behind them.

A change is right if it lies at the slip and leaves there what ought to stand there. One
that only alters width or spacing elsewhere counts for nothing; every other is wrong.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from unittest import mock

import yaml

HERE = Path(__file__).resolve().parent
# Run as a script, nothing else has put the sources on the path.
sys.path.insert(0, str(HERE.parents[1] / "src"))

from notepress import files, gaps, pipeline  # noqa: E402  # the path comes first
from notepress.compose import Shelf, compose  # noqa: E402  # the path comes first
from notepress.fields import split  # noqa: E402  # the path comes first
from notepress.fixers import correct  # noqa: E402  # the path comes first
from notepress.knowledge import Knowledge, fold  # noqa: E402  # the path comes first
from notepress.model import (  # noqa: E402  # the path comes first
    Bilingual,
    Book,
    Change,
    Entry,
    Note,
    Origin,
    State,
    Status,
)
from notepress.segment import segment  # noqa: E402  # the path comes first

DATA = HERE / "normalize"
# Written by people who had seen neither the rules nor the set beside it; the last is not to be
# tuned on.
SETS = {"own": DATA, "others": DATA / "others", "holdout": DATA / "holdout"}
# Their slips are what a comparison by width and spacing would not see.
EXACT = frozenset({"width", "spacing", "separator"})
LIST = "list-run-on"
SIZES = (1_000, 10_000)
_NARROW = str.maketrans("。、“”‘’", ".,\"\"''")


@dataclass(frozen=True, slots=True)
class Slip:
    """A text with one slip: ``before`` stands in it once, any of ``after`` ought to."""

    text: str
    before: str
    after: tuple[str, ...]
    kind: str


@dataclass(frozen=True, slots=True)
class RightText:
    """A text in which nothing is to be altered, and the trap that it sets."""

    text: str
    trap: str


@dataclass(frozen=True, slots=True)
class Mark:
    """An entry as a person sees it in a note; ``gap`` is "" where nothing is unfinished."""

    first_line: int
    last_line: int
    question: str
    gap: str = ""


@dataclass(frozen=True, slots=True)
class Marked:
    """A note in one style, with its marks."""

    style: str
    text: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """One change, and the range ``[start:end]`` of the original text that it put something for."""

    change: Change
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """A corrected text; ``places`` tells where in the original each character came from."""

    original: str
    text: str
    places: tuple[int, ...]
    done: tuple[Done, ...]

    def window(self, start: int, end: int) -> str:
        """Give what now stands for ``[start:end]`` of the original."""
        return "".join(c for c, p in zip(self.text, self.places, strict=False) if start <= p < end)


@dataclass(slots=True)
class Count:
    """Right and wrong among what was given, and what there was to be found."""

    right: int = 0
    wrong: int = 0
    found: int = 0
    wanted: int = 0

    @property
    def precision(self) -> float | None:
        """The share of what was given that is right."""
        given = self.right + self.wrong
        return self.right / given if given else None

    @property
    def recall(self) -> float | None:
        """The share of what was wanted that was found."""
        return self.found / self.wanted if self.wanted else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both."""
        p, r = self.precision or 0.0, self.recall or 0.0
        return 2 * p * r / (p + r) if p + r else 0.0

    def add(self, other: Count) -> None:
        """Count another's as well."""
        self.right += other.right
        self.wrong += other.wrong
        self.found += other.found
        self.wanted += other.wanted


@dataclass(slots=True)
class Results:
    """Rows of the table, and what stands behind them, by heading."""

    rows: list[tuple[str, ...]] = field(default_factory=list)
    listed: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    fixes: Count = field(default_factory=Count)

    def put(self, name: str, cases: int = 0, value: str = "") -> None:
        """Add a row that holds one figure."""
        self.rows.append((name, str(cases or ""), value))

    def put_counts(self, name: str, *counts: Count) -> None:
        """Add a row of precision and recall: of what is automatic, then with proposals."""
        sure, *both = counts
        cells = [sure.precision, sure.recall, sure.f1]
        cells += [share for count in both for share in (count.precision, count.recall)]
        self.rows.append((name, str(sure.wanted), "", *map(_share, cells)))


def read_slips(data: Path = DATA) -> tuple[Slip, ...]:
    """Read the labeled slips."""
    plain = yaml.safe_load((data / "slips.yaml").read_text("utf-8"))
    return tuple(Slip(s["text"], s["before"], _several(s["after"]), s["kind"]) for s in plain)


def _several(after: str | list[str]) -> tuple[str, ...]:
    return (after,) if isinstance(after, str) else tuple(after)


def read_right(data: Path = DATA) -> tuple[RightText, ...]:
    """Read the sentences that are right as they stand."""
    plain = yaml.safe_load((data / "right.yaml").read_text("utf-8"))
    return tuple(RightText(s["text"], s["trap"]) for s in plain)


def read_books(data: Path = DATA) -> tuple[Marked, ...]:
    """Read the notes, each with its marks."""
    return tuple(_book(path) for path in sorted((data / "books").glob("*.md")))


def _book(path: Path) -> Marked:
    plain = yaml.safe_load(path.with_suffix(".yaml").read_text("utf-8"))
    marks = tuple(
        Mark(m["first_line"], m["last_line"], m["question"], m["gap"] if m["unfinished"] else "")
        for m in plain
    )
    return Marked(path.stem, path.read_text("utf-8"), marks)


def level(text: str) -> str:
    """Give what two texts share that differ in width and spacing alone."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).translate(_NARROW)


def _entry(text: str) -> Entry:
    return Entry(Origin("notes.md", 1, 1 + text.count("\n")), text, text)


def fixed(text: str, knowledge: Knowledge, *, proposals: bool) -> Outcome:
    """Correct a text and follow every character; with ``proposals`` as if all were accepted."""
    entry = correct(_entry(text), knowledge).value
    now, places, done, shift = text, list(range(len(text) + 1)), [], 0
    for change in entry.changes:
        if not change.state.applied and not proposals:
            continue
        start = change.offset + (0 if change.state.applied else shift)
        end = start + len(change.before)
        done.append(Done(change, places[start], places[end]))
        now = now[:start] + change.after + now[end:]
        places[start:end] = [places[start]] * len(change.after)
        if not change.state.applied:
            shift += len(change.after) - len(change.before)
    return Outcome(text, now, tuple(places), tuple(done))


def judge(slip: Slip, outcome: Outcome) -> tuple[bool, list[Done]]:
    """Tell whether a slip was put right, and which changes were wrong."""
    start = slip.text.index(slip.before)
    end = start + len(slip.before)
    # An insertion takes the place of the character that it stands before, so the
    # window reaches one character further than what was altered.
    near = [d for d in outcome.done if d.start <= end and d.end >= start]
    first = min([start, *(d.start for d in near)])
    last = max([end, *(d.end for d in near)]) + 1
    now = outcome.window(first, last)
    wanted = [slip.text[first:start] + after + slip.text[end:last] for after in slip.after]
    # A word that a space broke is the same to a comparison by width and spacing.
    broken = any(_same(slip.before, after) for after in slip.after)
    same = _same_exactly if broken or slip.kind in EXACT else _same
    good = any(same(now, want) for want in wanted)
    wrong = [d for d in outcome.done if (d not in near or not good) and not _neutral(d.change)]
    return good, wrong


def _same(one: str, other: str) -> bool:
    return level(one) == level(other)


def _same_exactly(one: str, other: str) -> bool:
    return one.rstrip() == other.rstrip()


def laid_out(slip: Slip, knowledge: Knowledge) -> bool:
    """Tell whether the card made of a text sets its list out; what ends an item is style."""
    entry = correct(_entry(slip.text), knowledge).value
    # Without knowledge: what it would add to the items is not asked for here.
    answer = compose((entry,), "card", Shelf(Knowledge())).value.answer.zh
    return any(_items(answer)[-len(_items(after)) :] == _items(after) for after in slip.after)


def _items(text: str) -> list[str]:
    lines = (level(line).rstrip(";,.") for line in text.split("\n"))
    return [line for line in lines if line]


def _neutral(change: Change) -> bool:
    return level(change.before) == level(change.after)


def score_slips(slips: Sequence[Slip], knowledge: Knowledge, results: Results) -> None:
    """Count what was found of every kind of slip, and what was altered wrongly."""
    kinds = list(dict.fromkeys(slip.kind for slip in slips))
    counts = {(kind, p): Count() for kind in (*kinds, "all slips") for p in (False, True)}
    for slip in slips:
        for proposals in (False, True):
            count = _score_slip(slip, knowledge, results, proposals=proposals)
            counts[slip.kind, proposals].add(count)
            counts["all slips", proposals].add(count)
    for kind in (*kinds, "all slips"):
        name = f"**{kind}**" if kind == "all slips" else f"slips: {kind}"
        results.put_counts(name, counts[kind, False], counts[kind, True])
    results.fixes.add(counts["all slips", False])


def _score_slip(slip: Slip, knowledge: Knowledge, results: Results, *, proposals: bool) -> Count:
    outcome = fixed(slip.text, knowledge, proposals=proposals)
    good, wrong = judge(slip, outcome)
    if slip.kind == LIST:
        # Not a rule's work but the card's, which asks nobody.
        good = laid_out(slip, knowledge)
        wrong = [d for d in wrong if not (good and _counts(slip, d))]
    told = [f"  {_told(d.change)}" for d in wrong]
    if proposals and wrong:
        wrong_here = [d for d in wrong if d.change.state is State.PROPOSED]
        lines = [f"  {_told(d.change)}" for d in wrong_here]
        if lines:
            results.listed["wrong proposals in texts with a slip"] += [slip.text, *lines]
    elif wrong:
        results.listed["wrong automatic fixes in texts with a slip"] += [slip.text, *told]
    if proposals and not good:
        after = " | ".join(slip.after).replace("\n", "⏎")
        head = f"missed slips: {slip.kind}"
        results.listed[head].append(f"{slip.before!r} → {after!r}   in: {slip.text}")
    right = sum(1 for d in outcome.done if d not in wrong and _counts(slip, d)) if good else 0
    if slip.kind == LIST:
        right = int(good)
    return Count(right, len(wrong), int(good), 1)


def _counts(slip: Slip, done: Done) -> bool:
    """Tell whether a change that is not wrong belongs to the slip, or only tidied elsewhere."""
    start = slip.text.index(slip.before)
    return done.start <= start + len(slip.before) and done.end >= start


def _told(change: Change) -> str:
    before, after = (t.replace("\n", "⏎") for t in (change.before, change.after))
    return f"{change.code} ({change.state}): {before!r} → {after!r}"


def score_right(texts: Sequence[RightText], knowledge: Knowledge, results: Results) -> None:
    """Count the right sentences that were altered, or that something was proposed on."""
    altered: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for right in texts:
        changes = correct(_entry(right.text), knowledge).value.changes
        sure = [c for c in changes if c.state.applied]
        guessed = [c for c in changes if not c.state.applied]
        for hit, counter, head in (
            (sure, altered, "right sentences changed"),
            (guessed, asked, "right sentences proposed on"),
        ):
            counter[right.trap] += bool(hit)
            if hit:
                results.fixes.wrong += len(hit) if hit is sure else 0
                results.listed[head] += [
                    f"[{right.trap}] {right.text}",
                    *(f"  {_told(c)}" for c in hit),
                ]
    for name, counter in (("changed", altered), ("proposed on", asked)):
        share = f"{counter.total()}: {_share(counter.total() / len(texts))}"
        results.put(f"**right sentences {name}**", len(texts), share)
    given = results.fixes.right + results.fixes.wrong
    share = _share(results.fixes.precision)
    results.put("**automatic fixes that are right, of these and all slips**", given, share)


def score_books(books: Sequence[Marked], knowledge: Knowledge, results: Results) -> None:
    """Count entries with the very lines marked, and what is unfinished about them."""
    spans, questions, open_ = Count(), Count(), Count()
    kinds: dict[str, Count] = defaultdict(Count)
    finished = alarms = 0
    for book in books:
        entries = segment(Note(f"{book.style}.md", book.text)).value.entries
        count = _score_spans(book, entries, results)
        spans.add(count)
        results.put_counts(f"entries: {book.style}", count)
        questions.add(_score_questions(book, entries, results))
        flagged = _flagged(book, entries, knowledge)
        for mark in book.marks:
            said = flagged.get(mark, "")
            here = f"{book.style}:{mark.first_line} {mark.question}"
            finished += not mark.gap
            if mark.gap:
                kinds[mark.gap].add(Count(0, 0, int(bool(said)), 1))
                if not said:
                    results.listed["unfinished, not found"].append(f"[{mark.gap}] {here}")
            elif said:
                alarms += 1
                results.listed["false alarms of unfinished"].append(f"[{said}] {here}")
    for count in kinds.values():
        open_.add(Count(count.found, 0, count.found, count.wanted))
    open_.wrong = alarms
    results.put_counts("**all entries**", spans)
    name = "questions right, of entries with the right lines"
    results.put(name, questions.wanted, _share(questions.recall))
    for gap, count in sorted(kinds.items()):
        results.put(f"unfinished: {gap}", count.wanted, _share(count.recall))
    results.put_counts("**all unfinished**", open_)
    share = f"{alarms}: {_share(alarms / finished)}"
    results.put("**false alarms, of finished entries**", finished, share)


def _score_spans(book: Marked, entries: Iterable[Entry], results: Results) -> Count:
    wanted = {(m.first_line, m.last_line): m.question for m in book.marks}
    given = {(e.origin.first_line, e.origin.last_line): e.raw for e in entries}
    right = len(wanted.keys() & given.keys())
    for span in sorted(wanted.keys() - given.keys()):
        line = f"missing {span[0]}–{span[1]}: {wanted[span]}"
        results.listed[f"entries: {book.style}"].append(line)
    for span in sorted(given.keys() - wanted.keys()):
        line = f"instead {span[0]}–{span[1]}: {given[span][:60].replace(chr(10), '⏎')}"
        results.listed[f"entries: {book.style}"].append(line)
    return Count(right, len(given) - right, right, len(wanted))


def _score_questions(book: Marked, entries: Iterable[Entry], results: Results) -> Count:
    """Compare the question of every entry that has the right lines with the author's."""
    wanted = {(m.first_line, m.last_line): m.question for m in book.marks}
    count = Count()
    for entry in entries:
        asked = wanted.get((entry.origin.first_line, entry.origin.last_line))
        if asked is None:
            continue
        given = split(entry.text, entry.form).question
        good = _bare(given) == _bare(asked)
        count.add(Count(int(good), int(not good), int(good), 1))
        if not good:
            line = f"{book.style}:{entry.origin.first_line} {asked!r}, given {given!r}"
            results.listed["questions"].append(line)
    return count


def _bare(question: str) -> str:
    """Give a question without the number in front of it, for a title may bear one."""
    return fold(re.sub(r"^\d+[.、]\s*", "", question))


def _flagged(book: Marked, entries: Iterable[Entry], knowledge: Knowledge) -> dict[Mark, str]:
    """Give what is said to be unfinished of every mark; an entry belongs to where most of it is."""
    flagged: dict[Mark, str] = {}
    for entry in entries:
        said = ", ".join(unfinished(correct(entry, knowledge).value, knowledge))
        first, last = entry.origin.first_line, entry.origin.last_line
        shared = {m: min(m.last_line, last) - max(m.first_line, first) for m in book.marks}
        owner = max(book.marks, key=lambda m: shared[m])
        if said and shared[owner] >= 0:
            flagged[owner] = said
    return flagged


def unfinished(entry: Entry, knowledge: Knowledge) -> list[str]:
    """Give the kinds of gap that are found in an entry, those included that knowledge fills."""
    seen: list[str] = []
    find = gaps.find

    def heard(*args: object, **how: object) -> tuple[gaps.Gap, ...]:
        found = find(*args, **how)  # type: ignore[arg-type]  # handed on as they come
        seen.extend(gap.kind for gap in found)
        return found

    with mock.patch.object(gaps, "find", heard):
        card = compose((entry,), "card", Shelf(knowledge)).value
    if not seen and card.status is Status.UNFINISHED:
        seen.append("NO-ANSWER")
    return seen


def time_growth(books: Sequence[Marked], knowledge: Knowledge, results: Results) -> None:
    """Time the whole way from notes to cards, for many entries and ten times as many."""
    took: list[float] = []
    for size in SIZES:
        notes = tuple(_numbered(books, size))
        stages = _timed(notes, knowledge)
        took.append(sum(stages.values()))
        parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in stages.items())
        results.put(f"seconds for {size:,} entries ({parts})", size, f"{took[-1]:.1f}")
    growth = took[-1] / took[0] / (SIZES[-1] / SIZES[0])
    results.put("time an entry takes among the most, to among the fewest", value=f"{growth:.2f}")


def _timed(notes: tuple[Note, ...], knowledge: Knowledge) -> dict[str, float]:
    """Give the seconds that each stage takes to make cards of notes."""
    book = Book("bench", Bilingual("测", "bench"), (), {})
    stages: list[str] = []
    clock: list[float] = []

    def heard(stage: str) -> None:
        stages.append(stage)
        clock.append(time.perf_counter())

    pipeline.ingest(files.Sources(book, knowledge, notes), heard)
    clock.append(time.perf_counter())
    return {s: b - a for s, (a, b) in zip(stages, pairwise(clock), strict=True)}


def score_completion(books: Sequence[Marked], knowledge: Knowledge, results: Results) -> None:
    """Tell what knowledge alone completes and says in English, of the cards of whole notes."""
    unfinished, done, english, cards = 0, 0, 0, 0
    for book in books:
        sources = files.Sources(
            Book("bench", Bilingual("测", "bench"), (), {}),
            knowledge,
            (Note(f"content/{book.style}.md", book.text),),
        )
        made = pipeline.ingest(sources, lambda _: None).value.cards
        gaps_at = {mark.first_line for mark in book.marks if mark.gap}
        cards += len(made)
        english += sum(bool(card.question.en and card.answer.en) for card in made)
        open_ = [card for card in made if card.origins[0].first_line in gaps_at]
        unfinished += len(open_)
        done += sum(card.status is not Status.UNFINISHED for card in open_)
    for name, part, whole in (
        ("unfinished entries that knowledge completes", done, unfinished),
        ("cards that knowledge says in English", english, cards),
    ):
        results.put(name, whole, value=_share(part / whole if whole else None))


def _numbered(books: Sequence[Marked], size: int) -> Iterator[Note]:
    """Give the notes again and again, every question with another number, up to a size."""
    made = copy = 0
    while made < size:
        copy += 1
        for book in books:
            lines = book.text.split("\n")
            marks = book.marks[: size - made]
            for mark in marks:
                stem = mark.question.rstrip("？?")
                span = slice(mark.first_line - 1, mark.last_line)
                text = "\n".join(lines[span]).replace(stem, f"{stem}{copy}", 1)
                lines[span] = text.split("\n")
            made += len(marks)
            if marks:
                last = len(lines) if len(marks) == len(book.marks) else marks[-1].last_line
                yield Note(f"content/{book.style}-{copy}.md", "\n".join(lines[:last]))


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


_HEAD = (
    "measure",
    "cases",
    "figure",
    "precision",
    "recall",
    "F1",
    "precision with proposals",
    "recall with proposals",
)


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Set the rows as one Markdown table."""
    filled = [row + ("",) * (len(_HEAD) - len(row)) for row in (_HEAD, *rows)]
    lines = ["| " + " | ".join(row) + " |" for row in filled]
    lines.insert(1, "| --- |" + " ---: |" * (len(_HEAD) - 1))
    return "\n".join(lines) + "\n"


def listing(listed: Mapping[str, Sequence[str]]) -> str:
    """Set out every miss and every mistake, by heading."""
    return "".join(
        f"\n## {head} ({sum(not line.startswith('  ') for line in lines)})\n\n```\n"
        + "\n".join(lines)
        + "\n```\n"
        for head, lines in listed.items()
    )


def measure(data: Path = DATA, *, timed: bool) -> Results:
    """Measure everything on a labeled set."""
    knowledge, results = files.own_knowledge(), Results()
    books = read_books(data)
    score_books(books, knowledge, results)
    score_completion(books, knowledge, results)
    score_slips(read_slips(data), knowledge, results)
    score_right(read_right(data), knowledge, results)
    if timed:
        time_growth(books, knowledge, results)
    return results


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Measure the normalizer on the labeled set.")
    parser.add_argument("--list", action="store_true", help="show every miss and every mistake")
    parser.add_argument("--quick", action="store_true", help="leave the timing out")
    parser.add_argument("--set", choices=SETS, default="own", help="what to measure on")
    chosen = parser.parse_args(arguments)
    results = measure(SETS[chosen.set], timed=not chosen.quick)
    sys.stdout.write(table(results.rows))
    if chosen.list:
        sys.stdout.write(listing(results.listed))


if __name__ == "__main__":
    main()
