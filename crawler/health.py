"""How a source does, judged by its own last four weeks: working, silent, with a changed structure, blocked, failing.

A source that dies rarely says so: the page still answers, but the list stays as it was, the selector finds the
sidebar, or the site shows less to robots. Each of these is measured against what the source used to bring.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import Final

from core.errors import SourceChanged, SourceRefused
from core.mention import SHANGHAI
from crawler.crawl_log import Crawl

BASELINE: Final = timedelta(days=28)
# Guess: below, a quiet week is nothing to speak of.
SHORTEST_BASELINE: Final = timedelta(days=7)
FEWEST_NEWS: Final = 20
# A source that brings news at random times is as quiet as this by chance once in a thousand times (e^-6.9).
EXPECTED_WHEN_SILENT: Final = 6.9
# Guess: with less than three weeks the quiet weekend of an office is not known yet.
KNOWS_WEEKENDS: Final = timedelta(days=21)
WEEKEND: Final = timedelta(days=3)
# Guess: a list that shows a fifth of its usual entries twice running has another form.
FEWEST_CRAWLS: Final = 10
FEWEST_ENTRIES: Final = 5
LEAST_SHARE: Final = 0.2
TWICE: Final = 2
# Guess: half of the pages unreadable is a new template, not a bad day.
MOST_FAILED_SHARE: Final = 0.5
HOUR: Final = timedelta(hours=1)


class State(StrEnum):
    """One word per way to be."""

    NEW = "new"
    WORKING = "working"
    SILENT = "silent"
    BROKEN = "broken"
    BLOCKED = "blocked"
    FAILING = "failing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """message: why, empty while all is well. news_per_day: new mentions on an average day; None without a baseline."""

    state: State
    message: str = ""
    news_per_day: float | None = None


def judge(crawls: Sequence[Crawl], message: str, *, now: datetime) -> Health:
    """crawls: of one source, oldest first, those of BASELINE. message: of the last crawl's error, may be empty."""
    if not crawls:
        return Health(state=State.NEW)
    usual = _news_per_day(crawls)
    if code := crawls[-1].error_code:
        return Health(state=_ERRORS.get(code, State.FAILING), message=message, news_per_day=usual)
    said = _has_lost_entries(crawls) or _cannot_read(crawls[-1])
    if said:
        return Health(state=State.BROKEN, message=said, news_per_day=usual)
    if said := _is_too_quiet(crawls, now):
        return Health(state=State.SILENT, message=said, news_per_day=usual)
    return Health(state=State.WORKING, news_per_day=usual)


_ERRORS: Final = {SourceRefused.code: State.BLOCKED, SourceChanged.code: State.BROKEN}


def _news(crawls: Sequence[Crawl]) -> list[Crawl]:
    """Crawls that brought something; the first one brings what was there before and says nothing of the pace."""
    return [crawl for crawl in crawls[1:] if crawl.new]


def _news_per_day(crawls: Sequence[Crawl]) -> float | None:
    span = crawls[-1].finished_at - crawls[0].finished_at
    if span < SHORTEST_BASELINE:
        return None
    return round(sum(crawl.new for crawl in _news(crawls)) / (span / timedelta(days=1)), 1)


def _has_lost_entries(crawls: Sequence[Crawl]) -> str:
    # An unchanged feed answers with nothing, which is no fault.
    found = [crawl.found for crawl in crawls if crawl.error_code is None and crawl.found]
    before, last = found[:-TWICE], found[-TWICE:]
    if len(before) < FEWEST_CRAWLS or (usual := median(before)) < FEWEST_ENTRIES:
        return ""
    if max(last) >= LEAST_SHARE * usual:
        return ""
    return f"列表上只找到 {last[-1]} 条，平时约 {usual:.0f} 条，网页结构可能已变化"


def _cannot_read(crawl: Crawl) -> str:
    tried = crawl.failed + crawl.new
    if crawl.failed < FEWEST_ENTRIES or crawl.failed <= MOST_FAILED_SHARE * tried:
        return ""
    return f"新出现的 {tried} 条里有 {crawl.failed} 条无法读取，原因见隔离区"


def _is_too_quiet(crawls: Sequence[Crawl], now: datetime) -> str:
    news = _news(crawls)
    if len(news) < FEWEST_NEWS:
        return ""
    last = news[-1].finished_at
    baseline, quiet = last - crawls[0].finished_at, now - last
    if baseline < SHORTEST_BASELINE or (baseline < KNOWS_WEEKENDS and quiet < WEEKEND):
        return ""
    expected = _expected(news, baseline, last, now)
    if expected < EXPECTED_WHEN_SILENT:
        return ""
    return f"已 {_length(quiet)}没有新内容，按过去的规律这段时间应更新约 {expected:.0f} 次"


def _expected(news: Sequence[Crawl], baseline: timedelta, since: datetime, now: datetime) -> float:
    """How often news was to come between the two moments, by the hours of the day or, if known, of the week."""
    is_weekly = baseline >= KNOWS_WEEKENDS
    seen = Counter(_slot(crawl.finished_at, is_weekly=is_weekly) for crawl in news)
    rounds = baseline / timedelta(days=7 if is_weekly else 1)
    hours = int(min(now - since, BASELINE) / HOUR)
    return sum(seen[_slot(since + HOUR * (n + 1), is_weekly=is_weekly)] for n in range(hours)) / rounds


def _slot(moment: datetime, *, is_weekly: bool) -> tuple[int, int]:
    local = moment.astimezone(SHANGHAI)
    return (local.weekday() if is_weekly else 0, local.hour)


def _length(quiet: timedelta) -> str:
    hours = int(quiet / HOUR)
    return f"{hours // 24} 天" if hours >= 48 else f"{hours} 小时"
