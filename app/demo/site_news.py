"""The sample news site: a list of articles, their pages, and a feed with the full texts."""

from collections.abc import Iterator, Sequence
from email.utils import format_datetime
from html import escape
from typing import Final

from app.demo.site_page import canonical, clock, cut, frame, pager
from app.demo.story import Post

INDEX: Final = "/news/index.html"
FEED: Final = "/news/rss.xml"
ARTICLES_PER_PAGE: Final = 40

_NAME: Final = "朝汐新闻"
_FOOTER: Final = "朝汐新闻 news.chaoxi.example · 听风演示站点，媒体、人物与内容均为虚构"
_PAGE: Final = "/news/index-{}.html"


def news_pages(posts: Sequence[Post], base_url: str) -> Iterator[tuple[str, str]]:
    """Yield path and HTML of all news pages; `posts` are the visible articles, newest first."""
    pages = cut(posts, ARTICLES_PER_PAGE)
    paths = [INDEX, *(_PAGE.format(number) for number in range(2, len(pages) + 1))]
    for number, part in enumerate(pages, start=1):
        stories = "".join(map(_story, part))
        yield paths[number - 1], _frame("首页", f'<ul class="stories">{stories}</ul>{pager(paths, number)}')
    for post in posts:
        yield post.path, _article(post, base_url)


def feed(posts: Sequence[Post], base_url: str) -> str:
    """Return the articles as RSS 2.0, newest first, with author, medium, section and full text."""
    items = "".join(_item(post, base_url) for post in posts)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel>
<title>{_NAME}</title>
<link>{base_url}{INDEX}</link>
<description>{_NAME}，汽车、城事、财经与生活</description>
<language>zh-cn</language>
{items}</channel>
</rss>
"""


def _frame(title: str, body: str, head: str = "") -> str:
    header = (
        f'<a class="brand" href="{INDEX}">{_NAME}</a>'
        f'<nav aria-label="导航"><a href="{INDEX}">首页</a><a href="{FEED}">订阅</a></nav>'
    )
    alternate = f'<link rel="alternate" type="application/rss+xml" title="{_NAME}" href="{FEED}">\n'
    return frame("news", f"{title} - {_NAME}", header, body, _FOOTER, head + alternate)


def _story(post: Post) -> str:
    return f"""<li class="story"><a class="title" href="{post.path}">{escape(post.title)}</a>
<p class="summary">{escape(_paragraphs(post)[0])}</p>
<p class="meta"><span class="tag">{escape(post.place)}</span><span>{escape(post.outlet)}</span>{clock(post)}</p></li>
"""


def _article(post: Post, base_url: str) -> str:
    paragraphs = "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in _paragraphs(post))
    medium = "" if post.outlet == post.author else f"<span>来源：{escape(post.outlet)}</span>"
    body = f"""<article data-id="{post.key}">
<h1 class="title">{escape(post.title)}</h1>
<p class="meta"><span class="tag">{escape(post.place)}</span>{medium}
<span>作者：<span class="author">{escape(post.author)}</span></span>{clock(post)}</p>
<div class="content">
{paragraphs}
</div>
</article>"""
    return _frame(post.title, body, canonical(base_url, post))


def _item(post: Post, base_url: str) -> str:
    paragraphs = _paragraphs(post)
    html = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
    return f"""<item>
<title>{escape(post.title)}</title>
<link>{base_url}{post.path}</link>
<guid isPermaLink="true">{base_url}{post.path}</guid>
<pubDate>{format_datetime(post.published_at)}</pubDate>
<dc:creator>{escape(post.author)}</dc:creator>
<dc:publisher>{escape(post.outlet)}</dc:publisher>
<category>{escape(post.place)}</category>
<description>{escape(paragraphs[0])}</description>
<content:encoded>{escape(html)}</content:encoded>
</item>
"""


def _paragraphs(post: Post) -> list[str]:
    return post.text.split("\n")
