"""What becomes of a mention that is seen again: which content is compared, and which counters win. Pure functions."""

from dataclasses import replace
from enum import StrEnum
from typing import Final

from core.mention import Engagement, Mention, Status

COUNTS: Final = ("likes", "reposts", "comments", "views")


class Door(StrEnum):
    """Where a mention came in. What a source is called is free text at most doors: a name counts at its own only."""

    CRAWL = "crawl"
    IMPORT = "import"
    SENDER = "sender"
    TOKEN = "token"
    REPORT = "report"


def comparable(incoming: Mention, before: Mention) -> Mention:
    """The incoming content under the identity and first clock of the stored mention."""
    told = _with_known_time(incoming, before)
    return replace(told, seen_at=before.seen_at, order_key=before.order_key, source=before.source, status=Status.LIVE)


def is_bringer(incoming: Mention, before: Mention, *, door: Door, brought_by: str) -> bool:
    """Whether it is brought again by whoever brought it first: by the same door, under the same name."""
    return door == brought_by and incoming.source == before.source


def may_edit(incoming: Mention, before: Mention, *, door: Door, brought_by: str) -> bool:
    """Only whoever brought a mention: two extractions of one page differ without being an edit.

    A mention without a text (reported by its link, found by its title) takes the first that comes; one that a crawl
    has found takes it from a crawl.
    """
    if is_bringer(incoming, before, door=door, brought_by=brought_by):
        return True
    is_first = bool(incoming.text and not before.text)
    return is_first and (door is Door.CRAWL or brought_by != Door.CRAWL)


def engagement(before: Mention, incoming: Mention) -> Engagement:
    """The newer count wins; a counter that is not told says nothing."""
    if incoming.engagement.counted_at is None:
        return before.engagement
    if before.engagement.counted_at and before.engagement.counted_at >= incoming.engagement.counted_at:
        return before.engagement
    told = {name: count for name in COUNTS if (count := getattr(incoming.engagement, name)) is not None}
    return replace(before.engagement, **told, counted_at=incoming.engagement.counted_at)


def _with_known_time(incoming: Mention, before: Mention) -> Mention:
    """Keep the time that is known: a page tells it ever more vaguely (3分钟前, 昨天), only a finer one is news."""
    told, known = incoming.date_precision, before.date_precision
    if known is None or (told is not None and told.fineness > known.fineness):
        return incoming
    return replace(incoming, published_at=before.published_at, date_precision=known)
