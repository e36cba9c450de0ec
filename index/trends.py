"""The questions managers ask, written once over ``MentionIndex.aggregate``: pages, API and reports show one number.

A day is a Shanghai day. Counts are of analysed mentions, without deleted and excluded ones unless the query names a
status.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.mention import SHANGHAI, Sentiment
from index.base import Bucket, Dimension, MentionIndex
from index.query import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentiments:
    """Mentions by sentiment. share_negative: 0-1, 0 when there are none."""

    negative: int = 0
    neutral: int = 0
    positive: int = 0

    @property
    def total(self) -> int:
        return self.negative + self.neutral + self.positive

    @property
    def share_negative(self) -> float:
        return self.negative / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One Shanghai day of a trend."""

    day: date
    counts: Sentiments


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandShare:
    """share: 0-1 of the sum over all brands shown; a mention of two brands counts for each."""

    brand: str
    count: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCount:
    """How much a source brought, and how negative it was."""

    source: str
    counts: Sentiments


def daily(index: MentionIndex, query: Query, *, since: datetime, until: datetime) -> tuple[Day, ...]:
    """Each day that begins before ``until``, from that of ``since`` on, days without mentions too.

    since is inclusive, until exclusive: the first and the last day may be parts of a day.
    """
    narrowed = query.where(since=since, until=until)
    found = _by_sentiment(index.aggregate(narrowed, by=[Dimension.DAY, Dimension.SENTIMENT]))
    first = since.astimezone(SHANGHAI).date()
    last = (until.astimezone(SHANGHAI) - timedelta(microseconds=1)).date()
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return tuple(Day(day=day, counts=found.get(day.isoformat(), Sentiments())) for day in days)


def sources(index: MentionIndex, query: Query, *, limit: int = 20) -> tuple[SourceCount, ...]:
    """The sources with the most mentions."""
    found = _by_sentiment(index.aggregate(query, by=[Dimension.SOURCE, Dimension.SENTIMENT]))
    rows = [SourceCount(source=source, counts=counts) for source, counts in found.items()]
    return tuple(sorted(rows, key=lambda row: (-row.counts.total, row.source))[:limit])


def brand_shares(index: MentionIndex, query: Query, *, brands: Sequence[str]) -> tuple[BrandShare, ...]:
    """Share of voice of these brands among one another, most first, brands without mentions too."""
    found = {bucket.keys[0]: bucket.count for bucket in index.aggregate(query, by=[Dimension.BRAND])}
    counts = {brand: found.get(brand, 0) for brand in brands}
    total = sum(counts.values())
    rows = [
        BrandShare(brand=brand, count=count, share=count / total if total else 0.0) for brand, count in counts.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.count, row.brand)))


def _by_sentiment(buckets: Sequence[Bucket]) -> dict[str, Sentiments]:
    """buckets: keys are (anything, sentiment)."""
    counts = {bucket.keys: bucket.count for bucket in buckets}
    return {
        key: Sentiments(
            negative=counts.get((key, Sentiment.NEGATIVE), 0),
            neutral=counts.get((key, Sentiment.NEUTRAL), 0),
            positive=counts.get((key, Sentiment.POSITIVE), 0),
        )
        for key, _ in counts
    }
