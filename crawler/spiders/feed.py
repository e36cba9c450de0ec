"""RSS and Atom: the entries, and the pages they link to for the full text."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from scrapy import Request
from scrapy.http import Response

from core.errors import TingfengError
from core.mention import Mention
from crawler.definition import FullText
from crawler.extract.feed import Entry, read_feed
from crawler.items import Reading
from crawler.page import Page
from crawler.spiders.base import Output, SourceSpider, Step


class FeedSpider(SourceSpider):
    """Asks for the feed with the validators of the last complete crawl, so that an unchanged one costs nothing."""

    async def start(self) -> AsyncIterator[Any]:  # Any: Scrapy's signature
        """The feed."""
        request = self.request(self.visit.source.url, Step.LIST)
        validators = {"If-None-Match": self.visit.source.etag, "If-Modified-Since": self.visit.source.last_modified}
        for name, value in validators.items():
            if value:
                request.headers[name] = value
        yield request

    @property
    def has_pages(self) -> bool:
        """Not where the feed has the texts."""
        return self.visit.source.full_text is FullText.PAGE

    async def read_list(self, page: Page, response: Response) -> AsyncIterator[Output]:
        """Raises SourceChanged when it is no feed."""
        entries = await asyncio.to_thread(read_feed, page.text, page.url, now=self.visit.now())
        self.visit.outcome.etag = _header(response, "ETag")
        self.visit.outcome.last_modified = _header(response, "Last-Modified")
        if self.visit.source.full_text is FullText.FEED:
            for entry in entries:
                if entry.title or entry.text:
                    yield self._from_entry(entry)
            return
        by_url = {entry.url: entry for entry in entries}
        unknown, seen = await self.sift(tuple(by_url))
        for mention in seen:
            yield mention
        for url in unknown:
            yield self.request(url, Step.PAGE, entry=by_url[url])

    async def read_behind(self, page: Page, response: Response) -> AsyncIterator[Output]:
        """The feed knows title and time best, the page has the text. Raises SourceChanged."""
        entry: Entry = response.meta["entry"]
        fields, article = await self.read_article(page)
        yield self.mention(
            Reading(
                url=page.url,
                declared=article.canonical,
                native_id=fields.native_id,
                title=fields.title or entry.title or article.title,
                text=fields.text or article.text or entry.text,
                author=fields.author or entry.author or article.author,
                published=fields.published or entry.published or article.published,
                charset=page.charset,
                language=article.language,
            )
        )

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


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None
