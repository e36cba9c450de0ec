"""开始: the first hour with one's own brand, step by step. The step and what was asked stand in the address."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from fastapi import Request
from nicegui import ui

from core.access import Person
from dashboard import parts, shell
from dashboard.shell import View
from dashboard.start import brand, judge, notice, posts, replay, sources, watch
from dashboard.start.stage import Stage, address
from response.services import Services
from response.start.steps import LABELS, Standing, Step, standing

LOOK_AGAIN_SECONDS: Final = 2
# Steps that wait for something that goes on behind the page.
WAITING: Final = (Step.POSTS, Step.WATCH)

Load = Callable[[Services, Person, Standing, Mapping[str, str]], Any]  # Any: each step has a type of its own
Draw = Callable[[View[Stage], Stage], None]

STEPS: Final[Mapping[Step, tuple[Load, Draw]]] = {
    Step.BRAND: (brand.load, brand.draw),
    Step.SOURCES: (sources.load, sources.draw),
    Step.POSTS: (posts.load, posts.draw),
    Step.WATCH: (watch.load, watch.draw),
    Step.JUDGE: (judge.load, judge.draw),
    Step.REPLAY: (replay.load, replay.draw),
    Step.NOTICE: (notice.load, notice.draw),
}


def register(services: Services) -> None:
    """The page /start."""

    @ui.page("/start", title="开始 · 听风")
    async def page(request: Request) -> None:
        asked = dict(request.query_params)
        view = await shell.page(services, request, "开始", lambda s, p: stage(s, p, asked), draw)
        if asked.get("step") in WAITING:
            ui.timer(LOOK_AGAIN_SECONDS, view.refresh, immediate=False)


def stage(services: Services, person: Person, asked: Mapping[str, str]) -> Stage:
    """Blocking. Without a brand every step is the first one."""
    found = standing(services, person, asked.get("brand", ""))
    wanted = asked.get("step", "")
    step = Step(wanted) if found.brand and wanted in set(Step) else Step.BRAND
    content = STEPS[step][0](services, person, found, asked)
    return Stage(step=step, standing=found, asked=asked, content=content)


def draw(view: View[Stage], shown: Stage) -> None:
    """Where one is, then the step."""
    with parts.tag("ol", classes="start-steps", aria_label="步骤"):
        for number, step in enumerate(Step, start=1):
            _entry(shown, number, step)
    STEPS[shown.step][1](view, shown)


def _entry(shown: Stage, number: int, step: Step) -> None:
    is_done = step in shown.standing.done
    with parts.tag("li", classes="start-step"):
        text = f"{number} {LABELS[step]}"
        if not shown.brand and step is not Step.BRAND:
            parts.tag("span", text, "start-link muted")
            return
        entry = parts.link(f"{text} ✓" if is_done else text, address(step, shown.brand), "start-link")
        if step is shown.step:
            entry.props["aria-current"] = "step"
