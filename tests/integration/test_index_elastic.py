"""How the Elasticsearch engine takes a server that is away, refuses, or answers strangely: a stand-in on loopback."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from core.errors import ConfigurationError, SchemaOutOfDate, StoreError, StoreUnavailable
from index.base import UpsertStatus
from index.elastic import ElasticIndex
from index.mapping import month_of
from index.query import EVERYTHING
from tests.integration.index_material import mention, tokenise

Answer = tuple[int, dict[str, Any]]
EMPTY: Answer = (200, {})
COUNT: Answer = (200, {"count": 7})


@contextmanager
def server(answer: Callable[[str], Answer], *, product: str = "Elasticsearch") -> Iterator[str]:
    """A server that answers each path with what the function says."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, body = answer(self.path)
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("X-Elastic-Product", product)
            self.send_header("Content-Type", "application/vnd.elasticsearch+json;compatible-with=8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815  # the names are the library's

        def log_message(self, *_: object) -> None:
            """Keep the tests' output clean."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_port}"
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def engine(url: str) -> ElasticIndex:
    return ElasticIndex(url, tokenise=tokenise, prefix="mentions")


def test_a_server_that_is_away_is_an_outage() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        index = engine(f"http://127.0.0.1:{taken.getsockname()[1]}")
        for call in (
            lambda: index.search(EVERYTHING),
            lambda: index.upsert([mention(1)]),
            lambda: index.get("x"),
            lambda: next(index.scan(EVERYTHING)),
            lambda: index.delete(["x"]),
        ):
            with pytest.raises(StoreUnavailable, match="无法连接"):
                call()
        health = index.health()
        assert (health.is_healthy, health.count) == (False, 0)
        assert "无法连接" in health.detail


@pytest.mark.parametrize(
    ("status", "product", "kind", "text"),
    [
        (503, "Elasticsearch", StoreUnavailable, "过载"),
        (429, "Elasticsearch", StoreUnavailable, "过载"),
        (401, "Elasticsearch", ConfigurationError, "拒绝了登录"),
        (403, "Elasticsearch", ConfigurationError, "拒绝了登录"),
        (200, "Other", ConfigurationError, "不是受支持的"),
        (400, "Elasticsearch", StoreError, "拒绝了请求"),
    ],
)
def test_refusals_are_translated(status: int, product: str, kind: type[Exception], text: str) -> None:
    with server(lambda _: (status, {}), product=product) as url:
        with pytest.raises(kind, match=text):
            engine(url).search(EVERYTHING)
        assert text in engine(url).health().detail


def test_a_bad_address_is_named() -> None:
    with pytest.raises(ConfigurationError, match="TINGFENG_ELASTICSEARCH_URL"):
        engine("not an address")


def test_another_version_asks_for_reindex() -> None:
    older = {"mentions-2026-06": {"mappings": {"_meta": {"schema": 0}}}}
    with server(lambda _: (200, older)) as url, pytest.raises(SchemaOutOfDate, match="tingfeng reindex"):
        engine(url).search(EVERYTHING)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(201, UpsertStatus.STORED), (200, UpsertStatus.STORED), (409, UpsertStatus.STALE), (400, UpsertStatus.REJECTED)],
)
def test_each_item_of_a_bulk_write_has_its_own_status(status: int, expected: UpsertStatus) -> None:
    good, other = mention(1), mention(2)
    items = [{"index": {"_id": other.id, "status": 201}}, {"index": {"_id": good.id, "status": status}}]
    with server(lambda path: (200, {"items": items}) if "_bulk" in path else EMPTY) as url:
        assert engine(url).upsert([other, good]) == (UpsertStatus.STORED, expected)


def test_an_item_the_server_cannot_take_now_is_an_outage() -> None:
    items = [{"index": {"_id": mention(1).id, "status": 503}}]
    with (
        server(lambda path: (200, {"items": items}) if "_bulk" in path else EMPTY) as url,
        pytest.raises(StoreUnavailable, match="不能写入"),
    ):
        engine(url).upsert([mention(1)])


@pytest.mark.parametrize(("color", "is_healthy"), [("green", True), ("yellow", True), ("red", False)])
def test_health_is_the_clusters(color: str, is_healthy: bool) -> None:
    with server(
        lambda path: (200, {"status": color}) if "_cluster" in path else COUNT if "_count" in path else EMPTY
    ) as url:
        health = engine(url).health()
    assert (health.is_healthy, health.count) == (is_healthy, 7)


def test_months_follow_the_order_key() -> None:
    assert month_of("mentions", 0) == "mentions-1970-01"
    assert month_of("mentions", (1781582400 << 24) | 5) == "mentions-2026-06"
    assert month_of("mentions", 2**63 - 1) == "mentions-9999-12"
