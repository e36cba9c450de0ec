"""JSON interfaces: page after page of items, each item a mention, from the definition's expressions or common names."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any, Final
from urllib.parse import quote, urldefrag, urlsplit

from scrapy import Request
from scrapy.http import Response
from w3lib.url import add_or_replace_parameter

from core.errors import SourceChanged, TingfengError
from core.mention import Mention, mention_id
from crawler.extract.json_items import JsonItem, JsonPage, read_page
from crawler.extract.mapping import read_mapping
from crawler.items import Reading, Rejected, identity
from crawler.page import Page
from crawler.spiders.base import Output, SourceSpider, Step
from crawler.visit import Visit

SAME_ADDRESS: Final = "接口里两条信息的网址相同，请为 json 设置 native_id"
NO_ADDRESS: Final = "这一条没有网址也没有编号，无法区分；请为 json 设置 url 或 native_id"


class JsonSpider(SourceSpider):
    """Follows next pages up to the source's max_pages, while a page brings what is not known, or the last crawl
    was cut.
    """

    def __init__(self, visit: Visit, **arguments: Any) -> None:  # Any: Scrapy's own arguments
        super().__init__(visit, **arguments)
        self._map = read_mapping(visit.source.json)
        self._asked: set[str] = {visit.source.url}
        self._seen: dict[str, tuple[str, str]] = {}
        # Ids count where the definition speaks of them; else an item's own address does, which other sources see, too.
        self._has_ids = bool(self._map.native_id or self._map.parent_id)

    async def start(self) -> AsyncIterator[Any]:  # Any: Scrapy's signature
        """The first page, at the address as it was written."""
        yield self.if_changed(self._page(self.visit.source.url, 1))

    @property
    def has_pages(self) -> bool:
        """The texts stand in the answers."""
        return False

    async def read_list(self, page: Page, response: Response) -> AsyncIterator[Output]:
        """Raises SourceChanged, SourceRefused for an error, or when the first page has no list."""
        number: int = response.meta["number"]
        read = partial(read_page, now=self.visit.now(), is_first=number == 1)
        found = await asyncio.to_thread(read, page.text, page.url, self._map)
        if number == 1:
            self.keep_validators(response)
        things = [thing for item in found.items for thing in self._things(item, page)]
        mentions = [thing for thing in things if isinstance(thing, Mention)]
        known = await self.known([mention.id for mention in mentions])
        for thing in things:
            yield thing
        has_news = len(known) < len(mentions) or (bool(mentions) and self.visit.was_cut)
        following = self._following(found, number) if has_news else None
        if following and following not in self._asked and number < self.visit.page_limit:
            self._asked.add(following)
            yield self._page(following, number + 1)

    def _page(self, url: str, number: int) -> Request:
        request = self.request(url, Step.LIST, number=number)
        request.headers["Accept"] = "application/json, */*;q=0.5"
        return request

    def _following(self, found: JsonPage, number: int) -> str | None:
        if not self._map.page_parameter:
            return found.next_url
        value = str(self._map.first_page + number)
        return add_or_replace_parameter(self.visit.source.url, self._map.page_parameter, value)

    def _things(self, item: JsonItem, page: Page) -> Iterator[Mention | Rejected]:
        """The mention, unless this crawl had it; two different texts at one address would fold into one."""
        raw = item.url or f"{page.url}#{item.native_id or ''}"
        try:
            mention = self.mention(self._reading(item, page))
        except TingfengError as error:
            yield Rejected(raw=raw, error=error)
            return
        content = (mention.title, mention.text)
        if mention.id not in self._seen:
            self._seen[mention.id] = content
            yield mention
        elif self._seen[mention.id] != content:
            yield Rejected(raw=raw, error=SourceChanged(SAME_ADDRESS, url=raw))

    def _reading(self, item: JsonItem, page: Page) -> Reading:
        native_id = self._native_id(item.native_id) if self._has_ids or not item.names_itself else None
        if item.url is None and native_id is None:
            raise SourceChanged(NO_ADDRESS, url=page.url)
        url = item.url or f"{urldefrag(self.visit.source.url)[0]}#{quote(item.native_id or '', safe='')}"
        parent = self._native_id(item.parent_id)
        return Reading(
            url=url,
            native_id=native_id,
            title=item.title,
            text=item.text,
            author=item.author,
            author_id=item.author_id,
            published=item.published,
            charset=page.charset,
            kind=item.kind,
            parent_id=mention_id(identity(url), parent) if parent else None,
            thread_id=item.thread_id,
            engagement=item.engagement,
        )

    def _native_id(self, given: str | None) -> str | None:
        """Ids that nobody named as such may be numbers that other interfaces of the host give as well."""
        if given is None or self._map.native_id:
            return given
        return f"{urlsplit(self.visit.source.url).path}#{given}"
