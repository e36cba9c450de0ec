"""Extraction by a worker process: the same articles, and a page or a worker that fails costs nothing else."""

import asyncio
import os
from collections.abc import Awaitable, Callable

import pytest

from core.errors import SourceChanged
from crawler.extract.article import Article, extract
from crawler.extraction import TOO_SLOW, Extraction
from tests.factories import NOON
from tests.integration.crawl_site import article

URL = "https://news.example/1.html"
TEXT = "<p>车主反映，L7 在高速上刹车变软，厂家表示正在调查，并请车主到店检查。</p>" * 3
PAGE = article("刹车失灵追踪", TEXT)


def in_a_crawl(steps: Callable[[Extraction], Awaitable[None]], *, most_seconds: float = 60) -> None:
    async def run() -> None:
        extraction = Extraction(in_thread=0, most_seconds=most_seconds)
        try:
            await steps(extraction)
        finally:
            await extraction.close()

    asyncio.run(run())


def test_a_worker_reads_what_a_thread_reads_and_is_replaced_when_lost() -> None:
    expected = extract(PAGE, URL, now=NOON)
    pids = []

    async def steps(extraction: Extraction) -> None:
        async def once(html: str = PAGE) -> Article:
            found = await extraction.article(html, URL, now=NOON)
            pids.append(extraction._worker.pid if extraction._worker else None)
            return found

        both = await asyncio.gather(once(), once("<p>\ud800 短"))
        assert both[0] == expected
        assert both[1] == extract("<p>\ud800 短", URL, now=NOON)
        os.kill(int(pids[0] or 0), 9)
        assert await once() == expected
        assert await once() == expected

    in_a_crawl(steps)
    assert pids[0] == pids[1] != pids[3]


def test_a_page_that_takes_too_long_is_given_up() -> None:
    async def steps(extraction: Extraction) -> None:
        with pytest.raises(SourceChanged, match=TOO_SLOW):
            await extraction.article(PAGE, URL, now=NOON)

    in_a_crawl(steps, most_seconds=0.001)
