"""Evaluate alert rules against the index: counts in, findings out. Stores nothing and tells nobody."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from alerts.baseline import HISTORY_DAYS, expected_count, observed_days
from alerts.detectors.negative_burst import Burst, BurstCounts, Usual, judge
from alerts.finding import Finding
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
    found = (_evaluate(index, rule, now) for rule in rules)
    return tuple(finding for finding in found if finding is not None)


def _evaluate(index: MentionIndex, rule: AlertRule, now: datetime) -> Finding | None:
    try:
        everything = index_query.parse(rule.query, now=now).where(brand=rule.brand)
    except InvalidQuery as error:
        log.warning("rule left out", rule=rule.id, error=error.code, position=error.position)
        return None
    start = now - timedelta(minutes=rule.window_minutes)
    window = everything.where(since=start, until=now, counts_in_bursts=True)
    negatives = window.where(sentiment=Sentiment.NEGATIVE)
    counts = _counts(index, window, negatives, minimum=rule.minimum_count)
    if counts is None:
        return None
    usual = _usual(index, everything, start, now)
    burst = judge(rule, counts, usual)
    if burst is None:
        return None
    return _finding(index, rule, negatives, counts, usual, burst, (start, now))


def _counts(index: MentionIndex, window: Query, negatives: Query, *, minimum: int) -> BurstCounts | None:
    """Count the window; None below the minimum, which is the answer nearly always and costs one question."""
    by_sentiment = _single(index.aggregate(window, by=(Dimension.SENTIMENT,)))
    negative = by_sentiment.get(Sentiment.NEGATIVE.value, 0)
    if negative < minimum:
        return None
    authors = index.aggregate(negatives, by=(Dimension.SOURCE, Dimension.AUTHOR))
    return BurstCounts(
        total=sum(by_sentiment.values()),
        negative=negative,
        # The same name on another site is another person; no name is no author.
        per_author=tuple(bucket.count for bucket in authors if bucket.keys[1]),
    )


def _usual(index: MentionIndex, everything: Query, start: datetime, end: datetime) -> Usual | None:
    """What the same hours of the past 28 days had; None while there is too little history."""
    past = everything.where(since=start - timedelta(days=HISTORY_DAYS + 1), until=start)
    total: dict[datetime, int] = {}
    negative: dict[datetime, int] = {}
    for bucket in index.aggregate(past, by=(Dimension.HOUR, Dimension.SENTIMENT)):
        hour = datetime.fromisoformat(bucket.keys[0]).replace(tzinfo=SHANGHAI)
        total[hour] = total.get(hour, 0) + bucket.count
        if bucket.keys[1] == Sentiment.NEGATIVE:
            negative[hour] = bucket.count
    days = observed_days(total, before=start)
    try:
        return Usual(
            total=expected_count(total, window_start=start, window_end=end, days=days),
            negative=expected_count(negative, window_start=start, window_end=end, days=days),
        )
    except TooLittleHistory:
        return None


def _finding(
    index: MentionIndex,
    rule: AlertRule,
    negatives: Query,
    counts: BurstCounts,
    usual: Usual | None,
    burst: Burst,
    window: tuple[datetime, datetime],
) -> Finding:
    sources = _single(index.aggregate(negatives, by=(Dimension.SOURCE,), limit=TOP_SOURCES))
    return Finding(
        rule_id=rule.id,
        brand=rule.brand,
        reason=burst.reason,
        level=burst.level,
        story=_leading_story(index, negatives, counts.negative),
        count=counts.total,
        count_negative=counts.negative,
        expected=usual.total.count if usual else None,
        share_negative=counts.negative / counts.total,
        window_start=window[0],
        window_end=window[1],
        query=str(negatives),
        explanation=explain(rule.brand, counts, usual, burst, window, sources),
        samples=tuple(hit.mention.id for hit in index.search(negatives, limit=SAMPLES).hits),
    )


def explain(
    brand: str,
    counts: BurstCounts,
    usual: Usual | None,
    burst: Burst,
    window: tuple[datetime, datetime],
    sources: Mapping[str, int],
) -> str:
    """One paragraph with every number that led to the finding."""
    start, end = (moment.astimezone(SHANGHAI) for moment in window)
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%m-%d %H:%M}"
    share = counts.negative / counts.total
    text = (
        f"{start:%m-%d %H:%M} 至 {until}，{brand}共 {counts.total} 条信息，其中负面 {counts.negative} 条"
        f"（{share:.0%}），来自 {burst.authors} 位作者；"
    )
    if usual is None or burst.factor is None:
        text += "基线建立中（历史数据不足 14 天），按固定阈值判断。"
    else:
        text += f"往常这一时段约 {usual.total.count:.1f} 条，现为 {burst.factor:.1f} 倍。"
    named = "、".join(f"{source} {count} 条" for source, count in sources.items() if source)
    return f"{text}主要来源：{named}。" if named else text


def _leading_story(index: MentionIndex, negatives: Query, total: int) -> str | None:
    """The story that more than half of the negatives belong to."""
    stories = _single(index.aggregate(negatives, by=(Dimension.STORY,), limit=1))
    return next((story for story, count in stories.items() if story and count * 2 > total), None)


def _single(buckets: Sequence[Bucket]) -> dict[str, int]:
    return {bucket.keys[0]: bucket.count for bucket in buckets}
