"""Identity of pages, and the mention made of what was read."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import SourceChanged
from core.mention import DatePrecision, Kind, from_json, mention_id, to_json
from crawler.definition import from_definition
from crawler.extract.dates import Published, parse
from crawler.items import Reading, build, identity

NOW = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)
SOURCE = from_definition({"name": "晨报", "kind": "feed", "url": "https://news.example/rss", "platform": "news"})
PAGE = "http://news.example/2026/a-17.html?from=list"


@pytest.mark.parametrize(
    ("url", "declared", "expected"),
    [
        (PAGE, "", PAGE),
        (PAGE, "http://news.example/2026/a-17.html", "http://news.example/2026/a-17.html"),
        (PAGE, "/2026/a-17.html#top", "http://news.example/2026/a-17.html"),
        (PAGE, "https://news.example/2026/a-17.html", "https://news.example/2026/a-17.html"),
        ("http://bbs.example/view?tid=9&x=y", "/thread-9-1-1.html", "http://bbs.example/thread-9-1-1.html"),
        ("http://a.example/about?from=top", "/top/about", "http://a.example/top/about"),
        # another host, a front page, a folder, a page that drops what tells this one from its neighbours
        (PAGE, "https://m.example/2026/a-17.html", PAGE),
        (PAGE, "http://news.example:8080/2026/a-17.html", PAGE),
        (PAGE, "http://news.example/", PAGE),
        (PAGE, "http://news.example", PAGE),
        (PAGE, "http://news.example/?p=2026-17", PAGE),
        (PAGE, "/2026", PAGE),
        (PAGE, "/2026/", PAGE),
        (PAGE, "/2026/a-18.html", PAGE),
        ("http://a.example/view?id=1", "http://a.example/view", "http://a.example/view?id=1"),
        ("http://a.example/view?name=foo", "http://a.example/view", "http://a.example/view?name=foo"),
        ("http://a.example/a/17_2.html", "http://a.example/a/17.html", "http://a.example/a/17_2.html"),
        (PAGE, "javascript:void(0)", PAGE),
        (PAGE, "http://[broken", PAGE),
    ],
)
def test_declared_address_counts_only_for_the_same_page(url: str, declared: str, expected: str) -> None:
    assert identity(url, declared) == expected


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.text("ab/.-:?=&#%", max_size=20))
def test_numbered_pages_never_fold_into_one(one: int, two: int, declared: str) -> None:
    first, second = (identity(f"http://a.example/{n}.html", declared) for n in (one, two))
    assert (first == second) == (one == two)


def test_mention_has_the_source_s_properties_and_the_page_s_words() -> None:
    reading = Reading(
        url=PAGE,
        title="标题",
        text="正文",
        author="陈晓",
        published=parse("2026-06-15", now=datetime(2026, 6, 16, tzinfo=UTC)),
        charset="utf-8",
    )
    mention = build(reading, SOURCE, seen_at=NOW)
    assert (mention.id, mention.canonical_url) == (mention_id(PAGE), PAGE)
    assert (mention.source, mention.seen_by, mention.platform) == ("晨报", ("晨报",), "news")
    assert (mention.author, mention.date_precision, mention.seen_at) == ("陈晓", "day", NOW)
    assert (mention.kind, mention.language, mention.thread_id) == ("article", "zh", None)


def test_a_floor_says_what_it_is_itself() -> None:
    reading = Reading(url=PAGE, text="x", kind=Kind.REPLY, thread_id="tid7", floor=3, author_id="88", language="en")
    plain, hashed = (build(reading, SOURCE, seen_at=NOW, author_key=key) for key in (None, "k"))
    assert (plain.kind, plain.thread_id, plain.floor, plain.language) == ("reply", "tid7", 3, "en")
    assert plain.author_id == "88" and hashed.author_id not in ("88", None), "kept as a hash, not dropped"


def test_native_id_decides_where_there_is_one() -> None:
    one, two = (build(Reading(url=PAGE, native_id=n, text="x"), SOURCE, seen_at=NOW).id for n in ("1", "2"))
    assert one != two


def test_author_is_hashed_with_a_key() -> None:
    names = [
        build(Reading(url=PAGE, text="x", author=author), SOURCE, seen_at=NOW, author_key=key).author
        for author, key in [("陈晓", "k"), ("陈晓", "k"), ("陈晓", "other"), ("李明", "k"), ("", "k")]
    ]
    assert names[0] == names[1]
    assert len(set(names)) == 4 and names[4] is None and "陈晓" not in names


def test_nothing_read_is_no_mention() -> None:
    with pytest.raises(SourceChanged):
        build(Reading(url=PAGE), SOURCE, seen_at=NOW)


@pytest.mark.parametrize("year", [1, 1969, 2286, 9999])
def test_a_time_that_no_store_can_print_does_not_cost_the_mention(year: int) -> None:
    moment = datetime(year, 12 if year > NOW.year else 1, 31, 23, 30, tzinfo=UTC)
    reading = Reading(url=PAGE, title="标题", published=Published(moment, DatePrecision.SECOND))
    mention = build(reading, SOURCE, seen_at=NOW)
    assert from_json(to_json(mention)).published_at is None
