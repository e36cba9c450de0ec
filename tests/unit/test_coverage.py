"""Gaps cut into Shanghai days."""

from datetime import date, datetime, timedelta

from core.mention import SHANGHAI
from crawler.gap import Gap
from response.coverage import DayGap, by_day

NOW = datetime(2026, 6, 16, 10, 0, tzinfo=SHANGHAI)
HOUR = timedelta(hours=1)


def a_gap(source: str, began_at: datetime, ended_at: datetime | None) -> Gap:
    return Gap(source=source, began_at=began_at, ended_at=ended_at, reason="overrun", filled_at=None)


def test_a_day_names_its_longest_gap_and_all_sources() -> None:
    found = [
        a_gap("论坛", NOW - 36 * HOUR, NOW - 30 * HOUR),  # the 14th, 22:00, to the 15th, 4:00
        a_gap("论坛", NOW - 28 * HOUR, NOW - 27 * HOUR),
        a_gap("新闻", NOW - 11 * HOUR, None),
    ]
    assert by_day(found, until=NOW) == {
        date(2026, 6, 14): DayGap(hours=2, sources=("论坛",)),
        date(2026, 6, 15): DayGap(hours=5, sources=("新闻", "论坛")),
        date(2026, 6, 16): DayGap(hours=10, sources=("新闻",)),
    }
    assert by_day([], until=NOW) == {}
