"""The article in the state of an application: JSON in a script, plain, percent-encoded or behind an assignment.

Its title, author and time stand in the object around the text; other articles (hot, related) have objects of their own.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import unquote

from crawler.extract.embedded import plain, weight
from crawler.extract.title import folded

_ASSIGNED: Final = re.compile(r"""=\s*(?=[{\[]\s*["{\[])""")
_QUOTED: Final = re.compile(r"""JSON\.parse\(\s*(?="|decodeURIComponent\(")""")
_ENCODED: Final = re.compile(
    r"""^\s*["']?(%(?:7B|5B)[^"'\s]*)|decodeURIComponent\(["'](%(?:7B|5B)[^"']*)""", re.IGNORECASE
)
_TITLE: Final = re.compile(r"(?:\w*_?title|headline)", re.IGNORECASE)
_NAMED_TITLE: Final = re.compile(r"name|subject", re.IGNORECASE)
_TIME: Final = re.compile(
    r"(?:\w*_)?(?:pub(?:lish)?(?:ed)?|create|news|issue|display|release)_?(?:time|date|at)|ctime|ptime|pub_?ts|datepublished",
    re.IGNORECASE,
)
_AUTHOR: Final = re.compile(r"author(?:_?name)?|nick_?name|media_?name|user_?name|screen_?name", re.IGNORECASE)
_OWNER: Final = re.compile(r"\w*(?:media|author|user|account|creator)\w*", re.IGNORECASE)
_SOURCE: Final = re.compile(r"source(?:_?name)?|origin|copy_?from", re.IGNORECASE)
_BLOCK: Final = ("data", "text", "content", "html", "value", "insert", "body")
_OTHERS: Final = re.compile(r"comment|recommend|relat|hot|rank|reply", re.IGNORECASE)
# Guesses: a page assigns its state once or twice; a state of ten thousand objects is not one of an article.
_MOST_SCRIPTS: Final = 12
_MOST_OBJECTS: Final = 10_000
_LONGEST_NAME: Final = 40
_LEAST: Final = 20
_SAME_TITLE: Final = 4  # how much more a text counts whose title is the page's


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """Values as written; empty where the state has none. text: plain lines."""

    text: str = ""
    title: str = ""
    author: str = ""
    source: str = ""
    time: str = ""


def carried(scripts: Sequence[str], head: str) -> Carried:
    """The article with most text; ``head`` is the page's title, which tells it from others."""
    best, most, head = Carried(), 0, folded(head)
    for script in scripts:
        for value in _values(script):
            for found in _articles(value):
                if (score := weight(found.text)) < max(_LEAST, most / _SAME_TITLE):
                    continue
                is_own = len(found.title) >= 2 and folded(found.title) in head
                score *= _SAME_TITLE if is_own else 1
                if score > most:
                    best, most = found, score
    return replace(best, text=plain(best.text))


def _values(script: str) -> Iterator[object]:
    """The JSON values of a script; what is none is passed over."""
    if match := _ENCODED.search(script):
        script = unquote(match[1] or match[2])
    decoder = json.JSONDecoder(strict=False)
    begins = [0] if script.lstrip()[:1] in ("{", "[", '"') else []
    if not begins:
        begins = [m.end() for pattern in (_ASSIGNED, _QUOTED) for m in pattern.finditer(script)]
    end = 0
    for begin in begins[:_MOST_SCRIPTS]:
        if begin < end:
            continue
        try:
            value, end = decoder.raw_decode(script, begin + len(script[begin:]) - len(script[begin:].lstrip()))
            yield decoder.decode(value) if isinstance(value, str) else value
        except (ValueError, RecursionError):
            continue


def _articles(value: object) -> Iterator[Carried]:
    """Every object or list with a text of its own, with what is known around it; without recursion."""
    waiting: list[tuple[object, Carried]] = [(value, Carried())]
    for _ in range(_MOST_OBJECTS):
        if not waiting:
            return
        each, around = waiting.pop()
        if isinstance(each, Mapping):
            each = {key: inner for key, inner in each.items() if len(key) <= _LONGEST_NAME}
            around = _described(each, around)
            texts = (text for key, text in each.items() if isinstance(text, str) and not _TITLE.fullmatch(key))
            yield replace(around, text=max(texts, key=len, default=""))
            waiting += [(inner, around) for key, inner in each.items() if not _OTHERS.search(key)]
        elif isinstance(each, list):
            blocks = [text for block in each if (text := _block(block))]
            yield replace(around, text="\n".join(blocks))
            waiting += [(inner, around) for inner in each]


def _block(value: object) -> str:
    """The text of one part of a list of paragraphs; empty for an entry with a title, which is another article."""
    if isinstance(value, str):
        return value if weight(value) else ""
    if not isinstance(value, Mapping) or any(_TITLE.fullmatch(key) for key in value):
        return ""
    return next((text for key in _BLOCK if isinstance(text := value.get(key), str)), "")


def _described(item: Mapping[str, Any], around: Carried) -> Carried:  # Any: decoded JSON
    title = _first(item, _TITLE) or (_first(item, _NAMED_TITLE) if _first(item, _TIME) else "")
    known = Carried(title=title) if title and title != around.title else around
    owner = next(
        (
            name
            for key, inner in item.items()
            if isinstance(inner, dict) and _OWNER.fullmatch(key)
            for name in (_first(inner, _AUTHOR) or _first(inner, _NAMED_TITLE),)
            if name
        ),
        "",
    )
    return replace(
        known,
        author=_first(item, _AUTHOR) or owner or known.author,
        source=_first(item, _SOURCE) or known.source,
        time=_first(item, _TIME) or known.time,
    )


def _first(item: Mapping[str, Any], pattern: re.Pattern[str]) -> str:  # Any: decoded JSON
    """The first value under a name like that, a number as its digits."""
    for key, value in item.items():
        if isinstance(value, str | int) and not isinstance(value, bool) and pattern.fullmatch(key):
            text = " ".join(str(value).split())
            if text and text != "0":
                return text[:200]
    return ""
