"""What a site in trouble answers for a while, or a database refuses, costs no mention for good."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from core import inbox, quarantine
from core.mention import Mention, mention_id
from crawler import turn
from crawler.outcome import CrawlResult
from tests.conftest import Clock
from tests.discuz_pages import Floor, board, message, thread
from tests.factories import a_mention
from tests.integration.crawl_site import Answer, Crawls, Site, article, links

TEXT = "<p>车主反映，L7 在高速上刹车变软，厂家表示正在调查，并请车主到店检查。</p>" * 3
SELECTORS = {"item": ".list li", "title": "h1", "text": ".body"}
BOARD = "/forum.php?mod=forumdisplay&fid=2"
THREAD = "/forum.php?mod=viewthread&tid="


def stored(crawls: Crawls) -> list[Mention]:
    with crawls.database.read() as connection:
        return list(inbox.scan(connection))


def titles(crawls: Crawls) -> list[str]:
    return sorted(mention.title for mention in stored(crawls))


SENT_ON = ("302", "303", "307", "301", "302 to 301", "refresh")


def test_articles_that_led_to_a_notice_come_when_the_site_has_recovered(site: Site, crawls: Crawls) -> None:
    """Whatever way the site sent the crawl on; each way has a notice of its own."""
    paths = {f"/{way}/{n}.html": f"第{n}篇（{sent_on}）" for way, sent_on in enumerate(SENT_ON) for n in (1, 2, 3)}
    site.page("/list", links(*paths))
    for way, sent_on in enumerate(SENT_ON):
        site.page(f"/{way}/notice.html", article(f"系统维护公告（{sent_on}）", TEXT))
        site.answers[f"/{way}/later"] = Answer(status=301, headers={"Location": f"/{way}/notice.html"})
        for path in (f"/{way}/{n}.html" for n in (1, 2, 3)):
            if sent_on == "refresh":
                refresh = f"<meta http-equiv='refresh' content='0; url=/{way}/notice.html'>"
                site.page(path, f"<html><head>{refresh}</head></html>")
            else:
                to = f"/{way}/later" if " " in sent_on else f"/{way}/notice.html"
                site.answers[path] = Answer(status=int(sent_on[:3]), headers={"Location": to})
    notices = [f"系统维护公告（{sent_on}）" for sent_on in SENT_ON]
    crawls.add("list", kind="listing", url=site.url("/list"), selectors=SELECTORS)
    assert crawls.run("list").results["list"]["error_code"] is None
    assert titles(crawls) == sorted(notices)
    for path, title in paths.items():
        site.page(path, article(title, TEXT))
    crawls.run("list")
    assert titles(crawls) == sorted([*notices, *paths.values()])


def test_one_article_that_moved_for_good_is_fetched_once_in_any_spelling(site: Site, crawls: Crawls) -> None:
    spellings = ["/old/1?utm_source=a", "/old/1?utm_source=b"]
    site.page("/list", links(*spellings))
    for path in ("/old/1", *spellings):
        site.answers[path] = Answer(status=308, headers={"Location": "/new/1.html"})
    site.page("/new/1.html", article("第1篇", TEXT))
    crawls.add("list", kind="listing", url=site.url("/list"), selectors=SELECTORS)
    crawls.run("list")
    site.asked.clear()
    crawls.run("list")
    assert (site.paths(), titles(crawls)) == (["/list"], ["第1篇"])


def feed(site: Site) -> bytes:
    items = "".join(
        f"<item><title>第{n}篇</title><link>{site.url(f'/news/{n}.html')}</link><description>摘要{n}</description></item>"
        for n in range(5)
    )
    return f"<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel>{items}</channel></rss>".encode()


def test_what_the_database_refuses_is_told_and_takes_nothing_with_it(site: Site, crawls: Crawls) -> None:
    site.answers["/feed.xml"] = Answer(feed(site), headers={"ETag": '"v1"'})
    crawls.add("feed", kind="feed", url=site.url("/feed.xml"), full_text="feed")
    with crawls.database.write() as connection:
        refuse = "SELECT RAISE(ABORT, 'refused by the test')"
        chosen = "BEFORE INSERT ON mention WHEN NEW.record LIKE '%第2篇%'"
        connection.execute(text(f"CREATE TRIGGER poison {chosen} BEGIN {refuse}; END"))
    crawled = crawls.run("feed")
    result = crawled.results["feed"]
    assert (result["is_complete"], result["error_code"], result["failed"], result["new"]) == (
        False,
        "store_error",
        1,
        4,
    )
    assert titles(crawls) == ["第0篇", "第1篇", "第3篇", "第4篇"]
    assert crawls.source("feed").etag is None
    assert crawls.source("feed").last_error_message.startswith("有内容写入数据库时出错")
    assert "refused by the test" in crawled.log and "Traceback" not in crawled.log
    with crawls.database.read() as connection:
        kept = [(row.raw, row.code) for row in quarantine.latest(connection)]
    assert kept == [(site.url("/news/2.html"), "store_error")]
    with crawls.database.write() as connection:
        connection.execute(text("DROP TRIGGER poison"))
    result = crawls.run("feed").results["feed"]
    assert (result["new"], result["is_complete"], crawls.source("feed").etag) == (1, True, '"v1"')


def floors(tid: int, numbers: range) -> list[Floor]:
    return [Floor(tid * 100 + n, n, f"人{n}", f"2026-6-15 08:{n:02}:07", f"{tid} 的第{n}楼", n) for n in numbers]


def list_threads(site: Site, replies: dict[int, int]) -> None:
    rows = [(tid, f"主题{tid}", count, f"2026-6-15 09:{count:02}") for tid, count in replies.items()]
    site.page(BOARD, board(rows))


def address(tid: int, number: int = 1) -> str:
    return f"{THREAD}{tid}&extra=page%3D1" + (f"&page={number}" if number > 1 else "")


def lay_out(site: Site, tid: int, replies: int) -> None:
    """Ten floors a page."""
    pages = replies // 10 + 1
    for number in range(1, pages + 1):
        shown = floors(tid, range(number * 10 - 9, min(number * 10, replies + 1) + 1))
        following = address(tid, number + 1) if number < pages else ""
        site.page(address(tid, number), thread(tid, f"主题{tid}", shown, following=following))


def texts(crawls: Crawls) -> list[str]:
    return sorted(mention.text for mention in stored(crawls))


def words(tid: int, count: int) -> list[str]:
    return [floor.message for floor in floors(tid, range(1, count + 1))]


def test_a_crawl_killed_in_mid_thread_is_completed_with_each_floor_once(site: Site, crawls: Crawls) -> None:
    def hanging(closing: threading.Event) -> Iterator[bytes]:
        yield b"<html>"
        closing.wait(60)

    list_threads(site, {31: 34})
    lay_out(site, 31, 34)
    page = site.next_answer(address(31, 3))
    site.answers[address(31, 3)] = Answer(hanging)
    crawls.add("论坛", kind="discuz", url=site.url(BOARD))
    with crawls.start("论坛") as process:
        pause = threading.Event()
        for _ in range(1200):
            if process.poll() is not None or len(stored(crawls)) >= 20:
                break
            pause.wait(0.05)
        process.kill()
        process.communicate()
    assert len(stored(crawls)) == 20
    site.answers[address(31, 3)] = page
    result = crawls.run("论坛").results["论坛"]
    assert (result["new"], texts(crawls)) == (15, sorted(words(31, 35)))


def test_a_floor_that_could_not_be_written_is_asked_for_again(site: Site, crawls: Crawls) -> None:
    list_threads(site, {31: 4})
    lay_out(site, 31, 4)
    crawls.add("论坛", kind="discuz", url=site.url(BOARD))
    with crawls.database.write() as connection:
        refuse = "SELECT RAISE(ABORT, 'refused by the test')"
        chosen = "BEFORE INSERT ON mention WHEN NEW.record LIKE '%第3楼%'"
        connection.execute(text(f"CREATE TRIGGER poison {chosen} BEGIN {refuse}; END"))
    assert crawls.run("论坛").results["论坛"]["new"] == 4
    with crawls.database.write() as connection:
        connection.execute(text("DROP TRIGGER poison"))
    crawls.run("论坛")
    assert texts(crawls) == words(31, 5)


def test_a_thread_that_led_to_another_for_a_while_is_read_later(site: Site, crawls: Crawls) -> None:
    list_threads(site, {31: 3})
    lay_out(site, 9, 0)
    site.answers[address(31)] = Answer(status=302, headers={"Location": address(9)})
    crawls.add("论坛", kind="discuz", url=site.url(BOARD))
    crawls.run("论坛")
    assert [(mention.thread_id, mention.text) for mention in stored(crawls)] == [("tid9", "9 的第1楼")]
    lay_out(site, 31, 3)
    crawls.run("论坛")
    assert texts(crawls) == words(31, 4) + words(9, 1)


def test_a_wall_seen_once_is_no_end(site: Site, crawls: Crawls, clock: Clock) -> None:
    """A thread never read is asked again a day later; one with floors to come, by the next crawl."""
    list_threads(site, {31: 1, 32: 1})
    lay_out(site, 31, 1)
    wall = message("抱歉，您需要登录后才能浏览")
    site.answers["/login"] = Answer(wall.encode())
    site.answers[address(32)] = Answer(status=302, headers={"Location": "/login"})
    crawls.add("论坛", kind="discuz", url=site.url(BOARD))
    crawls.run("论坛")
    list_threads(site, {31: 3, 32: 1})
    site.page(address(31), wall)
    crawls.run("论坛")
    lay_out(site, 31, 3)
    lay_out(site, 32, 1)
    site.asked.clear()
    crawls.run("论坛")
    assert address(32) not in site.paths()
    assert texts(crawls) == words(31, 4)
    clock.now += timedelta(days=1)
    crawls.run("论坛")
    assert texts(crawls) == words(31, 4) + words(32, 2)


def test_a_thread_that_is_gone_is_one_sentence_on_the_sources_page(site: Site, crawls: Crawls) -> None:
    site.page(f"{THREAD}31", message("抱歉，指定的主题不存在或已被删除或正在被审核"))
    crawls.add("一帖", kind="discuz", url=site.url(f"{THREAD}31"))
    crawls.run("一帖")
    said = crawls.source("一帖").last_error_message
    assert said == "帖子或版块已不存在：抱歉，指定的主题不存在或已被删除或正在被审核"


def test_a_sitemap_whose_page_could_not_be_written_is_read_again(site: Site, crawls: Crawls) -> None:
    places = "".join(f"<url><loc>{site.url(f'/{n}.html')}</loc><lastmod>2026-06-14</lastmod></url>" for n in (1, 2, 3))
    site.answers["/1.xml"] = Answer(f"<urlset>{places}</urlset>".encode())
    inner = f"<sitemap><loc>{site.url('/1.xml')}</loc><lastmod>2026-06-14</lastmod></sitemap>"
    site.answers["/index.xml"] = Answer(f"<sitemapindex>{inner}</sitemapindex>".encode())
    for n in (1, 2, 3):
        site.page(f"/{n}.html", article(f"第{n}篇", TEXT))
    crawls.add("site", kind="sitemap", url=site.url("/index.xml"))
    with crawls.database.write() as connection:
        refuse = "SELECT RAISE(ABORT, 'refused by the test')"
        chosen = "BEFORE INSERT ON mention WHEN NEW.record LIKE '%第2篇%'"
        connection.execute(text(f"CREATE TRIGGER poison {chosen} BEGIN {refuse}; END"))
    assert crawls.run("site").results["site"]["new"] == 2
    with crawls.database.write() as connection:
        connection.execute(text("DROP TRIGGER poison"))
    site.asked.clear()
    assert crawls.run("site").results["site"]["new"] == 1
    assert site.paths() == ["/index.xml", "/1.xml", "/2.html"]


def test_pages_that_a_killed_crawl_did_not_reach_come_with_the_next(site: Site, crawls: Crawls) -> None:
    """The kill left page 1 stored, the start on the row, and no word of an end."""
    for number, following in ((1, "?page=2"), (2, "")):
        more = f"<link rel='next' href='{site.url(f'/feed{following}')}'/>" if following else ""
        entry = (
            f"<entry><title>第{number}页</title><link href='{site.url(f'/f{number}')}'/><content>正文</content></entry>"
        )
        path = "/feed" if number == 1 else "/feed?page=2"
        site.answers[path] = Answer(f"<feed xmlns='http://www.w3.org/2005/Atom'>{more}{entry}</feed>".encode())
        items = [{"url": site.url(f"/j{number}"), "title": f"第{number}页", "content": "正文"}]
        answer = json.dumps({"items": items, "next": site.url("/json?page=2") if following else None})
        site.answers[path.replace("feed", "json")] = Answer(answer.encode(), content_type="application/json")
    for name in ("feed", "json"):
        keys = {"full_text": "feed"} if name == "feed" else {"json": {"next": "next"}}
        crawls.add(name, kind=name, url=site.url(f"/{name}"), **keys)
        crawls.add(f"{name} done", kind=name, url=site.url(f"/{name}?done"), **keys)
        site.answers[f"/{name}?done"] = site.answers[f"/{name}"]
    first = [a_mention(n, url=site.url(path), canonical_url=site.url(path)) for n, path in enumerate(("/f1", "/j1"))]
    with crawls.database.write() as connection:
        stored_as = [replace(each, id=mention_id(each.url)) for each in first]
        inbox.put(connection, stored_as, now=crawls.clock())
        for name in ("feed", "json", "feed done", "json done"):
            ended = CrawlResult(source=name, started_at=crawls.clock(), finished_at=crawls.clock())
            turn.record_finished(connection, ended, now=crawls.clock(), interval=timedelta(hours=1))
    now = crawls.clock.advance(hours=1)
    with crawls.database.write() as connection:
        for name in ("feed", "json"):
            turn.record_started(connection, name, now=now, interval=timedelta(hours=1))
    crawls.clock.advance(hours=1)
    crawls.run("feed", "json", "feed done", "json done")
    assert sorted(site.paths()) == ["/feed", "/feed?done", "/feed?page=2", "/json", "/json?done", "/json?page=2"]
    assert {mention.url for mention in stored(crawls)} == {site.url(path) for path in ("/f1", "/f2", "/j1", "/j2")}
