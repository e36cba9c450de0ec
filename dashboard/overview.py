"""总览: where the brand stands now. Every number opens its mentions; the page looks again by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from fastapi import Request
from nicegui import ui

from alerts import alert
from alerts.alert import Alert
from core import watchlist
from core.access import Person
from core.mention import SHANGHAI, Sentiment
from dashboard import chart, coverage, parts, shell
from dashboard.shell import View
from index.base import Dimension
from index.trends import Day
from response import coverage as reach
from response import incident, mentions
from response.coverage import Coverage, DayGap
from response.incident import IncidentSummary
from response.mentions import Filters
from response.overview import Overview, overview
from response.services import Services
from response.state import STATUS_LABELS, Status

# Guess: somebody who watches a crisis sees the next alert soon, and a hundred open tabs cost little.
LOOK_AGAIN_SECONDS: Final = 10
PERIODS: Final = (7, 30, 90)
DEFAULT_PERIOD: Final = 30
MOST_ROWS: Final = 6
MOST_SOURCES: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """A source of the last seven days: all its mentions, and the negative ones."""

    name: str
    total: int
    negative: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Everything the page shows. Without the moment it was taken two equal pictures are equal."""

    brand: str | None
    brands: tuple[str, ...]
    numbers: Overview
    days: tuple[Day, ...]
    period: int
    alerts: tuple[Alert, ...]
    incidents: tuple[IncidentSummary, ...]
    sources: tuple[SourceRow, ...]
    week_since: date
    coverage: Coverage
    gaps: Mapping[date, DayGap]


def register(services: Services) -> None:
    """The page /."""

    @ui.page("/", title="总览 · 听风")
    async def page(request: Request) -> None:
        brand = request.query_params.get("brand") or None
        days = request.query_params.get("days", "")
        period = int(days) if days in map(str, PERIODS) else DEFAULT_PERIOD
        view = await shell.page(services, request, "总览", lambda s, p: picture(s, p, brand, period), draw)
        ui.timer(LOOK_AGAIN_SECONDS, view.refresh, immediate=False)


def picture(services: Services, person: Person, brand: str | None, period: int) -> Picture:
    """Ask for everything; blocking."""
    now = services.now()
    midnight = now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    week = Filters(brand=brand, since=midnight - timedelta(days=6), until=now)
    with services.database.read() as connection:
        brands = tuple(each.name for each in watchlist.brands(connection, person) if each.enabled)
        alerts = alert.list_open(connection, person, brand=brand)
        running = (Status.OPEN, Status.ACKNOWLEDGED)
        incidents = incident.list_all(connection, person, now=now, statuses=running)
    numbers = overview(services, person, brand=brand)
    since = midnight - timedelta(days=period - 1)
    return Picture(
        brand=brand,
        brands=brands,
        numbers=replace(numbers, at=midnight),
        days=mentions.trend(services, person, "", Filters(brand=brand), since=since, until=now),
        period=period,
        alerts=alerts,
        incidents=tuple(each for each in incidents if brand in (None, each.incident.brand)),
        sources=_sources(services, person, week),
        week_since=(midnight - timedelta(days=6)).date(),
        coverage=reach.coverage(services, person),
        gaps=reach.by_day(reach.gaps(services, person, since=since, until=now), until=now),
    )


def _sources(services: Services, person: Person, week: Filters) -> tuple[SourceRow, ...]:
    """The busiest ones, then their negatives: asked in one go, the rare pairs of many sources would be cut off."""

    def count(chosen: Filters) -> dict[str, int]:
        found = mentions.facets(services, person, "", chosen, by=[Dimension.SOURCE], limit=MOST_SOURCES)
        return {bucket.keys[0]: bucket.count for bucket in found if bucket.keys[0]}

    totals = count(week)
    negatives = count(replace(week, source=tuple(totals), sentiment=Sentiment.NEGATIVE))
    return tuple(SourceRow(name=name, total=total, negative=negatives.get(name, 0)) for name, total in totals.items())


def draw(view: View[Picture], shown: Picture) -> None:
    """Figures, trend, what is open, where it comes from."""
    now = view.desk.services.now()
    _choices(shown)
    _first_steps(shown)
    _figures(shown)
    coverage.line(shown.coverage)
    with parts.tag("div", classes="columns urgent"):
        with parts.tag("div", classes="column-wide"):
            _trend(shown)
            with parts.tag("div", classes="halves"):
                _top_sources(shown)
                _health(shown.numbers)
        with parts.tag("div", classes="column-narrow"):
            _open_alerts(shown.alerts, now)
            _open_incidents(shown.incidents, now)


def _choices(shown: Picture) -> None:
    with parts.tag("form", classes="toolbar", method="get", action="/"):
        parts.choice("品牌", "brand", [("", "全部品牌"), *((name, name) for name in shown.brands)], shown.brand or "")
        parts.tag("input", type="hidden", name="days", value=str(shown.period))


def _periods(shown: Picture) -> None:
    with parts.tag("div", classes="segments", role="group", aria_label="趋势天数"):
        for period in PERIODS:
            href = parts.address("/", brand=shown.brand, days=str(period))
            segment = parts.link(f"{period} 天", href, "segment")
            if period == shown.period:
                segment.props["aria-current"] = "true"


def _first_steps(shown: Picture) -> None:
    """A fresh installation says what to do next; gone once mentions are there."""
    if any(day.counts.total for day in shown.days) or shown.numbers.week.count:
        return
    has_backlog = bool(shown.numbers.backlog.unanalysed or shown.numbers.backlog.unindexed)
    steps = (
        (bool(shown.brands), "配置品牌", "写上品牌名，别名和排除词会自动提议；也可写在 tingfeng.yaml 的 brands 里。"),
        (
            shown.numbers.sources.enabled > 0,
            "配置来源",
            "从公开来源里勾选；也可写在 tingfeng.yaml 的 sources 里，或用 tingfeng source 添加。",
        ),
        (has_backlog, "等待首次采集", "来源会按间隔自动采集；在「来源」页可以立即采集并查看结果。"),
    )
    with parts.tag("section", classes="card"):
        parts.tag("h2", "开始使用", "card-title")
        with parts.tag("ol", classes="steps"):
            for is_done, name, hint in steps:
                with parts.tag("li", classes="step step-done" if is_done else "step"):
                    parts.tag("strong", f"{name}{'（已完成）' if is_done else ''}")
                    parts.tag("span", hint, "muted")
        with parts.tag("div", classes="start-foot"):
            parts.link("开始，大约十分钟", "/start", "button primary")
            parts.link("打开来源页", "/sources", "button")


def _figures(shown: Picture) -> None:
    numbers = shown.numbers
    open_alerts = sum(numbers.alerts.values())
    levels = "、".join(f"{level.label}色 {count}" for level, count in numbers.alerts.items() if count)
    share = "暂无" if numbers.share_negative is None else f"占 {parts.percent(numbers.share_negative)}"
    since = f"{shown.week_since:%m-%d} 起"
    with parts.tag("div", classes="figures"):
        _figure("今日信息", parts.number(numbers.today.count), parts.mentions_address(numbers.today.query), "0 点至今")
        _figure("近 7 天信息", parts.number(numbers.week.count), parts.mentions_address(numbers.week.query), since)
        negative = parts.mentions_address(numbers.week_negative.query)
        kind = "negative" if numbers.week_negative.count else ""
        _figure("近 7 天负面", parts.number(numbers.week_negative.count), negative, share, kind=kind)
        alerts = parts.address("/alerts", brand=shown.brand, status="open")
        kind = "negative" if open_alerts else ""
        _figure("未关闭预警", str(open_alerts), alerts, levels or "暂无", kind=kind)
        overdue = sum(each.tasks.overdue for each in shown.incidents)
        note = f"{overdue} 项任务超期" if overdue else "无超期任务"
        running = parts.address("/incidents", status="running")
        _figure("未结舆情事件", str(len(shown.incidents)), running, note, kind="negative" if overdue else "")


def _figure(label: str, value: str, href: str, note: str, *, kind: str = "") -> None:
    with parts.tag("a", classes=f"figure figure-{kind}" if kind else "figure", href=href):
        parts.tag("span", label, "figure-label")
        parts.tag("span", value, "figure-value")
        parts.tag("span", note, "figure-note")


def _trend(shown: Picture) -> None:
    def address_of(day: date, sentiment: Sentiment | None) -> str:
        on = day.isoformat()
        return parts.address("/mentions", brand=shown.brand, sentiment=sentiment, since=on, until=on)

    with parts.tag("section", classes="card"):
        with parts.tag("div", classes="card-head"):
            parts.tag("h2", f"近 {shown.period} 天趋势", "card-title")
            _periods(shown)
        if any(day.counts.total for day in shown.days):
            chart.trend(shown.days, address_of=address_of, gaps=shown.gaps)
        else:
            parts.empty("这段时间没有信息", "有信息之后，这里显示每天的数量和情感。")


def _open_alerts(alerts: Sequence[Alert], now: datetime) -> None:
    with parts.tag("section", classes="card"):
        _head("未关闭预警", "/alerts")
        if not alerts:
            parts.empty("没有未关闭的预警")
        for each in alerts[:MOST_ROWS]:
            with parts.tag("a", classes="row-link", href=f"/alerts/{each.id}"):
                parts.level_chip(each.level)
                with parts.tag("span", classes="row-body"):
                    parts.tag("span", each.title, "row-title")
                    with parts.tag("span", classes="row-note"):
                        parts.tag("span", f"{each.number} · 负面 {parts.number(each.count)} 条")
                        parts.time(each.opened_at, now)


def _open_incidents(incidents: Sequence[IncidentSummary], now: datetime) -> None:
    with parts.tag("section", classes="card"):
        _head("未结舆情事件", "/incidents")
        if not incidents:
            parts.empty("没有未结的舆情事件", "预警达到设定级别时会自动建立；也可以在预警页手动建立。")
        for each in incidents[:MOST_ROWS]:
            with parts.tag("a", classes="row-link", href=f"/incidents/{each.incident.id}"):
                parts.level_chip(each.incident.level)
                with parts.tag("span", classes="row-body"):
                    parts.tag("span", each.incident.title, "row-title")
                    with parts.tag("span", classes="row-note"):
                        lasted = parts.duration(now - each.incident.opened_at)
                        parts.tag("span", f"{each.incident.number} · 已 {lasted} · 任务 {each.tasks.open}")
                    with parts.tag("span", classes="chips"):
                        parts.chip(STATUS_LABELS[each.incident.status])
                        if each.tasks.overdue:
                            parts.chip(f"超期 {each.tasks.overdue}", "negative")


def _top_sources(shown: Picture) -> None:
    most = max((row.total for row in shown.sources), default=1)
    with parts.tag("section", classes="card"):
        _head("近 7 天主要来源", "/sources")
        if not shown.sources:
            parts.empty("近 7 天没有信息")
        for row in shown.sources:
            href = parts.address("/mentions", brand=shown.brand, source=row.name, since=shown.week_since.isoformat())
            with parts.tag("a", classes="bar-row", href=href):
                parts.tag("span", row.name, "bar-name")
                parts.tag("span", f"{parts.number(row.total)} 条，负面 {parts.number(row.negative)}", "bar-value")
                with parts.tag("span", classes="bar", aria_hidden="true"):
                    parts.tag("span", classes="bar-negative").style(f"width:{row.negative / most:.1%}")
                    parts.tag("span", classes="bar-rest").style(f"width:{(row.total - row.negative) / most:.1%}")


def _health(numbers: Overview) -> None:
    waiting = numbers.backlog.unanalysed + numbers.backlog.unindexed
    with parts.tag("section", classes="card health"):
        parts.tag("h2", "运行情况", "card-title")
        with parts.tag("dl", classes="facts"):
            parts.fact("待分析", f"{parts.number(numbers.backlog.unanalysed)} 条")
            parts.fact("待入库", f"{parts.number(numbers.backlog.unindexed)} 条")
            parts.fact("来源", f"{numbers.sources.enabled} 个启用，{numbers.sources.waiting} 个等待首次采集")
            parts.fact("异常来源", f"{numbers.sources.failing} 个", "text-negative" if numbers.sources.failing else "")
        if numbers.sources.failing:
            parts.link("查看异常来源", "/sources")
        elif numbers.sources.enabled and not waiting:
            parts.tag("p", "运行正常，没有积压。", "muted small")


def _head(title: str, href: str) -> None:
    with parts.tag("div", classes="card-head"):
        parts.tag("h2", title, "card-title")
        parts.link("全部", href, "link small", aria_label=f"全部{title}")
