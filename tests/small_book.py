"""A small book on disk: a few notes in rough shape, and a little knowledge of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

NOTES = """\
什么是小梯度?:函数上升最快的方向,反方向下降最快.

学习率
![picture 1](../images/lr.png)

学习率越大越好

动量：累积过去的梯度,减少对单步的以来.

今天下雨了

动量

用s大igmiod激活
"""

BOOK = """\
id: small-0123456789ab
title: {zh: 小册, en: A small book}
note_types: {qa: 1700000000000}
topics:
  - {id: optimization, zh: 优化, en: Optimization, letter: O}
"""

CONCEPTS = """\
- id: small-gradient
  topic: optimization
  name: {zh: 小梯度, en: small gradient}
  definition: {zh: 小梯度是函数上升最快的方向。, en: A small gradient points uphill.}
  sources: ["small, ch. 1"]
- id: learning-rate
  topic: optimization
  name: {zh: 学习率, en: learning rate}
  definition: {zh: 学习率是每步更新的大小。, en: The learning rate is the size of a step.}
  gloss: {zh: 每步的大小, en: the size of a step}
  sources: ["small, ch. 2"]
  claims:
    - pattern: 学习率越大越好
      replace: 学习率须适中
      reason: 太大会发散
      source: "small, ch. 2"
- id: momentum
  topic: optimization
  name: {zh: 动量, en: momentum}
  definition: {zh: 动量累积过去的梯度。, en: Momentum accumulates past gradients.}
  sources: ["small, ch. 3"]
"""

REFERENCES = """\
- {key: small, authors: The authors, title: A small textbook, year: "2020"}
"""

LEXICON = "- term: sigmoid\n"

HOMOPHONES = '- {wrong: 以来, right: 依赖, where: "减少[^，。]*的(?P<x>以来)"}\n'

QUESTIONS = '- {zh: "什么是{x}", en: "What is {x}?"}\n'

DRAWING = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10" lang="zh">\
<title>学习率示意图</title><path d="M0 0h10v10z"/></svg>
"""

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360f8cfc000000301010018dd8db00000000049454e44ae426082"
)


def build(root: Path) -> Path:
    """Write the small book into a folder."""
    for path, text in {
        "content/notes.md": NOTES,
        "content/book.yaml": BOOK,
        "content/knowledge/concepts.yaml": CONCEPTS,
        "content/knowledge/references.yaml": REFERENCES,
        "content/knowledge/lexicon.yaml": LEXICON,
        "content/knowledge/homophones.yaml": HOMOPHONES,
        "content/knowledge/questions.yaml": QUESTIONS,
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    return root


def copy_of(project: Path, root: Path) -> Path:
    """Copy the author's book, as it is in the checkout, into a folder."""
    for part in ("content", "images"):
        shutil.copytree(project / part, root / part)
    return root


def snapshot(root: Path) -> dict[str, bytes]:
    """Give every file of a folder but the cache."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".cache" not in path.parts
    }
