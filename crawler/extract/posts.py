"""Read author, words, floor and key of repeated blocks: what stands at the same place in all of them decides."""

import math
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from crawler.extract.blocks import Block, are_uneven
from crawler.extract.cues import (
    BAD_PART,
    cue,
    floor_of,
    is_label,
    is_never_words,
    user_cue,
)
from crawler.extract.shape import INLINE, Shape
from crawler.extract.writers import Known, Writers, is_variant, name_at

_KEY: Final = re.compile(r"^([a-z_-]{0,30}?)(\d{1,18})$|^([a-z_-]{1,30})([0-9a-f-]{6,40})$", re.IGNORECASE)
_KEY_NAMES: Final = (
    "id",
    "name",
    "data-id",
    "data-pid",
    "data-post-id",
    "data-postid",
    "data-comment-id",
    "data-reply-id",
    "data-cid",
)
_HEADING: Final = re.compile(r"(?:^|[ :])h[12]\b")
# Counts change from post to post, and nobody said them; a post may be a number.
_COUNTS: Final = re.compile(r"(?<=[\s(（:：])\d+")
# Guess: deeper than any post of any template; keeps the names of places short.
DEEPEST: Final = 30
# Guess: brackets and counts beside a link.
FEWEST_BARE: Final = 3
# Guess: of a place's score, where it shows nothing new in each post.
STALE: Final = 0.2
# Guess: where the time stands among the words, so do the name and buttons.
HOLDING: Final = 0.5
# Guess: the words of a link stand in it, or two or three levels deeper.
MOST_WRAPS: Final = 4


@dataclass(slots=True)
class Place:
    """One place in all blocks, named from the block down (``td.left > a``): what stands there, per block."""

    first: dict[int, int] = field(default_factory=dict)
    counts: Counter[int] = field(default_factory=Counter)


class Posts:
    """The blocks of one series, looked at together; without: elements in them that belong to others."""

    def __init__(
        self, shape: Shape, blocks: Sequence[Block], known: Known | None = None, without: Collection[int] = ()
    ) -> None:
        self.shape = shape
        self._known = known
        self.blocks = blocks
        self.without = without
        self.times = {block.mark.place for block in blocks}
        self._sorted_times = sorted(self.times)
        self._sorted_roots = sorted(root for block in blocks for root in block.roots)
        self.places: defaultdict[str, Place] = defaultdict(Place)
        self._inside: list[list[tuple[int, str]]] = []
        is_even = not (known.is_uneven if known else are_uneven(shape, blocks))
        for number, block in enumerate(blocks):
            named = list(_named(shape, block, without, is_even=is_even))
            self._inside.append(named)
            for place, name in named:
                self.places[name].first.setdefault(number, place)
                self.places[name].counts[number] += 1
        self._lengths: dict[int, int] = {}
        self._linked: dict[int, int] = {}
        self._hashes: dict[int, int] = {}
        self._measure()
        self.ranking = self._rank_texts()

    def text_name(self) -> str:
        """The place of the posts' words; empty where there is none."""
        return self.ranking[0][1] if self.ranking and self.ranking[0][0] > 0 else ""

    def digests(self, name: str) -> list[int]:
        """What stands at a place, one number per block that has it."""
        return [self._hashes.get(place, 0) for place in self.places[name].first.values()]

    def quality(self) -> float:
        """How much these blocks look like posts: words in most of them."""
        return self.ranking[0][0] if self.ranking else 0.0

    def is_body(self) -> bool:
        """The words of the first block stand where a class or id says that posts have theirs."""
        return any(cue(self.shape, place) > 1 for place in self.words_places(0))

    def words_places(self, number: int) -> list[int]:
        """The elements that hold a block's words: those at the common place, else at the next likely one."""
        if self._known and self._known.text in self.places and self.places[self._known.text].counts[number]:
            return self._widened([place for place, its in self._inside[number] if its == self._known.text])
        usual = self._known.text if self._known else self.text_name()
        if found := [place for place, its in self._inside[number] if is_variant(its, usual)][:1]:
            return self._widened(found)
        best = self.quality()
        for score, name in self.ranking:
            if best <= 0 or score < best / (4 * max(1, len(self.blocks))):
                break
            if self.places[name].counts[number]:
                found = [place for place, its in self._inside[number] if its == name]
                return self._widened(found)
        return []

    def _widened(self, found: list[int]) -> list[int]:
        """Paragraphs are part of the element around them, unless it holds the time, too."""
        parent = self.shape.parents[found[0]]
        if (
            parent < 0
            or _is_any_inside(self.shape, self._sorted_times, parent)
            or any(self.shape.parents[place] != parent for place in found)
        ):
            return found
        tag = self.shape.nodes[found[0]].tag
        is_part = len(found) > 1 or tag in INLINE or (self._is_good(parent) and not self._is_good(found[0]))
        return [parent] if is_part and not _is_any_inside(self.shape, self._sorted_roots, parent) else found

    def _is_good(self, place: int) -> bool:
        return cue(self.shape, place) > 1

    def _measure(self) -> None:
        """Length and digest of the words that stand at each element, with what is inline in it."""
        shape = self.shape
        for named in self._inside:
            for place, _ in reversed(named):
                words = "" if place in self.times or is_label(shape.own[place]) else shape.own[place]
                self._lengths[place] = self._lengths.get(place, 0) + len(words)
                if _leads_away(shape, place):
                    self._linked[place] = self._lengths[place]
                self._hashes[place] = hash((self._hashes.get(place, 0), _COUNTS.sub("0", words)))
                parent = shape.parents[place]
                if shape.nodes[place].tag in INLINE and place not in self.times:
                    share = 0.3 if shape.nodes[place].tag == "a" else 1.0
                    self._lengths[parent] = self._lengths.get(parent, 0) + int(share * self._lengths[place])
                    self._linked[parent] = self._linked.get(parent, 0) + int(share * self._linked.get(place, 0))
                    self._hashes[parent] = hash((self._hashes.get(parent, 0), self._hashes[place]))

    def _rank_texts(self) -> list[tuple[float, str]]:
        ranked = []
        writers = self._linked_writers()
        for name, place in self.places.items():
            per_block: Counter[int] = Counter()
            digests: defaultdict[int, int] = defaultdict(int)
            for number, named in ((n, p) for n, p in place.first.items()):
                per_block[number] = self._lengths.get(named, 0)
                digests[number] = self._hashes.get(named, 0)
            amount = sum(math.log2(1 + min(length, 400)) for length in per_block.values())
            variety = len(set(digests.values())) / len(digests)
            weight = min(cue(self.shape, place.first[number]) for number in list(place.first)[:3])
            inherited = is_never_words(name) or bool(BAD_PART.search(name.lower()))
            stale = STALE if len(digests) > 2 and variety < 0.4 else 1.0
            stale *= STALE if _is_told_of_writers(digests, writers) else 1.0
            weight *= 0.0 if _HEADING.search(name) or self._are_links(list(place.first.values())) else 1.0
            holding = sum(self.shape.is_inside(self.blocks[n].mark.place, at) for n, at in place.first.items())
            weight *= HOLDING if 2 * holding > len(place.first) else 1.0
            weight *= 50.0 if self._known and self._known.text == name else 1.0
            ranked.append((amount * weight * stale * (0.05 if inherited else 1.0), name))
        return sorted(ranked, reverse=True)

    def _linked_writers(self) -> dict[int, str]:
        """Per block the name that the first link to a user shows."""
        found: dict[int, str] = {}
        for number, named in enumerate(self._inside):
            sure = (
                words
                for place, _ in named
                if (words := name_at(self.shape, place, self.times)) and user_cue(self.shape, place) >= 3
            )
            if words := next(sure, ""):
                found[number] = words
        return found

    def _are_links(self, places: Sequence[int]) -> bool:
        """Rows of a list of other pages: hardly a word in them that is no link."""
        worded = [place for place in places if self._lengths.get(place)]
        fewest = FEWEST_BARE if len(worded) > 1 else 1
        bare = sum(self._lengths[place] - self._linked.get(place, 0) < fewest for place in worded)
        linked = sum(bool(self._linked.get(place)) for place in worded)
        return bool(worded) and not self._known and min(linked, bare) > 0.8 * len(worded)

    @cached_property
    def writers(self) -> Writers:
        """Who wrote them."""
        covered = [set(self._covered(number)) for number in range(len(self.blocks))]
        return Writers(self.shape, self.blocks, self._inside, covered, self._known)

    def _covered(self, number: int) -> Iterator[int]:
        for place in self.words_places(number):
            if place not in self.blocks[number].roots:
                yield from self.shape.below(place)

    def floors(self) -> list[int | None]:
        """Printed floor numbers, where they rise."""
        found: list[int | None] = []
        for number, named in enumerate(self._inside):
            texts = set(self._covered(number))
            words = (self._short(place) for place, _ in named if place not in texts)
            found.append(next((floor for text in words if text and (floor := floor_of(text)) is not None), None))
        known = [floor for floor in found if floor is not None]
        return found if known == sorted(set(known)) else [None] * len(found)

    def _short(self, place: int) -> str:
        """Text of a small element, as ``<a><em>11</em><sup>#</sup></a>``."""
        if self.shape.ends[place] - place > 3:
            return self.shape.own[place][:40]
        return " ".join(filter(None, (self.shape.own[inner] for inner in self.shape.below(place))))[:40]

    def keys(self) -> list[str]:
        """The site's own key of each post from an ``id`` or the like that differs in all blocks; empty otherwise."""
        found: defaultdict[tuple[str, str, str], dict[int, str]] = defaultdict(dict)
        for number, named in enumerate(self._inside):
            for place, name in named:
                for attribute in _KEY_NAMES:
                    if match := _KEY.match(self.shape.nodes[place].get(attribute) or ""):
                        sort = (attribute, (match[1] or match[3] or "").lower(), name)
                        found[sort].setdefault(number, match[2] or match[4])
        for values in found.values():
            if len(values) == len(self.blocks) == len(set(values.values())):
                return [values[number] for number in range(len(self.blocks))]
        return [""] * len(self.blocks)


def _is_told_of_writers(digests: Mapping[int, int], writers: Mapping[int, str]) -> bool:
    """The same in all posts of one writer: rank, place and counts, not what was said."""
    per_writer: defaultdict[str, list[int]] = defaultdict(list)
    for number, digest in digests.items():
        if number in writers:
            per_writer[writers[number]].append(digest)
    repeated = [said for said in per_writer.values() if len(said) > 1]
    return bool(repeated) and all(len(set(said)) == 1 for said in repeated)


def _named(shape: Shape, block: Block, without: Collection[int], *, is_even: bool) -> Iterator[tuple[int, str]]:
    """Elements of a block with the name of their place in it; hidden and very deep ones are left out, and those
    of other writers. is_even: neighbours that make up a block are told apart by their order, else by their names."""
    names: dict[int, tuple[str, int]] = {}
    counts: Counter[tuple[int, str]] = Counter()
    rows: Counter[str] = Counter()
    for position, root in enumerate(block.roots):
        for place in shape.below(root):
            if shape.silent[place] or place in without:
                continue
            parent, name = shape.parents[place], shape.names[place]
            if place == root:
                # Their classes tell first, own and pinned posts apart, not what a post is.
                rows[shape.names[place]] += 1
                order = position if is_even else f"{shape.names[place]}.{rows[shape.names[place]]}"
                prefix, name, depth = f"{order}:" if position else "", shape.nodes[place].tag, 0
            else:
                above = names.get(parent)
                if above is None or above[1] >= DEEPEST:
                    continue
                prefix, depth = f"{above[0]} > ", above[1] + 1
                kind = shape.nodes[place].tag if shape.nodes[place].tag in ("td", "th") else name
                counts[parent, kind] += 1
                if _needs_number(shape, place, block.mark.place):
                    name += f":nth({counts[parent, kind]})"
            names[place] = (prefix + name, depth)
            yield place, names[place][0]


def _leads_away(shape: Shape, place: int) -> bool:
    """A link to another page, or what is wrapped in one."""
    for _ in range(MOST_WRAPS):
        node = shape.nodes[place]
        if node.tag == "a":
            href = node.get("href") or ""
            return bool(href) and not href.startswith(("#", "javascript:"))
        if node.tag not in INLINE or shape.parents[place] < 0:
            return False
        place = shape.parents[place]
    return False


def _needs_number(shape: Shape, place: int, time: int) -> bool:
    """Cells, and elements without a class that stand beside the one with the time, differ by their position only."""
    if shape.nodes[place].tag in ("td", "th"):
        return True
    return shape.names[place] in ("div", "section", "table", "tr") and shape.is_inside(time, shape.parents[place])


def _is_any_inside(shape: Shape, places: Sequence[int], outer: int) -> bool:
    """places: in order."""
    at = bisect_left(places, outer)
    return at < len(places) and places[at] <= shape.ends[outer]
