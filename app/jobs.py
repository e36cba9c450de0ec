"""Recurring jobs. Rows compared with ``now`` decide what is due; a job may run late, twice or never finish."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import Column, Connection, Row, String, Table, Text, insert, select, update

from core.database import UtcTime, metadata
from core.errors import StoreError, TingfengError
from response.services import Services

log = structlog.get_logger()

job_table: Final = Table(
    "job",
    metadata,
    Column("name", String, primary_key=True),
    Column("due_at", UtcTime, nullable=False),
    Column("started_at", UtcTime),
    Column("finished_at", UtcTime),
    Column("error", Text, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """run: one round of work that continues from stored rows, safe to repeat."""

    name: str
    every: timedelta
    run: Callable[[Services], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """For the health page: error is empty after a good run."""

    name: str
    due_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error: str


def run_if_due(services: Services, job: Job) -> bool:
    """Run the job when its row says so; a failure is logged and stored, the next round comes anyway."""
    # Asked by a reader first: most seconds nothing is due, and writers would queue for nothing.
    with services.database.read() as connection:
        if not _is_due(_row(connection, job), job, services.now()):
            return False
    with services.database.write() as connection:
        if not _take(connection, job, services.now()):
            return False
    error = _guarded(services, job)
    with services.database.write() as connection:
        values = {"finished_at": services.now(), "error": error}
        connection.execute(update(job_table).where(job_table.c.name == job.name).values(**values))
    return True


def states(connection: Connection) -> Sequence[JobState]:
    """All jobs by name."""
    rows = connection.execute(select(job_table).order_by(job_table.c.name))
    return tuple(JobState(**row._mapping) for row in rows)


def _take(connection: Connection, job: Job, now: datetime) -> bool:
    row = _row(connection, job)
    if not _is_due(row, job, now):
        return False
    values = {"due_at": now + job.every, "started_at": now}
    if row is None:
        connection.execute(insert(job_table).values(name=job.name, error="", **values))
    else:
        connection.execute(update(job_table).where(job_table.c.name == job.name).values(**values))
    return True


def _row(connection: Connection, job: Job) -> Row[Any] | None:  # Any: a Core row
    return connection.execute(select(job_table).where(job_table.c.name == job.name)).first()


def _is_due(row: Row[Any] | None, job: Job, now: datetime) -> bool:  # Any: a Core row
    """A clock that was set back must not silence a job until it has caught up."""
    return row is None or not now < row.due_at <= now + job.every


def _guarded(services: Services, job: Job) -> str:
    try:
        job.run(services)
    except StoreError as error:
        log.warning("job waits for a store", job=job.name, error=error.code)
        return error.message
    except Exception as error:  # one of the three loops: a failed job never stops the scheduler
        log.exception("job failed", job=job.name)
        return error.message if isinstance(error, TingfengError) else "任务出错，详见日志"
    return ""
