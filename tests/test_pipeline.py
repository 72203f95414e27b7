"""Notes become the same cards every time, and what people did in between stays."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notepress import __version__, files, ledger, pipeline, places, publishing, store, strict
from notepress.caching import Cache
from notepress.decisions import Decision, Verdict, digest
from notepress.files import Sources
from notepress.model import (
    Bilingual,
    Book,
    Card,
    Entry,
    Finding,
    Level,
    Note,
    State,
    Status,
    Topic,
)
from notepress.package import read
from notepress.pipeline import Ingested
from notepress.store import REST
from tests import small_book
from tests.conftest import ROOT
from tests.sample_knowledge import SAMPLE

NOTES = "content/notes.md"
OPTIMIZATION = "content/cards/optimization.yaml"


@dataclass(frozen=True)
class Made:
    """What one run made of a book, after it was saved."""

    sources: Sources
    ingested: Ingested
    findings: tuple[Finding, ...]

    @property
    def cards(self) -> dict[str, Card]:
        return {card.id: card for card in self.ingested.cards}

    @property
    def codes(self) -> Counter[str]:
        return Counter(finding.code for finding in self.findings)

    def about(self, code: str) -> list[Finding]:
        return [finding for finding in self.findings if finding.code == code]


def _make(root: Path) -> Made:
    """Normalize a book as the command does, without building anything of it."""
    loaded = files.load(root)
    assert loaded.value is not None, loaded.findings
    outcome = pipeline.ingest(loaded.value, lambda _: None)
    own = {**outcome.value.changed, files.BOOK_LOCK: files.dump_json(outcome.value.lock)}
    files.save(root, own, outcome.value.gone)
    return Made(loaded.value, outcome.value, outcome.findings)


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(old) == 1, text.count(old)
    path.write_text(text.replace(old, new), "utf-8")


def _decide(root: Path, *decisions: Decision) -> None:
    files.append(root, files.DECISIONS, strict.dump(decisions))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small book, and a tool that knows nothing but what the book says."""
    monkeypatch.setattr(places, "home", lambda: tmp_path)
    return small_book.build(tmp_path)


@pytest.fixture
def author(tmp_path: Path, project: Path) -> Path:
    return small_book.copy_of(project, tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The author's book, made once for all tests that only look at it."""
    return _make(small_book.copy_of(ROOT, tmp_path_factory.mktemp("author")))


def _lines_amiss(made: Made) -> list[tuple[str, int]]:
    """Give the lines that are not in exactly one of cards, unresolved and dropped."""
    rest = made.ingested.rest
    origins = [origin for card in made.ingested.cards for origin in card.origins]
    origins += [part.origin for part in rest.unresolved]
    origins += [part.origin for part in rest.dropped]
    held = Counter(
        (origin.path, line)
        for origin in origins
        for line in range(origin.first_line, origin.last_line + 1)
    )
    lines = [
        (note.path, number)
        for note in made.sources.notes
        for number, line in enumerate(note.text.split("\n"), start=1)
        if line.strip()
    ]
    return [line for line in lines if held[line] != 1]


def _untold(card: Card) -> dict[str, str]:
    """Give the values of a card that its ledger doesn't lead to."""
    told = ledger.replay(ledger.raws(card.raw, card.origins), card.changes)
    return {name: value for name, value in ledger.values(card).items() if told.get(name) != value}


def _stale(made: Made, project: Path) -> list[str]:
    """Name the committed files that are not what the notes give; nothing is written there."""
    given = {path: data for path, data in made.ingested.changed.items() if "book.lock" not in path}
    committed = {
        path.relative_to(project).as_posix(): path.read_bytes()
        for path in (*project.glob("content/cards/*.yaml"), project / files.CARDS_LOCK)
        if path.is_file()
    }
    return sorted(p for p in given.keys() | committed.keys() if given.get(p) != committed.get(p))


# --- the author's book -------------------------------------------------------


def test_what_was_corrected_before_is_the_same_wherever_it_moved(root: Path) -> None:
    cache = Cache(root / ".cache")
    note = root / "content" / "notes.md"

    def made(cache: Cache | None) -> tuple[Card, ...]:
        loaded = files.load(root, cache)
        assert loaded.value is not None
        return pipeline.ingest(loaded.value, lambda _: None, cache).value.cards

    assert made(cache) == made(cache) == made(None)
    note.write_text("什么是早停?:防止过拟和.\n\n" + note.read_text("utf-8"), "utf-8")
    moved = made(cache)
    assert moved == made(None)
    assert any(change.line > 3 for card in moved for change in card.changes)
    book = root / "content" / "book.yaml"
    book.write_text(book.read_text("utf-8") + 'rules: {WIDTH: "off"}\n', "utf-8")
    assert made(cache) == made(None) != moved


def test_entries_corrected_in_two_processes_are_the_same(
    author: Path, made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corrected_here: list[int] = []
    correct_all = pipeline._correct_all

    def counted(*given: Any) -> list[Entry]:
        found = correct_all(*given)
        corrected_here.append(len(found))
        return found

    counted.__module__, counted.__qualname__ = correct_all.__module__, correct_all.__qualname__
    monkeypatch.setattr(pipeline, "_MANY", 2)
    monkeypatch.setattr(pipeline, "_correct_all", counted)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    loaded = files.load(author)
    assert loaded.value is not None
    again = pipeline.ingest(loaded.value, lambda _: None, Cache(tmp_path / "cache"))
    assert again.value.cards == made.ingested.cards
    entries = sum(len(card.origins) for card in made.cards.values())
    assert corrected_here[0] <= entries // 2 + 1


def test_committed_cards_are_what_the_notes_give(made: Made, project: Path) -> None:
    assert _stale(made, project) == []


def test_a_stale_card_would_be_seen(author: Path, made: Made) -> None:
    files.save(author, made.ingested.changed)
    assert _stale(made, author) == []
    path = author / "content/cards/convolution.yaml"
    path.write_bytes(path.read_bytes() + b"- {id: x, topic: convolution}\n")
    (author / "content/cards/foundations.yaml").unlink()
    assert _stale(made, author) == [
        "content/cards/convolution.yaml",
        "content/cards/foundations.yaml",
    ]


def test_every_decision_is_used(made: Made) -> None:
    assert made.sources.decisions
    assert made.about("DECISION-STALE") == []


def test_every_entry_and_picture_is_accounted_for(made: Made) -> None:
    rest = made.ingested.rest
    origins = sum(len(card.origins) for card in made.ingested.cards)
    assert origins + len(rest.unresolved) + len(rest.dropped) == 39
    linked = [figure for card in made.ingested.cards for figure in card.figures if figure.link]
    left_out = sum(part.raw.count("![") for part in rest.dropped)
    assert len(linked) + made.codes["PICTURE-MISSING"] + left_out == 13


def test_every_line_is_in_exactly_one_place(made: Made) -> None:
    assert _lines_amiss(made) == []


def test_a_line_amiss_would_be_seen(made: Made) -> None:
    less = Ingested(made.ingested.cards[1:], made.ingested.rest, made.ingested.lock, {})
    assert _lines_amiss(Made(made.sources, less, ())) != []
    more = Ingested((*made.ingested.cards, made.ingested.cards[0]), less.rest, less.lock, {})
    assert _lines_amiss(Made(made.sources, more, ())) != []


def test_every_value_is_told(made: Made) -> None:
    assert [_untold(card) for card in made.ingested.cards if _untold(card)] == []


def test_every_change_points_into_the_notes(made: Made) -> None:
    lines = {note.path: note.text.split("\n") for note in made.sources.notes}
    for card in made.ingested.cards:
        held = {(o.path, n) for o in card.origins for n in range(o.first_line, o.last_line + 1)}
        for change in card.changes:
            assert (change.path, change.line) in held
            assert 1 <= change.column <= len(lines[change.path][change.line - 1]) + 1


def test_topics_in_the_books_order(made: Made) -> None:
    order = [topic.id for topic in made.sources.book.topics]
    topics = [card.topic for card in made.ingested.cards]
    assert topics == sorted(topics, key=order.index)


def test_the_authors_picture_replaces_a_drawing(author: Path, made: Made) -> None:
    (drawn,) = made.cards["padding"].figures
    assert (drawn.file, drawn.origin) == ("drawn/padding.svg", "drawn")
    name = drawn.link.rpartition("/")[2]
    (author / "images" / name).write_bytes(small_book.PNG)
    (figure,) = _make(author).cards["padding"].figures
    assert (figure.file, figure.origin, figure.link) == (name, "author", drawn.link)


# --- the same notes, the same bytes ------------------------------------------


@pytest.mark.parametrize("whose", ["root", "author"])
def test_made_again_it_is_the_same(whose: str, request: pytest.FixtureRequest) -> None:
    root: Path = request.getfixturevalue(whose)
    notes = {path: path.read_bytes() for path in root.glob("content/*.md")}
    _make(root)
    once = small_book.snapshot(root)
    _make(root)
    assert _differing(small_book.snapshot(root), once) == []
    for path in (*(root / "content/cards").iterdir(), root / files.CARDS_LOCK):
        path.unlink()
    _make(root)
    assert _differing(small_book.snapshot(root), once) == []
    assert {path: path.read_bytes() for path in root.glob("content/*.md")} == notes


def _differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    return sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))


# --- anybody's notes ---------------------------------------------------------

LINES = st.sampled_from(
    [
        *("", "", "", "# 章", "## 什么是梯度？", "梯度\n===", "Q: 梯度?", "A: 乙."),
        *(
            "什么是梯度?:上升最快,",
            "KNN",
            "KNN,K近邻算法:1.甲甲2.",
            "池化",
            "pooling汇聚",
            "池化:待补充",
        ),
        *("L1 和 L2 正则化的区别?:L1 是绝对值.", "什么是偏差和方差?", "偏差：期望之差,"),
        *("学习率越大越好", "学习率：学习率越大越好.", "梯度,方差:离散的程度,偏差:.", "自注意力:"),
        *("今天下雨了", "减少对它的以来", "用Relu,s大igmiod激活", "什么是丙?", "丙：丁"),
        *("- 甲：乙", "- 什么是方差？", "1. 甲", "2.", "三种：1.甲2.乙", "```", "| a | b |"),
        *("![图](../images/a.png)", "步幅![图](b.png)", "<center>", "> 梯度", "---"),
        *(r"\(x,y\) 是点", "a_b.c(d,e)", "$x$", "支持向量机:特点是1.间隔最大化2.", "支持向量机"),
    ]
)


@settings(max_examples=40)
@given(st.lists(LINES, min_size=1, max_size=14).map("\n".join))
def test_anybodys_notes(text: str) -> None:
    """Whatever stands there, nothing is lost, nothing is untold, and a second run agrees."""
    topics = (Topic("basics", "基础", "Basics", "B"),)
    book = Book("book-0", Bilingual("书", "Book"), topics, {"qa": 1})
    sources = Sources(book, SAMPLE, (Note(NOTES, text),))
    outcome = pipeline.ingest(sources, lambda _: None)
    first = Made(sources, outcome.value, outcome.findings)
    assert _lines_amiss(first) == []
    assert [_untold(card) for card in first.ingested.cards if _untold(card)] == []
    ids = [card.id for card in first.ingested.cards]
    assert len(set(ids)) == len(ids)
    written = {path: data.decode() for path, data in first.ingested.changed.items()}
    lock: dict[str, dict[str, str]] = json.loads(written.pop(files.CARDS_LOCK))
    cards, rest = store.load_all(written).value
    known = replace(
        sources,
        card_files=written,
        cards=cards,
        rest=rest,
        cards_lock=lock,
        lock=first.ingested.lock,
    )
    again = pipeline.ingest(known, lambda _: None).value
    assert _differing(dict(again.changed), dict(first.ingested.changed)) == []
    assert again.lock == first.ingested.lock


# --- the small book ----------------------------------------------------------


def test_the_small_book(root: Path) -> None:
    made = _make(root)
    momentum = made.cards["momentum"]
    assert momentum.topic == "optimization"
    assert momentum.answer.zh == "累积过去的梯度，减少对单步的依赖。"
    gradient = made.cards["small-gradient"]
    assert gradient.question.zh == "什么是小梯度？"
    assert gradient.answer.zh == "函数上升最快的方向，反方向下降最快。"
    rate = made.cards["learning-rate"]
    assert rate.answer.en == "The learning rate is the size of a step."
    assert rate.sources == ("small, ch. 2",)
    assert [part.raw for part in made.ingested.rest.unresolved] == ["今天下雨了"]
    assert made.ingested.cards[0].topic == "optimization"


def test_no_answer_is_a_finding(root: Path) -> None:
    (root / NOTES).write_text("什么是量子纠缠？\n", "utf-8")
    made = _make(root)
    (card,) = made.ingested.cards
    assert (card.status, card.topic) == (Status.UNFINISHED, "notes")
    assert [str(f.span) for f in made.about("UNFINISHED")] == [f"{NOTES}:1:1"]


# --- decisions ---------------------------------------------------------------


def _proposed(made: Made, code: str) -> list[tuple[str, str]]:
    return [
        (card.id, change.before or change.after)
        for card in made.ingested.cards
        for change in card.changes
        if change.state is State.PROPOSED and change.code == code
    ]


def test_a_claim_is_proposed_and_settled(root: Path) -> None:
    (card_id, before), *_ = _proposed(_make(root), "CLAIM")
    assert before == "学习率越大越好"
    _decide(root, Decision(Verdict.ACCEPT, card_id, code="CLAIM", before=before))
    made = _make(root)
    assert _proposed(made, "CLAIM") == []
    assert "学习率须适中" in made.cards[card_id].answer.zh + made.cards[card_id].question.zh
    assert made.about("DECISION-STALE") == []


def test_a_second_note_of_one_question_is_proposed_for_merging(root: Path) -> None:
    made = _make(root)
    assert ("momentum-2", "momentum") in _proposed(made, "MERGE")
    assert made.cards["momentum-2"].status is Status.PROPOSED
    raw = "动量\n\n用s大igmiod激活"
    _decide(root, Decision(Verdict.MERGE, raw=digest(raw), into="momentum"))
    merged = _make(root)
    assert "momentum-2" not in merged.cards
    card = merged.cards["momentum"]
    assert len(card.origins) == 2
    assert "依赖" in card.answer.zh
    assert "sigmoid" in card.answer.zh


def test_a_note_merges_into_one_that_stands_below_it(root: Path) -> None:
    raw = "动量：累积过去的梯度,减少对单步的以来."
    _decide(root, Decision(Verdict.MERGE, raw=digest(raw), into="momentum"))
    made = _make(root)
    assert len(made.cards["momentum"].origins) == 2
    assert "momentum-2" not in made.cards


def test_two_notes_may_be_told_apart(root: Path) -> None:
    raw = "动量\n\n用s大igmiod激活"
    _decide(root, Decision(Verdict.REJECT, raw=digest(raw)))
    made = _make(root)
    assert ("momentum-2", "momentum") not in _proposed(made, "MERGE")
    assert "momentum-2" in made.cards


def test_a_note_may_be_dropped(root: Path) -> None:
    _decide(root, Decision(Verdict.DROP, raw=digest("今天下雨了"), reason="题外"))
    made = _make(root)
    dropped = [part for part in made.ingested.rest.dropped if part.by == "person"]
    assert [(part.raw, part.reason) for part in dropped] == [("今天下雨了", "题外")]
    assert made.ingested.rest.unresolved == ()


def test_a_stale_decision_is_a_note(root: Path) -> None:
    _decide(root, Decision(Verdict.ACCEPT, "gone", code="CLAIM", before="没有"))
    (finding,) = _make(root).about("DECISION-STALE")
    assert (finding.span.path, finding.level) == (files.DECISIONS, Level.NOTE)


# --- hand edits and identity -------------------------------------------------


def test_a_hand_edit_survives(root: Path) -> None:
    _make(root)
    _edit(root / OPTIMIZATION, "    zh: 累积过去的梯度，减少对单步的依赖。\n", "    zh: 手写。\n")
    assert _make(root).cards["momentum"].answer.zh == "手写。"
    once = small_book.snapshot(root)
    assert _make(root).cards["momentum"].answer.zh == "手写。"
    assert small_book.snapshot(root) == once


def test_a_hand_edit_survives_a_change_of_topic(root: Path) -> None:
    _make(root)
    _edit(root / OPTIMIZATION, "    zh: 累积过去的梯度，减少对单步的依赖。\n", "    zh: 手写。\n")
    knowledge = root / "content/knowledge/concepts.yaml"
    text = knowledge.read_text("utf-8")
    knowledge.write_text(text.replace("topic: optimization", "topic: moved"), "utf-8")
    _edit(root / files.BOOK, "{id: optimization,", "{id: moved,")
    made = _make(root)
    assert (made.cards["momentum"].topic, made.cards["momentum"].answer.zh) == ("moved", "手写。")
    assert not (root / OPTIMIZATION).exists()


def test_a_conflict_is_shown_and_settled(root: Path) -> None:
    _make(root)
    _edit(root / OPTIMIZATION, "    zh: 累积过去的梯度，减少对单步的依赖。\n", "    zh: 手写。\n")
    _edit(root / NOTES, "动量：累积过去的梯度,", "动量：累积从前的梯度,")
    made = _make(root)
    assert made.codes["CONFLICT"] == 1
    assert made.cards["momentum"].answer.zh == "手写。"
    offered = made.about("CONFLICT")[0].hint.rpartition("\n")[2]
    files.append(root, files.DECISIONS, offered.replace("keep", "take") + "\n")
    settled = _make(root)
    assert settled.codes["CONFLICT"] == 0
    assert settled.cards["momentum"].answer.zh == "累积从前的梯度，减少对单步的依赖。"


def test_a_deleted_card_stays_deleted(root: Path) -> None:
    made = _make(root)
    path = root / OPTIMIZATION
    cards = [card for card in made.ingested.cards if card.topic == "optimization"]
    kept = tuple(card for card in cards if card.id != "learning-rate")
    path.write_text(strict.dump(kept), "utf-8")
    for _ in range(2):
        made = _make(root)
        assert "learning-rate" not in made.cards
        assert "card deleted by hand" in {part.reason for part in made.ingested.rest.dropped}


def test_a_card_added_by_hand_stays(root: Path) -> None:
    _make(root)
    mine = root / "content/cards/mine.yaml"
    mine.write_text("- {id: mine, topic: mine, question: {zh: 我的？}}\n", "utf-8")
    for _ in range(2):
        assert _make(root).cards["mine"].question.zh == "我的？"
    assert mine.exists()


def test_a_comment_stays_as_long_as_nothing_else_changes(root: Path) -> None:
    _make(root)
    path = root / OPTIMIZATION
    path.write_text("# mine\n" + path.read_text("utf-8"), "utf-8")
    _make(root)
    assert path.read_text("utf-8").startswith("# mine\n")


def test_a_comment_that_would_be_lost_stops_the_run(root: Path) -> None:
    _make(root)
    path = root / OPTIMIZATION
    path.write_text("# mine\n" + path.read_text("utf-8"), "utf-8")
    notes = root / NOTES
    notes.write_text(notes.read_text("utf-8").replace("函数上升最快", "函数值上升最快"), "utf-8")
    made = files.load(root).value
    assert made is not None
    outcome = pipeline.ingest(made, lambda _: None)
    (finding,) = [f for f in outcome.findings if f.code == "CARD-COMMENT"]
    assert (finding.level, finding.span.path) == (Level.ERROR, OPTIMIZATION)


def test_one_output_alone_is_as_all_of_them_give_it(root: Path, project: Path) -> None:
    shutil.copytree(project / "templates", root / "templates")
    loaded = files.load(root).value
    assert loaded is not None
    whole = pipeline.ingest(loaded, lambda _: None).value
    _make(root)
    again = files.load(root).value
    assert again is not None
    cards = pipeline.Ingested(again.cards, again.rest, again.lock, {})
    shop = publishing.Workshop(root, Cache(root / ".cache"), 1_767_225_600, lambda _: None)
    from_notes = publishing.publish(again, whole, (), ("data",), shop).value.files
    from_cards = publishing.publish(again, cards, (), ("data",), shop).value.files
    assert from_notes == from_cards


def _published(root: Path, seconds: int) -> dict[str, str]:
    """Publish the cards; tell the release in which each last changed."""
    made = _make(root)
    shop = publishing.Workshop(root, Cache(root / ".cache"), seconds, lambda _: None)
    published = publishing.publish(made.sources, made.ingested, (), (), shop).value
    files.save(root, {files.BOOK_LOCK: files.dump_json(published.lock)})
    return {card_id: known.release for card_id, known in published.lock.cards.items()}


def test_a_note_bears_the_release_in_which_it_changed(root: Path, project: Path) -> None:
    shutil.copytree(project / "templates", root / "templates")
    first = _published(root, 1_767_225_600)
    assert {first["momentum"], first["small-gradient"]} == {__version__}
    with (root / files.BOOK).open("a", encoding="utf-8") as book:
        book.write("release: '2.5'\n")
    assert _published(root, 1_767_225_601) == first
    _edit(root / NOTES, "累积过去的梯度", "累积以前的梯度")
    later = _published(root, 1_767_225_602)
    assert {key for key in later if later[key] != first[key]} == {"momentum"}
    assert later["momentum"] == "2.5"


def test_moved_notes_are_the_same_cards(root: Path) -> None:
    before = _make(root)
    parts = (root / NOTES).read_text("utf-8").rstrip("\n").split("\n\n")
    moved = [*parts[1:5], parts[0], *parts[5:]]
    (root / "content/other.md").write_text("\n\n".join(moved) + "\n", "utf-8")
    (root / NOTES).unlink()
    after = _make(root)
    assert after.cards.keys() == before.cards.keys()
    assert after.ingested.lock == before.ingested.lock


@pytest.mark.parametrize("place", ["above", "below"])
def test_a_new_note_of_an_old_question_leaves_the_old_card_alone(root: Path, place: str) -> None:
    old, new = "动量：累积过去的梯度", "动量：另外一种说法完全不同"
    (root / NOTES).write_text(f"{old}\n", "utf-8")
    before = _make(root).cards["momentum"]
    text = f"{new}\n\n{old}\n" if place == "above" else f"{old}\n\n{new}\n"
    (root / NOTES).write_text(text, "utf-8")
    for _ in range(2):
        made = _make(root)
        assert made.cards["momentum"].answer == before.answer
        assert "另外" in made.cards["momentum-2"].answer.zh


def test_three_notes_of_one_question_are_three_cards(root: Path) -> None:
    notes = "动量：甲甲甲甲。\n\n动量：乙乙乙乙。\n\n动量：丙丙丙丙。\n"
    (root / NOTES).write_text(notes, "utf-8")
    for _ in range(2):
        answers = {card.id: card.answer.zh for card in _make(root).ingested.cards}
        assert answers == {
            "momentum": "甲甲甲甲。",
            "momentum-2": "乙乙乙乙。",
            "momentum-3": "丙丙丙丙。",
        }


def test_the_same_line_twice_is_two_cards(root: Path) -> None:
    (root / NOTES).write_text("什么是丙？\n\n动量\n\n什么是丙？\n", "utf-8")
    first = _make(root)
    once = small_book.snapshot(root)
    assert len(first.ingested.cards) == 3
    _make(root)
    assert _differing(small_book.snapshot(root), once) == []


def test_a_retyped_note_is_the_same_card(root: Path) -> None:
    (root / NOTES).write_text("什么是量子纠缠?:两个粒子的状态相互关联,无论多远.\n", "utf-8")
    (first,) = _make(root).cards
    (root / NOTES).write_text("什么是量子纠產?:两个粒子的状太相互关联，无论多远。\n", "utf-8")
    (again,) = _make(root).cards
    assert again == first


def test_a_line_retyped_with_other_slips_gives_the_same_text(root: Path) -> None:
    texts = []
    for typed in ("动量:减少对单步的以来,更稳定.", "动量：减少对单步的依赖，更稳定"):
        (root / NOTES).write_text(f"{typed}\n", "utf-8")
        texts.append(_make(root).cards["momentum"].answer.zh)
    assert texts == ["减少对单步的依赖，更稳定。"] * 2


# --- pictures ----------------------------------------------------------------


def test_a_drawing_stands_in_until_the_authors_picture_is_there(root: Path) -> None:
    assert _make(root).codes["PICTURE-MISSING"] == 1
    drawn = root / "images/drawn/learning-rate.svg"
    drawn.parent.mkdir(parents=True)
    drawn.write_text(small_book.DRAWING, "utf-8")
    made = _make(root)
    (figure,) = made.cards["learning-rate"].figures
    assert (figure.file, figure.origin) == ("drawn/learning-rate.svg", "drawn")
    assert figure.link == "../images/lr.png"
    assert made.codes["PICTURE-MISSING"] == 0
    (root / "images/lr.png").write_bytes(small_book.PNG)
    (figure,) = _make(root).cards["learning-rate"].figures
    assert (figure.file, figure.origin) == ("lr.png", "author")


def test_covered_words_are_remembered_as_the_deck_covers_them(root: Path, project: Path) -> None:
    shutil.copytree(project / "templates", root / "templates")
    (root / "images/drawn").mkdir(parents=True)
    drawing = project / "images/drawn/bias-variance.svg"
    shutil.copy(drawing, root / "images/drawn/learning-rate.svg")
    with (root / files.BOOK).open("a", encoding="utf-8") as book:
        book.write("study: {cards: [qa, occlusion]}\n")
    made = _make(root)
    shop = publishing.Workshop(root, Cache(root / ".cache"), 1_767_225_600, lambda _: None)
    published = publishing.publish(made.sources, made.ingested, (), ("deck",), shop).value
    known = published.lock.notes["learning-rate/occlusion/learning-rate"]
    (package,) = [data for name, data in published.files.items() if name.endswith(".apkg")]
    packed = read(package, "deck").value
    assert packed is not None
    (note,) = [n for n in packed.notes if n.guid == known.guid]
    # Which English stands beside which Chinese, so that the two are one, only fonts can tell.
    assert note.cards == tuple(range(len(known.holes))) == tuple(range(9))


# --- the book's own settings -------------------------------------------------


def test_rules_and_words_to_keep(root: Path) -> None:
    with (root / files.BOOK).open("a", encoding="utf-8") as book:
        book.write("rules: {SAME-SOUND: off}\nkeep: [s大igmiod]\n")
    made = _make(root)
    assert "以来" in made.cards["momentum"].answer.zh
    assert "s大igmiod" in made.cards["momentum-2"].answer.zh


def test_no_notes_leave_the_cards_alone(root: Path) -> None:
    _make(root)
    (root / NOTES).unlink()
    made = _make(root)
    assert len(made.ingested.cards) > 2
    assert made.ingested.changed == {}


def test_the_rest_has_a_file(root: Path) -> None:
    assert REST in _make(root).ingested.changed
