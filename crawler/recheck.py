"""Pages looked at again: has what a source brought lately been edited or taken down since?

A page that is gone marks its mentions as deleted, with the time it was noticed; one that comes back is live again.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Column, Connection, String, Table, and_, delete, func, insert, select

from core.database import UtcTime, metadata
from core.mention import Kind, Mention, from_json
from core.mention_table import mention_table

page_check_table: Final = Table(
    "page_check",
    metadata,
    Column("mention_id", String(64), primary_key=True),
    Column("checked_at", UtcTime, nullable=False),
    Column("gone_at", UtcTime),
)

# Guess: articles are corrected and taken down within days; a look a day is enough to prove when.
LOOKED_AFTER: Final = timedelta(days=7)
REST: Final = timedelta(days=1)
# Guess: a small part of a crawl, which comes several times a day.
MOST_CHECKS: Final = 20
FEWEST_CHECKS: Final = 5
CHECKED_SHARE: Final = 20  # one of as many, in one crawl
# Guess: when all of several pages are gone at once, the site has moved and nothing was taken down.
SEVERAL: Final = 3
# What is read on a page of its own; a reply stands on the page of its thread.
ON_THEIR_OWN: Final = (Kind.POST, Kind.ARTICLE, Kind.REVIEW, Kind.REPORT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A page that was looked at again. gone_at: None when it is there."""

    mention_id: str
    gone_at: datetime | None = None


def due(connection: Connection, source: str, *, now: datetime) -> tuple[Mention, ...]:
    """What the source brought in the last days and was not looked at for one, the longest waiting first."""
    lately = and_(mention_table.c.source == source, mention_table.c.seen_at >= now - LOOKED_AFTER)
    brought = connection.scalar(select(func.count()).select_from(mention_table).where(lately)) or 0
    most = min(MOST_CHECKS, max(FEWEST_CHECKS, brought // CHECKED_SHARE))
    last = func.coalesce(page_check_table.c.checked_at, mention_table.c.seen_at)
    chosen = (
        select(mention_table.c.record)
        .outerjoin(page_check_table, page_check_table.c.mention_id == mention_table.c.id)
        .where(lately, last <= now - REST)
        .order_by(last)
        .limit(5 * most)  # replies among them are left out
    )
    found = (from_json(row.record) for row in connection.execute(chosen))
    return tuple(mention for mention in found if mention.kind in ON_THEIR_OWN)[:most]


def keep(connection: Connection, checked: Sequence[Checked], *, now: datetime) -> None:
    """Note the looks; repeating a call changes nothing."""
    newest = {each.mention_id: each for each in checked}
    connection.execute(delete(page_check_table).where(page_check_table.c.mention_id.in_(newest)))
    rows = [{"mention_id": name, "checked_at": now, "gone_at": each.gone_at} for name, each in newest.items()]
    if rows:
        connection.execute(insert(page_check_table), rows)


def vanished(connection: Connection, checked: Sequence[Checked]) -> tuple[str, ...]:
    """Mentions whose pages were taken down, by the looks of one crawl; those of a thread with its first post."""
    gone = tuple(each.mention_id for each in checked if each.gone_at is not None)
    if len(gone) == len(checked) >= SEVERAL:
        return ()
    return tuple(dict.fromkeys(name for each in gone for name in (each, *_replies(connection, each))))


def _replies(connection: Connection, mention_id: str) -> Iterator[str]:
    row = connection.execute(select(mention_table).where(mention_table.c.id == mention_id)).first()
    thread = from_json(row.record).thread_id if row else None
    if row is None or thread is None:
        return
    # No column for a question that is asked this seldom.
    is_like = mention_table.c.record.contains(json.dumps(thread, ensure_ascii=False), autoescape=True)
    chosen = select(mention_table.c.record).where(mention_table.c.source == row.source, is_like)
    found = (from_json(each.record) for each in connection.execute(chosen))
    yield from (mention.id for mention in found if mention.thread_id == thread)


def gone_at(connection: Connection, mention_id: str) -> datetime | None:
    """When the page was found to be gone; None while it is there, as far as known."""
    chosen = select(page_check_table.c.gone_at).where(page_check_table.c.mention_id == mention_id)
    found: datetime | None = connection.scalar(chosen)
    return found
