"""A page as a tree, for readers that look at its shape. Never raises: what cannot be parsed is an empty page.

Every walk here is linear and without recursion: pages nest deeper than Python's stack.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from core.errors import InvalidInput
from core.normalise import canonical_url

_EMPTY: Final = b"<html></html>"
# What XML cannot hold; a page that contains it is read as if it did not.
_CONTROLS: Final = bytes((*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20)))


def parse(html: str) -> etree._Element:
    """The root element of ``html``."""
    text = html.encode("utf-8", "replace").translate(None, _CONTROLS)  # no part of a longer character
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(text or _EMPTY, parser)
    except (etree.LxmlError, ValueError):
        root = None
    return root if root is not None else etree.fromstring(_EMPTY, parser)


def elements(root: etree._Element) -> Iterator[etree._Element]:
    """All elements from ``root`` down, in document order."""
    return (element for element in root.iter() if isinstance(element.tag, str))


def line(element: etree._Element) -> str:
    """All text of an element in one line."""
    return " ".join("".join(element.itertext()).split())


def short_line(element: etree._Element) -> str:
    """The beginning of an element's text in one line: enough for a button or a name."""
    return " ".join("".join(islice(element.itertext(), 6)).split())[:200]


def remove(element: etree._Element) -> None:
    """Take an element out of its tree; the text after it stays."""
    parent = element.getparent()
    if parent is None:
        return
    before = element.getprevious()
    tail = element.tail or ""
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail
    parent.remove(element)


def absolute(link: str, url: str) -> str | None:
    """The http(s) address of a link on the page at ``url``; None for ``javascript:`` and the like."""
    try:
        return canonical_url(link, url) if link.strip() else None
    except InvalidInput:
        return None


def on_own_host(link: str, url: str) -> str | None:
    """As ``absolute``, but moved to the page's own host: boards print addresses of an older or inner host."""
    found = absolute(link, url)
    return (
        urlsplit(found)._replace(scheme=urlsplit(url).scheme, netloc=urlsplit(url).netloc).geturl() if found else None
    )
