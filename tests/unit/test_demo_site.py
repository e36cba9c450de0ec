"""The story of the demo and the pages drawn from it, without a server."""

import re
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parsel import Selector

from app.demo.site import render
from app.demo.site_forum import archived_posts
from app.demo.site_page import Page
from app.demo.site_sources import source_definitions
from app.demo.story import HISTORY_DAYS, LAST_WAVE, Group, Post, Site, Story, build
from app.demo.wording import deal, posts, read
from core.mention import SHANGHAI
from crawler.definition import Source, SourceKind, from_definition

START = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)
BASE = "http://127.0.0.1:8000"
BRAND = re.compile(r"青柠汽车|青柠[lL]7|QN L7|柠檬车")
DRINK = re.compile(r"饮料|苏打水|果汁|鸡尾酒")
# Source: common knowledge; brands that ordinary talk about cars, phones, drinks and shops names first.
REAL_BRANDS = re.compile(
    r"特斯拉|比亚迪|蔚来|小鹏|问界|极氪|丰田|本田|日产|奔驰|宝马|奥迪|吉利|奇瑞|长安汽车|五菱|小米|华为|微信|微博|抖音|快手|小红书|知乎|京东"
    r"|淘宝|天猫|拼多多|美团|百度|腾讯|阿里|可口可乐|百事|雪碧|元气森林|农夫山泉|星巴克|瑞幸|喜茶|米其林|普利司通|宁德时代|高德|滴滴"
)
PERSONAL = re.compile(r"1[3-9]\d[- ]?\d{4}[- ]?\d{4}|0\d{2,3}-\d{7,8}|[48]00-?\d{3}-?\d{4}|\b[A-HJ-NPR-Z0-9]{17}\b")


@pytest.fixture(scope="module")
def story() -> Story:
    return build(START)


def of(story: Story, *groups: Group) -> list[Post]:
    return [post for post in story.posts if post.group in groups]


def test_the_same_start_gives_the_same_story(story):
    assert build(START.astimezone(SHANGHAI)) == story
    assert build(START + timedelta(days=1)) != story


def test_each_wave_has_its_posts(story):
    count = Counter((post.wave, post.site) for post in story.posts)
    assert 1000 <= count[0, Site.FORUM] <= 1200
    assert count[0, Site.NEWS] == 22
    assert count[1, Site.FORUM] == 4
    assert count[2, Site.FORUM] == 54 + 8
    assert count[2, Site.NEWS] == 6
    assert count[3, Site.FORUM] == 10
    assert count[3, Site.NEWS] == 32 + 3
    assert sum(count.values()) == len(story.posts)


def test_the_history_is_calm(story):
    history = [post for post in story.posts if post.wave == 0 and post.site is Site.FORUM]
    share = Counter(post.group for post in history)
    assert share[Group.SODA] == pytest.approx(6 * HISTORY_DAYS, abs=6)
    assert share[Group.RIVAL] == pytest.approx(2 * HISTORY_DAYS, abs=3)
    assert share[Group.DRIVE] == pytest.approx(3 * HISTORY_DAYS, abs=4)
    assert 0.10 < sum(post.is_negative for post in history) / len(history) < 0.14
    assert not [post.title for post in of(story, Group.TROUBLE) if re.search("刹车|制动", post.title + post.text)]
    nights = [post for post in history if 1 <= post.published_at.astimezone(SHANGHAI).hour < 6]
    assert len(nights) < len(history) * 0.03


def test_the_first_voices_are_three_authors_and_carry_personal_data(story):
    voices = [post for post in story.posts if post.wave == 1]
    assert [post.author for post in voices][:2] == ["海边的修车匠"] * 2
    assert len({post.author for post in voices}) == 3
    assert all(word in voices[0].text for word in ("京A·00000", "138-0000-6217", "L00L7CA13R0000618"))


def test_the_burst_is_inside_the_last_hour_by_many_authors_and_grows(story):
    burst = [post for post in story.posts if post.wave == 2 and post.group is Group.COMPLAINT]
    assert len(burst) >= 40
    assert len({post.author for post in burst}) == len(burst)
    minutes = [(START - post.published_at) / timedelta(minutes=1) for post in burst]
    assert min(minutes) >= 5 and max(minutes) <= 56
    early, late = sum(minute > 30 for minute in minutes), sum(minute <= 30 for minute in minutes)
    assert late > 1.5 * early


@settings(max_examples=8)
@given(st.datetimes(datetime(2024, 7, 1), datetime(2039, 12, 31), timezones=st.just(UTC)))
def test_any_start_gives_a_whole_story_with_nothing_in_the_future(start):
    story = build(start)
    assert story == build(start)
    assert all(post.published_at < start and post.published_at.tzinfo is UTC for post in story.posts)
    oldest = {0: timedelta(days=HISTORY_DAYS), 1: timedelta(hours=48), 2: timedelta(hours=1), 3: timedelta(hours=1)}
    for post in story.posts:
        if post.group is not Group.OLD_NEWS:
            assert start - post.published_at <= oldest[post.wave]
    assert len({post.path for post in story.posts}) == len({post.key for post in story.posts}) == len(story.posts)


def test_the_old_recall_article_keeps_its_old_date(story):
    [old] = of(story, Group.OLD_NEWS)
    assert (old.wave, old.published_at.year) == (2, 2024)


def test_the_brand_is_named_where_it_should_be_and_only_there(story):
    for post in story.posts:
        words = post.title + post.text
        if post.group in (Group.SODA, Group.RIVAL):
            assert not BRAND.search(words), post.title
        elif post.group is not Group.NEWS:
            assert BRAND.search(words), post.title
    assert all(
        "青柠" in post.title + post.text and DRINK.search(post.title + post.text) for post in of(story, Group.SODA)
    )
    assert all("蓝鲸" in post.title + post.text for post in of(story, Group.RIVAL))
    assert sum("刹车很线性" in post.text for post in of(story, Group.DRIVE)) > 30


def test_no_real_brand_and_no_personal_data_but_the_invented(story):
    allowed = {"138-0000-6217", "L00L7CA13R0000618"}
    for post in story.posts:
        words = f"{post.title} {post.text} {post.author} {post.outlet}"
        assert not REAL_BRANDS.search(words), post.title
        assert set(PERSONAL.findall(words)) <= allowed, post.title
        assert "{" not in words, post.title
        assert not re.search(r"https?://|www\.", words), post.title


def shingles(text: str) -> int:
    """Three-character pieces of a text as bits; good enough to find copies."""
    bits = 0
    for begin in range(len(text) - 2):
        bits |= 1 << zlib.crc32(text[begin : begin + 3].encode()) % 16384
    return bits


def likeness(one: int, two: int) -> float:
    return (one & two).bit_count() / (one | two).bit_count()


def test_no_two_posts_are_near_copies_except_the_reposts(story):
    marks = [(post.key, shingles(post.text)) for post in story.posts if post.group is not Group.REPOST]
    close = [(one, two) for at, (one, a) in enumerate(marks) for two, b in marks[:at] if likeness(a, b) >= 0.6]
    assert close == []


def test_the_repost_wave_is_one_article_with_small_edits(story):
    original = next(post for post in of(story, Group.COVERAGE) if post.outlet == "南城都市报")
    reposts = of(story, Group.REPOST)
    assert len({post.outlet for post in reposts}) == len(reposts) >= 25
    assert sum(post.title != original.title for post in reposts) == 9
    assert all(likeness(shingles(post.text), shingles(original.text)) > 0.75 for post in reposts)
    assert len({post.text for post in reposts}) >= 20
    assert all(post.published_at > original.published_at for post in reposts)


def test_enough_of_it_is_written_by_hand():
    assert len(read("posts_ordinary")) >= 60
    assert len(read("complaints")["burst"]) >= 40
    assert len(read("posts_aside")["soda"]) >= 12
    assert len(read("news_history")) + len(read("news_crisis")) >= 25


def test_every_repost_edit_changes_something():
    first = read("news_crisis")[0]
    for edit in read("reposts"):
        assert set(edit) <= {"outlet", "minutes_ago", "title", "drop", "swap", "lead", "tail"}
        assert all(old in first["text"] for old in edit.get("swap", {})), edit["outlet"]


def test_running_out_of_texts_is_an_error_not_a_repetition():
    written = posts(read("posts_ordinary"))
    assert len(set(deal(written, [], len(written), Random(1)))) == len(written)
    with pytest.raises(ValueError, match="65 texts asked"):
        deal(written, [], len(written) + 1, Random(1))


SOURCES = [from_definition(definition) for definition in source_definitions(BASE)]
LISTINGS = [source for source in SOURCES if source.kind is SourceKind.LISTING]


def follow(pages: Mapping[str, Page], source: Source) -> list[Selector]:
    """Walk a listing as a spider does: the items of all its pages."""
    path, items = source.url.removeprefix(BASE), list[Selector]()
    for _ in range(source.max_pages):
        page = Selector(pages[path].body.decode())
        items += page.css(source.selectors["item"])
        link = page.css(source.selectors["next_page"]).get()
        if link is None:
            return items
        path = link
    raise AssertionError("more pages than max_pages")


def read_field(node: Selector, selector: str) -> str:
    found = node.xpath(selector) if selector.startswith(("/", "./")) else node.css(selector)
    return "\n".join(found.getall())


def fields(node: Selector, source: Source) -> tuple[str, ...]:
    return tuple(read_field(node, source.selectors[name]) for name in ("title", "text", "author", "published_at"))


def as_published(post: Post) -> tuple[str, ...]:
    return post.title, post.text, post.author, post.published_at.astimezone(SHANGHAI).isoformat()


@pytest.mark.parametrize("wave", range(LAST_WAVE + 1))
def test_the_selectors_bring_every_visible_post_once_and_whole(story, wave):
    pages = render(story, wave, BASE)
    found = {}
    for source in LISTINGS:
        for item in follow(pages, source):
            path = read_field(item, source.selectors["link"])
            assert path not in found
            node = item if source.selectors["on_list"] else Selector(pages[path].body.decode())
            found[path] = fields(node, source)
            if "native_id" in source.selectors:
                assert read_field(node, source.selectors["native_id"]) in path.replace("thread", "forum")
    assert found == {post.path: as_published(post) for post in story.visible(wave)}


def test_the_history_is_on_few_pages(story):
    pages = render(story, 0, BASE)
    archives = [path for path in pages if path.startswith("/forum/archive-")]
    assert 8 <= len(archives) <= 10
    assert len(archived_posts([post for post in story.visible(0) if post.site is Site.FORUM])) > 1000


def test_lists_are_newest_first(story):
    pages = render(story, LAST_WAVE, BASE)
    for source in LISTINGS:
        times = [datetime.fromisoformat(item.css("time::attr(datetime)").get("")) for item in follow(pages, source)]
        assert times == sorted(times, reverse=True)


def test_waves_add_pages_and_never_change_an_address(story):
    before = set(render(story, 0, BASE))
    for wave in range(1, LAST_WAVE + 1):
        after = set(render(story, wave, BASE))
        hidden = {post.path for post in story.posts if post.wave > wave}
        assert before < after
        assert not hidden & after
        before = after


def test_a_thread_page_does_not_change_when_later_waves_appear(story):
    first = next(post for post in story.posts if post.wave == 1)
    assert render(story, 1, BASE)[first.path] == render(story, 3, BASE)[first.path]


def test_the_time_of_change_grows_with_each_wave(story):
    feeds = [render(story, wave, BASE)["/news/rss.xml"] for wave in (1, 2, 3)]
    assert feeds[0].last_modified < feeds[1].last_modified < feeds[2].last_modified
    assert len({page.etag for page in feeds}) == 3


def test_pages_name_no_other_host_and_run_no_script(story):
    for path, page in render(story, LAST_WAVE, BASE).items():
        if page.content_type.startswith("text/html"):
            html = page.body.decode()
            assert not re.findall(r"(?:src|href)=\"(?!/|data:,|http://127\.0\.0\.1:8000/)", html), path
            assert "<script" not in html and "@import" not in html and "url(" not in html


def test_the_sources_are_loopback_without_delay_and_one_is_a_feed():
    assert [source.kind for source in SOURCES].count(SourceKind.FEED) == 1
    assert len({source.name for source in SOURCES}) == len(SOURCES)
    assert all(source.allow_private and source.crawl_delay_seconds == 0 for source in SOURCES)


plain = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60)


@settings(max_examples=50)
@given(title=plain, text=plain, author=plain)
def test_hostile_texts_come_out_of_the_pages_as_they_went_in(title, text, author):
    start = START
    thread = Post("forum-1", "/forum/thread-1.html", Site.FORUM, Group.OWNER, "cars", title, text, author, "", start, 0)
    article = replace(thread, key="news-1", path="/news/1.html", site=Site.NEWS, place=title, outlet=author)
    pages = render(Story(start, (thread, article)), 0, BASE)
    assert fields(Selector(pages[thread.path].body.decode()), LISTINGS[0]) == as_published(thread)
    item = Selector(pages["/news/rss.xml"].body.decode(), type="xml").xpath("//item")
    assert item.xpath("title/text()").get() == title
