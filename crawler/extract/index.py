"""Tell an index of boards from a list of threads: short names in rows with counts, and the last thread of each."""

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from crawler.extract.board import Rows, Sort
from crawler.extract.pager import page_number

FEWEST_BOARDS: Final = 2
MOST_BOARDS: Final = 200
# Guess: a name of a board is shorter than most titles.
LONGEST_NAME: Final = 30
_BOARD: Final = re.compile(
    r"/(?:forums?|boards?|bbs|categor(?:y|ies)|sections?|groups?|nodes?|circles?|channels?|quan|[cfgr]|go)(?:/|[-_.]?N)"
    r"|forumdisplay|viewforum|showforum|boardid|forumid|(?:^|/)(?:fid|bid|cid|board|forum|gid|node)(?:/|$)|list",
    re.IGNORECASE,
)
# What follows the name of a board in addresses of its threads.
_INNER: Final = re.compile(r"[a-z]{2}", re.IGNORECASE)
_OF_BOARDS: Final = re.compile(
    r"(?:topics|threads|主题|主題|话题|帖子|贴子|今日|主题数|帖数|贴数|话题数|帖子数)[:：]?$", re.IGNORECASE
)
_OF_THREADS: Final = re.compile(r"(?:replies|views|回复|回覆|回帖|查看|浏览|阅读|点击|人气)数?[:：]?$", re.IGNORECASE)
_NOT_BOARD: Final = re.compile(
    r"user|member|profile|people|login|search|tag|feed|rss|help|/u/|archive|subscri|report|mark|calendar", re.IGNORECASE
)
_FIGURE: Final = re.compile(r"(?:^|[\s:：(（])\d{1,9}(?:$|[\s)）/,，]|[个条篇帖主今])")
# Guess: the elements of a row.
MOST_ELEMENTS: Final = 200
_FRONT: Final = re.compile(
    r"/?(?:(?:index|forum|default|portal)\.\w{2,5})?$|/(?:forums?|bbs|boards?)/?$", re.IGNORECASE
)


def boards(sorts: Mapping[Sort, Rows], chosen: Rows | None, url: str) -> tuple[tuple[str, ...], Rows | None]:
    """Addresses of boards, where the page is an index of them; and the rows of threads that stand apart from it.

    Each board shows at most its last thread, behind its own name: a name behind a title is a label of it. Of a page
    that lists threads besides, only the front page is an index: elsewhere such boards are a side list.
    """
    found = max((rows for sort, rows in sorts.items() if _is_index(sort, rows)), key=_size, default=None)
    if found is None or page_number(url) > 1:
        return (), chosen
    addresses = tuple(board.url for board in found.titled[:MOST_BOARDS])
    if chosen is None:
        return addresses, None
    if chosen is found:
        return (addresses, None) if _has_columns(found) else ((), chosen)
    places = sorted(thread.place for thread in chosen.titled)
    behind = [_between(places, board.place, found.span(board)[1]) for board in found.titled]
    if max(behind) <= 1 and 2 * sum(behind) >= len(places) and len(behind) >= len(places):
        return addresses, None
    is_apart = not any(_between(places, *found.span(board)) for board in found.titled)
    return (addresses if is_apart and _FRONT.fullmatch(urlsplit(url).path) else ()), chosen


def _size(rows: Rows) -> int:
    return len(rows.titled)


def _is_index(sort: Sort, rows: Rows) -> bool:
    text = f"/{'/'.join(sort)}/"
    cue = next(reversed(list(_BOARD.finditer(text))), None)
    if len(rows.titled) < FEWEST_BOARDS or _NOT_BOARD.search(text) or not cue or _INNER.search(text, cue.end()):
        return False
    lengths = sorted(len(board.title) for board in rows.titled)
    links = sum(len(board.places) for board in rows.found.values())
    if lengths[len(lengths) // 2] > LONGEST_NAME or links > 2 * len(rows.found):
        return False
    told = sum(bool(rows.times(board)) or _has_figures(rows, *rows.span(board)) for board in rows.titled)
    return 2 * told >= len(rows.titled)


def _has_columns(rows: Rows) -> bool:
    """The page counts topics, not replies."""
    labels = [words for words in rows.shape.own if words and len(words) <= 12]
    return any(map(_OF_BOARDS.match, labels)) and not any(map(_OF_THREADS.match, labels))


def _has_figures(rows: Rows, first: int, last: int) -> bool:
    places = range(first, min(last, first + MOST_ELEMENTS) + 1)
    return any(len(words) <= 20 and _FIGURE.search(words) for place in places if (words := rows.shape.own[place]))


def _between(places: Sequence[int], first: int, last: int) -> int:
    return bisect_left(places, last + 1) - bisect_left(places, first)
