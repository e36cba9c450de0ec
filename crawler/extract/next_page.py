"""The selector of the link to the next page, such as yields on each page of the list the page after it."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types
from parsel import Selector

from core.errors import SourceChanged
from crawler.extract.pager import clean
from crawler.extract.selectors import select
from crawler.extract.stable import is_lasting
from crawler.extract.tree import absolute, short_line

# What pagers call the page that is shown.
_CURRENT: Final = re.compile(
    r"^(?:[\w-]*current|[\w-]*active|on|cur|selected|now|this|thisclass|hover)$", re.IGNORECASE
)
_NEXT: Final = re.compile(r"next|nxt|more|older", re.IGNORECASE)
_LONGEST_WORDS: Final = 20
MOST_LINKS: Final = 4


def next_selector(root: etree._Element, url: str, following: str) -> str:
    """CSS or XPath whose first match on this page leads to ``following``; empty where only numbers tell."""
    page = Selector(root=root, type="html")
    links = (link for link in root.iter("a", "link") if _address(link, url) == following)
    for link in islice(links, MOST_LINKS):
        for selector in _candidates(link):
            try:
                found = [one.root for one in select(page, selector)]
            except SourceChanged:
                continue
            if found and _address(found[0] if found[0].get("href") else found[0].find(".//a"), url) == following:
                return selector
    return ""


def _candidates(link: etree._Element) -> Iterator[str]:
    if "next" in (link.get("rel") or "").lower().split():
        yield f'{link.tag}[rel~="next"]'
    parent = link.getparent()
    yield from (f"{link.tag}.{name}" for name in _names(link) if _NEXT.search(name) and is_lasting(name))
    if parent is not None:
        yield from (f"{parent.tag}.{name} a" for name in _names(parent) if _NEXT.search(name) and is_lasting(name))
    words = short_line(link)
    if words and len(words) <= _LONGEST_WORDS and not words.isdigit() and not set(words) & set("'\""):
        yield f"//a[normalize-space()='{words}']"
    title = link.get("title") or ""
    if title and len(title) <= _LONGEST_WORDS and not set(title) & set("'\"\\"):
        yield f'a[title="{title}"]'
    yield from _after_current(link)
    if parent is not None and parent.tag in ("li", "span"):
        yield from (f"{css} a" for css in _after_current(parent))


def _after_current(node: etree._Element) -> Iterator[str]:
    """The neighbour of the page that is shown, which is no link or has a class that says so."""
    before = node.getprevious()
    if before is None or not isinstance(before.tag, str):
        return
    above = node.getparent()
    outer = (
        next((f"{above.tag}.{name} > " for name in _names(above) if is_lasting(name)), "") if above is not None else ""
    )
    yield from (f"{before.tag}.{name} + {node.tag}" for name in _names(before) if _CURRENT.match(name))
    if before.tag != "a" and before.find(".//a") is None and short_line(before).isdigit():
        yield f"{outer}{before.tag} + {node.tag}"


def _names(node: etree._Element) -> list[str]:
    return [name for name in (node.get("class") or "").split()[:6] if re.fullmatch(r"[A-Za-z_][\w-]{0,40}", name)]


def _address(link: etree._Element | None, url: str) -> str | None:
    href = link.get("href") if link is not None else None
    found = absolute(href, url) if href else None
    return clean(found) if found else None
