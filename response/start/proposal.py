"""From a name to what to look for: aliases, which of them are ordinary words, and the words that rule those out.

Pure functions: a proposal is shown and changed before anything is saved.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.errors import InvalidInput
from core.normalise import fold
from core.watchlist import LONGEST_NAME, Brand
from response.start.industry import Industry, companies, sense_of

# Word → occurrences in everyday Chinese, by the wiring (nlp.everyday).
Frequencies = Callable[[Sequence[str]], Mapping[str, int]]

# Guess: 海豚 (162), 小米 (396) and 理想 (3,988) are words to everybody, 名爵 (10) and 蓝鲸 (27) are not.
COMMON: Final = 80
# One character is a word of its own, or part of thousands.
SHORTEST: Final = 2
_SEPARATORS: Final = re.compile(r"[、,，;；\n]+")
# Between Latin letters or digits and Han, in either order.
_SEAM: Final = re.compile(r"(?<=[A-Za-z0-9])\s*(?=[\u3400-\u9fff])|(?<=[\u3400-\u9fff])\s*(?=[A-Za-z0-9])")
_BRACKETS: Final = re.compile(r"[(（][^()（）]{0,40}[)）]")


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """An alias that is an ordinary word. meaning: what else it is; empty where only its frequency tells."""

    word: str
    meaning: str

    @property
    def warning(self) -> str:
        """A sentence for a person."""
        also = f"也是{self.meaning}" if self.meaning else "也是常用词"
        return f"「{self.word}」{also}，单独出现时可能与品牌无关"


@dataclass(frozen=True, slots=True)
class Proposal:
    """brand: ready to be saved. ambiguous: why each of its ambiguous aliases is one."""

    brand: Brand
    ambiguous: tuple[Ambiguous, ...] = ()


def propose(name: str, industry: Industry, frequencies: Frequencies, *, is_own: bool = True) -> Proposal:
    """What to look for, for a brand of this name. Raises InvalidInput for no name or a long one.

    Traditional, full-width and capital forms are found without being listed (core.normalise.fold).
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise InvalidInput(f"品牌名应为 1 到 {LONGEST_NAME} 个字", field="name")
    words = _aliases(name, industry)
    common = frequencies(words)
    ambiguous = tuple(_ambiguous(word, common.get(fold(word), 0)) for word in words)
    doubted = tuple(each for each in ambiguous if each is not None)
    named = {each.word for each in doubted}
    exclusions = dict.fromkeys(word for each in doubted for word in _exclusions(each.word, industry))
    brand = Brand(
        name=name,
        aliases=tuple(word for word in words if word not in named),
        ambiguous=tuple(each.word for each in doubted),
        exclusions=tuple(exclusions),
        is_own=is_own,
    )
    return Proposal(brand, doubted)


def words_of(text: str) -> tuple[str, ...]:
    """What somebody typed into one field, separated by 、 or commas or lines; each word once."""
    given = (" ".join(word.split()) for word in _SEPARATORS.split(text))
    return tuple({fold(word): word for word in given if word}.values())


def _aliases(name: str, industry: Industry) -> tuple[str, ...]:
    """The name, the name without company and trade, its parts in two scripts, with a blank between them and without."""
    bare = _BRACKETS.sub("", name).strip() or name
    short = _without(bare, companies())
    shortest = _without(short, (*companies(), *industry.suffixes))
    found = [name, bare, short, shortest]
    for word in (short, shortest):
        parts = [part for part in _SEAM.split(word) if part]
        if len(parts) > 1:
            found += ["".join(parts), " ".join(parts)]
        if len(parts) == 2 and not any(part.isdigit() for part in parts):
            found += [part for part in parts if part not in industry.suffixes]
    kept = {fold(word): word for word in reversed(found) if len(word) >= SHORTEST or word == name}
    return tuple(sorted(kept.values(), key=found.index))


def _without(name: str, endings: Sequence[str]) -> str:
    """The name without these endings, however many it has; what would be left too short keeps them."""
    for ending in sorted(endings, key=len, reverse=True):
        short = name.removesuffix(ending).strip()
        if short != name and len(short) >= SHORTEST:
            return _without(short, endings)
    return name


def _ambiguous(word: str, frequency: int) -> Ambiguous | None:
    sense = sense_of(word)
    if sense is not None:
        return Ambiguous(word, f"{sense.name}名" if sense.name in ("水果", "动物") else f"普通词（{sense.name}）")
    return Ambiguous(word, "") if frequency >= COMMON or len(word) < SHORTEST else None


def _exclusions(word: str, industry: Industry) -> tuple[str, ...]:
    sense = sense_of(word)
    return tuple(each for each in sense.exclusions if each not in industry.own) if sense else ()
