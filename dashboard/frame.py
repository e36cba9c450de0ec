"""The one door of this room: ``mount`` puts the pages on an existing HTTP application.

NiceGUI has one application per process; mounting again replaces the pages of the mount before.
"""

import hmac
from typing import Final

import structlog
from fastapi import FastAPI, HTTPException, Request, Response
from nicegui import app, ui
from nicegui.storage import Storage

from core.errors import TingfengError
from core.settings import secret_key
from dashboard import (
    alert,
    alerts,
    evidence,
    hotlists,
    incident,
    incidents,
    login,
    mention,
    mentions,
    overview,
    parts,
    plain,
    report,
    sources,
    theme,
)
from dashboard.gate import Gate
from dashboard.start import page as start
from response.services import Services

log = structlog.get_logger()

PAGES: Final = (overview, mentions, mention, alerts, alert, incidents, incident, hotlists, sources, report, start)
METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


def mount(application: FastAPI, services: Services) -> None:
    """Add login and pages. Everything the application answers itself keeps its place in front of them."""
    application.include_router(login.router(services))
    application.include_router(evidence.router(services))
    application.add_api_route("/api/{rest:path}", _no_such_door, methods=METHODS, include_in_schema=False)
    for page in PAGES:
        page.register(services)
    _keep_files_in(services)
    # Left over when an earlier application of this process was mounted.
    app.user_middleware.clear()
    app.middleware_stack = None
    ui.run_with(
        application,
        title="听风",
        favicon=theme.ICON,
        language="zh-CN",
        tailwind=False,
        binding_refresh_interval=None,
        show_welcome_message=False,
        storage_secret=hmac.digest(secret_key(services.settings).encode(), b"pages", "sha256").hex(),
        session_middleware_kwargs={"session_cookie": "tingfeng_page", "same_site": "lax"},
    )
    app.add_middleware(Gate, services=services)
    app.colors(**theme.COLOURS)
    app.on_page_exception(_failed)
    app.exception_handler(404)(_not_found)


def _keep_files_in(services: Services) -> None:
    """NiceGUI writes into the current folder unless told otherwise."""
    folder = services.settings.data_dir / "pages"
    Storage.path = folder.absolute()


def _no_such_door() -> None:
    """Unknown paths of the API belong to the API, not to the login page."""
    raise HTTPException(404)


async def _not_found(_request: Request, _error: Exception) -> Response:
    return plain.not_found()


def _failed(error: Exception) -> None:
    """A page that could not be built: a known error in its words, a bug only in the log."""
    if isinstance(error, TingfengError):
        title, message = error.title, error.message
    else:
        log.error("page failed", exc_info=error)
        title, message = "页面暂时无法显示", "请稍后再试；详情见服务日志"
    ui.add_head_html(theme.style())
    with parts.tag("div", classes="main"):
        parts.tag("h1", title, "page-title")
        parts.problem(title, message)
        parts.link("回到总览", "/")
