"""When the next request to a host may go: at most one per delay, none during a pause, none past the time limit.

Waiting is done here and not by Scrapy's download delay, whose queue cannot be left when the crawl ends: a site that
demands an hour between requests would hold the process for that hour.
"""

import asyncio
import math
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from crawler.strain import Strain

# Guess: how soon a crawl that is being stopped notices it.
LOOK_SECONDS: Final = 1.0
# Guess: longer than any crawl may last, so that a mistaken value is as good as obeyed.
LONGEST_DELAY_SECONDS: Final = 3600.0
# Guess: a site in trouble is asked at least this often, unless a longer delay is kept anyway.
LONGEST_GROWN_SECONDS: Final = 60.0


class NoTimeLeft(Exception):
    """The request's turn would come after the crawl has ended; the next crawl asks again."""


class Turns(Protocol):
    """What all crawls of a host share."""

    async def take(self, host: str, delay_seconds: float) -> float:
        """Seconds to wait before asking again whether it is our turn; 0 when it is, which is noted.

        Raises NoTimeLeft where the host must not be asked any more today.
        """

    async def hold(self, host: str, seconds: float) -> None:
        """Nobody asks the host for so long."""


class Pace:
    """clock: monotonic seconds. deadline: on that clock. is_ending: true once the crawl is being stopped.

    turns: shared with other crawls; asked only for hosts with a delay, those without one belong to who asks.
    """

    def __init__(
        self,
        *,
        delay_seconds: float,
        deadline: float,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        is_ending: Callable[[], bool],
        turns: Turns | None = None,
    ) -> None:
        self._delay = delay_seconds
        self._deadline = deadline
        self._clock = clock
        self._sleep = sleep
        self._is_ending = is_ending
        self._turns = turns
        self._delays: dict[str, float] = {}
        self._free_at: dict[str, float] = {}
        self._asked_at: dict[str, float] = {}
        self._strains: defaultdict[str, Strain] = defaultdict(Strain)
        self._queues: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def delay(self, host: str) -> float:
        """Seconds between two requests: the larger of ours and the site's, and more while the site is in trouble."""
        least = max(self._delay, self._delays.get(host, 0.0))
        return max(least, min(least * self._strains[host].factor, LONGEST_GROWN_SECONDS))

    def note(self, host: str, *, latency_seconds: float | None, has_failed: bool) -> None:
        """Take in how the host answered."""
        self._strains[host].note(latency_seconds, has_failed=has_failed)

    async def obey(self, host: str, crawl_delay: float) -> None:
        """Keep a Crawl-delay of robots.txt for the rest of the crawl, from the last request on."""
        if math.isfinite(crawl_delay):
            self._delays[host] = min(crawl_delay, LONGEST_DELAY_SECONDS)
            if host in self._asked_at:
                await self.pause(host, self._asked_at[host] + self.delay(host) - self._clock())

    async def pause(self, host: str, seconds: float) -> None:
        """Send nothing to the host for so long."""
        free_at = self._clock() + seconds
        if free_at > self._free_at.get(host, 0.0):
            self._free_at[host] = free_at
            if self._turns is not None and self.delay(host):
                await self._turns.hold(host, seconds)

    async def turn(self, host: str) -> None:
        """Wait for the host's next turn, first come first served. Raises NoTimeLeft."""
        async with self._queues[host]:
            while (wait := await self._wait(host)) > 0:
                if self._is_ending() or self._clock() + wait > self._deadline:
                    raise NoTimeLeft
                await self._sleep(min(wait, LOOK_SECONDS))
            self._asked_at[host] = self._clock()
            self._free_at[host] = self._clock() + self.delay(host)

    async def _wait(self, host: str) -> float:
        own = self._free_at.get(host, 0.0) - self._clock()
        if own > 0 or self._turns is None or not self.delay(host):
            return own
        return await self._turns.take(host, self.delay(host))
