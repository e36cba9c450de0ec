"""预警: the list, by status, level and brand; the address holds the choice."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import Request
from nicegui import ui

from alerts import alert
from alerts.alert import Alert
from alerts.level import Level
from alerts.state import STATUS_LABELS, AlertStatus
from core import watchlist
from core.access import Person
from core.errors import InvalidInput
from core.mention import as_utc
from dashboard import parts, shell
from dashboard.shell import View
from response.services import Services

PAGE_SIZE: Final = 50
LOOK_AGAIN_SECONDS: Final = 10
OPEN: Final = "open"
STATUSES: Final = (("", "全部"), (OPEN, "未关闭"), *((each.value, STATUS_LABELS[each]) for each in AlertStatus))
LEVELS: Final = (("", "全部"), *((each.value, f"{each.label}色") for each in reversed(Level)))
HEADINGS: Final = ("级别", "预警", "品牌", "负面条数", "状态", "触发时间", "最近发现")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address asks for; before: triggered earlier than this, for the next page."""

    status: str = ""
    level: str = ""
    brand: str = ""
    before: str = ""

    def address(self, *, before: str = "") -> str:
        return parts.address("/alerts", status=self.status, level=self.level, brand=self.brand, before=before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One page of the list."""

    asked: Asked
    brands: tuple[str, ...]
    alerts: tuple[Alert, ...]


def register(services: Services) -> None:
    """The page /alerts."""

    @ui.page("/alerts", title="预警 · 听风")
    async def page(request: Request) -> None:
        given = request.query_params
        question = Asked(**{name: given.get(name, "") for name in ("status", "level", "brand", "before")})
        view = await shell.page(services, request, "预警", lambda s, p: listed(s, p, question), draw)
        ui.timer(LOOK_AGAIN_SECONDS, view.refresh, immediate=False)


def listed(services: Services, person: Person, question: Asked) -> Listed:
    """Blocking. Raises InvalidInput for a status, level or time that is none."""
    with services.database.read() as connection:
        brands = tuple(each.name for each in watchlist.brands(connection, person))
        brand = question.brand or None
        try:
            level = Level(question.level) if question.level else None
            status = AlertStatus(question.status) if question.status not in ("", OPEN) else None
            before = as_utc(datetime.fromisoformat(question.before)) if question.before else None
        except ValueError as error:
            raise InvalidInput("筛选条件无法识别，请重新选择") from error
        if question.status == OPEN:
            found = tuple(
                each for each in alert.list_open(connection, person, brand=brand) if level in (None, each.level)
            )
        else:
            found = alert.list_all(
                connection, person, brand=brand, level=level, status=status, before=before, limit=PAGE_SIZE
            )
    return Listed(asked=question, brands=brands, alerts=found)


def draw(view: View[Listed], shown: Listed) -> None:
    """Filters and table."""
    now = view.desk.services.now()
    with parts.tag("form", classes="toolbar", method="get", action="/alerts"):
        parts.choice("状态", "status", STATUSES, shown.asked.status)
        parts.choice("级别", "level", LEVELS, shown.asked.level)
        parts.choice("品牌", "brand", [("", "全部"), *((name, name) for name in shown.brands)], shown.asked.brand)
    if not shown.alerts:
        with parts.tag("section", classes="card"):
            hint = "负面信息突增时会自动触发预警；规则写在 tingfeng.yaml 的 rules 里。"
            parts.empty("没有符合条件的预警", hint)
        return
    with parts.tag("section", classes="card flush"), parts.tag("table", classes="table stacking"):
        with parts.tag("thead"), parts.tag("tr"):
            for heading in HEADINGS:
                parts.tag("th", heading, "right" if heading == "负面条数" else "", scope="col")
        with parts.tag("tbody"):
            for each in shown.alerts:
                _row(each, now)
    if len(shown.alerts) == PAGE_SIZE and shown.asked.status != OPEN:
        with parts.tag("div", classes="pager"):
            parts.link("更多", shown.asked.address(before=shown.alerts[-1].opened_at.isoformat()), "button primary")


def _row(each: Alert, now: datetime) -> None:
    with parts.tag("tr"):
        with parts.cell("级别"):
            parts.level_chip(each.level)
        with parts.cell("预警", "main-cell"):
            parts.link(each.title, f"/alerts/{each.id}", "link strong")
            parts.tag("span", each.number, "muted small block")
        parts.cell("品牌", text=each.brand)
        parts.cell("负面条数", "right", text=parts.number(each.count))
        with parts.cell("状态"):
            status_chip(each)
        with parts.cell("触发时间"):
            parts.time(each.opened_at, now)
        with parts.cell("最近发现"):
            parts.time(each.found_at, now)


def status_chip(each: Alert) -> None:
    """The status in words; what waits for a person stands out."""
    parts.chip(STATUS_LABELS[each.status], "waiting" if each.status is AlertStatus.NEW else "plain")
