"""Where on a page its publication date stands. How a date is read is the business of ``dates``.

What readers see between title and text comes first, then what the page tells machines, then other places; the day is
taken from the first of them, the time of day from the first that agrees on the day and knows it.
"""

import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Final

from core.mention import SHANGHAI, DatePrecision
from crawler.extract import dates
from crawler.extract.body import Body
from crawler.extract.dates import Published
from crawler.extract.layout import Layout
from crawler.extract.metadata import Metadata

# A date with its time of day, however the page writes it; reading is left to ``dates``.
_FULL: Final = r"(?:19|20)?\d\d\s?(?:年|[-/.])\s?\d{1,2}\s?(?:月|[-/.])\s?\d{1,2}(?!\d{1,2}(?!\d?[:：]))"
_SPLIT: Final = r"(?:19|20)\d\d\s+\d\d\s?/\s?\d\d(?=\s)"  # year, day and time in elements of their own
_NO_YEAR: Final = r"(?:0?[1-9]|1[0-2])[-月](?:\d{1,2}(?=日|\s+\d{1,2}[:：])|\d\d(?=\d\d[:：]\d\d))"
_TIME: Final = (
    r"(?:T|\s*[,，]?\s*(?:[(（]?(?:星期|周|週)[一二三四五六日天][)）]?)?\s*)(?:[上下]午\s?)?"
    r"\d{1,2}\s?[:：时]\s?\d\d(?:[:：分]\s?\d\d(?:\.\d+)?)?(?:\s?(?:Z|[+-]\d\d:?\d\d))?"
)
_DATE: Final = re.compile(rf"(?<![\d.])(?:{_SPLIT}|{_FULL}|{_NO_YEAR})\s?日?(?:{_TIME})?")
_RELATIVE: Final = re.compile(
    r"刚刚|\d{1,3}\s?(?:秒钟?|分钟|小时|天)前|(?:今天|昨天|前天)(?:\s?\d{1,2}[:：]\d\d)?|(?:\d{1,2}月\d{1,2}日)(?=\s|$)"
)
_YEAR: Final = re.compile(r"(?:19|20)\d\d|\d\d\s?[年/.-]\s?\d{1,2}\s?[月/.-]\s?\d")
_UPDATED: Final = re.compile(r"更新|修改|编辑于|最后|updated|modified", re.IGNORECASE)
_CHANGED: Final = re.compile(r"\s?(?:最后)?(?:更新|修改|编辑(?![:：]))")
_PUBLISHED: Final = re.compile(
    r"发布|發布|發佈|发表|發表|发稿|刊发|日期|时间|時間|来源|來源|作者|记者|稿源|文章|publish|posted|date",
    re.IGNORECASE,
)
_OTHER: Final = re.compile(
    r"截止|截至|活动|有效|注册|下载|版权|ICP|©|copyright|今天是|现在是|生成|成文|浏览器|报名",
    re.IGNORECASE,
)
_CLOCK: Final = re.compile(r"\d{1,2}[:：]\d\d(?:[:：]\d\d)?")
_URL_DAY: Final = re.compile(r"(?<!\d)((?:19|20)\d\d)[-/_]?(0[1-9]|1[0-2])[-/_]?(0[1-9]|[12]\d|3[01])(?!\d)")
# Guesses: how far from the title a date line stands, and how long it is.
_BEFORE: Final = 6
_AFTER: Final = 14
_BEHIND: Final = 8
_LONGEST: Final = 160
_LONGEST_LABELLED: Final = 80
_LONGEST_RELATIVE: Final = 40
# Ranks of what a place says: a whole date, a relative one or one of a script, one of a later change, of the address.
_EXPLICIT, _VAGUE, _UPDATE, _LAST = range(4)


def find_published(
    layout: Layout, metadata: Metadata, url: str, *, title: int | None, body: Body, now: datetime
) -> Published | None:
    """now: aware. None when the page does not say."""
    lines, dropped = body.lines, body.dropped
    places = (
        _between(layout, title, lines),
        ((_EXPLICIT, text) for text in metadata.times),
        _around(layout, title, lines),
        _marked(layout, lines, dropped),
        ((_EXPLICIT, datetime.fromtimestamp(epoch, UTC).isoformat()) for epoch in metadata.epochs),
        ((_VAGUE, text) for text in metadata.script_times),
        ((_LAST, text) for text in _day_of(url)),
    )
    ranked = sorted((found for place in places for found in place), key=lambda found: found[0])
    found = [each for _, text in ranked if (each := dates.parse(text, now=now)) is not None]
    if not found:
        return None
    return next((each for each in found if _day(each) == _day(found[0]) and _knows_time(each)), found[0])


def _day(published: Published) -> object:
    return published.at.astimezone(SHANGHAI).date()


def _knows_time(published: Published) -> bool:
    """Midnight to the second is how systems write a day."""
    return (
        published.precision is not DatePrecision.DAY
        and published.at.astimezone(SHANGHAI).strftime("%H%M%S") != "000000"
    )


def _between(layout: Layout, title: int | None, body: tuple[int, ...]) -> Iterator[tuple[int, str]]:
    """Date lines below the title and above the text."""
    start, end = _zone(layout, title, body)
    yield from _fragments(layout, range(start, end), body, must_say=False)


def _around(layout: Layout, title: int | None, body: tuple[int, ...]) -> Iterator[tuple[int, str]]:
    """Date lines a little above the title, and labelled ones in the first lines of the text and behind it."""
    start, end = _zone(layout, title, body)
    yield from _fragments(layout, range(max(0, start - _BEFORE), start), (*body, title), must_say=False)
    yield from _fragments(layout, range(end, min(end + 3, len(layout.lines))), (), must_say=True)
    if body:
        behind = range(max(body[0], body[-1] - 1), min(len(layout.lines), body[-1] + 1 + _BEHIND))
        yield from _fragments(layout, behind, (), must_say=True)


def _zone(layout: Layout, title: int | None, body: tuple[int, ...]) -> tuple[int, int]:
    """The lines between title and text, the title itself left out: it may speak of another day."""
    end = body[0] if body else min((title or 0) + _AFTER, len(layout.lines))
    return (title + 1, max(end, title + 1)) if title is not None and title < end else (max(0, end - _AFTER), end)


def _fragments(
    layout: Layout, numbers: range, excluded: Collection[int | None], *, must_say: bool
) -> Iterator[tuple[int, str]]:
    for number in numbers:
        text = layout.lines[number].text
        if len(text) > _LONGEST or number in excluded:
            continue
        if not must_say or (len(text) <= _LONGEST_LABELLED and _PUBLISHED.search(text)):
            yield from _dates_in(text, _next_clock(layout, number), is_text=must_say)


def _next_clock(layout: Layout, number: int) -> str:
    """A time of day that stands alone on the next line."""
    following = layout.lines[number + 1].text if number + 1 < len(layout.lines) else ""
    return following if _CLOCK.fullmatch(following) else ""


def _dates_in(text: str, clock: str = "", *, is_text: bool = False) -> Iterator[tuple[int, str]]:
    """is_text: the line may be a sentence, where a day without a year and 今天 belong to what it tells."""
    for match in _DATE.finditer(text):
        before = text[max(0, match.start() - 8) : match.start()]
        is_told = is_text and not _YEAR.match(match[0]) and not _PUBLISHED.search(before)
        if _OTHER.search(before) or is_told:
            continue
        fragment = re.sub(r"^(\d{4})\s+(\d\d)\s?/\s?(?=\d\d)", r"\1/\2/", match[0].strip())
        if clock and match.end() == len(text) and not _CLOCK.search(fragment):
            fragment = f"{fragment} {clock}"
        after = text[match.end() : match.end() + 4]
        yield (_UPDATE if _UPDATED.search(before) or _CHANGED.match(after) else _EXPLICIT), fragment
    if not is_text and len(text) <= _LONGEST_RELATIVE:
        for match in _RELATIVE.finditer(text):
            yield _VAGUE, match[0]


def _marked(layout: Layout, body: tuple[int, ...], dropped: frozenset[int]) -> Iterator[tuple[int, str]]:
    """Elements whose class speaks of time or source, outside the text and the noisy boxes."""
    inside = set(body)
    for mark in layout.marks:
        if mark.role == "time" and mark.line not in inside and mark.line not in dropped and len(mark.text) <= _LONGEST:
            yield from _dates_in(mark.text)


def _day_of(url: str) -> list[str]:
    match = _URL_DAY.search(url)
    return ["-".join(match.groups())] if match else []
