"""The date engine: where a text comes from, what no text can do to it, and its command. Values: the table beside it."""

import json
import sys
from datetime import UTC, datetime, timedelta
from io import BytesIO, TextIOWrapper

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from app.cli import dates as verb
from core.mention import PRINTED_ZONE, DatePrecision
from crawler.extract.dates import parse
from crawler.extract.dates.published import EARLIEST, LEEWAY
from tests.unit.test_crawler_dates_table import NO_TIMES, NOW, TIMES

NEXT_YEAR = datetime(2027, 1, 1, 0, 5, tzinfo=PRINTED_ZONE)


@pytest.mark.parametrize(
    ("text", "in_a_label", "in_a_line"),
    [
        ("2026-03-01 08:15", True, True),
        ("3分钟前", True, True),
        ("11-02 08:15 来自 手机", True, True),
        ("发表于 昨天", True, True),
        ("张三 3分钟前", True, False),
        ("昨天", True, False),
        ("11-02", True, False),
        ("1772324130", True, False),
        ("昨天的比赛", False, False),
        ("活动时间：2026-03-01", False, False),
    ],
)
def test_a_line_of_a_page_must_say_more_than_a_label(text: str, in_a_label: bool, in_a_line: bool) -> None:
    assert (parse(text, now=NOW) is not None, parse(text, now=NOW, is_label=False) is not None) == (
        in_a_label,
        in_a_line,
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12-31 23:59", "2026-12-31T23:59:00+08:00"),
        ("01-01 00:01", "2027-01-01T00:01:00+08:00"),
        ("01-01 00:14", "2027-01-01T00:14:00+08:00"),  # the site's clock is a little fast
        ("01-01 00:30", "2026-01-01T00:30:00+08:00"),
        ("01-01", "2027-01-01"),
        ("01-02", "2026-01-02"),
        ("昨天 23:59", "2026-12-31T23:59:00+08:00"),
        ("10分钟前", "2026-12-31T23:55:00+08:00"),
        ("1个月前", "2026-12-01"),
        ("周五", "2027-01-01"),
        ("上周五", "2026-12-25"),
    ],
)
def test_the_year_is_the_one_that_makes_it_past(text: str, value: str) -> None:
    found = parse(text, now=NEXT_YEAR)
    assert found is not None and found.printed == value


def test_a_month_without_that_day_ends_with_its_last() -> None:
    assert [parse(text, now=datetime(2024, 3, 31, tzinfo=UTC)).printed for text in ("1个月前", "12个月前")] == [  # type: ignore[union-attr]
        "2024-02-29",
        "2023-03-31",
    ]


@pytest.mark.parametrize("text", [None, "", " ", "2026-03-01 " + "字" * 200, "&nbsp;" * 2000])
def test_nothing_and_whole_articles_have_no_date(text: str | None) -> None:
    assert parse(text, now=NOW) is None


# What the forms are made of, so that random texts come close to dates.
PIECES = (
    *(
        "1",
        "2",
        "3",
        "0",
        "12",
        "30",
        "31",
        "2026",
        "20260301",
        "26",
        "-",
        "/",
        ".",
        ":",
        "：",
        "年",
        "月",
        "日",
        "时",
        "点",
    ),
    *(
        "分",
        "秒",
        "前",
        "小时",
        "天",
        "周",
        "三",
        "星期",
        "昨天",
        "今",
        "刚刚",
        "发表于",
        "编辑于",
        "发布时间",
        "来自",
        "最后由",
    ),
    *(
        "于",
        " by ",
        " on ",
        "mar",
        "1st",
        " ago",
        "yesterday",
        "days",
        "T",
        "Z",
        "+08:00",
        "GMT",
        "(",
        ")",
        "·",
        "|",
        ",",
        "。",
    ),
    *(
        "\u3000",
        "\u200b",
        "&nbsp;",
        "&#",
        "半",
        "个",
        "一",
        "十",
        "〇",
        "阅读",
        "楼",
        "网",
        "至",
        "~",
        "PM",
        "晚上",
        "凌晨",
        "的",
        " ",
    ),
)
TEXTS = (
    st.text() | st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | st.sampled_from([row[0] for row in TIMES])
)


@given(TEXTS, st.booleans(), st.datetimes(datetime(1990, 1, 2), datetime(2098, 12, 30), timezones=st.just(UTC)))
def test_any_text_gives_a_time_that_can_be_or_nothing(text: str, is_label: bool, now: datetime) -> None:
    found = parse(text, now=now, is_label=is_label)
    if found is None:
        return
    assert found.at.tzinfo is UTC and found.at + timedelta(days=1) >= EARLIEST and found.at <= now + LEEWAY
    again = parse(found.printed, now=now, is_label=is_label)
    assert again is not None and again.at == found.at
    assert (again.precision is DatePrecision.DAY) == (found.precision is DatePrecision.DAY)


@pytest.mark.parametrize(
    "unit", [*("1-", "1:", "年月日", "2026-", "1天", "最后由", "由 于", "by ", "mar 1 ", "&nbsp;"), *"一1网 (于"]
)
@pytest.mark.parametrize("length", [200, 1600, 200_000])
def test_no_length_of_a_text_matters(unit: str, length: int) -> None:
    """A pattern that needs more than linear time would not come back from these."""
    assert parse((unit * length)[:length], now=NOW, is_label=False) is None


@given(
    st.integers(0, 9999),
    st.integers(0, 9999),
    st.sampled_from(["秒前", "分钟前", "小时前", "天前", "周前", "个月前", " hours ago"]),
)
def test_longer_ago_is_never_later(one: int, other: int, unit: str) -> None:
    near, far = (parse(f"{count}{unit}", now=NOW) for count in sorted((one, other)))
    assert far is None or (near is not None and far.at <= near.at)


FORMS = [
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y年%m月%d日 %H时%M分%S秒",
    "%Y%m%d%H%M%S",
    "%d %b %Y %H:%M:%S +0800",
]
FORMS += [
    "发表于 %Y-%m-%d %I:%M:%S %p",
    "%a %b %d %H:%M:%S %Y",
    "更新时间：%Y.%m.%d %H:%M:%S 来源：晨报",
    "%Y-%m-%dT%H:%M:%S+08:00",
]


@given(st.datetimes(datetime(1990, 1, 1), datetime(2026, 6, 16)), st.sampled_from(FORMS))
def test_written_times_are_read_back(moment: datetime, form: str) -> None:
    found = parse(moment.strftime(form), now=NOW)
    assert found is not None and found.at == moment.replace(microsecond=0, tzinfo=PRINTED_ZONE)


def test_lines_are_answered_in_their_place(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    asked: list[bytes] = [
        '{"text": "3分钟前", "now": "2026-06-16T10:30:45+08:00"}'.encode(),
        '{"text": "第 3 楼", "now": "2026-06-16T10:30:45+08:00"}'.encode(),
        b"{",
        b'{"id": 7, "text": 3}',
        '{"id": "b", "text": "昨天", "now": "soon"}'.encode(),
        '{"text": "昨天", "now": "2026-06-16"}'.encode(),
    ]
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(b"\n".join(asked))))
    verb.dates_(jsonl=True)
    answers = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert [answer.get("value", answer.get("error", {}).get("code")) for answer in answers] == [
        "2026-06-16T10:27:00+08:00",
        None,
        "invalid_input",
        "invalid_input",
        "invalid_input",
        "2026-06-15",
    ]
    assert [answer.get("id") for answer in answers] == [None, None, None, 7, "b", None]
    assert [answers[place]["precision"] for place in (0, 1, 5)] == ["minute", None, "day"]


def test_people_see_what_was_read_and_how_to_ask() -> None:
    said = CliRunner().invoke(verb.command, ["昨天", "第 3 楼", "--now", "2026-06-16"])
    assert said.stdout.splitlines() == ["昨天\t2026-06-15（精确到日）", "第 3 楼\t没有时间"]
    assert (said.exit_code, CliRunner().invoke(verb.command, []).exit_code) == (0, 2)


def test_table_is_large_enough_to_mean_something() -> None:
    assert len(TIMES) >= 300 and len(NO_TIMES) >= 180
