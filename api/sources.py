"""Sources (来源): register, health, crawl now, quarantine."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query

from api.door import Asked, Somebody
from core import quarantine
from core.errors import ConfigurationError, InvalidInput
from core.quarantine import Quarantined
from crawler import sources
from crawler.definition import Source, from_definition

router = APIRouter(tags=["sources"])


@router.get("/sources", summary="来源及最近一次采集的结果")
def list_sources(services: Asked, person: Somebody) -> tuple[Source, ...]:
    """By name, with health."""
    with services.database.read() as connection:
        return sources.list_all(connection, person)


@router.get("/sources/{name}", summary="一个来源")
def get(services: Asked, person: Somebody, name: str) -> Source:
    """With health."""
    with services.database.read() as connection:
        return sources.get(connection, person, name)


@router.put("/sources/{name}", summary="登记或修改来源")
def save(
    services: Asked,
    person: Somebody,
    name: str,
    definition: Annotated[dict[str, Any], Body()],  # Any: decoded JSON
) -> Source:
    """The keys of a source file (docs/sources.md), without ``name``."""
    try:
        source = from_definition({**definition, "name": name})
    except ConfigurationError as error:
        raise InvalidInput(error.message, **error.details) from error
    with services.database.write() as connection:
        return sources.save(connection, person, source, now=services.now())


@router.post("/sources/{name}/crawl", summary="立即采集", status_code=202)
def crawl(services: Asked, person: Somebody, name: str) -> Source:
    """It starts within seconds while ``tingfeng serve`` runs."""
    with services.database.write() as connection:
        return sources.request_now(connection, person, name, now=services.now())


@router.post("/sources/{name}/disable", summary="停用来源；已采集的信息保留")
def disable(services: Asked, person: Somebody, name: str) -> Source:
    """Enable it again with PUT."""
    with services.database.write() as connection:
        return sources.disable(connection, person, name, now=services.now())


@router.get("/quarantine", summary="无法收录的内容及原因，最新的在前")
def list_quarantined(
    services: Asked, person: Somebody, source: str | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> tuple[Quarantined, ...]:
    """raw: the beginning of what could not be read."""
    with services.database.read() as connection:
        return quarantine.shown(connection, person, source=source, limit=limit)
