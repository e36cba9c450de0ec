"""Push: mentions that somebody outside brings by one call. One bad mention never sinks the others.

What is refused is answered in its place and kept in the quarantine under the source it came from.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
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
from core.seen_again import Door
from core.ticket import TicketNews

MOST_MENTIONS: Final = 1000
# Guess: ten times the longest post that Chinese platforms take; analysis of longer ones holds up everybody.
LONGEST_TEXT: Final = 100_000
# Guess: several times what sites have; of texts, names and addresses.
LONGEST: Final = {
    "text": LONGEST_TEXT, "title": 2_000, "url": 4_000, "native_id": 500, "source": 200, "seen_by": 200,
    "parent_id": 200, "thread_id": 500, "author": 500, "author_id": 500, "region": 200, "store": 200,
    "language": 40, "charset": 40,
}  # fmt: skip
MOST_NAMES: Final = 100


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

    @property
    def door(self) -> Door:
        """A token may name any source, and still edits none that another door has brought."""
        return Door.TOKEN if self.source is None else Door.SENDER


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
        _check_lengths(mention)
        news = ticket.news_of(given)
        if (news is None or news.is_bare) and _is_bare(mention):
            raise InvalidInput("缺少 text（或 title）", field="text")
    except TingfengError as error:
        return Refused(error=error, raw=quarantine.excerpt(json.dumps(dict(given), ensure_ascii=False)))
    # Nobody has seen anything later than now: it would stand on top of every list until then.
    return _Read(mention=mention if mention.seen_at <= now else replace(mention, seen_at=now), news=news)


def _check_lengths(mention: Mention) -> None:
    for name, longest in LONGEST.items():
        value = getattr(mention, name)
        parts = value if isinstance(value, tuple) else (value or "",)
        if len(parts) > MOST_NAMES or any(len(part) > longest for part in parts):
            raise InvalidInput(f"{name} 超过 {longest:,} 字", field=name)


def _is_bare(mention: Mention) -> bool:
    return not (mention.text or mention.title)


def _stored(
    connection: Connection, pusher: Pusher, batch: Sequence[_Read | Refused], now: datetime
) -> list[PushResult]:
    mentions = tuple(_without_old_news(connection, batch, now))
    result = inbox.put(connection, mentions, now=now, door=pusher.door)
    status = dict.fromkeys(result.changed, PushStatus.CHANGED) | dict.fromkeys(result.new, PushStatus.NEW)
    tickets = [each.mention for each in batch if isinstance(each, _Read) and each.news]
    theirs = inbox.brought(connection, tickets, door=pusher.door)
    found: list[PushResult] = []
    refused: list[tuple[str, TingfengError]] = []
    for each in batch:
        if isinstance(each, _Read) and _is_bare(each.mention) and each.mention.id not in theirs:
            each = Refused(error=_no_ticket(), raw=each.mention.native_id or each.mention.url)
        if isinstance(each, Refused):
            refused.append((each.raw, each.error))
            error = Problem(code=each.error.code, message=each.error.message)
            found.append(PushResult(id=None, status=PushStatus.REFUSED, error=error))
            continue
        name = each.mention.id
        # Only whoever brought a mention knows its ticket.
        is_news = each.news and name in theirs and ticket.put(connection, pusher.person, name, each.news, now=now)
        # A record that names the same mention again is a repetition of the first.
        default = PushStatus.CHANGED if is_news else PushStatus.REPEATED
        found.append(PushResult(id=name, status=status.pop(name, default)))
    quarantine.keep_new(connection, refused, source=_source(pusher), now=now, remembered=MOST_MENTIONS)
    return found


def _no_ticket() -> InvalidInput:
    return InvalidInput("没有这张工单，首次推送须有 text（或 title）", field="text")


def _without_old_news(connection: Connection, batch: Sequence[_Read | Refused], now: datetime) -> Iterator[Mention]:
    """What is to be stored: a ticket that is told as it was before what is known of it changes nothing."""
    latest: dict[str, datetime] = {}
    for each in batch:
        if isinstance(each, Refused):
            continue
        name = each.mention.id
        if each.news is not None:
            at = ticket.told_at(each.news, now)
            before = ticket.of_mention(connection, name) if name not in latest else None
            known = before.updated_at if before is not None else latest.get(name, at)
            latest[name] = max(at, known)
            if at < known:
                continue
        if not _is_bare(each.mention):
            yield each.mention


def _source(pusher: Pusher) -> str:
    return pusher.source or pusher.person.name


def _answer(results: Sequence[PushResult]) -> PushAnswer:
    counts = {status.value: sum(result.status is status for result in results) for status in PushStatus}
    return PushAnswer(**counts, results=tuple(results))
