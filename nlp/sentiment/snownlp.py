"""The snownlp engine: snownlp's trained model plus opinion words, mapped to three classes.

snownlp alone never says neutral and takes most crisis news for praise, because it was trained on shop reviews. A
logistic model over its log-odds and the counts of opinion words decides; each label names the words that made it.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import copysign, exp, sqrt
from typing import Final

from core.mention import Reason, Sentiment, SentimentResult
from core.normalise import fold
from nlp.rules import packs_version
from nlp.sentiment.bayes import load_model
from nlp.sentiment.vocabulary import KINDS, vocabulary

# What one unit of evidence adds to the logit of (negative, positive) against neutral: a unit of the model's log-odds,
# or one opinion word. Sums are divided by the root of the length, so that long texts are no surer than short ones.
# Source: multinomial logistic regression on the training sets of 16 domains and 83 sentences of our own. Classes of
# a set weigh alike, sets 1 (reviews, stock forum), 1.5 (finance), 2 (weibo, car forum) or 3 (own sentences); sets
# without neutral texts teach only positive against negative. Figures: tests/bench/nlp.py.
WEIGHTS: Final = {
    "model": (-0.27, 0.54),
    "crisis": (4.64, -4.98),
    "complaint": (8.64, 1.75),
    "praise": (0.85, 7.91),
    "negated_trouble": (3.55, 7.11),
    "negated_praise": (5.13, 0.85),
}
BIAS: Final = (-0.54, -1.04)
# Guess: words added to the length, so that two words do not look like certainty; 5 to 20 give the same accuracy.
SMOOTHING: Final = 10
# A side needs this probability, else the label is neutral. Source: macro-F1 on the development sets is the same as
# without it (.533, .534), ordinary posts called negative or positive drop by a third.
SURE_ENOUGH: Final = 0.45
REASONS: Final = 5


@dataclass(frozen=True, slots=True)
class _Evidence:
    part: str
    start: int
    end: int
    kind: str
    amount: float


class SnowNlpEngine:
    """Pure after construction; safe to share between threads."""

    name: Final = "snownlp"

    def __init__(self) -> None:
        self._model = load_model()
        self._vocabulary = vocabulary()
        parts = repr((WEIGHTS, BIAS, SMOOTHING, SURE_ENOUGH, packs_version()))
        self.version = f"{self._model.version}-{hashlib.sha256(parts.encode()).hexdigest()[:8]}"

    def classify(self, title: str, text: str) -> SentimentResult:
        """See SentimentEngine.classify."""
        if not title.strip() and not text.strip():
            return SentimentResult(label=Sentiment.NEUTRAL, score=0.0)
        evidence = [*self._evidence("title", title), *self._evidence("text", text)]
        negative, neutral, positive = _probabilities(evidence)
        sided = max((Sentiment.NEGATIVE, negative), (Sentiment.POSITIVE, positive), key=lambda choice: choice[1])
        label, confidence = sided if sided[1] > max(neutral, SURE_ENOUGH) else (Sentiment.NEUTRAL, neutral)
        score = round(positive - negative, 4) or copysign(0.0001, positive - negative)
        reasons = _reasons(evidence, {"title": title, "text": text})
        return SentimentResult(label=label, score=score, confidence=round(confidence, 4), reasons=reasons)

    def classify_all(self, mentions: Iterable[tuple[str, str]]) -> list[SentimentResult]:
        """See SentimentEngine.classify_all."""
        return [self.classify(title, text) for title, text in mentions]

    def _evidence(self, part: str, content: str) -> Iterable[_Evidence]:
        for start, word in self._model.words(fold(content)):
            yield _Evidence(part, start, start + len(word), "model", self._model.log_odds.get(word, 0.0))
        for cue in self._vocabulary.cues(content):
            yield _Evidence(part, cue.start, cue.end, cue.kind, 1.0)


def _scale(evidence: Sequence[_Evidence]) -> float:
    return 1 / sqrt(sum(item.kind == "model" for item in evidence) + SMOOTHING)


def _probabilities(evidence: Sequence[_Evidence]) -> tuple[float, float, float]:
    """Negative, neutral, positive."""
    scale = _scale(evidence)
    logits = [BIAS[side] + scale * sum(WEIGHTS[item.kind][side] * item.amount for item in evidence) for side in (0, 1)]
    top = max(0.0, *logits)
    negative, neutral, positive = exp(logits[0] - top), exp(-top), exp(logits[1] - top)
    total = negative + neutral + positive
    return negative / total, neutral / total, positive / total


def _reasons(evidence: Sequence[_Evidence], contents: dict[str, str]) -> tuple[Reason, ...]:
    """The strongest spans, strongest first. weight: share of all evidence for positive (+) or negative (-)."""
    spans = _merged(
        [_Evidence(item.part, item.start, item.end, item.kind, item.amount * _lean(item.kind)) for item in evidence]
    )
    total = sum(abs(span.amount) for span in spans)
    strongest = sorted(spans, key=lambda span: -abs(span.amount))[:REASONS]
    return tuple(
        Reason(
            part=span.part,
            start=span.start,
            end=span.end,
            words=contents[span.part][span.start : span.end],
            weight=round(span.amount / total, 4),
            rule=KINDS.get(span.kind, ""),
        )
        for span in strongest
        if span.amount
    )


def _lean(kind: str) -> float:
    """What a unit of evidence adds to positive against negative."""
    negative, positive = WEIGHTS[kind]
    return positive - negative


def _merged(contributions: Sequence[_Evidence]) -> list[_Evidence]:
    """Overlapping spans become one: a model word inside an opinion word is part of it."""
    merged: list[_Evidence] = []
    for item in sorted(contributions, key=lambda item: (item.part, item.start, -item.end)):
        last = merged[-1] if merged else None
        if last is None or last.part != item.part or item.start >= last.end:
            merged.append(item)
            continue
        kind = item.kind if last.kind == "model" else last.kind
        merged[-1] = replace(last, end=max(last.end, item.end), kind=kind, amount=last.amount + item.amount)
    return merged
