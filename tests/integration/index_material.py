"""Mentions, questions and short spellings for the tests of the index, and a naive filter to compare engines with."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from hypothesis import strategies as st

from core.mention import Mention, Sentiment, Status
from index.base import Dimension, MentionIndex, UpsertStatus
from index.node import (
    And,
    Everything,
    Field,
    Node,
    Not,
    OneOf,
    Or,
    Period,
    Words,
    all_of,
    any_of,
    negated,
    one_of,
    period,
)
from index.query import EVERYTHING, Query, parse
from tests.factories import NOON, a_mention, an_analysis

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def tokenise(text: str) -> list[str]:
    """One Chinese character, one run of letters and digits, or one other character: cuts everywhere alike."""
    return re.findall(r"[a-z0-9]+|.", text, re.DOTALL)


def mention(number: int, text: str = "", *, at: datetime = NOON, **values: object) -> Mention:
    """An analysed mention; ``number`` is also its place among mentions of the same second."""
    key = int(at.timestamp()) << 24 | number
    given: dict[str, object] = {"title": "", "seen_at": at, "published_at": at, "revision": 1, "order_key": key}
    return a_mention(number, **{**given, "text": text, "analysis": an_analysis()} | values)


def store(index: MentionIndex, *mentions: Mention) -> tuple[UpsertStatus, ...]:
    statuses = index.upsert(mentions)
    index.refresh()
    return statuses


def query(text: str = "") -> Query:
    return parse(text, now=NOON)


def numbers(index: MentionIndex, asked: Query | str = EVERYTHING, limit: int = 100) -> list[int]:
    """The numbers of the mentions found, newest first; the total must say the same."""
    page = index.search(query(asked) if isinstance(asked, str) else asked, limit=limit)
    assert page.total == len(page.hits)
    return [number_of(hit.mention) for hit in page.hits]


def number_of(found: Mention) -> int:
    return (found.order_key or 0) & 0xFFFFFF


def counts(index: MentionIndex, asked: Query = EVERYTHING, *by: Dimension) -> dict[tuple[str, ...], int]:
    return {bucket.keys: bucket.count for bucket in index.aggregate(asked, by=by)}


def marked(index: MentionIndex, asked: str) -> list[tuple[str, str]]:
    """The highlighted pieces of the only hit, cut out of its original title and text."""
    (hit,) = index.search(query(asked)).hits
    parts = {"title": hit.mention.title, "text": hit.mention.text}
    return [(span.part, parts[span.part][span.start : span.end]) for span in hit.highlights]


def corpus() -> Iterator[Mention]:
    """40 short mentions in which every word, brand and status of the random queries occurs, oldest first."""
    words = ("电", "池", "起", "火", "a", "b")
    for number in range(40):
        text = " ".join(words[(number * step) % 6] for step in (1, 2, 3, 5))
        brands = tuple(brand for place, brand in enumerate(("甲", "乙")) if number >> place & 1)
        label = list(Sentiment)[number % 3]
        status = list(Status)[number % 7] if number % 7 < 4 else Status.LIVE
        analysis = an_analysis(label, brands=brands)
        yield mention(number, text, at=NOON + number * HOUR, status=status, analysis=analysis)


def queries() -> st.SearchStrategy[Query]:
    hours = st.none() | st.integers(-1, 41).map(lambda hour: NOON + hour * HOUR)
    values = {Field.BRAND: ("甲", "乙", "丙"), Field.SENTIMENT: tuple(Sentiment), Field.STATUS: tuple(Status)}
    leaf = st.one_of(
        st.sampled_from(["电", "池起", "起 火", "A", "b a", "火电", "无"]).map(Words),
        st.sampled_from(list(values)).flatmap(
            lambda field: st.lists(st.sampled_from(values[field]), max_size=2).map(lambda some: one_of(field, some))
        ),
        st.tuples(hours, hours).map(lambda bounds: period(*bounds)),
    )
    nodes = st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map(all_of),
            st.lists(inner, min_size=1, max_size=3).map(any_of),
            inner.map(negated),
        ),
        max_leaves=8,
    )
    return nodes.map(Query)


def matches(node: Node, found: Mention) -> bool:
    match node:
        case Everything():
            return True
        case Words(text):
            wanted, had = text.lower().split(), found.text.split()
            wanted = [token for part in wanted for token in tokenise(part)]
            return any(had[start : start + len(wanted)] == wanted for start in range(len(had)))
        case OneOf(field, values):
            assert found.analysis is not None
            of = {Field.BRAND: found.analysis.brand_names, Field.SENTIMENT: (found.analysis.sentiment.label,)}
            return bool(set(of.get(field, (found.status,))) & set(values))
        case Period(since, until):
            return (since is None or found.order_time >= since) and (until is None or found.order_time < until)
        case Not(inner):
            return not matches(inner, found)
        case And(nodes):
            return all(matches(child, found) for child in nodes)
        case Or(nodes):
            return any(matches(child, found) for child in nodes)
