"""One way of writing: half width, simplified, lower case, plain blanks and dashes, Arabic numerals before units.

``plain`` bounds the length of what the patterns of this package see; that is what makes them safe on hostile text.
"""

import html
import re
from typing import Final

from core.normalise import fold

# Guess: a longer text is an article, not a date line.
LONGEST: Final = 200
# An entity takes up to eight characters where the page shows one.
_LONGEST_ESCAPED: Final = 8 * LONGEST

# Source: Unicode general category Cf (joiners, marks of direction, byte order mark, soft hyphen), and controls.
_INVISIBLE: Final = (
    *(*range(0x09), *range(0x0E, 0x1C), 0x7F, 0xAD, 0x180E, 0xFEFF),
    *(*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)),
)
_SAME: Final = {
    "-": "‐‑‒–—―−﹣",
    "·": "•・∙‧⋅●",
    ":": "︰﹕∶",
    "/": "⁄∕",
    "~": "〜∼",
    "'": "‘’′",
    "(": "【「『〔〖[{",
    ")": "】」』〕〗]}",
}
_PLAIN: Final = dict.fromkeys(_INVISIBLE, "") | {ord(other): one for one, others in _SAME.items() for other in others}

_ADDRESS: Final = re.compile(r"[a-z]{2,9}://[^\s]*")
_DIGITS: Final = {character: value for value, character in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "○": 0,
    "两": 2,
}
_RUN: Final = "[零〇○一二三四五六七八九两十廿卅]{1,5}"
# Never the number of a weekday (周三) or an ordinal (第三).
_NUMERAL: Final = re.compile(
    rf"(?<![周期拜第零〇○一二三四五六七八九两十廿卅])({_RUN})(?=\s?(年|[月日号个天周点时刻分秒半]|星期|礼拜|小时|钟头))|(?<=[点时])({_RUN})"
)


def plain(text: str) -> str:
    """The text in one line, written one way; empty when it is too long for a date line."""
    line = " ".join(text.split())
    if len(line) > _LONGEST_ESCAPED:
        return ""
    folded = fold(html.unescape(line).translate(_PLAIN)).translate(_PLAIN)
    line = " ".join(_ADDRESS.sub(" ", folded).split())
    return _NUMERAL.sub(_arabic, line) if len(line) <= LONGEST else ""


def _arabic(match: re.Match[str]) -> str:
    """三 → 3, 二十三 → 23, 零五 → 05, 二〇二六年 → 2026; 三五天 (three or five) stays."""
    run = (match[1] or match[3]).replace("廿", "二十").replace("卅", "三十")
    if "十" in run:
        tens, _, ones = run.partition("十")
        if len(tens) > 1 or len(ones) > 1 or "十" in ones:
            return match[0]
        return f"{_DIGITS[tens] if tens else 1}{_DIGITS[ones] if ones else 0}"
    is_year = match[2] == "年" and len(run) in (2, 4)
    if len(run) == 1 or is_year or (len(run) == 2 and _DIGITS[run[0]] == 0):
        return "".join(str(_DIGITS[character]) for character in run)
    return match[0]
