"""What was written plainly comes back as it was."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from notepress import files, strict, trusted
from notepress.knowledge import Knowledge


def test_all_that_is_known_comes_back() -> None:
    known = files.own_knowledge()
    back = trusted.build(Knowledge, strict.to_plain(known))
    for part in ("concepts", "references", "terms", "homophones", "questions", "topics"):
        assert getattr(back, part) == getattr(known, part)


@dataclass(frozen=True, slots=True)
class Strange:
    """Of a type that nothing of ours has."""

    odd: bytes = b""


def test_an_unknown_type_is_our_mistake() -> None:
    with pytest.raises(TypeError):
        trusted.build(Strange, {"odd": b""})
