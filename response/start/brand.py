"""Step 1: the brand, its rivals, and what is looked for. Saved with the rules a new brand starts with."""

from collections.abc import Sequence
from dataclasses import dataclass

from alerts import rule
from core import watchlist
from core.access import SYSTEM, Action, Person, require
from core.errors import InvalidInput
from core.watchlist import Brand
from response.services import Services
from response.start import journal
from response.start.industry import industry
from response.start.proposal import Proposal, propose

# Guess: nobody compares with more at the beginning.
MOST_RIVALS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What somebody says of their brand."""

    name: str
    industry: str
    site: str = ""
    rivals: tuple[str, ...] = ()


def proposals(services: Services, person: Person, begun: Begun) -> tuple[Proposal, ...]:
    """The own brand first; a brand that is there already is proposed as it is. Raises InvalidInput."""
    require(person, Action.READ_BRANDS)
    if len(begun.rivals) > MOST_RIVALS:
        raise InvalidInput(f"竞品最多 {MOST_RIVALS} 个，以后可以再加", field="rivals")
    with services.database.read() as connection:
        known = {each.name: each for each in watchlist.all_brands(connection)}
    trade, frequencies = industry(begun.industry), services.tools.frequencies
    made = [
        propose(name, trade, frequencies, is_own=place == 0)
        for place, name in enumerate(dict.fromkeys((begun.name, *begun.rivals)))
    ]
    return tuple(Proposal(known.get(each.brand.name, each.brand), each.ambiguous) for each in made)


def save(services: Services, person: Person, begun: Begun, brands: Sequence[Brand]) -> None:
    """Save all or none. Raises InvalidInput when an alias belongs to another brand."""
    require(person, Action.MANAGE_BRANDS)
    now = services.now()
    with services.database.write() as connection:
        covered = {each.brand for each in rule.list_all(connection, SYSTEM)}
        for brand in brands:
            watchlist.save(connection, person, brand, now=now)
            # A brand of our own is never without a rule, whoever added it.
            for default in rule.default_rules(brand.name) if brand.is_own and brand.name not in covered else ():
                rule.save(connection, SYSTEM, default, now=now)
        details = {"industry": begun.industry, "site": begun.site, "rivals": list(begun.rivals)}
        journal.note(connection, person, journal.BEGUN, brands[0].name, details, now=now)
