"""The steps of the first hour, in order, and which of them are done."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from alerts import channel
from core import watchlist
from core.access import SYSTEM, Action, Person, require
from crawler import sources
from response.services import Services
from response.start import journal
from response.start.journal import Journal


class Step(StrEnum):
    """Their names stand in addresses."""

    BRAND = "brand"
    SOURCES = "sources"
    POSTS = "posts"
    WATCH = "watch"
    JUDGE = "judge"
    REPLAY = "replay"
    NOTICE = "notice"

    @property
    def next(self) -> "Step | None":
        """The one after it."""
        order = list(Step)
        place = order.index(self) + 1
        return order[place] if place < len(order) else None


LABELS: Final[Mapping[Step, str]] = {
    Step.BRAND: "品牌",
    Step.SOURCES: "来源",
    Step.POSTS: "帖子",
    Step.WATCH: "采集",
    Step.JUDGE: "判断",
    Step.REPLAY: "回放",
    Step.NOTICE: "通知",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """brand: the one the steps are about, empty at the very beginning. own: all own brands."""

    brand: str
    own: tuple[str, ...]
    done: frozenset[Step]
    journal: Journal


def standing(services: Services, person: Person, brand: str) -> Standing:
    """Where somebody is. brand: as asked for; an unknown one is the first of their own."""
    require(person, Action.READ_BRANDS)
    with services.database.read() as connection:
        own = tuple(each.name for each in watchlist.brands(connection, person) if each.is_own and each.enabled)
        chosen = brand if brand in own else (own[0] if own else "")
        known = journal.read(connection, chosen) if chosen else Journal()
        has_source = any(each.enabled for each in sources.list_all(connection, SYSTEM))
        has_channel = any(each.enabled for each in channel.list_all(connection, SYSTEM))
    states = {
        Step.BRAND: bool(chosen),
        Step.SOURCES: has_source,
        Step.POSTS: known.batch is not None,
        Step.NOTICE: has_channel,
    }
    done = frozenset(step for step, is_done in states.items() if is_done)
    return Standing(brand=chosen, own=own, done=done, journal=known)
