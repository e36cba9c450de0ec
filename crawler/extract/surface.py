"""Where on a page something stands: how much text is where, and which parts serve the page, not its reader.

Prefix sums over ``Shape``, so that each question about a subtree costs nothing.
"""

import re
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from typing import Final

from crawler.extract.shape import Shape
from crawler.extract.tree import short_line

# Source: class names and ids of Chinese portals, government sites and blog systems; words of the trade.
_ASIDE: Final = re.compile(
    r"(?<![a-z])(?:nav|menu|foot|side|aside|hot|rank|top\d|crumb|links?|friend|relat|guess|recommend|login|search|tag"
    r"|pager?(?![a-z])|pagination|pages(?![a-z])|promo|popular|trend|toolbar|share|copyright|header(?![a-z])|topbar)"
    r"|sidebar|navbar|breadcrumb|paihang|tuijian|xiangguan|youlian|daohang|related|(?<![a-z])right(?![a-z])",
    re.IGNORECASE,
)
_ASIDE_TAGS: Final = frozenset({"nav", "aside", "footer", "menu", "header"})
_PLACE_NOTES: Final = ("class", "id", "role")
# What a heading says of a list that is not what the page is for.
_ASIDE_HEADING: Final = re.compile(
    r"热[门点搜文榜]|推荐|排行|相关|猜你|友情|链接|榜|标签|分类|专题|导航|关注|延伸|编辑|广告|大家都|为你"
    r"|hot|popular|trending|recommend|related|most\s|links|tags|categor|archive|follow|you may",
    re.IGNORECASE,
)
# Guess: a longer one is a story of its own.
_LONGEST_HEADING: Final = 12
# Guess: own text of a paragraph, not of a caption.
_PARAGRAPH: Final = 40
# What holds so much of a page is the page, whatever it is called ("with-sidebar").
_WHOLE: Final = 0.7
_MOST_UP: Final = 4


class Surface:
    """Of one page."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self._sums = _sums([len(text) for text in shape.own])
        self._paragraphs = _sums([len(text) if len(text) >= _PARAGRAPH else 0 for text in shape.own])

    def text(self, first: int, stop: int) -> int:
        """Characters shown in elements from ``first`` on, before ``stop``."""
        return self._sums[stop] - self._sums[first]

    def paragraphs(self, first: int, stop: int) -> int:
        """Characters of these that stand in paragraphs."""
        return self._paragraphs[stop] - self._paragraphs[first]

    def share(self, rows: Sequence[int]) -> float:
        """Of the text in these rows, against the paragraphs outside: an article page has its text there."""
        spans = self.spans(rows)
        inside = sum(self.text(*span) for span in spans)
        outside = self.paragraphs(0, len(self.shape.nodes)) - sum(self.paragraphs(*span) for span in spans)
        return inside / (inside + max(0, outside)) if inside else 0.0

    def spans(self, rows: Sequence[int]) -> list[tuple[int, int]]:
        """First place and end of each row: of neighbours, what stands between belongs to the one before (dt, dd)."""
        stops = [*rows[1:], 0]
        return [
            (row, stop if self._is_beside(row, stop) else self.shape.ends[row] + 1)
            for row, stop in zip(rows, stops, strict=True)
        ]

    def _is_beside(self, row: int, stop: int) -> bool:
        return row < stop and self.shape.parents[row] == self.shape.parents[stop]

    @cached_property
    def asides(self) -> list[bool]:
        """Whether an element stands in a part beside the page's own business, by tag, class and id."""
        found: list[bool] = []
        whole = _WHOLE * self._sums[-1]
        for place, node in enumerate(self.shape.nodes):
            parent = self.shape.parents[place]
            is_aside = parent >= 0 and found[parent]
            if (
                not is_aside
                and node.tag not in ("html", "body", "a")
                and self.text(place, self.shape.ends[place] + 1) < whole
            ):
                words = " ".join(filter(None, (node.get(name) for name in _PLACE_NOTES)))[:200]
                is_aside = node.tag in _ASIDE_TAGS or bool(_ASIDE.search(words))
            found.append(is_aside)
        return found

    def is_headed_aside(self, place: int) -> bool:
        """Whether the heading before an element says that it is a list beside the page's business."""
        for _ in range(_MOST_UP):
            before = self.shape.nodes[place].getprevious()
            if before is not None and before.tag != "tr":  # that is the head of a table
                heading = short_line(before)
                if 0 < width(heading) <= _LONGEST_HEADING:
                    return bool(_ASIDE_HEADING.search(heading))
            place = self.shape.parents[place]
            if place < 0 or self.shape.nodes[place].tag in ("body", "html"):
                break
        return False


def width(text: str) -> float:
    """In Chinese characters; a Latin letter takes half the room of one."""
    return sum(0.5 if character.isascii() else 1.0 for character in text)


def _sums(values: Sequence[int]) -> list[int]:
    return list(accumulate(values, initial=0))
