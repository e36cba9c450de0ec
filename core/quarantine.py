"""Quarantine: what could not become a mention, with the reason. One bad mention never stops a batch.

Personal data in it is masked as it comes in: the original is at its source, or in the inbox.
"""

from collections.abc import Sequence
from dataclasses import dataclass
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
    message = storable(error.message)
    row = {"at": now, "source": source, "code": error.code, "message": message, "raw": excerpt(raw)}
    connection.execute(insert(quarantine_table).values(row))


def keep_new(
    connection: Connection, refused: Sequence[tuple[str, TingfengError]], *, source: str, now: datetime, remembered: int
) -> None:
    """Keep (raw, error) pairs; one that is among the ``remembered`` newest of its source is not kept again."""
    known = {(row.raw, row.code) for row in latest(connection, source=source, limit=remembered)} if refused else set()
    for raw, error in refused:
        name = (excerpt(raw), error.code)
        if name not in known:
            keep(connection, source=source, raw=raw, error=error, now=now)
            known.add(name)


def excerpt(raw: str) -> str:
    """What is kept of a raw text: personal data masked before the cut, which would leave half a number unseen."""
    return mask(storable(raw))[:RAW_LIMIT]


def latest(connection: Connection, *, source: str | None = None, limit: int = 50) -> tuple[Quarantined, ...]:
    """Newest first; for rooms, doors use ``shown``."""
    chosen = select(quarantine_table).order_by(quarantine_table.c.id.desc()).limit(limit)
    if source is not None:
        chosen = chosen.where(quarantine_table.c.source == source)
    return tuple(Quarantined(**row._mapping) for row in connection.execute(chosen))


def shown(
    connection: Connection, person: Person, *, source: str | None = None, limit: int = 50
) -> tuple[Quarantined, ...]:
    """Newest first. Raises NotAllowed."""
    require(person, Action.READ_SOURCES)
    return latest(connection, source=source, limit=limit)
