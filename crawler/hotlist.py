"""Where each entry of a hot list stood at each look (热榜): when it came, how high it rose, when it was gone.

Invariant: a look is written whole or not at all, after its mentions; the newest look of a source is its current list.
Rows go with their mention, and when retention ends.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Integer,
    Row,
    String,
    Table,
    delete,
    func,
    insert,
    select,
)

from core.database import UtcTime, metadata
from core.mention import Time
from core.mention_table import mention_table

hotlist_rank_table: Final = Table(
    "hotlist_rank",
    metadata,
    Column("source", String, primary_key=True),
    Column("at", UtcTime, primary_key=True),
    Column("mention_id", String(64), ForeignKey("mention.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("rank", Integer, nullable=False),
    Column("heat", BigInteger),
)

# Source: the product's rule: who was not on the list for a day enters it anew.
ANEW_AFTER: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """rank: 1 is the top. heat: as the list tells it, None where it does not."""

    mention_id: str
    rank: int
    heat: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One reading of a list."""

    source: str
    at: datetime
    entries: tuple[Ranked, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One stay of a mention on a list: entering it is an event.

    entered_at, last_seen_at: the first and the last look that showed it. left_at: the first look without it, None
    while it is there. rank, heat: at the last look. change: places won since the look before, None where it was not
    there. best_rank, best_at: the highest, and when it was first reached.
    """

    source: str
    mention_id: str
    entered_at: Time
    last_seen_at: Time
    left_at: Time | None
    rank: int
    heat: int | None
    change: int | None
    best_rank: int
    best_at: Time


def keep(connection: Connection, looks: Sequence[Look]) -> None:
    """Write looks; repeating a call changes nothing. Mentions that are not stored (deletion) are left out."""
    table = hotlist_rank_table.c
    for look in looks:
        ids = [entry.mention_id for entry in look.entries]
        stored = set(connection.scalars(select(mention_table.c.id).where(mention_table.c.id.in_(ids))))
        connection.execute(delete(hotlist_rank_table).where(table.source == look.source, table.at == look.at))
        rows = [
            {"source": look.source, "at": look.at, "mention_id": entry.mention_id}
            | {"rank": entry.rank, "heat": entry.heat}
            for entry in look.entries
            if entry.mention_id in stored
        ]
        if rows:
            connection.execute(insert(hotlist_rank_table), rows)


def current(connection: Connection) -> tuple[Stay, ...]:
    """The entries of each list at its newest look, by source and rank."""
    table = hotlist_rank_table.c
    newest = connection.execute(select(table.source, func.max(table.at)).group_by(table.source)).all()
    found: list[Stay] = []
    for source, at in newest:
        shown = select(table.mention_id).where(table.source == source, table.at == at)
        rows = _rows(connection, table.source == source, table.mention_id.in_(shown))
        found += [stay for stay in _stays(connection, rows) if stay.left_at is None]
    return tuple(sorted(found, key=lambda stay: (stay.source, stay.rank)))


def of_mention(connection: Connection, mention_id: str) -> tuple[Stay, ...]:
    """All stays of a mention on all lists, the newest first."""
    rows = _rows(connection, hotlist_rank_table.c.mention_id == mention_id)
    return tuple(sorted(_stays(connection, rows), key=lambda stay: stay.entered_at, reverse=True))


def forget(connection: Connection, *, before: datetime) -> None:
    """Drop looks whose retention has ended."""
    connection.execute(delete(hotlist_rank_table).where(hotlist_rank_table.c.at < before))


def _rows(connection: Connection, *chosen: Any) -> list[Row[Any]]:  # Any: SQLAlchemy's expressions and rows
    table = hotlist_rank_table.c
    ordered = select(hotlist_rank_table).where(*chosen).order_by(table.source, table.mention_id, table.at)
    return list(connection.execute(ordered))


def _stays(connection: Connection, rows: Iterable[Row[Any]]) -> Iterator[Stay]:  # Any: as above
    """rows: by source, mention and time."""
    looks: dict[str, list[datetime]] = {}
    for (source, _), mine in groupby(rows, key=lambda row: (row.source, row.mention_id)):
        if source not in looks:
            at = hotlist_rank_table.c.at
            asked = select(at).where(hotlist_rank_table.c.source == source).distinct().order_by(at)
            looks[source] = list(connection.scalars(asked))
        for stay in _parted(list(mine)):
            yield _stay(stay, looks[source])


def _parted(rows: Sequence[Row[Any]]) -> Iterator[list[Row[Any]]]:  # Any: as above
    part = [rows[0]]
    for row in rows[1:]:
        if row.at - part[-1].at > ANEW_AFTER:
            yield part
            part = []
        part.append(row)
    yield part


def _stay(rows: Sequence[Row[Any]], looks: Sequence[datetime]) -> Stay:  # Any: as above
    last, best = rows[-1], min(rows, key=lambda row: (row.rank, row.at))
    place = looks.index(last.at)
    is_followed = len(rows) > 1 and place > 0 and rows[-2].at == looks[place - 1]
    return Stay(
        source=last.source,
        mention_id=last.mention_id,
        entered_at=rows[0].at,
        last_seen_at=last.at,
        left_at=looks[place + 1] if place + 1 < len(looks) else None,
        rank=last.rank,
        heat=last.heat,
        change=rows[-2].rank - last.rank if is_followed else None,
        best_rank=best.rank,
        best_at=best.at,
    )
