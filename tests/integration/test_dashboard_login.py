"""The login form and the gate in front of the pages, over HTTP."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import FastAPI
from nicegui.testing.general import nicegui_reset_globals

from app import wiring
from core import accounts
from core.access import SYSTEM, Role
from core.settings import Settings
from dashboard import frame
from dashboard.desk import SESSION_COOKIE
from response.services import Services
from tests.conftest import Clock

pytestmark = pytest.mark.anyio
PASSWORD = "long enough for a test"
PAGE = "/mentions?q=%E5%88%B9%E8%BD%A6&sentiment=negative"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def services(tmp_path: Path, clock: Clock) -> Services:
    built = wiring.build(Settings(data_dir=tmp_path, _env_file=None), now=clock)
    with built.database.write() as connection:
        accounts.create(connection, SYSTEM, "小宋", PASSWORD, [Role.READER], now=clock())
    return built


@pytest.fixture
async def client(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    with nicegui_reset_globals():
        application = FastAPI()
        frame.mount(application, services)
        transport = httpx.ASGITransport(application)
        async with (
            application.router.lifespan_context(application),
            httpx.AsyncClient(transport=transport, base_url="http://pages.example") as client,
        ):
            yield client
    services.database.close()


async def form(client: httpx.AsyncClient, address: str = "/login") -> dict[str, str]:
    """The hidden fields of the login page."""
    found = await client.get(address)
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', found.text))


async def log_in(client: httpx.AsyncClient, password: str = PASSWORD, **changes: str) -> httpx.Response:
    fields = await form(client, f"/login?{urlencode({'next': changes.pop('next', '/')})}")
    fields = {name: value.replace("&amp;", "&") for name, value in fields.items()}
    return await client.post("/login", data=fields | {"name": "小宋", "password": password} | changes)


async def test_login_leads_back_to_the_whole_address(client: httpx.AsyncClient) -> None:
    sent = await client.get(PAGE)
    assert (sent.status_code, sent.headers["location"]) == (303, f"/login?{urlencode({'next': PAGE})}")
    back = await log_in(client, next=PAGE)
    assert (back.status_code, back.headers["location"]) == (303, PAGE)
    cookie = next(each for each in back.headers.get_list("set-cookie") if each.startswith(SESSION_COOKIE))
    assert "httponly" in cookie.lower() and "samesite=lax" in cookie.lower() and "max-age=43200" in cookie.lower()
    page = await client.get(PAGE)
    assert page.status_code == 200 and "信息检索" in page.text
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert (await client.get("/login?next=/alerts")).headers["location"] == "/alerts"


async def test_login_never_leads_to_another_site(client: httpx.AsyncClient) -> None:
    assert (await log_in(client, next="https://evil.example/")).headers["location"] == "/"


async def test_a_wrong_password_and_a_locked_account_are_told(client: httpx.AsyncClient, clock: Clock) -> None:
    wrong = await log_in(client, "wrong password")
    assert wrong.status_code == 401 and "账号或密码不正确" in wrong.text and SESSION_COOKIE not in client.cookies
    for _ in range(accounts.FAILURES_ALLOWED):
        last = await log_in(client, "wrong password")
    assert last.status_code == 429 and "尝试次数过多" in last.text
    assert (await log_in(client)).status_code == 429
    clock.advance(minutes=16)
    assert (await log_in(client)).status_code == 303


async def test_an_unknown_name_is_answered_like_a_wrong_password(client: httpx.AsyncClient) -> None:
    answer = await log_in(client, name='"><script>')
    assert answer.status_code == 401 and "账号或密码不正确" in answer.text and "<script>" not in answer.text


async def test_forged_forms_are_refused(client: httpx.AsyncClient) -> None:
    fields = await form(client)
    given = {"name": "小宋", "password": PASSWORD}
    assert (await client.post("/login", data=given)).status_code == 403
    assert (await client.post("/login", data=given | fields | {"token": "0" * 64})).status_code == 403
    foreign = await client.post("/login", data=given | fields, headers={"Origin": "http://evil.example"})
    assert foreign.status_code == 403
    client.cookies.clear()
    assert (await client.post("/login", data=given | fields)).status_code == 403
    assert (await client.post("/login", content=b"x" * 20_000)).status_code == 403
    assert (await client.post("/login", content=b"\xff\xfe=1")).status_code == 403
    assert SESSION_COOKIE not in client.cookies


async def test_nothing_but_files_and_login_is_there_without_a_session(client: httpx.AsyncClient) -> None:
    for path in ("/", "/alerts/A1", "/nothing", "/_nicegui_ws/socket.io/?EIO=4&transport=polling"):
        assert (await client.get(path)).status_code in (303, 401), path
    assert (await client.post("/alerts")).status_code == 401
    assert (await client.get("/favicon.ico")).status_code == 200
    assert (await client.get("/api/v1/nothing")).status_code == 404


async def test_sockets_need_our_origin(client: httpx.AsyncClient) -> None:
    await log_in(client)
    socket = "/_nicegui_ws/socket.io/?EIO=4&transport=polling"
    assert (await client.get(socket, headers={"Origin": "http://evil.example"})).status_code == 403
    assert (await client.get(socket, headers={"Origin": "http://pages.example"})).status_code == 200


async def test_unknown_pages_say_so_in_chinese(client: httpx.AsyncClient) -> None:
    await log_in(client)
    found = await client.get("/nothing")
    assert found.status_code == 404 and "没有这个页面" in found.text


async def test_an_expired_session_leads_to_the_login(client: httpx.AsyncClient, clock: Clock) -> None:
    await log_in(client)
    assert (await client.get("/")).status_code == 200
    clock.advance(hours=13)
    assert (await client.get("/")).status_code == 303


async def test_nothing_is_written_into_the_current_folder(
    client: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    await log_in(client)
    await client.get("/")
    assert list(elsewhere.iterdir()) == []
