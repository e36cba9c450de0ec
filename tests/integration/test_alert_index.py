"""The detector over the embedded index: the same findings as over a plain list."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from alerts.detect import detect
from alerts.level import Level
from alerts.rule import default_rules
from core.mention import Mention, Sentiment, Status
from index import query as index_query
from index.embedded import EmbeddedIndex
from tests.unit.test_alert_detect import BRAND, NOW, MemoryIndex, a_month, posts

RULES = [*default_rules(BRAND), replace(default_rules(BRAND)[0], id="brakes", query="刹车 NOT 车门")]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[EmbeddedIndex]:
    """Characters as words: how a text is cut does not matter here."""
    opened = EmbeddedIndex(tmp_path / "index.sqlite3", tokenise=list)
    yield opened
    opened.close()


def stored(mentions: list[Mention]) -> list[Mention]:
    """As the pipeline hands them over: oldest first, each with its place."""
    ordered = sorted(mentions, key=lambda mention: (mention.order_time, mention.id))
    return [replace(mention, order_key=place, revision=1) for place, mention in enumerate(ordered, start=1)]


@pytest.mark.parametrize(
    ("mentions", "level"),
    [
        pytest.param(
            a_month() + posts(29, story="S1") + posts(9, label=Sentiment.NEUTRAL, start=100), Level.ORANGE, id="orange"
        ),
        pytest.param(a_month() + posts(12, author=None), Level.YELLOW, id="no authors"),
        pytest.param(posts(14), Level.BLUE, id="no history"),
        pytest.param(a_month() + posts(12, author="一个人"), None, id="one author"),
        pytest.param(a_month() + posts(12, status=Status.EXCLUDED), None, id="excluded"),
        pytest.param(a_month(), None, id="nothing"),
    ],
)
def test_both_indexes_lead_to_the_same_findings(
    index: EmbeddedIndex, mentions: list[Mention], level: Level | None
) -> None:
    mentions = stored(mentions)
    for start in range(0, len(mentions), 500):
        index.upsert(mentions[start : start + 500])
    index.refresh()
    found = detect(index, RULES, now=NOW)
    assert found == detect(MemoryIndex(mentions), RULES, now=NOW)
    assert [finding.level for finding in found] == ([level] * 2 if level else [])
    for finding in found:
        shown = index.search(index_query.parse(finding.query, now=NOW))
        assert shown.total == finding.count_negative
