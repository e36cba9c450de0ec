"""Discuz pages: floors with their writers' own words, boards, walls and what is gone."""

from datetime import UTC, datetime

import pytest

from core.errors import SourceChanged, SourceError, SourceRefused, SourceUnreachable
from crawler.platforms import discuz
from tests.discuz_pages import Floor, board, message, page, thread

NOW = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)
URL = "https://bbs.forum.example/forum.php?mod=viewthread&tid=31"


def test_floors_have_their_own_words_writer_and_minute() -> None:
    quote = "<div class='quote'><blockquote>甲 发表于 2026-6-1 08:00<br>原话在此</blockquote></div>"
    attached = "<ignore_js_op><img id='aimg_3'><div class='tip'>下载附件 (12 KB)</div></ignore_js_op>"
    html = thread(
        31,
        "刹车异响",
        [
            Floor(
                901,
                1,
                "甲",
                "2026-6-1 08:00:09",
                f"<i class='pstatus'> 本帖最后由 甲 编辑 </i>原话在此<br>第二行{attached}",
                7,
            ),
            Floor(902, 2, "乙", "<span title='2026-6-16 13:57:10'>3&nbsp;分钟前</span>", f"{quote}同问", 8),
            Floor(903, 3, "匿名", "2026-6-16 13:58", "<div class='locked'>提示: 作者被禁止</div>"),
        ],
        following="forum.php?mod=viewthread&amp;tid=31&amp;page=2",
    )
    read = discuz.read_thread(html, URL + "&extra=page%3D1&page=1", NOW)
    assert (read.key, read.title, read.next_url) == ("tid31", "刹车异响", URL + "&page=2")
    first, second, third = read.floors
    assert (first.text, first.author, first.author_id, first.number) == ("原话在此\n第二行", "甲", "7", 1)
    assert first.is_first
    assert first.url == URL
    assert (second.text, second.number, second.native_id, second.is_first) == ("同问", 2, "pid902", False)
    assert second.published is not None
    assert second.published.at == datetime(2026, 6, 16, 5, 57, 10, tzinfo=UTC)
    assert second.url.endswith("mod=redirect&goto=findpost&ptid=31&pid=902")
    assert (third.text, third.author, third.author_id) == ("", "匿名", None)


@pytest.mark.parametrize(
    ("url", "key"),
    [
        (URL, "tid31"),
        (URL + "&extra=page%3D1&page=2", "tid31"),
        ("https://bbs.forum.example/thread-31-1-1.html", "tid31"),
        ("https://bbs.forum.example/viewthread.php?tid=31", "tid31"),
        ("https://bbs.forum.example/forum.php?mod=forumdisplay&fid=31", None),
        ("https://bbs.forum.example/forum-31-1.html", None),
    ],
)
def test_a_thread_has_one_key_under_all_addresses(url: str, key: str | None) -> None:
    assert discuz.thread_key(url) == key


def test_a_board_gives_each_thread_once_with_its_count_and_last_post() -> None:
    html = board([(31, "刹车异响", 4, "2026-6-16 13:00"), (32, "提车", 0, "2026-6-2")], following="forum-2-2.html")
    read = discuz.read_board(html, "https://bbs.forum.example/forum-2-1.html", NOW)
    assert [(link.key, link.title, link.replies) for link in read.threads] == [
        ("tid31", "刹车异响", 4),
        ("tid32", "提车", 0),
    ]
    assert read.threads[0].last_post_at == datetime(2026, 6, 16, 5, 0, tzinfo=UTC)
    assert read.threads[1].last_post_at is None, "a day says nothing about news"
    assert read.next_url == "https://bbs.forum.example/forum-2-2.html", "on the host that was asked"


def test_an_index_gives_its_boards_and_an_empty_board_gives_nothing() -> None:
    links = "<a href='forum-2-1.html'>车友</a><a href='forum-2-1.html'>同上</a><a href='forum-3-1.html'>手机</a>"
    index = discuz.read_board(page(links), "https://bbs.forum.example/forum.php", NOW)
    assert [url.rpartition("/")[2] for url in index.boards] == ["forum-2-1.html", "forum-3-1.html"]
    assert discuz.read_board(board([]), "https://bbs.forum.example/forum-2-1.html", NOW).threads == ()


@pytest.mark.parametrize(
    ("said", "error", "is_final"),
    [
        ("抱歉，指定的主题不存在或已被删除或正在被审核", SourceChanged, True),
        ("抱歉，您需要登录后才能浏览本版块", SourceRefused, True),
        ("抱歉，本帖要求阅读权限高于 10 才能浏览", SourceRefused, True),
        ("抱歉，站点维护中", SourceUnreachable, None),
        ("未知的提示", SourceChanged, None),
    ],
)
@pytest.mark.parametrize("read", [discuz.read_thread, discuz.read_board])
def test_a_message_instead_of_a_page(read, said: str, error: type[SourceError], is_final: bool | None) -> None:
    with pytest.raises(error) as caught:
        read(message(said), URL, NOW)
    assert type(caught.value) is error
    assert caught.value.details.get("is_final") is is_final
