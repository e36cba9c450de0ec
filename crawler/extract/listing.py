"""Read a list page: the items, their links or fields, and the link to the next page."""

from dataclasses import dataclass
from datetime import datetime

from parsel import Selector

from core.errors import InvalidInput, SourceChanged
from core.normalise import canonical_url
from crawler.extract import dates
from crawler.extract.dates import Published
from crawler.extract.selectors import Selectors, first, is_element, select, values


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What the selectors of a source found, on an item or on a detail page; empty where they found nothing."""

    title: str = ""
    text: str = ""
    author: str = ""
    published: Published | None = None
    native_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListItem:
    """url: absolute, as linked; the list page's own address where an item has none but a native id."""

    url: str
    fields: Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """Items in page order, each address once unless the fields are read here; next_url when there is another page."""

    items: tuple[ListItem, ...]
    next_url: str | None


def read_list(html: str, url: str, selectors: Selectors, *, now: datetime) -> ListPage:
    """Raises SourceChanged when the page has no item or no item has a usable link."""
    page = open_page(html)
    base = _absolute(str(page.xpath("string(//base/@href)").get() or ""), url) or url
    nodes = select(page, selectors.item)
    found = [item for node in nodes if (item := _item(node, base, selectors, now)) is not None]
    if not found:
        what = "没有找到任何条目" if not nodes else "找到了条目，但没有可用的链接"
        raise SourceChanged(f"列表选择器{what}，网页结构可能已变化", url=url)
    unique: dict[str, ListItem] = {}
    for item in found:
        unique.setdefault(item.url, item)
    items = found if selectors.on_list else unique.values()
    return ListPage(items=tuple(items), next_url=_next(page, base, selectors))


def open_page(html: str) -> Selector:
    """Parsed once, for all that is asked of it."""
    return Selector(text=html or "<html></html>", type="html")


def read_fields(page: Selector, selectors: Selectors, *, now: datetime) -> Fields:
    """Read a list item or a detail page by the selectors that are given."""
    return Fields(
        title=first(page, selectors.title),
        text="\n".join(values(page, selectors.text)),
        author=first(page, selectors.author),
        published=dates.parse(first(page, selectors.published_at), now=now),
        native_id=first(page, selectors.native_id) or None,
    )


def _item(node: Selector, base: str, selectors: Selectors, now: datetime) -> ListItem | None:
    fields = read_fields(node, selectors, now=now) if selectors.on_list else Fields()
    link = link_of(node, selectors.link or "./descendant-or-self::a[@href]")
    url = _absolute(link, base) if link else None
    if url is None and fields.native_id:
        url = base
    return ListItem(url=url, fields=fields) if url is not None else None


def link_of(node: Selector, selector: str) -> str:
    """The first address the selector yields, as a string or as an element with (or around) a link."""
    for found in select(node, selector):
        href = (
            found.xpath("string(./descendant-or-self::*[@href][1]/@href)").get() if is_element(found) else found.get()
        )
        if href and href.strip():
            return str(href).strip()
    return ""


def _next(page: Selector, base: str, selectors: Selectors) -> str | None:
    if not selectors.next_page:
        return None
    link = link_of(page, selectors.next_page)
    url = _absolute(link, base) if link else None
    return url if url != _absolute(base, base) else None


def _absolute(link: str, base: str) -> str | None:
    """Absolute http(s) address, or None for ``javascript:`` and the like."""
    try:
        return canonical_url(link, base)
    except InvalidInput:
        return None
