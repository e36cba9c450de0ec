"""Incidents (舆情事件): opened for an alert, acknowledged, worked on with tasks and notes, closed with a cause.

Each function is one step of one person: it checks access, locks the incident, asks ``state`` whether the step is
possible, and leaves one audit row. Notes live in the audit only; the timeline is read from there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from alerts.alert import Alert
from core import audit
from core.access import SYSTEM, Action, Person, require
from core.database import serialise
from core.errors import InvalidInput, StillOpen
from response import incident_record, suspect, task
from response.entered import optional, required
from response.incident_record import Incident
from response.state import Status, Step, after
from response.task import Task, TaskCounts

__all__ = [
    "Incident",
    "IncidentSummary",
    "Task",
    "acknowledge",
    "add_note",
    "add_task",
    "close",
    "finish_task",
    "get",
    "list_all",
    "open_for",
    "tasks",
]

# Guess: longer texts belong into a statement or a file.
LONGEST_TITLE: Final = 200
LONGEST_TEXT: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSummary:
    """One line of the list: the incident and its open tasks, counted at a given time."""

    incident: Incident
    tasks: TaskCounts

    @property
    def is_overdue(self) -> bool:
        """Tell whether an open task is past its due time."""
        return self.tasks.overdue > 0


def open_for(connection: Connection, alert: Alert, *, now: datetime, person: Person = SYSTEM) -> Incident:
    """Open the incident of an alert, or bring the one there is up to the alert's level.

    Repeating it changes nothing, also from several processes at once. The level only rises; a closed incident
    whose alert rises is opened again (舆情反复), so that nobody misses it.
    """
    require(person, Action.WORK_INCIDENT)
    serialise(connection, "incident")
    known = incident_record.of_alert(connection, alert.id)
    if known is not None:
        return _follow(connection, person, known, alert, now)
    opened = _open(connection, alert, now)
    suspects = suspect.suspects(connection, SYSTEM, opened, now=now)
    details = {
        "alert": alert.id,
        "alert_number": alert.number,
        "level": alert.level.value,
        "suspects": [found.details() for found in suspects],
    }
    _record(connection, person, opened, "incident.opened", now, details=details)
    return opened


def get(connection: Connection, person: Person, incident_id: str) -> Incident:
    """Raises NotFound."""
    require(person, Action.READ_INCIDENTS)
    return incident_record.find(connection, incident_id)


def of_alert(connection: Connection, person: Person, alert_id: str) -> Incident | None:
    """The incident opened for an alert, or None."""
    require(person, Action.READ_INCIDENTS)
    return incident_record.of_alert(connection, alert_id)


def list_all(
    connection: Connection, person: Person, *, now: datetime, statuses: Sequence[Status] = (), limit: int = 100
) -> tuple[IncidentSummary, ...]:
    """Incidents, the newest first, with counts of their open tasks. statuses: empty means any."""
    require(person, Action.READ_INCIDENTS)
    found = incident_record.latest(connection, statuses, limit)
    counts = task.counts(connection, [incident.id for incident in found], now=now)
    return tuple(IncidentSummary(incident=incident, tasks=counts.get(incident.id, TaskCounts())) for incident in found)


def tasks(connection: Connection, person: Person, incident_id: str) -> tuple[Task, ...]:
    """All tasks in the order they were added. Raises NotFound."""
    return task.of_incident(connection, get(connection, person, incident_id).id)


def acknowledge(
    connection: Connection,
    person: Person,
    incident_id: str,
    *,
    now: datetime,
    note: str = "",
    version: int | None = None,
) -> Incident:
    """Take the incident on. Raises IllegalTransition, StaleVersion."""
    require(person, Action.WORK_INCIDENT)
    note = optional(note, "note", "备注", longest=LONGEST_TEXT)
    incident = incident_record.lock(connection, incident_id, version=version)
    changed = incident_record.change(
        connection,
        incident,
        now=now,
        status=after(incident.status, Step.ACKNOWLEDGE),
        acknowledged_by=person.name,
        acknowledged_at=now,
    )
    _record(
        connection,
        person,
        incident,
        "incident.acknowledged",
        now,
        note=optional(note, "note", "备注", longest=LONGEST_TEXT),
    )
    return changed


def add_task(
    connection: Connection,
    person: Person,
    incident_id: str,
    *,
    title: str,
    owner: str,
    due_at: datetime,
    now: datetime,
    is_blocker: bool = False,
) -> Task:
    """Give somebody something to do until ``due_at``. Raises InvalidInput, IllegalTransition once it is closed."""
    require(person, Action.WORK_INCIDENT)
    title = required(title, "title", "任务内容", longest=LONGEST_TITLE)
    owner = required(owner, "owner", "负责人", longest=LONGEST_TITLE)
    if due_at.tzinfo is None:
        raise InvalidInput("任务期限缺少时区", field="due_at")
    incident = incident_record.lock(connection, incident_id)
    status = after(incident.status, Step.ADD_TASK)
    added = task.add(
        connection,
        incident_id=incident.id,
        title=title,
        owner=owner,
        due_at=due_at,
        is_blocker=is_blocker,
        created_by=person.name,
        now=now,
    )
    incident_record.change(connection, incident, now=now, status=status)
    details = {
        "task": added.id,
        "title": added.title,
        "owner": owner,
        "due_at": added.due_at.isoformat(),
        "is_blocker": is_blocker,
    }
    _record(connection, person, incident, "incident.task_added", now, details=details)
    return added


def finish_task(connection: Connection, person: Person, task_id: str, *, proof: str, now: datetime) -> Task:
    """Mark a task as done, with what shows it. Raises InvalidInput without proof, Conflict when it was done before."""
    require(person, Action.WORK_INCIDENT)
    proof = required(proof, "proof", "完成说明", longest=LONGEST_TEXT)
    incident = incident_record.lock(connection, task.get(connection, task_id).incident_id)
    done = task.finish(connection, task_id, done_by=person.name, proof=proof, now=now)
    incident_record.change(connection, incident, now=now)
    details = {"task": done.id, "title": done.title}
    _record(connection, person, incident, "incident.task_finished", now, details=details, note=proof)
    return done


def add_note(connection: Connection, person: Person, incident_id: str, *, text: str, now: datetime) -> None:
    """Add a note to the timeline, in any status. Raises InvalidInput when it is empty."""
    require(person, Action.WORK_INCIDENT)
    text = required(text, "text", "备注", longest=LONGEST_TEXT)
    incident = incident_record.find(connection, incident_id)
    _record(connection, person, incident, "incident.note_added", now, note=text)


def close(
    connection: Connection,
    person: Person,
    incident_id: str,
    *,
    cause: str,
    now: datetime,
    lesson: str = "",
    version: int | None = None,
) -> Incident:
    """Close with the cause. Raises StillOpen while a blocker is open, IllegalTransition, StaleVersion, InvalidInput."""
    require(person, Action.CLOSE_INCIDENT)
    cause = required(cause, "cause", "结案原因", longest=LONGEST_TEXT)
    lesson = optional(lesson, "lesson", "经验教训", longest=LONGEST_TEXT)
    incident = incident_record.lock(connection, incident_id, version=version)
    status = after(incident.status, Step.CLOSE)
    _refuse_blockers(task.open_blockers(connection, incident.id))
    changed = incident_record.change(
        connection,
        incident,
        now=now,
        status=status,
        closed_by=person.name,
        closed_at=now,
        cause=cause,
        lesson=lesson,
    )
    _record(connection, person, incident, "incident.closed", now, details={"cause": cause, "lesson": lesson})
    return changed


def _open(connection: Connection, alert: Alert, now: datetime) -> Incident:
    incident = Incident(
        id=incident_record.next_number(connection, now),
        alert_id=alert.id,
        alert_number=alert.number,
        brand=alert.brand,
        story=alert.story,
        title=alert.title,
        level=alert.level,
        status=Status.OPEN,
        opened_at=now,
        updated_at=now,
        acknowledged_by=None,
        acknowledged_at=None,
        closed_by=None,
        closed_at=None,
        cause="",
        lesson="",
        version=1,
    )
    incident_record.add(connection, incident)
    return incident


def _follow(connection: Connection, person: Person, known: Incident, alert: Alert, now: datetime) -> Incident:
    """Take over what became clear in the alert: its story, a higher level; a closed incident comes back with that."""
    incident = incident_record.lock(connection, known.id)
    if incident.story is None and alert.story is not None:
        incident = incident_record.change(connection, incident, now=now, story=alert.story, title=alert.title)
    if alert.level.rank <= incident.level.rank:
        return incident
    is_relapse = incident.status is Status.CLOSED
    values: dict[str, object] = {"level": alert.level}
    if is_relapse:
        values |= dict.fromkeys(("acknowledged_by", "acknowledged_at", "closed_by", "closed_at"))
        values |= {"status": after(incident.status, Step.REOPEN), "cause": "", "lesson": ""}
    changed = incident_record.change(connection, incident, now=now, **values)
    details = {"before": incident.level.value, "level": alert.level.value}
    action = "incident.reopened" if is_relapse else "incident.raised"
    _record(connection, person, incident, action, now, details=details)
    return changed


def _refuse_blockers(blockers: Sequence[Task]) -> None:
    if blockers:
        names = "、".join(f"「{blocker.title}」（{blocker.owner}）" for blocker in blockers)
        raise StillOpen(
            f"还有 {len(blockers)} 项关键任务未完成：{names}",
            tasks=[{"id": each.id, "title": each.title, "owner": each.owner} for each in blockers],
        )


def _record(
    connection: Connection,
    person: Person,
    incident: Incident,
    action: str,
    now: datetime,
    *,
    details: Mapping[str, object] | None = None,
    note: str = "",
) -> None:
    audit.record(
        connection, person=person, action=action, subject=incident.subject, now=now, details=details, note=note
    )
