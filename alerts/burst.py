"""Which alert a finding belongs to: the open one of its burst, or the closed one that its burst was told under.

A burst is known by its key (brand, rule, story) or by a window that reaches back into what was counted already.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from alerts import alert_record
from alerts.alert_record import IS_OPEN, Alert, alert_table
from alerts.finding import Finding
from alerts.rule import cooldown_hours
from alerts.state import OUTCOME_LABELS, Outcome, is_held_after_closing
from core.mention import SHANGHAI

# Source: docs/decisions/003, levels: a burst is over after 72 quiet hours; one that begins within them is a relapse.
RELAPSE_WITHIN: Final = timedelta(hours=72)


def open_key(brand: str, rule_id: str, story_id: str | None) -> str:
    """Deduplication key: the same brand, rule and story (or brand as a whole) is the same alert while it is open."""
    return hashlib.sha256("\x1f".join((brand, rule_id, story_id or "")).encode()).hexdigest()[:32]


def key_of(finding: Finding) -> str:
    """The key of the alert that this finding opens."""
    return open_key(finding.brand, finding.rule_id, finding.story)


def find_open(connection: Connection, finding: Finding) -> Alert | None:
    """The open alert of this key, or else one that found the same burst under another or no story; locked.

    Which story leads a burst becomes clear, and may get lost again, while it goes on: as long as the windows
    overlap and the stories do not contradict each other it is one burst.
    """
    chosen = select(alert_table).where(IS_OPEN, _is_same(finding, alert_table.c.found_at))
    newest = chosen.order_by(alert_table.c.found_at.desc(), alert_table.c.number.desc())
    alerts = [alert_record.of_row(row) for row in connection.execute(newest.with_for_update())]
    key = key_of(finding)
    return next((alert for alert in alerts if alert.key == key), alerts[0] if alerts else None)


def find_closed(connection: Connection, finding: Finding, *, now: datetime) -> Alert | None:
    """The alert of this burst that was closed last, as long as it is remembered."""
    remembered = now - max(RELAPSE_WITHIN, _cooldown(connection, finding.rule_id))
    chosen = select(alert_table).where(
        ~IS_OPEN, alert_table.c.closed_at > remembered, _is_same(finding, alert_table.c.closed_at)
    )
    newest = chosen.order_by(alert_table.c.closed_at.desc(), alert_table.c.number.desc()).limit(1)
    row = connection.execute(newest).first()
    return alert_record.of_row(row) if row is not None else None


def is_old_news(connection: Connection, closed: Alert, finding: Finding, *, now: datetime) -> bool:
    """Tell whether the finding adds nothing to what people knew when they closed the alert."""
    if closed.closed_at is None or closed.outcome is None:
        return False
    return is_held_after_closing(
        outcome=closed.outcome,
        level=closed.level,
        announced_count=closed.announced_count,
        finding_level=finding.level,
        finding_count=finding.count_negative,
        is_overlapping=finding.window_start <= closed.closed_at,
        since_closing=now - closed.closed_at,
        cooldown=_cooldown(connection, closed.rule_id),
    )


def merged_into(connection: Connection, closed: Alert, finding: Finding, *, now: datetime) -> Alert | None:
    """Where a merged burst goes on during the cool-down: the brand's open alert that found something last; locked."""
    if closed.outcome is not Outcome.MERGED or closed.closed_at is None:
        return None
    is_overlapping = finding.window_start <= closed.closed_at
    if not is_overlapping and now - closed.closed_at >= _cooldown(connection, closed.rule_id):
        return None
    chosen = select(alert_table).where(IS_OPEN, alert_table.c.brand == closed.brand)
    newest = chosen.order_by(alert_table.c.found_at.desc(), alert_table.c.number.desc()).limit(1)
    row = connection.execute(newest.with_for_update()).first()
    return alert_record.of_row(row) if row is not None else None


def relapse(closed: Alert) -> str:
    """The sentence that names the closed alert in the text of the one that goes on from it."""
    at = f"{closed.closed_at.astimezone(SHANGHAI):%m-%d %H:%M} " if closed.closed_at else ""
    outcome = OUTCOME_LABELS[closed.outcome] if closed.outcome else ""
    return f"舆情反复：此前的预警 {closed.number} 已于 {at}关闭（{outcome}）。"


def _is_same(finding: Finding, last: ColumnElement[datetime]) -> ColumnElement[bool]:
    """last: until when the alert counted or was worked on; a window that reaches back to it overlaps."""
    is_overlapping = and_(
        alert_table.c.brand == finding.brand,
        alert_table.c.rule_id == finding.rule_id,
        last >= finding.window_start,
    )
    if finding.story is not None:
        is_overlapping = and_(is_overlapping, alert_table.c.story.is_(None))
    return or_(alert_table.c.key == key_of(finding), is_overlapping)


def _cooldown(connection: Connection, rule_id: str) -> timedelta:
    return timedelta(hours=cooldown_hours(connection, rule_id))
