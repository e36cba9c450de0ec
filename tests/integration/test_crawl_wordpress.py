"""WordPress, where the site is large or unwilling: long lists, refusals, what appears behind what was read."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest

from core import inbox
from core.mention import Kind, Mention, Status
from tests.integration.crawl_site import Crawls
from tests.wordpress_simulator import START, Said, Wordpress, comments, posts

NAMES: Final = ("大站", "小页", "转关闭", "空站")


@pytest.fixture
def sites() -> Iterator[dict[str, Wordpress]]:
    """大站: more than one crawl may read. 小页: wants small pages, knows no order by change, shows no comments."""
    with ExitStack() as running:
        made = {
            "大站": Wordpress(posts(250), comments(130, on=range(1, 40))),
            "小页": Wordpress(
                posts(25),
                comments(24, on=[3, 20]),
                most=20,
                refuses="modified",
                closed={"/wp-json/wp/v2/comments": 403},
                is_nameless=True,
            ),
            "转关闭": Wordpress(posts(12), comments(3, on=[2])),
            "空站": Wordpress([], [], closed={"/wp-json/": 401, "/feed/": 404, "/?feed": 404}),
        }
        made["大站"].comments[40] = replace(made["大站"].comments[40], is_hidden=True)
        yield {name: running.enter_context(site) for name, site in made.items()}


def stored(crawls: Crawls, name: str) -> list[Mention]:
    with crawls.database.read() as connection:
        return [mention for mention in inbox.scan(connection, limit=10_000) if mention.source == name]


def counted(mentions: list[Mention]) -> tuple[int, int]:
    answers = sum(mention.kind is Kind.COMMENT for mention in mentions)
    return len(mentions) - answers, answers


def crawl(crawls: Crawls, sites: dict[str, Wordpress]) -> dict[str, dict[str, Any]]:
    for site in sites.values():
        site.asked.clear()
    crawls.clock.advance(minutes=10)
    return crawls.run(*NAMES).results


def write(sites: dict[str, Wordpress]) -> None:
    """A planned post appears, a comment that waited long is approved, one interface is closed."""
    large, small, closing = sites["大站"], sites["小页"], sites["转关闭"]
    early = START + timedelta(minutes=1)
    large.posts.append(Said(number=900, text="定时发布的。", date=START + timedelta(days=40), modified=early))
    large.comments.append(Said(number=9900, text="批准得晚。", date=early, modified=early, post=250))
    large.edit(5, text="改过的正文。", modified=START + timedelta(days=50))
    small.posts.append(Said(number=901, text="新的一篇。", date=START + timedelta(days=41), modified=START))
    small.comments += comments(35, on=[21])[24:]
    closing.rules.closed["/wp-json/"] = 401
    closing.posts.append(Said(number=902, text="从订阅里来。", date=START + timedelta(days=42), modified=START))


def test_long_lists_refusals_and_late_appearances(sites: dict[str, Wordpress], crawls: Crawls) -> None:
    for name, site in sites.items():
        crawls.add(name, kind="wordpress", url=site.url("/"), max_pages=2 if name == "大站" else 50)

    results = crawl(crawls, sites)
    assert counted(stored(crawls, "大站")) == (200, 129), "two pages of each list"
    assert counted(stored(crawls, "小页")) == (25, 20), "a feed shows ten comments of a post"
    authors = {mention.author for name in ("大站", "小页") for mention in stored(crawls, name) if not mention.parent_id}
    assert authors == {"林小满"}
    pages = [path for path in sites["小页"].paths() if re.fullmatch(r"/p\d+/", path)]
    assert sorted(pages) == ["/p20/", "/p25/", "/p3/"], "one names the author, two have more comments than their feeds"
    assert counted(stored(crawls, "转关闭")) == (12, 3)
    assert results["空站"]["error_code"] == "source_changed"
    message = results["空站"]["error_message"]
    assert all(
        word in message for word in ("/wp-json/wp/v2/posts（状态 401）", "/feed/（状态 404）", "listing", "sitemap")
    )

    results = crawl(crawls, sites)
    assert counted(stored(crawls, "大站")) == (250, 129), "what the first crawl could not finish"
    assert (results["小页"]["new"], results["转关闭"]["mentions"], len(sites["转关闭"].paths())) == (0, 0, 2)

    crawls.add("大站", kind="wordpress", url=sites["大站"].url("/"), max_pages=50)
    write(sites)
    results = crawl(crawls, sites)
    assert (results["大站"]["new"], results["大站"]["changed"]) == (2, 1)
    assert (results["小页"]["new"], results["小页"]["changed"]) == (1 + 10, 0), (
        "all ten are new: the posts' counts are read"
    )
    assert (results["转关闭"]["new"], results["转关闭"]["changed"]) == (1, 0), "from its feed, the rest is known"
    assert (results["转关闭"]["error_code"], results["转关闭"]["is_complete"]) == (None, True)

    # A day later pages are looked at again; their texts are those of the lists.
    crawls.clock.advance(days=1)
    del sites["转关闭"].posts[0]
    results = crawl(crawls, sites)
    for name in ("大站", "小页", "转关闭"):
        assert (results[name]["new"], results[name]["changed"]) == (0, 0), name
        lists = [path for path in sites[name].paths() if not re.fullmatch(r"/p\d+/", path)]
        assert len(lists) <= 3, lists
    gone = [mention.title for mention in stored(crawls, "转关闭") if mention.status is Status.DELETED]
    assert gone == ["第1篇"]
