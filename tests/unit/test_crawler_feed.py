"""RSS and Atom, whole and broken."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import SourceChanged
from crawler.extract.feed import read_feed

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
    (entry,) = read_feed(RSS, URL, now=NOW)
    assert (entry.url, entry.title, entry.text, entry.author) == (
        "https://news.example/a/1",
        "刹车 & 转向",
        "一\n二",
        "陈晓",
    )
    assert entry.published is not None and entry.published.at == datetime(2026, 6, 15, 1, 12, 33, tzinfo=UTC)


def test_atom_prefers_content_over_summary() -> None:
    (entry,) = read_feed(ATOM, URL, now=NOW)
    assert (entry.url, entry.title, entry.text, entry.author) == (
        "https://blog.example/p/2",
        "标题",
        "更长的正文",
        "李明",
    )
    assert entry.published is not None and entry.published.at == datetime(2026, 6, 15, 1, 12, 33, tzinfo=UTC)


def test_feed_without_entries_is_no_error() -> None:
    assert read_feed("<rss version='2.0'><channel><title>空</title></channel></rss>", URL, now=NOW) == ()


def test_control_characters_do_not_break_a_feed() -> None:
    assert read_feed(RSS.replace("刹车", "刹\x08车"), URL, now=NOW)[0].title == "刹 车 & 转向"


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
