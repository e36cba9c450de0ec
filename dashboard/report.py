"""随手报: one page on which somebody says what they saw on a phone, sends it, and may take it back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import Request
from nicegui import events, run, ui

from core import evidence, intake, picture, report
from core.access import Person
from core.errors import TingfengError
from core.mention import SHANGHAI
from core.report import Report
from dashboard import parts, shell
from dashboard.desk import Work
from dashboard.shell import View
from response.services import Services

COUNTS: Final = ("likes", "comments", "reposts", "views")
FORMATS: Final = "image/png,image/jpeg,image/webp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """may_withdraw: it is this person's own, and recent."""

    report: Report
    may_withdraw: bool


@dataclass(slots=True)
class Draft:
    """What is entered and not sent yet; pictures by their names."""

    inputs: dict[str, Any] = field(default_factory=dict)  # Any: NiceGUI's inputs share no base with a typed value
    pictures: list[tuple[str, bytes]] = field(default_factory=list)

    def values(self) -> Mapping[str, Any]:  # Any: as above
        return {name: element.value for name, element in self.inputs.items()}


def register(services: Services) -> None:
    """The page /report."""

    @ui.page("/report", title="随手报 · 听风")
    async def page(request: Request, sent: str = "") -> None:
        await shell.page(services, request, "随手报", lambda s, p: load(s, p, sent), draw)


def load(services: Services, person: Person, sent: str) -> Sent | None:
    """Blocking. The report that was just sent; None for an empty form."""
    if not sent:
        return None
    with services.database.read() as connection:
        found = report.get(connection, person, sent)
    is_recent = services.now() - found.at <= report.UNDO_TIME
    return Sent(report=found, may_withdraw=is_recent and found.person == person.name)


def draw(view: View[Sent | None], sent: Sent | None) -> None:
    """The form, or what became of it."""
    if sent is not None:
        _sent(view, sent)
    else:
        _form(view, Draft())


def _form(view: View[Sent | None], draft: Draft) -> None:
    with parts.tag("section", classes="card reporting"):
        parts.tag("p", "在手机 App 里看到的，填链接、内容、截图中的任意一项即可。", "muted")
        draft.inputs["link"] = _area("链接", "粘贴链接，或整段分享文字")
        draft.inputs["text"] = _area("内容", "看到的文字")
        _pictures(draft)
        options = {"": "按链接判断"} | {each.value: label for each, label in parts.PLATFORM_LABELS.items()}
        draft.inputs["platform"] = ui.select(options, label="平台", value="").props("outlined").classes("full")
        with parts.tag("details", classes="more"):
            parts.tag("summary", "更多：互动数、看到的时间、备注")
            with parts.tag("div", classes="counts"):
                for name in COUNTS:
                    element = ui.input(report.LABELS[name]).props("outlined inputmode=numeric").classes("full")
                    draft.inputs[name] = element
            moment = view.desk.services.now().astimezone(SHANGHAI)
            draft.inputs["seen_at"] = ui.input("看到的时间", value=f"{moment:%Y-%m-%dT%H:%M}")
            draft.inputs["seen_at"].props("outlined type=datetime-local stack-label").classes("full spaced")
            draft.inputs["note"] = _area("备注", "给同事的说明，不进入正文")

        async def send() -> None:
            button.disable()
            made: list[Report] = []
            if await view.act(_making(draft, made.append), "已提交"):
                ui.navigate.to(parts.address("/report", sent=made[0].id))
            else:
                button.enable()

        button = ui.button("提交", on_click=send).props("unelevated no-caps").classes("large")


def _area(label: str, hint: str) -> ui.textarea:
    area = ui.textarea(label).props("outlined autogrow rows=2").classes("full")
    area.props["hint"] = hint
    return area


def _pictures(draft: Draft) -> None:
    async def take(event: events.UploadEventArguments) -> None:
        data = await event.file.read()
        try:
            await run.io_bound(picture.read, data)
        except TingfengError as error:
            ui.notify(error.message, type="negative", position="top")
            return
        if len(draft.pictures) < report.MOST_PICTURES:
            draft.pictures.append((event.file.name, data))
            chosen.refresh()

    @ui.refreshable
    def chosen() -> None:
        for name, data in draft.pictures:
            with parts.tag("div", classes="chosen"):
                parts.tag("span", f"{name}（{parts.number(len(data) // 1024 + 1)} KB）", "chosen-name")
                remove = ui.button("移除", on_click=lambda _, pair=(name, data): drop(pair))
                remove.props("flat dense no-caps")

    def drop(pair: tuple[str, bytes]) -> None:
        draft.pictures.remove(pair)
        chosen.refresh()

    upload = (
        ui.upload(
            multiple=True,
            auto_upload=True,
            max_file_size=picture.LARGEST_BYTES,
            max_files=report.MOST_PICTURES,
            on_upload=take,
            on_rejected=lambda: ui.notify("截图最多 3 张，每张不超过 10 MB", type="negative", position="top"),
        )
        .props(f"accept={FORMATS} no-thumbnails")
        .classes("hidden")
    )
    button = ui.button("添加截图", icon="add_photo_alternate").props("outline no-caps").classes("large")
    # In the browser, at once: it opens its file dialog only while a click is handled.
    button.on("click", js_handler=f"() => runMethod({upload.id}, 'pickFiles', [])")
    chosen()


def _making(draft: Draft, keep: Callable[[Report], None]) -> Work[object]:
    def work(services: Services, person: Person) -> None:
        made = report.make(
            services.database,
            evidence.safe_of(services.settings),
            person,
            report.from_form(draft.values()),
            [data for _, data in draft.pictures],
            author_key=intake.author_key(services.settings),
            now=services.now(),
        )
        keep(made)

    return work


def _sent(view: View[Sent | None], sent: Sent) -> None:
    async def undo() -> None:
        def work(services: Services, person: Person) -> None:
            report.withdraw(services.database, person, sent.report.id, now=services.now())

        if await view.act(work, "已撤回"):
            ui.navigate.to("/report")

    with parts.tag("section", classes="card reporting"):
        parts.tag(
            "h2",
            "这条信息已经收录过，已把这次的内容并入" if sent.report.is_joined else "已收录，正在分析",
            "card-title",
        )
        with parts.tag("p", classes="sentence"):
            parts.tag("span", sent.report.person)
            parts.time(sent.report.at, view.desk.services.now())
        parts.link("查看信息", f"/mentions/{sent.report.mention_id}", "button primary wide")
        parts.link("再报一条", "/report", "button wide")
        if sent.may_withdraw:
            ui.button("撤回", on_click=undo).props("flat no-caps").classes("large")
            parts.tag("p", f"提交后 {report.UNDO_TIME.seconds // 60} 分钟内可以撤回。", "muted small")
