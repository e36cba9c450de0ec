"""Gaps: opened by failure, closed by success, filled by reading back far enough; health on the source's row."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import pytest

from core import inbox
from core.access import SYSTEM, Person, Role
from core.database import Database
from core.errors import NotAllowed
from crawler import gap, seen_thread, sources, turn
from crawler.definition import from_definition
from crawler.gap import Gap
from crawler.health import State
from crawler.outcome import CrawlResult, Progress
from crawler.seen_thread import SeenThread
from response import coverage
from response.services import Services
from tests.conftest import Clock
from tests.discuz_pages import board
from tests.factories import a_mention
from tests.integration.crawl_site import Answer, Crawls, Site

HOUR = timedelta(hours=1)
LIST = from_definition({"name": "list", "kind": "feed", "url": "https://news.example/rss"})


@pytest.fixture
def crawled(database: Database, clock: Clock) -> "Crawled":
    with database.write() as connection:
        sources.save(connection, SYSTEM, LIST, now=clock())
    return Crawled(database, clock)


class Crawled:
    """One crawl after the other, an hour apart."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock = database, clock
        self.began = clock()

    def __call__(self, *, known: float | None = None, new: int = 0, error: str | None = None) -> None:
        """known: hours since the beginning at which what stands at the end of the list had been seen."""
        now = self.clock.advance(hours=1)
        known_since = None if known is None else self.began + HOUR * known
        result = CrawlResult(
            source="list", started_at=now, finished_at=now, new=new, known_since=known_since, error_code=error
        )
        with self.database.write() as connection:
            turn.record_started(connection, "list", now=now, interval=HOUR)
            turn.record_finished(connection, result, now=now, interval=HOUR)

    def gaps(self) -> list[tuple[float, float | None, str]]:
        def hours(gap: Gap) -> tuple[float, float | None, str]:
            ended = None if gap.ended_at is None else (gap.ended_at - self.began) / HOUR
            return (gap.began_at - self.began) / HOUR, ended, gap.reason

        with self.database.read() as connection:
            found = gap.between(connection, SYSTEM, since=self.began, until=self.clock(), sources=["list"])
            assert found == gap.between(connection, SYSTEM, since=self.began, until=self.clock())
            return [hours(each) for each in found]

    @property
    def is_to_fill(self) -> bool:
        with self.database.read() as connection:
            return gap.is_to_fill(connection, "list")

    @property
    def source(self) -> sources.Source:
        with self.database.read() as connection:
            return sources.find(connection, "list")


def test_an_outage_is_a_gap_until_a_crawl_has_read_back_behind_it(crawled: Crawled) -> None:
    crawled(error="source_unreachable")
    assert crawled.gaps() == [], "what was there before the first success is history"
    crawled(new=20)
    crawled(new=1, known=1.9)
    assert crawled.gaps() == []
    crawled(error="source_unreachable")
    crawled(error="source_refused")
    assert crawled.gaps() == [(3, None, "source_unreachable")]
    assert crawled.source.health is State.BLOCKED
    crawled(new=20)
    assert crawled.gaps() == [(3, 6, "source_unreachable")]
    assert crawled.is_to_fill
    crawled(new=30, known=5)
    assert crawled.gaps() == [(3, 6, "source_unreachable")], "what is known is younger than the gap"
    crawled(new=10, known=2.5)
    assert crawled.gaps() == []
    assert not crawled.is_to_fill
    assert crawled.source.health is State.WORKING


def test_more_news_than_the_list_shows_is_a_gap_and_tries_to_fill_it_end(crawled: Crawled) -> None:
    crawled(new=20)
    crawled(new=20)
    assert crawled.gaps() == [(1, 2, "overrun")]
    for _ in range(2):
        assert crawled.is_to_fill
        crawled(new=1, known=1.5)
    assert not crawled.is_to_fill
    assert crawled.gaps() == [(1, 2, "overrun")], "it stays, since something may be missing"


@pytest.mark.parametrize("known", [None, 3.5])
def test_a_list_without_news_has_nothing_that_is_missing(crawled: Crawled, known: float | None) -> None:
    crawled(new=20)
    crawled(error="source_unreachable")
    crawled(new=0, known=known)
    assert crawled.gaps() == []


def test_progress_is_on_the_row_and_gone_with_the_next_crawl(crawled: Crawled) -> None:
    with crawled.database.write() as connection:
        turn.record_progress(connection, "list", Progress(pages=3, mentions=20, waiting=7))
    source = crawled.source
    assert (source.progress_pages, source.progress_mentions, source.progress_waiting) == (3, 20, 7)
    crawled()
    assert crawled.source.progress_pages == 0


def test_strangers_see_no_gaps(database: Database, clock: Clock) -> None:
    stranger = Person(name="stranger", roles=frozenset())
    reader = Person(name="reader", roles=frozenset({Role.READER}))
    with database.read() as connection:
        with pytest.raises(NotAllowed):
            gap.between(connection, stranger, since=clock(), until=clock())
        assert gap.between(connection, reader, since=clock(), until=clock()) == ()


KINDS: Final[dict[str, dict[str, Any]]] = {
    "feed": {"kind": "feed", "full_text": "feed"},
    "json": {"kind": "json"},
    "listing": {"kind": "listing", "selectors": {"item": "li", "link": "a", "title": "a", "on_list": True}},
    "pages": {"kind": "listing", "selectors": {"item": "li", "link": "a", "title": "h1", "text": ".body"}},
    "forum": {"kind": "discuz"},
}


def a_list(kind: str, site: Site, numbers: Sequence[int]) -> Answer:
    places = [(number, site.url(f"/{kind}/{number}.html")) for number in numbers]
    if kind == "forum":
        return Answer(board([(number, f"主题{number}", 0, "2026-6-15 09:00") for number in numbers]).encode())
    if kind == "feed":
        items = "".join(f"<item><title>第{n}条</title><link>{url}</link></item>" for n, url in places)
        return Answer(f"<rss version='2.0'><channel>{items}</channel></rss>".encode())
    if kind == "json":
        values = [{"title": f"第{number}条", "url": url} for number, url in places]
        return Answer(json.dumps(values).encode(), content_type="application/json")
    return Answer("".join(f"<li><a href='{url}'>第{number}条</a></li>" for number, url in places).encode())


def test_what_is_pinned_does_not_tell_how_far_back_a_list_was_read(site: Site, crawls: Crawls) -> None:
    """Number 1 was known before: at the head of the list it is pinned, at its end the rest is known as well."""
    lists = {"pinned": [1, 2, 3, 4, 5], "whole": [2, 3, 4, 5, 1]}
    before = crawls.clock()
    for kind, definition in KINDS.items():
        known = site.url(f"/{kind}/1.html")
        for name, numbers in lists.items():
            path = f"/forum.php?mod=forumdisplay&fid={len(name)}" if kind == "forum" else f"/{kind}/{name}"
            site.answers[path] = a_list(kind, site, numbers)
            crawls.add(f"{kind} {name}", url=site.url(path), **definition)
            with crawls.database.write() as connection:
                mention = a_mention(url=known, canonical_url=known, seen_at=before, source="another")
                inbox.put(connection, [mention], now=before)
                state = SeenThread(source=f"{kind} {name}", key="tid1", url=known, replies=0, read_at=before)
                seen_thread.keep(connection, [state] if kind == "forum" else [])
    crawls.clock.advance(hours=1)
    results = crawls.run(*(f"{kind} {name}" for kind in KINDS for name in lists)).results
    told = {name: result["known_since"] for name, result in results.items()}
    assert told == {f"{kind} {name}": None if name == "pinned" else str(before) for kind in KINDS for name in lists}


def test_a_platform_was_last_read_when_a_crawl_of_it_worked(services: Services, clock: Clock) -> None:
    crawled = Crawled(services.database, clock)
    with services.database.write() as connection:
        sources.save(connection, SYSTEM, LIST, now=clock())
    crawled(new=1)
    read_at = clock()
    crawled(error="source_unreachable")
    (covered,) = coverage.coverage(services, SYSTEM).covered
    assert covered.last_read_at == read_at
