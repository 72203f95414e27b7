"""A Latin word that is nearly a word of the field was mistyped; one in the wrong case is put right.

Three slips are known by their shape: a word with a Chinese character inside (a stray
key, or letters that the input method took for a syllable: B饿RT), a word one or two
letters away from exactly one term, and a term whose capitals are not where the field
puts them. A word that is itself in a dictionary is left alone, however near it comes.

Source: Damerau, "A technique for computer detection and correction of spelling
errors", 1964: most slips are one insertion, deletion, substitution or swap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from rapidfuzz import process
from rapidfuzz.distance import OSA

from notepress.fixers._latin import WORD, is_english, vocabulary
from notepress.fixers._sounds import exact
from notepress.fixers._text import HAN, Edit, Text
from notepress.knowledge import Knowledge

CODE = "LATIN"
PHASE = 20
EXAMPLES = (
    ("常用的有Relu和s大igmiod", "常用的有ReLU和sigmoid"),
    ("什么是Embeddeding", "什么是Embedding"),
    ("Knn是惰性学习", "KNN是惰性学习"),
    ("用Sofmtax归一化", "用Softmax归一化"),
    ("先过encodor再过Decodr", "先过encoder再过Decoder"),
    ("用C嗯N提取特征", "用CNN提取特征"),
    ("换成Selu2", "换成SELU2"),
    ("接上deco的er就行", "接上decoder就行"),
    ("用G哦RU就够", "用GRU就够"),
)
UNTOUCHED = (
    "KNN 与 ReLU",
    "K均值means",
    "调用 nn.relu 与 `relu`",
    "Add 与 Norm",
    "GPT-4 和 BERT",
    "Adan 是另一个优化器",
    "a model of models",
    "model_embeding = 3",
    "TensorRT 与 LoRa",
    "encode、encodes、encoded、encoding",
    "clip 与 Clip 与 CLIP",
    "C和N，P与A",
    "narrows the gap and quantizes weights",
)

# Looked for ahead, since the second word of one may be the first of the next.
_BROKEN = re.compile(
    rf"(?<![A-Za-z0-9_])(?=([A-Za-z][A-Za-z0-9]*)([{HAN}])([A-Za-z]+)(?![A-Za-z0-9_-]))"
)
_DIGITS = re.compile(r"\d+$", re.ASCII)
_SHORTEST = 5
_SWAPPED = 4
"""A word this short is known only by two letters that changed places."""
_TWO_SLIPS = 8
_LEAST_JOINED = 3
# What stands between two letters that are names, and is not a slip.
_BETWEEN = frozenset("和与或的是在到为且比乘加减除把给对")
_SOUNDS = frozenset("哦嗯啊呃额饿噢喔诶呐哼")
_STEM = 4
_BRITISH = re.compile(r"is(?=ation|e|ing)")
_DOUBLED = re.compile(r"ll(?=ing|ed|er)")
_MORE = frozenset(("s", "d", "ed", "er", "ers", "es", "al", "ally", "ly", "ing", "able", "ity"))
_CHINESE = re.compile(f"[{HAN}]")
_VERBS = re.compile(r"i[sz](?:e[sd]?|ing|ers?|ations?)$")
_ENDINGS = re.compile(
    r"(?:i[sz]ations?|i[sz](?:ed|es|e|ers?|ing)|(?:at)?(?:ions?|ors?|ed|es|e|ing)|ers?|ly|able|al|s)$"
)


def fix(text: Text, knowledge: Knowledge) -> Iterator[Edit]:
    """Repair broken words, misspelt terms and wrong capitals."""
    lexicon = vocabulary(knowledge)
    joined = (_join(found, lexicon) for found in text.finditer(_BROKEN))
    edits = {edit.start: edit for edit in joined if edit}
    done = 0
    for word in text.finditer(WORD):
        broken = edits.get(word.start())
        edit = broken or _respell(word, lexicon)
        if edit and edit.start >= done:
            done = edit.end
            yield edit


def _join(found: re.Match[str], lexicon: Mapping[str, tuple[str, ...]]) -> Edit | None:
    left, stray, right = found.groups()
    joined = left + right
    if left.lower() in lexicon and right.lower() in lexicon:
        return None
    near = _spelled_out(left, stray, right, lexicon)
    if stray in _BETWEEN:
        # Letters that are no words make one name with it: enco的er.
        torn = near is not None and not all(map(_is_word, (left, right)))
        if not torn and (joined.lower() not in lexicon or len(joined) < _TWO_SLIPS):
            return None
    # 哦 and its like are only ever a slip there.
    if near is None and stray in _SOUNDS and len(joined) >= _LEAST_JOINED and joined.isupper():
        near = joined if joined in lexicon.get(joined.lower(), ()) else None
    if near is None and len(joined) >= _SHORTEST and not (left.isupper() and right.isupper()):
        near = lexicon.get(joined.lower(), (None,))[0] or _nearest(joined, lexicon)
    if near is None:
        return None
    reason = f"“{near}”被误键“{stray}”拆开"
    after = _as_typed(joined, near)
    return Edit(found.start(), found.start() + len(left + stray + right), after, reason, 0.97)


def _is_word(letters: str) -> bool:
    """Tell whether letters may be a name or a word by themselves."""
    return (
        len(letters) == 1
        or letters.isupper()
        or (len(letters) >= _SHORTEST and is_english(letters))
    )


def _spelled_out(
    left: str, stray: str, right: str, lexicon: Mapping[str, tuple[str, ...]]
) -> str | None:
    """Give the word whose letters the input method took for a syllable, if there is one."""
    for syllable in exact(stray):
        for size in range(len(syllable), 0, -1):
            forms = lexicon.get((left + syllable[:size] + right).lower(), ())
            for form in forms:
                # A short word in small letters may be two names with a word between.
                if len(form) >= _SHORTEST or (len(form) >= _LEAST_JOINED and form[:2].isupper()):
                    return form
    return None


def _respell(word: re.Match[str], lexicon: Mapping[str, tuple[str, ...]]) -> Edit | None:
    typed = word[0]
    if typed.endswith("'s"):
        return None
    known = lexicon.get(typed.lower())
    if known:
        return _recase(word, typed, known)
    digits = _DIGITS.search(typed)
    stem = typed[: digits.start()] if digits else typed
    if digits and stem.lower() in lexicon:
        return _recase(word, stem, lexicon[stem.lower()])
    near = _misspelt(typed, lexicon) or _misspelt_part(typed, lexicon)
    if near is None or _DIGITS.findall(near) != _DIGITS.findall(typed):
        return None
    reason = f"拼写：“{typed}”应为“{near}”"
    return Edit(*word.span(), _as_typed(typed, near), reason, 0.95)


def _misspelt(typed: str, lexicon: Mapping[str, tuple[str, ...]]) -> str | None:
    """Give the word of the field that was meant by one that is in no dictionary."""
    near = _nearest(typed, lexicon)
    if (
        near is None
        or _made_a_verb(typed.lower(), lexicon)
        or _is_inflected(typed.lower(), near.lower())
        or is_english(typed)
    ):
        return None
    # The first ending is British; CHAID is some other name.
    british = _level(typed.lower()) == _level(near.lower())
    if british or (typed.isupper() and near.islower() and len(typed) < _TWO_SLIPS):
        return None
    # multi-modal is no slip of multimodal, but Ada-Boost is one of a name.
    if typed.lower().replace("-", "") == near.lower().replace("-", ""):
        return None if near.islower() else near
    # K-mean, where the field only has K-means.
    if "-" in typed and near.lower() == f"{typed.lower()}s":
        return near
    if _is_made_of_words(typed, near, lexicon):
        return None
    # TensorRT is a name of its own: capitals inside are no slip of Tensor.
    mixed = not typed.isupper() and any(letter.isupper() for letter in typed[2:])
    return None if mixed and not any(letter.isupper() for letter in near[1:]) else near


def _made_a_verb(typed: str, lexicon: Mapping[str, tuple[str, ...]]) -> bool:
    """Tell whether a word only makes a verb of one of the field: quantizes, of quantization."""
    stem = _VERBS.sub("", typed)
    return stem != typed and any(
        f"{stem}i{z}{end}" in lexicon for z in "zs" for end in ("e", "ation")
    )


def _is_made_of_words(typed: str, near: str, lexicon: Mapping[str, tuple[str, ...]]) -> bool:
    """Tell whether a compound, or what several of a thing are called, is right as it stands."""
    if "-" not in typed:
        return typed.lower().removesuffix("s") in lexicon
    known = [part in lexicon for part in typed.lower().split("-")]
    parts = zip(known, typed.split("-"), strict=True)
    right = [ok or (p.islower() and len(p) > 1 and is_english(p)) for ok, p in parts]
    return all(right) or (any(known) and "-" not in near)


def _level(word: str) -> str:
    """Give what the spellings of both sides of the Atlantic share."""
    return _DOUBLED.sub("l", _BRITISH.sub("iz", word).replace("our", "or"))


def _misspelt_part(typed: str, lexicon: Mapping[str, tuple[str, ...]]) -> str | None:
    """Mend the one part of a compound that is wrong: encodor-only."""
    if "-" not in typed:
        return None
    parts = (
        p if p.lower() in lexicon or not p.isalpha() else _misspelt(p, lexicon) or p
        for p in typed.split("-")
    )
    mended = "-".join(parts)
    return mended if mended != typed else None


def _recase(word: re.Match[str], typed: str, forms: tuple[str, ...]) -> Edit | None:
    known = forms[0]
    # A word that has a common form may begin with a capital; it may also be in capitals.
    if len(typed) == 1 or typed in forms or any(form.islower() for form in forms):
        return None
    # In English FastText may begin a sentence, and a gap is no global average pooling.
    begins = typed == known[0].upper() + known[1:]
    common = typed.islower() and is_english(typed)
    if (begins or common) and not _CHINESE.search(word.string):
        return None
    # bn, cv: as likely names in a formula.
    if typed.isalpha() and typed.islower() and len(typed) == len("bn"):
        return None
    # Written in capitals it stays so; "transformer", "newton" may be common words.
    if known[1:].islower() and (typed.isupper() or typed.islower()):
        return None
    # K-Means, as in a title.
    if "-" in typed and typed == "-".join(p[:1].upper() + p[1:] for p in known.split("-")):
        return None
    reason = f"大小写：“{typed}”应写作“{known}”"
    return Edit(word.start(), word.start() + len(typed), known, reason, 0.98)


def _is_inflected(typed: str, near: str) -> bool:
    """Tell whether two words differ by an ending alone: pretrain, pretrained."""
    one, other = (_ENDINGS.search(word) for word in (typed, near))
    ends = {found[0] if found else "" for found in (one, other)}
    # "encodor" is no other form of encoder.
    if ends in ({"or", "er"}, {"ors", "ers"}, {"", "e"}) or ("-" in typed and near == f"{typed}s"):
        return False
    short, long = sorted((typed, near), key=len)
    if long.startswith(short) and long[len(short) :] in _MORE:
        return True
    stem = _ENDINGS.sub("", typed)
    return len(stem) >= _STEM and stem == _ENDINGS.sub("", near)


def _nearest(typed: str, lexicon: Mapping[str, tuple[str, ...]]) -> str | None:
    """Give the one word of the field that is near enough; None where two are, or none."""
    if len(typed) < _SWAPPED:
        return None
    allowed = 2 if len(typed) >= _TWO_SLIPS else 1
    found = process.extract(
        typed.lower(), lexicon.keys(), scorer=OSA.distance, score_cutoff=allowed, limit=2
    )
    long_enough = [hit for hit in found if _may_be(typed.lower(), hit[0])]
    if not long_enough:
        return None
    if len(long_enough) > 1 and long_enough[0][1] == long_enough[1][1]:
        return None
    near, slips, _ = long_enough[0]
    # Several of a thing stay several.
    if OSA.distance(typed.lower(), f"{near}s") < slips and lexicon[near][0].islower():
        return f"{lexicon[near][0]}s"
    return lexicon[near][0]


def _may_be(typed: str, near: str) -> bool:
    if len(typed) == _SWAPPED:
        return sorted(typed) == sorted(near)
    return len(near) >= _SHORTEST and near[0] == typed[0]


def _as_typed(typed: str, right: str) -> str:
    """Keep a capital at the start where the author set one on a common word."""
    return right[0].upper() + right[1:] if typed[0].isupper() and right.islower() else right
