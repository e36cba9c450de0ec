"""Campaigns (活动): what may collide with an incident."""

from dataclasses import dataclass, replace

from fastapi import APIRouter

from api.door import Asked, Moment, Somebody
from response import campaign
from response.campaign import Campaign

router = APIRouter(tags=["campaigns"])


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignInput:
    """words: what it talks about; claim: what it promises."""

    name: str
    brand: str
    starts_at: Moment
    ends_at: Moment
    words: tuple[str, ...] = ()
    claim: str = ""
    owner: str = ""

    def campaign(self) -> Campaign:
        """The record without an id: a new one."""
        return Campaign(
            name=self.name,
            brand=self.brand,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            words=self.words,
            claim=self.claim,
            owner=self.owner,
        )


@router.get("/campaigns", summary="活动")
def list_campaigns(services: Asked, person: Somebody, brand: str | None = None) -> tuple[Campaign, ...]:
    """All, or those of one brand."""
    with services.database.read() as connection:
        return campaign.list_all(connection, person, brand=brand)


@router.post("/campaigns", summary="登记活动", status_code=201)
def create(services: Asked, person: Somebody, given: CampaignInput) -> Campaign:
    """Returns it with its id."""
    with services.database.write() as connection:
        return campaign.save(connection, person, given.campaign(), now=services.now())


@router.get("/campaigns/{campaign_id}", summary="一个活动")
def get(services: Asked, person: Somebody, campaign_id: str) -> Campaign:
    """One record."""
    with services.database.read() as connection:
        return campaign.get(connection, person, campaign_id)


@router.put("/campaigns/{campaign_id}", summary="修改活动")
def change(services: Asked, person: Somebody, campaign_id: str, given: CampaignInput) -> Campaign:
    """The whole record; a repetition changes nothing."""
    with services.database.write() as connection:
        campaign.get(connection, person, campaign_id)
        return campaign.save(connection, person, replace(given.campaign(), id=campaign_id), now=services.now())
