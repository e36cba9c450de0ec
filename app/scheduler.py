"""The scheduler: APScheduler only wakes us; rows and the clock decide what is due, a lease decides who works.

Crawls run as child processes, at most two at a time; a crawl that hangs is ended after its time limit, and one that
ends without leaving its result on the source row gets a failure written there.
"""

import os
import secrets
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from app import children, duties, jobs, leases
from app.jobs import Job
from core.errors import StoreError
from crawler import turn
from crawler.definition import Source, interval_of
from response.services import Services

log = structlog.get_logger()

LEASE: Final = "scheduler"
# Guess: two crawls keep two cores busy; each is polite to its own site anyway.
CRAWLS_AT_ONCE: Final = 2
# The child ends by itself at crawl_timeout_seconds; this much later it is ended.
CRAWL_GRACE_SECONDS: Final = 30


@dataclass(slots=True)
class RunningCrawl:
    """One crawl child."""

    source: Source
    process: subprocess.Popen[bytes]
    started_at: datetime


class Scheduler:
    """Wakes crawl, pipeline, alert evaluation, delivery and retention in this process."""

    def __init__(self, services: Services) -> None:
        self.services = services
        # In containers host and process id repeat: the last part tells two schedulers apart.
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._is_active = False
        self._crawls: dict[str, RunningCrawl] = {}
        self._pipeline = children.Supervised(services.settings, ("work", "--supervised", "--worker", self.holder))
        self._clock = BackgroundScheduler(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1})

    def start(self) -> None:
        """Begin to wake; returns at once."""
        self._renew()
        self._clock.add_job(self._renew, "interval", seconds=10)
        self._clock.add_job(self._supervise, "interval", seconds=1)
        for job in jobs_of(self.services):
            self._clock.add_job(self._wake, "interval", seconds=1, args=[job])
        self._clock.start()

    def stop(self) -> None:
        """End the children, finish running jobs, give the lease back."""
        self._clock.shutdown(wait=True)
        self._pipeline.close()
        for crawl in self._crawls.values():
            children.end(crawl.process)
        try:
            with self.services.database.write() as connection:
                leases.release(connection, LEASE, self.holder)
        except StoreError as error:
            log.warning("lease not released, it will run out", error=error.code)

    def _renew(self) -> None:
        try:
            with self.services.database.write() as connection:
                self._is_active = leases.acquire(connection, LEASE, self.holder, now=self.services.now())
        except StoreError as error:
            self._is_active = False
            log.warning("no lease while the store is away", error=error.code)

    def _wake(self, job: Job) -> None:
        if not self._is_active:
            return
        try:
            jobs.run_if_due(self.services, job)
        except StoreError as error:
            log.warning("job waits for a store", job=job.name, error=error.code)

    def _supervise(self) -> None:
        now = self.services.now()
        self._pipeline.check(now)
        self._reap(now)
        if not self._is_active or len(self._crawls) >= CRAWLS_AT_ONCE:
            return
        try:
            with self.services.database.read() as connection:
                due = turn.due(connection, now=now)
        except StoreError as error:
            log.warning("crawls wait for a store", error=error.code)
            return
        for source in due:
            if source.name not in self._crawls and len(self._crawls) < CRAWLS_AT_ONCE:
                process = children.start(self.services.settings, ("crawl", "--supervised", source.name))
                self._crawls[source.name] = RunningCrawl(source, process, now)

    def _reap(self, now: datetime) -> None:
        limit = timedelta(seconds=self.services.settings.crawl_timeout_seconds + CRAWL_GRACE_SECONDS)
        for name, crawl in list(self._crawls.items()):
            if crawl.process.poll() is None and now - crawl.started_at > limit:
                log.error("crawl hangs, ending it", source=name)
                crawl.process.kill()
            if crawl.process.poll() is not None and self._is_recorded(crawl):
                children.end(crawl.process)
                del self._crawls[name]

    def _is_recorded(self, crawl: RunningCrawl) -> bool:
        """See to it that the source row tells how the crawl ended; False while the store is away."""
        interval = interval_of(self.services.settings, crawl.source)
        try:
            with self.services.database.write() as connection:
                is_lost = turn.record_lost(
                    connection, crawl.source.name, crawl.started_at, now=self.services.now(), interval=interval
                )
        except StoreError as error:
            log.warning("end of a crawl waits for a store", source=crawl.source.name, error=error.code)
            return False
        if is_lost:
            log.error("crawl ended without a result", source=crawl.source.name, status=crawl.process.returncode)
        return True


def jobs_of(services: Services) -> Sequence[Job]:
    """The recurring jobs with their intervals."""
    settings = services.settings
    return (
        Job(name="evaluate", every=timedelta(seconds=settings.alert_interval_seconds), run=duties.evaluate),
        Job(name="deliver", every=timedelta(seconds=settings.deliver_interval_seconds), run=duties.deliver),
        Job(name="settle", every=timedelta(minutes=10), run=duties.settle),
        Job(name="clean_up", every=timedelta(days=1), run=duties.clean_up),
    )
