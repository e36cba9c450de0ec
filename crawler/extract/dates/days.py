"""Which days a written date can mean, the preferred first. ``today`` is the day in China."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

_WEEKDAYS: Final = {name: day for day, name in enumerate("一二三四五六日")} | {"天": 6}
_ENGLISH_WEEKDAYS: Final = {name: day for day, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}
_BACK: Final = {"今": 0, "today": 0, "昨": 1, "yesterday": 1, "前": 2, "大前": 3}


def complete(match: re.Match[str], today: date) -> Sequence[date]:
    """Raises ValueError for a day that does not exist. A year of two digits belongs to 20.. or to 19.."""
    year, month, day = match["year"], int(match["month"]), int(match["day"])
    return [date(century + int(year), month, day) for century in ((2000, 1900) if len(year) == 2 else (0,))]


def western(match: re.Match[str], today: date) -> Sequence[date]:
    """06/15/2026 or 15/06/2026. Raises ValueError where it could be either: 06/05/2026."""
    first, second = int(match["first"]), int(match["second"])
    if first <= 12 and second <= 12 and first != second:
        raise ValueError(match[0])
    return [date(int(match["year"]), min(first, second), max(first, second))]


def yearless(match: re.Match[str], today: date) -> Sequence[date]:
    """In every year that has the day, the next one first, and far enough back for a 29th of February."""
    days = []
    for year in range(today.year + 1, today.year - 9, -1):
        try:
            days.append(date(year, int(match["month"]), int(match["day"])))
        except ValueError:
            continue
    return days


def word(match: re.Match[str], today: date) -> Sequence[date]:
    """昨天 and the like."""
    return [today - timedelta(days=_BACK[match["word"]])]


def weekday(match: re.Match[str], today: date) -> Sequence[date]:
    """This week's or else last week's; 本周 and 上周 are exact and begin on Monday."""
    day = _WEEKDAYS[match["day"]] if match["day"] else _ENGLISH_WEEKDAYS[match["english"][:3]]
    this = today + timedelta(days=day - today.weekday())
    if week := match["week"]:
        return [this - timedelta(weeks=-1 if week[0] == "下" else week.count("上"))]
    return [this, this - timedelta(weeks=1)]
