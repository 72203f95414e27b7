"""A cache costs nothing but time, whatever becomes of it."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest

from notepress import caching
from notepress.caching import Cache, Memo
from notepress.model import Span


def test_the_cache_makes_once(tmp_path: Path) -> None:
    made: list[int] = []

    def make() -> dict[str, bytes]:
        made.append(1)
        return {"a/../b": b"1", "c": b"2"}

    cache = Cache(tmp_path / "cache")
    for _ in range(2):
        assert cache.files("kind", "key", make) == {"a/../b": b"1", "c": b"2"}
    assert len(made) == 1
    cache.files("kind", "other key", make)
    assert len(made) == 2
    for path in (tmp_path / "cache").rglob("0"):
        path.write_bytes(b"damaged")
    assert cache.files("kind", "key", make) == {"a/../b": b"1", "c": b"2"}
    assert len(made) == 3
    assert not (tmp_path / "b").exists()


def test_a_cache_that_cannot_be_written_is_only_slow(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("no folder")
    assert Cache(tmp_path / "cache").files("kind", "key", lambda: {"a": b"1"}) == {"a": b"1"}


def test_what_was_used_last_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching, "_MOST_KEPT", 3)
    cache = Cache(tmp_path)
    for number, name in enumerate("abc"):
        cache.keep("kind", name, {"it": name.encode()})
        index = cache._at("kind", name) / "index.json"
        os.utime(index, (number, number))
    assert cache.kept("kind", "a") == {"it": b"a"}
    cache.keep("kind", "d", {"it": b"d"})
    left = [name for name in "abcd" if cache.kept("kind", name)]
    assert left == ["a", "c", "d"]


def test_a_memo_keeps_what_was_asked_for(tmp_path: Path) -> None:
    cache, made = Cache(tmp_path), list[str]()

    def make(key: str) -> Span:
        made.append(key)
        return Span(key)

    def ask(*keys: str) -> list[Span]:
        memo = Memo(cache, "spans")
        spans = [memo.of(key, Span, partial(make, key)) for key in keys]
        memo.close()
        return spans

    assert ask("a", "b") == [Span("a"), Span("b")]
    assert ask("a", "c") == [Span("a"), Span("c")]
    assert made == ["a", "b", "c"]
    assert ask("b", "a", "c") == [Span("b"), Span("a"), Span("c")]
    assert made == ["a", "b", "c", "b"]


def test_without_a_cache_a_memo_makes_all() -> None:
    memo = Memo(None, "spans")
    assert memo.of("a", Span, lambda: Span("a")) == Span("a")
    memo.close()
