"""Hot lists: what stands where now."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.door import Asked, Somebody
from response import hotlist
from response.hotlist import Hotlist

router = APIRouter(tags=["hotlist"])


@router.get("/hotlist", summary="热榜：各榜最近一次看到的条目、名次、升降、在榜时间")
def current(
    services: Asked, person: Somebody, brand: Annotated[list[str] | None, Query(description="品牌，可重复")] = None
) -> tuple[Hotlist, ...]:
    """With a brand only entries that name it."""
    return hotlist.current(services, person, brands=brand or ())
