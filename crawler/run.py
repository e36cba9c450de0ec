"""Runs crawls in this process: one Twisted reactor, started once, so always in a child process of the product.

``crawl`` never raises for what a site does; the result says it, and the source row shows it.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from twisted.logger import globalLogBeginner

from core.database import Database
from core.errors import SourceError, SourceUnreachable, StoreError
from core.intake import author_key
from core.settings import Settings, named_secret
from crawler import gap, sources, turn
from crawler.definition import Source, SourceKind, delay_seconds, interval_of
from crawler.host import HostTurns
from crawler.outcome import CrawlResult, Outcome
from crawler.page import Page
from crawler.recognise import complete
from crawler.spiders.base import SourceSpider
from crawler.spiders.feed import FeedSpider
from crawler.spiders.forum import ForumSpider
from crawler.spiders.hotlist import HotlistSpider
from crawler.spiders.json_interface import JsonSpider
from crawler.spiders.listing import ListingSpider
from crawler.spiders.page import PageSpider
from crawler.spiders.propose import ProposeSpider
from crawler.spiders.sitemap import SitemapSpider
from crawler.spiders.wordpress import WordpressSpider
from crawler.trial import Trial
from crawler.visit import Limits, Report, Visit, in_silence

_LOG: Final = logging.getLogger(__name__)

SPIDERS: Final[dict[SourceKind, type[SourceSpider]]] = {
    SourceKind.FEED: FeedSpider,
    SourceKind.LISTING: ListingSpider,
    SourceKind.DISCUZ: ForumSpider,
    SourceKind.FORUM: ForumSpider,
    SourceKind.SITEMAP: SitemapSpider,
    SourceKind.JSON: JsonSpider,
    SourceKind.WORDPRESS: WordpressSpider,
    SourceKind.HOTLIST: HotlistSpider,
}
# Guess: what a site of one's own (delay 0) takes without queueing; a delayed host is asked one page at a time.
PARALLEL_REQUESTS: Final = 8
MOST_REDIRECTS: Final = 10
INTERNAL_ERROR: Final = "采集程序出错，详情见日志"
# Guess: a crawl that fills a gap follows this many times the usual list pages.
DEEPER: Final = 5
# Scrapy's word for a crawl that was told to stop.
STOPPED: Final = "shutdown"


def crawl(
    settings: Settings,
    source_name: str,
    *,
    now: Callable[[], datetime],
    limits: Limits | None = None,
    report: Report = in_silence,
) -> CrawlResult:
    """Crawl one source and write the result onto its row. Once per process. Raises NotFound, StoreUnavailable."""
    return crawl_all(settings, [source_name], now=now, limits=limits, report=report)[0]


def crawl_all(
    settings: Settings,
    names: Sequence[str],
    *,
    now: Callable[[], datetime],
    limits: Limits | None = None,
    report: Report = in_silence,
) -> tuple[CrawlResult, ...]:
    """Crawl several sources side by side; results in the given order. Once per process. report: told how far each is.

    Raises NotFound for an unknown name and StoreUnavailable when not even the register can be read.
    """
    database = Database(settings.state_url)
    try:
        visits = _visits(settings, database, names, now, limits or Limits(), report)
        _run(settings, [(Crawler(SPIDERS[v.source.kind], scrapy_settings(settings, v)), v) for v in visits])
        return tuple(_finish(settings, visit) for visit in visits)
    finally:
        database.close()


def fetch(settings: Settings, source: Source, *, now: Callable[[], datetime]) -> Page:
    """The page at a source's address, asked for as a crawl would; nothing is stored. Once per process.

    Raises SourceError.
    """
    kept: list[Page] = []
    database = Database("sqlite://")  # of the machinery: nobody opens it
    visit = _visit(settings, source, database, now, Limits(), in_silence)
    crawler = Crawler(PageSpider, scrapy_settings(settings, visit) | {"EXTENSIONS": {}, "ITEM_PIPELINES": {}})
    _run(settings, [(crawler, visit)], kept=kept)
    if not kept:
        raise visit.outcome.error or SourceUnreachable("网页没有在限定时间内取得", url=source.url)
    return kept[0]


def _visits(
    settings: Settings,
    database: Database,
    names: Sequence[str],
    now: Callable[[], datetime],
    limits: Limits,
    report: Report,
) -> tuple[Visit, ...]:
    with database.write() as connection:
        found = [sources.find(connection, name) for name in names]
        deeper = {name for name in names if gap.is_to_fill(connection, name)}
        for source in found:
            turn.record_started(connection, source.name, now=now(), interval=interval_of(settings, source))
    return tuple(
        replace(
            _visit(settings, source, database, now, limits, report),
            reach=DEEPER if source.name in deeper else 1,
            author_key=author_key(settings),
            turns=HostTurns(database, now=now, requests_per_day=settings.host_requests_per_day),
        )
        for source in found
    )


def propose(settings: Settings, source: Source, *, now: Callable[[], datetime]) -> Trial:
    """Try the address of ``source`` and say what it is. Once per process; nothing is stored.

    Raises SourceError with the reason where it is no source or cannot be read.
    """
    visit = _visit(settings, source, Database("sqlite://"), now, Limits(), in_silence)  # a database never opened
    crawler = Crawler(ProposeSpider, scrapy_settings(settings, visit) | _OF_TRIALS)
    trial = Trial(source=source)
    _run(settings, [(crawler, visit)], trial=trial)
    error = visit.outcome.error or (None if trial.definition else SourceError(INTERNAL_ERROR))
    if error is not None:
        doors = "；".join(f"可改用 kind: {door.kind}，url: {door.url}（{door.words}）" for door in trial.doors)
        raise type(error)(f"{error.message}{f'；{doors}' if doors else ''}", **error.details)
    complete(trial)
    return trial


def _visit(
    settings: Settings,
    source: Source,
    database: Database,
    now: Callable[[], datetime],
    limits: Limits,
    report: Report,
) -> Visit:
    return Visit(
        source=source,
        outcome=Outcome(source=source.name, started_at=now()),
        database=database,
        now=now,
        limits=limits,
        report=report,
        delay_seconds=delay_seconds(settings, source),
        time_limit_seconds=settings.crawl_timeout_seconds,
        secret=partial(named_secret, settings),
    )


def _run(settings: Settings, crawls: Sequence[tuple[Crawler, Visit]], **arguments: object) -> None:
    """Until all are done. arguments: what spiders are given besides their visit."""
    # Twisted's log goes through Scrapy into ours; until somebody begins it, Twisted writes tracebacks to stderr itself.
    globalLogBeginner.beginLoggingTo([], redirectStandardIO=False, discardBuffer=True)
    logging.getLogger("twisted").addFilter(_is_news)
    scrapy_log = logging.getLogger("scrapy")
    scrapy_log.propagate = False  # Scrapy sets its own level and greets at once
    process = AsyncCrawlerProcess(_process_settings(settings))
    scrapy_log.propagate = True
    scrapy_log.setLevel(logging.DEBUG if settings.log_level == "DEBUG" else logging.WARNING)
    for crawler, visit in crawls:
        _watch(crawler, visit.outcome)
        process.crawl(crawler, visit=visit, **arguments)
    process.start()
    if not process.bootstrap_failed:
        for _, visit in crawls:
            # Told to stop before the spider was open, which Scrapy does not report.
            visit.outcome.reason = visit.outcome.reason or STOPPED


def _is_news(record: logging.LogRecord) -> bool:
    """A certificate that is refused is told by ours in one line."""
    return "while verifying certificate" not in record.getMessage()


def _watch(crawler: Crawler, outcome: Outcome) -> None:
    """Note how the crawl ended; a mistake of our own must not pass for a source without news."""

    def closed(reason: str) -> None:
        outcome.reason = reason
        outcome.is_out_of_time |= reason == "closespider_timeout"

    def broken() -> None:
        outcome.fail(SourceError(INTERNAL_ERROR))

    crawler.signals.connect(closed, signal=signals.spider_closed, weak=False)
    crawler.signals.connect(broken, signal=signals.spider_error, weak=False)
    crawler.signals.connect(broken, signal=signals.item_error, weak=False)


def _finish(settings: Settings, visit: Visit) -> CrawlResult:
    if visit.outcome.reason is None:
        visit.outcome.fail(SourceError(INTERNAL_ERROR))
    result = visit.outcome.result(now=visit.now())
    _LOG.info(
        "%s: %d pages, %d mentions (%d new, %d changed), %d known, %d failed, %s",
        result.source,
        result.pages,
        result.mentions,
        result.new,
        result.changed,
        result.skipped,
        result.failed,
        result.error_code or "ok",
    )
    try:
        with visit.database.write() as connection:
            interval = interval_of(settings, visit.source)
            turn.record_finished(connection, result, now=visit.now(), interval=interval)
    except StoreError as error:
        _LOG.error("%s: the result could not be stored: %s", result.source, error.__cause__)
    return result


def _process_settings(settings: Settings) -> dict[str, Any]:  # Any: Scrapy's settings have every type
    """What holds for the process: its logging stays ours, and no version banner."""
    return {"LOG_INSTALL_ROOT_HANDLER": False, "LOG_LEVEL": settings.log_level, "LOG_VERSIONS": []} | DOORS


# No door that nobody asked for: the telnet console and the HTTP server that runs Python code.
DOORS: Final = {"TELNETCONSOLE_ENABLED": False, "REMOTE_CONTROL_ENABLED": False}


_MIDDLEWARES: Final = {
    "crawler.address.AddressGuard": 50,
    "crawler.token.TokenBearer": 60,
    "crawler.politeness.Politeness": 100,
}
# A trial stores nothing, asks nothing twice and counts what it asks.
_OF_TRIALS: Final = {
    "ITEM_PIPELINES": {},
    "EXTENSIONS": {},
    "RETRY_ENABLED": False,
    "DOWNLOADER_MIDDLEWARES": _MIDDLEWARES | {"crawler.spiders.propose.RequestLimit": 110},
}


def scrapy_settings(settings: Settings, visit: Visit) -> dict[str, Any]:  # Any: as above
    """Settings of one crawl."""
    return DOORS | {
        "USER_AGENT": settings.user_agent,
        "DOWNLOAD_DELAY": 0,  # crawler.pace waits, see there
        "CONCURRENT_REQUESTS": 2 * PARALLEL_REQUESTS,
        "CONCURRENT_ITEMS": 1,  # Scrapy starts as many tasks for every answer; ours only wait for the same batch
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1 if visit.delay_seconds else PARALLEL_REQUESTS,
        "DOWNLOAD_TIMEOUT": visit.limits.page_timeout_seconds,
        "DOWNLOAD_MAXSIZE": settings.page_size_limit_megabytes * 1024 * 1024,
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "CLOSESPIDER_TIMEOUT": settings.crawl_timeout_seconds,
        "DOWNLOADER_MIDDLEWARES": _MIDDLEWARES,
        "EXTENSIONS": {"crawler.progress.Reporter": 100},
        "ITEM_PIPELINES": {"crawler.delivery.InboxPipeline": 100},
        "HTTPPROXY_ENABLED": False,  # through a proxy the address check would check the wrong address
        "HTTPERROR_ALLOW_ALL": True,
        "RETRY_TIMES": 1,
        "RETRY_HTTP_CODES": [500, 502, 504, 408],
        "RETRY_GIVE_UP_LOG_LEVEL": "INFO",
        "REDIRECT_MAX_TIMES": MOST_REDIRECTS,
        "METAREFRESH_MAXDELAY": 5,  # a longer one reloads the page for readers
        "URLLENGTH_LIMIT": 0,
        "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter",
        "SCHEDULER_MEMORY_QUEUE": "scrapy.squeues.FifoMemoryQueue",
        "DEFAULT_REQUEST_HEADERS": {
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "Accept-Language": "zh-CN,zh;q=0.9",
        },
        "MEMUSAGE_ENABLED": False,
        "STATS_DUMP": False,
        "LOGSTATS_INTERVAL": 0,
    }
