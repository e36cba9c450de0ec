"""From an alert to a receipt: the outbox, its tries, and what a kill may do to it. Both databases."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from alerts import alert, channel, notify, outbox
from alerts.channel import ChannelConfig, ChannelKind
from alerts.channels.base import Channel, Message, Receipt
from alerts.level import Level
from alerts.outbox import LEASE, MOST_ATTEMPTS, PLANNED_TIME, WAITS, Delivery, DeliveryStatus
from alerts.state import Change
from core import audit, inbox, intake
from core.access import SYSTEM, Person, Role
from core.database import Database
from core.errors import DeliveryFailed, DeliveryRejected, NotAllowed
from tests.conftest import Clock
from tests.factories import a_mention
from tests.integration.test_alert_store import a_finding

NOW = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)
READER = Person("读者", frozenset({Role.READER}))


class Killed(BaseException):
    """The process ends here."""


class FakeChannel:
    """Notes what it was given; then does what the script says, the last entry again and again."""

    kind = "fake"

    def __init__(self, *script: BaseException | None, name: str = "值班") -> None:
        self.name = name
        self.script = list(script)
        self.messages: list[Message] = []

    def send(self, message: Message) -> Receipt:
        self.messages.append(message)
        step = self.script.pop(0) if len(self.script) > 1 else (self.script or [None])[0]
        if step is not None:
            raise step
        return Receipt(provider_id="p-1", status=200, answer="ok")

    @property
    def ids(self) -> list[str]:
        return [message.id for message in self.messages]


def a_message(number: int = 1) -> Message:
    return Message(id=f"m{number}", number="YJ-20260616-01", level="orange", title="t", text="x", created_at=NOW)


def put(database: Database, *messages: Message, to: str = "值班") -> None:
    with database.write() as connection:
        for message in messages:
            assert outbox.enqueue(connection, message, channel=to, now=NOW, subject="alert:A1")


def take(connection: Connection, message_id: str, at: datetime) -> Delivery | None:
    return outbox.take(connection, message_id, "值班", due=at, now=at)


def rows(database: Database) -> tuple[Delivery, ...]:
    with database.read() as connection:
        return outbox.deliveries(connection, READER)


def deliver(database: Database, target: FakeChannel, clock: Clock) -> notify.DeliveryCount:
    channels: Mapping[str, Channel] = {target.name: target}
    return notify.deliver(database, channels, now=clock)


def test_a_message_is_sent_once_with_its_receipt(database: Database, clock: Clock) -> None:
    put(database, a_message())
    target = FakeChannel()
    assert deliver(database, target, clock) == notify.DeliveryCount(sent=1)
    clock.advance(days=3)
    assert deliver(database, target, clock) == notify.DeliveryCount()
    assert target.messages == [a_message()]
    [row] = rows(database)
    assert (row.status, row.attempts, row.finished_at) == (DeliveryStatus.SENT, 1, NOW)
    assert row.receipt == Receipt(provider_id="p-1", status=200, answer="ok")
    with database.read() as connection:
        [entry] = audit.entries_of(connection, ["alert:A1"])
    assert (entry.action, entry.details["channel"]) == ("message.sent", "值班")


def test_the_same_message_enters_once_per_channel(database: Database) -> None:
    put(database, a_message())
    put(database, a_message(), to="日志")
    with database.write() as connection:
        assert outbox.enqueue(connection, a_message(), channel="值班", now=NOW) is False
    assert sorted(row.channel for row in rows(database)) == sorted(["值班", "日志"])


def test_a_rolled_back_change_tells_nobody(database: Database, clock: Clock) -> None:
    with pytest.raises(Killed), database.write() as connection:
        outbox.enqueue(connection, a_message(), channel="值班", now=NOW)
        raise Killed
    assert deliver(database, FakeChannel(), clock) == notify.DeliveryCount()


def test_failures_are_tried_again_by_the_schedule_and_end_visibly(database: Database, clock: Clock) -> None:
    put(database, a_message())
    target = FakeChannel(DeliveryFailed("没有及时应答"))
    for wait in WAITS:
        assert deliver(database, target, clock) == notify.DeliveryCount(failed=1)
        [row] = rows(database)
        assert (row.status, row.next_attempt_at) == (DeliveryStatus.PENDING, clock.now + wait)
        clock.now = row.next_attempt_at - timedelta(seconds=1)
        assert deliver(database, target, clock) == notify.DeliveryCount(), "not before its time"
        clock.advance(seconds=1)
    deliver(database, target, clock)
    [row] = rows(database)
    assert (row.status, row.attempts) == (DeliveryStatus.FAILED, MOST_ATTEMPTS)
    assert (row.error_code, row.error_message) == ("delivery_failed", "没有及时应答")
    assert set(target.ids) == {"m1"}
    clock.advance(days=30)
    assert deliver(database, target, clock) == notify.DeliveryCount()
    with database.read() as connection:
        assert [entry.action for entry in audit.entries_of(connection, ["alert:A1"])] == ["message.failed"]


@pytest.mark.parametrize(
    ("named", "wait"),
    [(45, timedelta(seconds=45)), (0, timedelta()), (10**9, timedelta(hours=6)), (-1, WAITS[0]), ("soon", WAITS[0])],
)
def test_the_wait_a_vendor_names_goes_before_the_schedule(
    database: Database, clock: Clock, named: object, wait: timedelta
) -> None:
    put(database, a_message())
    deliver(database, FakeChannel(DeliveryFailed("忙", retry_after_seconds=named)), clock)
    assert rows(database)[0].next_attempt_at == clock.now + wait


def test_a_refusal_is_final_and_visible_and_others_go_on(database: Database, clock: Clock) -> None:
    put(database, a_message(1), a_message(2))
    target = FakeChannel(DeliveryRejected("签名不对"), None)
    assert deliver(database, target, clock) == notify.DeliveryCount(sent=1, rejected=1)
    status = {row.message.id: row.status for row in rows(database)}
    assert status == {"m1": DeliveryStatus.REJECTED, "m2": DeliveryStatus.SENT}
    clock.advance(days=1)
    deliver(database, target, clock)
    assert target.ids == ["m1", "m2"]


def test_a_message_for_a_missing_channel_is_refused_visibly(database: Database, clock: Clock) -> None:
    put(database, a_message(), to="删掉的")
    assert deliver(database, FakeChannel(), clock) == notify.DeliveryCount(rejected=1)
    assert "删掉的" in (rows(database)[0].error_message or "")


def test_killed_before_sending_the_message_is_sent_once(database: Database, clock: Clock) -> None:
    """Between commit and send: the next worker finds it when the lease ends."""
    put(database, a_message())
    with database.write() as connection:
        assert take(connection, "m1", clock()) is not None
    target = FakeChannel()
    assert deliver(database, target, clock) == notify.DeliveryCount(), "the lease still runs"
    clock.now += LEASE
    assert deliver(database, target, clock) == notify.DeliveryCount(sent=1)
    assert target.ids == ["m1"]


def test_killed_between_answer_and_receipt_the_message_comes_once_more_with_the_same_id(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(database, a_message())
    target = FakeChannel()

    def killed(*_args: object, **_keywords: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "record_sent", killed)
        with pytest.raises(Killed):
            deliver(database, target, clock)
    clock.now += LEASE
    assert deliver(database, target, clock) == notify.DeliveryCount(sent=1)
    assert target.messages == [a_message(), a_message()]
    clock.advance(days=1)
    assert deliver(database, target, clock) == notify.DeliveryCount()


def test_a_message_that_kills_its_sender_every_time_is_given_up_visibly(database: Database, clock: Clock) -> None:
    put(database, a_message())
    target = FakeChannel(Killed())
    for _ in range(MOST_ATTEMPTS + 1):
        with pytest.raises(Killed):
            deliver(database, target, clock)
        clock.now += LEASE
    with database.write() as connection:
        while clock.now < NOW + PLANNED_TIME:
            assert take(connection, "m1", clock()) is not None, "not given up before the planned time has passed"
            clock.now += LEASE
    assert deliver(database, target, clock) == notify.DeliveryCount(failed=1)
    assert rows(database)[0].status is DeliveryStatus.FAILED
    assert len(target.messages) == MOST_ATTEMPTS + 1


def test_a_late_receipt_counts_and_a_late_failure_does_not(database: Database, clock: Clock) -> None:
    put(database, a_message(1), a_message(2))
    with database.write() as connection:
        slow = [take(connection, name, clock()) for name in ("m1", "m2")]
        later = [take(connection, name, clock() + LEASE) for name in ("m1", "m2")]
        one, two = (delivery for delivery in slow if delivery is not None)
        assert [delivery and delivery.attempts for delivery in later] == [2, 2]
        outbox.record_sent(connection, one, Receipt(), now=clock())
        outbox.record_failure(connection, two, DeliveryRejected("晚了"), now=clock())
    status = {row.message.id: row.status for row in rows(database)}
    assert status == {one.message.id: DeliveryStatus.SENT, two.message.id: DeliveryStatus.PENDING}


def test_two_workers_send_nothing_twice(database: Database, clock: Clock) -> None:
    put(database, *(a_message(number) for number in range(40)))
    target, start = FakeChannel(), threading.Barrier(4)

    def worker(_number: int) -> int:
        start.wait()
        return deliver(database, target, clock).sent

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(worker, range(4))) == 40
    assert sorted(target.ids) == sorted(f"m{number}" for number in range(40))


def save_channels(database: Database) -> None:
    with database.write() as connection:
        for name, level, enabled in (
            ("日志", Level.BLUE, True),
            ("值班", Level.ORANGE, True),
            ("停用", Level.BLUE, False),
        ):
            config = ChannelConfig(name=name, kind=ChannelKind.LOG, minimum_level=level, enabled=enabled)
            channel.save(connection, SYSTEM, config, now=NOW)


def announce(database: Database, merged: alert.Merge) -> tuple[str, ...]:
    with database.write() as connection:
        return notify.announce(connection, merged, now=NOW, public_url="https://ting.example/")


def merge(database: Database, level: Level, negative: int) -> alert.Merge:
    with database.write() as connection:
        return alert.merge(connection, a_finding(level, negative), now=NOW)


def test_each_channel_is_told_from_its_level_on_and_held_findings_tell_nobody(database: Database) -> None:
    save_channels(database)
    assert announce(database, merge(database, Level.YELLOW, 10)) == ("日志",)
    assert announce(database, merge(database, Level.YELLOW, 11)) == ()
    raised = merge(database, Level.ORANGE, 30)
    assert raised.change is Change.RAISED
    assert announce(database, raised) == tuple(sorted(("值班", "日志")))
    assert announce(database, raised) == tuple(sorted(("值班", "日志"))), "repeating it adds nothing"
    assert len(rows(database)) == 3
    with database.read() as connection:
        told = outbox.deliveries(connection, READER, subject=f"alert:{raised.alert.id}")
        assert len(told) == 3
        assert outbox.deliveries(connection, READER, status=DeliveryStatus.SENT) == ()
        with pytest.raises(NotAllowed):
            outbox.deliveries(connection, Person("外人", frozenset()))


def test_the_message_says_what_where_and_hides_persons(database: Database) -> None:
    save_channels(database)
    collected = [
        a_mention(1, title="刹车失灵，联系我 13800138000"),
        a_mention(2, title="", text="4S店\n推诿 " + "长" * 100),
        a_mention(3, title="含有\x00坏字符\ud800的标题"),
    ]
    seen = [intake.admit(mention, author_key=None) for mention in collected]
    with database.write() as connection:
        inbox.put(connection, seen, now=NOW)
        ids = (*(mention.id for mention in seen), "gone")
        finding = replace(a_finding(Level.ORANGE, 30), samples=ids, explanation="负面 30 条，来电 13900139000")
        merged = alert.merge(connection, finding, now=NOW)
        notify.announce(connection, merged, now=NOW, public_url="https://ting.example/")
    message = rows(database)[0].message
    assert message.number == merged.alert.number
    assert message.level == "orange"
    assert message.title == "【橙色预警】青柠汽车负面突增"
    assert message.link == f"https://ting.example/alerts/{merged.alert.id}"
    lines = message.text.splitlines()
    assert lines[0] == f"【橙色预警】{merged.alert.number}"
    assert lines[-1] == f"查看与确认：{message.link}"
    assert "1. 刹车失灵，联系我 138********" in lines
    assert any(line.startswith("2. 4S店 推诿 长") and len(line) < 80 for line in lines)
    assert "13900139000" not in message.text
    assert message.fields["count_negative"] == 30
    assert message.fields["alert_id"] == merged.alert.id


@pytest.mark.parametrize(
    ("levels", "heading"),
    [
        ([Level.YELLOW], "【黄色预警】"),
        ([Level.YELLOW, Level.RED], "【预警升级为红色】"),
    ],
)
def test_a_rise_is_told_as_a_rise(database: Database, levels: list[Level], heading: str) -> None:
    save_channels(database)
    merged = [merge(database, level, 10) for level in levels][-1]
    with database.read() as connection:
        assert notify.compose(connection, merged, now=NOW, public_url="").title.startswith(heading)
