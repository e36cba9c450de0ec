"""Idempotency keys: a call that is repeated under its key is answered as it was the first time.

Only for calls that may be repeated anyway (a process may die between its work and its answer): the key saves the
work and keeps the answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Column, ColumnElement, Connection, String, Table, Text, delete, insert, select

from core.database import Database, UtcTime, metadata, serialise
from core.errors import InProgress, InvalidInput, KeyReused

call_table: Final = Table(
    "idempotent_call",
    metadata,
    Column("owner", String, primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("answer", Text),
    Column("begun_at", UtcTime, nullable=False, index=True),
)

LONGEST_KEY: Final = 200
# Guess: a sender that was away for a weekend asks again on Monday.
KEPT: Final = timedelta(days=3)
# Guess: many times what the largest call takes; whoever has not answered by then has died.
LONGEST_CALL: Final = timedelta(minutes=5)
RETRY_SECONDS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """owner: who asks, keys of two owners never meet. digest: SHA-256 of the body, as hex."""

    owner: str
    key: str
    digest: str


def once(database: Database, call: Call, work: Callable[[], str], *, now: datetime) -> tuple[str, bool]:
    """The answer of ``work``, or the stored one with True. Opens its own transactions around the work.

    Raises KeyReused (the key had another body), InProgress (the first call still runs), InvalidInput (bad key).
    """
    if not (0 < len(call.key) <= LONGEST_KEY and call.key.isascii() and call.key.isprintable()):
        raise InvalidInput(f"Idempotency-Key 应为 1 到 {LONGEST_KEY} 个可见的 ASCII 字符", field="Idempotency-Key")
    with database.write() as connection:
        stored = _begin(connection, call, now)
    if stored is not None:
        return stored, True
    answer = None
    try:
        answer = work()
    finally:
        with database.write() as connection:
            _forget(connection, call)
            if answer is not None:  # what failed may be tried again at once
                _keep(connection, call, now, answer)
    return answer, False


def forget_calls(connection: Connection, *, now: datetime) -> int:
    """Delete answers nobody will ask for again (daily)."""
    return connection.execute(delete(call_table).where(call_table.c.begun_at < now - KEPT)).rowcount


def _begin(connection: Connection, call: Call, now: datetime) -> str | None:
    serialise(connection, "idempotent call")
    found = connection.execute(select(call_table).where(_is(call))).first()
    if found is None:
        _keep(connection, call, now, None)
        return None
    if found.digest != call.digest:
        raise KeyReused("这个 Idempotency-Key 已用于另一份内容，请换一个", field="Idempotency-Key")
    if found.answer is not None:
        return str(found.answer)
    if now - found.begun_at < LONGEST_CALL:
        raise InProgress("同一请求正在处理，请稍后再试", retry_after_seconds=RETRY_SECONDS)
    _forget(connection, call)
    _keep(connection, call, now, None)
    return None


def _keep(connection: Connection, call: Call, now: datetime, answer: str | None) -> None:
    row = {"owner": call.owner, "key": call.key, "digest": call.digest, "answer": answer, "begun_at": now}
    connection.execute(insert(call_table).values(row))


def _forget(connection: Connection, call: Call) -> None:
    connection.execute(delete(call_table).where(_is(call)))


def _is(call: Call) -> ColumnElement[bool]:
    return (call_table.c.owner == call.owner) & (call_table.c.key == call.key)
