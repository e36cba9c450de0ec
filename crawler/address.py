"""Which addresses a crawl may visit: public ones, and private ones where the source allows them."""

import asyncio
from ipaddress import IPv4Address
from socket import AF_INET, SOCK_STREAM, gaierror
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.resolver import dnscache

from core.errors import SourceRefused, SourceUnreachable
from crawler.visit import visit_of


class AddressGuard:
    """Downloader middleware: checks each request after name resolution, redirects and robots.txt included.

    The checked address is pinned for the connection; else a name could resolve to another one between check and
    connection. IPv4 only, like Scrapy's default resolver.
    """

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._addresses: dict[str, IPv4Address] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Called by Scrapy."""
        return cls(allow_private=visit_of(crawler).source.allow_private)

    async def process_request(self, request: Request) -> None:
        """Raises SourceRefused, SourceUnreachable."""
        parts = urlsplit(request.url)
        host = parts.hostname or ""
        if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
            raise SourceRefused("只采集 http 和 https 网址", url=request.url)
        if host not in self._addresses:
            self._addresses[host] = await resolve(host)
        address = self._addresses[host]
        if not may_visit(address, allow_private=self._allow_private):
            raise SourceRefused(f"{host} 指向内网或本机地址，来源未允许（allow_private）", url=request.url)
        for name in (host, parts.netloc.partition(":")[0]):  # as written, too: the resolver minds the case
            dnscache[name] = str(address)


async def resolve(host: str) -> IPv4Address:
    """The address a connection would go to; also for numbers in odd spellings. Raises SourceUnreachable."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, None, family=AF_INET, type=SOCK_STREAM)
    except (gaierror, UnicodeError) as error:
        raise SourceUnreachable(f"域名 {host} 无法解析，请检查网址或网络", host=host) from error
    return IPv4Address(found[0][4][0])


def may_visit(address: IPv4Address, *, allow_private: bool) -> bool:
    """Link-local addresses (metadata services of clouds live there) and non-hosts are refused always."""
    if address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved:
        return False
    return allow_private or address.is_global
