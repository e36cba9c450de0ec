"""What one crawl of a forum remembers of its thread pages: where posts stood, and what every page shows.

A page with one post, or with none but the first, is read like its fuller neighbours; a list that several threads
show alike is furniture of the site. Pages vote, so that one that was misread does not spoil the rest.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, takewhile
from typing import Final

from crawler.extract.blocks import Block, apart, are_uneven, key_of, outer
from crawler.extract.posts import STALE, Posts
from crawler.extract.shape import Shape
from crawler.extract.timemark import Mark
from crawler.extract.tree import short_line

# Of a post that is a run of neighbours: their number, where it differs; and the most of them.
UNEVEN: Final = -1
MOST_ROWS: Final = 20
MOST_STEPS: Final = 12
# Guess: the elements of a row of a side list, and of the head of a post.
MOST_ELEMENTS: Final = 16
# Guess: no page shows more posts, and no post has more elements; what is larger holds posts.
MOST_BLOCKS: Final = 500
MOST_INSIDE: Final = 2000
# Guess: the times of a thousand pages; what is met later is not remembered.
MOST_SEEN: Final = 50_000
# Guess: the places of a block that may hold its words.
MOST_PLACES: Final = 12
# Guess: a place that shows the same on most pages shows nothing said.
LEAST_NEW: Final = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadSelectors:
    """Where a thread's parts stand, as CSS: post on the page (its rows, where it is a run of neighbours, lead of
    them before the one with the time; none, where posts hold one another); the others inside a post."""

    post: str
    rows: int
    time: str
    text: str
    author: str
    lead: int = 0

    def is_like(self, other: "ThreadSelectors") -> bool:
        """Whether both speak of the same blocks."""
        return replace(self, text="", author="") == replace(other, text="", author="")

    @property
    def is_uneven(self) -> bool:
        """Whether a post is a run of neighbours up to the next one."""
        return self.rows == UNEVEN

    @property
    def nest(self) -> str:
        """The name of elements that hold one another; empty where posts do not."""
        return "" if self.rows else self.post.removeprefix(" > ")


def selectors(shape: Shape, block: Block, posts: Posts, nest: str = "") -> ThreadSelectors:
    """What ``block``, one of ``posts``, suggests for other pages; nest: see Series."""
    root = next(root for root in block.roots if shape.is_inside(block.mark.place, root))
    return ThreadSelectors(
        post=f" > {nest}"
        if nest
        else f"{shape.names[shape.parents[root]]} > {_shared_name(shape, root, posts.blocks)}",
        rows=0 if nest else UNEVEN if are_uneven(shape, posts.blocks) else len(block.roots),
        time=shape.names[outer(shape, block.mark)],
        text=posts.text_name(),
        author=posts.writers.name,
        lead=0 if nest else block.roots.index(root),
    )


def _shared_name(shape: Shape, root: int, blocks: Sequence[Block]) -> str:
    """Tag and classes that all blocks have: others tell first, own and pinned posts apart."""
    tag, *classes = shape.names[root].split(".")
    names = [shape.names[block].split(".") for one in blocks for block in one.roots]
    alike = [set(name[1:]) for name in names if name[0] == tag and set(name[1:]) & set(classes)]
    return ".".join([tag, *(name for name in classes if all(name in other for other in alike))])


class Votes:
    """What the pages of one template suggest: where its blocks are, and what in them tells most over all pages.

    What varies from page to page is said by somebody; what is alike is furniture, however long it is.
    """

    def __init__(self) -> None:
        self.pages = 0
        self._blocks: Counter[ThreadSelectors] = Counter()
        self._texts: defaultdict[ThreadSelectors, Tally] = defaultdict(Tally)
        self._names: defaultdict[ThreadSelectors, Tally] = defaultdict(Tally)

    def add(self, shape: Shape, block: Block, posts: Posts, nest: str = "", people: Collection[str] = ()) -> None:
        """Learn from ``posts``, read without knowledge; block: one of them. people: who wrote elsewhere."""
        where = replace(selectors(shape, block, posts, nest), text="", author="")
        self.pages += 1
        self._blocks[where] += 1
        for score, name in posts.ranking[:MOST_PLACES]:
            self._texts[where].add(name, score, posts.digests(name))
        for score, name in posts.writers.ranking[:MOST_PLACES]:
            words = [words for words, _ in posts.writers.candidates[name].values()]
            known = sum(word in people for word in words)
            self._names[where].add(name, (max(score, 0.0) + 3 * known / len(words)) * len(words), words)

    def usual(self) -> ThreadSelectors | None:
        """What most pages suggest."""
        where = max(self._blocks, key=lambda one: self._blocks[one], default=None)
        if where is None:
            return None
        return replace(where, text=self._texts[where].best(), author=self._names[where].best())


class Tally:
    """Points of places over several pages, and how much what stands there differs."""

    def __init__(self) -> None:
        self._points: Counter[str] = Counter()
        self._met: Counter[str] = Counter()
        self._shown: defaultdict[str, set[object]] = defaultdict(set)

    def add(self, name: str, points: float, shown: Collection[object]) -> None:
        """shown: what stands there in each block."""
        self._points[name] += points  # type: ignore[assignment]  # a Counter adds fractions as well
        self._met[name] += len(shown)
        self._shown[name].update(shown)

    def best(self) -> str:
        """The place with most points that shows something new each time."""

        def worth(name: str) -> float:
            is_stale = self._met[name] > 1 and len(self._shown[name]) < max(1.5, LEAST_NEW * self._met[name])
            return self._points[name] * (STALE if is_stale else 1.0)

        return max(self._points, key=worth, default="")


class Memory:
    """Of one crawl."""

    def __init__(self) -> None:
        self.posts = Votes()
        self.openings = Votes()
        self.people: set[str] = set()
        self._seen: dict[int, str] = {}

    def meet(self, shape: Shape, found: Sequence[Mark], thread: str) -> set[int]:
        """Places of the times that another thread shows alike; and remember all.

        A writer who posts in two threads within the hour is alike, too: only what is so in most of its sort counts.
        """
        common, sorts = set[int](), defaultdict[tuple[int, str], list[int]](list)
        for mark in found:
            sorts[key_of(shape, mark)].append(mark.place)
            digest = hash((mark.text, mark.exact, shape.names[mark.place], _around(shape, mark.place)))
            if self._seen.get(digest, thread) != thread:
                common.add(mark.place)
            elif len(self._seen) < MOST_SEEN:
                self._seen[digest] = thread
        if len(common) == len(found):  # the same thread under another address
            return set()
        usual = (places for places in sorts.values() if 2 * len(common.intersection(places)) >= len(places))
        return common.intersection(place for places in usual for place in places)


def known_blocks(shape: Shape, found: Sequence[Mark], known: ThreadSelectors, stop: int | None = None) -> list[Block]:
    """The blocks that stand where fuller pages have theirs, each once; of several containers the one with most.

    stop: of a first post, where the replies begin; what lies between is all its own.
    """
    containers: defaultdict[int, list[Block]] = defaultdict(list)
    tried: set[int] = set()
    nested: list[tuple[Mark, int]] = []
    for mark in found:
        root = _root(shape, mark, known) if shape.names[outer(shape, mark)] == known.time else None
        if root is None or root in tried or len(tried) >= MOST_BLOCKS:
            continue
        tried.add(root)
        if known.nest:
            nested.append((mark, root))
        elif block := _known_block(shape, Block(mark, (root,)), known, stop):
            containers[shape.parents[root]].append(block)
    if nested:
        parts = apart(shape, [root for _, root in nested])
        return [Block(mark, roots) for (mark, _), roots in zip(nested, parts, strict=True)]
    return max(containers.values(), key=len, default=[])


def _root(shape: Shape, mark: Mark, known: ThreadSelectors) -> int | None:
    """The element around a time that a block of the known sort begins or ends with."""
    place = mark.place
    for _ in range(MOST_STEPS):
        parent = shape.parents[place]
        if parent < 0:
            return None
        if _is_named(shape, parent, place, known.post):
            return place if shape.ends[place] - place <= MOST_INSIDE else None
        place = parent
    return None


def _known_block(shape: Shape, found: Block, known: ThreadSelectors, stop: int | None) -> Block | None:
    """The whole run of neighbours; None where neither words nor writer stand where they should."""
    root = first = found.roots[0]
    parent = shape.parents[root]
    if known.lead:
        children = shape.children(parent)
        first = children[max(0, children.index(root) - known.lead)]
    run = shape.between(first, shape.ends[parent] + 1 if stop is None else stop)
    if known.is_uneven:
        head = shape.names[root]
        run = chain([root], takewhile(lambda other: shape.names[other] != head, islice(run, 1, MOST_ROWS)))
    roots = tuple(
        root
        for root in islice(run, known.rows if known.rows > 0 else MOST_ROWS)
        if shape.ends[root] - root <= MOST_INSIDE
    )
    block = Block(found.mark, roots or found.roots)
    places = Posts(shape, [block]).places
    return block if known.text in places or known.author in places else None


def _is_named(shape: Shape, parent: int, place: int, post: str) -> bool:
    above, _, own = post.partition(" > ")
    tag, *classes = own.split(".")
    its_tag, *its = shape.names[place].split(".")
    return above in ("", shape.names[parent]) and its_tag == tag and set(classes) <= set(its)


def _around(shape: Shape, place: int) -> str:
    """The words of the largest small element around ``place``."""
    while (parent := shape.parents[place]) >= 0 and shape.ends[parent] - parent <= MOST_ELEMENTS:
        place = parent
    return short_line(shape.nodes[place])
