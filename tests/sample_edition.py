"""A small book with everything that can go wrong on a card, for the renderers' tests."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image

from notepress import figures, study
from notepress.model import (
    Assets,
    Bilingual,
    Book,
    Card,
    Change,
    Dropped,
    Edition,
    Figure,
    Finding,
    Level,
    NoteStamp,
    Origin,
    Reference,
    Span,
    Stamp,
    State,
    Status,
    Topic,
    Unresolved,
)

TEMPLATES: Final = Path(__file__).parent.parent / "templates"
CREATED: Final = 1_700_000_300

BOOK: Final = Book(
    id="sample-1f2e3d4c",
    title=Bilingual("样书", "A sample book"),
    topics=(
        Topic("optimization", "训练与优化", "Training & optimization", "O"),
        Topic("convolution", "卷积网络", "Convolutional networks", "V"),
        Topic("evaluation", "评估与度量", "Evaluation & metrics", "E"),
    ),
    note_types={"qa": 1_700_000_000_123},
)

NEWTON: Final = Card(
    id="newton",
    topic="optimization",
    question=Bilingual("什么是牛顿法？", "What is Newton’s method?"),
    answer=Bilingual(
        "用二阶近似代替损失，一步跳到该抛物面的最低点。收敛快，但海森矩阵求逆需 \\(O(d^3)\\)，"
        "\\(d\\) 大时不可行。",
        "Replace the loss by its quadratic model and jump to that bowl’s bottom. Fast near the "
        "optimum, but inverting the Hessian costs \\(O(d^3)\\).",
    ),
    formulas=("\\theta_{t+1} = \\theta_t - \\left[\\nabla^2 L_t\\right]^{-1} \\nabla L_t",),
    pitfall=Bilingual("海森矩阵不正定时可能走向鞍点。", "It may run to a saddle point."),
    figures=(
        Figure("drawn/newton.svg", Bilingual("损失曲线与它的二次近似", "A loss & its model")),
    ),
    tags=("二阶方法", "optimizer"),
    related=("adam", "absent"),
    sources=("dl-book, §4.3", "handout"),
    origins=(Origin("content/notes.md", 3, 4), Origin("content/notes.md", 90, 90)),
    raw="什么是牛顿法:用二阶进似代替损失,一步跳到最低点.\n收敛快,但求逆要O(d^3).",
    changes=(
        Change(
            "PUNCT-FULL",
            "text",
            "content/notes.md",
            3,
            7,
            6,
            ":",
            "：",
            "中文里用全角标点。",
            "rule",
        ),
        Change(
            "HOMOPHONE",
            "text",
            "content/notes.md",
            3,
            11,
            10,
            "进似",
            "近似",
            "同音字。",
            "rule",
            0.97,
        ),
        Change(
            "FACT",
            "text",
            "content/notes.md",
            4,
            7,
            31,
            "求逆要O(d^3)",
            "海森矩阵求逆需 \\(O(d^3)\\)",
            "说清对什么求逆 <b>。",
            "knowledge",
            0.8,
            State.ACCEPTED,
        ),
        Change(
            "COMPLETE",
            "answer.zh",
            "content/notes.md",
            3,
            1,
            0,
            "",
            "\\(d\\) 大时不可行。",
            "补全。",
            "knowledge",
            0.9,
            State.PROPOSED,
        ),
    ),
)

ADAM: Final = Card(
    id="adam",
    topic="optimization",
    status=Status.PROPOSED,
    question=Bilingual("Adam 怎样更新 \\(\\theta\\)？", "How does Adam update \\(\\theta\\)?"),
    answer=Bilingual(
        "动量与逐坐标步长的结合：\n\n1. 一阶矩 \\(m_t\\) 与二阶矩 \\(v_t\\)；\n2. 偏差修正：\n"
        "   \\[\\hat m_t = \\frac{m_t}{1-\\beta_1^t}\\]\n3. 更新。\n\n"
        "**“默认值”**见下表：\n\n| 量 | 默认值 |\n|:--|--:|\n| \\(\\beta_1\\) | 0.9 |\n"
        "| \\(\\beta_2\\) | 0.999 |\n| \\(\\epsilon\\) | 1e-8 |",
        "Momentum with a step size for each coordinate:\n\n- first moment \\(m_t\\);\n"
        "- second moment \\(v_t\\).\n\n```python\nm = b1 * m + (1 - b1) * g  # \\(not maths\\)\n"
        "if a < b: pass\n```",
    ),
    formulas=(
        (
            "m_t = \\beta_1 m_{t-1} + (1-\\beta_1) g_t, "
            "\\qquad v_t = \\beta_2 v_{t-1} + (1-\\beta_2) g_t^2, "
            "\\qquad \\hat m_t = \\frac{m_t}{1-\\beta_1^t}, "
            "\\qquad \\hat v_t = \\frac{v_t}{1-\\beta_2^t}, \\qquad a < b"
        ),
        "\\theta_t = \\theta_{t-1} - \\eta\\,\\frac{\\hat m_t}{\\sqrt{\\hat v_t} + \\epsilon}",
    ),
    related=("newton",),
    sources=("adam, Alg. 1",),
    origins=(Origin("content/notes.md", 6, 9),),
    raw="Adam:动量加自适应",
)

HOSTILE: Final = Card(
    id="hostile",
    topic="convolution",
    question=Bilingual("若 \\(a<b\\)，`<b>` 与 [sound:x.mp3] 会怎样？", "What if \\(a<b\\) & <i>?"),
    answer=Bilingual(
        "<script>alert(1)</script> <img src=x onerror=alert(1)> ![远](https://example.org/x.png)"
        "\n\n[链接](javascript:alert(1)) [latex]x[/latex] [$]x[/$] [anki:play:q:0] {{c1::空}} "
        "{{Answer}}\n\n\\\\(a_i*b*c\\\\) \\(a_i*b*c < d\\) e\u0301 \u001f\u0000 xasidex0z",
        "Unclosed \\(a and </div></article> <!-- hidden -->",
    ),
    pitfall=Bilingual("- 一\n- 二", ""),
    tags=("带 空格\u3000的 标签",),
    origins=(Origin("content/notes.md", 11, 11),),
    raw="若a<b",
)

POOLING: Final = Card(
    id="pooling",
    topic="convolution",
    question=Bilingual("汇聚（池化）有什么作用？", "What is pooling for?"),
    answer=Bilingual(
        "用固定窗口对特征图降维；**没有**可学习的参数。",
        "It reduces a feature map with a fixed window; it has *no* parameters to learn.",
    ),
    figures=(
        Figure("photo.png", Bilingual("手绘示意", "A sketch"), "author", "../images/photo.png"),
    ),
    origins=(Origin("content/notes.md", 13, 15),),
    raw="pooling汇聚\n![picture 3](../images/photo.png)",
)

ROC: Final = Card(
    id="roc",
    topic="evaluation",
    status=Status.UNTRANSLATED,
    question=Bilingual("ROC 曲线画的是什么？", ""),
    answer=Bilingual("真阳性率与假阳性率随阈值变化的轨迹；越靠近左上角越好。", ""),
    origins=(Origin("content/more.md", 2, 2),),
    raw="ROC曲线就是真阳性和假阳性",
)

ENGLISH_ONLY: Final = Card(
    id="f1",
    topic="evaluation",
    question=Bilingual("", "What is the F1 score?"),
    answer=Bilingual("", "The harmonic mean of precision and recall."),
    formulas=("F_1 = \\frac{2PR}{P + R}",),
    origins=(Origin("content/more.md", 4, 4),),
    raw="F1",
)

ELSEWHERE: Final = Card(
    id="elsewhere",
    topic="unlisted",
    question=Bilingual("主题不在书里？", "A topic that the book doesn’t list?"),
    answer=Bilingual("放在书的牌组里。", "It goes into the book’s own deck."),
    origins=(Origin("content/more.md", 6, 6),),
    raw="主题",
)

WITHHELD: Final = Card(
    id="conv1d",
    topic="convolution",
    status=Status.UNFINISHED,
    question=Bilingual("一维卷积和二维卷积是什么？", ""),
    origins=(Origin("content/more.md", 8, 8),),
    raw="一维卷积和二维卷积是什么:",
)

EDITION: Final = Edition(
    book=BOOK,
    cards=(NEWTON, ADAM, HOSTILE, POOLING, ROC, ENGLISH_ONLY, ELSEWHERE),
    withheld=(WITHHELD,),
    unresolved=(Unresolved(Origin("content/more.md", 10, 11), "？？？\n<u>", "读不出问题。"),),
    dropped=(
        Dropped(Origin("content/more.md", 13, 13), "今天天气好", "与机器学习无关。", "person"),
    ),
    references=(
        Reference(
            "dl-book", "Goodfellow et al.", "Deep Learning", "2016", "https://example.org/dl"
        ),
        Reference("adam", "Kingma & Ba", "Adam", "2015", "javascript:alert(1)"),
    ),
    findings=(
        Finding(
            "UNTRANSLATED",
            Level.WARNING,
            Span("content/more.md", 2, 1),
            "the card has no English",
            "Add it to content/translations.yaml.",
        ),
        Finding("TYPO", Level.ERROR, Span("content/notes.md", 3, 1), "a < b", ""),
    ),
)

DRAWING: Final = f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 220 140">
<title xml:lang="zh-CN">损失曲线</title><title xml:lang="en">A loss</title>
<style>{figures.style()}</style>
<path class="axis" d="M20 10V120H210"/><path class="ink" d="M30 70C80 110 120 120 195 30"/>
<path class="accent" d="M90 80C110 100 150 100 175 55"/>
<circle class="dot-a" cx="175" cy="55" r="4"/>
<rect class="tint" x="40" y="20" width="50" height="26"/>
<rect class="box" x="100" y="20" width="40" height="26"/>
</svg>""".encode()


def photo() -> bytes:
    """Make a picture such as somebody would have drawn by hand."""
    written = BytesIO()
    image = Image.new("RGB", (360, 220), "white")
    for step in range(0, 340, 40):
        image.paste("#c33", (10 + step, 20 + step // 3, 40 + step, 40 + step // 3))
    image.save(written, "PNG")
    return written.getvalue()


def assets(folder: str) -> Assets:
    """Return the pictures of the book, and the templates of one renderer."""
    templates = {p.name: p.read_text("utf-8") for p in sorted((TEMPLATES / folder).iterdir())}
    return Assets(templates, {"drawn/newton.svg": DRAWING, "photo.png": photo()})


def stamp(edition: Edition = EDITION, **later: int) -> Stamp:
    """Date each note from its id's length on, so that dates differ; ``later`` adds to one's."""
    notes = {
        fact.key: NoteStamp(
            f"guid-{fact.key}",
            1_700_000_000 + len(fact.card.id) + later.get(fact.card.id, 0),
            "1.1" if fact.card.id in later else "1.0",
        )
        for fact in study.facts(edition)
    }
    return Stamp("1.0", CREATED, 1_700_000_001, notes)


def reworded(card: Card, zh: str) -> Edition:
    """Return the book with another Chinese answer on one card."""
    other = replace(card, answer=replace(card.answer, zh=zh))
    cards = tuple(other if c.id == card.id else c for c in EDITION.cards)
    return replace(EDITION, cards=cards)
