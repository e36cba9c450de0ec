"""Article pages, names of failures, and what a page must be."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
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
from core.mention import DatePrecision
from crawler.extract.article import declared_address, extract
from crawler.failures import explain, from_status
from crawler.page import read_page

NOW = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)
URL = "http://news.example/a"
TEXT = "车主反映，L7 在高速上刹车变软，厂家表示正在调查，并请车主到店检查。"
PAGE = f"""<html><head><title>刹车投诉_晨报</title><link rel="canonical" href="/a/1">{{head}}</head><body>
<ul><li><a href="/">首页</a></li><li><a href="/auto">汽车</a></li></ul>
<article><h1>刹车投诉</h1><p>{TEXT}</p><p>{TEXT}</p><p>{TEXT}</p></article></body></html>"""


def test_article_has_title_text_and_declared_address() -> None:
    found = extract(PAGE.format(head=""), URL, now=NOW)
    assert found.title.startswith("刹车投诉")
    assert found.text.count(TEXT) == 3 and "首页" not in found.text
    assert (found.canonical, declared_address(PAGE)) == ("/a/1", "/a/1")


@pytest.mark.parametrize(
    ("head", "precision"),
    [
        ("<meta property='article:published_time' content='2026-06-15T09:12:33+08:00'>", DatePrecision.SECOND),
        ("<meta name='publishdate' content='2026-06-15 09:12'>", DatePrecision.MINUTE),
        ("<meta name='date' content='2026-06-15'>", DatePrecision.DAY),
        ("<meta property='article:published_time' content='soon'>", None),
    ],
)
def test_time_is_as_precise_as_the_page_says(head: str, precision: DatePrecision | None) -> None:
    found = extract(PAGE.format(head=head), URL, now=NOW).published
    assert (found.precision if found else None) == precision


@pytest.mark.parametrize("html", ["", "\x00", "<", "<title>只有标题</title>", "<p>" * 300 + "深", "x" * 3_000_000])
def test_page_without_article_is_empty_not_an_error(html: str) -> None:
    assert len(extract(html, URL, now=NOW).text) <= len(html)


@given(st.text(max_size=200))
def test_any_page_is_read_or_reported(html: str) -> None:
    try:
        extract(html, URL, now=NOW)
    except SourceChanged:
        return


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
