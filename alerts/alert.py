"""Alerts (预警): what people are told, acknowledge and close. One burst, one alert, also after it was closed.

Invariants: states move only along ``state.TRANSITIONS``; the level never falls by itself; each change that people
should know about is one audit row ``alert:ID``.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select

from alerts import alert_finding, alert_record, burst
from alerts.alert_finding import Recorded
from alerts.alert_record import IS_OPEN, Alert, alert_table
from alerts.burst import key_of
from alerts.finding import Finding
from alerts.level import Level
from alerts.rule import cooldown_hours
from alerts.state import AlertStatus, Change, Outcome, change_by, require_transition
from core import audit, story
from core.access import SYSTEM, Action, Person, require
from core.database import serialise
from core.errors import InvalidInput
from core.personal import mask

__all__ = [
    "Alert",
    "Merge",
    "Recorded",
    "acknowledge",
    "close",
    "findings",
    "get",
    "list_all",
    "list_open",
    "merge",
    "settle",
]

# Source: docs/decisions/003, levels: blue and yellow close by themselves after 72 quiet hours;
# orange and red need a person.
SETTLED_AFTER: Final = timedelta(hours=72)
# Guess: the cool-down of the default rule; an acknowledged alert that found nothing for so long is calm.
CALM_AFTER: Final = timedelta(hours=12)
# Reasons kept with the alert; all of them stay with its findings.
MOST_REASONS: Final = 20
TITLE_LENGTH: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """A finding and what became of it. alert: a closed one when its burst is old news (HELD).

    relapse_of: the closed alert of the same burst that the opened one goes on from (舆情反复).
    """

    alert: Alert
    change: Change
    finding: Finding
    relapse_of: Alert | None = None


def merge(connection: Connection, finding: Finding, *, now: datetime) -> Merge:
    """Join the finding to its open alert, or open one. Parallel identical findings give one alert.

    After closing: ``state.is_held_after_closing`` says what is old news; what is not opens an alert that names the
    closed one. A burst that a person merged into another alert goes on there.
    """
    serialise(connection, "alert")
    before = burst.find_open(connection, finding)
    if before is not None:
        return _join(connection, before, finding, now)
    closed = burst.find_closed(connection, finding, now=now)
    if closed is None:
        return Merge(alert=_open(connection, finding, now), change=Change.OPENED, finding=finding)
    return _merge_closed(connection, closed, finding, now)


def acknowledge(connection: Connection, person: Person, alert_id: str, *, now: datetime, note: str = "") -> Alert:
    """Take the alert. The second press changes nothing; ``acknowledged_by`` says who was first.

    Raises NotFound, IllegalTransition for a closed alert.
    """
    require(person, Action.HANDLE_ALERT)
    before = alert_record.find(connection, alert_id, for_update=True)
    if before.is_open and before.acknowledged_by is not None:
        return before
    values = {"acknowledged_by": person.name, "acknowledged_at": now}
    return _move(connection, before, AlertStatus.ACKNOWLEDGED, person, "alert.acknowledged", now, note, values)


def close(
    connection: Connection, person: Person, alert_id: str, *, outcome: Outcome, note: str = "", now: datetime
) -> Alert:
    """Close with an outcome; repeating the same changes nothing.

    Raises NotFound, InvalidInput for SETTLED, IllegalTransition when it is closed with another outcome.
    """
    require(person, Action.HANDLE_ALERT)
    if outcome is Outcome.SETTLED:
        raise InvalidInput("请选择关闭原因：已处理、误报或并入其他预警", outcome=outcome.value)
    before = alert_record.find(connection, alert_id, for_update=True)
    if before.outcome is outcome:
        return before
    return _close(connection, before, person, outcome, "alert.closed", now, note)


def settle(connection: Connection, *, now: datetime) -> tuple[Alert, ...]:
    """Close blue and yellow alerts after 72 quiet hours (预警解除); acknowledged ones calm down after 12.

    Returns what changed. Repeating it changes nothing.
    """
    quiet = select(alert_table).where(IS_OPEN, alert_table.c.found_at <= now - CALM_AFTER)
    rows = connection.execute(quiet.order_by(alert_table.c.found_at).with_for_update()).all()
    settled = (_settle(connection, alert_record.of_row(row), now) for row in rows)
    return tuple(alert for alert in settled if alert is not None)


def get(connection: Connection, person: Person, alert_id: str) -> Alert:
    """Raises NotFound."""
    require(person, Action.READ_ALERTS)
    return alert_record.find(connection, alert_id)


def list_open(connection: Connection, person: Person, *, brand: str | None = None) -> tuple[Alert, ...]:
    """Open alerts, highest level first, then newest."""
    require(person, Action.READ_ALERTS)
    chosen = select(alert_table).where(IS_OPEN).order_by(alert_table.c.opened_at.desc(), alert_table.c.number.desc())
    if brand is not None:
        chosen = chosen.where(alert_table.c.brand == brand)
    found = (alert_record.of_row(row) for row in connection.execute(chosen))
    return tuple(sorted(found, key=lambda alert: -alert.level.rank))


def list_all(
    connection: Connection,
    person: Person,
    *,
    brand: str | None = None,
    level: Level | None = None,
    status: AlertStatus | None = None,
    before: datetime | None = None,
    limit: int = 100,
) -> tuple[Alert, ...]:
    """Newest first. before: opened earlier than this, for the next page."""
    require(person, Action.READ_ALERTS)
    chosen = select(alert_table).order_by(alert_table.c.opened_at.desc(), alert_table.c.number.desc()).limit(limit)
    for name, value in (("brand", brand), ("level", level), ("status", status)):
        if value is not None:
            chosen = chosen.where(alert_table.c[name] == str(value))
    if before is not None:
        chosen = chosen.where(alert_table.c.opened_at < before)
    return tuple(alert_record.of_row(row) for row in connection.execute(chosen))


def findings(connection: Connection, person: Person, alert_id: str) -> tuple[Recorded, ...]:
    """The findings people were told of, oldest first."""
    require(person, Action.READ_ALERTS)
    return alert_finding.of_alert(connection, alert_id)


def _merge_closed(connection: Connection, closed: Alert, finding: Finding, now: datetime) -> Merge:
    target = burst.merged_into(connection, closed, finding, now=now)
    if target is not None:
        return _join(connection, target, finding, now)
    if burst.is_old_news(connection, closed, finding, now=now):
        return Merge(alert=closed, change=Change.HELD, finding=finding)
    finding = replace(finding, explanation=finding.explanation + burst.relapse(closed))
    opened = _open(connection, finding, now)
    return Merge(alert=opened, change=Change.OPENED, finding=finding, relapse_of=closed)


def _open(connection: Connection, finding: Finding, now: datetime) -> Alert:
    number = alert_record.next_number(connection, now)
    alert = Alert(
        id=f"A{hashlib.sha256(number.encode()).hexdigest()[:15]}",
        number=number,
        key=key_of(finding),
        brand=finding.brand,
        rule_id=finding.rule_id,
        story=finding.story,
        level=finding.level,
        status=AlertStatus.NEW,
        title=_title(connection, finding.brand, finding.story),
        reasons=(finding.explanation,),
        count=finding.count_negative,
        announced_count=finding.count_negative,
        opened_at=now,
        announced_at=now,
        found_at=now,
        updated_at=now,
        acknowledged_by=None,
        acknowledged_at=None,
        closed_by=None,
        closed_at=None,
        outcome=None,
        version=1,
    )
    alert_record.add(connection, alert)
    _record(connection, alert, Change.OPENED, finding, now)
    return alert


def _join(connection: Connection, before: Alert, finding: Finding, now: datetime) -> Merge:
    change = change_by(
        status=before.status,
        level=before.level,
        announced_count=before.announced_count,
        finding_level=finding.level,
        finding_count=finding.count_negative,
        quiet=now - before.announced_at,
        cooldown=timedelta(hours=cooldown_hours(connection, before.rule_id)),
    )
    values: dict[str, object] = {
        "found_at": max(now, before.found_at),
        "count": max(before.count, finding.count_negative),
    }
    # A merged burst may go on in an alert of another rule, whose key for this story may be open beside it. Under the
    # rule's own key nothing is open: the finding would have joined that.
    if before.story is None and finding.story is not None and before.rule_id == finding.rule_id:
        values |= {
            "story": finding.story,
            "key": key_of(finding),
            "title": _title(connection, before.brand, finding.story),
        }
    if change is not Change.HELD:
        values |= _told(before, finding, now)
    after = alert_record.change(connection, before, values)
    if change is not Change.HELD:
        _record(connection, after, change, finding, now)
    return Merge(alert=after, change=change, finding=finding)


def _told(before: Alert, finding: Finding, now: datetime) -> dict[str, object]:
    """What changes when people are told of a further finding; a calm alert is new again."""
    values: dict[str, object] = {
        "level": max(before.level, finding.level, key=lambda level: level.rank),
        "reasons": [*before.reasons, finding.explanation][-MOST_REASONS:],
        "announced_at": now,
        "announced_count": finding.count_negative,
        "updated_at": now,
        "version": before.version + 1,
    }
    if before.status is AlertStatus.CALM:
        require_transition(before.status, AlertStatus.NEW)
        values |= {"status": AlertStatus.NEW, "acknowledged_by": None, "acknowledged_at": None}
    return values


def _record(connection: Connection, alert: Alert, change: Change, finding: Finding, now: datetime) -> None:
    alert_finding.add(connection, alert.id, change, finding, now=now)
    details = {
        "number": alert.number,
        "level": alert.level.value,
        "reason": finding.reason.value,
        "explanation": finding.explanation,
    }
    audit.record(
        connection, person=SYSTEM, action=f"alert.{change}", subject=f"alert:{alert.id}", now=now, details=details
    )


def _settle(connection: Connection, before: Alert, now: datetime) -> Alert | None:
    is_minor = before.level.rank <= Level.YELLOW.rank
    if is_minor and now - before.found_at >= SETTLED_AFTER:
        note = f"连续 {SETTLED_AFTER // timedelta(hours=1)} 小时没有新发现，预警解除"
        return _close(connection, before, SYSTEM, Outcome.SETTLED, "alert.settled", now, note)
    if before.status is AlertStatus.ACKNOWLEDGED:
        note = f"连续 {CALM_AFTER // timedelta(hours=1)} 小时没有新发现"
        return _move(connection, before, AlertStatus.CALM, SYSTEM, "alert.calmed", now, note, {})
    return None


def _close(
    connection: Connection, before: Alert, person: Person, outcome: Outcome, action: str, now: datetime, note: str
) -> Alert:
    values = {"closed_by": person.name, "closed_at": now, "outcome": outcome}
    return _move(connection, before, AlertStatus.CLOSED, person, action, now, note, values)


def _move(
    connection: Connection,
    before: Alert,
    status: AlertStatus,
    person: Person,
    action: str,
    now: datetime,
    note: str,
    values: Mapping[str, object],
) -> Alert:
    require_transition(before.status, status)
    moved = {"status": status, "updated_at": now, "version": before.version + 1}
    after = alert_record.change(connection, before, {**values, **moved})
    details = {"number": before.number, "before": before.status.value, "after": status.value}
    if after.outcome is not None:
        details["outcome"] = after.outcome.value
    audit.record(
        connection, person=person, action=action, subject=f"alert:{before.id}", now=now, details=details, note=note
    )
    return after


def _title(connection: Connection, brand: str, story_id: str | None) -> str:
    found = story.get(connection, story_id) if story_id is not None else None
    if found is None or not found.title.strip():
        return f"{brand}负面突增"
    return f"{brand}负面突增：{mask(found.title.strip())[:TITLE_LENGTH]}"
