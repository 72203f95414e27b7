"""A heading leads to concepts, or to none; it is never guessed."""

from __future__ import annotations

import pytest

from notepress import files
from notepress.knowledge import Knowledge
from notepress.model import Bilingual
from notepress.questions import Subject, resolve, statement_subject, subject
from tests.sample_knowledge import SAMPLE


@pytest.mark.parametrize(
    ("question", "id_", "zh", "en"),
    [
        ("梯度", "gradient", "梯度", "Gradient"),
        ("什么是梯度？", "gradient", "什么是梯度？", "What is a gradient?"),
        ("什么是梯度?:", "gradient", "什么是梯度？", "What is a gradient?"),
        ("梯度是什么：", "gradient", "梯度是什么？", "What is a gradient?"),
        ("KNN", "knn", "K 近邻算法（KNN）", "k-nearest neighbors"),
        ("knn", "knn", "K 近邻算法", "k-nearest neighbors"),
        ("池化", "pooling", "汇聚", "Pooling"),
        ("pooling汇聚", "pooling", "汇聚", "Pooling"),
        ("什么是 SVM", "svm", "什么是 SVM？", "What is a support vector machine?"),
        ("KNN，K 近邻算法", "knn", "K 近邻算法（KNN）", "k-nearest neighbors"),
        (
            "L1 和 L2 正则化的区别",
            "l1-vs-l2",
            "L1 和 L2 正则化的区别？",
            "How does L1 regularization differ from L2 regularization?",
        ),
        (
            "KNN和K-means聚类的区别？",
            "knn-vs-k-means",
            "KNN和K-means聚类的区别？",
            "How does k-nearest neighbors differ from k-means?",
        ),
        ("汇聚有哪些？", "pooling-kinds", "汇聚有哪些？", "Which kinds of pooling are there?"),
        ("为什么要用汇聚", "pooling-why", "为什么要用汇聚？", "Why is pooling used?"),
        (
            "初始化权重为什么不能为零",
            "",
            "",
            "",
        ),
        (
            "权重为什么不能初始化为零?",
            "zero-weights",
            "权重为什么不能初始化为零？",
            "Why not start from zero weights?",
        ),
        (
            "权重为啥不能初始化为零",
            "zero-weights",
            "权重为啥不能初始化为零",
            "Why not start from zero weights?",
        ),
        ("权重为什么能初始化为零", "", "", ""),
        (
            "什么是偏差和方差？",
            "bias-variance",
            "什么是偏差和方差？",
            "What are bias and variance?",
        ),
        ("梯度和方差", "gradient-and-variance", "梯度与方差", "Gradient and variance"),
        ("CNN", "", "", ""),
        ("L3 正则化", "", "", ""),
        ("今天吃什么？", "", "", ""),
        ("？", "", "", ""),
        ("", "", "", ""),
    ],
)
def test_subject(question: str, id_: str, zh: str, en: str) -> None:
    found = subject(question, SAMPLE)
    assert (found.id, found.question) == (id_, Bilingual(zh, en))


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("梯度指向上升最快的方向。", "gradient"),
        ("用 SVM 时先求梯度。", "svm"),
        ("权重为什么不能初始化为零。", "zero-weights"),
        ("今天下雨。", ""),
        ("", ""),
    ],
)
def test_subject_of_a_statement(text: str, id_: str) -> None:
    assert statement_subject(text, SAMPLE).id == id_


@pytest.mark.parametrize(
    ("term", "id_"),
    [
        ("支持向量机", "svm"),
        ("支持象量机", "svm"),
        ("模型的方差", "variance"),
        ("方法", None),
        ("KNM", None),
    ],
)
def test_a_term_is_one_concept_or_none(term: str, id_: str | None) -> None:
    found = resolve(term, SAMPLE)
    assert (found and found.id) == id_


@pytest.mark.parametrize(
    ("question", "sides"),
    [
        ("DenseNet 和 ResNet 的不同？", ("DenseNet", "ResNet")),
        ("27. Pre-LN 和 Post-LN？", ("Pre-LN", "Post-LN")),
        ("目标检测的单阶段和两阶段？", ("单阶段", "两阶段")),
        ("编码器和解码器的注意力有何不同？", ("编码器", "解码器")),
        ("什么是偏差和方差？", ("偏差", "方差")),
        ("t 检验与卡方检验", ("t 检验", "卡方检验")),
        ("精确率和召回率的调和平均", ()),
        ("探索和利用怎么平衡？", ()),
        ("卷积和全连接比有什么优势？", ()),
        ("训练集、验证集和测试集", ()),
        ("梯度", ()),
    ],
)
def test_sides_of_a_question(question: str, sides: tuple[str, ...]) -> None:
    assert subject(question, Knowledge()).sides == sides


@pytest.mark.parametrize("term", ["微均值算法", "反支持向量机"])
def test_what_begins_otherwise_is_another_thing(term: str) -> None:
    assert resolve(term, SAMPLE) is None


def test_nothing_is_known_without_knowledge() -> None:
    assert subject("什么是梯度？", Knowledge()) == Subject()
    assert statement_subject("梯度。", Knowledge()) == Subject()


OWN = files.own_knowledge()


def test_every_name_is_asked_about_by_itself() -> None:
    """No question of another concept's is so near that it takes a name away."""
    names = [(concept, name) for concept in OWN.concepts for name in concept.names]
    asked = [(c.id, name, subject(f"什么是{name}？", OWN).concepts) for c, name in names]
    assert [(i, name) for i, name, found in asked if found and i not in {c.id for c in found}] == []


def test_every_contrast_is_asked_for_from_both_sides() -> None:
    pairs = [(c, OWN.by_id[x.other]) for c in OWN.concepts for x in c.contrasts]
    both = [pair for one, other in pairs for pair in ((one, other), (other, one))]
    missed = []
    for one, other in both:
        found = subject(f"{one.name.zh}和{other.name.zh}有什么区别？", OWN)
        if found.concepts and {c.id for c in found.concepts} != {one.id, other.id}:
            missed.append((one.id, other.id))
    assert missed == []
