"""Evaluate alert rules against the index: counts in, findings out. Stores nothing and tells nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from alerts.baseline import HISTORY_DAYS, expected_count, observed_days
from alerts.detectors.negative_burst import Burst, BurstCounts, Period, Usual, judge
from alerts.finding import Finding
from alerts.level import LEVEL_PERIOD
from alerts.rule import AlertRule
from core.errors import InvalidQuery, TooLittleHistory
from core.mention import SHANGHAI, Sentiment
from index import query as index_query
from index.base import Bucket, Dimension, MentionIndex
from index.query import Query

log = structlog.get_logger()

# Shown with an alert; the rest is one click away.
SAMPLES: Final = 5
TOP_SOURCES: Final = 3


def detect(index: MentionIndex, rules: Sequence[AlertRule], *, now: datetime) -> tuple[Finding, ...]:
    """Judge the window that ends now, for each rule. A rule that cannot be read is logged and left out.

    Only mentions that count in bursts are judged; the baseline takes all of them, so that history collected
    afterwards teaches what is usual. Raises StoreUnavailable.
    """
    until = now.replace(microsecond=0)  # people read the query
    found = (_evaluate(index, rule, until) for rule in rules)
    return tuple(finding for finding in found if finding is not None)


def _evaluate(index: MentionIndex, rule: AlertRule, now: datetime) -> Finding | None:
    try:
        everything = index_query.parse(rule.query, now=now).where(brand=rule.brand)
    except InvalidQuery as error:
        log.warning("rule left out", rule=rule.id, error=error.code, position=error.position)
        return None
    length = timedelta(minutes=rule.window_minutes)
    window = _window(everything, now - length, now)
    by_sentiment = _by_sentiment(index, window)
    # The answer nearly always, and it costs one question.
    if by_sentiment.get(Sentiment.NEGATIVE, 0) < rule.minimum_count:
        return None
    history = _history(index, everything, [now - length, now - LEVEL_PERIOD])
    seen = Period(counts=_counts(index, window, by_sentiment), usual=history.usual(now - length, now))
    hour = seen if length == LEVEL_PERIOD else _last_hour(index, everything, history, now)
    burst = judge(rule, seen, hour)
    if burst is None:
        return None
    return _finding(index, rule, window, seen, hour, burst, (now - length, now))


def _window(everything: Query, start: datetime, end: datetime) -> Query:
    return everything.where(since=start, until=end, counts_in_bursts=True)


def _last_hour(index: MentionIndex, everything: Query, history: "_History", now: datetime) -> Period:
    query = _window(everything, now - LEVEL_PERIOD, now)
    counts = _counts(index, query, _by_sentiment(index, query))
    return Period(counts=counts, usual=history.usual(now - LEVEL_PERIOD, now))


def _by_sentiment(index: MentionIndex, query: Query) -> Mapping[str, int]:
    return _single(index.aggregate(query, by=(Dimension.SENTIMENT,)))


def _counts(index: MentionIndex, query: Query, by_sentiment: Mapping[str, int]) -> BurstCounts:
    authors = index.aggregate(_negatives(query), by=(Dimension.SOURCE, Dimension.AUTHOR))
    return BurstCounts(
        total=sum(by_sentiment.values()),
        negative=by_sentiment.get(Sentiment.NEGATIVE, 0),
        # The same name on another site is another person; no name is no author.
        per_author=tuple(bucket.count for bucket in authors if bucket.keys[1]),
    )


def _negatives(query: Query) -> Query:
    return query.where(sentiment=Sentiment.NEGATIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _History:
    """Counts per hour of the past 28 days: all mentions, and the negative ones."""

    total: Mapping[datetime, int]
    negative: Mapping[datetime, int]

    def usual(self, start: datetime, end: datetime) -> Usual | None:
        """What the same hours had; None while there is too little history."""
        days = observed_days(self.total, before=start)
        try:
            return Usual(
                total=expected_count(self.total, window_start=start, window_end=end, days=days),
                negative=expected_count(self.negative, window_start=start, window_end=end, days=days),
            )
        except TooLittleHistory:
            return None


def _history(index: MentionIndex, everything: Query, starts: Sequence[datetime]) -> _History:
    """What lies before windows with these starts, in one question; each window ignores what is later than its own."""
    past = everything.where(since=min(starts) - timedelta(days=HISTORY_DAYS + 1), until=max(starts))
    total: dict[datetime, int] = {}
    negative: dict[datetime, int] = {}
    for bucket in index.aggregate(past, by=(Dimension.HOUR, Dimension.SENTIMENT)):
        hour = datetime.fromisoformat(bucket.keys[0]).replace(tzinfo=SHANGHAI)
        total[hour] = total.get(hour, 0) + bucket.count
        if bucket.keys[1] == Sentiment.NEGATIVE:
            negative[hour] = bucket.count
    return _History(total=total, negative=negative)


def _finding(
    index: MentionIndex,
    rule: AlertRule,
    window: Query,
    seen: Period,
    hour: Period,
    burst: Burst,
    during: tuple[datetime, datetime],
) -> Finding:
    negatives, counts = _negatives(window), seen.counts
    sources = _single(index.aggregate(negatives, by=(Dimension.SOURCE,), limit=TOP_SOURCES))
    return Finding(
        rule_id=rule.id,
        brand=rule.brand,
        reason=burst.reason,
        level=burst.level,
        story=_leading_story(index, negatives, counts.negative),
        count=counts.total,
        count_negative=counts.negative,
        expected=seen.usual.total.count if seen.usual else None,
        share_negative=burst.share_negative,
        window_start=during[0],
        window_end=during[1],
        query=str(negatives),
        explanation=explain(rule.brand, seen, hour, burst, during, sources),
        samples=tuple(hit.mention.id for hit in index.search(negatives, limit=SAMPLES).hits),
    )


def explain(
    brand: str,
    seen: Period,
    hour: Period,
    burst: Burst,
    during: tuple[datetime, datetime],
    sources: Mapping[str, int],
) -> str:
    """One paragraph with every number that led to the finding. hour: told where it is not the window itself."""
    start, end = (moment.astimezone(SHANGHAI) for moment in during)
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%m-%d %H:%M}"
    counts = seen.counts
    text = (
        f"{start:%m-%d %H:%M} 至 {until}，{brand}共 {counts.total} 条信息，其中负面 {counts.negative} 条"
        f"（{counts.negative / counts.total:.0%}），来自 {burst.authors} 位作者；"
    )
    if seen.usual is None or burst.factor is None:
        text += "基线建立中（历史数据不足 14 天），按固定阈值判断。"
    else:
        text += _compared(seen.usual.total.count, burst.factor)
    if hour is not seen:
        text += f"最近 60 分钟 {hour.counts.total} 条，其中负面 {hour.counts.negative} 条。"
    named = "、".join(f"{source} {count} 条" for source, count in sources.items() if source)
    return f"{text}主要来源：{named}。" if named else text


def _compared(usual: float, factor: float) -> str:
    if usual < 1:
        return "往常这一时段不到 1 条。"
    return f"往常这一时段约 {usual:.1f} 条，现为 {factor:.1f} 倍。"


def _leading_story(index: MentionIndex, negatives: Query, total: int) -> str | None:
    """The story that more than half of the negatives belong to."""
    stories = _single(index.aggregate(negatives, by=(Dimension.STORY,), limit=1))
    return next((story for story, count in stories.items() if story and count * 2 > total), None)


def _single(buckets: Sequence[Bucket]) -> dict[str, int]:
    return {bucket.keys[0]: bucket.count for bucket in buckets}
