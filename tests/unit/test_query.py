"""The search grammar, its canonical spelling, and narrowing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput, InvalidQuery
from index.grammar import MAX_CLAUSES, MAX_DEPTH, MAX_LENGTH
from index.node import Everything, Field, Node, Words, all_of, any_of, negated, one_of, period, walk
from index.query import EVERYTHING, SHOWN, Query, cursor_after, order_key_of, parse

NOW = datetime(2026, 6, 16, 6, 0, 30, tzinfo=UTC)
MINUTE = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)


def node(text: str) -> Node:
    return parse(text, now=NOW).node


A, B, C = Words("甲"), Words("乙"), Words("丙")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Everything()),
        (" \n　", Everything()),
        ("甲", A),
        ("甲 乙 丙", all_of([A, B, C])),
        ("甲 AND 乙 和 丙", all_of([A, B, C])),
        ("甲 OR 乙 或 丙", any_of([A, B, C])),
        ("甲 OR 乙 丙", any_of([A, all_of([B, C])])),
        ("(甲 OR 乙) 丙", all_of([any_of([A, B]), C])),
        ("（甲 或 乙）丙", all_of([any_of([A, B]), C])),
        ("甲 -乙", all_of([A, negated(B)])),
        ("甲 NOT 乙", all_of([A, negated(B)])),
        ("甲 AND 非 乙", all_of([A, negated(B)])),
        ("甲 -(乙 丙)", all_of([A, negated(all_of([B, C]))])),
        ("NOT NOT 甲", A),
        ('"甲 乙"', Words("甲 乙")),
        ("“甲 乙”", Words("甲 乙")),
        (r'"甲\"乙\\"', Words('甲"乙\\')),
        ('"和" "OR"', all_of([Words("和"), Words("OR")])),
        ("和平 非常 或许 ANDROID", all_of([Words("和平"), Words("非常"), Words("或许"), Words("ANDROID")])),
        ("and or not", all_of([Words("and"), Words("or"), Words("not")])),
        ("C++ a-b 12:30", all_of([Words("C++"), Words("a-b"), Words("12:30")])),
        ("#话题# [微笑] 😀", all_of([Words("#话题#"), Words("[微笑]"), Words("😀")])),
        ("https://a.example/x?y=1", Words("https://a.example/x?y=1")),
        ("'; DROP", all_of([Words("';"), Words("DROP")])),
        ("brand:青柠汽车", one_of(Field.BRAND, ["青柠汽车"])),
        ("品牌：青柠汽车", one_of(Field.BRAND, ["青柠汽车"])),
        ('BRAND: "青柠 汽车"', one_of(Field.BRAND, ["青柠 汽车"])),
        ("source:(甲 OR 乙 丙)", one_of(Field.SOURCE, ["丙", "乙", "甲"])),
        (
            "sentiment:负面 平台:微博",
            all_of([one_of(Field.SENTIMENT, ["negative"]), one_of(Field.PLATFORM, ["weibo"])]),
        ),
        ("-status:已排除", negated(one_of(Field.STATUS, ["excluded"]))),
        ("burst:是 tier:s", all_of([one_of(Field.BURST, ["true"]), one_of(Field.TIER, ["S"])])),
        ("published:[now-7d TO now]", period(MINUTE - timedelta(days=7), MINUTE + timedelta(minutes=1))),
        ("published:[now-2h TO now}", period(MINUTE - timedelta(hours=2), MINUTE)),
        ("published:[* TO *]", Everything()),
        (
            "published:2026-06-16",
            period(datetime(2026, 6, 15, 16, tzinfo=UTC), datetime(2026, 6, 16, 16, tzinfo=UTC)),
        ),
        (
            "published:[2026-06-01 TO 2026-06-16T14:00:05+08:00]",
            period(datetime(2026, 5, 31, 16, tzinfo=UTC), datetime(2026, 6, 16, 6, 0, 6, tzinfo=UTC)),
        ),
        ("published:[2026-06-01T08:00Z TO *]", period(datetime(2026, 6, 1, 8, tzinfo=UTC), None)),
    ],
)
def test_what_a_text_means(text: str, expected: Node) -> None:
    assert node(text) == expected


@pytest.mark.parametrize(
    ("text", "position", "hint"),
    [
        ("(甲", 2, "不完整"),
        ("甲 OR", 4, "不完整"),
        ("甲 AND ", 6, "不完整"),
        ("brand:", 6, "不完整"),
        ("published:[now-7d TO", 20, "不完整"),
        ("甲)", 1, "括号"),
        ("()", 1, "括号"),
        ('甲 "乙', 2, "引号没有配对"),
        ("“甲", 0, "引号没有配对"),
        ('甲 ""', 2, "没有检索词"),
        ('" \t"', 0, "没有检索词"),
        ("OR 甲", 0, "“OR”前后"),
        ("甲 OR 或 乙", 5, "“或”前后"),
        ("甲 foo:乙", 2, "没有名为“foo”的字段"),
        ("甲 sentiment:坏", 12, "sentiment 没有“坏”"),
        ("status:(live 坏)", 13, "status 没有“坏”"),
        ("published:昨天", 10, "时间请写成"),
        ("published:[now TO 明天]", 18, "时间请写成"),
        ("published:[2026-13-01 TO now]", 11, "没有“2026-13-01”"),
        ("published:9999-12-31T23:59Z", 10, "没有“9999-12-31T23:59Z”"),
        ("published:now-999999w", 10, "没有“now-999999w”"),
        ("甲" * (MAX_LENGTH + 1), MAX_LENGTH, "太长"),
        ("甲 " * MAX_CLAUSES, 0, "太复杂"),
        ("(甲 OR (乙 " * MAX_DEPTH + ")" * 2 * MAX_DEPTH, 0, "太深"),
        ("(甲 OR (乙 " * 600 + ")" * 1200, 0, "太深"),
    ],
)
def test_errors_name_the_place(text: str, position: int, hint: str) -> None:
    with pytest.raises(InvalidQuery, match=hint) as caught:
        node(text)
    assert caught.value.position == position


def test_the_largest_query_is_read() -> None:
    assert len(list(walk(node("甲 " * (MAX_CLAUSES - 1))))) == MAX_CLAUSES
    deep = node("(甲 OR (乙 " * (MAX_DEPTH // 2) + ")" * 2 * (MAX_DEPTH // 2))
    assert max(depth for _, depth in walk(deep)) <= MAX_DEPTH


_WORDS = st.text(min_size=1, max_size=6).filter(lambda text: not text.isspace() and text.isprintable())
_VALUES = {Field.SENTIMENT: st.sampled_from(["negative", "neutral"]), Field.STATUS: st.just("deleted")}
_FIELDS = [Field.BRAND, Field.SOURCE, Field.AUTHOR, Field.ID, *_VALUES]
_MOMENTS = st.none() | st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
_LEAVES = st.one_of(
    _WORDS.map(Words),
    st.sampled_from(_FIELDS).flatmap(
        lambda field: st.lists(_VALUES.get(field, st.text(max_size=5)), max_size=3).map(
            lambda some: one_of(field, some)
        )
    ),
    st.tuples(_MOMENTS, _MOMENTS).map(lambda bounds: period(*bounds)),
)
NODES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map(all_of),
        st.lists(inner, min_size=1, max_size=4).map(any_of),
        inner.map(negated),
    ),
    max_leaves=12,
)


@given(NODES.map(Query))
def test_the_canonical_text_parses_back_to_the_same_query(query: Query) -> None:
    again = parse(str(query), now=NOW)
    assert again == query
    assert again.digest == query.digest


@given(st.text(max_size=40) | st.text(alphabet='甲 ()"“”-:[]*ANDORT和或非brandpublished：', max_size=40))
def test_any_text_is_a_query_or_an_error_inside_the_text(text: str) -> None:
    try:
        query = parse(text, now=NOW)
    except InvalidQuery as error:
        assert 0 <= error.position <= len(text)
    else:
        assert parse(str(query), now=NOW) == query


@pytest.mark.parametrize(
    ("since", "spelled"),
    [
        (datetime(2026, 6, 15, 16, tzinfo=UTC), "published:[2026-06-16T00:00+08:00 TO *}"),
        (datetime(2026, 6, 15, 16, 0, 5, tzinfo=UTC), "published:[2026-06-16T00:00:05+08:00 TO *}"),
        (datetime(2026, 6, 15, 16, 0, 0, 7, tzinfo=UTC), "published:[2026-06-16T00:00:00.000007+08:00 TO *}"),
        (datetime(1988, 6, 15, 16, tzinfo=UTC), "published:[1988-06-16T00:00+08:00 TO *}"),
        (datetime(9999, 12, 31, 20, tzinfo=UTC), "published:[9999-12-31T20:00+00:00 TO *}"),
    ],
)
def test_times_are_spelled_as_people_in_shanghai_read_them(since: datetime, spelled: str) -> None:
    query = EVERYTHING.where(since=since)
    assert str(query) == spelled
    assert parse(spelled, now=NOW) == query


def test_where_narrows() -> None:
    since, until = MINUTE - timedelta(days=1), MINUTE
    narrowed = parse("甲 OR 乙", now=NOW).where(
        brand="青柠", source=["b", "a"], sentiment="负面", counts_in_bursts=True, since=since, until=until
    )
    assert narrowed == parse(
        "(甲 OR 乙) brand:青柠 source:(a OR b) sentiment:negative burst:true"
        " published:[2026-06-15T06:00:00.000000Z TO 2026-06-16T06:00:00.000000Z}",
        now=NOW,
    )
    assert EVERYTHING.where() == EVERYTHING
    assert str(EVERYTHING) == ""
    assert EVERYTHING.where(platform="微博") == parse("platform:weibo", now=NOW)
    with pytest.raises(InvalidInput, match="sentiment"):
        EVERYTHING.where(sentiment="坏")


@pytest.mark.parametrize("text", ["", "甲", "甲 OR sentiment:负面"])
def test_hidden_mentions_are_left_out_unless_a_status_is_named(text: str) -> None:
    query = parse(text, now=NOW)
    assert query.effective == all_of([query.node, SHOWN])
    for named in (query.where(status="live"), parse(f"({text or '甲'}) OR -status:excluded", now=NOW)):
        assert named.effective == named.node


def test_digests_tell_questions_apart_but_not_periods() -> None:
    texts = ["", "甲", "乙", "甲 乙", "甲 OR 乙", "-甲", "brand:甲", "source:甲"]
    assert len({parse(text, now=NOW).digest for text in texts}) == len(texts)
    moving = "甲 published:[now-7d TO now]"
    later = NOW + timedelta(hours=1)
    assert parse(moving, now=NOW).digest == parse(moving, now=later).digest
    assert parse(moving, now=NOW) != parse(moving, now=later)


@given(st.integers(0, 2**63 - 1))
def test_cursors_come_back(order_key: int) -> None:
    query = parse("甲", now=NOW)
    assert order_key_of(query, cursor_after(query, order_key)) == order_key


@given(st.text(max_size=40))
def test_foreign_cursors_are_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput, match="翻页标记"):
        order_key_of(EVERYTHING, cursor)
