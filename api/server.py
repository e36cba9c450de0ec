"""The HTTP door: one FastAPI application, errors as problem+json, a request id on every answer.

Doors are thin: they read the request, call one function of the rooms below with the person, and answer.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from uuid import uuid4

import structlog
from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api import (
    alerts,
    brands,
    campaigns,
    compliance,
    deletions,
    health,
    hotlist,
    incidents,
    ingest,
    mentions,
    reports,
    sources,
    tokens,
    trends,
)
from api.door import only_storable
from api.size import SizeLimit
from core import report
from core.errors import InvalidInput, NotFound, TingfengError, TooLarge
from core.picture import LARGEST_BYTES
from core.settings import Settings
from core.validation import sentence
from response.services import Services
from response.trial import LARGEST_FILE_BYTES

log = structlog.get_logger()

PREFIX: Final = "/api/v1"
MEDIA_TYPE: Final = "application/problem+json"
ROOMS: Final = (
    mentions,
    ingest,
    reports,
    trends,
    hotlist,
    alerts,
    incidents,
    campaigns,
    compliance,
    sources,
    deletions,
    brands,
    tokens,
    health,
)
# Screenshots by the API, three at a time; from the pages one screenshot or one export; the rest of a form is small.
LARGER: Final = {
    f"{PREFIX}/reports": report.MOST_PICTURES * LARGEST_BYTES + 1024 * 1024,
    "/_nicegui/client/": max(LARGEST_BYTES, LARGEST_FILE_BYTES) + 1024 * 1024,
}

DESCRIPTION: Final = """
请求带上 `Authorization: Bearer 令牌`。令牌用 `tingfeng user token 账号` 或 `POST /api/v1/tokens`（账号和密码）创建，
只显示一次，权限与账号相同。时间一律以 +08:00 输出；传入的时间不带时区按上海时间理解，`since` 含、`until` 不含。
列表用不透明的 `cursor` 翻页。个人信息以等长的 `*` 遮盖，位置（start、end，按字符数，不含 end）因此始终有效。
OpenAPI 文档在 `/api/v1/openapi.json`。
"""


def build(services: Services) -> FastAPI:
    """The application with every room's router; the pages are mounted on it afterwards."""
    application = FastAPI(
        title="Tingfeng API",
        version="1",
        description=DESCRIPTION,
        openapi_url=f"{PREFIX}/openapi.json",
        # The interactive pages would load their scripts from another host.
        docs_url=None,
        redoc_url=None,
    )
    application.state.services = services
    for room in ROOMS:
        application.include_router(room.router, prefix=PREFIX, dependencies=[Depends(only_storable)])
    limit = services.settings.request_size_limit_megabytes * 1024 * 1024
    application.add_middleware(SizeLimit, limit_bytes=limit, refuse=_too_large, larger=LARGER)
    application.middleware("http")(_with_request_id)
    application.add_exception_handler(TingfengError, _known)
    application.add_exception_handler(RequestValidationError, _invalid)
    application.add_exception_handler(HTTPException, _http)
    application.add_exception_handler(Exception, _unknown)
    return application


def describe() -> Mapping[str, Any]:  # Any: an OpenAPI document
    """The OpenAPI document without opening any store, for the documentation."""
    nothing: Any = None  # Any: no store is opened to describe the doors
    services = Services(database=nothing, index=nothing, channels={}, settings=Settings(), now=nothing, tools=nothing)
    return build(services).openapi()


async def _with_request_id(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    request.state.request_id = uuid4().hex[:12]
    structlog.contextvars.bind_contextvars(request_id=request.state.request_id)
    response = await call_next(request)
    response.headers["X-Request-Id"] = request.state.request_id
    structlog.contextvars.unbind_contextvars("request_id")
    return response


async def _known(request: Request, error: Exception) -> JSONResponse:
    return _problem(request, error if isinstance(error, TingfengError) else TingfengError("服务器内部错误"))


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    """FastAPI's own check of a parameter or body, in our words."""
    first = error.errors()[0] if isinstance(error, RequestValidationError) else {"loc": ()}
    place = ".".join(str(part) for part in first["loc"])
    return _problem(request, InvalidInput(f"参数 {place} 有误：{sentence(first)}", field=place))


async def _too_large(request: Request, limit_bytes: int) -> Response:
    megabytes = limit_bytes // 1024**2
    return _problem(request, TooLarge(f"请求内容过大，请分批提交（上限 {megabytes} MB）", limit_megabytes=megabytes))


async def _http(request: Request, error: Exception) -> Response:
    """Unknown paths and methods; pages outside the API keep the plain answer."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    if not request.url.path.startswith(PREFIX):
        return Response(status_code=status, content="没有这个页面" if status == 404 else "", media_type="text/plain")
    known = NotFound("没有这个接口", path=request.url.path) if status == 404 else InvalidInput("请求方法或内容有误")
    return _problem(request, known, status=status)


async def _unknown(request: Request, error: Exception) -> JSONResponse:
    """A bug: the log has the trace, the answer only the request id."""
    log.error("request failed", path=request.url.path, exc_info=error)
    return _problem(request, TingfengError("服务器内部错误，请把 request_id 告诉管理员"))


def _problem(request: Request, error: TingfengError, *, status: int | None = None) -> JSONResponse:
    """RFC 9457 with our members: code, details, request_id."""
    request_id = getattr(request.state, "request_id", "")
    retry = error.details.get("retry_after_seconds")
    return JSONResponse(
        status_code=status or error.http_status,
        media_type=MEDIA_TYPE,
        headers={"Retry-After": str(retry)} if retry is not None else None,
        content={
            "type": f"urn:tingfeng:error:{error.code}",
            "status": status or error.http_status,
            "code": error.code,
            "title": error.title,
            "detail": error.message,
            "details": error.details,
            "request_id": request_id,
        },
    )
