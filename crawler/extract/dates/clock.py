"""The time of day behind (or before) a date: 08:15, 下午3点20分, 8:15 pm, with seconds and zone where they are given.

Twelve-hour clocks. 凌晨, 上午, am: 12 is 0. 中午: 12 is 12, 1 is 13. 下午, pm: 12 is 12. 晚上12点 is the end of that
day, so it falls on the next one; 晚上1点 could be either and is refused.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Final

from core.mention import PRINTED_ZONE

_MORNING: Final = {hour: hour for hour in range(12)} | {12: 0}
_NOON: Final = {hour: hour for hour in range(10, 15)} | {1: 13, 2: 14}
_AFTERNOON: Final = {hour: hour + 12 for hour in range(12)} | {hour: hour for hour in range(12, 24)}
_EVENING: Final = {hour: hour + 12 for hour in range(5, 13)} | {hour: hour for hour in range(17, 25)}
_NIGHT: Final = {hour: hour for hour in (*range(5), *range(20, 25))} | {hour: hour + 12 for hour in range(8, 13)}
_WHOLE: Final = {hour: hour for hour in range(25)}
_HOURS: Final[Mapping[str, Mapping[int, int]]] = {
    **dict.fromkeys(("凌晨", "清晨", "清早", "早上", "早晨", "早间", "上午", "早", "晨", "am"), _MORNING),
    **dict.fromkeys(("中午", "正午", "午间"), _NOON),
    **dict.fromkeys(("下午", "午后", "傍晚", "pm"), _AFTERNOON),
    **dict.fromkeys(("晚上", "晚间", "夜间", "夜里", "晚", "夜"), _EVENING),
    **dict.fromkeys(("半夜", "深夜", "午夜"), _NIGHT),
}
_PERIODS: Final = "|".join(sorted((name for name in _HOURS if not name.isascii()), key=len, reverse=True))

# Hours east of Greenwich. Source: RFC 2822 section 4.3; but CST is China Standard Time on the sites read here.
_ZONES: Final = {"z": 0, "utc": 0, "gmt": 0, "ut": 0, "cst": 8, "bjt": 8, "hkt": 8, "sgt": 8, "jst": 9, "kst": 9}
_WESTERN: Final = {"est": -5, "edt": -4, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "bst": 1, "cet": 1}
_NAMED: Final = _ZONES | _WESTERN | {"cest": 2}

_WEEKDAY: Final = (
    r"\(?(?:(?:星期|礼拜|周)[一二三四五六日天]|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b)[,)]*"
)
_CLOCK: Final = rf"""
    (?:(?P<period>{_PERIODS}|(?:am|pm)(?=\s?[0-9]))\s?)?
    (?:(?P<hour>[0-9]{{1,2}})\s?:\s?(?P<minute>[0-9]{{2}})(?:\s?:\s?(?P<second>[0-9]{{2}})(?:[.,][0-9]{{1,9}})?)?
      |(?P<hour_cn>[0-9]{{1,2}})\s?[点时](?:钟|整|(?P<half>半)|(?P<quarter>[13])刻
         |\s?(?P<minute_cn>[0-9]{{1,2}})(?:\s?分(?:\s?(?P<second_cn>[0-9]{{1,2}})\s?秒)?)?)?)
    (?![0-9:])
    (?:\s?(?P<half_day>[ap])\.?m(?:\.|\b))?
    (?P<zone>\s?\(?(?:(?:utc|gmt)\s?[+-][0-9]{{1,2}}(?::?[0-9]{{2}})?|(?:z|\b(?:{"|".join(_NAMED)}))\b
       |[+-][0-9]{{2}}(?::?[0-9]{{2}})?)(?![0-9:])\)?)?
"""
_AFTER: Final = re.compile(
    rf"(?:[\s,|·_)]*(?:(?P<iso>t)(?=[0-9])|-\s|-(?=[0-9]{{2}}:)|at\s)?\s?)(?:{_WEEKDAY}\s?)?{_CLOCK}", re.X | re.A
)
_BEFORE: Final = re.compile(rf"(?<![0-9:.])(?P<iso>){_CLOCK}[\s,|·(]*(?:on\s)?$", re.X | re.A)
_WHOLE_LINE: Final = re.compile(rf"(?P<iso>){_CLOCK}", re.X | re.A)
# A part of the day without a time (昨天下午) belongs to the date but adds nothing; so does a weekday.
_ASIDE: Final = re.compile(rf"\s?(?:{_WEEKDAY}|(?:{_PERIODS})(?![\u3400-\u9fff]))", re.A)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """hour: 0-24, counted from midnight of the day the page names. second: None when it names none."""

    hour: int
    minute: int
    second: int | None
    zone: tzinfo

    def on(self, day: date) -> datetime:
        """That time on that day. Raises OverflowError at the ends of the calendar."""
        midnight = datetime.combine(day, time(), self.zone)
        return midnight + timedelta(hours=self.hour, minutes=self.minute, seconds=self.second or 0)


def read_after(line: str, end: int) -> tuple[Clock | None, int]:
    """The time that follows a date which ends at ``end``, and where that ends. Raises ValueError: impossible."""
    if match := _AFTER.match(line, end):
        return _clock(match), match.end()
    aside = _ASIDE.match(line, end)
    return None, aside.end() if aside else end


def read_before(line: str, start: int) -> tuple[Clock | None, int]:
    """The time right before a date which starts at ``start`` (8:15 AM · Mar 1, 2026). Raises ValueError."""
    match = _BEFORE.search(line[:start])
    return (_clock(match), match.start()) if match else (None, start)


def read_whole(text: str) -> Clock:
    """A text that is nothing but a time. Raises ValueError."""
    match = _WHOLE_LINE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return _clock(match)


def _clock(match: re.Match[str]) -> Clock:
    hour, second = int(match["hour"] or match["hour_cn"]), match["second"] or match["second_cn"]
    minute = 30 if match["half"] else int(match["quarter"] or 0) * 15
    minute = int(match["minute"] or match["minute_cn"] or minute)
    period = match["period"] or (f"{match['half_day']}m" if match["half_day"] else "")
    hours = _HOURS.get(period, _WHOLE)
    if hour not in hours or minute > 59 or int(second or 0) > 59 or (hour == 24 and (minute or int(second or 0))):
        raise ValueError(match[0])
    return Clock(
        hour=hours[hour],
        minute=minute,
        second=int(second) if second else None,
        zone=_zone((match["zone"] or ""), is_exact=bool(second) or match["iso"] == "t"),
    )


def _zone(text: str, *, is_exact: bool) -> tzinfo:
    """is_exact: else ``10:30-12:00`` is no zone but a span of time, so no publication."""
    name = text.strip(" ()")
    if not name:
        return PRINTED_ZONE
    if name in _NAMED:
        return timezone(timedelta(hours=_NAMED[name]))
    if name[0] == "-" and not is_exact and (":" in name or not text.startswith(" ")):
        raise ValueError(text)
    sign, digits = -1 if "-" in name else 1, re.sub("[^0-9]", "", name)
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    if hours > 14 or minutes > 59:
        raise ValueError(text)
    return timezone(sign * timedelta(hours=hours, minutes=minutes)) if hours or minutes else UTC
