"""Children depend on nothing but their parent: files that change under a running service, and deaths without a word."""

import os
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from app.scheduler import Scheduler
from core.access import SYSTEM
from core.database import Database
from crawler import sources, turn
from response.services import Services
from tests.faults import product
from tests.faults.product import DATA, Service
from tests.faults.waiting import until
from tests.integration.crawl_site import Answer, Site, article, links

pytestmark = pytest.mark.skipif(not product.PROC.is_dir(), reason="children are found through /proc")

NAME = "车友会"


def silence(closing: threading.Event) -> Iterator[bytes]:
    closing.wait()
    yield b""


def test_a_crawl_needs_no_file_and_never_ends_without_a_row(tmp_path: Path) -> None:
    with Site() as site, product.service(tmp_path) as service:
        site.page("/1.html", article("刹车", "<p>刹车有点软，已经预约检查。</p>" * 5))
        site.page("/list", links("/1.html"))
        source = {"name": NAME, "kind": "listing", "url": site.url("/list"), "selectors": {"item": ".list li"}}
        free = {"allow_private": True, "crawl_delay_seconds": 0}
        file = tmp_path / "tingfeng.yaml"
        file.write_text(yaml.safe_dump({"sources": [source | free]}, allow_unicode=True), encoding="utf-8")
        service.start()
        database = Database(f"sqlite:///{tmp_path / DATA / 'state.sqlite3'}")
        (first,) = until(lambda: finished(database), "the first crawl")
        file.write_text("sources: [", encoding="utf-8")
        (tmp_path / ".env").write_text("TINGFENG_CRAWL_TIMEOUT_SECONDS=soon\n", encoding="utf-8")
        ask(database)
        (second,) = until(lambda: finished(database, after=first), "a crawl beside broken files")
        assert (second.last_error_code, second.last_count_items) == (None, 1)
        site.answers["/list"] = Answer(silence)
        asked = len(site.paths())
        ask(database)
        until(lambda: len(site.paths()) > asked, "a crawl to kill")
        (pid,) = service.pids("crawl")
        os.kill(pid, signal.SIGKILL)
        (lost,) = until(lambda: finished(database, after=second), "the row of a crawl that was killed")
        assert (lost.last_error_code, lost.last_error_message) == ("source_error", turn.LOST)
        database.close()


def test_a_pipeline_started_again_has_the_name_of_the_one_that_died(tmp_path: Path) -> None:
    with product.service(tmp_path) as service:
        service.start()
        (pid,) = until(lambda: service.pids("work"), "the pipeline")
        before = worker(service, pid)
        os.kill(pid, signal.SIGKILL)
        (again,) = until(lambda: [new for new in service.pids("work") if new != pid], "the pipeline, again")
        assert worker(service, again) == before


def test_two_services_on_one_machine_have_different_names(services: Services) -> None:
    assert Scheduler(services).holder != Scheduler(services).holder


def worker(service: Service, pid: int) -> str:
    words = (product.PROC / str(pid) / "cmdline").read_bytes().decode().split("\0")
    return words[words.index("--worker") + 1]


def ask(database: Database) -> None:
    with database.write() as connection:
        sources.request_now(connection, SYSTEM, NAME, now=datetime.now(UTC))


def finished(database: Database, after: sources.Source | None = None) -> list[sources.Source]:
    """The source, once a crawl has ended after the given state."""
    with database.read() as connection:
        found = sources.find(connection, NAME)
    return [found] if found.last_finished_at != (after.last_finished_at if after else None) else []
