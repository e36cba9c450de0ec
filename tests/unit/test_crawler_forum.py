"""Forums of unknown software: what is read of made-up ones, and that no page breaks or holds the reader."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import SourceChanged, SourceRefused
from crawler.extract.forum import ForumReader, propose, read_board, read_thread
from crawler.extract.pager import next_url, thread_key
from crawler.extract.thread import BoardPage
from crawler.extract.tree import parse
from crawler.platforms import discuz
from tests.forum_designs import DESIGNS, LAST_DESIGNS
from tests.forum_measure import measure
from tests.forum_pages import FORUMS, HOST, LINED, NOW, UNTUNED, Forum

URL = f"{HOST}/t/12"


@pytest.mark.parametrize("forum", FORUMS + UNTUNED, ids=lambda forum: forum.name)
def test_a_forum_of_unknown_software_is_read(forum: Forum) -> None:
    found = measure(forum)
    assert found.threads == 1
    assert min(found.posts, found.author, found.minute) >= 0.98, found.notes[:5]
    assert found.extra <= 2, found.notes[:5]
    assert found.replies >= 0.9 or not forum.has_counts


@pytest.mark.parametrize("forum", (*LINED, *DESIGNS, *LAST_DESIGNS), ids=lambda forum: forum.name)
def test_default_pages_of_common_software_are_read(forum: Forum) -> None:
    found = measure(forum)
    assert found.threads == 1
    assert min(found.posts, found.author, found.minute) >= 0.97, found.notes[:5]
    assert found.extra <= 2, found.notes[:5]


def _page(posts: str, side: str = "") -> str:
    return f"<html><head><title>求助</title></head><body><div class='all'>{posts}</div>{side}</body></html>"


def _post(key: int, words: str) -> str:
    name = f"<a href='/u/{key}'>路人{key}</a>"
    return (
        f"<div class='p' id='p{key}'>{name}<i class='t'>2026-11-02 08:1{key}</i><div class='said'>{words}</div></div>"
    )


def test_a_page_with_one_post_is_read_like_its_fuller_neighbours() -> None:
    side = "".join(
        f"<div class='hot'><a href='/u/{key}'>闲人{key}</a><i class='t'>2026-11-0{key} 10:00</i><p>大家来看</p></div>"
        for key in range(1, 9)
    )
    reader = ForumReader()
    full = reader.read_thread(
        _page("".join(_post(key, f"我觉得这车不错{key}") for key in range(1, 10)), side), f"{HOST}/t/1", NOW
    )
    short = reader.read_thread(_page(_post(3, "顶"), side), f"{HOST}/t/2", NOW)
    picture = reader.read_thread(_page(_post(4, "<img src='/4.jpg'>"), side), f"{HOST}/t/3", NOW)
    again = reader.read_thread(_page(_post(3, "顶"), side), f"{HOST}/thread/2", NOW)
    wrapped = _post(5, "顶").replace("2026-11-02 08:15", "<b title='2026-11-23 08:15'>昨天 08:15</b>")
    today = reader.read_thread(_page(_post(6, "好") + wrapped, side), f"{HOST}/t/4", NOW)
    assert [floor.text for floor in today.floors] == ["好", "顶"]
    assert (len(full.floors), len(picture.floors)) == (9, 0)
    assert [[floor.text for floor in page.floors] for page in (short, again)] == [["顶"], ["顶"]]


def test_a_form_for_members_is_no_wall() -> None:
    for words, error in (("登录后才能回应", SourceChanged), ("登录后才能查看", SourceRefused)):
        with pytest.raises(error):
            read_thread(f"<p>{words}</p>", URL, NOW)


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
        ("<a href='?page=3'><i class='arrow'></i></a><a href='?page=9'>Last</a>", "/t/12?page=2", "/t/12?page=3"),
        ("<a href='/r/12?after=2'>更多评论</a>", "/r/12", "/r/12?after=2"),
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


def test_an_index_leads_to_its_boards_and_a_list_with_names_of_boards_does_not() -> None:
    def row(number: int, last: str) -> str:
        return (
            f"<tr><td><a href='/forum/{number}-cars-{number}'>版块{number}</a></td><td>27</td><td>368</td>"
            f"<td>{last}<a href='/user/3'>晚风</a> 2026-11-02 08:15</td></tr>"
        )

    def shown(rows: str) -> BoardPage:
        head = "<tr><th>版块</th><th>主题</th><th>帖子</th><th>最后发表</th></tr>"
        return read_board(f"<html><body><table>{head}{rows}</table></body></html>", f"{HOST}/", NOW)

    boards = tuple(f"{HOST}/forum/{number}-cars-{number}" for number in range(1, 5))
    titled = "".join(row(n, f"<a href='/topic/{n}9'>提车作业，大家看看值不值（{n}）</a>") for n in range(1, 5))
    bare = "".join(row(n, f"<a href='/topic/{n}9'><i></i></a>") for n in range(1, 5))
    assert [(shown(rows).boards, shown(rows).threads) for rows in (titled, bare)] == [(boards, ())] * 2
    labelled = "".join(
        f"<tr><td><a href='/topic/{n}'>提车作业，大家看看值不值（{n}）</a></td>"
        f"<td><a href='/forum/{n % 3}-cars'>版块{n % 3}</a></td><td>{n} 回复</td><td>2026-11-02 08:15</td></tr>"
        for n in range(1, 5)
    )
    assert (shown(labelled).boards, len(shown(labelled).threads)) == ((), 4)


def test_what_is_said_below_a_post_is_an_answer_to_it() -> None:
    below = "<ul class='lzl'>" + "".join(
        f"<li id='c{n}'><a href='/u/{n}'>闲人{n}</a>：<span>说得对{n}</span><em class='w'>2026-11-03 10:0{n}</em></li>"
        for n in (1, 2)
    )
    posts = "".join(
        _post(key, f"我觉得这车不错{key}" + (f"</div>{below}</ul><div>" if key == 4 else "")) for key in range(1, 7)
    )
    floors = read_thread(_page(posts), URL, NOW).floors
    said = [(floor.author, floor.text, floor.parent) for floor in floors if floor.parent]
    assert said == [("闲人1", "说得对1", "#4"), ("闲人2", "说得对2", "#4")]
    assert len(floors) == 8 and floors[3].text == "我觉得这车不错4"


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


@settings(max_examples=150)
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
