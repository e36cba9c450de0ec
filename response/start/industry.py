"""Industries and the ordinary words that brands are called by: data of the package (industries.yaml)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from core import plain_yaml
from core.normalise import fold

FILE: Final = Path(__file__).with_name("industries.yaml")
OTHER: Final = "其他"


@dataclass(frozen=True, slots=True)
class Industry:
    """suffixes: words of the trade that a name may end in. own: words that are news of this trade, never ruled out."""

    name: str
    suffixes: tuple[str, ...]
    own: frozenset[str]


@dataclass(frozen=True, slots=True)
class Sense:
    """What else a word may mean, and the words that such texts have."""

    name: str
    words: frozenset[str]
    exclusions: tuple[str, ...]


@cache
def industries() -> Mapping[str, Industry]:
    """By name, in the order of the file."""
    return {
        each["name"]: Industry(each["name"], tuple(each["suffixes"]), frozenset(each["own"]))
        for each in _content()["industries"]
    }


def industry(name: str) -> Industry:
    """One industry; an unknown name is 其他."""
    return industries().get(name, industries()[OTHER])


@cache
def companies() -> tuple[str, ...]:
    """Forms of companies, the longest first."""
    return tuple(_content()["companies"])


def sense_of(word: str) -> Sense | None:
    """What else the word means, or None."""
    return next((each for each in _senses() if fold(word) in each.words), None)


@cache
def _senses() -> tuple[Sense, ...]:
    return tuple(
        Sense(each["name"], frozenset(map(fold, each["words"])), tuple(each["exclusions"]))
        for each in _content()["senses"]
    )


@cache
def _content() -> Any:  # Any: decoded YAML of our own
    return plain_yaml.load(FILE.read_text(encoding="utf-8"), FILE.name)
