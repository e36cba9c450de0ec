"""Write mentions into the embedded index inside one transaction: lists, full text, facets and rollup together.

Invariant: the full text index is told the old text exactly when a text is replaced or removed; a wrong old text
would corrupt it silently (SQLite's external content tables).
"""

from collections import Counter
from collections.abc import Iterable
from sqlite3 import Connection
from typing import Final

from index.base import UpsertStatus
from index.entry import Entry
from index.node import Field
from index.query import SHOWN

# The single-valued columns of ``facet``, in its order.
_FACETS: Final = (
    Field.SOURCE,
    Field.PLATFORM,
    Field.SENTIMENT,
    Field.STORY,
    Field.AUTHOR,
    Field.TIER,
    Field.STATUS,
    Field.BURST,
)
_UNKNOWN: Final = 0


class Writer:
    """Collects what the rollup gains and loses; ``finish`` writes it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._names: dict[str, int] = {}
        self._rollup: Counter[tuple[int, int, int, int]] = Counter()

    def store(self, entry: Entry) -> UpsertStatus:
        """Insert or replace; REJECTED when another mention has the same order key."""
        found = self._connection.execute(
            "SELECT id, order_key, revision FROM mention WHERE id = ? OR order_key = ?", (entry.id, entry.order_key)
        ).fetchall()
        if any(mention_id != entry.id for mention_id, _, _ in found):
            return UpsertStatus.REJECTED
        if any(revision > entry.revision for _, _, revision in found):
            return UpsertStatus.STALE
        is_same_text = bool(found) and self._segments(found[0][1]) == (entry.title, entry.text)
        if found and is_same_text and found[0][1] == entry.order_key:
            self._remove_labels(entry.order_key)
        else:
            if found:
                self._remove(found[0][1])
            self._insert_text(entry)
        self._insert_labels(entry)
        return UpsertStatus.STORED

    def remove(self, mention_id: str) -> bool:
        """Whether it was there."""
        found = self._connection.execute("SELECT order_key FROM mention WHERE id = ?", (mention_id,)).fetchone()
        if found is not None:
            self._remove(found[0])
        return found is not None

    def finish(self) -> None:
        """Apply the collected changes to the rollup."""
        self._connection.executemany(
            "INSERT INTO rollup (brand, day, platform, sentiment, n) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET n = n + excluded.n",
            [(*key, change) for key, change in self._rollup.items() if change],
        )
        self._rollup.clear()

    def _segments(self, order_key: int) -> tuple[str, str]:
        question = "SELECT title, text FROM segment WHERE order_key = ?"
        title, text = self._connection.execute(question, (order_key,)).fetchone()
        return title, text

    def _insert_text(self, entry: Entry) -> None:
        row = (entry.order_key, entry.title, entry.text)
        self._connection.execute("INSERT INTO segment (order_key, title, text) VALUES (?, ?, ?)", row)
        self._connection.execute("INSERT INTO words (rowid, title, text) VALUES (?, ?, ?)", row)

    def _remove(self, order_key: int) -> None:
        row = (order_key, *self._segments(order_key))
        self._connection.execute("INSERT INTO words (words, rowid, title, text) VALUES ('delete', ?, ?, ?)", row)
        self._connection.execute("DELETE FROM segment WHERE order_key = ?", (order_key,))
        self._remove_labels(order_key)

    def _insert_labels(self, entry: Entry) -> None:
        self._connection.execute(
            "INSERT INTO mention (order_key, id, revision, record) VALUES (?, ?, ?, ?)",
            (entry.order_key, entry.id, entry.revision, entry.record),
        )
        day = entry.hour.toordinal()
        facets = [self._name(value) for value in (next(iter(entry.values.get(field, ())), "") for field in _FACETS)]
        self._connection.execute(
            f"INSERT INTO facet VALUES (?, ?, ?, {', '.join('?' * len(_FACETS))})",
            (entry.order_key, entry.at, day * 24 + entry.hour.hour, *facets),
        )
        brands = [self._name(brand) for brand in entry.values.get(Field.BRAND, ())]
        self._connection.executemany(
            "INSERT INTO mention_brand (brand, order_key, at) VALUES (?, ?, ?)",
            [(brand, entry.order_key, entry.at) for brand in brands],
        )
        self._connection.executemany(
            "INSERT INTO mention_risk (risk, order_key) VALUES (?, ?)",
            [(self._name(risk), entry.order_key) for risk in entry.values.get(Field.RISK, ())],
        )
        self._count(brands, day, dict(zip(_FACETS, facets, strict=True)), +1)

    def _remove_labels(self, order_key: int) -> None:
        _, _, hour, *facets = self._connection.execute(
            "SELECT * FROM facet WHERE order_key = ?", (order_key,)
        ).fetchone()
        brands = self._connection.execute(
            "SELECT brand FROM mention_brand WHERE order_key = ?", (order_key,)
        ).fetchall()
        for table in ("mention", "facet", "mention_brand", "mention_risk"):
            self._connection.execute(f"DELETE FROM {table} WHERE order_key = ?", (order_key,))
        self._count((brand for (brand,) in brands), hour // 24, dict(zip(_FACETS, facets, strict=True)), -1)

    def _count(self, brands: Iterable[int], day: int, facets: dict[Field, int], change: int) -> None:
        if facets[Field.STATUS] not in [self._name(status) for status in SHOWN.values]:
            return
        for brand in brands:
            self._rollup[brand, day, facets[Field.PLATFORM], facets[Field.SENTIMENT]] += change

    def _name(self, value: str) -> int:
        """The number that stands for a value in the facet tables."""
        if not value:
            return _UNKNOWN
        if value not in self._names:
            found = self._connection.execute("SELECT id FROM name WHERE value = ?", (value,)).fetchone()
            if found is None:
                self._connection.execute("INSERT INTO name (value) VALUES (?)", (value,))
                found = self._connection.execute("SELECT last_insert_rowid()").fetchone()
            self._names[value] = found[0]
        return self._names[value]
