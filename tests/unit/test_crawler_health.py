"""How a source does, judged by its own last four weeks."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from core.mention import SHANGHAI
from crawler.crawl_log import Crawl
from crawler.health import State, judge

MONDAY = datetime(2026, 6, 15, 12, 0, tzinfo=SHANGHAI)
HOUR = timedelta(hours=1)


def at_work(moment: datetime) -> int:
    """News in the office hours of an editorial room."""
    return 2 if moment.weekday() < 5 and 9 <= moment.hour < 18 else 0


def always(moment: datetime) -> int:
    return 1 if moment.hour % 2 else 0


def seldom(moment: datetime) -> int:
    return 1 if (moment.day, moment.hour) in ((3, 9), (20, 9)) else 0


def crawls(news: Callable[[datetime], int], *, days: float, until: datetime = MONDAY) -> list[Crawl]:
    """One crawl an hour; the first brings what was there before."""
    moments = [until - HOUR * n for n in range(int(days * 24), -1, -1)]
    found = [a_crawl(moment, new=news(moment)) for moment in moments]
    return [replace(found[0], new=500), *found[1:]]


def a_crawl(at: datetime, *, new: int = 0, found: int = 20, failed: int = 0, error: str | None = None) -> Crawl:
    return Crawl(
        source="x", started_at=at, finished_at=at, pages=1, found=found, new=new, failed=failed, error_code=error
    )


def quiet(hours: int) -> list[Crawl]:
    return [a_crawl(MONDAY + HOUR * n) for n in range(1, hours + 1)]


@pytest.mark.parametrize(
    ("history", "state"),
    [
        ([], State.NEW),
        ([a_crawl(MONDAY, new=9)], State.WORKING),
        (crawls(always, days=28) + quiet(10), State.WORKING),
        (crawls(always, days=28) + quiet(20), State.SILENT),
        (crawls(always, days=6) + quiet(20), State.WORKING),  # a week is needed to know the pace
        (crawls(always, days=10) + quiet(20), State.WORKING),  # no weekend is known yet
        (crawls(always, days=10) + quiet(80), State.SILENT),
        (crawls(seldom, days=28) + quiet(24 * 14), State.WORKING),  # too little to speak of
        (crawls(always, days=28) + [a_crawl(MONDAY, error="source_refused")], State.BLOCKED),
        (crawls(always, days=28) + [a_crawl(MONDAY, error="source_changed")], State.BROKEN),
        (crawls(always, days=28) + [a_crawl(MONDAY, error="source_unreachable")], State.FAILING),
        (crawls(always, days=28) + [a_crawl(MONDAY, found=1)] * 2, State.BROKEN),
        (crawls(always, days=28) + [a_crawl(MONDAY, found=1)], State.WORKING),  # once may be chance
        (crawls(always, days=28) + [a_crawl(MONDAY, found=0)] * 2, State.WORKING),  # an unchanged feed
        (crawls(always, days=28) + [a_crawl(MONDAY, new=1, failed=9)], State.BROKEN),
        (crawls(always, days=28) + [a_crawl(MONDAY, new=9, failed=5)], State.WORKING),
    ],
)
def test_a_source_is_judged_by_its_own_past(history: list[Crawl], state: State) -> None:
    now = history[-1].finished_at if history else MONDAY
    judged = judge(history, "说明" if history and history[-1].error_code else "", now=now)
    assert judged.state is state
    assert bool(judged.message) is (state not in (State.NEW, State.WORKING))


def test_a_weekend_is_quiet_for_an_office_and_a_working_day_is_not() -> None:
    friday = MONDAY - 66 * HOUR  # 18:00
    history = crawls(at_work, days=28, until=friday)
    weekend = [a_crawl(friday + HOUR * n) for n in range(1, 64)]
    assert judge(history + weekend, "", now=weekend[-1].finished_at).state is State.WORKING
    monday = [a_crawl(friday + HOUR * n) for n in range(64, 74)]
    judged = judge(history + weekend + monday, "", now=monday[-1].finished_at)
    assert judged.state is State.SILENT
    assert judged.message == "已 3 天没有新内容，按过去的规律这段时间应更新约 9 次"
    assert judged.news_per_day == pytest.approx(11.6, abs=0.1)  # 18 on each of 20 working days of 31
