"""The frame around every page (header, navigation, title) and the view inside it that loads and redraws itself.

A page is two functions: ``load`` (blocking, in a thread: asks the rooms below) and ``draw`` (arranges what came).
The frame appears at once; what takes longer than PATIENCE is filled in when it arrives.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import structlog
from fastapi import Request
from nicegui import ui

from alerts import alert
from core import accounts
from core.access import ROLE_LABELS, Person
from core.errors import NotLoggedIn, TingfengError
from dashboard import parts, theme
from dashboard.desk import Desk, Work
from dashboard.gate import login_address
from response import incident
from response.services import Services
from response.state import Status

log = structlog.get_logger()

# Source: DESIGN section 10, "a page appears within 1 s and fills in"; the rest of the second is the frame's.
PATIENCE: Final = 0.7

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One entry of the navigation."""

    path: str
    label: str
    icon: str


OVERVIEW: Final = Place(path="/", label="总览", icon="insights")
MENTIONS: Final = Place(path="/mentions", label="信息检索", icon="search")
ALERTS: Final = Place(path="/alerts", label="预警", icon="notifications")
INCIDENTS: Final = Place(path="/incidents", label="舆情事件", icon="assignment")
HOTLISTS: Final = Place(path="/hotlists", label="热榜", icon="leaderboard")
SOURCES: Final = Place(path="/sources", label="来源", icon="rss_feed")
REPORT: Final = Place(path="/report", label="随手报", icon="add_photo_alternate")
START: Final = Place(path="/start", label="开始", icon="rocket_launch")
PLACES: Final = (OVERVIEW, MENTIONS, ALERTS, INCIDENTS, HOTLISTS, SOURCES, REPORT, START)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the frame says on every page: who is here, and what waits."""

    person: Person
    counts: dict[str, int]


def standing(services: Services, person: Person) -> Standing:
    """Who is here, and what waits behind the entries of the navigation."""
    with services.database.read() as connection:
        waiting = incident.list_all(
            connection, person, now=services.now(), statuses=(Status.OPEN, Status.ACKNOWLEDGED), limit=100
        )
        return Standing(
            person=person,
            counts={ALERTS.path: len(alert.list_open(connection, person)), INCIDENTS.path: len(waiting)},
        )


class View(Generic[T]):
    """The part of a page that shows loaded data, and shows it anew after a change."""

    def __init__(self, desk: Desk, load: Work[T], draw: Callable[["View[T]", T], None]) -> None:
        self.desk = desk
        self._load = load
        self._draw = draw
        self._shown: T | None = None
        self._place = parts.tag("div", classes="view")
        # For dialogs: what is drawn here outlives a redrawn view.
        self.aside = parts.tag("div")

    async def show(self) -> None:
        """Draw for the first time; a slow answer is filled in after the page has appeared."""
        asking = asyncio.ensure_future(self.desk.ask(self._load))
        await asyncio.wait({asking}, timeout=PATIENCE)
        if not asking.done():
            with self._place:
                parts.tag("p", "正在加载…", "muted loading", role="status")
            await ui.context.client.connected()
        try:
            self._redraw(await asking)
        except NotLoggedIn:
            ui.navigate.to(login_address(ui.context.client.request))
        except TingfengError as error:
            self._place.clear()
            with self._place:
                parts.problem(error.title, error.message)

    async def refresh(self) -> None:
        """Load again, and draw again if something changed."""
        try:
            found = await self.desk.ask(self._load)
        except TingfengError as error:
            self._tell(error)
            return
        if found != self._shown:
            self._redraw(found)

    async def act(self, work: Work[object], done: str) -> bool:
        """Do something for the person at the desk, say how it went, and show what it changed."""
        try:
            await self.desk.ask(work)
        except TingfengError as error:
            self._tell(error)
            return False
        with self._place:
            ui.notify(done, type="positive", position="top")
        await self.refresh()
        return True

    def _redraw(self, found: T) -> None:
        self._shown = found
        self._place.clear()
        with self._place:
            self._draw(self, found)

    def _tell(self, error: TingfengError) -> None:
        with self._place:
            if isinstance(error, NotLoggedIn):
                ui.navigate.to(login_address(ui.context.client.request))
            else:
                ui.notify(error.message, type="negative", position="top", multi_line=True, timeout=8000)


async def page(
    services: Services,
    request: Request,
    title: str,
    load: Work[T],
    draw: Callable[[View[T], T], None],
    *,
    up: Place | None = None,
) -> View[T]:
    """Build a whole page: frame, heading, view. up: the list this page is one entry of."""
    desk = Desk.of(services, request)
    ui.add_head_html(theme.style())
    ui.on_exception(_tell_of_bug)
    _header(desk, await desk.ask(standing), request.url.path)
    with parts.tag("div", classes="main"):
        with parts.tag("div", classes="page-head"):
            if up is not None:
                parts.link(f"‹ {up.label}", up.path, "link up")
            parts.tag("h1", title, "page-title")
        view = View(desk, load, draw)
        await view.show()
    return view


def _header(desk: Desk, now: Standing, path: str) -> None:
    # value=None would ask the browser and log a traceback when it has left meanwhile.
    with ui.left_drawer(value=False, bordered=True).classes("drawer").props("width=208 show-if-above") as drawer:
        _navigation(now, path)
    with ui.header().classes("header"):
        menu = ui.button(icon="menu", on_click=drawer.toggle).props("flat dense round").classes("menu-button")
        menu.props["aria-label"] = "打开或关闭导航"
        parts.link("听风", "/", "wordmark")
        parts.tag("span", "品牌舆情监测", "header-note")
        parts.tag("span", classes="spacer")
        roles = "、".join(ROLE_LABELS[role] for role in sorted(now.person.roles))
        with parts.tag("span", classes="person"):
            parts.tag("span", now.person.name, "person-name")
            parts.tag("span", roles, "person-roles")
        ui.button("退出", on_click=lambda: _leave(desk)).props("flat dense").classes("leave")


def _navigation(now: Standing, path: str) -> None:
    with parts.tag("nav", classes="navigation", aria_label="主导航"):
        for place in PLACES:
            is_here = path == place.path or (place.path != "/" and path.startswith(f"{place.path}/"))
            with parts.tag("a", classes="nav-link", href=place.path) as entry:
                ui.icon(place.icon).props("aria-hidden=true")
                parts.tag("span", place.label, "nav-label")
                if count := now.counts.get(place.path, 0):
                    parts.tag("span", str(count), "nav-count", title=f"{count} 项未结束")
            if is_here:
                entry.props["aria-current"] = "page"


async def _leave(desk: Desk) -> None:
    def end(services: Services, _person: Person) -> None:
        with services.database.write() as connection:
            accounts.log_out(connection, desk.session)

    try:
        await desk.ask(end)
    except NotLoggedIn:
        pass  # it had ended before
    except TingfengError as error:
        ui.notify(error.message, type="negative", position="top")
        return
    ui.navigate.to("/login")


def _tell_of_bug(error: Exception) -> None:
    """A bug in an event: the log has the trace, the page says that it did not work."""
    log.error("page event failed", exc_info=error)
    ui.notify("操作没有成功，详情见服务日志", type="negative", position="top")
