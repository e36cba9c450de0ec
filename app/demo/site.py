"""The sample web as a real HTTP server on loopback: a forum and a news site whose posts appear in waves.

All pages are drawn when a wave is published and swapped in at once, so a crawler sees either the web before the wave
or the web after it. Addresses of posts never change. Nothing here is reachable from another machine.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Thread
from types import MappingProxyType
from typing import Final, Self, cast

from app.demo.site_forum import HOME, forum_pages
from app.demo.site_news import FEED, INDEX, feed, news_pages
from app.demo.site_page import Page, frame, page
from app.demo.story import Site, Story

_LOG: Final = logging.getLogger(__name__)
_LOOPBACK: Final = "127.0.0.1"
_ROBOTS: Final = "User-agent: *\nAllow: /\n"
_PORTAL: Final = f"""<h1>听风演示站点</h1>
<p class="lead">两个虚构的小网站，供采集器抓取。新的帖子和报道会一批一批地出现。</p>
<p class="card"><a href="{HOME}">青柠车友论坛</a></p>
<p class="card"><a href="{INDEX}">朝汐新闻</a></p>"""
_MISSING: Final = """<h1>404 没有这个页面</h1>
<p class="lead">地址可能写错了，或者内容还没有发布。</p>
<p><a href="/">回到首页</a></p>"""
_STEP: Final = timedelta(seconds=1)
# How long a stop may wait for the server's loop to look up.
_POLL_SECONDS: Final = 0.05


def render(story: Story, wave: int, base_url: str) -> Mapping[str, Page]:
    """Return every page of the sample web by path, as it is once `wave` is live."""
    posts = story.visible(wave)
    threads = [post for post in posts if post.site is Site.FORUM]
    articles = [post for post in posts if post.site is Site.NEWS]
    documents = {"/": _plain("听风演示站点", _PORTAL)}
    documents |= dict(forum_pages(threads, base_url)) | dict(news_pages(articles, base_url))
    born = {post.path: post.wave for post in posts}
    pages = {path: page(html, _modified(story, born.get(path, wave))) for path, html in documents.items()}
    modified = _modified(story, wave)
    pages[FEED] = page(feed(articles, base_url), modified, "application/rss+xml; charset=utf-8")
    pages["/robots.txt"] = page(_ROBOTS, story.start, "text/plain; charset=utf-8")
    return MappingProxyType(pages)


def _modified(story: Story, wave: int) -> datetime:
    """Return a time of change that grows with each wave, although posts of a later wave may be dated earlier."""
    return story.start + wave * _STEP


def _plain(title: str, body: str) -> str:
    return frame("plain", title, "", body, "内容均为虚构")


class SampleSite:
    """The running sample web; use it as a context manager.

    The history (wave 0) is there from the start; `publish` adds the waves.
    """

    def __init__(self, story: Story) -> None:
        self._story = story
        self._server = _Server((_LOOPBACK, 0), _Handler)
        self._thread = Thread(target=self._server.serve_forever, args=(_POLL_SECONDS,), name="sample-site", daemon=True)
        self._wave = 0
        self.publish(0)

    @property
    def base_url(self) -> str:
        """Return scheme, address and port, without a slash at the end."""
        return f"http://{_LOOPBACK}:{self._server.server_port}"

    @property
    def requests(self) -> int:
        """Return how many requests were answered so far."""
        return self._server.answered

    def publish(self, wave: int) -> None:
        """Make the posts of all waves up to `wave` visible; an earlier wave than the present one changes nothing."""
        self._wave = max(self._wave, wave)
        self._server.pages = render(self._story, self._wave, self.base_url)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    request_queue_size = 64  # a spider opens its connections all at once
    pages: Mapping[str, Page] = MappingProxyType({})
    answered = 0

    def server_bind(self) -> None:
        """Bind without the name look-up of the base class: the demo asks no name server."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = _LOOPBACK, self.socket.getsockname()[1]

    def handle_error(self, request: object, client_address: object) -> None:
        """Log instead of printing a traceback: a spider that is killed breaks its connections off."""
        _LOG.debug("connection from %s broke off", client_address, exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "TingfengDemo"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = 30  # Guess: seconds an idle connection may stay open; measure: longest pause of a spider

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def log_message(self, format: str, *args: object) -> None:
        _LOG.debug(format, *args)

    def _answer(self, *, with_body: bool) -> None:
        server = cast(_Server, self.server)
        server.answered += 1
        found = server.pages.get(self.path.partition("?")[0])
        if found is None:
            missing = page(_plain("没有这个页面", _MISSING), server.pages["/"].last_modified)
            self._send(HTTPStatus.NOT_FOUND, missing, with_body)
        elif self._is_known(found):
            self._send(HTTPStatus.NOT_MODIFIED, found, with_body=False)
        else:
            self._send(HTTPStatus.OK, found, with_body)

    def _is_known(self, found: Page) -> bool:
        """Return whether the caller says it has this version; an entity tag outweighs a date (RFC 9110, 13.1.3)."""
        tags = self.headers.get("If-None-Match")
        if tags is not None:
            return tags.strip() == "*" or found.etag in (tag.strip().removeprefix("W/") for tag in tags.split(","))
        try:
            since = parsedate_to_datetime(self.headers["If-Modified-Since"])
            return found.last_modified <= since
        except (TypeError, ValueError):
            return False

    def _send(self, status: HTTPStatus, answer: Page, with_body: bool) -> None:
        self.send_response(status)
        if status is not HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
        if status is not HTTPStatus.NOT_FOUND:
            self.send_header("ETag", answer.etag)
            self.send_header("Last-Modified", format_datetime(answer.last_modified, usegmt=True))
        self.end_headers()
        if with_body:
            self.wfile.write(answer.body)
