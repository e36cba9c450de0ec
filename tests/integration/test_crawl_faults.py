"""A crawl that is killed, or that cannot write, loses nothing and doubles nothing: the next one brings the rest."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import inbox
from tests.conftest import Clock
from tests.integration.crawl_site import Answer, Crawls, Site, article, links

PAGES = 40
TEXT = "<p>车主反映，L7 在高速上刹车变软，厂家表示正在调查，并请车主到店检查。</p>" * 60


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        site.page("/list", links(*(f"/news/{n}.html" for n in range(PAGES))))
        for n in range(PAGES):
            site.page(f"/news/{n}.html", article(f"第{n}篇", TEXT))
        yield site


@pytest.fixture
def crawls(tmp_path: Path, clock: Clock, site: Site) -> Iterator[Crawls]:
    opened = Crawls(tmp_path, clock)
    selectors = {"item": ".list li", "title": "h1", "text": ".body"}
    opened.add("list", kind="listing", url=site.url("/list"), selectors=selectors)
    yield opened
    opened.database.close()


def titles(crawls: Crawls) -> list[str]:
    with crawls.database.read() as connection:
        return sorted(mention.title for mention in inbox.scan(connection))


ALL = sorted(f"第{n}篇" for n in range(PAGES))


def test_killed_crawl_is_completed_by_the_next(site: Site, crawls: Crawls) -> None:
    def hanging(closing: threading.Event) -> Iterator[bytes]:
        yield b"<html>"
        closing.wait(60)

    last = f"/news/{PAGES - 1}.html"
    page = site.next_answer(last)
    site.answers[last] = Answer(hanging)
    with crawls.start("list") as process:
        pause = threading.Event()
        for _ in range(1200):
            if process.poll() is not None or len(titles(crawls)) >= PAGES // 2:
                break
            pause.wait(0.05)
        process.kill()
        process.communicate()
    kept = titles(crawls)
    assert PAGES // 2 <= len(kept) < PAGES
    assert crawls.source("list").last_finished_at is None
    site.answers[last] = page
    result = crawls.run("list").results["list"]
    assert titles(crawls) == ALL
    assert (result["new"], result["skipped"]) == (PAGES - len(kept), len(kept))


def test_stopped_crawl_ends_soon_whatever_delay_it_waits_for(site: Site, crawls: Crawls) -> None:
    site.answers["/robots.txt"] = Answer(b"User-agent: *\nCrawl-delay: 300")
    with crawls.start("list") as process:
        pause = threading.Event()
        for _ in range(1200):
            if site.asked:  # robots.txt, and the next request has to wait
                break
            pause.wait(0.05)
        process.terminate()
        stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    assert '"is_complete": false' in stdout and "Traceback" not in stderr
    assert crawls.source("list").last_error_code is None


def test_full_disk_stops_the_crawl_with_an_error_and_the_next_one_brings_the_rest(site: Site, crawls: Crawls) -> None:
    largest = max(path.stat().st_size for path in crawls.folder.iterdir())
    full = crawls.run("list", file_limit=largest + 60_000)
    result = full.results["list"]
    assert (result["error_code"], result["is_complete"]) == ("store_unavailable", False)
    assert "Traceback" not in full.log
    kept = titles(crawls)
    assert len(kept) < PAGES
    result = crawls.run("list").results["list"]
    assert (titles(crawls), result["error_code"]) == (ALL, None)
    assert result["new"] == PAGES - len(kept)
