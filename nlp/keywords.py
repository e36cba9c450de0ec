"""Keywords of a mention: TF-IDF over its words, brands under the name of the watchlist. Deterministic."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from statistics import median_low
from typing import Final

from core.errors import ModelMissing
from core.mention import BrandMatch, Keyword
from core.normalise import fold
from nlp.rules import PACKS

KEYWORDS: Final = 8
# Guess: a word of the title says twice as much about the mention.
_SHARES: Final = {"title": 2, "text": 1}
_HAN_WORD: Final = re.compile("[\u4e00-\u9fff]{2,}")
_URL: Final = re.compile(r"https?://\S+|www\.\S+|&[a-z]{2,6};|<[^<>]{1,200}>")


def keywords(
    title: str, text: str, brands: Sequence[BrandMatch], *, cut: Callable[[str], list[str]]
) -> tuple[Keyword, ...]:
    """The KEYWORDS heaviest words, heaviest first. weight: in (0, 1], the heaviest has 1.

    title, text: without the names of the brands, which count under the name of the watchlist, whatever alias was
    used. cut: segmentation. Only words of two or more Han characters and brands count: single letters, numbers and
    addresses are noise.
    """
    counts: Counter[str] = Counter()
    stop_words = _stop_words()
    for match in brands:
        if not match.excluded_by:
            counts[match.brand] += sum(_SHARES[span.part] for span in match.spans)
    for part, content in (("title", title), ("text", text)):
        for word in cut(_URL.sub("\n", fold(content))):
            if _HAN_WORD.fullmatch(word) and word not in stop_words:
                counts[word] += _SHARES[part]
    rarity, usual = _rarity()
    weights = {word: count * rarity.get(word, usual) for word, count in counts.items()}
    heaviest = sorted(weights.items(), key=lambda item: -item[1])[:KEYWORDS]
    return tuple(Keyword(word=word, weight=round(weight / heaviest[0][1], 4)) for word, weight in heaviest)


@cache
def _rarity() -> tuple[dict[str, float], float]:
    """Inverse document frequencies that come with jieba, and their median for words it does not know.

    Raises ModelMissing. Read from the file: jieba.analyse would set up its own segmenter.
    """
    try:
        path = Path(str(distribution("jieba").locate_file("jieba/analyse/idf.txt")))
        lines = path.read_text(encoding="utf-8").splitlines()
        rarity = {word: float(value) for word, _, value in (line.partition(" ") for line in lines)}
    except (PackageNotFoundError, OSError, ValueError) as error:
        raise ModelMissing("关键词词频表缺失或损坏，请重新安装 jieba") from error
    return rarity, median_low(rarity.values())


@cache
def _stop_words() -> frozenset[str]:
    lines = (PACKS / "stop_words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
