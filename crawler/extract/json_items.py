"""Read the answer of a JSON interface: its items and the way to the next page, by expressions or by common names."""

import math
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urldefrag

from w3lib.url import add_or_replace_parameter

from core.errors import InvalidInput, SourceChanged, SourceRefused
from core.mention import Engagement, Kind
from core.normalise import canonical_url
from crawler.extract import dates
from crawler.extract.dates import Published
from crawler.extract.fragment import plain
from crawler.extract.heat import heat_of
from crawler.extract.json_text import read_json
from crawler.extract.mapping import JsonMap, search

Json = Any  # decoded JSON

# Guess: names met in documented interfaces of sites, in this order; compared without case, _ and -.
COMMON: Final[Mapping[str, tuple[str, ...]]] = {
    "title": ("title", "subject", "headline", "标题", "主题"),
    "text": ("content", "contenthtml", "text", "body", "fulltext", "message", "正文", "内容", "contenttext")
    + ("summary", "description", "excerpt", "abstract", "digest", "摘要"),
    "url": ("url", "link", "href", "permalink", "shareurl", "weburl", "htmlurl", "链接", "网址"),
    "native_id": ("id", "guid", "uuid", "tid", "pid", "mid", "编号"),
    "author": ("author", "authorname", "user", "nickname", "username", "creator", "作者", "昵称"),
    "author_id": ("authorid", "userid", "uid", "author.id", "user.id"),
    "published_at": ("publishedat", "createdat", "publishtime", "pubdate", "pubtime", "datepublished", "published")
    + ("createtime", "ctime", "created", "date", "datetime", "time", "timestamp", "发布时间", "时间"),
    "likes": ("likes", "likecount", "likescount", "diggcount", "attitudescount", "upvotes", "点赞数", "点赞"),
    "reposts": ("reposts", "repostcount", "repostscount", "sharecount", "shares", "retweetcount", "转发数", "转发"),
    "comments": ("commentcount", "commentscount", "comments", "replycount", "replies", "评论数", "评论"),
    "heat": ("heat", "hot", "hotvalue", "hotscore", "heatscore", "热度", "热度值", "score", "num"),
    "views": ("views", "viewcount", "readcount", "clickcount", "playcount", "阅读数", "阅读"),
}
_INNER: Final = ("rendered", "text", "content", "value", "html", "name", "nickname", "screenname", "username")
_NEXT_ADDRESS: Final = ("next", "nexturl", "nextpageurl", "nextpage", "nextlink", "nexthref")
_NEXT_VALUE: Final = {
    "nextcursor": "cursor", "nextpage": "page", "nextoffset": "offset", "nextpagetoken": "pageToken",
    "nextmaxid": "max_id",
}  # fmt: skip
_MORE: Final = ("hasmore", "hasnext", "hasnextpage")
_CODES: Final = ("code", "errcode", "errorcode", "errno", "status", "statuscode", "retcode", "ret")
_MESSAGES: Final = ("message", "msg", "errmsg", "errormsg", "errormessage", "errordescription", "reason", "detail")
_GOOD: Final = ("0", "200", "ok", "success")
_REFUSED: Final = re.compile(r"登录|未授权|无权|鉴权|unauthori[sz]ed|forbidden|denied|token|api.?key", re.IGNORECASE)
# Enough to tell a list of mentions from a list of anything else.
_SAMPLE: Final = 20
_LONGEST_COUNT: Final = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonItem:
    """url: absolute, None where the item has none; names_itself: it is no other item's as well, as far as one sees."""

    url: str | None = None
    names_itself: bool = False
    native_id: str | None = None
    title: str = ""
    text: str = ""
    author: str = ""
    author_id: str | None = None
    published: Published | None = None
    engagement: Engagement | None = None
    kind: Kind | None = None
    parent_id: str | None = None
    thread_id: str | None = None
    heat: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonPage:
    """next_url: None at the end, and where the source counts pages itself."""

    items: tuple[JsonItem, ...]
    next_url: str | None = None


def read_page(text: str, url: str, mapping: JsonMap, *, now: datetime, is_first: bool = True) -> JsonPage:
    """Raises SourceChanged, SourceRefused where the answer is an error, or the first one has no list of items."""
    data = read_json(text, url)
    items = _items(data, mapping, url, is_first=is_first)
    if not items:
        _refuse_error(data, url, is_sure=False)
    read = tuple(_item(item, mapping, url, now) for item in items)
    return JsonPage(items=read, next_url=_next(data, mapping, url))


def _items(data: Json, mapping: JsonMap, url: str, *, is_first: bool) -> list[Json]:
    found = search(mapping.items, data) if mapping.items else largest_list(data)
    if isinstance(found, list):
        return found
    _refuse_error(data, url, is_sure=True)
    if not is_first:
        return []
    where = f"表达式 json.items（{mapping.items}）没有找到" if mapping.items else "没有认出"
    raise SourceChanged(f"接口的答复里{where}条目列表，请检查 json.items", url=url)


def largest_list(data: Json) -> list[Json] | None:
    """The longest list of objects with title or text, not looking inside such lists; else an empty list if any."""
    best: list[Json] | None = None
    waiting = deque([data])
    while waiting:
        value = waiting.popleft()
        if isinstance(value, list):
            if any(_has_words(each) for each in value[:_SAMPLE]):
                best = max(best or [], value, key=len)
                continue
            best = [] if best is None and not value else best
        waiting.extend(value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
    return best


def _has_words(value: Json) -> bool:
    if not isinstance(value, dict):
        return False
    named = _named(value)
    return any(_words(named.get(name)) for field in ("title", "text") for name in COMMON[field])


def _item(item: Json, mapping: JsonMap, base: str, now: datetime) -> JsonItem:
    named = _named(item) if isinstance(item, dict) else {}

    def value(field: str) -> Json:
        expression = getattr(mapping, field)
        return search(expression, item) if expression else _common(named, field)

    url, is_bare = _address(value("url"), base)
    counts = {field: _count(value(field)) for field in ("likes", "reposts", "comments", "views")}
    return JsonItem(
        url=url,
        names_itself=url is not None and is_bare,
        native_id=_name(value("native_id")),
        title=" ".join(_words(value("title")).split()),
        text=_words(value("text")),
        author=" ".join(_words(value("author")).split()),
        author_id=_name(value("author_id")),
        published=dates.parse(_scalar(value("published_at"))[:200], now=now),
        engagement=Engagement(**counts, counted_at=now)
        if any(count is not None for count in counts.values())
        else None,
        kind=_kind(value("kind")),
        parent_id=_name(value("parent_id")),
        thread_id=_name(value("thread_id")),
        heat=heat_of(_scalar(value("heat"))),
    )


def _named(item: Mapping[str, Json]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for key, value in item.items():
        found.setdefault(key.lower().replace("-", "").replace("_", "") or key, value)
    return found


def _common(named: Mapping[str, Json], field: str) -> Json:
    for name in COMMON.get(field, ()):
        head, _, tail = name.partition(".")
        value = named.get(head)
        if tail:
            value = _named(value).get(tail) if isinstance(value, dict) else None
        if value not in (None, "", [], {}):
            return value
    return None


def _scalar(value: Json) -> str:
    """Text or a finite number as text; a mapping has one of the inner names."""
    if isinstance(value, dict):
        named = _named(value)
        value = next((named[name] for name in _INNER if isinstance(named.get(name), str)), None)
    if isinstance(value, bool) or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    return str(value) if isinstance(value, str | int | float) else ""


def _words(value: Json) -> str:
    """Text without markup; a list is one line each."""
    lines = value if isinstance(value, list) else [value]
    return "\n".join(words for line in lines if (words := plain(_scalar(line))))


def _name(value: Json) -> str | None:
    return _scalar(value).strip() or None


def _count(value: Json) -> int | None:
    digits = _scalar(value).strip().replace(",", "").removesuffix(".0")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_COUNT else None


def _kind(value: Json) -> Kind | None:
    word = _scalar(value).strip().lower()
    return Kind(word) if word in list(Kind) else None


def _address(value: Json, base: str) -> tuple[str | None, bool]:
    """With its fragment, and whether it has none."""
    link = _scalar(value).strip()
    if not link:
        return None, False
    try:
        bare, fragment = canonical_url(link, base), urldefrag(link)[1]
    except (InvalidInput, ValueError):
        return None, False
    return (f"{bare}#{fragment}" if fragment else bare), not fragment


def _next(data: Json, mapping: JsonMap, url: str) -> str | None:
    if mapping.page_parameter:
        return None
    if not mapping.next:
        return _common_next(data, url)
    value = _scalar(search(mapping.next, data)).strip()
    if not value:
        return None
    return (
        add_or_replace_parameter(url, mapping.cursor_parameter, value)
        if mapping.cursor_parameter
        else _link(value, url)
    )


def _link(value: str, base: str) -> str | None:
    try:
        return canonical_url(value, base)
    except InvalidInput:
        return None


def _common_next(data: Json, url: str) -> str | None:
    places = list(_places(data))
    more = [place[name] for place in places for name in _MORE if isinstance(place.get(name), bool | int)]
    if more and not any(more):
        return None
    for place in places:
        for name in _NEXT_ADDRESS:
            value = place.get(name)
            value = _named(value).get("href") or _named(value).get("url") if isinstance(value, dict) else value
            if isinstance(value, str) and value.startswith(("http://", "https://", "/", "?")):
                return _link(value, url)
        values = _NEXT_VALUE | ({"cursor": "cursor"} if more else {})
        for name, parameter in values.items():
            if value := _scalar(place.get(name)).strip():
                return add_or_replace_parameter(url, parameter, value)
    return None


def _places(data: Json) -> Iterator[dict[str, Json]]:
    """The answer, what it holds by name, and what that holds."""
    level = [data]
    for _ in range(3):
        named = [_named(value) for value in level if isinstance(value, dict)]
        yield from named
        level = [value for place in named for value in place.values()]


def _refuse_error(data: Json, url: str, *, is_sure: bool) -> None:
    """Interfaces answer an error with status 200. is_sure: there is no list, so a code or a message is an error."""
    if not isinstance(data, dict):
        return
    named = _named(data)
    error = named.get("error") or named.get("errors")
    inner = _named(error) if isinstance(error, dict) else {}
    code = next((_scalar(place[name]) for place in (inner, named) for name in _CODES if _scalar(place.get(name))), "")
    message = next(
        (_scalar(place[name]) for place in (inner, named) for name in _MESSAGES if _scalar(place.get(name))), ""
    )
    message = " ".join((message or _scalar(error)).split())[:100]
    is_error = bool(error) or named.get("success") is False or bool(re.fullmatch(r"-\d+|[45]\d\d+", code))
    if not is_error and not (is_sure and code.lower() not in _GOOD and (code or message)):
        return
    said = f"接口返回错误{f' {code}' if code else ''}{f'：{message}' if message else ''}"
    if code[:3] in ("401", "403") or _REFUSED.search(message):
        raise SourceRefused(f"{said}；请检查 json.token 或访问权限", url=url)
    raise SourceChanged(said, url=url)
