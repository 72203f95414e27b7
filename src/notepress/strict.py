"""YAML text -> typed values with located findings; typed values -> YAML text.

YAML is read as a person sees it: every scalar is the string that stands there,
so ``no`` stays ``no`` and ``12:30`` stays ``12:30``; types come from the
dataclass alone. Anchors, tags and repeated keys are refused. Errors are all
reported, each at its line and column.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from functools import cache
from typing import NoReturn, TypeVar, get_type_hints

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from notepress.model import Finding, Level, Outcome, Span

T = TypeVar("T")
Plain = None | str | int | float | list["Plain"] | dict[str, "Plain"]

# Deeper than any file of ours, and far below where the parser would overflow its stack.
_MAX_DEPTH = 24


class _Refused(yaml.MarkedYAMLError):
    """Well-formed YAML that this project doesn't accept."""


def load(text: str, path: str) -> Outcome[Plain]:
    """Read one YAML document as nested dicts, lists and strings; None if it can't be read."""
    try:
        return Outcome(_parse(text))
    except yaml.reader.ReaderError:
        # The C parser counts bytes; where the character stands is looked up instead.
        found = yaml.reader.Reader.NON_PRINTABLE.search(text)
        span = _span_at(text, found.start() if found else 0, path)
        character = ord(found[0]) if found else 0
        message = f"character U+{character:04X} is not allowed in YAML"
        return Outcome(None, (_error("YAML-CHARACTER", span, message),))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        span = Span(path, mark.line + 1, mark.column + 1) if mark else Span(path)
        code = "YAML-REFUSED" if isinstance(error, _Refused) else "YAML-SYNTAX"
        return Outcome(None, (_error(code, span, error.problem or "not YAML", error.note or ""),))


def read(kind: type[T], text: str, path: str) -> Outcome[T | None]:
    """Read one YAML document as ``kind``; None, and every finding, where it doesn't fit."""
    outcome = load(text, path)
    if outcome.findings:
        return Outcome(None, outcome.findings)
    return convert(kind, outcome.value, text, path)


def convert(kind: type[T], plain: Plain, text: str, path: str) -> Outcome[T | None]:
    """Turn plain values that were read from ``text`` into ``kind``, or say where they don't fit."""
    try:
        return Outcome(_adapter(kind).validate_python(plain))  # type: ignore[arg-type]  # a type is hashable, whatever it is of
    except ValidationError as error:
        node = _compose(text)
        names = {f.name for part in _dataclasses_in(kind) for f in dataclasses.fields(part)}
        return Outcome(None, tuple(_explain(e, node, path, names) for e in error.errors()))


def place(text: str, path: str, loc: tuple[int | str, ...]) -> Span:
    """Tell where in a text that can be read the value at ``loc`` stands."""
    node = _find(_compose(text), loc)
    return Span(path, node.start_mark.line + 1, node.start_mark.column + 1) if node else Span(path)


def dump(value: object, in_line: tuple[type, ...] = ()) -> str:
    """Write dataclasses, mappings and sequences as YAML; what equals its default is left out.

    Records of the types ``in_line`` take one line each, as rows of a table do. Written
    here rather than by PyYAML, whose dumper takes most of the time of a large book;
    that reading it back gives the same is tested on generated values.
    """
    plain = to_plain(value, in_line)
    if isinstance(plain, dict | list) and plain:
        return "\n".join(_lines(plain, "")) + "\n"
    return _scalar(plain, "", flow=False) + "\n"


def to_plain(value: object, in_line: tuple[type, ...] = ()) -> Plain:
    """Nested dicts, lists and strings, as ``dump`` writes them."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kept = (f for f in dataclasses.fields(value) if not _is_default(f, getattr(value, f.name)))
        plain = {f.name: to_plain(getattr(value, f.name), in_line) for f in kept}
        return _Row(plain) if isinstance(value, in_line) else plain
    if isinstance(value, Mapping):
        return {str(key): to_plain(item, in_line) for key, item in value.items()}
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence):
        return [to_plain(item, in_line) for item in value]
    return value if isinstance(value, int | float) else str(value)


def has_comments(text: str) -> bool:
    """Whether a YAML text holds comments, which writing it anew would lose."""
    end = 0
    for token in yaml.scan(text, Loader=_Loader):
        if "#" in text[end : token.start_mark.index]:
            return True
        end = token.end_mark.index
        # A block scalar's header line may carry a comment that belongs to its token.
        if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">"):
            start = token.start_mark.index
            if "#" in text[start : max(start, text.find("\n", start))]:
                return True
    return "#" in text[end:]


def _is_default(spec: dataclasses.Field[object], value: object) -> bool:
    if spec.default is not dataclasses.MISSING:
        return value == spec.default
    if spec.default_factory is not dataclasses.MISSING:
        return value == spec.default_factory()
    return False


_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Marked = dict[str, Plain] | list[Plain]


def _parse(text: str) -> Plain:
    """Build plain values straight from the parser's events, refusing what isn't plain."""
    events = yaml.parse(text, Loader=_Loader)
    root: list[Plain] = []
    # Each open collection with the key that waits for its value, if it is a mapping.
    stack: list[tuple[_Marked, str | None]] = [(root, None)]
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent) and root:
            _refuse(event, "a second document begins here", "Keep one document a file.")
        if isinstance(event, yaml.CollectionEndEvent):
            stack.pop()
        elif isinstance(event, yaml.NodeEvent):
            value = _value(event)
            _put(stack, event, value)
            if isinstance(value, dict | list):
                stack.append((value, None))
                if len(stack) > _MAX_DEPTH + 1:
                    _refuse(event, f"nested more than {_MAX_DEPTH} levels deep", "")
    return root[0] if root else None


def _value(event: yaml.NodeEvent) -> Plain:
    if isinstance(event, yaml.AliasEvent) or event.anchor:
        _refuse(event, "anchors and aliases are not allowed", "Write the value out.")
    if isinstance(event, yaml.ScalarEvent):
        if event.tag and not event.implicit[0]:
            _refuse(event, f"tag {event.tag} is not allowed", "Remove the tag.")
        # Only emptiness is nothing; the words null and ~ are text like any other.
        return None if event.value == "" and not event.style else str(event.value)
    if isinstance(event, yaml.CollectionStartEvent) and event.tag:
        _refuse(event, f"tag {event.tag} is not allowed", "Remove the tag.")
    return {} if isinstance(event, yaml.MappingStartEvent) else []


def _put(stack: list[tuple[_Marked, str | None]], event: yaml.NodeEvent, value: Plain) -> None:
    holder, key = stack[-1]
    if isinstance(holder, list):
        holder.append(value)
    elif key is None:
        if not isinstance(value, str):
            _refuse(event, "a key must be plain text", "")
        if value in holder:
            _refuse(event, f"key {value!r} is given twice", "Keep one of the two.")
        stack[-1] = (holder, value)
    else:
        holder[key] = value
        stack[-1] = (holder, None)


def _refuse(event: yaml.Event, problem: str, hint: str) -> NoReturn:
    raise _Refused(problem=problem, problem_mark=event.start_mark, note=hint)  # type: ignore[arg-type]  # the C parser has a mark of its own


def _compose(text: str) -> yaml.Node | None:
    """Give the nodes of a text that was parsed before, for their places."""
    loader = _Loader(text)
    try:
        node: yaml.Node | None = loader.get_single_node()
    finally:
        loader.dispose()
    return node


@cache
def _adapter(kind: type[T]) -> TypeAdapter[T]:
    for part in _dataclasses_in(kind):
        # The model stays free of pydantic: that unknown keys are errors is added from outside.
        part.__pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[attr-defined]  # as pydantic documents it for standard dataclasses
    return TypeAdapter(kind)


def _dataclasses_in(kind: object) -> Iterator[type]:
    seen: set[object] = set()
    queue: list[object] = [kind]
    while queue:
        item = queue.pop()
        if item in seen:
            continue
        seen.add(item)
        queue.extend(getattr(item, "__args__", ()))
        if isinstance(item, type) and dataclasses.is_dataclass(item):
            yield item
            queue.extend(get_type_hints(item).values())


def _explain(error: ErrorDetails, root: yaml.Node | None, path: str, names: set[str]) -> Finding:
    loc = error["loc"]
    name = str(loc[-1]) if loc else "the file"
    node = _find(root, loc)
    span = Span(path, node.start_mark.line + 1, node.start_mark.column + 1) if node else Span(path)
    match error["type"]:
        case "unexpected_keyword_argument" | "extra_forbidden":
            near = difflib.get_close_matches(name, sorted(names - {name}), n=1)
            hint = f"Did you mean {near[0]!r}?" if near else ""
            return _error("YAML-KEY", span, f"unknown key {name!r}", hint)
        case "missing" | "missing_argument":
            return _error("YAML-MISSING", span, f"key {name!r} is missing")
        case _:
            message = error["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
            return _error("YAML-VALUE", span, f"{name!r} should be {message}")


def _find(root: yaml.Node | None, loc: tuple[int | str, ...]) -> yaml.Node | None:
    """Give the node at ``loc``, its key where it has one, or the nearest node above."""
    node = root
    for depth, step in enumerate(loc):
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
        elif isinstance(node, yaml.MappingNode):
            found = [(key, item) for key, item in node.value if key.value == step]
            if not found:
                break
            key, item = found[0]
            node = key if depth == len(loc) - 1 else item
    return node


def _error(code: str, span: Span, message: str, hint: str = "") -> Finding:
    return Finding(code, Level.ERROR, span, message, hint)


def _span_at(text: str, position: int, path: str) -> Span:
    before = text[:position]
    return Span(path, before.count("\n") + 1, position - before.rfind("\n"))


class _Row(dict[str, Plain]):
    """A mapping that is written in one line."""


# What is written as an escape: controls, soft hyphens, line separators, no characters.
_UNSEEN = r"\x00-\x1f\x7f-\x9f\xad\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff"
# Text that stands for itself: it can be taken for no number, no date, no word of YAML's
# own and no indicator, wherever it stands.
_PLAIN = re.compile(
    r"(?![-?:,\[\]{}#&*!|>'\"%@`=<.+~\s\d])"
    r"(?!(?:y|n|yes|no|on|off|true|false|null)\Z)"
    rf"(?:[^{_UNSEEN}:#]|:(?! |\Z)|(?<! )#)+(?<! )\Z",
    re.IGNORECASE,
)
# The question mark is for readers of YAML 1.1, PyYAML's own among them.
_FLOW = re.compile(r"[,?\[\]{}]|:(?=[,\[\]{}])")
_QUOTABLE = re.compile(rf"[^{_UNSEEN}]*\Z")
_LITERAL = re.compile(rf"(?:[^{_UNSEEN}]|\n)*\Z")
_ESCAPED = re.compile(rf"[{_UNSEEN}]")


def _lines(value: Plain, indent: str) -> Iterator[str]:
    """Write a collection as a block, line by line."""
    if isinstance(value, dict):
        for key, item in value.items():
            name = f"{indent}{_scalar(key, indent, flow=True)}:"
            if isinstance(item, dict | list) and item and not isinstance(item, _Row):
                yield name
                # The items of a list stand level with its key.
                yield from _lines(item, indent if isinstance(item, list) else indent + "  ")
            else:
                yield f"{name} {_scalar(item, indent + '  ', flow=False)}"
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, dict | list) and item and not isinstance(item, _Row):
                first, *rest = _lines(item, indent + "  ")
                yield f"{indent}- {first[len(indent) + 2 :]}"
                yield from rest
            else:
                yield f"{indent}- {_scalar(item, indent + '  ', flow=False)}"


def _scalar(value: Plain, indent: str, *, flow: bool) -> str:
    """Write a value that takes no block: text, a number, a row, or an empty collection."""
    if isinstance(value, dict):
        pairs = (
            f"{_scalar(k, '', flow=True)}: {_scalar(v, '', flow=True)}" for k, v in value.items()
        )
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_scalar(item, "", flow=True) for item in value) + "]"
    if isinstance(value, str):
        return _text(value, indent, flow=flow)
    return "" if value is None else repr(value)


def _text(value: str, indent: str, *, flow: bool) -> str:
    if _PLAIN.match(value) and not (flow and _FLOW.search(value)):
        return value
    if _QUOTABLE.match(value):
        return "'" + value.replace("'", "''") + "'"
    literal = not flow and _LITERAL.match(value) and not value[0].isspace()
    return _literal(value, indent) if literal else _quoted(value)


def _quoted(value: str) -> str:
    told = json.dumps(value, ensure_ascii=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", told)


def _literal(value: str, indent: str) -> str:
    body = value.rstrip("\n")
    tail = len(value) - len(body)
    if not body or any(line != line.rstrip() for line in body.split("\n")):
        return _quoted(value)
    mark = "|" if tail == 1 else "|+" if tail else "|-"
    lines = (indent + line if line else "" for line in body.split("\n"))
    return "\n".join([mark, *lines, *[""] * (tail - 1)])
