"""Reads the texts of the sample web and deals them out, each once.

Single posts are used as written. The mass of the history is combined from topics (title, opening, body, ending)
such that two posts of a topic share at most one of the three long parts; otherwise they would be folded as copies.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import product
from random import Random
from typing import Any, Final

import yaml

_LOADER: Final = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
# Guess: one post in five wanders off the subject.
_ASIDE_SHARE: Final = 0.2


@dataclass(frozen=True, slots=True)
class Wording:
    """A title with its text; paragraphs are lines."""

    title: str
    text: str


@cache
def read(name: str) -> Any:  # Any: YAML; the shape is given by the files beside and held by the tests
    """Return the content of one text file; callers must not change it."""
    return yaml.load(files("app.demo").joinpath("texts", f"{name}.yaml").read_bytes(), Loader=_LOADER)


def posts(entries: Sequence[Mapping[str, str]]) -> list[Wording]:
    """Return single posts as written."""
    return [Wording(entry["title"], entry["text"]) for entry in entries]


def combined(topics: Sequence[Mapping[str, Sequence[str]]], rng: Random, *, with_asides: bool = False) -> list[Wording]:
    """Return all combinations of the topics, mixed, with their slots filled."""
    asides = read("names")["asides"] if with_asides else ()
    mixed = [parts for topic in topics for parts in _combinations(topic)]
    rng.shuffle(mixed)
    return [_fill(parts, rng, asides) for parts in mixed]


def deal(written: Sequence[Wording], filling: Sequence[Wording], count: int, rng: Random) -> Iterator[Wording]:
    """Return exactly `count` texts in random order: the written ones first of all, the rest from the filling."""
    chosen = [*written, *filling][:count]
    if len(chosen) < count:
        raise ValueError(f"{count} texts asked, {len(chosen)} there: add to app/demo/texts")
    rng.shuffle(chosen)
    return iter(chosen)


def _combinations(topic: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str, str, str]]:
    """Pair each opening with each body; walk titles and endings along so that pairs of parts do not come back."""
    titles, opens, bodies, ends = topic["titles"], topic["opens"], topic["bodies"], topic["ends"]
    for first, second in product(range(len(opens)), range(len(bodies))):
        title = titles[(first * 3 + second) % len(titles)]
        yield title, opens[first], bodies[second], ends[(first + second) % len(ends)]


def _fill(parts: tuple[str, str, str, str], rng: Random, asides: Sequence[str]) -> Wording:
    names = read("names")
    slots = {
        "car": rng.choice(names["cars"]),
        "km": rng.choice(names["kilometres"]),
        "city": rng.choice(names["cities"]),
        "days": rng.choice(names["days"]),
        "dealer": rng.choice(names["dealers"]),
    }
    title, *sentences = (part.format_map(slots) for part in parts)
    aside = f"\n{rng.choice(asides)}" if asides and rng.random() < _ASIDE_SHARE else ""
    return Wording(title, "".join(sentences) + aside)
