"""What the scheduler's jobs do: evaluate alerts, deliver messages, settle and clean up.

The only place besides the pipeline that knows the way from a finding to an incident.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog

from alerts import alert, detect, level, notify, rule
from alerts.finding import Finding
from app import wiring
from core import accounts, evidence, idempotency, inbox, story
from crawler import crawl_log, health, host, hotlist
from response import incident
from response.services import Services

log = structlog.get_logger()

# Guess: a copy that comes later than this founds a story of its own.
BAND_DAYS: Final = 7
# Twice what the health of a source is judged by.
CRAWLS_KEPT: Final = 2 * health.BASELINE


def evaluate(services: Services) -> None:
    """Rules → findings → alerts → messages → incidents; a finding and all that follows is one transaction.

    A finding that fails holds up no other one; the first such error is raised at the end.
    """
    with services.database.read() as connection:
        rules = rule.active(connection)
    findings = detect.detect(services.index, rules, now=services.now())
    failures: list[Exception] = []
    for finding in findings:
        try:
            _follow(services, finding)
        except Exception as error:  # part of the scheduled job's loop
            log.exception("finding failed", rule=finding.rule_id, brand=finding.brand, story=finding.story)
            failures.append(error)
    if failures:
        raise failures[0]


def deliver(services: Services) -> None:
    """Send what is due in the outbox, through the channels as stored now."""
    channels = wiring.build_channels(services.settings, services.database, now=services.now)
    notify.deliver(services.database, channels, now=services.now)


def settle(services: Services) -> None:
    """Close quiet blue and yellow alerts."""
    with services.database.write() as connection:
        alert.settle(connection, now=services.now())


def clean_up(services: Services) -> None:
    """Delete what retention ends; the pipeline takes it out of the index, which may be away."""
    moment = services.now() - timedelta(days=services.settings.retention_days)
    removed = 0
    while True:
        with services.database.write() as connection:
            ids = inbox.older_than(connection, moment)
            removed += inbox.remove(connection, ids, now=services.now())
        if not ids:
            break
    with services.database.write() as connection:
        story.forget_bands(connection, before=services.now() - timedelta(days=BAND_DAYS))
        accounts.forget_sessions(connection, now=services.now())
        idempotency.forget_calls(connection, now=services.now())
        evidence.sweep(connection, services.settings.data_dir)
        hotlist.forget(connection, before=moment)
        host.forget(connection, day=f"{services.now() - timedelta(days=1):%Y-%m-%d}")
        crawl_log.forget(connection, before=services.now() - CRAWLS_KEPT)
    log.info("retention", removed=removed, older_than=moment.isoformat())


def _follow(services: Services, finding: Finding) -> None:
    threshold = level.Level(services.settings.incident_level)
    with services.database.write() as connection:
        now = services.now()
        merged = alert.merge(connection, finding, now=now)
        notify.announce(connection, merged, now=now, public_url=public_url(services))
        if merged.alert.is_open and merged.alert.level.rank >= threshold.rank:
            incident.open_for(connection, merged.alert, now=now)
    log.info("finding", alert=merged.alert.number, level=merged.alert.level.value, change=merged.change.value)


def public_url(services: Services) -> str:
    """The address people use; without a setting the one the service listens on."""
    settings = services.settings
    return (settings.public_url or f"http://{settings.host}:{settings.port}").rstrip("/")


def with_port(services: Services, port: int) -> Services:
    """The same services under the port really bound (0 asks the system for one)."""
    return replace(services, settings=services.settings.model_copy(update={"port": port}))
