"""Puts what a crawl found into the inbox: small batches, off the reactor thread, patient with a busy database.

Invariant: a crawl that could not write says so, and never reports its source as complete; the next crawl brings
the same mentions again, and their ids make the repetition harmless.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Final, Self

from scrapy.crawler import Crawler
from sqlalchemy import Connection

from core import inbox, quarantine
from core.errors import StoreUnavailable
from core.inbox import PutResult
from core.mention import Mention
from crawler import redirect, seen_thread
from crawler.items import Rejected
from crawler.redirect import Redirect
from crawler.seen_thread import SeenThread
from crawler.visit import Visit, visit_of

_LOG: Final = logging.getLogger(__name__)

# Guess: a batch that commits within milliseconds and is small enough to lose nothing worth mentioning in a kill.
BATCH: Final = 50
# Repeated failures of the same page are one quarantine row as long as it is among the newest.
REMEMBERED_FAILURES: Final = 200

Item = Mention | Rejected | Redirect | SeenThread
Write = Callable[[Sequence[Item]], PutResult]


class Batch:
    """Collects items and writes them; keeps what could not be written for the next attempt."""

    def __init__(self, write: Write, *, pauses: Sequence[float], pause: Callable[[float], Awaitable[None]]) -> None:
        self._write = write
        self._pauses = pauses
        self._pause = pause
        self._items: list[Item] = []
        self._lock = asyncio.Lock()
        self._error: StoreUnavailable | None = None

    @property
    def is_full(self) -> bool:
        """Time to flush."""
        return len(self._items) >= BATCH

    def add(self, item: Item) -> None:
        """Remember an item until the next flush."""
        self._items.append(item)

    async def flush(self) -> tuple[PutResult, int]:
        """Write everything collected; returns what became of it and the number of mentions.

        Raises StoreUnavailable after the last attempt, and from then on at once.
        """
        async with self._lock:
            if self._error is not None:
                raise self._error
            items = tuple(self._items)
            if not items:
                return PutResult(), 0
            put = await self._patiently(items)
            del self._items[: len(items)]
            return put, sum(isinstance(item, Mention) for item in items)

    async def _patiently(self, items: Sequence[Item]) -> PutResult:
        for pause in self._pauses:
            try:
                return await asyncio.to_thread(self._write, items)
            except StoreUnavailable as error:
                _LOG.warning("writing %d items failed, next attempt in %.1f s: %s", len(items), pause, error.__cause__)
                await self._pause(pause)
        try:
            return await asyncio.to_thread(self._write, items)
        except StoreUnavailable as error:
            self._error = error
            raise


def write_items(visit: Visit, items: Sequence[Item]) -> PutResult:
    """Put all that was read, mentions first, into the store, and failures into quarantine, in one transaction."""
    now = visit.now()
    with visit.database.write() as connection:
        put = inbox.put(connection, [item for item in items if isinstance(item, Mention)], now=now)
        redirect.remember(connection, [item for item in items if isinstance(item, Redirect)])
        _quarantine(connection, visit, [item for item in items if isinstance(item, Rejected)])
        seen_thread.keep(connection, [item for item in items if isinstance(item, SeenThread)])
    return put


def _quarantine(connection: Connection, visit: Visit, rejected: Sequence[Rejected]) -> None:
    if not rejected:
        return
    name = visit.source.name
    known = {(row.raw, row.code) for row in quarantine.latest(connection, source=name, limit=REMEMBERED_FAILURES)}
    for item in rejected:
        raw = quarantine.excerpt(item.raw)
        if (raw, item.error.code) not in known:
            quarantine.keep(connection, source=name, raw=item.raw, error=item.error, now=visit.now())
            known.add((raw, item.error.code))


class InboxPipeline:
    """Item pipeline: writes when a batch is full, every ``flush_seconds``, and at the end."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._visit = visit_of(crawler)
        self._batch = Batch(
            lambda items: write_items(self._visit, items),
            pauses=self._visit.limits.write_pauses_seconds,
            pause=asyncio.sleep,
        )
        self._closed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Called by Scrapy."""
        return cls(crawler)

    async def open_spider(self) -> None:
        """Start the timer."""
        self._start(self._flush_regularly())

    async def process_item(self, item: Item) -> Item:
        """Collect; waits while a full batch is written, which holds the spider back."""
        if isinstance(item, Rejected):
            self._visit.outcome.failures.append(item.error)
        self._batch.add(item)
        if self._batch.is_full:
            await self._flush()
        return item

    async def close_spider(self) -> None:
        """Write the rest."""
        self._closed.set()
        await self._flush()

    async def _flush_regularly(self) -> None:
        while not self._closed.is_set():
            try:
                await asyncio.wait_for(self._closed.wait(), self._visit.limits.flush_seconds)
            except TimeoutError:
                await self._flush()

    async def _flush(self) -> None:
        outcome = self._visit.outcome
        try:
            outcome.count(*await self._batch.flush())
        except StoreUnavailable as error:
            if outcome.store_error is None:
                outcome.store_error = error
                # Not awaited: closing waits for the items that are being processed, and this may be one of them.
                self._start(self._crawler.engine.close_spider_async(reason="store_unavailable"))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:  # Any: a coroutine's unused send type
        task = asyncio.ensure_future(work)
        self._tasks.add(task)  # the loop itself keeps only weak references
        task.add_done_callback(self._tasks.discard)
