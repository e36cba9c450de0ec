"""The desk of one open page: asks the rooms below in a thread, as the person the session belongs to at that moment.

Nothing about the person is kept between two events, so that a role taken away or a session ended counts at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from fastapi import Request
from nicegui import run

from core import accounts
from core.access import Person
from core.errors import StoreUnavailable
from response.services import Services

SESSION_COOKIE: Final = "tingfeng_session"

T = TypeVar("T")
# Blocking work of a page: opens its own transactions, raises TingfengError.
Work = Callable[[Services, Person], T]


@dataclass(frozen=True, slots=True)
class Desk:
    """session: the value of the cookie, as it came with the page."""

    services: Services
    session: str

    @classmethod
    def of(cls, services: Services, request: Request) -> "Desk":
        return cls(services, request.cookies.get(SESSION_COOKIE, ""))

    async def ask(self, work: Work[T]) -> T:
        """Do blocking work off the event loop. Raises NotLoggedIn and whatever the work raises."""
        answer = await run.io_bound(lambda: (self._run(work),))
        if answer is None:
            raise StoreUnavailable("服务正在停止，请稍后再试")
        return answer[0]

    def _run(self, work: Work[T]) -> T:
        with self.services.database.read() as connection:
            person = accounts.person_of_session(connection, self.session, now=self.services.now())
        return work(self.services, person)
