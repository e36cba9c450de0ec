"""Forums of unknown software: what is read of made-up ones, and that no page breaks or holds the reader."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import SourceChanged, SourceRefused
from crawler.extract.forum import propose, read_board, read_thread
from crawler.extract.pager import next_url, thread_key
from crawler.extract.tree import parse
from crawler.platforms import discuz
from tests.forum_measure import measure
from tests.forum_pages import FORUMS, HOST, NOW, Forum

URL = f"{HOST}/t/12"


@pytest.mark.parametrize("forum", FORUMS, ids=lambda forum: forum.name)
def test_a_forum_of_unknown_software_is_read(forum: Forum) -> None:
    found = measure(forum)
    assert found.threads == 1
    assert min(found.posts, found.author, found.minute) >= 0.98, found.notes[:5]
    assert found.extra <= 2, found.notes[:5]
    assert found.replies >= 0.9


def test_selectors_can_be_shown() -> None:
    forum = next(forum for forum in FORUMS if forum.name == "Cards")
    thread = max(forum.threads, key=lambda thread: len(thread.posts))
    url = forum.url(thread, 1)
    found = propose(forum.pages([thread])[url], HOST + url, NOW)
    assert found is not None
    assert (found.post, found.rows) == ("main > section.floor", 1)
    assert found.text.endswith("div.floor-content > div") or found.text.endswith("div.floor-content")
    assert found.author.endswith("a.nickname")


@pytest.mark.parametrize(
    ("links", "url", "expected"),
    [
        ("<a href='/t/12?page=2'>下一页</a>", "/t/12", "/t/12?page=2"),
        ("<a rel='next' href='/t/12?page=1'>x</a>", "/t/12", "/t/12?page=1"),
        ("<a href='/t/13'>下一主题</a>", "/t/12", None),
        ("<a href='/t/12?page=1'>上一页</a>", "/t/12?page=2", None),
        ("<a href='/t/12?page=2'>下一页</a>", "/t/12?page=2", None),
        ("<li class='disabled'><a href='/t/12?page=3'>下一页</a></li>", "/t/12?page=2", None),
        ("<a href='show-12-2.html'>2</a><a href='show-12-3.html'>3</a>", "/show-12-1.html", "/show-12-2.html"),
        ("<a href='show-12-2.html'>2</a><a href='show-12-3.html'>3</a>", "/show-12-2.html", "/show-12-3.html"),
        ("<a href='/cal?day=2'>2</a>", "/t/12", None),
        ("<a href='https://other.example/t/12?page=2'>下一页</a>", "/t/12", None),
        ("<a href='/t/12?page=2&sid=ab'>下一页</a>", "/t/12?sid=cd", "/t/12?page=2"),
    ],
)
def test_the_next_page(links: str, url: str, expected: str | None) -> None:
    assert next_url(parse(links), HOST + url) == (HOST + expected if expected else None)


def test_a_thread_is_the_same_on_all_its_pages() -> None:
    addresses = ("/t?id=12", "/t?id=12&page=3", "/t?id=12&sid=abc", "/t?id=12#p4")
    assert {thread_key(HOST + address) for address in addresses} == {"/t?id=12"}
    assert [thread_key(HOST + path) for path in ("/p/101", "/t/12/p/2", "/t/12/p2")] == ["/p/101", "/t/12", "/t/12"]


@pytest.mark.parametrize("said", ["请先登录后查看", "您需要登录才能访问本版"])
def test_a_wall_is_refused_and_a_page_without_posts_is_no_mention(said: str) -> None:
    for read in (read_board, read_thread):
        with pytest.raises(SourceRefused):
            read(f"<html><body><p>{said}</p></body></html>", URL, NOW)
        with pytest.raises(SourceChanged):
            read("<html><body><p>主题不存在</p><p>GMT+8, 2026-11-24 04:14</p></body></html>", URL, NOW)


PIECES = st.sampled_from(
    [
        "<div class='post' id='p1'>",
        "</div>",
        "<li>",
        "<td>",
        "<tr>",
        "<a href='/t/3'>标题",
        "<a href='/u/1'>某人</a>",
        "2026-11-20 08:15",
        "<span title='2026-11-20 08:15'>3 天前</span>",
        "第 3 楼",
        "正文文字",
        "<table>",
        "</table>",
        "\x00",
        "\ud800",
        "<a href='?page=2'>下一页</a>",
        "<div id='postmessage_3'>",
        "<a id='postnum3'>",
        "<tbody id='normalthread_3'>",
        "<a href='forum.php?mod=viewthread&tid=3'>帖</a>",
        "<base href='http://[x'>",
    ]
)


@settings(max_examples=150, deadline=2000)
@given(st.one_of(st.lists(PIECES, max_size=60).map("".join), st.text(max_size=300)))
def test_any_page_gives_an_answer_or_one_of_our_errors(html: str) -> None:
    for read in (read_board, read_thread, discuz.read_board, discuz.read_thread):
        try:
            read(html, URL, NOW)
        except (SourceChanged, SourceRefused):
            continue


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 100_000 + "2026-11-20 08:15",
        "<div><a href='/t/3'>标题标题</a><i>2026-11-20 08:15</i></div>" * 60_000,
        "<p>" + "2026-11-20 08:15 " * 200_000,
        "<a href='/t/3'>" * 20_000,
        "<b>字" * 50_000,
        "<!--" * 100_000,
        "".join(f"<div id='postmessage_{n}'>字<i>" for n in range(3000)),
    ],
    ids=["deep", "wide", "one line", "links in links", "nested words", "comments", "nested posts"],
)
def test_a_monster_of_a_page_ends(html: str) -> None:
    """Their time is bounded by the runner's limit; ``tests.bench.forum`` prints it."""
    for read in (read_board, read_thread, discuz.read_board, discuz.read_thread):
        try:
            read(html, URL, NOW)
        except (SourceChanged, SourceRefused):
            continue
