"""The bundle a door receives: everything the product is made of, put together once by ``app.wiring``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from alerts.channels.base import Channel
from core.database import Database
from core.settings import Settings
from index.base import MentionIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """now: the only clock, aware UTC. channels: by name. Rooms below take only what they need as arguments."""

    database: Database
    index: MentionIndex
    channels: Mapping[str, Channel]
    settings: Settings
    now: Callable[[], datetime]
