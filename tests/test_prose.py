"""Markdown with maths -> HTML: what is kept, what is made harmless, what is not maths."""

from __future__ import annotations

import re
from html import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notepress import prose

_ALPHABET = "ab一，“*_`#-1.|<>\\()[]&\n \u0002\u0003\ud800"


def _maths(latex: str, display: bool) -> str:
    return f"<m-{'d' if display else 'i'}>{escape(latex, quote=False)}</m>"


def _html(markdown: str) -> str:
    return prose.to_html(markdown, _maths)


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        (r"若 \(a<b\)，则 a<b，c>d", "<p>若 <m-i>a&lt;b</m>，则 a&lt;b，c&gt;d</p>"),
        (r"\(a_i*b*c\) 与 a_i*b", "<p><m-i>a_i*b*c</m> 与 a_i*b</p>"),
        (r"\[ x \]", "<p><m-d>x</m></p>"),
        (r"**\(x\)**", "<p><strong><m-i>x</m></strong></p>"),
        (
            r"\[\begin{matrix}a\\[2pt]b\\(c)\end{matrix}\]",
            r"<p><m-d>\begin{matrix}a\\[2pt]b\\(c)\end{matrix}</m></p>",
        ),
        ("\\(a\n+ b\\)", "<p><m-i>a\n+ b</m></p>"),
        ("**“强调”**的", "<p><strong>“强调”</strong>的</p>"),
        ("a **b**\n\n- c", "<p>a <strong>b</strong></p>\n<ul>\n<li>c</li>\n</ul>"),
        (
            "三种：\n- 甲\n- 乙\n公式",
            "<p>三种：</p>\n<ul>\n<li>甲</li>\n<li>乙</li>\n</ul>\n<p>公式</p>",
        ),
        ("有：\n1. 甲\n2. 乙", "<p>有：</p>\n<ol>\n<li>甲</li>\n<li>乙</li>\n</ol>"),
        ("共\n3. 次", "<p>共\n3. 次</p>"),
        ("**甲**：一\n**乙**：二", "<p><strong>甲</strong>：一<br>\n<strong>乙</strong>：二</p>"),
        ("```\n甲：\n- 乙\n丙\n```", "<pre><code>甲：\n- 乙\n丙\n</code></pre>"),
        ("H<sub>2</sub>O", "<p>H<sub>2</sub>O</p>"),
        ("前 <!-- 藏 --> 后", "<p>前  后</p>"),
        ("[注]: 这是一句话", "<p>[注]: 这是一句话</p>"),
        ("", ""),
    ],
)
def test_markup(markdown: str, html: str) -> None:
    assert _html(markdown) == html


@pytest.mark.parametrize(
    "code", ["`{}`", "``{} ` ``", "```\n{}\n```", "~~~python\n{}\n~~~", "    {}"]
)
def test_code_keeps_maths_as_written(code: str) -> None:
    html = _html(code.format(r"\(x\) <b> \[y\]"))
    assert r"\(x\) &lt;b&gt; \[y\]" in html
    assert "<m-" not in html


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        (r"\(a \(b\)", "<p>(a <m-i>b</m></p>"),
        (r"\(a \(b\) c\)", "<p>(a <m-i>b</m> c)</p>"),
        ("\\(a\n\nb\\)", "<p>(a</p>\n<p>b)</p>"),
        (r"\(\)", "<p>()</p>"),
        (r"\\(x\\)", r"<p>\<span></span>(x\<span></span>)</p>"),
    ],
)
def test_delimiters_that_delimit_nothing(markdown: str, html: str) -> None:
    assert _html(markdown) == html


def test_words_that_look_like_ours_stay() -> None:
    assert _html(r"xasidex0z \(x\) xasidexx0z") == "<p>xasidex0z <m-i>x</m> xasidexx0z</p>"


def test_maths_in_an_attribute_stays_text() -> None:
    html = _html('[a](https://example.org "\\(t\\)")')
    assert "<m-" not in html
    assert r'title="\(t\)"' in html


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![a](https://example.org/a.png) ![b](data:image/png;base64,xx)",
        "<b onclick=alert(1)>x</b>",
        "[a](javascript:alert(1)) [b](data:text/html,x) [c](file:///etc/passwd) [d](../e)",
        '<div class="x" style="position:fixed">y</div>',
        "<iframe src=//example.org></iframe>",
        '```x" onload="y\nz\n```',
    ],
)
def test_nothing_runs_or_fetches(markdown: str) -> None:
    tags = "".join(re.findall(r"<[^>]*>", _html(markdown)))
    assert not re.search(r"script|iframe|img|div|style|\son|href|src|javascript|data:", tags)


def test_what_is_no_tag_of_ours_stays_visible() -> None:
    html = _html("<script>alert(1)</script> <书名>")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &lt;书名&gt;" in html


def test_links_and_languages_survive() -> None:
    assert 'href="https://example.org/a?b=1"' in _html("[a](https://example.org/a?b=1)")
    assert '<code class="language-python">' in _html("```python\nx\n```")
    assert '<td align="right">' in _html("| a |\n|--:|\n| \\(x\\|y\\) |")


def test_line_ends_between_han_are_no_spaces() -> None:
    assert _html("第一行\n第二行，\nABC\nDEF **x**\n后") == (
        "<p>第一行第二行，ABC\nDEF <strong>x</strong>\n后</p>"
    )
    assert "一\n二" in _html("```\n一\n二\n```")


def test_control_characters_vanish() -> None:
    assert _html("a\x00b\x1fc\x02wzxhzdk:0\x03\ufeff\r\n\r\nd") == "<p>abcwzxhzdk:0</p>\n<p>d</p>"


def test_deep_nesting_is_shown_and_forgotten() -> None:
    deep = "".join("    " * level + "- 深\n" for level in range(400))
    assert _html(deep).count("深") == 400
    assert _html("*a*") == "<p><em>a</em></p>"


def test_inline_opens_no_block() -> None:
    assert prose.to_inline("1. 平移\n# 与 \\(x\\)", _maths) == "1. 平移 # 与 <m-i>x</m>"
    assert prose.to_inline("- **a**", _maths) == "- <strong>a</strong>"
    assert prose.to_inline("", _maths) == ""


def test_text_has_words_alone() -> None:
    markdown = "# 标题\n\n- a **b** &amp; `<c>`\n- \\(x<y\\)\n\n| 甲 | 乙 |\n|--|--|\n| 1 | 2 |"
    assert prose.to_text(markdown).split("\n") == [
        *("标题", "a b & <c>", "x<y", "甲", "乙", "1", "2"),
    ]


def test_plain_text_takes_the_same_shape_as_marked_text() -> None:
    plain = "一句，另一句（括号）。\n\nSecond: 50% (a/b) 'c' \"d\"; e? f!\ng"
    fast, slow = _html(plain), _html(plain + "\n\n**z**")
    assert slow == fast + "\n<p><strong>z</strong></p>"


_PIECES = [
    "甲",
    "a b ",
    "**重点**",
    "**",
    "*",
    "1. ",
    "2. ",
    "- ",
    "+ ",
    "\n",
    "\n\n",
    "：",
    "  ",
    "\t",
]
_PIECES += ["\n\n1. 一\n2. 二", "\n\n- 一\n- **二**：三", "1.x", "3) ", "xasidex0z"]


@given(st.lists(st.sampled_from(_PIECES), max_size=9).map("".join))
@example("甲：\n\n1. 一\n2. **二**：三\n\n乙")
@example("- 一\n\n- 二")
@example("2. 一")
@example("甲\n1. 一")
def test_the_short_way_gives_what_the_converter_does(text: str) -> None:
    short = prose._plain_blocks(text)
    if short is not None:
        long = prose._sanitizer().clean(prose._converter().reset().convert(text))
        # A blank at the end of a line shows nowhere.
        assert [line.rstrip() for line in re.split(r"(?=</)|\n", short)] == [
            line.rstrip() for line in re.split(r"(?=</)|\n", long)
        ]


def test_lists_of_plain_items_take_the_short_way() -> None:
    assert prose._plain_blocks("有：\n\n1. **甲**：一\n2. 乙\n\n完。") == (
        "<p>有：</p>\n<ol>\n<li><strong>甲</strong>：一</li>\n<li>乙</li>\n</ol>\n<p>完。</p>"
    )


@given(st.text(alphabet=_ALPHABET, max_size=80))
def test_any_text_gives_balanced_html_of_known_tags(markdown: str) -> None:
    html = re.sub(r"</?m(?:-[id])?>", "", _html(markdown))
    stack: list[str] = []
    for closing, name in re.findall(r"<(/?)([a-z0-9]+)[^>]*>", html):
        if closing:
            assert stack.pop() == name
        elif name not in {"br", "hr"}:
            stack.append(name)
    assert stack == []
    assert "xaside" not in html
    html.encode()


@given(st.text(alphabet="ab一二，。 \n", max_size=40))
def test_no_word_is_lost(text: str) -> None:
    assert "".join(prose.to_text(text).split()) == "".join(text.split())
