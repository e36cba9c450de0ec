"""Quarantine: what could not become a mention, with the reason. One bad mention never stops a batch."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, String, Table, Text, insert, select

from core.access import Action, Person, require
from core.database import UtcTime, metadata, storable
from core.errors import TingfengError
from core.mention import Time
from core.personal import mask

quarantine_table: Final = Table(
    "quarantine",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False),
    Column("source", String, nullable=False),
    Column("code", String, nullable=False),
    Column("message", Text, nullable=False),
    Column("raw", Text, nullable=False),
    Index(None, "source", "at"),
)

# Guess: enough of the raw text to see what it was.
RAW_LIMIT: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """One row of the quarantine, for the sources page."""

    id: int
    at: Time
    source: str
    code: str
    message: str
    raw: str


def keep(connection: Connection, *, source: str, raw: str, error: TingfengError, now: datetime) -> None:
    """Keep what could not become a mention, with the reason."""
    connection.execute(
        insert(quarantine_table).values(
            at=now, source=source, code=error.code, message=error.message, raw=storable(raw)[:RAW_LIMIT]
        )
    )


def latest(connection: Connection, *, source: str | None = None, limit: int = 50) -> tuple[Quarantined, ...]:
    """Newest first, as stored; for rooms, doors use ``shown``."""
    chosen = select(quarantine_table).order_by(quarantine_table.c.id.desc()).limit(limit)
    if source is not None:
        chosen = chosen.where(quarantine_table.c.source == source)
    return tuple(Quarantined(**row._mapping) for row in connection.execute(chosen))


def shown(
    connection: Connection, person: Person, *, source: str | None = None, limit: int = 50
) -> tuple[Quarantined, ...]:
    """Newest first, personal data masked. Raises NotAllowed."""
    require(person, Action.READ_SOURCES)
    return tuple(replace(row, raw=mask(row.raw)) for row in latest(connection, source=source, limit=limit))
