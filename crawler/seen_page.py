"""What a source has read of each page of a sitemap, and of each sitemap, so that only what changed is asked for again.

Invariant: a row is written after the mentions it speaks of are in the inbox (in the same transaction or a later one).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Column, Connection, String, Table, delete, insert, select

from core.database import UtcTime, metadata

seen_page_table: Final = Table(
    "seen_page",
    metadata,
    Column("source", String, primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("modified_at", UtcTime),
    Column("mention_id", String(64)),
    Column("read_at", UtcTime, nullable=False),
)

# SQLite allows 32,766 bound values; the same batch as the inbox.
BATCH: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPage:
    """key: the id of its address. modified_at: as the sitemap said.

    mention_id: what was found there, for a sitemap its own key; None where it, or a part of it, could not be read.
    """

    source: str
    key: str
    modified_at: datetime | None = None
    mention_id: str | None = None
    read_at: datetime


def find(connection: Connection, source: str, keys: Sequence[str]) -> dict[str, SeenPage]:
    """Those of ``keys`` that the source has read."""
    found: dict[str, SeenPage] = {}
    table = seen_page_table.c
    for start in range(0, len(keys), BATCH):
        chosen = select(seen_page_table).where(table.source == source, table.key.in_(keys[start : start + BATCH]))
        found |= {row.key: SeenPage(**row._mapping) for row in connection.execute(chosen)}
    return found


def keep(connection: Connection, pages: Sequence[SeenPage]) -> None:
    """Write the newest state of each page; repeating a call changes nothing."""
    newest = {(page.source, page.key): page for page in pages}.values()
    table = seen_page_table.c
    for page in newest:
        connection.execute(delete(seen_page_table).where(table.source == page.source, table.key == page.key))
    if newest:
        connection.execute(insert(seen_page_table), [asdict(page) for page in newest])
