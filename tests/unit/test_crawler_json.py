"""Answers of JSON interfaces: by expressions, by common names, and what is no answer."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import SourceChanged, SourceRefused, TingfengError
from core.mention import Kind
from crawler.extract.json_items import JsonItem, JsonPage, read_page
from crawler.extract.mapping import EXPRESSIONS, read_mapping

NOW = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)
URL = "https://api.example/posts"
POST = {
    "id": 7, "title": "刹车 &amp; 转向", "content": "<p>一</p><p>二</p>", "link": "/t/7", "created_at": 1781500000,
    "user": {"name": "陈晓", "id": 12}, "like_count": "1,203", "commentsCount": 4, "comments": [{"text": "更长的"}] * 9,
}  # fmt: skip


def page(data: object, **mapping: object) -> JsonPage:
    return read_page(json.dumps(data), URL, read_mapping(mapping), now=NOW)


def only(data: object, **mapping: object) -> JsonItem:
    (item,) = page(data, **mapping).items
    return item


def test_common_names_need_no_definition() -> None:
    item = only({"code": 0, "data": {"tags": [{"id": 1}] * 20, "list": [POST], "empty": []}})
    assert (item.url, item.native_id, item.title, item.text, item.author, item.author_id) == (
        "https://api.example/t/7",
        "7",
        "刹车 & 转向",
        "一\n二",
        "陈晓",
        "12",
    )
    assert item.published is not None and item.published.printed == "2026-06-15T13:06:40+08:00"
    assert item.engagement is not None
    assert (item.engagement.likes, item.engagement.comments, item.engagement.views) == (1203, 4, None)


@pytest.mark.parametrize(
    ("item", "field", "value"),
    [
        ({"标题": "刹车", "正文": "软"}, "text", "软"),
        ({"title": {"rendered": "<b>刹车</b>"}}, "title", "刹车"),
        ({"text": ["一", "二", 3, None]}, "text", "一\n二\n3"),
        ({"text": "<p>刹\ud800\x00车</p>"}, "text", "刹\ufffd\ufffd车"),
        ({"text": "x", "author": "李明"}, "author", "李明"),
        ({"text": "x", "user": {"screen_name": "李明"}}, "author", "李明"),
        ({"text": "x", "author": {"id": "u1"}}, "author_id", "u1"),
        ({"subject": "x", "permalink": "https://a.example/1#c2"}, "url", "https://a.example/1#c2"),
        ({"subject": "x", "url": "javascript:x()"}, "url", None),
        ({"subject": "x", "guid": True}, "native_id", None),
        ({"subject": "", "text": "x", "summary": "y"}, "title", ""),
    ],
)
def test_values_come_in_many_shapes(item: dict[str, object], field: str, value: object) -> None:
    assert getattr(only([item]), field) == value


@pytest.mark.parametrize("time", [1781500000, 1781500000000, "1781500000", 1781500000.5, "2026-06-15T13:06:40+08:00"])
def test_times_in_every_form(time: object) -> None:
    published = only([{"text": "x", "publish_time": time}]).published
    assert published is not None and published.printed == "2026-06-15T13:06:40+08:00"


def test_expressions_say_what_is_what() -> None:
    data = {"d": [{"u": "/c/1", "n": "n1", "w": "软", "t": "review", "p": 3, "who": {"i": 5}, "r": {"z": 2}}]}
    named = {
        "items": "d",
        "url": "u",
        "native_id": "n",
        "text": "w",
        "kind": "t",
        "parent_id": "p",
        "thread_id": "who.i",
    }
    item = only(data, **named, likes="r.z", title="join('-', [n, t])")
    assert (item.url, item.native_id, item.title, item.text, item.kind, item.parent_id, item.thread_id) == (
        "https://api.example/c/1",
        "n1",
        "n1-review",
        "软",
        Kind.REVIEW,
        "3",
        "5",
    )
    assert item.engagement is not None and item.engagement.likes == 2


@pytest.mark.parametrize(
    ("answer", "following"),
    [
        ({"next": "/posts?page=2"}, "https://api.example/posts?page=2"),
        ({"links": {"next": {"href": "?page=2"}}}, "https://api.example/posts?page=2"),
        ({"paging": {"next": "https://api.example/posts?after=x"}}, "https://api.example/posts?after=x"),
        ({"data2": {"has_more": True, "cursor": 20}}, "https://api.example/posts?cursor=20"),
        ({"has_more": False, "cursor": 20, "next": "/x"}, None),
        ({"cursor": 20}, None),
        ({"nextCursor": "abc"}, "https://api.example/posts?cursor=abc"),
        ({"next_page": 2}, "https://api.example/posts?page=2"),
        ({"next": None, "next_url": "", "next_page": "javascript:x"}, "https://api.example/posts?page=javascript%3Ax"),
        ({"next": 3}, None),
        ({}, None),
    ],
)
def test_the_next_page_by_common_names(answer: dict[str, object], following: str | None) -> None:
    assert page({"items": [POST], **answer}).next_url == following


def test_the_next_page_by_expression() -> None:
    assert page({"items": [POST], "n": {"u": "/2"}}, next="n.u").next_url == "https://api.example/2"
    found = page({"items": [POST], "n": {"c": 7}}, next="n.c", cursor_parameter="after")
    assert found.next_url == "https://api.example/posts?after=7"
    assert page({"items": [POST], "next": "/2"}, next="n.c", cursor_parameter="after").next_url is None


@pytest.mark.parametrize(
    ("text", "words", "error"),
    [
        ("<!DOCTYPE html><html>请登录</html>", "网页，不是 JSON", SourceChanged),
        ("", "不是有效的 JSON", SourceChanged),
        ('{"items": [', "第 1 行第 12 个字符", SourceChanged),
        ("[" * 10_000 + "]" * 10_000, "嵌套过深", SourceChanged),
        ('{"a":' * 10_000 + "1" + "}" * 10_000, "嵌套过深", SourceChanged),
        ('{"items": [{"text": "x", "likes": NaN}]}', "NaN", SourceChanged),
        ('{"items": [], "items": [{"text": "x"}]}', "出现两次：items", SourceChanged),
        ("[" + "1" * 5000 + "]", "数字", SourceChanged),
        ('{"a": 1}', "没有认出条目列表", SourceChanged),
        ('{"code": 0, "message": "ok"}', "没有认出条目列表", SourceChanged),
        ("3", "没有认出条目列表", SourceChanged),
        ('{"code": 401, "message": "请先登录"}', "接口返回错误 401：请先登录；请检查 json.token", SourceRefused),
        ('{"code": 50012, "msg": "服务繁忙"}', "接口返回错误 50012：服务繁忙", SourceChanged),
        ('{"code": 500, "data": []}', "接口返回错误 500", SourceChanged),
        ('{"error": {"code": "rate", "message": "slow down"}, "data": []}', "rate：slow down", SourceChanged),
        ('{"success": false, "errmsg": "invalid token", "list": []}', "invalid token", SourceRefused),
    ],
)
def test_what_is_no_answer_is_told(text: str, words: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=words):
        read_page(text, URL, read_mapping({}), now=NOW)


def test_an_empty_list_is_the_end_and_no_error() -> None:
    empty: list[object] = [[], {"data": []}, {"code": 0, "message": "ok", "data": {"list": []}}]
    for data in empty:
        assert page(data) == JsonPage(items=())
    for text in ("{}", '{"data": null}'):
        assert read_page(text, URL, read_mapping({}), now=NOW, is_first=False) == JsonPage(items=())
    with pytest.raises(SourceChanged, match="繁忙"):
        read_page('{"code": 500, "msg": "繁忙"}', URL, read_mapping({}), now=NOW, is_first=False)
    with pytest.raises(SourceChanged, match=r"json.items（d.x）没有找到"):
        page({"items": [POST]}, items="d.x")
    with pytest.raises(SourceChanged, match="无法用于接口的答复"):
        page({"items": [POST]}, title="length(id)")


CHARACTERS = st.characters() | st.sampled_from("\x00\ud800<&>")
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(CHARACTERS, max_size=8)
KEYS = st.sampled_from(
    ["items", "data", "title", "text", "url", "id", "next", "has_more", "cursor", "error", "user", "time"]
)
DATA = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6), max_leaves=25
)
EXPRESSION = st.sampled_from(
    ["", "items", "title", "@", "*", "[]", "length(@)", "sort(@)", "max(items[].id)", "a.b[?c>`1`]"]
)


@given(DATA, st.dictionaries(st.sampled_from(EXPRESSIONS), EXPRESSION, max_size=4))
def test_any_answer_is_a_page_or_reported(data: object, mapping: dict[str, object]) -> None:
    try:
        page(data, **mapping)
    except (SourceChanged, SourceRefused):
        return


@given(st.text(max_size=30), st.text(max_size=20))
def test_any_text_is_read_or_reported(text: str, expression: str) -> None:
    try:
        read_page(text, URL, read_mapping({"title": expression}), now=NOW)
    except TingfengError:
        return
