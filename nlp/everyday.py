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
    found = dict.fromkeys(map(fold, words), 0)
    with jieba.Tokenizer().get_dict_file() as lines:
        for line in lines:
            word, count, *kind = line.decode("utf-8").split()
            if word in found and not "".join(kind).startswith(_NAMES):
                found[word] = int(count)
    return found
