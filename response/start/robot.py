"""Step 7: the address of a chat robot or receiver gets a test message; it is kept only where somebody wants it."""

import secrets
from urllib.parse import urlsplit

from alerts import channel
from alerts.channel import ChannelConfig, ChannelKind
from alerts.channels import build
from alerts.channels.base import Message, Receipt
from alerts.level import Level
from core.access import Action, Person, require
from core.errors import InvalidInput
from response.entered import required
from response.services import Services

LONGEST_ADDRESS = 2000


def new_secret() -> str:
    """For the signature; the receiver may check it."""
    return secrets.token_urlsafe(24)


def try_out(services: Services, person: Person, url: str, *, secret: str, allow_private: bool = False) -> Receipt:
    """Send one message and return what was answered. Raises InvalidInput, DeliveryFailed, DeliveryRejected."""
    require(person, Action.MANAGE_CHANNELS)
    now = services.now()
    sender = build.sender(_config(url, "试发", secret, allow_private), services.settings.data_dir, services.now)
    return sender.send(
        Message(
            id=f"test-{secrets.token_hex(8)}",
            number="测试",
            level=Level.YELLOW.value,
            title="听风测试消息",
            text=f"{person.name} 在「开始」页试发的消息。收到它，说明预警能送到这里。",
            created_at=now,
        )
    )


def keep(
    services: Services, person: Person, url: str, *, name: str, secret: str, allow_private: bool = False
) -> ChannelConfig:
    """Store it as a channel for alerts from yellow on. Raises InvalidInput."""
    require(person, Action.MANAGE_CHANNELS)
    config = _config(url, required(name, "name", "渠道名", longest=channel.LONGEST_NAME), secret, allow_private)
    with services.database.write() as connection:
        return channel.save(connection, person, config, now=services.now())


def _config(url: str, name: str, secret: str, allow_private: bool) -> ChannelConfig:
    url = required(url, "url", "机器人地址", longest=LONGEST_ADDRESS)
    if urlsplit(url).scheme not in ("http", "https"):
        raise InvalidInput("机器人地址应以 http:// 或 https:// 开头", field="url")
    options = {"url": url, "secret": secret, "allow_private": allow_private}
    return ChannelConfig(name=name, kind=ChannelKind.WEBHOOK, options=options)
