"""Find the repeated blocks of a page, one around each time that it shows: rows of elements that alternate likewise.

A block is one element, or a run of neighbours (a header row and a text row, ``dt`` and ``dd``). Linear in the page for
each sort of time, of which only the most frequent are looked at.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from crawler.extract.shape import Shape
from crawler.extract.timemark import Mark

# Guess: a page shows times of few sorts (posts, edits, joins, a side list or two).
MOST_SORTS: Final = 12
# Guess: between a time and the element of its post, and between that and the list that it stands in.
MOST_LEVELS: Final = 8
_WRAPS: Final = frozenset({"em", "span", "a", "b", "strong", "small", "i", "font", "time", "cite", "abbr"})


@dataclass(frozen=True, slots=True)
class Block:
    """mark: the time it was found by; roots: its elements, neighbours in document order."""

    mark: Mark
    roots: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """Blocks of one sort in page order. container: their parent. key: what their times share.

    nest: the name of elements that hold one another, each with a post of its own; empty where none does.
    """

    key: tuple[int, str]
    container: int
    blocks: tuple[Block, ...]
    nest: str = ""


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
    yield from _nests(shape, found)


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


def _nests(shape: Shape, found: Sequence[Mark]) -> Iterator[Series]:
    """Answers inside the answers that they are to."""
    sorts: defaultdict[tuple[str, str], list[Mark]] = defaultdict(list)
    for mark in found:
        place = outer(shape, mark)
        sorts[shape.names[place], shape.names[max(0, shape.parents[place])]].append(mark)
    for marks in sorted(sorts.values(), key=len, reverse=True)[:MOST_SORTS]:
        roots = [outer(shape, mark) for mark in marks]
        nested = list[int]()
        for _ in range(MOST_LEVELS):
            roots = [shape.parents[root] for root in roots]
            if len(set(roots)) < len(roots) or min(roots) < 0 or len({shape.names[root] for root in roots}) > 1:
                break
            nested = roots if _is_nested(shape, roots) else nested
        if nested:
            blocks = tuple(Block(*pair) for pair in zip(marks, apart(shape, nested), strict=True))
            yield Series((0, ""), shape.parents[nested[0]], blocks, shape.names[nested[0]])


def answered(shape: Shape, blocks: Sequence[Block], nest: str) -> list[int | None]:
    """For each block the time of the one that holds it; None for those that are answers to the thread."""
    found: list[int | None] = []
    open_ones: list[tuple[int, int]] = []
    for block in blocks:
        place = block.mark.place
        while place >= 0 and shape.names[place] != nest:
            place = shape.parents[place]
        while open_ones and open_ones[-1][0] < place:
            open_ones.pop()
        found.append(open_ones[-1][1] if open_ones else None)
        open_ones.append((shape.ends[place], block.mark.place))
    return found


def _is_nested(shape: Shape, roots: Sequence[int]) -> bool:
    return any(inner <= shape.ends[outer] for outer, inner in zip(roots, roots[1:], strict=False))


def apart(shape: Shape, roots: Sequence[int]) -> list[tuple[int, ...]]:
    """The elements of each root that hold no other root; all are cut alike."""
    among, opened = set(roots), set[str]()
    for root in roots:
        way, place = set[str](), shape.parents[root]
        while place >= 0 and place not in among and len(way) < MOST_LEVELS:
            way.add(shape.names[place])
            place = shape.parents[place]
        opened |= way if place in among else set()
    return [tuple(_own_parts(shape, root, among, opened)) or (root,) for root in roots]


def _own_parts(shape: Shape, root: int, among: Collection[int], opened: Collection[str]) -> Iterator[int]:
    place = root + 1
    while place <= shape.ends[root]:
        if place in among:
            place = shape.ends[place] + 1
        elif shape.names[place] in opened:
            place += 1
        else:
            yield place
            place = shape.ends[place] + 1


def are_uneven(shape: Shape, blocks: Sequence[Block]) -> bool:
    """Whether blocks are runs of neighbours whose number differs, each behind an element that only heads have."""
    if len({len(block.roots) for block in blocks[:-1]}) < 2:
        return False
    heads = {shape.names[block.roots[0]] for block in blocks}
    return not any(shape.names[root] in heads for block in blocks for root in block.roots[1:])


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
    last = max(usual, 2) if max(gaps) == min(gaps) else max(gaps)
    ends = [*positions[1:], min(len(children), positions[-1] + last)]
    yield _series(found, [tuple(children[a:b]) for a, b in zip(positions, ends, strict=True)])
    starts = [max(0, positions[0] - max(usual, 2) + 1), *(position + 1 for position in positions[:-1])]
    yield _series(found, [tuple(children[a : b + 1]) for a, b in zip(starts, positions, strict=True)])


def _series(found: Series, roots: Sequence[tuple[int, ...]]) -> Series:
    blocks = tuple(Block(block.mark, run) for block, run in zip(found.blocks, roots, strict=True))
    return Series(found.key, found.container, blocks)
