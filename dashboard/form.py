"""Dialogs that ask for a few values and then do something; what was entered stays until it worked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from nicegui import ui

from dashboard import parts
from dashboard.desk import Work
from dashboard.shell import View

T = TypeVar("T")
Values = Mapping[str, Any]  # Any: text, or bool for a check box


class Kind(StrEnum):
    """What a field looks like. MOMENT is Shanghai wall time as ``2026-06-16T14:00``."""

    LINE = "line"
    TEXT = "text"
    MOMENT = "moment"
    CHOICE = "choice"
    CHECK = "check"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One field of a form. options: value → label, for CHOICE."""

    name: str
    label: str
    kind: Kind = Kind.LINE
    value: str | bool = ""
    options: Mapping[str, str] = field(default_factory=dict)
    hint: str = ""


def draw(entries: Sequence[Entry]) -> Callable[[], Values]:
    """Draw the fields; returns a function that reads them."""
    inputs = {entry.name: _input(entry) for entry in entries}
    return lambda: {name: element.value for name, element in inputs.items()}


def open_dialog(
    view: View[T],
    title: str,
    entries: Sequence[Entry],
    *,
    submit: str,
    work: Callable[[Values], Work[object]],
    done: str,
    note: str = "",
    then: Callable[[], None] = lambda: None,
) -> None:
    """Ask in a dialog; it closes when the work is done, and stays open with its message when it is refused."""
    view.aside.clear()
    with view.aside, ui.dialog(value=True) as dialog, ui.card().classes("dialog"):
        parts.tag("h2", title, "card-title")
        if note:
            parts.tag("p", note, "muted small")
        read = draw(entries)

        async def send() -> None:
            button.disable()
            if await view.act(work(read()), done):
                dialog.close()
                then()
            else:
                button.enable()

        with parts.tag("div", classes="dialog-actions"):
            ui.button("取消", on_click=dialog.close).props("flat no-caps")
            button = ui.button(submit, on_click=send).props("unelevated no-caps")


def _input(entry: Entry) -> Any:  # Any: NiceGUI's inputs share no base that has a value of one type
    if entry.kind is Kind.CHECK:
        return ui.checkbox(entry.label, value=bool(entry.value))
    if entry.kind is Kind.CHOICE:
        select = ui.select(dict(entry.options), label=entry.label, value=entry.value)
        return select.props("outlined dense options-dense").classes("full")
    if entry.kind is Kind.TEXT:
        return _hinted(ui.textarea(entry.label).props("outlined dense autogrow"), entry)
    element = ui.input(entry.label, value=str(entry.value)).props("outlined dense")
    if entry.kind is Kind.MOMENT:
        element.props("type=datetime-local stack-label")
    return _hinted(element, entry)


def _hinted(element: ui.element, entry: Entry) -> ui.element:
    if entry.hint:
        element.props["hint"] = entry.hint
    return element.classes("full")
