"""The order key of a mention: 63 bits in time order, given once, unique."""

import hashlib
from collections.abc import Sequence

from sqlalchemy import Connection, select

from core.mention import Mention
from core.mention_table import mention_table


def free(connection: Connection, mentions: Sequence[Mention]) -> list[int]:
    """seconds << 24 | first 24 bits of the id's hash; + 1 while taken."""
    wanted = [_wanted(mention) for mention in mentions]
    taken = set(connection.scalars(select(mention_table.c.order_key).where(mention_table.c.order_key.in_(wanted))))
    given: list[int] = []
    for key in wanted:
        while key in taken:
            key += 1  # rare: look again whether the next one is free
            if connection.scalar(select(mention_table.c.id).where(mention_table.c.order_key == key)) is not None:
                taken.add(key)
        taken.add(key)
        given.append(key)
    return given


def _wanted(mention: Mention) -> int:
    seconds = max(0, int(mention.order_time.timestamp()))
    return seconds << 24 | int.from_bytes(hashlib.sha256(mention.id.encode()).digest()[:3], "big")
