"""Hot lists: a page or a JSON answer whose entries are ranked; each is a mention once, and a rank at every look."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import urlsplit

from scrapy.http import Response

from core.mention import Mention
from crawler.extract.hotlist import MOST_ENTRIES, Entry, read_hotlist
from crawler.extract.json_items import read_page
from crawler.extract.mapping import read_mapping
from crawler.hotlist import Look, Ranked
from crawler.items import Reading
from crawler.page import Page
from crawler.spiders.base import Output, SourceSpider

# Not the address alone: the article that an entry leads to is a mention of its own.
NATIVE_ID: Final = "hotlist#{key}"
_JSON: Final = ("{", "[")


class HotlistSpider(SourceSpider):
    """Reads one answer. An unchanged list is read, too: that it stood there is what is to be known."""

    @property
    def has_pages(self) -> bool:
        """Nothing is read behind an entry."""
        return False

    async def read_list(self, page: Page, response: Response) -> AsyncIterator[Output]:
        """Raises SourceChanged when there is no entry, SourceRefused for an interface's error."""
        self.check_origin(page)
        entries = await asyncio.to_thread(self._entries, page)
        mentions = {mention.id: (mention, entry) for entry in entries for mention in [self._mention(entry, page)]}
        for mention, _ in mentions.values():
            yield mention
        ranked = enumerate(mentions.values(), start=1)
        yield Look(
            source=self.visit.source.name,
            at=self.visit.now(),
            entries=tuple(Ranked(mention_id=each.id, rank=rank, heat=entry.heat) for rank, (each, entry) in ranked),
        )

    def _entries(self, page: Page) -> tuple[Entry, ...]:
        if self.selectors.item or not page.text.lstrip("\ufeff \t\r\n").startswith(_JSON):
            return read_hotlist(page.text, page.url, self.selectors)
        mapping = read_mapping(self.visit.source.json)
        found = read_page(page.text, page.url, mapping, now=self.visit.now()).items
        entries = (Entry(title=item.title or item.text, url=item.url, heat=item.heat) for item in found)
        unique: dict[str, Entry] = {}
        for entry in entries:
            if entry.title:
                unique.setdefault(entry.key, entry)
        return tuple(unique.values())[:MOST_ENTRIES]

    def _mention(self, entry: Entry, page: Page) -> Mention:
        """An entry without a link is known by its list and its title."""
        source = self.visit.source.url
        key = entry.key if entry.url else f"{urlsplit(source).path}?{urlsplit(source).query}#{entry.key}"
        return self.mention(
            Reading(
                url=entry.url or source,
                native_id=NATIVE_ID.format(key=key),
                title=entry.title,
                text=entry.title,
                charset=page.charset,
            )
        )
