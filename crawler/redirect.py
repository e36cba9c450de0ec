"""Addresses that lead to a mention besides its own: what redirects, and what declares another address as canonical.

Without them a page behind a redirect would be fetched again by every crawl. They go when their mention goes.
Invariant: an address is remembered only when what stands there is surely the mention: a site in trouble sends every
address to one notice, and asks for that with a temporary redirect or not at all.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Column, Connection, ForeignKey, String, Table, insert, select

from core import inbox
from core.database import metadata
from core.mention import Mention, mention_id
from crawler.items import identity

redirect_table: Final = Table(
    "redirect",
    metadata,
    Column("address_id", String(64), primary_key=True),
    Column("mention_id", String(64), ForeignKey("mention.id", ondelete="CASCADE"), nullable=False, index=True),
)


# Source: RFC 9110, 15.4: of the redirects only these two say that the address has moved for good.
PERMANENT: Final = (301, 308)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How an answer was reached. asked: the address on the list; hops: those that sent us on, and why; url: the last.

    A hop's reason is its status, or a word where the page itself sent us on.
    """

    asked: str
    hops: tuple[tuple[str, int | str], ...] = ()
    url: str

    @property
    def is_lasting(self) -> bool:
        """Whether every redirect on it is permanent."""
        return all(reason in PERMANENT for _, reason in self.hops)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """address_id: the id a mention would have whose own address this is.

    asked_id: that of the asked address, where redirects led from there; None where the page at the address itself
    names the mention's. is_lasting: only permanent redirects lead on from it.
    """

    address_id: str
    mention_id: str
    asked_id: str | None = None
    is_lasting: bool = True


def redirects(mention: Mention, way: Way) -> Iterator[Redirect]:
    """The addresses on the way to a mention that are not its own."""
    hops = [(way.asked, PERMANENT[0]), *way.hops]  # the first hop is the asked address, perhaps in another spelling
    asked_id = mention_id(identity(way.asked)) if way.hops else None
    found: dict[str, Redirect] = {}
    for place, url in enumerate([*(url for url, _ in hops), way.url]):
        address_id, is_last = mention_id(identity(url)), place == len(hops)
        found[address_id] = Redirect(
            address_id=address_id,
            mention_id=mention.id,
            asked_id=None if is_last else asked_id,
            is_lasting=all(reason in PERMANENT for _, reason in hops[place:]),
        )
    yield from (redirect for address_id, redirect in sorted(found.items()) if address_id != mention.id)


class Leads:
    """The redirects of one crawl; which of them hold is known at its end."""

    def __init__(self) -> None:
        self._found: list[Redirect] = []

    def add(self, redirect: Redirect) -> None:
        """Take one more."""
        self._found.append(redirect)

    def lasting(self) -> list[Redirect]:
        """Those worth remembering. Where several addresses were sent to one mention, it is a notice for all we know."""
        asked: dict[str, set[str]] = defaultdict(set)
        for redirect in self._found:
            if redirect.asked_id not in (None, redirect.mention_id):
                asked[redirect.mention_id].add(str(redirect.asked_id))
        return [
            redirect
            for redirect in self._found
            if redirect.is_lasting and (redirect.asked_id is None or len(asked[redirect.mention_id]) <= 1)
        ]


def remember(connection: Connection, found: Sequence[Redirect]) -> None:
    """Store those that lead nowhere yet and whose mention is stored: retention may have taken it meanwhile.

    Shares a transaction with ``inbox.put``, which keeps retention out until the end.
    """
    stored = {given for given in {redirect.mention_id for redirect in found} if inbox.get(connection, given)}
    leads = {redirect.address_id: redirect.mention_id for redirect in found if redirect.mention_id in stored}
    missing = leads.keys() - known(connection, sorted(leads)).keys()
    if missing:
        rows = [{"address_id": address_id, "mention_id": leads[address_id]} for address_id in sorted(missing)]
        connection.execute(insert(redirect_table), rows)


def known(connection: Connection, ids: Sequence[str]) -> dict[str, Mention]:
    """Which of these addresses lead to a stored mention, directly or by a redirect."""
    found = inbox.known(connection, ids)
    left = [address_id for address_id in ids if address_id not in found]
    leads: dict[str, str] = {}
    for start in range(0, len(left), inbox.BATCH):
        chosen = redirect_table.c.address_id.in_(left[start : start + inbox.BATCH])
        leads |= {row.address_id: row.mention_id for row in connection.execute(select(redirect_table).where(chosen))}
    mentions = inbox.known(connection, sorted(set(leads.values())))
    return found | {address_id: mentions[lead] for address_id, lead in leads.items()}
