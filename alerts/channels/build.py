"""Make the senders of the channels that are configured and enabled."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from alerts.channel import ChannelConfig, ChannelKind, active
from alerts.channels.base import Channel
from alerts.channels.log import LogChannel
from alerts.channels.webhook import WebhookChannel
from core.database import Database


def build(database: Database, *, data_dir: Path, now: Callable[[], datetime]) -> Mapping[str, Channel]:
    """Senders by name for the channels stored at this moment; nothing is contacted yet."""
    with database.read() as connection:
        configs = active(connection)
    return {config.name: sender(config, data_dir, now) for config in configs}


def sender(config: ChannelConfig, data_dir: Path, now: Callable[[], datetime]) -> Channel:
    """The sender of one channel, stored or not."""
    match config.kind:
        case ChannelKind.WEBHOOK:
            return WebhookChannel(
                config.name,
                url=str(config.options["url"]),
                secret=str(config.options["secret"]),
                allow_private=bool(config.options.get("allow_private", False)),
                now=now,
            )
        case ChannelKind.LOG:
            return LogChannel(config.name, data_dir=data_dir)
