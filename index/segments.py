"""One canonical text form for both engines: folded tokens joined by U+001F, as long as the original text.

What splits a token (white space and control characters, by Unicode) becomes a space here, so that SQLite's
unicode61 and Elasticsearch's whitespace analyzer cut at the same places. Highlights are found here as well, from
the same tokens, which makes their spans equal on both engines: offsets are those of the original text.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

from core.errors import InvalidInput
from core.normalise import fold

Tokenise: TypeAlias = Callable[[str], list[str]]
Phrase: TypeAlias = tuple[str, ...]

# Source: measured on SQLite 3.40 and Elasticsearch 8.19: both split at U+001F and at spaces.
SEPARATOR: Final = "\x1f"
# Source: Elasticsearch's whitespace tokenizer splits tokens above 255 UTF-16 units; 100 code points are at most 200.
LONGEST_TOKEN: Final = 100
# U+180E was white space before Unicode 6.3: SQLite and Java need not agree on it.
_BLANK: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u180e]")
# UTF-8 cannot carry surrogates, and SQLite reads U+FFFE and U+FFFF as U+FFFD (measured over all code points).
_UNSTORABLE: Final = re.compile(r"[\ud800-\udfff\ufffe\uffff]")
_SPACE_INSIDE: Final = re.compile(rf"[^{SEPARATOR}] | [^{SEPARATOR}]")


def segments(text: str, tokenise: Tokenise) -> str:
    """Fold the text, cut it, join the tokens by SEPARATOR; without the separators it is as long as the text.

    Raises InvalidInput when the tokeniser loses or adds characters.
    """
    folded = _canonical(text)
    tokens = tokenise(folded) if folded else []
    if "".join(tokens) != folded:
        raise InvalidInput("分词结果与原文不一致")
    joined = SEPARATOR.join(tokens)
    if max(map(len, tokens), default=0) <= LONGEST_TOKEN and not _SPACE_INSIDE.search(joined):
        return joined  # nearly always
    return SEPARATOR.join(piece for token in tokens for piece in _pieces(token))


def phrase(text: str, tokenise: Tokenise) -> Phrase:
    """The tokens to look for, without blank ones; at least one unless ``is_blank(text)``."""
    return tuple(token for token in segments(text, tokenise).split(SEPARATOR) if token and token != " ")


def is_blank(text: str) -> bool:
    """Whether nothing is left to look for."""
    return not _BLANK.sub("", text)


def find(joined: str, phrases: Sequence[Phrase]) -> tuple[tuple[int, int], ...]:
    """Where the phrases stand in a text given as ``segments``: (start, end), merged, in order."""
    tokens = list(_placed(joined))
    words = [token for token, _ in tokens]
    found: list[tuple[int, int]] = []
    for wanted in phrases:
        first, size = wanted[0], len(wanted)
        for index, word in enumerate(words):
            if word == first and (size == 1 or tuple(words[index : index + size]) == wanted):
                last, start = tokens[index + size - 1]
                found.append((tokens[index][1], start + len(last)))
    return tuple(_merged(sorted(found)))


def _canonical(text: str) -> str:
    """Fold, then everything in which the two engines' own folding could differ."""
    folded = _UNSTORABLE.sub("\ufffd", _BLANK.sub(" ", fold(text)))
    full = folded.casefold()
    if len(full) == len(folded):  # case folding never shortens: equal length means one for one
        return full
    return "".join(char if len(char.casefold()) != 1 else char.casefold() for char in folded)


def _pieces(token: str) -> Iterator[str]:
    """Spaces stand alone, and nothing is above LONGEST_TOKEN."""
    for part in re.findall(r" |[^ ]+", token):
        for start in range(0, len(part), LONGEST_TOKEN):
            yield part[start : start + LONGEST_TOKEN]


def _placed(joined: str) -> Iterator[tuple[str, int]]:
    """Each token that is not blank, with its offset in the text."""
    offset = 0
    for token in joined.split(SEPARATOR):
        if token and token != " ":
            yield token, offset
        offset += len(token)


def _merged(places: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    current: tuple[int, int] | None = None
    for start, end in places:
        if current is not None and start <= current[1]:
            current = (current[0], max(current[1], end))
            continue
        if current is not None:
            yield current
        current = (start, end)
    if current is not None:
        yield current
