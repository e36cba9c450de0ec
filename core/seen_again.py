"""What becomes of a mention that is seen again: which content is compared, and which counters win. Pure functions."""

from dataclasses import replace

from core.mention import Engagement, Mention, Status


def comparable(incoming: Mention, before: Mention) -> Mention:
    """The incoming content under the identity and first clock of the stored mention."""
    told = _with_known_time(incoming, before)
    return replace(told, seen_at=before.seen_at, order_key=before.order_key, source=before.source, status=Status.LIVE)


def may_edit(incoming: Mention, before: Mention) -> bool:
    """Only the source that brought a mention: two extractions of one page differ without being an edit.

    A mention without a text (reported by its link, found by its title) takes the first that comes.
    """
    return incoming.source == before.source or bool(incoming.text and not before.text)


def engagement(before: Mention, incoming: Mention) -> Engagement:
    """The newer count wins; a page without counters says nothing."""
    if incoming.engagement.counted_at is None:
        return before.engagement
    if before.engagement.counted_at and before.engagement.counted_at >= incoming.engagement.counted_at:
        return before.engagement
    return incoming.engagement


def _with_known_time(incoming: Mention, before: Mention) -> Mention:
    """Keep the time that is known: a page tells it ever more vaguely (3分钟前, 昨天), only a finer one is news."""
    told, known = incoming.date_precision, before.date_precision
    if known is None or (told is not None and told.fineness > known.fineness):
        return incoming
    return replace(incoming, published_at=before.published_at, date_precision=known)
