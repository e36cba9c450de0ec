"""What a page tells machines: meta tags, JSON-LD, the variables of its scripts. Values as written, nothing judged."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any, Final

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

# Source: Open Graph article tags, schema.org, and the names that Chinese content systems write.
_TIMES: Final = (
    "article:published_time", "og:article:published_time", "datepublished", "bytedance:published_time",
    "og:release_date", "publishdate", "pubdate", "publish_time", "publish-date", "publication_date",
    "firstpublishedtime", "apub:time", "article.published", "releasedate", "date", "dc.date", "dcterms.created",
    "og:time", "weibo:article:create_at", "weibo: article:create_at", "dateupdate", "_pubtime", "lastpublishtime",
)  # fmt: skip
_TITLES: Final = ("og:title", "articletitle", "twitter:title", "weibo:article:title", "headline")
_ARTICLES: Final = re.compile(
    r"(?:News|Tech|Blog|Social|Discussion|Report|Scholarly)?(?:Article|Posting|BlogPosting|ForumPosting|MediaPosting)|Q&?APage|WebPage"
)
_POSTS: Final = re.compile(r"DiscussionForumPosting|SocialMediaPosting|QAPage|Question|Comment")
# Guess: a description is some kilobytes, a whole article some hundred.
_LONGEST_VALUE: Final = 500
_LONGEST_SCRIPT: Final = 1_500_000
# Times in the scripts of pages that print theirs by script. Names are whole words: looked at behind the match, because
# a pattern that begins by looking back takes three times as long.
_SCRIPT_TIME: Final = re.compile(
    r"""(?:datePublished|pubDate|publish_?[tT]ime|publishDate|pubtime|ptime|createTime|create_time|time)["']?\s*[:=]\s*["']"""
    r"""((?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}[^"'<>]{0,24})["']"""
)
_EPOCH: Final = re.compile(
    r"""(?:ct|ori_create_time|oriCreateTime|publish_?[tT]ime|create_?[tT]ime|ctime)["']?\s*[:=]\s*["']?(1\d{9})(?:\d{3})?(?!\d)"""
)
_NICKNAME: Final = re.compile(r"""\bvar\s+nick_?[nN]ame\s*=\s*(?:htmlDecode\()?["']([^"'<>]{1,24})["']""")
_OWNER: Final = re.compile(
    r"""(?:media|author)_?[iI]nfo["']?\s*[:=]\s*\{[^{}]{0,200}?(?<!\w)["']?(?:name|nick_?name)["']?\s*:\s*["']([^"'<>]{1,24})["']"""
)
_SCRIPT_AUTHOR: Final = re.compile(r"""(?<!\w)author["']?\s*[:=]\s*["']([^"'<>]{2,20})["']""")


@dataclass(slots=True, kw_only=True)
class Metadata:
    """Everything in the order of the page; empty where it says nothing."""

    title: str = ""
    titles: list[str] = field(default_factory=list)
    times: list[str] = field(default_factory=list)
    script_times: list[str] = field(default_factory=list)
    epochs: list[int] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    meta_authors: list[str] = field(default_factory=list)
    script_authors: list[str] = field(default_factory=list)
    nicknames: list[str] = field(default_factory=list)
    owners: list[str] = field(default_factory=list)
    outlets: list[str] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)
    site: str = ""
    canonical: str = ""
    generator: str = ""
    bodies: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    is_post: bool = False


def read_metadata(root: "etree._Element") -> Metadata:
    """One pass over head elements, one over scripts."""
    found = Metadata()
    found.title = _one_line("".join(next(iter(root.iter("title")), etree.Element("title")).itertext())[:_LONGEST_VALUE])
    found.canonical = canonical_of(root)
    values: dict[str, list[str]] = {}
    for meta in root.iter("meta"):
        name = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").strip().lower()
        if name and (content := _one_line((meta.get("content") or "")[:_LONGEST_VALUE])):
            values.setdefault(name, []).append(content)
    _read_metas(found, values)
    for element in root.iter("time"):
        found.times += [element.get("datetime") or ""] if element.get("itemprop") == "datePublished" else []
    for area in root.iter("textarea"):
        _read_area(found, area)
    for script in root.iter("script"):
        if text := script.text:
            _read_script(found, text[:_LONGEST_SCRIPT], (script.get("type") or "").lower())
    return found


def canonical_of(root: "etree._Element") -> str:
    """The rel=canonical link as written; empty where there is none."""
    links = (link for link in root.iter("link") if "canonical" in (link.get("rel") or "").lower().split())
    return next((href for link in links if (href := (link.get("href") or "").strip())), "")


def _read_metas(found: Metadata, values: Mapping[str, list[str]]) -> None:
    found.titles += [value for name in _TITLES for value in values.get(name, ())]
    found.times += [value for name in _TIMES for value in values.get(name, ())]
    found.site = next(iter(values.get("og:site_name", values.get("sitename", ()))), "")
    found.meta_authors += [
        v for name in ("author", "og:article:author", "article:author") for v in values.get(name, ())
    ]
    found.outlets += [v for name in ("source", "contentsource", "og:site_name") for v in values.get(name, ())]
    found.accounts += values.get("mediaid", [])
    found.generator = next(iter(values.get("generator", ())), "")


def _read_area(found: Metadata, area: "etree._Element") -> None:
    """Fields that pages built by script carry in hidden text areas."""
    text, words = "".join(area.itertext()), f"{area.get('class')} {area.get('id')} {area.get('name')}".lower()
    if "title" in words and 4 <= len(text) <= 200:
        found.titles.append(_one_line(text))
    elif "time" in words and (match := re.fullmatch(r"\s*(1\d{9})(?:\d{3})?\s*", text)):
        found.epochs.append(int(match[1]))
    elif "content" in words and len(text) > 60:
        found.bodies.append(text)


def _read_script(found: Metadata, text: str, kind: str) -> None:
    found.scripts.append(text)
    if "ld+json" in kind:
        values = _json(text)
        for item in _objects(values):
            _read_object(found, item)
    found.script_times += [_one_line(match[1]) for match in _whole(_SCRIPT_TIME, text)][:5]
    found.epochs += [int(match[1]) for match in _whole(_EPOCH, text)][:3]
    found.owners += [match[1].strip() for match in _OWNER.finditer(text)][:3]
    if "var nick" in text:
        found.nicknames += [match[1].strip() for match in _NICKNAME.finditer(text)][:3]
    if "author" in text:
        found.script_authors += [match[1].strip() for match in _SCRIPT_AUTHOR.finditer(text)][:3]


def _whole(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    return (
        m
        for m in pattern.finditer(text)
        if m.start() == 0 or not (text[m.start() - 1].isalnum() or text[m.start() - 1] == "_")
    )


def _read_object(found: Metadata, item: Mapping[str, Any]) -> None:  # Any: decoded JSON
    kinds = item.get("@type")
    names = [kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, str)]
    if names and not any(_ARTICLES.fullmatch(name) or _POSTS.fullmatch(name) for name in names):
        return
    found.is_post = found.is_post or any(_POSTS.fullmatch(name) for name in names)
    found.titles += [
        _one_line(text[:_LONGEST_VALUE]) for text in (item.get("headline"),) if isinstance(text, str) and text.strip()
    ]
    found.times[:0] = [text for key in ("datePublished", "pubDate") if isinstance(text := item.get(key), str)]
    found.bodies += [text for text in (item.get("articleBody"),) if isinstance(text, str)]
    authors = item.get("author")
    for author in authors if isinstance(authors, list) else [authors]:
        if isinstance(author, Mapping) and isinstance(author.get("name"), str):
            (found.people if author.get("@type", "Person") == "Person" else found.outlets).append(
                author["name"].strip()
            )
    publisher = item.get("publisher")
    if isinstance(publisher, Mapping) and isinstance(publisher.get("name"), str):
        found.outlets.append(publisher["name"].strip())


def _objects(value: object) -> Iterator[Mapping[str, Any]]:  # Any: decoded JSON
    """The objects of a JSON-LD script: alone, in a list, or under @graph."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, Mapping):
            yield item
            graph = item.get("@graph")
            yield from (part for part in (graph if isinstance(graph, list) else ()) if isinstance(part, Mapping))


def _json(text: str) -> object:
    """Decoded JSON, or None; line breaks inside strings are allowed, as sites write them."""
    try:
        return json.loads(text.strip().rstrip(";"), strict=False)
    except (ValueError, RecursionError):
        return None


def _one_line(text: str) -> str:
    return " ".join(unescape(text).split())
