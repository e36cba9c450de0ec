"""Sites without an end, and content without a measure: a crawl takes what is there once, and comes home."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from core import inbox, quarantine
from core.mention import Mention
from tests.conftest import Clock
from tests.integration.crawl_site import Answer, Crawled, Crawls, Site, article, links

NOW = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)
TEXT = "<p>车主反映，青柠L7 在高速上刹车变软，厂家表示正在调查，并请车主到店检查。</p>" * 3
LISTING: dict[str, object] = {
    "kind": "listing",
    "max_pages": 1000,
    "selectors": {"item": ".list li", "next_page": "a.next", "title": "h1", "text": ".body"},
}
ENTRIES = 10_000


class Traps(Site):
    """Lists whose pages go on for ever."""

    def next_answer(self, path: str) -> Answer:
        if found := re.fullmatch(r"/(again|calendar)/(\d+)", path):
            name, number = found[1], int(found[2])
            is_past_the_end = name == "calendar" and number > 2
            here = "" if is_past_the_end else links(f"/{name}-{2 - number % 2}.html")
            return Answer(f"<p><a class='next' href='/{name}/{number + 1}'>下一页</a></p>{here}".encode())
        return super().next_answer(path)


@dataclass
class Trapped:
    site: Site
    crawled: Crawled
    mentions: dict[str, Mention]
    messages: dict[str, str]


@pytest.fixture(scope="module")
def trapped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trapped]:
    with Traps() as site:
        crawls = Crawls(tmp_path_factory.mktemp("traps"), Clock(NOW))
        for name in ("again", "calendar"):
            crawls.add(name, url=site.url(f"/{name}/1"), **LISTING)
            for number in (1, 2):
                site.page(f"/{name}-{number}.html", article(f"{name}{number}", TEXT))
        entries = "".join(
            f"<item><title>第{n}条</title><link>/feed/{n}</link><description>内容{n}</description></item>"
            for n in range(ENTRIES)
        )
        feed = f"<rss version='2.0'><channel>{entries}{entries[:200_000].rpartition('<item>')[0]}</channel></rss>"
        site.answers["/feed.xml"] = Answer(feed.encode(), content_type="text/xml")
        crawls.add("feed", kind="feed", full_text="feed", url=site.url("/feed.xml"))
        site.page("/odd", links("/line.html", "/large.html", "/mixed.html", "/future.html"))
        site.page("/line.html", article("一行", TEXT + "<span>字</span>" * 400_000))
        site.page("/large.html", article("太大", "字" * 3_500_000))
        halves = (
            article("两种编码", TEXT).encode().replace(b"</article>", b"</article>" + "<p>厂家直销</p>".encode("gbk"))
        )
        site.answers["/mixed.html"] = Answer(halves)
        site.page("/future.html", article("明年", TEXT).replace("2026-06-15", "2027-06-15"))
        crawls.add("odd", url=site.url("/odd"), kind="listing", selectors={"item": ".list li"})
        crawled = crawls.run("again", "calendar", "feed", "odd")
        with crawls.database.read() as connection:
            mentions = {each.title: each for each in inbox.scan(connection, limit=2 * ENTRIES)}
            messages = {row.raw.removeprefix(site.url("")): row.message for row in quarantine.latest(connection)}
        yield Trapped(site, crawled, mentions, messages)
        crawls.database.close()


@pytest.mark.parametrize(("name", "lists"), [("again", 3), ("calendar", 3)])
def test_a_list_without_an_end_is_left_where_it_brings_nothing_new(trapped: Trapped, name: str, lists: int) -> None:
    result = trapped.crawled.results[name]
    assert (result["error_code"], result["new"], result["is_complete"]) == (None, 2, True)
    assert len([path for path in trapped.site.paths() if path.startswith(f"/{name}/")]) == lists


def test_ten_thousand_entries_of_a_feed_come_once_each(trapped: Trapped) -> None:
    result = trapped.crawled.results["feed"]
    assert (result["error_code"], result["new"], result["failed"], result["repeated"]) == (None, ENTRIES, 0, 0)


def test_odd_pages_are_read_or_told(trapped: Trapped) -> None:
    assert trapped.crawled.results["odd"]["new"] == 3, trapped.messages
    assert "超过大小上限" in trapped.messages["/large.html"]
    assert trapped.mentions["一行"].text.startswith("车主反映")
    assert "刹车变软" in trapped.mentions["两种编码"].text


def test_a_page_from_the_future_stands_where_it_was_seen(trapped: Trapped) -> None:
    mention = trapped.mentions["明年"]
    assert mention.published_at is None or mention.published_at.year == 2027
    assert mention.order_time == NOW
