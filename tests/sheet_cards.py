"""A book of bilingual cards, as many as asked for, and all that a sheet of them needs."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

from notepress import fonts
from notepress.model import (
    Assets,
    Bilingual,
    Book,
    Card,
    Edition,
    Figure,
    Origin,
    Reference,
    Stamp,
    Topic,
)
from tests.sample_edition import DRAWING, photo

TEMPLATES: Final = Path(__file__).parent.parent / "templates" / "sheet"
STAMP: Final = Stamp("1.2.3", 1_700_000_300, 0, {})

TOPICS: Final = (
    Topic("basics", "基础概念", "Foundations", "F"),
    Topic("training", "训练与优化", "Training & optimization", "O"),
    Topic("sequence", "序列与注意力", "Sequences & attention", "S"),
)
BOOK: Final = Book("study-0a1b2c3d", Bilingual("深度学习速查", "Deep learning"), TOPICS, {"qa": 1})

_REFERENCES: Final = (
    Reference("d2l", "A. Zhang et al.", "Dive into Deep Learning", "2023", "https://d2l.ai"),
    Reference("prml", "C. M. Bishop", "Pattern Recognition and Machine Learning", "2006"),
)


def _card(topic: str, zh: str, en: str, answer: tuple[str, str], *formulas: str) -> Card:
    return Card(
        id=en.lower().replace(" ", "-").strip("?"),
        topic=topic,
        question=Bilingual(zh, en),
        answer=Bilingual(*answer),
        formulas=formulas,
        sources=("d2l, §4.6", "prml, §1.1"),
        origins=(Origin("content/notes.md", 3, 4),),
    )


_CARDS: Final = (
    _card(
        "basics",
        "什么是过拟合？",
        "What is overfitting",
        (
            (
                "模型把训练集里的噪声也当成规律记住，训练误差很低，"
                r"换一批数据误差却很高。样本数 \(n\) "
                "越少、参数越多，就越容易发生。常用正则化、早停或更多数据来缓解。"
            ),
            (
                "A model memorizes the noise of its training "
                "set along with the pattern: the training "
                "error is low, yet the error on new data "
                r"is high. The fewer examples \(n\) and the "
                "more parameters there are, the sooner it happens."
            ),
        ),
        r"R(f) - \hat{R}_n(f) \gg 0",
    ),
    _card(
        "basics",
        "经验风险",
        "Empirical risk",
        (
            (
                r"训练集上损失的平均值。我们真正关心的是期望风险 \(R(f)\)，但数据分布未知，"
                "只能用它来代替。"
            ),
            (
                "The mean loss over the training set. We "
                r"care about the expected risk \(R(f)\), but "
                " as the distribution is unknown, this has to stand in for it."
            ),
        ),
        r"\hat{R}_n(f) = \frac{1}{n}\sum_{i=1}^{n} \ell\bigl(f(\mathbf{x}_i), y_i\bigr)",
    ),
    _card(
        "training",
        "动量法为什么比普通的随机梯度下降更快，又要付出什么代价？",
        "Why is momentum faster than plain stochastic gradient descent, and what does it cost?",
        (
            "它把过去的梯度按指数加权累积成“速度”：方向一致的分量越滚越大，来回震荡的分量互相抵消。"
            "代价是多存一份与参数同样大小的向量，还多一个超参数：\n\n"
            r"- \(\beta\) 通常取 0.9" + "\n- 学习率往往要相应调小",
            (
                "It accumulates past gradients into a velocity: "
                "components that agree grow, those that "
                "oscillate cancel out. It stores one more "
                "vector as large as the parameters, and adds "
                r"a hyperparameter \(\beta\)."
            ),
        ),
        r"\mathbf{v}_{t} = \beta \mathbf{v}_{t-1} + \nabla L(\mathbf{w}_{t-1})",
        r"\mathbf{w}_{t} = \mathbf{w}_{t-1} - \eta\, \mathbf{v}_{t}",
    ),
    _card(
        "training",
        "权重衰减",
        "Weight decay",
        (
            (
                "每一步都让参数略微向零收缩，等价于在损失上加 L2 惩罚；对 Adam 而言两者并不等价，"
                "应使用解耦的 `AdamW`。"
            ),
            (
                "Every step shrinks the parameters a little "
                "toward zero. For plain gradient descent "
                "that equals an L2 penalty; for Adam it does not, hence `AdamW`."
            ),
        ),
        r"\mathbf{w} \leftarrow (1 - \eta\lambda)\,\mathbf{w} - \eta \nabla L(\mathbf{w})",
    ),
    _card(
        "sequence",
        "什么是缩放点积注意力？",
        "What is scaled dot-product attention",
        (
            (
                r"每个查询与所有键做点积，除以 \(\sqrt{d}\) 后经 softmax 变成权重，再对值加权求和。"
                r"除以 \(\sqrt{d}\) 是为了让点积的方差不随维度增大，避免 softmax 饱和。"
            ),
            (
                "Each query is compared with all keys by "
                r"dot products; divided by \(\sqrt{d}\) and "
                "passed through a softmax, they weight the "
                "values. The division keeps their variance "
                "from growing with the dimension."
            ),
        ),
        r"\operatorname{softmax}\!\left(\frac{\mathbf{Q"
        r"}\mathbf{K}^{\top}}{\sqrt{d}}\right)\mathbf{V}",
    ),
    _card(
        "sequence",
        "k-means 与自注意力有何异同？",
        "How do k-means and self-attention compare",
        (
            (
                "两者都按相似度把信息汇聚到代表上。k-means "
                "的分配是硬的，簇中心由迭代求得；自注意力的"
                "分配是软的，查询、键和值都由输入算出，而且可以求导。"
            ),
            (
                "Both gather information by similarity. The assignments of k-means are hard, its "
                "centers found by iteration; those of self-attention are soft, computed from the "
                "input, and differentiable."
            ),
        ),
    ),
)
_PITFALL: Final = Bilingual(
    "验证集参与了调参，就不再能给出无偏的估计。",
    "Once used for tuning, a validation set no longer gives an unbiased estimate.",
)


def edition(count: int) -> Edition:
    """Return a book of so many cards, sorted by topic: some with figures, some with pitfalls."""
    cards = []
    for i in range(count):
        card = _CARDS[i % len(_CARDS)]
        figures = (
            (Figure("drawn/newton.svg", Bilingual("示意图", "a drawing")),) if i % 3 == 0 else ()
        )
        if i % 10 == 9:
            figures = (*figures, Figure("photo.png", Bilingual("照片", "a picture"), "author"))
        pitfall = _PITFALL if i % 2 else Bilingual()
        cards.append(replace(card, id=f"{card.id}-{i}", figures=figures, pitfall=pitfall))
    cards.sort(key=lambda card: [topic.id for topic in TOPICS].index(card.topic))
    return Edition(BOOK, tuple(cards), references=_REFERENCES)


def with_cards(*cards: Card) -> Edition:
    """Return a book of these cards."""
    return Edition(BOOK, cards, references=_REFERENCES)


def only(**fields: object) -> Card:
    """Return a short card with some fields changed."""
    return replace(_CARDS[1], **fields)  # type: ignore[arg-type]  # the tests know the fields


def assets() -> Assets:
    """Return templates, pictures and fonts."""
    templates = {path.name: path.read_text("utf-8") for path in sorted(TEMPLATES.iterdir())}
    pictures = {"drawn/newton.svg": DRAWING, "photo.png": photo(2)}
    return Assets(templates, pictures, cuts())


@cache
def sources() -> dict[str, bytes]:
    """Read the packaged fonts."""
    found = {}
    for source in fonts.SOURCES:
        # Found, not imported: a package's own code is none of our business.
        spec = importlib.util.find_spec(source.package)
        assert spec is not None
        assert spec.origin is not None
        found[source.name] = (Path(spec.origin).parent / source.path).read_bytes()
    return found


@cache
def cuts() -> dict[str, bytes]:
    """Cut the fonts once for all tests."""
    return fonts.cut(sources())
