"""Sentiment towards each brand of a mention (thin: whole clauses; no grammar yet).

With one brand it is the sentiment of the mention. With several, a clause speaks of the brands it names, or, naming
none, of those named last; clauses before the first name speak of all.
"""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

from core.mention import BrandMatch, SentimentResult, Target
from nlp.sentiment.engine import SentimentEngine

_CLAUSE: Final = re.compile(r"[^，。！？；,!?;\n]+[，。！？；,!?;\n]*|[，。！？；,!?;\n]+")


def targets(
    title: str, text: str, brands: Sequence[BrandMatch], *, engine: SentimentEngine, document: SentimentResult
) -> tuple[Target, ...]:
    """One target per brand that counts. title, text: as the engine reads them; document: what it says of the whole."""
    counting = [match for match in brands if not match.excluded_by]
    if len(counting) < 2:
        return tuple(Target(brand=match.brand, sentiment=document) for match in counting)
    titles, texts = _views(title, "title", counting), _views(text, "text", counting)
    return tuple(
        Target(brand=match.brand, sentiment=engine.classify(titles[match.brand], texts[match.brand]))
        for match in counting
    )


def _views(content: str, part: str, brands: Sequence[BrandMatch]) -> dict[str, str]:
    """The text as it concerns each brand: other clauses blanked out, so that offsets stay those of the text."""
    views: dict[str, list[str]] = {match.brand: [] for match in brands}
    for clause, concerned in _clauses(content, part, brands):
        for brand, pieces in views.items():
            pieces.append(clause if brand in concerned else " " * len(clause))
    return {brand: "".join(pieces) for brand, pieces in views.items()}


def _clauses(content: str, part: str, brands: Sequence[BrandMatch]) -> Iterator[tuple[str, set[str]]]:
    """Each clause with the brands it concerns."""
    places = deque(sorted((span.start, match.brand) for match in brands for span in match.spans if span.part == part))
    concerned = {match.brand for match in brands}
    for clause in _CLAUSE.finditer(content):
        named = set()
        while places and places[0][0] < clause.end():
            named.add(places.popleft()[1])
        concerned = named or concerned
        yield clause.group(), concerned
