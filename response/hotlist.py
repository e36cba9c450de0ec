"""Hot lists (热榜) as the doors show them: what stands where now, since when, and how high it has been."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from core import inbox
from core.access import Action, Person, require
from core.mention import Mention, Sentiment, Time
from crawler import hotlist
from crawler.hotlist import Stay
from response.mentions import masked
from response.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class HotlistEntry:
    """change: places won since the look before; None where it was not there. since: when this stay began.

    brands: of the watchlist, without those ruled out; empty until it is analysed, when sentiment is null, too.
    """

    mention_id: str
    title: str
    url: str
    rank: int
    change: int | None
    heat: int | None
    since: Time
    best_rank: int
    best_at: Time
    brands: tuple[str, ...]
    sentiment: Sentiment | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hotlist:
    """One list. at: of the newest look. entries: from the top."""

    source: str
    at: Time
    entries: tuple[HotlistEntry, ...]


def current(services: Services, person: Person, *, brands: Sequence[str] = ()) -> tuple[Hotlist, ...]:
    """All lists as last seen, by name; with ``brands`` only entries that name one of them."""
    require(person, Action.READ_MENTIONS)
    with services.database.read() as connection:
        stays = hotlist.current(connection)
        mentions = inbox.known(connection, sorted({stay.mention_id for stay in stays}))
    found = []
    for source, each in groupby(stays, key=lambda stay: stay.source):
        on_it = list(each)
        entries = [_entry(stay, masked(mentions[stay.mention_id])) for stay in on_it if stay.mention_id in mentions]
        chosen = tuple(entry for entry in entries if not brands or set(brands) & set(entry.brands))
        found.append(Hotlist(source=source, at=on_it[0].last_seen_at, entries=chosen))
    return tuple(found)


def _entry(stay: Stay, mention: Mention) -> HotlistEntry:
    analysis = mention.analysis
    return HotlistEntry(
        mention_id=mention.id,
        title=mention.title,
        url=mention.url,
        rank=stay.rank,
        change=stay.change,
        heat=stay.heat,
        since=stay.entered_at,
        best_rank=stay.best_rank,
        best_at=stay.best_at,
        brands=analysis.brand_names if analysis else (),
        sentiment=analysis.sentiment.label if analysis else None,
    )
