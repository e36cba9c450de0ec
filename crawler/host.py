"""When each host may be asked next, and how often it was asked today: shared by all crawls of all sources.

Only for hosts with a delay. Crawls run in processes of their own, so a row per host is what they have in common; its
times are those of the real clock, whatever the product's clock says (a replay runs at another speed, sites do not).
"""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Column, Connection, Integer, String, Table, delete, insert, select, update

from core.database import Database, UtcTime, metadata, serialise
from core.errors import StoreError
from core.mention import SHANGHAI
from crawler.pace import LONGEST_DELAY_SECONDS, NoTimeLeft

_LOG: Final = logging.getLogger(__name__)

host_turn_table: Final = Table(
    "host_turn",
    metadata,
    Column("host", String, primary_key=True),
    Column("free_at", UtcTime, nullable=False),
    Column("day", String(10), nullable=False),
    Column("requests", Integer, nullable=False),
)


class BudgetSpent(NoTimeLeft):
    """The host was asked as often as it may be on one day. retry_after_seconds: until the next day begins."""

    def __init__(self, host: str, requests: int, retry_after_seconds: float) -> None:
        self.sentence = f"今天对 {host} 的请求已达每日上限（{requests} 次），明天继续"
        self.retry_after_seconds = retry_after_seconds
        super().__init__(self.sentence)


class HostTurns:
    """``crawler.pace.Turns`` by rows. now: the product's clock, which says what day it is (Shanghai).

    requests_per_day: to one host, over all sources. clock: seconds since 1970.
    """

    def __init__(
        self,
        database: Database,
        *,
        now: Callable[[], datetime],
        requests_per_day: int,
        clock: Callable[[], float] = time.time,  # noqa: TID251  # see above
    ) -> None:
        self._database = database
        self._now = now
        self._requests_per_day = requests_per_day
        self._clock = clock

    async def take(self, host: str, delay_seconds: float) -> float:
        """As ``Turns.take``; 0 when the database cannot be asked: the crawl's own pace goes on. Raises BudgetSpent."""
        try:
            return await asyncio.to_thread(self._take, host, timedelta(seconds=delay_seconds))
        except StoreError as error:
            _LOG.warning("the shared turn of %s is not known: %s", host, error.code)
            return 0.0

    async def hold(self, host: str, seconds: float) -> None:
        """As ``Turns.hold``."""
        try:
            await asyncio.to_thread(self._hold, host, timedelta(seconds=min(seconds, LONGEST_DELAY_SECONDS)))
        except StoreError as error:
            _LOG.warning("the shared turn of %s could not be moved: %s", host, error.code)

    def _take(self, host: str, delay: timedelta) -> float:
        now, today = datetime.fromtimestamp(self._clock(), UTC), self._now().astimezone(SHANGHAI)
        with self._database.write() as connection:
            free_at, requests = _row(connection, host, f"{today:%Y-%m-%d}")
            # A clock that was set back must not silence a host until it has caught up.
            if 0 < (wait := (free_at - now).total_seconds()) <= LONGEST_DELAY_SECONDS:
                return wait
            if requests >= self._requests_per_day:
                midnight = today.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
                raise BudgetSpent(host, self._requests_per_day, (midnight - today).total_seconds())
            _update(connection, host, free_at=now + delay, day=f"{today:%Y-%m-%d}", requests=requests + 1)
        return 0.0

    def _hold(self, host: str, pause: timedelta) -> None:
        until = datetime.fromtimestamp(self._clock(), UTC) + pause
        day = f"{self._now().astimezone(SHANGHAI):%Y-%m-%d}"
        with self._database.write() as connection:
            free_at, _ = _row(connection, host, day)
            if until > free_at:
                _update(connection, host, free_at=until)


def _row(connection: Connection, host: str, day: str) -> tuple[datetime, int]:
    """When the host is free, and how often it was asked on this day; nobody else changes it meanwhile."""
    serialise(connection, f"host_turn:{host}")
    row = connection.execute(select(host_turn_table).where(host_turn_table.c.host == host)).first()
    if row is None:
        never = datetime.fromtimestamp(0, UTC)
        connection.execute(insert(host_turn_table).values(host=host, free_at=never, day=day, requests=0))
        return never, 0
    return row.free_at, row.requests if row.day == day else 0


def _update(connection: Connection, host: str, **values: object) -> None:
    connection.execute(update(host_turn_table).where(host_turn_table.c.host == host).values(**values))


def forget(connection: Connection, *, day: str) -> None:
    """Drop the rows of days before ``day``."""
    connection.execute(delete(host_turn_table).where(host_turn_table.c.day < day))
