"""Find the repeated blocks of a page, one around each time that it shows: rows of elements that alternate likewise.

A block is one element, or a run of neighbours (a header row and a text row, ``dt`` and ``dd``). Linear in the page for
each sort of time, of which only the most frequent are looked at.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from crawler.extract.shape import Shape
from crawler.extract.timemark import Mark

# Guess: a page shows times of few sorts (posts, edits, joins, a side list or two).
MOST_SORTS: Final = 12
_WRAPS: Final = frozenset({"em", "span", "a", "b", "strong", "small", "i", "font", "time", "cite", "abbr"})


@dataclass(frozen=True, slots=True)
class Block:
    """mark: the time it was found by; roots: its elements, neighbours in document order."""

    mark: Mark
    roots: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """Blocks of one sort in page order. container: their parent. key: what their times share."""

    key: tuple[int, str]
    container: int
    blocks: tuple[Block, ...]


def series(shape: Shape, found: Sequence[Mark]) -> Iterator[Series]:
    """Every way to see the page as repeated blocks, by the sort of time; best first is not promised."""
    sorts: defaultdict[tuple[int, str], list[Mark]] = defaultdict(list)
    for mark in found:
        sorts[key_of(shape, mark)].append(mark)
    for key, marks in sorted(sorts.items(), key=lambda item: -len(item[1]))[:MOST_SORTS]:
        containers: defaultdict[int, list[Block]] = defaultdict(list)
        for mark, root in zip(marks, _tops(shape, [mark.place for mark in marks]), strict=True):
            containers[shape.parents[root]].append(Block(mark, (root,)))
        for container, blocks in containers.items():
            if len(blocks) > 1:
                yield from _runs(shape, Series(key, container, tuple(blocks)))


def outer(shape: Shape, mark: Mark) -> int:
    """The element that holds the time and no more, whatever it is wrapped in."""
    place = mark.place
    while (
        (parent := shape.parents[place]) >= 0 and shape.nodes[parent].tag in _WRAPS and shape.ends[parent] - parent < 4
    ):
        place = parent
    return place


def key_of(shape: Shape, mark: Mark) -> tuple[int, str]:
    """What times of one sort share: their tags from the root, and their own classes.

    Boards wrap some times of a sort (``<em>昨天</em>``, ``<em><span title=…>``): the outer element counts.
    """
    place = outer(shape, mark)
    return shape.paths[place], shape.names[place]


def top_before(shape: Shape, place: int, stop: int) -> int:
    """The highest element around ``place`` that does not hold ``stop``."""
    while (parent := shape.parents[place]) >= 0 and not shape.is_inside(stop, parent):
        place = parent
    return place


def _tops(shape: Shape, places: Sequence[int]) -> Iterator[int]:
    """For each place the highest element that holds no other of them."""
    for place in places:
        top = place
        while (parent := shape.parents[top]) >= 0:
            first, last = bisect_left(places, parent), bisect_right(places, shape.ends[parent])
            if last - first > 1:
                break
            top = parent
        yield top


def _runs(shape: Shape, found: Series) -> Iterator[Series]:
    """The blocks as single elements, and where neighbours lie between them, as runs that begin or end with these."""
    yield found
    children = shape.children(found.container)
    positions = [bisect_left(children, block.roots[0]) for block in found.blocks]
    gaps = [later - earlier for earlier, later in zip(positions, positions[1:], strict=False)]
    usual = Counter(gaps).most_common(1)[0][0]
    if max(gaps) == 1:
        return
    ends = [*positions[1:], min(len(children), positions[-1] + max(usual, 2))]
    yield _series(found, [tuple(children[a:b]) for a, b in zip(positions, ends, strict=True)])
    starts = [max(0, positions[0] - max(usual, 2) + 1), *(position + 1 for position in positions[:-1])]
    yield _series(found, [tuple(children[a : b + 1]) for a, b in zip(starts, positions, strict=True)])


def _series(found: Series, roots: Sequence[tuple[int, ...]]) -> Series:
    blocks = tuple(Block(block.mark, run) for block, run in zip(found.blocks, roots, strict=True))
    return Series(found.key, found.container, blocks)
