"""What every step of the page knows: who asks about which brand, and where the other steps are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from nicegui import ui

from dashboard import parts
from dashboard.shell import View
from response.start.steps import LABELS, Standing, Step

PATH: Final = "/start"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """content: what the step's own ``load`` found."""

    step: Step
    standing: Standing
    asked: Mapping[str, str]
    content: Any  # Any: each step has a type of its own

    @property
    def brand(self) -> str:
        return self.standing.brand


def address(step: Step, brand: str, **more: str) -> str:
    """Where a step is."""
    return parts.address(PATH, step=step.value, brand=brand, **more)


def onward(stage: Stage, *, label: str = "", is_primary: bool = True) -> None:
    """The way on, or past this step."""
    after = stage.step.next
    with parts.tag("div", classes="start-foot"):
        if after is None:
            parts.link("完成，打开总览", "/", "button primary" if is_primary else "button")
            return
        text = label or f"下一步：{LABELS[after]}"
        parts.link(text, address(after, stage.brand), "button primary" if is_primary else "button")


def go(view: View[Stage], step: Step, brand: str, **more: str) -> None:
    """Open a step, also from a button that the redrawn view has no more."""
    with view.aside:
        ui.navigate.to(address(step, brand, **more))
