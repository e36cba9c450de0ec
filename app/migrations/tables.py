"""Every room's tables on one metadata: what the migrations must add up to (tested)."""

from alerts import alert, channel, outbox, rule
from app import configuration, jobs, leases
from app.imports import mailbox
from core import (
    accounts,
    audit,
    evidence,
    forgotten,
    idempotency,
    inbox,
    index_part,
    quarantine,
    removed,
    report,
    sender,
    story,
    ticket,
    watchlist,
)
from core.database import metadata
from crawler import crawl_log, gap, host, hotlist, recheck, redirect, seen_page, seen_thread, sources
from response import campaign, incident, statement_check, task
from response.start import judging

__all__ = ["OWNERS", "metadata"]

# Importing a module declares its tables.
OWNERS = (
    accounts,
    alert,
    audit,
    campaign,
    channel,
    configuration,
    crawl_log,
    evidence,
    forgotten,
    gap,
    host,
    hotlist,
    idempotency,
    inbox,
    incident,
    index_part,
    jobs,
    judging,
    leases,
    mailbox,
    outbox,
    quarantine,
    recheck,
    removed,
    redirect,
    report,
    rule,
    seen_page,
    seen_thread,
    sender,
    sources,
    statement_check,
    story,
    task,
    ticket,
    watchlist,
)
