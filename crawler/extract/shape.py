"""A page as arrays: every element by its place in the document, so that questions about subtrees are cheap.

Invariant: building it and every method are linear in the page (or in the answer), whatever its depth.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Final

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from crawler.extract.tree import elements

# Class names that number or stripe rows do not tell what a row is.
_STRIPE: Final = re.compile(
    r"\d|^(?:odd|even|first|last|alt|alternate|row[ab]?|bg[ab]?|clearfix|cl|active|new|hot|top)$"
)
_HASHED: Final = re.compile(r"([A-Za-z][A-Za-z-]{2,60})_{1,2}(?=\w{0,12}\d)\w{1,12}$")
# Fonts of icons draw one for a word: <i class="icon">chat_bubble</i>.
_ICON: Final = re.compile(r"(?:^|[\s_-])(?:icons?|glyph|symbols?)(?:$|[\s_-])", re.IGNORECASE)
_LIGATURE: Final = re.compile(r"\s*[a-z]+(?:_[a-z0-9]+)*\s*")
# Guess: twenty times the fullest thread page met; what follows on a larger page is not looked at.
MOST_ELEMENTS: Final = 20_000
SILENT: Final = frozenset({"script", "style", "noscript", "template", "head", "select", "textarea", "button", "option"})
# Source: Bootstrap 3 to 5, Tailwind, and style sheets of common software. What is hidden on some screens is shown.
_HIDDEN: Final = frozenset({"hidden", "hide", "d-none", "is-hidden", "invisible"})
# Guess: a hint to switch scripts on has less; a page for readers without scripts more.
LARGE_HINT: Final = 6
INLINE: Final = frozenset(
    re.findall(
        r"[\w-]+",
        "a abbr b bdi big br cite code del em font i img ins kbd mark p s small span strong sub sup u ul ol li pre",
    )
)


@dataclass(slots=True)
class _Arrays:
    nodes: list[etree._Element] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    paths: list[int] = field(default_factory=list)


class Shape:
    """nodes: in document order; parents: place of each one's parent, -1 for the root; ends: place of its last
    descendant; paths: equal numbers for equal tag paths from the root."""

    def __init__(self, root: etree._Element) -> None:
        arrays = _arrays(root)
        self.nodes, self.parents, self.ends, self.paths = arrays.nodes, arrays.parents, arrays.ends, arrays.paths
        self.names = [name_of(node) for node in self.nodes]

    def is_inside(self, inner: int, outer: int) -> bool:
        """An element is inside itself."""
        return outer <= inner <= self.ends[outer]

    def below(self, outer: int) -> range:
        """The element and its descendants."""
        return range(outer, self.ends[outer] + 1)

    def children(self, outer: int) -> list[int]:
        """Child elements in order."""
        found, place = [], outer + 1
        while place <= self.ends[outer]:
            found.append(place)
            place = self.ends[place] + 1
        return found

    def between(self, first: int, stop: int) -> Iterator[int]:
        """The largest elements from ``first`` on that end before ``stop``."""
        place = first
        while place < stop:
            if self.is_inside(stop, place):
                place += 1
            else:
                yield place
                place = self.ends[place] + 1

    def hush(self, places: Iterable[int]) -> None:
        """Leave out the text of these elements: all know it already."""
        for place in list(places):
            self.own[place] = ""

    @cached_property
    def silent(self) -> list[bool]:
        """What no reader sees: scripts, forms' controls, hidden elements."""
        found: list[bool] = []
        for place, node in enumerate(self.nodes):
            parent = self.parents[place]
            found.append((parent >= 0 and found[parent]) or is_silent(node))
        return found

    @cached_property
    def own(self) -> list[str]:
        """The text directly in each element, in one line."""
        return ["" if self.silent[place] else own_text(node) for place, node in enumerate(self.nodes)]


def own_text(node: etree._Element) -> str:
    """Text of an element without that of its children."""
    return " ".join(" ".join([node.text or "", *(child.tail or "" for child in node)]).split())


def is_silent(node: etree._Element) -> bool:
    """Not shown: by its tag, style or class; or shown as a picture. Readers without scripts see ``noscript``."""
    if node.tag in SILENT and not (
        node.tag == "noscript" and sum(1 for _ in islice(node.iter(), LARGE_HINT)) == LARGE_HINT
    ):
        return True
    if node.get("hidden") is not None or not _HIDDEN.isdisjoint((node.get("class") or "").split()):
        return True
    if "display:none" in (node.get("style") or "").replace(" ", "").lower():
        return True
    return len(node) == 0 and bool(_ICON.search(node.get("class") or "") and _LIGATURE.fullmatch(node.text or ""))


def name_of(node: etree._Element) -> str:
    """Tag and lasting classes, as a CSS selector."""
    classes = sorted({name for name in (node.get("class") or "").split()[:6] if not _STRIPE.search(name.lower())})
    if classes:
        return ".".join([node.tag, *(name for name in classes if re.fullmatch(r"[\w-]{1,60}", name))])
    # Build tools add a digest to their names: post-list_k1vZx.
    stem = next((match[1] for name in (node.get("class") or "").split()[:6] if (match := _HASHED.match(name))), "")
    if stem:
        return f"{node.tag}[class*={stem}]"
    sort = re.match(r"([A-Za-z_-]{3,40})\d", node.get("id") or "")
    return f"{node.tag}[id^={sort[1]}]" if sort else str(node.tag)


def _arrays(root: etree._Element) -> _Arrays:
    found = _Arrays()
    places: dict[etree._Element, int] = {}
    numbers: dict[tuple[int, str], int] = {}
    for place, node in enumerate(islice(elements(root), MOST_ELEMENTS)):
        parent = places.get(node.getparent(), -1)
        places[node] = place
        found.nodes.append(node)
        found.parents.append(parent)
        path = (found.paths[parent] if parent >= 0 else -1, node.tag)
        found.paths.append(numbers.setdefault(path, len(numbers)))
    found.ends = list(range(len(found.nodes)))
    for place in range(len(found.nodes) - 1, 0, -1):
        parent = found.parents[place]
        found.ends[parent] = max(found.ends[parent], found.ends[place])
    return found
