"""The alert as stored: table, dataclass, and the few ways a row is read, locked and written.

Invariant: one open row per key, held by a unique index. Rows are never deleted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, Column, Connection, Index, Integer, Row, String, Table, Text, func, insert, select, update

from alerts.level import Level
from alerts.state import AlertStatus, Outcome
from core.database import UtcTime, metadata
from core.errors import NotFound
from core.mention import SHANGHAI, Time

alert_table: Final = Table(
    "alert",
    metadata,
    Column("id", String, primary_key=True),
    Column("number", String, nullable=False, unique=True),
    Column("key", String, nullable=False),
    Column("brand", String, nullable=False),
    Column("rule_id", String, nullable=False),
    Column("story", String),
    Column("level", String, nullable=False),
    Column("status", String, nullable=False),
    Column("title", Text, nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("count", Integer, nullable=False),
    Column("announced_count", Integer, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("announced_at", UtcTime, nullable=False),
    Column("found_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("acknowledged_by", String),
    Column("acknowledged_at", UtcTime),
    Column("closed_by", String),
    Column("closed_at", UtcTime),
    Column("outcome", String),
    Column("version", Integer, nullable=False),
    Index(None, "opened_at"),
)
IS_OPEN: Final = alert_table.c.status != AlertStatus.CLOSED.value
Index("uq_alert_open_key", alert_table.c.key, unique=True, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """number: YJ-20260616-01, by the Shanghai day of opening. reasons: Chinese, with numbers, oldest first.

    count: most negative mentions in one window so far. found_at: the last finding, told or held.
    announced_at, announced_count: when and at which count people were told last. version: raised by each change.
    """

    id: str
    number: str
    key: str
    brand: str
    rule_id: str
    story: str | None
    level: Level
    status: AlertStatus
    title: str
    reasons: tuple[str, ...]
    count: int
    announced_count: int
    opened_at: Time
    announced_at: Time
    found_at: Time
    updated_at: Time
    acknowledged_by: str | None
    acknowledged_at: Time | None
    closed_by: str | None
    closed_at: Time | None
    outcome: Outcome | None
    version: int

    @property
    def is_open(self) -> bool:
        return self.status is not AlertStatus.CLOSED


def of_row(row: Row[Any]) -> Alert:  # Any: a Core row
    """The alert in a row of ``alert_table``."""
    values = {item.name: getattr(row, item.name) for item in fields(Alert)}
    values |= {
        "level": Level(row.level),
        "status": AlertStatus(row.status),
        "reasons": tuple(row.reasons),
        "outcome": Outcome(row.outcome) if row.outcome else None,
    }
    return Alert(**values)


def find(connection: Connection, alert_id: str, *, for_update: bool = False) -> Alert:
    """Raises NotFound. for_update: nobody else changes it until the transaction ends."""
    chosen = select(alert_table).where(alert_table.c.id == alert_id)
    row = connection.execute(chosen.with_for_update() if for_update else chosen).first()
    if row is None:
        raise NotFound("没有这条预警", alert=alert_id)
    return of_row(row)


def add(connection: Connection, alert: Alert) -> None:
    """Insert a new alert; the caller holds the lock under which alerts are opened."""
    values = {item.name: getattr(alert, item.name) for item in fields(Alert)}
    connection.execute(insert(alert_table).values(values | {"reasons": list(alert.reasons)}))


def change(connection: Connection, alert: Alert, values: Mapping[str, object]) -> Alert:
    """Write some columns of a locked alert and return it as it is now."""
    connection.execute(update(alert_table).where(alert_table.c.id == alert.id).values(dict(values)))
    return find(connection, alert.id)


def next_number(connection: Connection, now: datetime) -> str:
    """YJ-20260616-01 by the Shanghai day; the caller holds the lock under which alerts are opened."""
    day = f"YJ-{now.astimezone(SHANGHAI):%Y%m%d}"
    taken = connection.scalar(select(func.count()).where(alert_table.c.number.like(f"{day}-%"))) or 0
    return f"{day}-{taken + 1:02d}"
