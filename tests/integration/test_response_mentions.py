"""What doors read: masked search, facets, trend, export, reveal, and the numbers of the overview."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from alerts import alert
from alerts.level import Level
from app.tools import Tools
from core import audit, inbox
from core.access import Person, Role
from core.database import Database
from core.errors import InvalidInput, InvalidQuery, NotFound
from core.mention import Keyword, Mention, Reason, Sentiment, SentimentResult
from core.settings import Settings
from index.base import Dimension
from index.embedded import EmbeddedIndex
from index.query import parse
from response import mentions, overview
from response.mentions import Filters
from response.services import Services
from tests.conftest import Clock
from tests.factories import a_mention, an_analysis
from tests.integration.test_response_incident import a_finding, opened

READER = Person("周航", frozenset({Role.READER}))
LEGAL = Person("吴律", frozenset({Role.LEGAL}))
PHONE = "刹车失灵，车主电话13812345678，青柠L7刹车"


@pytest.fixture
def services(database: Database, clock: Clock, tmp_path: Path) -> Iterator[Services]:
    index = EmbeddedIndex(tmp_path / "index.sqlite3", tokenise=list)
    yield Services(
        database=database, index=index, channels={}, settings=Settings(data_dir=tmp_path), now=clock, tools=Tools()
    )
    index.close()


def store(services: Services, *given: Mention) -> None:
    """Through the inbox into the index, as the pipeline does."""
    with services.database.write() as connection:
        inbox.put(connection, given, now=services.now())
        claimed = inbox.claim(connection, worker="w", limit=100, now=services.now())
        analyses = [mention.analysis for mention in given if mention.analysis is not None]
        inbox.store_analyses(connection, list(zip(claimed, analyses, strict=True)))
        waiting = inbox.unindexed(connection, limit=100)
        services.index.upsert(waiting)
        inbox.mark_indexed(connection, {each.id: each.revision for each in waiting}, now=services.now())


def a_phone_mention(number: int = 1, **values: object) -> Mention:
    at = PHONE.index("电话")
    result = SentimentResult(
        label=Sentiment.NEGATIVE, score=-0.9, reasons=(Reason(start=at, end=at + 13, words=PHONE[at : at + 13]),)
    )
    analysis = an_analysis(words=("刹车",))
    keywords = (*analysis.keywords, Keyword(word="13812345678", weight=0.2))
    values = {"text": PHONE, "author": "微信号abc_12345", **values}
    made = {name: getattr(analysis, name) for name in analysis.__dataclass_fields__}
    return a_mention(number, analysis=type(analysis)(**made | {"sentiment": result, "keywords": keywords}), **values)


def test_search_masks_and_keeps_highlights_in_place(services: Services) -> None:
    store(services, a_phone_mention())
    page = mentions.search(services, READER, "刹车")
    found = page.hits[0].mention
    assert found.text == "刹车失灵，车主电话138********，青柠L7刹车"
    assert "12345678" not in repr(page)
    assert "abc_12345" not in repr(page)
    assert [found.text[span.start : span.end] for span in page.hits[0].highlights] == ["刹车", "刹车"]
    assert mentions.get(services, READER, found.id) == found
    assert list(mentions.export(services, READER, "刹车")) == [found]


def test_filters_narrow_and_pages_follow(services: Services, clock: Clock) -> None:
    negative = [a_mention(number, analysis=an_analysis(), seen_at=clock()) for number in range(3)]
    kind = a_mention(9, analysis=an_analysis(Sentiment.POSITIVE), source="新闻网", seen_by=("新闻网",))
    store(services, *negative, kind)
    first = mentions.search(services, READER, filters=Filters(sentiment="negative"), limit=2)
    rest = mentions.search(services, READER, filters=Filters(sentiment="negative"), limit=2, cursor=first.cursor)
    assert (len(first.hits), len(rest.hits), rest.cursor) == (2, 1, None)
    by_source = mentions.facets(services, READER, by=[Dimension.SOURCE])
    assert [(bucket.keys, bucket.count) for bucket in by_source] == [(("车友会",), 3), (("新闻网",), 1)]
    nothing = mentions.search(services, READER, filters=Filters(until=kind.order_time - timedelta(days=1)))
    assert (nothing.total, nothing.hits) == (0, ())


def test_author_facets_are_masked_and_ids_are_not(services: Services) -> None:
    store(services, a_phone_mention(author="电话13812345678"))
    buckets = mentions.facets(services, READER, by=[Dimension.AUTHOR, Dimension.DAY])
    assert [bucket.keys for bucket in buckets] == [("电话138********", "2026-06-16")]


def test_bad_questions_are_refused_before_anything_is_read(services: Services) -> None:
    with pytest.raises(InvalidQuery):
        mentions.search(services, READER, '"刹车')
    with pytest.raises(InvalidQuery):
        mentions.export(services, READER, '"刹车')
    with pytest.raises(InvalidInput):
        mentions.search(services, READER, filters=Filters(sentiment="furious"))
    for limit in (0, 10_000):
        with pytest.raises(InvalidInput):
            mentions.search(services, READER, limit=limit)
        with pytest.raises(InvalidInput):
            mentions.facets(services, READER, by=[Dimension.DAY], limit=limit)
    with pytest.raises(NotFound):
        mentions.get(services, READER, "none")


def test_the_trend_has_every_day(services: Services, clock: Clock) -> None:
    store(services, a_phone_mention())
    days = mentions.trend(services, READER, since=clock() - timedelta(days=2), until=clock())
    assert [(str(day.day), day.counts.total) for day in days] == [
        ("2026-06-14", 0),
        ("2026-06-15", 0),
        ("2026-06-16", 1),
    ]
    for since in (clock(), clock() - timedelta(days=40_000)):
        with pytest.raises(InvalidInput):
            mentions.trend(services, READER, since=since, until=clock())


def test_the_original_is_revealed_with_a_reason_and_a_trace(services: Services) -> None:
    store(services, a_phone_mention())
    mention_id = mentions.search(services, READER).hits[0].mention.id
    for reason in ("", "  ", "长" * 501):
        with pytest.raises(InvalidInput):
            mentions.reveal(services, LEGAL, mention_id, reason)
    with pytest.raises(NotFound):
        mentions.reveal(services, LEGAL, "none", "取证")
    assert mentions.reveal(services, LEGAL, mention_id, "取证").text == PHONE
    with services.database.read() as connection:
        rows = audit.entries_of(connection, [f"mention:{mention_id}", "mention:none"])
    assert [(row.person, row.action, row.note) for row in rows] == [("吴律", "mention.revealed", "取证")]


def test_each_number_of_the_overview_opens_its_mentions(services: Services, clock: Clock) -> None:
    yesterday = clock() - timedelta(days=1)
    store(
        services,
        a_mention(1, analysis=an_analysis(), seen_at=clock()),
        a_mention(2, analysis=an_analysis(Sentiment.POSITIVE), published_at=yesterday, seen_at=yesterday),
        a_mention(3, analysis=an_analysis(), published_at=yesterday, seen_at=yesterday),
        a_mention(4, analysis=an_analysis(), published_at=clock() - timedelta(days=9), seen_at=clock()),
    )
    opened(services.database, clock())
    with services.database.write() as connection:
        alert.merge(connection, a_finding(clock(), level=Level.RED, rule="other"), now=clock())
    clock.advance(minutes=1)
    numbers = overview.overview(services, READER)
    assert (numbers.today.count, numbers.week.count, numbers.week_negative.count) == (1, 3, 2)
    assert numbers.share_negative == pytest.approx(2 / 3)
    assert list(numbers.alerts.items()) == [(Level.RED, 1), (Level.ORANGE, 1), (Level.YELLOW, 0), (Level.BLUE, 0)]
    assert (numbers.incidents, numbers.backlog.unanalysed, numbers.sources.enabled) == (1, 0, 0)
    for figure in (numbers.today, numbers.week, numbers.week_negative):
        assert services.index.search(parse(figure.query, now=clock.advance(hours=1))).total == figure.count
    assert overview.overview(services, READER, brand="蓝鲸汽车").share_negative is None
