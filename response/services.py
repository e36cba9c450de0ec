"""The bundle a door receives: everything the product is made of, put together once by ``app.wiring``."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from alerts.channels.base import Channel
from core.database import Database
from core.settings import Settings
from crawler.checked import Checked
from crawler.definition import Source
from index.base import MentionIndex
from response.trial import Loaded, Trial


class Tools(Protocol):
    """What doors need of rooms they may not import; each is loaded when it is used first."""

    def frequencies(self, words: Sequence[str]) -> Mapping[str, int]:
        """How common words are in everyday Chinese (``nlp.everyday``)."""
        ...

    def check(
        self, settings: Settings, sources: Sequence[Source], site: str = "", *, is_inside: bool = False
    ) -> tuple[Checked, ...]:
        """Look at each source once, and at a site for what it offers; in a child process, within 30 s, never raises.

        is_inside: the site is on the own network.
        """
        ...

    def try_file(self, services: "Services", path: Path) -> Trial:
        """What a table of another system would become; stores nothing. Raises InvalidInput."""
        ...

    def load_file(self, services: "Services", path: Path, *, source: str) -> Loaded:
        """Store it. Raises InvalidInput."""
        ...

    def scratch_index(self, settings: Settings) -> AbstractContextManager[MentionIndex]:
        """An empty index of its own that is gone afterwards."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """now: the only clock, aware UTC. channels: by name. Rooms below take only what they need as arguments."""

    database: Database
    index: MentionIndex
    channels: Mapping[str, Channel]
    settings: Settings
    now: Callable[[], datetime]
    tools: Tools
