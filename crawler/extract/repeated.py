"""What is repeated on a page: links, or texts, that stand alike in rows that stand alike.

A group is made of elements with one tag path; its rows are the largest elements that hold one of them each, and rows
under containers of another sort are another group. Linear in the page: a climb to a row's top never meets an element
twice.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from crawler.extract.shape import Shape

# Guess: fewer may be anything.
FEWEST: Final = 3
# Guess: ten times the fullest list met.
MOST_ROWS: Final = 1000
# Of rows that lie at several depths (a day with one item has no row of its own), those that this share agrees on.
SHARE_OF_DEPTH: Final = 0.2
# A parent with more children of one name is a list, whose ids tell rows apart, not places.
_FEW_SIBLINGS: Final = 4
# A parent with more links shows a list, not the parts of an item.
_MOST_PARTS: Final = 3
# Guess: a link stands so deep in its cell, and a row has so many cells.
_MOST_TO_CELL: Final = 5
_MOST_CELLS: Final = 20
_PLACE_ID: Final = re.compile(r"[A-Za-z][A-Za-z_-]{1,40}")


@dataclass(frozen=True, slots=True)
class Group:
    """places: of the links (or texts), in page order; rows: of the element around each, the same length."""

    places: tuple[int, ...]
    rows: tuple[int, ...]


class Repeated:
    """The groups of one page."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.depths = _depths(shape)
        self.signatures = _signatures(shape)

    def groups(self, places: Iterable[int], kinds: Sequence[Mapping[int, int]] = ()) -> Iterator[Group]:
        """Groups of at least FEWEST of these elements. kinds: numbers that tell them apart, such as ``ranks``."""
        alike: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
        for place in places:
            numbers = (kind.get(place, 0) for kind in kinds)
            alike[self.shape.paths[place], self.shape.names[place], *numbers].append(place)
        for found in alike.values():
            if len(found) >= FEWEST:
                yield from self._by_container(found[:MOST_ROWS])

    def ranks(self, places: Sequence[int], lengths: Sequence[int]) -> dict[int, int]:
        """Of links that stand side by side in one row: 0 for the longest, and so on; 0 where they are a list."""
        beside: defaultdict[tuple[int, str], list[tuple[int, int]]] = defaultdict(list)
        for place, length in zip(places, lengths, strict=True):
            beside[self.shape.parents[place], self.shape.names[place]].append((-length, place))
        parts = (sorted(found) for found in beside.values() if 1 < len(found) <= _MOST_PARTS)
        return {place: rank for found in parts for rank, (_, place) in enumerate(found)}

    def columns(self, places: Iterable[int]) -> dict[int, int]:
        """The number of the table cell around each."""
        found: dict[int, int] = {}
        for place in places:
            cell = place
            for _ in range(_MOST_TO_CELL):
                cell = self.shape.parents[cell]
                if cell < 0 or self.shape.nodes[cell].tag == "td":
                    break
            if cell >= 0 and self.shape.nodes[cell].tag == "td":
                found[place] = 1 + sum(
                    1 for _ in islice(self.shape.nodes[cell].itersiblings(preceding=True), _MOST_CELLS)
                )
        return found

    def _by_container(self, places: list[int]) -> Iterator[Group]:
        rows = self._rows(places)
        apart: defaultdict[tuple[int, str], dict[int, int]] = defaultdict(dict)
        for place, row in zip(places, rows, strict=True):
            key = self.signatures[self.shape.parents[row]] if row else -1, self.shape.nodes[row].tag
            apart[key].setdefault(row, place)
        for found in apart.values():
            if len(found) >= FEWEST:
                yield Group(tuple(found.values()), tuple(found))

    def _rows(self, places: list[int]) -> list[int]:
        tops = [self._top(place, places) for place in places]
        depth = _usual([self.depths[top] for top in tops])
        return [self._at_depth(place, depth) for place in places]

    def _top(self, place: int, places: list[int]) -> int:
        """The highest element that holds no other of ``places``."""
        top = place
        while (parent := self.shape.parents[top]) >= 0:
            if bisect_right(places, self.shape.ends[parent]) - bisect_left(places, parent) > 1:
                break
            top = parent
        return top

    def _at_depth(self, place: int, depth: int) -> int:
        while self.depths[place] > depth:
            place = self.shape.parents[place]
        return place


def _usual(depths: Sequence[int]) -> int:
    """The deepest that more than a few agree on."""
    counts = Counter(depths)
    return max(depth for depth, count in counts.items() if count >= SHARE_OF_DEPTH * len(depths))


def _depths(shape: Shape) -> list[int]:
    found: list[int] = []
    for parent in shape.parents:
        found.append(found[parent] + 1 if parent >= 0 else 0)
    return found


def _signatures(shape: Shape) -> list[int]:
    """Equal numbers for elements whose tags, lasting classes and ids are equal from the root down."""
    alike = Counter(zip(shape.parents, shape.names, strict=True))
    numbers: dict[tuple[int, str], int] = {}
    found: list[int] = []
    for place, node in enumerate(shape.nodes):
        parent, name = shape.parents[place], shape.names[place]
        identity = node.get("id") or ""
        if _PLACE_ID.fullmatch(identity) and alike[parent, name] <= _FEW_SIBLINGS:
            name = f"{name}#{identity}"
        key = (found[parent] if parent >= 0 else -1, name)
        found.append(numbers.setdefault(key, len(numbers)))
    return found
