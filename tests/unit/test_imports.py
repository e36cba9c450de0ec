"""Columns by name, and times as tables write them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.imports import columns
from app.imports.columns import Choice
from app.imports.table import Row, Table, header_of
from app.imports.times import Clock, DayOrder, Trouble, Watch, day_order
from core.errors import InvalidInput
from core.mention import Platform

NOW = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)
CLOCK = Clock(NOW, NOW)


def a_table(*names: str, rows: Any = ()) -> Table:
    return Table("", names, iter(rows))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (
            ("信息标题", "内容摘要", "原文链接", "信息来源类型", "站点", "发布时间", "入库时间"),
            {
                "title": "信息标题",
                "text": "内容摘要",
                "platform": "信息来源类型",
                "source": "站点",
                "counted_at": "入库时间",
            },
        ),
        # Full width, blanks, marks and brackets do not make another name; a full text goes before its summary.
        (
            ("＊标题：", "摘 要", "正文", "ＵＲＬ", "发布时间（北京时间）"),
            {"title": "＊标题：", "text": "正文、摘 要", "url": "ＵＲＬ"},
        ),
        (("标题", "评论数(万)", "时间", "发布日期"), {"title": "标题", "published_at": "发布日期"}),
    ],
)
def test_columns_are_known_by_name(names: tuple[str, ...], expected: dict[str, str]) -> None:
    mapped = columns.map_columns(a_table(*names), Choice())
    found = dict(columns.field_names(mapped, names))
    assert expected.items() <= found.items()
    assert "comments" not in found


def test_what_is_left_out_says_why_and_the_user_has_the_last_word() -> None:
    names = ("标题", "链接", "情感属性", "相似文章数", "车系", "来源", "站点")
    mapped = columns.map_columns(a_table(*names), Choice((("source", "站点"), ("text", "车系"))))
    assert dict(columns.field_names(mapped, names)) == {
        "title": "标题",
        "text": "车系",
        "url": "链接",
        "source": "站点",
    }
    assert mapped.left_out["情感属性"].startswith("供应商的情感判断不采用")
    assert mapped.left_out["来源"] == "同一字段已由另一列给出"
    unsure = columns.map_columns(a_table("标题", "甲", "乙", "丙"), Choice())
    assert (mapped.certainty, unsure.certainty) == ("高", "低")


@pytest.mark.parametrize(
    ("names", "choice", "message"),
    [
        (
            ("编号", "主题内容", "来源链接"),
            Choice(),
            "编号、主题内容、来源链接。请指明哪一列是正文，例如：--map text=主题内容",
        ),
        (
            ("标题", "发表日"),
            Choice((("published_at", "发布日"),)),
            "没有列「发布日」，是不是「发表日」？有：标题、发表日",
        ),
        (("标题",), Choice((("headline", "标题"),)), "--map 不认识字段 headline；可用：title"),
        (("标题",), Choice(preset="某云"), "没有预设 某云；有：general、weibo"),
    ],
)
def test_a_column_that_is_missing_is_named_with_the_way_out(names: Any, choice: Choice, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        columns.map_columns(a_table(*names, rows=[Row(2, ["1", "刹车偏软，售后不理", "x"])]), choice)
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("names", "preset"),
    [
        (("标题", "正文", "链接"), "general"),
        (("微博内容", "博主", "微博链接", "转发数"), "weibo"),
        (("视频标题", "视频链接", "播放量"), "video"),
        (("原文链接", "评论内容", "评论时间"), "comment"),
        (("商品名称", "评价内容", "评价时间"), "review"),
        (("工单编号", "诉求内容", "来电时间"), "ticket"),
    ],
)
def test_the_shape_of_an_export_is_known_by_its_marks(names: tuple[str, ...], preset: str) -> None:
    assert columns.map_columns(a_table(*names), Choice()).preset.name == preset


def test_platforms_by_word_and_by_host() -> None:
    words = {
        "新浪微博": "weibo", "微信公众号": "wechat", "APP": "news", "网媒": "news", "百度贴吧": "forum",
        "短视频-抖音": "video", "知乎问答": "qa", "小红书": "blog", "黑猫投诉": "complaint", "12345热线": "hotline",
    }  # fmt: skip
    assert {word: columns.platform_of(word) for word in words} == words
    assert columns.platform_of("第九媒介") is None
    assert columns.platform_of_host("m.weibo.cn") is Platform.WEIBO
    assert columns.platform_of_host("notweibo.cn") is None


def test_the_header_is_found_below_titles_and_in_two_rows() -> None:
    rows = [
        Row(1, ["监测报告", None, None, None]),
        Row(2, ["导出时间：2026-06-16", None, None, None]),
        Row(3, ["标题", "发布时间", "互动数据", None]),
        Row(4, [None, None, "阅读数", "评论数"]),
        Row(5, ["刹车", "2026-06-01", 1.0, 2.0]),
    ]
    header = header_of(rows, Choice().knows)
    assert header is not None
    assert (header.columns, header.end) == (("标题", "发布时间", "阅读数", "评论数"), 4)
    single = header_of([rows[2], rows[4]], Choice().knows)
    assert single is not None
    assert (single.columns[:2], single.end) == (("标题", "发布时间"), 1)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-06-01 08:30:11", "2026-06-01T08:30:11+08:00"),
        ("2026/6/1 8:30", "2026-06-01T08:30:00+08:00"),
        ("2026-06-01 00:00:00", "2026-06-01"),  # what a day becomes on its way through a spreadsheet
        ("昨天 12:30", "2026-06-15T12:30:00+08:00"),
        (46174.354166666664, "2026-06-01T08:30:00+08:00"),
        ("46174.354166666664", "2026-06-01T08:30:00+08:00"),
        (46174.0, "2026-06-01"),
        (1780273811.0, "2026-06-01T08:30:11+08:00"),
        (1780273811000, "2026-06-01T08:30:11+08:00"),
        (20260601, "2026-06-01"),
        (datetime(2026, 6, 1, 8, 30), "2026-06-01T08:30:00+08:00"),
        ("2026-06-18 08:30", Trouble.AHEAD),
        ("2036年6月1日", Trouble.AHEAD),
        (datetime(2036, 6, 1), Trouble.AHEAD),
        ("1970-01-01 08:00:00", Trouble.UNREADABLE),
        ("2026-02-30 08:00", Trouble.UNREADABLE),
        ("06/12/2026 08:30", Trouble.UNREADABLE),  # June or December: never guessed
        (0, Trouble.UNREADABLE),
        (float("nan"), Trouble.UNREADABLE),
        (1e300, Trouble.UNREADABLE),
        ("九点", Trouble.UNREADABLE),
    ],
)
def test_times_of_cells(cell: Any, expected: str | Trouble) -> None:
    found = CLOCK.read(cell)
    assert (found if isinstance(found, Trouble) else found.printed) == expected


def test_the_other_epoch_and_the_order_of_day_and_month() -> None:
    other = Clock(NOW, NOW, datetime(1904, 1, 1)).read(44712.5)
    assert not isinstance(other, Trouble)
    assert other.printed == "2026-06-01T12:00:00+08:00"
    orders: list[tuple[list[Any], DayOrder, str | None]] = [
        (["06/01/2026", "06/13/2026 8:30"], DayOrder.MONTH_FIRST, "2026-06-12"),
        (["13.06.2026"], DayOrder.DAY_FIRST, "2026-12-06"),
        (["13/06/2026", "06/13/2026"], DayOrder.OPEN, None),
        (["06/01/2026", "2026-06-01", None], DayOrder.OPEN, None),
    ]
    for cells, order, printed in orders:
        assert day_order(cells) is order
        found = Clock(datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), order=order).read(
            "06/12/2026"
        )
        assert printed == (None if isinstance(found, Trouble) else found.printed)


def test_a_column_that_cannot_be_the_time_of_publication_is_told() -> None:
    def said(*cells: Any) -> str:
        watch = Watch("时间")
        for cell in cells:
            watch.note(cell, CLOCK.read(cell))
        return "\n".join(watch.warnings())

    good = [f"2026-06-{day:02d} {day}:1{day % 7}" for day in range(1, 16)] * 2
    assert said(*good) == ""
    assert said(*good, "无") == "「时间」有 1 个时间无法识别（共 31 个），如 「无」；这些信息按没有发布时间导入"
    assert said(*good, *["2030-01-01"] * 5).startswith(
        "时间列很可能选错了：「时间」有 5 个时间在未来（共 35 个），如 「2030-01-01」"
    )
    assert "30 个时间都相同" in said(*["2026-06-16"] * 30)
    assert "24 个时间按行等距排列" in said(*[f"2026-06-15 09:{minute:02d}" for minute in range(24)])
