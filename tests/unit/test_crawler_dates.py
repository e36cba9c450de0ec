"""Publication times: strict forms, Shanghai by default, never an exception."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.mention import SHANGHAI, DatePrecision
from crawler.extract.dates import parse

MINUTE = (datetime(2026, 6, 15, 1, 12, tzinfo=UTC), DatePrecision.MINUTE)
SECOND = (datetime(2026, 6, 15, 1, 12, 33, tzinfo=UTC), DatePrecision.SECOND)
DAY = (datetime(2026, 6, 14, 16, 0, tzinfo=UTC), DatePrecision.DAY)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-06-15 09:12", MINUTE),
        ("2026-06-15\u00a0\u30009:12", MINUTE),
        ("2026/6/15 9:12", MINUTE),
        ("2026年6月15日 09:12", MINUTE),
        ("2026年06月15日09：12", MINUTE),
        ("2026年6月15日 星期一 09:12", MINUTE),
        ("来源：晨报 2026年6月15日 09:12 作者：陈晓", MINUTE),
        ("2026-06-15T01:12Z", MINUTE),
        ("2026-06-15 09:12:33", SECOND),
        ("2026-06-15T09:12:33.123456+08:00", SECOND),
        ("2026-06-15T01:12:33+0000", SECOND),
        ("Mon, 15 Jun 2026 09:12:33 +0800", SECOND),
        ("Mon, 15 Jun 2026 01:12:33 GMT", SECOND),
        ("Mon, 15 Jun 2026 01:12:33 -0000", SECOND),
        ("Mon, 15 Jun 2026 09:12:33", SECOND),
        ("Mon, 15 Jun 2026 09:12:33 CST", SECOND),  # China, not Chicago
        ("15 Jun 2026 09:12", MINUTE),
        ("2026-06-15", DAY),
        ("2026年6月15日", DAY),
        ("2026.06.15", DAY),
        ("2026-06-15 09:12 PM", DAY),  # half a time is no time
    ],
)
def test_one_complete_date_is_read(text: str, expected: tuple[datetime, DatePrecision]) -> None:
    found = parse(text)
    assert found is not None and (found.at, found.precision) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "昨天", "3小时前", "6月15日", "06-15 09:12", "09:12", "2026-06", "20260615", "2026-13-01", "2026-02-30"),
        *("2026-06-15 25:00", "2026-06-15 09:61", "2026-06-15T09:12:33+99:00", "1026-06-15", "12026-06-15"),
        *("2026-06-15-3", "2026-06-15 更新 2026-06-16", "Mon, 32 Jun 2026 09:12:33 GMT", "2026-06-15 " * 50),
    ],
)
def test_anything_else_is_no_date(text: str) -> None:
    assert parse(text) is None


def test_missing_is_no_date() -> None:
    assert parse(None) is None


@given(st.text() | st.from_regex(r"[0-9年月日 :./TZ+-]{0,40}", fullmatch=True))
def test_any_text_gives_an_aware_time_or_nothing(text: str) -> None:
    found = parse(text)
    assert found is None or found.at.tzinfo is UTC


FORMS = ["%Y-%m-%d %H:%M:%S", "%Y年%m月%d日 %H:%M:%S"]


@given(st.datetimes(datetime(1901, 1, 2), datetime(2099, 12, 30)), st.sampled_from(FORMS))
def test_written_times_are_read_back(moment: datetime, form: str) -> None:
    found = parse(moment.strftime(form))
    assert found is not None and found.at == moment.replace(microsecond=0, tzinfo=SHANGHAI).astimezone(UTC)
