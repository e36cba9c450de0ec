"""Tell people: write the message of a change into the outbox, and send what is due.

``announce`` belongs into the transaction of the change; ``deliver`` sends outside of transactions. Whatever comes
from outside is masked before it enters a message.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from alerts import channel, outbox
from alerts.alert import Alert, Merge
from alerts.channels.base import Channel, Message, Receipt
from alerts.outbox import Delivery, DeliveryStatus
from alerts.state import Change
from core import audit, inbox
from core.access import SYSTEM
from core.database import Database, storable
from core.errors import DeliveryError, DeliveryFailed, DeliveryRejected
from core.mention import shanghai_text
from core.personal import mask

# A slow channel begins no further message after this; the next round goes on. Guess: new messages of the other
# channels wait for the end of a round, and nobody minds half a minute.
ROUND: Final = timedelta(seconds=30)
# Guess: nobody has more channels; any further ones wait for a free thread.
CHANNELS_AT_ONCE: Final = 8
# Guess: a phone shows about 40 characters of a line.
TITLE_LENGTH: Final = 60

_HEADINGS: Final[Mapping[Change, str]] = {
    Change.OPENED: "{level}色预警",
    Change.UPDATED: "{level}色预警更新",
    Change.RAISED: "预警升级为{level}色",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryCount:
    """What one round did. failed: tries that failed, whether or not another one follows."""

    sent: int = 0
    failed: int = 0
    rejected: int = 0


def announce(connection: Connection, merge: Merge, *, now: datetime, public_url: str) -> tuple[str, ...]:
    """Put one message per enabled channel of the level into the outbox; nothing for a held finding.

    Returns the names of the channels. Call it in the transaction of the merge; repeating it adds nothing.
    """
    if merge.change is Change.HELD:
        return ()
    message = compose(connection, merge, now=now, public_url=public_url)
    wanted = [
        config.name for config in channel.active(connection) if merge.alert.level.rank >= config.minimum_level.rank
    ]
    for name in wanted:
        outbox.enqueue(connection, message, channel=name, now=now, subject=f"alert:{merge.alert.id}")
    return tuple(wanted)


def compose(connection: Connection, merge: Merge, *, now: datetime, public_url: str) -> Message:
    """Write the message of a change; its id is the same whenever it is composed again."""
    alert, finding = merge.alert, merge.finding
    heading = _HEADINGS[merge.change].format(level=alert.level.label)
    link = f"{public_url.rstrip('/')}/alerts/{alert.id}"
    samples = _samples(connection, finding.samples)
    lines = [f"【{heading}】{alert.number}", f"品牌：{_safe(alert.brand)}", _safe(finding.explanation)]
    if samples:
        lines += ["代表信息：", *(f"{number}. {title}" for number, title in enumerate(samples, start=1))]
    lines.append(f"查看与确认：{link}")
    return Message(
        id=hashlib.sha256(f"alert\x1f{alert.id}\x1f{alert.version}".encode()).hexdigest()[:32],
        number=alert.number,
        level=alert.level.value,
        title=f"【{heading}】{_safe(alert.title)}",
        text="\n".join(lines),
        link=link,
        created_at=now,
        fields=_fields(alert, merge),
    )


def deliver(database: Database, channels: Mapping[str, Channel], *, now: Callable[[], datetime]) -> DeliveryCount:
    """Send what is due at this moment, each message once, and record receipts; what becomes due meanwhile waits.

    Channels go side by side, so that a slow one does not hold up the others; each sends one message at a time, in the
    order they were written. A channel that fails is left alone until the next round. A kill repeats at most the one
    message that each channel was sending.
    """
    started = now()
    with database.read() as connection:
        due = outbox.due(connection, now=started)

    def send_all(name: str) -> Counter[DeliveryStatus]:
        return _deliver_channel(database, channels, name, due[name], started, now)

    with ThreadPoolExecutor(CHANNELS_AT_ONCE, thread_name_prefix="deliver") as pool:
        count = sum(pool.map(send_all, due), Counter[DeliveryStatus]())
    return DeliveryCount(
        sent=count[DeliveryStatus.SENT],
        failed=count[DeliveryStatus.PENDING] + count[DeliveryStatus.FAILED],
        rejected=count[DeliveryStatus.REJECTED],
    )


def _deliver_channel(
    database: Database,
    channels: Mapping[str, Channel],
    name: str,
    message_ids: Sequence[str],
    started: datetime,
    now: Callable[[], datetime],
) -> Counter[DeliveryStatus]:
    count = Counter[DeliveryStatus]()
    for message_id in message_ids:
        if now() - started >= ROUND:
            break
        with database.write() as connection:
            delivery = outbox.take(connection, message_id, name, due=started, now=now())
        if delivery is None:
            continue
        status = _deliver(database, channels, delivery, now)
        count[status] += 1
        if status in (DeliveryStatus.PENDING, DeliveryStatus.FAILED):
            break
    return count


def _deliver(
    database: Database, channels: Mapping[str, Channel], delivery: Delivery, now: Callable[[], datetime]
) -> DeliveryStatus:
    try:
        receipt = _send(channels, delivery, now())
    except DeliveryError as error:
        with database.write() as connection:
            status = outbox.record_failure(connection, delivery, error, now=now())
            if status is not DeliveryStatus.PENDING:
                _record(connection, delivery, status, now(), error.message)
        return status
    with database.write() as connection:
        outbox.record_sent(connection, delivery, receipt, now=now())
        _record(connection, delivery, DeliveryStatus.SENT, now())
    return DeliveryStatus.SENT


def _send(channels: Mapping[str, Channel], delivery: Delivery, now: datetime) -> Receipt:
    """Raises DeliveryFailed, DeliveryRejected."""
    target = channels.get(delivery.channel)
    if target is None:
        raise DeliveryRejected(f"通知渠道「{delivery.channel}」已停用或不存在", channel=delivery.channel)
    if outbox.is_interrupted_too_often(delivery, now=now):
        raise DeliveryFailed("多次发送都中断，已放弃", channel=delivery.channel)
    return target.send(delivery.message)


def _record(
    connection: Connection, delivery: Delivery, status: DeliveryStatus, now: datetime, reason: str = ""
) -> None:
    if not delivery.subject:
        return
    details = {
        "channel": delivery.channel,
        "message": delivery.message.id,
        "number": delivery.message.number,
        "attempts": delivery.attempts,
        "reason": reason,
    }
    audit.record(
        connection, person=SYSTEM, action=f"message.{status}", subject=delivery.subject, now=now, details=details
    )


def _samples(connection: Connection, mention_ids: tuple[str, ...]) -> list[str]:
    """Titles of the sample mentions, masked; the beginning of the text where there is none."""
    found = (inbox.get(connection, mention_id) for mention_id in mention_ids)
    texts = (" ".join((mention.title or mention.text).split()) for mention in found if mention is not None)
    return [_safe(text)[:TITLE_LENGTH] for text in texts if text]


def _fields(alert: Alert, merge: Merge) -> dict[str, object]:
    finding = merge.finding
    return {
        "alert_id": alert.id,
        "brand": alert.brand,
        "change": merge.change.value,
        "level": alert.level.value,
        "reason": finding.reason.value,
        "story": alert.story,
        "count": finding.count,
        "count_negative": finding.count_negative,
        "share_negative": round(finding.share_negative, 4),
        "expected": finding.expected,
        "window_start": shanghai_text(finding.window_start),
        "window_end": shanghai_text(finding.window_end),
        "query": finding.query,
        "relapse_of": merge.relapse_of.number if merge.relapse_of else None,
    }


def _safe(text: str) -> str:
    """Masked, and without what neither a database nor a channel can carry."""
    return mask(storable(text))
