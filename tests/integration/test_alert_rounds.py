"""One round of sending: what it sends, in which order, and what a slow or failing channel may cost. Both databases."""

import threading

import pytest

from alerts import notify, outbox
from alerts.channels.base import Message, Receipt
from alerts.outbox import LEASE, MOST_ATTEMPTS
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


def test_something_new_is_a_reason_to_try_what_it_waits_for_at_once(database: Database, clock: Clock) -> None:
    """The channel came back while the opening message waits an hour for its next try."""
    write(database, 1, clock)
    target = FakeChannel(DeliveryFailed("没有应答", retry_after_seconds=3600), None)
    deliver(database, target, clock)
    clock.advance(minutes=5)
    write(database, 2, clock)
    assert deliver(database, target, clock).sent == 2
    assert target.ids == ["m1", "m1", "m2"]


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
