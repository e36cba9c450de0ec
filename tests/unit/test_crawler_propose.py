"""Lists found on pages, with selectors that last; and what an address is, from its answer alone."""

from datetime import UTC, datetime
from urllib.parse import urljoin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import SourceChanged, TingfengError
from crawler.definition import from_definition
from crawler.extract import detail, json_proposal
from crawler.extract.listing import read_list
from crawler.extract.next_page import next_selector
from crawler.extract.pager import next_url
from crawler.extract.propose import UNSURE, propose
from crawler.extract.stable import is_lasting
from crawler.extract.tree import parse
from crawler.page import Page
from crawler.recognise import read_behind, recognise
from crawler.trial import Trial
from tests import discuz_pages
from tests.forum_pages import FORUMS, HOST
from tests.forum_pages import NOW as FORUM_NOW
from tests.unit.article_layouts import LAYOUTS
from tests.unit.article_pages import SITE_FAMILIES
from tests.unit.list_pages import HELD_OUT, HELD_OUT_ON_LIST, ON_LIST, SITES, ListSite, frame

NOW = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)
URL = "https://site.example/list"


def addresses(site: ListSite, page: int) -> list[str]:
    base = urljoin(site.url(page), "/news/2026/") if site.name == "Based" else site.url(page)
    return [urljoin(base, item.path) for item in site.shown(page)]


@pytest.mark.parametrize("site", SITES + HELD_OUT, ids=lambda site: site.name)
def test_a_list_is_found_with_selectors_that_read_its_other_pages(site: ListSite) -> None:
    found = propose(site.page(1), site.url(1), now=NOW)
    assert [item.url for item in found.page.items] == addresses(site, 1)
    shown = zip(found.page.items, site.shown(1), strict=True)
    assert all(item.fields.title.startswith(expected.title) for item, expected in shown)
    assert found.page.next_url == site.url(2)
    assert propose(site.page(2), site.url(2), now=NOW).selectors == found.selectors
    for page in (1, 2):
        read = read_list(site.page(page), site.url(page), found.selectors, now=NOW)
        assert [item.url for item in read.items] == addresses(site, page)
    again = read_list(site.page(1), site.url(1), found.selectors, now=NOW)
    assert again.next_url == site.url(2)


@pytest.mark.parametrize("site", [ON_LIST, HELD_OUT_ON_LIST], ids=lambda site: site.name)
def test_texts_on_the_list_are_read_there(site: ListSite) -> None:
    found = propose(site.page(1), site.url(1), now=NOW)
    assert found.selectors.on_list
    for item, expected in zip(found.page.items, site.shown(1), strict=True):
        assert item.fields.text.startswith(expected.title)
        assert str(expected.number) in item.fields.author
        assert item.fields.published is not None
        assert item.fields.native_id
    assert found.page.next_url == site.url(2)
    assert propose(site.page(2), site.url(2), now=NOW).selectors == found.selectors


@pytest.mark.parametrize("case", SITE_FAMILIES + LAYOUTS, ids=lambda case: case.name)
def test_an_article_is_no_list(case: object) -> None:
    with pytest.raises(SourceChanged, match="source propose|native_id"):
        propose(case.html, case.url, now=NOW)  # type: ignore[attr-defined]  # an article case


def test_rows_that_nothing_tells_apart_are_refused_with_the_reason() -> None:
    rows = "".join(
        f"<li><b>车主</b><i>2026-06-1{n} 10:00</i><p>刹车又响了，厂家还没有答复我（{n}）</p></li>" for n in range(8)
    )
    with pytest.raises(SourceChanged, match="native_id"):
        propose(frame(f"<ul>{rows}</ul>"), URL, now=NOW)


@pytest.mark.parametrize(
    ("name", "is_kept"),
    [
        ("news-list", True), ("newsListItem", True), ("xwlb", True), ("list2", True), ("TRS_list", True),
        ("w1200", True), ("title_tit", True), ("css-1q2w3e", False), ("sc-bdVaJa", False), ("kXyZab", False),
        ("list_k1vZx", False), ("_3xKd9", False), ("jsx-3298472", False), ("active", False), ("odd", False),
        ("md:grid", False), ("a8f3c2e1", False),
    ],
)  # fmt: skip
def test_names_of_build_tools_and_states_do_not_last(name: str, is_kept: bool) -> None:
    assert is_lasting(name) is is_kept


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<a href='/list?page=2' class='next'>下一页</a>", "a.next"),
        ("<li class='next'><a href='/list?page=2'>›</a></li>", "li.next a"),
        ("<b>1</b><a href='/list?page=2'>2</a>", "b + a"),
        ("<a class='current' href='/list'>1</a><a href='/list?page=2'>2</a>", "a.current + a"),
        ("<a href='/list?page=1'>1</a><a href='/list?page=2'>2</a>", ""),
    ],
)
def test_the_next_page_has_a_selector_where_something_lasting_marks_it(html: str, expected: str) -> None:
    root = parse(html)
    following = next_url(root, URL)
    assert following == f"{URL}?page=2"
    assert next_selector(root, URL, following) == expected


def tried(text: str, url: str = URL, now: datetime = NOW) -> Trial:
    trial = Trial(source=from_definition({"kind": "listing", "url": url}))
    recognise(trial, Page(url=url, text=text, charset="utf-8"), "", now)
    return trial


RSS = "<rss version='2.0'><channel><item><link>https://a.example/1</link><title>甲</title></item></channel></rss>"
JSON_FEED = '{"version": "https://jsonfeed.org/version/1.1", "items": [{"url": "https://a.example/1", "title": "甲"}]}'
WORDPRESS = "<html><head><link rel='https://api.w.org/' href='https://site.example/wp-json/'></head></html>"
DECLARED = "<link rel='alternate' type='application/rss+xml' href='/rss.xml' title='全部'>"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (RSS, "feed"),
        (JSON_FEED, "feed"),
        ("<urlset><url><loc>https://a.example/1</loc></url></urlset>", "sitemap"),
        ('{"data": {"rows": [{"subject": "甲", "body": "乙"}]}}', "json"),
        (WORDPRESS, "wordpress"),
        (SITES[0].page(1), "listing"),
    ],
)
def test_an_answer_says_what_it_is(text: str, kind: str) -> None:
    assert (tried(text).definition or {})["kind"] == kind


def test_forums_are_known_and_their_threads_shown() -> None:
    board = discuz_pages.board([(n, f"第{n}个主题的标题", n, "2026-6-15 10:00") for n in range(1, 13)], fid=2)
    found = tried(f"<meta name='generator' content='Discuz! X3.5'>{board}", "https://bbs.example/forum.php?fid=2")
    assert (found.definition or {})["kind"] == "discuz"
    assert (found.count, len(found.items), len(found.follow)) == (12, 10, 2)

    forum = next(forum for forum in FORUMS if forum.name == "Cards")
    pages = forum.pages()
    found = tried(pages[forum.board(1)], HOST + forum.board(1), FORUM_NOW)
    url = found.follow[0]
    read_behind(found, Page(url=url, text=pages[url.removeprefix(HOST)], charset="utf-8"), FORUM_NOW)
    assert (found.definition or {})["kind"] == "forum"
    assert found.details[0].author
    assert any("main > section.floor" in note for note in found.notes)


def test_an_article_is_told_as_one_with_the_doors_of_its_site() -> None:
    trial = Trial(source=from_definition({"kind": "listing", "url": URL}))
    case = SITE_FAMILIES[0]
    with pytest.raises(SourceChanged, match="这是一篇文章"):
        recognise(trial, Page(url=case.url, text=DECLARED + case.html, charset="utf-8"), "", NOW)
    assert [(door.kind, door.url) for door in trial.doors] == [("feed", "http://news.example/rss.xml")]


def test_the_mapping_of_an_interface_names_the_path_and_the_fields() -> None:
    text = '[{"x": 1}, {"list-a": [{"ID": 7, "subject": "甲", "user": {"nickname": "林晓"}, "ctime": 1781500000}]}]'
    assert json_proposal.propose(text, URL) == {
        "items": '@[1]."list-a"',
        "title": "subject",
        "native_id": "ID",
        "author": "user.nickname",
        "published_at": "ctime",
    }


def test_what_the_extractor_leaves_open_gets_a_selector_where_pages_agree() -> None:
    pages = [
        f"<h1>{n}号投诉</h1><b class='nickname'>车主{n}</b><i class='day'>2026-06-1{n}</i>"
        f"<div class='said'>{'一二三四五六七八九十' * n}</div>"
        f"<div class='foot-note'>本站所有内容由用户自行发布，未经许可不得转载</div>"
        for n in (3, 4)
    ]
    everything = detail.Missing(text=True, published_at=True, author=True)
    assert detail.propose(pages, everything) == {"text": "div.said", "published_at": "i.day", "author": "b.nickname"}
    assert detail.propose(pages, detail.Missing(author=True)) == {"author": "b.nickname"}
    assert detail.propose(pages[:1], everything) == detail.propose([pages[0]] * 2, everything) == {}


PIECES = [
    *("<ul>", "<li>", "</li>", "<a href='/a/1.html'>标题文字标题</a>", "<a href='/b?id=2'>", "<p>文字文字文字"),
    *(
        "2026-06-01",
        "<table><tr><td>",
        "<div class='x y'>",
        "<div id='1'>",
        "</div>",
        "<base href='//['>",
        "\x00",
        "\ud800",
        "刚刚",
    ),
]


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=60).map("".join)))
def test_any_page_gives_a_list_or_one_of_our_errors(html: str) -> None:
    try:
        found = propose(html, URL, now=NOW)
    except TingfengError:
        return
    assert found.page.items
    assert found.confidence >= UNSURE


ROW = "<li><a href='/a/{0}.html'>青岚汽车回应车主投诉称 {0}</a><i>2026-06-01</i>"


@pytest.mark.parametrize(
    "html",
    [
        "a" * 10_000_000,
        "<div>" * 100_000 + "<a href='/1'>标题",
        "".join(ROW.format(n) for n in range(30_000)),
        "<a href='/a/1.html'>" * 100_000,
        "<a class='" + "x " * 500_000 + "' href='/1'>标题</a>" * 3,
    ],
    ids=["line", "deep", "rows", "links", "classes"],
)
def test_a_huge_page_ends(html: str) -> None:
    try:
        assert propose(html, URL, now=NOW).page.items
    except SourceChanged:
        return
