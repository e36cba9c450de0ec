"""One page and nothing behind it: for a person who wants to see what is read from an address."""

from collections.abc import AsyncIterator
from typing import Any

from scrapy.http import Response

from crawler.page import Page
from crawler.spiders.base import Output, SourceSpider
from crawler.visit import Visit


class PageSpider(SourceSpider):
    """Keeps the page of the source's address; ``kept`` stays empty where there is none."""

    name = "page"

    def __init__(self, visit: Visit, kept: list[Page], **arguments: Any) -> None:  # Any: Scrapy's own arguments
        super().__init__(visit, **arguments)
        self.kept = kept

    @property
    def has_pages(self) -> bool:
        """Nothing was read before that could be looked at again."""
        return False

    async def read_list(self, page: Page, response: Response) -> AsyncIterator[Output]:
        """Keep it; there is nothing to yield."""
        self.kept.append(page)
        nothing: tuple[Output, ...] = ()
        for output in nothing:
            yield output
