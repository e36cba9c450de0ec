"""How common a word is in everyday Chinese, so that a brand called like one can be warned of it.

From jieba's dictionary, read anew each time: it is asked a few times in the life of an installation.
"""

import warnings
from collections.abc import Iterable, Mapping
from typing import Final

from core.normalise import fold

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # as in nlp.segment
    import jieba

# Persons, places, organisations and other names, in the dictionary's own notation: as a name such a word is a brand.
_NAMES: Final = ("nr", "ns", "nt", "nz")


def frequencies(words: Iterable[str]) -> Mapping[str, int]:
    """Folded word → occurrences in the dictionary's corpus (60 million words); 0 for unknown words and for names."""
    with jieba.Tokenizer().get_dict_file() as file:
        lines = b"\n" + file.read()  # a search in five megabytes takes a millisecond, reading its lines 300
    return {word: _frequency(word, lines) for word in map(fold, words)}


def _frequency(word: str, lines: bytes) -> int:
    """A line is the word, its count and its kind."""
    _, _, rest = lines.partition(f"\n{word} ".encode("utf-8", "surrogatepass"))
    count, _, kind = rest[:40].partition(b"\n")[0].decode("utf-8", "replace").partition(" ")
    return int(count) if count.isdecimal() and not kind.startswith(_NAMES) else 0
