"""List page → detail pages; or, with ``on_list``, mentions read on the list itself.

Without ``selectors.item`` the list is found on the first page; later pages are read as that one was.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any, Final

from scrapy.http import Response

from core.errors import SourceChanged
from core.normalise import canonical_url
from crawler.extract.feed import Entry
from crawler.extract.listing import ListItem, ListPage, read_list
from crawler.extract.propose import next_address, propose
from crawler.items import Reading, Rejected
from crawler.page import Page
from crawler.spiders.base import Output, SourceSpider, Step
from crawler.visit import Visit

_LOG: Final = logging.getLogger(__name__)


class ListingSpider(SourceSpider):
    """Follows next_page up to the source's max_pages."""

    def __init__(self, visit: Visit, **arguments: Any) -> None:  # Any: Scrapy's own arguments
        super().__init__(visit, **arguments)
        self._asked: set[str] = {canonical_url(visit.source.url)}
        self._seen: dict[str, tuple[str, str]] = {}
        self._found = self.selectors if self.selectors.item else None

    @property
    def has_pages(self) -> bool:
        """Not where mentions stand on the list, nor before the list is found."""
        return self._found is not None and not self._found.on_list

    async def read_list(self, page: Page, response: Response) -> AsyncIterator[Output]:
        """Raises SourceChanged when the first page holds no item; a later empty page is the end of the list."""
        number = response.meta.get("number", 1)
        try:
            found = await asyncio.to_thread(self._read, page)
        except SourceChanged:
            if number == 1:
                raise
            _LOG.info("%s: list page %d is empty, stopping there", self.visit.source.name, number)
            return
        if not self.has_pages:
            before = len(self._seen)
            for item in found.items:
                for thing in self._on_list(item, page):
                    yield thing
            is_repeated = len(self._seen) == before
        else:
            new = {item.url: item.fields for item in found.items if item.url not in self._asked}
            is_repeated = not new
            self._asked.update(new)
            unknown, seen = await self.sift(list(new))
            for mention in seen:
                yield mention
            for url in unknown:
                # The time on the list is the last resort: pages tell it better, with its hour.
                entry = Entry(url=url, published=new[url].published, is_vague=True)
                yield self.request(url, Step.PAGE, entry=entry)
        if is_repeated:  # pages beyond the last one often show the first again, and a link to the next
            return
        for request in self._next(found, number):
            yield request

    def _read(self, page: Page) -> ListPage:
        """Raises SourceChanged where there is no list."""
        now = self.visit.now()
        if self.selectors.item:
            return read_list(page.text, page.url, self.selectors, now=now)
        try:
            found = propose(page.text, page.url, now=now)
        except SourceChanged:
            if self._found is None or not self._found.item:
                raise
        else:
            known, self._found = self._found, self._found or found.selectors
            # Another list than on the first page is a side list beside the last rows.
            if known is None or not known.item or known.item == found.selectors.item:
                return found.page
        following = next_address(page.text, page.url)
        return replace(read_list(page.text, page.url, self._found, now=now), next_url=following)

    def _next(self, found: ListPage, number: int) -> Iterator[Output]:
        if found.next_url is None or found.next_url in self._asked or number >= self.visit.page_limit:
            return
        self._asked.add(found.next_url)
        yield self.request(found.next_url, Step.LIST, number=number + 1)

    def _on_list(self, item: ListItem, page: Page) -> Iterator[Output]:
        """One mention; two different texts at one address would fold into one and are refused."""
        fields = item.fields
        reading = Reading(
            url=item.url,
            native_id=fields.native_id,
            title=fields.title,
            text=fields.text,
            author=fields.author,
            published=fields.published,
            charset=page.charset,
        )
        try:
            mention = self.mention(reading)
        except SourceChanged as error:
            yield Rejected(raw=item.url, error=error)
            return
        content = (mention.title, mention.text)
        if mention.id not in self._seen:
            self._seen[mention.id] = content
            yield mention
        elif self._seen[mention.id] != content:
            yield Rejected(
                raw=item.url,
                error=SourceChanged("列表上两条信息的网址相同，请为 selectors 设置 native_id", url=item.url),
            )
