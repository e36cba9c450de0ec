"""Where a page shows times: short texts and attributes that look like the time of a post, before they are parsed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from core.mention import DatePrecision
from crawler.extract.dates import Published
from crawler.extract.shape import Shape
from crawler.extract.thread import when
from crawler.extract.tree import line

_CLOCK: Final = r"\d{1,2}[:：]\d\d(?:[:：]\d\d)?(?:\s?[ap]\.?m\b\.?)?"
# Full hours, as some boards write them: 7 p.m., noon.
_HOUR: Final = rf"(?:{_CLOCK}|\d{{1,2}}\s?[ap]\.?m\b\.?|noon\b|midnight\b)"
_MONTH: Final = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
TIME: Final = re.compile(
    rf"""(?<![\d-])(?:19|20)\d\d\s?[-/.年]\s?\d{{1,2}}\s?[-/.月]\s?\d{{1,2}}\s?日?
          (?:[T\s,，]{{0,3}}(?:[(（]?(?:星期|周)[一二三四五六日天][)）]?\s?)?(?:[上下中]午\s?)?{_CLOCK})?(?!\d)
      |(?<![\d:-])\d{{1,2}}[-/月]\d{{1,2}}日?\s{{0,3}}{_CLOCK}
      |(?<![\d:-])\d{{2}}-\d{{1,2}}-\d{{1,2}}\s{{1,3}}{_CLOCK}
      |(?<![\d./-])\d{{1,2}}([-/.])\d{{1,2}}\1(?:19|20)\d\d(?:[,\s]{{1,3}}{_CLOCK})?(?!\d)
      |\d{{1,2}}\s?月\s?\d{{1,2}}\s?日
      |(?:\d{{1,3}}|[半几一二两三四五六七八九十]{{1,3}})\s?(?:个\s?)?(?:秒钟?|分钟?|小时|钟头|天|日|周|星期|个?月|年)\s?[以之]?前
      |刚刚|刚才|(?:今天|昨天|前天|今日|昨日|today|yesterday)[,，\s]{{0,3}}(?:at\s)?{_CLOCK}|^(?:今天|昨天|前天)$
      |\d{{1,3}}\s(?:second|sec|minute|min|hour|day|week|month|year)s?\sago
      |{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{4}}(?:,?\s(?:at\s)?{_HOUR})?
      |{_MONTH}\s{{1,2}}\d{{1,2}}\s{_CLOCK}\s\d{{4}}
      |\d{{1,2}}\s{_MONTH}\s\d{{4}}(?:,?\s(?:at\s)?{_HOUR})?""",
    re.VERBOSE | re.IGNORECASE,
)
_FULL_HOUR: Final = re.compile(r"(?<![\d:])(\d{1,2})(?=\s?[ap]\.?m\b)", re.IGNORECASE)
# A time behind these words is not that of the post.
_OTHER: Final = re.compile(
    r"注册|加入|入会|登录|登陆|上线|编辑|修改|更新|最后|最近|截止|生日|到期|活动|join|regist|edit|last|modif|birth|since",
    re.IGNORECASE,
)
# What may follow the time of a post; other words make it a time that somebody writes about.
_AFTER: Final = re.compile(
    r"[\s\d|·•,，:：()（）\[\]#+-]*(?:只看|来自|回复|引用|举报|编辑|发表|发布|发帖|浏览|查看|点击|阅读|人气|评论|写道|说|楼|层|次|条|星期|周|北京|上海|广东|\w{2,3}$|by|from|ip|via|通过|使用|gmt|utc|cst)",
    re.IGNORECASE,
)
_YEAR_LAST: Final = re.compile(r"(?<![\d./-])(\d{1,2})([-/.])(\d{1,2})\2((?:19|20)\d\d)(?!\d),?")
# As C prints it: Nov 23 14:26:00 2026.
_CTIME: Final = re.compile(rf"({_MONTH}\s{{1,2}}\d{{1,2}})\s({_CLOCK})\s(\d{{4}})", re.IGNORECASE)
_HALF_DAY: Final = re.compile(r"[ap]\.?m\b", re.IGNORECASE)
_CLOCK_ONLY: Final = re.compile(rf"\W{{0,3}}{_CLOCK}\W{{0,3}}", re.IGNORECASE)
_WEEKDAY: Final = re.compile(
    r"\s*\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6},?\s*$|\s*(?:星期|周)[一二三四五六日天]\s*$", re.IGNORECASE
)
_WORD: Final = re.compile(r"[^\W\d_]")
# Guess: "发表于 … 来自 某某客户端 | 只看该作者" fits; a sentence with a date in it does not.
LONGEST: Final = 90
MOST_WORDS: Final = 40
_EPOCH: Final = re.compile(r"1\d{9}(?:\d{3})?")
_ATTRIBUTES: Final = (
    "datetime",
    "title",
    "data-time",
    "data-timestamp",
    "data-date",
    "data-datetime",
    "data-ts",
    "data-original-title",
    "content",
)


@dataclass(frozen=True, slots=True)
class Mark:
    """place: of the element. text: the time as shown. before: the words in front of it. exact: from an attribute."""

    place: int
    text: str
    before: str
    exact: str


def marks(shape: Shape, *, of_posts: bool = True) -> Iterator[Mark]:
    """The times of a page in document order; of_posts: without those of edits, joins and last replies."""
    joined = -1
    for place, node in enumerate(shape.nodes):
        if shape.silent[place] or node.tag in ("html", "body", "meta", "a") and not shape.own[place]:
            continue
        if place <= joined:
            continue
        exact = next((value for name in _ATTRIBUTES if (value := _exact(node.get(name)))), "")
        text = shape.own[place]
        match = TIME.search(text) if len(text) <= LONGEST else None
        if match is None and _CLOCK_ONLY.fullmatch(text) and shape.ends[place] - place == 1:
            text, joined = line(node)[:LONGEST], shape.ends[place]  # <span title="…">昨天</span> 12:30
            match = TIME.search(text)
            if day := _exact(node[0].get("title")):
                exact = f"{day} {shape.own[place].strip(' ,，')}"
        if match is None:
            if exact and node.tag != "a" and len(text) <= LONGEST:
                yield Mark(place, text, "", exact)
            continue
        before = text[: match.start()]
        if 0 < shape.ends[place] - place < 6:
            before = line(node)[:LONGEST].partition(match[0])[0] or before
        labels = _WEEKDAY.sub("", before) or _label(shape, place)
        if _is_shown(before, text[match.end() :]) and not (of_posts and _OTHER.search(labels[-12:])):
            yield Mark(place, match[0], before, exact)


def is_time(text: str) -> bool:
    """Whether a short text shows the time of a post, rather than tells of one."""
    match = TIME.search(text)
    if match is None or _OTHER.search(text[: match.start()][-12:]):
        return False
    return _is_shown(text[: match.start()], text[match.end() :])


def _is_shown(before: str, after: str) -> bool:
    is_told = bool(_WORD.search(after)) and not _AFTER.match(after)
    return not is_told and len(_WORD.findall(before)) + len(_WORD.findall(after)) <= MOST_WORDS


def moment(mark: Mark, shape: Shape, now: datetime) -> Published | None:
    """The best time of a mark: to the second or minute from an attribute, then what is shown."""
    node = shape.nodes[mark.place]
    around = [mark.exact, *(_exact(child.get("title")) for child in node), _exact(_title(node.getparent()))]
    found = [parsed for text in (*around, mark.text) if text and (parsed := _parsed(text, now))]
    return next((one for one in found if one.precision is not DatePrecision.DAY), found[0] if found else None)


def _parsed(text: str, now: datetime) -> Published | None:
    if _EPOCH.fullmatch(text):
        return Published(datetime.fromtimestamp(int(text[:10]), UTC), DatePrecision.SECOND)
    text = _CTIME.sub(r"\1 \3 \2", _year_first(text, now))
    text = _FULL_HOUR.sub(r"\1:00", text)
    text = re.sub(r"\bnoon\b", "12:00", re.sub(r"\bmidnight\b", "00:00", text))
    return when(re.sub(r"(?<=\d)[,，]\s*(?=\d{1,2}:)", " ", text), now)


def _year_first(text: str, now: datetime) -> str:
    """``06-15-2026`` and ``15.06.2026`` as the date engine has them; of two readings the usual one that is past.

    Source: defaults of vBulletin and MyBB (month first), of German and French boards (day first, with dots).
    """
    match = _YEAR_LAST.search(text)
    if match is None:
        return text
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    is_month_first = second > 12 or (first <= 12 and match[2] != "." and (match[2] == "-" or _HALF_DAY.search(text)))
    month, day = (first, second) if is_month_first else (second, first)
    if (year, month, day) > (now.year, now.month, now.day) and day <= 12:
        month, day = day, month
    return f"{year}-{month:02}-{day:02}{text[match.end() :]}"


def _exact(value: str | None) -> str:
    text = (value or "").strip()
    return text if text and len(text) <= 60 and (_EPOCH.fullmatch(text) or TIME.search(text)) else ""


def _title(node: object) -> str | None:
    return node.get("title") if node is not None else None  # type: ignore[attr-defined]  # an lxml element


def _label(shape: Shape, place: int) -> str:
    """The words right before an element that holds nothing but its time."""
    node = shape.nodes[place]
    before = node.getprevious()
    if before is not None:
        return ((before.tail or "").strip() or (before.text or "").strip())[-20:]
    parent = node.getparent()
    return (parent.text or "").strip()[-20:] if parent is not None else ""
