"""The states of an incident (舆情事件) and the one table that says which step leads where.

Nothing else decides about states: a longer process (监测 研判 上报 处置 回应 跟踪 结案 复盘) replaces ``Status``,
``Step`` and the tables here, and the functions that work on incidents stay as they are.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from core.errors import IllegalTransition


class Status(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class Step(StrEnum):
    """What somebody does to an incident. A note is no step: it may be added at any time."""

    ACKNOWLEDGE = "acknowledge"
    ADD_TASK = "add_task"
    CLOSE = "close"
    REOPEN = "reopen"


STATUS_LABELS: Final[Mapping[Status, str]] = {
    Status.OPEN: "待确认",
    Status.ACKNOWLEDGED: "处置中",
    Status.CLOSED: "已结案",
}

STEP_LABELS: Final[Mapping[Step, str]] = {
    Step.ACKNOWLEDGE: "确认",
    Step.ADD_TASK: "添加任务",
    Step.CLOSE: "结案",
    Step.REOPEN: "重新打开",
}

TRANSITIONS: Final[Mapping[tuple[Status, Step], Status]] = {
    (Status.OPEN, Step.ACKNOWLEDGE): Status.ACKNOWLEDGED,
    (Status.OPEN, Step.ADD_TASK): Status.OPEN,
    (Status.ACKNOWLEDGED, Step.ADD_TASK): Status.ACKNOWLEDGED,
    (Status.ACKNOWLEDGED, Step.CLOSE): Status.CLOSED,
    (Status.CLOSED, Step.REOPEN): Status.OPEN,
}


def after(status: Status, step: Step) -> Status:
    """Return the status after a step. Raises IllegalTransition, naming what is possible instead."""
    following = TRANSITIONS.get((status, step))
    if following is not None:
        return following
    raise IllegalTransition(
        f"舆情事件当前为「{STATUS_LABELS[status]}」，不能{STEP_LABELS[step]}",
        status=status.value,
        step=step.value,
        possible=[possible.value for possible in steps(status)],
    )


def steps(status: Status) -> tuple[Step, ...]:
    """Return what may be done in this status, for the buttons of a page."""
    return tuple(step for (origin, step) in TRANSITIONS if origin is status)
