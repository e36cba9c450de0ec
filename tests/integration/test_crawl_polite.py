"""How a crawl behaves towards sites that set rules or are in trouble."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from core import inbox, quarantine
from tests.conftest import Clock
from tests.integration.crawl_site import Answer, Crawled, Crawls, Site, article, links

NOW = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)
LIST = {"kind": "listing", "selectors": {"item": ".list li", "title": "h1", "text": ".body"}}
BUSY = Answer(status=429, headers={"Retry-After": "1"})
CLOSED = Answer(status=503, headers={"Retry-After": "7200"})


def silent(closing: threading.Event) -> Iterator[bytes]:
    yield b"<html>"
    closing.wait(60)


@dataclass
class Polite:
    crawled: Crawled
    crawls: Crawls
    ruled: Site
    troubled: Site
    titles: set[str]
    refused: set[str]


@pytest.fixture(scope="module")
def polite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Polite]:
    with ExitStack() as stack:
        ruled, troubled, unruly = (stack.enter_context(Site()) for _ in range(3))
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
        crawls.add("open", url=ruled.url("/list"), **LIST)
        crawls.add("secret", url=ruled.url("/secret"), **LIST)
        for name in ("busy", "later", "slow"):
            crawls.add(name, url=troubled.url(f"/{name}"), **LIST)
        crawls.add("unruly", url=unruly.url("/list"), **LIST)
        crawled = crawls.run("open", "secret", "busy", "later", "slow", "unruly", page_timeout_seconds=3)
        with crawls.database.read() as connection:
            titles = {mention.title for mention in inbox.scan(connection)}
            refused = {row.raw for row in quarantine.latest(connection) if row.code == "source_refused"}
        yield Polite(crawled, crawls, ruled, troubled, titles, refused)
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
