"""No message is lost: random findings, closings, outages and kills; at the end everything announced has arrived."""

import random
from contextlib import suppress

import pytest
from sqlalchemy import Connection

from alerts import alert, notify, outbox
from alerts.level import Level
from alerts.state import Outcome
from core.database import Database
from core.errors import DeliveryFailed
from tests.conftest import Clock
from tests.integration.test_alert_delivery import FakeChannel, Killed, save_channels
from tests.integration.test_alert_store import LIN, a_finding

NAMES = ("日志", "值班")


def handle_all(connection: Connection, draw: random.Random, clock: Clock) -> None:
    outcomes = [None, Outcome.HANDLED, Outcome.FALSE_ALARM, Outcome.MERGED]
    for each in alert.list_open(connection, LIN):
        if (outcome := draw.choice(outcomes)) is None:
            alert.acknowledge(connection, LIN, each.id, now=clock())
        else:
            alert.close(connection, LIN, each.id, outcome=outcome, now=clock())


def in_order(messages: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """By subject; those of one subject stay in their order."""
    return sorted(messages, key=lambda message: message[0])


@pytest.mark.parametrize("seed", range(6))
def test_everything_announced_arrives_in_order_and_again_only_after_a_kill(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    save_channels(database)
    draw, kills = random.Random(seed), 0
    targets = {name: FakeChannel(name=name) for name in NAMES}
    wanted: dict[str, list[tuple[str, str]]] = {name: [] for name in NAMES}
    arrived: dict[str, list[tuple[str, str]]] = {name: [] for name in NAMES}

    def killed(*_args: object, **_keywords: object) -> None:
        raise Killed

    for step in range(120):
        clock.advance(minutes=draw.choice([1, 2, 30]) if step < 80 else 60)
        with database.write() as connection:
            if step < 80 and draw.random() < 0.5:
                story, rule_id = draw.choice([None, "S1", "S2"]), draw.choice(["burst", "other"])
                level = draw.choice(list(Level))
                found = a_finding(level, draw.randint(5, 90), at=clock(), story=story, rule_id=rule_id)
                merged = alert.merge(connection, found, now=clock())
                for name in notify.announce(connection, merged, now=clock(), public_url=""):
                    message = notify.compose(connection, merged, now=clock(), public_url="")
                    wanted[name].append((merged.alert.number, message.id))
            if step < 80 and draw.random() < 0.2:
                handle_all(connection, draw, clock)
        is_up = step >= 80 or draw.random() < 0.4
        for target in targets.values():
            target.script, target.messages = [None if is_up else DeliveryFailed("没有应答")], []
        with monkeypatch.context() as patch, suppress(Killed):
            if step < 80 and draw.random() < 0.2:
                kills += 1
                patch.setattr(outbox, draw.choice(["record_sent", "record_failure"]), killed)
            notify.deliver(database, targets, now=clock)
        for name, target in targets.items():
            arrived[name] += [(message.number, message.id) for message in target.messages if is_up]
    for name in NAMES:
        firsts = list(dict.fromkeys(arrived[name]))
        assert in_order(firsts) == in_order(wanted[name])
        assert len(arrived[name]) - len(firsts) <= kills
