"""The sample forum: boards whose threads have pages of their own, and an archive with full texts on few pages."""

from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import Final

from app.demo.site_page import avatar, canonical, clock, cut, frame, pager
from app.demo.story import Post

HOME: Final = "/forum/index.html"
BOARDS: Final = {"cars": ("/forum/board-1-{}.html", "车友交流"), "food": ("/forum/board-2-{}.html", "吃喝玩乐")}
ARCHIVE: Final = "/forum/archive-{}.html"
# Posts of the history that still have their place on a board; older ones are in the archive.
LIVE_PER_BOARD: Final = 20
THREADS_PER_PAGE: Final = 30
ARCHIVED_PER_PAGE: Final = 120

_NAME: Final = "青柠车友论坛"
_FOOTER: Final = "青柠车友论坛 forum.qingning-owners.example · 听风演示站点，人物、品牌与内容均为虚构"


def forum_pages(posts: Sequence[Post], base_url: str) -> Iterator[tuple[str, str]]:
    """Yield path and HTML of all forum pages; `posts` are the visible threads, newest first."""
    archived = archived_posts(posts)
    keys = {post.key for post in archived}
    live = [post for post in posts if post.key not in keys]
    yield HOME, _home(live, len(archived))
    for place, (pattern, name) in BOARDS.items():
        yield from _paged(pattern, name, [post for post in live if post.place == place], THREADS_PER_PAGE, _topics)
    yield from _paged(ARCHIVE, "往期帖子", archived, ARCHIVED_PER_PAGE, _archived)
    for post in posts:
        yield post.path, _thread(post, base_url)


def archived_posts(posts: Sequence[Post]) -> list[Post]:
    """Return the posts of the history that no board shows any more, newest first."""
    history = [post for post in posts if post.wave == 0]
    live = {post.key for place in BOARDS for post in [p for p in history if p.place == place][:LIVE_PER_BOARD]}
    return [post for post in history if post.key not in live]


def _frame(title: str, body: str, head: str = "") -> str:
    links = [(HOME, "首页"), *((pattern.format(1), name) for pattern, name in BOARDS.values())]
    nav = "".join(f'<a href="{path}">{name}</a>' for path, name in [*links, (ARCHIVE.format(1), "往期帖子")])
    header = f'<a class="brand" href="{HOME}">{_NAME}</a><nav aria-label="板块">{nav}</nav>'
    return frame("forum", f"{title} - {_NAME}", header, body, _FOOTER, head)


def _home(live: Sequence[Post], archived: int) -> str:
    cards = []
    for place, (pattern, name) in BOARDS.items():
        topics = [post for post in live if post.place == place]
        newest = f"最新：{escape(topics[0].title)}" if topics else "还没有帖子"
        cards.append((pattern.format(1), name, len(topics), newest))
    cards.append((ARCHIVE.format(1), "往期帖子", archived, "四周以来的帖子，按时间倒序"))
    return _frame("首页", f'<ul class="boards">{"".join(_board(*card) for card in cards)}</ul>')


def _board(path: str, name: str, count: int, newest: str) -> str:
    return f"""<li class="card"><a href="{path}">{name} <span class="count">{count} 帖</span></a>
<p class="meta">{newest}</p></li>
"""


def _paged(
    pattern: str, name: str, posts: Sequence[Post], size: int, body: Callable[[Sequence[Post]], str]
) -> Iterator[tuple[str, str]]:
    pages = cut(posts, size)
    paths = [pattern.format(number) for number in range(1, len(pages) + 1)]
    heading = f'<h1>{name} <span class="count">共 {len(posts)} 帖</span></h1><p class="lead">按发表时间倒序</p>'
    for number, part in enumerate(pages, start=1):
        yield paths[number - 1], _frame(f"{name} 第 {number} 页", f"{heading}\n{body(part)}\n{pager(paths, number)}")


def _topics(posts: Sequence[Post]) -> str:
    return f'<ul class="card topics">{"".join(map(_topic, posts))}</ul>'


def _topic(post: Post) -> str:
    return f"""<li class="topic">{avatar(post.author)}
<div><a class="title" href="{post.path}">{escape(post.title)}</a>
<p class="meta"><span class="author">{escape(post.author)}</span>{clock(post)}</p></div>
<p class="answers"><b>{len(post.replies)}</b>回复</p></li>
"""


def _archived(posts: Sequence[Post]) -> str:
    return "".join(map(_archived_post, posts))


def _archived_post(post: Post) -> str:
    board = BOARDS[post.place][1]
    return f"""<article class="card post" data-id="{post.key}">
<h2><a class="title" href="{post.path}">{escape(post.title)}</a></h2>
<p class="meta"><span class="author">{escape(post.author)}</span>{clock(post)}<span>{board}</span></p>
<div class="text">{escape(post.text)}</div>
</article>
"""


def _thread(post: Post, base_url: str) -> str:
    pattern, board = BOARDS[post.place]
    replies = "".join(map(_reply, post.replies)) or '<p class="meta">还没有回复，登录后参与讨论。</p>'
    body = f"""<p class="crumbs"><a href="{HOME}">首页</a> › <a href="{pattern.format(1)}">{board}</a> › 正文</p>
<article class="card thread" data-id="{post.key}">
<h1 class="title">{escape(post.title)}</h1>
<div class="byline">{avatar(post.author)}<div><b class="author">{escape(post.author)}</b>
<span class="meta"><span>楼主</span>{clock(post)}</span></div></div>
<div class="text">{escape(post.text)}</div>
</article>
<section class="card" aria-label="回复"><h2 class="count">回复 {len(post.replies)}</h2>{replies}</section>"""
    return _frame(post.title, body, canonical(base_url, post))


def _reply(reply: tuple[str, str]) -> str:
    author, text = reply
    return f'<div class="reply">{avatar(author)}<div><b>{escape(author)}</b><p>{escape(text)}</p></div></div>'
