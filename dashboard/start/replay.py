"""Step 6: what the rules would have said of the past days."""

from collections.abc import Mapping

from core.access import Person
from core.mention import SHANGHAI
from dashboard import parts
from dashboard.shell import View
from dashboard.start.stage import Stage, onward
from response.services import Services
from response.start.replay import DAYS, Replay, WouldAlert, replay
from response.start.steps import Standing


def load(services: Services, person: Person, standing: Standing, _asked: Mapping[str, str]) -> Replay:
    """Judge anew; takes up to 20 seconds."""
    return replay(services, person, standing.brand)


def draw(view: View[Stage], stage: Stage) -> None:
    """The sentence, then each alert."""
    shown: Replay = stage.content
    with parts.tag("section", classes="card start-card"):
        parts.tag("h2", f"用现在的规则回放最近 {DAYS} 天", "card-title")
        parts.tag("p", "只计算，不保存，不发通知。", "muted")
        parts.tag("p", shown.said, "start-figure", role="status")
        if shown.since is not None and shown.until is not None:
            since, until = (moment.astimezone(SHANGHAI) for moment in (shown.since, shown.until))
            parts.tag("p", f"回放了 {since:%m-%d %H:%M} 到 {until:%m-%d %H:%M}", "muted small")
        if shown.is_cut:
            parts.tag("p", "信息太多，时间只够回放最近的一段。", "text-negative")
        if shown.undated:
            said = f"{parts.number(shown.undated)} 条没有精确到分钟的发布时间，不参与预警。"
            parts.tag("p", said, "muted small")
        for each in shown.alerts:
            _alert(view, each)
        if shown.until is not None and shown.rules and not shown.alerts:
            parts.tag("p", "这段时间没有达到规则的门槛（默认一小时 6 条负面，且明显多于平时）。")
    onward(stage)


def _alert(view: View[Stage], alert: WouldAlert) -> None:
    with parts.tag("div", classes="start-post"):
        with parts.tag("p", classes="sentence"):
            parts.level_chip(alert.level)
            parts.tag("strong", alert.rule)
            parts.time(alert.at, view.desk.services.now())
            parts.tag("span", f"负面 {parts.number(alert.negative)} 条")
        parts.tag("p", alert.explanation, "small")
