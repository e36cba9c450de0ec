"""List pages and selectors."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parsel import Selector

from core.errors import ConfigurationError, SourceChanged
from crawler.extract.listing import open_page, read_fields, read_list
from crawler.extract.selectors import Selectors, first, read_selectors, text_of, values

NOW = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)
URL = "https://news.example/list/"
PAGE = """
<ul><li class="item"><h3><a href="/a/1?utm_source=x">一</a></h3><span>2026-06-15 09:12</span><p>甲<br>乙</p></li>
<li class="item" id="p2"><a href="2.html#top">二</a><p>丙</p><p>丁</p></li>
<li class="item"><a href="/a/1">又一</a></li><li class="item"><a href="mailto:x@y.example">信</a></li></ul>
<a class="next" href="?page=2">下一页</a>
"""


def urls(selectors: dict[str, object], html: str = PAGE) -> list[str]:
    return [item.url for item in read_list(html, URL, read_selectors(selectors), now=NOW).items]


@pytest.mark.parametrize(
    "selectors",
    [
        {"item": ".item"},
        {"item": ".item", "link": "a"},
        {"item": ".item", "link": "a::attr(href)"},
        {"item": "//li[@class='item']", "link": "./descendant::a"},
        {"item": "//li", "link": "//a/@href"},
        {"item": "(//ul)[1]/li", "link": "h3, a"},
        {"item": ".item a"},
        {"item": "ul li", "link": "a[href]"},
    ],
)
def test_links_are_absolute_clean_and_listed_once(selectors: dict[str, object]) -> None:
    assert urls(selectors) == ["https://news.example/a/1", "https://news.example/list/2.html"]


def test_links_are_relative_to_the_page_s_base() -> None:
    assert urls({"item": "li"}, "<base href='/news/'><li><a href='1.html'>x</a></li>") == [
        "https://news.example/news/1.html"
    ]


def test_next_page_is_another_page() -> None:
    def following(selector: str) -> str | None:
        return read_list(PAGE, URL, Selectors(item="li", next_page=selector), now=NOW).next_url

    assert following("a.next") == "https://news.example/list/?page=2"
    assert following("//a[@class='next']/@href") == "https://news.example/list/?page=2"
    assert following("a.none") is None
    assert following("") is None
    self_link = PAGE.replace("?page=2", "#")
    assert read_list(self_link, URL, Selectors(item="li", next_page="a.next"), now=NOW).next_url is None


def test_fields_are_read_on_the_list() -> None:
    selectors = Selectors(
        item="li", link="a", title="a", text="p", published_at="span", native_id="./@id", on_list=True
    )
    one, two, three = read_list(PAGE, URL, selectors, now=NOW).items
    assert (one.fields.title, one.fields.text) == ("一", "甲\n乙")
    assert one.fields.published is not None and one.fields.published.precision == "minute"
    assert (two.fields.text, two.fields.native_id, two.fields.published) == ("丙\n丁", "p2", None)
    assert three.url == one.url


def test_item_without_link_takes_the_list_address_when_it_has_an_id() -> None:
    selectors = Selectors(item="li", link="b", text="p", native_id="./@id", on_list=True)
    assert [item.url for item in read_list(PAGE, URL, selectors, now=NOW).items] == [URL]


@pytest.mark.parametrize(
    ("html", "words"),
    [("", "任何条目"), ("<p>new look</p>", "任何条目"), ("<li><a>x</a></li>", "可用的链接"), ("\x00", "任何条目")],
)
def test_list_without_items_says_what_is_missing(html: str, words: str) -> None:
    with pytest.raises(SourceChanged, match=words):
        urls({"item": "li"}, html)


def test_text_keeps_lines_and_leaves_scripts_and_comments() -> None:
    html = "<div> 一\n二 <b>三</b><!-- no -->四<script>no()</script><p>五</p>六<br>七<ul><li>八</ul>九</div>十"
    element = Selector(text=html).css("div")[0].root
    assert text_of(element).split("\n") == ["一 二 三四", "五", "六", "七", "八", "九"]


def test_deep_nesting_is_no_problem() -> None:
    assert text_of(Selector(text="<i>" * 5000 + "深" + "</i>" * 5000).root) in ("深", "")


def test_selected_strings_and_elements_give_text() -> None:
    node = Selector(text="<h1> 标题 <i>甲</i></h1><time datetime='2026-06-15'>昨天</time>")
    assert first(node, "h1") == "标题 甲"
    assert first(node, "h1::text") == "标题"
    assert first(node, "time::attr(datetime)") == "2026-06-15"
    assert first(node, "//time/@datetime") == "2026-06-15"
    assert first(node, "//body/h1/i") == "甲"
    assert first(node, "//html//i") == "甲"
    assert first(node, "h6") == ""
    assert values(node, "") == []


@given(
    st.text(), st.sampled_from([".item", "//li", "li a::attr(href)", "p::text", "(//a)[1]", "*", "//text()", "./@x"])
)
def test_any_html_is_read_or_reported(html: str, selector: str) -> None:
    selectors = Selectors(item=selector, link="a", title="*", text="//*", published_at="a::text", on_list=True)
    try:
        read_list(html, URL, selectors, now=NOW)
        read_fields(open_page(html), selectors, now=NOW)
    except SourceChanged:
        return


@given(st.text(alphabet="abc[]()/@.:*>='\"-#,|^ ", max_size=20), st.sampled_from(["item", "text", "next_page"]))
def test_any_selector_is_refused_when_saved_or_works(selector: str, name: str) -> None:
    try:
        selectors = read_selectors({"item": "li", name: selector})
    except ConfigurationError:
        return
    try:
        read_list(PAGE, URL, selectors, now=NOW)
        read_fields(open_page(PAGE), selectors, now=NOW)
    except SourceChanged:
        return
