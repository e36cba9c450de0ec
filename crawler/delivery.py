"""Puts what a crawl found into the inbox: small batches, off the reactor thread, patient with a busy database.

Invariant: a crawl that could not write says so, and never reports its source as complete; the next crawl brings
the same mentions again, and their ids make the repetition harmless. One item that the database refuses does not take
the others with it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Final, Self

from scrapy.crawler import Crawler
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from core import inbox, quarantine
from core.errors import StoreError, StoreUnavailable, TingfengError
from core.inbox import PutResult
from core.mention import Mention
from crawler import hotlist, recheck, redirect, seen_page, seen_thread
from crawler.hotlist import Look
from crawler.items import Rejected
from crawler.recheck import Checked
from crawler.redirect import Leads, Redirect
from crawler.seen_page import SeenPage
from crawler.seen_thread import SeenThread
from crawler.visit import Visit, visit_of

_LOG: Final = logging.getLogger(__name__)

# Guess: a batch that commits within milliseconds and is small enough to lose nothing worth mentioning in a kill.
BATCH: Final = 50
# Repeated failures of the same page are one quarantine row as long as it is among the newest.
REMEMBERED_FAILURES: Final = 200
# What writing one item may raise by the item's own fault, or by ours; an outage of the database is StoreUnavailable.
REFUSALS: Final = (SQLAlchemyError, TingfengError, LookupError, TypeError, ValueError)
UNWRITTEN: Final = "有内容写入数据库时出错，其余内容不受影响，详情见服务日志"

Item = Mention | Rejected | Redirect | SeenThread | SeenPage | Checked | Look
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
            return put, len(put.new) + len(put.changed) + put.repeated

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


class Writer:
    """Writes what one crawl collected, and books what the database refuses."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._broken_threads: set[str | None] = set()
        self._has_refused = False

    def write(self, items: Sequence[Item]) -> PutResult:
        """Write all in one transaction, or else each in its own. Raises StoreUnavailable."""
        try:
            return _write(self._visit, self._true(items))
        except StoreUnavailable:
            raise
        except REFUSALS as error:
            name = self._visit.source.name
            _LOG.error("%s: writing %d items failed, now one by one: %s", name, len(items), _in_a_line(error))
        return self._write_singly(items)

    def _write_singly(self, items: Sequence[Item]) -> PutResult:
        done: list[PutResult] = []
        refused: list[TingfengError] = []
        for item in items:
            try:
                done.append(_write(self._visit, self._true([item])))
            except StoreUnavailable:
                raise
            except REFUSALS as error:
                refused.append(self._book(item, error))
        # Noted at the end: an outage on the way starts all over.
        self._visit.outcome.failures.extend(refused)
        if refused:
            self._visit.outcome.fail(StoreError(UNWRITTEN))
        return PutResult(
            new=tuple(each for put in done for each in put.new),
            changed=tuple(each for put in done for each in put.changed),
            repeated=sum(put.repeated for put in done),
            known_since=min((put.known_since for put in done if put.known_since), default=None),
        )

    def _book(self, item: Item, refusal: Exception) -> TingfengError:
        raw = _address(item)
        _LOG.error("%s: %s could not be written: %s", self._visit.source.name, raw, _in_a_line(refusal))
        error = refusal if isinstance(refusal, TingfengError) else StoreError("这条内容无法写入数据库，详情见服务日志")
        if isinstance(item, Mention):
            self._has_refused = True
            self._broken_threads.add(item.thread_id)
        _write(self._visit, [Rejected(raw=raw, error=error)])
        return error

    def _true(self, items: Sequence[Item]) -> list[Item]:
        """Without the states of threads, pages and sitemaps that would say more than the inbox holds."""
        return [item for item in items if not self._says_too_much(item)]

    def _says_too_much(self, item: Item) -> bool:
        if isinstance(item, SeenPage):
            return self._has_refused
        return isinstance(item, SeenThread) and item.key in self._broken_threads


def _address(item: Item) -> str:
    """For the person who looks."""
    match item:
        case Rejected():
            return item.raw
        case Redirect() | Checked():
            return item.mention_id
        case SeenPage():
            return item.key
        case Look():
            return item.source
    return item.url


def _in_a_line(error: Exception) -> str:
    """What happened, without the statement and without what it was about."""
    said = str(getattr(error, "orig", None) or error).partition("\n")[0]
    return f"{type(error).__name__}: {said}"


def _write(visit: Visit, items: Sequence[Item]) -> PutResult:
    """Put all that was read, mentions first, into the store, and failures into quarantine, in one transaction."""
    now = visit.now()
    with visit.database.write() as connection:
        put = inbox.put(connection, [item for item in items if isinstance(item, Mention)], now=now)
        redirect.remember(connection, [item for item in items if isinstance(item, Redirect)])
        _quarantine(connection, visit, [item for item in items if isinstance(item, Rejected)])
        seen_thread.keep(connection, [item for item in items if isinstance(item, SeenThread)])
        checked = [item for item in items if isinstance(item, Checked)]
        recheck.keep(connection, checked, now=now)
        inbox.mark_deleted(connection, recheck.vanished(connection, checked))
        hotlist.keep(connection, [item for item in items if isinstance(item, Look)])
        seen_page.keep(connection, [item for item in items if isinstance(item, SeenPage)])
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
        self._leads = Leads()
        self._checked: list[Checked] = []
        self._batch = Batch(
            Writer(self._visit).write,
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
        if isinstance(item, Redirect):
            self._leads.add(item)
            return item
        if isinstance(item, Checked):
            self._checked.append(item)  # what is gone is known when all were looked at
            return item
        self._batch.add(item)
        if self._batch.is_full:
            await self._flush()
        return item

    async def close_spider(self) -> None:
        """Write the rest."""
        self._closed.set()
        for lead in self._leads.lasting():
            self._batch.add(lead)
            if self._batch.is_full:
                await self._flush()
        await self._flush()
        for each in self._checked:
            self._batch.add(each)
        await self._flush()

    async def _flush_regularly(self) -> None:
        while not self._closed.is_set():
            try:
                await asyncio.wait_for(self._closed.wait(), self._visit.limits.flush_seconds)
            except TimeoutError:
                await self._flush()

    async def _flush(self) -> None:
        outcome = self._visit.outcome
        is_explained = False
        try:
            outcome.count(*await self._batch.flush())
            is_explained = True
        except StoreUnavailable as error:
            is_explained = True
            if outcome.store_error is None:
                outcome.store_error = error
                # Not awaited: closing waits for the items that are being processed, and this may be one of them.
                self._start(self._crawler.engine.close_spider_async(reason="store_unavailable"))
        finally:
            if not is_explained:  # a mistake of our own, which the timer would swallow
                outcome.fail(StoreError(UNWRITTEN))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:  # Any: a coroutine's unused send type
        task = asyncio.ensure_future(work)
        self._tasks.add(task)  # the loop itself keeps only weak references
        task.add_done_callback(self._tasks.discard)
