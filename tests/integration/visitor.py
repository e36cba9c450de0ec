"""A visitor of the pages, by NiceGUI's simulated user."""

import asyncio
import re
from dataclasses import dataclass

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement
from nicegui.elements.mixins.value_element import ValueElement
from nicegui.testing import User

from core import accounts
from dashboard.desk import SESSION_COOKIE
from response.services import Services

PASSWORD = "long enough for a test"
# 9, 1,234 条，负面 5, 查看这 33 条; not a date and not a page of the grammar.
NUMBER = re.compile(r"(?:查看这 )?([\d,]+)(?: 条.*)?$")


@dataclass
class Visitor:
    """A simulated browser that can sign in without the form."""

    user: User
    services: Services

    async def sign_in(self, name: str) -> str:
        value = accounts.log_in(self.services.database, name, PASSWORD, now=self.services.now(), hours=1)
        assert value is not None
        self.user.http_client.cookies.set(SESSION_COOKIE, value)
        return value

    async def see(self, path: str, *texts: str) -> None:
        await self.user.open(path)
        for text in texts:
            await self.sees(text)

    async def sees(self, text: str) -> None:
        """A busy machine takes its time; what is there is seen at once."""
        await self.user.should_see(text, retries=100)

    def watch_leaving(self) -> asyncio.Future[str]:
        """Where the page sends the browser next; the login is no page of NiceGUI, the simulation cannot go there."""
        gone: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.user.navigate.to = gone.set_result  # type: ignore[assignment]  # a simulated browser
        return gone

    def addresses(self) -> list[str]:
        """Where the links of the page lead."""
        with self.user:
            elements = self.user.current_layout.descendants()
            return [str(each.props["href"]) for each in elements if each.tag == "a" and "href" in each.props]

    def numbers(self) -> list[tuple[str, str]]:
        """Numbers that are links to lists of mentions: the number and where it leads."""
        found = []
        with self.user:
            for each in self.user.current_layout.descendants():
                address = str(each.props.get("href", ""))
                if each.tag != "a" or not address.startswith("/mentions?"):
                    continue
                texts = [
                    str(inner.text) for inner in each.descendants(include_self=True) if isinstance(inner, TextElement)
                ]
                said = next((match[1] for text in texts if (match := NUMBER.match(text))), None)
                if said is not None:
                    found.append((said, address))
        return found

    def html(self) -> list[str]:
        """Everything that is put on the page as HTML."""
        with self.user:
            return [str(each.content) for each in self.user.current_layout.descendants() if isinstance(each, ui.html)]


async def fill(
    visitor: Visitor,
    button: str,
    values: dict[str, str],
    submit: str,
    *,
    check: bool = False,
) -> None:
    """Open a dialog by its button, type into its fields by label, and send it."""
    user = visitor.user
    user.find(kind=ui.button, content=button).click()
    await user.should_see(next(iter(values)))
    with user.scope(kind=ui.dialog):
        for label, value in values.items():
            user.find(kind=ValueElement, content=label).clear().type(value)
        if check:
            user.find(kind=ui.checkbox).click()
        user.find(kind=ui.button, content=submit).click()
