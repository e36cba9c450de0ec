"""One round of sending: what it sends, in which order, and what a slow or failing channel may cost. Both databases."""

import threading
from datetime import timedelta
from itertools import accumulate

import pytest

from alerts import notify, outbox
from alerts.channels.base import Message, Receipt
from alerts.outbox import LEASE, MOST_ATTEMPTS, WAITS, DeliveryStatus
from core.database import Database
from core.errors import DeliveryError, DeliveryFailed, DeliveryRejected
from tests.conftest import Clock
from tests.integration.test_alert_delivery import FakeChannel, a_message, deliver, put, rows, take


def test_a_round_sends_each_message_once_and_only_what_was_due_when_it_began(database: Database, clock: Clock) -> None:
    """The receiver asks for no wait at all, and a new message is written while the round runs."""
    put(database, a_message(1))

    class Busy(FakeChannel):
        def send(self, message: Message) -> Receipt:
            if len(self.messages) < 2:
                with database.write() as connection:
                    outbox.enqueue(connection, a_message(2), channel=self.name, now=clock.advance(seconds=1))
            return super().send(message)

    target = Busy(DeliveryFailed("忙", retry_after_seconds=0), None)
    assert deliver(database, target, clock) == notify.DeliveryCount(failed=1)
    assert target.ids == ["m1"]
    assert deliver(database, target, clock) == notify.DeliveryCount(sent=2)
    assert target.ids == ["m1", "m1", "m2"]


def test_a_slow_channel_does_not_hold_up_another(database: Database, clock: Clock) -> None:
    """The first channel answers only after the second one has got everything."""
    has_all = threading.Event()

    class Slow(FakeChannel):
        def send(self, message: Message) -> Receipt:
            assert has_all.wait(10)
            return super().send(message)

    class Quick(FakeChannel):
        def send(self, message: Message) -> Receipt:
            receipt = super().send(message)
            if len(self.messages) == 3:
                has_all.set()
            return receipt

    slow, quick = Slow(name="慢"), Quick(name="快")
    for target in (slow, quick):
        put(database, *(a_message(number) for number in range(3)), to=target.name)
    counted = notify.deliver(database, {"慢": slow, "快": quick}, now=clock)
    assert counted == notify.DeliveryCount(sent=6)


@pytest.mark.parametrize(
    ("script", "sends"),
    [
        pytest.param([DeliveryFailed("没有应答")], 1, id="a channel that fails is left alone until the next round"),
        pytest.param([DeliveryRejected("不收")], 4, id="a refusal is about one message"),
        pytest.param([None], 4, id="all goes well"),
    ],
)
def test_how_many_messages_a_channel_gets_in_one_round(
    database: Database, clock: Clock, script: list[BaseException | None], sends: int
) -> None:
    put(database, *(a_message(number) for number in range(4)))
    target = FakeChannel(*script)
    deliver(database, target, clock)
    assert len(target.messages) == sends
    assert len(rows(database)) == 4, "nothing is lost"


def test_a_channel_that_takes_long_begins_nothing_more_and_goes_on_in_the_next_round(
    database: Database, clock: Clock
) -> None:
    put(database, *(a_message(number) for number in range(5)))

    class Slow(FakeChannel):
        def send(self, message: Message) -> Receipt:
            clock.advance(seconds=10)
            return super().send(message)

    target = Slow()
    assert [deliver(database, target, clock).sent for _ in range(3)] == [3, 2, 0]
    assert target.ids == [f"m{number}" for number in range(5)]


def test_a_long_queue_of_one_channel_leaves_room_for_another(database: Database, clock: Clock) -> None:
    put(database, *(a_message(number) for number in range(outbox.MOST_AT_ONCE + 5)))
    clock.advance(seconds=1)
    with database.write() as connection:
        outbox.enqueue(connection, a_message(), channel="日志", now=clock())
    duty, log = FakeChannel(), FakeChannel(name="日志")
    notify.deliver(database, {"值班": duty, "日志": log}, now=clock)
    assert (len(duty.messages), log.ids) == (outbox.MOST_AT_ONCE, ["m1"])
    assert deliver(database, duty, clock).sent == 5


def write(database: Database, number: int, clock: Clock, subject: str = "alert:A1") -> None:
    with database.write() as connection:
        outbox.enqueue(connection, a_message(number), channel="值班", now=clock(), subject=subject)


def test_an_update_does_not_overtake_what_it_updates(database: Database, clock: Clock) -> None:
    write(database, 1, clock)
    target = FakeChannel(DeliveryFailed("没有应答"), None)
    deliver(database, target, clock)
    clock.advance(seconds=1)
    write(database, 2, clock)
    write(database, 3, clock, subject="alert:A2")
    assert deliver(database, target, clock).sent == 1, "another subject does not wait"
    clock.advance(seconds=9)
    assert deliver(database, target, clock).sent == 2, "what waited goes on in the same round"
    assert target.ids == ["m1", "m3", "m1", "m2"]


def test_an_update_does_not_overtake_what_is_on_its_way_or_was_when_its_sender_was_killed(
    database: Database, clock: Clock
) -> None:
    write(database, 1, clock)
    with database.write() as connection:
        assert take(connection, "m1", clock()) is not None
    clock.advance(seconds=1)
    write(database, 2, clock)
    target = FakeChannel()
    assert deliver(database, target, clock) == notify.DeliveryCount()
    clock.now += LEASE
    assert deliver(database, target, clock).sent == 2
    assert target.ids == ["m1", "m2"]


@pytest.mark.parametrize(("named", "sent"), [(None, 2), (3600, 0)])
def test_something_new_is_a_reason_to_try_what_it_waits_for_at_once_unless_the_vendor_named_the_wait(
    database: Database, clock: Clock, named: int | None, sent: int
) -> None:
    """The channel came back while the opening message waits half an hour or more for its next try."""
    write(database, 1, clock)
    target = FakeChannel(DeliveryFailed("没有应答"))
    fail_for(database, target, clock, timedelta(minutes=20))
    target.script = [DeliveryFailed("没有应答", retry_after_seconds=named)]
    clock.now = rows(database)[0].next_attempt_at
    deliver(database, target, clock)
    target.script, target.messages = [None], []
    clock.advance(minutes=5)
    write(database, 2, clock)
    assert deliver(database, target, clock).sent == sent
    clock.advance(minutes=55)
    assert deliver(database, target, clock).sent == 2 - sent
    assert target.ids == ["m1", "m2"]


def fail_for(database: Database, target: FakeChannel, clock: Clock, outage: timedelta) -> None:
    """A round a minute."""
    for _ in range(outage // timedelta(minutes=1)):
        clock.advance(minutes=1)
        deliver(database, target, clock)


@pytest.mark.parametrize(
    ("outage", "every"),
    [
        pytest.param(timedelta(hours=1), timedelta(minutes=12), id="an hour, an update every 12 minutes"),
        pytest.param(timedelta(hours=9), timedelta(minutes=12), id="nine hours, an update every 12 minutes"),
        pytest.param(timedelta(hours=10), timedelta(hours=4), id="ten hours, few updates"),
    ],
)
def test_after_an_outage_everything_arrives_once_and_in_order(
    database: Database, clock: Clock, outage: timedelta, every: timedelta
) -> None:
    target, began = FakeChannel(DeliveryFailed("没有应答")), clock.now
    written: list[str] = []
    while clock.now - began < outage:
        write(database, len(written), clock)
        written.append(f"m{len(written)}")
        deliver(database, target, clock)
        fail_for(database, target, clock, every)
    assert set(target.ids) == {"m0"}, "the others wait for their turn"
    target.script, target.messages = [None], []
    while clock.now - began < outage + timedelta(hours=6) and len(target.ids) < len(written):
        clock.advance(minutes=1)
        deliver(database, target, clock)
    assert target.ids == written


def test_a_message_that_could_not_be_tried_for_long_gets_all_its_tries(database: Database, clock: Clock) -> None:
    """The service stood still for days, and the network comes back a little later."""
    write(database, 1, clock)
    clock.advance(days=3)
    target = FakeChannel(*[DeliveryFailed("没有应答")] * 3, None)
    for wait in (*WAITS[:3], None):
        deliver(database, target, clock)
        clock.now += wait or LEASE
    assert [row.status for row in rows(database)] == [DeliveryStatus.SENT]


def test_tries_between_the_planned_ones_make_no_wait_longer(database: Database, clock: Clock) -> None:
    for attempts, age in ((1, 0), (9, 0), (50, 3000), (3, 3000), (8, 10**6)):
        by_age = [
            wait
            for wait, due in zip(WAITS, accumulate(WAITS, initial=timedelta()), strict=False)
            if due <= timedelta(seconds=age)
        ]
        assert outbox.wait_after(attempts, age=timedelta(seconds=age)) == min(by_age[-1], WAITS[min(attempts, 8) - 1])


@pytest.mark.parametrize("error", [DeliveryRejected("不收"), DeliveryFailed("没有应答")])
def test_a_message_that_was_given_up_holds_nothing_up(database: Database, clock: Clock, error: DeliveryError) -> None:
    write(database, 1, clock)
    target = FakeChannel(error)
    for _ in range(MOST_ATTEMPTS):
        deliver(database, target, clock)
        clock.advance(hours=6)
    write(database, 2, clock)
    target.script = [None]
    assert deliver(database, target, clock).sent == 1
    assert target.ids[-1] == "m2"
