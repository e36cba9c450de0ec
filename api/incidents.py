"""Incidents (舆情事件): list, read, work, close."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Body, Query

from api.door import Asked, Moment, Somebody
from response import incident, statement_check, suspect, timeline
from response.compliance.rule import Context
from response.incident import IncidentSummary
from response.incident_record import Incident
from response.state import Status
from response.statement_check import CheckedText
from response.suspect import Suspect
from response.task import Task
from response.timeline import TimelineEntry

router = APIRouter(tags=["incidents"])

Version = Annotated[int | None, Body(embed=True, description="读到的 version；已被他人修改时返回 stale_version")]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentDetail:
    """suspects: campaigns that may collide; texts: compliance checks attached."""

    incident: Incident
    tasks: tuple[Task, ...]
    suspects: tuple[Suspect, ...]
    texts: tuple[CheckedText, ...]
    timeline: tuple[TimelineEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """A blocker keeps its incident from being closed."""

    title: str
    owner: str
    due_at: Moment
    is_blocker: bool = False


@router.get("/incidents", summary="舆情事件，最新的在前")
def list_incidents(
    services: Asked,
    person: Somebody,
    status: Annotated[list[Status] | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> tuple[IncidentSummary, ...]:
    """With counts of open and overdue tasks."""
    with services.database.read() as connection:
        return incident.list_all(connection, person, now=services.now(), statuses=status or (), limit=limit)


@router.get("/incidents/{incident_id}", summary="一个事件：任务、相关活动、合规检查、时间线")
def get(services: Asked, person: Somebody, incident_id: str) -> IncidentDetail:
    """Everything the page shows."""
    with services.database.read() as connection:
        found = incident.get(connection, person, incident_id)
        return IncidentDetail(
            incident=found,
            tasks=incident.tasks(connection, person, incident_id),
            suspects=suspect.suspects(connection, person, found, now=services.now()),
            texts=statement_check.reports(connection, person, incident_id),
            timeline=timeline.of(connection, person, incident_id),
        )


@router.post("/incidents/{incident_id}/acknowledge", summary="接手事件")
def acknowledge(
    services: Asked,
    person: Somebody,
    incident_id: str,
    note: Annotated[str, Body(embed=True)] = "",
    version: Version = None,
) -> Incident:
    """From open to acknowledged."""
    with services.database.write() as connection:
        return incident.acknowledge(connection, person, incident_id, now=services.now(), note=note, version=version)


@router.post("/incidents/{incident_id}/tasks", summary="添加任务", status_code=201)
def add_task(services: Asked, person: Somebody, incident_id: str, task: NewTask) -> Task:
    """owner: who shall do it."""
    with services.database.write() as connection:
        return incident.add_task(
            connection,
            person,
            incident_id,
            title=task.title,
            owner=task.owner,
            due_at=task.due_at,
            is_blocker=task.is_blocker,
            now=services.now(),
        )


@router.post("/tasks/{task_id}/finish", summary="完成任务")
def finish_task(services: Asked, person: Somebody, task_id: str, proof: Annotated[str, Body(embed=True)] = "") -> Task:
    """proof: what shows that it was done."""
    with services.database.write() as connection:
        return incident.finish_task(connection, person, task_id, proof=proof, now=services.now())


@router.post("/incidents/{incident_id}/notes", summary="记一条备注", status_code=204)
def add_note(services: Asked, person: Somebody, incident_id: str, text: Annotated[str, Body(embed=True)]) -> None:
    """It appears in the timeline."""
    with services.database.write() as connection:
        incident.add_note(connection, person, incident_id, text=text, now=services.now())


@router.post("/incidents/{incident_id}/campaigns/{campaign_id}", summary="把活动与事件关联", status_code=204)
def link(services: Asked, person: Somebody, incident_id: str, campaign_id: str) -> None:
    """A second time changes nothing."""
    with services.database.write() as connection:
        suspect.link(connection, person, incident_id, campaign_id, now=services.now())


@router.post("/incidents/{incident_id}/compliance", summary="检查一段文字并附在事件上", status_code=201)
def check(
    services: Asked,
    person: Somebody,
    incident_id: str,
    text: Annotated[str, Body(embed=True)],
    context: Annotated[Context, Body(embed=True)] = Context.STATEMENT,
) -> CheckedText:
    """The report is kept with the text's hash."""
    return statement_check.check_text(services.database, person, incident_id, text, context, now=services.now())


@router.post("/incidents/{incident_id}/close", summary="关闭事件，写明原因")
def close(
    services: Asked,
    person: Somebody,
    incident_id: str,
    cause: Annotated[str, Body(embed=True)],
    lesson: Annotated[str, Body(embed=True)] = "",
    version: Version = None,
) -> Incident:
    """Refused with still_open while a blocker task is open."""
    with services.database.write() as connection:
        return incident.close(
            connection, person, incident_id, cause=cause, lesson=lesson, version=version, now=services.now()
        )
