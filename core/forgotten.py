"""Mentions deleted on request: they are never taken in again. Only their ids are kept, hashes of addresses."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Column, Connection, String, Table, insert, select

from core.database import UtcTime, metadata
from core.mention import Mention

forgotten_table: Final = Table(
    "forgotten_mention",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("at", UtcTime, nullable=False),
)


def keep(connection: Connection, mention_ids: Sequence[str], *, now: datetime) -> None:
    """Remember ids for good."""
    known = _known(connection, mention_ids)
    rows = [{"id": name, "at": now} for name in dict.fromkeys(mention_ids) if name not in known]
    if rows:
        connection.execute(insert(forgotten_table), rows)


def without(connection: Connection, mentions: Sequence[Mention]) -> Sequence[Mention]:
    """Those of ``mentions`` that may be stored."""
    gone = _known(connection, [mention.id for mention in mentions])
    return [mention for mention in mentions if mention.id not in gone] if gone else mentions


def _known(connection: Connection, ids: Sequence[str]) -> set[str]:
    return set(connection.scalars(select(forgotten_table.c.id).where(forgotten_table.c.id.in_(ids))))
