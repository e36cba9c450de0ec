"""Comments as WordPress prints them under a post; themes change much, but keep ``comment-N`` and the microformat."""

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Final

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from crawler.extract import dates
from crawler.extract.dates import Published
from crawler.extract.selectors import text_of
from crawler.extract.tree import line, on_own_host, parse, remove
from crawler.platforms.wordpress import Comment, post_address

# Guess: far above any page of comments, and any depth of answers; keeps the walk linear.
MOST_COMMENTS: Final = 3000
DEEPEST: Final = 100
_ID: Final = re.compile(r"^comment-(\d{1,18})$")
_OTHER_PAGE: Final = re.compile(r"/comment-page-\d{1,6}/?(?:#|$)|[?&]cpage=\d{1,6}")
# Source: WordPress, Walker_Comment: what stands in a comment besides its words.
_AROUND: Final = [
    "comment-author",
    "comment-meta",
    "commentmetadata",
    "comment-metadata",
    "reply",
    "comment-reply-link",
    "children",
    "comment-edit-link",
    "says",
]


def read_comments_on(html: str, url: str, now: datetime) -> tuple[tuple[Comment, ...], tuple[str, ...]]:
    """The comments on the page of a post, and the addresses of the list's other pages."""
    root = parse(html)
    links = (on_own_host(str(link), url) for link in root.xpath("//a/@href") if _OTHER_PAGE.search(str(link)))
    pages = dict.fromkeys(link for link in links if link and post_address(link) == post_address(url))
    return tuple(_comments(root, url, now)), tuple(pages)


def _comments(root: etree._Element, url: str, now: datetime) -> Iterator[Comment]:
    boxes = [(int(match[1]), box) for box in root.xpath("//*[@id]") if (match := _ID.match(box.get("id")))]
    del boxes[MOST_COMMENTS:]
    # An answer stands inside what it answers: from the innermost outwards each leaves only its own words.
    found: list[Comment] = []
    for number, box in reversed(boxes):
        parents = (_ID.match(above.get("id") or "") for above in islice(box.iterancestors(), DEEPEST))
        parent = next((int(match[1]) for match in parents if match), None)
        author = next((line(name) for name in box.xpath(".//*[contains(concat(' ',@class,' '),' fn ')]")), "")
        published = _published(box, now)  # before the words are cut out
        found.append(
            Comment(
                number=number,
                url=post_address(url),
                text=_words(box),
                author=author,
                published=published,
                parent=parent,
            )
        )
        remove(box)
    yield from reversed(found)


def _published(box: etree._Element, now: datetime) -> Published | None:
    for told in box.xpath(".//time/@datetime"):
        if found := dates.parse(str(told), now=now):
            return found
    for place in box.xpath(".//*[contains(@class,'metadata') or contains(@class,'comment-meta')]//a|.//time"):
        if found := dates.parse(line(place), now=now):
            return found
    return None


def _words(box: etree._Element) -> str:
    for content in box.xpath(".//*[contains(concat(' ',@class,' '),' comment-content ')]"):
        return text_of(content)
    for part in box.xpath(".//*[@class]"):
        if not set(_AROUND).isdisjoint(part.get("class").split()):
            remove(part)
    return text_of(box)
