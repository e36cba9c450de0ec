"""Tickets (工单): what the customer of a ticket asks for, how far its system is with it, and until when.

The system that brought the mention says so, in its own words and its own time: what it knew earlier never overwrites
what it knew later. Changes are audit rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import Field, TypeAdapter, ValidationError
from sqlalchemy import Column, Connection, ForeignKey, String, Table, Text, insert, select, update

from core import audit
from core.access import Person
from core.database import UtcTime, metadata, refusal, serialise, storable, unstorable
from core.errors import InvalidInput
from core.mention import Kind, Time, as_utc, shanghai_text
from core.personal import mask
from core.validation import sentence

ticket_table: Final = Table(
    "ticket",
    metadata,
    Column("mention_id", String(64), ForeignKey("mention.id", ondelete="CASCADE"), primary_key=True),
    Column("demand", Text, nullable=False),
    Column("state", String(40), nullable=False),
    Column("deadline_at", UtcTime),
    Column("updated_at", UtcTime, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """state: in the words of its system (open, answered, closed, …). demand: masked where it is shown."""

    demand: str
    state: str
    deadline_at: Time | None
    updated_at: Time


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketNews:
    """What a record says of its ticket; None where it says nothing."""

    demand: Annotated[str, Field(max_length=5000)] | None = None
    status: Annotated[str, Field(max_length=40)] | None = None
    deadline: datetime | None = None
    updated_at: datetime | None = None

    @property
    def is_bare(self) -> bool:
        """It says when, and nothing else."""
        return self == TicketNews(updated_at=self.updated_at)


_ADAPTER: Final = TypeAdapter(TicketNews)


def news_of(record: Mapping[str, Any]) -> TicketNews | None:  # Any: decoded JSON
    """What a pushed record says of its ticket; None for one that is no ticket or says nothing, not even of when.

    Raises InvalidInput naming the first bad field.
    """
    if record.get("kind") != Kind.TICKET:
        return None
    try:
        news = _ADAPTER.validate_python({name: record.get(name) for name in TicketNews.__slots__})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InvalidInput(f"工单字段 {first['loc'][0]} 有误：{sentence(first)}", field=first["loc"][0]) from error
    if unstorable(news.status) is not None:
        raise InvalidInput(refusal("工单字段 status"), field="status")
    for moment in (news.deadline, news.updated_at):
        if moment is not None:
            as_utc(moment)
    return None if news == TicketNews() else news


def told_at(news: TicketNews, now: datetime) -> datetime:
    """When the system knew this. Nobody knows anything of later than now: it would keep out all that follows."""
    return min(as_utc(news.updated_at), now) if news.updated_at is not None else now


def put(connection: Connection, person: Person, mention_id: str, news: TicketNews, *, now: datetime) -> bool:
    """Take news of a stored mention's ticket; True when they change what was known of it."""
    serialise(connection, "ticket")
    before = of_mention(connection, mention_id)
    updated_at = told_at(news, now)
    if (updated_at < before.updated_at) if before is not None else news.is_bare:
        return False
    after = _after(before, news, updated_at)
    row = {name: getattr(after, name) for name in Ticket.__slots__}
    if before is None:
        connection.execute(insert(ticket_table).values(mention_id=mention_id, **row))
        return True
    connection.execute(update(ticket_table).where(ticket_table.c.mention_id == mention_id).values(**row))
    if (before.demand, before.state, before.deadline_at) == (after.demand, after.state, after.deadline_at):
        return False
    _record(connection, person, mention_id, before, after, now)
    return True


def of_mention(connection: Connection, mention_id: str) -> Ticket | None:
    """As stored, unmasked."""
    columns = [ticket_table.c[name] for name in Ticket.__slots__]
    row = connection.execute(select(*columns).where(ticket_table.c.mention_id == mention_id)).first()
    return Ticket(**row._mapping) if row is not None else None


def shown(connection: Connection, mention_id: str) -> Ticket | None:
    """As people see it; for rooms whose caller has checked access."""
    found = of_mention(connection, mention_id)
    if found is None:
        return None
    return Ticket(
        demand=mask(found.demand), state=mask(found.state), deadline_at=found.deadline_at, updated_at=found.updated_at
    )


def _after(before: Ticket | None, news: TicketNews, updated_at: datetime) -> Ticket:
    demand, state = storable(news.demand or ""), news.status or ""
    return Ticket(
        demand=demand or (before.demand if before else ""),
        state=state or (before.state if before else ""),
        deadline_at=as_utc(news.deadline) if news.deadline else (before.deadline_at if before else None),
        updated_at=updated_at,
    )


def _record(
    connection: Connection, person: Person, mention_id: str, before: Ticket, after: Ticket, now: datetime
) -> None:
    """Demand and state may name people: the audit says that the one changed, not to what, and masks the other."""
    deadlines = [shanghai_text(each.deadline_at) if each.deadline_at else None for each in (before, after)]
    details: dict[str, object] = {"state": [mask(before.state), mask(after.state)], "deadline": deadlines}
    details["demand_changed"] = before.demand != after.demand
    subject = f"mention:{mention_id}"
    audit.record(connection, person=person, action="ticket.changed", subject=subject, now=now, details=details)
