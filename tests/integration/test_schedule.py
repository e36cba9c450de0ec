"""Jobs, leases, migrations, configuration files: what decides when and with which tables and data."""

from datetime import timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from alerts import rule
from app import configuration, duties, jobs, leases
from app.jobs import Job
from app.migrations import HEAD, is_current
from app.migrations.tables import metadata
from app.migrations.upgrade import upgrade
from app.pipeline import delete_batch, index_batch
from core import inbox, watchlist
from core.access import SYSTEM
from core.database import Database
from core.errors import ConfigurationError, SchemaOutOfDate, StoreUnavailable
from response import mentions
from tests.factories import NOON, a_mention, an_analysis


def test_migrations_add_up_to_the_tables(database_url: str) -> None:
    database = Database(database_url)
    assert not is_current(database)
    upgrade(database)
    upgrade(database)
    assert is_current(database)
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == HEAD
    database.close()


def test_a_database_of_a_newer_release_is_refused(database_url: str) -> None:
    database = Database(database_url)
    upgrade(database)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaOutOfDate):
        upgrade(database)
    database.close()


def test_a_job_runs_when_its_row_says_so(services, clock) -> None:
    ran = []
    job = Job(name="test", every=timedelta(minutes=1), run=lambda _services: ran.append(clock()))
    for step, expected in ((0, 1), (59, 1), (1, 2), (3600, 3)):
        clock.advance(seconds=step)
        jobs.run_if_due(services, job)
        assert len(ran) == expected
    clock.advance(days=-2)
    jobs.run_if_due(services, job)
    assert len(ran) == 4, "a clock set back does not silence the job"


@pytest.mark.parametrize(
    ("error", "shown"), [(StoreUnavailable("锁住了"), "锁住了"), (ZeroDivisionError(), "任务出错，详见日志")]
)
def test_a_failed_job_is_stored_and_comes_again(services, clock, error: Exception, shown: str) -> None:
    outcomes = [error]

    def run(_services) -> None:
        if outcomes:
            raise outcomes.pop()

    job = Job(name="test", every=timedelta(minutes=1), run=run)
    for expected in (shown, ""):
        assert jobs.run_if_due(services, job)
        with services.database.read() as connection:
            (state,) = jobs.states(connection)
        assert state.error == expected
        clock.advance(minutes=1)


def test_one_holder_at_a_time(database: Database, clock) -> None:
    with database.write() as connection:
        assert leases.acquire(connection, "scheduler", "a", now=clock())
        assert leases.acquire(connection, "scheduler", "a", now=clock()), "renewed"
        assert not leases.acquire(connection, "scheduler", "b", now=clock())
        clock.now += leases.LEASE_TIME + timedelta(seconds=1)
        assert leases.acquire(connection, "scheduler", "b", now=clock()), "the former holder died"
        leases.release(connection, "scheduler", "a")
        assert not leases.acquire(connection, "scheduler", "a", now=clock())
        leases.release(connection, "scheduler", "b")
        assert leases.acquire(connection, "scheduler", "a", now=clock())


def test_retention_empties_index_and_database_together(services, clock) -> None:
    old = NOON - timedelta(days=400)
    with services.database.write() as connection:
        inbox.put(connection, [a_mention(1), a_mention(2, published_at=old)], now=clock())
        claimed = inbox.claim(connection, worker="t", limit=9, now=clock())
        inbox.store_analyses(connection, [(mention, an_analysis()) for mention in claimed])
    index_batch(services)
    before = mentions.search(services, SYSTEM).total
    duties.clean_up(services)
    assert delete_batch(services) == 1
    with services.database.read() as connection:
        assert inbox.count(connection) == 1
    assert (before, mentions.search(services, SYSTEM).total) == (2, 1)


EXAMPLE = """
public_url: https://tingfeng.example
brands:
  - name: 青柠汽车
    aliases: [青柠L7]
sources:
  - {name: 论坛, kind: feed, url: "https://forum.example/rss"}
channels:
  - {name: 日志, kind: log}
"""


def test_a_file_is_applied_when_it_changed(services, settings) -> None:
    settings.config_file.write_text(EXAMPLE, encoding="utf-8")

    def apply() -> bool:
        return configuration.apply_if_changed(services.database, settings.config_file, now=services.now())

    assert [apply(), apply()] == [True, False]
    with services.database.write() as connection:
        watchlist.save(connection, SYSTEM, watchlist.Brand(name="青柠汽车", aliases=("柠檬车",)), now=services.now())
    assert not apply(), "what people changed meanwhile is kept"
    with services.database.read() as connection:
        assert watchlist.get(connection, SYSTEM, "青柠汽车").aliases == ("柠檬车",)
        assert len(rule.list_all(connection, SYSTEM)) == 1, "the own brand got its default rule"


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("brand: []", "brand"),
        ("brands: 青柠", "brands"),
        ("brands: [青柠]", "brands"),
        ("- a", "最外层"),
        ("a: [", "行写法有误"),
        ("public_url: tingfeng.example", "public_url"),
        ("brands: [{name: x, colour: red}]", "colour"),
        ("sources: [{name: x, kind: feed}]", "url"),
        ("channels: [{name: x, kind: pigeon}]", "kind"),
        ("brands:\n- name: x\n- name: y\n  aliases: [x]", "第 3 行起的一项：「x」已属于品牌「x」"),
    ],
)
def test_a_bad_file_names_the_place_and_changes_nothing(services, settings, content: str, named: str) -> None:
    settings.config_file.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=named):
        configuration.apply_if_changed(services.database, settings.config_file, now=services.now())
    with services.database.read() as connection:
        assert watchlist.all_brands(connection) == ()


def test_a_missing_or_undecodable_file_is_a_clear_error(tmp_path) -> None:
    with pytest.raises(ConfigurationError, match="tingfeng init"):
        configuration.read(tmp_path / "none.yaml")
    (tmp_path / "gbk.yaml").write_bytes("brands: [{name: 青柠}]".encode("gbk"))
    with pytest.raises(ConfigurationError, match="UTF-8"):
        configuration.read(tmp_path / "gbk.yaml")
