"""Senders (推送方): machines outside the house that push mentions and sign every call.

A sender's name is the source of what it brings. Its secrets are derived from the installation's secret, its name and
a generation, so that nothing secret is stored: the table says which generations count. While a secret is rotated two
of them do.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Column, Connection, Integer, Row, String, Table, insert, select, update

from core import audit
from core.access import Action, Person, Role, require
from core.database import UtcTime, metadata, refusal, serialise, unstorable
from core.errors import InvalidInput, NotFound, NotLoggedIn
from core.mention import Time

sender_table: Final = Table(
    "sender",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("newest", Integer, nullable=False),
    Column("oldest", Integer, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
)

LONGEST_NAME: Final = 100
SECRET_PREFIX: Final = "tfs_"
# Source: Stripe's and Slack's checks of signed calls, 5 minutes either way.
TOLERANCE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Secrets of the generations ``oldest`` to ``newest`` count, none once it is revoked."""

    name: str
    newest: int
    oldest: int
    created_at: Time
    revoked_at: Time | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a signed call says of itself: its headers as they came."""

    sender: str
    timestamp: str
    value: str


def add(connection: Connection, person: Person, name: str, *, now: datetime) -> Sender:
    """A new sender, or a revoked one that comes back with a new secret. Raises InvalidInput (name taken)."""
    require(person, Action.MANAGE_USERS)
    name = _checked(name)
    serialise(connection, "sender")
    before = _row(connection, name)
    if before is not None and before.revoked_at is None:
        raise InvalidInput(f"推送方「{name}」已存在；换密钥用 tingfeng sender rotate", field="name")
    if before is None:
        row = {"name": name, "newest": 1, "oldest": 1, "created_at": now}
        connection.execute(insert(sender_table).values(row))
    else:
        _set(connection, name, newest=before.newest + 1, oldest=before.newest + 1, revoked_at=None)
    return _recorded(connection, person, "sender.created", name, now)


def rotate(connection: Connection, person: Person, name: str, *, now: datetime) -> Sender:
    """One more secret; the one before counts until the next rotation or until it is retired. Raises NotFound."""
    require(person, Action.MANAGE_USERS)
    newest = _locked(connection, name).newest
    _set(connection, name, newest=newest + 1, oldest=newest)
    return _recorded(connection, person, "sender.rotated", name, now)


def retire(connection: Connection, person: Person, name: str, *, now: datetime) -> Sender:
    """Only the newest secret counts from now on. Raises NotFound."""
    require(person, Action.MANAGE_USERS)
    _set(connection, name, oldest=_locked(connection, name).newest)
    return _recorded(connection, person, "sender.retired", name, now)


def revoke(connection: Connection, person: Person, name: str, *, now: datetime) -> Sender:
    """Every secret stops at once; what was brought stays. Raises NotFound."""
    require(person, Action.MANAGE_USERS)
    _locked(connection, name)
    _set(connection, name, revoked_at=now)
    return _recorded(connection, person, "sender.revoked", name, now)


def list_all(connection: Connection, person: Person) -> tuple[Sender, ...]:
    """By name, the revoked ones too."""
    require(person, Action.MANAGE_USERS)
    rows = connection.execute(select(sender_table).order_by(sender_table.c.name))
    return tuple(Sender(**row._mapping) for row in rows)


def secret(installation: str, name: str, generation: int) -> str:
    """The sender's secret of one generation, to be shown once. installation: ``core.settings.secret_key``."""
    derived = hmac.digest(installation.encode(), f"sender\x1f{name}\x1f{generation}".encode(), "sha256")
    return SECRET_PREFIX + derived.hex()


def sign(key: str, timestamp: str, body: bytes) -> str:
    """The value of the signature's header. key: the secret as it was shown. timestamp: seconds since 1970."""
    return "sha256=" + hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def authenticate(
    connection: Connection, installation: str, signature: Signature, body: bytes, *, now: datetime
) -> Person:
    """Who signed this body. Raises NotLoggedIn: unknown or revoked sender, wrong secret, or a time that is off."""
    if not _is_recent(signature.timestamp, now):
        minutes = int(TOLERANCE.total_seconds()) // 60
        raise NotLoggedIn(f"X-Tingfeng-Timestamp 须为当前时间的秒数，相差不超过 {minutes} 分钟")
    row = _row(connection, signature.sender)
    generations = range(row.oldest, row.newest + 1) if row is not None and row.revoked_at is None else ()
    keys = [secret(installation, signature.sender, generation) for generation in generations]
    values = [sign(key, signature.timestamp, body) for key in keys]
    if not any(hmac.compare_digest(value.encode(), signature.value.encode()) for value in values):
        raise NotLoggedIn("签名不正确，或推送方不存在、已停用")
    return Person(f"sender:{signature.sender}", frozenset({Role.SENDER}))


def _is_recent(timestamp: str, now: datetime) -> bool:
    """Digits only: what int() reads besides (spaces, signs, other scripts) is no header of ours."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12):
        return False
    return abs(now.timestamp() - int(timestamp)) <= TOLERANCE.total_seconds()


def _checked(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise InvalidInput(f"推送方名称应为 1 到 {LONGEST_NAME} 个字", field="name")
    if unstorable(name) is not None:
        raise InvalidInput(refusal("推送方名称"), field="name")
    return name


def _row(connection: Connection, name: str) -> Row[Any] | None:  # Any: a Core row
    return connection.execute(select(sender_table).where(sender_table.c.name == name)).first()


def _locked(connection: Connection, name: str) -> Row[Any]:  # Any: a Core row
    serialise(connection, "sender")
    row = _row(connection, name)
    if row is None or row.revoked_at is not None:
        raise NotFound(f"没有推送方「{name}」，或已停用", name=name)
    return row


def _set(connection: Connection, name: str, **values: object) -> None:
    connection.execute(update(sender_table).where(sender_table.c.name == name).values(**values))


def _recorded(connection: Connection, person: Person, action: str, name: str, now: datetime) -> Sender:
    row = connection.execute(select(sender_table).where(sender_table.c.name == name)).one()
    audit.record(connection, person=person, action=action, subject=f"sender:{name}", now=now)
    return Sender(**row._mapping)
