"""The Elasticsearch engine, for those who outgrow one file: client 8.19, servers 8.x and 9.x.

Monthly indices behind one alias; readers know only the alias. A write becomes visible with the next refresh (one
second, or ``refresh``), to ``get`` as well; everything else answers like the embedded engine.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any, Final

from elastic_transport import TransportError
from elasticsearch import (
    ApiError,
    AuthenticationException,
    AuthorizationException,
    Elasticsearch,
    UnsupportedProductError,
)
from elasticsearch.helpers import streaming_bulk

from core.errors import ConfigurationError, SchemaOutOfDate, StoreError, StoreUnavailable
from core.mention import Mention, from_json
from index.base import COUNTED_AT_MOST, Bucket, Dimension, IndexHealth, SearchPage, UpsertStatus, checked_limit
from index.entry import Entry, entry_or_none, hit_of, in_order, phrases_of
from index.mapping import SCHEMA_VERSION, Body, grouping_of, month_of, query_of, source_of, template
from index.query import Query, cursor_after, order_key_of
from index.segments import Tokenise

ENGINE: Final = "elastic"
# Source: docs/decisions/003, index: 500-1,000 documents and 5-10 MB a request, item retries from 1 s up to 60 s.
_BULK: Final[Body] = {
    "chunk_size": 500,
    "max_chunk_bytes": 5 * 1024 * 1024,
    "max_retries": 5,
    "initial_backoff": 1,
    "max_backoff": 60,
    "raise_on_error": False,
}
_REQUEST_TIMEOUT_SECONDS: Final = 30
_OVERLOADED: Final = (429, 502, 503, 504)
_CONFLICT: Final = 409
_BAD_REQUEST: Final = 400
# Below index.max_result_window (10,000) and search.max_buckets (65,536).
_PAGE: Final = 1_000
_BUCKETS: Final = 10_000
_KEEP_ALIVE: Final = "2m"


class ElasticIndex:
    """``index.base.MentionIndex`` on a cluster. Safe to use from several threads."""

    def __init__(
        self, url: str, *, tokenise: Tokenise, prefix: str = "mentions", api_key: str | None = None, fresh: bool = False
    ) -> None:
        """prefix: the alias, and what the monthly indices begin with. fresh: delete those first (``tingfeng reindex``).

        The server is first asked when it is needed. Raises ConfigurationError for a bad address.
        """
        try:
            self._client = Elasticsearch(
                url,
                api_key=api_key,
                request_timeout=_REQUEST_TIMEOUT_SECONDS,
                retry_on_status=_OVERLOADED,
                retry_on_timeout=True,
                max_retries=3,
            )
        except ValueError as error:
            raise ConfigurationError("Elasticsearch 地址无法识别，请检查 TINGFENG_ELASTICSEARCH_URL") from error
        self._alias = prefix
        self._tokenise = tokenise
        self._is_ready = False
        self._lock = Lock()
        if fresh:
            with _translated():
                self._drop_indices()

    def upsert(self, mentions: Sequence[Mention]) -> tuple[UpsertStatus, ...]:
        """Ids are distinct within one call."""
        entries = [entry for mention in mentions if (entry := entry_or_none(mention, self._tokenise)) is not None]
        with self._ready() as client:
            actions = (self._action(entry) for entry in entries)
            done = {
                item["index"]["_id"]: _status(item["index"]) for _, item in streaming_bulk(client, actions, **_BULK)
            }
        return tuple(done.get(mention.id, UpsertStatus.REJECTED) for mention in mentions)

    def get(self, mention_id: str) -> Mention | None:
        found = self._search(query={"term": {"id": mention_id}}, size=1, source_includes=["record"])["hits"]["hits"]
        return from_json(found[0]["_source"]["record"]) if found else None

    def search(self, query: Query, *, limit: int = 20, cursor: str | None = None) -> SearchPage:
        place = {"search_after": [order_key_of(query, cursor)]} if cursor is not None else {}
        size = checked_limit(limit)
        found = self._search(
            query=query_of(query.effective, self._tokenise),
            sort=[{"order_key": "desc"}],
            size=size + 1,
            source_includes=["record", "title", "text"],
            track_total_hits=COUNTED_AT_MOST + 1,
            **place,
        )["hits"]
        phrases = phrases_of(query.node, self._tokenise)
        rows = found["hits"]
        sources = [row["_source"] for row in rows[:size]]
        total = found["total"]["value"]
        return SearchPage(
            hits=tuple(hit_of(from_json(row["record"]), row["title"], row["text"], phrases) for row in sources),
            cursor=cursor_after(query, rows[size - 1]["sort"][0]) if len(rows) > size else None,
            total=min(total, COUNTED_AT_MOST),
            total_is_exact=total <= COUNTED_AT_MOST,
        )

    def aggregate(self, query: Query, *, by: Sequence[Dimension] = (), limit: int | None = None) -> tuple[Bucket, ...]:
        wanted = query_of(query.effective, self._tokenise)
        if not by:
            with self._ready() as client:
                answer = client.count(index=self._alias, query=wanted, ignore_unavailable=True)
            return (Bucket(keys=(), count=answer["count"]),)
        return in_order(list(self._buckets(wanted, by)), by, limit)

    def scan(self, query: Query) -> Iterator[Mention]:
        wanted = query_of(query.effective, self._tokenise)
        with self._ready() as client:
            opened = client.open_point_in_time(index=self._alias, keep_alive=_KEEP_ALIVE, ignore_unavailable=True)
            pit = opened["id"]
            try:
                after: Body = {}
                while True:
                    answer = client.search(
                        pit={"id": pit, "keep_alive": _KEEP_ALIVE},
                        query=wanted,
                        sort=[{"order_key": "asc"}],
                        size=_PAGE,
                        source_includes=["record"],
                        track_total_hits=False,
                        allow_partial_search_results=False,
                        **after,
                    )
                    pit = answer["pit_id"]  # the newest one, it may change
                    rows = answer["hits"]["hits"]
                    yield from (from_json(row["_source"]["record"]) for row in rows)
                    if len(rows) < _PAGE:
                        return
                    after = {"search_after": rows[-1]["sort"]}
            finally:
                client.close_point_in_time(id=pit)

    def delete(self, mention_ids: Sequence[str]) -> int:
        self.refresh()  # what was just written must be found to be deleted
        count = 0
        for start in range(0, len(mention_ids), _PAGE):
            wanted = {"terms": {"id": list(mention_ids[start : start + _PAGE])}}
            rows = self._search(query=wanted, size=_PAGE, source=False, version=True)["hits"]["hits"]
            with self._ready() as client:
                count += sum(is_ok for is_ok, _ in streaming_bulk(client, map(_deletion, rows), **_BULK))
        self.refresh()
        return count

    def refresh(self) -> None:
        with self._ready() as client:
            client.indices.refresh(index=self._alias, ignore_unavailable=True)

    def parts(self) -> frozenset[str]:
        with self._ready() as client:
            found = client.indices.get_settings(index=self._alias, name="index.uuid", ignore_unavailable=True)
        return frozenset(f"{index}/{described['settings']['index']['uuid']}" for index, described in found.items())

    def health(self) -> IndexHealth:
        try:
            with self._ready() as client:
                status = client.cluster.health(timeout="2s")["status"]
                count = client.count(index=self._alias, ignore_unavailable=True)["count"]
        except (StoreError, ConfigurationError) as error:
            return IndexHealth(is_healthy=False, engine=ENGINE, count=0, detail=error.message)
        detail = f"Elasticsearch 状态 {status}，共 {count} 条信息"
        return IndexHealth(is_healthy=status != "red", engine=ENGINE, count=count, detail=detail)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @contextmanager
    def _ready(self) -> Iterator[Elasticsearch]:
        """The client, after the first use has set up the template and looked at the version of what is there."""
        with _translated():
            with self._lock:
                if not self._is_ready:
                    self._prepare()
                    self._is_ready = True
            yield self._client

    def _prepare(self) -> None:
        found = self._client.indices.get_mapping(index=self._alias, ignore_unavailable=True)
        for index, described in found.items():
            if described["mappings"].get("_meta", {}).get("schema") != SCHEMA_VERSION:
                raise SchemaOutOfDate("检索索引的版本与程序不符，请运行 tingfeng reindex 重建", index=index)
        self._client.indices.put_index_template(name=self._alias, **template(self._alias))

    def _drop_indices(self) -> None:
        """By name: clusters may refuse to delete by wildcard."""
        for index in self._client.indices.get_mapping(index=self._alias, ignore_unavailable=True):
            self._client.indices.delete(index=index)

    def _action(self, entry: Entry) -> Body:
        """External version: a late write of an older revision answers 409 instead of overwriting."""
        index = month_of(self._alias, entry.order_key)
        version = {"version": entry.revision, "version_type": "external_gte"}
        return {"_op_type": "index", "_index": index, "_id": entry.id, "_source": source_of(entry), **version}

    def _search(self, **body: Any) -> Body:  # Any: the client's own keywords
        """All shards or none: part of an answer would be a wrong number."""
        with self._ready() as client:
            answer = client.search(
                index=self._alias, ignore_unavailable=True, allow_partial_search_results=False, **body
            )
            found: Body = answer.body
        return found

    def _buckets(self, wanted: Body, by: Sequence[Dimension]) -> Iterator[Bucket]:
        """Every bucket, exactly: a composite aggregation is read to its end; terms would estimate across months."""
        composite: Body = {"size": _BUCKETS, "sources": [grouping_of(dimension) for dimension in by]}
        while True:
            aggregations = {"groups": {"composite": composite}}
            answer = self._search(query=wanted, size=0, track_total_hits=False, aggregations=aggregations)
            found = answer.get("aggregations", {}).get("groups", {"buckets": []})
            for bucket in found["buckets"]:
                yield Bucket(keys=tuple(str(bucket["key"][name]) for name in by), count=bucket["doc_count"])
            if "after_key" not in found:
                return
            composite["after"] = found["after_key"]


def _deletion(row: Body) -> Body:
    """Under its own version, so that the same revision may come back at once."""
    version = {"version": row["_version"], "version_type": "external_gte"}
    return {"_op_type": "delete", "_index": row["_index"], "_id": row["_id"], **version}


def _status(item: Body) -> UpsertStatus:
    """What became of one item of a bulk request. Raises StoreUnavailable when it should be tried again."""
    status = item["status"]
    if status < 300:
        return UpsertStatus.STORED
    if status == _CONFLICT:
        return UpsertStatus.STALE
    if status == _BAD_REQUEST:
        return UpsertStatus.REJECTED
    raise StoreUnavailable("Elasticsearch 暂时不能写入，稍后自动重试", status=status)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except TransportError as error:
        raise StoreUnavailable("Elasticsearch 无法连接，稍后自动重试") from error
    except UnsupportedProductError as error:
        raise ConfigurationError("TINGFENG_ELASTICSEARCH_URL 指向的不是受支持的 Elasticsearch（8.x 或 9.x）") from error
    except (AuthenticationException, AuthorizationException) as error:
        raise ConfigurationError("Elasticsearch 拒绝了登录，请检查 TINGFENG_ELASTICSEARCH_API_KEY") from error
    except ApiError as error:
        if error.meta.status in _OVERLOADED:
            raise StoreUnavailable("Elasticsearch 过载，稍后自动重试", status=error.meta.status) from error
        raise StoreError("Elasticsearch 拒绝了请求，请查看日志", status=error.meta.status) from error
