"""Cut Chinese text into words: rjieba, or jieba where rjieba does not install, with the same words from both.

Invariant: the words joined are the text, whatever it holds. Brand names are found first and never cut. Runs of Han,
letters and digits go to the library; everything else is cut here, where the two libraries disagree.
"""

import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib.metadata import version
from typing import Final

from core.errors import ConfigurationError
from core.normalise import fold
from nlp.matcher import Matcher

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # jieba 0.42 has invalid escapes and imports the deprecated pkg_resources
    import jieba
try:
    import rjieba
except ImportError:  # no wheel for this platform
    HAS_RJIEBA = False
else:
    HAS_RJIEBA = True

Cut = Callable[[str], list[str]]

# A decimal number; a run for the library; white space; any other character. A run stops before a decimal number,
# looking 8 digits ahead, so that ten thousand digits stay linear. U+9FD5 is the last character jieba knows.
_PIECE: Final = re.compile(r"\d+(?:\.\d+)+|((?:[\u4e00-\u9fd5a-z]|[0-9](?![0-9]{0,8}\.[0-9]))+)|\s+|.", re.DOTALL)


class Segmenter:
    """Cuts text; ``words`` (brand names and aliases) are kept whole. name: auto, rjieba or jieba.

    Raises ConfigurationError for an unknown name, or for rjieba where it is not installed.
    """

    def __init__(self, name: str = "auto", words: Iterable[str] = ()) -> None:
        self.name = ("rjieba" if HAS_RJIEBA else "jieba") if name == "auto" else name
        if self.name not in _CUTTERS or (self.name == "rjieba" and not HAS_RJIEBA):
            raise ConfigurationError(f"分词库 {name} 不可用；可用：auto、rjieba、jieba", key="segmenter")
        self.version = f"{self.name}-{version(self.name)}"
        self._library = _CUTTERS[self.name]()
        self._matcher = Matcher(words)

    def cut(self, text: str) -> list[str]:
        """Words of the text in order; ``"".join(words) == text``."""
        words: list[str] = []
        reached = 0
        for found in self._matcher.find(text):
            words += self._pieces(text[reached : found.start])
            words.append(text[found.start : found.end])
            reached = found.end
        words += self._pieces(text[reached:])
        return words

    def _pieces(self, text: str) -> Iterator[str]:
        folded = fold(text)
        for piece in _PIECE.finditer(folded):
            start, end = piece.span()
            if piece.group(1) is None or end - start == 1:
                yield text[start:end]
            else:
                yield from self._run(text[start:end], piece.group(1))

    def _run(self, run: str, folded: str) -> Iterator[str]:
        """Cut a run as written (the dictionary has T恤, not t恤), or folded when it is traditional or full width."""
        start = 0
        for word in self._library(run if run.lower() == folded else folded):
            yield run[start : start + len(word)]
            start += len(word)


@cache
def _rjieba() -> Cut:
    cut: Cut = rjieba.Jieba().cut
    return cut


@cache
def _jieba() -> Cut:
    """A tokenizer of our own with the dictionary put in place: jieba's way writes a cache file and logs to stderr."""
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    cut: Cut = tokenizer.lcut
    return cut


_CUTTERS: Final = {"rjieba": _rjieba, "jieba": _jieba}
