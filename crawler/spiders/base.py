"""What both spiders share: requests, the reading of answers, and where failures go.

A failure on the list (or feed) concerns the source; a failure on a page behind it concerns one mention and goes to
quarantine. Nothing a site sends may escape as anything but one of our errors.
"""

import asyncio
import logging
from abc import abstractmethod
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.http import Response
from twisted.python.failure import Failure

from core.errors import SourceChanged, TingfengError
from core.mention import Kind, Mention, mention_id
from crawler import redirect
from crawler.definition import selectors_of
from crawler.extract.article import Article, Missing, declared_address, extract
from crawler.extract.listing import Fields, read_fields
from crawler.failures import explain
from crawler.items import Reading, Rejected, build, identity
from crawler.pace import NoTimeLeft
from crawler.page import Page, read_page
from crawler.redirect import Redirect, Way, redirects
from crawler.seen_thread import SeenThread
from crawler.visit import Visit

_LOG: Final = logging.getLogger(__name__)

# Only ever an answer to the validators that a feed request carries.
NOT_MODIFIED: Final = 304

Output = Request | Mention | Rejected | Redirect | SeenThread


class Step(StrEnum):
    """LIST: the list page or feed. PAGE: what it links to."""

    LIST = "list"
    PAGE = "page"


class SourceSpider(Spider):
    """Reads one source. Subclasses say what a list and a page yield."""

    name = "source"

    def __init__(self, visit: Visit, **arguments: Any) -> None:  # Any: Scrapy's own arguments
        super().__init__(**arguments)
        self.visit = visit
        self.selectors = selectors_of(visit.source)

    @abstractmethod
    def read_list(self, page: Page, response: Response) -> AsyncIterator[Output]:
        """Yield requests for the pages behind a list, or its mentions. Raises TingfengError."""

    @abstractmethod
    def read_behind(self, page: Page, response: Response) -> AsyncIterator[Output]:
        """Yield the mention of a page. Raises TingfengError."""

    async def start(self) -> AsyncIterator[Any]:  # Any: Scrapy's signature
        """The list itself."""
        yield self.request(self.visit.source.url, Step.LIST)

    def request(self, url: str, step: Step, **meta: object) -> Request:
        """Ask for a page. Pages go before further lists, so that a crawl cut short brings mentions."""
        return Request(
            url,
            callback=self.answered,
            errback=self.failed,
            dont_filter=True,  # Scrapy's filter would drop a redirect to itself without a word
            priority=1 if step is Step.PAGE else 0,
            meta={"step": step, "asked_url": url, **meta},
        )

    async def answered(self, response: Response) -> AsyncIterator[Output]:
        """Scrapy's callback for every answer, whatever its status."""
        self.visit.outcome.pages += 1
        if response.status == NOT_MODIFIED:
            return
        try:
            page = read_page(response)
            if response.meta["step"] is Step.LIST:
                async for thing in self.read_list(page, response):
                    yield thing
            else:
                _refuse_front_page(response)
                async for thing in self.read_behind(page, response):
                    yield thing
                    # The address of a thread leads to its first post.
                    if isinstance(thing, Mention) and (thing.thread_id is None or thing.kind is Kind.POST):
                        for lead in redirects(thing, way_to(response)):
                            yield lead
        except TingfengError as error:
            for thing in self.give_up(response.request or Request(response.url), error):
                yield thing

    def failed(self, failure: Failure) -> Iterator[Output]:
        """Scrapy's errback: no answer at all, or a refusal of our own."""
        if isinstance(failure.value, NoTimeLeft):
            self.visit.outcome.is_out_of_time = True
            return
        request: Request = failure.request  # type: ignore[attr-defined]  # set by Scrapy
        error = explain(
            failure.value or OSError(),
            url=request.url,
            redirects=request.meta.get("redirect_times", 0),
            most_redirects=self.settings.getint("REDIRECT_MAX_TIMES"),
        )
        yield from self.give_up(request, error)

    def give_up(self, request: Request, error: TingfengError) -> Iterator[Output]:
        """Book a failure where it belongs."""
        url = str(request.meta.get("asked_url", request.url))
        _LOG.warning("%s: %s failed with %s", self.visit.source.name, url, error.code)
        if request.meta.get("step") is Step.LIST:
            self.visit.outcome.fail(error)
        else:
            yield Rejected(raw=url, error=error)

    async def sift(self, urls: Sequence[str]) -> tuple[list[str], list[Mention]]:
        """Addresses to fetch, in order, and known mentions that this source sees for the first time."""
        ids = {url: mention_id(identity(url)) for url in urls}
        known = await asyncio.to_thread(self._known, sorted(set(ids.values())))
        name = self.visit.source.name
        self.visit.outcome.meet(min((mention.seen_at for mention in known.values()), default=None))
        # Under this source's name the inbox adds it to seen_by and leaves the content to the first seer.
        unseen = {mention.id: mention for mention in known.values() if name not in mention.seen_by}
        seen = [replace(mention, source=name, seen_by=(name,)) for mention in unseen.values()]
        self.visit.outcome.skipped += len({mention.id for mention in known.values()}) - len(seen)
        return [url for url in urls if ids[url] not in known], seen

    async def read_article(self, page: Page) -> tuple[Fields, Article]:
        """Selectors first; the extractor is slow and runs only where they leave title or text open."""
        return await asyncio.to_thread(self._read_article, page)

    def mention(self, reading: Reading) -> Mention:
        """Build the mention of this source. Raises SourceChanged when it is empty."""
        return build(reading, self.visit.source, seen_at=self.visit.now(), author_key=self.visit.author_key)

    def _known(self, ids: Sequence[str]) -> dict[str, Mention]:
        with self.visit.database.read() as connection:
            return redirect.known(connection, ids)

    def _read_article(self, page: Page) -> tuple[Fields, Article]:
        now = self.visit.now()
        fields = read_fields(page.text, self.selectors, now=now)
        if self.selectors.text and not fields.text:
            raise SourceChanged("正文选择器 text 没有找到内容，网页结构可能已变化", url=page.url)
        if fields.title and fields.text:
            return fields, Article(canonical=declared_address(page.text))
        article = extract(page.text, page.url, now=now)
        if article.missing in (Missing.CHALLENGE, Missing.GONE) and not fields.text:
            raise SourceChanged(article.missing.sentence, url=page.url)
        return fields, article


def way_to(response: Response) -> Way:
    """From the address on the list to the one that answered."""
    hops = zip(response.meta.get("redirect_urls", ()), response.meta.get("redirect_reasons", ()), strict=True)
    return Way(asked=str(response.meta["asked_url"]), hops=tuple(hops), url=response.url)


def _refuse_front_page(response: Response) -> None:
    """Sites answer for a removed page with their front page; that is not the mention we asked for."""
    asked = urlsplit(str(response.meta["asked_url"])).path
    if urlsplit(response.url).path in ("", "/") and asked not in ("", "/"):
        raise SourceChanged("网页已跳转到网站首页，原文可能已删除", url=response.url)
