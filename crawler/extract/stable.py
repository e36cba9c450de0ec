"""Short CSS selectors that yield exactly what was found, by names that last.

A name lasts when a person gave it: no digests of build tools, no ids with numbers. Of the selectors that fit, the one
with the fewest and best names is taken; positions (``:nth-of-type``) only where names do not tell.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from os.path import commonprefix
from typing import Final

from cssselect import SelectorError
from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types
from parsel import css2xpath

# Guess: enough for every simulator; each costs one walk over the page.
MOST_TRIED: Final = 80
MOST_ANCESTORS: Final = 8
# Guess: columns of a layout, parts of a row.
_FARTHEST: Final = 20
# Guess: rows that an inner selector is checked on.
SAMPLE: Final = 40
_NAME: Final = re.compile(r"-?[A-Za-z_][\w-]{0,40}")
_BUILT: Final = re.compile(r"^(?:css|sc|jss|jsx|emotion|styled|svelte|v|tss|mui)[-_]?(?=\w*[\dA-Z])|^_")
_STATE: Final = re.compile(
    r"^(?:odd|even|first|last|alt|alternate|active|current|selected|on|hover|new|hot|top|cur|clearfix|cl|fl|fr|left|right|item\d+)$"
)
_WORDS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_VOWEL: Final = re.compile(r"[aeiouy]", re.IGNORECASE)
# Words of people shorten to this without a vowel (``xwlb``, ``nr``); digests are longer.
_LONGEST_CONSONANTS: Final = 5
_STEM: Final = re.compile(r"([A-Za-z][A-Za-z-]{2,40}_{1,2})(?=\w*[\dA-Z])\w{3,12}$")
# ``/a/`` says little, ``/`` nothing.
_SHORTEST_FOLDER: Final = 2
_BARE: Final = frozenset({"main", "article", "section", "table", "ul", "ol", "dl"})


def is_lasting(name: str) -> bool:
    """Whether a class was named by a person."""
    if not _NAME.fullmatch(name) or _BUILT.match(name) or _STATE.match(name.lower()) or _STEM.match(name):
        return False
    return all(_is_word(part) for part in re.split(r"[-_]+", name) if part)


def _is_word(part: str) -> bool:
    pieces = _WORDS.findall(part)
    letters = [piece for piece in pieces if not piece.isdigit()]
    if len(pieces) - len(letters) > 1 or (pieces[:1] != letters[:1] and len(part) > 3):
        return False  # figures between letters
    if len(letters) > 2 and sum(len(piece) for piece in letters) / len(letters) < 3:
        return False  # kXyZab
    whole = "".join(letters)
    return bool(_VOWEL.search(whole)) or len(whole) <= _LONGEST_CONSONANTS


def lasting_classes(node: etree._Element) -> list[str]:
    """Without figures first: ``list2`` lasts less than ``list``."""
    names = [name for name in (node.get("class") or "").split()[:8] if is_lasting(name)]
    return sorted(names, key=lambda name: bool(re.search(r"\d", name)))


def css_of(rows: Sequence[etree._Element], root: etree._Element, is_harmless: Callable[[etree._Element], bool]) -> str:
    """The selector of all ``rows`` on their page; empty where there is none. is_harmless: of what else it yields."""
    own = set(rows)
    for candidate in islice(dict.fromkeys(_candidates(rows)), MOST_TRIED):
        found = _select(root, candidate)
        strangers = [node for node in found if node not in own]
        if len(found) - len(strangers) < len(own):
            continue
        if all(map(is_harmless, strangers)):
            return candidate
        if name := _of_all(strangers, own):
            return f"{candidate}:not(.{name})"
    return ""


def inner_css(rows: Sequence[etree._Element], targets: Sequence[etree._Element]) -> str:
    """The selector whose first match inside each row is its target; empty where none is."""
    pairs = list(zip(rows, targets, strict=True))[:SAMPLE]
    candidates = _inner_candidates(*pairs[0], [target for _, target in pairs])
    for candidate in islice(dict.fromkeys(candidates), MOST_TRIED):
        if all(first_match(row, candidate) is target for row, target in pairs):
            return candidate
    return ""


def first_match(row: etree._Element, css: str) -> etree._Element | None:
    """Inside ``row``, itself included."""
    return next(iter(_select(row, css)), None)


def _select(node: etree._Element, css: str) -> list[etree._Element]:
    """As ``selectors.select``, without an object around each element."""
    try:
        return list(node.xpath(css2xpath(css)))
    except (SelectorError, ValueError, etree.LxmlError):
        return []


def _of_all(strangers: Sequence[etree._Element], own: Iterable[etree._Element]) -> str:
    """A class that all surplus elements have and none of ours, such as that of ads."""
    shared = set(lasting_classes(strangers[0]))
    for node in strangers:
        shared &= set((node.get("class") or "").split())
    return min(shared - {name for node in own for name in (node.get("class") or "").split()}, default="")


def _candidates(rows: Sequence[etree._Element]) -> Iterator[str]:
    row_parts = list(_row_parts(rows))
    classy = [part for part in row_parts if part != rows[0].tag]
    yield from classy
    above = list(islice(rows[0].iterancestors(), MOST_ANCESTORS))
    named = [(place, part) for place, node in enumerate(above) for part in _parts(node)]
    for place, part in named:
        for own in row_parts:
            if place == 0:
                yield f"{part} > {own}"
            yield f"{part} {own}"
    for place, part in named:
        for far, outer in named:
            if far > place:
                yield from (f"{outer} {part}{' > ' if place == 0 else ' '}{own}" for own in row_parts)
    yield rows[0].tag
    for node in above:
        where = f"{node.tag}:nth-of-type({_position(node)})"
        for own in row_parts:
            yield f"{where} {own}"
            yield from (f"{part} {where} {own}" for far, part in named if above[far] is not node)
    position = _position(rows[0])
    if all(_position(row) == position for row in rows):
        yield from (f"{part} {rows[0].tag}:nth-of-type({position})" for _, part in named)


def _row_parts(rows: Sequence[etree._Element]) -> Iterator[str]:
    """With the lasting classes that all rows have, then the tag alone."""
    tag = rows[0].tag
    shared = set.intersection(*(set((row.get("class") or "").split()) for row in rows))
    yield from (f"{tag}.{name}" for name in lasting_classes(rows[0]) if name in shared)
    yield from (f'{tag}[class*="{stem}"]' for stem in _stems(rows[0]) if all(stem in row.get("class") for row in rows))
    if all(row.tag == tag for row in rows):
        yield tag


def _parts(node: etree._Element) -> Iterator[str]:
    identity = node.get("id") or ""
    if is_lasting(identity) and not re.search(r"\d", identity):
        yield f"{node.tag}#{identity}"
    yield from (f"{node.tag}.{name}" for name in lasting_classes(node))
    yield from (f'{node.tag}[class*="{stem}"]' for stem in _stems(node))
    if node.tag in _BARE:
        yield str(node.tag)


def _stems(node: etree._Element) -> list[str]:
    """Of ``news-list_k1vZx`` what the person wrote."""
    return [match[1] for name in (node.get("class") or "").split()[:8] if (match := _STEM.match(name))]


def _inner_candidates(row: etree._Element, target: etree._Element, targets: Sequence[etree._Element]) -> Iterator[str]:
    own = [*(part for part in _parts(target) if part != target.tag), str(target.tag)]
    property_name = target.get("itemprop")
    if property_name and _NAME.fullmatch(property_name):
        own.insert(0, f'[itemprop="{property_name}"]')
    yield from own
    if target.tag == "a":
        yield "a[href]"
    above: list[etree._Element] = []
    for node in target.iterancestors():
        if node is row or len(above) >= MOST_ANCESTORS:
            break
        above.append(node)
    for node in above:
        for part in [*_parts(node), str(node.tag)]:
            yield from (f"{part} {one}" for one in own)
    if css := by_address(targets):
        yield css
    for node in [target, *above]:
        where = f"{node.tag}:nth-of-type({_position(node)})"
        yield where if node is target else f"{where} {own[-1]}"


def by_address(links: Sequence[etree._Element]) -> str:
    """The selector of links by what their addresses share up to a number or name; empty where that is too little."""
    shared = re.split(r"[\d\"'\\]", commonprefix([link.get("href") or "" for link in links]))[0]
    stem = shared[: max(shared.rfind(mark) for mark in "/?=-_") + 1]
    path = re.sub(r"^https?://[^/]*", "", stem)
    return f'a[href*="{path}"]' if len(path) > _SHORTEST_FOLDER else ""


def _position(node: etree._Element) -> int:
    """Counted from 1 among the children of its tag; selectors that count far are never right twice."""
    return 1 + sum(1 for _ in islice(node.itersiblings(node.tag, preceding=True), _FARTHEST))
