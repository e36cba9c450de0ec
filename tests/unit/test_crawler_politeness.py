"""Delays, Retry-After, robots rules, and the addresses a crawl may visit. No network: numbers need no resolver."""

import asyncio
from datetime import UTC, datetime
from ipaddress import IPv4Address
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy import Request
from scrapy.http import Response
from scrapy.settings import Settings

from core.errors import SourceRefused, SourceUnreachable
from crawler.address import AddressGuard, may_visit, resolve
from crawler.definition import delay_seconds, from_definition
from crawler.outcome import Outcome
from crawler.pace import NoTimeLeft, Pace
from crawler.politeness import Politeness, retry_after
from crawler.run import scrapy_settings
from crawler.visit import Limits, Visit

NOW = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)
URL = "http://news.example/a"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Tue, 16 Jun 2026 06:01:00 GMT", 60),
        ("Tue, 16 Jun 2026 05:00:00 GMT", 0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("١٢", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, seconds: float | None) -> None:
    assert retry_after(header, now=NOW) == seconds


@given(st.text(max_size=40))
def test_any_retry_after_is_a_wait_or_nothing(header: str) -> None:
    seconds = retry_after(header, now=NOW)
    assert seconds is None or seconds >= 0


class FakeCrawler:
    """As much of a Scrapy crawler as the middlewares use; answers for robots.txt."""

    def __init__(self, answer: Response | Exception = Response(URL), origin: str | None = None) -> None:
        self.settings = Settings({"USER_AGENT": "Tingfeng/0.1 (+test)"})
        visit = SimpleNamespace(
            source=from_definition({"kind": "feed", "url": URL, "origin": origin}),
            outcome=Outcome(source="x", started_at=NOW),
            now=lambda: NOW,
            delay_seconds=3.0,
            time_limit_seconds=600,
            turns=None,
        )
        self.spider = SimpleNamespace(visit=visit)
        self.engine = SimpleNamespace(download_async=self.download)
        self.crawling = True
        self.answer = answer
        self.asked: list[str] = []

    async def download(self, request: Request) -> Response:
        self.asked.append(request.url)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def robots(text: str, status: int = 200) -> Response:
    return Response("http://news.example/robots.txt", status=status, body=text.encode())


def delay_after(crawler: FakeCrawler, *urls: str) -> float:
    """Let requests to different hosts pass the middleware, all at once; what delay it keeps for the first."""

    async def ask() -> float:
        middleware = Politeness(crawler)  # type: ignore[arg-type]  # the fake above
        await asyncio.gather(*(middleware.process_request(Request(url)) for url in urls))
        return middleware.pace.delay("news.example")

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("rules", "delay"),
    [
        ("User-agent: *\nCrawl-delay: 7", 7),
        ("User-agent: tingfeng\nCrawl-delay: 7\nUser-agent: *\nCrawl-delay: 9", 7),
        ("User-agent: other\nCrawl-delay: 7", 3),
        ("User-agent: *\nCrawl-delay: 1", 3),
        ("User-agent: *\nCrawl-delay: 999999", 3600),
        ("User-agent: *\nCrawl-delay: nan", 3),
        ("<html>no rules</html>", 3),
    ],
)
def test_crawl_delay_makes_a_crawl_slower_never_faster(rules: str, delay: float) -> None:
    assert delay_after(FakeCrawler(robots(rules)), URL) == delay


def test_robots_txt_is_asked_once_per_origin() -> None:
    crawler = FakeCrawler(robots("User-agent: *\nDisallow: /"))

    async def ask() -> None:
        middleware = Politeness(crawler)  # type: ignore[arg-type]  # the fake above
        for url in (URL, URL, "https://news.example/", "http://other.example/"):
            with pytest.raises(SourceRefused):
                await middleware.process_request(Request(url))

    asyncio.run(ask())
    origins = [url.removesuffix("/robots.txt") for url in crawler.asked]
    assert origins == ["http://news.example", "https://news.example", "http://other.example"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (robots("User-agent: *\nDisallow: /a"), SourceRefused),
        (robots("User-agent: Tingfeng\nDisallow: /"), SourceRefused),
        (robots("User-agent: *\nDisallow: /b"), None),
        (robots("User-agent: *\nDisallow: /*a$"), SourceRefused),
        (robots("User-agent: *\nDisallow: /*.php$\nDisallow: /b*"), None),
        (robots("User-agent: *\nDisallow: /\nAllow: /a"), None),
        (robots("User-agent: *\nDisallow: /\nUser-agent: tingfeng\nAllow: /"), None),
        (robots("User-agent: *\nAllow: /\n\nUser-agent: tingfeng\nDisallow: /"), SourceRefused),
        (robots("User-agent: *\nDisallow: /a\n" + "# filling\n" * 60_000), SourceRefused),
        (robots("# filling\n" * 60_000 + "User-agent: *\nDisallow: /a"), None),
        (robots("User-agent: *\nDisallow: /", status=404), None),
        (robots("User-agent: *\nDisallow: /", status=403), None),
        (robots("", status=503), SourceUnreachable),
        (robots("", status=429), SourceUnreachable),
        (OSError("cable cut"), SourceUnreachable),
        (SourceRefused("内网"), SourceRefused),
    ],
)
def test_robots_txt_decides(answer: Response | Exception, error: type[Exception] | None) -> None:
    if error is None:
        delay_after(FakeCrawler(answer), URL)
        return
    with pytest.raises(error):
        delay_after(FakeCrawler(answer), URL)


@pytest.mark.parametrize(("header", "seconds"), [("7200", 7200), ("Tue, 16 Jun 2026 07:00:00 GMT", 3600)])
def test_robots_txt_says_when_to_come_back(header: str, seconds: float) -> None:
    answer = Response("http://news.example/robots.txt", status=503, headers={"Retry-After": header})
    with pytest.raises(SourceUnreachable) as found:
        delay_after(FakeCrawler(answer), URL)
    assert found.value.details["retry_after_seconds"] == seconds


@pytest.mark.parametrize(("page", "is_refused"), [("/closed/board", True), ("/open", False)])
def test_a_route_is_judged_by_the_site_behind_it(page: str, is_refused: bool) -> None:
    crawler = FakeCrawler(robots("User-agent: *\nDisallow: /closed"), origin=f"https://origin.example{page}")

    async def ask() -> None:
        await Politeness(crawler).process_request(Request("http://news.example/origin/board"))  # type: ignore[arg-type]

    if is_refused:
        with pytest.raises(SourceRefused, match="origin.example 的 robots.txt 不允许采集 /closed/board"):
            asyncio.run(ask())
    else:
        asyncio.run(ask())
    assert crawler.asked == ["https://origin.example/robots.txt"]


def test_site_that_asks_for_a_pause_gets_it_twice_at_most() -> None:
    async def ask() -> list[str]:
        middleware = Politeness(FakeCrawler())  # type: ignore[arg-type]  # the fake above
        busy = Response(URL, status=429, headers={"Retry-After": "30"})
        request: Request | Response = Request(URL)
        seen = []
        while isinstance(request, Request):
            request = await middleware.process_response(request, busy)
            seen.append(type(request).__name__)
        return seen

    assert asyncio.run(ask()) == ["Request", "Request", "Response"]


class Time:
    """A clock that sleeping moves."""

    def __init__(self, **limits: Any) -> None:
        self.now = 100.0
        self.is_ending = False
        given = {"delay_seconds": 3.0, "deadline": 700.0} | limits
        self.pace = Pace(**given, clock=lambda: self.now, sleep=self.sleep, is_ending=lambda: self.is_ending)

    async def sleep(self, seconds: float) -> None:
        self.now += seconds

    def turns(self, *hosts: str) -> list[float]:
        async def take() -> list[float]:
            return [await self._turn(host) for host in hosts]

        return asyncio.run(take())

    async def _turn(self, host: str) -> float:
        await self.pace.turn(host)
        return self.now - 100


def test_turns_of_a_host_are_a_delay_apart() -> None:
    assert Time().turns("a", "a", "b", "a") == [0, 3, 3, 6]
    assert Time(delay_seconds=0).turns("a", "a", "a") == [0, 0, 0]


class OtherCrawls:
    """Turns that others took: the host is free at ``free_at``, whoever asks."""

    def __init__(self) -> None:
        self.free_at = 0.0
        self.clock = lambda: 0.0

    async def take(self, host: str, delay_seconds: float) -> float:
        if (wait := self.free_at - self.clock()) > 0:
            return wait
        self.free_at = self.clock() + delay_seconds
        return 0.0

    async def hold(self, host: str, seconds: float) -> None:
        self.free_at = max(self.free_at, self.clock() + seconds)


def test_a_host_is_shared_with_other_crawls_unless_it_is_ones_own() -> None:
    others = OtherCrawls()
    time = Time(turns=others)
    others.clock = lambda: time.now
    others.free_at = 105
    assert time.turns("a", "a") == [5, 8]
    others.free_at = 113
    assert time.turns("a") == [13], "somebody else came in between"
    asyncio.run(time.pace.pause("a", 30))
    assert others.free_at == 143
    own = Time(turns=others, delay_seconds=0)
    assert own.turns("a", "a") == [0, 0]


def test_a_crawl_delay_counts_from_the_request_for_robots_txt_on() -> None:
    time = Time()
    assert time.turns("a") == [0]
    asyncio.run(time.pace.obey("a", 10))
    assert time.turns("a", "a") == [10, 20]


def test_a_site_in_trouble_is_asked_less_often_and_then_as_before() -> None:
    time = Time()

    def delay(*answers: tuple[float | None, bool]) -> float:
        for latency, has_failed in answers:
            time.pace.note("a", latency_seconds=latency, has_failed=has_failed)
        return round(time.pace.delay("a"), 1)

    usual = (0.4, False)
    assert delay(*[usual] * 6) == 3
    assert delay((0.7, False)) == 3, "slower, but within what is usual"
    assert delay((0.9, False)) == 6
    assert delay((None, True)) == 12
    assert delay(*[(0.1, True)] * 20) == 60
    assert 3 < delay(*[usual] * 4) < 60
    assert delay(*[usual] * 30) == 3
    assert time.pace.delay("b") == 3
    asyncio.run(time.pace.obey("a", 300))
    assert delay((None, True)) == 300, "a site's own word is above what we think"
    jumpy = Time()
    for latency in [0.01] * 9 + [0.2]:
        jumpy.pace.note("a", latency_seconds=latency, has_failed=False)
    assert jumpy.pace.delay("a") == 3, "within a quarter of a second everything is fast"


def test_pause_moves_the_next_turn_of_its_host_only() -> None:
    time = Time()
    asyncio.run(time.pace.pause("a", 60))
    asyncio.run(time.pace.pause("a", 5))
    assert time.turns("b", "a", "a") == [0, 60, 63]


def test_turn_after_the_time_limit_is_given_up_at_once() -> None:
    time = Time()
    asyncio.run(time.pace.obey("a", 3000))
    assert time.turns("a") == [0]
    with pytest.raises(NoTimeLeft):
        time.turns("a")
    assert time.now == 100


def test_waiting_ends_with_the_crawl() -> None:
    time = Time()
    time.turns("a")
    time.is_ending = True
    with pytest.raises(NoTimeLeft):
        time.turns("a")


@pytest.mark.parametrize(
    ("address", "public", "private"),
    [
        ("93.184.215.14", True, True),
        ("127.0.0.1", False, True),
        ("10.1.2.3", False, True),
        ("192.168.0.1", False, True),
        ("100.64.0.1", False, True),
        ("169.254.169.254", False, False),
        ("0.0.0.0", False, False),
        ("224.0.0.1", False, False),
        ("255.255.255.255", False, False),
    ],
)
def test_addresses_that_may_be_visited(address: str, public: bool, private: bool) -> None:
    found = IPv4Address(address)
    assert (may_visit(found, allow_private=False), may_visit(found, allow_private=True)) == (public, private)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "017700000001"])
def test_odd_spellings_of_loopback_are_loopback(host: str) -> None:
    assert asyncio.run(resolve(host)).is_loopback


def test_impossible_name_is_unreachable() -> None:
    with pytest.raises(SourceUnreachable, match="无法解析"):
        asyncio.run(resolve("a" * 70 + ".example"))


@pytest.mark.parametrize(
    "url", ["http://user@127.0.0.1/", "http://127.0.0.1/", "http://2130706433/", "http://127.1:80/"]
)
def test_guard_refuses_what_the_source_does_not_allow(url: str) -> None:
    with pytest.raises(SourceRefused):
        asyncio.run(AddressGuard(allow_private=False).process_request(Request(url)))


def settings_of(**source: object) -> tuple[Any, Visit]:
    definition = from_definition({"name": "x", "kind": "feed", "url": URL} | source)
    outcome = Outcome(source="x", started_at=NOW)
    settings = SimpleNamespace(
        crawl_delay_seconds=3.0, user_agent="Tingfeng", page_size_limit_megabytes=8, crawl_timeout_seconds=600
    )
    visit = Visit(
        source=definition,
        outcome=outcome,
        database=None,  # type: ignore[arg-type]  # not used here
        now=lambda: NOW,
        limits=Limits(),
        delay_seconds=3.0,
        time_limit_seconds=600,
        secret=str,
    )
    return settings, visit


@pytest.mark.parametrize(
    ("source", "delay"),
    [
        ({}, 3),
        ({"crawl_delay_seconds": 10}, 10),
        ({"crawl_delay_seconds": 0}, 3),
        ({"crawl_delay_seconds": 0, "allow_private": True}, 0),
        ({"allow_private": True}, 3),
    ],
)
def test_only_a_site_of_ones_own_is_asked_faster_than_the_setting(source: dict[str, object], delay: float) -> None:
    settings, visit = settings_of(**source)
    assert delay_seconds(settings, visit.source) == delay


def test_no_doors_and_no_loose_ends_in_scrapy_s_settings() -> None:
    chosen = scrapy_settings(*settings_of())
    assert (chosen["TELNETCONSOLE_ENABLED"], chosen["REMOTE_CONTROL_ENABLED"]) == (False, False)
    assert chosen["DOWNLOAD_VERIFY_CERTIFICATES"] is True
    assert set(chosen) <= set(Settings()), "a setting that this Scrapy does not know has no effect"
