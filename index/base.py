"""The mention index: one interface, two engines with the same answers. A method enters only when both can do it.

The index is derived from the state database and can always be rebuilt: ``upsert`` with an older revision never
overwrites a newer one; with the same revision it renews what is there, so ``tingfeng reindex`` needs no pause.
Time filters work on ``mention.order_time``; days and hours are Shanghai's. Deleted and excluded mentions are left
out unless the query names a status. Relevance order is outside the contract: lists come newest first by
``order_key``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from core.errors import InvalidInput
from core.mention import Mention
from index.query import Query

# Source: Elasticsearch's default for counting matches; above it people read "more than 10,000".
COUNTED_AT_MOST: Final = 10_000
# Guess: five times what a page shows; whole results are read with ``scan``.
LARGEST_PAGE: Final = 500


class Dimension(StrEnum):
    """What can be counted by. HOUR keys look like ``2026-06-16T14``, DAY keys like ``2026-06-16``, in +08:00."""

    BRAND = "brand"
    SOURCE = "source"
    PLATFORM = "platform"
    SENTIMENT = "sentiment"
    STORY = "story"
    AUTHOR = "author"
    TIER = "tier"
    RISK = "risk"
    HOUR = "hour"
    DAY = "day"


class UpsertStatus(StrEnum):
    """STORED: written. STALE: a newer revision is there already, counts as done. REJECTED: the engine refuses it."""

    STORED = "stored"
    STALE = "stale"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """count of mentions with these keys, in the order of ``by``."""

    keys: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A highlighted place: part is "title" or "text", offsets are code points, end exclusive."""

    part: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One row of a list; highlights in order, title before text."""

    mention: Mention
    highlights: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """cursor: opaque, None on the last page. total counts at most 10,000; ``total_is_exact`` is False above."""

    hits: tuple[Hit, ...]
    cursor: str | None
    total: int
    total_is_exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexHealth:
    """count: mentions in the index. detail: Chinese, one sentence."""

    is_healthy: bool
    engine: str
    count: int
    detail: str


def checked_limit(limit: int) -> int:
    """Raises InvalidInput outside of 1 to LARGEST_PAGE."""
    if not 1 <= limit <= LARGEST_PAGE:
        raise InvalidInput(f"每页条数应在 1 到 {LARGEST_PAGE} 之间", field="limit")
    return limit


class MentionIndex(Protocol):
    """Synchronous; doors call it through a thread. Raises StoreUnavailable when the engine is away."""

    def upsert(self, mentions: Sequence[Mention]) -> tuple[UpsertStatus, ...]:
        """Write mentions with their analysis, ids distinct; one status each, in order. Repeating changes nothing."""
        ...

    def get(self, mention_id: str) -> Mention | None: ...

    def search(self, query: Query, *, limit: int = 20, cursor: str | None = None) -> SearchPage:
        """Newest first. Raises InvalidInput for a cursor of another query and for a bad limit."""
        ...

    def aggregate(self, query: Query, *, by: Sequence[Dimension] = (), limit: int | None = None) -> tuple[Bucket, ...]:
        """Count by one or more dimensions, most first (HOUR and DAY: in time order); no dimension: the total."""
        ...

    def scan(self, query: Query) -> Iterator[Mention]:
        """Every match once, oldest first, consistent while writes go on."""
        ...

    def delete(self, mention_ids: Sequence[str]) -> int: ...

    def refresh(self) -> None:
        """Make everything written visible to search."""
        ...

    def parts(self) -> frozenset[str]:
        """Ids of the files or monthly indices it consists of now; one that was lost never comes back under its id."""
        ...

    def health(self) -> IndexHealth: ...
