"""Title, text, date and declared address of an article page, by trafilatura. Thin: no rules of our own yet.

No author: on the 19 development pages trafilatura named a wrong one on half of the pages that have none.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import trafilatura
from parsel import Selector
from trafilatura.settings import Document

from core.errors import SourceChanged
from core.mention import DatePrecision
from crawler.extract import dates
from crawler.extract.dates import Published

# Guess: ten times the longest page of the development set; more is no article, and parsing time grows with it.
LONGEST: Final = 2_000_000
# Where pages state their time to machines. Source: Open Graph article tags, schema.org microdata, and the names
# that Chinese content systems write.
_TIMES: Final = (
    '//meta[@property="article:published_time" or @property="og:release_date" or @itemprop="datePublished"'
    ' or @name="publishdate" or @name="PubDate" or @name="publish_time"]/@content',
    '//*[@itemprop="datePublished"]/@datetime',
)
_LOG: Final = logging.getLogger(__name__)
# It warns about each page it finds nothing on; that is our business, with the source's name.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """canonical: the address the page declares for itself, as written; empty where it found nothing."""

    title: str = ""
    text: str = ""
    published: Published | None = None
    canonical: str = ""


def extract(html: str, url: str, *, now: datetime) -> Article:
    """Read an article page; slow (tens of milliseconds), so call it off the reactor thread.

    Raises SourceChanged when the page cannot be parsed at all.
    """
    try:
        found = trafilatura.bare_extraction(html[:LONGEST], url=url, with_metadata=True, include_comments=False)
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError, AssertionError) as error:
        raise SourceChanged("网页无法解析，未能提取正文", url=url) from error
    page = _page(html)
    if not isinstance(found, Document):
        _LOG.debug("no article text in %s", url)
        return Article(title=_title(page), published=_time(page, now), canonical=_declared(page))
    return Article(
        title=found.title or _title(page),
        text=found.text or "",
        published=_time(page, now) or _day(found.date, now),
        canonical=_declared(page),
    )


def declared_address(html: str) -> str:
    """The rel=canonical link as written; whether it counts is decided in ``crawler.items``."""
    return _declared(_page(html))


def _page(html: str) -> Selector:
    return Selector(text=html[:LONGEST] or "<html></html>", type="html")


def _declared(page: Selector) -> str:
    return str(page.xpath('string(//link[@rel="canonical"]/@href)').get() or "").strip()


def _title(page: Selector) -> str:
    return " ".join(str(page.xpath("string(//title)").get() or "").split())


def _time(page: Selector, now: datetime) -> Published | None:
    for place in _TIMES:
        for value in page.xpath(place).getall():
            if (found := dates.parse(value, now=now)) is not None:
                return found
    return None


def _day(text: str | None, now: datetime) -> Published | None:
    """trafilatura knows days only, whatever the page says."""
    found = dates.parse(text, now=now)
    return Published(found.at, DatePrecision.DAY) if found else None
