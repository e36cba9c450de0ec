"""The audit: one append-only row for every change made by or for people. Timelines are read from it.

Rows are never updated or deleted; there is no function here that could.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, BigInteger, Column, Connection, Index, Integer, String, Table, Text, insert, select

from core.access import Action, Person, require
from core.database import UtcTime, metadata

audit_table: Final = Table(
    "audit",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False),
    Column("person", String, nullable=False),
    Column("action", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("details", JSON, nullable=False),
    Column("note", Text, nullable=False),
    Index(None, "subject", "id"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """subject is ``kind:id``; details are JSON-ready."""

    id: int
    at: datetime
    person: str
    action: str
    subject: str
    details: Mapping[str, Any]  # Any: decoded JSON, each action has its own shape
    note: str


def record(
    connection: Connection,
    *,
    person: Person,
    action: str,
    subject: str,
    now: datetime,
    details: Mapping[str, object] | None = None,
    note: str = "",
) -> None:
    """Append one row inside the caller's transaction, so that a change and its record are one."""
    connection.execute(
        insert(audit_table).values(
            at=now, person=person.name, action=action, subject=subject, details=dict(details or {}), note=note
        )
    )


def entries_of(connection: Connection, subjects: Sequence[str], *, limit: int = 1000) -> tuple[AuditEntry, ...]:
    """Rows about these subjects, oldest first; for timelines, whose caller has checked access."""
    rows = connection.execute(
        select(audit_table).where(audit_table.c.subject.in_(subjects)).order_by(audit_table.c.id).limit(limit)
    )
    return tuple(AuditEntry(**row._mapping) for row in rows)


def latest(connection: Connection, person: Person, *, limit: int = 100) -> tuple[AuditEntry, ...]:
    """The newest rows, newest first. Raises NotAllowed."""
    require(person, Action.READ_AUDIT)
    rows = connection.execute(select(audit_table).order_by(audit_table.c.id.desc()).limit(limit))
    return tuple(AuditEntry(**row._mapping) for row in rows)
