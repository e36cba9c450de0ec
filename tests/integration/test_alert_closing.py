"""What a burst does after its alert was closed: held, told again, or going on in another alert. Both databases."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from alerts import alert, notify, rule
from alerts.finding import Finding
from alerts.level import Level
from alerts.rule import AlertRule
from alerts.state import Change, Outcome
from core.access import SYSTEM
from core.database import Database
from tests.integration.test_alert_store import HOUR, LIN, NOW, READER, a_finding, actions, merge

MINUTE = timedelta(minutes=1)
HANDLED, FALSE_ALARM, MERGED = Outcome.HANDLED, Outcome.FALSE_ALARM, Outcome.MERGED


def closed(database: Database, outcome: Outcome, finding: Finding) -> alert.Alert:
    """An alert that was opened by the finding and closed at NOW."""
    opened = merge(database, finding).alert
    with database.write() as connection:
        return alert.close(connection, LIN, opened.id, outcome=outcome, now=NOW)


@pytest.mark.parametrize(
    ("outcome", "after", "level", "negative", "change"),
    [
        pytest.param(HANDLED, MINUTE, Level.YELLOW, 10, Change.HELD, id="handled, the same window a minute later"),
        pytest.param(HANDLED, HOUR, Level.YELLOW, 19, Change.HELD, id="handled, the window still reaches back"),
        pytest.param(HANDLED, MINUTE, Level.YELLOW, 20, Change.OPENED, id="handled, twice what people were told"),
        pytest.param(HANDLED, MINUTE, Level.ORANGE, 12, Change.OPENED, id="handled, a higher level"),
        pytest.param(HANDLED, HOUR + MINUTE, Level.YELLOW, 6, Change.OPENED, id="handled, a whole window of new ones"),
        pytest.param(FALSE_ALARM, MINUTE, Level.YELLOW, 10, Change.HELD, id="false alarm, the same window"),
        pytest.param(FALSE_ALARM, 11 * HOUR, Level.YELLOW, 19, Change.HELD, id="false alarm, quiet for the cool-down"),
        pytest.param(FALSE_ALARM, 11 * HOUR, Level.ORANGE, 19, Change.OPENED, id="false alarm, higher"),
        pytest.param(FALSE_ALARM, 11 * HOUR, Level.YELLOW, 20, Change.OPENED, id="false alarm, doubled"),
        pytest.param(FALSE_ALARM, 12 * HOUR, Level.YELLOW, 10, Change.OPENED, id="false alarm, after the cool-down"),
        pytest.param(MERGED, MINUTE, Level.YELLOW, 10, Change.HELD, id="merged into nothing open, the same window"),
        pytest.param(MERGED, MINUTE, Level.ORANGE, 12, Change.OPENED, id="merged into nothing open, a higher level"),
        pytest.param(MERGED, 2 * HOUR, Level.YELLOW, 10, Change.OPENED, id="merged into nothing open, new ones"),
    ],
)
def test_what_a_further_finding_does_after_closing(
    database: Database, outcome: Outcome, after: timedelta, level: Level, negative: int, change: Change
) -> None:
    first = closed(database, outcome, a_finding(story="S1"))
    merged = merge(database, a_finding(level, negative, at=NOW + after, story="S1"), NOW + after)
    assert merged.change is change
    if change is Change.HELD:
        assert merged.alert == first, "a closed alert stays as it was closed"
        assert actions(database, first.id) == ["alert.opened", "alert.closed"]
        return
    assert merged.alert.id != first.id
    assert merged.relapse_of == first
    assert f"舆情反复：此前的预警 {first.number} 已于 06-17 00:30 关闭" in merged.alert.reasons[-1]
    with database.read() as connection:
        message = notify.compose(connection, merged, now=NOW, public_url="")
        [recorded] = alert.findings(connection, READER, merged.alert.id)
    assert first.number in message.text
    assert message.fields["relapse_of"] == first.number
    assert recorded.finding == merged.finding


@pytest.mark.parametrize(
    ("story", "later", "after", "change"),
    [
        pytest.param(None, "S1", MINUTE, Change.HELD, id="the story of the closed burst becomes clear"),
        pytest.param("S1", None, MINUTE, Change.HELD, id="the story of the closed burst gets lost"),
        pytest.param("S1", "S2", MINUTE, Change.OPENED, id="another story"),
        pytest.param(None, "S1", 2 * HOUR, Change.OPENED, id="a story after the closed burst"),
        pytest.param("S1", "S1", 71 * HOUR, Change.OPENED, id="a relapse"),
        pytest.param("S1", "S1", 72 * HOUR, Change.OPENED, id="long after"),
    ],
)
def test_which_burst_a_closed_alert_covers(
    database: Database, story: str | None, later: str | None, after: timedelta, change: Change
) -> None:
    closed(database, HANDLED, a_finding(story=story))
    merged = merge(database, a_finding(at=NOW + after, story=later), NOW + after)
    assert merged.change is change
    assert (merged.relapse_of is not None) is (story == later and after < 72 * HOUR)


def test_a_merged_burst_goes_on_in_the_alert_that_is_open(database: Database) -> None:
    target = merge(database, a_finding(story="S1")).alert
    gone = closed(database, MERGED, a_finding(story="S2"))
    same = merge(database, a_finding(negative=12, at=NOW + MINUTE, story="S2"), NOW + MINUTE)
    raised = merge(database, a_finding(Level.ORANGE, 33, at=NOW + 3 * HOUR, story="S2"), NOW + 3 * HOUR)
    assert [same.change, raised.change] == [Change.HELD, Change.RAISED]
    assert {same.alert.id, raised.alert.id} == {target.id}
    assert (raised.alert.story, raised.alert.count, raised.alert.level) == ("S1", 33, Level.ORANGE)
    late = merge(database, a_finding(at=NOW + 13 * HOUR, story="S2"), NOW + 13 * HOUR)
    assert (late.change, late.relapse_of) == (Change.OPENED, gone)


def test_the_rule_says_how_long_a_false_alarm_is_quiet(database: Database) -> None:
    with database.write() as connection:
        rule.save(connection, SYSTEM, AlertRule(id="burst", name="r", brand="青柠汽车", cooldown_hours=100), now=NOW)
    closed(database, FALSE_ALARM, a_finding())
    assert merge(database, a_finding(at=NOW + 99 * HOUR), NOW + 99 * HOUR).change is Change.HELD
    assert merge(database, a_finding(at=NOW + 100 * HOUR), NOW + 100 * HOUR).change is Change.OPENED


def test_a_relapse_covers_the_burst_in_turn(database: Database) -> None:
    """Each closed alert is measured against what people were told last."""
    closed(database, FALSE_ALARM, a_finding(negative=10))
    again = merge(database, a_finding(negative=20), NOW + MINUTE).alert
    with database.write() as connection:
        alert.close(connection, LIN, again.id, outcome=FALSE_ALARM, now=NOW + 2 * MINUTE)
    assert merge(database, a_finding(negative=39), NOW + HOUR).change is Change.HELD
    assert merge(database, a_finding(negative=40), NOW + HOUR).change is Change.OPENED


@pytest.mark.parametrize(("negative", "opened"), [(10, 0), (20, 1)])
def test_parallel_findings_after_closing_open_one_alert_at_most(database: Database, negative: int, opened: int) -> None:
    closed(database, HANDLED, a_finding())
    start = threading.Barrier(8)

    def worker(_number: int) -> list[Change]:
        start.wait()
        return [merge(database, a_finding(negative=negative), NOW + MINUTE).change for _ in range(5)]

    with ThreadPoolExecutor(8) as pool:
        changes = [change for found in pool.map(worker, range(8)) for change in found]
    assert (changes.count(Change.OPENED), changes.count(Change.HELD)) == (opened, 40 - opened)
    with database.read() as connection:
        assert len(alert.list_open(connection, READER)) == opened


@pytest.mark.parametrize("rule_id", ["other", "burst"])
def test_a_merged_burst_that_goes_on_under_another_rule_leaves_its_key_alone(database: Database, rule_id: str) -> None:
    """The rule of the target has an open alert of the same story beside it."""
    gone = closed(database, MERGED, a_finding(story="S1"))
    beside = merge(database, a_finding(rule_id="other", story="S1")).alert
    target = merge(database, a_finding(rule_id="other", at=NOW + 3 * HOUR), NOW + 3 * HOUR).alert
    later = NOW + 5 * HOUR
    merged = merge(database, a_finding(rule_id=rule_id, at=later, story="S1"), later)
    assert target.story is None
    assert merged.alert.id == (target.id if rule_id == gone.rule_id else beside.id)
    assert merged.alert.key == (target.key if rule_id == gone.rule_id else beside.key)
