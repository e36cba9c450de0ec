"""Pages looked at again days later: edited, taken down, back."""

from core import inbox
from core.mention import Mention, Status
from tests.integration.crawl_site import Answer, Crawls, Site, article, links

TEXT = "<p>车主反映，L7 在高速上刹车变软，厂家表示正在调查，并请车主到店检查。</p>" * 3
EDITED = TEXT + "<p>更正：厂家已确认问题，将召回相关车辆，车主可预约检修。</p>"
PAGES = tuple(f"/news/{n}.html" for n in range(1, 6))


def test_what_was_taken_down_is_marked_and_what_comes_back_is_not(site: Site, crawls: Crawls) -> None:
    site.page("/list", links(*PAGES))
    for path in PAGES:
        site.page(path, article(f"第{path[6]}篇", TEXT))
    crawls.add("list", kind="listing", url=site.url("/list"), platform="news", selectors={"item": ".list li"})
    assert crawls.run("list").results["list"]["new"] == 5
    site.asked.clear()
    crawls.clock.advance(hours=23)
    crawls.run("list")
    assert [asked.path for asked in site.asked if asked.path in PAGES] == [], "a look a day is enough"

    site.answers["/news/1.html"] = Answer(status=404)
    site.page("/news/2.html", article("第2篇", EDITED))
    site.page("/news/3.html", "<html><title>提示</title><body><p>抱歉，该文章已被删除</p></body></html>")
    site.answers["/news/4.html"] = Answer(status=302, headers={"Location": "/"})
    site.page("/", links(*PAGES))
    crawls.clock.advance(hours=2)
    looked = crawls.run("list").results["list"]
    assert [looked[key] for key in ("new", "changed", "failed", "error_code")] == [0, 1, 0, None]
    gone = [Status.DELETED, Status.CHANGED, Status.DELETED, Status.DELETED, Status.LIVE]
    found = stored(crawls)
    assert [mention.status for mention in found] == gone
    assert found[0].text, "the record stays"
    with crawls.database.read() as connection:
        assert [version.mention.text for version in inbox.versions(connection, found[1].id)] != [found[1].text]

    site.page("/news/1.html", article("第1篇", TEXT))
    crawls.clock.advance(hours=25)
    crawls.run("list")
    assert [mention.status for mention in stored(crawls)] == [Status.LIVE, *gone[1:]]

    for path in PAGES:  # the site has moved: nothing was taken down
        site.answers[path] = Answer(status=404)
    crawls.clock.advance(hours=25)
    crawls.run("list")
    assert [mention.status for mention in stored(crawls)] == [Status.LIVE, *gone[1:]]


def stored(crawls: Crawls) -> list[Mention]:
    with crawls.database.read() as connection:
        return sorted(inbox.scan(connection), key=lambda mention: mention.url)
