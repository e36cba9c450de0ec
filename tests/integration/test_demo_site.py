"""The sample web over real HTTP on loopback."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.error import URLError
from urllib.request import urlopen

import feedparser
import httpx
import pytest
from parsel import Selector

from app.demo.site import SampleSite
from app.demo.story import LAST_WAVE, Group, Site, Story, build

START = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)
FEED = "/news/rss.xml"


@pytest.fixture(scope="module")
def story() -> Story:
    return build(START)


@pytest.fixture
def site(story: Story) -> Iterator[SampleSite]:
    with SampleSite(story) as running:
        yield running


@pytest.fixture
def client(site: SampleSite) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.base_url, trust_env=False) as opened:
        yield opened


def read(site: SampleSite, path: str) -> str:
    with urlopen(site.base_url + path) as answer:
        return str(answer.read(), "utf-8")


def links(html: str) -> set[str]:
    return {path for path in Selector(html).css("a::attr(href)").getall() if path.startswith("/")}


def test_every_link_answers(site, client, story):
    site.publish(LAST_WAVE)
    seen, waiting = set(), {"/", "/robots.txt", FEED}
    while waiting:
        path = waiting.pop()
        answer = client.get(path)
        assert answer.status_code == 200, path
        seen.add(path)
        if answer.headers["content-type"] == "text/html; charset=utf-8":
            waiting |= links(answer.text) - seen
    assert {post.path for post in story.posts} <= seen
    assert site.requests == len(seen)


def test_content_types(client):
    assert client.get("/robots.txt").headers["content-type"] == "text/plain; charset=utf-8"
    assert client.get(FEED).headers["content-type"] == "application/rss+xml; charset=utf-8"
    assert "Disallow" not in client.get("/robots.txt").text


@pytest.mark.parametrize("path", ["/nothing", "/forum/thread-1.html", "/../../etc/passwd", "/forum", "/%2e%2e/"])
def test_unknown_addresses_are_404_in_chinese(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert "没有这个页面" in answer.text


def test_a_query_does_not_change_the_page(client):
    assert client.get("/forum/board-1-1.html?page=9").text == client.get("/forum/board-1-1.html").text


def test_waves_appear_only_when_published(site, client, story):
    for wave in range(LAST_WAVE + 1):
        site.publish(wave)
        for group_wave in range(1, LAST_WAVE + 1):
            post = next(post for post in story.posts if post.wave == group_wave)
            assert client.get(post.path).status_code == (200 if group_wave <= wave else 404)
    site.publish(0)
    last = next(post for post in story.posts if post.wave == LAST_WAVE)
    assert client.get(last.path).status_code == 200


def test_the_feed_is_read_by_feedparser(site, client, story):
    site.publish(LAST_WAVE)
    feed = feedparser.parse(client.get(FEED).content)
    assert not feed.bozo
    articles = {site.base_url + post.path: post for post in story.posts if post.site is Site.NEWS}
    assert {entry.link for entry in feed.entries} == {entry.id for entry in feed.entries} == set(articles)
    for entry in feed.entries:
        post = articles[entry.link]
        assert (entry.title, entry.author, entry.publisher) == (post.title, post.author, post.outlet)
        assert parsedate_to_datetime(entry.published) == post.published_at
        assert Selector(entry.content[0].value).css("p::text").getall() == post.text.split("\n")
    times = [parsedate_to_datetime(entry.published) for entry in feed.entries]
    assert times == sorted(times, reverse=True)


def test_a_known_version_is_not_sent_again(site, client):
    first = client.get(FEED)
    by_tag = {"If-None-Match": first.headers["etag"]}
    by_date = {"If-Modified-Since": first.headers["last-modified"]}
    for headers in (by_tag, by_date, {"If-None-Match": f'"x", W/{first.headers["etag"]}'}, {"If-None-Match": "*"}):
        answer = client.get(FEED, headers=headers)
        assert (answer.status_code, answer.content) == (304, b""), headers
    for headers in ({"If-None-Match": '"x"', **by_date}, {"If-Modified-Since": "no date"}, {"If-Modified-Since": ""}):
        assert client.get(FEED, headers=headers).status_code == 200, headers
    site.publish(2)
    for headers in (by_tag, by_date):
        assert client.get(FEED, headers=headers).status_code == 200


def test_head_has_no_body(client):
    get, head = client.get("/forum/board-1-1.html"), client.head("/forum/board-1-1.html")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"] == str(len(get.content))


def test_other_methods_are_refused(client):
    assert client.post("/forum/board-1-1.html").status_code == 501


def test_two_sites_of_one_start_have_the_same_addresses_and_texts(story):
    with SampleSite(story) as one, SampleSite(build(START)) as two:
        assert one.base_url != two.base_url
        post = next(post for post in story.posts if post.group is Group.SODA)
        texts = [read(running, post.path).replace(running.base_url, "") for running in (one, two)]
        assert texts[0] == texts[1]


def test_a_stopped_site_does_not_answer(story):
    with SampleSite(story) as running:
        assert "青柠车友论坛" in read(running, "/")
    with pytest.raises(URLError):
        read(running, "/")
