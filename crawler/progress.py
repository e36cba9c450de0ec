"""Tells how far a crawl has come: to whoever started it, and on the source's row for the pages."""

import asyncio
import logging
from typing import Final, Self

from scrapy import signals
from scrapy.crawler import Crawler

from core.errors import StoreError
from crawler import turn
from crawler.outcome import Progress
from crawler.visit import visit_of

_LOG: Final = logging.getLogger(__name__)


class Reporter:
    """Scrapy extension: reports every ``report_seconds`` while the crawl runs."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._task: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Called by Scrapy."""
        reporter = cls(crawler)
        crawler.signals.connect(reporter.opened, signal=signals.spider_opened)
        crawler.signals.connect(reporter.closed, signal=signals.spider_closed)
        return reporter

    def opened(self) -> None:
        """Begin."""
        self._task = asyncio.ensure_future(self._report_regularly())

    def closed(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()

    async def _report_regularly(self) -> None:
        visit = visit_of(self._crawler)
        last = Progress()
        while True:
            await asyncio.sleep(visit.limits.report_seconds)
            progress = visit.outcome.progress(self._waiting())
            visit.report(visit.source.name, progress)
            if progress != last:
                await asyncio.to_thread(self._store, progress)
                last = progress

    def _waiting(self) -> int:
        stats = self._crawler.stats
        if stats is None:
            return 0
        return int(stats.get_value("scheduler/enqueued", 0)) - int(stats.get_value("scheduler/dequeued", 0))

    def _store(self, progress: Progress) -> None:
        visit = visit_of(self._crawler)
        try:
            with visit.database.write() as connection:
                turn.record_progress(connection, visit.source.name, progress)
        except StoreError as error:
            _LOG.debug("%s: progress not stored: %s", visit.source.name, error.code)
