"""WordPress: where its interface and feeds are, and what their records and its pages say."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import SourceChanged
from core.mention import DatePrecision
from crawler.extract.feed import Entry
from crawler.extract.fragment import plain
from crawler.platforms import wordpress
from crawler.platforms.wordpress_page import read_comments_on

NOW = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)
HOST = "https://blog.example"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("两款&nbsp;A&amp;B &lt;长测&gt;", "两款 A&B <长测>"),
        ('<p>好<img src="/1f600.png" alt="😀" class="wp-smiley" />的</p><img alt="车头">', "好😀的"),
        ('<p>前</p>\n[contact-form-7 id="5" title="报名"]\n<p>后</p>', "前\n后"),
        ("[vc_row css=”x”][vc_column]正文[/vc_column][/vc_row]", "正文"),
        ("[box]框里[/box]框外", "框里框外"),
        ("[doge]见[1]和[2]，数组 a[i]=b[j]", "[doge]见[1]和[2]，数组 a[i]=b[j]"),
        ("<figure><img><figcaption>图注</figcaption></figure><script>hit()</script>", "图注"),
        ("没有标记", "没有标记"),
    ],
)
def test_fragments_become_what_a_reader_sees(markup: str, text: str) -> None:
    assert plain(markup) == text


@pytest.mark.parametrize(
    ("html", "links", "root"),
    [
        ("", f'<{HOST}/wp-json/>; rel="https://api.w.org/", <{HOST}/?p=1>; rel=shortlink', f"{HOST}/wp-json/"),
        (f"<link rel='https://api.w.org/' href='{HOST}/cn/wp-json/'>", "", f"{HOST}/cn/wp-json/"),
        ("<link rel='https://api.w.org/' href='/index.php?rest_route=/'>", "", f"{HOST}/index.php?rest_route=/"),
        ("<link rel='canonical' href='/'>", '</x>; rel="next"', None),
    ],
)
def test_the_interface_is_told_by_header_or_page(html: str, links: str, root: str | None) -> None:
    assert wordpress.interface(html, links, f"{HOST}/a/") == root


@pytest.mark.parametrize(
    ("address", "folder"),
    [
        ("/wp-json/", "/"),
        ("/cn/wp-json/", "/cn/"),
        ("/index.php/wp-json/", "/"),
        ("/cn/index.php?rest_route=/", "/cn/"),
        ("/cn/?rest_route=/", "/cn/"),
        ("/feed/", "/"),
        ("/cn/feed", "/cn/"),
        ("/cn/feed/rss2/", "/cn/"),
        ("/cn/?feed=rss2", "/cn/"),
    ],
)
def test_a_site_is_known_by_its_folder(address: str, folder: str) -> None:
    assert wordpress.folder_of(HOST + address) == HOST + folder


def test_folders_and_feeds_are_guessed_from_the_page() -> None:
    html = """<link rel="alternate" type="application/rss+xml" href="http://inner/cn/comments/feed/">
    <link rel="alternate" type="application/rss+xml" href="http://inner/cn/feed/rss2/">
    <script src="https://blog.example/cn/wp-includes/js/x.js"></script>"""
    page = f"{HOST}/cn/2026/06/post/"
    assert wordpress.folders(html, page) == (f"{HOST}/cn/", page)
    assert wordpress.folders("", page) == (page, f"{HOST}/")
    expected = (f"{HOST}/cn/feed/rss2/", f"{HOST}/cn/feed/", f"{HOST}/cn/?feed=rss2")
    assert wordpress.feeds(html, page, f"{HOST}/cn/") == expected
    assert wordpress.feed_of_comments(f"{HOST}/cn/feed/") == f"{HOST}/cn/comments/feed/"
    assert wordpress.feed_of_comments(f"{HOST}/cn/?feed=rss2") == f"{HOST}/cn/?feed=comments-rss2"
    assert wordpress.paged(f"{HOST}/?feed=rss2", 3) == f"{HOST}/?feed=rss2&paged=3"
    assert wordpress.feed_place(f"{HOST}/feed/?paged=3") == (f"{HOST}/feed/", 3)


@pytest.mark.parametrize("root", [f"{HOST}/wp-json/", f"{HOST}/cn/index.php?rest_route=/"])
def test_the_place_in_a_list_is_read_from_its_address(root: str) -> None:
    for route in (wordpress.POSTS, wordpress.COMMENTS):
        address = wordpress.listing(root, route, size=20, page=3)
        assert wordpress.place(address) == (root, route, 20, 3, True)
    by_date = wordpress.listing(root, wordpress.POSTS, size=20, by_change=False)
    assert wordpress.place(by_date) == (root, wordpress.POSTS, 20, 1, False)


def a_post(**values: object) -> dict[str, object]:
    return {
        "id": 5,
        "date": "2026-06-01T08:00:00",
        "date_gmt": "2026-06-01T00:00:30",
        "modified_gmt": "2026-06-02T00:00:00",
        "link": f"{HOST}/p5/",
        "title": {"rendered": "A&#038;B"},
        "content": {"rendered": "<p>正文</p>", "protected": False},
        "author": 7,
        "_embedded": {"author": [{"name": "林小满"}]},
    } | values


def test_posts_are_read_and_odd_ones_left_out() -> None:
    locked = a_post(content={"rendered": "<form></form>", "protected": True})
    local = a_post(date_gmt=None, author=0, _embedded={"author": [{"code": "rest_user_invalid_id"}]})
    records: list[object] = [a_post(), locked, local, a_post(link=None), None, 7, []]
    first, second, third = wordpress.read_posts("<b>Warning</b>: x" + json.dumps(records), HOST, NOW)
    assert (first.title, first.text, first.author, first.author_id) == ("A&B", "正文", "林小满", "7")
    assert first.published is not None
    assert first.published.at == datetime(2026, 6, 1, 0, 0, 30, tzinfo=UTC)
    assert first.published.precision is DatePrecision.SECOND
    assert first.modified == datetime(2026, 6, 2, tzinfo=UTC)
    assert (second.title, second.text, second.is_locked) == ("A&B", "", True)
    assert third.published is not None
    assert third.published.at == datetime(2026, 6, 1, tzinfo=UTC), "a time without a zone is one of Shanghai"
    assert (third.author, third.author_id) == ("", None)
    for other in ('{"code": "rest_forbidden"}', "<html>[首页]</html>", "", "[" * 100_000):
        with pytest.raises(SourceChanged):
            wordpress.read_posts(other, HOST, NOW)


@pytest.mark.parametrize(
    ("link", "post"),
    [
        ("/p5/#comment-9", "/p5/"),
        ("/p5/comment-page-2/#comment-9", "/p5/"),
        ("/p5/comment-page-2#comment-9", "/p5"),
        ("/?p=5&cpage=2#comment-9", "/?p=5"),
        ("/p5/?cpage=2#comment-9", "/p5/"),
        ("/?cpage=2&p=5#comment-9", "/?p=5"),
    ],
)
def test_a_comment_leads_to_its_post(link: str, post: str) -> None:
    assert wordpress.post_address(HOST + link) == HOST + post


def test_entries_of_feeds_lose_what_wordpress_and_plugins_add() -> None:
    signed = "<p>正文。</p><p>The post <a>标题</a> appeared first on <a>某站</a>.</p>"
    form = '<form class="post-password-form"><p>请输入密码</p></form>'
    post = wordpress.from_entry(Entry(url=HOST, title="标题", content=signed))
    locked = wordpress.from_entry(Entry(url=HOST, title="密码保护：标题", content=form, text="请输入密码"))
    assert (post.title, post.text, post.is_locked) == ("标题", "正文。", False)
    assert (locked.title, locked.text, locked.is_locked) == ("标题", "", True)
    feed = f"""<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
    <item><link>{HOST}/p5/#comment-9</link><content:encoded>&lt;p&gt;回复给 &lt;a href="{HOST}/p5/#comment-8"&gt;甲
    &lt;/a&gt;。&lt;/p&gt;&lt;p&gt;同意&lt;/p&gt;</content:encoded></item>
    <item><link>{HOST}/p6/#comment-8</link><content:encoded>{form.replace("<", "&lt;")}</content:encoded></item>
    <item><link>{HOST}/p5/</link><content:encoded>不是评论</content:encoded></item></channel></rss>"""
    (comment,) = wordpress.read_feed_of_comments(feed, HOST, NOW)
    assert (comment.number, comment.url, comment.text, comment.parent) == (9, f"{HOST}/p5/", "同意", 8)


def test_comments_are_read_on_the_page_of_a_post() -> None:
    html = f"""<ol><li id="comment-8" class="comment"><article id="div-comment-8"><footer class="comment-meta">
    <b class="fn">甲</b><a href="#"><time datetime="2026-06-01T08:00:00+08:00">6月</time></a>
    </footer><div class="comment-content"><p>先说</p></div><div class="reply">回复</div></article>
    <ol class="children"><li id="comment-9"><div class="comment-author"><cite class="fn">乙</cite>
    说：</div><div class="comment-meta commentmetadata"><a>2026年6月1日 下午3:30</a></div><p>再说</p>
    <div class="reply">回复</div></li></ol></li></ol>
    <a href="{HOST}/p5/comment-page-1/#comments">1</a><a href="{HOST}/p6/comment-page-1/">别的</a>"""
    (first, second), pages = read_comments_on(html, f"{HOST}/p5/", NOW)
    assert (first.number, first.author, first.text, first.parent) == (8, "甲", "先说", None)
    assert (second.number, second.author, second.text, second.parent) == (9, "乙", "再说", 8)
    assert [each.published.at.hour for each in (first, second) if each.published] == [0, 7]
    assert pages == (f"{HOST}/p5/comment-page-1/",)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists) | st.text())
def test_nothing_a_site_sends_escapes_as_another_error(value: object) -> None:
    record = dict.fromkeys(("id", "date", "date_gmt", "link", "title", "content", "author", "_embedded"), value)
    for text in (json.dumps([a_post(), record, value]), str(value)):
        for read in (wordpress.read_posts, wordpress.read_comments, wordpress.read_feed_of_comments):
            try:
                read(text, HOST, NOW)
            except SourceChanged:
                continue
    plain(str(value))
    read_comments_on(str(value), HOST, NOW)
