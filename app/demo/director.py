"""The director: lets the waves appear one after another, watches what the product makes of them, and reports."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from threading import Event
from typing import Final

from alerts import alert, outbox
from alerts.outbox import DeliveryStatus
from app.demo.receiver import Receiver
from app.demo.site import SampleSite
from app.demo.story import LAST_WAVE, Story
from core import inbox
from core.access import SYSTEM
from crawler import sources
from response import incident, mentions
from response.mentions import Filters
from response.services import Services

WAVE_NAMES: Final = ("近 28 天的帖子和报道", "第一批刹车投诉", "投诉扩散，媒体跟进", "转载潮和公司回应")
LOOK_SECONDS: Final = 0.3
# A crawl that was running when the wave appeared may have missed it: ask again after this long.
ASK_AGAIN_SECONDS: Final = 6.0
# Guess: a wave takes seconds; on a machine ten times slower the story goes on all the same.
WAVE_PATIENCE_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is to be seen at one moment. Times are seconds since the command was given; None: not yet."""

    wave: int = 0
    pages: int = 0
    mentions: int = 0
    analysed: int = 0
    indexed: int = 0
    excluded: int = 0
    negative: int = 0
    alerts: int = 0
    alert: str = ""
    first_level: str = ""
    level: str = ""
    title: str = ""
    incident: str = ""
    sent: int = 0
    received: int = 0
    seconds_to_first_mention: float | None = None
    seconds_to_first_alert: float | None = None
    seconds_to_first_incident: float | None = None

    @property
    def is_climax(self) -> bool:
        """Alert raised, incident open, both channels reached."""
        return bool(self.alert and self.incident and self.sent >= 2 and self.received >= 1)

    def summary(self) -> dict[str, object]:
        """JSON-ready values for the last line on stdout."""
        return asdict(self)


@dataclass(slots=True)
class Director:
    """started: time.monotonic() when the command was given. patience_seconds: from then to the climax."""

    services: Services
    site: SampleSite
    receiver: Receiver
    story: Story
    source_names: Sequence[str]
    started: float
    patience_seconds: float
    stop: Event = field(default_factory=Event)
    scene: Scene = Scene()

    def play(self, show: Callable[[Scene], None], *, until_climax: bool) -> None:
        """Play all waves, then keep looking until ``stop`` is set or the climax did not come in time.

        until_climax: end when the alert is through.
        """
        wave, since, asked = 0, time.monotonic(), time.monotonic()
        while not self.stop.is_set():
            self.scene = self._look(wave)
            show(self.scene)
            if until_climax and self.scene.is_climax:
                return
            moment = time.monotonic()
            if not self.scene.is_climax and moment - self.started > self.patience_seconds:
                return
            if wave < LAST_WAVE and (self._is_through(wave) or moment - since > WAVE_PATIENCE_SECONDS):
                wave, since, asked = wave + 1, moment, moment
                self.site.publish(wave)
                self._ask()
            elif moment - asked > ASK_AGAIN_SECONDS and not self._is_through(wave):
                asked = moment
                self._ask()
            self.stop.wait(LOOK_SECONDS)

    def _is_through(self, wave: int) -> bool:
        """Every post of the wave is indexed; after the spread the alert comes before the reposts."""
        is_read = self.scene.indexed >= len(self.story.visible(wave))
        return is_read and (wave != LAST_WAVE - 1 or self.scene.is_climax)

    def _ask(self) -> None:
        with self.services.database.write() as connection:
            for name in self.source_names:
                sources.request_now(connection, SYSTEM, name, now=self.services.now())

    def _look(self, wave: int) -> Scene:
        services = self.services
        with services.database.read() as connection:
            stored, waiting = inbox.count(connection), inbox.backlog(connection)
            alerts = alert.list_all(connection, SYSTEM)
            incidents = incident.list_all(connection, SYSTEM, now=services.now())
            sent = outbox.deliveries(connection, SYSTEM, status=DeliveryStatus.SENT)
        first = alerts[-1] if alerts else None
        scene = replace(
            self.scene,
            wave=wave,
            pages=self.site.requests,
            mentions=stored,
            analysed=stored - waiting.unanalysed,
            indexed=stored - waiting.unanalysed - waiting.unindexed,
            excluded=_count(services, Filters(status="excluded")),
            negative=_count(services, Filters(brand="青柠汽车", sentiment="negative")),
            alerts=len(alerts),
            alert=first.number if first else "",
            first_level=self.scene.first_level or (first.level.value if first else ""),
            level=first.level.value if first else "",
            title=first.title if first else "",
            incident=incidents[-1].incident.number if incidents else "",
            sent=len(sent),
            received=len(self.receiver.received),
        )
        return self._timed(scene)

    def _timed(self, scene: Scene) -> Scene:
        elapsed = round(time.monotonic() - self.started, 1)
        return replace(
            scene,
            seconds_to_first_mention=scene.seconds_to_first_mention or (elapsed if scene.mentions else None),
            seconds_to_first_alert=scene.seconds_to_first_alert or (elapsed if scene.alert else None),
            seconds_to_first_incident=scene.seconds_to_first_incident or (elapsed if scene.incident else None),
        )


def _count(services: Services, filters: Filters) -> int:
    return mentions.search(services, SYSTEM, "", filters, limit=1).total
