"""Carries a source's token to the place it belongs to, and nowhere else."""

from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler

from crawler.extract.mapping import read_mapping
from crawler.visit import Visit, visit_of


class TokenBearer:
    """Downloader middleware: the header goes with requests to the source's own scheme, host and port alone.

    A redirect copies the headers of the request it answers, so each request is looked at anew. The value comes from
    ``core.settings.named_secret`` and is in no definition, log or row.
    """

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._token = read_mapping(visit.source.json).token
        self._home = _place(visit.source.url)
        self._value = ""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Called by Scrapy."""
        return cls(visit_of(crawler))

    async def process_request(self, request: Request) -> None:
        """Raises ConfigurationError where the secret is missing."""
        if self._token is None:
            return
        request.headers.pop(self._token.header, None)
        if _place(request.url) == self._home and not request.meta.get("is_robots"):
            self._value = self._value or self._visit.secret(self._token.secret)
            request.headers[self._token.header] = self._value


def _place(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
