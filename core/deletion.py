"""Deletion on request, by author or address (个人信息保护法第四十七条): for good, with an audit row, never in silence.

The state database forgets at once, the index follows through ``removed``; a later crawl does not bring it back.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, or_, select

from core import audit, forgotten, inbox
from core.access import Action, Person, require
from core.errors import InvalidInput
from core.intake import hashed
from core.mention import Mention, from_json, mention_id
from core.mention_table import mention_table
from core.normalise import canonical_url

LONGEST_REASON: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be deleted: all of an author (name or id as the site shows it), or what stands at an address."""

    author: str | None = None
    url: str | None = None


def find(connection: Connection, person: Person, request: Request, *, author_key: str | None) -> tuple[Mention, ...]:
    """The mentions that the request means. author_key: set where only hashes of authors are stored.

    Raises InvalidInput unless exactly one of author and url is given.
    """
    require(person, Action.DELETE_MENTIONS)
    if (request.author is None) == (request.url is None):
        raise InvalidInput("请给出作者或网址其中一个", field="author")
    if request.url is not None:
        return _at(connection, request.url)
    return _by(connection, (request.author or "").strip(), author_key)


def delete(connection: Connection, person: Person, mentions: Sequence[Mention], *, reason: str, now: datetime) -> int:
    """Delete these mentions with their versions; returns how many there were. Raises InvalidInput without a reason."""
    require(person, Action.DELETE_MENTIONS)
    reason = reason.strip()
    if not 0 < len(reason) <= LONGEST_REASON:
        raise InvalidInput(f"请写明删除理由（不超过 {LONGEST_REASON} 字）", field="reason")
    count = 0
    for start in range(0, len(mentions), inbox.BATCH):
        batch = mentions[start : start + inbox.BATCH]
        count += inbox.remove(connection, [mention.id for mention in batch], now=now)
        forgotten.keep(connection, batch, now=now)
    details = {"count": count, "reason": reason}
    audit.record(connection, person=person, action="mention.deleted", subject="mention", now=now, details=details)
    return count


def _at(connection: Connection, url: str) -> tuple[Mention, ...]:
    name = mention_id(canonical_url(url))
    table = mention_table.c
    rows = connection.execute(select(table.record).where(or_(table.id == name, table.address_id == name)))
    return tuple(from_json(row.record) for row in rows)


def _by(connection: Connection, author: str, author_key: str | None) -> tuple[Mention, ...]:
    if not author:
        raise InvalidInput("作者不能为空", field="author")
    name = hashed(author, author_key) if author_key else author
    written = json.dumps(name, ensure_ascii=False)[1:-1]
    record = mention_table.c.record
    rows = connection.execute(select(record).where(record.contains(written, autoescape=True)))
    found = (from_json(row.record) for row in rows)
    return tuple(mention for mention in found if name in (mention.author, mention.author_id))
