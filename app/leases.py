"""Leases: one active scheduler, whatever number of processes run. A row with an end; the clock decides."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Column, Connection, String, Table, delete, insert, select, update

from core.database import UtcTime, metadata, serialise

lease_table: Final = Table(
    "lease",
    metadata,
    Column("name", String, primary_key=True),
    Column("holder", String, nullable=False),
    Column("until", UtcTime, nullable=False),
)

# Guess: a scheduler that died is replaced within half a minute; it renews at least three times in that time.
LEASE_TIME: Final = timedelta(seconds=30)


def acquire(connection: Connection, name: str, holder: str, *, now: datetime) -> bool:
    """Take or renew the lease; False while somebody else holds it."""
    serialise(connection, f"lease:{name}")
    row = connection.execute(select(lease_table).where(lease_table.c.name == name)).first()
    values = {"holder": holder, "until": now + LEASE_TIME}
    if row is None:
        connection.execute(insert(lease_table).values(name=name, **values))
        return True
    if row.holder != holder and row.until > now:
        return False
    connection.execute(update(lease_table).where(lease_table.c.name == name).values(**values))
    return True


def release(connection: Connection, name: str, holder: str) -> None:
    """Give the lease back, so that the next process need not wait."""
    connection.execute(delete(lease_table).where(lease_table.c.name == name, lease_table.c.holder == holder))
