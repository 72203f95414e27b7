"""Edition -> report.html: whole, safe, and with every change where it was made."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from notepress import figures
from notepress.model import Artifacts, Assets, Card, Change, Edition, Figure, Origin, State
from notepress.renderers import report
from tests.conftest import ROOT
from tests.sample_edition import ADAM, EDITION, HOSTILE, NEWTON, WITHHELD, assets, stamp
from tests.sheet_cards import cuts


def _render(edition: Edition = EDITION) -> Artifacts:
    return report.render(edition, assets("report"), stamp(edition))


def _page(edition: Edition = EDITION) -> str:
    ((name, page),) = _render(edition).files.items()
    assert name == "report.html"
    return page.decode()


def _with(card: Card) -> Edition:
    return replace(EDITION, cards=(card,))


def _entry(page: str, card: Card) -> str:
    found = re.search(rf'<article id="card-{card.id}".*?</article>', page, re.DOTALL)
    assert found
    return found[0]


def _lines(page: str) -> list[tuple[str, str]]:
    return re.findall(r'<span class="no">(\d+)</span><code>(.*?)</code></li>', page)


def _change(before: str, after: str, offset: int, state: State = State.AUTO) -> Change:
    return Change("X", "text", "n.md", 1, 1, offset, before, after, "r", "rule", 1.0, state)


class _Balance(HTMLParser):
    """Notes tags that are closed in another order than they were opened."""

    _VOID = frozenset({"meta", "input", "img", "br", "hr", "path", "rect"})
    _OPTIONAL = frozenset({"tr", "td", "th", "li", "p", "tbody", "thead"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag not in self._VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def test_raw_lines_show_what_was_taken_out_and_put_in() -> None:
    assert _lines(_entry(_page(), NEWTON))[:2] == [
        (
            "3",
            (
                "什么是牛顿法<del>:</del><ins>：</ins>用二阶<del>进似</del><ins>近似</ins>"
                "代替损失,一步跳到最低点."
            ),
        ),
        ("4", "收敛快,但<del>求逆要O(d^3)</del><ins>海森矩阵求逆需 \\(O(d^3)\\)</ins>."),
    ]


@pytest.mark.parametrize(
    ("raw", "changes", "html"),
    [
        ("ab", (_change("", "x", 1),), ["a<ins>x</ins>b"]),
        ("ab", (_change("", "x", 2),), ["ab<ins>x</ins>"]),
        ("ab", (_change("a", "xy", 0), _change("y", "z", 1)), ["<del>a</del><ins>xz</ins>b"]),
        ("ab", (_change("a", "x", 0), _change("xb", "c", 0)), ["<del>ab</del><ins>c</ins>"]),
        ("a\nb", (_change("\n", "", 1),), ["a<del>↵</del>", "b"]),
        ("a b", (_change(" ", "\n", 1),), ["a<del> </del><ins>↵</ins>b"]),
        ("ab", (_change("b", "x", 1, State.PROPOSED),), ["ab"]),
        ("ab", (_change("b", "x", 1, State.REJECTED),), ["ab"]),
        ("<i>", (_change("i", "&", 1),), ["&lt;<del>i</del><ins>&amp;</ins>&gt;"]),
    ],
)
def test_changes_are_marked_where_they_were_made(
    raw: str, changes: tuple[Change, ...], html: list[str]
) -> None:
    last = raw.count("\n") + 1
    card = replace(NEWTON, raw=raw, changes=changes, origins=(Origin("n.md", 1, last),))
    lines = _lines(_entry(_page(_with(card)), card))
    assert lines == [(str(number), line) for number, line in enumerate(html, 1)]


def test_a_damaged_ledger_is_a_finding_and_the_lines_stand() -> None:
    card = replace(NEWTON, changes=(_change("nowhere", "x", 0),))
    made = _render(_with(card))
    assert [finding.code for finding in made.findings] == ["LEDGER-DAMAGED"]
    page = made.files["report.html"].decode()
    assert _lines(_entry(page, card))[0] == ("3", card.raw.split("\n")[0])


def test_lines_of_several_notes_keep_their_numbers() -> None:
    origins = (Origin("a.md", 3, 4), Origin("b.md", 9, 9))
    card = replace(NEWTON, raw="一\n二\n\n三", origins=origins, changes=())
    entry = _entry(_page(_with(card)), card)
    assert _lines(entry) == [("3", "一"), ("4", "二"), ("9", "三")]
    assert re.findall(r'class="path">([^<]*)<', entry) == ["a.md:3-4", "b.md:9"]


def test_every_change_has_reason_author_state_and_code() -> None:
    entry = _entry(_page(), NEWTON)
    for change in NEWTON.changes:
        assert f"<code>{change.code}</code>" in entry
        assert report.STATES[change.state] in entry
    assert "说清对什么求逆 &lt;b&gt;。" in entry
    assert "<details open>" in entry
    assert "97 %" in entry


def test_the_card_stands_beside_its_lines() -> None:
    entry = _entry(_page(), NEWTON)
    assert "用二阶近似代替损失" in entry
    assert "What is Newton’s method?" in entry
    assert "§4.3" in entry
    assert entry.count('class="maths"') == 4
    assert "data:image/svg+xml;base64," in entry


def test_everything_is_listed() -> None:
    page = _page()
    for card in (*EDITION.cards, WITHHELD):
        assert f'id="card-{card.id}"' in page
    assert "没有答案" in _entry(page, WITHHELD)
    assert "the card has no English" in page
    assert "读不出问题。" in page
    assert "今天天气好" in page


def test_the_figures_add_up() -> None:
    tiles = dict(re.findall(r"<dt>(\S+)[^<]*</dt><dd><b>(\d+)</b>", _page()))
    assert tiles == {
        "条目": "8",
        "处文字改动": "3",
        "处补全": "0",
        "处待定": "1",
        "幅自绘图": "1",
        "幅原图": "1",
        "条提示": "2",
        "段未采用": "2",
    }


def test_a_missing_picture_is_said_to_be_missing() -> None:
    card = replace(NEWTON, figures=(Figure("gone.png", origin="author"),))
    entry = _entry(_page(_with(card)), card)
    assert "<img" not in entry
    assert "gone.png" in entry


def test_maths_that_cannot_be_drawn_stays_as_written() -> None:
    card = replace(NEWTON, formulas=("\\nosuchcommand <",))
    assert "<code>\\nosuchcommand &lt;</code>" in _entry(_page(_with(card)), card)


def test_nothing_runs_and_nothing_is_fetched() -> None:
    page = _page()
    assert "<script" not in page
    assert not re.search(r"\son\w+=", re.sub(r">[^<]*<", "><", page))
    addresses = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert addresses
    assert all(address.startswith(("#", "data:image/")) for address in addresses)
    assert not re.search(r"url\(|@import", page)
    assert "&lt;script&gt;" in _entry(page, HOSTILE)


def test_tags_are_balanced() -> None:
    balance = _Balance()
    balance.feed(_page())
    balance.close()
    assert balance.wrong == []
    assert balance.open == []


def test_the_same_page_twice() -> None:
    assert _render() == _render()


def test_an_empty_book_has_a_report() -> None:
    empty = Edition(EDITION.book, ())
    made = report.render(empty, Assets(assets("report").templates), stamp(empty))
    assert "样书" in made.files["report.html"].decode()


def test_a_card_without_notes_has_none() -> None:
    card = replace(ADAM, origins=(), raw="", changes=())
    assert "没有对应的笔记" in _entry(_page(_with(card)), card)


def test_a_drawing_has_its_labels() -> None:
    assert report.FONTS  # or it would be handed none
    drawing = (ROOT / "images" / "drawn" / "newton-method.svg").read_bytes()
    given = replace(assets("report"), pictures={"drawn/newton.svg": drawing}, fonts=cuts())
    made = report.render(EDITION, given, stamp(EDITION))
    page = made.files["report.html"].decode()
    drawings = re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", page)
    drawn = figures.outline(drawing, figures.LIGHT, cuts())
    assert drawn in [base64.b64decode(one).decode() for one in drawings]
    assert drawn != figures.outline(drawing, figures.LIGHT, {})
