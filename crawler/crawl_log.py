"""What every crawl of the last weeks brought: what the health of a source is judged by."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, Index, Integer, Select, String, Table, delete, func, insert, select

from core.database import UtcTime, metadata
from core.mention import Time
from crawler.outcome import CrawlResult

crawl_table: Final = Table(
    "crawl",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime, nullable=False),
    Column("pages", Integer, nullable=False),
    Column("found", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("error_code", String),
)
Index("ix_crawl_source_finished_at", crawl_table.c.source, crawl_table.c.finished_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crawl:
    """One crawl that ended. found: mentions met, known ones included. failed: what went to quarantine."""

    source: str
    started_at: Time
    finished_at: Time
    pages: int
    found: int
    new: int
    failed: int
    error_code: str | None = None


_COLUMNS: Final = [crawl_table.c[item.name] for item in fields(Crawl)]


def of_result(result: CrawlResult) -> Crawl:
    """What is remembered of a result."""
    return Crawl(
        source=result.source,
        started_at=result.started_at,
        finished_at=result.finished_at,
        pages=result.pages,
        found=result.mentions + result.skipped,
        new=result.new,
        failed=result.failed,
        error_code=result.error_code,
    )


def keep(connection: Connection, crawl: Crawl) -> None:
    """Remember a crawl."""
    connection.execute(insert(crawl_table).values(**asdict(crawl)))


def since(connection: Connection, source: str, moment: datetime) -> tuple[Crawl, ...]:
    """The crawls of a source that ended at ``moment`` or later, oldest first."""
    chosen = select(*_COLUMNS).where(crawl_table.c.source == source, crawl_table.c.finished_at >= moment)
    return _crawls(connection, chosen.order_by(crawl_table.c.finished_at, crawl_table.c.id))


def last_success(connection: Connection, source: str) -> Crawl | None:
    """The newest crawl that could read its list."""
    chosen = select(*_COLUMNS).where(crawl_table.c.source == source, crawl_table.c.error_code.is_(None))
    found = _crawls(connection, chosen.order_by(crawl_table.c.finished_at.desc(), crawl_table.c.id.desc()).limit(1))
    return found[0] if found else None


def last_successes(connection: Connection) -> dict[str, datetime]:
    """When each source's list was last read, by the source's name."""
    last = func.max(crawl_table.c.finished_at, type_=UtcTime)
    chosen = select(crawl_table.c.source, last).where(crawl_table.c.error_code.is_(None))
    return {row[0]: row[1] for row in connection.execute(chosen.group_by(crawl_table.c.source))}


def forget(connection: Connection, *, before: datetime) -> None:
    """Delete what no baseline needs any more."""
    connection.execute(delete(crawl_table).where(crawl_table.c.finished_at < before))


def _crawls(connection: Connection, chosen: Select[Any]) -> tuple[Crawl, ...]:  # Any: a Core row
    return tuple(Crawl(**row._mapping) for row in connection.execute(chosen))
