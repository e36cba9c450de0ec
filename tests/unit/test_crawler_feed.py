"""RSS and Atom, whole and broken."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import SourceChanged
from crawler.extract.feed import Feed, read_feed

NOW = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)
URL = "https://news.example/feed.xml"
RSS = """<?xml version="1.0" encoding="gb2312"?><rss version="2.0"><channel><title>晨报</title>
<item><title><![CDATA[<b>刹车</b> &amp; 转向]]></title><link>/a/1?utm_medium=rss#c</link><author>陈晓</author>
<pubDate>Mon, 15 Jun 2026 09:12:33 +0800</pubDate>
<description>&lt;p&gt;一&lt;/p&gt;&lt;p&gt;二&lt;/p&gt;</description></item>
<item><title>没有链接</title></item><item><title>坏链接</title><link>javascript:x()</link></item>
<item><title>重复</title><link>https://news.example/a/1</link></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>博客</title><entry><title type="html">标&lt;i&gt;题</title>
<link rel="alternate" href="https://blog.example/p/2"/><updated>2026-06-15T01:12:33Z</updated><author><name>李明</name>
</author><summary>短</summary>
<content type="html">&lt;div&gt;更长的正文&lt;script&gt;x&lt;/script&gt;&lt;/div&gt;</content></entry>
</feed>"""


def test_rss_entries_once_with_text_without_markup() -> None:
    (entry,) = read_feed(RSS, URL, now=NOW).entries
    assert (entry.url, entry.title, entry.text, entry.author) == (
        "https://news.example/a/1",
        "刹车 & 转向",
        "一\n二",
        "陈晓",
    )
    assert entry.published is not None and entry.published.at == datetime(2026, 6, 15, 1, 12, 33, tzinfo=UTC)


def test_atom_prefers_content_over_summary() -> None:
    (entry,) = read_feed(ATOM, URL, now=NOW).entries
    assert (entry.url, entry.title, entry.text, entry.author) == (
        "https://blog.example/p/2",
        "标题",
        "更长的正文",
        "李明",
    )
    assert entry.published is not None and entry.published.at == datetime(2026, 6, 15, 1, 12, 33, tzinfo=UTC)


JSON_FEED: dict[str, object] = {
    "version": "https://jsonfeed.org/version/1.1",
    "authors": [{"name": "编辑部"}],
    "next_url": "/feed.json?page=2",
    "items": [
        {"id": "1", "url": "/a/1#c", "title": "刹车 &amp; 转向", "content_html": "<p>一</p><p>二</p>", "summary": "短",
         "date_published": "2026-06-15T09:12:33+08:00", "authors": [{"name": " 陈晓 "}]},
        {"id": "https://news.example/a/2", "content_text": "1 < 2", "author": {"name": "李明"}},
        {"id": "3", "external_url": "https://other.example/3", "summary": "摘要", "date_published": "3小时前"},
        {"id": "4", "title": "没有网址"}, "x", {"id": 5},
    ],
}  # fmt: skip


def test_json_feed_is_read_like_the_others() -> None:
    for version in ("https://jsonfeed.org/version/1.1", "https://jsonfeed.org/version/1"):
        feed = read_feed(json.dumps(JSON_FEED | {"version": version}, ensure_ascii=False), URL, now=NOW)
        assert feed.next_url == "https://news.example/feed.json?page=2"
        assert [(entry.url, entry.title, entry.text, entry.author) for entry in feed.entries] == [
            ("https://news.example/a/1", "刹车 & 转向", "一\n二", "陈晓"),
            ("https://news.example/a/2", "", "1 < 2", "李明"),
            ("https://other.example/3", "", "摘要", "编辑部"),
        ]
        assert [entry.published and entry.published.printed for entry in feed.entries] == [
            "2026-06-15T09:12:33+08:00",
            None,
            "2026-06-16T11:00:00+08:00",
        ]


@pytest.mark.parametrize(
    ("date", "is_dated", "is_vague"),
    [
        ("Mon, 15 Jun 2026 09:12:33 +0800", True, False),
        ("2026-06-15", True, False),
        ("昨天 12:30", True, True),
        ("3小时前", True, True),
        ("很久以前", False, False),
        ("", False, False),
    ],
)
def test_a_time_counted_from_now_is_vague(date: str, is_dated: bool, is_vague: bool) -> None:
    (entry,) = read_feed(RSS.replace("Mon, 15 Jun 2026 09:12:33 +0800", date), URL, now=NOW).entries
    assert (entry.published is not None, entry.is_vague) == (is_dated, is_vague)


def test_paging_and_routes_are_told() -> None:
    link = "<atom:link xmlns:atom='http://www.w3.org/2005/Atom' rel='next' href='?page=2'/>"
    for start, following, is_rsshub in [
        ("<channel>", None, False),
        (f"<channel>{link}", "https://news.example/feed.xml?page=2", False),
        ("<channel><generator>RSSHub</generator>", None, True),
        ("<channel><description>动态 - Powered by RSSHub</description>", None, True),
    ]:
        feed = read_feed(RSS.replace("<channel>", start), URL, now=NOW)
        assert (feed.next_url, feed.is_rsshub) == (following, is_rsshub)


def test_feed_without_entries_is_no_error() -> None:
    assert read_feed("<rss version='2.0'><channel><title>空</title></channel></rss>", URL, now=NOW) == Feed()


def test_control_characters_do_not_break_a_feed() -> None:
    assert read_feed(RSS.replace("刹车", "刹\x08车"), URL, now=NOW).entries[0].title == "刹 车 & 转向"


@pytest.mark.parametrize("text", ["", "<html><body>请登录</body></html>", '{"items": []}', "/etc/passwd", URL, "<rss"])
def test_anything_but_a_feed_is_reported(text: str) -> None:
    with pytest.raises(SourceChanged, match="RSS/Atom"):
        read_feed(text, URL, now=NOW)


PIECES = st.sampled_from(
    ["<rss version='2.0'>", "<channel>", "<item>", "</item>", "<link>", "</link>", "<![CDATA[", "]]>", "&#x0;", "&lt;"]
    + ["<!DOCTYPE", "<!ENTITY a 'b'>", "&a;", "<feed xmlns='http://www.w3.org/2005/Atom'>", "<entry>", "<pubDate>"]
    + ["<content type='xhtml'>", "<title>", "<link href='//[x'/>", "<?xml encoding='x'?>", "\ud800", "刹车"]
    + ["<media:content url=''/>", "<geo:point>", "<itunes:image href='[x'/>", "<georss:polygon>1 2 x</georss:polygon>"]
)


@given(st.lists(PIECES | st.text(max_size=10), max_size=25).map("".join))
def test_any_text_is_a_feed_or_reported(text: str) -> None:
    try:
        read_feed(text, URL, now=NOW)
    except SourceChanged:
        return


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=10)
    | st.sampled_from([URL, "//[x", "3小时前", "<\ud800", "\x00"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
ITEMS = st.dictionaries(st.sampled_from(["id", "url", "title", "content_html", "authors", "date_published"]), VALUES)


@given(st.lists(ITEMS | VALUES, max_size=4), VALUES)
def test_any_json_is_a_feed_or_reported(items: list[object], other: object) -> None:
    for values in ({**JSON_FEED, "items": items, "authors": other, "next_url": other}, {"items": other}):
        try:
            read_feed(json.dumps(values), URL, now=NOW)
        except SourceChanged:
            continue
