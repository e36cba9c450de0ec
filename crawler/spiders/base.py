"""What all spiders share: requests, the reading of answers, and where failures go.

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

from core.errors import SourceChanged, SourceRefused, TingfengError
from core.mention import Kind, Mention, mention_id
from crawler import recheck, redirect
from crawler.definition import selectors_of
from crawler.extract.article import Article, Missing
from crawler.extract.feed import Entry
from crawler.extract.listing import Fields, open_page, read_fields
from crawler.extract.metadata import canonical_of
from crawler.extraction import Extraction
from crawler.failures import explain
from crawler.host import BudgetSpent
from crawler.hotlist import Look
from crawler.items import Reading, Rejected, build, identity
from crawler.pace import NoTimeLeft
from crawler.page import Page, read_page
from crawler.recheck import Checked
from crawler.redirect import Redirect, Way, redirects
from crawler.seen_page import SeenPage
from crawler.seen_thread import SeenThread
from crawler.visit import Visit

_LOG: Final = logging.getLogger(__name__)

# Only ever an answer to the validators that a feed request carries.
NOT_MODIFIED: Final = 304
ANSWERS: Final = (Kind.REPLY, Kind.COMMENT)
GONE: Final = (404, 410)
NO_ORIGIN: Final = "这是 RSSHub 的路由：请在来源里用 origin 登记它背后的网页，以便按该网站的 robots.txt 判断能否采集"
# Guess: characters whose selectors take about two milliseconds; handing them to a thread took longer (measured: a
# crawl of pages of 28 kB read 190 pages a second with threads, as many as bare Scrapy without them).
SHORT_PAGE: Final = 100_000

Output = Request | Mention | Rejected | Redirect | SeenThread | SeenPage | Checked | Look


class Step(StrEnum):
    """LIST: the list page or feed. PAGE: what it links to. CHECK: a page that was read before, looked at again."""

    LIST = "list"
    PAGE = "page"
    CHECK = "check"


class SourceSpider(Spider):
    """Reads one source. Subclasses say what a list and a page yield."""

    name = "source"

    def __init__(self, visit: Visit, **arguments: Any) -> None:  # Any: Scrapy's own arguments
        super().__init__(**arguments)
        self.visit = visit
        self.selectors = selectors_of(visit.source)
        self._has_checked = False
        self._extraction = Extraction()

    @property
    def has_pages(self) -> bool:
        """Whether the text of each mention stands on a page of its own, which may be looked at again."""
        return True

    @abstractmethod
    def read_list(self, page: Page, response: Response) -> AsyncIterator[Output]:
        """Yield requests for the pages behind a list, or its mentions. Raises TingfengError."""

    async def read_behind(self, page: Page, response: Response) -> AsyncIterator[Output]:
        """Yield the mention of a page: selectors first, then the list's entry, which knows title and time best, then
        the extractor, which has the text. Raises TingfengError.
        """
        entry: Entry = response.meta.get("entry") or Entry(url=page.url)
        fields, article = await self.read_article(page)
        told = None if entry.is_vague else entry.published
        yield self.mention(
            Reading(
                url=page.url,
                declared=article.canonical,
                native_id=fields.native_id,
                title=fields.title or entry.title or article.title,
                text=fields.text or article.text or entry.text,
                author=fields.author or entry.author or article.author,
                published=fields.published or told or article.published or entry.published,
                charset=page.charset,
                language=article.language,
            )
        )

    async def read_again(self, page: Page, before: Mention) -> AsyncIterator[Output]:
        """Yield what became of a mention whose page is looked at again. Raises TingfengError."""
        fields, article = await self.read_article(page)
        yield Checked(mention_id=before.id)
        if text := fields.text or article.text:
            yield replace(before, title=fields.title or before.title, text=text)

    async def start(self) -> AsyncIterator[Any]:  # Any: Scrapy's signature
        """The list itself."""
        yield self.request(self.visit.source.url, Step.LIST)

    def if_changed(self, request: Request) -> Request:
        """With the validators of the last complete crawl, so that an unchanged list costs nothing."""
        validators = {"If-None-Match": self.visit.source.etag, "If-Modified-Since": self.visit.source.last_modified}
        request.headers.update({name: value for name, value in validators.items() if value})
        return request

    def keep_validators(self, response: Response) -> None:
        """For the next crawl, should this one be complete."""
        self.visit.outcome.etag = header(response, "ETag")
        self.visit.outcome.last_modified = header(response, "Last-Modified")

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
        if response.status != NOT_MODIFIED:
            try:
                async for thing in self._by_step(read_page(response), response):
                    yield thing
            except TingfengError as error:
                for thing in self.give_up(response.request or Request(response.url), error):
                    yield thing
        for request in await self._checks(response):
            yield request

    def failed(self, failure: Failure) -> Iterator[Output]:
        """Scrapy's errback: no answer at all, or a refusal of our own."""
        if isinstance(failure.value, BudgetSpent):
            self.visit.outcome.postpone(failure.value.sentence, failure.value.retry_after_seconds)
            return
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
        elif request.meta.get("step") is Step.CHECK:
            if is_gone(error):
                yield Checked(mention_id=request.meta["before"].id, gone_at=self.visit.now())
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

    def check_origin(self, page: Page, *, is_route: bool = False) -> None:
        """Raises SourceRefused for an RSSHub route of which nobody said what page is behind it."""
        labels = (urlsplit(page.url).hostname or "").split(".")
        if (is_route or "rsshub" in labels) and self.visit.source.origin is None:
            raise SourceRefused(NO_ORIGIN, url=page.url)

    async def read_article(self, page: Page) -> tuple[Fields, Article]:
        """Selectors first; the extractor is slow and runs only where they leave title or text open."""
        if len(page.text) <= SHORT_PAGE:
            fields, canonical = self._read_selected(page)
        else:
            fields, canonical = await asyncio.to_thread(self._read_selected, page)
        if fields.title and fields.text:
            return fields, Article(canonical=canonical)
        article = await self._extraction.article(page.text, page.url, now=self.visit.now())
        if article.missing in (Missing.CHALLENGE, Missing.GONE) and not fields.text:
            raise SourceChanged(article.missing.sentence, url=page.url, is_gone=article.missing is Missing.GONE)
        return fields, article

    async def closed(self, _reason: str) -> None:
        """Called by Scrapy at the end."""
        await self._extraction.close()

    def mention(self, reading: Reading) -> Mention:
        """Build the mention of this source. Raises SourceChanged when it is empty."""
        return build(reading, self.visit.source, seen_at=self.visit.now(), author_key=self.visit.author_key)

    def news(self, mention: Mention, stored: Mention | None) -> Iterator[Mention]:
        """A mention that may be stored already: nothing where it is alike.

        An edit keeps the first time, since relative ones drift.
        """
        name = self.visit.source.name
        if stored is None:
            yield mention
        elif name not in stored.seen_by:
            yield replace(stored, source=name, seen_by=(name,))
        elif (stored.title, stored.text) != (mention.title, mention.text) and stored.source == name:
            yield replace(mention, published_at=stored.published_at, date_precision=stored.date_precision)
        else:
            self.visit.outcome.skipped += 1

    async def _by_step(self, page: Page, response: Response) -> AsyncIterator[Output]:
        if response.meta["step"] is Step.LIST:
            async for thing in self.read_list(page, response):
                yield thing
            return
        _refuse_front_page(response)
        if response.meta["step"] is Step.CHECK:
            async for thing in self.read_again(page, response.meta["before"]):
                yield thing
            return
        async for thing in self.read_behind(page, response):
            yield thing
            # The address of a thread leads to its first post.
            if isinstance(thing, Mention) and (thing.thread_id is None or thing.kind not in ANSWERS):
                for lead in redirects(thing, way_to(response)):
                    yield lead

    async def _checks(self, response: Response) -> list[Request]:
        """Once in a crawl, when the site has answered: pages to look at again."""
        if self._has_checked or not self.has_pages or response.meta["step"] is not Step.LIST:
            return []
        self._has_checked = True
        found = await asyncio.to_thread(self._due)
        return [self.request(mention.url, Step.CHECK, before=mention) for mention in found]

    def _due(self) -> Sequence[Mention]:
        with self.visit.database.read() as connection:
            return recheck.due(connection, self.visit.source.name, now=self.visit.now())

    def _known(self, ids: Sequence[str]) -> dict[str, Mention]:
        with self.visit.database.read() as connection:
            return redirect.known(connection, ids)

    def _read_selected(self, page: Page) -> tuple[Fields, str]:
        """The fields, and the address that the page declares for itself."""
        if not self.selectors.has_fields:
            return Fields(), ""
        opened = open_page(page.text)
        fields = read_fields(opened, self.selectors, now=self.visit.now())
        if self.selectors.text and not fields.text:
            raise SourceChanged("正文选择器 text 没有找到内容，网页结构可能已变化", url=page.url)
        return fields, canonical_of(opened.root)


def is_gone(error: TingfengError) -> bool:
    """Whether a page was taken down, not only out of reach."""
    told = error.details
    is_final = told.get("status") in GONE or told.get("is_gone") or told.get("is_final")
    return isinstance(error, SourceChanged) and bool(is_final)


def header(response: Response, name: str) -> str | None:
    """The first header of this name."""
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None


def way_to(response: Response) -> Way:
    """From the address on the list to the one that answered."""
    hops = zip(response.meta.get("redirect_urls", ()), response.meta.get("redirect_reasons", ()), strict=True)
    return Way(asked=str(response.meta["asked_url"]), hops=tuple(hops), url=response.url)


def _refuse_front_page(response: Response) -> None:
    """Sites answer for a removed page with their front page; that is not the mention we asked for."""
    asked = urlsplit(str(response.meta["asked_url"])).path
    if urlsplit(response.url).path in ("", "/") and asked not in ("", "/"):
        raise SourceChanged("网页已跳转到网站首页，原文可能已删除", url=response.url, is_gone=True)
