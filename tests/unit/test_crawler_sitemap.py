"""Sitemaps in every form, whole, broken and hostile."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import SourceChanged
from crawler.extract.sitemap import MOST_PLACES, Place, read_sitemap, sitemaps_of
from crawler.spiders.sitemap import is_of_site

NOW = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)
URL = "https://news.example/sitemap.xml"
URLSET = """<?xml version="1.0" encoding="UTF-8"?><!-- made -->
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"
 xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><loc> https://news.example/a?x=1&y=2 </loc><lastmod>2026-06-15T01:12:33.45Z</lastmod>
<image:image><image:loc>https://news.example/i.png</image:loc><image:title>图</image:title></image:image></url>
<url><loc><![CDATA[/b?x=1&amp=2]]></loc><lastmod>2026-06-15</lastmod><news:news><news:publication><news:name>晨报</news:name>
</news:publication><news:publication_date>2026-06-14T09:00:00+08:00</news:publication_date>
<news:title>刹车 &amp;amp; 转向</news:title></news:news></url>
<url><loc>javascript:x()</loc></url><url><lastmod>2026-06-15</lastmod></url>
<url><loc>https://news.example/b?x=1&amp;amp=2</loc></url><url><loc>https://news.example/c</loc><lastmod>soon</lastmod></url>
</urlset>"""
INDEX = """<sm:sitemapindex xmlns:sm="x"><sm:sitemap><sm:loc>/1.xml.gz</sm:loc><sm:lastmod>2026-06-15T09:12+08:00
</sm:lastmod></sm:sitemap><sm:sitemap><sm:loc>/2.xml</sm:loc></sm:sitemap></sm:sitemapindex>"""


def shown(place: Place) -> tuple[object, ...]:
    times = (time.printed if time else None for time in (place.modified, place.entry.published))
    return (place.url.removeprefix("https://news.example"), place.entry.title, *times)


def test_pages_with_times_and_the_title_of_news() -> None:
    found = read_sitemap(URLSET, URL, now=NOW)
    assert [shown(place) for place in found.places] == [
        ("/a?x=1&y=2", "", "2026-06-15T09:12:33+08:00", None),
        ("/b?x=1&amp=2", "刹车 & 转向", "2026-06-15", "2026-06-14T09:00:00+08:00"),
        ("/c", "", None, None),
    ]
    assert not found.is_index


def test_index_text_and_feed_are_sitemaps_too() -> None:
    index = read_sitemap(INDEX, URL, now=NOW)
    assert index.is_index
    assert [shown(place)[::2] for place in index.places] == [
        ("/1.xml.gz", "2026-06-15T09:12:00+08:00"),
        ("/2.xml", None),
    ]
    lines = "\ufeffhttps://news.example/1\r\n\r\nno address\r\nhttps://news.example/1\r\n"
    assert [place.url for place in read_sitemap(lines, URL, now=NOW).places] == ["https://news.example/1"]
    rss = "<rss version='2.0'><channel><item><link>/1</link><pubDate>2026-06-15</pubDate></item></channel></rss>"
    assert [shown(place) for place in read_sitemap(rss, URL, now=NOW).places] == [
        ("/1", "", "2026-06-15", "2026-06-15")
    ]
    for empty in ("<urlset></urlset>", "<?xml version='1.0'?><urlset xmlns='x'/>\n"):
        assert read_sitemap(empty, URL, now=NOW).places == ()


def test_what_breaks_off_counts_as_far_as_it_goes() -> None:
    cut = URLSET[: URLSET.index("/c</loc>")]
    assert [place.url[-1] for place in read_sitemap(cut, URL, now=NOW).places] == ["2", "2"]


def test_more_than_the_protocol_allows_is_left_and_told() -> None:
    lines = "\n".join(f"https://news.example/{number}" for number in range(MOST_PLACES + 1))
    found = read_sitemap(lines, URL, now=NOW)
    assert (len(found.places), found.is_cut) == (MOST_PLACES, True)


BOMB = "<!DOCTYPE u [<!ENTITY a 'xxxx'><!ENTITY b '&a;&a;&a;'>]><urlset><url><loc>https://news.example/&b;</loc></url></urlset>"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "不是网站地图"),
        ("<!DOCTYPE html><html><body>请登录</body></html>", "不是网站地图"),
        ("{}", "不是网站地图"),
        ("ftp://news.example/1", "不是网站地图"),
        ("<urlset><url><loc>https://n", "已损坏"),
        (BOMB, "ENTITY"),
        ("<urlset>" + "<url>" * 100_000, "已损坏"),
    ],
)
def test_anything_else_is_reported(text: str, words: str) -> None:
    with pytest.raises(SourceChanged, match=words):
        read_sitemap(text, URL, now=NOW)


def test_robots_txt_names_sitemaps() -> None:
    lines = [
        "User-agent: *",
        "Disallow: /",
        " sitemap : /a.xml # one\r",
        "SITEMAP:https://other.example/b.xml",
        "Sitemap:",
    ]
    robots = "\n".join([*lines, "Sitemap: /a.xml"])
    assert sitemaps_of(robots, "https://news.example/robots.txt") == (
        "https://news.example/a.xml",
        "https://other.example/b.xml",
    )


PIECES = st.sampled_from(
    [
        "<urlset>",
        "</urlset>",
        "<sitemapindex>",
        "<url>",
        "</url>",
        "<loc>",
        "</loc>",
        "https://a.example/1",
        "<lastmod>",
    ]
    + [
        "2026-06-15",
        "<news:news>",
        "<news:title>",
        "<![CDATA[",
        "]]>",
        "&",
        "&#0;",
        "&x;",
        "<?xml encoding='x'?>",
        "刹车",
    ]
    + ["<!DOCTYPE a", "<!ENTITY a 'b'>", "\ud800", "\x00", "<rss version='2.0'>", "<item>", "<!--", "<a:b:c>", "//[x"]
)


@given(st.lists(PIECES | st.text(max_size=10), max_size=25).map("".join), st.sampled_from(["", "<urlset>", "http://"]))
def test_any_text_is_a_sitemap_or_reported(text: str, start: str) -> None:
    try:
        read_sitemap(start + text, URL, now=NOW)
    except SourceChanged:
        return


@pytest.mark.parametrize(
    ("host", "is_own"),
    [
        ("news.example", True),
        ("www.news.example", True),
        ("car.news.example", True),
        ("m.news.example", True),
        ("othernews.example", False),
        ("news.example.evil.example", False),
        ("example", False),
        ("10.0.0.1", False),
    ],
)
def test_a_sitemap_speaks_of_its_own_site(host: str, is_own: bool) -> None:
    for own in ("https://www.news.example/sitemap.xml", "https://news.example:8443/"):
        assert is_of_site(f"https://{host}/1.html", [own]) == is_own
    assert is_of_site("https://news.example/1.html", ["https://m.news.example/"])
    assert not is_of_site("https://s.weibo.com/1", ["https://weibo.com/"])
