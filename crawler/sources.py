"""The source register: definitions and health. Sources are disabled, never deleted.

Health belongs to the crawl (``crawler.turn``); a person changes the definition only.
"""

from dataclasses import asdict
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
from core.database import UtcTime, metadata, serialise
from core.errors import NotFound
from core.mention import Kind, Platform, Tier
from crawler.definition import FullText, Source, SourceKind, checked, definition, from_definition, read_file
from crawler.extract.mapping import read_mapping
from crawler.health import State
from crawler.outcome import Progress

__all__ = [
    "Source",
    "SourceKind",
    "disable",
    "find",
    "from_definition",
    "get",
    "list_all",
    "read_file",
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
    Column("owner", String, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("terms_note", Text, nullable=False),
    Column("weight", Float, nullable=False),
    Column("last_started_at", UtcTime),
    Column("last_finished_at", UtcTime),
    Column("last_error_code", String),
    Column("last_error_message", Text, nullable=False),
    Column("last_count_items", Integer, nullable=False),
    Column("last_count_new", Integer, nullable=False),
    Column("next_due_at", UtcTime, index=True),
    Column("consecutive_failures", Integer, nullable=False),
    Column("health", String, nullable=False),
    Column("health_message", Text, nullable=False),
    Column("news_per_day", Float),
    Column("progress_pages", Integer, nullable=False),
    Column("progress_mentions", Integer, nullable=False),
    Column("progress_waiting", Integer, nullable=False),
    Column("robots_verdict", String),
    Column("etag", Text),
    Column("last_modified", Text),
)


def progress_values(progress: Progress) -> dict[str, int]:
    """The columns of a progress."""
    return {f"progress_{name}": value for name, value in asdict(progress).items()}


NO_PROGRESS: Final = progress_values(Progress())


def save(connection: Connection, person: Person, source: Source, *, now: datetime) -> Source:
    """Create or replace a source; a changed one is due at once and forgets what it knew of the old address.

    Saving what is there already changes nothing. Raises ConfigurationError, NotAllowed.
    """
    require(person, Action.MANAGE_SOURCES, source)
    if source.allow_private:
        require(person, Action.REACH_PRIVATE_NETWORK, source)
    values = definition(checked(source))
    if read_mapping(source.json).token is not None:
        require(person, Action.SEND_SECRETS, source)  # whoever names the address receives the secret
    serialise(connection, "source")
    before = _row(connection, source.name.strip())
    if before is not None and definition(of_row(before)) == values:
        return of_row(before)
    fresh: dict[str, object] = {"next_due_at": now, "consecutive_failures": 0, "etag": None, "last_modified": None}
    if before is None:
        counts = {"last_count_items": 0, "last_count_new": 0, "last_error_message": ""} | NO_PROGRESS
        counts |= {"health": State.NEW, "health_message": ""}
        connection.execute(insert(source_table).values(**values, **fresh, **counts))
    else:
        connection.execute(update(source_table).where(named(values["name"])).values(**values, **fresh))
    _record(connection, person, "source.changed" if before else "source.created", values["name"], now, values)
    return find(connection, values["name"])


def disable(connection: Connection, person: Person, name: str, *, now: datetime) -> Source:
    """Stop reading a source; what it brought stays. Raises NotFound."""
    require(person, Action.MANAGE_SOURCES, name)
    if find(connection, name).enabled:
        connection.execute(update(source_table).where(named(name)).values(enabled=False))
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
    elif is_running(source):
        turn -= timedelta.resolution  # as little as shows record_finished that this is not the turn it gave itself
    connection.execute(update(source_table).where(named(name)).values(next_due_at=turn))
    _record(connection, person, "source.requested", name, now, {})
    return find(connection, name)


def list_all(connection: Connection, person: Person) -> tuple[Source, ...]:
    """All sources by name, with their health."""
    require(person, Action.READ_SOURCES)
    return tuple(of_row(row) for row in connection.execute(select(source_table).order_by(source_table.c.name)))


def get(connection: Connection, person: Person, name: str) -> Source:
    """Raises NotFound."""
    require(person, Action.READ_SOURCES)
    return find(connection, name)


def find(connection: Connection, name: str, *, for_update: bool = False) -> Source:
    """For the crawl and the scheduler. for_update: nobody else changes it meanwhile. Raises NotFound."""
    row = _row(connection, name, for_update=for_update)
    if row is None:
        raise NotFound(f"没有来源「{name}」", source=name)
    return of_row(row)


def is_running(source: Source) -> bool:
    """Whether a crawl was started whose end is not noted."""
    started_at, finished_at = source.last_started_at, source.last_finished_at
    return started_at is not None and (finished_at is None or finished_at < started_at)


def named(name: str) -> Any:  # Any: SQLAlchemy's column expression
    return source_table.c.name == name


def _row(connection: Connection, name: str, *, for_update: bool = False) -> Row[Any] | None:  # Any: a Core row
    chosen = select(source_table).where(named(name))
    return connection.execute(chosen.with_for_update() if for_update else chosen).first()


def of_row(row: Row[Any]) -> Source:  # Any: as above
    values = dict(row._mapping)
    values["kind"] = SourceKind(row.kind)
    values["platform"] = Platform(row.platform)
    values["tier"] = Tier(row.tier)
    values["mention_kind"] = Kind(row.mention_kind)
    values["full_text"] = FullText(row.full_text)
    values["json"] = row.json or {}
    values["health"] = State(row.health)
    return Source(**values)


def _record(
    connection: Connection, person: Person, action: str, name: str, now: datetime, details: dict[str, Any]
) -> None:  # Any: JSON-ready values
    audit.record(connection, person=person, action=action, subject=f"source:{name}", now=now, details=details)
