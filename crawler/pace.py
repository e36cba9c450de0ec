"""When the next request to a host may go: at most one per delay, none during a pause, none past the time limit.

Waiting is done here and not by Scrapy's download delay, whose queue cannot be left when the crawl ends: a site that
demands an hour between requests would hold the process for that hour.
"""

import asyncio
import math
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Final

# Guess: how soon a crawl that is being stopped notices it.
LOOK_SECONDS: Final = 1.0
# Guess: longer than any crawl may last, so that a mistaken value is as good as obeyed.
LONGEST_DELAY_SECONDS: Final = 3600.0


class NoTimeLeft(Exception):
    """The request's turn would come after the crawl has ended; the next crawl asks again."""


class Pace:
    """clock: monotonic seconds. deadline: on that clock. is_ending: true once the crawl is being stopped."""

    def __init__(
        self,
        *,
        delay_seconds: float,
        deadline: float,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        is_ending: Callable[[], bool],
    ) -> None:
        self._delay = delay_seconds
        self._deadline = deadline
        self._clock = clock
        self._sleep = sleep
        self._is_ending = is_ending
        self._delays: dict[str, float] = {}
        self._free_at: dict[str, float] = {}
        self._queues: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def delay(self, host: str) -> float:
        """Seconds between two requests: the larger of ours and the site's."""
        return max(self._delay, self._delays.get(host, 0.0))

    def obey(self, host: str, crawl_delay: float) -> None:
        """Keep a Crawl-delay of robots.txt for the rest of the crawl."""
        if math.isfinite(crawl_delay):
            self._delays[host] = min(crawl_delay, LONGEST_DELAY_SECONDS)

    def pause(self, host: str, seconds: float) -> None:
        """Send nothing to the host for so long."""
        self._free_at[host] = max(self._free_at.get(host, 0.0), self._clock() + seconds)

    async def turn(self, host: str) -> None:
        """Wait for the host's next turn, first come first served. Raises NoTimeLeft."""
        async with self._queues[host]:
            while (wait := self._free_at.get(host, 0.0) - self._clock()) > 0:
                if self._is_ending() or self._clock() + wait > self._deadline:
                    raise NoTimeLeft
                await self._sleep(min(wait, LOOK_SECONDS))
            self._free_at[host] = self._clock() + self.delay(host)
