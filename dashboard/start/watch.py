"""Step 4: how far the first crawl is."""

from collections.abc import Mapping

from core.access import Person
from crawler import sources
from crawler.sources import Source
from dashboard import parts
from dashboard.shell import View
from dashboard.sources import STATES
from dashboard.start.stage import Stage, onward
from response.services import Services
from response.start.steps import Standing
from response.start.watch import Watched, watch


def load(services: Services, person: Person, standing: Standing, _asked: Mapping[str, str]) -> Watched:
    """Count anew."""
    return watch(services, person, standing.brand)


def draw(_view: View[Stage], stage: Stage) -> None:
    """The sentence, then each source."""
    shown: Watched = stage.content
    with parts.tag("section", classes="card start-card"):
        parts.tag("h2", "看看采到了什么", "card-title")
        parts.tag("p", shown.said, "start-figure", role="status")
        if shown.sources:
            parts.tag("p", _going(shown), "muted")
        if shown.advice:
            parts.tag("p", shown.advice)
        if shown.named:
            parts.link("打开提到品牌的信息", parts.address("/mentions", brand=stage.brand))
        with parts.tag("ul", classes="start-list"):
            for source in shown.sources:
                _row(source)
    onward(stage)


def _going(shown: Watched) -> str:
    said = [f"{shown.read} 个源已读过一遍"]
    if shown.running:
        said.append(f"{shown.running} 个正在采集，已读 {parts.number(shown.pages)} 页")
    if shown.troubled:
        said.append(f"{shown.troubled} 个有问题")
    if shown.waiting:
        said.append(f"{parts.number(shown.waiting)} 条等待分析")
    return "，".join(said) + "。"


def _row(source: Source) -> None:
    label, kind = STATES[source.health]
    is_running = sources.is_running(source)
    with parts.tag("li", classes="start-row"):
        parts.link(source.name, parts.address("/mentions", source=source.name), "link start-name")
        parts.chip("采集中" if is_running else label, "waiting" if is_running else kind)
        said = (
            f"{parts.number(source.progress_pages)} 页，{parts.number(source.progress_mentions)} 条"
            if is_running
            else f"{parts.number(source.last_count_items)} 条"
        )
        parts.tag("span", source.health_message or said, "small start-reason")
