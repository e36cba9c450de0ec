"""Articles extracted beside the reactor: the first pages of a crawl in a thread, the others by a worker process.

Extraction holds the interpreter for some ten milliseconds a page, during which nothing is fetched; and a page that
takes forever costs a worker, not the crawl.
"""

import asyncio
import logging
import pickle
import sys
from contextlib import suppress
from datetime import datetime
from typing import Final

from core.errors import SourceChanged
from crawler.extract.article import Article
from crawler.extract.worker import LENGTH, Refused, Task, encode, work

_LOG: Final = logging.getLogger(__name__)

# Guess: a crawl of fewer pages ends before a worker has imported what it needs.
IN_THREAD: Final = 10
# Guess: ten times the slowest page that was seen (2 s).
MOST_SECONDS: Final = 20.0
TOO_SLOW: Final = "网页过于复杂，提取正文超时"


class Extraction:
    """Of one crawl; used in one event loop."""

    def __init__(self, *, in_thread: int = IN_THREAD, most_seconds: float = MOST_SECONDS) -> None:
        self._left = in_thread
        self._most_seconds = most_seconds
        self._worker: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def article(self, html: str, url: str, *, now: datetime) -> Article:
        """Raises SourceChanged where the page cannot be parsed, or not in time."""
        task = Task(html, url, now)
        if self._left > 0:
            self._left -= 1
            answer = await asyncio.to_thread(work, task)
        else:
            answer = await self._by_worker(task)
        if isinstance(answer, Refused):
            raise SourceChanged(answer.message, url=url)
        return answer

    async def close(self) -> None:
        """End the worker."""
        worker, self._worker = self._worker, None
        if worker is not None:
            with suppress(ProcessLookupError):
                worker.kill()
            await worker.communicate()  # its pipes are closed with it

    async def _by_worker(self, task: Task) -> Article | Refused:
        async with self._turn:
            try:
                return await asyncio.wait_for(self._ask(task), self._most_seconds)
            except TimeoutError:
                _LOG.warning("%s: extraction ended after %.0f s", task.url, self._most_seconds)
                await self.close()
                return Refused(TOO_SLOW)
            except (OSError, EOFError) as error:
                # The worker is gone: out of memory, or ended by somebody. The page is read here.
                _LOG.warning("extraction worker lost: %s", type(error).__name__)
                await self.close()
        return await asyncio.to_thread(work, task)

    async def _ask(self, task: Task) -> Article | Refused:
        worker = self._worker = self._worker or await _start()
        if worker.stdin is None or worker.stdout is None:
            raise EOFError
        worker.stdin.write(encode(task))
        await worker.stdin.drain()
        (length,) = LENGTH.unpack(await worker.stdout.readexactly(LENGTH.size))
        answer: Article | Refused = pickle.loads(await worker.stdout.readexactly(length))  # our own child
        return answer


async def _start() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "crawler.extract.worker",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl+C is for the crawl, which ends it
    )
