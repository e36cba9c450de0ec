"""Fingerprints: format, stability, near-copies against different texts about the same thing."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.story import NEAR_COPY, bands, similarity
from nlp.duplicates import PERMUTATIONS, fingerprint

POST = (
    "今天下午三点，我开着青柠L7在绕城高速上跑到一百一，前车突然减速，我一脚刹车踩下去，踏板硬得踩不动，连踩三脚才慢下来。"
    "靠边以后仪表上什么灯都没有，4S店看了说是正常现象，让我再观察观察。这样的车我不敢再开，要求厂家给个书面的说法。"
)
OTHER = (
    "我的青柠L7昨晚下地库也遇到了，坡道上踩刹车没有任何反应，电子手刹拉起来才停住，保险杠蹭掉一块漆。打客服电话登记了两次，"
    "至今没人联系我。群里已经有五个人说有同样的问题，大家准备周六一起去店里讨个书面答复。"
)


def test_the_value_is_the_same_in_every_process_and_version() -> None:
    digest = hashlib.sha256(fingerprint(POST).encode()).hexdigest()[:16]
    assert digest == "de61030f38a023d3", "stored fingerprints no longer compare: a new algorithm needs a re-analysis"


def test_the_format_is_what_the_stories_read() -> None:
    mark = fingerprint(POST)
    assert len(mark) == PERMUTATIONS * 8
    assert int(mark, 16)
    assert [band[2:] for band in bands(mark)] == [mark[i * 32 : i * 32 + 32] for i in range(32)]


@pytest.mark.parametrize(
    "copy",
    [
        POST,
        POST.replace("，", ",").replace("青柠L7", "青檸 l7"),
        f"【转载】{POST}（来源：网络） https://forum.example/t/1",
        POST.replace("今天下午三点", "昨天早上").replace("连踩三脚", "踩了好几脚").replace("观察观察", "看看"),
    ],
)
def test_edited_copies_are_near_copies(copy: str) -> None:
    one, other = fingerprint(POST), fingerprint(copy)
    assert similarity(one, other) >= NEAR_COPY
    assert set(bands(one)) & set(bands(other))


def test_another_report_of_the_same_fault_is_no_copy() -> None:
    assert similarity(fingerprint(POST), fingerprint(OTHER)) < NEAR_COPY / 2


@pytest.mark.parametrize(
    ("one", "other", "equal"), [("顶", "顶", True), ("顶", "顶！", False), ("沙发", "沙发 ", True), ("😀", "😡", False)]
)
def test_short_texts_are_compared_as_a_whole(one: str, other: str, equal: bool) -> None:
    assert (fingerprint(one) == fingerprint(other)) is equal
    assert (similarity(fingerprint(one), fingerprint(other)) > NEAR_COPY) is equal


def test_no_text_has_no_fingerprint() -> None:
    assert fingerprint("") == fingerprint(" \n\u3000") == ""


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_has_a_fingerprint(text: str) -> None:
    assert len(fingerprint(text)) in (0, PERMUTATIONS * 8)
    assert fingerprint(text) == fingerprint(text)
