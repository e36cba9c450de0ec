"""Findings that people were told of, stored with their alert; held ones only move its counters."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy import JSON, BigInteger, Column, Connection, ForeignKey, Index, Integer, String, Table, insert, select

from alerts.finding import Finding
from alerts.state import Change
from core.database import UtcTime, metadata
from core.mention import Time

finding_table: Final = Table(
    "alert_finding",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("alert_id", String, ForeignKey("alert.id"), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("change", String, nullable=False),
    Column("finding", JSON, nullable=False),
    Index(None, "alert_id"),
)

_ADAPTER: Final = TypeAdapter(Finding)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """at: when people were told. change: what the finding did to the alert."""

    at: Time
    change: Change
    finding: Finding


def add(connection: Connection, alert_id: str, change: Change, finding: Finding, *, now: datetime) -> None:
    """Append one row inside the caller's transaction."""
    values = _ADAPTER.dump_python(finding, mode="json")
    connection.execute(insert(finding_table).values(alert_id=alert_id, at=now, change=change.value, finding=values))


def of_alert(connection: Connection, alert_id: str) -> tuple[Recorded, ...]:
    """Oldest first; callers check access."""
    chosen = select(finding_table).where(finding_table.c.alert_id == alert_id).order_by(finding_table.c.id)
    return tuple(
        Recorded(at=row.at, change=Change(row.change), finding=_ADAPTER.validate_python(row.finding))
        for row in connection.execute(chosen)
    )
