"""Suspects: campaigns that collide with an incident, each with the reasons in words.

A campaign of the same brand that runs now or soon is a suspect by itself; words and claims that the incident is
about make it a stronger one. Computed when asked; what was found at the opening stands in the audit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from sqlalchemy import Connection

from alerts import alert_finding
from core import audit, inbox, story, watchlist
from core.access import Action, Person, require
from core.mention import SHANGHAI, Mention
from core.normalise import fold
from response import campaign, incident_record
from response.campaign import Campaign, CampaignStatus
from response.incident_record import HISTORY_ROWS, Incident

# Guess: what starts within two weeks can still be changed, and an incident may last that long.
SOON: Final = timedelta(days=14)
# A single character says too little; the shortest topic words of Chinese have two.
SHORTEST_WORD: Final = 2
# Guess: a word in a third of the samples is what they are about; a word in one of twenty is chance.
CORE_SHARE: Final = 0.3
MOST_SAMPLES: Final = 20
LINKED: Final = "incident.campaign_linked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A campaign and why it collides, the general reason first. is_linked: a person confirmed it."""

    campaign: Campaign
    reasons: tuple[str, ...]
    is_linked: bool = False

    def details(self) -> dict[str, object]:
        """JSON-ready, for the audit."""
        return {"campaign": self.campaign.id, "name": self.campaign.name, "reasons": list(self.reasons)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What an incident is about: its titles, texts that raised its alert, and their keywords."""

    title: str
    texts: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()

    def is_about(self, word: str) -> bool:
        """Tell whether a word is in a title or in enough of the texts, whatever its width, case and script."""
        folded = fold(word)
        count = sum(folded in fold(text) for text in self.texts)
        return folded in fold(self.title) or (count > 0 and count >= len(self.texts) * CORE_SHARE)


def suspects(connection: Connection, person: Person, incident: Incident, *, now: datetime) -> tuple[Suspect, ...]:
    """Campaigns of the incident's brand that run now or start soon, the most reasons first."""
    require(person, Action.READ_CAMPAIGNS)
    topic, linked = _topic(connection, incident), _linked_ids(connection, incident)
    found = [
        Suspect(campaign=each, reasons=reasons(each, topic, now=now), is_linked=each.id in linked)
        for each in campaign.active_between(connection, incident.brand, now, now + SOON)
    ]
    return tuple(sorted(found, key=lambda suspect: -len(suspect.reasons)))


def linked(connection: Connection, person: Person, incident_id: str) -> tuple[Campaign, ...]:
    """Campaigns that people linked to the incident, in that order. Raises NotFound."""
    require(person, Action.READ_INCIDENTS)
    require(person, Action.READ_CAMPAIGNS)
    incident = incident_record.find(connection, incident_id)
    return tuple(campaign.find(connection, each) for each in _linked_ids(connection, incident))


def link(connection: Connection, person: Person, incident_id: str, campaign_id: str, *, now: datetime) -> None:
    """Record that a campaign belongs to an incident; a second time changes nothing. Raises NotFound."""
    require(person, Action.WORK_INCIDENT)
    incident = incident_record.lock(connection, incident_id)
    found = campaign.find(connection, campaign_id)
    if found.id in _linked_ids(connection, incident):
        return
    details = {"campaign": found.id, "name": found.name}
    audit.record(connection, person=person, action=LINKED, subject=incident.subject, now=now, details=details)


def reasons(campaign_: Campaign, topic: Topic, *, now: datetime) -> tuple[str, ...]:
    """Say in Chinese why the campaign collides with the topic."""
    said = [_when(campaign_, now)]
    shared = {fold(word): word for word in campaign_.words if topic.is_about(word)}
    if shared:
        said.append(f"共同关键词：{'、'.join(shared.values())}")
    promise = fold("\n".join((campaign_.claim, *campaign_.words)))
    touched = (word for word in topic.keywords if fold(word) not in shared and fold(word) in promise)
    if named := [word for word in touched if topic.is_about(word)]:
        said.append(f"宣传语涉及：{'、'.join(named)}")
    return tuple(said)


def _when(campaign_: Campaign, now: datetime) -> str:
    if campaign_.status(now) is CampaignStatus.PLANNED:
        return f"同品牌即将开始（{_day(campaign_.starts_at)}）"
    return f"同品牌正在进行（至 {_day(campaign_.ends_at - timedelta(microseconds=1))}）"


def _day(moment: datetime) -> str:
    local = moment.astimezone(SHANGHAI)
    return f"{local.month}月{local.day}日"


def _topic(connection: Connection, incident: Incident) -> Topic:
    """Read it from the alert's samples; the brand's own names are in every campaign and say nothing."""
    known = story.get(connection, incident.story) if incident.story else None
    samples = _samples(connection, incident.alert_id)
    names = _names(connection, incident.brand)
    keywords = (keyword.word for each in samples if each.analysis for keyword in each.analysis.keywords)
    telling = (word for word in keywords if len(word) >= SHORTEST_WORD and fold(word) not in names)
    return Topic(
        title=f"{incident.title}\n{known.title if known else ''}",
        texts=tuple(f"{each.title}\n{each.text}" for each in samples),
        keywords=tuple(dict.fromkeys(telling)),
    )


def _samples(connection: Connection, alert_id: str) -> list[Mention]:
    """The mentions the alert named last; some may be gone by retention."""
    recorded = alert_finding.of_alert(connection, alert_id)
    ids = dict.fromkeys(mention_id for each in reversed(recorded) for mention_id in each.finding.samples)
    found = (inbox.get(connection, mention_id) for mention_id in islice(ids, MOST_SAMPLES))
    return [mention for mention in found if mention is not None]


def _names(connection: Connection, brand: str) -> str:
    """All names of the brand as one folded text, to be searched in."""
    found = [each for each in watchlist.all_brands(connection) if each.name == brand]
    aliases: Sequence[str] = [alias for each in found for alias in (*each.aliases, *each.ambiguous)]
    return fold("\n".join((brand, *aliases)))


def _linked_ids(connection: Connection, incident: Incident) -> tuple[str, ...]:
    rows = audit.entries_of(connection, [incident.subject], limit=HISTORY_ROWS)
    return tuple(dict.fromkeys(str(row.details["campaign"]) for row in rows if row.action == LINKED))
