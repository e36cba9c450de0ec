"""Incidents against a real state database: opening, steps, tasks, closing, listing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts import alert
from alerts.finding import Finding, FindingReason
from alerts.level import Level
from core import audit
from core.access import SYSTEM, Person, Role
from core.database import Database
from core.errors import Conflict, IllegalTransition, InvalidInput, NotFound, StaleVersion, StillOpen
from response import incident
from response.state import Status
from tests.conftest import Clock

RESPONDER = Person("林晓", frozenset({Role.RESPONDER}))
MANAGER = Person("陈珂", frozenset({Role.MANAGER}))
BRAND = "青柠汽车"


def a_finding(now: datetime, *, level: Level = Level.ORANGE, rule: str = "burst", brand: str = BRAND) -> Finding:
    return Finding(
        rule_id=rule,
        brand=brand,
        reason=FindingReason.NEGATIVE_BURST,
        level=level,
        count=40,
        count_negative=30,
        expected=3.0,
        share_negative=0.75,
        window_start=now - timedelta(hours=1),
        window_end=now,
        query=f"brand:{brand}",
        explanation="60 分钟 40 条，负面 30 条",
    )


def an_alert(database: Database, now: datetime, **values: Any) -> alert.Alert:
    with database.write() as connection:
        return alert.merge(connection, a_finding(now, **values), now=now).alert


def opened(database: Database, now: datetime, **values: Any) -> incident.Incident:
    found = an_alert(database, now, **values)
    with database.write() as connection:
        return incident.open_for(connection, found, now=now)


def acknowledged(database: Database, now: datetime) -> incident.Incident:
    found = opened(database, now)
    with database.write() as connection:
        return incident.acknowledge(connection, RESPONDER, found.id, now=now)


def actions(database: Database, incident_id: str) -> list[str]:
    with database.read() as connection:
        return [row.action for row in audit.entries_of(connection, [f"incident:{incident_id}"])]


def test_an_alert_gets_one_incident_numbered_by_the_shanghai_day(database: Database) -> None:
    late_evening_utc = datetime(2026, 6, 15, 16, 30, tzinfo=UTC)  # 00:30 of the next day in Shanghai
    first = opened(database, late_evening_utc)
    again = opened(database, late_evening_utc)
    other = opened(database, late_evening_utc, rule="other")
    assert (first.id, first.status, first.level) == ("YQ-20260616-01", Status.OPEN, Level.ORANGE)
    assert again == first
    assert other.id == "YQ-20260616-02"
    assert actions(database, first.id) == ["incident.opened"]


def test_numbers_go_on_after_99_and_start_again_each_day(database: Database, clock: Clock) -> None:
    for number in range(100):
        last = opened(database, clock(), rule=f"rule-{number}")
    assert last.id == "YQ-20260616-100"
    assert opened(database, clock.advance(days=1), rule="next").id == "YQ-20260617-01"


def test_parallel_openings_give_one_incident_per_alert_and_unique_numbers(database: Database, clock: Clock) -> None:
    found = [an_alert(database, clock(), rule=f"rule-{number}") for number in range(4)]

    def open_one(number: int) -> incident.Incident:
        with database.write() as connection:
            return incident.open_for(connection, found[number % 4], now=clock())

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(open_one, range(16)))
    by_alert = {each.alert_id: each.id for each in results}
    assert len({(each.alert_id, each.id) for each in results}) == 4
    assert sorted(by_alert.values()) == [f"YQ-20260616-{number:02d}" for number in range(1, 5)]
    assert all(actions(database, number) == ["incident.opened"] for number in by_alert.values())


def test_the_level_follows_the_alert_upward_only(database: Database, clock: Clock) -> None:
    first = opened(database, clock(), level=Level.YELLOW)
    raised = opened(database, clock.advance(minutes=10), level=Level.RED)
    assert (raised.id, raised.level, raised.version) == (first.id, Level.RED, first.version + 1)
    with database.write() as connection:
        lower = alert.list_open(connection, SYSTEM)[0]
        lowered = incident.open_for(connection, _at_level(lower, Level.BLUE), now=clock())
    assert lowered == raised
    assert actions(database, first.id) == ["incident.opened", "incident.raised"]


def _at_level(found: alert.Alert, level: Level) -> alert.Alert:
    values = {name: getattr(found, name) for name in found.__dataclass_fields__}
    return alert.Alert(**values | {"level": level})


def test_a_closed_incident_comes_back_only_when_its_alert_rises(database: Database, clock: Clock) -> None:
    found = acknowledged(database, clock())
    with database.write() as connection:
        incident.close(connection, MANAGER, found.id, cause="误会", now=clock())
    assert opened(database, clock()).status is Status.CLOSED
    back = opened(database, clock.advance(minutes=10), level=Level.RED)
    assert (back.status, back.level, back.cause, back.closed_by) == (Status.OPEN, Level.RED, "", None)
    assert actions(database, found.id)[-1] == "incident.reopened"


def test_texts_leave_the_room_masked(database: Database, clock: Clock) -> None:
    found = an_alert(database, clock())
    said, shown = "车主电话13812345678维权", "车主电话138********维权"
    values = {name: getattr(found, name) for name in found.__dataclass_fields__}
    with database.write() as connection:
        made = incident.open_for(connection, alert.Alert(**values | {"title": said}), now=clock())
        incident.acknowledge(connection, RESPONDER, made.id, now=clock())
        task = a_task(connection, made.id, clock(), title=said)
        task = incident.finish_task(connection, RESPONDER, task.id, proof=said, now=clock())
        made = incident.close(connection, MANAGER, made.id, cause=said, lesson=said, now=clock())
    assert {made.title, made.cause, made.lesson, task.title, task.proof} == {shown}


def test_steps_are_refused_out_of_order(database: Database, clock: Clock) -> None:
    found = opened(database, clock())
    with database.write() as connection:
        with pytest.raises(IllegalTransition) as refusal:
            incident.close(connection, MANAGER, found.id, cause="查明", now=clock())
        assert refusal.value.details["possible"] == ["acknowledge", "add_task"]
        incident.acknowledge(connection, RESPONDER, found.id, now=clock())
        with pytest.raises(IllegalTransition):
            incident.acknowledge(connection, RESPONDER, found.id, now=clock())
        closed = incident.close(connection, MANAGER, found.id, cause="查明", now=clock())
        with pytest.raises(IllegalTransition):
            a_task(connection, found.id, clock())
    assert (closed.acknowledged_by, closed.closed_by, closed.cause) == ("林晓", "陈珂", "查明")


def a_task(connection, incident_id: str, now: datetime, **values):
    given: dict[str, Any] = {
        "title": "回电车主",
        "owner": "客服",
        "due_at": now + timedelta(hours=2),
        "is_blocker": True,
    }
    return incident.add_task(connection, RESPONDER, incident_id, now=now, **given | values)


def test_an_open_blocker_keeps_it_open_and_is_named(database: Database, clock: Clock) -> None:
    found = acknowledged(database, clock())
    with database.write() as connection:
        blocker = a_task(connection, found.id, clock())
        a_task(connection, found.id, clock(), title="写复盘", is_blocker=False)
        with pytest.raises(StillOpen) as refusal:
            incident.close(connection, MANAGER, found.id, cause="已处理", now=clock())
        assert refusal.value.details["tasks"] == [{"id": blocker.id, "title": "回电车主", "owner": "客服"}]
        assert "回电车主" in refusal.value.message
        done = incident.finish_task(connection, RESPONDER, blocker.id, proof="4 位车主均已回访", now=clock())
        assert (done.is_done, done.done_by, done.proof) == (True, "林晓", "4 位车主均已回访")
        closed = incident.close(connection, MANAGER, found.id, cause="已处理", lesson="先核实", now=clock())
    assert closed.status is Status.CLOSED


def test_a_task_is_finished_once_with_proof(database: Database, clock: Clock) -> None:
    found = acknowledged(database, clock())
    with database.write() as connection:
        task = a_task(connection, found.id, clock())
        with pytest.raises(InvalidInput):
            incident.finish_task(connection, RESPONDER, task.id, proof="  ", now=clock())
        incident.finish_task(connection, RESPONDER, task.id, proof="录音", now=clock())
        with pytest.raises(Conflict):
            incident.finish_task(connection, MANAGER, task.id, proof="别的", now=clock())
        assert incident.tasks(connection, RESPONDER, found.id)[0].proof == "录音"
        with pytest.raises(NotFound):
            incident.finish_task(connection, RESPONDER, "YQ-1-T1", proof="录音", now=clock())


def test_a_decision_on_an_old_state_is_refused_with_the_current_version(database: Database, clock: Clock) -> None:
    found = opened(database, clock())
    with database.write() as connection:
        incident.acknowledge(connection, RESPONDER, found.id, now=clock(), version=found.version)
    with database.write() as connection, pytest.raises(StaleVersion) as refusal:
        incident.close(connection, MANAGER, found.id, cause="查明", now=clock(), version=found.version)
    assert refusal.value.details["version"] == found.version + 1
    with database.write() as connection:
        closed = incident.close(connection, MANAGER, found.id, cause="查明", now=clock(), version=found.version + 1)
    assert closed.status is Status.CLOSED


def test_two_people_who_decide_at_once_do_not_both_win(database: Database, clock: Clock) -> None:
    found = opened(database, clock())

    def take(name: str) -> str:
        try:
            with database.write() as connection:
                person = Person(name, frozenset({Role.RESPONDER}))
                incident.acknowledge(connection, person, found.id, now=clock(), version=found.version)
        except StaleVersion:
            return "stale"
        return "taken"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(take, "甲乙丙丁")) == ["stale", "stale", "stale", "taken"]


@pytest.mark.parametrize("text", ["", " \n ", "长" * 2001], ids=["empty", "blank", "too long"])
def test_texts_are_checked(database: Database, clock: Clock, text: str) -> None:
    found = acknowledged(database, clock())
    with database.write() as connection:
        with pytest.raises(InvalidInput):
            incident.add_note(connection, RESPONDER, found.id, text=text, now=clock())
        with pytest.raises(InvalidInput):
            incident.close(connection, MANAGER, found.id, cause=text, now=clock())
        with pytest.raises(InvalidInput):
            a_task(connection, found.id, clock(), title=text)
        with pytest.raises(InvalidInput):
            a_task(connection, found.id, clock(), due_at=datetime(2026, 6, 16, 20))
    assert actions(database, found.id) == ["incident.opened", "incident.acknowledged"]


def test_the_list_counts_open_tasks_and_says_what_is_overdue(database: Database, clock: Clock) -> None:
    quiet = opened(database, clock(), rule="quiet")
    busy = opened(database, clock.advance(minutes=5), rule="busy")
    with database.write() as connection:
        a_task(connection, busy.id, clock())
        a_task(connection, busy.id, clock(), due_at=clock() + timedelta(days=2), is_blocker=False)
        finished = a_task(connection, busy.id, clock())
        incident.finish_task(connection, RESPONDER, finished.id, proof="好了", now=clock())
    with database.read() as connection:
        soon = incident.list_all(connection, RESPONDER, now=clock())
        later = incident.list_all(connection, RESPONDER, now=clock.advance(hours=3))
        closed = incident.list_all(connection, RESPONDER, now=clock(), statuses=[Status.CLOSED])
    assert [each.incident.id for each in soon] == [busy.id, quiet.id]
    assert (soon[0].tasks.open, soon[0].tasks.blockers, soon[0].is_overdue) == (2, 1, False)
    assert (later[0].tasks.overdue, later[0].is_overdue, later[1].is_overdue) == (1, True, False)
    assert closed == ()


def test_unknown_incidents_are_not_found(database: Database, clock: Clock) -> None:
    with database.write() as connection:
        for attempt in (
            lambda: incident.get(connection, RESPONDER, "YQ-20200101-01"),
            lambda: incident.add_note(connection, RESPONDER, "YQ-20200101-01", text="在吗", now=clock()),
            lambda: incident.acknowledge(connection, RESPONDER, "YQ-20200101-01", now=clock()),
        ):
            with pytest.raises(NotFound):
                attempt()
