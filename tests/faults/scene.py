"""The long-running parts (pipeline, recurring jobs, API) in one process, under a clock set by hand.

What they would wait for happens during the wait; at the end, everything is counted.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any, Final
from urllib.parse import urlsplit

import yaml
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from alerts import alert, outbox
from alerts.outbox import DeliveryStatus
from api import server as api_server
from app import configuration, jobs, wiring
from app.pipeline import Pipeline
from app.scheduler import jobs_of
from core import accounts, inbox
from core.access import SYSTEM, Person, Role
from core.errors import StoreError
from core.inbox import Backlog
from core.mention import Mention
from core.settings import Settings
from core.story import story_table
from index.query import EVERYTHING
from nlp.analyse import Analyser
from response import incident
from response.services import Services
from tests.conftest import Clock
from tests.factories import a_mention
from tests.faults.product import DATA
from tests.faults.relay import Relay, relay
from tests.integration.webhook_receiver import Receiver, receiver

BATCH: Final = 20


class Meanwhile(Event):
    """A stop event nobody waits for: each wait is the next step of what happens meanwhile; after the last one, stop."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        super().__init__()
        self.steps = list(steps)

    def wait(self, timeout: float | None = None) -> bool:
        if self.steps:
            self.steps.pop(0)()
        else:
            self.set()
        return self.is_set()


@dataclass
class Scene:
    """A service without processes. line: what leads to the desk, which receives messages."""

    services: Services
    clock: Clock
    desk: Receiver
    line: Relay
    published: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    def publish(self, count: int = BATCH) -> None:
        """A crawl brings complaints of the last minutes."""
        found = [self._complaint(len(self.published) + number) for number in range(count)]
        with self.services.database.write() as connection:
            inbox.put(connection, found, now=self.clock())
        self.published += [mention.id for mention in found]

    def work(self, *meanwhile: Callable[[], object], analyser: Callable[..., Any] = Analyser) -> None:
        """The pipeline's loop; ``meanwhile`` happens while it waits."""
        stop = Meanwhile(*meanwhile)
        Pipeline(self.services, analyser, worker="test").run(stop)
        assert stop.steps == []

    def wake(self, **later: float) -> int:
        """What the scheduler does each second; returns how many jobs found a store away."""
        self.clock.advance(**later)
        away = 0
        for job in jobs_of(self.services):
            try:
                jobs.run_if_due(self.services, job)
            except StoreError:  # the scheduler tries again a second later
                away += 1
        return away

    def refused(self) -> None:
        """The API says that it cannot, in its own form, and nothing else."""
        with TestClient(api_server.build(self.services), headers=self.headers) as client:
            for path in "/api/v1/mentions?q=刹车", "/api/v1/health":
                answer = client.get(path)
                assert answer.status_code == 503, answer.text
                assert "Traceback" not in answer.text
            problem = client.get("/api/v1/mentions?q=刹车")
        assert problem.headers["content-type"] == "application/problem+json"
        assert problem.json()["code"] == "store_unavailable"
        assert problem.json()["detail"]

    def login(self) -> None:
        with self.services.database.write() as connection:
            accounts.create(connection, SYSTEM, "林晓", "a password for tests", [Role.READER], now=self.clock())
            _, secret = accounts.create_token(connection, Person("林晓", frozenset()), "test", now=self.clock())
        self.headers = {"Authorization": f"Bearer {secret}"}

    def _complaint(self, number: int) -> Mention:
        text = f"第 {number} 次了，青柠L7 高速上刹车失灵，差点追尾，太危险，非常失望，要求退车！"
        moment = self.clock() - timedelta(minutes=5)
        return a_mention(
            number, title=f"青柠L7 刹车失灵 {number}", text=text, published_at=moment, seen_at=self.clock()
        )


@contextmanager
def scene(folder: Path, clock: Clock, **settings: Any) -> Iterator[Scene]:
    """Brand, two channels and a reader's token in an empty product."""
    with receiver() as desk, relay("127.0.0.1", urlsplit(desk.url).port or 0) as line:
        file = folder / "tingfeng.yaml"
        file.write_text(definition(line.port), encoding="utf-8")
        given: dict[str, Any] = {
            "data_dir": folder / DATA,
            "config_file": file,
            "port": 0,
            "incident_level": "blue",
        } | settings
        services = wiring.build(Settings(_env_file=None, **given), now=clock)
        configuration.apply(services.database, configuration.read(file), now=clock())
        made = Scene(services, clock, desk, line)
        made.login()
        yield made
        services.database.close()


def definition(port: int = 0) -> str:
    hook = {"url": f"http://127.0.0.1:{port}/in", "secret": "a secret for tests", "allow_private": True}
    values: dict[str, list[dict[str, object]]] = {"brands": [{"name": "青柠汽车", "aliases": ["青柠L7"]}]}
    if port:
        values["channels"] = [
            {"name": "日志", "kind": "log", "minimum_level": "blue"},
            {"name": "值班系统", "kind": "webhook", "minimum_level": "blue", "options": hook},
        ]
    return yaml.safe_dump(values, allow_unicode=True)


def check(scene: Scene) -> None:
    """Each mention once wherever it is counted; one alert, one incident; each message once on each channel."""
    services = scene.services
    services.index.refresh()
    with services.database.read() as connection:
        stored = Counter(mention.id for mention in inbox.scan(connection, limit=10_000))
        assert inbox.backlog(connection) == Backlog(unanalysed=0, unindexed=0)
        told = connection.scalar(select(func.sum(story_table.c.mention_count)))
        (raised,) = alert.list_all(connection, SYSTEM)
        (opened,) = incident.list_all(connection, SYSTEM, now=scene.clock())
        deliveries = outbox.deliveries(connection, SYSTEM, limit=1000)
    assert stored == Counter(scene.published)
    assert Counter(mention.id for mention in services.index.scan(EVERYTHING)) == stored
    assert services.index.health().count == told == len(scene.published)
    assert opened.incident.alert_id == raised.id
    assert {delivery.status for delivery in deliveries} == {DeliveryStatus.SENT}
    sent = {
        name: Counter(each.message.id for each in deliveries if each.channel == name) for name in ("日志", "值班系统")
    }
    lines = (services.settings.data_dir / "alerts.log").read_text(encoding="utf-8").splitlines()
    assert Counter(json.loads(line)["id"] for line in lines) == sent["日志"] == sent["值班系统"]
    assert Counter(scene.desk.ids) == sent["值班系统"]
