"""Turn a mention into its analysis. Pure: the same brands and mention give the same analysis in every process.

Order: brands first (never cut by segmentation, and no evidence of sentiment), then everything that reads words.
"""

from collections.abc import Callable, Sequence
from typing import Final

from core.errors import ConfigurationError
from core.mention import Analysis, BrandMatch, Mention
from core.watchlist import Brand
from nlp.aspects import aspects
from nlp.duplicates import ALGORITHM, SHORTEST, fingerprint
from nlp.keywords import keywords
from nlp.lexicon import Lexicon
from nlp.risk import risks
from nlp.rules import packs_version
from nlp.segment import Segmenter
from nlp.sentiment.engine import SentimentEngine
from nlp.sentiment.snownlp import SnowNlpEngine
from nlp.target import targets

_ENGINES: Final[dict[str, Callable[[], SentimentEngine]]] = {"snownlp": SnowNlpEngine}


class Analyser:
    """Analyses mentions for one state of the watchlist; make a new one when a brand changes.

    Raises ConfigurationError for an unknown segmenter or engine, ModelMissing when a model file is not there.
    """

    def __init__(self, brands: Sequence[Brand], *, segmenter: str = "auto", sentiment: str = "snownlp") -> None:
        if sentiment not in _ENGINES:
            raise ConfigurationError(f"没有情感引擎 {sentiment}；可用：{'、'.join(_ENGINES)}", key="sentiment_engine")
        self._lexicon = Lexicon(brands)
        self._segmenter = Segmenter(segmenter, self._lexicon.words)
        self._sentiment = _ENGINES[sentiment]()
        parts = (self._segmenter.version, ALGORITHM, f"packs-{packs_version()}")
        self.engine = "+".join((f"{self._sentiment.name}-{self._sentiment.version}", *parts))
        self.version = f"{self.engine}+lexicon-{self._lexicon.version}"

    def tokenise(self, text: str) -> list[str]:
        """Words of a text; joined they are the text. Brand names stay whole."""
        return self._segmenter.cut(text)

    def analyse(self, mention: Mention) -> Analysis:
        """Analyse title and text, whatever they hold; never raises. ``story`` is left to the pipeline."""
        title, text = mention.title, mention.text
        brands = self._lexicon.match(title, text)
        plain_title, plain_text = _without_brands(title, "title", brands), _without_brands(text, "text", brands)
        document = self._sentiment.classify(plain_title, plain_text)
        return Analysis(
            sentiment=document,
            brands=brands,
            targets=targets(plain_title, plain_text, brands, engine=self._sentiment, document=document),
            aspects=aspects(title, text),
            risks=risks(title, text),
            keywords=keywords(plain_title, plain_text, brands, cut=self._segmenter.cut),
            fingerprint=_fingerprint(title, text),
            engine=self.engine,
            lexicon_version=self._lexicon.version,
        )


def _without_brands(content: str, part: str, brands: Sequence[BrandMatch]) -> str:
    """Blank the names of the brands that count, length kept: 青柠 and 蓝鲸 are neither praise nor blame."""
    characters = list(content)
    for match in brands:
        for span in match.spans:
            if span.part == part and not match.excluded_by:
                characters[span.start : span.end] = " " * (span.end - span.start)
    return "".join(characters)


def _fingerprint(title: str, text: str) -> str:
    """Of the text alone, so that a copy under another title is a copy; of both when the text is too short to tell."""
    return fingerprint(text if len(text) >= SHORTEST else f"{title}\n{text}")
