"""Objects for tests, with only the relevant fields named."""

from datetime import UTC, datetime
from typing import Any

from core.mention import (
    Analysis,
    BrandMatch,
    DatePrecision,
    Keyword,
    Kind,
    Mention,
    Platform,
    Sentiment,
    SentimentResult,
    mention_id,
)

NOON = datetime(2026, 6, 16, 4, 0, tzinfo=UTC)


def a_mention(number: int = 1, **values: Any) -> Mention:
    """A forum post; ``number`` makes it another one. Times default to noon in Shanghai."""
    url = values.pop("url", f"https://forum.example/thread-{number}.html")
    given: dict[str, Any] = {
        "id": mention_id(url),
        "url": url,
        "canonical_url": url,
        "seen_by": ("车友会",),
        "source": "车友会",
        "kind": Kind.POST,
        "platform": Platform.FORUM,
        "title": f"第 {number} 帖",
        "text": f"青柠L7 刹车有点软，第 {number} 次发帖。",
        "author": f"车主{number}",
        "published_at": NOON,
        "date_precision": DatePrecision.MINUTE,
        "seen_at": NOON,
    }
    return Mention(**given | values)


def an_analysis(
    label: Sentiment = Sentiment.NEGATIVE, brands: tuple[str, ...] = ("青柠汽车",), **values: Any
) -> Analysis:
    """An analysis that names these brands and this sentiment."""
    score = {Sentiment.NEGATIVE: -0.8, Sentiment.NEUTRAL: 0.0, Sentiment.POSITIVE: 0.8}[label]
    given: dict[str, Any] = {
        "sentiment": SentimentResult(label=label, score=score, confidence=0.9),
        "brands": tuple(BrandMatch(brand=brand, alias=brand) for brand in brands),
        "keywords": tuple(Keyword(word=word, weight=1.0) for word in values.pop("words", ())),
    }
    return Analysis(**given | values)
