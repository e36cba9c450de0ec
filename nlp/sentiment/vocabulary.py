"""Opinion words the trained model does not know: crisis, complaint and praise, read with negation."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

import yaml

from nlp.matcher import Matcher
from nlp.negation import is_negated
from nlp.rules import PACKS

# How each kind of evidence is shown to users.
KINDS: Final = {
    "crisis": "危机用语",
    "complaint": "抱怨用语",
    "praise": "赞扬用语",
    "negated_trouble": "被否定的负面用语",
    "negated_praise": "被否定的赞扬用语",
}


@dataclass(frozen=True, slots=True)
class Cue:
    """One opinion word at its place; kind is a key of KINDS."""

    start: int
    end: int
    kind: str


class Vocabulary:
    """Words by kind, of packs/sentiment.yaml."""

    def __init__(self) -> None:
        pack = yaml.safe_load((PACKS / "sentiment.yaml").read_text(encoding="utf-8"))
        self._kinds: dict[str, str] = {}
        for kind, words in pack.items():
            for word in words.split():
                self._kinds.setdefault(word, kind)
        self.words = tuple(self._kinds)
        self._matcher = Matcher(self.words)

    def cues(self, text: str) -> Iterator[Cue]:
        """The opinion words of a text, longest first, none overlapping."""
        for hit in self._matcher.find(text):
            kind = self._kinds[hit.word]
            if is_negated(text, hit.start):
                kind = "negated_praise" if kind == "praise" else "negated_trouble"
            yield Cue(hit.start, hit.end, kind)


@cache
def vocabulary() -> Vocabulary:
    """The one vocabulary of the process."""
    return Vocabulary()
