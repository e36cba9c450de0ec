"""What every door needs: the services, the person behind the token, times as callers write them.

Routes are plain functions: FastAPI runs them in a thread, so that database and index never block the loop.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Final

from fastapi import Depends, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import AfterValidator

from core import accounts
from core.access import Person
from core.database import refusal, unstorable
from core.errors import InvalidInput, NotLoggedIn
from core.mention import as_utc
from response.services import Services

BEARER: Final = HTTPBearer(auto_error=False, description="tingfeng user token NAME")


def services_of(request: Request) -> Services:
    """The bundle the application was built with."""
    services: Services = request.app.state.services
    return services


def person_of(
    services: Annotated[Services, Depends(services_of)],
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
) -> Person:
    """Raises NotLoggedIn without a valid token."""
    if credentials is None:
        raise NotLoggedIn("请提供访问令牌：Authorization: Bearer …")
    with services.database.read() as connection:
        return accounts.person_of_token(connection, credentials.credentials)


async def _given(request: Request) -> Mapping[str, object]:
    """What the route reads of the request: a body that none asks for stays unread."""
    given: dict[str, object] = {"path": request.path_params, "query": request.query_params.multi_items()}
    if request.scope["route"].body_field is not None:
        with suppress(ValueError, RecursionError):  # not JSON: no route has read it as such
            given["body"] = await request.json()
    return given


def only_storable(given: Annotated[Mapping[str, object], Depends(_given)]) -> None:
    """The border of this door: no text with NUL or lone surrogates comes in. Raises InvalidInput naming its place."""
    if (place := unstorable(given)) is not None:
        raise InvalidInput(refusal(f"参数 {place}"), field=place)


Asked = Annotated[Services, Depends(services_of)]
Somebody = Annotated[Person, Depends(person_of)]
Moment = Annotated[datetime, AfterValidator(as_utc)]
Since = Annotated[Moment | None, Query(description="起（含），如 2026-06-16T00:00")]
Until = Annotated[Moment | None, Query(description="止（不含）")]
