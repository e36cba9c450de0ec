"""The source register."""

from datetime import timedelta

import pytest

from core import audit
from core.access import SYSTEM, Person, Role
from core.database import Database
from core.errors import ConfigurationError, NotAllowed, NotFound
from crawler import sources, turn
from crawler.outcome import CrawlResult
from tests.conftest import Clock

HOUR = timedelta(hours=1)
ANALYST = Person("ana", frozenset({Role.ANALYST}))
READER = Person("rea", frozenset({Role.READER}))


def source(name: str = "list", **keywords: object) -> sources.Source:
    values = {"name": name, "kind": "listing", "url": "https://news.example/list", "selectors": {"item": "li"}}
    return sources.from_definition(values | keywords)


def result(clock: Clock, **keywords: object) -> CrawlResult:
    values = {"source": "list", "started_at": clock(), "finished_at": clock()}
    return CrawlResult(**(values | keywords))  # type: ignore[arg-type]  # only the relevant fields are named


def actions(database: Database) -> list[str]:
    with database.read() as connection:
        return [entry.action for entry in audit.entries_of(connection, ["source:list"])]


def test_saved_source_is_read_back_and_due_at_once(database: Database, clock: Clock) -> None:
    with database.write() as connection:
        saved = sources.save(connection, ANALYST, source(tier="A", crawl_delay_seconds=2.5), now=clock())
    with database.read() as connection:
        assert sources.get(connection, READER, "list") == saved
        assert [found.name for found in turn.due(connection, now=clock())] == ["list"]
    assert (saved.tier, saved.crawl_delay_seconds, saved.selectors) == ("A", 2.5, {"item": "li"})


def test_saving_the_same_again_changes_nothing_and_a_change_is_due(database: Database, clock: Clock) -> None:
    with database.write() as connection:
        sources.save(connection, ANALYST, source(), now=clock())
        turn.record_started(connection, "list", now=clock(), interval=HOUR)
        turn.record_finished(connection, result(clock, is_complete=True, etag="x"), now=clock(), interval=HOUR)
        again = sources.save(connection, ANALYST, source(), now=clock())
        assert (again.etag, again.next_due_at) == ("x", clock() + HOUR)
        changed = sources.save(connection, ANALYST, source(url="https://news.example/new"), now=clock())
        assert (changed.etag, changed.next_due_at) == (None, clock())
    assert actions(database) == ["source.created", "source.changed"]


def test_broken_selector_is_refused_when_saved(database: Database, clock: Clock) -> None:
    with database.write() as connection:
        good = source()
        broken = sources.Source(name="x", kind=good.kind, url=good.url, selectors={"item": "li["})
        with pytest.raises(ConfigurationError, match="selectors.item"):
            sources.save(connection, ANALYST, broken, now=clock())
        assert sources.list_all(connection, READER) == ()


def test_who_sends_a_secret_somewhere_is_an_administrator(database: Database, clock: Clock) -> None:
    """Whoever names the address receives the secret: an analyst neither makes such a source nor leads it elsewhere."""
    token = {"json": {"token": {"header": "X-Key", "secret": "SHOP_API"}}}
    values = {"name": "api", "kind": "json", "url": "https://shop.example/api"} | token
    admin = Person("adm", frozenset({Role.ADMIN}))
    with database.write() as connection:
        with pytest.raises(NotAllowed):
            sources.save(connection, ANALYST, sources.from_definition(values), now=clock())
        sources.save(connection, admin, sources.from_definition(values), now=clock())
        elsewhere = sources.from_definition(values | {"url": "https://attacker.example/"})
        with pytest.raises(NotAllowed):
            sources.save(connection, ANALYST, elsewhere, now=clock())
        assert sources.find(connection, "api").url == values["url"]


def test_disabled_source_is_never_due_but_stays(database: Database, clock: Clock) -> None:
    with database.write() as connection:
        sources.save(connection, ANALYST, source(), now=clock())
        assert not sources.disable(connection, ANALYST, "list", now=clock()).enabled
        assert turn.due(connection, now=clock() + HOUR) == ()
        assert [found.name for found in sources.list_all(connection, READER)] == ["list"]
    assert actions(database) == ["source.created", "source.disabled"]


def test_request_now_makes_a_source_due(database: Database, clock: Clock) -> None:
    with database.write() as connection:
        sources.save(connection, ANALYST, source(), now=clock())
        turn.record_started(connection, "list", now=clock(), interval=HOUR)
        assert turn.due(connection, now=clock()) == ()
        sources.request_now(connection, ANALYST, "list", now=clock())
        assert [found.name for found in turn.due(connection, now=clock())] == ["list"]


def test_asking_does_not_cost_a_source_its_place_in_the_queue(database: Database, clock: Clock) -> None:
    with database.write() as connection:
        sources.save(connection, ANALYST, source(name="first"), now=clock())
        sources.save(connection, ANALYST, source(name="second"), now=clock.advance(minutes=1))
        sources.request_now(connection, ANALYST, "first", now=clock.advance(minutes=1))
        assert [found.name for found in turn.due(connection, now=clock())] == ["first", "second"]


def test_turn_asked_for_during_a_crawl_is_not_forgotten(database: Database, clock: Clock) -> None:
    with database.write() as connection:
        sources.save(connection, ANALYST, source(), now=clock())
        turn.record_started(connection, "list", now=clock(), interval=HOUR)
        asked = clock.advance(minutes=1)
        sources.request_now(connection, ANALYST, "list", now=asked)
        crawled = result(clock, is_complete=True, etag="of the page before")
        turn.record_finished(connection, crawled, now=clock.advance(minutes=1), interval=HOUR)
        row = sources.find(connection, "list")
    assert (row.next_due_at, row.etag, row.last_finished_at) == (asked, None, clock())


@pytest.mark.parametrize("minutes", [59, 60, 61, 90])
def test_turn_asked_for_during_a_crawl_longer_than_its_interval_comes_at_once(
    database: Database, clock: Clock, minutes: int
) -> None:
    with database.write() as connection:
        sources.save(connection, ANALYST, source(), now=clock())
        turn.record_started(connection, "list", now=clock(), interval=HOUR)
        sources.request_now(connection, ANALYST, "list", now=clock.advance(minutes=minutes))
        ended = clock.advance(minutes=1)
        turn.record_finished(connection, result(clock, is_complete=True), now=ended, interval=HOUR)
        assert [found.name for found in turn.due(connection, now=ended)] == ["list"]
        turn.record_started(connection, "list", now=ended, interval=HOUR)
        turn.record_finished(connection, result(clock, is_complete=True), now=ended, interval=HOUR)
        assert turn.due(connection, now=ended) == (), "asked for once"


def test_failures_wait_longer_each_time_and_a_success_resets(database: Database, clock: Clock) -> None:
    failed = {"error_code": "source_unreachable", "error_message": "拒绝连接"}
    waits = []
    with database.write() as connection:
        sources.save(connection, ANALYST, source(), now=clock())
        for outcome in [failed] * 6 + [{}]:
            turn.record_finished(connection, result(clock, **outcome), now=clock(), interval=HOUR)
            row = sources.find(connection, "list")
            assert row.next_due_at is not None
            waits.append((row.next_due_at - clock()) / HOUR)
    assert waits == [2, 4, 8, 16, 24, 24, 1]
    assert (row.consecutive_failures, row.last_error_code, row.last_error_message) == (0, None, "")


@pytest.mark.parametrize(("recorded", "is_lost"), [((), True), (("started",), True), (("started", "finished"), False)])
def test_a_crawl_that_left_no_result_is_a_failure_with_a_later_turn(
    database: Database, clock: Clock, recorded: tuple[str, ...], is_lost: bool
) -> None:
    with database.write() as connection:
        sources.save(connection, ANALYST, source(), now=clock())
        started_at = clock.advance(minutes=1)
        if "started" in recorded:
            turn.record_started(connection, "list", now=clock.advance(seconds=1), interval=HOUR)
        if "finished" in recorded:
            turn.record_finished(connection, result(clock), now=clock(), interval=HOUR)
        assert turn.record_lost(connection, "list", started_at, now=clock(), interval=HOUR) is is_lost
        row = sources.find(connection, "list")
    assert (row.last_error_code, row.last_error_message) == (("source_error", turn.LOST) if is_lost else (None, ""))
    assert (row.consecutive_failures, row.next_due_at) == (int(is_lost), clock() + HOUR * (1 + is_lost))


@pytest.mark.parametrize(
    ("outcome", "hours"),
    [
        ({"error_code": "source_refused", "is_refused": True}, 24),
        ({"error_code": "source_unreachable", "retry_after_seconds": 5 * 3600.0}, 5),
        ({"error_code": "source_unreachable", "retry_after_seconds": 1e12}, 24),
        ({"error_code": "source_unreachable", "retry_after_seconds": 1.0}, 2),
    ],
)
def test_wait_follows_what_the_site_said(clock: Clock, outcome: dict[str, object], hours: float) -> None:
    assert turn.wait_after(result(clock, **outcome), failures=1, interval=HOUR) == hours * HOUR


def test_validators_are_kept_only_from_complete_crawls(database: Database, clock: Clock) -> None:
    with database.write() as connection:
        sources.save(connection, ANALYST, source(), now=clock())
        for is_complete, etag, kept in [(True, "one", "one"), (False, "two", "one"), (True, None, "one")]:
            crawled = result(clock, is_complete=is_complete, etag=etag)
            turn.record_finished(connection, crawled, now=clock(), interval=HOUR)
            assert sources.find(connection, "list").etag == kept


def test_strangers_and_unknown_names_are_refused(database: Database, clock: Clock) -> None:
    nobody = Person("nobody", frozenset())
    with database.write() as connection:
        sources.save(connection, SYSTEM, source(), now=clock())
        for person in (nobody, READER):
            with pytest.raises(NotAllowed):
                sources.save(connection, person, source(), now=clock())
            with pytest.raises(NotAllowed):
                sources.disable(connection, person, "list", now=clock())
            with pytest.raises(NotAllowed):
                sources.request_now(connection, person, "list", now=clock())
        for read in (lambda: sources.list_all(connection, nobody), lambda: sources.get(connection, nobody, "list")):
            with pytest.raises(NotAllowed):
                read()
        with pytest.raises(NotFound, match="没有来源「other」"):
            sources.get(connection, SYSTEM, "other")
