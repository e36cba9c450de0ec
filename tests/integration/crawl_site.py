"""A web server that behaves as badly as it is told, on a free loopback port; and crawls of it in child processes.

A Twisted reactor runs once per process, so each ``crawl`` is a child; one child crawls several sources side by side.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from app.migrations.tables import metadata
from core.access import SYSTEM
from core.database import Database
from crawler import sources
from tests.conftest import REPOSITORY, Clock
from tests.integration import crawl_child


@dataclass(frozen=True)
class Answer:
    """body: bytes, or a function that is given the site's `closing` event and yields chunks until it is set."""

    body: bytes | Callable[[threading.Event], Any] = b""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    path: str
    headers: dict[str, str]
    status: int
    at: float  # monotonic seconds


class Site:
    """``site.answers["/path"] = Answer(...)``; a list of answers is given one after the other, the last one stays."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer | list[Answer]] = {}
        self.asked: list[Asked] = []
        self.closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def paths(self) -> list[str]:
        """What was asked for, without robots.txt."""
        return [asked.path for asked in self.asked if asked.path != "/robots.txt"]

    def page(self, path: str, html: str, **keywords: Any) -> str:
        self.answers[path] = Answer(html.encode(), **keywords)
        return self.url(path)

    def next_answer(self, path: str) -> Answer:
        found = self.answers.get(path, Answer(b"not here", status=404))
        if isinstance(found, list):
            return found.pop(0) if len(found) > 1 else found[0]
        return found

    def _handler(site) -> type[BaseHTTPRequestHandler]:  # noqa: N805  # `self` is the handler below
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                answer = site.next_answer(self.path)
                if answer.headers.get("ETag") and self.headers.get("If-None-Match") == answer.headers["ETag"]:
                    answer = Answer(status=304)
                site.asked.append(Asked(self.path, dict(self.headers), answer.status, time.monotonic()))
                with suppress(OSError):  # a client that hangs up is what some tests are about
                    self._send(answer)

            def _send(self, answer: Answer) -> None:
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.content_type)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if isinstance(answer.body, bytes):
                    self.send_header("Content-Length", str(len(answer.body)))
                    self.end_headers()
                    self.wfile.write(answer.body)
                    return
                self.send_header("Connection", "close")
                self.end_headers()
                for chunk in answer.body(site.closing):
                    self.wfile.write(chunk)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def article(title: str, text: str, *, head: str = "") -> str:
    """A page as a small news site makes it."""
    return (
        f"<html><head><title>{title}</title>{head}</head><body><ul><li><a href='/'>首页</a></li></ul><article>"
        f"<h1>{title}</h1><span class='time'>2026-06-15 09:12</span><div class='body'>{text}</div></article>"
        "</body></html>"
    )


def links(*addresses: str) -> str:
    items = "".join(f"<li><a href='{address}'>条目</a></li>" for address in addresses)
    return f"<html><body><ul class='list'>{items}</ul></body></html>"


@dataclass
class Crawled:
    """results: by source name, as the child printed them; log: its stderr."""

    results: dict[str, dict[str, Any]]
    log: str


class Crawls:
    """A data folder with sources, and crawls of them. ``folder`` is the child's current folder, too."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder = folder
        self.clock = clock
        self.database = Database(f"sqlite:///{folder / 'state.sqlite3'}")
        with self.database.write() as connection:
            metadata.create_all(connection)

    def add(self, name: str, **definition: Any) -> None:
        values = {"name": name, "allow_private": True, "crawl_delay_seconds": 0} | definition
        with self.database.write() as connection:
            sources.save(connection, SYSTEM, sources.from_definition(values), now=self.clock())

    def start(self, *names: str) -> subprocess.Popen[str]:
        """A crawl that can be killed."""
        return subprocess.Popen(
            [sys.executable, "-m", "tests.integration.crawl_child", json.dumps(self._options(names))],
            cwd=self.folder,
            env={**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(REPOSITORY)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def run(self, *names: str, file_limit: int = 0, page_timeout_seconds: float = 20, **settings: Any) -> Crawled:
        options = self._options(names) | {"file_limit": file_limit, "settings": settings}
        options["limits"] |= {"page_timeout_seconds": page_timeout_seconds}
        status, stdout, stderr = crawl_child.run_forked(options)
        assert status == 0, stderr
        return Crawled({result["source"]: result for result in json.loads(stdout)}, stderr)

    def _options(self, names: Sequence[str]) -> dict[str, Any]:
        return {
            "names": names,
            "data_dir": str(self.folder),
            "settings": {},
            "now": self.clock().isoformat(),
            "file_limit": 0,
            "limits": {
                "page_timeout_seconds": 20,
                "flush_seconds": 0.1,
                "write_pauses_seconds": [0.01, 0.01],
            },
        }

    def source(self, name: str) -> sources.Source:
        with self.database.read() as connection:
            return sources.find(connection, name)
