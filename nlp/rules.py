"""Rule packs: classes as lists of words (packs/*.yaml), found with their spans. Data for risk.py and aspects.py."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import yaml

from core.mention import Label, Reason
from nlp.matcher import Matcher
from nlp.negation import is_negated

PACKS: Final = Path(__file__).parent / "packs"
# Guess: one table for all industries while there is one special pack; choose by setting when there are more.
INDUSTRY_PACKS: Final = ("general", "car")


def packs_version() -> str:
    """Stamp of all word lists of the room: 8 hex digits."""
    files = sorted(path for path in PACKS.iterdir() if path.suffix in (".yaml", ".txt"))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:8]


def load_pack(name: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Sections of a pack, each a mapping of class to words."""
    sections = yaml.safe_load((PACKS / f"{name}.yaml").read_text(encoding="utf-8"))
    return {
        section: {kind: tuple(words.split()) for kind, words in classes.items()}
        for section, classes in sections.items()
    }


class RuleTable:
    """Classes by dictionary match; with reads_negation a negated word (没有召回) counts for nothing."""

    def __init__(self, section: str, packs: Sequence[str], *, reads_negation: bool) -> None:
        self._classes: dict[str, set[str]] = {}
        for pack in packs:
            for kind, words in load_pack(pack).get(section, {}).items():
                self._classes.setdefault(kind, set()).update(words)
        self._matcher = Matcher(sorted(word for words in self._classes.values() for word in words))
        self._reads_negation = reads_negation

    def labels(self, title: str, text: str) -> tuple[Label, ...]:
        """The classes found, in the order of the packs, each with every place that made it."""
        reasons: dict[str, list[Reason]] = {kind: [] for kind in self._classes}
        for part, content in (("title", title), ("text", text)):
            for hit in self._matcher.find(content):
                if self._reads_negation and is_negated(content, hit.start):
                    continue
                words = content[hit.start : hit.end]
                reason = Reason(part=part, start=hit.start, end=hit.end, words=words, rule=hit.word)
                for kind in self._kinds(hit.word):
                    reasons[kind].append(reason)
        return tuple(Label(name=kind, reasons=tuple(spans)) for kind, spans in reasons.items() if spans)

    def _kinds(self, word: str) -> Sequence[str]:
        return [kind for kind, words in self._classes.items() if word in words]
