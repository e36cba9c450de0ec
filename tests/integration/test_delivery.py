"""What a crawl delivers, without the crawl: looks at pages again, and cursors beside what the database refuses."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from app.migrations.upgrade import FOLDER, upgrade
from core import inbox
from core.database import Database
from core.mention import Kind, Mention, Status, to_json
from core.seen_again import Door
from crawler import recheck, seen_thread
from crawler.delivery import InboxPipeline, Item
from crawler.outcome import Outcome
from crawler.recheck import Checked
from crawler.seen_thread import SeenThread
from crawler.sources import Source, from_definition
from crawler.visit import Limits, Visit
from tests.conftest import Clock
from tests.factories import NOON, a_mention

FORUM = from_definition({"name": "车友会", "kind": "forum", "url": "https://forum.example/"})
BLOG = from_definition({"name": "车友会", "kind": "wordpress", "url": "https://forum.example/"})


class Delivery:
    """What a crawl delivers, without the crawl."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock = database, clock

    def __call__(self, *items: Item, source: Source = FORUM) -> Outcome:
        visit = Visit(
            source=source,
            outcome=Outcome(source=source.name, started_at=self.clock()),
            database=self.database,
            now=self.clock,
            limits=Limits(write_pauses_seconds=()),
            delay_seconds=0,
            time_limit_seconds=60,
            secret=str,
        )
        crawler = SimpleNamespace(spider=SimpleNamespace(visit=visit))

        async def deliver() -> None:
            pipeline = InboxPipeline(cast(Any, crawler))  # Any: of Scrapy's crawler it asks for the spider alone
            for item in items:
                await pipeline.process_item(item)
            await pipeline.close_spider()

        asyncio.run(deliver())
        return visit.outcome

    def put(self, mentions: Sequence[Mention]) -> list[str]:
        with self.database.write() as connection:
            inbox.put(connection, mentions, door=Door.CRAWL, now=self.clock())
        return [mention.id for mention in mentions]

    def deleted(self) -> set[str]:
        with self.database.read() as connection:
            return {each.id for each in inbox.scan(connection) if each.status is Status.DELETED}

    def gone(self, names: Sequence[str]) -> list[bool]:
        with self.database.read() as connection:
            return [recheck.gone_at(connection, name) is not None for name in names]


@pytest.fixture
def deliver(database: Database, clock: Clock) -> Delivery:
    return Delivery(database, clock)


def floors(thread: str, numbers: range) -> list[Mention]:
    return [a_mention(n, kind=Kind.REPLY, thread_id=thread, parent_id="x" * 64, floor=n) for n in numbers]


def test_every_page_has_its_turn_among_many_replies(deliver: Delivery, clock: Clock) -> None:
    posts = set(deliver.put([a_mention(n, seen_at=NOON + timedelta(seconds=n)) for n in range(30)]))
    deliver.put(floors("tid1", range(1000, 1300)))
    clock.advance(days=2)
    looked: set[str] = set()
    for _ in range(6):
        with deliver.database.read() as connection:
            due = recheck.due(connection, FORUM.name, now=clock())
        deliver(*(Checked(mention_id=mention.id) for mention in due))
        looked |= {mention.id for mention in due}
        clock.advance(minutes=10)
    assert looked == posts


def test_where_all_of_several_pages_are_gone_nothing_is_said(deliver: Delivery, clock: Clock) -> None:
    names = deliver.put([a_mention(n) for n in range(4)])
    gone = [Checked(mention_id=name, gone_at=clock()) for name in names]
    deliver(*gone)
    assert (deliver.deleted(), deliver.gone(names)) == (set(), [False] * 4)
    with deliver.database.read() as connection:
        assert recheck.due(connection, FORUM.name, now=NOON + timedelta(days=1)) == (), "looked at, all the same"
    if deliver.database.engine.dialect.name == "sqlite":  # what is written one by one is judged together
        with deliver.database.write() as connection:
            refuse = f"BEFORE INSERT ON page_check WHEN NEW.mention_id = '{names[0]}'"
            connection.execute(text(f"CREATE TRIGGER poison {refuse} BEGIN SELECT RAISE(ABORT, 'refused'); END"))
        assert deliver(*gone).error is not None
        assert (deliver.deleted(), deliver.gone(names)) == (set(), [False] * 4)
        with deliver.database.write() as connection:
            connection.execute(text("DROP TRIGGER poison"))
    deliver(*gone[:2], *(Checked(mention_id=name, is_clear=False) for name in names[2:]))
    assert (deliver.deleted(), deliver.gone(names)) == (set(names[:2]), [True, True, False, False])


def test_a_thread_goes_with_its_replies_and_the_first_time_is_kept(deliver: Delivery, clock: Clock) -> None:
    first = a_mention(1, thread_id="tid1")
    deliver.put([first, a_mention(2, thread_id="tid2"), *floors("tid1", range(10, 12)), *floors("tid2", range(20, 22))])
    noticed = clock()
    deliver(Checked(mention_id=first.id, gone_at=noticed))
    thread = {first.id, *(each.id for each in floors("tid1", range(10, 12)))}
    assert deliver.deleted() == thread
    clock.advance(days=1)
    for look in (Checked(mention_id=first.id, gone_at=clock()), Checked(mention_id=first.id, is_clear=False)):
        deliver(look)
        with deliver.database.read() as connection:
            assert recheck.gone_at(connection, first.id) == noticed
    deliver(Checked(mention_id=first.id), replace(first, seen_at=clock()))
    assert (deliver.gone([first.id]), first.id in deliver.deleted()) == ([False], False)


@pytest.mark.parametrize("source", [FORUM, BLOG])
def test_a_cursor_never_passes_what_the_database_refused(deliver: Delivery, clock: Clock, source: Source) -> None:
    """A forum has a state per thread; those of another site speak of all that is there."""
    keys = ["tid1", "tid2", "posts:x", "replies:y"]
    states = [SeenThread(source=source.name, key=key, url="https://forum.example/", read_at=clock()) for key in keys]
    deliver(a_mention(1, thread_id="tid1", text="\ud800"), *states, source=source)
    with deliver.database.read() as connection:
        kept = seen_thread.find(connection, source.name, keys)
    assert kept.keys() == set(keys[1:] if source is FORUM else [])


def test_looks_go_with_their_mention(deliver: Delivery, clock: Clock) -> None:
    names = deliver.put([a_mention(1), a_mention(2)])
    deliver(*(Checked(mention_id=name, gone_at=clock()) for name in names))
    with deliver.database.write() as connection:
        inbox.remove(connection, names[:1], now=clock())
        recheck.forget(connection)
    assert deliver.gone(names) == [False, True]


def test_an_older_database_learns_which_mentions_have_pages(database_url: str) -> None:
    database, quoting = Database(database_url), 'er schrieb "kind":"reply"'
    configuration = Config()
    configuration.set_main_option("script_location", str(FOLDER))
    with database.write() as connection:
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "0012")
        mentions = [a_mention(1), *floors("tid1", range(2, 3)), a_mention(3, text=quoting)]
        for key, mention in enumerate(mentions):
            values = {"id": mention.id, "key": key, "record": to_json(mention), "seen": "2026-06-16 04:00:00.000000"}
            connection.execute(
                text(
                    "INSERT INTO mention (id, address_id, order_key, record, digest, revision, indexed_revision,"
                    " is_analysed, source, order_time, seen_at)"
                    " VALUES (:id, :id, :key, :record, '', 1, 0, false, '车友会', :seen, :seen)"
                ),
                values,
            )
    upgrade(database)
    with database.read() as connection:
        due = recheck.due(connection, FORUM.name, now=NOON + timedelta(days=2))
    assert {mention.id for mention in due} == {mentions[0].id, mentions[2].id}
    database.close()
