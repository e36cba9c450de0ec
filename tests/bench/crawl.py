"""Fetch rate and memory of a crawl beside bare Scrapy: ``python -m tests.bench.crawl --pages 2000 --most 20000``.

Both read the same list pages and the same pages of about 30 kB from a server in this process, in processes of their
own, with the same concurrency and no delay. Both take title and text by the same selectors, so that the extractor does
not run; ours asks robots.txt, looks into the inbox and writes the mentions besides. The rate is that of the server's
log, from the first request to the last; the bars stand in floors.json.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

import scrapy
from scrapy.crawler import CrawlerProcess

from app.migrations.tables import metadata
from core import inbox
from core.access import SYSTEM
from core.database import Database
from core.settings import Settings
from crawler import sources
from crawler.definition import MOST_PAGES
from crawler.run import DOORS, PARALLEL_REQUESTS, crawl

FLOORS: Final = Path(__file__).with_name("floors.json")
LINKS: Final = 100
NOW: Final = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)
# Scrapy that only asks, Scrapy that takes title and text, and ours.
CHILDREN: Final = ("ask", "bare", "ours")
TITLE: Final = "h1"
TEXT: Final = ".body"
MENU: Final = "".join(
    f'<li class="menu-item"><a href="/channel/{n}.html" title="频道">频道 {n}</a></li>' for n in range(240)
)
WORDS: Final = "<p>车主反映，青柠L7 在高速上刹车变软，厂家表示正在调查，并请车主到店检查。</p>" * 60
PAGE: Final = (
    "<!DOCTYPE html><html><head><meta charset='utf-8'><title>{number}</title></head><body><ul>{menu}</ul><article>"
    "<h1>第 {number} 篇</h1><div class='body'>{words}</div></article><script>{script}</script></body></html>"
)


def page(number: int) -> bytes:
    """About 30 kB, half of it around the article."""
    return PAGE.format(number=number, menu=MENU, words=WORDS, script="var a = 1;" * 100).encode()


class Server(asyncio.Protocol):
    """Answers ``/list/N`` and ``/page/N`` as fast as it can; every request and its time is on the log."""

    def __init__(self, log: list[tuple[float, str]], pages: int) -> None:
        self._log, self._pages, self._read = log, pages, b""

    def connection_made(self, transport: Any) -> None:  # Any: asyncio's transports have no common writable type
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *asked, self._read = (self._read + data).split(b"\r\n\r\n")
        for head in asked:
            path = head.split(b" ", 2)[1].decode()
            self._log.append((time.monotonic(), path))
            self._transport.write(self._answer(path))

    def _answer(self, path: str) -> bytes:
        found = re.fullmatch(r"/(list|page)/(\d+)", path)
        body = b"" if found is None else page(int(found[2])) if found[1] == "page" else self._list(int(found[2]))
        status = b"404 Not Found" if found is None else b"200 OK"
        head = b"HTTP/1.1 %b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n"
        return head % (status, len(body)) + body

    def _list(self, number: int) -> bytes:
        links = "".join(f"<li><a href='/page/{n}'>{n}</a></li>" for n in range(number * LINKS, (number + 1) * LINKS))
        more = f"<a class='next' href='/list/{number + 1}'>more</a>" if (number + 1) * LINKS < self._pages else ""
        return f"<ul class='list'>{links}</ul>{more}".encode()


@dataclass
class Site:
    """A server in a thread of this process, which otherwise only waits."""

    pages: int
    log: list[tuple[float, str]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        made = self._loop.create_server(lambda: Server(self.log, self.pages), "127.0.0.1", 0)
        self._server = self._loop.run_until_complete(made)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/list/0"
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)


class Bare(scrapy.Spider):
    """What a Scrapy tutorial writes. is_reading: takes title and text, as ours does; else nothing."""

    name = "bare"
    is_reading = True

    def parse(self, response: Any) -> Any:  # Any: as Scrapy has it
        yield from response.follow_all(css=".list li a", callback=self.parse_page)
        yield from response.follow_all(css="a.next")

    def parse_page(self, response: Any) -> Any:  # Any: as above
        if not self.is_reading:
            return
        title = response.css(TITLE).xpath("string()").get()
        yield {"url": response.url, "title": title, "text": response.css(TEXT).xpath("string()").get()}


def crawl_bare(url: str, *, is_reading: bool) -> None:
    """In a process of its own."""
    parallel = {"CONCURRENT_REQUESTS": 2 * PARALLEL_REQUESTS, "CONCURRENT_REQUESTS_PER_DOMAIN": PARALLEL_REQUESTS}
    process = CrawlerProcess({"LOG_LEVEL": "ERROR", "DOWNLOAD_DELAY": 0} | parallel | DOORS)
    process.crawl(Bare, start_urls=[url], is_reading=is_reading)
    process.start()


def crawl_ours(url: str, folder: Path) -> None:
    """In a process of its own, into a fresh database."""
    database = Database(f"sqlite:///{folder / 'state.sqlite3'}")
    selectors = {"item": ".list li", "next_page": "a.next", "title": TITLE, "text": TEXT}
    source = {"name": "bench", "kind": "listing", "url": url, "allow_private": True, "crawl_delay_seconds": 0}
    with database.write() as connection:
        metadata.create_all(connection)
        found = sources.from_definition({**source, "max_pages": MOST_PAGES, "selectors": selectors})
        sources.save(connection, SYSTEM, found, now=NOW)
    settings = Settings(data_dir=folder, _env_file=None, crawl_timeout_seconds=3600)
    result = crawl(settings, "bench", now=lambda: NOW)
    with database.read() as connection:
        assert inbox.count(connection) == result.new, result
    assert result.is_complete, result


@dataclass(frozen=True)
class Run:
    """pages_per_second: by the server's log. processor_seconds: start included. megabytes: the most it held."""

    pages_per_second: float
    processor_seconds: float
    megabytes: float

    def __str__(self) -> str:
        return f"{self.pages_per_second:.0f} pages/s, {self.processor_seconds:.1f} s CPU, {self.megabytes:.0f} MiB"


def run(name: str, pages: int) -> Run:
    """One crawl of all pages in a child."""
    with Site(pages) as site, tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.bench.crawl", "--child", name, site.url, folder]
        child = subprocess.Popen(command)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        times = [at for at, path in site.log if path != "/robots.txt"]
        read = {path for _, path in site.log if path.startswith("/page/")}
        if child.returncode or len(read) != pages:
            sys.exit(f"{name}: {len(read)} of {pages} pages read, exit status {child.returncode}")
        return Run(
            pages_per_second=pages / (times[-1] - times[0]),
            processor_seconds=usage.ru_utime + usage.ru_stime,
            megabytes=usage.ru_maxrss / 1024,
        )


def judged(figures: Mapping[str, float], bars: Mapping[str, Mapping[str, float]]) -> list[str]:
    """What is wrong. bars: what each figure is to reach at least or at most; a figure that was not taken is none."""
    low = [f"{name} {figures[name]:.2f} is below {bar}" for name, bar in bars["least"].items()
           if figures.get(name, bar) < bar]  # fmt: skip
    high = [f"{name} {figures[name]:.2f} is above {bar}" for name, bar in bars["most"].items()
            if figures.get(name, bar) > bar]  # fmt: skip
    return low + high


def main(arguments: Sequence[str] | None = None) -> None:
    """Print every figure; exit with 1 when one is worse than its bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--most", type=int, default=20_000, help="pages of the crawl whose memory is measured; 0: none")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--child", nargs=3, metavar=("NAME", "URL", "FOLDER"), help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.child:
        name, url, folder = chosen.child
        crawl_ours(url, Path(folder)) if name == "ours" else crawl_bare(url, is_reading=name == "bare")
        return
    print(f"{chosen.pages} pages of {len(page(0)) / 1000:.0f} kB on loopback, {os.cpu_count()} cores")
    pairs = []
    for number in range(chosen.runs):
        asking, bare, ours = (run(name, chosen.pages) for name in CHILDREN)
        pairs.append((bare, ours))
        ratios = [ours.pages_per_second / other.pages_per_second for other in (bare, asking)]
        print(f"run {number + 1}: bare {bare}; ours {ours}; ratio {ratios[0]:.2f}; "
              f"bare that reads nothing {asking}, ratio {ratios[1]:.2f}", flush=True)  # fmt: skip
    figures = {
        "ratio": statistics.median(ours.pages_per_second / bare.pages_per_second for bare, ours in pairs),
        "megabytes": max(ours.megabytes for _, ours in pairs),
    }
    if chosen.most:
        most = run("ours", chosen.most)
        print(f"{chosen.most} pages: ours {most}")
        figures["megabytes of many pages"] = most.megabytes
    if wrong := judged(figures, json.loads(FLOORS.read_text(encoding="utf-8"))["crawl"]):
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
