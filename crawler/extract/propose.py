"""Find the list on any page: its items, the link to the next page, and selectors that a source may carry.

Pure and bounded, like the extractor: nothing beyond the first two million characters of a page is looked at. What is
found is found from the page alone, so a source without selectors is read by the same rules.
"""

from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final
from urllib.parse import urljoin

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from core.errors import SourceChanged
from crawler.extract import on_list
from crawler.extract.layout import parse
from crawler.extract.listing import Fields, ListItem, ListPage, read_list
from crawler.extract.next_page import next_selector
from crawler.extract.on_list import Statements
from crawler.extract.pager import next_url
from crawler.extract.ranking import Found, Item, Ranking
from crawler.extract.repeated import MOST_ROWS, Repeated
from crawler.extract.selectors import Selectors
from crawler.extract.shape import Shape
from crawler.extract.stable import by_address, css_of, first_match, inner_css
from crawler.extract.surface import Surface
from crawler.extract.tree import absolute

# Guess: article pages of the development set stay below, list pages of the tests above.
UNSURE: Final = 0.3
NOTHING: Final = "网页上没有找到列表，可能不是列表页；可用 tingfeng source propose 网址 查看"
NO_KEYS: Final = "列表上的各条没有自己的网址和编号，无法区分，请写 selectors 并设置 native_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """page: what a crawl reads of it; fields as the list shows them, in full with ``on_list``.

    selectors: item is empty where none yields exactly these items. confidence: 0-1 that it is the page's list.
    """

    selectors: Selectors
    page: ListPage
    confidence: float


def propose(html: str, url: str, *, now: datetime) -> Proposal:
    """Raises SourceChanged where the page has no list, or one whose items cannot be told apart."""
    root = parse(html)
    _resolve(root, url)
    shape = Shape(root)
    surface, repeated = Surface(shape), Repeated(shape)
    ranking = Ranking(shape, surface, url)
    links = ranking.best(repeated)
    statements = on_list.best(shape, surface, repeated)
    following = next_url(root, url)
    next_page = next_selector(root, url, following) if following else ""
    if statements and statements.confidence >= UNSURE and not _leads_on(shape, statements, links):
        return _on_list(html, url, on_list.selectors_of(shape, statements, url, next_page), statements, following, now)
    if links is None or links.confidence < UNSURE:
        raise SourceChanged(NOTHING, url=url)
    page = ListPage(items=tuple(_listed(ranking.dated(item, now)) for item in links.items), next_url=following)
    return Proposal(selectors=_selectors(shape, links, url, next_page), page=page, confidence=links.confidence)


def next_address(html: str, url: str) -> str | None:
    """Of the page after this one."""
    root = parse(html)
    _resolve(root, url)
    return next_url(root, url)


def _resolve(root: etree._Element, url: str) -> None:
    """Links of a page with a base lead from there."""
    href = next((node.get("href") for node in root.iter("base") if node.get("href")), None)
    base = absolute(href, url) if href else None
    for node in root.iter("a", "link") if base else ():
        link = (node.get("href") or "").strip()
        if link and not link.startswith("#") and absolute(link, base or url):
            node.set("href", urljoin(base or url, link))


def _leads_on(shape: Shape, statements: Statements, links: Found | None) -> bool:
    """Whether the texts are the summaries of articles that each row links to by title."""
    if links is None or links.confidence < UNSURE / 2:
        return False
    places = sorted(item.place for item in links.items)
    inside = sum(any(shape.is_inside(place, row) for place in places) for row in statements.rows[:200])
    return inside * 2 >= min(200, len(statements.rows))


def _listed(item: Item) -> ListItem:
    return ListItem(url=item.url, fields=Fields(title=item.title, published=item.published))


def _on_list(
    html: str, url: str, selectors: Selectors, statements: Statements, following: str | None, now: datetime
) -> Proposal:
    """Read as a crawl would read it."""
    if not selectors.item or not (selectors.link or selectors.native_id):
        raise SourceChanged(NO_KEYS, url=url)
    page = replace(read_list(html, url, selectors, now=now), next_url=following)
    return Proposal(selectors=selectors, page=page, confidence=statements.confidence)


def _selectors(shape: Shape, found: Found, url: str, next_page: str) -> Selectors:
    """Rows with the link in each; where rows have no selector of their own, the links themselves."""
    rows = [shape.nodes[item.row] for item in found.items]
    links = [shape.nodes[item.place] for item in found.items]
    wanted = {None, *(item.url for item in found.items)}  # a head of a table has no link
    root = shape.nodes[0]
    if len(rows) >= MOST_ROWS:
        return Selectors()  # there are more rows, which every selector would yield
    first = "" if _are_first(rows, links) else inner_css(rows, links)
    ways = [(rows, first)] if first or _are_first(rows, links) else []
    for nodes, link in (*ways, (rows, by_address(links)), (links, "")):
        is_harmless = partial(_is_known, link=link, url=url, wanted=wanted)
        if (link or nodes is not rows or ways) and (item := css_of(nodes, root, is_harmless)):
            return Selectors(item=item, link=link, next_page=next_page)
    return Selectors()


def _is_known(row: etree._Element, *, link: str, url: str, wanted: Container[str | None]) -> bool:
    return _address(row, link, url) in wanted


def _are_first(rows: list[etree._Element], links: list[etree._Element]) -> bool:
    """Whether the first link of each row is the one."""
    return all(_link_in(row, "") is link for row, link in zip(rows, links, strict=True))


def _link_in(row: etree._Element, css: str) -> etree._Element | None:
    if css:
        return first_match(row, css)
    return next((node for node in row.iter("a") if node.get("href")), None)


def _address(row: etree._Element, css: str, url: str) -> str | None:
    link = _link_in(row, css)
    href = link.get("href") if link is not None else None
    return absolute(href, url) if href else None
