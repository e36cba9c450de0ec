"""The limit on request bodies: for API and pages alike, before anything is parsed and before anybody is asked for.

FastAPI's own limit answers in plain English text, and a declared length only once the route has run.
"""

from collections.abc import Awaitable, Callable, Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The request, and the limit it broke in bytes.
Refuse = Callable[[Request, int], Awaitable[Response]]


class SizeLimit:
    """ASGI middleware. A declared length is refused at once, a streamed body when it has passed the limit.

    larger: paths under which more is taken, by how they begin.
    """

    def __init__(self, app: ASGIApp, *, limit_bytes: int, refuse: Refuse, larger: Mapping[str, int]) -> None:
        self._app = app
        self._limit_bytes = limit_bytes
        self._refuse = refuse
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a counted body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit_bytes = max(
            [self._limit_bytes, *(most for start, most in self._larger.items() if _is_under(scope, start))]
        )
        body = _Body(receive, send, limit_bytes)
        if _declared(Request(scope)) <= limit_bytes:
            await body.pass_to(self._app, scope)
            if not body.is_over or body.is_answered:
                return
        response = await self._refuse(Request(scope), limit_bytes)
        await response(scope, receive, send)


class _Body:
    """Counts what is read; once it is too much, whatever the application still says is not sent."""

    def __init__(self, receive: Receive, send: Send, limit_bytes: int) -> None:
        self._receive = receive
        self._send = send
        self._left = limit_bytes
        self.is_over = False
        self.is_answered = False

    async def pass_to(self, app: ASGIApp, scope: Scope) -> None:
        try:
            await app(scope, self.receive, self.send)
        except HTTPException:
            if not self.is_over:
                raise

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            self.is_over = True
            raise HTTPException(413)  # the one exception that frameworks in between pass on
        return message

    async def send(self, message: Message) -> None:
        if self.is_over and not self.is_answered:
            return
        self.is_answered = True
        await self._send(message)


def _declared(request: Request) -> int:
    """Zero when there is no readable length: then the count decides."""
    given = request.headers.get("content-length", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 20 else 0


def _is_under(scope: Scope, start: str) -> bool:
    return str(scope["path"]).startswith(start)
