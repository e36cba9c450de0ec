"""Parts of an incident's page about what the brand says: campaigns that collide, and texts checked for compliance."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from nicegui import ui

from core.access import Person
from dashboard import form, parts
from dashboard.desk import Work
from dashboard.shell import View
from index.base import Span
from response import statement_check, suspect
from response.campaign import CAMPAIGN_STATUS_LABELS
from response.compliance.check import Finding, Verdict
from response.compliance.rule import Context, Level
from response.incident import Incident
from response.services import Services
from response.statement_check import VERDICT_LABELS, CheckedText
from response.suspect import Suspect

CONTEXTS: Final[Mapping[Context, str]] = {Context.STATEMENT: "声明、回应", Context.ADVERT: "广告、推广"}
LEVELS: Final[Mapping[Level, tuple[str, str]]] = {
    Level.BLOCK: ("须修改", "negative"),
    Level.EVIDENCE: ("须有依据", "risk"),
    Level.MISSING: ("缺少内容", "risk"),
    Level.MASK: ("须遮盖", "risk"),
    Level.WARN: ("需复核", "plain"),
}
VERDICTS: Final[Mapping[Verdict, str]] = {
    Verdict.REVISE: "negative",
    Verdict.PROVE: "risk",
    Verdict.REVIEW: "waiting",
    Verdict.CLEAR: "positive",
}
AnyView = View[Any]  # Any: these parts reload whatever view they stand in


def draw_check(view: AnyView, incident: Incident, texts: Sequence[CheckedText], *, may_check: bool) -> None:
    """What was checked, the newest open, and the way to check another text."""
    now = view.desk.services.now()
    with parts.tag("section", classes="card"):
        with parts.tag("div", classes="card-head"):
            parts.tag("h2", "文稿合规检查", "card-title")
            if may_check:
                ui.button("检查文稿", on_click=lambda: _check(view, incident)).props("flat dense no-caps")
        if not texts:
            parts.empty("还没有检查过的文稿", "粘贴声明或文案，系统会标出风险用语、依据和改法；不代替法务判断。")
        for place, checked in enumerate(texts):
            _report(checked, now, is_open=place == 0)


def _check(view: AnyView, incident: Incident) -> None:
    def check(values: form.Values) -> Work[object]:
        def work(services: Services, person: Person) -> None:
            context = Context(values["context"])
            statement_check.check_text(
                services.database, person, incident.id, values["text"], context, now=services.now()
            )

        return work

    options = {context.value: label for context, label in CONTEXTS.items()}
    entries = [
        form.Entry(name="text", label="粘贴声明、回应或广告文案", kind=form.Kind.TEXT),
        form.Entry(name="context", label="用途", kind=form.Kind.CHOICE, value="statement", options=options),
    ]
    form.open_dialog(view, "文稿合规检查", entries, submit="检查", work=check, done="检查完成，结果已附到舆情事件")


def _report(checked: CheckedText, now: datetime, *, is_open: bool) -> None:
    report = checked.report
    with parts.tag("details", classes="report") as details:
        if is_open:
            details.props["open"] = "open"
        with parts.tag("summary"):
            parts.chip(VERDICT_LABELS[report.verdict], VERDICTS[report.verdict])
            said = f"{CONTEXTS[report.context]} · {len(report.findings)} 处 · {checked.person} ·"
            parts.tag("span", said, "small")
            parts.time(checked.at, now)
        with parts.tag("blockquote", classes="checked-text"):
            spans = [Span(part="text", start=found.start, end=found.end) for found in report.findings]
            kinds = [f"found-{found.level.value}" for found in report.findings]
            parts.highlighted(checked.text, spans, kinds=kinds)
        with parts.tag("ol", classes="findings"):
            for found in report.findings:
                _finding(found)
        if report.cleared:
            cleared = "、".join(
                f"“{found.quote}”（{found.exemption.title if found.exemption else ''}）" for found in report.cleared
            )
            parts.tag("p", f"已考虑的例外：{cleared}", "muted small")
        parts.tag("p", f"规则版本 {report.pack_version} · 文稿指纹 {checked.text_hash[:12]}", "muted small")


def _finding(found: Finding) -> None:
    label, kind = LEVELS[found.level]
    with parts.tag("li", classes="finding"):
        with parts.tag("div", classes="finding-head"):
            parts.chip(label, kind)
            parts.tag("strong", f"“{found.quote}”")
            parts.tag("span", found.title, "muted")
        parts.tag("p", found.reason)
        parts.tag("p", f"建议：{found.suggestion}")
        parts.tag("p", f"依据：{'；'.join(found.articles)}", "muted small")
        if found.exemption:
            parts.tag("p", f"可能的例外：{found.exemption.title}", "muted small")


def draw_suspects(view: AnyView, incident: Incident, suspects: Sequence[Suspect], *, may_link: bool) -> None:
    """Campaigns that run at the same time, with the reasons, and the button that confirms the connection."""
    now = view.desk.services.now()
    with parts.tag("section", classes="card"):
        parts.tag("h2", "可能相关的营销活动", "card-title")
        if not suspects:
            parts.empty("没有同品牌的进行中活动", "活动由市场同事登记后，会在这里提示冲突。")
        for found in suspects:
            with parts.tag("div", classes="suspect"):
                with parts.tag("div", classes="row-body"):
                    with parts.tag("div", classes="chips"):
                        parts.tag("strong", found.campaign.name)
                        parts.chip(CAMPAIGN_STATUS_LABELS[found.campaign.status(now)])
                        if found.is_linked:
                            parts.chip("已关联", "positive")
                    parts.tag("span", "；".join(found.reasons), "small")
                    if found.campaign.claim:
                        parts.tag("span", f"宣传语：{found.campaign.claim}", "muted small")
                if may_link and not found.is_linked:
                    _link_button(view, incident, found)


def _link_button(view: AnyView, incident: Incident, found: Suspect) -> None:
    async def link() -> None:
        def work(services: Services, person: Person) -> None:
            with services.database.write() as connection:
                suspect.link(connection, person, incident.id, found.campaign.id, now=services.now())

        await view.act(work, f"已关联活动「{found.campaign.name}」")

    button = ui.button("关联", on_click=link).props("outline dense no-caps")
    button.props["aria-label"] = f"关联活动：{found.campaign.name}"
