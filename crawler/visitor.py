"""Asks single pages without the engine: address guard, robots.txt, turns, size and redirect limits as in a crawl."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urljoin, urlsplit

import httpx
from scrapy.robotstxt import ProtegoRobotParser

from core.errors import SourceChanged, SourceRefused, SourceUnreachable
from core.settings import Settings
from crawler.address import may_visit, resolve
from crawler.extract.decode import decode
from crawler.failures import from_status
from crawler.pace import Pace

# Guess: a page that somebody waits for; what is slower is told as slow.
STEP_SECONDS: Final = 8.0
# For one visitor in all; whoever made it may end it before.
TOTAL_SECONDS: Final = 30.0
MOST_REDIRECTS: Final = 4
# Guess: more than the largest feed or home page seen.
MOST_BYTES: Final = 3 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """url: where it came from after redirects. links: the Link headers. robots: the text of the host's robots.txt."""

    url: str
    text: str
    links: str = ""
    robots: str = ""


class Visitor:
    """Async context manager; one for the sources of a host. delay_seconds: between two pages."""

    def __init__(self, settings: Settings, *, delay_seconds: float, allow_private: bool = False) -> None:
        self._user_agent: Final = settings.user_agent
        self.allow_private: Final = allow_private
        self._delay: Final = delay_seconds
        self._robots: dict[str, tuple[ProtegoRobotParser | None, str]] = {}

    async def __aenter__(self) -> Self:
        clock = asyncio.get_running_loop().time
        self._pace = Pace(
            delay_seconds=self._delay,
            deadline=clock() + TOTAL_SECONDS,
            clock=clock,
            sleep=asyncio.sleep,
            is_ending=lambda: False,
        )
        headers = {"User-Agent": self._user_agent, "Accept-Language": "zh-CN,zh;q=0.9", "Accept": "*/*"}
        # trust_env off: a proxy would look the name up again, behind the check.
        self._client = httpx.AsyncClient(timeout=STEP_SECONDS, follow_redirects=False, trust_env=False, headers=headers)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def get(self, url: str, *, judged: str | None = None) -> Answer:
        """judged: the page whose robots.txt decides, where it is not ``url`` (RSSHub).

        Raises SourceRefused, SourceUnreachable, SourceChanged, NoTimeLeft.
        """
        for _ in range(MOST_REDIRECTS + 1):
            robots = await self._may_read(judged or url)
            await self._pace.turn(urlsplit(url).hostname or "")
            async with self._asked(url) as response:
                if response.is_redirect:
                    url = urljoin(url, response.headers.get("location", ""))
                    continue
                if not response.is_success:
                    raise from_status(response.status_code, url=url)
                body = await _body(response, url)
                text = decode(body, response.headers.get("content-type", "")).text
                return Answer(url=url, text=text, links=response.headers.get("link", ""), robots=robots)
        raise SourceChanged("网页重定向次数过多", url=url)

    async def _may_read(self, url: str) -> str:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._robots:
            self._robots[origin] = await self._read_robots(origin)
        rules, text = self._robots[origin]
        if rules is not None and not rules.allowed(url, self._user_agent):
            raise SourceRefused(f"{parts.hostname} 的 robots.txt 不允许采集 {parts.path or '/'}", url=url)
        return text

    async def _read_robots(self, origin: str) -> tuple[ProtegoRobotParser | None, str]:
        """Source: RFC 9309: no file (4xx) allows everything, an unreachable one forbids everything."""
        url = f"{origin}/robots.txt"
        for _ in range(MOST_REDIRECTS + 1):
            async with self._asked(url) as response:
                if response.is_redirect:
                    url = urljoin(url, response.headers.get("location", ""))
                    continue
                if response.status_code == 429 or response.status_code >= 500:
                    raise SourceUnreachable(f"robots.txt 暂时无法读取（{response.status_code}）", url=url)
                if not response.is_success:
                    return None, ""
                body = await _body(response, url)
            rules = ProtegoRobotParser(body, None)
            await self._pace.obey(urlsplit(origin).hostname or "", rules.crawl_delay(self._user_agent) or 0)
            return rules, body.decode("utf-8", "replace")
        return None, ""

    @asynccontextmanager
    async def _asked(self, url: str) -> AsyncIterator[httpx.Response]:
        """Connects to the checked address; TLS checks the name. Raises SourceRefused, SourceUnreachable."""
        host = urlsplit(url).hostname or ""
        if urlsplit(url).scheme not in ("http", "https") or not host or "@" in urlsplit(url).netloc:
            raise SourceRefused("只采集 http 和 https 网址", url=url)
        address = await resolve(host)
        if not may_visit(address, allow_private=self.allow_private):
            raise SourceRefused(f"{host} 指向内网或本机地址，来源未允许（allow_private）", url=url)
        try:
            given = httpx.URL(url)
            request = self._client.build_request(
                "GET",
                given.copy_with(host=str(address)),
                headers={"Host": given.netloc.decode("ascii")},
                extensions={"sni_hostname": given.raw_host.decode("ascii")},
            )
            async with aclosing(await self._client.send(request, stream=True)) as response:
                yield response
        except httpx.TimeoutException as error:
            raise SourceUnreachable(f"{host} 没有在 {STEP_SECONDS:.0f} 秒内答复", url=url) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise SourceUnreachable(f"与 {host} 的连接失败，请检查网址和网络", url=url) from error


async def _body(response: httpx.Response, url: str) -> bytes:
    body = b""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MOST_BYTES:
            raise SourceChanged("网页太大，试读时不下载", url=url)
    return body
