"""Pages looked at again: has what a source brought lately been edited or taken down since?

A page that is gone marks its mentions as deleted, with the time it was noticed; one that comes back is live again.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Column, Connection, String, Table, and_, delete, func, insert, select

from core.database import UtcTime, metadata
from core.mention import Mention, Status, from_json
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
# What a site says instead of a text to who is not signed in. Guess: a notice is a line or two.
_WALL: Final = re.compile(r"登[录錄陆]|登入|注册|会员|验证|扫码|(?:log|sign)[ -]?in\b", re.IGNORECASE)
_LONGEST_NOTICE: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A page that was looked at again. gone_at: None when it is there. replies: ids of mentions that went with it.

    is_clear: False where the answer says neither (a login, a refusal, a site that has moved).
    """

    mention_id: str
    gone_at: datetime | None = None
    replies: tuple[str, ...] = ()
    is_clear: bool = True


def due(connection: Connection, source: str, *, now: datetime) -> tuple[Mention, ...]:
    """What the source brought in the last days and was not looked at for one, the longest waiting first."""
    pages = and_(mention_table.c.source == source, mention_table.c.has_page.is_(True))
    lately = and_(pages, mention_table.c.seen_at >= now - LOOKED_AFTER)
    brought = connection.scalar(select(func.count()).select_from(mention_table).where(lately)) or 0
    most = min(MOST_CHECKS, max(FEWEST_CHECKS, brought // CHECKED_SHARE))
    last = func.coalesce(page_check_table.c.checked_at, mention_table.c.seen_at)
    chosen = (
        select(mention_table.c.record)
        .outerjoin(page_check_table, page_check_table.c.mention_id == mention_table.c.id)
        .where(lately, last <= now - REST)
        .order_by(last, mention_table.c.order_key)
        .limit(most)
    )
    return tuple(from_json(row.record) for row in connection.execute(chosen))


def is_notice(before: str, after: str) -> bool:
    """Whether a text shrank to what a site shows to who is not signed in, which is no edit."""
    return 2 * len(after) < len(before) and len(after) <= _LONGEST_NOTICE and bool(_WALL.search(after))


def settle(connection: Connection, checked: Sequence[Checked]) -> tuple[Checked, ...]:
    """What the looks of one crawl come to, replies included; before they are kept, since finding these takes a while.

    Where all of several pages are gone, none of them says anything.
    """
    clear = [each for each in checked if each.is_clear]
    if len(clear) >= SEVERAL and all(each.gone_at for each in clear):
        return tuple(replace(each, gone_at=None, is_clear=False) for each in checked)
    return tuple(
        replace(each, replies=_replies(connection, each.mention_id)) if each.gone_at else each for each in checked
    )


def keep(connection: Connection, checked: Sequence[Checked], *, now: datetime) -> None:
    """Note settled looks; repeating a call changes nothing."""
    newest = {each.mention_id: each for each in checked}
    mine = page_check_table.c.mention_id.in_(newest)
    before = {row.mention_id: row.gone_at for row in connection.execute(select(page_check_table).where(mine))}
    connection.execute(delete(page_check_table).where(mine))
    rows = [
        {"mention_id": name, "checked_at": now, "gone_at": _gone_since(each, before.get(name))}
        for name, each in newest.items()
    ]
    if rows:
        connection.execute(insert(page_check_table), rows)


def vanished(checked: Sequence[Checked]) -> tuple[str, ...]:
    """Mentions whose pages were taken down, by settled looks; those of a thread with its first post."""
    gone = [each for each in checked if each.gone_at is not None]
    return tuple(dict.fromkeys(name for each in gone for name in (each.mention_id, *each.replies)))


def forget(connection: Connection) -> None:
    """Delete the looks at pages whose mention is gone."""
    connection.execute(delete(page_check_table).where(page_check_table.c.mention_id.not_in(select(mention_table.c.id))))


def _gone_since(look: Checked, before: datetime | None) -> datetime | None:
    """An unclear look leaves what is known; a page that is still gone, when that was noticed."""
    return before or look.gone_at if look.gone_at or not look.is_clear else None


def _replies(connection: Connection, mention_id: str) -> tuple[str, ...]:
    row = connection.execute(select(mention_table).where(mention_table.c.id == mention_id)).first()
    first = from_json(row.record) if row else None
    if first is None or first.thread_id is None or first.status is Status.DELETED:
        return ()
    # No column for a question that is asked this seldom.
    is_like = mention_table.c.record.contains(json.dumps(first.thread_id, ensure_ascii=False), autoescape=True)
    chosen = select(mention_table.c.record).where(mention_table.c.source == first.source, is_like)
    found = (from_json(each.record) for each in connection.execute(chosen))
    return tuple(mention.id for mention in found if mention.thread_id == first.thread_id)


def gone_at(connection: Connection, mention_id: str) -> datetime | None:
    """When the page was found to be gone; None while it is there, as far as known."""
    chosen = select(page_check_table.c.gone_at).where(page_check_table.c.mention_id == mention_id)
    found: datetime | None = connection.scalar(chosen)
    return found
