"""Two transactions that overlap, without waiting for the clock: the second begins while the first is uncommitted.

The first is committed when the second is about to take a lock: whatever the second has read until then is what it
saw before the first was there, and a use case that looks without a lock acts on old news every time.
"""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Event
from typing import Any, TypeVar

from sqlalchemy import Connection, event

from core.database import Database

# SQLite locks when a transaction begins; on PostgreSQL these take a lock, other statements do not.
_LOCKS = re.compile(r"BEGIN IMMEDIATE|pg_advisory_xact_lock|FOR UPDATE|^\s*(INSERT|UPDATE|DELETE)")
# Only ends a test whose second transaction never locks anything; never part of a passing one.
NEVER_SECONDS = 30

First = TypeVar("First")
Second = TypeVar("Second")


def overlap(
    database: Database, first: Callable[[Connection], First], second: Callable[[Connection], Second]
) -> tuple[First, Second]:
    """Results of both; an exception of either is raised."""
    is_locking = Event()
    address = database.engine.url.render_as_string(hide_password=False)
    with closing(Database(address)) as other, ThreadPoolExecutor(1) as pool:

        @event.listens_for(other.engine, "before_cursor_execute")
        def watch(_connection: object, _cursor: object, statement: str, *_rest: Any) -> None:
            if _LOCKS.search(statement):
                is_locking.set()

        def run_second() -> Second:
            try:
                with other.write() as connection:
                    return second(connection)
            finally:
                is_locking.set()

        with database.write() as connection:
            given = first(connection)
            running = pool.submit(run_second)
            assert is_locking.wait(NEVER_SECONDS)
        return given, running.result(NEVER_SECONDS)
