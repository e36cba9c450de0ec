"""Tries one address for ``tingfeng source propose``: the page itself, then a few of the pages behind it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final, Self, cast

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from core.errors import SourceError, SourceRefused, TingfengError
from crawler.definition import SourceKind
from crawler.page import Page
from crawler.recognise import read_behind, recognise
from crawler.spiders.base import Output, SourceSpider, Step
from crawler.trial import MOST_REQUESTS, Door, Trial
from crawler.visit import Visit

_LOG: Final = logging.getLogger(__name__)


class ProposeSpider(SourceSpider):
    """Fills its trial; stores nothing."""

    def __init__(self, visit: Visit, trial: Trial, **arguments: Any) -> None:  # Any: Scrapy's own arguments
        super().__init__(visit, **arguments)
        self.trial = trial

    @property
    def has_pages(self) -> bool:
        """Nothing was read before."""
        return False

    async def read_list(self, page: Page, response: Response) -> AsyncIterator[Output]:
        """Raises SourceError where the address is no source."""
        links = " ".join(value.decode("latin-1") for value in response.headers.getlist("Link"))
        self.trial.doors += [
            Door(kind=SourceKind.SITEMAP, url=url, words="robots.txt 里的网站地图")
            for url in self.visit.outcome.sitemaps[:3]
            if url != page.url
        ]
        await asyncio.to_thread(recognise, self.trial, page, links, self.visit.now())
        for url in self.trial.follow:
            yield self.request(url, Step.PAGE)

    async def read_behind(self, page: Page, response: Response) -> AsyncIterator[Output]:
        """Raises SourceError."""
        await asyncio.to_thread(read_behind, self.trial, page, self.visit.now())
        nothing: tuple[Output, ...] = ()  # what was read stays in the trial
        for thing in nothing:
            yield thing

    def give_up(self, request: Request, error: TingfengError) -> Iterator[Output]:
        """A page behind the list that fails is told; it may be the only one."""
        if request.meta.get("step") is Step.PAGE:
            self.trial.notes.append(f"{request.meta['asked_url']}：{error.message}")
        else:
            self.visit.outcome.fail(error if isinstance(error, SourceError) else SourceError(error.message))
        yield from ()


class RequestLimit:
    """Downloader middleware of a trial: counts each request, redirects and robots.txt included, and refuses more."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Called by Scrapy."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Raises SourceRefused."""
        trial = cast(ProposeSpider, self._crawler.spider).trial
        if trial.requests >= MOST_REQUESTS:
            raise SourceRefused(f"试采最多请求 {MOST_REQUESTS} 次，这一页没有打开", url=request.url)
        trial.requests += 1
