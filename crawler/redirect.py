"""Addresses that lead to a mention besides its own: what redirects, and what declares another address as canonical.

Without them a page behind a redirect would be fetched again by every crawl. They go when their mention goes.
"""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """address_id: the id a mention would have whose own address this is."""

    address_id: str
    mention_id: str


def redirects(mention: Mention, urls: Sequence[str]) -> Iterator[Redirect]:
    """The addresses on the way to a mention that are not its own."""
    for address_id in sorted({mention_id(identity(url)) for url in urls} - {mention.id}):
        yield Redirect(address_id=address_id, mention_id=mention.id)


def remember(connection: Connection, found: Sequence[Redirect]) -> None:
    """Store those that lead nowhere yet; their mentions are stored already, in this transaction or before."""
    leads = {redirect.address_id: redirect.mention_id for redirect in found}
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
