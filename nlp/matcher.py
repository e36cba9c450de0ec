"""Find the words of a list in a text: leftmost, longest first, on folded text.

Offsets are those of the text as given. An ASCII word never matches inside a longer one; a separator inside a name
(QN L7, QN-L7, QNL7) may be there or not. One automaton serves brands, exclusions, rules and segmentation.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ahocorasick_rs import AhoCorasick

from core.normalise import fold

# Zero-width characters may stand anywhere in a word: they are invisible, and used to slip past filters.
_INVISIBLE: Final = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f\ufeff"
_SEPARATOR: Final = re.compile(rf"[\s·•・‧\-_{_INVISIBLE}]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
# Guess: nobody writes a name with more than this many separators in one place; measured by reading misses.
WIDEST_GAP: Final = 3


@dataclass(frozen=True, slots=True)
class Found:
    """A word of the list, as listed, and its place in the text (code points, end exclusive)."""

    start: int
    end: int
    word: str


@dataclass(frozen=True, slots=True)
class _Squeezed:
    """Folded text without separators, and where each of its characters stands in the text."""

    text: str
    places: Sequence[int]
    folded: str


@dataclass(frozen=True, slots=True)
class _Pattern:
    word: str
    letters: str
    joints: frozenset[int]


class Matcher:
    """An automaton over words. Words that fold to the same letters are one word: the first listed."""

    def __init__(self, words: Iterable[str]) -> None:
        patterns: dict[str, _Pattern] = {}
        for word in words:
            if (pattern := _pattern(word)).letters:
                patterns.setdefault(pattern.letters, pattern)
        self._patterns = tuple(patterns.values())
        self._automaton = AhoCorasick(list(patterns))

    def find(self, text: str) -> tuple[Found, ...]:
        """Every occurrence, none overlapping: of two that do, the one further left, then the longer one."""
        if not self._patterns:
            return ()
        squeezed = _squeeze(text)
        hits = self._automaton.find_matches_as_indexes(squeezed.text, overlapping=True)
        found, reached = [], 0
        for index, start, end in sorted(hits, key=lambda hit: (hit[1], -hit[2])):
            if start >= reached and _fits(self._patterns[index], squeezed, start, end):
                found.append(Found(squeezed.places[start], squeezed.places[end - 1] + 1, self._patterns[index].word))
                reached = end
        return tuple(found)


@lru_cache(maxsize=4)
def _squeeze(text: str) -> _Squeezed:
    """Remembered for a few texts, because several matchers read the same one in turn."""
    folded = _SURROGATE.sub("\ufffd", fold(text))
    if not _SEPARATOR.search(folded):
        return _Squeezed(folded, range(len(folded)), folded)
    places = [place for place, character in enumerate(folded) if not _SEPARATOR.match(character)]
    return _Squeezed("".join([folded[place] for place in places]), places, folded)


def _pattern(word: str) -> _Pattern:
    """Joints: places before which a separator may stand, as written or where letters meet digits or Han."""
    squeezed = _squeeze(word)
    letters, places = squeezed.text, squeezed.places
    joints = {
        index
        for index in range(1, len(letters))
        if places[index] - places[index - 1] > 1 or _kind(letters[index]) != _kind(letters[index - 1])
    }
    return _Pattern(word, letters, frozenset(joints))


def _fits(pattern: _Pattern, squeezed: _Squeezed, start: int, end: int) -> bool:
    first, last = squeezed.places[start], squeezed.places[end - 1]
    return (
        not _is_inside_ascii(squeezed.folded, first, first - 1)
        and not _is_inside_ascii(squeezed.folded, last, last + 1)
        and (last - first == end - start - 1 or _gaps_fit(pattern, squeezed, start, end))
    )


def _gaps_fit(pattern: _Pattern, squeezed: _Squeezed, start: int, end: int) -> bool:
    places = squeezed.places
    for index in range(start + 1, end):
        gap = squeezed.folded[places[index - 1] + 1 : places[index]].strip(_INVISIBLE)
        if gap and (index - start not in pattern.joints or len(gap) > WIDEST_GAP or "\n" in gap):
            return False
    return True


def _is_inside_ascii(folded: str, edge: int, neighbour: int) -> bool:
    if not 0 <= neighbour < len(folded):
        return False
    return all(folded[place].isascii() and folded[place].isalnum() for place in (edge, neighbour))


def _kind(character: str) -> str:
    if not character.isascii():
        return "other"
    return "digit" if character.isdigit() else "letter" if character.isalpha() else "mark"
