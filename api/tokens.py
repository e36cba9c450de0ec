"""Access tokens (访问令牌) for machines."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Body

from api.door import Asked, Somebody
from core import accounts
from core.accounts import Token
from core.errors import NotLoggedIn

router = APIRouter(tags=["tokens"])


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """secret is shown this once."""

    token: Token
    secret: str


@router.post("/tokens", summary="用账号密码换取访问令牌（只显示这一次）", status_code=201)
def create(
    services: Asked,
    name: Annotated[str, Body(embed=True)],
    password: Annotated[str, Body(embed=True)],
    note: Annotated[str, Body(embed=True)] = "",
) -> NewToken:
    """Wrong passwords lock the account for a while, as on the pages."""
    session = accounts.log_in(services.database, name, password, now=services.now(), hours=1)
    if session is None:
        raise NotLoggedIn("账号或密码不对")
    with services.database.write() as connection:
        person = accounts.person_of_session(connection, session, now=services.now())
        accounts.log_out(connection, session)
        token, secret = accounts.create_token(connection, person, note, now=services.now())
    return NewToken(token=token, secret=secret)


@router.get("/tokens", summary="自己的访问令牌")
def list_tokens(services: Asked, person: Somebody) -> tuple[Token, ...]:
    """Without their secrets."""
    with services.database.read() as connection:
        return accounts.tokens(connection, person)


@router.delete("/tokens/{token_id}", summary="作废访问令牌", status_code=204)
def revoke(services: Asked, person: Somebody, token_id: str) -> None:
    """At once."""
    with services.database.write() as connection:
        accounts.revoke_token(connection, person, token_id, now=services.now())
