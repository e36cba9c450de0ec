"""Brands (品牌): the watchlist."""

from typing import Annotated, Any

from fastapi import APIRouter, Body

from api.door import Asked, Somebody
from core import watchlist
from core.errors import ConfigurationError, InvalidInput
from core.watchlist import Brand

router = APIRouter(tags=["brands"])


@router.get("/brands", summary="品牌、别名、排除词")
def list_brands(services: Asked, person: Somebody) -> tuple[Brand, ...]:
    """By name."""
    with services.database.read() as connection:
        return watchlist.brands(connection, person)


@router.get("/brands/{name}", summary="一个品牌")
def get(services: Asked, person: Somebody, name: str) -> Brand:
    """One record."""
    with services.database.read() as connection:
        return watchlist.get(connection, person, name)


@router.put("/brands/{name}", summary="登记或修改品牌")
def save(
    services: Asked,
    person: Somebody,
    name: str,
    definition: Annotated[dict[str, Any], Body()],  # Any: decoded JSON
) -> Brand:
    """Applies to mentions analysed from now on; ``tingfeng reanalyse`` takes in the older ones."""
    try:
        brand = watchlist.from_definition({**definition, "name": name})
    except ConfigurationError as error:
        raise InvalidInput(error.message, **error.details) from error
    with services.database.write() as connection:
        return watchlist.save(connection, person, brand, now=services.now())
