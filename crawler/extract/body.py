"""Find the text of an article among the lines of its page.

A box is judged by its prose (characters outside links, in lines with sentence punctuation) against what is not prose.
The box that holds most prose directly is the seed; boxes around it are taken while they add prose and little else,
so that a text in several boxes stays whole; then head and tail are trimmed line by line.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Final

from crawler.extract import noise
from crawler.extract.layout import Box, Layout, Line, ancestors

_PUNCTUATION: Final = re.compile(r"[，。！？；：、…,!?;]|\.(?=\s|$)")
_DATE_LINE: Final = re.compile(r"(?:19|20)\d\d\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}|\d{1,2}:\d\d")
_CLOCK: Final = re.compile(r"\d{1,2}:\d\d(?::\d\d)?")
_META_BOX: Final = re.compile(
    r"meta(?![a-z])|(?<![a-z])info(?![a-z])|author|byline|(?<![a-z])source(?![a-z])|date|time"
)
_META_LABEL: Final = re.compile(
    r"(?:来源|來源|作者|记者|编辑|发布|发表|时间|日期|发稿|信息|文章|稿源|责编|浏览|阅读|点击|更新|字号|分享|原创|文[:：/]|编[:：/]|記者|發布|發佈|發表|時間|編輯|報導)"
)
# Guesses, set on own fixtures and the development pages; the bench measures them.
_SHORTEST_PROSE: Final = 12  # a line with punctuation
_SHORTEST_PLAIN: Final = 28  # a line without
_DECAY: Final = (1.0, 1.0, 0.7, 0.45, 0.25)  # of a line's prose, from its own box outwards
_EARLY_ENOUGH: Final = 0.2  # the first box after the title with this share of the best seed wins
_OTHER_LISTS: Final = 0.15  # weight of prose behind the heading of a list of other things
_GAIN_PER_COST: Final = 4.0
_WHOLE_PAGE: Final = 0.9
_LITTLE: Final = 0.25
_HEAD_LINES: Final = 10
_LEAST_TEXT: Final = 15
_SURE_TEXT: Final = 60


@dataclass(frozen=True, slots=True)
class Body:
    """lines: numbers of the lines of the text, ascending. dropped: lines of noisy boxes. confidence: 0 to 1."""

    lines: tuple[int, ...] = ()
    dropped: frozenset[int] = frozenset()
    confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Measures:
    """Sums over the lines before each line: prose, and what speaks against a text. dropped: lines in noisy boxes."""

    prose: tuple[float, ...]
    cost: tuple[float, ...]
    dropped: frozenset[int]

    def prose_of(self, box: Box) -> float:
        """Prose characters in a box."""
        return self.prose[box.last] - self.prose[box.first]

    def cost_of(self, box: Box) -> float:
        """Weight of links, scraps and headings of other lists in a box."""
        return self.cost[box.last] - self.cost[box.first]


def find_body(layout: Layout, title: int | None, *, is_post: bool = False) -> Body:
    """The text; strict about noisy boxes first, then without them when that left nothing."""
    for drops in (True, False):
        measures = _measure(layout, title, drops=drops)
        post = _first_named(layout, measures, noise.POST, title=None) if is_post else None
        seed = post if post is not None else _seed(layout, measures, title)
        if seed is not None:
            box = seed if post is not None else _widened(layout, measures, seed)
            lines = _trimmed(layout, measures, box, title)
            if post is not None or sum(len(layout.lines[number].text) for number in lines) >= _LEAST_TEXT:
                return Body(lines, measures.dropped, _confidence(measures, lines))
        short = _first_named(layout, measures, noise.BODY, title=title)
        if short is not None and (lines := _trimmed(layout, measures, short, title)):
            return Body(lines, measures.dropped)
    return Body()


def _measure(layout: Layout, title: int | None, *, drops: bool) -> Measures:
    """Weigh every line once; lines in noisy boxes weigh nothing."""
    weights = [_weights(line) for line in layout.lines]
    dropped = _dropped(layout, [prose for prose, _ in weights], title) if drops else frozenset()
    kept = [(0.0, 0.0) if number in dropped else pair for number, pair in enumerate(weights)]
    return Measures(
        tuple(accumulate((pair[0] for pair in kept), initial=0.0)),
        tuple(accumulate((pair[1] for pair in kept), initial=0.0)),
        dropped,
    )


def _weights(line: Line) -> tuple[float, float]:
    """Prose and cost of a line."""
    free = len(line.text) - line.linked
    if line.linked * 2 > len(line.text):
        return (0.0, float(line.linked))
    if len(line.text) <= 40 and noise.HEADING.fullmatch(line.text):
        return (0.0, 60.0)
    if free >= _SHORTEST_PROSE and _PUNCTUATION.search(line.text) and not _is_scrap(line.text):
        return (float(free), 0.0)
    if free >= _SHORTEST_PLAIN and not _is_scrap(line.text):
        return (float(free), 0.0)
    if _CLOCK.fullmatch(line.text):  # of an entry in a running report
        return (0.0, 2.0)
    return (0.0, min(len(line.text), 12) * (1.5 if _DATE_LINE.search(line.text) else 0.7))


def _is_scrap(text: str) -> bool:
    """A date line, a line of buttons, a notice of the site."""
    if len(text) > 80:
        return False
    is_meta = _DATE_LINE.search(text) is not None and _META_LABEL.search(text) is not None and "。" not in text
    return is_meta or noise.SERVICE.fullmatch(text) is not None or noise.NOTICE.match(text) is not None


def _dropped(layout: Layout, prose: list[float], title: int | None) -> frozenset[int]:
    """Lines of hidden and noisy boxes: strong words first, weak ones by their share of what is left.

    Behind the title a strong word is enough: comments may be all the prose of a page.
    """
    dropped: set[int] = set()
    for pattern, most in ((noise.STRONG, _WHOLE_PAGE), (noise.WEAK, _LITTLE)):
        sums = list(accumulate((0.0 if n in dropped else each for n, each in enumerate(prose)), initial=0.0))
        end = 0
        for box in layout.boxes[1:]:
            if box.last <= end or not _is_noisy(box, pattern, title):
                continue
            is_behind = pattern is noise.STRONG and title is not None and box.first > title
            if is_behind or sums[box.last] - sums[box.first] <= most * max(sums[-1], 1.0):
                dropped.update(range(box.first, box.last))
                end = box.last
    return frozenset(dropped)


def _is_noisy(box: Box, pattern: re.Pattern[str], title: int | None) -> bool:
    if title is not None and box.first <= title < box.last and box.last - box.first > 1:
        return False
    if box.is_hidden or box.tag in ("nav", "footer", "aside"):
        return True
    return bool(box.words) and _has(pattern, box.words) and not _is_named_body(box)


def _is_named_body(box: Box) -> bool:
    return bool(box.words) and _has(noise.BODY, box.words)


@lru_cache(maxsize=8192)  # pages repeat their class names
def _has(pattern: re.Pattern[str], words: str) -> bool:
    return pattern.search(words) is not None


def _first_named(layout: Layout, measures: Measures, pattern: re.Pattern[str], *, title: int | None) -> int | None:
    """A box whose name says that it holds a text, and that holds one, however short: no links, nothing noisy."""
    for number, box in enumerate(layout.boxes):
        if box.words and _has(pattern, box.words) and (title is None or box.first > title):
            kept = [layout.lines[n] for n in range(box.first, box.last) if n not in measures.dropped]
            if sum(len(line.text) - 2 * line.linked for line in kept) > 0:
                return number
    return None


def _seed(layout: Layout, measures: Measures, title: int | None) -> int | None:
    """The box with most prose of its own, early ones after the title first."""
    scores: dict[int, float] = {}
    weight, has_begun = 1.0, False
    for number, line in enumerate(layout.lines):
        prose = measures.prose[number + 1] - measures.prose[number]
        has_begun = has_begun or (prose > 0 and title is not None and number > title)
        if has_begun and len(line.text) <= 40 and noise.HEADING.fullmatch(line.text):
            weight = _OTHER_LISTS
        prose *= weight
        if prose > 0:
            for box, share in zip(ancestors(layout, line.box), _DECAY, strict=False):
                scores[box] = scores.get(box, 0.0) + prose * share
    if not scores:
        return None
    weighed = {number: score * _prior(layout.boxes[number], title) for number, score in scores.items()}
    best = max(weighed.values())
    early = [n for n, score in weighed.items() if score >= _EARLY_ENOUGH * best and _is_after(layout.boxes[n], title)]
    if not early:
        return max(weighed, key=lambda n: weighed[n])
    first = min(layout.boxes[n].first for n in early)
    last = max(layout.boxes[n].last for n in early if layout.boxes[n].first == first)
    return max((n for n in early if layout.boxes[n].first < last), key=lambda n: weighed[n])


def _prior(box: Box, title: int | None) -> float:
    factor = 1.0
    if _is_named_body(box):
        factor = 1.6
    elif box.tag == "article" or (box.words and noise.ARTICLE.search(box.words)):
        factor = 1.15
    if box.tag in ("p", "li", "span", "h1", "h2", "h3", "h4"):
        factor *= 0.8
    if title is not None and box.last <= title:
        factor *= 0.3
    return factor


def _is_after(box: Box, title: int | None) -> bool:
    return title is not None and box.first > title


def _widened(layout: Layout, measures: Measures, seed: int) -> int:
    """The outermost box around the seed that adds prose and little else."""
    current = seed
    for number in ancestors(layout, seed):
        around, inner = layout.boxes[number], layout.boxes[current]
        gain = measures.prose_of(around) - measures.prose_of(inner)
        cost = measures.cost_of(around) - measures.cost_of(inner)
        if gain > 0 and gain > _GAIN_PER_COST * cost:
            current = number
    return _named(layout, measures, current)


def _named(layout: Layout, measures: Measures, box: int) -> int:
    """A box named as the text around the found one, where it adds no weight of other things."""
    for number in ancestors(layout, box):
        around = layout.boxes[number]
        if number != box and _is_named_body(around):
            cost = measures.cost_of(around) - measures.cost_of(layout.boxes[box])
            if cost <= 0.1 * measures.prose_of(around) + 20:
                return number
    return box


def _trimmed(layout: Layout, measures: Measures, box: int, title: int | None) -> tuple[int, ...]:
    first, last = layout.boxes[box].first, layout.boxes[box].last
    if title is not None and first <= title < last and title - first < max(_HEAD_LINES, (last - first) // 2):
        first = title + 1
    numbers = [n for n in range(first, last) if n not in measures.dropped]
    numbers = _until_other_lists(layout, measures, numbers)
    numbers = _without_link_lists(layout, numbers)
    start = _head(layout, numbers, title)
    end = _tail(layout, numbers)
    return tuple(n for n in numbers[start:end] if not _is_service(layout.lines[n]))


def _until_other_lists(layout: Layout, measures: Measures, numbers: list[int]) -> list[int]:
    """Cut at the heading of a list of other things, unless most of the prose comes after it."""
    prose = sum(measures.prose[n + 1] - measures.prose[n] for n in numbers)
    so_far = 0.0
    for place, number in enumerate(numbers):
        line = layout.lines[number]
        if len(line.text) <= 40 and so_far * 2 > prose and noise.HEADING.fullmatch(line.text):
            return numbers[:place]
        so_far += measures.prose[number + 1] - measures.prose[number]
    return numbers


def _without_link_lists(layout: Layout, numbers: list[int]) -> list[int]:
    """Three lines in a row that are links are a list of other pages."""
    kept: list[int] = []
    row: list[int] = []
    for number in numbers:
        if _is_link(layout.lines[number]):
            row.append(number)
            continue
        kept += row if len(row) < 3 else []
        kept.append(number)
        row = []
    return kept + (row if len(row) < 3 else [])


def _is_link(line: Line) -> bool:
    return line.linked >= 0.8 * (len(line.text) - line.text.count(" "))


def _is_service(line: Line) -> bool:
    return len(line.text) <= 80 and noise.SERVICE.fullmatch(line.text) is not None


def _head(layout: Layout, numbers: list[int], title: int | None) -> int:
    """Lines before the text: the title again, date and source, buttons."""
    start = 0
    heading = layout.lines[title].text if title is not None else ""
    for place, number in enumerate(numbers[:_HEAD_LINES]):
        line = layout.lines[number]
        if line.text == heading or _is_head_line(line) or _is_in_meta_box(layout, line):
            start = place + 1
        elif len(line.text) > 30 or (_PUNCTUATION.search(line.text) and len(line.text) > 15):
            break
    return start


def _is_head_line(line: Line) -> bool:
    if len(line.text) > 100:
        return False
    if _is_service(line) or line.text.isdigit() or noise.ORIGINAL_TITLE.fullmatch(line.text):
        return True
    if "。" in line.text:
        return False
    has_date = _DATE_LINE.search(line.text) is not None
    is_label = re.match(
        r"(?:来源|來源|作者|記者|文章来源|信息来源|稿源|发布(?:时间|日期|机构)|时间|日期|索引号|文号|浏览次数)[:：]",
        line.text,
    )
    is_bare = len(line.text) <= 24 or _META_LABEL.search(line.text) is not None or not _PUNCTUATION.search(line.text)
    return is_label is not None or (has_date and is_bare)


def _is_in_meta_box(layout: Layout, line: Line) -> bool:
    """A short line without a sentence in a box that is named for author, date or source."""
    words = layout.boxes[line.box].words
    return len(line.text) <= 60 and bool(words) and not _PUNCTUATION.search(line.text) and _has(_META_BOX, words)


def _tail(layout: Layout, numbers: list[int]) -> int:
    """Lines after the text: links, buttons, notices of the site."""
    end = len(numbers)
    while end > 0:
        line = layout.lines[numbers[end - 1]]
        if not (_is_link(line) or _is_service(line) or (len(line.text) <= 200 and noise.NOTICE.match(line.text))):
            break
        end -= 1
    return end


def _confidence(measures: Measures, lines: tuple[int, ...]) -> float:
    """How much speaks for the text: its length, and its share of the page's prose."""
    prose = sum(measures.prose[n + 1] - measures.prose[n] for n in lines)
    everything = measures.prose[-1] or 1.0
    return min(1.0, prose / _SURE_TEXT) * min(1.0, 0.4 + prose / everything)
