"""Lines of an outliner's page -> the same lines as they would stand in a note.

In an outline everything is an item of one nested list: sections, questions, answers.
What is a section becomes a heading, what stands below it moves to the margin, and
every line keeps its place, so that the raw lines can be told by their numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from notepress.lines import is_question

_ITEM = re.compile(r"([ \t]*)[-*][ \t]+(.*)$")
_TITLE = re.compile(r"#{1,6}[ \t]+(.*)$")
_PROPERTY = re.compile(r"[ \t]+[a-z][a-z-]*::(?:[ \t]|$)", re.IGNORECASE)
_LEAST = 8
_NEARLY_ALL = 0.9
_MOST = 0.6
_TAB = 4


@dataclass(slots=True)
class _Node:
    """An item with what is nested in it; ``at`` is the place of its line."""

    at: int
    depth: int
    text: str
    below: list[_Node] = field(default_factory=list)

    @property
    def title(self) -> str:
        found = _TITLE.match(self.text)
        return found[1] if found else ""


def flattened(source: Sequence[str]) -> list[str] | None:
    """Give the lines of an outline as a note has them; None where the lines are no outline."""
    items = {n: found for n, line in enumerate(source) if (found := _ITEM.match(line))}
    first = min(items, default=0)
    body = [n for n in range(first, len(source)) if source[n].strip()]
    inside = [n for n in body if n in items or source[n][:1] in " \t"]
    nested = [n for n in items if items[n][1]]
    if len(items) < _LEAST or len(inside) < _NEARLY_ALL * len(body) or len(nested) * 2 < len(items):
        return None
    roots = _tree(items)
    titled = [root for root in roots if root.title]
    sections = titled or [root for root in roots if _is_section(root)]
    if not titled and (len(sections) < _MOST * len(roots) or not sections):
        # Every item at the margin is an entry, as it stands.
        return [_plain(line) for line in source]
    lines = [_plain(line) for line in source]
    for root in sections:
        end = next((other.at for other in roots if other.at > root.at), len(source))
        _move_out(lines, source, root, end)
    return lines


def _tree(items: dict[int, re.Match[str]]) -> list[_Node]:
    roots: list[_Node] = []
    above: list[_Node] = []
    for at, found in items.items():
        node = _Node(at, len(found[1].expandtabs(_TAB)), found[2])
        while above and above[-1].depth >= node.depth:
            above.pop()
        (above[-1].below if above else roots).append(node)
        above.append(node)
    return roots


def _is_section(node: _Node) -> bool:
    """Tell whether an item only gathers what asks, or tells more, beneath it."""
    full = [child for child in node.below if child.below or is_question(child.text)]
    plain = not is_question(node.text)
    return plain and len(node.below) > 1 and len(full) >= _MOST * len(node.below)


def _plain(line: str) -> str:
    """Give a property the look of a line that goes on; what it says is for the outliner alone."""
    found = _PROPERTY.match(line)
    return line.replace("::", ":", 1) if found else line


def _move_out(lines: list[str], source: Sequence[str], section: _Node, end: int) -> None:
    """Make a heading of a section, and let what is nested in it stand at the margin."""
    for at in range(section.at + 1, min((child.at for child in section.below), default=end)):
        lines[at] = source[at]
    lines[section.at] = f"{'#' * 2} {section.title or section.text}"
    step = min((child.depth for child in section.below), default=section.depth) - section.depth
    for at in range(section.at + 1, end):
        bare = lines[at].lstrip(" \t")
        width = len(lines[at]) - len(bare)
        indent = len(lines[at][:width].expandtabs(_TAB)) - section.depth - step
        lines[at] = " " * max(indent, 0) + bare
