"""The same said in two languages -> the numbers that only one of them says.

A number that differs is the slip that costs a learner most, and the easiest to tell.
Only numbers that can't be read otherwise count: 一 is in half of all Chinese words, and
what is 0 or 1 in one language is “zero”, “none” or “the same” in the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

_FORMULA: Final = re.compile(r"\\\(.+?\\\)|\\\[.+?\\\]|`[^`]*`", re.DOTALL)
_CHINESE_SCALE: Final[Mapping[str, int]] = {
    "万亿": 10**12,
    "千亿": 10**11,
    "亿": 10**8,
    "千万": 10**7,
    "百万": 10**6,
    "万": 10**4,
    "千": 10**3,
    "百": 100,
    "": 1,
}
_ENGLISH_SCALE: Final[Mapping[str, int]] = {
    "trillion": 10**12,
    "billion": 10**9,
    "million": 10**6,
    "thousand": 10**3,
    "hundred": 100,
    "": 1,
}
# A number in a name is part of it: word2vec, ResNet-50, L1, 2D, v1.5, “d2l, §4.6”.
_DIGITS: Final = (
    r"(?<![A-Za-z\d.,§^_/-])(\d{1,3}(?:,\d{3})+|\d{1,15}(?:\.\d{1,15})?)(?![A-Za-z\d^_/])"
)
_CHINESE: Final = re.compile(
    rf"{_DIGITS}\s*({'|'.join(filter(None, _CHINESE_SCALE))}|)(?!-[A-Za-z])"
)
_ENGLISH: Final = re.compile(
    rf"{_DIGITS}(?:\s*({'|'.join(filter(None, _ENGLISH_SCALE))})\b|()(?!-[A-Z]))"
)

_RANGE: Final = re.compile(
    r"(?P<low>\d+(?:\.\d+)?)(?P<to> to | and |–|-)"
    r"(?=\d+(?:\.\d+)?\s(?P<scale>(?:m|b|tr)illion)\b)"
)

_WORDS: Final[Mapping[int, tuple[str, str]]] = {
    2: ("[二两双]|一半|半", "two|second|twice|double|both|pair|half|halves|square"),
    3: ("三", "three|third|triple|thrice|cube"),
    4: ("四", "four|fourth|quarter"),
    5: ("五", "five|fifth"),
    6: ("六", "six|sixth"),
    7: ("七", "seven|seventh"),
    8: ("八", "eight|eighth"),
    9: ("九", "nine|ninth"),
    10: ("十", "ten|tenth|tenfold"),
    100: ("百", "hundred|hundredth|percent"),
    1000: ("千", "thousand|thousandth"),
}
# In front of what is counted a Chinese number is one; elsewhere it is often a syllable.
_COUNTED: Final = re.compile(
    r"(?<![一二三四五六七八九十百千万几数第])([三四五六七八九])[个种类条项点门]"
)
_NUMERAL: Final[Mapping[str, int]] = dict(zip("三四五六七八九", range(3, 10), strict=True))
_SPELLED: Final = re.compile(
    r"\b(three|four|five|six|seven|eight|nine|ten)\b(?! (?:hundred|thousand|(?:m|b|tr)illion))",
    re.IGNORECASE,
)
_SAID: Final[Mapping[str, int]] = dict(
    zip(
        ("three", "four", "five", "six", "seven", "eight", "nine", "ten"), range(3, 11), strict=True
    )
)


def unmatched(chinese: str, english: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the numbers that only the Chinese says, and those that only the English does."""
    zh, en = _FORMULA.sub(" ", chinese), _FORMULA.sub(" ", english)
    # “7 to 65 billion” counts both in billions.
    en = _RANGE.sub(r"\g<low> \g<scale>\g<to>", en)
    in_zh = {*_digits(_CHINESE, _CHINESE_SCALE, zh)}
    in_en = {*_digits(_ENGLISH, _ENGLISH_SCALE, en)}
    counted = {Decimal(_NUMERAL[m[1]]) for m in _COUNTED.finditer(zh)}
    spelled = {Decimal(_SAID[m[1].lower()]) for m in _SPELLED.finditer(en)}
    only_zh = {n for n in in_zh if n not in in_en and not _worded(n, 1, en, chinese, english)}
    only_en = {n for n in in_en if n not in in_zh and not _worded(n, 0, zh, chinese, english)}
    lost = {n for n in counted - in_en if not _worded(n, 1, en, chinese, english)}
    found = {n for n in spelled - in_zh if not _worded(n, 0, zh, chinese, english)}
    # 全部四个数 may well be “the whole”; 三种 and “four kinds” are a slip.
    if lost and found:
        only_zh, only_en = only_zh | lost, only_en | found
    return tuple(map(_plain, sorted(only_zh))), tuple(map(_plain, sorted(only_en)))


def _digits(pattern: re.Pattern[str], scale: Mapping[str, int], text: str) -> Iterator[Decimal]:
    for found in pattern.finditer(text):
        number = Decimal(found[1].replace(",", "")) * scale[found[2] or ""]
        if number not in (0, 1):
            yield number.normalize()


def _worded(number: Decimal, language: int, text: str, chinese: str, english: str) -> bool:
    """Whether a number stands in a text as a word, or in a formula, a name, a date of it."""
    digits = re.compile(rf"(?<!\d){re.escape(_plain(number))}(?!\d)")
    if digits.search((chinese, english)[language]):
        return True
    word = _WORDS.get(int(number), ("", ""))[language] if number == int(number) else ""
    return bool(word) and re.search(word, text, re.IGNORECASE) is not None


def _plain(number: Decimal) -> str:
    return f"{number:f}"
