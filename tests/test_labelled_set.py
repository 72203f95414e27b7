"""The set that the normalizer is measured on is what it says it is, and no rule was shown it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from notepress import fixers
from notepress.knowledge import Knowledge, fold
from notepress.model import Change
from tests.benchmarks import bench_normalize as bench
from tests.benchmarks.bench_normalize import Done, Mark, Marked, Outcome, Slip
from tests.conftest import ROOT

SLIPS = bench.read_slips()
RIGHT = bench.read_right()
BOOKS = bench.read_books()
TEXTS = [slip.text for slip in SLIPS] + [right.text for right in RIGHT]
HELD = [bench.SETS[name] for name in ("others", "holdout")]
HELD_SLIPS = tuple(slip for folder in HELD for slip in bench.read_slips(folder))
HELD_RIGHT = tuple(right for folder in HELD for right in bench.read_right(folder))
HELD_BOOKS = tuple(book for folder in HELD for book in bench.read_books(folder))
HELD_TEXTS = [slip.text for slip in HELD_SLIPS] + [right.text for right in HELD_RIGHT]
EXAMPLES = [
    text
    for fixer in fixers.fixers()
    for text in (*(before for before, _ in fixer.EXAMPLES), *fixer.UNTOUCHED)
]
KINDS = {
    "latin-misspelling",
    "latin-broken",
    "latin-case",
    "wrong-term-form",
    "same-sound-term",
    "same-sound-word",
    "missing-character",
    "doubled-character",
    "particle",
    "separator",
    "width",
    "spacing",
    "traditional",
    "list-run-on",
}
GAPS = {
    "bare-question",
    "bare-term",
    "empty-term",
    "trailing",
    "empty-item",
    "half",
    "todo",
    "keyword",
    "picture-only",
    "count",
    "cut-formula",
}
# Shorter ones are phrases that any text about the field may hold.
LEAST_OVERLAP = 9
HAN = r"\u4e00-\u9fff"
CODE = re.compile(r"`[^`]*`|\\[(\[].*?\\[)\]]")
# What a finished sentence leaves to be fixed: no gap beside Latin, or one beside a full stop.
UNTIDY = re.compile(
    rf"[{HAN}](?=[A-Za-z0-9])|[A-Za-z0-9](?=[{HAN}])|[，。；：？！、] | [，。；：？！、]| {{2}}"
    rf"|[{HAN}][,;?!](?=[{HAN}]|$)"
)


def ill_formed(slip: Slip) -> Iterator[str]:
    """Yield what is wrong with a slip as it is labeled."""
    if slip.text.count(slip.before) != 1:
        yield "does not stand in the text exactly once"
    if slip.before in slip.after:
        yield "is right already"
    if slip.kind not in KINDS:
        yield "is of no known kind"


def ill_marked(book: Marked) -> Iterator[str]:
    """Yield what is wrong with the marks of a note."""
    lines = book.text.split("\n")
    done = 0
    for mark in book.marks:
        held = lines[mark.first_line - 1 : mark.last_line]
        if mark.first_line <= done or len(held) != mark.last_line - mark.first_line + 1:
            yield f"{mark.first_line}: out of order, or beyond the end"
        elif not held or not (held[0].strip() and held[-1].strip()):
            yield f"{mark.first_line}: begins or ends with a blank line"
        elif fold(mark.question) not in fold(held[0]):
            yield f"{mark.first_line}: {mark.question} is not asked there"
        if mark.gap and mark.gap not in GAPS:
            yield f"{mark.first_line}: unknown gap {mark.gap}"
        done = mark.last_line


def overlaps(texts: Sequence[str], others: Sequence[str]) -> list[str]:
    """Give the texts that hold one of the others, or are held by one."""
    kept, long = ([t for t in ts if len(t) >= LEAST_OVERLAP] for ts in (texts, others))
    return [t for t in kept if any(t in o or o in t for o in long)]


def test_every_slip_stands_at_its_place():
    slips = SLIPS + HELD_SLIPS
    assert [(slip.text, problem) for slip in slips for problem in ill_formed(slip)] == []


@pytest.mark.parametrize(
    ("slip", "said"),
    [
        (Slip("池话池话", "池话", ("池化",), "width"), "exactly once"),
        (Slip("池化", "池化", ("池化",), "width"), "right already"),
        (Slip("池话", "池话", ("池化",), "typo"), "no known kind"),
    ],
)
def test_ill_formed_slip_is_noticed(slip, said):
    assert any(said in problem for problem in ill_formed(slip))


def test_slips_are_many_and_of_all_kinds():
    counts = Counter(slip.kind for slip in SLIPS)
    assert len(SLIPS) >= 300
    assert counts.keys() == KINDS
    assert min(counts.values()) >= 10
    assert max(counts.values()) <= len(SLIPS) / 4


def test_held_out_slips_are_many_and_of_all_kinds():
    counts = Counter(slip.kind for slip in HELD_SLIPS)
    assert len(HELD_SLIPS) >= 400
    assert counts.keys() == KINDS
    assert max(counts.values()) <= len(HELD_SLIPS) / 4


def test_right_sentences_are_many():
    assert len(RIGHT) >= 300
    assert len(HELD_RIGHT) >= 400


def test_no_text_stands_twice():
    assert [text for text, times in Counter(TEXTS + HELD_TEXTS).items() if times > 1] == []
    assert overlaps(HELD_TEXTS, TEXTS) == []


def test_every_right_sentence_is_tidy():
    bare = [CODE.sub("X", right.text) for right in RIGHT + HELD_RIGHT]
    assert [text for text in bare if UNTIDY.search(text)] == []


@pytest.mark.parametrize("text", ["用PCA降维", "先降维， 再聚类", "先降维,再聚类", "降  维"])
def test_untidy_sentence_is_noticed(text):
    assert UNTIDY.search(text)


def test_no_rule_was_written_by_it():
    assert overlaps(TEXTS + HELD_TEXTS, EXAMPLES) == []
    shown = {before for fixer in fixers.fixers() for before, _ in fixer.EXAMPLES}
    words = [s for s in SLIPS if re.search(r"\w{2}", s.before) and s.kind != "particle"]
    assert [s.before for s in words if any(s.before in text for text in shown)] == []


def test_no_text_is_the_books_own():
    own = "".join(path.read_text("utf-8") for path in sorted(ROOT.glob("content/*.md")))
    assert [text for text in TEXTS + HELD_TEXTS if text in own] == []
    lines = [line for book in BOOKS + HELD_BOOKS for line in book.text.split("\n")]
    assert overlaps(lines, [own]) == []


def test_overlap_is_noticed():
    assert overlaps(["随机森林有很多棵树，最后投票。"], ["随机森林有很多棵树"])
    assert overlaps(["随机森林有很多棵树"], ["随机森林有很多棵树，最后投票。"])
    assert not overlaps(["随机森林有很多棵树"], ["随机森林"])


@pytest.mark.parametrize("book", BOOKS + HELD_BOOKS, ids=lambda book: book.style)
def test_book_is_marked_well(book):
    assert list(ill_marked(book)) == []
    assert 25 <= len(book.marks) <= 60


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        (Mark(1, 3, "池化"), "beyond the end"),
        (Mark(2, 2, "池化"), "blank line"),
        (Mark(1, 1, "卷积"), "not asked"),
        (Mark(1, 1, "池化", "lost"), "unknown gap"),
    ],
)
def test_ill_marked_book_is_noticed(mark, said):
    assert any(said in problem for problem in ill_marked(Marked("x", "池化\n", (mark,))))


def test_books_leave_enough_unfinished():
    counts = Counter(mark.gap for book in BOOKS for mark in book.marks if mark.gap)
    assert len(BOOKS) == 5
    assert counts.keys() == GAPS
    assert counts.total() >= 60


@pytest.mark.parametrize("book", HELD_BOOKS, ids=lambda book: book.style)
def test_held_out_book_leaves_about_a_third_unfinished(book):
    assert 0.25 <= sum(bool(mark.gap) for mark in book.marks) / len(book.marks) <= 0.5


def test_held_out_books_leave_every_gap():
    assert {mark.gap for book in HELD_BOOKS for mark in book.marks if mark.gap} == GAPS


SLIP = Slip("先做池话，再展平。", "池话", ("池化",), "same-sound-term")


def _outcome(*edits: tuple[int, str, str]) -> Outcome:
    """Give the text of ``SLIP`` after edits that are given last place first."""
    text, places, done = SLIP.text, list(range(len(SLIP.text) + 1)), []
    for at, before, after in edits:
        change = Change("X", "text", "n.md", 1, 1, at, before, after, "", "rule")
        done.append(Done(change, at, at + len(before)))
        text = text[:at] + after + text[at + len(before) :]
        places[at : at + len(before)] = [at] * len(after)
    return Outcome(SLIP.text, text, tuple(places), tuple(done))


@pytest.mark.parametrize(
    ("edits", "good", "wrong"),
    [
        ([], False, 0),
        ([(2, "池话", "池化")], True, 0),
        ([(3, "话", "化")], True, 0),
        ([(2, "池话", "池华")], False, 1),
        ([(6, "展", "站")], False, 1),
        ([(6, "展", "站"), (3, "话", "化")], True, 1),
        ([(4, "，", ","), (3, "话", "化")], True, 0),
        ([(8, "。", ".")], False, 0),
        ([(3, "话", "化"), (2, "", " ")], True, 0),
    ],
)
def test_change_is_judged_by_what_it_leaves(edits, good, wrong):
    found, bad = bench.judge(SLIP, _outcome(*edits))
    assert (found, len(bad)) == (good, wrong)


def test_space_counts_where_the_slip_is_one():
    slip = replace(SLIP, text="先做池化 ，再展平。", before=" ，", after=("，",), kind="spacing")
    untouched = Outcome(slip.text, slip.text, tuple(range(len(slip.text) + 1)), ())
    assert bench.judge(slip, untouched) == (False, [])


def test_space_counts_where_it_breaks_a_word():
    slip = Slip("先试 Res Net 再说", "Res Net", ("ResNet",), "latin-broken")
    untouched = Outcome(slip.text, slip.text, tuple(range(len(slip.text) + 1)), ())
    assert bench.judge(slip, untouched) == (False, [])


def test_places_lead_back_to_the_original():
    outcome = bench.fixed("用PCA,再聚类", Knowledge(), proposals=True)
    assert outcome.text == "用 PCA，再聚类"
    assert outcome.window(4, 5) == "，"
    assert outcome.window(0, len(outcome.original)) == outcome.text


@pytest.mark.parametrize("name", ["own", "others", "holdout"])
def test_table_shows_every_style_and_kind(name):
    folder = bench.SETS[name]
    rows = {row[0] for row in bench.measure(folder, timed=False).rows}
    books = bench.read_books(folder)
    assert {f"entries: {book.style}" for book in books} <= rows
    assert {f"slips: {kind}" for kind in KINDS} <= rows
    gaps = {mark.gap for book in books for mark in book.marks if mark.gap}
    assert {f"unfinished: {gap}" for gap in gaps} <= rows
    assert gaps == GAPS or name == "holdout"
