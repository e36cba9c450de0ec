"""What is at an address, from one answer: feed, sitemap, interface, known software, forum, list. Nothing is fetched.

The first that fits is taken, and what is surest comes first: a feed says that it is one, a list has to be found.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from core.errors import SourceChanged, SourceError
from crawler.definition import SourceKind
from crawler.extract import detail, forum, json_proposal
from crawler.extract.article import extract
from crawler.extract.detail import Missing
from crawler.extract.feed import read_feed
from crawler.extract.json_items import read_page as read_interface
from crawler.extract.mapping import read_mapping
from crawler.extract.propose import NO_KEYS, Proposal, propose
from crawler.extract.selectors import Selectors
from crawler.extract.sitemap import read_sitemap
from crawler.extract.thread import BoardPage, Floor, ThreadLink
from crawler.extract.tree import absolute, parse
from crawler.page import Page
from crawler.platforms import discuz, wordpress
from crawler.trial import MOST_DETAILS, MOST_ITEMS, Door, Shown, Trial

_FEEDS: Final = ("rss+xml", "atom+xml", "feed+json")
_XML: Final = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,2000}?-->\s*|<\?[^>]*>\s*)*<(?:\w+:)?(\w+)", re.DOTALL)
_GENERATOR: Final = re.compile(r"discuz", re.IGNORECASE)
_FORUM: Final = re.compile(
    r"phpbb|vbulletin|xenforo|flarum|phpwind|discourse|mybb|nodebb|vanilla forums|simple machines",
    re.IGNORECASE,
)
# Addresses of threads; those of articles have other words.
_THREAD: Final = re.compile(
    r"thread|topic|[?&/]tid[=/]|viewtopic|/t/|/d/|/tie|discussion|forum|bbs|/(?:board|club)s?/", re.IGNORECASE
)
# Guess: of the rows of a list of threads, those that look like it.
_SHARE: Final = 0.5
# Guess: a byline and a teaser are two.
_FEWEST_SPEAKERS: Final = 3
_ARTICLE: Final = "这是一篇文章，不是列表；请给出它所在栏目的网址"
_MOST_SITES: Final = 3


def recognise(trial: Trial, page: Page, links: str, now: datetime) -> None:
    """Fill ``trial``. links: the Link headers. Raises SourceError where the address is no source."""
    text = page.text.lstrip("\ufeff \t\r\n")
    root = match[1].lower() if (match := _XML.match(text[:8192])) else ""
    if text[:1] in "{[":
        _json(trial, text, page.url, now)
    elif root in ("rss", "feed", "rdf"):
        _feed(trial, text, page.url, now)
    elif root in ("urlset", "sitemapindex") or text.startswith(("http://", "https://")):
        _sitemap(trial, text, page.url, now)
    else:
        trial.doors += _doors(page)
        _page(trial, page, links, now)


def _feed(trial: Trial, text: str, url: str, now: datetime) -> None:
    found = read_feed(text, url, now=now).entries
    shown = [Shown(url=e.url, title=e.title, author=e.author, published=e.published, text=e.text) for e in found]
    _take(trial, SourceKind.FEED, f"RSS、Atom 或 JSON Feed，{len(shown)} 条", shown)


def _sitemap(trial: Trial, text: str, url: str, now: datetime) -> None:
    found = read_sitemap(text, url, now=now)
    shown = [Shown(url=p.url, title=p.entry.title, published=p.modified or p.entry.published) for p in found.places]
    word = "网站地图的索引" if found.is_index else "网站地图"
    _take(trial, SourceKind.SITEMAP, f"{word}，{len(shown)} 个网址", shown)
    trial.follow = [] if found.is_index else trial.follow


def _json(trial: Trial, text: str, url: str, now: datetime) -> None:
    try:
        _feed(trial, text, url, now)
        return
    except SourceChanged:
        mapping = json_proposal.propose(text, url)
    found = read_interface(text, url, read_mapping(mapping), now=now)
    shown = [
        Shown(url=i.url or url, title=i.title, author=i.author, published=i.published, text=i.text) for i in found.items
    ]
    _take(trial, SourceKind.JSON, f"JSON 接口，{len(shown)} 条", shown, json=mapping)
    trial.follow = []
    trial.notes.append(f"下一页：{found.next_url or '答复里没有看出，可写 json.next 或 json.page_parameter'}")


def _page(trial: Trial, page: Page, links: str, now: datetime) -> None:
    if _is_wordpress(page, links):
        found = _list(page, now)
        _take(trial, SourceKind.WORDPRESS, "WordPress 站点，文章和评论都会采集", _shown(found) if found else [])
    elif _GENERATOR.search(page.text[:20_000]) and (board := _discuz(page, now)):
        _forum(trial, SourceKind.DISCUZ, "Discuz! 论坛", board)
    elif (board := _board(page, now)) and _is_forum(page, board):
        _forum(trial, SourceKind.FORUM, "论坛（软件不明）", board)
    else:
        _list_or_forum(trial, page, board, now)


def _list_or_forum(trial: Trial, page: Page, board: BoardPage | None, now: datetime) -> None:
    """Raises SourceChanged where nothing is found."""
    try:
        _listing(trial, page, now)
    except SourceChanged:
        if board is None or not _is_counted(board):
            raise
        _forum(trial, SourceKind.FORUM, "论坛（软件不明）", board)


def _listing(trial: Trial, page: Page, now: datetime) -> None:
    """Raises SourceChanged where nothing is found."""
    try:
        found = propose(page.text, page.url, now=now)
    except SourceChanged as error:
        article = extract(page.text, page.url, now=now)
        is_article = error.message != NO_KEYS and article.missing is None and article.published is not None
        raise SourceChanged(_ARTICLE, url=page.url) if is_article else error from error
    place = "各条的全文就在列表上" if found.selectors.on_list else "全文在各条的链接后面"
    said = f"列表页，{len(found.page.items)} 条，{place}，把握 {found.confidence:.0%}"
    _take(trial, SourceKind.LISTING, said, _shown(found), selectors=written(found.selectors))
    trial.confidence = round(found.confidence, 2)
    trial.follow = [] if found.selectors.on_list else trial.follow
    if not found.selectors.item:
        trial.notes.append("没有能长期使用的选择器，采集时每次自动识别列表")
    if found.page.next_url and not found.selectors.next_page:
        trial.notes.append(f"下一页是 {found.page.next_url}，没有能长期使用的选择器")


def written(selectors: Selectors) -> dict[str, Any]:  # Any: texts, and one truth value
    """As a source file has them: what is empty is left out."""
    return {name: value for name in Selectors.__slots__ if (value := getattr(selectors, name))}


def _take(trial: Trial, kind: SourceKind, said: str, shown: list[Shown], **more: Any) -> None:  # Any: of a definition
    trial.said = said
    trial.definition = {"kind": str(kind), "url": trial.source.url} | {
        key: value for key, value in more.items() if value
    }
    trial.count = len(shown)
    trial.items = shown[:MOST_ITEMS]
    trial.follow = [item.url for item in shown][:MOST_DETAILS]


def _shown(found: Proposal) -> list[Shown]:
    return [
        Shown(
            url=item.url,
            title=item.fields.title,
            author=item.fields.author,
            published=item.fields.published,
            text=item.fields.text,
        )
        for item in found.page.items
    ]


def _list(page: Page, now: datetime) -> Proposal | None:
    try:
        return propose(page.text, page.url, now=now)
    except SourceChanged:
        return None


def _is_wordpress(page: Page, links: str) -> bool:
    return wordpress.interface(page.text, links, page.url) is not None


def _discuz(page: Page, now: datetime) -> BoardPage | None:
    try:
        if discuz.thread_key(page.url):
            return _single(discuz.read_thread(page.text, page.url, now).title, page.url)
        return discuz.read_board(page.text, page.url, now)
    except SourceError as error:
        if error.details.get("is_final"):
            raise
        return None


def _single(title: str, url: str) -> BoardPage:
    return BoardPage(threads=(ThreadLink(key=url, url=url, title=title),))


def _board(page: Page, now: datetime) -> BoardPage | None:
    """What it is where it is a forum."""
    try:
        board = forum.read_board(page.text, page.url, now)
    except SourceError as error:
        if error.details.get("is_final") and _THREAD.search(page.url):
            raise
        return None
    return board


def _is_forum(page: Page, board: BoardPage) -> bool:
    """Where generator, or addresses and counts, say so; a news list may count comments, too."""
    if any(_FORUM.search(meta.get("content") or "") for meta in parse(page.text).iter("meta")):
        return True
    paths = [urlsplit(link.url)._replace(scheme="", netloc="").geturl() for link in board.threads]
    return _is_counted(board) and sum(bool(_THREAD.search(path)) for path in paths) >= _SHARE * len(paths)


def _is_counted(board: BoardPage) -> bool:
    threads = board.threads
    return bool(threads) and sum(link.replies is not None for link in threads) >= _SHARE * len(threads)


def _forum(trial: Trial, kind: SourceKind, name: str, board: BoardPage) -> None:
    """Opened are the threads with most answers, which show most."""
    links = board.threads or tuple(ThreadLink(key=url, url=url) for url in board.boards)
    counts = f"{len(board.threads)} 个主题" if board.threads else f"{len(board.boards)} 个版块"
    shown = [
        Shown(url=link.url, title=link.title, text="" if link.replies is None else f"{link.replies} 回复")
        for link in links
    ]
    _take(trial, kind, f"{name}，{counts}", shown)
    fullest = sorted(board.threads, key=lambda link: -(link.replies or 0))
    trial.follow = [link.url for link in fullest[: MOST_DETAILS - 1]]


def _doors(page: Page) -> list[Door]:
    """The feeds that the page declares."""
    found: dict[str, Door] = {}
    for link in parse(page.text).iter("link"):
        kind = (link.get("type") or "").lower()
        url = absolute(link.get("href") or "", page.url)
        if url and "alternate" in (link.get("rel") or "").lower().split() and kind.endswith(_FEEDS):
            found.setdefault(
                url, Door(kind=SourceKind.FEED, url=url, words=(link.get("title") or "订阅源").strip()[:80])
            )
    return list(found.values())[:_MOST_SITES]


def read_behind(trial: Trial, page: Page, now: datetime) -> None:
    """Add what a page behind the list holds. Raises SourceError."""
    if trial.definition and trial.definition["kind"] in (SourceKind.FORUM, SourceKind.DISCUZ):
        _thread(trial, page, now)
        return
    article = extract(page.text, page.url, now=now)
    trial.pages.append((page.url, page.text))
    trial.details.append(
        Shown(
            url=page.url,
            title=article.title,
            author=article.author,
            published=article.published,
            text=article.text,
        )
    )
    if article.missing:
        trial.notes.append(f"{page.url}：{article.missing.sentence}")
    if not any(door.kind is SourceKind.FORUM for door in trial.doors) and _has_floors(page, now):
        words = "各条后面有多人发言；用它则每一楼是一条信息"
        trial.doors.append(Door(kind=SourceKind.FORUM, url=trial.source.url, words=words))


def _has_floors(page: Page, now: datetime) -> bool:
    try:
        floors = forum.read_thread(page.text, page.url, now).floors
    except SourceError:
        return False
    return len({floor.author for floor in floors if floor.author}) >= _FEWEST_SPEAKERS


def _thread(trial: Trial, page: Page, now: datetime) -> None:
    reader: Any = (
        discuz if trial.definition and trial.definition["kind"] == SourceKind.DISCUZ else forum
    )  # Any: modules
    floors: tuple[Floor, ...] = reader.read_thread(page.text, page.url, now).floors
    room = MOST_ITEMS - len(trial.details)
    trial.details += [
        Shown(
            url=floor.url,
            title=f"{floor.number or ''} 楼".strip(),
            author=floor.author,
            published=floor.published,
            text=floor.text,
        )
        for floor in floors[:room]
    ]
    if reader is forum and (found := forum.propose(page.text, page.url, now)):
        said = f"帖子的识别：每一楼 {found.post}，时间 {found.time}，正文 {found.text}，作者 {found.author}"
        if said not in trial.notes:
            trial.notes.append(said)


def complete(trial: Trial) -> None:
    """Add selectors for what the extractor left open on most pages behind a list."""
    values = trial.definition or {}
    if values.get("kind") != SourceKind.LISTING or not values.get("selectors") or not trial.pages:
        return
    missing = Missing(
        text=_is_mostly(not each.text for each in trial.details),
        published_at=_is_mostly(each.published is None for each in trial.details),
        author=_is_mostly(not each.author for each in trial.details),
    )
    found = detail.propose([html for _, html in trial.pages], missing)
    values["selectors"] |= found
    if found:
        trial.notes.append(f"正文页上自动识别不全，已加选择器：{'、'.join(found)}")


def _is_mostly(told: Iterable[bool]) -> bool:
    answers = list(told)
    return 2 * sum(answers) > len(answers)
