"""Find the threads on a list page of any forum: many links of one sort, each in a row with counts and times."""

import math
import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from core.mention import DatePrecision
from crawler.extract.pager import clean, loosened, page_number, skeleton, thread_key
from crawler.extract.shape import Shape
from crawler.extract.thread import ThreadLink
from crawler.extract.timemark import TIME, Mark, marks, moment
from crawler.extract.tree import absolute

MOST_TITLE: Final = 300
# Guess: a row of a list with all its icons and popups.
MOST_ELEMENTS: Final = 400
MOST_TIMES: Final = 10
MOST_INNER: Final = 20
# Guess: ten times the fullest list met.
FEWEST_COUNTED: Final = 3
MOST_LINKS: Final = 3000
# Guess: threads of one title on a list.
MOST_NAMESAKES: Final = 3
_REPLY_WORD: Final = re.compile(r"^(?:回复|回帖|评论|跟帖|replies)\s?数?\s?[:：]?$", re.IGNORECASE)
_THREAD: Final = re.compile(
    r"thread|topic|tid|viewtopic|post|read|show|view|detail|article|tie|/t/|/d/|/p/|/q/|question|discussion|note",
    re.IGNORECASE,
)
_OTHER: Final = re.compile(
    r"user|member|profile|space|author|people|login|regist|search|tag|categor|forumdisplay|viewforum|label|help|about|rss|feed|sort|order"
    r"|filter|\.(?:css|js|png|jpe?g|gif|ico|xml|zip|pdf)$|action=|mode=|do=|calendar|\bday=|month=|date=|archive|/u/|/uid/|reply|last(?:post)?|goto|quote|report|print|mark",
    re.IGNORECASE,
)
# Threads live below their board: ``/board/post/detail``.
_BOARD: Final = re.compile(r"board|plate", re.IGNORECASE)
# A parameter for one of many threads.
_KEY: Final = re.compile(r"/(?:[gt]id|id|file|num|reid|postid)/")
_REPLIES: Final = re.compile(
    r"(?:回复|回帖|评论|跟帖|回应|答复|回答|replies|comments?|posts)\s?(?:数)?[:：(（]?\s?(\d{1,7})|(\d{1,7})\s?(?:条|个|次)?\s?(?:回复|回帖|评论|跟帖|回应|回答|[回评](?!\w)|repl(?:y|ies)|comments?)"
    r"|^(\d{1,7})\s?/\s?\d{1,9}$",
    re.IGNORECASE,
)
_REPLY_CLASS: Final = re.compile(
    r"repl|(?<![a-z])rep(?![a-z])|comment|huifu|answer|回复|posts?[-_]?count", re.IGNORECASE
)
_VIEW_CLASS: Final = re.compile(
    r"view|(?<!th)read|hit|click|pv|like|vote|score|digg|(?<![a-z])up(?![a-z])", re.IGNORECASE
)
_NOT_TITLE: Final = re.compile(
    r"^(?:[\W\d_]*|new|last|最新|最后.{0,6}|回复|查看|更多|详情|第?\s?\d+\s?页|下一页|上一页|首页|尾页|末页|置顶|精华|热门|楼主|删除|编辑|>>?)$",
    re.IGNORECASE,
)

_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
Sort = tuple[str, ...]


@dataclass(slots=True)
class _Thread:
    key: str
    url: str
    title: str
    place: int
    places: list[int]


def threads(root: etree._Element, url: str, now: datetime) -> tuple[ThreadLink, ...]:
    """The threads of a list page in page order; empty where there are none."""
    chosen = chosen_rows(sorts_of(Shape(root), url))
    return links(chosen, now) if chosen else ()


def sorts_of(shape: Shape, url: str) -> dict[Sort, "Rows"]:
    """All links of a page to its host, by what their addresses share."""
    grouped: defaultdict[Sort, list[tuple[int, str]]] = defaultdict(list)
    for place, address in islice(_links(shape, url), MOST_LINKS):
        grouped[skeleton(address)].append((place, address))
    times = list(marks(shape, of_posts=False))
    return {sort: Rows(shape, _grouped(shape, found), times) for sort, found in _merged(grouped).items()}


def _merged(grouped: Mapping[Sort, list[tuple[int, str]]]) -> dict[Sort, list[tuple[int, str]]]:
    """Addresses that no other is like differ in a name only: ``/c/cars/3`` and ``/c/phones/4`` are of one sort."""
    found: defaultdict[Sort, list[tuple[int, str]]] = defaultdict(list)
    for sort, its in grouped.items():
        is_alone = len({thread_key(address) for _, address in its}) == 1
        found[loosened(sort) if is_alone else sort].extend(its)
    return {sort: sorted(its) for sort, its in found.items()}


def _grouped(shape: Shape, found: Sequence[tuple[int, str]]) -> dict[str, _Thread]:
    """Words that links to several threads show are a button, no title."""
    threads: dict[str, _Thread] = {}
    links = [(place, address, _words(shape, place), thread_key(address)) for place, address in found]
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for _, _, words, key in links:
        owners[words].add(key)
    for place, address, words, key in links:
        _add(threads, place, address, words if len(owners[words]) <= MOST_NAMESAKES else "", key)
    return threads


def chosen_rows(sorts: Mapping[Sort, "Rows"]) -> "Rows | None":
    """The rows that look most like threads."""
    scored = [(_score(sort, rows), rows) for sort, rows in sorts.items()]
    best, chosen = max(scored, key=lambda pair: pair[0], default=(0.0, None))
    return chosen if best > 0 else None


def _links(shape: Shape, url: str) -> Iterator[tuple[int, str]]:
    """Links to other pages of this host, without those that only name the visit or this list."""
    host = urlsplit(url).netloc.lower()
    here = clean(url)
    base = next((node.get("href") or "" for node in shape.nodes if node.tag == "base"), "")
    base = absolute(base, url) or url if base else url
    if urlsplit(base).netloc.lower() != host:
        base = url
    for place, node in enumerate(shape.nodes):
        href = node.get("href") if node.tag == "a" and not shape.silent[place] else None
        if not href or href.startswith(("#", "javascript:")):
            continue
        address = absolute(href, base)
        if address and urlsplit(address).netloc.lower() == host and clean(address) != here:
            yield place, clean(address)


def _add(found: dict[str, _Thread], place: int, address: str, words: str, key: str) -> None:
    """Links to one thread (title, its pages, its last post) are one thread under its best words."""
    title = "" if _NOT_TITLE.match(words) or TIME.fullmatch(words) else words
    known = found.get(key)
    if known is None:
        found[key] = _Thread(key, address, title, place, [place])
        return
    known.places.append(place)
    if page_number(address) < page_number(known.url):
        known.url = address
    if len(title) > len(known.title) + (8 if known.title else 0):
        known.title, known.place = title, place


class Rows:
    """The rows of one sort of threads: what belongs to each, counts and times."""

    def __init__(self, shape: Shape, found: Mapping[str, _Thread], every: Sequence[Mark]) -> None:
        self.shape = shape
        self.found = found
        self._every = every
        self._mark_places = [mark.place for mark in every]
        titled = sorted((thread for thread in found.values() if thread.title), key=lambda thread: thread.place)
        places = [thread.place for thread in titled]
        tops = [self._top(place, places) for place in places]
        self.titled = titled
        self._ends = {}
        for number, top in enumerate(tops):
            is_followed = number + 1 < len(tops) and shape.parents[tops[number + 1]] == shape.parents[top]
            end = tops[number + 1] - 1 if is_followed else shape.ends[top]
            self._ends[titled[number].key] = (top, end)

    def _top(self, place: int, places: Sequence[int]) -> int:
        """The highest element that holds no other title; of a single thread the row that its tag promises."""
        top = place
        while (parent := self.shape.parents[top]) >= 0:
            inside = bisect_right(places, self.shape.ends[parent]) - bisect_left(places, parent)
            if inside > 1 or (len(places) == 1 and self.shape.nodes[top].tag in ("tr", "li", "article", "dl", "body")):
                break
            top = parent
        return top

    def span(self, thread: _Thread) -> tuple[int, int]:
        """First and last place of the thread's row."""
        return self._ends[thread.key]

    def times(self, thread: _Thread) -> Sequence[Mark]:
        """Marks in the thread's row."""
        top, end = self._ends[thread.key]
        return self._every[bisect_left(self._mark_places, top) : bisect_right(self._mark_places, end)]

    def numbers(self, thread: _Thread) -> list[tuple[str, int]]:
        """Numbers that stand alone in the row, with the name of their element; page numbers are left out."""
        top, end = self._ends[thread.key]
        found = []
        for place in range(top, min(end, top + MOST_ELEMENTS) + 1):
            words = self.shape.own[place].replace(",", "")
            if words.isascii() and words.isdigit() and len(words) <= 7 and not self._is_page(place):
                found.append((self._column(place), int(words)))
        return found

    def labelled(self, thread: _Thread) -> int | None:
        """A number beside the word for replies."""
        top, end = self._ends[thread.key]
        for place in range(top, min(end, top + MOST_ELEMENTS) + 1):
            words = self.shape.own[place]
            if words and len(words) <= 40 and place != thread.place and (match := _REPLIES.search(words)):
                return int(next(group for group in match.groups() if group))
            if words and _REPLY_WORD.match(words) and (beside := self._beside(place)) is not None:
                return beside
        return None

    def _beside(self, label: int) -> int | None:
        """The number that a label stands in or after."""
        around = self.shape.own[self.shape.parents[label]].replace(",", "")
        return int(around[:7]) if around.isascii() and around.isdigit() else _following(self.shape, label)

    def _column(self, place: int) -> str:
        """Cells of a table differ by their position."""
        above, name = self.shape.parents[place], self.shape.names[place]
        number = self.shape.children(above).index(place) if name == "td" else ""
        return f"{self.shape.names[above]} {name}{number}"

    def _is_page(self, place: int) -> bool:
        href = self.shape.nodes[place].get("href")
        return bool(href) and page_number(href) > 1


def _words(shape: Shape, place: int) -> str:
    """The link's words; of a card that is one link its heading; in full where the link shortens what its title has."""
    headings = (inner for inner in shape.below(place)[:MOST_INNER] if shape.nodes[inner].tag in _HEADINGS)
    place = next(headings, place) if shape.own[place] == "" else place
    shown = " ".join(filter(None, (shape.own[inner] for inner in shape.below(place)[:MOST_INNER])))[:MOST_TITLE]
    begin = shown.rstrip(".…")
    title = " ".join((shape.nodes[place].get("title") or "").split())[:MOST_TITLE]
    return title if begin and begin != shown and title.startswith(begin) else shown


def _score(sort: Sequence[str], rows: Rows) -> float:
    """How much a sort of links looks like threads: titles, many of them, in rows with times and counts."""
    titled = [thread for thread in rows.titled if len(thread.title) > 1]
    text = f"/{'/'.join(sort)}/"
    if not titled or not ("*" in text or "N" in text or sort[-1] != "?"):
        return 0.0
    lengths = sum(min(len(thread.title), 24) for thread in titled) / len(titled)
    variety = len({thread.title for thread in titled}) / len(titled)
    board = _BOARD.search(text)
    is_other = _OTHER.search(text) or (board and not _THREAD.search(text, board.end()) and not _KEY.search(text))
    cue = (2.0 if _THREAD.search(text) else 1.0) * (0.15 if is_other else 1.0)
    timed = sum(bool(rows.times(thread)) for thread in titled) / len(titled)
    cue *= 0.3 if len(titled) == 1 else 1.0
    return math.log2(1 + len(titled)) * lengths * variety * cue * (0.4 + timed)


def _following(shape: Shape, place: int) -> int | None:
    """The number in the element inside or after a label."""
    for near in (place + 1, shape.ends[place] + 1):
        if near < len(shape.nodes) and shape.own[near].isascii() and shape.own[near].isdigit():
            return int(shape.own[near][:7])
    return None


def links(rows: Rows, now: datetime) -> tuple[ThreadLink, ...]:
    """The rows as threads, in page order."""
    return tuple(_threads(rows, now))


def _threads(rows: Rows, now: datetime) -> Iterator[ThreadLink]:
    numbers = {thread.key: rows.numbers(thread) for thread in rows.titled}
    column = _reply_column(list(numbers.values()))
    for thread in rows.titled:
        replies = rows.labelled(thread)
        if replies is None:
            replies = next((count for name, count in numbers[thread.key] if name == column), None)
        yield ThreadLink(
            key=thread.key,
            url=thread.url,
            title=thread.title,
            replies=replies,
            last_post_at=_last(rows, thread, now),
        )


def _reply_column(rows: Sequence[Sequence[tuple[str, int]]]) -> str | None:
    """The name of the numbers that count replies: one that says so, else of the usual ones the smallest."""
    totals: Counter[str] = Counter()
    met: Counter[str] = Counter()
    for row in rows:
        for name, count in dict(reversed(row)).items():
            totals[name] += count
            met[name] += 1
    usual = [name for name in met if 2 * met[name] > len(rows) and not _counts_rows(rows, name)]
    named = [name for name in usual if _REPLY_CLASS.search(name)]
    free = [name for name in usual if not _VIEW_CLASS.search(name)]
    return named[0] if named else min(free, key=lambda name: totals[name], default=None)


def _counts_rows(rows: Sequence[Sequence[tuple[str, int]]], name: str) -> bool:
    """1, 2, 3 down the list."""
    column = [count for row in rows for its, count in row if its == name]
    return len(column) > FEWEST_COUNTED and all(b - a == 1 for a, b in zip(column, column[1:], strict=False))


def _last(rows: Rows, thread: _Thread, now: datetime) -> datetime | None:
    """The latest time in the row that is known to the minute; a relative one drifts and tells nothing."""
    found = []
    for mark in rows.times(thread)[:MOST_TIMES]:
        if ":" in mark.text or ":" in mark.exact or mark.exact.isdigit():
            read = moment(mark, rows.shape, now)
            if read is not None and read.precision is not DatePrecision.DAY:
                found.append(read.at)
    return max(found, default=None)
