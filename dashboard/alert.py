"""One alert: why it was raised, in numbers; what was found since; who was told; and what to do with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import Request
from nicegui import ui

from alerts import alert, outbox
from alerts.alert import Alert, Recorded
from alerts.outbox import Delivery, DeliveryStatus
from alerts.state import OUTCOME_LABELS, AlertStatus, Change, Outcome
from core import access
from core.access import Action, Person
from core.errors import NotFound
from core.mention import Mention
from dashboard import alerts as listing
from dashboard import coverage, form, parts, shell
from dashboard.desk import Work
from dashboard.shell import View
from response import coverage as reach
from response import incident, mentions
from response.coverage import Coverage
from response.incident import Incident
from response.services import Services
from response.state import STATUS_LABELS

MOST_SAMPLES: Final = 10
# What a person may choose.
OUTCOMES: Final = (Outcome.HANDLED, Outcome.FALSE_ALARM, Outcome.MERGED)
CHANGES: Final = {Change.OPENED: "触发", Change.UPDATED: "更新", Change.RAISED: "升级", Change.HELD: "记录"}
DELIVERIES: Final = {
    DeliveryStatus.PENDING: ("等待发送", "plain"),
    DeliveryStatus.SENT: ("已送达", "positive"),
    DeliveryStatus.FAILED: ("发送失败", "negative"),
    DeliveryStatus.REJECTED: ("被拒收", "negative"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The alert and everything that belongs to it; findings oldest first, deliveries newest first."""

    alert: Alert
    findings: tuple[Recorded, ...]
    samples: tuple[Mention, ...]
    deliveries: tuple[Delivery, ...]
    incident: Incident | None
    may_handle: bool
    may_open_incident: bool
    coverage: Coverage


def register(services: Services) -> None:
    """The page /alerts/{alert_id}."""

    @ui.page("/alerts/{alert_id}", title="预警 · 听风")
    async def page(request: Request, alert_id: str) -> None:
        await shell.page(services, request, "预警详情", lambda s, p: load(s, p, alert_id), draw, up=shell.ALERTS)


def load(services: Services, person: Person, alert_id: str) -> Shown:
    """Blocking. Raises NotFound."""
    with services.database.read() as connection:
        found = alert.get(connection, person, alert_id)
        findings = alert.findings(connection, person, alert_id)
        deliveries = outbox.deliveries(connection, person, subject=f"alert:{alert_id}")
        opened = incident.of_alert(connection, person, alert_id)
    ids = dict.fromkeys(name for each in reversed(findings) for name in each.finding.samples)
    return Shown(
        alert=found,
        findings=findings,
        samples=_samples(services, person, list(ids)[:MOST_SAMPLES]),
        deliveries=deliveries,
        incident=opened,
        may_handle=access.may(person, Action.HANDLE_ALERT),
        may_open_incident=access.may(person, Action.WORK_INCIDENT),
        coverage=reach.coverage(services, person),
    )


def _samples(services: Services, person: Person, ids: Sequence[str]) -> tuple[Mention, ...]:
    """Those that still exist."""
    found = []
    for name in ids:
        try:
            found.append(mentions.get(services, person, name))
        except NotFound:
            continue
    return tuple(found)


def draw(view: View[Shown], shown: Shown) -> None:
    """Head with buttons, then reasons and samples beside deliveries."""
    now = view.desk.services.now()
    _head(view, shown, now)
    coverage.line(shown.coverage)
    with parts.tag("div", classes="columns"):
        with parts.tag("div", classes="column-wide"):
            _reasons(shown)
            _history(shown.findings, now)
            _samples_card(shown, now)
        with parts.tag("div", classes="column-narrow"):
            _facts(shown.alert, now)
            _incident(view, shown)
            _deliveries(shown.deliveries, now)


def _head(view: View[Shown], shown: Shown, now: datetime) -> None:
    found = shown.alert
    with parts.tag("section", classes=f"card head head-{found.level.value}"):
        with parts.tag("div", classes="head-body"):
            with parts.tag("div", classes="chips"):
                parts.level_chip(found.level)
                listing.status_chip(found)
                parts.tag("span", found.number, "muted small")
            parts.tag("h2", found.title, "head-title")
            parts.tag("p", found.reasons[-1], "head-reason")
        if shown.may_handle and found.is_open:
            with parts.tag("div", classes="actions"):
                if found.status is AlertStatus.NEW:
                    ui.button("确认预警", on_click=lambda: _acknowledge(view, found.id)).props("unelevated no-caps")
                ui.button("关闭预警", on_click=lambda: _close(view, found.id)).props("outline no-caps")


async def _acknowledge(view: View[Shown], alert_id: str) -> None:
    def work(services: Services, person: Person) -> None:
        with services.database.write() as connection:
            alert.acknowledge(connection, person, alert_id, now=services.now())

    await view.act(work, "已确认预警")


def _close(view: View[Shown], alert_id: str) -> None:
    def close(values: form.Values) -> Work[object]:
        def work(services: Services, person: Person) -> None:
            with services.database.write() as connection:
                outcome = Outcome(values["outcome"])
                alert.close(connection, person, alert_id, outcome=outcome, note=values["note"], now=services.now())

        return work

    outcomes = {outcome.value: OUTCOME_LABELS[outcome] for outcome in OUTCOMES}
    entries = [
        form.Entry(name="outcome", label="关闭原因", kind=form.Kind.CHOICE, value="handled", options=outcomes),
        form.Entry(name="note", label="说明（可选）", kind=form.Kind.TEXT),
    ]
    form.open_dialog(view, "关闭预警", entries, submit="关闭预警", work=close, done="已关闭预警")


def _reasons(shown: Shown) -> None:
    if not shown.findings:
        return
    latest = shown.findings[-1].finding
    with parts.tag("section", classes="card"):
        with parts.tag("div", classes="card-head"):
            parts.tag("h2", "触发依据", "card-title")
            said = f"查看这 {parts.number(latest.count_negative)} 条负面信息"
            parts.link(said, parts.mentions_address(latest.query), "link small")
        with parts.tag("div", classes="figures inner"):
            during = parts.window(latest.window_start, latest.window_end)
            _figure("负面", f"{parts.number(latest.count_negative)} 条", during)
            _figure("全部", f"{parts.number(latest.count)} 条", during)
            _figure("负面占比", parts.percent(latest.share_negative), "每位作者最多计 2 条")
            _figure("平时同一时段", parts.expected(latest.expected), "" if latest.expected is None else "条信息")


def _figure(label: str, value: str, note: str) -> None:
    with parts.tag("div", classes="figure"):
        parts.tag("span", label, "figure-label")
        parts.tag("span", value, "figure-value")
        parts.tag("span", note, "figure-note")


def _history(findings: Sequence[Recorded], now: datetime) -> None:
    with parts.tag("section", classes="card"):
        parts.tag("h2", "发现记录", "card-title")
        with parts.tag("table", classes="table stacking"):
            with parts.tag("thead"), parts.tag("tr"):
                for heading in ("时间", "变化", "级别", "负面 / 全部", "负面占比", "统计时段"):
                    parts.tag("th", heading, scope="col")
            with parts.tag("tbody"):
                for each in reversed(findings):
                    found = each.finding
                    with parts.tag("tr"):
                        with parts.cell("时间"):
                            parts.time(each.at, now)
                        parts.cell("变化", text=CHANGES[each.change])
                        with parts.cell("级别"):
                            parts.level_chip(found.level)
                        with parts.cell("负面 / 全部"), parts.tag("span"):  # one piece where cells are spread
                            parts.link(parts.number(found.count_negative), parts.mentions_address(found.query))
                            parts.tag("span", f" / {parts.number(found.count)}")
                        parts.cell("负面占比", text=parts.percent(found.share_negative))
                        parts.cell("统计时段", text=parts.window(found.window_start, found.window_end))


def _samples_card(shown: Shown, now: datetime) -> None:
    with parts.tag("section", classes="card"):
        with parts.tag("div", classes="card-head"):
            parts.tag("h2", "代表信息", "card-title")
            if shown.alert.story:
                parts.link("整个话题", parts.address("/mentions", story=shown.alert.story), "link small")
        if not shown.samples:
            parts.empty("没有可显示的信息", "可能已超过保留期限。")
        for each in shown.samples:
            with parts.tag("a", classes="row-link", href=f"/mentions/{each.id}"):
                if each.analysis:
                    parts.sentiment_chip(each.analysis.sentiment.label)
                with parts.tag("span", classes="row-body"):
                    parts.tag("span", each.title or each.text[:40], "row-title")
                    with parts.tag("span", classes="row-note"):
                        parts.tag("span", f"{each.source} · {each.author or '未知作者'}")
                        parts.time(each.order_time, now)


def _facts(found: Alert, now: datetime) -> None:
    with parts.tag("section", classes="card"):
        parts.tag("h2", "状态", "card-title")
        with parts.tag("dl", classes="facts"):
            parts.fact("品牌", found.brand)
            parts.fact("触发时间", parts.full_clock(found.opened_at))
            if found.is_open:
                parts.fact("已持续", parts.duration(now - found.opened_at))
            parts.fact("最近发现", parts.clock(found.found_at, now))
            if found.acknowledged_by and found.acknowledged_at:
                parts.fact("确认", f"{found.acknowledged_by}，{parts.clock(found.acknowledged_at, now)}")
            if found.closed_by and found.closed_at:
                reason = OUTCOME_LABELS[found.outcome] if found.outcome else ""
                parts.fact("关闭", f"{found.closed_by}，{parts.clock(found.closed_at, now)}，{reason}")


def _incident(view: View[Shown], shown: Shown) -> None:
    with parts.tag("section", classes="card"):
        parts.tag("h2", "舆情事件", "card-title")
        if shown.incident is not None:
            with parts.tag("p", classes="sentence"):
                parts.link(shown.incident.number, f"/incidents/{shown.incident.id}", "link strong")
                parts.chip(STATUS_LABELS[shown.incident.status])
            return
        parts.tag("p", "尚未建立舆情事件。", "muted small")
        if shown.may_open_incident and shown.alert.is_open:
            ui.button("建立舆情事件", on_click=lambda: _open_incident(view, shown.alert.id)).props("outline no-caps")


async def _open_incident(view: View[Shown], alert_id: str) -> None:
    def work(services: Services, person: Person) -> None:
        with services.database.write() as connection:
            found = alert.get(connection, person, alert_id)
            incident.open_for(connection, found, now=services.now(), person=person)

    await view.act(work, "已建立舆情事件")


def _deliveries(deliveries: Sequence[Delivery], now: datetime) -> None:
    with parts.tag("section", classes="card"):
        parts.tag("h2", "通知记录", "card-title")
        if not deliveries:
            parts.empty("没有发出通知", "通知渠道写在 tingfeng.yaml 的 channels 里，并受最低级别限制。")
        with parts.tag("ul", classes="deliveries"):
            for each in deliveries:
                with parts.tag("li", classes="delivery"):
                    label, kind = DELIVERIES[each.status]
                    with parts.tag("div", classes="delivery-head"):
                        parts.tag("strong", each.channel)
                        parts.chip(label, kind)
                    parts.tag("span", _outcome(each, now), "muted small block")
                    if each.error_message:
                        parts.tag("span", each.error_message, "text-negative small block")


def _outcome(each: Delivery, now: datetime) -> str:
    said = f"{parts.clock(each.finished_at or each.created_at, now)} · 第 {max(each.attempts, 1)} 次"
    if each.status is DeliveryStatus.PENDING and each.attempts:
        said = f"已试 {each.attempts} 次，下次 {parts.clock(each.next_attempt_at, now)}"
    if each.receipt is not None:
        proof = each.receipt.provider_id or (f"HTTP {each.receipt.status}" if each.receipt.status else "")
        said = f"{said} · 回执 {proof}" if proof else said
    return said
