"""Which repeated links of a page are its list: titles of articles in rows of the page's own part.

The answer is a number between 0 and 1 with its reasons multiplied, so that one bad property outweighs good ones: a
menu has short words, a side list little of the text, an article page its text outside of all lists.
"""

import math
import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from crawler.extract import dates
from crawler.extract.dates import Published
from crawler.extract.pager import clean
from crawler.extract.repeated import FEWEST, Group, Repeated
from crawler.extract.shape import Shape
from crawler.extract.surface import Surface, width
from crawler.extract.timemark import TIME
from crawler.extract.tree import absolute

MOST_LINKS: Final = 3000
MOST_TITLE: Final = 300
MOST_INNER: Final = 40
# Guess: a row of a list with all its icons; times are looked for in so many of its elements.
MOST_OF_ROW: Final = 120
_LONGEST_TIME: Final = 40
# Guess: groups that are scored in full; the rest is smaller.
MOST_GROUPS: Final = 60
# Titles of two letters are entries of a menu, of fourteen those of articles. Guess, checked on the simulators.
_SHORT_TITLE, _FULL_TITLE = 2, 14
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "strong", "b"})
_TITLE_CLASS: Final = re.compile(r"title|headline|(?<![a-z])tit(?![a-z])|biaoti|subject", re.IGNORECASE)
_NOT_TITLE: Final = re.compile(
    r"^[\W\d_]*$|^\W*(?:阅读|查看|点击|了解|展开)?(?:全文|更多|详情|详细|原文|正文|进入|全部|阅读)\W*$|^\W*(?:read\s|view\s|learn\s)?(?:more|all|details?|full)\W*$",
    re.IGNORECASE,
)
_AD: Final = re.compile(r"(?<![a-z])(?:ads?|gg)(?![a-z])|advert|sponsor|promot|guanggao", re.IGNORECASE)
_ARTICLE: Final = re.compile(r"\d|\.s?html?$|[a-z]+-[a-z]+-[a-z]+|%[0-9a-f]{2}|[?&]\w*id=", re.IGNORECASE)
_DIGIT: Final = re.compile(r"\d|刚|昨|今|前")
# Tags, pages and people are not articles, however their addresses end.
_OTHER_ADDRESS: Final = re.compile(
    r"/(?:tags?|categor(?:y|ies)|authors?|users?|u|search|login|page|about|help|space)(?:[/?.]|$)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """row, stop: first place and end of its row in the shape; place: of its link. published: as the row tells."""

    row: int
    stop: int
    place: int
    url: str
    title: str
    published: Published | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Items in page order. confidence: 0-1 that this is the page's list."""

    items: tuple[Item, ...]
    confidence: float
    score: float


class Ranking:
    """The lists of links on one page."""

    def __init__(self, shape: Shape, surface: Surface, url: str) -> None:
        self._shape = shape
        self._surface = surface
        self._host = urlsplit(url).hostname or ""
        self._here = clean(url)
        self._url = url

    def best(self, repeated: Repeated) -> Found | None:
        """The list with the highest score; None where nothing is repeated."""
        links = self._links()[:MOST_LINKS]
        words = {place: self._words(place) for place, _ in links}
        ranks = repeated.ranks([place for place, _ in links], [len(words[place]) for place, _ in links])
        addresses = dict(links)
        columns = repeated.columns(addresses)
        # A table has one item in a row, or one in each cell.
        every = [
            *repeated.groups(addresses, [ranks]),
            *(repeated.groups(addresses, [ranks, columns]) if columns else ()),
        ]
        groups = sorted(every, key=lambda group: -len(group.rows))[:MOST_GROUPS]
        found = [self._scored(self._items(group, addresses, words)) for group in groups]
        return max((one for one in found if one), key=lambda one: one.score, default=None)

    def _links(self) -> list[tuple[int, str]]:
        found = []
        for place, node in enumerate(self._shape.nodes):
            href = node.get("href") if node.tag == "a" and not self._shape.silent[place] else None
            if not href or href.startswith(("#", "javascript:", "mailto:", "tel:")):
                continue
            address = absolute(href, self._url)
            if address and clean(address) != self._here:
                found.append((place, address))
        return found

    def _words(self, place: int) -> str:
        """The link's words: its heading's, where it is a whole card; in full where it shortens what its title has."""
        inner = self._shape.below(place)[:MOST_INNER]
        heading = next((one for one in inner[1:] if _is_heading(self._shape, one)), place)
        shown = _line(self._shape, heading)
        title = " ".join((self._shape.nodes[place].get("title") or "").split())[:MOST_TITLE]
        begin = shown.rstrip(".… ")
        return title if title and (not shown or (begin != shown and title.startswith(begin))) else shown

    def _items(self, group: Group, addresses: dict[int, str], words: dict[int, str]) -> list[Item]:
        """Each address once; ads, foreigners among natives and rows of side lists left out."""
        titles = [words[place] for place in group.places]
        if sum(bool(_NOT_TITLE.match(title)) for title in titles) * 2 > len(titles):
            titles = [self._row_title(row) for row in group.rows]
        found: dict[str, Item] = {}
        for place, (row, stop), title in zip(group.places, self._surface.spans(group.rows), titles, strict=True):
            if title and not _NOT_TITLE.match(title) and not TIME.fullmatch(title) and not self._is_ad(row):
                item = Item(row=row, stop=stop, place=place, url=addresses[place], title=title)
                found.setdefault(item.url, item)
        return self._natives(list(found.values()))

    def _natives(self, items: list[Item]) -> list[Item]:
        own = [item for item in items if urlsplit(item.url).hostname == self._host]
        items = own if len(own) * 2 >= len(items) else items
        headed: dict[int, bool] = {}
        for item in items:  # by the first row under each heading
            parent = self._shape.parents[item.row]
            headed[parent] = headed[parent] if parent in headed else self._surface.is_headed_aside(item.row)
        kept = [item for item in items if not headed[self._shape.parents[item.row]]]
        return kept if len(kept) >= FEWEST else items

    def _is_ad(self, row: int) -> bool:
        node = self._shape.nodes[row]
        return bool(_AD.search(f"{node.get('class') or ''} {node.get('id') or ''}"))

    def _row_title(self, row: int) -> str:
        """Of a row whose link says 阅读全文."""
        inner = self._shape.below(row)[:MOST_OF_ROW]
        for place in inner:
            if _is_heading(self._shape, place) and (words := _line(self._shape, place)):
                return words
        return max((self._shape.own[place] for place in inner), key=len, default="")[:MOST_TITLE]

    def _scored(self, items: list[Item]) -> Found | None:
        if len(items) < FEWEST:
            return None
        count = len(items)
        lengths = sum(_share(width(item.title), _SHORT_TITLE, _FULL_TITLE) for item in items) / count
        variety = len({item.title for item in items}) / count
        addresses = sum(_is_article(item.url) for item in items) / count
        timed = sum(self._has_time(item) for item in items) / count
        native = urlsplit(items[0].url).hostname == self._host or timed > 0.5
        first = items[0].row
        is_aside = self._surface.asides[first] or self._surface.is_headed_aside(first)
        text = sum(self._surface.text(item.row, item.stop) for item in items)
        quality = lengths * variety * (0.4 + 0.6 * addresses) * (0.6 + 0.4 * timed) * (1.0 if native else 0.5)
        confidence = quality * (0.25 if is_aside else 1.0) * self._surface.share([item.row for item in items])
        return Found(
            items=tuple(items),
            confidence=min(1.0, confidence),
            score=confidence * math.log2(1 + count) * math.sqrt(text),
        )

    def _has_time(self, item: Item) -> bool:
        return any(TIME.search(text) or _SHORT_DAY.match(text) for text in self._time_texts(item))

    def _time_texts(self, item: Item) -> list[str]:
        inner = range(item.row, item.stop)[:MOST_OF_ROW]
        texts = [self._shape.nodes[place].get("datetime") or self._shape.own[place] for place in inner]
        return [text for text in texts if 0 < len(text) <= _LONGEST_TIME and _DIGIT.search(text)]

    def dated(self, item: Item, now: datetime) -> Item:
        """With the time that its row tells."""
        texts = self._time_texts(item)
        found = (dates.parse(text, now=now, is_label=_is_only_time(text)) for text in texts if text != item.title)
        return replace(item, published=next((one for one in found if one), None))


_SHORT_DAY: Final = re.compile(r"^\W{0,3}\d{1,2}[-/.月]\d{1,2}日?\W{0,3}$")


def _is_only_time(text: str) -> bool:
    return bool(_SHORT_DAY.match(text) or TIME.search(text))


def _is_heading(shape: Shape, place: int) -> bool:
    node = shape.nodes[place]
    return node.tag in _HEADINGS or bool(node.tag != "a" and _TITLE_CLASS.search(node.get("class") or ""))


def _line(shape: Shape, place: int) -> str:
    return " ".join(filter(None, (shape.own[inner] for inner in shape.below(place)[:MOST_INNER])))[:MOST_TITLE]


def _share(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))


def _is_article(url: str) -> bool:
    parts = urlsplit(url)
    tail = f"{parts.path}?{parts.query}" if parts.query else parts.path.rstrip("/")
    return bool(_ARTICLE.search(tail)) and not _OTHER_ADDRESS.search(parts.path)
