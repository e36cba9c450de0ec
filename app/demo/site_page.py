"""The frame around every page of the sample web, and what a page is for the server.

Style is inline and no other host is named: a visitor's browser must stay on loopback. Every text is escaped here
or by the page that passes it on; `body` arguments are finished HTML.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Final

from app.demo.story import Post
from core.mention import SHANGHAI

HTML: Final = "text/html; charset=utf-8"
_TONES: Final = 6


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of the server. last_modified never goes back while posts are added."""

    content_type: str
    body: bytes
    etag: str
    last_modified: datetime


def page(content: str, last_modified: datetime, content_type: str = HTML) -> Page:
    """Return the page with its entity tag."""
    body = content.encode()
    return Page(content_type, body, f'"{sha256(body).hexdigest()[:16]}"', last_modified)


def frame(kind: str, title: str, header: str, body: str, footer: str, head: str = "") -> str:
    """Return a whole HTML document. kind: the look (forum, news, plain); head: extra head elements."""
    return f"""<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
{head}<style>{_style()}</style>
</head>
<body class="{kind}">
<header><div class="wrap">{header}</div></header>
<main><div class="wrap">
{body}
</div></main>
<footer><div class="wrap">{footer}</div></footer>
</body>
</html>
"""


def clock(post: Post) -> str:
    """Return the time of a post as an element that people and programs can read."""
    moment = post.published_at.astimezone(SHANGHAI)
    return f'<time class="published" datetime="{moment.isoformat()}">{moment:%Y-%m-%d %H:%M}</time>'


def canonical(base_url: str, post: Post) -> str:
    """Return the head element that names the permanent address of a post."""
    return f'<link rel="canonical" href="{escape(base_url + post.path)}">\n'


def avatar(name: str) -> str:
    """Return a round badge with the first character of a name."""
    tone = zlib.crc32(name.encode()) % _TONES
    return f'<span class="avatar tone-{tone}" aria-hidden="true">{escape(name[:1])}</span>'


def pager(names: Sequence[str], number: int) -> str:
    """Return the links to the previous and the next page; `names` are the addresses of all pages, `number` from 1."""
    if len(names) == 1:
        return ""
    before = f'<a class="previous" href="{names[number - 2]}">上一页</a>' if number > 1 else ""
    after = f'<a class="next" href="{names[number]}">下一页</a>' if number < len(names) else ""
    return f'<nav class="pager" aria-label="翻页">{before}<span>第 {number} / {len(names)} 页</span>{after}</nav>'


def cut(posts: Sequence[Post], size: int) -> list[Sequence[Post]]:
    """Return the posts in pages of `size`; there is always a first page."""
    return [posts[begin : begin + size] for begin in range(0, len(posts), size)] or [()]


@cache
def _style() -> str:
    return files("app.demo").joinpath("texts", "site.css").read_text(encoding="utf-8")
