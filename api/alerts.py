"""Alerts (预警): list, read, acknowledge, close."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Body, Query

from alerts import alert, outbox
from alerts.alert import Alert
from alerts.alert_finding import Recorded
from alerts.level import Level
from alerts.outbox import Delivery
from alerts.state import AlertStatus, Outcome
from api.door import Asked, Moment, Somebody
from response import incident
from response.incident_record import Incident

router = APIRouter(tags=["alerts"])


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertDetail:
    """An alert with its findings, newest first, and what became of its messages."""

    alert: Alert
    findings: tuple[Recorded, ...]
    deliveries: tuple[Delivery, ...]


@router.get("/alerts", summary="预警，最新的在前")
def list_alerts(
    services: Asked,
    person: Somebody,
    brand: str | None = None,
    level: Level | None = None,
    status: AlertStatus | None = None,
    before: Annotated[Moment | None, Query(description="只看早于此时打开的，用于翻页")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> tuple[Alert, ...]:
    """Page with ``before``: the opened_at of the last one."""
    with services.database.read() as connection:
        return alert.list_all(connection, person, brand=brand, level=level, status=status, before=before, limit=limit)


@router.get("/alerts/{alert_id}", summary="一个预警：理由、依据、通知回执")
def get(services: Asked, person: Somebody, alert_id: str) -> AlertDetail:
    """Everything the page shows."""
    with services.database.read() as connection:
        return AlertDetail(
            alert=alert.get(connection, person, alert_id),
            findings=alert.findings(connection, person, alert_id),
            deliveries=outbox.deliveries(connection, person, subject=f"alert:{alert_id}"),
        )


@router.post("/alerts/{alert_id}/acknowledge", summary="确认预警；重复确认不改变什么")
def acknowledge(services: Asked, person: Somebody, alert_id: str, note: Annotated[str, Body(embed=True)] = "") -> Alert:
    """The first one who acknowledges is kept."""
    with services.database.write() as connection:
        return alert.acknowledge(connection, person, alert_id, note=note, now=services.now())


@router.post("/alerts/{alert_id}/close", summary="关闭预警")
def close(
    services: Asked,
    person: Somebody,
    alert_id: str,
    outcome: Annotated[Outcome, Body(embed=True)],
    note: Annotated[str, Body(embed=True)] = "",
) -> Alert:
    """outcome: handled, false_alarm or merged."""
    with services.database.write() as connection:
        return alert.close(connection, person, alert_id, outcome=outcome, note=note, now=services.now())


@router.post("/alerts/{alert_id}/incident", summary="由预警建立舆情事件", status_code=201)
def open_incident(services: Asked, person: Somebody, alert_id: str) -> Incident:
    """The incident there is, if one was opened already."""
    with services.database.write() as connection:
        found = alert.get(connection, person, alert_id)
        return incident.open_for(connection, found, now=services.now(), person=person)
