"""Fixtures for every layer. No autouse fixture except the network guard."""

import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from psycopg.sql import SQL, Identifier

from api import server as api_server
from app import logs, wiring
from core import accounts
from core.access import SYSTEM, Person, Role
from core.database import Database, metadata
from core.settings import Settings
from response.services import Services

ADMIN_PASSWORD = "a password for tests"
REPOSITORY = Path(__file__).resolve().parent.parent
# Child processes of the tests run the checkout, as the tests themselves do.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))

# A loaded machine is no defect: speed is measured by the benches.
hypothesis_settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("unhurried")

logs.configure("WARNING")


class Clock:
    """A clock set by hand; calling it gives the time."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **amount: float) -> datetime:
        self.now += timedelta(**amount)
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Tuesday 2026-06-16 14:00 in Shanghai."""
    return Clock(datetime(2026, 6, 16, 6, 0, tzinfo=UTC))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.external)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of an empty state database: a file, or a schema of its own on a real PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'state.sqlite3'}"
        return
    server = external_url("TINGFENG_TEST_POSTGRESQL_URL").replace("+psycopg", "")
    schema = f"test_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(schema)))
        yield f"{server}{'&' if '?' in server else '?'}options=-csearch_path%3D{schema}"
        connection.execute(SQL("DROP SCHEMA {} CASCADE").format(Identifier(schema)))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty state database with every table; threads and child processes may open it too."""
    opened = Database(database_url)
    with opened.write() as connection:
        metadata.create_all(connection)
    yield opened
    opened.close()


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Everything in a folder of its own; nothing of the machine's environment."""
    return Settings(data_dir=tmp_path, config_file=tmp_path / "tingfeng.yaml", database_url=database_url, port=0)


@pytest.fixture
def services(settings: Settings, clock: Clock) -> Iterator[Services]:
    """The wired product under the clock set by hand."""
    built = wiring.build(settings, now=clock)
    yield built
    built.database.close()


@pytest.fixture
def client(services: Services) -> Iterator[TestClient]:
    """The API in this process, asked as an administrator."""
    with services.database.write() as connection:
        accounts.create(connection, SYSTEM, "admin", ADMIN_PASSWORD, [Role.ADMIN], now=services.now())
        _, secret = accounts.create_token(connection, Person("admin", frozenset()), "test", now=services.now())
    with TestClient(api_server.build(services), headers={"Authorization": f"Bearer {secret}"}) as opened:
        yield opened


def external_url(variable: str) -> str:
    """Address of a real server, or skip with the reason; TINGFENG_REQUIRE_EXTERNAL=1 turns the skip into a failure."""
    if url := os.environ.get(variable):
        return url
    if os.environ.get("TINGFENG_REQUIRE_EXTERNAL") == "1":
        pytest.fail(f"{variable} is not set, but TINGFENG_REQUIRE_EXTERNAL=1 demands the real server")
    pytest.skip(f"{variable} is not set: no real server to run this against")


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that connects anywhere but loopback."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple):
            host = str(address[0])
            if host != "localhost" and not _is_loopback(host):
                pytest.fail(f"a test tried to reach {host}")
        connect(self, address)  # type: ignore[arg-type]  # as given

    monkeypatch.setattr(socket.socket, "connect", guarded)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
