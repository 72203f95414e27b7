"""A pattern that could take for ever is told by its form, and one that could not is let pass."""

from __future__ import annotations

import re
from pathlib import Path
from time import process_time

import pytest

from notepress import files, patterns
from tests import small_book

KNOWLEDGE = files.own_knowledge()


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+b",
        "(a*)*b",
        "((a|b)*)*c",
        "(?:a|a)*b",
        "(?:a|ab|b)*c",
        "(?:a?){50}b",
        "(?:a{0,12}){0,12}b",
        "(?:.{0,9}的){0,30}x",
        "a?" * 40 + "b",
        "(?:ab)?" * 40 + "c",
        ".*.*x",
        "甲.*乙.*丙.*丁",
        "[^。]*学习率[^。]*越大",
        r"\s*的?\s*和?\s*x",
        ".{0,5000}x.{0,5000}y",
        "(x+x+)+y",
        "(?=(a+)+b)a",
        "(?<!b)a*a*a*b",
        "(?P<x>a+)+(?(x)b|c)",
        r"(?i)(?:a|A\b)*c",
        "(?>(a+)+b)",
        "((?:a+)+)++b",
        "a" * 5000,
        "(" * 190 + "a+" + ")+" * 190,
    ],
)
def test_what_may_take_for_ever_is_told(pattern: str) -> None:
    assert patterns.slow(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "学习率越大越好",
        "学习率[^，。；]{0,12}越大[^，。；]{0,12}越好",
        "(?<!不)(?:是|属于)(?:一种|一个)?参数",
        r"学习率\s*[，,]?\s*越大",
        "[^。]*。[^。]*x",
        "(?:的|了)*x",
        "(?:一定|必然|必定|都)+是",
        "(?:[^，]{1,6}、){1,3}",
        "(?:a++)+b",
        "(?>a+)+b",
        "a*b*c*d*",
        r"(?P<x>a)(?P=x)(?(x)b|c)",
        "^(?:甲|乙)$",
        "",
    ],
)
def test_what_ends_in_time_is_let_pass(pattern: str) -> None:
    assert patterns.slow(pattern) == ""
    begun = process_time()
    for text in ("a" * 3000, " " * 3000, "一定" * 1500, "学习率，越大" * 500, "甲、" * 1500):
        re.search(pattern, text)
    assert process_time() - begun < 5


def test_the_tools_own_patterns_end_in_time() -> None:
    claims = [claim.pattern for concept in KNOWLEDGE.concepts for claim in concept.claims]
    wheres = [homophone.where for homophone in KNOWLEDGE.homophones]
    assert len(claims) > 100
    assert len(wheres) > 100
    assert [pattern for pattern in (*claims, *wheres) if patterns.slow(pattern)] == []


CLAIM = """\
- id: trap
  topic: optimization
  name: {zh: 陷阱, en: trap}
  definition: {zh: 陷阱是坑。, en: A trap is a pit.}
  claims:
    - {pattern: 好, replace: 坏, reason: 因为, source: ''}
    - {pattern: (a+)+b, replace: c, reason: 因为, source: ''}
"""
SOUND = """\
- {wrong: 以来, right: 依赖, where: "(?:a|a)*(?P<x>以来)"}
"""


@pytest.mark.parametrize(
    ("path", "text", "place"),
    [
        ("content/knowledge/trap.yaml", CLAIM, "7:8"),
        ("content/knowledge/homophones-trap.yaml", SOUND, "1:26"),
    ],
)
def test_a_book_with_such_a_pattern_is_refused(
    tmp_path: Path, path: str, text: str, place: str
) -> None:
    root = small_book.build(tmp_path)
    (root / path).write_text(text, "utf-8")
    (finding,) = [f for f in files.load(root).findings if f.code == "PATTERN-SLOW"]
    assert str(finding.span) == f"{path}:{place}"
    assert finding.hint.startswith("Bound it")
