"""Read what WordPress says of itself: where its interface and feeds are, its posts and its comments.

Times are read in GMT, so the time zone of a site does not matter.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from core.errors import SourceChanged
from core.mention import DatePrecision
from crawler.extract import dates
from crawler.extract.dates import Published
from crawler.extract.dates.published import LEEWAY, published
from crawler.extract.feed import Entry, read_entries
from crawler.extract.fragment import plain
from crawler.extract.tree import absolute, on_own_host, parse

API: Final = "https://api.w.org/"
POSTS: Final = "wp/v2/posts"
COMMENTS: Final = "wp/v2/comments"
_FIELDS: Final = {
    POSTS: "id,date,date_gmt,modified_gmt,link,title,content,author,_links,_embedded",
    COMMENTS: "id,parent,author,author_name,date,date_gmt,link,content",
}
_HEADER_LINK: Final = re.compile(r'<([^<>\s]{1,2000})>\s*;\s*rel="?' + re.escape(API))
_ASSET: Final = re.compile(r'(https?:\\?/\\?/[^"\'\s<>]{1,300}?/)wp-(?:includes|content)\\?/')
_COMMENT: Final = re.compile(r"#(?:div-)?comment-(\d{1,18})$")
# The page of a long list of comments, in the address of a comment on it.
_LIST_PAGE: Final = re.compile(r"/comment-page-\d{1,6}(?=/?$)")
_LIST_QUERY: Final = re.compile(r"(?:(?<=\?)|&)cpage=\d{1,6}")
_LOCKED: Final = "post-password-form"
# Source: WordPress, protected_title_format, and its translations to Chinese.
_LOCKED_TITLE: Final = re.compile(
    r"^(?:Protected|密码保护|受密码保护|密碼保護|受密碼保護|受保护的|受保護的文章|受保护)\s?[:：]\s?"
)
# Source: WordPress, get_comment_text in feeds; plugins for search engines end each text of a feed with their line.
_IN_REPLY: Final = re.compile(
    r"^\s*<p>[^<]{0,40}<a href=\"[^\"]{1,2000}#comment-(\d{1,18})\"[^>]{0,100}>[^<]{0,200}</a>[^<]{0,20}</p>"
)
_SIGNED: Final = re.compile(
    r"^The post .{1,300} appeared first on .{1,100}\.$"
    r"|^.{1,300}(?:最先|首先|最早)(?:出现在|发布于|出現在|發佈於).{1,100}[。.]$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """is_locked: a password is asked for, so nobody sees more than the title. modified: None where it is not told."""

    url: str
    title: str = ""
    text: str = ""
    author: str = ""
    author_id: str | None = None
    published: Published | None = None
    modified: datetime | None = None
    is_locked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """url: of the post. number: the site's id of it; parent: that of the comment it answers, else None."""

    number: int
    url: str
    text: str
    author: str = ""
    author_id: str | None = None
    published: Published | None = None
    parent: int | None = None


def interface(html: str, links: str, url: str) -> str | None:
    """The address of the REST interface, from the Link header(s) or the page; None where neither tells."""
    if match := _HEADER_LINK.search(links):
        return absolute(match[1], url)
    declared = parse(html).xpath("//link[@rel=$rel]/@href", rel=API)
    return absolute(str(declared[0]), url) if declared else None


def folders(html: str, url: str) -> tuple[str, ...]:
    """Where the site may be, likely ones first: where its files are, else the page's folder, else the host.

    On the host there may be another site: it counts only where nothing points to a folder.
    """
    host = urlsplit(url).netloc
    found = (match.replace("\\", "") for match in _ASSET.findall(html[:500_000]))
    own = next((folder for folder in found if urlsplit(folder).netloc == host), None)
    return tuple(dict.fromkeys([own, urljoin(url, ".")] if own else [urljoin(url, "."), urljoin(url, "/")]))


def feeds(html: str, url: str, folder: str) -> tuple[str, ...]:
    """Addresses at which the feed of all posts may be: the declared one on the own host, then WordPress' own two."""
    links = parse(html).xpath("//link[@rel='alternate' and @type='application/rss+xml']/@href")
    declared = [found for link in links if (found := on_own_host(str(link), url)) and "comments" not in found]
    own = [link for link in declared if folder_of(link) == folder]
    return tuple(dict.fromkeys([*own[:1], f"{folder}feed/", f"{folder}?feed=rss2"]))


def folder_of(address: str) -> str:
    """The folder of the site whose interface or feed this is."""
    bare = urljoin(address, ".") if "?" in address else urljoin(f"{address.rstrip('/')}/", "..")
    return re.sub(r"(?:index\.php|feed)/$", "", bare)


def listing(root: str, route: str, *, size: int, page: int = 1, by_change: bool = True) -> str:
    """The address of one page of posts or comments, newest first. by_change: an edit counts as new."""
    order = "date_gmt" if route == COMMENTS else "modified" if by_change else "date"
    wanted = {"per_page": size, "page": page, "orderby": order, "order": "desc", "_fields": _FIELDS[route]}
    if route == POSTS:
        wanted["_embed"] = "author"
    return f"{_joined(root, route)}{'&' if '?' in root else '?'}{urlencode(wanted, safe=',')}"


def _joined(root: str, route: str) -> str:
    return root + route if root.endswith("/") else f"{root}/{route}"


def place(address: str) -> tuple[str, str, int, int, bool]:
    """Root, route, size, page and by_change of an address that ``listing`` made."""
    route = POSTS if POSTS in address else COMMENTS
    asked = parse_qs(urlsplit(address).query)
    by_change = asked["orderby"][0] != "date"
    return address.partition(route)[0], route, int(asked["per_page"][0]), int(asked["page"][0]), by_change


def paged(feed: str, page: int, **more: str) -> str:
    """The address of a page of a feed."""
    wanted = ({"paged": str(page)} if page > 1 else {}) | more
    if not wanted:
        return feed
    return f"{feed}{'&' if '?' in feed else '?'}{urlencode(wanted)}"


def feed_place(address: str) -> tuple[str, int]:
    """Feed and page of an address that ``paged`` made."""
    match = re.search(r"[?&]paged=(\d{1,9})$", address)
    return (address[: match.start()], int(match[1])) if match else (address, 1)


def feed_of_comments(feed: str) -> str:
    """The site's feed of its newest comments, beside the feed of its posts."""
    if "feed=" in urlsplit(feed).query:
        return re.sub(r"feed=\w+", "feed=comments-rss2", feed)
    return urljoin(feed if feed.endswith("/") else f"{feed}/", "../comments/feed/")


def read_posts(text: str, url: str, now: datetime) -> tuple[Post, ...]:
    """An answer of the interface. Raises SourceChanged where it is something else."""
    return tuple(found for values in _records(text, url) if (found := _post(values, url, now)))


def read_comments(text: str, url: str, now: datetime) -> tuple[Comment, ...]:
    """As ``read_posts``."""
    return tuple(found for values in _records(text, url) if (found := _comment(values, url, now)))


def _records(text: str, url: str) -> Iterator[Mapping[str, Any]]:  # Any: decoded JSON
    try:
        found = json.loads(text[max(text.find("["), 0) :])  # a site in trouble prints its warnings first
    except (ValueError, RecursionError) as error:
        raise SourceChanged("WordPress 接口的答复不是 JSON", url=url) from error
    if not isinstance(found, list):
        raise SourceChanged("WordPress 接口的答复不是列表", url=url)
    return (values for values in found if isinstance(values, Mapping))


def _post(values: Mapping[str, Any], url: str, now: datetime) -> Post | None:  # Any: as above
    link = absolute(_string(values.get("link")), url)
    if link is None:
        return None
    is_locked = isinstance(content := values.get("content"), Mapping) and content.get("protected") is True
    modified = _time(values, "modified", now)
    return Post(
        url=link,
        title=plain(_rendered(values, "title")),
        text="" if is_locked else plain(_rendered(values, "content")),
        author=_author(values),
        author_id=_number(values.get("author")),
        published=_time(values, "date", now),
        modified=modified.at if modified else None,
        is_locked=is_locked,
    )


def _comment(values: Mapping[str, Any], url: str, now: datetime) -> Comment | None:  # Any: as above
    number, link = _number(values.get("id")), absolute(_string(values.get("link")), url)
    if number is None or link is None:
        return None
    parent = _number(values.get("parent"))
    return Comment(
        number=int(number),
        url=post_address(link),
        text=plain(_rendered(values, "content")),
        author=plain(_string(values.get("author_name"))),
        author_id=_number(values.get("author")),
        published=_time(values, "date", now),
        parent=int(parent) if parent else None,
    )


def post_address(link: str) -> str:
    """The address of the post from that of a comment on it."""
    bare = _LIST_QUERY.sub("", _LIST_PAGE.sub("", link.partition("#")[0]))
    return bare.rstrip("?").replace("?&", "?")


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> str | None:
    """Ids are positive; 0 stands for none."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**18 else None


def _rendered(values: Mapping[str, Any], key: str) -> str:  # Any: as above
    found = values.get(key)
    return _string(found.get("rendered")) if isinstance(found, Mapping) else ""


def _author(values: Mapping[str, Any]) -> str:  # Any: as above
    embedded = values.get("_embedded")
    found = embedded.get("author") if isinstance(embedded, Mapping) else None
    first = found[0] if isinstance(found, list) and found else None
    return plain(_string(first.get("name"))) if isinstance(first, Mapping) else ""


def _time(values: Mapping[str, Any], key: str, now: datetime) -> Published | None:  # Any: as above
    try:
        moment = datetime.fromisoformat(_string(values.get(f"{key}_gmt"))).replace(tzinfo=UTC)
    except ValueError:
        return dates.parse(_string(values.get(key)), now=now)
    return published(moment, DatePrecision.SECOND, latest=now + LEEWAY)


def from_entry(entry: Entry) -> Post:
    """A post as the feed gives it; without text where the feed has none of it."""
    is_locked = _LOCKED in entry.content
    lines = [] if is_locked else plain(entry.content).split("\n")
    if len(lines) > 1 and _SIGNED.match(lines[-1]):
        lines.pop()
    return Post(
        url=entry.url,
        title=_LOCKED_TITLE.sub("", entry.title) if is_locked else entry.title,
        text="\n".join(lines),
        author=entry.author,
        published=entry.published,
        is_locked=is_locked,
    )


def is_locked(html: str) -> bool:
    """Whether a page asks for a password instead of showing the post."""
    return _LOCKED in html


def unlocked_title(title: str) -> str:
    """Without what WordPress puts before the title of a post with a password."""
    return _LOCKED_TITLE.sub("", title)


def read_feed_of_comments(text: str, url: str, now: datetime) -> tuple[Comment, ...]:
    """Comments, newest first, without those behind a password. Raises SourceChanged unless it is a feed."""
    return tuple(_comments_in(read_entries(text, url, now=now), url))


def _comments_in(entries: Sequence[Entry], url: str) -> Iterator[Comment]:
    for entry in entries:
        match = _COMMENT.search(entry.link)
        link = absolute(entry.link, url)
        if match is None or link is None or _LOCKED in entry.content:
            continue
        answered = _IN_REPLY.match(entry.content)
        yield Comment(
            number=int(match[1]),
            url=post_address(link),
            text=plain(_IN_REPLY.sub("", entry.content)),
            author=entry.author,
            published=entry.published,
            parent=int(answered[1]) if answered else None,
        )
