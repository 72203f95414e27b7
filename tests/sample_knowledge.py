"""A little knowledge, with one of each thing that stages look up."""

from __future__ import annotations

from notepress.knowledge import Claim, Concept, Contrast, Homophone, Knowledge, QuestionForm, Term
from notepress.model import Bilingual, Reference


def concept(  # each is a field that some test sets
    id_: str,
    zh: str,
    en: str,
    *,
    abbr: str = "",
    aliases: tuple[str, ...] = (),
    asks: tuple[str, ...] = (),
    question: Bilingual = Bilingual(),
    points: tuple[Bilingual, ...] = (),
    parts: tuple[str, ...] = (),
    contrasts: tuple[Contrast, ...] = (),
    claims: tuple[Claim, ...] = (),
    formulas: tuple[str, ...] = (),
) -> Concept:
    """Give a concept that is defined by its own name."""
    return Concept(
        id=id_,
        topic="basics",
        name=Bilingual(zh, en),
        definition=Bilingual(f"{zh}的定义。", f"Definition of {en}."),
        gloss=Bilingual(f"{zh}的简释", f"gloss of {en}"),
        abbr=abbr,
        aliases=aliases,
        asks=asks,
        question=question,
        points=points,
        parts=parts,
        contrasts=contrasts,
        claims=claims,
        formulas=formulas,
        wrong={"剃度": "梯度"} if id_ == "gradient" else {},
        sources=("sample, ch. 1",),
    )


SAMPLE = Knowledge(
    concepts=(
        concept("gradient", "梯度", "gradient", formulas=(r"\nabla f",)),
        concept(
            "knn",
            "K 近邻算法",
            "k-nearest neighbors",
            abbr="KNN",
            contrasts=(Contrast("k-means", "一个有监督，一个无监督。", "One is supervised."),),
        ),
        concept("k-means", "K 均值算法", "k-means", aliases=("K-means 聚类",)),
        concept("l1", "L1 正则化", "L1 regularization"),
        concept("l2", "L2 正则化", "L2 regularization"),
        concept("pooling", "汇聚", "pooling", aliases=("池化",)),
        concept("bias", "偏差", "bias"),
        concept("variance", "方差", "variance"),
        concept("bias-variance", "偏差与方差", "bias and variance", parts=("bias", "variance")),
        concept(
            "svm",
            "支持向量机",
            "support vector machine",
            abbr="SVM",
            points=(
                Bilingual("间隔最大化", "Maximal margin"),
                Bilingual("核技巧处理非线性", "Kernels handle nonlinearity"),
            ),
        ),
        concept(
            "zero-weights",
            "零初始化",
            "zero initialization",
            asks=("权重为什么不能初始化为零",),
            question=Bilingual("权重为什么不能初始化为零？", "Why not start from zero weights?"),
        ),
        concept("attention", "自注意力", "self-attention"),
        concept(
            "learning-rate",
            "学习率",
            "learning rate",
            claims=(Claim("学习率越大越好", "学习率须适中", "太大会发散", "sample, ch. 2"),),
        ),
    ),
    references=(Reference("sample", "N. N.", "A Sample", "2020"),),
    terms=(Term("ReLU"), Term("sigmoid")),
    homophones=(Homophone("以来", "依赖", "的(?P<x>以来)"),),
    questions=(
        QuestionForm("什么是{x}", "What is {x}?"),
        QuestionForm("{x}是什么", "What is {x}?"),
        QuestionForm("{x}和{y}的区别", "How does {x} differ from {y}?", "contrast"),
        QuestionForm("{x}有哪些", "Which kinds of {x} are there?", "list"),
        QuestionForm("为什么要用{x}", "Why is {x} used?", "reason"),
    ),
)
