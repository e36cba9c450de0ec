"""Intervals in which a source was not read, or not read far enough back (采集中断): shown in trends, and filled later.

A gap opens when a crawl fails after one that worked. The first success closes it; it counts as filled once a crawl
has read back to something seen before the gap began. Until then crawls look further back than usual.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Column, Connection, Integer, String, Table, and_, insert, or_, select, update

from core.access import Action, Person, require
from core.database import UtcTime, metadata
from core.mention import Time
from crawler import crawl_log
from crawler.outcome import CrawlResult

gap_table: Final = Table(
    "source_gap",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String, nullable=False, index=True),
    Column("began_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("reason", String, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("filled_at", UtcTime),
)

# The reason of a gap without an error: more was new than the list shows.
OVERRUN: Final = "overrun"
# Guess: what three deeper crawls did not reach is no longer on the site's lists.
MOST_TRIES: Final = 3
# Guess: an hour's gap is seen in a day's figure; a shorter one is one missed turn.
SHORTEST_SHOWN: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """ended_at: None while it lasts. filled_at: None while something may be missing. reason: error code or overrun."""

    source: str
    began_at: Time
    ended_at: Time | None
    reason: str
    filled_at: Time | None


_COLUMNS: Final = [gap_table.c[item.name] for item in fields(Gap)]
_UNFILLED: Final = and_(gap_table.c.ended_at.is_not(None), gap_table.c.filled_at.is_(None))
_TO_FILL: Final = and_(_UNFILLED, gap_table.c.tries < MOST_TRIES)


def follow(connection: Connection, result: CrawlResult) -> None:
    """Open, close and fill gaps by the result of a crawl; before ``crawl_log`` keeps it."""
    before = crawl_log.last_success(connection, result.source)
    if before is None:
        return  # nothing was read yet: what the source said earlier is history, not a gap
    lasting = and_(gap_table.c.source == result.source, gap_table.c.ended_at.is_(None))
    is_open = connection.execute(select(gap_table.c.id).where(lasting)).first() is not None
    if result.error_code is not None:
        if not is_open:
            _open(connection, result.source, before.finished_at, result.error_code)
        return
    if is_open:
        connection.execute(update(gap_table).where(lasting).values(ended_at=result.started_at))
    elif result.new and (result.known_since is None or result.known_since > before.finished_at):
        _open(connection, result.source, before.finished_at, OVERRUN, ended_at=result.started_at)
    _fill(connection, result)


def _open(
    connection: Connection, source: str, began_at: datetime, reason: str, *, ended_at: datetime | None = None
) -> None:
    values = {"source": source, "began_at": began_at, "ended_at": ended_at, "reason": reason, "tries": 0}
    connection.execute(insert(gap_table).values(**values))


def _fill(connection: Connection, result: CrawlResult) -> None:
    """A list with nothing new has nothing that is missing; else what was known before the gap must have been met."""
    mine = and_(gap_table.c.source == result.source, _UNFILLED)
    reached = result.known_since if result.new else datetime.min.replace(tzinfo=result.started_at.tzinfo)
    if reached is not None:
        filled = update(gap_table).where(mine, gap_table.c.began_at >= reached)
        connection.execute(filled.values(filled_at=result.finished_at))
    connection.execute(update(gap_table).where(mine).values(tries=gap_table.c.tries + 1))


def is_to_fill(connection: Connection, source: str) -> bool:
    """Whether the next crawl should look further back."""
    chosen = select(gap_table.c.id).where(gap_table.c.source == source, _TO_FILL).limit(1)
    return connection.execute(chosen).first() is not None


def between(
    connection: Connection, person: Person, *, since: datetime, until: datetime, sources: Sequence[str] = ()
) -> tuple[Gap, ...]:
    """Unfilled gaps of an hour and longer that touch the period, oldest first; of all sources, or of these."""
    require(person, Action.READ_SOURCES)
    table = gap_table.c
    overlaps = and_(table.began_at < until, or_(table.ended_at.is_(None), table.ended_at > since))
    chosen = select(*_COLUMNS).where(overlaps, table.filled_at.is_(None)).order_by(table.began_at, table.id)
    if sources:
        chosen = chosen.where(table.source.in_(sources))
    found = [Gap(**row._mapping) for row in connection.execute(chosen)]
    return tuple(gap for gap in found if (gap.ended_at or until) - gap.began_at >= SHORTEST_SHOWN)
