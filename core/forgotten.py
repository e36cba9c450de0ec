"""Mentions deleted on request: they are never taken in again. Only their ids are kept, hashes of addresses.

The address goes with what stands at it, whatever key a source gives it. Answers stand at the address of what they
answer, and a headline alone (an entry of a hot list) at that of the text it leads to: they go by their own ids.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Column, Connection, String, Table, insert, select

from core.database import UtcTime, metadata
from core.mention import Kind, Mention, address_id

forgotten_table: Final = Table(
    "forgotten_mention",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("at", UtcTime, nullable=False),
)


_ANSWERS: Final = (Kind.REPLY, Kind.COMMENT)


def keep(connection: Connection, mentions: Sequence[Mention], *, now: datetime) -> None:
    """Remember them for good."""
    ids = {name for mention in mentions for name in _names(mention)}
    rows = [{"id": name, "at": now} for name in sorted(ids - _known(connection, ids))]
    if rows:
        connection.execute(insert(forgotten_table), rows)


def without(connection: Connection, mentions: Sequence[Mention]) -> Sequence[Mention]:
    """Those of ``mentions`` that may be stored."""
    gone = _known(connection, {name for mention in mentions for name in _names(mention)})
    return [mention for mention in mentions if gone.isdisjoint(_names(mention))] if gone else mentions


def _names(mention: Mention) -> set[str]:
    is_answer = mention.parent_id is not None or mention.kind in _ANSWERS
    is_guest = is_answer or mention.text == mention.title
    return {mention.id} if is_guest else {mention.id, address_id(mention)}


def _known(connection: Connection, ids: Collection[str]) -> set[str]:
    return set(connection.scalars(select(forgotten_table.c.id).where(forgotten_table.c.id.in_(ids))))
