"""Check a text against rule packs: a pure function from text to findings with their places in the original.

Findings name a risk, its article and a way to mend the text; they are no judgement of legality. Circumstances that
allow a phrase are reported with it, so that a reader sees what was considered.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from core.normalise import fold
from core.personal import find
from response.compliance.rule import (
    Context,
    Effect,
    Exemption,
    Level,
    Reach,
    Rule,
    RulePack,
    RulePacks,
    built_in_packs,
)


class Verdict(StrEnum):
    """What the author has to do next, decided by the gravest finding."""

    REVISE = "revise"
    PROVE = "prove"
    REVIEW = "review"
    CLEAR = "clear"


_VERDICTS: Final = {
    Level.BLOCK: Verdict.REVISE,
    Level.EVIDENCE: Verdict.PROVE,
    Level.MISSING: Verdict.PROVE,
    Level.MASK: Verdict.REVIEW,
    Level.WARN: Verdict.REVIEW,
}


@dataclass(frozen=True, slots=True)
class ConsideredExemption:
    """The circumstance that cleared a finding or left it to a person."""

    id: str
    title: str
    articles: tuple[str, ...]
    effect: Effect


@dataclass(frozen=True, slots=True)
class Finding:
    """``quote == text[start:end]`` is what the rule is about."""

    rule: str
    title: str
    articles: tuple[str, ...]
    level: Level
    start: int
    end: int
    quote: str
    reason: str
    suggestion: str
    exemption: ConsideredExemption | None = None


@dataclass(frozen=True, slots=True)
class ComplianceReport:
    """Findings by place, what an exemption cleared, and the packs that were used."""

    context: Context
    verdict: Verdict
    findings: tuple[Finding, ...]
    cleared: tuple[Finding, ...]
    pack_version: str


def check(text: str, *, context: Context, packs: RulePacks | None = None) -> ComplianceReport:
    """Check a text for the place it is meant for; without packs, with those that come with the product."""
    packs = packs or built_in_packs()
    view = _View.of(text)
    judged = [
        finding
        for pack in packs.packs
        for rule in pack.rules
        if context in rule.levels
        for finding in _judge(view, pack, rule, rule.levels[context])
    ]
    judged.sort(key=lambda finding: (finding.start, finding.rule))
    findings = tuple(finding for finding in judged if not _is_cleared(finding))
    return ComplianceReport(
        context=context,
        verdict=min((_VERDICTS[finding.level] for finding in findings), key=list(Verdict).index, default=Verdict.CLEAR),
        findings=findings,
        cleared=tuple(finding for finding in judged if _is_cleared(finding)),
        pack_version=packs.version,
    )


def _is_cleared(finding: Finding) -> bool:
    return finding.exemption is not None and finding.exemption.effect is Effect.CLEAR


# --- the text as rules read it -----------------------------------------------------------------------------
# Signs, spaces and pictures put between two Chinese characters to hide a word. Guess: three in a row at most; longer
# rows separate sentences.
_INSERTED: Final = re.compile(
    r"(?<=[㐀-鿿])[ \t*·•.~_|+^/\-\u2600-\u27bf\ufe0f\U0001f300-\U0001faff]{1,3}(?=[㐀-鿿])"
    r"|[\u00ad\u200b-\u200f\u2060\ufeff]"
)
# Look-alikes that the common folding keeps. Guess: seen in everyday evasions; grows with examples.
_LOOK_ALIKES: Final = str.maketrans("蕞朂樶㊣①❶⓵壹", "最最最正111一")


@dataclass(frozen=True, slots=True)
class _View:
    """``text`` without disguises; character ``i`` of it stands at ``places[i]`` of ``original``."""

    original: str
    text: str
    places: tuple[int, ...]

    @classmethod
    def of(cls, original: str) -> "_View":
        folded = fold(original).translate(_LOOK_ALIKES)
        cuts = [0, *(place for found in _INSERTED.finditer(folded) for place in found.span()), len(folded)]
        places = tuple(place for start, end in zip(cuts[::2], cuts[1::2], strict=True) for place in range(start, end))
        return cls(original, "".join(folded[place] for place in places), places)

    def in_original(self, start: int, end: int) -> tuple[int, int]:
        return self.places[start], self.places[end - 1] + 1


def _judge(view: _View, pack: RulePack, rule: Rule, level: Level) -> Iterator[Finding]:
    exemptions = pack.exemptions_of(rule)
    for hit in _merged(_hits(view, rule)):
        start, end = view.in_original(*hit)
        finding = Finding(
            rule=rule.id,
            title=rule.title,
            articles=rule.articles,
            level=level,
            start=start,
            end=end,
            quote=view.original[start:end],
            reason=rule.reason,
            suggestion=rule.suggestion,
        )
        yield _weighed(finding, _exemption(view.text, *hit, exemptions))


def _hits(view: _View, rule: Rule) -> Iterator[tuple[int, int]]:
    for pattern in rule.patterns:
        yield from (found.span() for found in pattern.finditer(view.text) if found.end() > found.start())
    if rule.personal:
        yield from ((data.start, data.end) for data in find(view.text) if data.kind in rule.personal)


def _merged(hits: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Join what overlaps: one phrase is one finding, however many patterns describe it."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(hits):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    yield from joined


def _weighed(finding: Finding, exemption: Exemption | None) -> Finding:
    if exemption is None:
        return finding
    considered = ConsideredExemption(exemption.id, exemption.title, exemption.articles, exemption.effect)
    level = Level.WARN if exemption.effect is Effect.REVIEW else finding.level
    return replace(finding, level=level, exemption=considered)


# --- exemptions --------------------------------------------------------------------------------------------
_SENTENCE_ENDS: Final = frozenset("。!?;\n")
_CLAUSE_ENDS: Final = _SENTENCE_ENDS | frozenset(",、:")
# Guess: an exemption further away speaks of something else; the bound also keeps the work linear.
_REACH_CHARACTERS: Final = 60
_TERM_CHARACTERS: Final = 30


def _exemption(text: str, start: int, end: int, exemptions: tuple[Exemption, ...]) -> Exemption | None:
    return next((exemption for exemption in exemptions if _applies(text, start, end, exemption)), None)


def _applies(text: str, start: int, end: int, exemption: Exemption) -> bool:
    low, high = _bounds(text, start, end, exemption.reach)
    if any(pattern.search(text, low, high) for pattern in exemption.unless):
        return False
    if exemption.reach is not Reach.TERM:
        return any(pattern.search(text, low, high) for pattern in exemption.patterns)
    found = (match for pattern in exemption.patterns for match in pattern.finditer(text, low, high))
    return any(match.start() < end and start < match.end() for match in found)


def _bounds(text: str, start: int, end: int, reach: Reach) -> tuple[int, int]:
    if reach is Reach.TERM:
        return max(0, start - _TERM_CHARACTERS), min(len(text), end + _TERM_CHARACTERS)
    stops = _SENTENCE_ENDS if reach is Reach.SENTENCE else _CLAUSE_ENDS
    low, high = start, end
    while low > max(0, start - _REACH_CHARACTERS) and text[low - 1] not in stops:
        low -= 1
    while high < min(len(text), end + _REACH_CHARACTERS) and text[high] not in stops:
        high += 1
    return low, start if reach is Reach.BEFORE else high
