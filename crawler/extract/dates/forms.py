"""The ways a date is written, and the one reading of each. What stands around a date is judged elsewhere.

Forms are tried in order, the most complete first; each claims its place in the line, also where it is impossible
(2026-02-30), so that no part of it is read as something else.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import Final

from core.mention import PRINTED_ZONE, DatePrecision
from crawler.extract.dates import clock, days, moments
from crawler.extract.dates.clock import Clock
from crawler.extract.dates.published import LEEWAY, SKEW, Published, published


class Strength(IntEnum):
    """How much the form itself says that it is a date.

    BARE: a day that could be something else (11-02, 昨天, 26-03-01, 20260301). TIMED: such a day with a time, or
    3分钟前. SPOKEN: 2026年3月1日, which sentences say too. COMPLETE: year, month and day in figures, or with a time.
    """

    BARE = 1
    TIMED = 2
    SPOKEN = 3
    COMPLETE = 4


@dataclass(frozen=True, slots=True)
class Reading:
    """A date at [start, end) of the line; published is None where it is impossible or in the future."""

    start: int
    end: int
    published: Published | None
    strength: Strength


@dataclass(frozen=True, slots=True)
class _Day:
    """A written day. bare, timed: strength without and with a time; None where only a time makes it a date."""

    pattern: re.Pattern[str]
    days: Callable[[re.Match[str], date], Sequence[date]]
    bare: Strength | None
    timed: Strength = Strength.TIMED


@dataclass(frozen=True, slots=True)
class _Moment:
    """A counted time."""

    pattern: re.Pattern[str]
    moment: Callable[[re.Match[str], datetime], tuple[datetime, DatePrecision]]
    strength: Strength


# No part of a longer number, word, version or path: 12026-06-15, 2026-06-15-3, 1.2.3.4, /2026/06/15/a.html, 3.1.jpg
_START: Final = r"(?<![0-9a-z])(?<![0-9][-/.:~])"
_END: Final = r"(?![0-9%])(?![-/.:~][0-9])(?![/._-][a-z])(?!(?!t[0-9])[a-z])"
_YEAR: Final = r"(?P<year>(?:19|20)[0-9]{2})"
_SHORT_YEAR: Final = r"'?(?P<year>[0-9]{2})"
_MONTH: Final = r"(?P<month>[0-9]{1,2})"
_PADDED_MONTH: Final = r"(?P<month>[01][0-9])"
_PADDED_DAY: Final = rf"(?P<day>[0-3][0-9]){_END}"
# A day of two digits may be glued to its time: 2026-06-1509:12, 2026-06-15-09:12:00
_DAY: Final = rf"(?P<day>[0-9]{{2}}(?=-?[0-9]{{2}}:[0-9]{{2}})|[0-9]{{1,2}}{_END})"
_IN_WORDS: Final = rf"{_MONTH}\s?月\s?(?P<day>[0-9]{{1,2}})\s?[日号]"
_MARK: Final = r"\s?(?P<mark>[-/.])\s?"


def _pattern(*parts: str) -> re.Pattern[str]:
    return re.compile("".join(parts), re.ASCII)


_FORMS: Final[tuple[_Day | _Moment, ...]] = (
    _Day(
        _pattern(_START, _YEAR, _MARK, _MONTH, r"\s?(?P=mark)\s?", _DAY),
        days.complete,
        Strength.COMPLETE,
        Strength.COMPLETE,
    ),
    _Day(
        _pattern(_START, _YEAR, r"\s(?P<month>[0-9]{2})[-/](?P<day>[0-9]{2})", _END),
        days.complete,
        Strength.COMPLETE,
        Strength.COMPLETE,
    ),
    _Day(
        _pattern(_START, r"(?P<first>[0-9]{1,2})/(?P<second>[0-9]{1,2})/", _YEAR, _END),
        days.western,
        Strength.COMPLETE,
        Strength.COMPLETE,
    ),
    _Day(_pattern(_START, _YEAR, r"\s?年\s?", _IN_WORDS), days.complete, Strength.SPOKEN, Strength.COMPLETE),
    _Day(
        _pattern(
            r"(?<![0-9a-z._/-])",
            _YEAR,
            r"(?P<month>[01][0-9])(?P<day>[0-3][0-9])(?:t?(?P<clock>[0-9]{4}(?:[0-9]{2}z?)?))?",
            r"(?![0-9_%])(?![-.][0-9a-z])(?!(?!t[0-9])[a-z])",
        ),
        days.complete,
        Strength.BARE,
    ),
    _Moment(moments.JUST_NOW, moments.just_now, Strength.TIMED),
    _Moment(moments.AGO, moments.ago, Strength.TIMED),
    _Day(_pattern(_START, _SHORT_YEAR, r"\s?年\s?", _IN_WORDS), days.complete, Strength.BARE),
    _Day(_pattern(_START, _SHORT_YEAR, r"(?P<mark>[-/])", _MONTH, r"(?P=mark)", _DAY), days.complete, Strength.BARE),
    _Day(_pattern(_START, _SHORT_YEAR, r"\.", _PADDED_MONTH, r"\.", _PADDED_DAY), days.complete, Strength.BARE),
    _Day(_pattern(_START, _SHORT_YEAR, r"\.", _MONTH, r"\.", _DAY), days.complete, None),
    _Day(_pattern(r"(?<![0-9])", _IN_WORDS), days.yearless, Strength.BARE),
    _Day(_pattern(_START, _PADDED_MONTH, "[-/]", _PADDED_DAY), days.yearless, Strength.BARE),
    _Day(_pattern(_START, _MONTH, "[-/]", _DAY), days.yearless, None),
    # A decimal number otherwise.
    _Day(_pattern(_START, _MONTH, r"\.", _DAY), days.yearless, None, Strength.BARE),
    _Day(
        _pattern(r"(?P<word>(?:大前|前|昨|今)(?=[天日早晚晨夜])|\b(?:yesterday|today)\b)[天日]?"),
        days.word,
        Strength.BARE,
    ),
    _Day(
        _pattern(
            r"(?P<week>上{1,2}个?|[本这下]个?)?(?:周|星期|礼拜)(?P<day>[一二三四五六日天])",
            r"|\b(?P<english>mon|tues|wednes|thurs|fri|satur|sun)day\b",
        ),
        days.weekday,
        Strength.BARE,
    ),
    _Moment(moments.TICKS, moments.ticks, Strength.BARE),
)


def readings(line: str, now: datetime) -> list[Reading]:
    """Every date in the line, in its order. now: aware."""
    found: list[Reading] = []
    for form in _FORMS:
        end = 0
        for match in form.pattern.finditer(line):
            if match.start() < end:
                continue
            reading = _day(form, match, line, now) if isinstance(form, _Day) else _moment(form, match, now)
            if reading is not None:
                found.append(reading)
                end = reading.end
                line = line[: reading.start] + "\0" * (end - reading.start) + line[end:]
    return sorted(found, key=lambda reading: reading.start)


def _day(form: _Day, match: re.Match[str], line: str, now: datetime) -> Reading | None:
    start, end = match.span()
    try:
        time, end = _time(match, line)
        if time is None and form.bare is not None and form.bare >= Strength.SPOKEN:
            time, start = clock.read_before(line, start)
        if time is None and form.bare is None:
            return None
        found = _latest(form.days(match, now.astimezone(PRINTED_ZONE).date()), time, now)
    except (ValueError, OverflowError):
        return Reading(start, end, None, form.timed)
    return Reading(start, end, found, form.timed if time else form.bare or form.timed)


def _time(match: re.Match[str], line: str) -> tuple[Clock | None, int]:
    """From the digits of a compact date, or from what follows."""
    if digits := match.groupdict().get("clock"):
        return clock.read_whole(
            f"{digits[:2]}:{digits[2:4]}" + (f":{digits[4:]}" if len(digits) > 5 else "")
        ), match.end()
    return clock.read_after(line, match.end())


def _latest(days: Sequence[date], time: Clock | None, now: datetime) -> Published | None:
    """The first of the days that is past."""
    midnight = Clock(hour=0, minute=0, second=None, zone=PRINTED_ZONE)
    precision = (
        DatePrecision.DAY if time is None else DatePrecision.SECOND if time.second is not None else DatePrecision.MINUTE
    )
    latest = now + (LEEWAY if len(days) == 1 else SKEW)
    moments = ((time or midnight).on(day) for day in days)
    return next((found for moment in moments if (found := published(moment, precision, latest=latest))), None)


def _moment(form: _Moment, match: re.Match[str], now: datetime) -> Reading:
    try:
        moment, precision = form.moment(match, now)
        found = published(moment, precision, latest=now + LEEWAY)
    except (ValueError, OverflowError):
        found = None
    return Reading(match.start(), match.end(), found, form.strength)
