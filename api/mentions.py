"""Mentions: search, count, read, export."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query
from fastapi.responses import StreamingResponse

from api.door import Asked, Since, Somebody, Until
from core.mention import Mention, Platform, Sentiment, Status, to_dict
from index.base import Bucket, Dimension, Hit
from response import mentions
from response.mentions import Filters, MentionDetail

router = APIRouter(tags=["mentions"])

Text = Annotated[str, Query(description="检索式：青柠L7 AND (刹车 OR 异响) -试驾 sentiment:negative；留空为全部")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """total counts at most 10,000; total_is_exact is false above. cursor: null on the last page."""

    total: int
    total_is_exact: bool
    cursor: str | None
    hits: tuple[Hit, ...]


def filters_of(
    brand: Annotated[list[str] | None, Query(description="品牌，可重复")] = None,
    source: Annotated[list[str] | None, Query(description="来源，可重复")] = None,
    platform: Annotated[list[Platform] | None, Query(description="平台，可重复")] = None,
    sentiment: Annotated[list[Sentiment] | None, Query(description="情感，可重复")] = None,
    story: Annotated[list[str] | None, Query(description="话题编号")] = None,
    status: Annotated[list[Status] | None, Query(description="状态；默认不含 excluded 和 deleted")] = None,
    since: Since = None,
    until: Until = None,
) -> Filters:
    """The filters every question about mentions takes."""
    return Filters(
        brand=brand,
        source=source,
        platform=platform,
        sentiment=sentiment,
        story=story,
        status=status,
        since=since,
        until=until,
    )


Chosen = Annotated[Filters, Depends(filters_of)]


@router.get("/mentions", summary="检索信息，最新的在前")
def search(
    services: Asked,
    person: Somebody,
    chosen: Chosen,
    q: Text = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(description="上一页返回的 cursor")] = None,
) -> Page:
    """Highlights are spans on title and text, in code points, end exclusive."""
    page = mentions.search(services, person, q, chosen, limit=limit, cursor=cursor)
    return Page(total=page.total, total_is_exact=page.total_is_exact, cursor=page.cursor, hits=page.hits)


@router.get("/mentions/facets", summary="按维度计数")
def facets(
    services: Asked,
    person: Somebody,
    chosen: Chosen,
    by: Annotated[list[Dimension], Query(description="一个或多个维度")],
    q: Text = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 20,
) -> tuple[Bucket, ...]:
    """Most first; hours and days in time order."""
    return mentions.facets(services, person, q, chosen, by=by, limit=limit)


@router.get("/mentions/export", summary="导出全部匹配的信息（JSONL），最早的在前")
def export(services: Asked, person: Somebody, chosen: Chosen, q: Text = "") -> StreamingResponse:
    """One mention per line, the shape that `tingfeng import` reads."""
    found = mentions.export(services, person, q, chosen)
    return StreamingResponse(_lines(found), media_type="application/x-ndjson")


@router.get("/mentions/{mention_id}", summary="读取一条信息")
def get(services: Asked, person: Somebody, mention_id: str) -> MentionDetail:
    """Also a deleted or excluded one; with its ticket, reports and evidence."""
    return mentions.detail(services, person, mention_id)


@router.post("/mentions/{mention_id}/reveal", summary="查看含个人信息的原文（需要权限和理由，记入审计）")
def reveal(services: Asked, person: Somebody, mention_id: str, reason: Annotated[str, Body(embed=True)]) -> Mention:
    """The mention as published."""
    return mentions.reveal(services, person, mention_id, reason)


def _lines(found: Iterator[Mention]) -> Iterator[bytes]:
    for mention in found:
        yield json.dumps(to_dict(mention), ensure_ascii=False).encode("utf-8", "replace") + b"\n"
