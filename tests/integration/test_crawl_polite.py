"""How a crawl behaves towards sites that set rules or are in trouble."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from core import inbox, quarantine
from crawler.host import BudgetSpent, HostTurns
from tests.conftest import Clock
from tests.integration.crawl_site import Answer, Crawled, Crawls, Site, article, links

NOW = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)
LIST = {"kind": "listing", "selectors": {"item": ".list li", "title": "h1", "text": ".body"}}
BUSY = Answer(status=429, headers={"Retry-After": "1"})
CLOSED = Answer(status=503, headers={"Retry-After": "7200"})


def silent(closing: threading.Event) -> Iterator[bytes]:
    yield b"<html>"
    closing.wait(60)


# What robots.txt may answer besides rules; whatever it is, the list below must not be asked for.
ROBOTS: dict[str, Answer | list[Answer]] = {
    "moved rules": Answer(status=301, headers={"Location": "/rules"}),
    "busy rules": [BUSY, Answer(b"User-agent: *\nDisallow: /list")],
    "later rules": CLOSED,
    "hanging rules": Answer(silent),
    "huge rules": Answer(b"User-agent: *\nAllow: /\n" + b"# filling\n" * 1024 * 1024),
}


@dataclass
class Polite:
    crawled: Crawled
    crawls: Crawls
    ruled: Site
    troubled: Site
    robots: dict[str, Site]
    titles: set[str]
    refused: set[str]


@pytest.fixture(scope="module")
def polite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Polite]:
    with ExitStack() as stack:
        ruled, troubled, unruly = (stack.enter_context(Site()) for _ in range(3))
        robots = [stack.enter_context(Site()) for _ in ROBOTS]
        crawls = Crawls(tmp_path_factory.mktemp("polite"), Clock(NOW))
        ruled.answers["/robots.txt"] = Answer(b"User-agent: tingfeng\nDisallow: /secret", content_type="text/plain")
        ruled.page("/list", links("/open.html", "/secret/1.html", "/detour"))
        ruled.page("/open.html", article("公开", "<p>内容</p>"))
        ruled.answers["/detour"] = Answer(status=302, headers={"Location": "/secret/2.html"})
        troubled.answers["/busy"] = [BUSY, Answer(links("/calm.html").encode())]
        troubled.page("/calm.html", article("恢复", "<p>内容</p>"))
        troubled.answers["/later"] = CLOSED
        troubled.answers["/slow"] = Answer(silent)
        unruly.answers["/robots.txt"] = Answer(status=500)
        for site, answer in zip(robots, ROBOTS.values(), strict=True):
            site.answers["/robots.txt"] = answer
            site.answers["/rules"] = Answer(b"User-agent: *\nDisallow: /list")
            site.page("/list", links("/list/1.html"))
        crawls.add("open", url=ruled.url("/list"), **LIST)
        crawls.add("secret", url=ruled.url("/secret"), **LIST)
        for name in ("busy", "later", "slow"):
            crawls.add(name, url=troubled.url(f"/{name}"), **LIST)
        crawls.add("unruly", url=unruly.url("/list"), **LIST)
        for name, site in zip(ROBOTS, robots, strict=True):
            crawls.add(name, url=site.url("/list"), **LIST)
        names = ("open", "secret", "busy", "later", "slow", "unruly", *ROBOTS)
        crawled = crawls.run(*names, page_timeout_seconds=3)
        with crawls.database.read() as connection:
            titles = {mention.title for mention in inbox.scan(connection)}
            refused = {row.raw for row in quarantine.latest(connection) if row.code == "source_refused"}
        yield Polite(crawled, crawls, ruled, troubled, dict(zip(ROBOTS, robots, strict=True)), titles, refused)
        crawls.database.close()


def test_robots_txt_is_obeyed_for_lists_pages_and_redirects(polite: Polite) -> None:
    assert polite.crawls.source("secret").last_error_code == "source_refused"
    assert "robots.txt 不允许采集 /secret" in polite.crawls.source("secret").last_error_message
    assert not [path for path in polite.ruled.paths() if path.startswith("/secret")]
    assert polite.refused == {polite.ruled.url("/secret/1.html"), polite.ruled.url("/detour")}
    assert "公开" in polite.titles
    assert [polite.crawls.source(name).robots_verdict for name in ("open", "secret", "busy")] == [
        "allowed",
        "refused",
        "absent",
    ]


def test_unreadable_robots_txt_forbids_everything(polite: Polite) -> None:
    source = polite.crawls.source("unruly")
    assert (source.last_error_code, source.robots_verdict) == ("source_unreachable", None)
    assert "robots.txt 暂时无法读取（500）" in source.last_error_message


@pytest.mark.parametrize(
    ("name", "code", "minutes"),
    [
        ("moved rules", "source_refused", 24 * 60),
        ("busy rules", "source_refused", 24 * 60),
        ("later rules", "source_unreachable", 2 * 60),
        ("hanging rules", "source_unreachable", 20),
        ("huge rules", "source_changed", 20),
    ],
)
def test_without_readable_rules_nothing_is_asked(polite: Polite, name: str, code: str, minutes: int) -> None:
    source, asked = polite.crawls.source(name), polite.robots[name].asked
    assert (source.last_error_code, source.next_due_at) == (code, NOW + timedelta(minutes=minutes))
    assert {each.path for each in asked} <= {"/robots.txt", "/rules"}
    if name == "busy rules":
        assert [each.status for each in asked] == [429, 200]
        assert asked[1].at - asked[0].at >= 1


def test_two_crawls_of_one_host_keep_one_delay_and_one_budget(site: Site, crawls: Crawls) -> None:
    site.answers["/robots.txt"] = Answer(b"User-agent: *\nCrawl-delay: 0.4")
    for name in "ab":
        site.page(f"/{name}", links(f"/{name}/1.html", f"/{name}/2.html"))
        crawls.add(name, url=site.url(f"/{name}"), crawl_delay_seconds=0.3, **LIST)
        for number in (1, 2):
            site.page(f"/{name}/{number}.html", article(f"{name}{number}", "<p>内容</p>"))
    running = [crawls.start(name) for name in "ab"]
    for process in running:
        with process:
            _, log = process.communicate(timeout=120)
        assert process.returncode == 0, log
    times = [each.at for each in site.asked]
    # Over all, since between turn and arrival a busy machine may lose some time: 8 requests, 7 intervals.
    assert len(times) == 8 and times[-1] - times[0] >= 6 * 0.35
    turns = HostTurns(crawls.database, now=crawls.clock, requests_per_day=9, clock=lambda: 10.0**10)
    assert asyncio.run(turns.take("127.0.0.1", 0.3)) == 0, "the ninth"
    spent = crawls.run("a", host_requests_per_day=9).results["a"]
    assert (spent["error_code"], spent["is_complete"], spent["pages"]) == (None, False, 0)
    assert "今天对 127.0.0.1 的请求已达每日上限（9 次），明天继续" in crawls.source("a").last_error_message
    midnight = datetime(2026, 6, 16, 16, 0, tzinfo=UTC)
    assert crawls.source("a").next_due_at == midnight


def test_turns_of_a_host_by_rows(crawls: Crawls) -> None:
    clock = [1000.0]
    one, other = (
        HostTurns(crawls.database, now=crawls.clock, requests_per_day=3, clock=lambda: clock[0]) for _ in range(2)
    )

    def takes(turns: HostTurns, host: str = "a.example") -> float:
        return asyncio.run(turns.take(host, 3))

    assert (takes(one), takes(other), takes(other, "b.example")) == (0, 3, 0)
    clock[0] += 3
    assert (takes(other), takes(one)) == (0, 3)
    asyncio.run(one.hold("a.example", 60))
    assert takes(other) == 60
    clock[0] -= 10_000
    assert takes(other) == 0, "a clock that was set back holds up nothing"
    clock[0] += 10
    with pytest.raises(BudgetSpent) as spent:
        takes(one)
    assert spent.value.retry_after_seconds == 10 * 3600
    crawls.clock.now += timedelta(hours=10)
    assert takes(one) == 0


def test_short_retry_after_is_waited_for(polite: Polite) -> None:
    assert polite.crawled.results["busy"]["error_code"] is None
    assert [asked.status for asked in polite.troubled.asked if asked.path == "/busy"] == [429, 200]
    assert "恢复" in polite.titles


def test_long_retry_after_sets_the_next_turn(polite: Polite) -> None:
    source = polite.crawls.source("later")
    assert (source.last_error_code, source.next_due_at) == ("source_unreachable", NOW + timedelta(hours=2))
    assert polite.troubled.paths().count("/later") == 1


def test_slow_answer_ends_in_an_error(polite: Polite) -> None:
    source = polite.crawls.source("slow")
    assert source.last_error_code == "source_unreachable"
    assert "没有在限定时间内答复" in source.last_error_message
