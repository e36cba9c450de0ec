"""Sources looked at once: what answers, what refuses, what sleeps, what never answers, and what a site offers."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from app.tools import Tools
from core.settings import Settings
from crawler.check import NO_TIME, check
from crawler.checked import Checked
from crawler.definition import Source, SourceKind
from crawler.offer import NOTHING, offered
from crawler.visitor import Visitor
from tests.conftest import Clock
from tests.integration.crawl_site import Answer, Site


def feed(day: str = "") -> Answer:
    """Without a day it is as new as one may think."""
    items = "".join(f"<item><title>第 {n} 条</title><link>/a/{n}</link><pubDate>{day}</pubDate></item>" for n in (1, 2))
    return Answer(f"<rss version='2.0'><channel>{items}</channel></rss>".encode(), content_type="text/xml")


def source(site: Site, path: str, host: str = "127.0.0.1") -> Source:
    url = site.url(path, host)
    return Source(name=path, kind=SourceKind.FEED, url=url, allow_private=True, crawl_delay_seconds=0)


def test_each_source_has_its_reason(site: Site, tmp_path: Path) -> None:
    site.answers |= {
        "/robots.txt": Answer(b"User-agent: *\nDisallow: /private/", content_type="text/plain"),
        "/good": feed(),
        "/asleep": feed("Tue, 16 Jun 2020 08:00:00 +0800"),
        "/page": Answer("<html><body>你好</body></html>".encode()),
        "/moved": Answer(status=302, headers={"Location": "/good"}),
        "/private/feed": feed(),
    }
    paths = ("/good", "/moved", "/asleep", "/page", "/private/feed", "/none")
    guarded = replace(source(site, "/good", "localhost"), name="内网", allow_private=False)
    given = [*(source(site, path) for path in paths), guarded]
    found = Tools().check(Settings(data_dir=tmp_path, _env_file=None), given, site=site.url("/"))
    assert [each.name for each in found] == [site.url("/"), *paths, "内网"]
    said = {each.name: each.reason for each in found}
    assert {each.name: each.reason for each in found if each.is_ok} == dict.fromkeys(paths[:2], "能读取，2 条")
    for name, word in (
        ("/asleep", "2020-06-16"), ("/page", "RSS"), ("/private/feed", "robots.txt"), ("/none", "404"),
        ("内网", "内网"), (site.url("/"), "内网"),
    ):  # fmt: skip
        assert word in said[name]
    asked = [each.path for each in site.asked]
    assert asked.count("/robots.txt") == 1 and "/private/feed" not in asked


def test_what_does_not_answer_in_time_holds_up_nobody(site: Site, tmp_path: Path, clock: Clock) -> None:
    def silent(closing: threading.Event) -> Iterator[bytes]:
        closing.wait()
        yield b""

    site.answers |= {"/silent": Answer(silent), "/good": feed()}
    given = [source(site, "/silent"), source(site, "/good", "localhost")]
    found = check(given, settings=Settings(data_dir=tmp_path, _env_file=None), now=clock(), seconds=1.5)
    assert [(each.name, each.is_ok) for each in found] == [("/silent", False), ("/good", True)]
    assert found[0].reason == NO_TIME


def test_a_site_says_by_what_it_can_be_collected(tmp_path: Path, clock: Clock) -> None:
    interface = "<link rel='https://api.w.org/' href='/wp-json/'>"
    alternate = "<link rel='alternate' type='application/rss+xml' href='/feed'>"
    sitemap = "<urlset><url><loc>http://127.0.0.1/a</loc></url></urlset>"
    for head, answers, kind, path in (
        (interface + alternate, {}, "wordpress", "/"),
        (alternate, {"/feed": feed()}, "feed", "/feed"),
        (alternate, {"/feed": Answer(b"<html>"), "/sitemap.xml": Answer(sitemap.encode())}, "sitemap", "/sitemap.xml"),
        ("", {}, "", ""),
    ):
        with Site() as running:
            running.answers |= {"/": Answer(f"<html><head>{head}</head></html>".encode())} | answers
            found = asyncio.run(_offered(running.url("/"), Settings(data_dir=tmp_path, _env_file=None), clock))
            definition = found.definition
            assert (definition.get("kind", ""), found.is_ok) == (kind, bool(kind)), found
            assert definition.get("url", "") == (running.url(path) if kind else "")
            assert found.is_ok or found.reason == NOTHING


async def _offered(url: str, settings: Settings, clock: Clock) -> Checked:
    async with Visitor(settings, delay_seconds=0, allow_private=True) as visitor:
        return await offered(url, visitor, clock())
