"""What a source has read of each thread, so that only threads with news are asked for again.

Invariant: a row is written after the floors it speaks of are in the inbox (in the same transaction or a later one),
so a crawl that is killed goes on where the inbox ends.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Boolean, Column, Connection, Integer, String, Table, Text, delete, insert, select

from core.database import UtcTime, metadata

seen_thread_table: Final = Table(
    "seen_thread",
    metadata,
    Column("source", String, primary_key=True),
    Column("key", String(300), primary_key=True),
    Column("url", Text, nullable=False),
    Column("floors_before", Integer, nullable=False),
    Column("first_id", String(64)),
    Column("replies", Integer),
    Column("last_post_at", UtcTime),
    Column("is_complete", Boolean, nullable=False),
    Column("read_at", UtcTime, nullable=False),
)

# SQLite allows 32,766 bound values; the same batch as the inbox.
BATCH: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenThread:
    """url: the page to go on with: the last one read, or the next one where not ``is_complete``.

    floors_before: floors on the pages before it. first_id: mention id of the first post. replies, last_post_at: as
    the list said when the thread was read.
    """

    source: str
    key: str
    url: str
    floors_before: int = 0
    first_id: str | None = None
    replies: int | None = None
    last_post_at: datetime | None = None
    is_complete: bool = True
    read_at: datetime


def find(connection: Connection, source: str, keys: Sequence[str]) -> dict[str, SeenThread]:
    """Those of ``keys`` that the source has read."""
    found: dict[str, SeenThread] = {}
    table = seen_thread_table.c
    for start in range(0, len(keys), BATCH):
        chosen = select(seen_thread_table).where(table.source == source, table.key.in_(keys[start : start + BATCH]))
        found |= {row.key: SeenThread(**row._mapping) for row in connection.execute(chosen)}
    return found


def keep(connection: Connection, threads: Sequence[SeenThread]) -> None:
    """Write the newest state of each thread; repeating a call changes nothing."""
    table = seen_thread_table.c
    for thread in {(thread.source, thread.key): thread for thread in threads}.values():
        connection.execute(delete(seen_thread_table).where(table.source == thread.source, table.key == thread.key))
        connection.execute(insert(seen_thread_table).values(**asdict(thread)))
