"""Step 6: what the rules as they are would have said of the past days. Nothing is stored and nobody is told.

The mentions are read into a throw-away index as if each had been seen when it was published (an import is seen all at
once, which no rule takes for a burst), and ``alerts.detect`` judges it with a moved clock. What follows a finding in
operation (people closing alerts) has not happened: findings of a rule within its cool-down are one alert.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from alerts import detect, rule
from alerts.baseline import HISTORY_DAYS
from alerts.finding import Finding
from alerts.level import Level
from alerts.rule import AlertRule
from core.access import Action, Person, require
from core.mention import SHANGHAI, DatePrecision, Mention, Sentiment
from index.base import Dimension, MentionIndex
from index.query import EVERYTHING, Query
from response.services import Services

DAYS: Final = 30
# Guess: read and judged within the time below on two cores.
MOST_MENTIONS: Final = 20_000
SECONDS: Final = 20.0
# Guess: in operation a rule is asked every minute; a burst that lasts less than this is judged at its next step.
STEP: Final = timedelta(minutes=10)
HOUR: Final = timedelta(hours=1)
BATCH: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class WouldAlert:
    """at: of the first finding. level: the highest it reached. negative: the most in one window. findings: how many."""

    rule: str
    level: Level
    at: datetime
    negative: int
    findings: int
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """since, until: what was replayed; None where there is nothing. undated: mentions without a time to the minute.

    rules: how many of the brand are in use. is_cut: the time was over before all of it was judged.
    """

    alerts: tuple[WouldAlert, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    rules: int = 0
    mentions: int = 0
    undated: int = 0
    is_cut: bool = False

    @property
    def said(self) -> str:
        """会发 3 条预警."""
        if self.until is None:
            return "还没有可以回放的信息：先导入或粘贴帖子，或等采集带回来。"
        if not self.rules:
            return "这个品牌没有启用的预警规则"
        first = f"会发 {len(self.alerts)} 条预警" if self.alerts else "不会发预警"
        return f"{first}（{self.mentions:,} 条信息）"


def replay(
    services: Services,
    person: Person,
    brand: str,
    *,
    seconds: float = SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Replay:
    """The last days up to the newest mention, the newest hours first; what time does not allow is left out and told."""
    require(person, Action.READ_ALERTS)
    with services.database.read() as connection:
        rules = [each for each in rule.active(connection) if each.brand == brand]
    newest = services.index.search(EVERYTHING.where(brand=brand), limit=1).hits
    if not newest:
        return Replay()
    end = newest[0].mention.order_time + STEP
    begin = _begin(services.index, EVERYTHING.where(brand=brand, until=end), end - timedelta(days=DAYS + HISTORY_DAYS))
    deadline = clock() + seconds
    with services.tools.scratch_index(services.settings) as index:
        counts = _copy(services.index, index, EVERYTHING.where(brand=brand, since=begin, until=end))
        start = max(begin, end - timedelta(days=DAYS))
        moments = _moments(index, brand, rules, start, end)
        found, reached = _judged(index, moments, lambda: clock() > deadline)
    return Replay(
        alerts=_merged(found, {each.id: each for each in rules}),
        since=reached or start,
        until=end,
        rules=len(rules),
        mentions=counts[0],
        undated=counts[1],
        is_cut=reached is not None,
    )


def _begin(index: MentionIndex, query: Query, earliest: datetime) -> datetime:
    """The earliest midnight in Shanghai from which on there are at most MOST_MENTIONS."""
    days = index.aggregate(query.where(since=earliest), by=(Dimension.DAY,))
    total, begin = 0, earliest
    for bucket in reversed(days):
        total += bucket.count
        if total > MOST_MENTIONS:
            break
        begin = datetime.fromisoformat(bucket.keys[0][:10]).replace(tzinfo=SHANGHAI)
    return begin if total > MOST_MENTIONS else earliest


def _copy(source: MentionIndex, target: MentionIndex, query: Query) -> tuple[int, int]:
    """Mentions copied, and how many of them have no time to the minute."""
    total = undated = 0
    mentions = source.scan(query)
    while batch := list(islice(mentions, BATCH)):
        seen = [_as_seen_at_once(each) for each in batch]
        target.upsert(seen)
        total, undated = total + len(seen), undated + sum(not each.counts_in_bursts for each in seen)
    target.refresh()
    return total, undated


def _as_seen_at_once(mention: Mention) -> Mention:
    is_exact = mention.date_precision in (DatePrecision.SECOND, DatePrecision.MINUTE)
    if mention.published_at is None or not is_exact or mention.published_at > mention.seen_at:
        return mention
    return replace(mention, seen_at=mention.published_at)


def _moments(
    index: MentionIndex, brand: str, rules: Sequence[AlertRule], start: datetime, end: datetime
) -> list[tuple[datetime, AlertRule]]:
    """When to ask which rule, the newest first: only where its window could hold enough negatives."""
    negatives = EVERYTHING.where(
        brand=brand, sentiment=Sentiment.NEGATIVE, counts_in_bursts=True, since=start - timedelta(days=1), until=end
    )
    hours: Mapping[datetime, int] = {
        datetime.fromisoformat(bucket.keys[0]).replace(tzinfo=SHANGHAI): bucket.count
        for bucket in index.aggregate(negatives, by=(Dimension.HOUR,))
    }
    found = [
        (hour + STEP * step, each)
        for each in rules
        for hour in hours
        if hour >= start - HOUR and _most(hours, hour, each) >= each.minimum_count
        for step in range(1, HOUR // STEP + 1)
    ]
    return sorted(found, key=lambda pair: (pair[0], pair[1].id), reverse=True)


def _most(hours: Mapping[datetime, int], hour: datetime, rule: AlertRule) -> int:
    """Negatives that a window ending in this hour can hold at most."""
    reach = -(-rule.window_minutes // 60)
    return sum(hours.get(hour - HOUR * back, 0) for back in range(reach + 1))


def _judged(
    index: MentionIndex, moments: Sequence[tuple[datetime, AlertRule]], is_late: Callable[[], bool]
) -> tuple[list[Finding], datetime | None]:
    """Findings, oldest first, and the moment that was reached when the time was over."""
    found: list[Finding] = []
    for moment, each in moments:
        if is_late():
            return found[::-1], moment
        found += detect.detect(index, [each], now=moment)
    return found[::-1], None


def _merged(findings: Sequence[Finding], rules: Mapping[str, AlertRule]) -> tuple[WouldAlert, ...]:
    groups: dict[str, list[list[Finding]]] = {}
    for finding in findings:
        own = groups.setdefault(finding.rule_id, [])
        quiet = timedelta(hours=rules[finding.rule_id].cooldown_hours)
        if own and finding.window_end - own[-1][-1].window_end <= max(quiet, STEP):
            own[-1].append(finding)
        else:
            own.append([finding])
    alerts = (_alert(group, rules) for own in groups.values() for group in own)
    return tuple(sorted(alerts, key=lambda alert: alert.at))


def _alert(group: Sequence[Finding], rules: Mapping[str, AlertRule]) -> WouldAlert:
    highest = max(group, key=lambda finding: (finding.level.rank, finding.count_negative))
    return WouldAlert(
        rule=rules[highest.rule_id].name,
        level=highest.level,
        at=group[0].window_end,
        negative=max(finding.count_negative for finding in group),
        findings=len(group),
        explanation=highest.explanation,
    )
