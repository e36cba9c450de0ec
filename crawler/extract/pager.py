"""The link to the next page, on lists and in threads of any software."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from core.database import storable
from crawler.extract.tree import absolute, short_line

_NEXT: Final = re.compile(
    r"^\W{0,3}(?:下一?[页頁]|下\s?页|后一?[页頁]|往后|next(?:\s?page)?|older|(?:查看|加载|显示)?更多(?:评论|回复|帖子|主题)?|(?:load|show|see|view)?\s?more(?:\s(?:comments|replies))?)\W{0,3}$|^(?:[>›»→]|&gt;){1,2}$",
    re.IGNORECASE,
)
_NEXT_CLASS: Final = re.compile(r"(?:^|[\s_-])(?:next|nxt|pagination-next|nextpage)(?:$|[\s_-])", re.IGNORECASE)
_OTHER_THREAD: Final = re.compile(r"主题|一篇|一帖|话题|版|topic|thread|post|article", re.IGNORECASE)
_OFF: Final = re.compile(r"disabled|inactive", re.IGNORECASE)
_NUMBERS: Final = re.compile(r"\d+")
# Parameters that name the visit or the way back, never the page. Source: phpBB, vBulletin, PHP and Discuz defaults.
VISIT: Final = frozenset(
    {"sid", "s", "phpsessid", "jsessionid", "sessionid", "session", "token", "extra", "from", "ref"}
)
# Source: names of page parameters in phpBB (start), SMF, vBulletin, Discuz, FluxBB (p) and self-written software.
PAGE_NAMES: Final = frozenset(
    {"page", "p", "pn", "start", "pg", "pageno", "pageindex", "currentpage", "offset", "paged", "cp", "after", "cursor"}
)

OFFSETS: Final = frozenset({"start", "offset", "after", "cursor"})

# Keys such as 65f1a2; not thread12 or 12.html.
_MIXED: Final = re.compile(r"[0-9a-z]*(?:\d[a-z]+\d|[a-z]\d+[a-z])[0-9a-z]*$", re.IGNORECASE)
# Words of a title, as addresses repeat them.
_SLUG: Final = re.compile(r"[a-z]+(?:-[a-z]+)+$", re.IGNORECASE)
# ``12-name`` and ``name.12``.
_NUMBERED_NAME: Final = re.compile(r"(\d+[-_](?=[^\d.])[^.]*)$|[^.]*[^\d.][^.]*\.\d+$")
# ``/p/101`` alone is a post or a thread; behind a number it is a page.
_PAGE_IN_PATH: Final = re.compile(r"(?:/page[/_-]?|[_-]p(?:age)?[/_-]?|(?<=\d)/p[/_-]?)(\d{1,6})(?=\.\w+$|/?$)")
# Guess: links looked at from either end of a page.
MOST_LINKS: Final = 1000
# Guess: a list goes back from such a number (a time, a key), it does not count pages.
LEAST_CURSOR: Final = 10**6
# Fits into its columns of the state database.
LONGEST_KEY: Final = 200


def next_url(root: etree._Element, url: str) -> str | None:
    """The address behind "next page" or behind the number after the current one; same host only."""
    links = [link for link in root.iter("a", "link") if link.get("href")]
    links = links[:MOST_LINKS] + links[MOST_LINKS:][-MOST_LINKS:]  # pagers stand at the top and at the end
    for link in links:
        is_next = "next" in (link.get("rel") or "").lower().split()
        if is_next and (address := _near(link, url)) and _is_sibling(address, url):
            return address
    for link in links:
        if link.tag == "a" and _says_next(link) and (address := _near(link, url)) and _is_sibling(address, url):
            return address
    anchors = [link for link in links if link.tag == "a"]
    return _by_number(anchors, url) or _by_address(anchors, url)


def clean(url: str) -> str:
    """The address without parameters that name the visit."""
    parts = urlsplit(re.sub(r";jsessionid=\w+", "", url, flags=re.IGNORECASE))
    kept = "&".join(pair for pair in parts.query.split("&") if pair.partition("=")[0].lower() not in VISIT)
    return parts._replace(query=kept, fragment="").geturl()


def page_number(url: str) -> int:
    """The page an address speaks of: 1 unless it says otherwise."""
    parts = urlsplit(url)
    for name, value in parse_qsl(parts.query):
        if name.lower() in PAGE_NAMES and value.isascii() and value.isdigit():
            return int(value[:9]) if name.lower() not in OFFSETS else (1 if int(value[:9]) == 0 else 2)
    if match := _PAGE_IN_PATH.search(unquote(parts.path)):
        return int(match[1])
    return 1


def thread_key(url: str) -> str:
    """The same for all pages of a thread: its address without page and visit."""
    parts = urlsplit(clean(url))
    path = _PAGE_IN_PATH.sub("", parts.path)
    query = "&".join(f"{name}={value}" for name, value in parse_qsl(parts.query) if name.lower() not in PAGE_NAMES)
    key = storable(f"{unquote(path)}?{query}".rstrip("?/") or "/")
    return key if len(key) <= LONGEST_KEY else hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def skeleton(url: str) -> tuple[str, ...]:
    """What addresses of the same sort share: numbers become N, words with numbers or hyphens become *."""
    parts = urlsplit(clean(url))
    first, *rest = parts.path.strip("/").split("/")
    path = (_sort(first), *("*" if _SLUG.match(segment) else _sort(segment) for segment in rest))
    names = sorted(pair.partition("=")[0].lower() for pair in parts.query.split("&") if pair)
    return (*path, "?", *(name for name in names if name not in PAGE_NAMES))


def loosened(sort: tuple[str, ...]) -> tuple[str, ...]:
    """A skeleton without names, but for the first that tells what it is about."""
    end = sort.index("?")
    return (*sort[:1], *("*" if re.fullmatch(r"[\w-]+", part) else part for part in sort[1:end]), *sort[end:])


def _sort(segment: str) -> str:
    if match := _NUMBERED_NAME.match(segment):
        return "N-*" if match[1] else "*.N"
    if len(segment) > 24 or "%" in segment or _MIXED.match(segment):
        return "*"
    return _NUMBERS.sub("N", segment)


def _near(link: etree._Element, url: str) -> str | None:
    href = link.get("href") or ""
    if not href or href.startswith("#"):
        return None
    address = absolute(href, url)
    return (
        clean(address) if address and urlsplit(address).netloc == urlsplit(absolute(url, url) or url).netloc else None
    )


def _classes(link: etree._Element) -> str:
    parent = link.getparent()
    return " ".join(filter(None, [link.get("class"), parent.get("class") if parent is not None else ""]))


def _says_next(link: etree._Element) -> bool:
    classes = _classes(link)
    if _OFF.search(classes):
        return False
    words = [short_line(link), link.get("title") or "", link.get("aria-label") or ""]
    if any(_OTHER_THREAD.search(text) for text in words if len(text) < 20):
        return False
    return any(_NEXT.match(text.strip()) for text in words if len(text) < 20) or bool(_NEXT_CLASS.search(classes))


def _is_sibling(address: str, url: str) -> bool:
    """The next page differs from this one in one number, which is larger or new; or in its parameters only."""
    here, there = clean(url), clean(address)
    if here == there:
        return False
    if urlsplit(here).path == urlsplit(there).path and thread_key(here) == thread_key(there):
        return _printed_page(there) > _printed_page(here)
    change = _change(here, there)
    if change is not None:
        is_cursor = urlsplit(here).path == urlsplit(there).path and min(change) >= LEAST_CURSOR
        is_numbered_now = len(_numbers(there)) > len(_numbers(here))  # index.html, then index_1.html
        return change[1] > change[0] or is_numbered_now or is_cursor
    return urlsplit(here).path == urlsplit(there).path and not _numbers(here)


def _printed_page(url: str) -> int:
    """0 where the address names none: some software counts its pages from 0."""
    named = any(pair.partition("=")[0].lower() in PAGE_NAMES for pair in urlsplit(url).query.split("&"))
    if named:
        return next(
            (
                int(value[:9])
                for name, value in parse_qsl(urlsplit(url).query)
                if name.lower() in PAGE_NAMES and value.isdigit()
            ),
            0,
        )
    return page_number(url) if _PAGE_IN_PATH.search(unquote(urlsplit(url).path)) else 0


def _change(here: str, there: str) -> tuple[int, int] | None:
    """The one number that differs, as it is here (1 where it is missing) and there."""
    old, new = _numbers(here), _numbers(there)
    if len(old) == len(new):
        pairs = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
        return pairs[0] if len(pairs) == 1 else None
    added = list((Counter(new) - Counter(old)).elements())
    return (1, added[0]) if len(new) == len(old) + 1 and len(added) == 1 else None


def _numbers(url: str) -> list[int]:
    parts = urlsplit(url)
    return [int(number[:12]) for number in _NUMBERS.findall(f"{unquote(parts.path)}?{parts.query}")]


def _by_number(links: Sequence[etree._Element], url: str) -> str | None:
    """The link whose words are the number of the page that it leads to, the page after this one."""
    for link in links:
        words = short_line(link)
        address = _near(link, url) if words.isascii() and words.isdigit() and len(words) < 8 else None
        change = _change(clean(url), address) if address else None
        if change is not None and _leads_on(*change, number=int(words), address=address or ""):
            return address
    return None


def _by_address(links: Sequence[etree._Element], url: str) -> str | None:
    """The link to the page after this one of the same list, whatever it shows (an arrow that is a picture)."""
    following = page_number(url) + 1
    for link in links:
        words = short_line(link)
        if words.isascii() and words.isdigit() or _OFF.search(_classes(link)):
            continue
        address = _near(link, url)
        if address is None or _printed_page(address) != following or _is_offset(address):
            continue
        if thread_key(address) == thread_key(url) and _is_sibling(address, url):
            return address
    return None


def _is_offset(url: str) -> bool:
    names = {pair.partition("=")[0].lower() for pair in urlsplit(url).query.split("&")}
    return bool(names & OFFSETS)


def _leads_on(old: int, new: int, *, number: int, address: str) -> bool:
    """old, new: the number in the addresses, which counts pages or skips what earlier pages hold."""
    if number < 2:
        return False
    if new == number and old == number - 1:
        return True
    if new == number - 1 and old in (number - 2, new):  # index.html, index_1.html: counted from 0
        return new > old or number == 2
    if new > number and old * (number - 1) == new * (number - 2):
        return True
    return old == 1 and number == 2 and new > number and page_number(address) > 1
