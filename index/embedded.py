"""The embedded engine: SQLite FTS5 in one file, no server. Tables: ``index.schema``; writing: ``index.writer``.

The list, facets and rollup of a mention change in one transaction, or not at all. Any number of threads and
processes may read while one writes. What is written is visible at once.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from sqlite3 import Connection
from typing import Final

from core.errors import ConfigurationError, StoreError
from core.mention import Mention, from_json
from index.base import COUNTED_AT_MOST, Bucket, Dimension, Hit, IndexHealth, SearchPage, UpsertStatus, checked_limit
from index.entry import CLOCKS, entry_or_none, hit_of, in_order, phrases_of
from index.plan import Plan, facet_columns, plan, rollup_plan
from index.query import Query, cursor_after, order_key_of
from index.schema import Connections
from index.segments import Tokenise
from index.writer import Writer

ENGINE: Final = "embedded"


class EmbeddedIndex:
    """``index.base.MentionIndex`` on one SQLite file."""

    def __init__(self, file: Path, *, tokenise: Tokenise, fresh: bool = False) -> None:
        """fresh: begin with a new file (``tingfeng reindex``).

        Raises ConfigurationError, SchemaOutOfDate and StoreError.
        """
        self._tokenise = tokenise
        self._connections = Connections(file, fresh=fresh)

    def upsert(self, mentions: Sequence[Mention]) -> tuple[UpsertStatus, ...]:
        entries = [entry_or_none(mention, self._tokenise) for mention in mentions]  # before the lock is taken
        with self._connections.write() as connection:
            writer = Writer(connection)
            statuses = [writer.store(entry) if entry else UpsertStatus.REJECTED for entry in entries]
            writer.finish()
        return tuple(statuses)

    def get(self, mention_id: str) -> Mention | None:
        with self._connections.read() as connection:
            row = connection.execute("SELECT record FROM mention WHERE id = ?", (mention_id,)).fetchone()
        return from_json(row[0]) if row is not None else None

    def search(self, query: Query, *, limit: int = 20, cursor: str | None = None) -> SearchPage:
        before = order_key_of(query, cursor) if cursor is not None else 2**63 - 1
        size = checked_limit(limit)
        with self._connections.read() as connection:
            found = plan(query.effective, self._tokenise, is_list=True)
            keys = _newest(connection, found, before, size + 1)
            hits = self._hits(connection, query, keys[:size])
            total = _total(connection, plan(query.effective, self._tokenise, is_list=False))
        return SearchPage(
            hits=hits,
            cursor=cursor_after(query, keys[size - 1]) if len(keys) > size else None,
            total=min(total, COUNTED_AT_MOST),
            total_is_exact=total <= COUNTED_AT_MOST,
        )

    def aggregate(self, query: Query, *, by: Sequence[Dimension] = (), limit: int | None = None) -> tuple[Bucket, ...]:
        found = rollup_plan(query.effective, by)
        if found is not None:
            statement = _grouped(found, by, [f"r.{dimension}" for dimension in by])
        else:
            found = plan(query.effective, self._tokenise, is_list=False)
            statement = _grouped(found, by, *facet_columns(by))
        with self._connections.read() as connection:
            rows = connection.execute(statement, found.parameters).fetchall()
        return in_order([Bucket(keys=_keys(row[:-1], by), count=row[-1]) for row in rows], by, limit)

    def scan(self, query: Query) -> Iterator[Mention]:
        found = plan(query.effective, self._tokenise, is_list=True)
        statement = (
            f"SELECT m.record FROM {found.source} CROSS JOIN mention m ON m.order_key = {found.key}"
            f" WHERE {found.where} ORDER BY {found.key}"
        )
        with self._connections.read() as connection:
            for (record,) in connection.execute(statement, found.parameters):
                yield from_json(record)

    def delete(self, mention_ids: Sequence[str]) -> int:
        with self._connections.write() as connection:
            writer = Writer(connection)
            count = sum(writer.remove(mention_id) for mention_id in mention_ids)
            writer.finish()
        return count

    def refresh(self) -> None:
        """Nothing to do: commits are visible at once."""

    def parts(self) -> frozenset[str]:
        with self._connections.read() as connection:
            return frozenset(part for (part,) in connection.execute("SELECT id FROM part"))

    def health(self) -> IndexHealth:
        try:
            with self._connections.read() as connection:
                count = connection.execute("SELECT count(*) FROM mention").fetchone()[0]
        except (StoreError, ConfigurationError) as error:
            return IndexHealth(is_healthy=False, engine=ENGINE, count=0, detail=error.message)
        return IndexHealth(is_healthy=True, engine=ENGINE, count=count, detail=f"索引正常，共 {count} 条信息")

    def close(self) -> None:
        """Close the idle connections."""
        self._connections.close()

    def _hits(self, connection: Connection, query: Query, keys: Sequence[int]) -> tuple[Hit, ...]:
        phrases = phrases_of(query.node, self._tokenise)
        rows = connection.execute(
            "SELECT m.record, s.title, s.text FROM mention m JOIN segment s ON s.order_key = m.order_key"
            f" WHERE m.order_key IN ({', '.join('?' * len(keys))}) ORDER BY m.order_key DESC",
            keys,
        )
        return tuple(hit_of(from_json(record), title, text, phrases) for record, title, text in rows)


def _newest(connection: Connection, found: Plan, before: int, count: int) -> list[int]:
    statement = (
        f"SELECT {found.key} FROM {found.source} WHERE {found.where} AND {found.key} < ?"
        f" ORDER BY {found.key} DESC LIMIT ?"
    )
    return [key for (key,) in connection.execute(statement, [*found.parameters, before, count])]


def _total(connection: Connection, found: Plan) -> int:
    """Counts one above what is shown and no further."""
    statement = f"SELECT count(*) FROM (SELECT 1 FROM {found.source} WHERE {found.where} LIMIT {COUNTED_AT_MOST + 1})"
    count: int = connection.execute(statement, found.parameters).fetchone()[0]
    return count


def _grouped(found: Plan, by: Sequence[Dimension], columns: Sequence[str], joins: str = "") -> str:
    """Count by numbers first; names are looked up once per bucket. Unknown values (0) have no name and drop out."""
    keys = [f"{column} AS d{place}" for place, column in enumerate(columns)]
    inner = f"SELECT {', '.join([*keys, f'{found.count} AS n'])} FROM {found.source}{joins} WHERE {found.where}"
    if not by:
        return inner
    inner += f" GROUP BY {', '.join(f'd{place}' for place in range(len(by)))}"
    shown = [f"d{place}" if dimension in CLOCKS else f"k{place}.value" for place, dimension in enumerate(by)]
    names = [f" JOIN name k{place} ON k{place}.id = d{place}" for place, d in enumerate(by) if d not in CLOCKS]
    return f"SELECT {', '.join([*shown, 'n'])} FROM ({inner}){''.join(names)}"


def _keys(values: Sequence[str | int], by: Sequence[Dimension]) -> tuple[str, ...]:
    return tuple(_key(value, dimension) for value, dimension in zip(values, by, strict=True))


def _key(value: str | int, dimension: Dimension) -> str:
    if isinstance(value, str):
        return value
    if dimension is Dimension.DAY:
        return date.fromordinal(value).isoformat()
    day, hour = divmod(value, 24)
    return f"{date.fromordinal(day).isoformat()}T{hour:02}"
