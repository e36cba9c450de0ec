"""States of an alert, the one table of its transitions, and what a finding does to it. Pure."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final

from alerts.level import Level
from core.errors import IllegalTransition


class AlertStatus(StrEnum):
    """CALM: acknowledged, and nothing new for hours."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    CALM = "calm"
    CLOSED = "closed"


STATUS_LABELS: Final[Mapping[AlertStatus, str]] = {
    AlertStatus.NEW: "待确认",
    AlertStatus.ACKNOWLEDGED: "已确认",
    AlertStatus.CALM: "已平息",
    AlertStatus.CLOSED: "已关闭",
}

# An alert that nobody has taken stays new however quiet it gets; a calm one that flares up is new again.
TRANSITIONS: Final[Mapping[AlertStatus, frozenset[AlertStatus]]] = {
    AlertStatus.NEW: frozenset({AlertStatus.ACKNOWLEDGED, AlertStatus.CLOSED}),
    AlertStatus.ACKNOWLEDGED: frozenset({AlertStatus.CALM, AlertStatus.CLOSED}),
    AlertStatus.CALM: frozenset({AlertStatus.NEW, AlertStatus.CLOSED}),
    AlertStatus.CLOSED: frozenset(),
}


class Outcome(StrEnum):
    """Why an alert was closed. SETTLED: by itself after quiet hours (预警解除), never by a person."""

    HANDLED = "handled"
    FALSE_ALARM = "false_alarm"
    MERGED = "merged"
    SETTLED = "settled"


OUTCOME_LABELS: Final[Mapping[Outcome, str]] = {
    Outcome.HANDLED: "已处理",
    Outcome.FALSE_ALARM: "误报",
    Outcome.MERGED: "并入其他预警",
    Outcome.SETTLED: "预警解除",
}


class Change(StrEnum):
    """What a finding did to its alert. HELD: counted, and nobody is told (cool-down)."""

    OPENED = "opened"
    UPDATED = "updated"
    RAISED = "raised"
    HELD = "held"


# Source: docs/decisions/003, alerts, "re-alert at 2x volume".
GROWTH: Final = 2


def require_transition(before: AlertStatus, after: AlertStatus) -> None:
    """Raises IllegalTransition unless the table has it."""
    if after not in TRANSITIONS[before]:
        raise IllegalTransition(
            f"预警{STATUS_LABELS[before]}，不能改为{STATUS_LABELS[after]}", status=before.value, wanted=after.value
        )


def change_by(
    *,
    status: AlertStatus,
    level: Level,
    announced_count: int,
    finding_level: Level,
    finding_count: int,
    quiet: timedelta,
    cooldown: timedelta,
) -> Change:
    """What a further finding means: a higher level, twice the count or a relapse is told at once.

    Anything else is held; when the cool-down has passed it is told again as long as nobody has acknowledged.
    quiet: time since people were told last. Counts are negative mentions in one window.
    """
    if finding_level.rank > level.rank:
        return Change.RAISED
    has_grown = _has_grown(finding_count, announced_count)
    is_reminder = status is AlertStatus.NEW and quiet >= cooldown
    if status is AlertStatus.CALM or has_grown or is_reminder:
        return Change.UPDATED
    return Change.HELD


def is_held_after_closing(
    *,
    outcome: Outcome,
    level: Level,
    announced_count: int,
    finding_level: Level,
    finding_count: int,
    is_overlapping: bool,
    since_closing: timedelta,
    cooldown: timedelta,
) -> bool:
    """Tell whether a finding is old news although its alert is closed: nobody is told and nothing opens.

    is_overlapping: the window holds mentions from before the closing. What people closed they knew until then, so such
    a finding is held unless it outgrew that alert: a higher level, or twice what people were told. A false alarm
    stays quiet for the whole cool-down too, unless it is outgrown. Whatever settled by itself holds nothing.
    """
    is_outgrown = finding_level.rank > level.rank or _has_grown(finding_count, announced_count)
    if outcome is Outcome.SETTLED or is_outgrown:
        return False
    return is_overlapping or (outcome is Outcome.FALSE_ALARM and since_closing < cooldown)


def _has_grown(count: int, announced_count: int) -> bool:
    return count >= GROWTH * announced_count
