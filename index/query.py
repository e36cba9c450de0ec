"""Queries: parsed text that can be narrowed and spelled, and the cursors that belong to them.

Search, alert rules, reports and exports share this one grammar (``index.grammar``); both engines run
``Query.effective``, so the rule about hidden mentions stands here and nowhere else.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.errors import InvalidInput
from core.mention import Status
from index import grammar
from index.node import Everything, Field, Node, OneOf, all_of, one_of, period, spell, walk

# What lists and counts show unless the query names a status: excluded and deleted mentions are hidden.
SHOWN: Final = OneOf(Field.STATUS, (Status.CHANGED.value, Status.LIVE.value))

Values = str | Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Query:
    """A question to the index. Equal questions are equal queries; ``str(query)`` parses back to the same one."""

    node: Node

    def __str__(self) -> str:
        return "" if isinstance(self.node, Everything) else spell(self.node)

    def where(
        self,
        *,
        brand: Values = None,
        source: Values = None,
        platform: Values = None,
        sentiment: Values = None,
        story: Values = None,
        status: Values = None,
        since: datetime | None = None,
        until: datetime | None = None,
        counts_in_bursts: bool | None = None,
    ) -> "Query":
        """Narrow it: each argument given must hold too, several values mean one of them, an empty list matches nothing.

        since is inclusive, until exclusive, on ``order_time``. Raises InvalidInput for an unknown sentiment,
        platform or status.
        """
        burst = None if counts_in_bursts is None else str(counts_in_bursts).lower()
        given = {
            Field.BRAND: brand,
            Field.SOURCE: source,
            Field.PLATFORM: platform,
            Field.SENTIMENT: sentiment,
            Field.STORY: story,
            Field.STATUS: status,
            Field.BURST: burst,
        }
        narrowed = [
            one_of(field, [values] if isinstance(values, str) else values)
            for field, values in given.items()
            if values is not None
        ]
        return Query(all_of([self.node, *narrowed, period(since, until)]))

    @property
    def effective(self) -> Node:
        """What engines run: deleted and excluded mentions are left out unless the query names a status."""
        if any(isinstance(node, OneOf) and node.field is Field.STATUS for node, _ in walk(self.node)):
            return self.node
        return all_of([self.node, SHOWN])

    @property
    def digest(self) -> str:
        """Names the question without its period, so that a cursor outlives the moving window of ``now-7d``."""
        spelled = spell(self.node, with_periods=False)
        return hashlib.sha256(spelled.encode("utf-8", "surrogatepass")).hexdigest()[:16]


EVERYTHING: Final = Query(Everything())


def parse(text: str, *, now: datetime) -> Query:
    """Read a search expression; empty text is EVERYTHING. Raises InvalidQuery with a position."""
    return Query(grammar.read(text, now=now))


def cursor_after(query: Query, order_key: int) -> str:
    """Opaque mark of a place in the list of this query."""
    return urlsafe_b64encode(f"{query.digest}.{order_key}".encode()).decode().rstrip("=")


def order_key_of(query: Query, cursor: str) -> int:
    """The place a cursor marks. Raises InvalidInput when it is unreadable or of another query."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        digest, _, order_key = urlsafe_b64decode(padded.encode("ascii")).decode("ascii").partition(".")
        place = int(order_key)
    except ValueError as error:
        raise InvalidInput("翻页标记无法识别，请从第一页重新开始", field="cursor") from error
    if digest != query.digest or not 0 <= place < 2**63:
        raise InvalidInput("翻页标记不属于这次检索，请从第一页重新开始", field="cursor")
    return place
