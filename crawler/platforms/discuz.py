"""Read boards and threads of Discuz (7.2, X2 to X3.5), by the marks that its templates share.

A post is known by its pid and a thread by its tid, whatever the address (dynamic, rewritten, with ``extra``).
Links are moved to the host that was asked: boards behind a proxy print their inner host.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from core.errors import SourceChanged, SourceError, SourceRefused, SourceUnreachable
from core.mention import DatePrecision
from crawler.extract.dates import Published
from crawler.extract.selectors import text_of
from crawler.extract.thread import BoardPage, Floor, ThreadLink, ThreadPage, when
from crawler.extract.tree import absolute, line, on_own_host, parse, remove, short_line

_THREAD: Final = re.compile(r"viewthread(?:\.php\?|&|&amp;)(?:.*[&;])?tid=(\d{1,12})|thread-(\d{1,12})-\d+-\d+\.html")
_BOARD: Final = re.compile(r"forumdisplay(?:\.php\?|&|&amp;)(?:.*[&;])?fid=(\w{1,40})|forum-(\w{1,40})-\d+\.html")
_FILTERED: Final = re.compile(r"[?&](?:filter|orderby|typeid|sortid|authorid|action|goto|ordertype)=")
_USER: Final = re.compile(r"uid[=-](\d{1,12})")
_PID: Final = re.compile(r"postmessage_(\d{1,12})")
_POSTED: Final = re.compile(r"^\s*(?:发表于|發表於)[:：]?\s*")
# Source: Discuz X3.5 templates, floor names of the default settings; boards may set others.
_FLOORS: Final = {"楼主": 1, "樓主": 1, "沙发": 2, "沙發": 2, "板凳": 3, "地板": 4}
# Source: Discuz X3.5 language file, messages of viewthread and forumdisplay.
_GONE: Final = re.compile(r"不存在|已被删除|正在被审核|已被刪除|已经被删除")
_WALLED: Final = re.compile(r"登录|登錄|登入|权限|權限|用户组|用戶組|无权|無權|密码|密碼|特定用户|仅限")
_CLOSED: Final = re.compile(r"关闭|關閉|维护|維護|繁忙")
# Inside a message, but not the writer's words: quotes, edit notes, attachments, hidden and scrambled parts.
_NOT_WORDS: Final = re.findall(
    r"[\w-]+",
    "quote blockquote pstatus locked jammer attach_nopermission attach_popup tip aimg_tip t_attach psth "
    "modact rate cm sign a_pr showhide",
)
_SILENT: Final = frozenset({"blockquote", "ignore_js_op", "script", "style", "noscript"})
_REPLY_TO: Final = re.compile(r"^(?:回复|回復)\s*\d*\s*#?\s*\S{0,40}\s*(?:的帖子)?$")
_NOTES: Final = re.compile(
    r"^(?:本帖最后由.{1,60}编辑|本帖最後由.{1,60}編輯|登录/注册后可看大图|只看该作者|下载附件.{0,40}|保存到相册"
    r"|.{0,60}上传)$"
)
MOST_TITLE: Final = 300
# Guess: ten times the fullest index of boards met.
MOST_LINKS: Final = 3000


def thread_key(url: str) -> str | None:
    """The tid in an address of a thread, else None."""
    match = _THREAD.search(url)
    return f"tid{match[1] or match[2]}" if match else None


def read_board(html: str, url: str, now: datetime) -> BoardPage:
    """Raises SourceRefused where the board wants a login, SourceChanged where the page is no board."""
    root = parse(html)
    threads = tuple(_threads(root, url, now))
    boards = () if threads or _board(url) else tuple(_boards(root, url))
    is_list = bool(root.xpath("//*[@id='threadlist' or @id='threadlisttableid' or @id='moderate']"))
    if not (threads or boards or is_list):
        raise _message(root, url) or SourceChanged("网页上没有找到 Discuz 的版块或主题列表", url=url)
    following = next((link for link in _next(root, url) if _board(link) == _board(url) or not _board(url)), None)
    return BoardPage(threads=threads, next_url=following, boards=boards)


def read_thread(html: str, url: str, now: datetime) -> ThreadPage:
    """Raises SourceRefused for a wall, SourceChanged for a thread that is gone or a page that is no thread."""
    root = parse(html)
    key = thread_key(url) or _declared_key(root)
    posts = _posts(root)
    if key is None or not posts:
        raise _message(root, url) or SourceChanged("网页上没有找到 Discuz 的帖子", url=url)
    address = _address(root, url, key)
    following = next((link for link in _next(root, url) if thread_key(link) == key), None)
    floors = [_floor(post, pid, key, address, now) for pid, post in posts.items()]
    return ThreadPage(key=key, title=_title(root), floors=tuple(floors), next_url=following)


def _threads(root: etree._Element, url: str, now: datetime) -> Iterator[ThreadLink]:
    """Rows by their id; else every link to a thread, under its longest words."""
    rows = root.xpath("//*[starts-with(@id,'normalthread_') or starts-with(@id,'stickthread_')]")
    found: dict[str, ThreadLink] = {}
    for row in rows:
        link = max(_thread_links(row, url), key=lambda pair: len(pair[2]), default=None)
        if link is not None:
            found.setdefault(link[0], _thread(row, link, now))
    if not rows:
        for key, address, words in _thread_links(root, url):
            if len(words) > len(found[key].title if key in found else ""):
                found[key] = ThreadLink(key=key, url=address, title=words[:MOST_TITLE])
    return iter(found.values())


def _thread_links(node: etree._Element, url: str) -> Iterator[tuple[str, str, str]]:
    """key, address and words of each link to a thread's beginning."""
    for link in node.xpath(".//a[@href]")[:MOST_LINKS]:
        address = on_own_host(link.get("href"), url)
        key = thread_key(address) if address else None
        if address and key and not _FILTERED.search(address):
            words = short_line(link)
            if words and not words.isdigit():
                yield key, address, words


def _thread(row: etree._Element, link: tuple[str, str, str], now: datetime) -> ThreadLink:
    key, address, words = link
    counts = row.xpath(".//td[contains(concat(' ',@class,' '),' num ')]//a")
    replies = line(counts[0]).replace(",", "") if counts else ""
    cells = row.xpath(".//td[contains(concat(' ',@class,' '),' by ')]")
    last = _time(cells[-1], now) if cells else None
    is_exact = last is not None and last.precision is not DatePrecision.DAY
    return ThreadLink(
        key=key,
        url=address,
        title=words[:MOST_TITLE],
        replies=int(replies) if replies.isascii() and replies.isdigit() else None,
        last_post_at=last.at if last and is_exact else None,
    )


def _boards(root: etree._Element, url: str) -> Iterator[str]:
    found: dict[str, str] = {}
    for link in root.xpath("//a[@href]")[:MOST_LINKS]:
        address = on_own_host(link.get("href"), url)
        key = _board(address) if address else None
        if address and key and not _FILTERED.search(address) and short_line(link):
            found.setdefault(key, address)
    return iter(found.values())


def _board(url: str) -> str | None:
    match = _BOARD.search(url)
    return match[1] or match[2] if match else None


def _next(root: etree._Element, url: str) -> Iterator[str]:
    for link in root.xpath("//*[contains(concat(' ',@class,' '),' pg ')]//a[contains(@class,'nxt')]/@href"):
        if address := on_own_host(str(link), url):
            yield address


def _posts(root: etree._Element) -> dict[str, etree._Element]:
    """pid → message, in page order, each once."""
    found: dict[str, etree._Element] = {}
    for message in root.xpath("//*[starts-with(@id,'postmessage_')]"):
        if match := _PID.fullmatch(message.get("id")):
            found.setdefault(match[1], message)
    return found


def _floor(message: etree._Element, pid: str, key: str, address: str, now: datetime) -> Floor:
    post = _block(message, pid)
    number = _number(post, pid)
    author, author_id = _author(post)
    published = _published(post, pid, now)
    root = f"{address[: address.rindex('/')]}/forum.php"
    own = f"{root}?mod=redirect&goto=findpost&ptid={key[3:]}&pid={pid}"
    return Floor(
        native_id=f"pid{pid}",
        url=address if number == 1 else own,
        text=_words(message),
        author=author,
        author_id=author_id,
        number=number,
        published=published,
        is_first=number == 1,
    )


def _block(message: etree._Element, pid: str) -> etree._Element:
    """The post around a message: ``post_PID``, or in older templates the table ``pidPID``."""
    for wanted in (f"post_{pid}", f"pid{pid}"):
        for element in message.iterancestors():
            if element.get("id") == wanted:
                return element
    table = next(message.iterancestors("table"), message)
    return next(table.iterancestors("table", "div"), table)


def _number(post: etree._Element, pid: str) -> int | None:
    for link in post.xpath(".//*[@id=$id]", id=f"postnum{pid}"):
        words = line(link)
        if words in _FLOORS:
            return _FLOORS[words]
        if match := re.search(r"\d{1,7}", words):
            return int(match[0])
    return None


def _author(post: etree._Element) -> tuple[str, str | None]:
    """Name and uid from the box at the side; a guest or a deleted user has a name only."""
    boxes = post.xpath(
        ".//*[contains(@id,'favatar') or contains(concat(' ',@class,' '),' pls ')"
        " or contains(@class,'postauthor')]//*[contains(@class,'authi') or contains(@class,'postinfo')]"
    )
    for box in boxes:
        for link in box.xpath(".//a[@href]"):
            if name := line(link):
                match = _USER.search(link.get("href"))
                return name, match[1] if match else None
        if words := line(box).split():
            return words[0], None
    return "", None


def _published(post: etree._Element, pid: str, now: datetime) -> Published | None:
    for mark in post.xpath(".//*[@id=$id]", id=f"authorposton{pid}"):
        if found := _time(mark, now):
            return found
    return None


def _time(node: etree._Element, now: datetime) -> Published | None:
    """The absolute time in a title before the relative one in the text."""
    for title in node.xpath(".//*[@title]/@title"):
        if found := when(str(title), now):
            return found
    texts = [line(node), *(line(element) for element in node.xpath(".//em|.//span"))]
    return next((found for text in texts if (found := when(_POSTED.sub("", text), now))), None)


def _words(message: etree._Element) -> str:
    for element in [*message.iterdescendants()]:
        if element.tag in _SILENT or _is_foreign(element):
            remove(element)
    lines = (text for text in text_of(message).split("\n") if not _NOTES.match(text))
    return "\n".join(lines)


def _is_foreign(element: etree._Element) -> bool:
    classes = (element.get("class") or "").split()
    style = (element.get("style") or "").replace(" ", "")
    if any(name in _NOT_WORDS for name in classes) or "display:none" in style:
        return True
    if (element.get("id") or "").startswith(("attach_", "aimg_")):
        return True
    return (
        element.tag in ("strong", "b")
        and bool(element.xpath(".//a[contains(@href,'findpost')]"))
        and bool(_REPLY_TO.match(line(element)))
    )


def _title(root: etree._Element) -> str:
    for path in ("//*[@id='thread_subject']", "//h1", "//title"):
        for element in root.xpath(path):
            if words := line(element):
                return (words if path != "//title" else words.partition(" - ")[0])[:MOST_TITLE]
    return ""


def _declared_key(root: etree._Element) -> str | None:
    links = root.xpath("//link[@rel='canonical']/@href")
    return thread_key(str(links[0])) if links else None


def _address(root: etree._Element, url: str, key: str) -> str:
    """The thread's one address: what the page declares for its first page, else the dynamic one."""
    for link in root.xpath("//link[@rel='canonical']/@href"):
        found = on_own_host(str(link), url)
        if found and thread_key(found) == key:
            return re.sub(r"(thread-\d+)-\d+-", r"\1-1-", re.sub(r"&page=\d+", "", found))
    return absolute(f"forum.php?mod=viewthread&tid={key[3:]}", url) or url


def _message(root: etree._Element, url: str) -> SourceError | None:
    """What Discuz says instead of a page. ``is_final``: asking again brings nothing until something changes."""
    for element in root.xpath("//*[@id='messagetext']"):
        paragraphs = element.xpath("./p")
        said = line(paragraphs[0] if paragraphs else element)[:100]
        host = urlsplit(url).hostname or ""
        if _GONE.search(said):
            return SourceChanged(f"帖子或版块已不存在：{said}", url=url, is_final=True)
        if _WALLED.search(said):
            return SourceRefused(f"{host} 要求登录或权限，不采集：{said}", url=url, is_final=True)
        if _CLOSED.search(said):
            return SourceUnreachable(f"{host} 暂时不可用：{said}", url=url)
        return SourceChanged(f"{host} 的提示：{said}", url=url)
    return None
