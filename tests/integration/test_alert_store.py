"""Alerts in the state database: one burst, one alert; states; what settles by itself. Both databases."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import IntegrityError

from alerts import alert, channel, rule
from alerts.alert_finding import finding_table
from alerts.alert_record import Alert, alert_table
from alerts.channel import ChannelConfig, ChannelKind
from alerts.finding import Finding, FindingReason
from alerts.level import Level
from alerts.rule import AlertRule
from alerts.state import TRANSITIONS, AlertStatus, Change, Outcome
from core import audit, story
from core.access import SYSTEM, Person, Role
from core.database import Database, metadata
from core.errors import Conflict, IllegalTransition, InvalidInput, NotAllowed, NotFound
from tests.factories import a_mention, an_analysis

# 2026-06-17 00:30 in Shanghai: the day of the number is not the day in UTC.
NOW = datetime(2026, 6, 16, 16, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
LIN = Person("林晓", frozenset({Role.RESPONDER}))
ZHOU = Person("周航", frozenset({Role.RESPONDER}))
READER = Person("读者", frozenset({Role.READER}))
STRANGER = Person("外人", frozenset())


def a_finding(level: Level = Level.YELLOW, negative: int = 10, *, at: datetime = NOW, **values: object) -> Finding:
    found = Finding(
        rule_id="burst",
        brand="青柠汽车",
        reason=FindingReason.NEGATIVE_BURST,
        level=level,
        count=negative + 4,
        count_negative=negative,
        expected=2.0,
        share_negative=negative / (negative + 4),
        window_start=at - HOUR,
        window_end=at,
        query="brand:青柠汽车",
        explanation=f"负面 {negative} 条",
        samples=("m1", "m2"),
    )
    return replace(found, **values)  # type: ignore[arg-type]  # fields of a Finding


def merge(database: Database, finding: Finding, now: datetime = NOW) -> alert.Merge:
    with database.write() as connection:
        return alert.merge(connection, finding, now=now)


def actions(database: Database, alert_id: str) -> list[str]:
    with database.read() as connection:
        return [entry.action for entry in audit.entries_of(connection, [f"alert:{alert_id}"])]


def test_a_finding_opens_an_alert_and_the_same_again_is_held(database: Database) -> None:
    first = merge(database, a_finding())
    again = merge(database, a_finding(negative=12), NOW + HOUR / 6)
    assert (first.change, again.change) == (Change.OPENED, Change.HELD)
    assert first.alert.number == "YJ-20260617-01"
    assert first.alert.status is AlertStatus.NEW
    assert again.alert == replace(first.alert, count=12, found_at=NOW + HOUR / 6)
    assert actions(database, first.alert.id) == ["alert.opened"]


def test_a_rise_and_a_doubling_are_updates_of_the_same_alert(database: Database) -> None:
    opened = merge(database, a_finding())
    doubled = merge(database, a_finding(negative=20), NOW + HOUR)
    raised = merge(database, a_finding(Level.ORANGE, negative=22), NOW + 2 * HOUR)
    ebbing = merge(database, a_finding(Level.BLUE, negative=6), NOW + 3 * HOUR)
    assert [doubled.change, raised.change, ebbing.change] == [Change.UPDATED, Change.RAISED, Change.HELD]
    assert ebbing.alert.id == opened.alert.id
    assert ebbing.alert.level is Level.ORANGE, "the level never falls by itself"
    assert (ebbing.alert.count, ebbing.alert.announced_count) == (22, 22)
    assert ebbing.alert.reasons == ("负面 10 条", "负面 20 条", "负面 22 条")
    assert actions(database, opened.alert.id) == ["alert.opened", "alert.updated", "alert.raised"]
    with database.read() as connection:
        recorded = alert.findings(connection, READER, opened.alert.id)
    assert [entry.change for entry in recorded] == [Change.OPENED, Change.UPDATED, Change.RAISED]
    assert recorded[2].finding == a_finding(Level.ORANGE, negative=22)


def test_a_larger_burst_of_a_lower_level_does_not_lower_the_alert(database: Database) -> None:
    opened = merge(database, a_finding(Level.ORANGE, negative=20))
    updated = merge(database, a_finding(Level.YELLOW, negative=45), NOW + HOUR)
    assert (updated.change, updated.alert.id) == (Change.UPDATED, opened.alert.id)
    assert updated.alert.level is Level.ORANGE


def test_an_alert_nobody_took_is_told_again_after_the_cool_down_of_its_rule(database: Database) -> None:
    with database.write() as connection:
        rule.save(connection, SYSTEM, AlertRule(id="burst", name="r", brand="青柠汽车", cooldown_hours=2), now=NOW)
    opened = merge(database, a_finding())
    assert merge(database, a_finding(), NOW + HOUR).change is Change.HELD
    assert merge(database, a_finding(), NOW + 2 * HOUR).change is Change.UPDATED
    with database.write() as connection:
        alert.acknowledge(connection, LIN, opened.alert.id, now=NOW + 2 * HOUR)
    assert merge(database, a_finding(), NOW + 9 * HOUR).change is Change.HELD


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"brand": "蓝鲸汽车"}, id="another brand"),
        pytest.param({"rule_id": "slow"}, id="another rule"),
        pytest.param({"story": "S2"}, id="another story"),
    ],
)
def test_what_differs_is_another_alert(database: Database, other: dict[str, str]) -> None:
    one = merge(database, a_finding(story="S1"))
    two = merge(database, replace(a_finding(story="S1"), **other))  # type: ignore[arg-type]  # fields of a Finding
    assert two.change is Change.OPENED
    assert [one.alert.number, two.alert.number] == ["YJ-20260617-01", "YJ-20260617-02"]


def test_a_burst_whose_story_becomes_clear_later_stays_one_alert(database: Database) -> None:
    with database.write() as connection:
        told = a_mention(title="刹车失灵，电话 13800138000")
        (named,) = story.assign(connection, [(told, an_analysis())])
    opened = merge(database, a_finding())
    clear = merge(database, a_finding(story=named, at=NOW + HOUR / 2), NOW + HOUR / 2)
    unclear = merge(database, a_finding(at=NOW + HOUR), NOW + HOUR)
    later = merge(database, a_finding(story=named, at=NOW + 9 * HOUR), NOW + 9 * HOUR)
    assert opened.alert.title == "青柠汽车负面突增"
    assert clear.alert.title == "青柠汽车负面突增：刹车失灵，电话 138********"
    assert clear.alert.story == named
    assert {clear.alert.id, unclear.alert.id, later.alert.id} == {opened.alert.id}
    fresh = merge(database, a_finding(at=NOW + 20 * HOUR), NOW + 20 * HOUR)
    assert fresh.change is Change.OPENED, "long after, a burst without a story is another one"


def test_after_closing_the_same_key_opens_a_new_alert(database: Database) -> None:
    first = merge(database, a_finding())
    with database.write() as connection:
        alert.close(connection, LIN, first.alert.id, outcome=Outcome.FALSE_ALARM, note="测试帖", now=NOW)
    later = NOW + 12 * HOUR
    second = merge(database, a_finding(at=later), later)
    assert second.change is Change.OPENED
    assert second.alert.key == first.alert.key
    assert second.alert.id != first.alert.id


def test_the_database_itself_refuses_a_second_open_row(database: Database) -> None:
    opened = merge(database, a_finding()).alert
    values = {item: getattr(opened, item) for item in alert_table.c.keys()}  # noqa: SIM118  # columns, not a mapping
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(insert(alert_table).values(values | {"id": "A2", "number": "YJ-2", "reasons": []}))


def test_a_hundred_parallel_identical_findings_give_one_alert(database: Database) -> None:
    start = threading.Barrier(8)

    def worker(count: int) -> list[Change]:
        start.wait()
        return [merge(database, a_finding()).change for _ in range(count)]

    with ThreadPoolExecutor(8) as pool:
        changes = [change for found in pool.map(worker, [13] * 4 + [12] * 4) for change in found]
    assert len(changes) == 100
    assert changes.count(Change.OPENED) == 1
    assert changes.count(Change.HELD) == 99
    with database.read() as connection:
        [only] = alert.list_open(connection, READER)
        assert connection.scalar(select(func.count()).select_from(finding_table)) == 1
    assert only.number == "YJ-20260617-01"
    assert actions(database, only.id) == ["alert.opened"]


def test_parallel_alerts_of_many_brands_are_numbered_without_gap_or_double(database: Database) -> None:
    def opened(number: int) -> str:
        return merge(database, a_finding(brand=f"品牌{number}")).alert.number

    with ThreadPoolExecutor(8) as pool:
        numbers = sorted(pool.map(opened, range(24)))
    assert numbers == [f"YJ-20260617-{number:02d}" for number in range(1, 25)]


def test_numbers_go_on_past_ninety_nine(database: Database) -> None:
    opened = merge(database, a_finding()).alert
    with database.write() as connection:
        for number in range(2, 100):
            row = {item: getattr(opened, item) for item in alert_table.c.keys()}  # noqa: SIM118  # as above
            row |= {"id": f"A{number}", "key": f"k{number}", "number": f"YJ-20260617-{number:02d}", "reasons": []}
            connection.execute(insert(alert_table).values(row))
    assert merge(database, a_finding(brand="别的")).alert.number == "YJ-20260617-100"
    assert merge(database, a_finding(brand="又一个"), NOW + 24 * HOUR).alert.number == "YJ-20260618-01"


def test_the_second_press_of_acknowledge_changes_nothing(database: Database) -> None:
    opened = merge(database, a_finding()).alert
    with database.write() as connection:
        first = alert.acknowledge(connection, LIN, opened.id, now=NOW, note="我来看")
        second = alert.acknowledge(connection, ZHOU, opened.id, now=NOW + HOUR)
    assert (first.status, first.acknowledged_by, first.acknowledged_at) == (AlertStatus.ACKNOWLEDGED, "林晓", NOW)
    assert second == first
    assert actions(database, opened.id) == ["alert.opened", "alert.acknowledged"]


def test_closing_twice_is_quiet_and_closing_otherwise_is_not(database: Database) -> None:
    opened = merge(database, a_finding()).alert
    with database.write() as connection:
        closed = alert.close(connection, LIN, opened.id, outcome=Outcome.HANDLED, note="已回应", now=NOW)
        assert alert.close(connection, ZHOU, opened.id, outcome=Outcome.HANDLED, now=NOW + HOUR) == closed
        with pytest.raises(IllegalTransition):
            alert.close(connection, ZHOU, opened.id, outcome=Outcome.FALSE_ALARM, now=NOW)
        with pytest.raises(IllegalTransition):
            alert.acknowledge(connection, ZHOU, opened.id, now=NOW)
        with pytest.raises(InvalidInput):
            alert.close(connection, ZHOU, opened.id, outcome=Outcome.SETTLED, now=NOW)
    assert (closed.status, closed.outcome, closed.closed_by) == (AlertStatus.CLOSED, Outcome.HANDLED, "林晓")
    assert actions(database, opened.id) == ["alert.opened", "alert.closed"]
    with database.read() as connection:
        assert audit.entries_of(connection, [f"alert:{opened.id}"])[-1].note == "已回应"


@pytest.mark.parametrize(
    ("level", "is_taken", "quiet", "status"),
    [
        (Level.BLUE, False, 71 * HOUR, AlertStatus.NEW),
        (Level.BLUE, False, 72 * HOUR, AlertStatus.CLOSED),
        (Level.YELLOW, False, 72 * HOUR, AlertStatus.CLOSED),
        (Level.YELLOW, True, 11 * HOUR, AlertStatus.ACKNOWLEDGED),
        (Level.YELLOW, True, 12 * HOUR, AlertStatus.CALM),
        (Level.YELLOW, True, 72 * HOUR, AlertStatus.CLOSED),
        (Level.ORANGE, False, 500 * HOUR, AlertStatus.NEW),
        (Level.RED, True, 500 * HOUR, AlertStatus.CALM),
    ],
)
def test_quiet_alerts_settle(
    database: Database, level: Level, is_taken: bool, quiet: timedelta, status: AlertStatus
) -> None:
    opened = merge(database, a_finding(level)).alert
    with database.write() as connection:
        if is_taken:
            alert.acknowledge(connection, LIN, opened.id, now=NOW)
        changed = alert.settle(connection, now=NOW + quiet)
        assert alert.settle(connection, now=NOW + quiet) == ()
        after = alert.get(connection, READER, opened.id)
    assert after.status is status
    assert changed == (() if status is (AlertStatus.ACKNOWLEDGED if is_taken else AlertStatus.NEW) else (after,))
    if status is AlertStatus.CLOSED:
        assert (after.outcome, after.closed_by) == (Outcome.SETTLED, "system")
        with database.read() as connection:
            entry = audit.entries_of(connection, [f"alert:{opened.id}"])[-1]
        assert entry.action == "alert.settled"
        assert "预警解除" in entry.note


def test_held_findings_keep_an_alert_from_settling(database: Database) -> None:
    opened = merge(database, a_finding()).alert
    with database.write() as connection:
        alert.acknowledge(connection, LIN, opened.id, now=NOW)
    merge(database, a_finding(), NOW + 70 * HOUR)
    with database.write() as connection:
        assert alert.settle(connection, now=NOW + 80 * HOUR) == ()


def test_a_calm_alert_that_flares_up_is_new_again(database: Database) -> None:
    opened = merge(database, a_finding()).alert
    with database.write() as connection:
        alert.acknowledge(connection, LIN, opened.id, now=NOW)
        alert.settle(connection, now=NOW + 13 * HOUR)
        assert alert.acknowledge(connection, ZHOU, opened.id, now=NOW + 14 * HOUR).acknowledged_by == "林晓"
    again = merge(database, a_finding(), NOW + 20 * HOUR)
    assert again.change is Change.UPDATED
    assert (again.alert.status, again.alert.acknowledged_by) == (AlertStatus.NEW, None)


def test_lists_and_access(database: Database) -> None:
    for place, level in enumerate((Level.YELLOW, Level.RED, Level.BLUE)):
        merge(database, a_finding(level, brand=f"品牌{place}"), NOW + place * HOUR)
    with database.write() as connection:
        red, yellow, blue = alert.list_open(connection, READER)
        assert [red.level, yellow.level, blue.level] == [Level.RED, Level.YELLOW, Level.BLUE]
        alert.close(connection, LIN, red.id, outcome=Outcome.HANDLED, note="", now=NOW)
        assert [found.id for found in alert.list_all(connection, READER)] == [blue.id, red.id, yellow.id]
        assert [found.id for found in alert.list_all(connection, READER, before=red.opened_at)] == [yellow.id]
        assert [found.id for found in alert.list_all(connection, READER, status=AlertStatus.CLOSED)] == [red.id]
        assert [found.id for found in alert.list_all(connection, READER, level=Level.BLUE, limit=1)] == [blue.id]
        assert [found.id for found in alert.list_open(connection, READER, brand="品牌0")] == [yellow.id]
        with pytest.raises(NotFound):
            alert.get(connection, READER, "A-none")
        forbidden: list[Callable[[], object]] = [
            lambda: alert.acknowledge(connection, READER, yellow.id, now=NOW),
            lambda: alert.close(connection, READER, yellow.id, outcome=Outcome.HANDLED, note="", now=NOW),
            lambda: alert.get(connection, STRANGER, yellow.id),
            lambda: alert.list_open(connection, STRANGER),
            lambda: alert.list_all(connection, STRANGER),
            lambda: alert.findings(connection, STRANGER, yellow.id),
            lambda: rule.save(connection, LIN, AlertRule(id="r", name="r", brand="b"), now=NOW),
            lambda: rule.list_all(connection, STRANGER),
            lambda: channel.list_all(connection, LIN),
            lambda: channel.save(connection, LIN, ChannelConfig(name="日志", kind=ChannelKind.LOG), now=NOW),
        ]
        for attempt in forbidden:
            with pytest.raises(NotAllowed):
                attempt()


ACTIONS = st.sampled_from(["find", "raise", "acknowledge", "handled", "false_alarm", "settle", "wait"])


def act(connection: Connection, step: str, known: Alert | None, now: datetime) -> None:
    """One step of the sequence, on the newest alert where it needs one."""
    match step:
        case "find" | "raise":
            level = Level.ORANGE if step == "raise" else Level.YELLOW
            alert.merge(connection, a_finding(level, at=now), now=now)
        case "acknowledge" if known:
            alert.acknowledge(connection, LIN, known.id, now=now)
        case "handled" | "false_alarm" if known:
            alert.close(connection, LIN, known.id, outcome=Outcome(step), note="", now=now)
        case "settle":
            alert.settle(connection, now=now)


@settings(max_examples=40)
@given(st.lists(ACTIONS, min_size=1, max_size=14))
def test_no_sequence_of_actions_leaves_the_table(steps: list[str]) -> None:
    """Whatever people and findings do in whatever order, each change of state is one of the table."""
    memory = Database("sqlite://")
    now, seen, known = NOW, dict[str, Alert](), None
    with memory.write() as connection:
        metadata.create_all(connection)
        for step in ["find", *steps]:
            now += 13 * HOUR if step == "wait" else HOUR / 4
            try:
                act(connection, step, known, now)
            except Conflict:
                assert known is not None
                assert known.status is AlertStatus.CLOSED, "only what is closed may refuse"
            for found in alert.list_all(connection, READER):
                before = seen.get(found.id)
                if before is not None and before.status is not found.status:
                    assert found.status in TRANSITIONS[before.status]
                    assert found.version == before.version + 1
                assert before is None or found.level.rank >= before.level.rank
                seen[found.id] = found
            assert sum(found.is_open for found in seen.values()) <= 1
            known = max(seen.values(), key=lambda found: found.number)
        rows = sum(entry.action != "rule.created" for entry in audit.latest(connection, SYSTEM, limit=1000))
        assert rows == sum(found.version for found in seen.values()), "each change is one audit row"
    memory.close()
