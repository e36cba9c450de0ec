"""Title, author, date, text and declared address of an article page: the door to the rules of this folder.

Pure and bounded: no network, no clock, and nothing beyond the first two million characters of a page is read.
"""

import logging
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import trafilatura
from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types
from trafilatura.settings import Document

from core.errors import SourceChanged
from core.mention import Kind
from crawler.extract import embedded, noise
from crawler.extract.body import Body, find_body
from crawler.extract.byline import bare_name, find_author
from crawler.extract.dates import Published
from crawler.extract.layout import Layout, parse, read_layout
from crawler.extract.metadata import Metadata, read_metadata
from crawler.extract.published import find_published
from crawler.extract.state import Carried, carried
from crawler.extract.title import Title, find_title, folded

_FAILURES: Final = (ValueError, TypeError, AttributeError, LookupError, RecursionError, AssertionError, etree.LxmlError)
# It warns about each page it finds nothing on; that is our business, with the source's name.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
# Guesses; the bench says how many pages fall below.
UNSURE: Final = 0.35
_SHORT_TEXT: Final = 200
_LONGEST_STAND_IN: Final = 160
# trafilatura needs ten times our time; a page that is large and has no text of ours is no article.
_MOST_TAGS_FOR_A_SECOND_OPINION: Final = 6000
_LONGEST_FOR_A_SECOND_OPINION: Final = 300_000
# It takes menus for text where there is no text; a text has a sentence.
_SENTENCE: Final = 20
_ENDS: Final = tuple("。！？!?.…”」")
_FORUM: Final = re.compile(r"discuz|phpwind|phpbb|vbulletin|xenforo|flarum", re.IGNORECASE)
_THREAD: Final = re.compile(
    r"/(?:thread|viewthread|forum|bbs|topic)[-./?]|//(?:bbs|tieba|club)\.|[?&]tid=\d", re.IGNORECASE
)
# Source: Unicode blocks of the scripts; a page of ours has thousands of characters of its own.
_SCRIPTS: Final = (
    ("ja", re.compile(r"[\u3040-\u30ff]"), 8),
    ("ko", re.compile(r"[\uac00-\ud7af]"), 3),
    ("zh", re.compile(r"[\u3400-\u9fff]"), 4),
)


class Missing(StrEnum):
    """Why a page has no text: a check of the visitor, a removed article, or nothing that reads like a text."""

    CHALLENGE = "challenge"
    GONE = "gone"
    NO_TEXT = "no_text"

    @property
    def sentence(self) -> str:
        """For people."""
        return _SENTENCES[self]


_SENTENCES: Final = {
    Missing.CHALLENGE: "网站要求验证，没有给出正文",
    Missing.GONE: "页面已删除或不存在",
    Missing.NO_TEXT: "页面上没有找到正文",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """canonical: the address the page declares for itself, as written; empty where it found nothing.

    missing: set when there is no text. is_second_opinion: the text is trafilatura's.
    """

    title: str = ""
    text: str = ""
    author: str = ""
    published: Published | None = None
    canonical: str = ""
    language: str = ""
    kind: Kind = Kind.ARTICLE
    missing: Missing | None = None
    is_second_opinion: bool = False


def extract(html: str, url: str, *, now: datetime) -> Article:
    """Read an article page; slow (some ten milliseconds), so call it off the reactor thread.

    now: aware, for relative dates. Raises SourceChanged when the page cannot be parsed at all.
    """
    try:
        root = parse(html)
        return _read(read_layout(root), read_metadata(root), html, url, now)
    except _FAILURES as error:
        raise SourceChanged("网页无法解析，未能提取正文", url=url) from error


def _read(layout: Layout, metadata: Metadata, html: str, url: str, now: datetime) -> Article:
    title = find_title(layout, metadata)
    kind = _kind(metadata, url)
    body = find_body(layout, title.line, is_post=kind is Kind.POST)
    own = "\n".join(layout.lines[number].text for number in body.lines)
    is_unsure = body.confidence < UNSURE
    state = Carried()
    if is_unsure or len(own) < _SHORT_TEXT:
        state = carried(metadata.scripts, metadata.title)
        if embedded.weight(state.text) > embedded.FULLER * embedded.weight(own):
            own, body = state.text, Body()
            is_told = title.line is None or folded(state.title) in folded(metadata.title)
            title = Title(state.title, None) if state.title and is_told else title
            metadata.times[:0] = [state.time]
        else:
            state = Carried()
    own = embedded.fuller(own, metadata, scripts=len(own) < _SHORT_TEXT or (is_unsure and not state.text))
    owner = state.author or next(iter(metadata.owners if own and not body.lines else ()), "")
    if (missing := _stand_in(title.text, own, layout)) is not None:
        return Article(canonical=metadata.canonical, kind=kind, missing=missing)
    text = own or _second_opinion(html, url)
    return Article(
        title=title.text,
        text=text,
        author=find_author(layout, metadata, title=title.line, body=body) or bare_name(owner, state.source),
        published=find_published(layout, metadata, url, title=title.line, body=body, now=now),
        canonical=metadata.canonical,
        language=language_of(text or title.text),
        kind=kind,
        missing=None if text else Missing.NO_TEXT,
        is_second_opinion=text != own,
    )


def language_of(text: str) -> str:
    """ISO 639-1 by script; ``en`` for Latin letters, empty without letters."""
    sample = text[:5000]
    letters = sum(character.isalpha() for character in sample)
    for name, script, share in _SCRIPTS:
        if letters and len(script.findall(sample)) * share >= letters:
            return name
    return "en" if letters else ""


def _kind(metadata: Metadata, url: str) -> Kind:
    is_post = metadata.is_post or _FORUM.search(metadata.generator) or _THREAD.search(url)
    return Kind.POST if is_post else Kind.ARTICLE


def _stand_in(title: str, text: str, layout: Layout) -> Missing | None:
    """Recognise the page that a site shows instead of an article: it is short, and it says so."""
    if len(text) > _LONGEST_STAND_IN:
        return None
    free = " ".join([title, *(line.text for line in layout.lines if not line.linked and len(line.text) < 80)][:60])
    said = title if len(free) > 4 * _LONGEST_STAND_IN else free
    if noise.CHALLENGE.search(said):
        return Missing.CHALLENGE
    return Missing.GONE if noise.GONE.search(said) else None


def _second_opinion(html: str, url: str) -> str:
    if len(html) > _LONGEST_FOR_A_SECOND_OPINION or html.count("<") > _MOST_TAGS_FOR_A_SECOND_OPINION:
        return ""
    found = trafilatura.bare_extraction(html, url=url, with_metadata=False, include_comments=False, fast=True)
    text = (found.text or "") if isinstance(found, Document) else ""
    return text if any(len(line) >= _SENTENCE and line.endswith(_ENDS) for line in text.split("\n")) else ""
