"""Notes in several styles are divided where a reader would, and no line is lost or doubled."""

from __future__ import annotations

from collections import Counter

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from notepress.model import Dropped, Entry, Note
from notepress.segment import Segments, segment
from tests.conftest import ROOT, Golden

CASES = sorted(path.name for path in (ROOT / "tests/golden/segment").iterdir())
AUTHOR = Note("notes.md", (ROOT / "content/deep-learning.md").read_text("utf-8"))


def _divided(text: str) -> Segments:
    return segment(Note("notes.md", text)).value


def _parts(divided: Segments) -> list[Entry | Dropped]:
    parts: list[Entry | Dropped] = [*divided.entries, *divided.structure]
    return sorted(parts, key=lambda part: part.origin.first_line)


def _lost_or_doubled(text: str, divided: Segments) -> list[int]:
    """Give the numbers of the non-blank lines that are not in exactly one part."""
    held = Counter(
        number
        for part in _parts(divided)
        for number in range(part.origin.first_line, part.origin.last_line + 1)
    )
    lines = enumerate(text.split("\n"), start=1)
    return [number for number, line in lines if line.strip() and held[number] != 1]


def _misplaced(text: str, divided: Segments) -> list[Entry | Dropped]:
    """Give the parts whose raw text is not what stands at their lines."""
    lines = text.split("\n")
    return [
        part
        for part in _parts(divided)
        if part.raw != "\n".join(lines[part.origin.first_line - 1 : part.origin.last_line])
    ]


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str, golden: Golden) -> None:
    text = (golden.folder / f"segment/{case}/note.md").read_text("utf-8")
    outcome = segment(Note("note.md", text))
    told = [
        {"form": part.form, "headings": " / ".join(part.headings), "raw": part.raw}
        if isinstance(part, Entry)
        else {"structure": part.reason, "raw": part.raw}
        for part in _parts(outcome.value)
    ]
    told.extend({"finding": f"{f.span} {f.code}"} for f in outcome.findings)
    trimmed = [{key: value for key, value in part.items() if value} for part in told]
    for part in trimmed:
        if "\n" in part.get("raw", ""):
            part["raw"] = part["raw"].split("\n")  # type: ignore[assignment]  # easier to read
    written = yaml.safe_dump(trimmed, allow_unicode=True, sort_keys=False, width=200)
    golden(f"segment/{case}/expected.yaml", written)


@pytest.mark.parametrize("case", CASES)
def test_golden_notes_are_whole(case: str) -> None:
    text = (ROOT / f"tests/golden/segment/{case}/note.md").read_text("utf-8")
    divided = _divided(text)
    assert _lost_or_doubled(text, divided) == []
    assert _misplaced(text, divided) == []


def test_the_authors_notes() -> None:
    outcome = segment(AUTHOR)
    assert len(outcome.value.entries) == 39
    assert outcome.value.structure == ()
    assert _lost_or_doubled(AUTHOR.text, outcome.value) == []
    assert _misplaced(AUTHOR.text, outcome.value) == []
    assert outcome.findings == ()


@pytest.mark.parametrize(
    ("opening", "lines"),
    [
        ("块（block）", 2),
        ("填充", 3),
        ("pooling汇聚", 5),
        ("Transformer:self", 4),
        ("Transformer!", 1),
        ("<<生活在别处>>", 2),
        ("KNN和K-mean聚类有什么不同?", 1),
        ("mask self-attention", 2),
    ],
)
def test_the_authors_hard_entries(opening: str, lines: int) -> None:
    (entry,) = [e for e in segment(AUTHOR).value.entries if e.raw.startswith(opening)]
    assert entry.origin.last_line - entry.origin.first_line + 1 == lines


LINE = st.sampled_from(
    [
        *("", "", "", "   ", "\u3000"),
        *("# 章", "## 什么是甲？", "### 节", "#标签", "甲\n===", "乙是什么？\n---"),
        *("Q: 甲？", "A: 乙。", "问：丙？", "答：丁", "**Q1:** 甲?", "- Q: 甲", "  A: 乙"),
        *("什么是甲？", "甲?: 乙", "甲：乙", "甲:", "甲", "甲是乙。", "一个很长的句子，没有冒号。"),
        *("- 甲", "* 乙：丙", "1. 甲", "2. 什么是甲？", "  - 乙", "(3) 丙", "10、丁", "-"),
        *("```python", "```", "~~~", "    code", "````"),
        *("![图](a.png)", "甲![图](b.png)", '<img src="c.png">', "<center>", "</center>"),
        *("| 甲 | 乙 |", "|---|---|", "> 甲？", "> 乙"),
        *("\\[", "\\]", "\\[ x", "$$ y", "[^1]: 注", "甲[^1]：乙", "　　甲：乙", "一、甲", "①乙"),
        *(
            "1.1 什么是甲？",
            "第一章 甲",
            "**甲**：乙",
            "**优点**",
            "优点：甲",
            "## 优点",
            "- [ ] 甲？",
        ),
        *("## 参考资料", "待续", "【问】甲", "<!-- 甲 -->", "[TOC]", "甲——乙", "因此甲是乙。"),
        *("---", "***", "===", "- - -", "title: 甲", "\\[x\\]", "$$", "**甲**"),
    ]
)
NOTES = st.lists(LINE, max_size=24).map("\n".join)


@given(NOTES)
def test_no_line_is_lost_or_doubled(text: str) -> None:
    divided = _divided(text)
    assert _lost_or_doubled(text, divided) == []
    assert _misplaced(text, divided) == []


@given(NOTES)
def test_entries_come_in_order(text: str) -> None:
    entries = _divided(text).entries
    starts = [entry.origin.first_line for entry in entries]
    assert starts == sorted(starts)
    assert all(entry.raw.strip() and entry.text == entry.raw for entry in entries)


@given(st.text(alphabet="甲?？:：#-*`~|!()[]<>1.QA= \n", max_size=60))
def test_any_text_can_be_divided(text: str) -> None:
    assert _lost_or_doubled(text, _divided(text)) == []


def test_a_lost_line_would_be_seen() -> None:
    text = "甲：乙\n\n丙：丁"
    divided = _divided(text)
    assert _lost_or_doubled(text, Segments(divided.entries[:1])) == [3]
    assert _lost_or_doubled(text, Segments(divided.entries * 2)) == [1, 3]
    assert _misplaced(f"\n{text}", divided) != []


@pytest.mark.parametrize("text", ["", "\n", "  \n\t\n"])
def test_nothing_gives_nothing(text: str) -> None:
    assert _divided(text) == Segments(())


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("![图](a.png)", ["PICTURE-ALONE"]),
        ("甲：乙\n\n![图](a.png)", []),
        ("# 章\n\n![图](a.png)", []),
    ],
)
def test_a_picture_without_an_entry(text: str, codes: list[str]) -> None:
    assert [f.code for f in segment(Note("notes.md", text)).findings] == codes
