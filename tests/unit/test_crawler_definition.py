"""Source definitions: strict, and every mistake names its key."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigurationError
from core.mention import Kind, Platform, Tier
from crawler import walled
from crawler.definition import KEYS, SourceKind, definition, from_definition, from_yaml, read_file
from crawler.extract.selectors import NAMES

FEED = {"name": "晨报", "kind": "feed", "url": "https://news.example/rss"}
LISTING = {"name": "论坛", "kind": "listing", "url": "https://bbs.example/", "selectors": {"item": "li", "link": "a"}}
JSON = {"name": "接口", "kind": "json", "url": "https://api.example/posts"}
ON_LIST = {"item": "li", "on_list": True, "link": "a", "text": "p"}

YAML = """
# 晨报要闻
name: 晨报
kind: listing
url: https://news.example/list
platform: news          # 媒体类型
tier: A
crawl_delay_seconds: 2.5
selectors:
  item: ul li
  link: ./a/@href
"""


def test_definition_is_read_with_defaults() -> None:
    source = from_definition(FEED)
    assert (source.kind, source.platform, source.tier, source.mention_kind) == (
        SourceKind.FEED,
        Platform.OTHER,
        Tier.C,
        Kind.ARTICLE,
    )
    assert (source.allow_private, source.enabled, source.crawl_delay_seconds) == (False, True, None)


def test_definition_is_written_and_read_back() -> None:
    source = from_definition(LISTING | {"tier": "S", "region": "上海", "max_pages": 3})
    assert from_definition(definition(source)) == source
    assert set(definition(source)) == set(KEYS)


def test_yaml_of_one_source_and_of_several(tmp_path: Path) -> None:
    file = tmp_path / "source.yaml"
    file.write_text(YAML, encoding="utf-8")
    (one,) = read_file(file)
    assert (one.name, one.tier, one.crawl_delay_seconds) == ("晨报", Tier.A, 2.5)
    assert [source.name for source in from_yaml(yaml.safe_dump({"sources": [FEED, LISTING]}))] == ["晨报", "论坛"]


def test_what_may_be_left_out() -> None:
    found = from_definition({"kind": "discuz", "url": "https://bbs.forum.example/forum.php?fid=2"})
    assert (found.name, found.max_pages) == ("bbs.forum.example", 200)
    assert from_definition(FEED).max_pages == 5
    others = [from_definition({"kind": kind, "url": "https://site.example/"}) for kind in ("sitemap", "json")]
    assert [(each.name, each.max_pages) for each in others] == [("site.example", 1000), ("site.example", 200)]


@pytest.mark.parametrize(
    ("values", "key", "words"),
    [
        (FEED | {"intervall": 5}, "intervall", "interval_minutes"),
        (FEED | {"last_started_at": None}, "last_started_at", "不认识的键"),
        (FEED | {"name": " "}, "name", "name"),
        (FEED | {"name": "a\nb"}, "name", "可见字符"),
        (FEED | {"kind": "board"}, "kind", "kind"),
        (FEED | {"url": "ftp://a.example/"}, "url", "http"),
        (FEED | {"platform": "radio"}, "platform", "platform"),
        (FEED | {"crawl_delay_seconds": -1}, "crawl_delay_seconds", "0 到"),
        (FEED | {"crawl_delay_seconds": float("nan")}, "crawl_delay_seconds", "0 到"),
        (FEED | {"interval_minutes": 0}, "interval_minutes", "1 到"),
        (FEED | {"max_pages": 0}, "max_pages", "1 到"),
        (FEED | {"enabled": "perhaps"}, "enabled", "enabled"),
        (FEED | {"selectors": ["a"]}, "selectors", "selectors"),
        (FEED | {"selectors": {"item": "li"}}, "item", "feed"),
        (LISTING | {"selectors": {"link": "a"}}, "item", "link…item"),
        (LISTING | {"selectors": {"item": "li", "titel": "h1"}}, "titel", "title"),
        (LISTING | {"selectors": {"item": "li["}}, "item", "li["),
        (LISTING | {"selectors": {"item": "li::shadow"}}, "item", "写法有误"),
        (LISTING | {"selectors": {"item": "//li[", "link": "a"}}, "item", "写法有误"),
        (LISTING | {"selectors": {"item": "li", "text": "//p[nothing()]"}}, "text", "写法有误"),
        (LISTING | {"selectors": {"item": "li", "text": "p " * 300}}, "text", "不超过"),
        (LISTING | {"selectors": {"item": "li", "text": 3}}, "text", "应为"),
        (LISTING | {"selectors": ON_LIST | {"on_list": "yes"}}, "on_list", "true"),
        (LISTING | {"selectors": ON_LIST | {"link": ""}}, "link", "native_id"),
        (LISTING | {"selectors": ON_LIST | {"text": ""}}, "text", "title"),
        (FEED | {"json": {"title": "t"}}, "json", "只用于 json"),
        (LISTING | {"origin": "https://site.example/"}, "origin", "只用于 feed"),
        (FEED | {"origin": "site.example"}, "origin", "origin 有误"),
        (FEED | {"origin": "https://m.weibo.cn/u/1"}, "origin", "微博…人工上报"),
        (JSON | {"selectors": {"text": "p"}}, "text", "json 来源不使用"),
        (JSON | {"url": "https://www.zhihu.com/api/v4/x"}, "url", "知乎…导入"),
        (JSON | {"json": {"titel": "t"}}, "titel", "title"),
        (JSON | {"json": {"title": "a..b"}}, "title", "第 3 个字符处写法有误"),
        (JSON | {"json": {"items": "a[?b=='"}}, "items", "第 7 个字符处写法有误"),
        (JSON | {"json": {"text": "(" * 400}}, "text", "写法有误"),
        (JSON | {"json": {"text": "x" * 501}}, "text", "不超过"),
        (JSON | {"json": {"text": 3}}, "text", "应为一条文字"),
        (JSON | {"json": {"text": "a.b[].trim(@)"}}, "text", "没有的函数 trim"),
        (JSON | {"json": {"first_page": -1}}, "first_page", "正整数"),
        (JSON | {"json": {"page_parameter": "p", "next": "n"}}, "page_parameter", "不能与 next"),
        (JSON | {"json": {"cursor_parameter": "c"}}, "next", "要有 next"),
        (JSON | {"json": {"token": "Bearer abc"}}, "token", "不是密钥本身"),
        (JSON | {"json": {"token": {"header": "X Key", "secret": "a"}}}, "token", "请求头"),
        (JSON | {"json": {"token": {"header": "X-Key", "secret": "../a"}}}, "token", "不是密钥本身"),
    ],
)
def test_mistake_names_its_key(values: dict[str, object], key: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        from_definition(values)
    assert caught.value.details["key"] == key
    assert all(part in caught.value.message for part in words.split("…"))


@pytest.mark.parametrize(
    ("url", "is_refused"),
    [
        ("https://s.weibo.com/weibo?q=1", True),
        ("https://WWW.XIAOHONGSHU.COM./", True),
        ("https://weixin.sogou.com/", True),
        ("https://www.sogou.com/", False),
        ("https://notweibo.com/", False),
        ("https://weibo.com.example/", False),
    ],
)
def test_walled_sites_are_known_with_their_domains(url: str, is_refused: bool) -> None:
    assert (walled.refusal(url) is not None) == is_refused


@pytest.mark.parametrize("text", ["- a\n- b", "name: [", "sources: 3", "sources: [3]", "", "\x00", "a: &a [*a]"])
def test_broken_yaml_is_a_configuration_error(text: str) -> None:
    with pytest.raises(ConfigurationError):
        from_yaml(text)


def test_unreadable_file_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"name: \xff")
    for name in ("missing.yaml", "latin.yaml"):
        with pytest.raises(ConfigurationError, match=name):
            read_file(tmp_path / name)


SIMPLE = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
SELECTORS = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), SIMPLE, max_size=5)


@given(st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), SIMPLE | SELECTORS, max_size=8))
def test_any_mapping_is_a_source_or_a_configuration_error(values: dict[str, object]) -> None:
    try:
        source = from_definition(LISTING | values)
    except ConfigurationError:
        return
    assert from_definition(definition(source)) == source


@given(st.text(max_size=80))
def test_any_text_is_sources_or_a_configuration_error(text: str) -> None:
    try:
        from_yaml(text)
    except ConfigurationError:
        return
