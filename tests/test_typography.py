"""HTML -> HTML for print: what is tied together, what is let go, what is left alone."""

from __future__ import annotations

import pytest

from notepress import prose
from notepress.model import Bilingual
from notepress.typography import chinese, english, set_prose

_FORMULA = "\U000f0000"


def _tie(text: str) -> str:
    return f'<span class="tie">{text}</span>'


@pytest.mark.parametrize(
    ("html", "refined"),
    [
        ("<p>梯度消失了。</p>", f"<p>梯度消{_tie('失了。')}</p>"),
        ("<li>很好。</li>", f"<li>{_tie('很好。')}</li>"),
        ("用 Adam 优化", "用 Adam 优化"),
        ("用 early stopping 吧", '用 early<span class="word"> </span>stopping 吧'),
        ("所谓“真”例", "所谓\u200b“真”\u200b例"),
        ("所谓“真”，也", "所谓\u200b“真”，也"),
        (f"设 {_FORMULA}，则", f"设 {_tie(_FORMULA + '，')}则"),
        (f"（{_FORMULA}）中", f"{_tie(f'（{_FORMULA}）')}中"),
        ("与 k-means 比", f"与 {_tie('k-means')} 比"),
    ],
)
def test_chinese_is_refined(html: str, refined: str) -> None:
    assert chinese(html) == refined


@pytest.mark.parametrize(
    "html",
    [
        "<p>一二</p>",
        "<p>见 <code>a b</code></p>",
        "<pre>if a b:\n  x</pre>",
        '<a href="https://example.org/a b">链接</a>',
        f"<p>求 {_FORMULA}</p>",
        "word2vec-based",
    ],
)
def test_what_needs_nothing_is_left_alone(html: str) -> None:
    assert chinese(html) == html


def test_english_keeps_a_full_stop_with_its_formula() -> None:
    assert english(f"<p>costs {_FORMULA}.</p>") == f"<p>costs {_tie(_FORMULA + '.')}</p>"


def test_both_languages_get_their_formulas() -> None:
    text = Bilingual(r"设 \(a\)，\(b\)。", r"Let \(a\).")

    made = set_prose(
        text, prose.to_html, lambda latex, display, lang: f"<{lang}-{latex}-{display}>"
    )

    assert made.zh.count("<zh-a-False>") == made.zh.count("<zh-b-False>") == 1
    assert made.en == f"<p>Let {_tie('<en-a-False>.')}</p>"
    assert _FORMULA not in made.zh + made.en


def test_english_gets_the_marks_of_print() -> None:
    html = '<p>Newton\'s "trust" regions, the layers\' outputs, <code>d["x\'s"]</code></p>'

    assert english(html) == (
        '<p>Newton’s “trust” regions, the layers’ outputs, <code>d["x\'s"]</code></p>'
    )
