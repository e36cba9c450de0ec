"""How we behave towards sites: robots.txt with Crawl-delay, and the pauses they ask for.

Scrapy reads neither Crawl-delay nor Retry-After, so this is a downloader middleware of our own.
"""

import asyncio
import logging
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, Self
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadTimeoutError
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import ProtegoRobotParser, RobotParser

from core.errors import SourceRefused, SourceUnreachable
from crawler.extract.sitemap import sitemaps_of
from crawler.failures import DOWNLOAD_ERRORS, explain
from crawler.outcome import RobotsVerdict
from crawler.pace import Pace
from crawler.visit import visit_of

_LOG: Final = logging.getLogger(__name__)

# Guess: a longer wait inside one crawl holds a process for nothing; the next crawl comes anyway.
LONGEST_PAUSE_SECONDS: Final = 60
MOST_PAUSES: Final = 2
# Source: RFC 9309, 2.5: at least 500 KiB have to be read.
LONGEST_RULES: Final = 512 * 1024


class Politeness:
    """Downloader middleware: asks robots.txt of each origin once, obeys it, and lets each request wait its turn.

    Source: RFC 9309: no file (4xx) allows everything, an unreachable one (5xx, network) forbids everything.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._user_agent: str = crawler.settings["USER_AGENT"]
        self._rules: dict[str, asyncio.Task[RobotParser | None]] = {}
        self._visit = visit_of(crawler)
        clock = asyncio.get_running_loop().time
        self.pace = Pace(
            delay_seconds=self._visit.delay_seconds,
            deadline=clock() + self._visit.time_limit_seconds,
            clock=clock,
            sleep=asyncio.sleep,
            is_ending=lambda: not crawler.crawling or self._visit.outcome.store_error is not None,
            turns=self._visit.turns,
        )

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Called by Scrapy."""
        politeness = cls(crawler)
        crawler.signals.connect(politeness.downloaded, signal=signals.response_downloaded)
        return politeness

    async def process_request(self, request: Request) -> None:
        """Raises SourceRefused, SourceUnreachable, NoTimeLeft."""
        parts = urlsplit(request.url)
        if request.meta.get("is_robots"):
            await self.pace.turn(parts.hostname or "")
            return
        judged = self._judged(request.url)
        judge = urlsplit(judged)
        origin = f"{judge.scheme}://{judge.netloc}"
        if origin not in self._rules:
            self._rules[origin] = asyncio.ensure_future(self._read(origin))
        rules = await asyncio.shield(self._rules[origin])
        is_refused = rules is not None and not rules.allowed(judged, self._user_agent)
        self._note(RobotsVerdict.REFUSED if is_refused else RobotsVerdict.ALLOWED if rules else RobotsVerdict.ABSENT)
        if is_refused:
            raise SourceRefused(f"{judge.hostname} 的 robots.txt 不允许采集 {judge.path or '/'}", url=judged)
        await self.pace.turn(parts.hostname or "")

    def process_exception(self, request: Request, exception: Exception) -> None:
        """A site that does not answer in time is slow."""
        if isinstance(exception, DownloadTimeoutError):
            self.pace.note(urlsplit(request.url).hostname or "", latency_seconds=None, has_failed=True)

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        """Wait and ask again where the site says when."""
        if response.status not in (429, 503):
            return response
        host = urlsplit(request.url).hostname or ""
        seconds = self._asked_pause(response)
        pauses = request.meta.get("pauses", 0)
        request.meta["retry_after_seconds"] = seconds
        if seconds is None or seconds > LONGEST_PAUSE_SECONDS or pauses >= MOST_PAUSES:
            return response
        _LOG.info("%s answered %s, pausing %.0f s", host, response.status, seconds)
        await self.pace.pause(host, seconds)
        return request.replace(dont_filter=True, meta={**request.meta, "pauses": pauses + 1})

    def downloaded(self, response: Response, request: Request) -> None:
        """Called by Scrapy for every answer, before it is asked for again: learn how the site does."""
        host = urlsplit(request.url).hostname or ""
        self.pace.note(host, latency_seconds=request.meta.get("download_latency"), has_failed=response.status >= 500)

    def _asked_pause(self, response: Response) -> float | None:
        header = (response.headers.get("Retry-After") or b"").decode("latin-1")
        return retry_after(header, now=self._visit.now())

    def _judged(self, url: str) -> str:
        """An RSSHub route fetches another site for us: that site has the say, not the machine in between."""
        source = self._visit.source
        is_route = source.origin is not None and urlsplit(url).netloc == urlsplit(source.url).netloc
        return source.origin if is_route and source.origin else url

    def _note(self, verdict: RobotsVerdict) -> None:
        """The source row shows the verdict on the source's own address: that of the first request."""
        outcome = self._visit.outcome
        outcome.robots = outcome.robots or verdict

    async def _read(self, origin: str) -> RobotParser | None:
        url = f"{origin}/robots.txt"
        try:
            request = Request(url, meta={"is_robots": True}, callback=NO_CALLBACK)
            response = await self._crawler.engine.download_async(request)
        except DOWNLOAD_ERRORS as error:
            raise explain(error, url=url) from error
        if response.status == 429 or response.status >= 500:
            asked = self._asked_pause(response)
            detail = {} if asked is None else {"retry_after_seconds": asked}
            raise SourceUnreachable(f"robots.txt 暂时无法读取（{response.status}），稍后自动重试", url=url, **detail)
        if response.status >= 400:
            return None
        text = response.body[:LONGEST_RULES]
        whole = text if len(text) == len(response.body) else text[: text.rfind(b"\n") + 1]
        outcome = self._visit.outcome
        outcome.sitemaps = outcome.sitemaps or sitemaps_of(whole.decode("utf-8", "replace"), url)
        rules = await asyncio.to_thread(ProtegoRobotParser, whole, self._crawler.spider)
        await self.pace.obey(urlsplit(origin).hostname or "", rules.crawl_delay(self._user_agent) or 0)
        return rules


def retry_after(header: str, *, now: datetime) -> float | None:
    """Seconds to wait, from the two forms of the header (seconds or a date); None without a usable one."""
    value = header.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds())
