"""Cards are written one file a topic, and read back as they were."""

from __future__ import annotations

import pytest

from notepress import store
from notepress.model import Bilingual, Card, Dropped, Origin, Unresolved
from notepress.store import REST, Rest, comments_lost, dump_all, file_of, load_all

ORIGIN = Origin("content/notes.md", 1, 2)
CARDS = (
    Card("b", "优化", question=Bilingual("乙")),
    Card("a", "optimization", question=Bilingual("甲"), remark="问老师 # 不是注释"),
    Card("c", "优化"),
)
LEFT = Rest((Unresolved(ORIGIN, "丙\n丁", "不明"),), (Dropped(ORIGIN, "戊", "题外", "person"),))


@pytest.mark.parametrize(
    ("topic", "path"),
    [
        ("optimization", "content/cards/optimization.yaml"),
        ("优化", "content/cards/优化.yaml"),
        ("../../etc/passwd", "content/cards/etc-passwd.yaml"),
        ("a/b c", "content/cards/a-b-c.yaml"),
        ("?", "content/cards/cards.yaml"),
        ("", "content/cards/cards.yaml"),
    ],
)
def test_a_file_has_its_topics_name(topic: str, path: str) -> None:
    assert file_of(topic) == path


@pytest.mark.parametrize("topic", ["_rest", "-_rest", "_rest."])
def test_no_topic_takes_the_file_of_the_rest(topic: str) -> None:
    assert file_of(topic) != REST


def test_topics_that_share_a_file_lose_nothing() -> None:
    cards = (Card("a", "x/y"), Card("b", "x-y"))
    files = dump_all(cards, Rest())
    assert list(files) == ["content/cards/x-y.yaml"]
    assert load_all(files).value[0] == cards


def test_load_after_dump_gives_the_same() -> None:
    files = dump_all(CARDS, LEFT)
    assert sorted(files) == sorted([file_of("优化"), file_of("optimization"), REST])
    outcome = load_all(files)
    cards, rest = outcome.value
    assert outcome.findings == ()
    assert sorted(cards, key=lambda card: card.id) == sorted(CARDS, key=lambda card: card.id)
    assert [card.id for card in cards if card.topic == "优化"] == ["b", "c"]
    assert rest == LEFT
    assert dump_all(cards, rest).items() == files.items()


def test_no_rest_makes_no_file() -> None:
    assert dump_all((), Rest()) == {}


def test_an_id_given_twice() -> None:
    (finding,) = load_all({"content/cards/t.yaml": "- {id: a, topic: t}\n" * 2}).findings
    assert (finding.code, finding.span.path) == ("CARD-REPEATED", "content/cards/t.yaml")
    assert (finding.span.line, finding.span.column) == (2, 1)


def test_every_misfit_of_every_file_is_told() -> None:
    files = {"content/cards/t.yaml": "- {id: a, topik: t}\n", "content/cards/u.yaml": "- [\n"}
    told = [f"{finding.span} {finding.code}" for finding in load_all(files).findings]
    assert told[-1].startswith("content/cards/u.yaml:2:1 YAML-SYNTAX")
    assert "content/cards/t.yaml:1:11 YAML-KEY" in told


COMMENTED = {"content/cards/t.yaml": "- id: a # mine\n  topic: t\n"}


@pytest.mark.parametrize(
    ("new", "lost"),
    [
        (COMMENTED, False),
        ({"content/cards/t.yaml": "- id: a\n  topic: u\n"}, True),
        ({}, True),
    ],
)
def test_a_comment_is_never_lost(new: dict[str, str], lost: bool) -> None:
    assert [f.code for f in comments_lost(COMMENTED, new)] == ["CARD-COMMENT"] * lost


def test_a_file_without_comments_may_be_rewritten() -> None:
    old = {"content/cards/t.yaml": "- id: a\n  topic: '#t'\n"}
    assert comments_lost(old, {}) == ()
    assert store.comments_lost({}, old) == ()
