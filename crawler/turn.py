"""When each source is read next, and what came of its last turn."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select, update

from core.database import storable
from core.errors import SourceError
from crawler import crawl_log, gap, health
from crawler.definition import Source
from crawler.outcome import CrawlResult, Progress
from crawler.sources import NO_PROGRESS, find, named, of_row, progress_values, source_table

LOST: Final = "采集进程意外结束，没有留下结果，稍后自动重试；详情见服务日志"
# Guess: a source that fails for a day is looked at once a day; a refusal needs a person, not another try.
LONGEST_WAIT: Final = timedelta(hours=24)


def due(connection: Connection, *, now: datetime) -> tuple[Source, ...]:
    """Enabled sources whose time has come, the longest waiting first."""
    chosen = select(source_table).where(source_table.c.enabled.is_(True), source_table.c.next_due_at <= now)
    return tuple(of_row(row) for row in connection.execute(chosen.order_by(source_table.c.next_due_at)))


def record_started(connection: Connection, name: str, *, now: datetime, interval: timedelta) -> None:
    """Note the start and the next turn, so that a crawl that is killed comes again after one interval."""
    values = {"last_started_at": now, "next_due_at": now + interval} | NO_PROGRESS
    connection.execute(update(source_table).where(named(name)).values(**values))


def record_progress(connection: Connection, name: str, progress: Progress) -> None:
    """How far the crawl that runs has come."""
    connection.execute(update(source_table).where(named(name)).values(**progress_values(progress)))


def record_finished(connection: Connection, result: CrawlResult, *, now: datetime, interval: timedelta) -> None:
    """Write the result onto the source row, with what it says of gaps and of the source's health.

    Failures wait twice as long each time; a success resets that. A turn that a person asked for while the crawl ran
    (``request_now``, ``save``) stays.
    """
    # Locked: nothing may be asked for between looking and writing.
    before = find(connection, result.source, for_update=True)
    started_at = before.last_started_at
    was_asked = started_at is not None and before.next_due_at != started_at + interval
    wait = wait_after(result, failures=before.consecutive_failures + 1, interval=interval)
    failures = 0 if result.error_code is None else before.consecutive_failures + 1
    values: dict[str, object] = {
        "last_finished_at": now,
        "last_error_code": result.error_code,
        "last_error_message": storable(result.error_message),
        "last_count_items": result.mentions + result.skipped,
        "last_count_new": result.new,
        "consecutive_failures": failures,
        "next_due_at": before.next_due_at if was_asked else now + wait,
        "robots_verdict": result.robots.value if result.robots else before.robots_verdict,
    }
    if result.is_complete and not was_asked and (result.etag or result.last_modified):
        values |= {"etag": storable(result.etag or ""), "last_modified": storable(result.last_modified or "")}
    gap.follow(connection, result)
    crawl_log.keep(connection, crawl_log.of_result(result))
    values |= _health(connection, result, now)
    connection.execute(update(source_table).where(named(result.source)).values(**values))


def record_lost(connection: Connection, name: str, started_at: datetime, *, now: datetime, interval: timedelta) -> bool:
    """Note the end of a crawl whose process was started at ``started_at``, unless it did so itself; True when noted."""
    source = find(connection, name)
    if source.last_finished_at is not None and source.last_finished_at >= started_at:
        return False
    if source.last_started_at is None or source.last_started_at < started_at:
        # It did not come as far as that, and would be due again at once.
        record_started(connection, name, now=started_at, interval=interval)
    lost = CrawlResult(
        source=name, started_at=started_at, finished_at=now, error_code=SourceError.code, error_message=LOST
    )
    record_finished(connection, lost, now=now, interval=interval)
    return True


def wait_after(result: CrawlResult, *, failures: int, interval: timedelta) -> timedelta:
    """Time until the next crawl: the interval, doubled per failure in a row, or what the site asked for."""
    asked = timedelta(seconds=min(result.retry_after_seconds or 0, LONGEST_WAIT.total_seconds()))
    if result.is_refused:
        return max(LONGEST_WAIT, interval)
    doublings = min(failures, 20) if result.error_code else 0
    return max(asked, interval, min(interval * (1 << doublings), LONGEST_WAIT))


def _health(connection: Connection, result: CrawlResult, now: datetime) -> dict[str, object]:
    crawls = crawl_log.since(connection, result.source, now - health.BASELINE)
    judged = health.judge(crawls, storable(result.error_message), now=now)
    return {"health": judged.state, "health_message": judged.message, "news_per_day": judged.news_per_day}
