"""One incident: clocks, tasks, notes, timeline, and closing. Campaigns and texts are drawn by ``incident_texts``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fastapi import Request
from nicegui import ui

from core import access
from core.access import Action, Person
from core.errors import InvalidInput
from core.mention import SHANGHAI
from dashboard import form, incident_texts, parts, shell
from dashboard.desk import Work
from dashboard.incidents import status_chip
from dashboard.shell import View
from response import incident, statement_check, suspect, timeline
from response.incident import Incident, Task
from response.services import Services
from response.state import Status
from response.statement_check import CheckedText
from response.suspect import Suspect
from response.timeline import MILESTONE, TimelineEntry

# Guess: half a working day; the person changes it in the form.
DEFAULT_DUE: Final = timedelta(hours=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The incident and everything that belongs to it; timeline oldest first, texts newest first."""

    incident: Incident
    tasks: tuple[Task, ...]
    timeline: tuple[TimelineEntry, ...]
    suspects: tuple[Suspect, ...]
    texts: tuple[CheckedText, ...]
    may_work: bool
    may_close: bool
    may_check: bool

    @property
    def first_post_at(self) -> datetime | None:
        """The first mention of its story, where one is known."""
        return next((entry.at for entry in self.timeline if entry.kind == MILESTONE), None)


def register(services: Services) -> None:
    """The page /incidents/{number}."""

    @ui.page("/incidents/{number}", title="舆情事件 · 听风")
    async def page(request: Request, number: str) -> None:
        await shell.page(services, request, "舆情事件处置", lambda s, p: load(s, p, number), draw, up=shell.INCIDENTS)


def load(services: Services, person: Person, number: str) -> Shown:
    """Blocking. Raises NotFound."""
    with services.database.read() as connection:
        found = incident.get(connection, person, number)
        return Shown(
            incident=found,
            tasks=incident.tasks(connection, person, number),
            timeline=timeline.of(connection, person, number),
            suspects=suspect.suspects(connection, person, found, now=services.now()),
            texts=statement_check.reports(connection, person, number),
            may_work=access.may(person, Action.WORK_INCIDENT),
            may_close=access.may(person, Action.CLOSE_INCIDENT),
            may_check=access.may(person, Action.CHECK_COMPLIANCE),
        )


def draw(view: View[Shown], shown: Shown) -> None:
    """Head with clocks, then work beside the timeline."""
    now = view.desk.services.now()
    _head(view, shown, now)
    with parts.tag("div", classes="columns"):
        with parts.tag("div", classes="column-wide"):
            _tasks(view, shown, now)
            incident_texts.draw_check(view, shown.incident, shown.texts, may_check=shown.may_check)
            incident_texts.draw_suspects(view, shown.incident, shown.suspects, may_link=shown.may_work)
        with parts.tag("div", classes="column-narrow"):
            _timeline(view, shown, now)


def _head(view: View[Shown], shown: Shown, now: datetime) -> None:
    found = shown.incident
    with parts.tag("section", classes=f"card head head-{found.level.value}"):
        with parts.tag("div", classes="head-body"):
            with parts.tag("div", classes="chips"):
                parts.level_chip(found.level)
                status_chip(found.status)
                parts.tag("span", found.number, "muted small")
                parts.tag("span", found.brand, "muted small")
            parts.tag("h2", found.title, "head-title")
            with parts.tag("dl", classes="clocks"):
                _clocks(shown, now)
            if found.status is Status.CLOSED:
                parts.tag("p", f"原因：{found.cause}", "sentence")
                if found.lesson:
                    parts.tag("p", f"经验教训：{found.lesson}", "sentence")
        with parts.tag("div", classes="actions"):
            if shown.may_work and found.status is Status.OPEN:
                ui.button("确认，开始处置", on_click=lambda: _acknowledge(view, found)).props("unelevated no-caps")
            if shown.may_close and found.status is Status.ACKNOWLEDGED:
                ui.button("结案", on_click=lambda: _close(view, found)).props("outline no-caps")
            parts.link(f"预警 {found.alert_number}", f"/alerts/{found.alert_id}")
            if found.story:
                parts.link("话题信息", parts.address("/mentions", story=found.story))


def _clocks(shown: Shown, now: datetime) -> None:
    found = shown.incident
    end = found.closed_at or now
    if shown.first_post_at:
        parts.fact("距首条信息", parts.duration(end - shown.first_post_at))
    parts.fact("用时" if found.closed_at else "已持续", parts.duration(end - found.opened_at))
    parts.fact("建立时间", parts.clock(found.opened_at, now))
    if found.acknowledged_by and found.acknowledged_at:
        parts.fact("确认", f"{found.acknowledged_by}，{parts.clock(found.acknowledged_at, now)}")
    if found.closed_by and found.closed_at:
        parts.fact("结案", f"{found.closed_by}，{parts.clock(found.closed_at, now)}")
    open_tasks = [task for task in shown.tasks if not task.is_done]
    overdue = sum(task.is_overdue(now) for task in open_tasks)
    said = f"{len(open_tasks)} 项未完成" + (f"，{overdue} 项超期" if overdue else "")
    parts.fact("任务", said, "text-negative" if overdue else "")


async def _acknowledge(view: View[Shown], found: Incident) -> None:
    def work(services: Services, person: Person) -> None:
        with services.database.write() as connection:
            incident.acknowledge(connection, person, found.id, now=services.now(), version=found.version)

    await view.act(work, "已确认，开始处置")


def _close(view: View[Shown], found: Incident) -> None:
    def close(values: form.Values) -> Work[object]:
        def work(services: Services, person: Person) -> None:
            with services.database.write() as connection:
                incident.close(
                    connection,
                    person,
                    found.id,
                    cause=values["cause"],
                    lesson=values["lesson"],
                    now=services.now(),
                    version=found.version,
                )

        return work

    entries = [
        form.Entry(name="cause", label="结案原因", kind=form.Kind.TEXT),
        form.Entry(name="lesson", label="经验教训（可选）", kind=form.Kind.TEXT),
    ]
    form.open_dialog(view, "结案", entries, submit="结案", work=close, done="已结案")


def _tasks(view: View[Shown], shown: Shown, now: datetime) -> None:
    with parts.tag("section", classes="card"):
        with parts.tag("div", classes="card-head"):
            parts.tag("h2", "任务", "card-title")
            if shown.may_work and shown.incident.status is not Status.CLOSED:
                add = ui.button("添加任务", on_click=lambda: _add_task(view, shown.incident.id, now))
                add.props("flat dense no-caps")
        if not shown.tasks:
            parts.empty("还没有任务", "把要做的事、负责人和期限写下来；关键任务未完成时不能结案。")
            return
        with parts.tag("table", classes="table stacking"):
            with parts.tag("thead"), parts.tag("tr"):
                for heading in ("任务", "负责人", "期限", "状态"):
                    parts.tag("th", heading, scope="col")
            with parts.tag("tbody"):
                for task in shown.tasks:
                    _task(view, task, now, may_work=shown.may_work)


def _task(view: View[Shown], task: Task, now: datetime, *, may_work: bool) -> None:
    with parts.tag("tr"):
        with parts.cell("任务", "main-cell"):
            parts.tag("span", task.title, "strong")
            if task.is_blocker:
                parts.chip("关键", "risk")
            if task.proof:
                parts.tag("span", f"完成说明：{task.proof}", "muted small block")
        parts.cell("负责人", text=task.owner)
        with parts.cell("期限"):
            parts.time(task.due_at, now)
        with parts.cell("状态"):
            if task.done_at is not None:
                parts.chip("已完成", "positive")
                parts.tag("span", f"{task.done_by}，{parts.clock(task.done_at, now)}", "muted small block")
                return
            parts.chip("超期" if task.is_overdue(now) else "进行中", "negative" if task.is_overdue(now) else "plain")
            if may_work:
                done = ui.button("完成", on_click=lambda: _finish_task(view, task)).props("flat dense no-caps")
                done.props["aria-label"] = f"完成任务：{task.title}"


def _add_task(view: View[Shown], number: str, now: datetime) -> None:
    def add(values: form.Values) -> Work[object]:
        def work(services: Services, person: Person) -> None:
            due_at = moment(values["due_at"])
            with services.database.write() as connection:
                incident.add_task(
                    connection,
                    person,
                    number,
                    title=values["title"],
                    owner=values["owner"],
                    due_at=due_at,
                    is_blocker=values["is_blocker"],
                    now=services.now(),
                )

        return work

    due = f"{(now + DEFAULT_DUE).astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"
    entries = [
        form.Entry(name="title", label="任务内容"),
        form.Entry(name="owner", label="负责人"),
        form.Entry(name="due_at", label="期限（北京时间）", kind=form.Kind.MOMENT, value=due),
        form.Entry(name="is_blocker", label="关键任务：未完成时不能结案", kind=form.Kind.CHECK, value=False),
    ]
    form.open_dialog(view, "添加任务", entries, submit="添加", work=add, done="已添加任务")


def _finish_task(view: View[Shown], task: Task) -> None:
    def finish(values: form.Values) -> Work[object]:
        def work(services: Services, person: Person) -> None:
            with services.database.write() as connection:
                incident.finish_task(connection, person, task.id, proof=values["proof"], now=services.now())

        return work

    proof = form.Entry(name="proof", label="完成说明", kind=form.Kind.TEXT, hint="写明依据：结果、链接、编号等")
    form.open_dialog(view, f"完成任务：{task.title}", [proof], submit="完成", work=finish, done="任务已完成")


def moment(text: str) -> datetime:
    """Shanghai wall time of a form. Raises InvalidInput."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
    except (TypeError, ValueError) as error:
        raise InvalidInput("请填写期限", field="due_at") from error


def _timeline(view: View[Shown], shown: Shown, now: datetime) -> None:
    with parts.tag("section", classes="card"):
        with parts.tag("div", classes="card-head"):
            parts.tag("h2", "时间线", "card-title")
            if shown.may_work:
                add = ui.button("添加备注", on_click=lambda: _add_note(view, shown.incident.id))
                add.props("flat dense no-caps")
        with parts.tag("ol", classes="timeline"):
            for entry in reversed(_in_order(shown.timeline)):
                with parts.tag("li", classes=f"moment {'moment-milestone' if entry.kind == MILESTONE else ''}"):
                    with parts.tag("div", classes="moment-head"):
                        parts.time(entry.at, now)
                        parts.tag("span", entry.person, "muted")
                    parts.tag("p", entry.text, "moment-text")


def _in_order(entries: Sequence[TimelineEntry]) -> list[TimelineEntry]:
    return sorted(entries, key=lambda entry: entry.at)


def _add_note(view: View[Shown], number: str) -> None:
    def add(values: form.Values) -> Work[object]:
        def work(services: Services, person: Person) -> None:
            with services.database.write() as connection:
                incident.add_note(connection, person, number, text=values["text"], now=services.now())

        return work

    entries = [form.Entry(name="text", label="备注", kind=form.Kind.TEXT)]
    form.open_dialog(view, "添加备注", entries, submit="添加", work=add, done="已添加备注")
