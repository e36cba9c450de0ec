"""Tasks (任务) of an incident: who does what until when. A blocker keeps its incident from being closed.

The storage of tasks only: who may add or finish one, and when, is decided in ``response.incident``, which also
holds the lock on the incident while it calls ``add`` and ``finish``. Texts leave this file masked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    and_,
    case,
    func,
    insert,
    select,
    update,
)

from core.database import UtcTime, metadata
from core.errors import Conflict, NotFound
from core.mention import Time
from core.personal import mask

task_table: Final = Table(
    "incident_task",
    metadata,
    Column("id", String, primary_key=True),
    Column("incident_id", String, ForeignKey("incident.id"), nullable=False),
    Column("serial", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("owner", String, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("is_blocker", Boolean, nullable=False),
    Column("created_by", String, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("done_by", String),
    Column("done_at", UtcTime),
    Column("proof", Text, nullable=False),
    Index(None, "incident_id", "serial", unique=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """id: incident number and serial. proof: what shows that it was done; empty while it is open."""

    id: str
    incident_id: str
    title: str
    owner: str
    due_at: Time
    is_blocker: bool
    created_by: str
    created_at: Time
    done_by: str | None
    done_at: Time | None
    proof: str

    @property
    def is_done(self) -> bool:
        """Tell whether somebody finished it."""
        return self.done_at is not None

    def is_overdue(self, now: datetime) -> bool:
        """Tell whether it is open past its due time."""
        return self.done_at is None and self.due_at < now


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCounts:
    """Open tasks of one incident; overdue and blockers are parts of ``open``."""

    open: int = 0
    overdue: int = 0
    blockers: int = 0


def add(
    connection: Connection,
    *,
    incident_id: str,
    title: str,
    owner: str,
    due_at: datetime,
    is_blocker: bool,
    created_by: str,
    now: datetime,
) -> Task:
    """Store a task under the next serial of its incident; the caller holds the lock on the incident."""
    chosen = select(func.count()).select_from(task_table).where(task_table.c.incident_id == incident_id)
    serial = (connection.scalar(chosen) or 0) + 1
    task_id = f"{incident_id}-T{serial}"
    connection.execute(
        insert(task_table).values(
            id=task_id,
            incident_id=incident_id,
            serial=serial,
            title=title,
            owner=owner,
            due_at=due_at,
            is_blocker=is_blocker,
            created_by=created_by,
            created_at=now,
            proof="",
        )
    )
    return get(connection, task_id)


def finish(connection: Connection, task_id: str, *, done_by: str, proof: str, now: datetime) -> Task:
    """Mark a task as done. Raises Conflict when it was done before, so that the first proof stays."""
    changed = connection.execute(
        update(task_table)
        .where(task_table.c.id == task_id, task_table.c.done_at.is_(None))
        .values(done_by=done_by, done_at=now, proof=proof)
    )
    task = get(connection, task_id)
    if changed.rowcount == 0:
        raise Conflict(f"任务「{task.title}」已由 {task.done_by} 完成", task=task_id)
    return task


def get(connection: Connection, task_id: str) -> Task:
    """Raises NotFound."""
    row = connection.execute(select(task_table).where(task_table.c.id == task_id)).first()
    if row is None:
        raise NotFound("没有这个任务", task=task_id)
    return _task(row)


def of_incident(connection: Connection, incident_id: str) -> tuple[Task, ...]:
    """All tasks in the order they were added."""
    chosen = task_table.c.incident_id == incident_id
    rows = connection.execute(select(task_table).where(chosen).order_by(task_table.c.serial))
    return tuple(_task(row) for row in rows)


def open_blockers(connection: Connection, incident_id: str) -> tuple[Task, ...]:
    """What keeps the incident from being closed."""
    return tuple(task for task in of_incident(connection, incident_id) if task.is_blocker and not task.is_done)


def counts(connection: Connection, incident_ids: Sequence[str], *, now: datetime) -> Mapping[str, TaskCounts]:
    """Count open tasks of several incidents in one question; incidents without open tasks are absent."""
    overdue = case((task_table.c.due_at < now, 1), else_=0)
    blockers = case((task_table.c.is_blocker, 1), else_=0)
    rows = connection.execute(
        select(task_table.c.incident_id, func.count(), func.sum(overdue), func.sum(blockers))
        .where(and_(task_table.c.incident_id.in_(incident_ids), task_table.c.done_at.is_(None)))
        .group_by(task_table.c.incident_id)
    )
    return {
        incident_id: TaskCounts(open=int(total), overdue=int(late), blockers=int(blocking))
        for incident_id, total, late, blocking in rows
    }


def _task(row: Row[Any]) -> Task:  # Any: SQLAlchemy's row of a Core table
    return Task(
        id=row.id,
        incident_id=row.incident_id,
        title=mask(row.title),
        owner=row.owner,
        due_at=row.due_at,
        is_blocker=row.is_blocker,
        created_by=row.created_by,
        created_at=row.created_at,
        done_by=row.done_by,
        done_at=row.done_at,
        proof=mask(row.proof),
    )
