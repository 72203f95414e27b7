"""Edition -> ``report.html``: every line of the notes beside what became of it, and why.

The page is made for a reviewer who wants to trust the result: the raw lines with what
was struck out and put in, the card, and each change with its reason, its author and
its state. It holds all it needs, runs nothing, and prints.
"""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from io import BytesIO
from itertools import groupby
from typing import Final

from markupsafe import Markup
from PIL import Image

from notepress import apkg, figures, ledger, maths, prose, templating
from notepress.model import (
    Artifacts,
    Assets,
    Card,
    Change,
    Edition,
    Figure,
    Finding,
    Level,
    Origin,
    Span,
    Stamp,
    State,
    Status,
    Symbol,
    Topic,
)
from notepress.pictures import Pictures

NAME: Final = "report"
TEMPLATES: Final = "report"
FONTS = True

STATUSES: Final[Mapping[Status, str]] = {
    Status.COMPLETE: "完整 complete",
    Status.PROPOSED: "待审 proposed",
    Status.UNTRANSLATED: "未译 untranslated",
    Status.UNFINISHED: "未完成 unfinished",
}
STATES: Final[Mapping[State, str]] = {
    State.AUTO: "自动 auto",
    State.ACCEPTED: "接受 accepted",
    State.PROPOSED: "待定 proposed",
    State.REJECTED: "拒绝 rejected",
}
LEVELS: Final[Mapping[Level, str]] = {
    Level.ERROR: "错误 error",
    Level.WARNING: "警告 warning",
    Level.NOTE: "提示 note",
}

_THUMBNAIL: Final = (560, 400)
_TEXT_FIELD: Final = re.compile(r"text(?:\[\d+\])?")


@dataclass(frozen=True, slots=True)
class Line:
    """A raw line with its number, marked with what was taken out and put in."""

    number: int
    html: Markup


@dataclass(frozen=True, slots=True)
class Passage:
    """Lines of one note."""

    path: str
    lines: tuple[Line, ...]

    @property
    def place(self) -> str:
        """Say where it is, as an editor takes it: ``path:first-last``."""
        first, last = self.lines[0].number, self.lines[-1].number
        return f"{self.path}:{first}" + (f"-{last}" if last > first else "")


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure as the page holds it; ``address`` is empty where the file isn't there."""

    figure: Figure
    address: str


@dataclass(frozen=True, slots=True)
class Item:
    """A card with all that the page shows of it."""

    card: Card
    number: int | None
    passages: tuple[Passage, ...]
    pictures: tuple[Picture, ...]
    sources: tuple[str, ...]

    @property
    def open(self) -> bool:
        """Whether something waits for a decision."""
        return any(change.state is State.PROPOSED for change in self.card.changes)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much there is of one topic, or of one file."""

    name: str
    entries: int
    complete: int
    english: int
    formulas: int
    pictures: int
    changes: int


@dataclass(frozen=True, slots=True)
class Rule:
    """All changes of one code: how many, by whom, and how many still wait."""

    code: str
    count: int
    authors: str
    waiting: int
    example: Change


def reads(edition: Edition, stamp: Stamp) -> tuple[Edition, Stamp]:
    """Say that all of an edition is on the page."""
    return edition, stamp


def render(edition: Edition, assets: Assets, stamp: Stamp) -> Artifacts:
    """Make ``report.html``."""
    findings: list[Finding] = []
    items = [
        _item(card, number, edition, assets, findings)
        for card, number in (
            *((card, number) for number, card in enumerate(edition.cards, 1)),
            *((card, None) for card in edition.withheld),
        )
    ]
    changes = [change for item in items for change in item.card.changes]
    environment = templating.environment(assets.templates, trim=True)
    environment.filters |= {"blocks": _blocks, "line": _line}
    environment.filters |= {"formula": _formula, "legend": _legend}
    page = environment.get_template("report.html").render(
        book=edition.book,
        version=stamp.version,
        chapters=_chapters(edition.book.topics, items),
        figures=_totals(items, changes, edition),
        rules=_rules(changes),
        authors=Counter(change.by for change in changes).most_common(),
        states=[(STATES[s], n) for s in State if (n := sum(c.state is s for c in changes))],
        statuses=[(s, STATUSES[s], sum(i.card.status is s for i in items)) for s in Status],
        coverage=(
            ("主题 Topic", [*_by_topic(edition.book.topics, items)]),
            ("文件 File", [*_by_file(items)]),
        ),
        findings=sorted(edition.findings, key=lambda f: ([*Level].index(f.level), f.span.path)),
        unresolved=[_plain(lines.origin, lines.raw, lines.reason) for lines in edition.unresolved],
        dropped=[
            _plain(lines.origin, lines.raw, f"{lines.reason}（{lines.by}）")
            for lines in edition.dropped
        ],
        retired=(apkg.search(stamp.retired.values()), tuple(stamp.retired)),
        STATUSES=STATUSES,
        STATES=STATES,
        LEVELS=LEVELS,
    )
    return Artifacts({"report.html": page.encode()}, tuple(findings))


def _item(
    card: Card, number: int | None, edition: Edition, assets: Assets, findings: list[Finding]
) -> Item:
    references = {reference.key: str(reference) for reference in edition.references}
    cited = (source.partition(",") for source in card.sources)
    return Item(
        card,
        number,
        tuple(_passages(card, findings)),
        tuple(Picture(figure, _address(figure, assets)) for figure in card.figures),
        tuple(references.get(key.strip(), key) + comma + at for key, comma, at in cited),
    )


# --- The notes, with what was changed in them ----------------------------------------------


def _passages(card: Card, findings: list[Finding]) -> Iterator[Passage]:
    """Mark the changes of text in each of the passages that a card was made from."""
    for index, (origin, raw) in enumerate(
        zip(card.origins, ledger.raws(card.raw, card.origins), strict=False)
    ):
        field = ledger.text_field(index)
        try:
            marks = _marked(raw, (c for c in card.changes if c.field == field))
        except ledger.ReplayError as error:
            marks = [(character, "") for character in raw]
            span = Span(origin.path, origin.first_line)
            hint = "The report shows these lines without their changes; normalize anew."
            finding = Finding("LEDGER-DAMAGED", Level.WARNING, span, str(error), hint)
            findings.append(finding)
        yield Passage(origin.path, tuple(_lines(marks, origin.first_line)))


_Marks = list[tuple[str, str]]
"""Characters, each with the tag that it stands in: "", ``del`` or ``ins``."""


def _marked(raw: str, changes: Iterable[Change]) -> _Marks:
    """Replay changes, keeping what they take out: exact, where a comparison would guess."""
    # Each character of the text as it stands, with its tag and what was struck before it.
    stands = [(character, "", "") for character in (*raw, "")]
    text = raw
    for change in changes:
        if not change.state.applied:
            continue
        text = ledger.apply(text, change)
        end = change.offset + len(change.before)
        struck = "".join(
            before + ("" if tag == "ins" else character)
            for character, tag, before in stands[change.offset : end]
        )
        added = [(character, "ins", "") for character in change.after]
        character, tag, before = stands[end]
        if added and change.before:
            added[0] = (added[0][0], "ins", struck)
        elif added:
            added[0] = (added[0][0], "ins", before)
            stands[end] = (character, tag, "")
        else:
            stands[end] = (character, tag, struck + before)
        stands[change.offset : end] = added
    marks = [
        mark
        for character, tag, before in stands
        for mark in (*((c, "del") for c in before), (character, tag))
    ]
    return marks[:-1]


def _lines(marks: _Marks, first: int) -> Iterator[Line]:
    """Part marked text at the ends of raw lines; ends put in are drawn, not obeyed."""
    number = first
    line: _Marks = []
    for character, tag in marks:
        if character == "\n" and tag != "ins":
            if tag == "del":
                line.append(("\u21b5", tag))
            yield Line(number, _markup(line))
            number, line = number + 1, []
        else:
            line.append(("\u21b5" if character == "\n" else character, tag))
    yield Line(number, _markup(line))


def _markup(line: _Marks) -> Markup:
    html = ""
    for tag, run in groupby(line, key=lambda mark: mark[1]):
        text = escape("".join(character for character, _ in run))
        html += f"<{tag}>{text}</{tag}>" if tag else text
    return Markup(html)  # noqa: S704  # escaped just above


def _plain(origin: Origin, raw: str, reason: str) -> tuple[Passage, str]:
    marks: _Marks = [(character, "") for character in raw]
    return Passage(origin.path, tuple(_lines(marks, origin.first_line))), reason


# --- The cards --------------------------------------------------------------------------------


def _set(latex: str, display: bool, language: str) -> str:  # noqa: FBT001  # as prose calls it
    """Draw a formula; one that can't be drawn stays as written."""
    try:
        drawn = maths.draw(latex, display=display, language=language).svg
    except maths.UnsetError:
        return f"<code>{escape(latex)}</code>"
    return f'<span class="display">{drawn}</span>' if display else drawn


def _blocks(markdown: str, language: str) -> Markup:
    html = prose.to_html(markdown, lambda latex, display: _set(latex, display, language))
    return Markup(html)  # noqa: S704  # sanitized by prose


def _line(markdown: str, language: str) -> Markup:
    html = prose.to_inline(markdown, lambda latex, display: _set(latex, display, language))
    return Markup(html)  # noqa: S704  # sanitized by prose


def _formula(latex: str) -> Markup:
    return Markup(_set(latex, True, "zh"))  # noqa: FBT003, S704  # drawn, or escaped


def _legend(symbols: Iterable[Symbol]) -> Markup:
    told = prose.legend(symbols, lambda latex, display: _set(latex, display, "zh"))
    return Markup(told)  # noqa: S704  # drawn, or sanitized by prose


def _address(figure: Figure, assets: Assets) -> str:
    """Put a picture into the page: a drawing as it is, a photograph small."""
    data = assets.pictures.get(figure.file)
    maker = Pictures(assets.keep, assets.fonts)
    if data is None:
        return ""
    if figure.origin == "drawn":
        try:
            drawn = maker.outline(data, figures.LIGHT).encode()
        except figures.DrawingError:
            return ""
        return f"data:image/svg+xml;base64,{base64.b64encode(drawn).decode()}"
    photo = maker.photo(data, f"images/{figure.file}").value
    if photo is None:
        return ""
    image = Image.open(BytesIO(photo.data)).convert("RGB")
    image.thumbnail(_THUMBNAIL)
    written = BytesIO()
    image.save(written, "WEBP", quality=75, method=4)
    return f"data:image/webp;base64,{base64.b64encode(written.getvalue()).decode()}"


# --- The figures ------------------------------------------------------------------------------


def _chapters(topics: tuple[Topic, ...], items: list[Item]) -> list[tuple[Topic, list[Item]]]:
    """Sort items under their topics, as the book lists them, then any others."""
    known = {topic.id: topic for topic in topics}
    for item in items:
        known.setdefault(item.card.topic, Topic(item.card.topic, item.card.topic, "", ""))
    under = ((topic, [i for i in items if i.card.topic == topic.id]) for topic in known.values())
    return [(topic, held) for topic, held in under if held]


def _totals(
    items: list[Item], changes: list[Change], edition: Edition
) -> list[tuple[int, str, str]]:
    """Count what a reader wants to know first: number, what, and a word more."""
    pictures = [picture for item in items for picture in item.pictures]
    drawn = [picture.figure for picture in pictures if picture.figure.origin == "drawn"]
    waiting = sum(change.state is State.PROPOSED for change in changes)
    text = sum(bool(_TEXT_FIELD.fullmatch(change.field)) for change in changes)
    completions = sum(
        change.shown and not change.before and not _TEXT_FIELD.fullmatch(change.field)
        for change in changes
    )
    lost = sum(not picture.address for picture in pictures)
    return [
        (len(items), "条目 entries", f"{len(edition.withheld)} 条未发布 withheld"),
        (text, "处文字改动 edits to the text", f"{len(changes)} 处改动合计 in all"),
        (completions, "处补全 completions", "定义、译文、公式、出处"),
        (waiting, "处待定 to decide", "决定前正文保持原样"),
        (len(drawn), "幅自绘图 drawings", f"{sum(bool(f.link) for f in drawn)} 幅代替缺失的原图"),
        (len(pictures) - len(drawn), "幅原图 original pictures", f"{lost} 幅缺失 missing"),
        (len(edition.findings), "条提示 findings", _levels(edition.findings)),
        (
            len(edition.unresolved) + len(edition.dropped),
            "段未采用 passages left out",
            f"{len(edition.unresolved)} 段未解析，{len(edition.dropped)} 段舍去",
        ),
    ]


def _levels(findings: tuple[Finding, ...]) -> str:
    counted = Counter(finding.level for finding in findings)
    return "，".join(f"{counted[level]} {LEVELS[level].split()[0]}" for level in Level)


def _rules(changes: list[Change]) -> list[Rule]:
    by_code: dict[str, list[Change]] = {}
    for change in changes:
        by_code.setdefault(change.code, []).append(change)
    return [
        Rule(
            code,
            len(made),
            ", ".join(sorted({change.by for change in made})),
            sum(change.state is State.PROPOSED for change in made),
            min(made, key=lambda change: len(change.before + change.after)),
        )
        for code, made in sorted(by_code.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    ]


def _by_topic(topics: tuple[Topic, ...], items: list[Item]) -> Iterator[Coverage]:
    for topic, held in _chapters(topics, items):
        yield _coverage(topic.both, held)


def _by_file(items: list[Item]) -> Iterator[Coverage]:
    paths = dict.fromkeys(origin.path for item in items for origin in item.card.origins)
    for path in paths:
        yield _coverage(path, [i for i in items if any(o.path == path for o in i.card.origins)])


def _coverage(name: str, items: list[Item]) -> Coverage:
    cards = [item.card for item in items]
    return Coverage(
        name,
        len(cards),
        sum(card.status is Status.COMPLETE for card in cards),
        sum(bool(card.question.en and card.answer.en) for card in cards),
        sum(bool(card.formulas) for card in cards),
        sum(bool(card.figures) for card in cards),
        sum(len(card.changes) for card in cards),
    )
