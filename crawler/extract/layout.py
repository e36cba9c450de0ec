"""A page as the lines a reader sees, the boxes they stand in, and the elements that name their own role.

One walk over the tree; everything after it works on line numbers, so that no page takes longer than its size.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from crawler.extract import tree

# Guess: ten times the longest page of the development set; more is no article, and parsing time grows with it.
LONGEST: Final = 2_000_000
MOST_TAGS: Final = 50_000
# Source: HTML standard, elements laid out as blocks, plus br and the presentational elements of old pages.
_BLOCK: Final = frozenset({
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details", "dir", "div",
    "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "hr", "html", "legend", "li", "main", "menu", "nav", "ol", "option", "p", "pre", "section", "summary", "table",
    "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
})  # fmt: skip
_SILENT: Final = frozenset({
    "script", "style", "noscript", "template", "head", "iframe", "frame", "object", "embed", "svg", "canvas",
    "math", "audio", "video", "map", "select", "button", "textarea", "input", "img", "link", "meta",
})  # fmt: skip
_HIDDEN: Final = re.compile(r"display\s*:\s*none", re.IGNORECASE)
# What an element says about itself by class, id, rel or itemprop.
_ROLES: Final = re.compile(
    r"(?P<author>author|byline|writer|reporter|nick_?-?name|user_?-?name|user-card-name|media-?name|js_name"
    r"|follow-nick|account-?name|zuozhe|vcard|avatar_*-?name|profile-?_?name|owner-?_?nick)"
    r"|(?P<time>time|date|(?<![a-z])pub(?!lic)|fabu|riqi|shijian|source|(?<![a-z])info(?![a-z])|meta(?![a-z])|about"
    r"|article-sub|laiyuan|from)",
)
_NAMING: Final = ("class", "id", "itemprop", "rel", "data-testid")
# Links to the page of a person, where everybody publishes.
_PERSON: Final = re.compile(r"//author\.|/(?:u|users?|people|authors?|members?|profile)/[\w-]+", re.IGNORECASE)
_LONGEST_WORDS: Final = 200
_LINKED_PERSON: Final = "author-link"
# Guess: a role holds a name or a date line; more pieces are a container.
_MOST_PIECES: Final = 24


@dataclass(slots=True)
class Line:
    """text: in one line, never empty. linked: characters of it inside links. box: number of its box."""

    text: str
    linked: int
    box: int


@dataclass(slots=True)
class Box:
    """A block element. words: its class and id, lower case. first, last: its lines, end exclusive."""

    tag: str
    words: str
    parent: int
    first: int
    last: int = 0
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A short element with a role: its words, its text with a space at each inner boundary, its first line."""

    role: str
    words: str
    text: str
    line: int


@dataclass(slots=True)
class Layout:
    """Lines, boxes and marks in document order; box 0 is the page."""

    lines: list[Line] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)


def parse(html: str) -> "etree._Element":
    """The tree of a page, of its beginning where it is too large."""
    html = html[:LONGEST]
    pieces = html.split("<", MOST_TAGS)
    if len(pieces) > MOST_TAGS:
        html = html[: -len(pieces[-1]) - 1]
    return tree.parse(html)


def read_layout(root: "etree._Element") -> Layout:
    """Walk without recursion: pages nest deeper than Python's stack."""
    reader = _Reader()
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        if event == "end":
            reader.close(element, is_root=element is root)
        elif reader.open(element):
            walker.skip_subtree()
    reader.flush()
    return reader.layout


class _Reader:
    """State of the walk: the line being written, the open boxes and the open marks."""

    def __init__(self) -> None:
        self.layout = Layout(boxes=[Box("html", "", 0, 0)])
        self._pieces: list[str] = []
        self._linked = 0
        self._links = 0
        self._pre = 0
        self._open = [0]
        self._marks: list[tuple[etree._Element, str, str, int, list[str]]] = []

    def open(self, element: "etree._Element") -> bool:
        """Begin an element; true when its inside is to be skipped."""
        tag = element.tag
        if tag in _SILENT or not isinstance(tag, str):
            return True
        words = " ".join(filter(None, map(element.get, _NAMING)))[:_LONGEST_WORDS].lower()
        if tag in _BLOCK:
            self.flush()
            if tag != "br":
                self._open_box(element, tag, words)
        elif tag == "a":
            self._links += 1
            words = (
                f"{words} {_LINKED_PERSON}" if _PERSON.search((element.get("href") or "")[:_LONGEST_WORDS]) else words
            )
        is_inline_hidden = tag not in _BLOCK and _is_hidden(element)
        if words and len(self._marks) < 8 and (role := _role_of(words)):
            self._marks.append((element, role, words, len(self.layout.lines), []))
        if not is_inline_hidden:
            self._write(element.text)
        return is_inline_hidden

    def close(self, element: "etree._Element", *, is_root: bool) -> None:
        """End an element and write what follows it."""
        tag = element.tag
        if tag in _BLOCK:
            self.flush()
            if tag != "br":
                self._close_box(tag)
        elif tag == "a":
            self._links = max(0, self._links - 1)
        while self._marks and self._marks[-1][0] is element:
            self._close_mark()
        if not is_root:
            self._write(element.tail)

    def flush(self) -> None:
        """End the line."""
        if self._pieces:
            if text := " ".join("".join(self._pieces).split()):
                self.layout.lines.append(Line(text, min(self._linked, len(text)), self._open[-1]))
            self._pieces.clear()
            self._linked = 0

    def _open_box(self, element: "etree._Element", tag: str, words: str) -> None:
        box = Box(tag, words, self._open[-1], len(self.layout.lines), is_hidden=_is_hidden(element))
        self._open.append(len(self.layout.boxes))
        self.layout.boxes.append(box)
        self._pre += tag == "pre"

    def _close_box(self, tag: str) -> None:
        self.layout.boxes[self._open.pop()].last = len(self.layout.lines)
        self.layout.boxes[0].last = len(self.layout.lines)
        self._pre -= tag == "pre"

    def _close_mark(self) -> None:
        _element, role, words, line, pieces = self._marks.pop()
        text = " ".join(" ".join(pieces).split())
        if text and len(pieces) < _MOST_PIECES:
            self.layout.marks.append(Mark(role, words, text, line))

    def _write(self, text: str | None) -> None:
        if not text:
            return
        for mark in self._marks:
            if len(mark[4]) < _MOST_PIECES:
                mark[4].append(text[:200])
        for number, part in enumerate(text.split("\n") if self._pre else (text,)):
            if number:
                self.flush()
            self._pieces.append(part)
            if self._links:
                self._linked += len("".join(part.split()))


@lru_cache(maxsize=4096)  # pages repeat their class names
def _role_of(words: str) -> str:
    found = _ROLES.search(words)
    return str(found.lastgroup) if found else ""


def _is_hidden(element: "etree._Element") -> bool:
    style = element.get("style")
    return element.get("hidden") is not None or (style is not None and _HIDDEN.search(style) is not None)


def ancestors(layout: Layout, box: int) -> Iterator[int]:
    """The box itself and those around it, innermost first, the page last."""
    while box:
        yield box
        box = layout.boxes[box].parent
    yield 0
