"""舆情事件: the list, with what is late."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import Request
from nicegui import ui

from core.access import Person
from core.errors import InvalidInput
from dashboard import parts, shell
from dashboard.shell import View
from response import incident
from response.incident import IncidentSummary
from response.services import Services
from response.state import STATUS_LABELS, Status

LOOK_AGAIN_SECONDS: Final = 10
RUNNING: Final = "running"
STATUSES: Final = (("", "全部"), (RUNNING, "未结案"), *((each.value, STATUS_LABELS[each]) for each in Status))
HEADINGS: Final = ("级别", "舆情事件", "品牌", "状态", "未完成任务", "建立时间", "用时")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """status: as the address says."""

    status: str
    incidents: tuple[IncidentSummary, ...]


def register(services: Services) -> None:
    """The page /incidents."""

    @ui.page("/incidents", title="舆情事件 · 听风")
    async def page(request: Request) -> None:
        status = request.query_params.get("status", "")
        view = await shell.page(services, request, "舆情事件", lambda s, p: listed(s, p, status), draw)
        ui.timer(LOOK_AGAIN_SECONDS, view.refresh, immediate=False)


def listed(services: Services, person: Person, status: str) -> Listed:
    """Blocking. Raises InvalidInput for a status that is none."""
    try:
        chosen = (Status.OPEN, Status.ACKNOWLEDGED) if status == RUNNING else (Status(status),) if status else ()
    except ValueError as error:
        raise InvalidInput("筛选条件无法识别，请重新选择", field="status") from error
    with services.database.read() as connection:
        found = incident.list_all(connection, person, now=services.now(), statuses=chosen)
    return Listed(status=status, incidents=found)


def draw(view: View[Listed], shown: Listed) -> None:
    """Filter and table."""
    now = view.desk.services.now()
    with parts.tag("form", classes="toolbar", method="get", action="/incidents"):
        parts.choice("状态", "status", STATUSES, shown.status)
    if not shown.incidents:
        with parts.tag("section", classes="card"):
            hint = "预警达到设定级别（默认橙色）时自动建立；也可以在预警页手动建立。"
            parts.empty("没有符合条件的舆情事件", hint)
        return
    with parts.tag("section", classes="card flush"), parts.tag("table", classes="table stacking"):
        with parts.tag("thead"), parts.tag("tr"):
            for heading in HEADINGS:
                parts.tag("th", heading, scope="col")
        with parts.tag("tbody"):
            for each in shown.incidents:
                _row(each, now)


def _row(each: IncidentSummary, now: datetime) -> None:
    found = each.incident
    with parts.tag("tr"):
        with parts.cell("级别"):
            parts.level_chip(found.level)
        with parts.cell("舆情事件", "main-cell"):
            parts.link(found.title, f"/incidents/{found.id}", "link strong")
            parts.tag("span", found.number, "muted small block")
        parts.cell("品牌", text=found.brand)
        with parts.cell("状态"):
            status_chip(found.status)
        with parts.cell("未完成任务"):
            parts.tag("span", str(each.tasks.open))
            if each.tasks.overdue:
                parts.chip(f"超期 {each.tasks.overdue}", "negative")
        with parts.cell("建立时间"):
            parts.time(found.opened_at, now)
        parts.cell("用时", text=parts.duration((found.closed_at or now) - found.opened_at))


def status_chip(status: Status) -> None:
    """The status in words; what waits for a person stands out."""
    parts.chip(STATUS_LABELS[status], "waiting" if status is Status.OPEN else "plain")
