"""Chinese characters -> syllables that one who types by sound can't tell apart.

Tones are not typed; zh, ch, sh are typed for z, c, s, and -ng for -n, by the many
who speak them alike.
"""

from __future__ import annotations

import re
from functools import lru_cache

_MOST_READINGS = 2
# Read in two ways in words of every day; the dictionary gives many more that died out.
_SEVERAL = frozenset(
    "重行长数乐率调参差度量强传难降藏便还为得地的了着干中种分间相处当好看应空更号卷曲散少似省"
    "提模没朴切曾正只转作载扎单弹斗都恶发否给供观冠和会几假将教结解禁尽角觉卡壳累露论落脉蒙磨"
    "宁泊铺奇圈任塞色扇舍什盛属说宿缩挑吐拓委尾鲜血与约晕择占涨轴场称创答倒背奔扁薄济夹监见"
)
_BLADE = re.compile(r"^([zcs])h")
_NASAL = re.compile(r"(?<=[aei])ng$")


def _level(syllable: str) -> str:
    return _NASAL.sub("n", _BLADE.sub(r"\1", syllable))


@lru_cache(maxsize=8192)
def exact(char: str) -> tuple[str, ...]:
    """Give the commonest readings of a character, without tones."""
    # Imported late: reading its tables takes longer than most rules.
    from pypinyin import Style, pinyin  # see above

    found = pinyin(char, style=Style.NORMAL, heteronym=True)[0]
    return tuple(dict.fromkeys(found))[: _MOST_READINGS if char in _SEVERAL else 1]


@lru_cache(maxsize=8192)
def readings(char: str) -> tuple[str, ...]:
    """Give the readings of a character as far as everybody tells them apart."""
    return tuple(dict.fromkeys(map(_level, exact(char))))


def sound(word: str) -> tuple[str, ...]:
    """Give the syllables of a word, each as its characters are read in that word."""
    from pypinyin import lazy_pinyin  # see above

    return tuple(_level(syllable) for syllable in lazy_pinyin(word))


def alike(one: str, other: str) -> bool:
    """Tell whether two runs of equal length may sound exactly the same."""
    return all(a == b or set(exact(a)) & set(exact(b)) for a, b in zip(one, other, strict=True))
