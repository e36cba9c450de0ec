"""Read a hot list: its entries from the top, by the source's selectors, or by the numbers that stand before them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types
from parsel import Selector

from core.errors import SourceChanged
from core.normalise import fold
from crawler.extract.heat import heat_of
from crawler.extract.listing import link_of, open_page
from crawler.extract.selectors import Selectors, first, select
from crawler.extract.tree import absolute, line

# Guess: lists show up to a hundred entries; more is another list on the page.
MOST_ENTRIES: Final = 200
# Guess: fewer numbers in a row are a pager or a rating.
FEWEST_RANKS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """url: absolute, None where the entry has no link. heat: None where the list shows none."""

    title: str
    url: str | None = None
    heat: int | None = None

    @property
    def key(self) -> str:
        """What stays the same from look to look."""
        return self.url or fold("".join(self.title.split()))


def read_hotlist(html: str, url: str, selectors: Selectors) -> tuple[Entry, ...]:
    """Entries from the top, each once. Raises SourceChanged when there is none."""
    page = open_page(html)
    found = _selected(page, url, selectors) if selectors.item else _numbered(page.root, url)
    unique: dict[str, Entry] = {}
    for entry in found:
        unique.setdefault(entry.key, entry)
    if not unique:
        how = "榜单选择器没有找到任何条目" if selectors.item else "没有认出带名次的榜单，请写 selectors"
        raise SourceChanged(f"{how}，网页结构可能已变化", url=url)
    return tuple(unique.values())[:MOST_ENTRIES]


def _selected(page: Selector, url: str, selectors: Selectors) -> Iterator[Entry]:
    for item in select(page, selectors.item):
        link = link_of(item, selectors.link or "./descendant-or-self::a[@href]")
        title = first(item, selectors.title) or first(item, selectors.link or ".//a") or first(item, ".//*")
        if title:
            yield Entry(title=title, url=absolute(link, url), heat=heat_of(first(item, selectors.heat)))


def _numbered(root: "etree._Element", url: str) -> Iterator[Entry]:
    """Elements that hold 1, 2, 3, … one after the other; each entry is what surrounds its number and no other."""
    ranks: list[etree._Element] = []
    for element in root.iter():
        text = (element.text or "").strip().rstrip(".、") if isinstance(element.tag, str) and not len(element) else ""
        if text == "1" and len(ranks) < FEWEST_RANKS:
            ranks = [element]
        elif text == str(len(ranks) + 1) and ranks and _place(element) == _place(ranks[0]):
            ranks.append(element)
    if len(ranks) < FEWEST_RANKS:
        return
    items = [_item(rank, following) for rank, following in pairwise(ranks)]
    items.append(_item(ranks[-1], ranks[-2]))
    for rank, item in zip(ranks, items, strict=True):
        yield from _entry(item, rank, url)


def _place(element: "etree._Element") -> tuple[str, int, int]:
    """Tag, depth and number among its siblings: the same for all ranks of a list, and another one for its heats."""
    parent = element.getparent()
    return element.tag, sum(1 for _ in element.iterancestors()), parent.index(element) if parent is not None else 0


def _item(rank: "etree._Element", other: "etree._Element") -> "etree._Element":
    """The largest element around a number that does not hold the other one."""
    around_other = set(other.iterancestors())
    item = rank
    for element in rank.iterancestors():
        if element in around_other:
            break
        item = element
    return item


def _entry(item: "etree._Element", rank: "etree._Element", url: str) -> Iterator[Entry]:
    links = [(line(link), link.get("href") or "") for link in item.iter("a")]
    own = (rank.text or "").strip()
    texts = [line(each) for each in item.iter() if isinstance(each.tag, str) and not len(each) and each is not rank]
    title = max((words for words, _ in links if words != own), key=len, default="") or max(texts, key=len, default="")
    if not title:
        return
    link = next((href for words, href in links if words == title), "")
    heat = next((heat for text in texts if text not in title and (heat := heat_of(text)) is not None), None)
    yield Entry(title=title.removeprefix(own).strip() or title, url=absolute(link, url), heat=heat)
