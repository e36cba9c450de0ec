"""``kill -9`` of any process in the middle of a crawl loses nothing and doubles nothing.

One service lives through all kills while a sample site publishes wave after wave; its parent, its pipeline and a
crawl are killed in turn. What is counted at the end: mentions, index, stories, alerts, incidents, messages.
"""

import json
import os
import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from sqlalchemy import func, select

from alerts import alert, outbox
from alerts.outbox import Delivery, DeliveryStatus
from app import wiring
from app.demo.site import SampleSite
from app.demo.site_sources import source_definitions
from app.demo.stage import BRANDS
from app.demo.story import Site, Story, build
from core import inbox, quarantine
from core.access import SYSTEM
from core.database import Database
from core.inbox import Backlog
from core.mention import Mention, mention_id
from core.mention_table import version_table
from core.normalise import canonical_url
from core.settings import Settings
from core.story import story_table
from crawler import sources, turn
from index.base import Dimension
from index.query import EVERYTHING
from response import incident
from response.services import Services
from tests.faults import product
from tests.faults.product import DATA, Service
from tests.faults.waiting import until
from tests.integration.webhook_receiver import Receiver, receiver

pytestmark = pytest.mark.skipif(not product.PROC.is_dir(), reason="children are found through /proc")

IS_PROOF: Final = os.environ.get("TINGFENG_TEST_PROOF") == "1"
KILLS: Final = 20 if IS_PROOF else 3
VICTIMS: Final = ("serve", "work", "crawl")
SEED: Final = 20260616
# Forum posts of the history; those that still stand on a board have pages of their own.
HISTORY: Final = 20
# A clock that jumps instead of a test that waits: past the lease of a killed scheduler and of a message it was sending.
JUMP: Final = timedelta(seconds=61)
FAST: Final[dict[str, Any]] = {  # Any: settings of several types
    "pipeline_idle_seconds": 0.1,
    "alert_interval_seconds": 1,
    "deliver_interval_seconds": 1,
    "incident_level": "blue",
    "log_level": "WARNING",
}


@dataclass
class Scene:
    """Site, receiver and service. killed: what was killed so far. offset: how far the product's clock is ahead."""

    folder: Path
    story: Story
    site: SampleSite
    desk: Receiver
    service: Service
    database: Database
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))
    killed: Counter[str] = field(default_factory=Counter)
    offset: timedelta = timedelta()

    def start(self) -> None:
        self.service.start(clock_offset_seconds=self.offset.total_seconds())

    def ask(self) -> None:
        """Have every source crawled now, as a person does on the sources page, unless a turn waits already."""
        now = datetime.now(UTC) + self.offset
        with self.database.write() as connection:
            if not turn.due(connection, now=now):
                for source in sources.list_all(connection, SYSTEM):
                    sources.request_now(connection, SYSTEM, source.name, now=now)

    def victim(self, command: str) -> int:
        """A process to kill, at a moment when some pages of a crawl have been read and others have not."""
        pages = self.site.requests + self.chance.randrange(12)

        def found() -> list[int]:
            if not self.service.pids("crawl"):
                self.ask()
                return []
            return self.service.pids(command) if self.site.requests >= pages else []

        until(found, f"a crawl and {command}")
        time.sleep(self.chance.uniform(0, 0.2))
        return self.chance.choice(until(found, f"a crawl and {command}"))

    def kill(self, command: str) -> None:
        """Kill -9, and see to it that all is running again."""
        pid = self.victim(command)
        self.killed[command] += 1
        if command != "serve":
            os.kill(pid, signal.SIGKILL)
            until(lambda: set(self.service.pids("work")) - {pid}, "the pipeline to be started again")
            return
        self.service.kill()
        until(lambda: not self.service.pids("work"), "the pipeline to notice that its parent is gone")
        self.offset += JUMP
        self.start()

    def is_through(self) -> bool:
        """Everything that was published is stored, analysed and indexed, and everybody was told."""
        if not self.service.pids("crawl"):
            self.ask()
        with self.database.read() as connection:
            return (
                inbox.count(connection) >= len(self.story.posts)
                and inbox.backlog(connection) == Backlog(unanalysed=0, unindexed=0)
                and bool(alert.list_all(connection, SYSTEM))
                and not outbox.deliveries(connection, SYSTEM, status=DeliveryStatus.PENDING)
            )

    def close(self) -> None:
        """End the service as a user does, and let the last evaluation have its say."""
        assert self.service.stop() == 0
        until(lambda: not product.processes(self.folder), "the children to end with their parent")
        product.done(self.folder, "evaluate", clock_offset_seconds=self.offset.total_seconds(), **FAST)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    story = in_waves(datetime.now(UTC), KILLS)
    with SampleSite(story) as site, receiver() as desk, product.service(tmp_path, **FAST) as service:
        (tmp_path / "tingfeng.yaml").write_text(configuration(site, desk), encoding="utf-8")
        product.done(tmp_path, "apply", **FAST)
        database = Database(f"sqlite:///{tmp_path / DATA / 'state.sqlite3'}")
        yield Scene(tmp_path, story, site, desk, service, database)
        database.close()


def in_waves(now: datetime, waves: int) -> Story:
    """The demo's crisis with little history, mixed and dealt out evenly, on one board and the news site."""
    story = build(now)
    history = [post for post in story.posts if post.wave == 0]
    forum = [replace(post, place="cars") for post in history if post.site is Site.FORUM][-HISTORY:]
    news = [post for post in history if post.site is Site.NEWS]
    crisis = [replace(p, place="cars" if p.site is Site.FORUM else p.place) for p in story.posts if p.wave]
    random.Random(SEED).shuffle(crisis)
    dealt = [replace(post, wave=1 + number % waves) for number, post in enumerate(crisis)]
    posts = sorted([*forum, *news, *dealt], key=lambda post: (post.published_at, post.key))
    return Story(story.start, tuple(posts))


def configuration(site: SampleSite, desk: Receiver) -> str:
    board, *_, feed, index = source_definitions(site.base_url)
    hook = {"url": desk.url, "secret": "a secret for tests", "allow_private": True}
    values = {
        "brands": list(BRANDS),
        "sources": [board, feed, index],
        "channels": [
            {"name": "日志", "kind": "log", "minimum_level": "blue"},
            {"name": "值班系统", "kind": "webhook", "minimum_level": "blue", "options": hook},
        ],
    }
    return yaml.safe_dump(values, allow_unicode=True)


def test_kills_lose_nothing_and_double_nothing(scene: Scene) -> None:
    scene.start()
    for wave, command in enumerate(islice(cycle(VICTIMS), KILLS), start=1):
        scene.site.publish(wave)
        scene.ask()
        scene.kill(command)
    until(scene.is_through, "everything to be collected, indexed and told")
    scene.close()
    assert "Traceback" not in scene.service.log()
    assert sum(scene.killed.values()) == KILLS
    services = wiring.build(Settings(data_dir=scene.folder / DATA, _env_file=None))
    check_mentions(scene, services)
    check_index(scene, services)
    check_alert(scene, services)
    check_files(scene)
    services.database.close()


def check_mentions(scene: Scene, services: Services) -> None:
    """Each post once, analysed once, counted once; no reading of a page looked like an edit or a failure."""
    with services.database.read() as connection:
        mentions = all_mentions(services)
        told = connection.scalar(select(func.sum(story_table.c.mention_count)))
        edits = connection.scalar(select(func.count()).select_from(version_table))
        assert quarantine.latest(connection) == ()
    expected = expected_ids(scene)
    assert Counter(mention.id for mention in mentions) == Counter(expected)
    assert edits == 0
    assert all(mention.analysis is not None for mention in mentions)
    assert told == sum(bool(mention.analysis and mention.analysis.brand_names) for mention in mentions)


def check_index(scene: Scene, services: Services) -> None:
    """As many in the index as in the database, and one answer whichever way it counts."""
    with services.database.read() as connection:
        assert inbox.backlog(connection) == Backlog(unanalysed=0, unindexed=0)
    assert services.index.health().count == len(scene.story.posts)
    for mention in all_mentions(services):
        indexed = services.index.get(mention.id)
        assert indexed is not None and indexed.revision == mention.revision
    by = (Dimension.BRAND, Dimension.DAY, Dimension.PLATFORM, Dimension.SENTIMENT)
    rolled_up = {bucket.keys: bucket.count for bucket in services.index.aggregate(EVERYTHING, by=by)}
    counted: Counter[tuple[str, ...]] = Counter()
    for bucket in services.index.aggregate(EVERYTHING, by=(*by, Dimension.SOURCE)):
        counted[bucket.keys[:-1]] += bucket.count
    assert rolled_up == counted


def check_alert(scene: Scene, services: Services) -> None:
    """One burst: one alert, one incident; each message written once, received at least once."""
    with services.database.read() as connection:
        (raised,) = alert.list_all(connection, SYSTEM)
        (opened,) = incident.list_all(connection, SYSTEM, now=services.now())
        findings = alert.findings(connection, SYSTEM, raised.id)
        deliveries = outbox.deliveries(connection, SYSTEM, limit=1000)
    assert raised.is_open and opened.incident.alert_id == raised.id
    assert {delivery.status for delivery in deliveries} == {DeliveryStatus.SENT}
    logged, posted = ids_of(deliveries, "日志"), ids_of(deliveries, "值班系统")
    assert logged == posted and len(logged) == len(findings)
    written = (scene.folder / DATA / "alerts.log").read_text(encoding="utf-8").splitlines()
    assert sorted(json.loads(line)["id"] for line in written) == logged
    assert sorted(set(scene.desk.ids)) == posted
    assert len(scene.desk.ids) - len(posted) <= scene.killed["serve"], "doubled only by a kill before the receipt"


def check_files(scene: Scene) -> None:
    """Both stores are whole, and the full text agrees with the texts it was made of."""
    for name in ("state.sqlite3", "index.sqlite3"):
        with sqlite3.connect(scene.folder / DATA / name) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)], name
    with sqlite3.connect(scene.folder / DATA / "index.sqlite3") as connection:
        connection.execute("INSERT INTO words (words, rank) VALUES ('integrity-check', 1)")


def all_mentions(services: Services) -> list[Mention]:
    with services.database.read() as connection:
        return list(inbox.scan(connection, limit=10_000))


def ids_of(deliveries: tuple[Delivery, ...], channel: str) -> list[str]:
    return sorted(delivery.message.id for delivery in deliveries if delivery.channel == channel)


def expected_ids(scene: Scene) -> list[str]:
    """Forum posts carry a key of their own; news articles are known by their address alone."""
    return [
        mention_id(canonical_url(scene.site.base_url + post.path), post.key if post.site is Site.FORUM else None)
        for post in scene.story.posts
    ]
