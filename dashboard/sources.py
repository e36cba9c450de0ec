"""来源: the health of each source, and what could not become a mention."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import Request
from nicegui import ui

from core import access, quarantine
from core.access import Action, Person
from core.quarantine import Quarantined
from crawler import sources
from crawler.sources import Source, SourceKind
from dashboard import parts, shell
from dashboard.shell import View
from response.services import Services

LOOK_AGAIN_SECONDS: Final = 10
MOST_QUARANTINED: Final = 30
RAW_LENGTH: Final = 160
KINDS: Final[Mapping[SourceKind, str]] = {
    SourceKind.FEED: "订阅源",
    SourceKind.LISTING: "列表页",
    SourceKind.DISCUZ: "Discuz 论坛",
    SourceKind.FORUM: "论坛",
    SourceKind.WORDPRESS: "WordPress",
}
HEADINGS: Final = ("来源", "状态", "最近采集", "本次条数", "新增", "下次采集", "操作")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Sources with trouble first; quarantined newest first, masked."""

    sources: tuple[Source, ...]
    quarantined: tuple[Quarantined, ...]
    may_manage: bool


def register(services: Services) -> None:
    """The page /sources."""

    @ui.page("/sources", title="来源 · 听风")
    async def page(request: Request) -> None:
        view = await shell.page(services, request, "来源", listed, draw)
        ui.timer(LOOK_AGAIN_SECONDS, view.refresh, immediate=False)


def listed(services: Services, person: Person) -> Listed:
    """Blocking."""
    with services.database.read() as connection:
        found = sources.list_all(connection, person)
        quarantined = quarantine.shown(connection, person, limit=MOST_QUARANTINED)
    ordered = sorted(found, key=lambda source: (not source.enabled, -source.consecutive_failures, source.name))
    return Listed(
        sources=tuple(ordered),
        quarantined=quarantined,
        may_manage=access.may(person, Action.MANAGE_SOURCES),
    )


def draw(view: View[Listed], shown: Listed) -> None:
    """Table, then quarantine."""
    now = view.desk.services.now()
    if not shown.sources:
        with parts.tag("section", classes="card"):
            hint = "在 tingfeng.yaml 的 sources 里写上网站或订阅源并运行 tingfeng apply，或用 tingfeng source 添加。"
            parts.empty("还没有来源", hint)
    else:
        with parts.tag("section", classes="card flush"), parts.tag("table", classes="table stacking"):
            with parts.tag("thead"), parts.tag("tr"):
                for heading in HEADINGS if shown.may_manage else HEADINGS[:-1]:
                    parts.tag("th", heading, "right" if heading in ("本次条数", "新增") else "", scope="col")
            with parts.tag("tbody"):
                for source in shown.sources:
                    _row(view, source, now, may_manage=shown.may_manage)
    _quarantine(shown.quarantined, now)


def _row(view: View[Listed], source: Source, now: datetime, *, may_manage: bool) -> None:
    with parts.tag("tr"):
        with parts.cell("来源", "main-cell"):
            parts.link(source.name, parts.address("/mentions", source=source.name), "link strong")
            said = f"{KINDS[source.kind]} · {parts.PLATFORM_LABELS[source.platform]} · {source.tier.value} 级"
            parts.tag("span", said, "muted small block")
        with parts.cell("状态", "state-cell"):
            _state(source)
        with parts.cell("最近采集"):
            parts.time(source.last_finished_at, now)
        parts.cell("本次条数", "right", text=parts.number(source.last_count_items))
        parts.cell("新增", "right", text=parts.number(source.last_count_new))
        with parts.cell("下次采集"):
            parts.time(source.next_due_at if source.enabled else None, now)
        if not may_manage:
            return
        with parts.cell("操作"):
            if source.enabled:
                again = ui.button("立即采集", on_click=lambda: _crawl_now(view, source.name))
                again.props("outline dense no-caps")
                again.props["aria-label"] = f"立即采集：{source.name}"


def _state(source: Source) -> None:
    if not source.enabled:
        parts.chip("停用")
    elif source.last_error_code:
        parts.chip(f"异常（连续 {source.consecutive_failures} 次）", "negative")
        parts.tag("span", source.last_error_message, "small block")
    elif source.last_finished_at is None:
        parts.chip("等待首次采集", "waiting")
    else:
        parts.chip("正常", "positive")


async def _crawl_now(view: View[Listed], name: str) -> None:
    def work(services: Services, person: Person) -> None:
        with services.database.write() as connection:
            sources.request_now(connection, person, name, now=services.now())

    await view.act(work, f"已安排立即采集「{name}」")


def _quarantine(quarantined: Sequence[Quarantined], now: datetime) -> None:
    with parts.tag("section", classes="card"):
        with parts.tag("div", classes="card-head"):
            parts.tag("h2", "隔离区", "card-title")
            parts.tag("span", "无法变成信息的内容及原因，最新在前", "muted small")
        if not quarantined:
            parts.empty("隔离区是空的")
            return
        with parts.tag("table", classes="table stacking"):
            with parts.tag("thead"), parts.tag("tr"):
                for heading in ("时间", "来源", "原因", "内容"):
                    parts.tag("th", heading, scope="col")
            with parts.tag("tbody"):
                for each in quarantined:
                    with parts.tag("tr"):
                        with parts.cell("时间"):
                            parts.time(each.at, now)
                        parts.cell("来源", text=each.source)
                        parts.cell("原因", text=each.message)
                        parts.cell("内容", "raw", text=each.raw[:RAW_LENGTH])
