"""What was done with a brand in its first hour, read from the audit: a page that is reloaded goes on where it was."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from core import audit
from core.access import Person
from crawler.checked import Checked
from response.start.industry import OTHER

BEGUN: Final = "start.begun"
CHECKED: Final = "start.checked"
LOADED: Final = "start.loaded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What was imported or pasted last. text: what was said of it. ids: the first of its mentions."""

    text: str
    ids: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """The newest of each kind; empty where a step was not taken."""

    industry: str = OTHER
    site: str = ""
    checked: tuple[Checked, ...] = ()
    checked_at: datetime | None = None
    batch: Batch | None = None


def note(
    connection: Connection, person: Person, action: str, brand: str, details: Mapping[str, object], *, now: datetime
) -> None:
    """Remember a step; the caller has checked access."""
    audit.record(connection, person=person, action=action, subject=_subject(brand), now=now, details=details)


def read(connection: Connection, brand: str) -> Journal:
    """For the steps, whose caller has checked access."""
    newest = {entry.action: entry for entry in audit.entries_of(connection, [_subject(brand)])}
    begun, checked, loaded = (newest.get(action) for action in (BEGUN, CHECKED, LOADED))
    details: Mapping[str, Any] = begun.details if begun else {}  # Any: decoded JSON, written by ``note``
    return Journal(
        industry=details.get("industry", OTHER),
        site=details.get("site", ""),
        checked=tuple(Checked(**each) for each in checked.details["found"]) if checked else (),
        checked_at=checked.at if checked else None,
        batch=Batch(text=loaded.details["text"], ids=tuple(loaded.details["ids"]), at=loaded.at) if loaded else None,
    )


def _subject(brand: str) -> str:
    return f"start:{brand}"
