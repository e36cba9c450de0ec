"""The source register: definitions, health, and what is due. Sources are disabled, never deleted.

Health belongs to the crawl (``record_started``, ``record_finished``); a person changes the definition only.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Float,
    Integer,
    Row,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)

from core import audit
from core.access import Action, Person, require
from core.database import UtcTime, metadata, serialise, storable
from core.errors import NotFound, SourceError
from core.mention import Kind, Platform, Tier
from crawler.definition import FullText, Source, SourceKind, checked, definition, from_definition, read_file
from crawler.outcome import CrawlResult

__all__ = [
    "Source",
    "SourceKind",
    "disable",
    "due",
    "find",
    "from_definition",
    "get",
    "list_all",
    "read_file",
    "record_finished",
    "record_lost",
    "record_started",
    "request_now",
    "save",
    "source_table",
]

source_table: Final = Table(
    "source",
    metadata,
    Column("name", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("url", Text, nullable=False),
    Column("platform", String, nullable=False),
    Column("tier", String, nullable=False),
    Column("mention_kind", String, nullable=False),
    Column("region", String),
    Column("selectors", JSON, nullable=False),
    Column("full_text", String, nullable=False),
    Column("origin", Text),
    Column("json", JSON),  # null in rows from before it
    Column("crawl_delay_seconds", Float),
    Column("allow_private", Boolean, nullable=False),
    Column("interval_minutes", Integer),
    Column("max_pages", Integer, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("terms_note", Text, nullable=False),
    Column("last_started_at", UtcTime),
    Column("last_finished_at", UtcTime),
    Column("last_error_code", String),
    Column("last_error_message", Text, nullable=False),
    Column("last_count_items", Integer, nullable=False),
    Column("last_count_new", Integer, nullable=False),
    Column("next_due_at", UtcTime, index=True),
    Column("consecutive_failures", Integer, nullable=False),
    Column("robots_verdict", String),
    Column("etag", Text),
    Column("last_modified", Text),
)

LOST: Final = "采集进程意外结束，没有留下结果，稍后自动重试；详情见服务日志"
# Guess: a source that fails for a day is looked at once a day; a refusal needs a person, not another try.
LONGEST_WAIT: Final = timedelta(hours=24)


def save(connection: Connection, person: Person, source: Source, *, now: datetime) -> Source:
    """Create or replace a source; a changed one is due at once and forgets what it knew of the old address.

    Saving what is there already changes nothing. Raises ConfigurationError, NotAllowed.
    """
    require(person, Action.MANAGE_SOURCES, source)
    if source.allow_private:
        require(person, Action.REACH_PRIVATE_NETWORK, source)
    values = definition(checked(source))
    serialise(connection, "source")
    before = _row(connection, source.name.strip())
    if before is not None and definition(_source(before)) == values:
        return _source(before)
    fresh: dict[str, object] = {"next_due_at": now, "consecutive_failures": 0, "etag": None, "last_modified": None}
    if before is None:
        counts = {"last_count_items": 0, "last_count_new": 0, "last_error_message": ""}
        connection.execute(insert(source_table).values(**values, **fresh, **counts))
    else:
        connection.execute(update(source_table).where(_named(values["name"])).values(**values, **fresh))
    _record(connection, person, "source.changed" if before else "source.created", values["name"], now, values)
    return find(connection, values["name"])


def disable(connection: Connection, person: Person, name: str, *, now: datetime) -> Source:
    """Stop reading a source; what it brought stays. Raises NotFound."""
    require(person, Action.MANAGE_SOURCES, name)
    if find(connection, name).enabled:
        connection.execute(update(source_table).where(_named(name)).values(enabled=False))
        _record(connection, person, "source.disabled", name, now, {})
    return find(connection, name)


def request_now(connection: Connection, person: Person, name: str, *, now: datetime) -> Source:
    """Make a source due at once, or right after the crawl that runs; one that waits already keeps its place.

    Raises NotFound.
    """
    require(person, Action.MANAGE_SOURCES, name)
    source = find(connection, name, for_update=True)
    turn = source.next_due_at
    if turn is None or turn > now:
        turn = now
    elif _is_running(source):
        turn -= timedelta.resolution  # as little as shows record_finished that this is not the turn it gave itself
    connection.execute(update(source_table).where(_named(name)).values(next_due_at=turn))
    _record(connection, person, "source.requested", name, now, {})
    return find(connection, name)


def list_all(connection: Connection, person: Person) -> tuple[Source, ...]:
    """All sources by name, with their health."""
    require(person, Action.READ_SOURCES)
    return tuple(_source(row) for row in connection.execute(select(source_table).order_by(source_table.c.name)))


def get(connection: Connection, person: Person, name: str) -> Source:
    """Raises NotFound."""
    require(person, Action.READ_SOURCES)
    return find(connection, name)


def find(connection: Connection, name: str, *, for_update: bool = False) -> Source:
    """For the crawl and the scheduler. for_update: nobody else changes it meanwhile. Raises NotFound."""
    row = _row(connection, name, for_update=for_update)
    if row is None:
        raise NotFound(f"没有来源「{name}」", source=name)
    return _source(row)


def due(connection: Connection, *, now: datetime) -> tuple[Source, ...]:
    """Enabled sources whose time has come, the longest waiting first."""
    chosen = select(source_table).where(source_table.c.enabled.is_(True), source_table.c.next_due_at <= now)
    return tuple(_source(row) for row in connection.execute(chosen.order_by(source_table.c.next_due_at)))


def record_started(connection: Connection, name: str, *, now: datetime, interval: timedelta) -> None:
    """Note the start and the next turn, so that a crawl that is killed comes again after one interval."""
    values = {"last_started_at": now, "next_due_at": now + interval}
    connection.execute(update(source_table).where(_named(name)).values(**values))


def record_finished(connection: Connection, result: CrawlResult, *, now: datetime, interval: timedelta) -> None:
    """Write the result onto the source row. Failures wait twice as long each time; a success resets that.

    A turn that a person asked for while the crawl ran (``request_now``, ``save``) stays.
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
    connection.execute(update(source_table).where(_named(result.source)).values(**values))


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


def _is_running(source: Source) -> bool:
    started_at, finished_at = source.last_started_at, source.last_finished_at
    return started_at is not None and (finished_at is None or finished_at < started_at)


def _named(name: str) -> Any:  # Any: SQLAlchemy's column expression
    return source_table.c.name == name


def _row(connection: Connection, name: str, *, for_update: bool = False) -> Row[Any] | None:  # Any: a Core row
    chosen = select(source_table).where(_named(name))
    return connection.execute(chosen.with_for_update() if for_update else chosen).first()


def _source(row: Row[Any]) -> Source:  # Any: as above
    values = dict(row._mapping)
    values["kind"] = SourceKind(row.kind)
    values["platform"] = Platform(row.platform)
    values["tier"] = Tier(row.tier)
    values["mention_kind"] = Kind(row.mention_kind)
    values["full_text"] = FullText(row.full_text)
    values["json"] = row.json or {}
    return Source(**values)


def _record(
    connection: Connection, person: Person, action: str, name: str, now: datetime, details: dict[str, Any]
) -> None:  # Any: JSON-ready values
    audit.record(connection, person=person, action=action, subject=f"source:{name}", now=now, details=details)
