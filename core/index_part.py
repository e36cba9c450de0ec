"""The parts of the index that the state database has seen: a file, or monthly indices; each with an id of its own.

A part that is lost never comes back under its id. What was marked as indexed went into parts remembered here, so
that a missing one says: the index must be filled anew.
"""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Column, Connection, String, Table, delete, insert, select

from core.database import metadata, serialise

part_table: Final = Table("index_part", metadata, Column("id", String, primary_key=True))


def known(connection: Connection) -> frozenset[str]:
    """All that are remembered."""
    return frozenset(connection.scalars(select(part_table.c.id)))


def remember(connection: Connection, parts: Iterable[str]) -> None:
    """A second time changes nothing."""
    serialise(connection, "index")
    fresh = set(parts) - known(connection)
    if fresh:
        connection.execute(insert(part_table), [{"id": part} for part in sorted(fresh)])


def forget(connection: Connection, parts: Iterable[str]) -> bool:
    """Whether one of them was still remembered: only one worker is to act on a loss."""
    serialise(connection, "index")
    return connection.execute(delete(part_table).where(part_table.c.id.in_(list(parts)))).rowcount > 0
