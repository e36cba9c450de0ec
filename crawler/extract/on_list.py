"""Mentions whose whole text stands on the list itself, each with its time: comments, short posts, answers."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from crawler.extract import dates
from crawler.extract.ranking import MOST_OF_ROW
from crawler.extract.repeated import Group, Repeated
from crawler.extract.selectors import Selectors
from crawler.extract.shape import Shape
from crawler.extract.stable import css_of, first_match, inner_css
from crawler.extract.surface import Surface
from crawler.extract.timemark import TIME
from crawler.extract.tree import absolute

MOST_TEXTS: Final = 5000
MOST_GROUPS: Final = 30
# Guess: shorter ones are names and buttons; the mean of a list of comments is above.
_FEWEST_LETTERS, _FULL_LETTERS = 6, 16
_MOST_RELATIVES: Final = 60
_LONGEST_NAME: Final = 24
_TIMED: Final = 0.6
_AUTHOR: Final = re.compile(r"author|user|nick|(?<![a-z])name|writer|member|zuozhe", re.IGNORECASE)
_PERSON: Final = re.compile(r"/(?:u|users?|members?|people|space|tags?|t)/|user|member|profile", re.IGNORECASE)
_DAY: Final = re.compile(r"^\W{0,3}\d{1,2}[-/.月]\d{1,2}日?\W{0,3}$")
_KEYS: Final = ("id", "data-id", "data-key", "data-cid", "data-pid", "data-mid", "data-rid", "data-comment-id")
_TAGS_OF_TEXT: Final = frozenset({"p", "br", "span"})


@dataclass(frozen=True, slots=True)
class Statements:
    """rows, texts: places, the same length. confidence: 0-1 that they are the page's list."""

    rows: tuple[int, ...]
    texts: tuple[int, ...]
    confidence: float


def best(shape: Shape, surface: Surface, repeated: Repeated) -> Statements | None:
    """The texts that are repeated with a time each; None where there are none."""
    groups = sorted(repeated.groups(_texts(shape)), key=lambda group: -len(group.rows))[:MOST_GROUPS]
    found = [Statements(group.rows, group.places, _confidence(shape, surface, group)) for group in groups]
    return max((one for one in found if one.confidence > 0), key=lambda one: one.confidence, default=None)


def _texts(shape: Shape) -> list[int]:
    """Elements with a text of their own; of paragraphs what holds them."""
    found: dict[int, None] = {}
    for place, node in enumerate(shape.nodes):
        if node.tag in ("a", "time", "html", "body") or shape.silent[place]:
            continue
        if len(shape.own[place]) >= _FEWEST_LETTERS and not TIME.search(shape.own[place]):
            parent = shape.parents[place]
            found[parent if node.tag == "p" and _is_block(shape, parent) else place] = None
    return sorted(islice(found, MOST_TEXTS))


def _is_block(shape: Shape, parent: int) -> bool:
    """Whether an element holds nothing but paragraphs."""
    return parent > 0 and all(child.tag in _TAGS_OF_TEXT for child in shape.nodes[parent])


def _confidence(shape: Shape, surface: Surface, group: Group) -> float:
    count = len(group.rows)
    timed = sum(_time_place(shape, row) is not None for row in group.rows) / count
    if timed < _TIMED:
        return 0.0
    length = (
        sum(min(surface.text(place, shape.ends[place] + 1), _FULL_LETTERS) for place in group.places)
        / count
        / _FULL_LETTERS
    )
    variety = len({shape.own[place] or place for place in group.places}) / count
    share = surface.share(group.rows)
    return timed * length * variety * share * (0.25 if surface.asides[group.rows[0]] else 1.0)


def _time_place(shape: Shape, row: int) -> int | None:
    for place in shape.below(row)[:MOST_OF_ROW]:
        text = shape.own[place]
        if text and len(text) <= _LONGEST_NAME * 2 and (TIME.search(text) or _DAY.match(text)):
            return place
    return None


def selectors_of(shape: Shape, found: Statements, base: str, next_page: str) -> Selectors:
    """As far as they can be said; without link and native_id the rows cannot be told apart."""
    rows = [shape.nodes[row] for row in found.rows]
    root = shape.nodes[0]
    return Selectors(
        on_list=True,
        item=css_of(rows, root, lambda node: False),
        text=_text_css(shape, found),
        author=_common(shape, found, lambda place: _is_author(shape, place)),
        published_at=_common(shape, found, lambda place: _is_time(shape, place)),
        link=_link(shape, found, base),
        native_id=_key(rows),
        next_page=next_page,
    )


def _text_css(shape: Shape, found: Statements) -> str:
    rows, texts = ([shape.nodes[place] for place in places] for places in (found.rows, found.texts))
    return "./self::*" if rows == texts else inner_css(rows, texts)


def _common(shape: Shape, found: Statements, is_wanted: Callable[[int], bool]) -> str:
    """The selector of the first such element in each row; of most rows, where some have none."""
    pairs = [(row, place) for row in found.rows if (place := _first(shape, row, is_wanted)) is not None]
    if len(pairs) < _TIMED * len(found.rows):
        return ""
    return inner_css([shape.nodes[row] for row, _ in pairs], [shape.nodes[place] for _, place in pairs])


def _first(shape: Shape, row: int, is_wanted: Callable[[int], bool]) -> int | None:
    return next((place for place in shape.below(row)[1:MOST_OF_ROW] if is_wanted(place)), None)


def _is_author(shape: Shape, place: int) -> bool:
    node, text = shape.nodes[place], shape.own[place]
    if not 0 < len(text) <= _LONGEST_NAME or TIME.search(text) or shape.silent[place]:
        return False
    return bool(_AUTHOR.search(f"{node.get('class') or ''} {node.get('itemprop') or ''} {node.get('href') or ''}"))


def _is_time(shape: Shape, place: int) -> bool:
    text = shape.own[place]
    return 0 < len(text) <= 2 * _LONGEST_NAME and bool(TIME.search(text) or _DAY.match(text))


def _link(shape: Shape, found: Statements, base: str) -> str:
    """The link that is another one in every row, best the one behind the time."""
    for place in _links_of(shape, found.rows[0]):
        css = inner_css([shape.nodes[found.rows[0]]], [shape.nodes[place]])
        addresses = [_address(shape, row, css, base) for row in found.rows] if css else []
        if addresses and all(addresses) and len(set(addresses)) == len(addresses):
            return css
    return ""


def _links_of(shape: Shape, row: int) -> Sequence[int]:
    links = [
        place
        for place in shape.below(row)[:MOST_OF_ROW]
        if (href := shape.nodes[place].get("href")) and not _is_author(shape, place) and not _PERSON.search(href)
    ]
    return sorted(links, key=lambda place: not _is_time(shape, place))


def _address(shape: Shape, row: int, css: str, base: str) -> str | None:
    found = first_match(shape.nodes[row], css)
    href = found.get("href") if found is not None else None
    return absolute(href, base) if href and not href.startswith("#") else None


def _key(rows: Sequence[etree._Element]) -> str:
    for name in _KEYS:
        values = [row.get(name) for row in rows]
        if all(values) and len(set(values)) == len(values):
            return f"./@{name}"
    return ""


def published(shape: Shape, row: int, now: datetime) -> Iterator[dates.Published]:
    """The times of a row."""
    for place in shape.below(row)[:MOST_OF_ROW]:
        if _is_time(shape, place) and (found := dates.parse(shape.own[place], now=now)):
            yield found
