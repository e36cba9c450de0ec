"""The trained model that snownlp ships (naive Bayes over words of reviews), read from its data file.

snownlp itself is not imported: it loads its segmenter, tagger and pinyin tables too (3 s and 390 MB), and cuts words
at 7 ms a post. Here the words are cut by the model's own vocabulary, so the result does not depend on the segmenter.
"""

import gzip
import marshal
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from math import log
from pathlib import Path
from typing import Final

from core.errors import ModelMissing

# Source: snownlp 0.12.3 cuts runs of these characters and counts unseen words once.
_HAN: Final = re.compile("[\u4e00-\u9fa5]+")
# Source: 99.98 % of the model's Han words are no longer than this.
LONGEST: Final = 6
# Guess: a stop word is as frequent as the 200th of a million words, a character that is in no list rarer than any
# other; either moved tenfold changes the mean accuracy of the development sets by less than .001.
STOP_COUNT: Final = 200
UNSEEN_COUNT: Final = 0.2


@dataclass(frozen=True, slots=True)
class BayesModel:
    """log_odds: ln P(word | positive) - ln P(word | negative). log_share: ln of a word's share of all words."""

    version: str
    log_odds: Mapping[str, float]
    log_share: Mapping[str, float]
    unseen: float

    def words(self, text: str) -> Iterator[tuple[int, str]]:
        """The most probable words of the Han runs of a text, with their offsets, without stop words."""
        for run in _HAN.finditer(text):
            for start, word in self._cut(run.group()):
                if word in self.log_odds or word not in self.log_share:
                    yield run.start() + start, word

    def _cut(self, run: str) -> list[tuple[int, str]]:
        """Unigram Viterbi: the best way to reach each place, read from the end."""
        best = [0.0] + [float("-inf")] * len(run)
        came_from = [0] * (len(run) + 1)
        for start in range(len(run)):
            for end in range(start + 1, min(len(run), start + LONGEST) + 1):
                share = self.log_share.get(run[start:end], self.unseen if end == start + 1 else None)
                if share is not None and best[start] + share > best[end]:
                    best[end], came_from[end] = best[start] + share, start
        words, end = [], len(run)
        while end:
            start = came_from[end]
            words.append((start, run[start:end]))
            end = start
        return words[::-1]


def load_model() -> BayesModel:
    """Read the model of the installed snownlp. Raises ModelMissing."""
    try:
        package = distribution("snownlp")
        folder = Path(str(package.locate_file("snownlp")))
        counts = marshal.loads(gzip.decompress((folder / "sentiment/sentiment.marshal.3").read_bytes()))["d"]
        stop = frozenset((folder / "normal/stopwords.txt").read_text(encoding="utf-8").split())
    except (PackageNotFoundError, OSError, ValueError, EOFError, KeyError, TypeError) as error:
        raise ModelMissing("情感引擎 snownlp 的模型文件缺失或损坏，请重新安装 snownlp") from error
    positive, negative = counts["pos"], counts["neg"]
    both = positive["d"].keys() | negative["d"].keys()
    total = positive["total"] + negative["total"]
    prior = log(negative["total"] / positive["total"])
    log_odds = {
        word: log(positive["d"].get(word, 1) / negative["d"].get(word, 1)) + prior for word in both if word not in stop
    }
    log_share = {word: log(STOP_COUNT / total) for word in stop}
    log_share |= {word: log((positive["d"].get(word, 1) + negative["d"].get(word, 1) - 1) / total) for word in both}
    return BayesModel(package.version, log_odds, log_share, log(UNSEEN_COUNT / total))
