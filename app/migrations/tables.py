"""Every room's tables on one metadata: what the migrations must add up to (tested)."""

from alerts import alert, channel, outbox, rule
from app import configuration, jobs, leases
from app.imports import mailbox
from core import accounts, audit, forgotten, inbox, index_part, quarantine, removed, story, watchlist
from core.database import metadata
from crawler import crawl_log, gap, redirect, seen_thread, sources
from response import campaign, incident, statement_check, task

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
    forgotten,
    gap,
    inbox,
    incident,
    index_part,
    jobs,
    leases,
    mailbox,
    outbox,
    quarantine,
    removed,
    redirect,
    rule,
    seen_thread,
    sources,
    statement_check,
    story,
    task,
    watchlist,
)
