"""What a crawl brings from sites that behave."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from core import inbox
from core.mention import DatePrecision, Mention
from crawler.redirect import redirect_table
from tests.conftest import Clock
from tests.integration.crawl_site import Answer, Asked, Crawled, Crawls, Site, article, links

NOW = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)
TEXT = "<p>车主反映，L7 在高速上刹车变软，厂家表示正在调查，并请车主到店检查。</p>" * 3
SUMMARY = "<p>摘要：L7 刹车变软。</p>"


def feed(site: Site) -> bytes:
    """Names the pages in other spellings than the list does."""
    items = "".join(
        f"<item><title>第{n}篇</title><link>{site.url(f'/news/{n}.html?utm_source=rss#top')}</link>"
        f"<pubDate>Mon, 15 Jun 2026 0{n}:30:0{n} +0800</pubDate><description>{SUMMARY.replace('<', '&lt;')}"
        f"</description></item>"
        for n in (1, 2, 3, 4)
    )
    return f"<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel>{items}</channel></rss>".encode()


def posts(*numbers: int, following: str = "") -> bytes:
    """The third says how long ago it was written, as forums do."""
    written = {3: "发表于 3&nbsp;分钟前"}
    divs = "".join(
        f"<div class='post'><a class='link' href='/t/{n}'>帖子{n}</a><b>楼主{n}</b>"
        f"<i>{written.get(n, f'2026-06-16 1{n}:05')}</i>"
        f"<div class='words'>第{n}帖：刹车<br>失灵<script>x()</script></div></div>"
        for n in numbers
    )
    return f"<html><body>{divs}{following}</body></html>".encode()


@dataclass
class Story:
    """Three crawls: the lists, then the feed over the same pages, then everything again."""

    lists: Crawled
    feed: Crawled
    again: Crawled
    asked_again: list[Asked]
    mentions: dict[str, Mention]
    crawls: Crawls
    site: Site


def build(site: Site, crawls: Crawls) -> None:
    site.page("/list", links("/news/1.html", "news/2.html?spm=a.b", "/news/3.html", "/news/3.html#c", "javascript:;"))
    site.page("/news/1.html", article("第一篇", TEXT, head="<link rel='canonical' href='/news/1.html'>"))
    site.page("/news/2.html", article("第二篇", TEXT, head="<link rel='canonical' href='https://other.example/2'>"))
    site.page("/news/3.html", article("第三篇", TEXT, head="<link rel='canonical' href='/'>"))
    site.answers["/feed.xml"] = Answer(feed(site), content_type="application/rss+xml", headers={"ETag": '"v1"'})
    site.answers["/posts"] = Answer(posts(1, 2, following="<a class='next' href='/posts?page=2'>下一页</a>"))
    site.answers["/posts?page=2"] = Answer(posts(2, 3, following="<a class='next' href='/posts?page=3'>下一页</a>"))
    site.answers["/posts?page=3"] = Answer(posts(4))
    site.page("/old", links("/old/7.html"))
    site.answers["/old/7.html"] = Answer(article("国标编码", TEXT).encode("gbk"))
    # Two ways to one page: over two permanent redirects, and over a print version that names the page as canonical.
    site.page("/moved", links("/go?id=5", "/print/5.html"))
    site.answers["/go?id=5"] = Answer(status=308, headers={"Location": "/way/5"})
    site.answers["/way/5"] = Answer(status=301, headers={"Location": "/moved/5.html"})
    site.page("/moved/5.html", article("第五篇", TEXT))
    site.page("/print/5.html", article("第五篇", TEXT, head="<link rel='canonical' href='/moved/5.html'>"))
    crawls.add("moved", kind="listing", url=site.url("/moved"), selectors={"item": ".list li"})
    crawls.add("list", kind="listing", url=site.url("/list"), platform="news", selectors={"item": ".list li"})
    crawls.add("feed", kind="feed", url=site.url("/feed.xml"), tier="A")
    crawls.add(
        "posts",
        kind="listing",
        url=site.url("/posts"),
        platform="forum",
        mention_kind="post",
        max_pages=2,
        selectors={
            "item": "//div[@class='post']",
            "on_list": True,
            "next_page": "a.next::attr(href)",
            "link": "a.link",
            "title": "a.link",
            "text": ".words",
            "author": "b",
            "published_at": "./i",
        },
    )
    detail = {"item": "li", "link": "a", "title": "h1", "text": ".body", "published_at": ".time"}
    crawls.add("old", kind="listing", url=site.url("/old"), selectors=detail)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with Site() as site:
        crawls = Crawls(tmp_path_factory.mktemp("crawl"), Clock(NOW))
        build(site, crawls)
        lists = crawls.run("list", "posts", "old", "moved", hash_authors=True)
        feed = crawls.run("feed")
        before = len(site.asked)
        again = crawls.run("list", "feed", "posts", "old", "moved", hash_authors=True)
        with crawls.database.read() as connection:
            found = inbox.scan(connection)
        by_path = {mention.canonical_url.removeprefix(site.url("")): mention for mention in found}
        yield Story(lists, feed, again, site.asked[before:], by_path, crawls, site)
        crawls.database.close()


def test_each_mention_arrives_once_whoever_names_it(story: Story) -> None:
    assert set(story.mentions) == {
        "/news/1.html",  # listed three times in three spellings
        "/news/2.html",  # its canonical link names another host
        "/news/3.html",  # its canonical link names the front page
        "/news/4.html",  # only in the feed, and the page is gone
        "/t/1",
        "/t/2",
        "/t/3",
        "/old/7.html",
        "/moved/5.html",
    }


def test_second_crawl_adds_nothing_and_fetches_lists_only(story: Story) -> None:
    assert {name: (result["new"], result["changed"]) for name, result in story.again.results.items()} == {
        "list": (0, 0),
        "feed": (0, 0),
        "posts": (0, 0),
        "old": (0, 0),
        "moved": (0, 0),
    }
    asked = sorted((asked.path, asked.status) for asked in story.asked_again)
    assert asked == [
        ("/feed.xml", 304),
        ("/list", 200),
        ("/moved", 200),
        ("/old", 200),
        ("/posts", 200),
        ("/posts?page=2", 200),
        *[("/robots.txt", 404)] * 5,
    ]


def test_article_page_gives_title_text_and_minute(story: Story) -> None:
    mention = story.mentions["/news/1.html"]
    assert (mention.title, mention.platform, mention.charset) == ("第一篇", "news", "utf-8")
    assert "高速上刹车变软" in mention.text and "首页" not in mention.text


def test_list_items_become_posts_with_lines_but_without_scripts(story: Story) -> None:
    mention = story.mentions["/t/1"]
    assert (mention.title, mention.text) == ("帖子1", "第1帖：刹车\n失灵")
    assert (mention.kind, mention.platform, mention.source) == ("post", "forum", "posts")
    assert mention.published_at == datetime(2026, 6, 16, 3, 5, tzinfo=UTC)
    assert mention.date_precision is DatePrecision.MINUTE and mention.counts_in_bursts


def test_time_that_a_list_counts_backwards_is_known_to_the_minute(story: Story) -> None:
    mention = story.mentions["/t/3"]
    assert mention.published_at == NOW - timedelta(minutes=3)
    assert mention.date_precision is DatePrecision.MINUTE and mention.counts_in_bursts


def test_author_names_are_hashed_when_the_setting_says_so(story: Story) -> None:
    authors = {story.mentions[f"/t/{n}"].author for n in (1, 2, 3)}
    assert len(authors) == 3 and all(author and len(author) == 16 and "楼主" not in author for author in authors)


def test_page_in_gbk_served_as_utf_8_is_read(story: Story) -> None:
    mention = story.mentions["/old/7.html"]
    assert (mention.title, mention.charset) == ("国标编码", "gb18030")
    assert mention.text.startswith("车主反映，L7 在高速上")


def test_feed_joins_what_the_list_brought(story: Story) -> None:
    assert story.mentions["/news/1.html"].seen_by == ("list", "feed")
    assert story.mentions["/news/1.html"].title == "第一篇"
    assert (story.feed.results["feed"]["new"], story.feed.results["feed"]["changed"]) == (1, 0)


def test_feed_entry_whose_page_is_gone_keeps_what_the_feed_said(story: Story) -> None:
    mention = story.mentions["/news/4.html"]
    assert (mention.title, mention.text) == ("第4篇", "摘要：L7 刹车变软。")
    assert mention.published_at == datetime(2026, 6, 14, 20, 30, 4, tzinfo=UTC)


def test_source_row_shows_the_crawl(story: Story) -> None:
    source = story.crawls.source("list")
    assert (source.last_error_code, source.last_count_items, source.last_count_new) == (None, 3, 0)
    assert (source.last_started_at, source.last_finished_at) == (NOW, NOW)
    assert source.next_due_at == NOW + timedelta(minutes=10)
    assert source.robots_verdict == "absent"
    assert story.crawls.source("feed").etag == '"v1"'


def test_crawl_leaves_no_files_and_opens_no_doors(story: Story) -> None:
    left = {path.name for path in story.crawls.folder.iterdir()} - {"secret.key"}
    assert all(name.startswith("state.sqlite3") for name in left), left
    assert "Telnet" not in story.lists.log and "emote control" not in story.lists.log
    assert "Traceback" not in story.lists.log + story.feed.log + story.again.log


def test_addresses_go_with_the_mention_they_lead_to(story: Story) -> None:
    with story.crawls.database.write() as connection:
        before = connection.scalar(select(func.count()).select_from(redirect_table))
        inbox.remove(connection, [mention.id for mention in inbox.scan(connection)], now=NOW)
        after = connection.scalar(select(func.count()).select_from(redirect_table))
        connection.rollback()
    assert before and after == 0
