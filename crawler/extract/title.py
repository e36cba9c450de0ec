"""The title of a page, by agreement between what stands in <title>, in meta tags and on the page itself.

A heading that is part of <title> is the title; the rest of <title> is the name of column and site.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from crawler.extract.layout import Layout
from crawler.extract.metadata import Metadata

_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4"})
_TITLE_WORDS: Final = re.compile(
    r"title|headline|biaoti|(?<![a-z])tit(?![a-z])|(?<![a-z])bt(?![a-z])|subject|activity-name|topic"
)
_SEPARATOR: Final = re.compile(
    r"\s*[_|｜丨]+\s*|\s+[-–—·]+\s+|(?<=[^\x00-\x7f])\s*(?<![—–-])[-–—]{1,2}(?![—–-])\s*(?=[^\x00-\x7f])|\s*(?<=[^\x00-\x7f])--\s*"
)
_SITE: Final = re.compile(
    r".*(?:网|網|频道|頻道|新闻|新聞|日报|晚报|早报|时报|商报|快报|報|报|在线|论坛|博客|门户|官网|中心|首页|平台|社区|财经|科技|资讯|客户端|电视台|杂志|知乎|豆瓣|贴吧|简书|公众号|政府|委员会|局|公司|App|APP|\.com|\.cn|CSDN.*|博客园)"
)
_ELLIPSIS: Final = re.compile(r"(?:…+|\.{3,})$")
# Guesses: titles are 4 to 120 characters; a matching heading is at least half of the first part of <title>.
_SHORTEST: Final = 4
_LONGEST: Final = 160
_ENOUGH: Final = 0.5
_HEADING_WEIGHT: Final = 2
_MARKS: Final = tuple("_|-–—·")
_FIRM: Final = 6  # characters; a shorter beginning says little


@dataclass(frozen=True, slots=True)
class Title:
    """line: where it stands on the page, None when it stands only in the head."""

    text: str
    line: int | None


def find_title(layout: Layout, metadata: Metadata) -> Title:
    """Never fails; empty text when the page has no title at all."""
    head = metadata.title
    for declared in (head, *metadata.titles):
        if (line := _line_within(layout, declared)) is not None:
            return Title(_whole(layout, line, metadata), line)
    declared = next((title for title in metadata.titles if len(title) >= _SHORTEST), "")
    if not declared or folded(declared) not in folded(head):
        declared = without_site(declared or head, metadata.site)
    for title in (head, *metadata.titles):
        if (line := _longer_heading(layout, title)) is not None:
            heading = layout.lines[line].text
            return Title(heading if _goes_on(without_site(title), heading) else without_site(title), line)
    if not declared or _SITE.fullmatch(declared):
        first = _first_heading(layout)
        return Title(declared, None) if first is None else Title(layout.lines[first].text, first)
    return Title(declared, None)


def folded(text: str) -> str:
    """Without white space, widths and case, for comparing."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def without_site(title: str, site: str = "") -> str:
    """``title`` without the names of column and site behind it."""
    parts = _SEPARATOR.split(title)
    ends = [match.start() for match in _SEPARATOR.finditer(title)]
    while ends and len(parts) > 1 and title[: ends[-1]].strip():
        mark = title[ends[-1] :].strip()[:1]
        is_short = len(title[: ends[-1]].strip()) < _SHORTEST
        is_site = _SITE.fullmatch(parts[-1].strip()) is not None or folded(parts[-1]) == folded(site)
        if not is_site and (is_short or mark not in "_|｜" or 2 * len(parts[-1]) > len(title)):
            break
        title = title[: ends.pop()].strip()
        parts.pop()
    return title.strip()


def _line_within(layout: Layout, declared: str) -> int | None:
    """The longest line that is part of ``declared``; headings before other lines."""
    whole = folded(declared)
    if not whole:
        return None
    first = folded(without_site(declared))
    best: tuple[int, int, int] | None = None
    for number, line in enumerate(layout.lines):
        if len(line.text) > _LONGEST or line.text[:1] not in declared:
            continue
        text = folded(line.text)
        begins = _is_first_part(layout, number, text, whole)
        is_enough = text == first or begins or len(text) >= max(_SHORTEST, _ENOUGH * len(first))
        if not is_enough or text not in whole:
            continue
        rank = (len(text) * (1 + begins), _weight(layout, number), -number)
        best = rank if best is None or rank > best else best
    return None if best is None else -best[2]


def _is_first_part(layout: Layout, number: int, text: str, whole: str) -> bool:
    """A heading that <title> begins with, followed by other names: 标题 - 论坛 - Powered by ..."""
    is_heading = _weight(layout, number) >= _HEADING_WEIGHT and len(text) >= 2 and not _SITE.fullmatch(text)
    return is_heading and whole.startswith(text) and whole[len(text) : len(text) + 1] in _MARKS


def _weight(layout: Layout, number: int) -> int:
    line = layout.lines[number]
    box = layout.boxes[line.box]
    is_heading = box.tag in _HEADINGS or (bool(box.words) and _TITLE_WORDS.search(box.words) is not None)
    return 2 * is_heading + (line.linked == 0)


def _whole(layout: Layout, line: int, metadata: Metadata) -> str:
    """The heading as on the page; a declared title that only adds what <title> confirms is the fuller one."""
    text = layout.lines[line].text
    for declared in metadata.titles:
        longer = folded(declared)
        if folded(text) in longer and longer in folded(without_site(metadata.title, metadata.site)):
            return declared
    return text


def _longer_heading(layout: Layout, declared: str) -> int | None:
    """A heading that goes on where a declared title was cut off, or has a badge behind it."""
    start = folded(_ELLIPSIS.sub("", without_site(declared)))
    if len(start) < _FIRM:
        return None
    for number, line in enumerate(layout.lines):
        is_heading = layout.boxes[line.box].tag in _HEADINGS and len(line.text) <= _LONGEST
        if is_heading and folded(line.text).startswith(start) and len(line.text) < 3 * len(start):
            return number
    return None


def _goes_on(declared: str, heading: str) -> bool:
    """Else what the heading has more is a badge (原创, 置顶)."""
    return _ELLIPSIS.search(declared) is not None or len(heading) > len(declared) + 6


def _first_heading(layout: Layout) -> int | None:
    """By the rank of its tag, then by a class that says title; a link is the name of the site or of another page."""
    ranked: list[tuple[int, int]] = []
    for number, line in enumerate(layout.lines):
        box = layout.boxes[line.box]
        if line.linked or not _SHORTEST <= len(line.text) <= _LONGEST:
            continue
        if box.tag in _HEADINGS:
            ranked.append((int(box.tag[1]), number))
        elif box.words and _TITLE_WORDS.search(box.words):
            ranked.append((9, number))
    return min(ranked)[1] if ranked else None
