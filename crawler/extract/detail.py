"""Selectors for the pages behind a list, where the extractor leaves something open on most of them.

A part is proposed only when it stands at the same place on every page and says something else on each.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from crawler.extract.layout import parse
from crawler.extract.shape import Shape
from crawler.extract.stable import lasting_classes
from crawler.extract.surface import Surface
from crawler.extract.timemark import TIME, marks

FEWEST_PAGES: Final = 2
# Guess: what is looked for stands among the first; each name costs one walk over the page.
MOST_TRIED: Final = 60
# Guess: less is a caption; a name is shorter.
_FEWEST_TEXT: Final = 20
_LONGEST_NAME: Final = 20
_AUTHOR: Final = re.compile(r"author|writer|nick|user-?_?name|byline|zuozhe", re.IGNORECASE)
# A part that is proposed holds most of the text of the page's own business.
_MOST_LINKS: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What the extractor did not find, on most of the pages that were tried."""

    text: bool = False
    published_at: bool = False
    author: bool = False


def propose(pages: Sequence[str], missing: Missing) -> dict[str, str]:
    """Selectors by field, for what is missing; pages: html of at least two."""
    if len(pages) < FEWEST_PAGES:
        return {}
    shapes = [Shape(parse(html)) for html in pages]
    wanted: dict[str, Callable[[Shape], list[int]]] = {}
    wanted |= {"text": _texts} if missing.text else {}
    wanted |= {"published_at": _times} if missing.published_at else {}
    wanted |= {"author": _authors} if missing.author else {}
    found = {field: _shared(shapes, places) for field, places in wanted.items()}
    return {field: css for field, css in found.items() if css}


def _shared(shapes: Sequence[Shape], places: Callable[[Shape], list[int]]) -> str:
    """The first selector that meets one of the wanted elements on every page, and only there first."""
    votes: Counter[str] = Counter()
    words: dict[str, set[str]] = {}
    for shape in shapes:
        names = {css: place for place in reversed(places(shape)[:MOST_TRIED]) if (css := _css(shape.nodes[place]))}
        for css, place in names.items():
            first = shape.nodes[0].cssselect(css)
            if first and first[0] is shape.nodes[place]:
                votes[css] += 1
                words.setdefault(css, set()).add("".join(_words(shape.nodes[place])))
    fits = [css for css, count in votes.items() if count == len(shapes) and len(words[css]) > 1]
    return next(iter(fits), "")


def _words(node: etree._Element) -> list[str]:
    """Enough of an element's words to tell it from others."""
    return [" ".join(text.split()) for _, text in zip(range(20), node.itertext(), strict=False)]


def _css(node: etree._Element) -> str:
    names = lasting_classes(node)
    return f"{node.tag}.{names[0]}" if names else ""


def _texts(shape: Shape) -> list[int]:
    """Most text first."""
    surface = Surface(shape)
    spans = {place: surface.text(place, shape.ends[place] + 1) for place in range(len(shape.nodes))}
    links = [0] * (len(shape.nodes) + 1)
    for place, node in enumerate(shape.nodes):
        links[place + 1] = links[place] + (spans[place] if node.tag == "a" else 0)
    fits = [
        place
        for place, length in spans.items()
        if length >= _FEWEST_TEXT
        and shape.nodes[place].tag not in ("html", "body", "a")
        and not surface.asides[place]
        and links[shape.ends[place] + 1] - links[place] <= _MOST_LINKS * length
    ]
    return sorted(fits, key=lambda place: -spans[place])


def _times(shape: Shape) -> list[int]:
    return [mark.place for mark in marks(shape)]


def _authors(shape: Shape) -> list[int]:
    return [
        place
        for place, node in enumerate(shape.nodes)
        if _AUTHOR.search(node.get("class") or "")
        and 0 < len(shape.own[place]) <= _LONGEST_NAME
        and not TIME.search(shape.own[place])
    ]
