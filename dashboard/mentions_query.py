"""What the address of 信息检索 asks for, and the addresses of its neighbours: the URL is the state of that page."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from core.errors import InvalidInput
from core.mention import SHANGHAI, Status
from dashboard import parts
from response.mentions import Filters

# What lists show: without a choice the index hides excluded and deleted mentions.
SHOWS: Final[Mapping[str, tuple[str, tuple[Status, ...] | None]]] = {
    "": ("有效信息", None),
    "all": ("含已排除", (Status.LIVE, Status.CHANGED, Status.EXCLUDED)),
    "excluded": ("仅已排除", (Status.EXCLUDED,)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The parameters as they came. since, until: Shanghai days, both inclusive. show: a key of SHOWS."""

    q: str = ""
    brand: str = ""
    source: str = ""
    platform: str = ""
    sentiment: str = ""
    story: str = ""
    since: str = ""
    until: str = ""
    show: str = ""
    cursor: str = ""

    def filters(self) -> Filters:
        """Raises InvalidInput for a day that is none."""
        since, until = _day(self.since, "since"), _day(self.until, "until")
        return Filters(
            brand=self.brand or None,
            source=self.source or None,
            platform=self.platform or None,
            sentiment=self.sentiment or None,
            story=self.story or None,
            status=SHOWS.get(self.show, SHOWS[""])[1],
            since=_start(since) if since else None,
            until=_start(until + timedelta(days=1)) if until else None,
        )

    def address(self, **changes: str) -> str:
        """The page with other parameters; a changed question starts at its first page."""
        changed = replace(self, **{"cursor": ""} | changes)
        return parts.address("/mentions", **{item.name: getattr(changed, item.name) for item in fields(Asked)})

    @property
    def is_narrowed(self) -> bool:
        """Tell whether anything is asked for."""
        return replace(self, cursor="") != Asked()


def asked(parameters: Mapping[str, str]) -> Asked:
    """Read the query string; unknown names are ignored."""
    names = {item.name for item in fields(Asked)}
    return Asked(**{name: value.strip() for name, value in parameters.items() if name in names})


def _day(text: str, field: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InvalidInput(f"没有“{text}”这一天，日期请写成 2026-06-16", field=field) from error


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=SHANGHAI)
