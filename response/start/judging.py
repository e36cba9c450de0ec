"""Step 5: ten mentions judged by a person, beside what the analysis said: how good it is on one's own data.

Judgements are kept with what was judged, to be used as corrections later; they change no model and no figure.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import Column, Connection, String, Table, delete, insert, select

from core import audit, inbox
from core.access import Action, Person, require
from core.database import UtcTime, metadata, serialise
from core.errors import NotFound
from core.mention import Analysis, Mention, Sentiment
from index.query import EVERYTHING
from response.mentions import masked
from response.services import Services
from response.start.posts import fold

judgement_table: Final = Table(
    "judgement",
    metadata,
    Column("mention_id", String(64), primary_key=True),
    Column("brand", String, primary_key=True),
    Column("person", String, primary_key=True),
    Column("label", String, nullable=False),
    Column("predicted", String, nullable=False),
    Column("engine", String, nullable=False),
    Column("at", UtcTime, nullable=False),
)

TEN: Final = 10
# Out of which ten are taken after near-copies are folded.
LOOKED_AT: Final = 100
# Source: Wilson 1927, the score interval at 95 %.
_Z: Final = 1.96


class Verdict(StrEnum):
    """What a person says of a mention and a brand."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"
    IRRELEVANT = "irrelevant"


VERDICT_LABELS: Final[Mapping[Verdict, str]] = {
    Verdict.NEGATIVE: "负面",
    Verdict.NEUTRAL: "中性",
    Verdict.POSITIVE: "正面",
    Verdict.IRRELEVANT: "不相关",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A mention of the ten. verdict: this person's, or None."""

    mention: Mention
    predicted: Sentiment
    verdict: Verdict | None

    @property
    def is_right(self) -> bool:
        return self.verdict is not None and self.verdict.value == self.predicted.value


@dataclass(frozen=True, slots=True)
class Score:
    """right of judged; low and high: 0-1, between which the true share is with 95 %."""

    right: int
    judged: int
    low: float
    high: float

    @property
    def said(self) -> str:
        """10 条里判对 8 条（95% 区间 49%–94%）."""
        return f"{self.judged} 条里判对 {self.right} 条（95% 区间 {self.low:.0%}–{self.high:.0%}）"


def ten(services: Services, person: Person, brand: str) -> tuple[Judged, ...]:
    """Those that this person judged, then the newest others without near-copies; in a fixed order."""
    require(person, Action.READ_MENTIONS)
    with services.database.read() as connection:
        verdicts = _verdicts(connection, person, brand)
    page = services.index.search(EVERYTHING.where(brand=brand), limit=LOOKED_AT)
    known = [services.index.get(each) for each in verdicts if each not in {hit.mention.id for hit in page.hits}]
    found = [*(each for each in known if each), *(hit.mention for hit in page.hits)]
    ordered = sorted(found, key=lambda each: each.id not in verdicts)  # stable: judged first, else newest first
    chosen = [each.mention for each in fold(ordered)][:TEN]
    # By id, so that judging one does not move it.
    chosen.sort(key=lambda each: each.id)
    return tuple(
        Judged(masked(each), predicted(each.analysis, brand), verdicts.get(each.id))
        for each in chosen
        if each.analysis is not None
    )


def judge(services: Services, person: Person, brand: str, mention_id: str, verdict: Verdict) -> None:
    """Keep a judgement; the last one of a person counts. Raises NotFound."""
    require(person, Action.MANAGE_BRANDS)
    now = services.now()
    with services.database.write() as connection:
        serialise(connection, "judgement")  # the same key pressed in two tabs
        mention = inbox.get(connection, mention_id)
        if mention is None or mention.analysis is None:
            raise NotFound("没有这条信息", mention=mention_id)
        said = predicted(mention.analysis, brand)
        key = {"mention_id": mention_id, "brand": brand, "person": person.name}
        same = [judgement_table.c[name] == value for name, value in key.items()]
        connection.execute(delete(judgement_table).where(*same))
        values = {"label": verdict.value, "predicted": said.value, "engine": mention.analysis.engine, "at": now}
        connection.execute(insert(judgement_table).values(**key, **values))
        details = {"brand": brand, "label": verdict.value, "predicted": said.value}
        subject = f"mention:{mention_id}"
        audit.record(connection, person=person, action="mention.judged", subject=subject, now=now, details=details)


def predicted(analysis: Analysis, brand: str) -> Sentiment:
    """What the analysis says of the brand; of the whole text where it says nothing of the brand."""
    own = next((each.sentiment for each in analysis.targets if each.brand == brand), analysis.sentiment)
    return own.label


def score(judged: Sequence[Judged]) -> Score | None:
    """None while nothing is judged."""
    done = [each for each in judged if each.verdict is not None]
    right = sum(each.is_right for each in done)
    return Score(right, len(done), *interval(right, len(done))) if done else None


def interval(right: int, count: int) -> tuple[float, float]:
    """Wilson's score interval, 0-1. count: at least 1."""
    share, square = right / count, _Z**2
    centre = (share + square / (2 * count)) / (1 + square / count)
    half = _Z / (1 + square / count) * math.sqrt(share * (1 - share) / count + square / (4 * count**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def _verdicts(connection: Connection, person: Person, brand: str) -> dict[str, Verdict]:
    chosen = select(judgement_table).where(judgement_table.c.person == person.name, judgement_table.c.brand == brand)
    rows = connection.execute(chosen.order_by(judgement_table.c.at.desc()).limit(TEN))
    return {row.mention_id: Verdict(row.label) for row in rows}
