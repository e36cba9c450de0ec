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
from crawler.health import State
from crawler.sources import Source, SourceKind
from dashboard import parts, shell
from dashboard.shell import View
from response import coverage as reach
from response.coverage import Coverage, Covered
from response.services import Services

LOOK_AGAIN_SECONDS: Final = 10
MOST_QUARANTINED: Final = 30
RAW_LENGTH: Final = 160
KINDS: Final[Mapping[SourceKind, str]] = {
    SourceKind.FEED: "订阅源",
    SourceKind.LISTING: "列表页",
    SourceKind.DISCUZ: "Discuz 论坛",
    SourceKind.FORUM: "论坛",
    SourceKind.SITEMAP: "网站地图",
    SourceKind.JSON: "数据接口",
    SourceKind.WORDPRESS: "WordPress",
    SourceKind.HOTLIST: "热榜",
}
STATES: Final[Mapping[State, tuple[str, str]]] = {
    State.NEW: ("等待首次采集", "waiting"),
    State.WORKING: ("正常", "positive"),
    State.SILENT: ("沉默", "negative"),
    State.BROKEN: ("结构已变", "negative"),
    State.BLOCKED: ("被拒绝", "negative"),
    State.FAILING: ("采集失败", "negative"),
}
HEADINGS: Final = ("来源", "状态", "最近采集", "本次条数", "新增", "日均新增", "下次采集", "操作")
NUMBERS: Final = ("本次条数", "新增", "日均新增")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Sources with trouble first; quarantined newest first, masked."""

    sources: tuple[Source, ...]
    quarantined: tuple[Quarantined, ...]
    may_manage: bool
    coverage: Coverage


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
    ordered = sorted(
        found, key=lambda source: (not source.enabled, STATES[source.health][1] != "negative", source.name)
    )
    return Listed(
        sources=tuple(ordered),
        quarantined=quarantined,
        may_manage=access.may(person, Action.MANAGE_SOURCES),
        coverage=reach.coverage(services, person),
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
                    parts.tag("th", heading, "right" if heading in NUMBERS else "", scope="col")
            with parts.tag("tbody"):
                for source in shown.sources:
                    _row(view, source, now, may_manage=shown.may_manage)
    _coverage(shown.coverage, now)
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
        usual = source.news_per_day
        parts.cell("日均新增", "right", text="基线建立中" if usual is None else f"{usual:g}")
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
        return
    label, kind = STATES[source.health]
    failures = source.consecutive_failures
    parts.chip(f"{label}（连续 {failures} 次）" if failures > 1 else label, kind)
    if source.health_message:
        parts.tag("span", source.health_message, "small block")
    elif source.last_error_message and not source.last_error_code:  # what the crawl left for the next
        parts.tag("span", source.last_error_message, "muted small block")
    if sources.is_running(source):
        parts.tag("span", _progress(source), "small block")


def _progress(source: Source) -> str:
    said = f"采集中：{parts.number(source.progress_pages)} 页，{parts.number(source.progress_mentions)} 条"
    return f"{said}，还有至少 {parts.number(source.progress_waiting)} 页" if source.progress_waiting else said


def _coverage(coverage: Coverage, now: datetime) -> None:
    with parts.tag("section", classes="card", id="coverage"):
        with parts.tag("div", classes="card-head"):
            parts.tag("h2", "覆盖范围", "card-title")
            parts.tag("span", "统计数字只包含已接入的平台", "muted small")
        with parts.tag("table", classes="table stacking"):
            with parts.tag("thead"), parts.tag("tr"):
                for heading in ("平台", "来源", "最近采集", "近 28 天信息"):
                    parts.tag("th", heading, "right" if heading.startswith("近") else "", scope="col")
            with parts.tag("tbody"):
                for each in coverage.covered:
                    _covered(each, now)
        if coverage.missing:
            names = "、".join(parts.PLATFORM_LABELS[platform] for platform in coverage.missing)
            parts.tag(
                "p", f"未接入：{names}。公开网站可登记为来源；封闭平台请用导入、推送或随手报。", "card-note muted"
            )


def _covered(each: Covered, now: datetime) -> None:
    with parts.tag("tr"):
        with parts.cell("平台"):
            parts.link(parts.PLATFORM_LABELS[each.platform], parts.address("/mentions", platform=each.platform))
        is_whole = each.working == each.sources
        said = f"{each.working}/{each.sources} 正常" if each.sources else "导入或推送"
        parts.cell("来源", "" if is_whole else "text-negative", text=said)
        with parts.cell("最近采集"):
            parts.time(each.last_read_at, now)
        parts.cell("近 28 天信息", "right", text=parts.number(each.mentions))


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
