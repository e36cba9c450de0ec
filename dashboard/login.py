"""Login and its form: an ordinary page without scripts, so that visitors without a session get no socket.

Against forged posts the form carries a value signed from a cookie that other sites can neither read nor set
(signed double submit), besides SameSite and the check of the origin.
"""

import hashlib
import hmac
import secrets
from html import escape
from typing import Final
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Request
from nicegui import run
from starlette.responses import HTMLResponse, RedirectResponse, Response

from core import accounts
from core.errors import StoreUnavailable, TingfengError
from core.settings import secret_key
from dashboard import gate, plain
from dashboard.desk import SESSION_COOKIE
from response.services import Services

FORM_COOKIE: Final = "tingfeng_form"
# Name, password and address of a login form are a few hundred bytes.
LONGEST_FORM: Final = 10_000
HOME: Final = "/"


def router(services: Services) -> APIRouter:
    """GET and POST /login."""
    routes = APIRouter(include_in_schema=False)
    key = hmac.digest(secret_key(services.settings).encode(), b"login form", "sha256")

    @routes.get("/login")
    async def show(request: Request) -> Response:
        target = local_address(request.query_params.get("next", HOME))
        session = request.cookies.get(SESSION_COOKIE)
        if session is not None and await run.io_bound(gate.has_person, services, session):
            return RedirectResponse(target, status_code=303)
        return _form(request, key, target)

    @routes.post("/login")
    async def log_in(request: Request) -> Response:
        given = await _fields(request)
        target, name = local_address(given.get("next", HOME)), given.get("name", "")
        nonce = request.cookies.get(FORM_COOKIE, "")
        is_ours = nonce and hmac.compare_digest(given.get("token", ""), _token(key, nonce))
        if not is_ours or not gate.is_own_origin(request, services.settings.public_url):
            return _form(request, key, target, name=name, message="页面已过期，请重新登录", status=403)
        try:
            answer = await run.io_bound(_log_in, services, name, given.get("password", ""))
            if answer is None:
                raise StoreUnavailable("服务正在停止，请稍后再试")
        except TingfengError as error:
            return _form(request, key, target, name=name, message=error.message, status=error.http_status)
        if not answer:
            return _form(request, key, target, name=name, message="账号或密码不正确", status=401)
        return _welcome(request, answer, target, hours=services.settings.session_hours)

    return routes


def local_address(target: str) -> str:
    """The address if it is a path of our own, else the first page: a login never leads to another site."""
    parts = urlsplit(target)
    is_path = target.startswith("/") and not target.startswith(("//", "/\\"))
    is_clean = target.isprintable() and "\\" not in parts.path
    return target if is_path and is_clean and not parts.scheme and not parts.netloc else HOME


def _log_in(services: Services, name: str, password: str) -> str:
    """A new session, or empty for a wrong name or password."""
    hours = services.settings.session_hours
    return accounts.log_in(services.database, name, password, now=services.now(), hours=hours) or ""


def _welcome(request: Request, session: str, target: str, *, hours: int) -> Response:
    response = RedirectResponse(target, status_code=303)
    response.delete_cookie(FORM_COOKIE, path="/login")
    response.set_cookie(
        SESSION_COOKIE,
        session,
        max_age=hours * 3600,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response


async def _fields(request: Request) -> dict[str, str]:
    """The form's fields; more than a login form ever sends is not read."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM:
            return {}
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


def _token(key: bytes, nonce: str) -> str:
    return hmac.new(key, nonce.encode(), hashlib.sha256).hexdigest()


def _form(
    request: Request, key: bytes, target: str, *, name: str = "", message: str = "", status: int = 200
) -> HTMLResponse:
    nonce = secrets.token_urlsafe(16)
    shown = f'<p class="problem" role="alert">{escape(message)}</p>' if message else ""
    body = f"""
<form class="card plain-card" method="post" action="/login">
  <h1><span class="wordmark">听风</span><span class="muted">品牌舆情监测</span></h1>
  {shown}
  <input type="hidden" name="token" value="{_token(key, nonce)}">
  <input type="hidden" name="next" value="{escape(target)}">
  <label class="field"><span>账号</span>
    <input name="name" value="{escape(name)}" autocomplete="username" required maxlength="64" autofocus></label>
  <label class="field"><span>密码</span>
    <input name="password" type="password" autocomplete="current-password" required maxlength="256"></label>
  <button class="button primary wide" type="submit">登录</button>
  <p class="muted small">首次启动时，管理员账号 admin 的密码显示在启动窗口里。忘记密码请联系管理员。</p>
</form>"""
    response = plain.page("登录", body, status=status)
    response.set_cookie(
        FORM_COOKIE, nonce, path="/login", httponly=True, samesite="strict", secure=request.url.scheme == "https"
    )
    return response
