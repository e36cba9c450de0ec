"""Article pages, names of failures, and what a page must be."""

import re
from datetime import UTC, datetime

import pytest
import trafilatura
from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
)
from scrapy.http import Request, Response

from core.errors import SourceChanged, SourceRefused, SourceUnreachable, TingfengError
from core.mention import DatePrecision, shanghai_text
from crawler.extract.article import Article, Missing, extract, language_of
from crawler.extract.decode import decode
from crawler.extract.metadata import canonical_of
from crawler.extract.tree import parse
from crawler.failures import explain, from_status
from crawler.page import read_page
from tests.unit.article_layouts import LAYOUTS
from tests.unit.article_pages import SITE_FAMILIES, Case

NOW = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)
URL = "http://news.example/a"
PAGE = """<html><head><title>刹车投诉_晨报</title><link rel="canonical" href="/a/1">{head}</head><body>
<ul><li><a href="/">首页</a></li><li><a href="/auto">汽车</a></li></ul>
<article><h1>刹车投诉</h1><p>{text}</p><p>{text}</p><p>{text}</p></article></body></html>"""
TEXT = "车主反映，L7 在高速上刹车变软，厂家表示正在调查，并请车主到店检查。"
CASES = SITE_FAMILIES + LAYOUTS


def read(case: Case) -> Article:
    return extract(decode(case.html.encode(case.encoding)).text, case.url, now=NOW)


def printed(article: Article) -> str | None:
    published = article.published
    return shanghai_text(published.at) if published else None


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_article_is_what_a_reader_sees(case: Case) -> None:
    found = read(case)
    assert found.title == case.title
    assert found.text.split("\n") == list(case.text)
    assert found.author == case.author
    assert (printed(found) or "").startswith(case.published or "") and bool(found.published) == bool(case.published)
    assert found.kind == case.kind and not found.is_second_opinion and found.missing is None
    assert [words for words in case.never if words in found.text] == []


def goes_by_names(case: Case) -> bool:
    """The name of a class or id is all there is to go by."""
    is_short = case.kind == "post" or len("".join(case.text)) < 15
    return is_short or any(words in case.html for words in ("<textarea", "ad-box", "class='sidebar'"))


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES if not goes_by_names(case)])
def test_article_is_found_without_any_class_or_id(case: Case) -> None:
    """Names of classes help; a page that has none, or other ones, keeps its text."""
    html = re.sub(r"""\s(?:class|id)=("[^"]*"|'[^']*')""", "", case.html)
    found = extract(html, case.url, now=NOW)
    assert found.title == case.title
    assert found.text.split("\n") == list(case.text)


def test_article_has_declared_address_and_language() -> None:
    html = PAGE.format(head="", text=TEXT)
    found = extract(html, URL, now=NOW)
    assert (found.canonical, canonical_of(parse(html)), found.language) == ("/a/1", "/a/1", "zh")
    assert [language_of(text) for text in ("A plain text.", "ブレーキの音がする", "브레이크 소리", "123")] == [
        "en",
        "ja",
        "ko",
        "",
    ]


@pytest.mark.parametrize(
    ("head", "precision"),
    [
        ("<meta property='article:published_time' content='2026-06-15T09:12:33+08:00'>", DatePrecision.SECOND),
        ("<meta name='publishdate' content='2026-06-15 09:12'>", DatePrecision.MINUTE),
        ("<meta name='date' content='2026-06-15'>", DatePrecision.DAY),
        ("<meta property='article:published_time' content='soon'>", None),
        ("<meta property='article:modified_time' content='2026-06-15T09:12:33+08:00'>", None),
    ],
)
def test_time_is_as_precise_as_the_page_says(head: str, precision: DatePrecision | None) -> None:
    found = extract(PAGE.format(head=head, text=TEXT), URL, now=NOW).published
    assert (found.precision if found else None) == precision


@pytest.mark.parametrize(
    ("html", "missing"),
    [
        ("<title>安全验证</title><p>请完成下方验证后继续操作，拖动滑块完成拼图</p>", Missing.CHALLENGE),
        ("<title>环境异常</title><p>当前环境异常，完成验证后即可继续访问。</p><a>去验证</a>", Missing.CHALLENGE),
        ("<title>404_晨报网</title><h1>抱歉，您访问的页面不存在</h1><ul><li><a>首页</a></li></ul>", Missing.GONE),
        ("<title></title><div>该内容已被发布者删除</div>", Missing.GONE),
        (
            "<title>晨报网</title><ul><li><a href='/'>首页</a></li><li><a href='/auto'>汽车</a></li></ul>",
            Missing.NO_TEXT,
        ),
        (f"<title>验证码短信骗局揭秘</title><h1>验证码短信骗局揭秘</h1><p>{TEXT * 6}</p>", None),
    ],
)
def test_page_without_article_says_why(html: str, missing: Missing | None) -> None:
    found = extract(html, URL, now=NOW)
    assert found.missing == missing
    assert bool(found.text) == (missing is None)


@pytest.mark.parametrize("html", ["", "\x00", "<", "<title>只有标题</title>", "<p>" * 300 + "深", "x" * 3_000_000])
def test_page_without_article_is_empty_not_an_error(html: str) -> None:
    assert len(extract(html, URL, now=NOW).text) <= len(html)


def test_second_opinion_is_asked_only_where_we_find_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(trafilatura, "bare_extraction", lambda html, **options: asked.append(html))
    for case in CASES:
        read(case)
    assert asked == []
    assert extract("<title>空</title><p>短</p>", URL, now=NOW).missing is Missing.NO_TEXT
    assert len(asked) == 1


NAMES = re.findall(r"\w+", "div p span a h1 h2 ul li table tr td br script style section article time textarea")
TAGS = st.sampled_from(NAMES)
ATTRIBUTES = st.sampled_from(
    ["", " class='comment'", " id=zoom", " class='time author'", " style='display:none'", " hidden"]
)
WORDS = st.one_of(
    st.text(max_size=12),
    st.sampled_from([TEXT, "2026-06-15 09:12", "作者：李晨", "相关阅读", "\ud800", "\x00"]),
)
SOUP = st.lists(
    st.one_of(st.builds("<{}{}>".format, TAGS, ATTRIBUTES), st.builds("</{}>".format, TAGS), WORDS), max_size=60
)


@settings(max_examples=50)
@given(SOUP)
def test_any_page_is_read_or_reported(pieces: list[str]) -> None:
    found = extract("".join(pieces), URL, now=datetime(2026, 6, 16, tzinfo=UTC))
    found.text.encode("utf-8", "surrogatepass")


@given(st.sampled_from(CASES), st.integers(0, 4000), st.integers(0, 400), st.text(max_size=5))
def test_damaged_pages_are_read_or_reported(case: Case, start: int, length: int, instead: str) -> None:
    extract(case.html[:start] + instead + case.html[start + length :], case.url, now=NOW)


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 100_000 + "深",
        "<p>" * 1_000_000,
        "<div class=comment>文，" * 60_000,
        "<a>" * 300_000 + "文",
        "<b>" * 100_000 + "文。",
        "<table><tr><td>" * 30_000 + "文",
        "<span class=author>李" * 60_000,
        "<li>相关阅读</li>" * 30_000,
        "文，" * 5_000_000,
        "<script>" + '"content":"' * 150_000 + "</script>",
        "<script>" + "time:'2026-01-01" * 100_000 + "</script>",
        "<script>x=" + '{"a":' * 300_000 + "</script>",
        "<script>x=[" + '{"title":"标题","user":{"name":"甲"},"content":"文字"},' * 30_000 + "0]</script>",
        "<script>" + "x = [{" * 200_000 + "</script>",
        "<p>" + "（记者" * 400_000,
        "<title>" + "标题-" * 300_000 + "</title><h1>标题</h1>",
        "<p>" + "作者 " * 600_000,
        "<p " + "a=1 " * 400_000 + ">",
        "&lt;" * 500_000,
    ],
    ids=lambda html: html[:16],
)
def test_cost_grows_with_the_size_only(html: str) -> None:
    """Each takes under two seconds; a quadratic reading of one of them would hang the suite for minutes."""
    extract(html, URL, now=NOW)


@pytest.mark.parametrize(
    ("error", "redirects", "kind", "words"),
    [
        (CannotResolveHostError(), 0, SourceUnreachable, "无法解析"),
        (DownloadConnectionRefusedError(), 0, SourceUnreachable, "拒绝连接"),
        (DownloadTimeoutError(), 0, SourceUnreachable, "限定时间"),
        (DownloadFailedError(), 0, SourceUnreachable, "连接中断"),
        (DownloadCancelledError(), 0, SourceChanged, "大小上限"),
        (IgnoreRequest(), 10, SourceChanged, "重定向"),
        (KeyError("anything"), 0, SourceUnreachable, "连接中断"),
        (SourceRefused("内网"), 0, SourceRefused, "内网"),
    ],
)
def test_download_failures_are_named(error: Exception, redirects: int, kind: type[TingfengError], words: str) -> None:
    found = explain(error, url=URL, redirects=redirects, most_redirects=10)
    assert type(found) is kind and words in found.message


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, SourceRefused), (403, SourceRefused), (404, SourceChanged), (410, SourceChanged), (302, SourceChanged)]
    + [(429, SourceUnreachable), (500, SourceUnreachable), (503, SourceUnreachable), (418, SourceChanged)],
)
def test_statuses_are_named(status: int, kind: type[TingfengError]) -> None:
    assert type(from_status(status, url=URL)) is kind


def test_wait_that_a_site_asked_for_is_kept() -> None:
    assert from_status(503, url=URL, retry_after_seconds=0).details["retry_after_seconds"] == 0
    assert "retry_after_seconds" not in from_status(503, url=URL).details


@pytest.mark.parametrize("body", [b"%PDF-1.7", b"\x89PNG\r\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"PK\x03\x04..."])
def test_files_are_no_pages(body: bytes) -> None:
    with pytest.raises(SourceChanged, match="不是网页"):
        read_page(Response(URL, body=body, request=Request(URL)))


def test_page_is_decoded_by_header() -> None:
    response = Response(URL, body=TEXT.encode("gbk"), headers={"Content-Type": "text/html;charset=gb2312"})
    response.request = Request(URL)
    page = read_page(response)
    assert (page.url, page.text, page.charset) == (URL, TEXT, "gb18030")
