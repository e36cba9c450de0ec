"""Push: mentions that somebody outside brings by one call. One bad mention never sinks the others.

What is refused is answered in its place and kept in the quarantine under the source it came from.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection

from core import inbox, intake, quarantine, ticket
from core.access import Action, Person, require
from core.database import Database
from core.errors import InvalidInput, TingfengError, TooLarge
from core.mention import Mention
from core.ticket import TicketNews

MOST_MENTIONS: Final = 1000
# Guess: ten times the longest post that Chinese platforms take; analysis of longer ones holds up everybody.
LONGEST_TEXT: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """raw: what the quarantine keeps, masked and cut before any transaction is open: both take long."""

    error: TingfengError
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A record that can be stored. A ticket's news may come without the text that is known already."""

    mention: Mention
    news: TicketNews | None


# A decoded record, or what is none.
Given = Mapping[str, Any] | Refused  # Any: decoded JSON


class PushStatus(StrEnum):
    """What became of one pushed mention."""

    NEW = "new"
    CHANGED = "changed"
    REPEATED = "repeated"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a mention was refused."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PushResult:
    """id: of the mention; None where it was refused."""

    id: str | None
    status: PushStatus
    error: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PushAnswer:
    """results: one for each record, in the order of the call."""

    new: int
    changed: int
    repeated: int
    refused: int
    results: tuple[PushResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pusher:
    """source: what every mention of a sender is from; None where the records may say so themselves."""

    person: Person
    source: str | None = None


def push(
    database: Database, pusher: Pusher, records: Sequence[Given], *, author_key: str | None, now: datetime
) -> PushAnswer:
    """Store what can be stored. Opens its own transactions: a call may have more rows than one should hold.

    Raises NotAllowed, TooLarge.
    """
    require(pusher.person, Action.PUSH_MENTIONS)
    if len(records) > MOST_MENTIONS:
        raise TooLarge(f"一次最多推送 {MOST_MENTIONS:,} 条信息，请分批", limit=MOST_MENTIONS)
    results: list[PushResult] = []
    for start in range(0, len(records), inbox.BATCH):
        batch = [_read(each, pusher, author_key, now) for each in records[start : start + inbox.BATCH]]
        with database.write() as connection:
            results += _stored(connection, pusher, batch, now)
    return _answer(results)


def records_of_json(body: bytes) -> Sequence[Given]:
    """The records of ``{"mentions": [...]}``. Raises InvalidInput."""
    values = _decoded(body)
    records = values.get("mentions") if isinstance(values, dict) else None
    if not isinstance(records, list):
        raise InvalidInput('内容应为 JSON 对象 {"mentions": [信息, …]}', field="mentions")
    return [each if isinstance(each, dict) else _no_object(json.dumps(each)) for each in records]


def records_of_lines(body: bytes) -> Sequence[Given]:
    """One record per line; a bad line is refused in its place."""
    lines = body.split(b"\n")
    if not lines[-1].strip():
        lines.pop()
    decoded = ((line, _decoded(line)) for line in lines)
    return [
        values if isinstance(values, dict) else _no_object(line.decode("utf-8", "replace")) for line, values in decoded
    ]


def _decoded(text: bytes) -> object:
    try:
        return json.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None


def _no_object(raw: str) -> Refused:
    return Refused(error=InvalidInput("信息应为 JSON 对象"), raw=quarantine.excerpt(raw))


def _read(given: Given, pusher: Pusher, author_key: str | None, now: datetime) -> _Read | Refused:
    if isinstance(given, Refused):
        return given
    own = {} if pusher.source is None else {"source": pusher.source, "seen_by": (pusher.source,)}
    try:
        mention = intake.complete({**given, **own}, source=_source(pusher), now=now, author_key=author_key)
        if len(mention.text) > LONGEST_TEXT:
            raise InvalidInput(f"text 超过 {LONGEST_TEXT:,} 字", field="text")
        news = ticket.news_of(given)
        if news is None and _is_bare(mention):
            raise InvalidInput("缺少 text（或 title）", field="text")
    except TingfengError as error:
        return Refused(error=error, raw=quarantine.excerpt(json.dumps(dict(given), ensure_ascii=False)))
    # Nobody has seen anything later than now: it would stand on top of every list until then.
    return _Read(mention=mention if mention.seen_at <= now else replace(mention, seen_at=now), news=news)


def _is_bare(mention: Mention) -> bool:
    return not (mention.text or mention.title)


def _stored(
    connection: Connection, pusher: Pusher, batch: Sequence[_Read | Refused], now: datetime
) -> list[PushResult]:
    mentions = [each.mention for each in batch if isinstance(each, _Read) and not _is_bare(each.mention)]
    result = inbox.put(connection, mentions, now=now)
    status = dict.fromkeys(result.changed, PushStatus.CHANGED) | dict.fromkeys(result.new, PushStatus.NEW)
    known = inbox.known(connection, [each.mention.id for each in batch if isinstance(each, _Read) and each.news])
    found: list[PushResult] = []
    for each in batch:
        if isinstance(each, _Read) and _is_bare(each.mention) and each.mention.id not in known:
            each = Refused(error=InvalidInput("没有这张工单，首次推送须有 text（或 title）", field="text"), raw="")
        if isinstance(each, Refused):
            quarantine.keep(connection, source=_source(pusher), raw=each.raw, error=each.error, now=now)
            error = Problem(code=each.error.code, message=each.error.message)
            found.append(PushResult(id=None, status=PushStatus.REFUSED, error=error))
            continue
        mention = each.mention
        # Only the source that brought a mention knows its ticket.
        is_theirs = mention.id in known and known[mention.id].source == mention.source
        is_news = each.news and is_theirs and ticket.put(connection, pusher.person, mention.id, each.news, now=now)
        # A record that names the same mention again is a repetition of the first.
        default = PushStatus.CHANGED if is_news else PushStatus.REPEATED
        found.append(PushResult(id=mention.id, status=status.pop(mention.id, default)))
    return found


def _source(pusher: Pusher) -> str:
    return pusher.source or pusher.person.name


def _answer(results: Sequence[PushResult]) -> PushAnswer:
    counts = {status.value: sum(result.status is status for result in results) for status in PushStatus}
    return PushAnswer(**counts, results=tuple(results))
