"""What every engine of ``index.base.MentionIndex`` must answer, and alike; one test class per engine inherits it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from core.errors import InvalidInput
from core.mention import BrandMatch, DatePrecision, Label, Platform, Sentiment, Status, Tier
from index.base import LARGEST_PAGE, Bucket, Dimension, MentionIndex
from index.grammar import MAX_CLAUSES, MAX_DEPTH
from index.query import EVERYTHING, Query, parse
from tests.factories import NOON, a_mention, an_analysis
from tests.integration.index_material import (
    DAY,
    HOUR,
    MINUTE,
    corpus,
    counts,
    marked,
    matches,
    mention,
    number_of,
    numbers,
    queries,
    query,
    store,
)
from tests.integration.index_write_contract import WriteContract


class IndexContract(WriteContract):
    """Inherited by one class per engine, which provides the fixture ``index``: an empty engine with ``tokenise``."""

    # --- lists -------------------------------------------------------------------------------------------------

    def test_an_empty_index_answers(self, index: MentionIndex) -> None:
        page = index.search(query("自燃"))
        assert (page.hits, page.cursor, page.total, page.total_is_exact) == ((), None, 0, True)
        assert index.aggregate(EVERYTHING) == (Bucket(keys=(), count=0),)
        assert index.aggregate(EVERYTHING, by=[Dimension.DAY, Dimension.SENTIMENT]) == ()
        assert list(index.scan(EVERYTHING)) == []
        assert index.get("nobody") is None
        assert index.delete(["nobody"]) == 0
        health = index.health()
        assert (health.is_healthy, health.count) == (True, 0)

    def test_a_mention_comes_back_whole(self, index: MentionIndex) -> None:
        stored = mention(
            1, "刹车 失灵\n<b>😀</b>", title="标题", region="浙江", floor=3, engagement=a_mention().engagement
        )
        store(index, stored)
        assert index.get(stored.id) == stored
        assert index.search(EVERYTHING).hits[0].mention == stored
        assert list(index.scan(EVERYTHING)) == [stored]
        assert index.health().count == 1

    def test_newest_first_and_equal_times_by_order_key(self, index: MentionIndex) -> None:
        store(index, mention(2), mention(3), mention(1), mention(9, at=NOON - HOUR), mention(0, at=NOON + HOUR))
        assert numbers(index) == [0, 3, 2, 1, 9]

    def test_lists_scans_and_counts_span_months(self, index: MentionIndex) -> None:
        store(index, *(mention(number, at=NOON - number * 40 * DAY) for number in range(5)))
        assert numbers(index) == [0, 1, 2, 3, 4]
        assert [number_of(found) for found in index.scan(EVERYTHING)] == [4, 3, 2, 1, 0]
        assert len(counts(index, EVERYTHING, Dimension.DAY)) == 5

    def test_since_is_inclusive_and_until_exclusive(self, index: MentionIndex) -> None:
        store(index, *(mention(number, at=NOON + number * MINUTE) for number in range(4)))
        assert numbers(index, EVERYTHING.where(since=NOON + MINUTE, until=NOON + 3 * MINUTE)) == [2, 1]
        assert counts(index, EVERYTHING.where(since=NOON + MINUTE, until=NOON + 3 * MINUTE)) == {(): 2}
        assert numbers(index, "published:[2026-06-16T12:01 TO 2026-06-16T12:02]") == [2, 1]
        assert numbers(index, "published:[2026-06-16T12:01 TO 2026-06-16T12:02}") == [1]

    def test_times_are_order_times(self, index: MentionIndex) -> None:
        """A publication after it was seen, or none, counts when it was seen."""
        store(index, mention(1, published_at=NOON + DAY), mention(2, published_at=None), mention(3, at=NOON + DAY))
        assert numbers(index, EVERYTHING.where(until=NOON + HOUR)) == [2, 1]

    def test_words_and_operators(self, index: MentionIndex) -> None:
        texts = ("电池起火", "起火电池", "电池\n 起火,鼓包", "电池充电", "刹车异响")
        store(index, *(mention(number, text) for number, text in enumerate(texts, start=1)))
        expected = {
            "电池 起火": [3, 2, 1],
            '"电池起火"': [3, 1],
            "电池起火": [3, 1],
            '"起火电池"': [2],
            "电池 AND NOT 起火": [4],
            "电池 -起火": [4],
            "刹车 OR 充电": [5, 4],
            "(刹车 或 电池) 和 充电": [4],
            "NOT 电池": [5],
            "非 (刹车 OR 起火)": [4],
            "电池 NOT (充电 OR 鼓包)": [2, 1],
            "没有的词": [],
            "电池 没有的词": [],
            "brand:青柠汽车 起火 OR 充电": [4, 3, 2, 1],
            "起火 OR source:车友会": [5, 4, 3, 2, 1],
        }
        assert {asked: numbers(index, asked) for asked in expected} == expected

    def test_a_phrase_does_not_run_from_title_into_text(self, index: MentionIndex) -> None:
        store(index, mention(1, "起火", title="电池"), mention(2, "无关", title="电池起火"))
        assert numbers(index, '"电池起火"') == [2]
        assert numbers(index, "电池 起火") == [2, 1]

    def test_case_width_and_traditional_forms_are_folded(self, index: MentionIndex) -> None:
        store(index, mention(1, "Ｔesla 的電池 É Σίσυφος"), mention(2, "别的 e"))
        asked = ("TESLA", "ｔｅｓｌａ", "Tesla 電池", "电池", "ΣΊΣΥΦΟΣ", "é", "É")
        assert {one: numbers(index, one) for one in asked} == dict.fromkeys(asked, [1])

    def test_symbols_are_found(self, index: MentionIndex) -> None:
        text = "C++ 真难😀#话题# 见 https://A.example/x?y=1 打折50% ‘“ 👨‍👩‍👧[微笑]"
        store(index, mention(1, text), mention(2, "C# 题话 example.a 50"))
        words = ("😀", "C++", "#话题#", "话题", "https://a.example/x?y=1", '"a.example"', "50%", "👨‍👩‍👧", "[微笑]")
        asked = (*words, '"‘“"')
        assert {one: numbers(index, one) for one in asked} == dict.fromkeys(asked, [1])

    def test_every_kind_of_white_space_only_separates(self, index: MentionIndex) -> None:
        blanks = " \u3000\u00a0\u2028\t\x00\x1f\x85\u180e"
        store(index, *(mention(number, f"ab{blank}cd{blank}{blank}") for number, blank in enumerate(blanks)))
        assert len(numbers(index, "ab")) == len(blanks)
        assert len(numbers(index, '"ab cd"')) == len(blanks)
        assert numbers(index, "abcd") == []

    def test_odd_characters_are_tokens(self, index: MentionIndex) -> None:
        odd = "\ue000\U000f0000\ufffe\u0378\u200b\u0301\U0010ffff"
        store(index, *(mention(number, f"前{char}后") for number, char in enumerate(odd)))
        assert [numbers(index, f'"前{char}后"') for char in odd] == [[number] for number in range(len(odd))]
        assert numbers(index, "前后") == []

    def test_very_long_tokens_and_texts(self, index: MentionIndex) -> None:
        store(index, mention(1, "x" * 1000 + " " + "字" * 20_000 + "尾"), mention(2, "x" * 999))
        assert numbers(index, "x" * 1000) == [1]
        assert numbers(index, "字尾") == [1]

    def test_the_largest_queries_are_answered(self, index: MentionIndex) -> None:
        store(index, mention(1, "词"))
        depth = MAX_DEPTH // 2
        for asked in (
            " OR ".join(f"词{number}" for number in range(MAX_CLAUSES - 2)) + " OR 词",
            "词 -" + " -".join(f"词{number}" for number in range(MAX_CLAUSES // 2 - 2)),
            "(词 OR (乙 " * depth + ")" * 2 * depth,
            "(甲 (source:车友会 OR (词 (risk:安全 OR " + "(词 OR (source:车友会 " * (depth - 2) + ")" * 2 * depth,
        ):
            assert numbers(index, asked) == ([] if asked.startswith("(甲") else [1])

    # --- fields and what is shown ------------------------------------------------------------------------------

    def test_brands_are_asked_by_name_not_by_words(self, index: MentionIndex) -> None:
        store(
            index,
            mention(1, "青柠汽车", analysis=an_analysis(brands=())),
            mention(2, "没有提到", analysis=an_analysis(brands=("青柠汽车",))),
            mention(3, "两个", analysis=an_analysis(brands=("青柠汽车", "蓝鲸汽车"))),
        )
        assert numbers(index, "brand:青柠汽车") == [3, 2]
        assert numbers(index, "青柠汽车") == [1]
        assert numbers(index, "brand:没有的品牌") == []
        assert numbers(index, "NOT brand:没有的品牌") == [3, 2, 1]
        assert numbers(index, EVERYTHING.where(brand=["蓝鲸汽车", "没有的品牌"])) == [3]
        assert numbers(index, EVERYTHING.where(brand=[])) == []
        assert counts(index, EVERYTHING, Dimension.BRAND) == {("青柠汽车",): 2, ("蓝鲸汽车",): 1}

    def test_each_field(self, index: MentionIndex) -> None:
        analysis = an_analysis(Sentiment.POSITIVE, story="s1", risks=(Label(name="安全"), Label(name="价格")))
        values: dict[str, Any] = {"source": "新闻站", "platform": Platform.NEWS, "author": "张三", "analysis": analysis}
        store(index, mention(1, tier=Tier.A, date_precision=DatePrecision.DAY, **values), mention(2, author=None))
        asked = (
            "source:新闻站",
            "platform:新闻",
            "sentiment:正面",
            "story:s1",
            "author:张三",
            "risk:安全",
            "tier:A",
            "burst:否",
            'author:"张三" platform:(news OR blog)',
            "NOT burst:true",
            "NOT author:李四 NOT story:s2 source:新闻站",
        )
        assert {one: numbers(index, one) for one in asked} == dict.fromkeys(asked, [1])
        assert {one: numbers(index, f"NOT ({one})") for one in asked} == dict.fromkeys(asked, [2])

    def test_a_mention_without_analysis_is_found_and_counts_nowhere(self, index: MentionIndex) -> None:
        store(index, mention(1, "原文", analysis=None, author=""))
        assert numbers(index, "原文 NOT sentiment:负面 NOT brand:青柠汽车 NOT author:张三") == [1]
        assert counts(index, EVERYTHING, Dimension.SENTIMENT) == {}
        assert counts(index, EVERYTHING, Dimension.AUTHOR) == {}
        assert counts(index) == {(): 1}

    def test_deleted_and_excluded_are_hidden_unless_asked_for(self, index: MentionIndex) -> None:
        ruled_out = (BrandMatch(brand="青柠汽车", alias="青柠", excluded_by="青柠汽水"),)
        store(
            index,
            mention(1, "词"),
            mention(2, "词", status=Status.CHANGED),
            mention(3, "词", status=Status.DELETED),
            mention(4, "词", status=Status.EXCLUDED, analysis=replace(an_analysis(), brands=ruled_out)),
        )
        assert numbers(index) == numbers(index, "词") == numbers(index, "brand:青柠汽车") == [2, 1]
        assert numbers(index, "词 status:已排除") == [4]
        assert numbers(index, "brand:青柠汽车 status:excluded") == []
        assert numbers(index, EVERYTHING.where(status=["deleted", "live"])) == [3, 1]
        assert counts(index, EVERYTHING.where(brand="青柠汽车"), Dimension.DAY) == {("2026-06-16",): 2}
        assert counts(index) == {(): 2}
        assert [number_of(found) for found in index.scan(EVERYTHING)] == [1, 2]

    def test_bursts_count_precise_and_fresh_mentions_only(self, index: MentionIndex) -> None:
        store(
            index,
            mention(1),
            mention(2, date_precision=DatePrecision.DAY),
            mention(3, at=NOON - 3 * DAY, seen_at=NOON),
            mention(4, published_at=None),
        )
        assert numbers(index, EVERYTHING.where(counts_in_bursts=True)) == [1]
        assert numbers(index, EVERYTHING.where(counts_in_bursts=False)) == [4, 2, 3]

    # --- paging ------------------------------------------------------------------------------------------------

    def test_pages_lose_and_repeat_nothing_while_writes_go_on(self, index: MentionIndex) -> None:
        store(index, *(mention(number, "词", at=NOON + number * MINUTE) for number in range(10)))
        asked, seen, cursor = query("词"), list[int](), None
        for step in range(4):
            page = index.search(asked, limit=3, cursor=cursor)
            seen += [number_of(hit.mention) for hit in page.hits]
            cursor = page.cursor
            newer = mention(100 + step, "词", at=NOON + DAY)
            store(index, newer, mention(9, "词", at=NOON + 9 * MINUTE, revision=step + 2))
        assert cursor is None
        assert seen == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]

    def test_the_last_page_has_no_cursor(self, index: MentionIndex) -> None:
        store(index, *(mention(number) for number in range(4)))
        page = index.search(EVERYTHING, limit=2)
        assert page.cursor is not None
        assert index.search(EVERYTHING, limit=2, cursor=page.cursor).cursor is None
        assert index.search(EVERYTHING, limit=2, cursor=page.cursor).total == 4

    def test_a_cursor_belongs_to_its_query_but_survives_a_moving_window(self, index: MentionIndex) -> None:
        store(index, *(mention(number, "词") for number in range(3)))
        cursor = index.search(parse("词 published:[now-7d TO now]", now=NOON), limit=2).cursor
        later = parse("词 published:[now-7d TO now]", now=NOON + HOUR)
        assert [number_of(hit.mention) for hit in index.search(later, cursor=cursor).hits] == [0]
        for asked in (query("别的"), EVERYTHING, later.where(brand="青柠汽车")):
            with pytest.raises(InvalidInput, match="不属于"):
                index.search(asked, cursor=cursor)

    def test_broken_cursors_and_odd_page_sizes_are_refused(self, index: MentionIndex) -> None:
        for cursor in ("", "?", "垃圾", "AAAA", "LjE"):
            with pytest.raises(InvalidInput, match="翻页标记"):
                index.search(EVERYTHING, cursor=cursor)
        for limit in (0, -1, LARGEST_PAGE + 1):
            with pytest.raises(InvalidInput, match="每页条数"):
                index.search(EVERYTHING, limit=limit)

    def test_large_totals_are_capped_and_say_so(self, index: MentionIndex, monkeypatch: pytest.MonkeyPatch) -> None:
        for engine in ("embedded", "elastic"):
            monkeypatch.setattr(f"index.{engine}.COUNTED_AT_MOST", 3)
        totals = []
        for number in range(5):
            store(index, mention(number, "词"))
            page = index.search(query("词"), limit=1)
            totals.append((page.total, page.total_is_exact))
        assert totals == [(1, True), (2, True), (3, True), (3, False), (3, False)]
        assert counts(index, query("词")) == {(): 5}

    # --- counts ------------------------------------------------------------------------------------------------

    def test_days_and_hours_are_shanghais(self, index: MentionIndex) -> None:
        midnight = datetime(2026, 6, 15, 16, tzinfo=UTC)
        times = (midnight - MINUTE, midnight, midnight + HOUR - MINUTE, midnight + DAY - MINUTE)
        store(index, *(mention(number, at=at) for number, at in enumerate(times)))
        days = (Bucket(keys=("2026-06-15",), count=1), Bucket(keys=("2026-06-16",), count=3))
        for asked in (EVERYTHING, EVERYTHING.where(brand="青柠汽车"), EVERYTHING.where(since=midnight - DAY)):
            assert index.aggregate(asked, by=[Dimension.DAY]) == days
        hours = {"2026-06-15T23": 1, "2026-06-16T00": 2, "2026-06-16T23": 1}
        assert counts(index, EVERYTHING, Dimension.HOUR) == {(key,): count for key, count in hours.items()}
        only = EVERYTHING.where(brand="青柠汽车", since=midnight, until=midnight + DAY)
        assert index.aggregate(only, by=[Dimension.DAY]) == days[1:]
        assert counts(index, only.where(platform="forum"), Dimension.DAY, Dimension.SENTIMENT) == {
            ("2026-06-16", "negative"): 3
        }

    def test_buckets_come_most_first_then_by_key_and_are_cut(self, index: MentionIndex) -> None:
        sources = ("乙", "甲", "丙", "甲", "丙", "甲")
        store(index, *(mention(number, source=source) for number, source in enumerate(sources)))
        buckets = index.aggregate(EVERYTHING, by=[Dimension.SOURCE])
        assert [(bucket.keys, bucket.count) for bucket in buckets] == [(("甲",), 3), (("丙",), 2), (("乙",), 1)]
        assert index.aggregate(EVERYTHING, by=[Dimension.SOURCE], limit=2) == buckets[:2]
        assert index.aggregate(EVERYTHING.where(source="丁"), by=[Dimension.SOURCE]) == ()

    def test_every_dimension_and_several_at_once(self, index: MentionIndex) -> None:
        analysis = an_analysis(brands=("甲", "乙"), story="s", risks=(Label(name="安全"), Label(name="价格")))
        store(index, mention(1, analysis=analysis), mention(2, analysis=an_analysis(Sentiment.NEUTRAL, brands=("甲",))))
        expected = {
            Dimension.BRAND: {"甲": 2, "乙": 1},
            Dimension.SOURCE: {"车友会": 2},
            Dimension.PLATFORM: {"forum": 2},
            Dimension.SENTIMENT: {"negative": 1, "neutral": 1},
            Dimension.STORY: {"s": 1},
            Dimension.AUTHOR: {"车主1": 1, "车主2": 1},
            Dimension.TIER: {"C": 2},
            Dimension.RISK: {"安全": 1, "价格": 1},
            Dimension.HOUR: {"2026-06-16T12": 2},
            Dimension.DAY: {"2026-06-16": 2},
        }
        for dimension in Dimension:
            assert counts(index, EVERYTHING, dimension) == {(key,): n for key, n in expected[dimension].items()}
        both = counts(index, EVERYTHING, Dimension.BRAND, Dimension.RISK, Dimension.SENTIMENT)
        assert both == {(brand, risk, "negative"): 1 for brand in ("甲", "乙") for risk in ("安全", "价格")}
        assert counts(index, EVERYTHING.where(brand="甲"), Dimension.BRAND) == {("甲",): 2, ("乙",): 1}

    # --- highlights --------------------------------------------------------------------------------------------

    def test_highlights_are_spans_of_the_original(self, index: MentionIndex) -> None:
        store(index, mention(1, "他说😀：ＴＥＳＬＡ的電池　起火了，电池又起火。", title="電池！"))
        assert marked(index, "tesla 电池") == [
            ("title", "電池"),
            ("text", "ＴＥＳＬＡ"),
            ("text", "電池"),
            ("text", "电池"),
        ]
        assert marked(index, '"电池起火"') == [("text", "電池　起火")]
        assert marked(index, "起火了 OR 没有 NOT 充电") == [("text", "起火了")]
        assert marked(index, "电 OR 池") == marked(index, "电池")
        assert marked(index, "source:车友会") == []

    # --- anything ----------------------------------------------------------------------------------------------

    def test_random_queries_equal_a_naive_filter(self, index: MentionIndex) -> None:
        stored = list(corpus())
        store(index, *stored)

        @settings(max_examples=80, suppress_health_check=list(HealthCheck), database=None)
        @given(queries())
        def check(asked: Query) -> None:
            expected = [found for found in stored if matches(asked.effective, found)]
            assert numbers(index, asked) == [number_of(found) for found in reversed(expected)]
            assert [number_of(found) for found in index.scan(asked)] == [number_of(found) for found in expected]
            assert sum(counts(index, asked, Dimension.SENTIMENT).values()) == len(expected)

        check()
