"""The outbox: messages to be sent, written in the transaction of the change they tell of.

At least once: a message leaves ``pending`` only by a receipt, a refusal or when it is given up: after the last try
and after the planned time, so that tries that were not planned (something new, a kill) cost it nothing. Taking a
message moves its due time past the longest send, so that two workers do not send it twice and a killed one loses
nothing.

In order: on one channel a message waits for the earlier ones about its subject, so that an update never comes before
what it updates. So that the wait stays short, a new message is a reason to try the earlier ones again at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import accumulate
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    and_,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from alerts.channels.base import Message, Receipt
from core.access import Action, Person, require
from core.database import UtcTime, metadata
from core.errors import DeliveryError
from core.mention import Time


class DeliveryStatus(StrEnum):
    """FAILED: given up after the last try. REJECTED: the other side or our own check said no."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    REJECTED = "rejected"


outbox_table: Final = Table(
    "outbox_message",
    metadata,
    Column("id", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("number", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("status", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("next_attempt_at", UtcTime, nullable=False),
    # The wait a vendor named: nothing new is a reason to try earlier.
    Column("not_before", UtcTime),
    Column("finished_at", UtcTime),
    Column("error_code", String),
    Column("error_message", Text),
    Column("receipt", JSON),
    Index(None, "status", "next_attempt_at"),
    Index(None, "subject"),
)

# Guess: longer than any channel may take to send (15 s in all), short enough after a killed worker.
LEASE: Final = timedelta(seconds=60)
# Waits after the first, second, ... planned try; a vendor's own wait goes before. Guess: an outage of a chat service
# is over in minutes or in hours; after half a day an alert is no news any more.
WAITS: Final = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 120, 600, 1800, 3600, 10800, 21600))
# When, after it was written, each planned try but the first is due. The last one gives up.
_PLAN: Final = tuple(accumulate(WAITS, initial=timedelta()))[1:]
PLANNED_TIME: Final = _PLAN[-1]
MOST_ATTEMPTS: Final = len(WAITS) + 1
# A message that kills its sender each time is tried once a lease; more than this is no use.
MOST_INTERRUPTED: Final = PLANNED_TIME // LEASE
LONGEST_WAIT: Final = timedelta(hours=6)
# Messages of one channel in one round; the next round goes on. Guess: more than a channel accepts in a minute.
MOST_AT_ONCE: Final = 50

_EARLIER: Final = outbox_table.alias("earlier")
_WRITTEN: Final = (outbox_table.c.created_at, outbox_table.c.id)
_MESSAGE: Final = TypeAdapter(Message)
_RECEIPT: Final = TypeAdapter(Receipt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message on its way to one channel. subject: what it is about, ``kind:id``. attempts: tries begun."""

    message: Message
    channel: str
    subject: str
    status: DeliveryStatus
    attempts: int
    created_at: Time
    next_attempt_at: Time
    finished_at: Time | None
    error_code: str | None
    error_message: str | None
    receipt: Receipt | None


def enqueue(connection: Connection, message: Message, *, channel: str, now: datetime, subject: str = "") -> bool:
    """Put a message in; False when this message is there already for this channel."""
    values = {
        "id": message.id,
        "channel": channel,
        "number": message.number,
        "subject": subject,
        "payload": _MESSAGE.dump_python(message, mode="json"),
        "status": DeliveryStatus.PENDING,
        "attempts": 0,
        "created_at": now,
        "next_attempt_at": now,
    }
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    stored = insert(outbox_table).values(values).on_conflict_do_nothing().returning(outbox_table.c.id)
    is_new = connection.execute(stored).first() is not None
    if is_new and subject:
        _hurry(connection, channel, subject, now)
    return is_new


def due(connection: Connection, *, now: datetime) -> Mapping[str, tuple[str, ...]]:
    """Channel → ids of its messages that may be sent now, in the order they were written, fifty at most."""
    place = func.row_number().over(partition_by=outbox_table.c.channel, order_by=_WRITTEN).label("place")
    waiting = select(outbox_table.c.channel, outbox_table.c.id, place).where(
        _is_due(now), ~_has_earlier(_EARLIER.c.next_attempt_at > now)
    )
    found = waiting.subquery()
    rows = connection.execute(select(found).where(found.c.place <= MOST_AT_ONCE).order_by(found.c.place))
    ids: dict[str, tuple[str, ...]] = {}
    for row in rows:
        ids[row.channel] = (*ids.get(row.channel, ()), row.id)
    return ids


def take(connection: Connection, message_id: str, channel: str, *, due: datetime, now: datetime) -> Delivery | None:
    """Take a message that was due; nobody else gets it before the lease ends.

    None when somebody else has it, or when an earlier one about its subject has not been sent.
    """
    wanted = select(outbox_table).where(_is(message_id, channel), _is_due(due), ~_has_earlier())
    row = connection.execute(wanted.with_for_update(skip_locked=True)).first()
    if row is None:
        return None
    values = {"attempts": row.attempts + 1, "next_attempt_at": now + LEASE}
    connection.execute(update(outbox_table).where(_is(row.id, row.channel)).values(**values))
    return _delivery(connection.execute(select(outbox_table).where(_is(row.id, row.channel))).one())


def record_sent(connection: Connection, delivery: Delivery, receipt: Receipt, *, now: datetime) -> None:
    """Store the proof. It counts also when the lease has ended meanwhile: it was sent."""
    values = {"status": DeliveryStatus.SENT, "finished_at": now, "error_code": None, "error_message": None}
    connection.execute(
        update(outbox_table)
        .where(_is(delivery.message.id, delivery.channel))
        .values(receipt=_RECEIPT.dump_python(receipt, mode="json"), **values)
    )


def record_failure(
    connection: Connection, delivery: Delivery, error: DeliveryError, *, now: datetime
) -> DeliveryStatus:
    """Plan the next try, or end it: a refusal is final, and so is the last try. Returns what it is now."""
    status = _status_after(delivery, error, now)
    values: dict[str, object] = {"status": status, "error_code": error.code, "error_message": error.message}
    if status is DeliveryStatus.PENDING:
        named = _named_wait(error)
        planned = wait_after(delivery.attempts, age=now - delivery.created_at)
        values["next_attempt_at"] = now + (planned if named is None else named)
        values["not_before"] = None if named is None else now + named
    else:
        values["finished_at"] = now
    mine = and_(outbox_table.c.attempts == delivery.attempts, outbox_table.c.status == DeliveryStatus.PENDING)
    connection.execute(update(outbox_table).where(_is(delivery.message.id, delivery.channel), mine).values(**values))
    return status


def wait_after(attempts: int, *, age: timedelta) -> timedelta:
    """Time until the next try by the schedule. attempts: tries so far, from 1. age: since the message was written.

    The age counts, so that tries between the planned ones do not make the waits longer; and the tries count, so that
    a message which could not be tried for long (an earlier one, a service that stood still) gets the short waits too.
    """
    planned = sum(due <= age for due in _PLAN)
    return WAITS[min(attempts - 1, planned, len(WAITS) - 1)]


def is_interrupted_too_often(delivery: Delivery, *, now: datetime) -> bool:
    """Tell whether a message only ever kills its sender."""
    return delivery.attempts > MOST_INTERRUPTED and now - delivery.created_at >= PLANNED_TIME


def deliveries(
    connection: Connection,
    person: Person,
    *,
    subject: str | None = None,
    status: DeliveryStatus | None = None,
    limit: int = 100,
) -> tuple[Delivery, ...]:
    """What was sent, waits or failed, newest first."""
    require(person, Action.READ_ALERTS)
    chosen = select(outbox_table).order_by(outbox_table.c.created_at.desc(), outbox_table.c.id).limit(limit)
    if subject is not None:
        chosen = chosen.where(outbox_table.c.subject == subject)
    if status is not None:
        chosen = chosen.where(outbox_table.c.status == status)
    return tuple(_delivery(row) for row in connection.execute(chosen))


def _named_wait(error: DeliveryError) -> timedelta | None:
    named = error.details.get("retry_after_seconds")
    if isinstance(named, int | float) and named >= 0:
        return timedelta(seconds=min(named, LONGEST_WAIT.total_seconds()))
    return None


def _status_after(delivery: Delivery, error: DeliveryError, now: datetime) -> DeliveryStatus:
    if not error.retryable:
        return DeliveryStatus.REJECTED
    is_over = delivery.attempts >= MOST_ATTEMPTS and now - delivery.created_at >= PLANNED_TIME
    return DeliveryStatus.FAILED if is_over else DeliveryStatus.PENDING


def _hurry(connection: Connection, channel: str, subject: str, now: datetime) -> None:
    """Make what waits for its next try due, because something new waits behind it.

    What may be on its way is left alone: no lease reaches so far, even by a clock that is a minute ahead. So is what
    waits because the vendor said so.
    """
    is_waiting = and_(
        outbox_table.c.channel == channel,
        outbox_table.c.subject == subject,
        outbox_table.c.status == DeliveryStatus.PENDING,
        outbox_table.c.next_attempt_at > now + 2 * LEASE,
        or_(outbox_table.c.not_before.is_(None), outbox_table.c.not_before <= now),
    )
    connection.execute(update(outbox_table).where(is_waiting).values(next_attempt_at=now))


def _is_due(now: datetime) -> ColumnElement[bool]:
    return and_(outbox_table.c.status == DeliveryStatus.PENDING, outbox_table.c.next_attempt_at <= now)


def _has_earlier(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """An earlier message about the same subject, not sent yet, on the same channel."""
    return exists().where(
        _EARLIER.c.channel == outbox_table.c.channel,
        _EARLIER.c.subject == outbox_table.c.subject,
        _EARLIER.c.subject != "",
        _EARLIER.c.status == DeliveryStatus.PENDING,
        _EARLIER.c.created_at < outbox_table.c.created_at,
        *conditions,
    )


def _is(message_id: str, channel: str) -> ColumnElement[bool]:
    return and_(outbox_table.c.id == message_id, outbox_table.c.channel == channel)


def _delivery(row: Row[Any]) -> Delivery:  # Any: a Core row
    return Delivery(
        message=_MESSAGE.validate_python(row.payload),
        channel=row.channel,
        subject=row.subject,
        status=DeliveryStatus(row.status),
        attempts=row.attempts,
        created_at=row.created_at,
        next_attempt_at=row.next_attempt_at,
        finished_at=row.finished_at,
        error_code=row.error_code,
        error_message=row.error_message,
        receipt=_RECEIPT.validate_python(row.receipt) if row.receipt else None,
    )
