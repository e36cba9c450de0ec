"""How mentions look in Elasticsearch, and how a query tree looks in its query language.

Only core field types and built-in analyzers, so that minimal distributions serve too; user text is never handed to
a parser of the server. Values, tokens and order are those of ``index.entry``, as in the embedded engine.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from index.base import Dimension
from index.entry import Entry, milliseconds
from index.node import And, Field, Node, Not, OneOf, Or, Period, Words
from index.segments import Tokenise, phrase

SCHEMA_VERSION: Final = 1

Body = dict[str, Any]  # Any: JSON for the server, checked there

_KEYWORD: Final[Body] = {"type": "keyword"}
_WORDS: Final[Body] = {"type": "text", "analyzer": "whitespace"}
_ONLY_STORED: Final[Body] = {"type": "keyword", "index": False, "doc_values": False}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def mappings() -> Body:
    """Strict: a field that is not listed is an error, not a guess of the server."""
    fields: Body = {field.value: _KEYWORD for field in Field}
    fields |= {"order_key": {"type": "long"}, "at": {"type": "date"}, "title": _WORDS, "text": _WORDS}
    return {"dynamic": "strict", "_meta": {"schema": SCHEMA_VERSION}, "properties": fields | {"record": _ONLY_STORED}}


def template(alias: str) -> Body:
    """Index template of the monthly indices.

    gc_deletes 0: a mention that retention removed may come back and begin at revision 1 again.
    """
    settings = {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "1s", "gc_deletes": "0s"}
    return {
        "index_patterns": [f"{alias}-*"],
        "template": {"settings": {"index": settings}, "mappings": mappings(), "aliases": {alias: {}}},
    }


def month_of(alias: str, order_key: int) -> str:
    """The index of a mention: by its order key, which is given once, so that an id never lives in two months."""
    moment = _EPOCH + timedelta(seconds=min(order_key >> 24, _LAST_SECOND))
    return f"{alias}-{moment:%Y-%m}"


# Order keys are seconds << 24; the end of the year 9999 is the last the calendar knows.
_LAST_SECOND: Final = 253_402_300_799


def source_of(entry: Entry) -> Body:
    """The document of a mention."""
    values: Body = {field.value: list(found) for field, found in entry.values.items()}
    return values | {
        "id": entry.id,
        "order_key": entry.order_key,
        "at": entry.at,
        "title": entry.title,
        "text": entry.text,
        "record": entry.record,
    }


def query_of(node: Node, tokenise: Tokenise) -> Body:
    """Everything is a filter: nothing is scored, results are cached."""
    match node:
        case Words(text):
            # White space in front of the analyzer, so that both sides cut alike.
            words = " ".join(phrase(text, tokenise))
            return {"multi_match": {"query": words, "type": "phrase", "fields": ["title", "text"]}}
        case OneOf(field, values):
            return {"terms": {field.value: list(values)}}
        case Period(since, until):
            bounds = {"gte": since, "lt": until}
            return {"range": {"at": {sign: milliseconds(moment) for sign, moment in bounds.items() if moment}}}
        case And(nodes):
            return {"bool": {"filter": [query_of(child, tokenise) for child in nodes]}}
        case Or(nodes):
            return {"bool": {"should": [query_of(child, tokenise) for child in nodes], "minimum_should_match": 1}}
        case Not(inner):
            return {"bool": {"must_not": [query_of(inner, tokenise)]}}
        case _:
            return {"match_all": {}}


_CLOCK_FORMATS: Final[Mapping[Dimension, tuple[str, str]]] = {
    Dimension.HOUR: ("hour", "yyyy-MM-dd'T'HH"),
    Dimension.DAY: ("day", "yyyy-MM-dd"),
}


def grouping_of(dimension: Dimension) -> Body:
    """One source of a composite aggregation."""
    if dimension not in _CLOCK_FORMATS:
        return {dimension.value: {"terms": {"field": dimension.value}}}
    interval, pattern = _CLOCK_FORMATS[dimension]
    clock = {"field": "at", "calendar_interval": interval, "time_zone": "Asia/Shanghai", "format": pattern}
    return {dimension.value: {"date_histogram": clock}}
