"""Times that are counted rather than written: 3分钟前, 2 hours ago, 刚刚, epoch seconds.

Seconds, minutes and hours ago are known to the minute, in the smallest unit that is named (1天2小时前); days, weeks,
months and years ago to the day. Months and years are those of the calendar, half a month is 15 days.
"""

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from typing import Final

from core.mention import PRINTED_ZONE, DatePrecision

_UNITS: Final = {"秒": 1, "分": 60, "刻": 900, "时": 3600, "天": 86400, "周": 7 * 86400}
_MONTHS: Final = {"月": 1, "年": 12}
# 几秒前 is just now; 几天前 and 10多天前 are no times.
_PART: Final = (
    r"(?:[0-9]{1,4}(?:\.[0-9])?|半)\s?(?:个半|个|半)?\s?"
    r"(?:秒钟?|分钟?|刻钟|小时|钟头|天|日|周|星期|礼拜|(?<=个)月|(?<=个\s)月|(?<=半)月|年)半?"
)
_ENGLISH: Final = (
    r"(?:(?:about|around)\s)?(?:[0-9]{1,4}|an?|one)\s?(?:s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?"
    r"|d(?:ays?)?|w(?:(?:ee)?ks?)?|months?|y(?:(?:ea)?rs?)?)\.?\sago\b"
)
AGO: Final = re.compile(
    rf"(?<![0-9a-z.\-~/:多几数])(?:(?:大?约|大概)\s?)?(?:{_PART}\s?[零又]?\s?){{1,3}}[以之]?前|(?<![0-9a-z.\-~/:])(?:{_ENGLISH})",
    re.ASCII,
)
JUST_NOW: Final = re.compile(
    r"刚刚|刚才|片刻之?前|几秒钟?之?前|不到\s?1\s?分钟之?前"
    r"|\b(?:just now|(?:a )?moments? ago|(?:a few )?seconds ago|less than a minute ago)\b",
    re.ASCII,
)
# Seconds or milliseconds since 1970, from 2001 on; a number of a telephone or an order is longer or lies ahead.
TICKS: Final = re.compile(
    r"(?<![0-9a-z.\-_/])(?P<seconds>[1-9][0-9]{9})(?:[0-9]{3}|\.[0-9]{1,9})?(?![0-9a-z_/%])(?![-.][0-9])", re.ASCII
)
_CHINESE_PART: Final = re.compile(
    r"([0-9.]+|半)\s?(个)?\s?(半)?\s?([秒分刻小钟天日周星礼月年])[^0-9半]*?(半)?(?=[0-9]|\s|[零又以之]|前)"
)
_ENGLISH_PART: Final = re.compile(r"\b([0-9]+|an?|one)\s?(mo|[smhdwy])")
_ENGLISH_UNITS: Final = {"s": "秒", "m": "分", "h": "时", "d": "天", "w": "周", "mo": "月", "y": "年"}
_SAME: Final = {"小": "时", "钟": "时", "日": "天", "星": "周", "礼": "周"}


def ago(match: re.Match[str], now: datetime) -> tuple[datetime, DatePrecision]:
    """Raises OverflowError or ValueError beyond the calendar."""
    seconds, months, is_exact = 0.0, 0.0, False
    for count, unit in _parts(match[0]):
        months += count * _MONTHS.get(unit, 0)
        seconds += count * _UNITS.get(unit, 0)
        is_exact = is_exact or _UNITS.get(unit, 86400) < 86400
    seconds += 15 * 86400 * (2 * months % 2)
    moment = _months_before(now.astimezone(PRINTED_ZONE), int(months)) - timedelta(seconds=seconds)
    return moment, DatePrecision.MINUTE if is_exact else DatePrecision.DAY


def just_now(match: re.Match[str], now: datetime) -> tuple[datetime, DatePrecision]:
    """Known to the minute."""
    return now, DatePrecision.MINUTE


def ticks(match: re.Match[str], now: datetime) -> tuple[datetime, DatePrecision]:
    """Known to the second."""
    return datetime.fromtimestamp(int(match["seconds"]), UTC), DatePrecision.SECOND


def _parts(text: str) -> list[tuple[float, str]]:
    """Counts and units: 1个半小时 is (1.5, 时)."""
    if english := _ENGLISH_PART.search(text):
        count, unit = english.groups()
        return [(float(count) if count.isdecimal() else 1.0, _ENGLISH_UNITS[unit])]
    return [
        ((0.5 if count == "半" else float(count)) + (0.5 if half or late else 0), _SAME.get(unit, unit))
        for count, _, half, unit, late in _CHINESE_PART.findall(text)
    ]


def _months_before(moment: datetime, months: int) -> datetime:
    """The same day of an earlier month, or its last one."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))
