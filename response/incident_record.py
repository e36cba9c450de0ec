"""The incident as it is stored: the table, the record, the lock. Who may do what is decided in ``incident``.

The id of an incident is the number people quote (YQ-20260616-01). Every change raises ``version``; a change
starts with ``lock``, so that two people cannot decide on the same state at the same moment. Rows stay for good:
numbers are given by counting them. Texts leave this file masked.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, Index, Integer, Row, String, Table, Text, func, insert, select, update

from alerts.level import Level
from core.database import UtcTime, metadata
from core.errors import NotFound, StaleVersion
from core.mention import SHANGHAI, Time
from core.personal import mask
from response.state import Status

incident_table: Final = Table(
    "incident",
    metadata,
    Column("id", String, primary_key=True),
    Column("alert_id", String, nullable=False, unique=True),
    Column("alert_number", String, nullable=False),
    Column("brand", String, nullable=False),
    Column("story", String),
    Column("title", Text, nullable=False),
    Column("level", String, nullable=False),
    Column("status", String, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("acknowledged_by", String),
    Column("acknowledged_at", UtcTime),
    Column("closed_by", String),
    Column("closed_at", UtcTime),
    Column("cause", Text, nullable=False),
    Column("lesson", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Index(None, "status", "opened_at"),
)

# Guess: audit rows read of one incident; a red week makes some hundreds.
HISTORY_ROWS: Final = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident (舆情事件), opened for one alert. cause and lesson are empty until it is closed."""

    id: str
    alert_id: str
    alert_number: str
    brand: str
    story: str | None
    title: str
    level: Level
    status: Status
    opened_at: Time
    updated_at: Time
    acknowledged_by: str | None
    acknowledged_at: Time | None
    closed_by: str | None
    closed_at: Time | None
    cause: str
    lesson: str
    version: int

    @property
    def number(self) -> str:
        """What people quote; the same as the id."""
        return self.id

    @property
    def subject(self) -> str:
        """What its audit rows are about."""
        return f"incident:{self.id}"


def find(connection: Connection, incident_id: str) -> Incident:
    """Raises NotFound."""
    row = connection.execute(select(incident_table).where(incident_table.c.id == incident_id)).first()
    return _incident(row, incident_id)


def of_alert(connection: Connection, alert_id: str) -> Incident | None:
    """The incident opened for this alert, or None."""
    row = connection.execute(select(incident_table).where(incident_table.c.alert_id == alert_id)).first()
    return _incident(row, "") if row is not None else None


def next_number(connection: Connection, now: datetime) -> str:
    """YQ-20260616-01 by the Shanghai day; the caller holds the lock under which incidents are opened."""
    day = f"YQ-{now.astimezone(SHANGHAI):%Y%m%d}"
    taken = connection.scalar(select(func.count()).where(incident_table.c.id.like(f"{day}-%"))) or 0
    return f"{day}-{taken + 1:02d}"


def add(connection: Connection, incident: Incident) -> None:
    """Insert a new incident."""
    connection.execute(insert(incident_table).values(asdict(incident)))


def latest(connection: Connection, statuses: Sequence[Status], limit: int) -> tuple[Incident, ...]:
    """The newest first. statuses: empty means any."""
    chosen = select(incident_table).order_by(incident_table.c.opened_at.desc(), incident_table.c.id.desc())
    if statuses:
        chosen = chosen.where(incident_table.c.status.in_(statuses))
    return tuple(_incident(row, row.id) for row in connection.execute(chosen.limit(limit)))


def count_unfinished(connection: Connection) -> int:
    """Incidents that are not closed."""
    chosen = select(func.count()).select_from(incident_table).where(incident_table.c.status != Status.CLOSED)
    return connection.scalar(chosen) or 0


def lock(connection: Connection, incident_id: str, *, version: int | None = None) -> Incident:
    """Read an incident that is about to change; other writers wait until this transaction ends.

    version: what the person saw. Raises NotFound, and StaleVersion with the current version in its details.
    """
    # SQLite has no row locks and leaves this clause out: there write() admits one writer at a time.
    chosen = select(incident_table).where(incident_table.c.id == incident_id).with_for_update()
    incident = _incident(connection.execute(chosen).first(), incident_id)
    if version is not None and version != incident.version:
        raise StaleVersion(
            f"舆情事件 {incident.id} 已被他人修改，请刷新后再试", incident=incident.id, version=incident.version
        )
    return incident


def change(connection: Connection, incident: Incident, *, now: datetime, **values: object) -> Incident:
    """Write columns of a locked incident and raise its version."""
    connection.execute(
        update(incident_table)
        .where(incident_table.c.id == incident.id)
        .values(version=incident.version + 1, updated_at=now, **values)
    )
    return find(connection, incident.id)


def _incident(row: Row[Any] | None, incident_id: str) -> Incident:  # Any: SQLAlchemy's row of a Core table
    if row is None:
        raise NotFound(f"没有舆情事件 {incident_id}", incident=incident_id)
    values = {"level": Level(row.level), "status": Status(row.status)}
    texts = {name: mask(getattr(row, name)) for name in ("title", "cause", "lesson")}
    return Incident(**{**row._mapping, **values, **texts})
