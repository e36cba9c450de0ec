"""Removed mentions that the index may still hold: what retention leaves behind until the index has followed.

Written in the transaction that removes. The index is told twice: at once, and when no batch can be under way any
more that read the mention before (a worker killed between its write and its check). Until then a mention that
comes back goes on with its revisions, so that the index takes it for newer than whatever it still holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Integer,
    String,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from core.database import UtcTime, metadata, serialise

removed_table: Final = Table(
    "removed_mention",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("due_at", UtcTime, nullable=False, index=True),
    Column("is_last", Boolean, nullable=False),
)

# Guess: hundreds of times what a batch takes to reach the index, all retries of an overloaded server included.
SETTLED: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """revision: the last one the mention had. is_last: the index was told once already."""

    id: str
    revision: int
    is_last: bool


def keep(connection: Connection, revisions: Mapping[str, int], *, now: datetime) -> None:
    """Remember mentions that are gone from the state database: id → last revision. The index is told from now on."""
    if not revisions:
        return
    serialise(connection, "removed")
    before = last(connection, list(revisions))
    connection.execute(delete(removed_table).where(removed_table.c.id.in_(before)))
    rows = [
        {"id": mention_id, "revision": max(revision, before.get(mention_id, 0)), "due_at": now, "is_last": False}
        for mention_id, revision in revisions.items()
    ]
    connection.execute(insert(removed_table), rows)


def last(connection: Connection, mention_ids: Sequence[str]) -> dict[str, int]:
    """id → the last revision of those that are remembered."""
    chosen = select(removed_table.c.id, removed_table.c.revision).where(removed_table.c.id.in_(mention_ids))
    return {row.id: row.revision for row in connection.execute(chosen)}


def due(connection: Connection, *, now: datetime, limit: int) -> tuple[Removed, ...]:
    """Those the index has to be told of."""
    chosen = select(removed_table).where(removed_table.c.due_at <= now).order_by(removed_table.c.due_at).limit(limit)
    return tuple(Removed(id=row.id, revision=row.revision, is_last=row.is_last) for row in connection.execute(chosen))


def told(connection: Connection, done: Sequence[Removed], *, now: datetime) -> None:
    """The index holds none of these now; what was removed again meanwhile stays due."""
    is_same = (removed_table.c.id == bindparam("b_id")) & (removed_table.c.revision == bindparam("b_revision"))
    first = [{"b_id": each.id, "b_revision": each.revision} for each in done if not each.is_last]
    again = [{"b_id": each.id, "b_revision": each.revision} for each in done if each.is_last]
    if first:
        connection.execute(update(removed_table).where(is_same).values(is_last=True, due_at=now + SETTLED), first)
    if again:
        connection.execute(delete(removed_table).where(is_same, removed_table.c.is_last), again)


def count(connection: Connection) -> int:
    """How many the index may still hold."""
    return connection.scalar(select(func.count()).select_from(removed_table)) or 0
