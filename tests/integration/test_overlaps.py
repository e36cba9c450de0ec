"""Two writers at once, on one row or on the first of its kind, end as if one had come after the other."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from alerts import channel, rule
from alerts.channel import ChannelConfig, ChannelKind
from core import accounts, audit, watchlist
from core.access import SYSTEM, Role
from core.database import Database
from core.errors import InvalidInput
from core.watchlist import Brand
from crawler import sources, turn
from crawler.outcome import CrawlResult
from crawler.sources import Source, SourceKind
from tests.integration.two_writers import NEVER_SECONDS, overlap

PASSWORD = "correct horse"
HOUR = timedelta(hours=1)
SOURCE = Source(name="论坛", kind=SourceKind.FEED, url="https://forum.example/rss")

SAVED = {
    "brand": lambda connection, now: watchlist.save(connection, SYSTEM, Brand(name="青柠汽车"), now=now),
    "rule": lambda connection, now: rule.save(connection, SYSTEM, rule.default_rules("青柠汽车")[0], now=now),
    "channel": lambda connection, now: channel.save(
        connection, SYSTEM, ChannelConfig(name="日志", kind=ChannelKind.LOG), now=now
    ),
    "source": lambda connection, now: sources.save(connection, SYSTEM, SOURCE, now=now),
}


@pytest.mark.parametrize("kind", SAVED)
def test_of_two_who_save_the_same_first_the_second_finds_it(database: Database, clock, kind: str) -> None:
    one, two = overlap(database, *[lambda connection: SAVED[kind](connection, clock())] * 2)
    with database.read() as connection:
        actions = [entry.action for entry in audit.latest(connection, SYSTEM)]
    assert one == two
    assert actions.count(f"{kind}.created") == 1


def test_two_brands_never_share_an_alias(database: Database, clock) -> None:
    def save(name: str):
        brand = Brand(name=name, aliases=("L7",))
        return lambda connection: watchlist.save(connection, SYSTEM, brand, now=clock())

    with pytest.raises(InvalidInput, match="已属于品牌「青柠汽车」"):
        overlap(database, save("青柠汽车"), save("蓝鲸汽车"))


def test_an_account_is_made_once(database: Database, clock) -> None:
    first, second = overlap(database, *[lambda connection: accounts.ensure_admin(connection, now=clock())] * 2)
    assert (first is not None, second) == (True, None)
    with pytest.raises(InvalidInput, match="已存在"):
        overlap(database, *[lambda connection: _create(connection, clock)] * 2)


def test_of_two_wrong_passwords_at_once_both_count(database: Database, clock, monkeypatch) -> None:
    with database.write() as connection:
        _create(connection, clock)
    verify, both = accounts._verified, Barrier(2)

    def verify_together(hashed: str, password: str) -> bool:
        both.wait(NEVER_SECONDS)
        return verify(hashed, password)

    monkeypatch.setattr(accounts, "_verified", verify_together)
    with ThreadPoolExecutor(2) as pool:
        tries = [
            pool.submit(accounts.log_in, database, "林晓", "wrong password", now=clock(), hours=1) for _ in range(2)
        ]
        assert [each.result(NEVER_SECONDS) for each in tries] == [None, None]
    with database.read() as connection:
        assert connection.execute(accounts.user_table.select()).one().failures == 2


@pytest.mark.parametrize("is_asked", [True, False])
def test_a_crawl_asked_for_while_one_ends_stays_due(database: Database, clock, is_asked: bool) -> None:
    with database.write() as connection:
        sources.save(connection, SYSTEM, SOURCE, now=clock())
        turn.record_started(connection, "论坛", now=clock(), interval=HOUR)
    started, asked = clock(), clock.advance(minutes=1)
    result = CrawlResult(source="论坛", started_at=started, finished_at=asked)

    def ask(connection):
        return sources.request_now(connection, SYSTEM, "论坛", now=asked) if is_asked else None

    overlap(database, ask, lambda connection: turn.record_finished(connection, result, now=clock(), interval=HOUR))
    with database.read() as connection:
        found = sources.find(connection, "论坛")
    assert found.next_due_at == (asked if is_asked else clock() + HOUR)
    assert found.last_finished_at == clock()


def test_a_read_is_one_view_whatever_others_write(database: Database, clock) -> None:
    def record(number: int) -> None:
        with database.write() as connection:
            audit.record(connection, person=SYSTEM, action="a", subject=f"s:{number}", now=clock())

    record(1)
    with database.read() as connection:
        before = audit.latest(connection, SYSTEM)
        record(2)
        assert audit.latest(connection, SYSTEM) == before
    with database.read() as connection:
        assert len(audit.latest(connection, SYSTEM)) == 2


def _create(connection, clock):
    return accounts.create(connection, SYSTEM, "林晓", PASSWORD, [Role.ANALYST], now=clock())
