"""Trends: what managers ask, the same numbers as on the pages and in reports."""

from datetime import datetime, timedelta

from fastapi import APIRouter

from api.door import Asked, Since, Somebody, Until
from api.mentions import Chosen, Text
from core.mention import SHANGHAI
from crawler.gap import Gap
from index.trends import Day
from response import coverage, mentions, overview
from response.coverage import Coverage
from response.overview import Overview

router = APIRouter(tags=["trends"])


@router.get("/trends/daily", summary="每日信息量和情感（上海时间的日）")
def daily(services: Asked, person: Somebody, chosen: Chosen, q: Text = "") -> tuple[Day, ...]:
    """Days without mentions are there with zeros. Default: the last 30 days, today included."""
    until = chosen.until or _tomorrow(services.now())
    since = chosen.since or until - timedelta(days=30)
    return mentions.trend(services, person, q, chosen, since=since, until=until)


@router.get("/overview", summary="总览：今日、七日、预警、事件、积压")
def get_overview(services: Asked, person: Somebody, brand: str | None = None) -> Overview:
    """Each figure comes with the query that opens its mentions."""
    return overview.overview(services, person, brand=brand)


@router.get("/coverage", summary="覆盖范围：已接入和未接入的平台，异常来源")
def get_coverage(services: Asked, person: Somebody) -> Coverage:
    """Figures say nothing about platforms that are not connected."""
    return coverage.coverage(services, person)


@router.get("/gaps", summary="采集中断的时段，这些时段的信息可能不全")
def get_gaps(services: Asked, person: Somebody, since: Since = None, until: Until = None) -> tuple[Gap, ...]:
    """Not those that were filled since. Default: the last 30 days."""
    end = until or services.now()
    return coverage.gaps(services, person, since=since or end - timedelta(days=30), until=end)


def _tomorrow(now: datetime) -> datetime:
    today = now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=1)
