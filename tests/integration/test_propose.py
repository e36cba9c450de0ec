"""``tingfeng source propose`` and sources without selectors, as a user has them, against a site of lists."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.access import SYSTEM
from core.database import Database
from crawler import sources
from crawler.definition import from_yaml
from tests.conftest import REPOSITORY
from tests.integration.crawl_site import Answer, Site, article
from tests.unit.list_pages import ON_LIST, SITES, ListSite, Shown, frame, side

NEWS, WALL = next(site for site in SITES if site.name == "Ads"), ON_LIST


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "app.cli", *arguments]
    environment = {"PATH": "", "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False, env=environment)
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done


def lay_out(site: Site, lists: ListSite) -> None:
    for page in (1, 2):
        site.page(lists.url(page).removeprefix(lists.host), lists.page(page))
        for item in lists.shown(page):
            site.page(item.path, article(item.title, f"<p>{item.summary}</p>" * 3))


@pytest.fixture
def lists(site: Site) -> Site:
    """Two lists of two pages; the news end with a page of one item beside a side list of eight."""
    site.answers["/robots.txt"] = Answer(f"User-agent: *\nSitemap: {site.url('/sitemap.xml')}".encode())
    lay_out(site, NEWS)
    lay_out(site, WALL)
    last = Shown(77, "最后一页上只有这一条新闻", "/live/item/77")
    row = f"<div class='col'><ul class='rows'><li><a href='{last.path}'>{last.title}</a></li></ul></div>"
    site.page("/live/3.html", frame(row + side("每日新闻", name="more")))
    site.page(last.path, article(last.title, f"<p>{last.summary}</p>" * 3))
    site.page("/one.html", article("青岚汽车回应车主投诉", f"<p>{last.summary}</p>" * 5))
    return site


def test_an_address_becomes_a_registered_source(lists: Site, tmp_path: Path) -> None:
    done = run(tmp_path, "source", "propose", lists.url("/live/"), "--save", "--name", "直播", "--data", "data")
    assert done.returncode == 0, done.stderr.decode()
    text = done.stdout.decode()
    (proposed,) = from_yaml(text)
    assert proposed.selectors["item"] == "ul.rows > li"
    assert f"kind: sitemap，url: {lists.url('/sitemap.xml')}" in text
    assert len(lists.asked) <= 6
    assert [asked.path for asked in lists.asked[:2]] == ["/robots.txt", "/live/"]
    database = Database(f"sqlite:///{tmp_path / 'data' / 'state.sqlite3'}")
    with database.read() as connection:
        assert sources.get(connection, SYSTEM, "直播").selectors == proposed.selectors
    database.close()

    lists.asked.clear()
    told = json.loads(run(tmp_path, "source", "propose", lists.url("/wall"), "--json").stdout)
    assert told["source"]["selectors"]["on_list"] is True
    assert (told["count"], len(told["items"]), told["requests"]) == (10, 10, len(lists.asked))
    assert told["items"][0]["author"] == "车主0"


def test_a_trial_asks_six_times_at_most_and_minds_robots(site: Site, tmp_path: Path) -> None:
    site.answers["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /private")
    for hop in range(9):
        site.answers[f"/hop{hop}"] = Answer(status=302, headers={"Location": site.url(f"/hop{hop + 1}")})
    done = run(tmp_path, "source", "propose", site.url("/hop0"))
    assert (done.returncode, len(site.asked)) == (1, 6)
    assert "最多请求 6 次" in done.stderr.decode()
    site.asked.clear()
    assert "robots.txt 不允许" in run(tmp_path, "source", "propose", site.url("/private/list")).stderr.decode()
    assert [asked.path for asked in site.asked] == ["/robots.txt"]


def test_a_list_is_read_without_selectors(lists: Site, tmp_path: Path) -> None:
    paths = {"news": "/live/", "wall": "/wall", "article": "/one.html"}
    written = "sources:\n" + "".join(
        f"  - {{name: {name}, kind: listing, url: '{lists.url(path)}'}}\n" for name, path in paths.items()
    )
    (tmp_path / "list.yaml").write_text(written, encoding="utf-8")
    done = run(tmp_path, "crawl", "--source", "list.yaml", "--output", "out.jsonl")
    found = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    news, wall = ([each for each in found if each["source"] == name] for name in ("news", "wall"))
    titles = {item.title for page in (1, 2) for item in NEWS.shown(page)} | {"最后一页上只有这一条新闻"}
    assert {each["title"] for each in news} == titles
    assert len(wall) == 20
    assert all(each["author"].startswith("车主") and each["published_at"] for each in wall)
    assert done.returncode == 1
    assert "没有找到列表" in done.stderr.decode()
    assert "tingfeng source propose" in done.stderr.decode()
