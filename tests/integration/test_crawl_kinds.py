"""Sitemaps, JSON interfaces and feeds of many forms, over real HTTP: what comes, what is asked for, what is told."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import inbox, quarantine
from core.mention import Kind, Mention
from tests.conftest import Clock
from tests.integration.crawl_site import Answer, Asked, Crawls, Site, article

TEXT = "<p>车主反映，L7 在高速上刹车变软，厂家表示正在调查，并请车主到店检查。</p>" * 3
POSTS = 25


def stored(crawls: Crawls, source: str) -> dict[str, Mention]:
    """By title."""
    with crawls.database.read() as connection:
        return {mention.title: mention for mention in inbox.scan(connection) if mention.source == source}


def place(url: str, lastmod: str = "", more: str = "") -> str:
    time = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    return f"<loc>{url}</loc>{time}{more}"


def urlset(*places: str) -> bytes:
    return f"<urlset>{''.join(f'<url>{each}</url>' for each in places)}</urlset>".encode()


def index(*places: str) -> bytes:
    return f"<sitemapindex>{''.join(f'<sitemap>{each}</sitemap>' for each in places)}</sitemapindex>".encode()


def lay_out_sitemaps(site: Site, lastmod: str = "2026-06-14T08:00:00+08:00") -> None:
    """Fifty pages with a lastmod, the last of which varies; three without; one in the news; one that is gone."""
    dated = [place(site.url(f"/n/{n}.html"), "2026-06-14T08:00:00+08:00" if n < 50 else lastmod) for n in range(1, 51)]
    news = "<news><publication_date>2026-06-13T07:30:00+08:00</publication_date><title>快讯的标题</title></news>"
    bare = [place(site.url(f"/b/{n}.html")) for n in (1, 2, 3)] + [place(site.url("/"))]
    site.answers["/robots.txt"] = Answer(f"User-agent: *\nSitemap: {site.url('/index.xml')}".encode())
    site.answers["/index.xml"] = Answer(
        index(
            place(site.url("/dated.xml.gz"), lastmod),
            place(site.url("/bare.xml")),
            place(site.url("/inner.xml"), "2026-06-13"),
            place(site.url("/gone.xml"), "2026-06-12"),
        )
    )
    site.answers["/dated.xml.gz"] = Answer(gzip.compress(urlset(*dated)), content_type="application/gzip")
    site.answers["/bare.xml"] = Answer(urlset(*bare))
    site.answers["/inner.xml"] = Answer(index(place(site.url("/news.xml"), "2026-06-13T08:00:00+08:00")))
    site.answers["/news.xml"] = Answer(urlset(place(site.url("/n/51.html"), more=news), place(site.url("/404.html"))))
    for n in range(1, 52):
        site.page(f"/n/{n}.html", article(f"第{n}篇", TEXT))
    for n in (1, 2, 3):
        site.page(f"/b/{n}.html", article(f"无时间{n}", TEXT))


def test_sitemaps_are_read_once_and_only_what_changed_again(site: Site, crawls: Crawls, clock: Clock) -> None:
    lay_out_sitemaps(site)
    crawls.add("site", kind="sitemap", url=site.url("/"))
    first = crawls.run("site").results["site"]
    assert (first["new"], first["failed"], first["error_code"], first["is_complete"]) == (54, 2, None, False)
    with crawls.database.read() as connection:
        failed = [row.raw.removeprefix(site.url("")) for row in quarantine.latest(connection)]
    assert sorted(failed) == ["/404.html", "/gone.xml"]
    found = stored(crawls, "site")
    others = [*(f"无时间{n}" for n in (1, 2, 3)), "快讯的标题"]
    assert sorted(found) == sorted([*(f"第{n}篇" for n in range(1, 51)), *others])
    assert str(found["快讯的标题"].published_at) == "2026-06-12 23:30:00+00:00"
    asked_first = len(site.asked)

    site.asked.clear()
    clock.advance(minutes=10)
    second = crawls.run("site").results["site"]
    assert (second["new"], second["changed"], second["failed"], second["is_complete"]) == (0, 0, 0, True)
    assert site.paths() == ["/index.xml", "/bare.xml"]
    assert len(site.asked) <= asked_first / 10

    site.asked.clear()
    clock.advance(days=1)
    lay_out_sitemaps(site, lastmod=clock.now.isoformat())
    site.page("/n/50.html", article("第50篇", TEXT + "<p>更新：厂家宣布召回。</p>"))
    site.page("/404.html", article("又有了", TEXT))
    third = crawls.run("site").results["site"]
    assert (third["new"], third["changed"]) == (1, 1)
    assert [path for path in site.paths() if path.endswith(".html")] == ["/n/50.html", "/404.html"]
    assert stored(crawls, "site")["第50篇"].revision == 2


def test_what_does_not_fit_into_one_crawl_comes_with_the_next_newest_first(site: Site, crawls: Crawls) -> None:
    for n in range(1, 8):
        site.page(f"/n/{n}.html", article(f"第{n}篇", TEXT))
    names = ["/sitemap1.xml", "/sitemap2.xml"]
    site.answers["/index.xml"] = Answer(index(*(place(site.url(name), "2026-06-14T08:00:00+08:00") for name in names)))
    for name, numbers in zip(names, [(1, 3, 5, 7), (2, 4, 6)], strict=True):
        site.answers[name] = Answer(urlset(*(place(site.url(f"/n/{n}.html"), f"2026-06-1{n - 1}") for n in numbers)))
    # The front page of a site without robots.txt has a sitemap in the usual place.
    site.answers["/sitemap.xml"] = site.answers["/index.xml"]
    crawls.add("site", kind="sitemap", url=site.url("/"), max_pages=5)
    told = []
    for expected in ({7, 6, 5, 4, 3}, {2, 1}):
        before = set(stored(crawls, "site"))
        result = crawls.run("site").results["site"]
        assert set(stored(crawls, "site")) - before == {f"第{n}篇" for n in expected}
        told.append((result["error_code"], result["error_message"], result["is_complete"]))
    left = "本次采集达到页数上限（max_pages），还有 2 页，下次继续"
    assert told == [(None, left, False), (None, "", True)]


def test_hostile_and_broken_sitemaps_and_answers_are_told(site: Site, crawls: Crawls) -> None:
    bomb = "<!DOCTYPE u [<!ENTITY a 'x'>]><urlset><url><loc>http://a.example/&a;</loc></url></urlset>"
    site.answers["/zip.xml.gz"] = Answer(gzip.compress(b" " * 60 * 1024**2), content_type="application/gzip")
    site.answers["/broken.xml.gz"] = Answer(b"\x1f\x8b no gzip", content_type="application/gzip")
    site.answers["/entity.xml"] = Answer(bomb.encode())
    site.answers["/strangers.xml"] = Answer(urlset(place("http://b.example/1"), place("http://b.example/2")))
    site.page("/page", "<!DOCTYPE html><html><body>请登录</body></html>")
    site.answers["/deep.json"] = Answer(b"[" * 10_000, content_type="application/json")
    site.answers["/error.json"] = Answer('{"code": 401, "message": "未授权"}'.encode())
    site.answers["/feed.json"] = Answer(b'{"items": []}')
    kinds = [
        ("/zip.xml.gz", "sitemap"),
        ("/broken.xml.gz", "sitemap"),
        ("/entity.xml", "sitemap"),
        ("/none.xml", "sitemap"),
        ("/strangers.xml", "sitemap"),
    ]
    kinds += [
        ("/page", "sitemap"),
        ("/page", "json"),
        ("/deep.json", "json"),
        ("/error.json", "json"),
        ("/feed.json", "feed"),
    ]
    for number, (path, kind) in enumerate(kinds):
        crawls.add(str(number), kind=kind, url=site.url(path))
    crawled = crawls.run(*map(str, range(len(kinds))))
    said = [(result["error_code"], result["error_message"]) for result in crawled.results.values()]
    words = [
        "超过 50 MB",
        "gzip）已损坏",
        "ENTITY",
        "网页不存在",
        "2 个网址不属于本站",
        "不是网站地图",
        "网页，不是 JSON",
        "嵌套过深",
        "401：未授权",
        "kind: json",
    ]
    for number, ((code, message), word) in enumerate(zip(said, words, strict=True)):
        assert code == ("source_refused" if number == 8 else "source_changed")
        assert word in message
    assert "Traceback" not in crawled.log


def post(n: int) -> dict[str, object]:
    return {
        "id": n,
        "title": f"帖{n}",
        "content": f"<p>第{n}条 &amp; 刹车</p>",
        "created_at": 1781500000 + n,
        "likes": n,
    }


def lay_out_interface(site: Site, count: int = POSTS) -> None:
    """Ten posts a page, newest first."""
    posts = [post(n) for n in range(count, 0, -1)]
    for start in range(0, count, 10):
        answer = {
            "code": 0,
            "data": {"list": posts[start : start + 10], "has_more": start + 10 < count, "cursor": start + 10},
        }
        path = "/api/posts" + (f"?cursor={start}" if start else "")
        site.answers[path] = Answer(json.dumps(answer).encode(), content_type="application/json")


def test_an_interface_needs_its_address_only(site: Site, crawls: Crawls) -> None:
    lay_out_interface(site)
    site.answers["/api/comments"] = Answer(json.dumps([{"id": 1, "text": "同一编号的另一条"}]).encode())
    crawls.add("posts", kind="json", url=site.url("/api/posts"))
    crawls.add("comments", kind="json", url=site.url("/api/comments"), mention_kind="comment")
    crawled = crawls.run("posts", "comments").results
    assert (crawled["posts"]["new"], crawled["comments"]["new"], crawled["posts"]["is_complete"]) == (POSTS, 1, True)
    found = stored(crawls, "posts")["帖7"]
    assert (found.text, found.url, found.engagement.likes) == ("第7条 & 刹车", site.url("/api/posts#7"), 7)
    assert found.published_at is not None and found.published_at.timestamp() == 1781500007
    site.asked.clear()
    assert crawls.run("posts").results["posts"]["new"] == 0
    assert site.paths() == ["/api/posts"]
    lay_out_interface(site, POSTS + 2)
    assert crawls.run("posts").results["posts"]["new"] == 2


SECRET = "Bearer of-the-tests"
MAPPED = {"items": "rows", "url": "u", "native_id": "n", "title": "t", "text": "w", "author": "who.name", "kind": "k",
          "parent_id": "p", "page_parameter": "page"}  # fmt: skip


@pytest.fixture
def other_site() -> Iterator[Site]:
    with Site() as running:
        yield running


def test_a_token_goes_to_its_own_place_alone(site: Site, other_site: Site, crawls: Crawls, tmp_path: Path) -> None:
    first = {"rows": [{"u": "/t/1", "n": "1", "t": "主帖", "w": "软", "who": {"name": "陈晓"}, "k": "post"}]}
    second = {"rows": [{"n": "2", "w": "跟帖", "k": "reply", "p": "1"}, {"w": "没有编号"}]}
    site.answers["/api"] = Answer(json.dumps(first).encode())
    site.answers["/api?page=2"] = Answer(json.dumps(second).encode())
    site.answers["/api?page=3"] = Answer(status=302, headers={"Location": other_site.url("/moved")})
    other_site.answers["/moved"] = Answer(b'{"rows": []}')
    for name, mode in (("brand_api", 0o600), ("open", 0o644), ("missing", 0)):
        token = {"header": "X-Key", "secret": name}
        crawls.add(
            name, kind="json", url=site.url("/api" if mode == 0o600 else "/other"), json=MAPPED | {"token": token}
        )
        if mode:
            secret = tmp_path / "secrets" / name
            secret.parent.mkdir(exist_ok=True)
            secret.write_text(SECRET + "\n")
            secret.chmod(mode)
    crawled = crawls.run("brand_api", "open", "missing")
    result, readable, missing = crawled.results.values()
    assert (result["new"], result["failed"], result["error_code"]) == (2, 1, None)
    assert readable["error_code"] == missing["error_code"] == "configuration_error"
    assert "chmod 600" in readable["error_message"] and "TINGFENG_SECRET_MISSING" in missing["error_message"]

    def keys(asked: list[Asked]) -> list[str | None]:
        return [each.headers.get("X-Key") for each in asked if each.path != "/robots.txt"]

    assert (keys(site.asked), keys(other_site.asked)) == ([SECRET] * 3, [None])
    assert SECRET not in crawled.log and SECRET not in repr(crawls.source("brand_api"))
    with crawls.database.read() as connection:
        reply, main = sorted(inbox.scan(connection), key=lambda mention: mention.title)
    assert (main.url, main.author, main.kind, reply.kind, reply.parent_id) == (
        site.url("/t/1"),
        "陈晓",
        Kind.POST,
        Kind.REPLY,
        main.id,
    )


def rss(site: Site, *numbers: int, head: str = "", date: str = "") -> bytes:
    items = "".join(
        f"<item><title>第{n}篇</title><link>{site.url(f'/n/{n}.html')}</link><pubDate>{date}</pubDate></item>"
        for n in numbers
    )
    return f"<rss version='2.0'><channel>{head}{items}</channel></rss>".encode()


def lay_out_feeds(site: Site, router: Site) -> None:
    """The router's own robots.txt forbids everything, as routers do."""
    for n in range(1, 8):
        site.page(f"/n/{n}.html", article(f"第{n}篇", TEXT))
    following = "<link xmlns='http://www.w3.org/2005/Atom' rel='next' href='/paged.xml?page={}'/>"
    values = {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "5", "url": site.url("/n/5.html")}]}
    route = Answer(rss(site, 6, head="<generator>RSSHub</generator>"))
    site.answers |= {
        "/slow.xml": [Answer(rss(site)), Answer(rss(site, 1, date="3小时前"))],
        "/empty.xml": Answer(rss(site)),
        "/paged.xml": Answer(rss(site, 2, head=following.format(2))),
        "/paged.xml?page=2": Answer(rss(site, 3, head=following.format(3))),
        "/paged.xml?page=3": Answer(rss(site, 4, head=following.format(4))),
        "/feed.json": Answer(json.dumps(values).encode(), content_type="application/feed+json"),
        "/route": route,
        "/robots.txt": Answer(b"User-agent: *\nDisallow: /closed"),
    }
    router.answers |= {"/route": route, "/robots.txt": Answer(b"User-agent: *\nDisallow: /")}


def test_feeds_empty_paged_dated_routed_and_in_json(site: Site, other_site: Site, crawls: Crawls) -> None:
    lay_out_feeds(site, other_site)
    for name, url, origin in [
        ("slow", site.url("/slow.xml"), None),
        ("empty", site.url("/empty.xml"), None),
        ("paged", site.url("/paged.xml"), None),
        ("json", site.url("/feed.json"), None),
        ("nameless", site.url("/route"), None),
        ("open", other_site.url("/route"), site.url("/board")),
        ("closed", other_site.url("/route"), site.url("/closed/board")),
    ]:
        crawls.add(name, kind="feed", url=url, origin=origin, max_pages=2)
    results = crawls.run("slow", "empty", "paged", "json", "nameless", "open", "closed").results
    assert [result["new"] for result in results.values()] == [1, 0, 2, 1, 0, 1, 0]
    refused = [result["source"] for result in results.values() if result["error_code"] == "source_refused"]
    assert refused == ["nameless", "closed"]
    assert "origin" in results["nameless"]["error_message"]
    assert "robots.txt 不允许采集 /closed/board" in results["closed"]["error_message"]
    assert (results["open"]["robots"], results["empty"]["is_complete"]) == ("allowed", True)
    assert str(stored(crawls, "slow")["第1篇"].published_at) == "2026-06-15 01:12:00+00:00", "as the page says"
    assert site.paths().count("/slow.xml") == site.paths().count("/empty.xml") == 2
    assert "/paged.xml?page=3" not in site.paths()
    assert "/robots.txt" not in [asked.path for asked in other_site.asked]
    site.asked.clear()
    assert crawls.run("paged").results["paged"]["new"] == 0
    assert site.paths() == ["/paged.xml"]
