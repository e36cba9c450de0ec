"""Find what is said below single posts: short blocks inside them, each with a writer and a time of its own."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from crawler.extract.blocks import MOST_LEVELS, Block, outer
from crawler.extract.cues import is_never_words
from crawler.extract.posts import Posts
from crawler.extract.shape import Shape
from crawler.extract.timemark import Mark, moment

# Guess: kinds of times inside posts that are looked at.
MOST_SORTS: Final = 4
# Guess: of so many times most tell what they are.
MOST_COMPARED: Final = 20
Inner = tuple[int, Mark]


def comments(shape: Shape, posts: Posts, found: Sequence[Mark], now: datetime) -> list[tuple[int, Block]]:
    """The number of its post and the block of each comment, in page order; empty where posts have none."""
    sorts: defaultdict[tuple[str, str], list[Inner]] = defaultdict(list)
    for number, mark in _inside(shape, posts, found):
        place = outer(shape, mark)
        sorts[shape.names[place], shape.names[shape.parents[place]]].append((number, mark))
    for inner in sorted(sorts.values(), key=len, reverse=True)[:MOST_SORTS]:
        if _are_own(shape, posts, inner, now):
            continue
        roots = _roots(shape, posts, inner)
        blocks = [Block(mark, (root,)) for (_, mark), root in zip(inner, roots, strict=True)] if roots else []
        said = Posts(shape, blocks) if blocks else None
        if said and said.writers.is_certain and all(said.words_places(n) for n in range(len(blocks))):
            return [(number, block) for (number, _), block in zip(inner, blocks, strict=True)]
    return []


def _inside(shape: Shape, posts: Posts, found: Sequence[Mark]) -> Iterator[Inner]:
    """Times in a post besides its own, and not in a quote."""
    spans = sorted((root, number) for number, block in enumerate(posts.blocks) for root in block.roots)
    firsts = [root for root, _ in spans]
    for mark in found:
        at = bisect_right(firsts, mark.place) - 1
        if at < 0 or mark.place in posts.times or not shape.is_inside(mark.place, spans[at][0]):
            continue
        place, steps, is_quoted = mark.place, 0, False
        while place > spans[at][0] and steps < MOST_LEVELS and not is_quoted:
            is_quoted = shape.nodes[place].tag == "blockquote" or is_never_words(shape.names[place])
            place, steps = shape.parents[place], steps + 1
        if not is_quoted:
            yield spans[at][1], mark


def _are_own(shape: Shape, posts: Posts, inner: Sequence[Inner], now: datetime) -> bool:
    """The times of the posts once more, one in each."""
    if len({number for number, _ in inner}) < max(len(inner), len(posts.blocks)):
        return False
    some = inner[:MOST_COMPARED]
    pairs = ((moment(posts.blocks[number].mark, shape, now), moment(mark, shape, now)) for number, mark in some)
    return 2 * sum(bool(one and other and one.at == other.at) for one, other in pairs) > len(some)


def _roots(shape: Shape, posts: Posts, inner: Sequence[Inner]) -> list[int]:
    """The largest elements with one time each that hold nothing of the post above them."""
    roots, chosen = [outer(shape, mark) for _, mark in inner], list[int]()
    stops = [[posts.blocks[number].mark.place, *posts.words_places(number)[:1]] for number, _ in inner]
    for _ in range(MOST_LEVELS):
        roots = [shape.parents[root] for root in roots]
        is_over = len(set(roots)) < len(roots) or len({shape.names[root] for root in roots}) > 1
        if is_over or any(shape.is_inside(stop, root) for root, its in zip(roots, stops, strict=True) for stop in its):
            break
        chosen = roots
    return chosen
