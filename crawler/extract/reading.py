"""Turn the blocks of a page into floors: what each writer said, when, and to whom.

No block is looked for here; a floor without words of its own is left out.
"""

import hashlib
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from urllib.parse import unquote

from core.database import storable
from crawler.extract.blocks import Block, answered
from crawler.extract.comments import comments
from crawler.extract.dates import Published
from crawler.extract.memory import ThreadSelectors
from crawler.extract.own_words import words_of
from crawler.extract.pager import clean, page_number
from crawler.extract.posts import Posts
from crawler.extract.shape import Shape
from crawler.extract.thread import Floor
from crawler.extract.timemark import Mark, moment

_ABSOLUTE: Final = re.compile(r"\d{4}\D|\d{10}")
_USER_ID: Final = re.compile(
    r"(?:uid|user|id|u|userid|member|profile|space|people)[=/_-](\d{1,15})(?!\d)|/(?:u|user|users|people|member|profile|@)/([^/?#.]{1,60})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Read:
    """One post. below: what is said to it under it; above: the time of the post that it stands in."""

    mark: Mark
    key: str
    author: str
    author_link: str
    number: int | None
    published: Published | None
    text: str
    below: "tuple[Read, ...]" = ()
    above: int | None = None


def with_comments(
    shape: Shape,
    blocks: Sequence[Block],
    found: Sequence[Mark],
    now: datetime,
    known: ThreadSelectors | None = None,
    nest: str = "",
) -> list[Read]:
    """Each post with what is said below it. nest: see Series."""
    posts = Posts(shape, blocks, known)
    if nest:
        above = answered(shape, blocks, nest)
        return [replace(read, above=mark) for read, mark in zip(read_blocks(shape, posts, now), above, strict=True)]
    inner = comments(shape, posts, found, now)
    if not inner:
        return read_blocks(shape, posts, now)
    posts = Posts(shape, blocks, known, {block.roots[0] for _, block in inner})
    reads, below = read_blocks(shape, posts, now), defaultdict[int, list[Read]](list)
    said = read_blocks(shape, Posts(shape, [block for _, block in inner]), now)
    for (number, _), read in zip(inner, said, strict=True):
        below[number].append(read)
    return [replace(read, below=tuple(below[number])) for number, read in enumerate(reads)]


def read_blocks(shape: Shape, posts: Posts, now: datetime) -> list[Read]:
    """One for each block, with or without words."""
    authors, numbers, keys, without = posts.writers.names(), posts.floors(), posts.keys(), sorted(posts.without)
    found = []
    for place, block in enumerate(posts.blocks):
        name, at = authors[place]
        drop = [shape.nodes[block.mark.place], *([shape.nodes[at]] if at is not None else [])]
        places = posts.words_places(place)
        drop.extend(shape.nodes[other] for one in places for other in _within(shape, one, without))
        texts = [words_of(shape.nodes[one], drop) for one in places]
        if texts and at is not None and shape.is_inside(at, places[0]):
            texts[0] = texts[0].lstrip(":：").lstrip()  # ``<a>阿泽</a>：顶``
        found.append(
            Read(
                mark=block.mark,
                key=keys[place],
                author=name,
                author_link=_link_of(shape, at),
                number=numbers[place],
                published=moment(block.mark, shape, now),
                text="\n".join(text for text in texts if text),
            )
        )
    return found


def _within(shape: Shape, outer: int, places: Sequence[int]) -> Sequence[int]:
    return places[bisect_left(places, outer) : bisect_right(places, shape.ends[outer])]


def floors_of(reads: Sequence[Read], url: str) -> tuple[Floor, ...]:
    """Those with words, each followed by what is said below it."""
    is_first_page = page_number(url) == 1
    floors: list[Floor] = []
    keys: dict[int | None, str] = {}
    for place, read in enumerate(reads):
        floor = _floor(read, url, is_first=is_first_page and place == 0)
        floor = replace(floor, parent=keys.get(read.above, ""))
        keys[read.mark.place] = floor.native_id
        floors.append(floor)
        floors.extend(_comment(other, floor, url) for other in read.below)
    return tuple(floor for floor in floors if floor.text)


def _floor(read: Read, url: str, *, is_first: bool) -> Floor:
    return Floor(
        native_id=f"#{read.key or _digest(read)}",
        url=clean(url) + (f"#{read.key}" if read.key and not is_first else ""),
        text=read.text,
        author=read.author,
        author_id=_author_id(read.author_link),
        number=read.number or (1 if is_first else None),
        published=read.published,
        is_first=is_first,
    )


def _comment(read: Read, above: Floor, url: str) -> Floor:
    """Comments have keys and floors of their own, which those of posts may be like."""
    own = f"c{read.key}" if read.key else hashlib.sha256(f"{above.native_id}{_digest(read)}".encode()).hexdigest()[:16]
    floor = _floor(replace(read, key=own, number=above.number), url, is_first=False)
    return replace(floor, parent=above.native_id)


def _digest(read: Read) -> str:
    """A key of our own, from what does not change: never a relative time."""
    at = read.mark.exact if _ABSOLUTE.match(read.mark.exact) else ""
    known = read.number if read.number is not None else f"{read.author}\x1f{read.text}{at and chr(31)}{at}"
    return hashlib.sha256(f"{known}".encode("utf-8", "replace")).hexdigest()[:16]


def _link_of(shape: Shape, place: int | None) -> str:
    for _ in range(3):
        if place is None or place < 0:
            return ""
        if href := shape.nodes[place].get("href"):
            return str(href)
        place = shape.parents[place]
    return ""


def _author_id(link: str) -> str | None:
    match = _USER_ID.search(link)
    return storable(unquote(match[1] or match[2])) if match else None
