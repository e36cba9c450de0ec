"""Bad input: each ends in a named error and a sentence on the source row, never a traceback, never a lost mention."""

import gzip
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from core import inbox, quarantine
from core.errors import SourceChanged
from core.mention import Mention
from core.quarantine import Quarantined
from crawler.delivery import Writer
from crawler.items import Rejected
from crawler.outcome import Outcome
from crawler.visit import Limits, Visit
from tests.conftest import Clock
from tests.integration.crawl_site import Answer, Crawled, Crawls, Site, article, links

NOW = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)
TEXT = "<p>车主反映，L7 在高速上刹车变软，厂家表示正在调查。</p>" * 3
BOMB = (
    b"<?xml version='1.0'?><!DOCTYPE b [<!ENTITY a0 'lol'>"
    + b"".join(b"<!ENTITY a%d '%s'>" % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10))
    + b"<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
    + b"<rss version='2.0'><channel><item><title>&a9;&x;</title><link>/bomb</link></item></channel></rss>"
)
# Source: RFC 6761, .invalid never resolves.
NOBODY = "http://no-such-host.invalid/"
BIG = 50 * 1024 * 1024
LISTING: dict[str, object] = {"kind": "listing", "selectors": {"item": ".list li"}}
FEED: dict[str, object] = {"kind": "feed", "full_text": "feed"}


def iter_until(closing: threading.Event) -> Iterator[bytes]:
    while not closing.is_set():
        yield b"x" * 65536


def iter_never(closing: threading.Event) -> Iterator[bytes]:
    yield b"<html>"
    closing.wait()


# name: definition, what the server does, error code, words of the message
CASES: dict[str, tuple[dict[str, object], Answer | None, str, str]] = {
    "missing": (LISTING, Answer(status=404), "source_changed", "网页不存在（404）"),
    "broken": (LISTING, Answer(status=500), "source_unreachable", "网站出错（500）"),
    "walled": (LISTING, Answer(status=403), "source_refused", "可能需要登录"),
    "loop": (LISTING, Answer(status=302, headers={"Location": "/loop"}), "source_changed", "重定向次数过多"),
    "circle": (LISTING, Answer(status=301, headers={"Location": "/circle2"}), "source_changed", "重定向次数过多"),
    "inward": (
        LISTING,
        Answer(status=302, headers={"Location": "http://169.254.169.254/latest"}),
        "source_refused",
        "指向内网",
    ),
    "file": (LISTING, Answer(status=302, headers={"Location": "file:///etc/passwd"}), "source_changed", "状态 302"),
    "private": (LISTING | {"allow_private": False}, Answer(), "source_refused", "指向内网或本机地址"),
    "declared": (LISTING, Answer(iter_until, headers={"Content-Length": str(BIG)}), "source_changed", "超过大小上限"),
    "endless": (LISTING, Answer(iter_until), "source_changed", "超过大小上限"),
    "unzipped": (
        LISTING,
        Answer(gzip.compress(b" " * BIG, 1), headers={"Content-Encoding": "gzip"}),
        "source_changed",
        "超过大小上限",
    ),
    "selector": (LISTING, Answer(b"<html><body><p>new look</p></body></html>"), "source_changed", "没有找到任何条目"),
    "linkless": (
        LISTING,
        Answer(b"<ul class=list><li>no link</li><li><a href='javascript:x()'>x</a></li></ul>"),
        "source_changed",
        "没有可用的链接",
    ),
    "no feed": (FEED, Answer(b"<html><body>login</body></html>"), "source_changed", "不是有效的 RSS/Atom"),
    "torn feed": (FEED, Answer(b"<rss version='2.0'><channel><item"), "source_changed", "RSS/Atom"),
    "all gone": (LISTING, Answer(links("/gone/1", "/gone/2").encode()), "source_changed", "网页不存在（404）"),
    "closed": (LISTING, None, "source_unreachable", "拒绝连接"),
    "silent": (LISTING, Answer(iter_never), "source_unreachable", "没有在限定时间内答复"),
    "no tls": (LISTING, Answer(), "source_unreachable", "加密连接失败"),
    "no name": (LISTING, Answer(), "source_unreachable", "无法解析"),
    "odd bytes": (LISTING, Answer(bytes(range(256)) * 40), "source_changed", "没有找到任何条目"),
}


def closed_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


@dataclass
class Bad:
    crawled: Crawled
    crawls: Crawls
    mentions: dict[str, Mention]
    quarantined: dict[str, Quarantined]


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bad]:
    with Site() as site:
        crawls = Crawls(tmp_path_factory.mktemp("bad"), Clock(NOW))
        for number, (name, (definition, answer, _, _)) in enumerate(CASES.items()):
            path = f"/{name}" if name in ("loop", "circle") else f"/case{number}"
            if answer is None:
                crawls.add(name, url=f"http://127.0.0.1:{closed_port()}/", **definition)
                continue
            site.answers[path] = answer
            url = {"no tls": site.url(path).replace("http:", "https:"), "no name": NOBODY}.get(name, site.url(path))
            crawls.add(name, url=url, **definition)
        site.answers["/circle2"] = Answer(status=301, headers={"Location": "/circle"})
        site.answers["/bomb.xml"] = Answer(BOMB, content_type="text/xml")
        crawls.add("bomb", url=site.url("/bomb.xml"), **FEED)
        site.page("/mixed", links("/good.html", "/dead.html", "/paper.pdf", "/moved.html", "/empty.html", "/odd.html"))
        site.page("/good.html", article("好文", TEXT))
        site.answers["/paper.pdf"] = Answer(b"%PDF-1.7 ...", content_type="application/pdf")
        site.answers["/moved.html"] = Answer(status=302, headers={"Location": "/"})
        site.page("/", "<html><body>front page</body></html>")
        site.page("/empty.html", "")
        site.page("/odd.html", article("怪日期", TEXT).replace("2026-06-15 09:12", "昨天 25:61"))
        selectors = {"item": ".list li", "text": ".body", "title": "h1", "published_at": ".time"}
        crawls.add("mixed", url=site.url("/mixed"), kind="listing", selectors=selectors)
        names = [*CASES, "bomb", "mixed"]
        crawled = crawls.run(*names, page_timeout_seconds=5)
        with crawls.database.read() as connection:
            mentions = {mention.canonical_url.removeprefix(site.url("")): mention for mention in inbox.scan(connection)}
            found = {row.raw.removeprefix(site.url("")): row for row in quarantine.latest(connection)}
        yield Bad(crawled, crawls, mentions, found)
        crawls.database.close()


@pytest.mark.parametrize("name", CASES)
def test_failure_has_a_code_a_sentence_and_a_later_turn(bad: Bad, name: str) -> None:
    _, _, code, words = CASES[name]
    source = bad.crawls.source(name)
    assert (bad.crawled.results[name]["error_code"], source.last_error_code) == (code, code)
    assert words in source.last_error_message
    wait = timedelta(hours=24) if code == "source_refused" else timedelta(minutes=20)
    assert (source.consecutive_failures, source.next_due_at) == (1, NOW + wait)


def test_log_is_english_without_tracebacks(bad: Bad) -> None:
    assert "Traceback" not in bad.crawled.log
    assert "source_unreachable" in bad.crawled.log
    assert bad.crawled.log.isascii()


def test_entity_bomb_neither_grows_nor_reads_files(bad: Bad) -> None:
    assert bad.crawled.results["bomb"]["error_code"] in (None, "source_changed")
    title = bad.mentions["/bomb"].title if "/bomb" in bad.mentions else ""
    assert len(title) < 1000 and "root:" not in title


def test_one_bad_page_does_not_stop_the_others(bad: Bad) -> None:
    result = bad.crawled.results["mixed"]
    assert (result["error_code"], result["new"], result["failed"], result["is_complete"]) == (None, 2, 4, False)
    assert bad.mentions["/good.html"].title == "好文"
    assert {
        path: bad.quarantined[path].code for path in ("/dead.html", "/paper.pdf", "/moved.html", "/empty.html")
    } == {
        "/dead.html": "source_changed",
        "/paper.pdf": "source_changed",
        "/moved.html": "source_changed",
        "/empty.html": "source_changed",
    }
    assert "PDF" in bad.quarantined["/paper.pdf"].message and "首页" in bad.quarantined["/moved.html"].message


def test_unreadable_date_is_no_date(bad: Bad) -> None:
    assert (bad.mentions["/odd.html"].published_at, bad.mentions["/odd.html"].date_precision) == (None, None)
    assert bad.mentions["/good.html"].date_precision == "minute"


def test_same_failure_again_is_one_quarantine_row(crawls: Crawls) -> None:
    crawls.add("list", url="http://127.0.0.1:1/", **LISTING)
    outcome = Outcome(source="list", started_at=NOW)
    source = crawls.source("list")
    visit = Visit(
        source=source,
        outcome=outcome,
        database=crawls.database,
        now=crawls.clock,
        limits=Limits(),
        delay_seconds=0,
        time_limit_seconds=60,
        secret=str,
    )
    again = Rejected(raw="http://site.example/1", error=SourceChanged("坏了"))
    other = Rejected(raw="http://site.example/2", error=SourceChanged("坏了"))
    for items in ([again, again], [again], [other]):
        Writer(visit).write(items)
    with crawls.database.read() as connection:
        assert [row.raw[-1] for row in quarantine.latest(connection)] == ["2", "1"]


@pytest.fixture
def crawls(tmp_path, clock: Clock) -> Iterator[Crawls]:
    opened = Crawls(tmp_path, clock)
    yield opened
    opened.database.close()
