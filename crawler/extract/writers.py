"""Find who wrote each of repeated blocks: names stand at one place, differ, and are repeated by links and pictures."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Final, Protocol
from urllib.parse import unquote

from crawler.extract.blocks import Block
from crawler.extract.cues import BEFORE_TIME, LABELLED, LONGEST_NAME, NO_NAME, ONLY_LABEL, is_fact, user_cue
from crawler.extract.shape import Shape
from crawler.extract.timemark import TIME

# Of a name's score: with a link to a user or a class that says so, at a place that every block has.
CERTAIN: Final = 5.5
# Of a name's score: less is no name.
LIKELY: Final = 1.2
# Guess: a few posts tell where names stand; the head of a post has fewer elements, an address is shorter.
MOST_ECHOES: Final = 12
MOST_NAMED: Final = 60
LONGEST_ECHO: Final = 120
Candidates = Mapping[int, tuple[str, int]]


class Known(Protocol):
    """Places of words and names that fuller pages of the same forum have."""

    @property
    def text(self) -> str:
        """As ``Posts.text_name`` gives it."""

    @property
    def is_uneven(self) -> bool:
        """Whether blocks are runs of neighbours whose number differs."""

    @property
    def author(self) -> str:
        """As ``Posts.author_name`` gives it."""


class Writers:
    """Of the blocks of one series. inside: the elements of each with the names of their places.

    covered: per block the elements that hold its words.
    """

    def __init__(
        self,
        shape: Shape,
        blocks: Sequence[Block],
        inside: Sequence[Sequence[tuple[int, str]]],
        covered: Sequence[Collection[int]],
        known: Known | None,
    ) -> None:
        self._shape = shape
        self._blocks = blocks
        self._inside = inside
        self._known = known
        self._times = {block.mark.place for block in blocks}
        self._echoes: dict[int, set[str]] = {}
        found: defaultdict[str, dict[int, tuple[str, int]]] = defaultdict(dict)
        for number, named in enumerate(inside):
            for place, name in named:
                if place not in covered[number] and (words := name_at(shape, place, self._times)):
                    found[name].setdefault(number, (words, place))
        self.candidates: Mapping[str, Candidates] = found
        self.ranking = sorted(((self._score(its, name), name) for name, its in found.items()), reverse=True)

    @property
    def name(self) -> str:
        """The place of the names; empty where there is none."""
        return self.ranking[0][1] if self.ranking else ""

    @property
    def is_certain(self) -> bool:
        """Every block has a name that a link or a class says is one."""
        return bool(self.ranking) and self.ranking[0][0] > CERTAIN

    def names(self) -> list[tuple[str, int | None]]:
        """Per block the name and its element; empty where none was found."""
        chosen: list[tuple[str, int | None]] = []
        for number in range(len(self._blocks)):
            variants = (found for name, found in self.candidates.items() if is_variant(name, self.name))
            likely = (self.candidates[name] for score, name in self.ranking if score > LIKELY)
            usual = self.candidates.get(self.name, {})
            hit = next((found[number] for found in (usual, *variants, *likely) if number in found), None)
            chosen.append(hit or (self._before_time(number), None))
        return chosen

    def _score(self, found: Candidates, name: str) -> float:
        if self._known and self._known.author == name:
            return 10.0
        total = len(self._blocks)
        names = {words for words, _ in found.values()}
        if max(map(len, names)) == 1 and self._are_initials(found):
            return -1.0
        cue = max(user_cue(self._shape, place) for _, place in list(found.values())[:3])
        variety = len(names) / len(found)
        score = 2.5 * len(found) / total + cue + 1.5 * variety
        if total > 2 and len(names) == 1 and cue < 3:
            score -= 3
        if all(words.startswith("@") for words in names):  # spoken to, not speaking
            score -= 1
        score += variety * self._echo(found) if total > 1 else 0.0  # buttons have tooltips, too
        long = sum(len(words) > 20 for words in names) / len(names)
        if any(LABELLED.match(self._shape.own[place]) for _, place in list(found.values())[:3]):
            score += 2.5
        return score - 2 * long if cue or total > 1 else score - 3

    def _echo(self, found: Candidates) -> float:
        """A name is in the address, the picture or the tooltips of its post, too; 0 to 1.5."""
        some = list(found.items())[:MOST_ECHOES]
        return 1.5 * sum(words in self._attributes(number) for number, (words, _) in some) / len(some)

    def _attributes(self, number: int) -> set[str]:
        if number not in self._echoes:
            nodes = (self._shape.nodes[place] for place, _ in self._inside[number][:MOST_NAMED])
            self._echoes[number] = {
                part
                for node in nodes
                for value in node.attrib.values()
                if len(value) <= LONGEST_ECHO
                for part in (value, *re.split(r"[/=?&]", unquote(value)))
            }
        return self._echoes[number]

    def _are_initials(self, found: Candidates) -> bool:
        """Pictures of writers without one show the first letter of the name that stands beside them."""

        def begins(number: int, letter: str) -> bool:
            words = (name_at(self._shape, place, self._times) for place, _ in self._inside[number])
            return any(len(name) > 1 and name.lower().startswith(letter.lower()) for name in words)

        return all(begins(number, letter) for number, (letter, _) in list(found.items())[:3])

    def _before_time(self, number: int) -> str:
        match = BEFORE_TIME.match(self._blocks[number].mark.before.strip())
        words = match[1] if match else ""
        if labelled := LABELLED.match(words):
            words = labelled[1]
        return "" if not words or ONLY_LABEL.match(words) or NO_NAME.match(words) else words


def is_variant(name: str, other: str) -> bool:
    """Whether a place ends as another does: first and special posts have classes of their own on the way."""
    own, its = (one.rpartition(" > ")[2].partition(".")[2].partition(":")[0] for one in (name, other))
    return bool(own) and own == its


def name_at(shape: Shape, place: int, times: Collection[int]) -> str:
    """The words of an element, where they may be a name."""
    words = shape.own[place]
    node = shape.nodes[place]
    if match := LABELLED.match(words):
        words = match[1].split()[0]
    elif not words and node.tag == "img" and not shape.silent[place]:
        words = (node.get("alt") or "").strip()
    words = words.strip("[]【】()（） :：,，|")
    if not words or len(words) > LONGEST_NAME or place in times or TIME.search(words) or NO_NAME.match(words):
        return ""
    if is_fact(words):
        return ""
    return "" if re.search(r"[。！？；\[\]]|[:：]\s|\s\S+\s\S+\s\S+\s", words) or ONLY_LABEL.match(words) else words
