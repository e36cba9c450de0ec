"""Accounts, sessions, tokens; who may do what."""

from datetime import timedelta

import pytest

from core import accounts, audit
from core.access import GRANTS, SYSTEM, Action, Person, Role, may, require
from core.database import Database
from core.errors import InvalidInput, NotAllowed, NotFound, NotLoggedIn, TooManyRequests

STRANGER = Person("路人", frozenset())
PASSWORD = "correct horse"


def test_first_start_makes_one_administrator_and_shows_the_password_once(database: Database, clock) -> None:
    with database.write() as connection:
        password = accounts.ensure_admin(connection, now=clock())
        assert password is not None
        assert accounts.ensure_admin(connection, now=clock()) is None
    session = accounts.log_in(database, "admin", password, now=clock(), hours=1)
    assert session is not None
    with database.read() as connection:
        assert accounts.person_of_session(connection, session, now=clock()).roles == {Role.ADMIN}
        stored = connection.execute(accounts.user_table.select()).one()
    assert password not in str(stored)


def test_a_session_ends_with_its_time_its_logout_and_its_account(database: Database, clock) -> None:
    with database.write() as connection:
        accounts.create(connection, SYSTEM, "林晓", PASSWORD, [Role.MANAGER], now=clock())
    logged_out, timed_out = _session(database, clock), _session(database, clock)
    clock.advance(hours=1)
    disabled = _session(database, clock)
    with database.write() as connection:
        accounts.log_out(connection, logged_out)
        accounts.set_enabled(connection, SYSTEM, "林晓", False, now=clock())
        for value in (logged_out, timed_out, disabled, "made up"):
            with pytest.raises(NotLoggedIn):
                accounts.person_of_session(connection, value, now=clock())
    assert accounts.log_in(database, "林晓", PASSWORD, now=clock(), hours=1) is None


def test_five_failures_lock_the_account_for_a_while(database: Database, clock) -> None:
    with database.write() as connection:
        accounts.create(connection, SYSTEM, "林晓", PASSWORD, [Role.MANAGER], now=clock())
    for _ in range(accounts.FAILURES_ALLOWED):
        assert accounts.log_in(database, "林晓", "wrong password", now=clock(), hours=1) is None
    with pytest.raises(TooManyRequests) as caught:
        accounts.log_in(database, "林晓", PASSWORD, now=clock(), hours=1)
    assert caught.value.details["retry_after_seconds"] == 15 * 60 + 1
    clock.now += accounts.LOCK_TIME + timedelta(seconds=1)
    assert accounts.log_in(database, "林晓", PASSWORD, now=clock(), hours=1)
    assert accounts.log_in(database, "nobody", PASSWORD, now=clock(), hours=1) is None


def test_what_happens_while_a_password_is_verified_counts(database: Database, clock, monkeypatch) -> None:
    """Others write meanwhile: guesses side by side lock the account, and a password that was just changed is over."""
    with database.write() as connection:
        accounts.create(connection, SYSTEM, "林晓", PASSWORD, [Role.MANAGER], now=clock())
    verified = accounts._verified

    def guessed(stored: str, password: str) -> bool:
        monkeypatch.setattr(accounts, "_verified", verified)
        for _ in range(accounts.FAILURES_ALLOWED):
            accounts.log_in(database, "林晓", "wrong password", now=clock(), hours=1)
        return verified(stored, password)

    def changed(stored: str, password: str) -> bool:
        with database.write() as connection:
            accounts.set_password(connection, SYSTEM, "林晓", "another password", now=clock())
        return verified(stored, password)

    monkeypatch.setattr(accounts, "_verified", guessed)
    with pytest.raises(TooManyRequests):
        accounts.log_in(database, "林晓", PASSWORD, now=clock(), hours=1)
    clock.now += accounts.LOCK_TIME + timedelta(seconds=1)
    monkeypatch.setattr(accounts, "_verified", changed)
    assert accounts.log_in(database, "林晓", PASSWORD, now=clock(), hours=1) is None


def test_tokens_act_as_their_owner_until_revoked(database: Database, clock) -> None:
    with database.write() as connection:
        accounts.create(connection, SYSTEM, "周航", PASSWORD, [Role.ANALYST], now=clock())
        owner = Person("周航", frozenset({Role.ANALYST}))
        token, secret = accounts.create_token(connection, owner, "脚本", now=clock())
        assert accounts.person_of_token(connection, secret) == owner
        assert accounts.tokens(connection, owner) == (token,)
        with pytest.raises(NotAllowed):
            accounts.revoke_token(connection, STRANGER, token.id, now=clock())
        accounts.revoke_token(connection, owner, token.id, now=clock())
        assert accounts.tokens(connection, owner) == ()
        with pytest.raises(NotLoggedIn):
            accounts.person_of_token(connection, secret)
        with pytest.raises(NotFound):
            accounts.revoke_token(connection, owner, "nothing", now=clock())


REFUSED = [("", PASSWORD), ("林晓", PASSWORD), ("新人", "short"), ("新人", "x" * 257)]


@pytest.mark.parametrize(("name", "password"), REFUSED)
def test_bad_accounts_are_refused(database: Database, clock, name: str, password: str) -> None:
    with database.write() as connection:
        accounts.create(connection, SYSTEM, "林晓", PASSWORD, [Role.MANAGER], now=clock())
        with pytest.raises(InvalidInput):
            accounts.create(connection, SYSTEM, name, password, [Role.READER], now=clock())


def test_only_administrators_handle_accounts_but_everybody_changes_the_own_password(database: Database, clock) -> None:
    manager = Person("林晓", frozenset({Role.MANAGER}))
    with database.write() as connection:
        accounts.create(connection, SYSTEM, "林晓", PASSWORD, [Role.MANAGER], now=clock())
    session = _session(database, clock)
    with database.write() as connection:
        accounts.set_password(connection, manager, "林晓", "another password", now=clock())
        with pytest.raises(NotLoggedIn):
            accounts.person_of_session(connection, session, now=clock())
        for call in (
            lambda: accounts.create(connection, manager, "x", PASSWORD, [Role.ADMIN], now=clock()),
            lambda: accounts.set_password(connection, manager, "admin", PASSWORD, now=clock()),
            lambda: accounts.set_enabled(connection, manager, "林晓", True, now=clock()),
            lambda: accounts.accounts(connection, manager),
        ):
            with pytest.raises(NotAllowed):
                call()
        with pytest.raises(NotAllowed):
            audit.latest(connection, STRANGER)
        actions = [entry.action for entry in audit.latest(connection, manager)]
    assert actions == ["user.password_changed", "user.logged_in", "user.created"]


def test_roles_grant_what_the_table_says() -> None:
    for action in Action:
        assert may(SYSTEM, action)
        with pytest.raises(NotAllowed):
            require(STRANGER, action)
    reader = Person("r", frozenset({Role.READER}))
    assert {action for action in Action if may(reader, action)} == GRANTS[Role.READER]
    assert not may(reader, Action.HANDLE_ALERT)


def _session(database: Database, clock) -> str:
    value = accounts.log_in(database, "林晓", PASSWORD, now=clock(), hours=1)
    assert value is not None
    return value
