"""What every request to the pages passes: own origin, a session, and headers that keep the browser on this host.

NiceGUI accepts sockets from every origin and serves anonymous visitors; here a socket needs our origin and a session,
and a page without a session leads to the login with its whole address kept. The files of NiceGUI itself are public.
"""

import asyncio
from typing import Final
from urllib.parse import urlencode, urlsplit

from nicegui import __version__
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import accounts
from core.errors import NotLoggedIn
from dashboard.desk import SESSION_COOKIE
from response.services import Services

PUBLIC: Final = (f"/_nicegui/{__version__}/", "/favicon.ico")
SOCKET: Final = "/_nicegui_ws/"
# NiceGUI and Vue build templates in the browser, hence the two "unsafe" words; no host but our own is named.
POLICY: Final = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


class Gate:
    """ASGI middleware around NiceGUI's application."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app = app
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        path = connection.url.path
        if not is_own_origin(connection, self._services.settings.public_url):
            await _refuse(scope, receive, send, 403)
        elif path.startswith(PUBLIC) or await self._has_session(connection):
            await self._app(scope, receive, _with_headers(send) if scope["type"] == "http" else send)
        elif scope["type"] == "websocket" or path.startswith(SOCKET) or scope["method"] not in ("GET", "HEAD"):
            await _refuse(scope, receive, send, 401)
        else:
            await RedirectResponse(login_address(connection), status_code=303)(scope, receive, send)

    async def _has_session(self, connection: HTTPConnection) -> bool:
        session = connection.cookies.get(SESSION_COOKIE)
        return session is not None and await asyncio.to_thread(has_person, self._services, session)


def has_person(services: Services, session: str) -> bool:
    """Tell whether the session belongs to somebody who may come in; blocking."""
    try:
        with services.database.read() as connection:
            accounts.person_of_session(connection, session, now=services.now())
    except NotLoggedIn:
        return False
    return True


def is_own_origin(connection: HTTPConnection, public_url: str | None) -> bool:
    """Tell whether the page that asks is ours; who names no origin is no browser page of another site."""
    origin = connection.headers.get("origin")
    if origin is None:
        return True
    own = {connection.headers.get("host", ""), urlsplit(public_url or "").netloc}
    return urlsplit(origin).netloc in own - {""}


def login_address(connection: HTTPConnection) -> str:
    """The login page that leads back to this address, query included."""
    url = connection.url
    return f"/login?{urlencode({'next': f'{url.path}?{url.query}' if url.query else url.path})}"


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
        await send(message)

    return sending


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
    else:
        await PlainTextResponse("请先登录" if status == 401 else "拒绝访问", status_code=status)(scope, receive, send)
