"""Health: for load balancers, containers and monitoring; needs no token and tells no secret."""

from dataclasses import dataclass

from fastapi import APIRouter, Response

from api.door import Asked
from core import inbox
from core.errors import StoreError
from core.inbox import Backlog
from response.services import Services

router = APIRouter(tags=["health"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """database, index: ok, or what is wrong. backlog: null while the database is away."""

    status: str
    database: str
    index: str
    mentions_in_index: int | None
    backlog: Backlog | None


@router.get("/health", summary="运行状况：200 正常，503 有部件不可用")
def health(services: Asked, response: Response) -> Health:
    """Asks both stores."""
    backlog, database = _database(services)
    count, index = _index(services)
    is_well = database == index == "ok"
    response.status_code = 200 if is_well else 503
    return Health(
        status="ok" if is_well else "unavailable",
        database=database,
        index=index,
        mentions_in_index=count,
        backlog=backlog,
    )


def _database(services: Services) -> tuple[Backlog | None, str]:
    try:
        with services.database.read() as connection:
            return inbox.backlog(connection), "ok"
    except StoreError as error:
        return None, error.message


def _index(services: Services) -> tuple[int | None, str]:
    try:
        found = services.index.health()
    except StoreError as error:
        return None, error.message
    return found.count, "ok" if found.is_healthy else found.detail
