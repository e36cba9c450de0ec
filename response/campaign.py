"""Campaigns (活动): what marketing says about a brand, and when, so that an incident finds what collides with it.

Not for planning campaigns: eight fields are enough to find suspects. A campaign is the same one when its brand
and name are the same. Links between incidents and campaigns are audit rows of the incident.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import JSON, Column, Connection, Index, Row, String, Table, Text, insert, select, update

from core import audit
from core.access import Action, Person, require
from core.database import UtcTime, metadata, serialise
from core.errors import Conflict, InvalidInput, NotFound
from core.mention import Time
from response.entered import optional, required

campaign_table: Final = Table(
    "campaign",
    metadata,
    Column("id", String, primary_key=True),
    Column("brand", String, nullable=False),
    Column("name", String, nullable=False),
    Column("starts_at", UtcTime, nullable=False),
    Column("ends_at", UtcTime, nullable=False),
    Column("words", JSON, nullable=False),
    Column("claim", Text, nullable=False),
    Column("owner", String, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Index(None, "brand", "name", unique=True),
    Index(None, "brand", "ends_at"),
)

# Guess: a campaign of real size has some ten words; the limits only keep accidents out.
MOST_WORDS: Final = 100
LONGEST_NAME: Final = 100
LONGEST_CLAIM: Final = 2000


class CampaignStatus(StrEnum):
    """Where a campaign stands at a given time; never stored."""

    PLANNED = "planned"
    RUNNING = "running"
    ENDED = "ended"


CAMPAIGN_STATUS_LABELS: Final[Mapping[CampaignStatus, str]] = {
    CampaignStatus.PLANNED: "未开始",
    CampaignStatus.RUNNING: "进行中",
    CampaignStatus.ENDED: "已结束",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """id: empty for a new one. words: topics and slogans. claim: what it promises. ends_at is exclusive."""

    id: str = ""
    name: str
    brand: str
    starts_at: Time
    ends_at: Time
    words: tuple[str, ...] = ()
    claim: str = ""
    owner: str = ""

    def status(self, now: datetime) -> CampaignStatus:
        """Where it stands at ``now``."""
        if now < self.starts_at:
            return CampaignStatus.PLANNED
        return CampaignStatus.RUNNING if now < self.ends_at else CampaignStatus.ENDED


def save(connection: Connection, person: Person, campaign: Campaign, *, now: datetime) -> Campaign:
    """Create a campaign, or replace the one with this id, or else with this brand and name.

    Raises InvalidInput, NotFound for an unknown id, Conflict when another campaign has the name.
    """
    require(person, Action.MANAGE_CAMPAIGN, campaign)
    wanted = _checked(campaign)
    serialise(connection, "campaign")
    before = _stored(connection, wanted)
    stored = replace(wanted, id=before.id if before else secrets.token_hex(6))
    if stored == before:
        return stored
    values = asdict(stored) | {"words": list(stored.words), "changed_at": now}
    if before is None:
        connection.execute(insert(campaign_table).values(values))
    else:
        connection.execute(update(campaign_table).where(campaign_table.c.id == stored.id).values(values))
    audit.record(
        connection,
        person=person,
        action="campaign.created" if before is None else "campaign.changed",
        subject=f"campaign:{stored.id}",
        now=now,
        details=_details(stored),
    )
    return stored


def get(connection: Connection, person: Person, campaign_id: str) -> Campaign:
    """Raises NotFound."""
    require(person, Action.READ_CAMPAIGNS)
    return find(connection, campaign_id)


def list_all(connection: Connection, person: Person, *, brand: str | None = None) -> tuple[Campaign, ...]:
    """All campaigns, the latest start first."""
    require(person, Action.READ_CAMPAIGNS)
    chosen = select(campaign_table).order_by(campaign_table.c.starts_at.desc(), campaign_table.c.id)
    if brand is not None:
        chosen = chosen.where(campaign_table.c.brand == brand)
    return tuple(_campaign(row) for row in connection.execute(chosen))


def find(connection: Connection, campaign_id: str) -> Campaign:
    """For other files of this room, whose callers checked access. Raises NotFound."""
    row = connection.execute(select(campaign_table).where(campaign_table.c.id == campaign_id)).first()
    if row is None:
        raise NotFound("没有这个活动", campaign=campaign_id)
    return _campaign(row)


def active_between(connection: Connection, brand: str, start: datetime, end: datetime) -> tuple[Campaign, ...]:
    """Campaigns of a brand that run at any time from ``start`` to ``end``, the earliest first."""
    chosen = select(campaign_table).where(
        campaign_table.c.brand == brand, campaign_table.c.starts_at <= end, campaign_table.c.ends_at > start
    )
    rows = connection.execute(chosen.order_by(campaign_table.c.starts_at, campaign_table.c.id))
    return tuple(_campaign(row) for row in rows)


def _checked(campaign: Campaign) -> Campaign:
    if campaign.starts_at.tzinfo is None or campaign.ends_at.tzinfo is None:
        raise InvalidInput("活动的起止时间缺少时区", field="starts_at")
    if campaign.ends_at <= campaign.starts_at:
        raise InvalidInput("活动结束时间必须晚于开始时间", field="ends_at")
    return replace(
        campaign,
        name=required(campaign.name, "name", "活动名称", longest=LONGEST_NAME),
        brand=required(campaign.brand, "brand", "品牌", longest=LONGEST_NAME),
        words=_words(campaign.words),
        claim=optional(campaign.claim, "claim", "宣传语", longest=LONGEST_CLAIM),
        owner=optional(campaign.owner, "owner", "负责人", longest=LONGEST_NAME),
    )


def _words(given: Sequence[str]) -> tuple[str, ...]:
    entered = (optional(word, "words", "关键词", longest=LONGEST_NAME) for word in given)
    words = tuple(dict.fromkeys(word for word in entered if word))
    if len(words) > MOST_WORDS:
        raise InvalidInput(f"一个活动最多 {MOST_WORDS} 个关键词", field="words")
    return words


def _stored(connection: Connection, campaign: Campaign) -> Campaign | None:
    """The row this campaign replaces, or None for a new one."""
    same_name = connection.execute(
        select(campaign_table).where(campaign_table.c.brand == campaign.brand, campaign_table.c.name == campaign.name)
    ).first()
    if not campaign.id:
        return _campaign(same_name) if same_name is not None else None
    if same_name is not None and same_name.id != campaign.id:
        raise Conflict(f"品牌「{campaign.brand}」已有活动「{campaign.name}」", campaign=same_name.id)
    return find(connection, campaign.id)


def _details(campaign: Campaign) -> dict[str, object]:
    return {
        "name": campaign.name,
        "brand": campaign.brand,
        "starts_at": campaign.starts_at.isoformat(),
        "ends_at": campaign.ends_at.isoformat(),
        "words": list(campaign.words),
        "claim": campaign.claim,
        "owner": campaign.owner,
    }


def _campaign(row: Row[Any]) -> Campaign:  # Any: SQLAlchemy's row of a Core table
    return Campaign(
        id=row.id,
        name=row.name,
        brand=row.brand,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        words=tuple(row.words),
        claim=row.claim,
        owner=row.owner,
    )
