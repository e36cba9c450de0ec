"""Parts of the pages that need no browser: text, numbers, addresses, the gate, the login form's target."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import HTTPConnection

from alerts.state import Change
from core.errors import InvalidInput
from core.mention import SHANGHAI, Platform, Sentiment, Status
from crawler.definition import SourceKind
from dashboard import alert, chart, gate, parts, sources, theme
from dashboard.login import local_address
from dashboard.mentions_query import Asked, asked
from index.base import Span
from index.trends import Day, Sentiments
from response.coverage import DayGap
from tests.factories import NOON


@dataclass
class Read(HTMLParser):
    """What a browser would make of it: the text, the tags, and the text inside of marks."""

    text: str = ""
    tags: list[str] = field(default_factory=list)
    marked: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._inside = tag == "mark"

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        self.text += data
        self.marked += data if self._inside else ""


def read(html: str) -> Read:
    parser = Read()
    parser.feed(html)
    parser.close()
    return parser


spans = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda pair: Span(part="text", start=pair[0], end=pair[1]))
)


@given(st.text(alphabet=st.sampled_from("刹车<>&\"'/=script img onerror:"), max_size=50), spans)
def test_marked_text_is_the_text_and_nothing_but_marks(text: str, given_spans: list[Span]) -> None:
    found = read(parts.marked(text, given_spans))
    assert found.text == text
    assert set(found.tags) <= {"mark"}


def test_marked_text_marks_its_spans_and_escapes_the_rest() -> None:
    text = '<img src=x onerror="alert(1)">刹车失灵'
    html = parts.marked(text, [Span(part="text", start=30, end=34)], ["reason-negative"])
    assert html == '&lt;img src=x onerror=&quot;alert(1)&quot;&gt;<mark class="reason-negative">刹车失灵</mark>'


@given(st.text(max_size=400), st.integers(0, 390))
def test_snippet_keeps_the_first_span_and_its_words(text: str, start: int) -> None:
    span = Span(part="text", start=min(start, len(text)), end=min(start + 4, len(text)))
    cut, moved = parts.snippet(text, [span])
    assert len(cut) <= parts.SNIPPET_LENGTH + 2
    for each in moved:
        wanted = "".join(" " if character.isspace() else character for character in text[span.start : span.end])
        assert cut[each.start : each.end] == wanted
    assert moved or span.end - span.start > parts.SNIPPET_LENGTH


@pytest.mark.parametrize(
    ("ago", "shown"),
    [
        (timedelta(minutes=5), "今天 11:55"),
        (timedelta(hours=13), "昨天 23:00"),
        (timedelta(days=10), "06-06 12:00"),
        (timedelta(days=200), "2025-11-28 12:00"),
    ],
)
def test_clock_says_how_far_back(ago: timedelta, shown: str) -> None:
    assert parts.clock(NOON - ago, NOON) == shown


@pytest.mark.parametrize(
    ("span", "shown"),
    [
        (timedelta(seconds=30), "0 分钟"),
        (timedelta(minutes=5), "5 分钟"),
        (timedelta(hours=3, minutes=20), "3 小时 20 分"),
        (timedelta(days=2, hours=4, minutes=7), "2 天 4 小时"),
        (timedelta(minutes=-5), "0 分钟"),
    ],
)
def test_duration_names_two_units(span: timedelta, shown: str) -> None:
    assert parts.duration(span) == shown


def test_numbers_are_written_one_way() -> None:
    assert (parts.number(12345), parts.percent(0.43), parts.percent(0.043), parts.percent(0.0)) == (
        "12,345",
        "43%",
        "4.3%",
        "0%",
    )


@pytest.mark.parametrize("target", ["/", "/mentions?q=刹车&sentiment=negative", "/alerts/A1?x=//y"])
def test_login_leads_back_to_a_path_of_ours(target: str) -> None:
    assert local_address(target) == target


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/a\\b",
        "javascript:alert(1)",
        "",
        "/\n//evil",
        "x",
    ],
)
def test_login_leads_nowhere_else(target: str) -> None:
    assert local_address(target) == "/"


@given(st.text(max_size=30))
def test_login_never_leaves_this_host(target: str) -> None:
    assert local_address(target).startswith("/")
    assert not local_address(target).startswith(("//", "/\\"))


@pytest.mark.parametrize(
    ("origin", "public_url", "is_own"),
    [
        (None, None, True),
        ("http://pages.example:8080", None, True),
        ("http://evil.example", None, False),
        ("https://public.example", "https://public.example/", True),
        ("null", None, False),
        ("http://pages.example:8081", None, False),
    ],
)
def test_only_our_own_origin_may_ask(origin: str | None, public_url: str | None, is_own: bool) -> None:
    headers = [(b"host", b"pages.example:8080")] + ([(b"origin", origin.encode())] if origin else [])
    connection = HTTPConnection({"type": "websocket", "path": "/", "headers": headers, "query_string": b""})
    assert gate.is_own_origin(connection, public_url) is is_own


def test_address_of_the_search_page_is_read_back() -> None:
    question = Asked(q='"刹车 失灵"', brand="青柠汽车", since="2026-06-10", show="all")
    query = dict(pair.split("=", 1) for pair in question.address().split("?")[1].split("&"))
    assert set(query) == {"q", "brand", "since", "show"}
    assert asked({"q": '"刹车 失灵"', "brand": "青柠汽车", "since": "2026-06-10", "show": "all", "x": "1"}) == question


def test_days_of_the_search_page_are_whole_shanghai_days() -> None:
    filters = Asked(since="2026-06-10", until="2026-06-10", show="excluded").filters()
    assert filters.since is not None and filters.until is not None
    assert filters.until - filters.since == timedelta(days=1)
    assert filters.since.astimezone(SHANGHAI).date() == date(2026, 6, 10)
    assert filters.status == (Status.EXCLUDED,)


def test_a_day_that_is_none_is_refused_in_words() -> None:
    with pytest.raises(InvalidInput, match="2026-02-31"):
        Asked(since="2026-02-31").filters()


def test_another_question_starts_at_its_first_page() -> None:
    assert "cursor" not in Asked(q="刹车", cursor="abc").address(sentiment="negative")
    assert "cursor=abc" in Asked(q="刹车").address(cursor="abc")


def test_trend_chart_is_ordered_and_says_what_it_shows() -> None:
    days = [Day(day=date(2026, 6, day), counts=Sentiments(negative=day, positive=1)) for day in (15, 16)]
    options = chart.trend_options(days, {})
    assert [series["name"] for series in options["series"]] == ["负面", "中性", "正面"]
    assert options["series"][0]["data"] == [15, 16]
    assert "top" in options["legend"] and options["xAxis"]["data"] == ["06-15", "06-16"]
    assert chart.summary(days) == "2 天信息量趋势：共 33 条，其中负面 31 条；最高为 06月16日，17 条"
    assert chart.summary([]) == "没有数据"


def test_days_with_gaps_have_another_ground() -> None:
    days = [Day(day=date(2026, 6, day), counts=Sentiments(negative=day, positive=1)) for day in (15, 16)]
    options = chart.trend_options(days, {date(2026, 6, 16): DayGap(hours=5.5, sources=("论坛",))})
    ground = options["series"][-1]
    assert (ground["name"], ground["data"]) == (chart.GAP_NAME, [None, 5.5])
    assert options["xAxis"][0]["data"] == options["xAxis"][1]["data"]


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_buttons_hold_white_text() -> None:
    for colour in theme.COLOURS.values():
        assert 1.05 / (luminance(colour) + 0.05) >= 4.5, colour


def test_sentiments_have_words_and_colours() -> None:
    assert set(parts.SENTIMENT_LABELS) == set(Sentiment) == set(chart.COLOURS)


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (sources.KINDS, SourceKind),
        (alert.CHANGES, Change),
        (parts.PLATFORM_LABELS, Platform),
        (parts.MENTION_STATUS_LABELS, Status),
    ],
)
def test_whatever_a_page_may_show_has_a_word(labels: Mapping[StrEnum, str], names: type[StrEnum]) -> None:
    assert set(labels) == set(names)
