"""Forums: every floor a mention, news only the next time, and no more requests than that takes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core import inbox
from core.mention import Kind, Mention, Platform
from tests.discuz_pages import Floor, board, message, thread
from tests.forum_pages import FORUMS
from tests.integration.crawl_site import Answer, Crawls, Site

BOARD = "/forum.php?mod=forumdisplay&fid=2"
THREAD = "/forum.php?mod=viewthread&tid="
DAY = "2026-6-15"


def floors(tid: int, numbers: range) -> list[Floor]:
    return [Floor(tid * 100 + n, n, f"人{n % 3}", f"{DAY} 08:{n:02}:07", f"第{n}楼说的话", 7 + n % 3) for n in numbers]


def lay_out(site: Site, replies: dict[int, int], *, encoding: str = "utf-8") -> None:
    """Threads of ten floors a page on two list pages; a page beyond the last repeats the first."""
    rows = [(tid, f"主题{tid}", count, f"{DAY} 09:{count:02}") for tid, count in replies.items()]
    half = -(-len(rows) // 2)
    first = board(rows[:half], following=BOARD + "&page=2")
    kind = f"text/html; charset={encoding}"
    site.answers[BOARD] = Answer(first.encode(encoding), content_type=kind)
    second = board(rows[half:], following=BOARD + "&page=3")
    site.answers[BOARD + "&page=2"] = Answer(second.encode(encoding), content_type=kind)
    site.answers[BOARD + "&page=3"] = site.answers[BOARD]
    for tid, count in replies.items():
        pages = count // 10 + 1
        for number in range(1, pages + 1):
            on_page = floors(tid, range(number * 10 - 9, min(number * 10, count + 1) + 1))
            following = f"{THREAD}{tid}&extra=page%3D1&page={number + 1}" if number < pages else ""
            address = f"{THREAD}{tid}&extra=page%3D1" + (f"&page={number}" if number > 1 else "")
            html = thread(tid, f"主题{tid}", on_page, following=following)
            site.answers[address] = Answer(html.encode(encoding), content_type=kind)


def stored(crawls: Crawls) -> list[Mention]:
    with crawls.database.read() as connection:
        return list(inbox.scan(connection, limit=10_000))


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_floors_come_once_and_then_only_news(site: Site, crawls: Crawls, encoding: str) -> None:
    replies = {tid: (tid % 4) * 7 for tid in range(31, 71)}
    lay_out(site, replies, encoding=encoding)
    crawls.add("论坛", kind="discuz", url=site.url(BOARD))
    first = crawls.run("论坛").results["论坛"]
    assert (first["error_code"], first["failed"], first["is_complete"]) == (None, 0, True)
    mentions = stored(crawls)
    assert len(mentions) == sum(replies.values()) + len(replies)
    posts = {mention.thread_id: mention for mention in mentions if mention.kind is Kind.POST}
    assert len(posts) == len(replies)
    for mention in mentions:
        assert mention.thread_id is not None
        post = posts[mention.thread_id]
        assert mention.platform is Platform.FORUM
        assert mention.parent_id == (None if mention is post else post.id)
        assert mention.title == (f"主题{mention.thread_id[3:]}" if mention is post else "")
        assert mention.floor is not None
        assert mention.text == f"第{mention.floor}楼说的话"
        assert mention.published_at is not None
    asked = len(site.paths())
    assert asked == 3 + sum(count // 10 + 1 for count in replies.values())

    site.asked.clear()
    again = crawls.run("论坛").results["论坛"]
    assert (again["new"], again["changed"], again["is_complete"]) == (0, 0, True)
    assert len(site.paths()) <= 0.1 * asked, site.paths()

    lay_out(site, replies | {33: replies[33] + 12}, encoding=encoding)
    site.asked.clear()
    news = crawls.run("论坛").results["论坛"]
    assert (news["new"], news["changed"]) == (12, 0)
    assert [path for path in site.paths() if "tid=" in path] == [
        f"{THREAD}33&extra=page%3D1",
        f"{THREAD}33&extra=page%3D1&page=2",
    ], "from the last page that was read"
    late = [mention for mention in stored(crawls) if mention.thread_id == "tid33" and mention.kind is Kind.REPLY]
    assert {mention.parent_id for mention in late} == {posts["tid33"].id}


def test_walls_and_gone_threads_are_told_once_and_not_asked_again(site: Site, crawls: Crawls) -> None:
    lay_out(site, {31: 1, 32: 1, 33: 1})
    for tid, said in ((31, "抱歉，指定的主题不存在或已被删除"), (32, "抱歉，本帖要求阅读权限高于 10 才能浏览")):
        site.page(f"{THREAD}{tid}&extra=page%3D1", message(said))
    site.page("/forum.php?mod=forumdisplay&fid=9", message("抱歉，您需要登录后才能浏览本版块"))
    crawls.add("论坛", kind="discuz", url=site.url(BOARD))
    crawls.add("围墙", kind="discuz", url=site.url("/forum.php?mod=forumdisplay&fid=9"))
    results = crawls.run("论坛", "围墙").results
    assert (results["论坛"]["new"], results["论坛"]["failed"]) == (2, 2)
    assert results["围墙"]["is_refused"]
    assert "登录" in results["围墙"]["error_message"]
    site.asked.clear()
    crawls.run("论坛")
    assert not [path for path in site.paths() if "tid=" in path]


def test_an_endless_thread_is_left_and_resumed(site: Site, crawls: Crawls) -> None:
    lay_out(site, {31: 0})
    for number in range(1, 70):
        address = f"{THREAD}31&extra=page%3D1" + (f"&page={number}" if number > 1 else "")
        following = f"{THREAD}31&extra=page%3D1&page={number + 1}"
        site.page(address, thread(31, "盖楼", floors(31, range(number, number + 1)), following=following))
    repeated = thread(31, "盖楼", floors(31, range(69, 70)), following=f"{THREAD}31&extra=page%3D1&page=71")
    site.page(f"{THREAD}31&extra=page%3D1&page=70", repeated)
    crawls.add("论坛", kind="discuz", url=site.url(BOARD))
    assert crawls.run("论坛").results["论坛"]["new"] == 50
    site.asked.clear()
    assert crawls.run("论坛").results["论坛"]["new"] == 19
    assert f"{THREAD}31&extra=page%3D1&page=51" in site.paths()
    assert f"{THREAD}31&extra=page%3D1&page=50" not in site.paths()
    assert f"{THREAD}31&extra=page%3D1&page=71" not in site.paths(), "a page that repeats an earlier one is the last"


def test_the_command_writes_a_file_without_a_database(site: Site, tmp_path: Path) -> None:
    forum = next(forum for forum in FORUMS if forum.name == "RowPairs")
    threads = forum.threads[:5]
    for path, html in forum.pages(threads).items():
        site.page(path, html)
    source, output = tmp_path / "source.yaml", tmp_path / "mentions.jsonl"

    def crawl(url: str) -> subprocess.CompletedProcess[str]:
        source.write_text(f"name: 社区\nkind: forum\nurl: {url}\n", encoding="utf-8")
        command = [sys.executable, "-m", "app.cli", "crawl", "--source", str(source), "--output", str(output)]
        environment = os.environ | {"TINGFENG_CRAWL_DELAY_SECONDS": "0"}
        return subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)

    done = crawl(site.url(forum.board(1)))
    assert done.returncode == 0, done.stderr
    assert "条信息" in done.stderr
    lines = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert sorted(line["text"] for line in lines) == sorted(post.text for thread in threads for post in thread.posts)
    keys = [int(line["order_key"]) for line in lines]
    assert keys == sorted(keys)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mentions.jsonl", "source.yaml"]

    failed = crawl(site.url("/nothing"))
    assert failed.returncode == 1
    assert "采集失败" in failed.stderr
    assert "Traceback" not in failed.stderr
