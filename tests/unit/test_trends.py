"""Trends over counts; the counts themselves are the engines' contract."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest

from index import trends
from index.base import Bucket, Dimension
from index.query import EVERYTHING, Query
from index.trends import Sentiments


class Counted:
    """An index that knows these counts only, and what it was asked."""

    def __init__(self, counts: dict[tuple[str, ...], int]) -> None:
        self.counts = counts
        self.asked: list[tuple[Query, tuple[Dimension, ...]]] = []

    def aggregate(self, query: Query, *, by: Sequence[Dimension] = (), limit: int | None = None) -> tuple[Bucket, ...]:
        self.asked.append((query, tuple(by)))
        return tuple(Bucket(keys=keys, count=count) for keys, count in self.counts.items())


def index(counts: dict[tuple[str, ...], int]) -> Any:  # Any: stands for the one method the trends use
    return Counted(counts)


def test_days_without_mentions_are_there() -> None:
    counted = index({("2026-06-15", "negative"): 3, ("2026-06-15", "positive"): 1, ("2026-06-17", "neutral"): 2})
    since, until = datetime(2026, 6, 14, 16, tzinfo=UTC), datetime(2026, 6, 17, 16, tzinfo=UTC)
    days = trends.daily(counted, EVERYTHING, since=since, until=until)
    assert [day.day for day in days] == [date(2026, 6, 15), date(2026, 6, 16), date(2026, 6, 17)]
    assert [day.counts.total for day in days] == [4, 0, 2]
    assert [day.counts.share_negative for day in days] == [0.75, 0.0, 0.0]
    assert counted.asked == [(EVERYTHING.where(since=since, until=until), (Dimension.DAY, Dimension.SENTIMENT))]


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (datetime(2026, 6, 15, 15, 59, tzinfo=UTC), datetime(2026, 6, 15, 16, 1, tzinfo=UTC), [15, 16]),
        (datetime(2026, 6, 15, 16, tzinfo=UTC), datetime(2026, 6, 15, 16, 1, tzinfo=UTC), [16]),
        (datetime(2026, 6, 15, 16, tzinfo=UTC), datetime(2026, 6, 15, 16, tzinfo=UTC), []),
    ],
)
def test_days_begin_at_midnight_in_shanghai(since: datetime, until: datetime, expected: list[int]) -> None:
    days = trends.daily(index({}), EVERYTHING, since=since, until=until)
    assert [day.day.day for day in days] == expected


def test_sources_by_size() -> None:
    counted = index({("甲", "negative"): 1, ("乙", "neutral"): 2, ("甲", "positive"): 2, ("丙", "neutral"): 2})
    rows = trends.sources(counted, EVERYTHING, limit=2)
    assert [(row.source, row.counts) for row in rows] == [
        ("甲", Sentiments(negative=1, positive=2)),
        ("丙", Sentiments(neutral=2)),
    ]


def test_share_of_voice_among_the_brands_named() -> None:
    counted = index({("甲",): 3, ("乙",): 1, ("丙",): 90})
    rows = trends.brand_shares(counted, EVERYTHING, brands=["乙", "丁", "甲"])
    assert [(row.brand, row.count, row.share) for row in rows] == [("甲", 3, 0.75), ("乙", 1, 0.25), ("丁", 0, 0.0)]
    assert [row.share for row in trends.brand_shares(index({}), EVERYTHING, brands=["甲"])] == [0.0]
