"""Accounts: people with roles and passwords, sessions of the pages, tokens of the API.

Passwords are stored as argon2 hashes, sessions and tokens as SHA-256 of a random value that is shown once.
Sign-in is slowed down per account: five failures lock it for a while, whoever asks.
"""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Integer,
    Row,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from core import audit
from core.access import SYSTEM, Action, Person, Role, require
from core.database import Database, UtcTime, metadata, serialise
from core.errors import InvalidInput, NotFound, NotLoggedIn, TooManyRequests
from core.mention import Time

user_table: Final = Table(
    "user_account",
    metadata,
    Column("name", String, primary_key=True),
    Column("password_hash", String, nullable=False),
    Column("roles", JSON, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_until", UtcTime),
    Column("created_at", UtcTime, nullable=False),
)
session_table: Final = Table(
    "session",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("user_name", String, nullable=False, index=True),
    Column("expires_at", UtcTime, nullable=False),
)
token_table: Final = Table(
    "token",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("id", String(16), nullable=False, unique=True),
    Column("user_name", String, nullable=False, index=True),
    Column("note", String, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
)

# Source: OWASP Authentication Cheat Sheet asks for a lockout threshold and duration; the numbers are a Guess
# that lets a person mistype and stops guessing at 5 tries a quarter of an hour.
FAILURES_ALLOWED: Final = 5
LOCK_TIME: Final = timedelta(minutes=15)
# Source: NIST SP 800-63B section 5.1.1: at least 8 characters, no composition rules.
SHORTEST_PASSWORD: Final = 8
LONGEST_PASSWORD: Final = 256
TOKEN_PREFIX: Final = "tf_"

_HASHER: Final = PasswordHasher()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person who may sign in, without the password."""

    name: str
    roles: frozenset[Role]
    enabled: bool
    created_at: Time


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An API token without its secret."""

    id: str
    user_name: str
    note: str
    created_at: Time


def ensure_admin(connection: Connection, *, now: datetime) -> str | None:
    """First start: create the account ``admin`` and return its password, to be shown once; later None."""
    serialise(connection, "user")
    if connection.scalar(select(func.count()).select_from(user_table)):
        return None
    password = secrets.token_urlsafe(12)
    create(connection, SYSTEM, "admin", password, [Role.ADMIN], now=now)
    return password


def create(
    connection: Connection, person: Person, name: str, password: str, roles: Iterable[Role], *, now: datetime
) -> Account:
    """Raises NotAllowed, InvalidInput (name taken, password too short)."""
    require(person, Action.MANAGE_USERS)
    name, chosen = name.strip(), sorted(set(roles))
    if not 1 <= len(name) <= 64:
        raise InvalidInput("账号名应为 1 到 64 个字", field="name")
    hashed = _hashed(password)
    serialise(connection, "user")
    if _account_row(connection, name) is not None:
        raise InvalidInput(f"账号「{name}」已存在", field="name")
    row = {"name": name, "password_hash": hashed, "roles": chosen, "enabled": True, "failures": 0}
    connection.execute(insert(user_table).values(created_at=now, **row))
    _record(connection, person, "user.created", name, now, {"roles": chosen})
    return Account(name=name, roles=frozenset(chosen), enabled=True, created_at=now)


def set_password(connection: Connection, person: Person, name: str, password: str, *, now: datetime) -> None:
    """Everybody their own, an administrator anyone's; ends the account's sessions."""
    if person.name != name:
        require(person, Action.MANAGE_USERS)
    values = {"password_hash": _hashed(password), "failures": 0, "locked_until": None}
    _change(connection, name, values)
    connection.execute(delete(session_table).where(session_table.c.user_name == name))
    _record(connection, person, "user.password_changed", name, now)


def set_enabled(connection: Connection, person: Person, name: str, enabled: bool, *, now: datetime) -> None:
    """A disabled account keeps its history; its sessions and tokens stop at once."""
    require(person, Action.MANAGE_USERS)
    _change(connection, name, {"enabled": enabled})
    _record(connection, person, "user.enabled" if enabled else "user.disabled", name, now)


def accounts(connection: Connection, person: Person) -> tuple[Account, ...]:
    """All accounts by name. Raises NotAllowed."""
    require(person, Action.MANAGE_USERS)
    rows = connection.execute(select(user_table).order_by(user_table.c.name))
    return tuple(
        Account(name=row.name, roles=_roles(row.roles), enabled=row.enabled, created_at=row.created_at) for row in rows
    )


def log_in(database: Database, name: str, password: str, *, now: datetime, hours: int) -> str | None:
    """Return a new session value, or None for a wrong name or password (the failure is counted and kept).

    Raises TooManyRequests while the account is locked. Opens its own transactions: a password takes long to verify.
    """
    with database.read() as connection:
        row = _account_row(connection, name.strip())
    _refuse_locked(row, now)
    is_right = _verified(row.password_hash if row is not None else _nobody(), password)
    if row is None:
        return None
    with database.write() as connection:
        return _let_in(connection, row, is_right, now=now, hours=hours)


def _refuse_locked(row: Row[Any] | None, now: datetime) -> None:  # Any: a Core row
    if row is not None and row.locked_until is not None and row.locked_until > now:
        wait = int((row.locked_until - now).total_seconds()) + 1
        raise TooManyRequests(f"尝试次数过多，请 {wait // 60 + 1} 分钟后再试", retry_after_seconds=wait)


# Any: a Core row
def _let_in(connection: Connection, asked: Row[Any], is_right: bool, *, now: datetime, hours: int) -> str | None:
    """asked: the account as the password was verified for; others may have guessed or changed it meanwhile."""
    serialise(connection, "log in")
    row = _account_row(connection, asked.name)
    _refuse_locked(row, now)
    if row is None:
        return None
    if not is_right or not row.enabled or row.password_hash != asked.password_hash:
        _count_failure(connection, row.name, now)
        return None
    _change(connection, row.name, {"failures": 0, "locked_until": None})
    value = secrets.token_urlsafe(32)
    expires_at = now + timedelta(hours=hours)
    connection.execute(insert(session_table).values(hash=_digest(value), user_name=row.name, expires_at=expires_at))
    _record(connection, Person(row.name, _roles(row.roles)), "user.logged_in", row.name, now)
    return value


def log_out(connection: Connection, value: str) -> None:
    """End a session; unknown values are ignored."""
    connection.execute(delete(session_table).where(session_table.c.hash == _digest(value)))


def person_of_session(connection: Connection, value: str, *, now: datetime) -> Person:
    """Raises NotLoggedIn when the session is unknown, over, or its account disabled."""
    chosen = (session_table.c.hash == _digest(value)) & (session_table.c.expires_at > now)
    return _person(connection, connection.scalar(select(session_table.c.user_name).where(chosen)))


def create_token(connection: Connection, person: Person, note: str, *, now: datetime) -> tuple[Token, str]:
    """A token acts as the person who made it. Returns the record and the secret, shown once."""
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = Token(id=secrets.token_hex(6), user_name=person.name, note=note.strip()[:200], created_at=now)
    if _account_row(connection, person.name) is None:
        raise NotFound(f"没有账号「{person.name}」", name=person.name)
    row = {"id": token.id, "user_name": token.user_name, "note": token.note, "created_at": now}
    connection.execute(insert(token_table).values(hash=_digest(secret), **row))
    _record(connection, person, "token.created", person.name, now, {"token": token.id, "note": token.note})
    return token, secret


def tokens(connection: Connection, person: Person) -> tuple[Token, ...]:
    """The person's own tokens that still work."""
    chosen = (token_table.c.user_name == person.name) & token_table.c.revoked_at.is_(None)
    rows = connection.execute(select(token_table).where(chosen).order_by(token_table.c.created_at))
    return tuple(Token(id=row.id, user_name=row.user_name, note=row.note, created_at=row.created_at) for row in rows)


def revoke_token(connection: Connection, person: Person, token_id: str, *, now: datetime) -> None:
    """Everybody their own, an administrator anyone's. Raises NotFound."""
    owner = connection.scalar(select(token_table.c.user_name).where(token_table.c.id == token_id))
    if owner is None:
        raise NotFound("没有这个令牌", token=token_id)
    if owner != person.name:
        require(person, Action.MANAGE_USERS)
    connection.execute(update(token_table).where(token_table.c.id == token_id).values(revoked_at=now))
    _record(connection, person, "token.revoked", owner, now, {"token": token_id})


def person_of_token(connection: Connection, secret: str) -> Person:
    """Raises NotLoggedIn when the token is unknown, revoked, or its account disabled."""
    chosen = (token_table.c.hash == _digest(secret)) & token_table.c.revoked_at.is_(None)
    return _person(connection, connection.scalar(select(token_table.c.user_name).where(chosen)))


def forget_sessions(connection: Connection, *, now: datetime) -> int:
    """Delete sessions that are over (daily)."""
    return connection.execute(delete(session_table).where(session_table.c.expires_at <= now)).rowcount


def _person(connection: Connection, name: str | None) -> Person:
    row = _account_row(connection, name) if name is not None else None
    if row is None or not row.enabled:
        raise NotLoggedIn("请先登录，或提供有效的访问令牌")
    return Person(row.name, _roles(row.roles))


def _account_row(connection: Connection, name: str) -> Row[Any] | None:  # Any: a Core row
    return connection.execute(select(user_table).where(user_table.c.name == name)).first()


def _change(connection: Connection, name: str, values: Mapping[str, object]) -> None:
    if connection.execute(update(user_table).where(user_table.c.name == name).values(**values)).rowcount == 0:
        raise NotFound(f"没有账号「{name}」", name=name)


def _count_failure(connection: Connection, name: str, now: datetime) -> None:
    """The database counts, so that of two failures at once neither is forgotten."""
    counted = update(user_table).where(user_table.c.name == name).values(failures=user_table.c.failures + 1)
    if connection.execute(counted.returning(user_table.c.failures)).scalar_one() >= FAILURES_ALLOWED:
        _change(connection, name, {"failures": 0, "locked_until": now + LOCK_TIME})
        _record(connection, SYSTEM, "user.locked", name, now)


@cache
def _nobody() -> str:
    """Verified when the account does not exist, so that the answer takes as long."""
    return _HASHER.hash(secrets.token_urlsafe(16))


def _verified(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password[: LONGEST_PASSWORD + 1])
    except (VerificationError, InvalidHashError):
        return False


def _hashed(password: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise InvalidInput(f"密码长度应为 {SHORTEST_PASSWORD} 到 {LONGEST_PASSWORD} 个字符", field="password")
    return _HASHER.hash(password)


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()


def _roles(values: Iterable[str]) -> frozenset[Role]:
    return frozenset(Role(value) for value in values)


def _record(
    connection: Connection,
    person: Person,
    action: str,
    name: str,
    now: datetime,
    details: dict[str, object] | None = None,
) -> None:
    audit.record(connection, person=person, action=action, subject=f"user:{name}", now=now, details=details)
