"""Find the brands of the watchlist in a mention, and rule out what only looks like one (已排除).

A match that was ruled out stays in the result with the rule that did it: people can see and correct it.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from core.database import storable
from core.mention import BrandMatch, Reason
from core.normalise import fold
from core.watchlist import Brand, version
from nlp.matcher import Found, Matcher

# Guess: code points between an alias and an exclusion word that make them one topic, about two clauses; measure on
# the excluded mentions that people put back.
WINDOW: Final = 20


@dataclass(frozen=True, slots=True)
class _Entry:
    """What the lexicon knows of one brand."""

    name: str
    suspects: frozenset[str]
    exclusions: Matcher
    reads_whole_mention: bool


@dataclass(frozen=True, slots=True)
class _Hit:
    """An alias at its place; excluded_by is the exclusion word that rules it out."""

    alias: str
    span: Reason
    excluded_by: str = ""


class Lexicon:
    """The dictionary of all brands; disabled ones are left out.

    Exclusion words rule out the ambiguous aliases of their brand, or all its aliases when none is called ambiguous.
    An alias is ruled out by an exclusion word at most WINDOW code points away; an ambiguous one also by an
    exclusion word anywhere in the mention, unless an unambiguous alias of the brand stands there too.
    """

    def __init__(self, brands: Sequence[Brand]) -> None:
        enabled = [_storable(brand) for brand in brands if brand.enabled]
        self.version = version(enabled)
        self._entries = {brand.name: _entry(brand) for brand in enabled}
        self._owners: dict[str, str] = {}
        for brand in enabled:
            for word in _words(brand):
                self._owners.setdefault(word, brand.name)
        self._matcher = Matcher(self._owners)

    @property
    def words(self) -> tuple[str, ...]:
        """Every name and alias: what segmentation must never cut."""
        return tuple(self._owners)

    def match(self, title: str, text: str) -> tuple[BrandMatch, ...]:
        """One result per brand, in the order in which the mention names them, title first.

        ``alias`` is the longest one found, spelled as in the watchlist; ``spans`` are the places that count, or, for
        a brand that was ruled out, all of them.
        """
        found: dict[str, list[_Hit]] = {}
        for part, content in (("title", title), ("text", text)):
            for hit in self._matcher.find(content):
                span = Reason(part=part, start=hit.start, end=hit.end, words=content[hit.start : hit.end])
                found.setdefault(self._owners[hit.word], []).append(_Hit(hit.word, span))
        return tuple(_judge(self._entries[name], hits, title, text) for name, hits in found.items())


def _storable(brand: Brand) -> Brand:
    """Analyses are stored with the words that were found; one bad word must not stop them all."""
    words: dict[str, Any] = {
        key: tuple(map(storable, getattr(brand, key))) for key in ("aliases", "ambiguous", "exclusions")
    }
    return replace(brand, name=storable(brand.name), **words)


def _words(brand: Brand) -> tuple[str, ...]:
    return (brand.name, *brand.aliases, *brand.ambiguous)


def _entry(brand: Brand) -> _Entry:
    return _Entry(
        name=brand.name,
        suspects=frozenset(map(fold, brand.ambiguous or _words(brand))),
        exclusions=Matcher(brand.exclusions),
        reads_whole_mention=bool(brand.ambiguous),
    )


def _judge(entry: _Entry, hits: Sequence[_Hit], title: str, text: str) -> BrandMatch:
    context = {"title": entry.exclusions.find(title), "text": entry.exclusions.find(text)}
    judged = [replace(hit, excluded_by=_near(entry, hit, context[hit.span.part])) for hit in hits]
    anywhere = next((word.word for words in context.values() for word in words), "")
    if anywhere and entry.reads_whole_mention and all(fold(hit.alias) in entry.suspects for hit in judged):
        judged = [replace(hit, excluded_by=hit.excluded_by or anywhere) for hit in judged]
    kept = [hit for hit in judged if not hit.excluded_by]
    shown = kept or judged
    alias = max(shown, key=lambda hit: len(hit.alias)).alias
    rule = "" if kept else _rule(judged)
    spans = tuple(replace(hit.span, rule=rule) for hit in shown)
    return BrandMatch(brand=entry.name, alias=alias, spans=spans, excluded_by=rule)


def _near(entry: _Entry, hit: _Hit, exclusions: Sequence[Found]) -> str:
    if fold(hit.alias) not in entry.suspects:
        return ""
    following = bisect_left(exclusions, hit.span.start, key=lambda word: word.start)
    for word in exclusions[max(0, following - 1) : following + 1]:
        if max(word.start - hit.span.end, hit.span.start - word.end) <= WINDOW:
            return word.word
    return ""


def _rule(hits: Sequence[_Hit]) -> str:
    return "排除词：" + "、".join(dict.fromkeys(hit.excluded_by for hit in hits))
