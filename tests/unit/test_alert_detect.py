"""From the index to findings, over a small index in memory."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from alerts.detect import detect
from alerts.finding import FindingReason
from alerts.level import Level
from alerts.rule import AlertRule, default_rules
from core.mention import SHANGHAI, DatePrecision, Mention, Sentiment
from index import query as index_query
from index.base import Bucket, Dimension, Hit, IndexHealth, SearchPage, UpsertStatus
from index.node import And, Everything, Field, Node, Not, OneOf, Period, Words
from index.query import Query
from tests.factories import a_mention, an_analysis

NOW = datetime(2026, 6, 16, 14, 20, tzinfo=SHANGHAI)
BRAND = "青柠汽车"


class MemoryIndex:
    """A MentionIndex over a list, slow and plain."""

    def __init__(self, mentions: Sequence[Mention]) -> None:
        self.mentions = list(mentions)
        self.questions = 0

    def aggregate(self, query: Query, *, by: Sequence[Dimension] = (), limit: int | None = None) -> tuple[Bucket, ...]:
        self.questions += 1
        found = Counter(tuple(_key(mention, dimension) for dimension in by) for mention in self._matching(query))
        return tuple(Bucket(keys=keys, count=count) for keys, count in found.most_common(limit))

    def search(self, query: Query, *, limit: int = 20, cursor: str | None = None) -> SearchPage:
        found = sorted(self._matching(query), key=lambda mention: mention.order_time, reverse=True)
        hits = tuple(Hit(mention=mention) for mention in found[:limit])
        return SearchPage(hits=hits, cursor=cursor, total=len(found), total_is_exact=True)

    def _matching(self, query: Query) -> list[Mention]:
        return [mention for mention in self.mentions if _matches(query.effective, mention)]

    def upsert(self, mentions: Sequence[Mention]) -> tuple[UpsertStatus, ...]:
        raise NotImplementedError

    def get(self, mention_id: str) -> Mention | None:
        raise NotImplementedError

    def scan(self, query: Query) -> Iterator[Mention]:
        raise NotImplementedError

    def delete(self, mention_ids: Sequence[str]) -> int:
        raise NotImplementedError

    def refresh(self) -> None:
        raise NotImplementedError

    def parts(self) -> frozenset[str]:
        raise NotImplementedError

    def health(self) -> IndexHealth:
        raise NotImplementedError


def _key(mention: Mention, dimension: Dimension) -> str:
    assert mention.analysis is not None
    values = {
        Dimension.SENTIMENT: mention.analysis.sentiment.label.value,
        Dimension.SOURCE: mention.source,
        Dimension.AUTHOR: mention.author or "",
        Dimension.STORY: mention.analysis.story or "",
        Dimension.HOUR: f"{mention.order_time.astimezone(SHANGHAI):%Y-%m-%dT%H}",
    }
    return values[dimension]


def _matches(node: Node, mention: Mention) -> bool:
    assert mention.analysis is not None
    match node:
        case Everything():
            return True
        case And(nodes):
            return all(_matches(child, mention) for child in nodes)
        case Not(inner):
            return not _matches(inner, mention)
        case Words(text):
            return text in mention.text
        case Period(since, until):
            return (since is None or since <= mention.order_time) and (until is None or mention.order_time < until)
        case OneOf(field, values):
            held = {
                Field.BRAND: mention.analysis.brand_names,
                Field.SENTIMENT: (mention.analysis.sentiment.label,),
                Field.STATUS: (mention.status,),
                Field.BURST: (str(mention.counts_in_bursts).lower(),),
            }
            return bool(set(values) & set(held[field]))
    raise AssertionError(node)


def posts(
    number: int,
    *,
    label: Sentiment = Sentiment.NEGATIVE,
    end: datetime = NOW,
    within: timedelta = timedelta(minutes=50),
    start: int = 0,
    story: str | None = None,
    **values: object,
) -> list[Mention]:
    """Posts spread evenly over the time before ``end``."""
    step = within / max(number, 1)
    return [
        a_mention(
            start + place,
            **{"published_at": (at := end - step * (place + 1)), "seen_at": at + timedelta(seconds=30)} | values,
            analysis=an_analysis(label, story=story),
        )
        for place in range(number)
    ]


def a_month(per_day: int = 40) -> list[Mention]:
    """Twenty-eight usual days, one post in eight negative, collected long afterwards in one go."""
    return [
        mention
        for day in range(1, 29)
        for negative in (False, True)
        for mention in posts(
            per_day // 8 if negative else per_day - per_day // 8,
            label=Sentiment.NEGATIVE if negative else Sentiment.NEUTRAL,
            end=NOW.replace(hour=23) - timedelta(days=day),
            within=timedelta(hours=15),
            start=day * 1000 + negative * 500,
            seen_at=NOW,
        )
    ]


def test_a_burst_is_found_with_its_numbers() -> None:
    crisis = posts(29, story="S1") + posts(9, label=Sentiment.NEUTRAL, start=100)
    [finding] = detect(MemoryIndex(a_month() + crisis), default_rules(BRAND), now=NOW)
    assert finding.reason is FindingReason.NEGATIVE_BURST
    assert finding.level is Level.ORANGE
    assert (finding.count, finding.count_negative) == (38, 29)
    assert finding.share_negative == pytest.approx(29 / 38)
    assert finding.expected is not None
    assert 1 <= finding.expected <= 4
    assert finding.story == "S1"
    assert finding.window_end - finding.window_start == timedelta(hours=1)
    assert finding.samples == tuple(mention.id for mention in crisis[:5])
    for number in ("13:20", "14:20", "38 条", "29 条", "76%", "29 位作者", "倍", "车友会 29 条"):
        assert number in finding.explanation


def test_a_loud_author_counts_twice_in_the_share_and_in_full_in_the_count() -> None:
    crisis = posts(8) + posts(6, author="一个人", start=50) + posts(6, label=Sentiment.NEUTRAL, start=100)
    [finding] = detect(MemoryIndex(a_month() + crisis), default_rules(BRAND), now=NOW)
    assert (finding.count, finding.count_negative) == (20, 14)
    assert finding.share_negative == pytest.approx(10 / 16)


def test_the_query_of_a_finding_shows_exactly_its_negatives() -> None:
    index = MemoryIndex(a_month() + posts(12) + posts(3, label=Sentiment.POSITIVE, start=50))
    [finding] = detect(index, default_rules(BRAND), now=NOW)
    again = index_query.parse(finding.query, now=NOW + timedelta(days=3))
    assert index.search(again).total == finding.count_negative == 12


@pytest.mark.parametrize(
    ("crisis", "is_found"),
    [
        pytest.param(posts(12), True, id="twelve people complain"),
        pytest.param(posts(12, author="一个人"), False, id="one person complains twelve times"),
        pytest.param(posts(12, author=None), True, id="a site without names"),
        pytest.param(posts(12, label=Sentiment.NEUTRAL), False, id="a neutral flood"),
        pytest.param(posts(12, label=Sentiment.POSITIVE), False, id="praise"),
        pytest.param(posts(12, within=timedelta(hours=8)), False, id="spread over the day"),
        pytest.param(posts(12, end=NOW - timedelta(hours=2)), False, id="over long ago"),
        pytest.param(posts(12, date_precision=DatePrecision.DAY), False, id="only the day is known"),
        pytest.param(posts(12, seen_at=NOW + timedelta(days=3)), False, id="seen three days later"),
        pytest.param(posts(12) + posts(60, label=Sentiment.NEUTRAL, start=100), False, id="lost in a large volume"),
    ],
)
def test_what_is_a_burst_and_what_is_not(crisis: list[Mention], is_found: bool) -> None:
    found = detect(MemoryIndex(a_month() + crisis), default_rules(BRAND), now=NOW)
    assert bool(found) is is_found


def test_the_window_rolls() -> None:
    """Half before the full hour, half after: no clock hour holds enough."""
    crisis = posts(8, end=NOW.replace(hour=14, minute=30), within=timedelta(minutes=60))
    for minute, is_found in ((0, False), (30, True)):
        now = NOW.replace(hour=14, minute=minute)
        assert bool(detect(MemoryIndex(a_month() + crisis), default_rules(BRAND), now=now)) is is_found


@pytest.mark.parametrize(
    ("window_minutes", "crisis", "level"),
    [
        pytest.param(60, posts(110), Level.RED, id="110 within the hour, a rule of an hour"),
        pytest.param(1440, posts(110), Level.RED, id="110 within the hour, a rule of a day"),
        pytest.param(15, posts(110), Level.RED, id="110 within the hour, a rule of a quarter"),
        pytest.param(1440, posts(264, within=timedelta(hours=24)), Level.YELLOW, id="264 spread over a day"),
        pytest.param(240, posts(48, within=timedelta(hours=4)), Level.YELLOW, id="48 spread over four hours"),
        pytest.param(60, posts(48, within=timedelta(hours=4)), Level.YELLOW, id="the same, a rule of an hour"),
    ],
)
def test_the_same_stream_has_the_same_level_under_rules_of_any_window(
    window_minutes: int, crisis: list[Mention], level: Level
) -> None:
    index = MemoryIndex(a_month() + crisis)
    long = replace(default_rules(BRAND)[0], window_minutes=window_minutes)
    [finding] = detect(index, [long], now=NOW)
    assert finding.level is level
    assert finding.count_negative == index.search(index_query.parse(finding.query, now=NOW)).total
    assert ("最近 60 分钟" in finding.explanation) is (window_minutes != 60)


@pytest.mark.parametrize(("number", "is_found"), [(8, False), (14, True)])
def test_without_history_more_is_needed_and_the_text_says_why(number: int, is_found: bool) -> None:
    found = detect(MemoryIndex(posts(number)), default_rules(BRAND), now=NOW)
    assert bool(found) is is_found
    for finding in found:
        assert finding.reason is FindingReason.NEGATIVE_BURST_LEARNING
        assert finding.expected is None
        assert "基线建立中" in finding.explanation


def test_another_brand_and_another_story_stay_apart() -> None:
    mixed = posts(4, story="S1") + posts(4, start=20, story="S2") + posts(4, start=40)
    [finding] = detect(MemoryIndex(a_month() + mixed), [*default_rules(BRAND), *default_rules("蓝鲸汽车")], now=NOW)
    assert finding.brand == BRAND
    assert finding.story is None


def test_a_rule_may_narrow_by_an_expression_and_a_broken_one_stops_no_other() -> None:
    index = MemoryIndex(a_month() + posts(12))
    brakes = replace(default_rules(BRAND)[0], id="brakes", query="刹车")
    doors = AlertRule(id="doors", name="车门", brand=BRAND, query="车门")
    broken = AlertRule(id="broken", name="坏的", brand=BRAND, query="(刹车")
    assert [finding.rule_id for finding in detect(index, [broken, doors, brakes], now=NOW)] == ["brakes"]


def test_a_quiet_brand_costs_one_question() -> None:
    index = MemoryIndex(a_month())
    assert detect(index, default_rules(BRAND), now=NOW) == ()
    assert index.questions == 1
