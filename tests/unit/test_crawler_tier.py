"""Tiers of hosts, and the record of a source for legal."""

from pathlib import Path

import pytest

from core.errors import ConfigurationError
from core.mention import Tier
from core.settings import Settings
from crawler import impact, tier
from crawler.crawl_log import Crawl
from crawler.definition import from_definition
from tests.factories import NOON


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("people.com.cn", Tier.S),
        ("finance.people.com.cn", Tier.S),
        ("notpeople.com.cn", Tier.C),
        ("TECH.163.COM.", Tier.A),
        ("forum.example", Tier.C),
        ("", Tier.C),
    ],
)
def test_a_site_has_the_tier_of_its_domain(host: str, expected: Tier) -> None:
    assert tier.tier_of(host, tier.starting_list()) is expected


def test_the_users_own_list_and_the_source_itself_go_first(tmp_path: Path) -> None:
    own = tmp_path / tier.FILE
    own.write_text("A: [news.example]\n")
    values = {"kind": "feed", "url": "https://www.news.example/rss"}
    assert from_definition(values).tier is Tier.C
    assert from_definition(values, tier.read(own)).tier is Tier.A
    assert from_definition(values | {"tier": "B"}, tier.read(own)).tier is Tier.B


@pytest.mark.parametrize("text", ["A: news.example", "- A", "D: [a.example]", "A: [", "\udc80"])
def test_a_list_that_cannot_be_read_is_refused_by_name(tmp_path: Path, text: str) -> None:
    own = tmp_path / tier.FILE
    own.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigurationError, match=r"tiers\.yaml"):
        tier.read(own)


def test_the_record_for_legal_says_what_is_stated_and_what_is_not() -> None:
    source = from_definition(
        {
            "name": "要闻|一",
            "kind": "feed",
            "url": "https://news.example/rss",
            "owner": "林晓\\|\n| 假 | 行 |",
            "purpose": "舆情监测",
        }
    )
    crawl = Crawl(source="x", started_at=NOON, finished_at=NOON, pages=3, found=9, new=7, failed=0)
    settings = Settings(_env_file=None)
    said = impact.record(source, settings, crawls=[crawl, crawl], gaps=[], mentions=14, now=NOON)
    for row in (
        r"| 负责人 | 林晓\\\| \| 假 \| 行 \| |",
        "| 处理依据 | **未填写** |",
        "| robots.txt | 尚未采集 |",
        "| 采集次数 | 2（失败 0） |",
        "| 请求的网页 | 6 |",
        "| 新增信息 | 14 |",
        "| 保留期限 | 365 天，到期每天自动删除 |",
    ):
        assert row in said
