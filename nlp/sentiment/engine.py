"""The interface of a sentiment engine, and the choice by name."""

from collections.abc import Iterable
from typing import Protocol

from core.mention import SentimentResult


class SentimentEngine(Protocol):
    """Judges a mention; engines are pure: the same title and text give the same result in every process."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str:
        """Changes whenever a result may change."""

    def classify(self, title: str, text: str) -> SentimentResult:
        """Label with score, confidence and the spans that decided; neutral with score 0 where there is no text.

        Text that is blanked out with spaces must not change the result: nlp.target judges single clauses this way.
        """

    def classify_all(self, mentions: Iterable[tuple[str, str]]) -> list[SentimentResult]:
        """Judge (title, text) pairs in order."""
