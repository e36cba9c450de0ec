"""Read sitemaps of any kind: index, urlset, news, plain text, RSS or Atom; and the lines of robots.txt that name them.

XML is read as a stream: a file may be 50 MB. Entities are never expanded and nothing is fetched.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from core.errors import InvalidInput, SourceChanged
from core.mention import DatePrecision
from core.normalise import canonical_url
from crawler.extract import dates
from crawler.extract.dates import Published
from crawler.extract.dates.published import LEEWAY, published
from crawler.extract.feed import CONTROLS, DECLARATION, Entry, read_feed
from crawler.extract.selectors import plain

# Source: sitemaps.org/protocol.html, "up to 50,000 URLs".
MOST_PLACES: Final = 50_000
NO_SITEMAP: Final = "返回的不是网站地图；url 请写 sitemap.xml、robots.txt 或网站首页"
_SCHEMES: Final = ("http://", "https://")
_SITEMAP_LINE: Final = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
# Addresses with a bare & are the most common mistake in sitemaps, and XML loses the rest of the parameter.
_BARE_AND: Final = re.compile(r"&(?!#?[0-9A-Za-z]{1,31};)")
_CDATA: Final = "<![CDATA["
_END: Final = re.compile(
    r"</(?:[\w.-]{1,99}:)?(?:urlset|sitemapindex)\s*>|<(?:urlset|sitemapindex)[^<>]*/>\s*$", re.IGNORECASE
)
_TAIL: Final = 1000
_ROOT: Final = re.compile(r"<(?:[A-Za-z_][\w.-]{0,99}:)?([A-Za-z]{1,20})")
# Source: www.w3.org/TR/NOTE-datetime, YYYY-MM-DDThh:mm:ssTZD.
_WHOLE: Final = len("2026-06-15T09:12:33Z")
_FEEDS: Final = ("rss", "feed", "rdf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An address in a sitemap. modified: as its lastmod says. entry: with the title and time of a news sitemap."""

    entry: Entry
    modified: Published | None = None

    @property
    def url(self) -> str:
        """Canonical."""
        return self.entry.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    """Places in file order, each once. is_index: they are sitemaps. is_cut: more than the protocol allows were left."""

    places: tuple[Place, ...]
    is_index: bool = False
    is_cut: bool = False


def sitemaps_of(robots: str, base: str) -> tuple[str, ...]:
    """The sitemaps that robots.txt names, absolute, each once."""
    found = (_absolute(link, base) for link in _SITEMAP_LINE.findall(robots))
    return tuple(dict.fromkeys(url for url in found if url))


def read_sitemap(text: str, url: str, *, now: datetime) -> Sitemap:
    """Raises SourceChanged unless it is a sitemap."""
    text = text.lstrip("\ufeff \t\r\n")
    if not text.startswith("<"):
        return _collected(_text_places(text, url))
    root = next((found[1].lower() for found in _ROOT.finditer(text[:4096])), "")
    if root in _FEEDS:
        feed = read_feed(text, url, now=now)
        return _collected(Place(entry=entry, modified=entry.published) for entry in feed.entries)
    if root not in ("urlset", "sitemapindex"):
        raise SourceChanged(NO_SITEMAP, url=url)
    if "<!ENTITY" in text:
        raise SourceChanged("网站地图里有实体定义（ENTITY），可能是恶意文件，已拒绝读取", url=url)
    found = _collected(_xml_places(text, url, now), is_index=root == "sitemapindex")
    if _END.search(text[-_TAIL:]) is None and not found.is_cut:
        found = replace(found, places=found.places[:-1])  # where a file breaks off, so may an address
        if not found.places:
            raise SourceChanged("网站地图已损坏，没有可读的网址", url=url)
    return found


def _collected(places: Iterator[Place], *, is_index: bool = False) -> Sitemap:
    found: dict[str, Place] = {}
    for place in places:
        if len(found) == MOST_PLACES and place.url not in found:
            return Sitemap(places=tuple(found.values()), is_index=is_index, is_cut=True)
        found.setdefault(place.url, place)
    return Sitemap(places=tuple(found.values()), is_index=is_index)


def _text_places(text: str, url: str) -> Iterator[Place]:
    """One address a line. Raises SourceChanged where the first line is none."""
    if not text.startswith(_SCHEMES):
        raise SourceChanged(NO_SITEMAP, url=url)
    for line in map(str.strip, text.splitlines()):
        if line.startswith(_SCHEMES) and (address := _absolute(line, url)):
            yield Place(entry=Entry(url=address))


def _xml_places(text: str, url: str, now: datetime) -> Iterator[Place]:
    source = io.BytesIO(_repaired(text).encode("utf-8", "replace"))
    safe = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False, "recover": True}
    try:
        for _, element in etree.iterparse(source, events=("end",), remove_comments=True, remove_pis=True, **safe):
            if _name(element) in ("url", "sitemap"):
                if (place := _place(element, url, now)) is not None:
                    yield place
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
    except etree.XMLSyntaxError:
        return  # broken on the way: what was read until then counts


def _repaired(text: str) -> str:
    """Without what XML cannot hold; in a CDATA section an & is as it should be."""
    plain_part, *parts = DECLARATION.sub("", CONTROLS.sub(" ", text)).split(_CDATA)
    sections = (part.partition("]]>") for part in parts)
    rest = (f"{_CDATA}{inside}{end}{_BARE_AND.sub('&amp;', outside)}" for inside, end, outside in sections)
    return _BARE_AND.sub("&amp;", plain_part) + "".join(rest)


def _place(element: etree._Element, base: str, now: datetime) -> Place | None:
    values = {_name(child): child for child in reversed(element)}
    address = _absolute(_text(values.get("loc")), base)
    if address is None:
        return None
    news = {_name(child): child for child in reversed(values["news"])} if "news" in values else {}
    entry = Entry(
        url=address,
        title=" ".join(plain(_text(news.get("title"))).split()),
        published=dates.parse(_text(news.get("publication_date")), now=now),
    )
    return Place(entry=entry, modified=_moment(_text(values.get("lastmod")), now))


def _moment(text: str, now: datetime) -> Published | None:
    """The date engine reads every form; the whole one of the protocol is read here: 50,000 of them take seconds."""
    try:
        moment = datetime.fromisoformat(text) if len(text) >= _WHOLE else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        return dates.parse(text, now=now)
    return published(moment, DatePrecision.SECOND, latest=now + LEEWAY)


def _name(element: etree._Element) -> str:
    """Without its namespace, in lower case: both are written in every way."""
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _text(element: etree._Element | None) -> str:
    return "".join(element.itertext()).strip()[:5000] if element is not None else ""


def _absolute(link: str, base: str) -> str | None:
    try:
        return canonical_url(link, base) if link else None
    except InvalidInput:
        return None
