"""RSS, Atom and JSON Feed: the entries, and the pages they link to for the full text."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from scrapy import Request
from scrapy.http import Response

from core.errors import TingfengError
from core.mention import Mention, mention_id
from core.normalise import canonical_url
from crawler.definition import FullText
from crawler.extract.feed import Entry, read_feed
from crawler.items import Reading, identity
from crawler.page import Page
from crawler.spiders.base import Output, SourceSpider, Step
from crawler.visit import Visit


class FeedSpider(SourceSpider):
    """Follows a paged feed (rel=next) up to the source's max_pages, while a page brings what is not known."""

    def __init__(self, visit: Visit, **arguments: Any) -> None:  # Any: Scrapy's own arguments
        super().__init__(visit, **arguments)
        self._asked: set[str] = {canonical_url(visit.source.url)}

    async def start(self) -> AsyncIterator[Any]:  # Any: Scrapy's signature
        """The feed."""
        yield self.if_changed(self.request(self.visit.source.url, Step.LIST))

    @property
    def has_pages(self) -> bool:
        """Not where the feed has the texts."""
        return self.visit.source.full_text is FullText.PAGE

    async def read_list(self, page: Page, response: Response) -> AsyncIterator[Output]:
        """Raises SourceChanged when it is no feed, SourceRefused for a route of unknown origin."""
        feed = await asyncio.to_thread(read_feed, page.text, page.url, now=self.visit.now())
        self.check_origin(page, is_route=feed.is_rsshub)
        number = response.meta.get("number", 1)
        if not feed.entries and number == 1 and not response.meta.get("is_second"):
            # Generated feeds are empty while they are being made.
            yield self.request(self.visit.source.url, Step.LIST, is_second=True)
            return
        if number == 1:
            self.keep_validators(response)
        by_url = {entry.url: entry for entry in feed.entries}
        if self.visit.source.full_text is FullText.FEED:
            has_news = len(await asyncio.to_thread(self._known, [mention_id(identity(url)) for url in by_url])) < len(
                by_url
            )
            for entry in feed.entries:
                if entry.title or entry.text:
                    yield self._from_entry(entry)
        else:
            unknown, seen = await self.sift(tuple(by_url))
            has_news = bool(unknown)
            for mention in seen:
                yield mention
            for url in unknown:
                yield self.request(url, Step.PAGE, entry=by_url[url])
        if has_news and feed.next_url and feed.next_url not in self._asked and number < self.visit.page_limit:
            self._asked.add(feed.next_url)
            yield self.request(feed.next_url, Step.LIST, number=number + 1)

    def give_up(self, request: Request, error: TingfengError) -> Iterator[Output]:
        """A page that will not become readable leaves what the feed itself said."""
        entry: Entry | None = request.meta.get("entry")
        if entry is None or error.retryable or not entry.text:
            yield from super().give_up(request, error)
        else:
            yield self._from_entry(entry)

    def _from_entry(self, entry: Entry) -> Mention:
        return self.mention(
            Reading(url=entry.url, title=entry.title, text=entry.text, author=entry.author, published=entry.published)
        )
