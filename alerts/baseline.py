"""What is usual at this time of day: a robust centre and spread out of hourly counts.

Pure functions. A day without any mention is a gap in collection rather than a quiet day and is left out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Final

from core.errors import TooLittleHistory
from core.mention import SHANGHAI

HOUR: Final = timedelta(hours=1)
# Source: docs/decisions/003, levels: baseline of the past 28 days, 基线建立中 until 14 days of data exist.
HISTORY_DAYS: Final = 28
LEARNING_DAYS: Final = 14
# Source: median and MAD as robust centre and spread, Hampel 1974; 1.4826 makes MAD comparable to a standard
# deviation under normality.
MAD_TO_DEVIATION: Final = 1.4826
# Counts scatter at least as a Poisson variable of this mean: a MAD of 0 (most hours empty) is no certainty.
# Guess: half a mention an hour.
LEAST_EXPECTED: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """count: usual number of mentions in the window. spread: robust standard deviation, never below Poisson's."""

    count: float
    spread: float

    def factor(self, observed: int) -> float:
        """How many times the usual count this is; the usual count is taken as 1 at least."""
        return observed / max(self.count, 1.0)


def expected_count(
    history: Mapping[datetime, int], *, window_start: datetime, window_end: datetime, days: frozenset[datetime]
) -> Expectation:
    """Estimate the count of a window that need not begin on the hour, from the same hours of other days.

    history: counts per hour, keyed by the hour's start; an absent hour had none. Hours that end after
    ``window_start`` are ignored. days: from ``observed_days``. The hours before and after are pooled with each
    hour: three times the sample, and what is dated to midnight because only the day is known does not count.
    Raises TooLittleHistory with fewer than 14 days of data.
    """
    if len(days) < LEARNING_DAYS:
        raise TooLittleHistory("基线建立中：历史数据不足 14 天", days=len(days))
    count = spread = 0.0
    for hour, share in _overlaps(window_start, window_end):
        sample = _sample(history, hour, days, before=window_start)
        centre = median(sample)
        count += share * centre
        spread += share * MAD_TO_DEVIATION * median(abs(value - centre) for value in sample)
    return Expectation(count=count, spread=max(spread, max(count, LEAST_EXPECTED) ** 0.5))


def observed_days(history: Mapping[datetime, int], *, before: datetime) -> frozenset[datetime]:
    """Shanghai days (their midnights) with a mention in an hour that ended before; at most 28 back."""
    first = _day(before) - timedelta(days=HISTORY_DAYS)
    hours = (hour for hour, count in history.items() if count and hour + HOUR <= before)
    return frozenset(day for hour in hours if (day := _day(hour)) >= first)


def _overlaps(start: datetime, end: datetime) -> Iterator[tuple[datetime, float]]:
    """Hours that the window touches, with the part of each that it covers."""
    hour = start.astimezone(SHANGHAI).replace(minute=0, second=0, microsecond=0)
    while hour < end:
        yield hour, (min(end, hour + HOUR) - max(start, hour)) / HOUR
        hour += HOUR


def _sample(
    history: Mapping[datetime, int], hour: datetime, days: frozenset[datetime], *, before: datetime
) -> list[int]:
    offset = hour - _day(hour)
    moments = (day + offset + shift for day in days for shift in (-HOUR, timedelta(), HOUR))
    return [history.get(moment, 0) for moment in moments if moment + HOUR <= before]


def _day(moment: datetime) -> datetime:
    return moment.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
