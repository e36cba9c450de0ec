"""Hot lists over real HTTP: pages by selectors or by their numbers, JSON; one mention per entry, one rank per look."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from core import inbox
from core.mention import Platform
from crawler import hotlist
from crawler.hotlist import Look, Ranked, Stay
from tests.conftest import Clock
from tests.integration.crawl_site import Answer, Crawls, Site, article, links

NOW = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)
HOSTILE = "<img src=x onerror=alert(1)>\u0000刹车"


@pytest.fixture
def crawls(tmp_path, clock: Clock) -> Iterator[Crawls]:
    clock.now = NOW
    opened = Crawls(tmp_path, clock)
    yield opened
    opened.database.close()


def board(*entries: tuple[str, str, str]) -> bytes:
    rows = (f"<tr><td>{n}</td><td><a href='{url}'>{title}</a></td><td class='hot'>{heat}</td></tr>"
            for n, (title, url, heat) in enumerate(entries, 1))  # fmt: skip
    return f"<html><body><h1>热榜</h1><table>{''.join(rows)}</table></body></html>".encode()


def lay_out(site: Site, crawls: Crawls) -> None:
    """Three lists, and the article that one entry leads to."""
    first = [("青柠汽车刹车失灵", "/topic/1", "312.5万"), ("高考成绩公布", "/topic/2", "88,301"), ("暴雨", "/3", "")]
    rest = [("赛事", "/4", "9"), ("演唱会", "/5", "8"), ("电影", "/6", "7")]
    selectors = {"item": "tr", "title": "a", "heat": ".hot"}
    crawls.add("网页榜", kind="hotlist", url=site.url("/board"), selectors=selectors)
    crawls.add("数字榜", kind="hotlist", url=site.url("/plain"))
    crawls.add("接口榜", kind="hotlist", url=site.url("/api"), json={"items": "data", "title": "word", "heat": "hot"})
    crawls.add(
        "新闻", kind="listing", url=site.url("/list"), selectors={"item": ".list li", "title": "h1", "text": ".body"}
    )
    site.answers["/board"] = [Answer(board(*first)), Answer(board(first[1], first[0], first[0], ("新条目", "/7", "1")))]
    site.answers["/plain"] = Answer(board(*first, *rest))
    data = {"data": [{"word": "无链接 的话题", "hot": 5}, {"word": HOSTILE}, {"word": "无链接的话题"}]}
    site.answers["/api"] = Answer(json.dumps(data).encode(), content_type="application/json")
    site.page("/list", links("/topic/1"))
    site.page("/topic/1", article("青柠汽车刹车失灵", "<p>车主反映刹车变软。</p>"))


def standing(crawls: Crawls, source: str) -> list[tuple[int, str, int | None, int | None]]:
    """Rank, title, heat, change of the current list."""
    with crawls.database.read() as connection:
        stays = [stay for stay in hotlist.current(connection) if stay.source == source]
        mentions = inbox.known(connection, [stay.mention_id for stay in stays])
    return [(stay.rank, mentions[stay.mention_id].title, stay.heat, stay.change) for stay in stays]


def test_lists_in_three_forms_become_mentions_once_and_ranks_at_every_look(site: Site, crawls: Crawls) -> None:
    lay_out(site, crawls)
    results = crawls.run("网页榜", "数字榜", "接口榜").results
    assert [results[name]["error_code"] for name in ("网页榜", "数字榜", "接口榜")] == [None] * 3
    assert standing(crawls, "网页榜") == [
        (1, "青柠汽车刹车失灵", 3_125_000, None), (2, "高考成绩公布", 88_301, None), (3, "暴雨", None, None),
    ]  # fmt: skip
    assert [row[:3] for row in standing(crawls, "数字榜")][3:] == [(4, "赛事", 9), (5, "演唱会", 8), (6, "电影", 7)]
    assert [row[0] for row in standing(crawls, "接口榜")] == [1, 2], "spaces do not make another entry"
    with crawls.database.read() as connection:
        stored = {mention.title: mention for mention in inbox.scan(connection)}
    assert len(stored) == 8, "one mention per entry, on however many lists"
    entry = stored["青柠汽车刹车失灵"]
    assert (entry.url, entry.platform) == (site.url("/topic/1"), Platform.HOTLIST)
    assert set(entry.seen_by) == {"网页榜", "数字榜"}
    crawls.clock.advance(minutes=10)
    again = crawls.run("网页榜", "新闻").results
    assert (again["网页榜"]["new"], again["网页榜"]["repeated"], again["新闻"]["new"]) == (1, 2, 1)
    assert standing(crawls, "网页榜") == [
        (1, "高考成绩公布", 88_301, 1), (2, "青柠汽车刹车失灵", 3_125_000, -1), (3, "新条目", 1, None),
    ]  # fmt: skip
    with crawls.database.read() as connection:
        (stay,) = [each for each in hotlist.of_mention(connection, entry.id) if each.source == "网页榜"]
    assert (stay.entered_at, stay.left_at, stay.best_rank, stay.best_at) == (NOW, None, 1, NOW)


def test_stays_end_begin_anew_after_a_day_and_go_with_their_mention(site: Site, crawls: Crawls) -> None:
    site.answers["/board"] = Answer(board(("甲", "/1", ""), ("乙", "/2", "")))
    crawls.add("榜", kind="hotlist", url=site.url("/board"), selectors={"item": "tr", "title": "a"})
    crawls.run("榜")
    with crawls.database.write() as connection:
        names = {mention.title: mention.id for mention in inbox.scan(connection)}
        a, b = names["甲"], names["乙"]

        def look(hours: int, *entries: tuple[str, int]) -> None:
            ranked = tuple(Ranked(mention_id=name, rank=rank) for name, rank in entries)
            given = Look(source="榜", at=NOW + timedelta(hours=hours), entries=ranked)
            hotlist.keep(connection, [given, given])

        def stays(mention_id: str) -> list[tuple[int, int | None, int]]:
            def hours(at: datetime | None) -> int | None:
                return None if at is None else round((at - NOW) / timedelta(hours=1))

            found: tuple[Stay, ...] = hotlist.of_mention(connection, mention_id)
            return [(hours(each.entered_at) or 0, hours(each.left_at), each.best_rank) for each in found]

        look(1, (b, 1), ("forgotten", 2))
        assert stays(a) == [(0, 1, 1)]
        look(20, (a, 4), (b, 1))
        assert stays(a) == [(0, None, 1)], "away for less than a day"
        look(40, (b, 1))
        look(45, (a, 2))
        assert stays(a) == [(45, None, 2), (0, 40, 1)]
        assert stays(b) == [(0, 45, 1)]
        assert [stay.mention_id for stay in hotlist.current(connection)] == [a]
        inbox.remove(connection, [a], now=NOW)
        assert stays(a) == []
        hotlist.forget(connection, before=NOW + timedelta(hours=30))
        assert stays(b) == [(40, None, 1)], "what is left of it"


def test_a_list_that_is_none_is_told(site: Site, crawls: Crawls) -> None:
    answers = {
        "无名次": ({}, b"<html><body><a href='/1'>1</a><a href='/2'>2</a></body></html>", "没有认出带名次的榜单"),
        "选择器": ({"selectors": {"item": ".gone"}}, board(("甲", "/1", "")), "榜单选择器没有找到任何条目"),
        "报错": ({}, b'{"code": 500, "msg": "oops"}', "接口返回错误 500"),
    }
    for name, (definition, body, _) in answers.items():
        site.answers[f"/{len(site.answers)}"] = Answer(body)
        crawls.add(name, kind="hotlist", url=site.url(f"/{len(site.answers) - 1}"), **definition)
    crawls.run(*answers)
    for name, (_, _, words) in answers.items():
        assert words in crawls.source(name).last_error_message
