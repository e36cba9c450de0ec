"""Stores and receivers that are locked, full, damaged or away: one clear sentence, and nothing is lost or doubled.

The long-running parts (pipeline, recurring jobs, API) run in this process under a clock set by hand: what they would
wait for happens during the wait. Commands are run as a user runs them. Where the system lets us mount no small disk, a
full one is SQLite's own limit of pages, which raises the same error, and what needs a real one is skipped.
"""

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from elasticsearch import Elasticsearch
from sqlalchemy import event, make_url
from sqlalchemy.pool import Pool

from alerts import outbox
from core.access import SYSTEM
from core.mention import Analysis, Mention
from nlp.analyse import Analyser
from tests.conftest import Clock, external_url
from tests.e2e.terminal import done, run
from tests.faults import product
from tests.faults.disk import Disk, limited, mounted, remount
from tests.faults.product import DATA, Ended
from tests.faults.relay import Relay, relay
from tests.faults.scene import BATCH, check, definition, scene
from tests.faults.waiting import until

IS_PROOF: Final = os.environ.get("TINGFENG_TEST_PROOF") == "1"
STATE: Final = "state.sqlite3"
INDEX: Final = "index.sqlite3"
SECONDS_OF_PATIENCE: Final = 0.05


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a brand, applied."""
    return furnished(tmp_path)


def furnished(folder: Path) -> Path:
    (folder / "tingfeng.yaml").write_text(definition(), encoding="utf-8")
    done(folder, "apply")
    return folder


def lines(count: int) -> str:
    """Lines to import."""
    values = (
        {"url": f"https://forum.example/{number}", "text": f"青柠L7 刹车失灵 {number}"} for number in range(count)
    )
    return "\n".join(map(json.dumps, values))


def found(folder: Path) -> list[str]:
    """Ids of everything that can be searched."""
    return sorted(line["id"] for line in done(folder, "export", "brand:青柠汽车"))


def failed(result: Ended, word: str, *, status: int = 1) -> None:
    """One Chinese line that names the thing, and nothing on stdout."""
    assert (result.status, result.stdout) == (status, ""), result.stderr
    (sentence,) = result.stderr.splitlines()
    assert word in sentence


@pytest.fixture
def impatient() -> Iterator[None]:
    """Connections to SQLite that give up at once: the outage is longer than any patience."""

    def hurry(connection: Any, *_: object) -> None:  # Any: the driver's own connection type
        connection.execute(f"PRAGMA busy_timeout={int(SECONDS_OF_PATIENCE * 1000)}")

    event.listen(Pool, "connect", hurry)
    event.listen(Pool, "checkout", hurry)
    yield
    event.remove(Pool, "connect", hurry)
    event.remove(Pool, "checkout", hurry)


def lock(file: Path, *, alone: bool = False) -> sqlite3.Connection:
    """Another program writes, or keeps the whole file to itself, until its connection is closed."""
    other = sqlite3.connect(file, isolation_level=None)
    if alone:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
    other.execute("BEGIN IMMEDIATE")
    return other


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("alone", [False, True], ids=["somebody writes", "somebody keeps the file"])
def test_a_database_that_stays_locked_is_told_and_nothing_is_lost(folder: Path, alone: bool) -> None:
    done(folder, "import", "-", stdin=lines(5))
    done(folder, "work", "--until-idle")
    other = lock(folder / DATA / STATE, alone=alone)
    for command in (
        "import -",
        "work --until-idle",
        "reindex",
        "reanalyse",
        "apply",
        "user add 林晓 --role reader",
    ):
        failed(run(folder, *command.split(), stdin=lines(BATCH), log_level="ERROR"), "数据库正被占用")
    for command in ("search", "evaluate", "source list", "user list"):
        result = run(folder, *command.split())
        if alone:
            failed(result, "数据库正被占用")
        else:
            assert (result.status, result.stderr) == (0, ""), "readers do not wait for a writer"
    other.close()
    statuses = Counter(line["status"] for line in done(folder, "import", "-", stdin=lines(BATCH)))
    assert statuses == {"new": BATCH - 5, "repeated": 5}
    done(folder, "work", "--until-idle")
    assert len(set(found(folder))) == len(found(folder)) == BATCH


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("name", [STATE, INDEX])
def test_the_service_waits_for_a_locked_store(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    # The index opens its files itself: it takes its patience from here.
    monkeypatch.setattr("index.schema.BUSY_TIMEOUT_SECONDS", SECONDS_OF_PATIENCE)
    with scene(tmp_path, clock) as running:
        running.publish()
        other = lock(tmp_path / DATA / name)
        running.work(partial(running.wake, minutes=10), partial(running.wake, minutes=10), other.close)
        running.publish()
        running.work()
        for _ in range(3):
            assert running.wake(minutes=2) == 0
        check(running)


@pytest.mark.skipif(not IS_PROOF, reason="half a minute of real waiting: make proof")
def test_all_processes_wait_for_a_locked_database(folder: Path) -> None:
    fast = {"pipeline_idle_seconds": 0.1, "alert_interval_seconds": 1, "log_level": "WARNING"}
    with product.service(folder, **fast) as service:
        service.start()
        product.done(folder, "import", "-", stdin=lines(5))
        other = lock(folder / DATA / STATE)
        failed(product.run(folder, "import", "-", stdin=lines(BATCH)), "数据库正被占用")
        until(lambda: service.log().count("store_unavailable") > 1, "pipeline and scheduler to notice")
        other.close()
        product.done(folder, "import", "-", stdin=lines(BATCH))
        until(lambda: len(found(folder)) == BATCH, "everything to be found")
        assert service.stop() == 0
        assert "Traceback" not in service.log()
    assert len(set(found(folder))) == BATCH


@pytest.fixture
def real_disk(tmp_path: Path) -> Iterator[Disk]:
    with ExitStack() as stack:
        try:
            disk = stack.enter_context(mounted(tmp_path / "disk"))
        except PermissionError as error:
            pytest.skip(f"a small disk needs the right to mount one: {error}")
        yield disk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A real one where the system lets us."""
    with ExitStack() as stack:
        try:
            yield stack.enter_context(mounted(tmp_path / "disk"))
        except PermissionError:
            yield stack.enter_context(limited(tmp_path / "database"))


def test_a_full_disk_is_told_and_the_rest_comes_when_there_is_space(disk: Disk) -> None:
    folder = furnished(disk.folder)
    given = lines(1000)
    full = run(folder, "import", "-", stdin=given)
    (sentence,) = full.stderr.splitlines()
    assert full.status == 1 and "磁盘已满" in sentence
    stored = [line["id"] for line in full.lines]
    assert 0 < len(stored) < 1000 and {line["status"] for line in full.lines} == {"new"}
    failed(run(folder, "work", "--until-idle", "--worker", "test", log_level="ERROR"), "磁盘已满")
    disk.enlarge()
    statuses = {line["id"]: line["status"] for line in done(folder, "import", "-", stdin=given)}
    assert {each for each, status in statuses.items() if status == "repeated"} == set(stored)
    assert len(statuses) == 1000
    done(folder, "work", "--until-idle", "--worker", "test", log_level="ERROR")
    assert found(folder) == sorted(statuses)


def test_a_first_start_on_a_full_disk_leaves_no_empty_secret(real_disk: Disk) -> None:
    folder = real_disk.folder
    with suppress(OSError), (folder / "ballast").open("wb", buffering=0) as ballast:
        while True:
            ballast.write(bytes(4096))
    failed(run(folder, "search"), "磁盘", status=2)
    (folder / "ballast").unlink()
    done(folder, "search")
    secret = folder / DATA / "secret.key"
    assert len(secret.read_text(encoding="utf-8")) > 40
    assert secret.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_became_read_only_is_told_and_nothing_is_lost(real_disk: Disk) -> None:
    """By the mount: permissions do not stop root."""
    folder = furnished(real_disk.folder)
    ids = [line["id"] for line in done(folder, "import", "-", stdin=lines(5))]
    remount(folder, "ro")
    for command in ("import -", "work --until-idle", "evaluate", "reindex", "apply"):
        failed(run(folder, *command.split(), stdin=lines(BATCH), log_level="ERROR"), "权限")
    failed(run(folder, "search", data_dir=folder / "new"), "权限", status=2)
    remount(folder, "rw")
    done(folder, "work", "--until-idle", log_level="ERROR")
    assert found(folder) == sorted(ids)


def delete(index: Path) -> None:
    for file in index.parent.glob(f"{index.name}*"):
        file.unlink()


def overwrite(index: Path) -> None:
    index.write_bytes(b"not a database" * 1000)


def tear(index: Path) -> None:
    """All but the first page is something else."""
    content = index.read_bytes()
    index.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))


def cut(index: Path) -> None:
    content = index.read_bytes()
    index.write_bytes(content[: len(content) // 2])


@pytest.mark.parametrize("damage", [delete, overwrite, tear, cut])
def test_a_lost_index_is_noticed_and_rebuilt(folder: Path, damage: Callable[[Path], None]) -> None:
    ids = sorted(line["id"] for line in done(folder, "import", "-", stdin=lines(BATCH)))
    done(folder, "work", "--until-idle", log_level="ERROR")
    assert found(folder) == ids
    damage(folder / DATA / INDEX)
    report = run(folder, "doctor", "--jsonl")
    said = "".join(f"{line['result']}{line['advice']}" for line in report.lines if "索引" in line["name"])
    assert report.status == 1 and "tingfeng reindex" in said
    searched = run(folder, "search", "刹车")
    assert searched.stdout == "", "no part of an answer"
    if damage is not delete:
        assert searched.status > 0 and "tingfeng reindex" in searched.stderr
        (folder / DATA / INDEX).unlink()
    assert done(folder, "reindex") == [{"indexed": BATCH, "in_index": BATCH}]
    assert found(folder) == ids


@pytest.mark.parametrize("damage", [delete, overwrite])
def test_an_index_lost_while_the_service_runs_costs_no_mention(
    tmp_path: Path, clock: Clock, damage: Callable[[Path], None]
) -> None:
    """What is collected meanwhile is kept; after a restart and ``tingfeng reindex`` everything is found once."""
    with scene(tmp_path, clock) as running:
        running.publish()
        running.work()
        damage(tmp_path / DATA / INDEX)
        running.publish()
        running.work()
        running.wake(minutes=1)
    delete(tmp_path / DATA / INDEX)
    assert done(tmp_path, "reindex")[-1] == {"indexed": 2 * BATCH, "in_index": 2 * BATCH}
    assert found(tmp_path) == sorted(running.published)


def test_a_running_service_follows_an_index_that_was_deleted_and_rebuilt(tmp_path: Path, clock: Clock) -> None:
    """``tingfeng reindex`` may be run beside the service: what it indexes afterwards belongs into the new file."""
    with scene(tmp_path, clock) as running:
        running.publish()
        running.work()
        delete(tmp_path / DATA / INDEX)
        done(tmp_path, "reindex")
        running.publish()
        running.work()
    assert found(tmp_path) == sorted(running.published)


def test_a_receiver_that_is_away_for_an_hour_gets_each_message_once(tmp_path: Path, clock: Clock) -> None:
    with scene(tmp_path, clock) as running:
        running.line.cut()
        running.publish()
        running.work()
        for _ in range(30):
            assert running.wake(minutes=2) == 0
        assert running.desk.ids == []
        running.line.mend()
        for _ in range(60):
            assert running.wake(minutes=2) == 0
        check(running)
        with running.services.database.read() as connection:
            attempts = {each.attempts for each in outbox.deliveries(connection, SYSTEM) if each.channel == "值班系统"}
        assert max(attempts) > 5, "tried again and again, more seldom each time"


def test_elasticsearch_that_is_away_is_told_and_nothing_is_lost(tmp_path: Path, clock: Clock) -> None:
    """Without a server to come back to, the other engine takes over, as the manual says."""
    with relay("127.0.0.1", 9) as line:
        line.cut()
        away = {"index_engine": "elastic", "elasticsearch_url": f"http://127.0.0.1:{line.port}"}
        with scene(tmp_path, clock, **away) as running:
            running.publish()
            running.work(running.refused, partial(running.wake, minutes=5))
        for command in ("search", "export", "reindex", "work --until-idle"):
            failed(run(tmp_path, *command.split(), log_level="ERROR", **away), "Elasticsearch")
        assert run(tmp_path, "doctor", "--jsonl", **away).status == 1
    assert done(tmp_path, "reindex")[-1] == {"indexed": BATCH, "in_index": BATCH}
    assert found(tmp_path) == sorted(running.published)


@pytest.fixture
def elasticsearch() -> Iterator[tuple[Relay, dict[str, str]]]:
    """A line to the real server, and the settings that use it."""
    url, prefix = external_url("TINGFENG_TEST_ELASTICSEARCH_URL"), f"test-{uuid4().hex}"
    with relay("127.0.0.1", urlsplit(url).port or 0) as line:
        address = f"http://127.0.0.1:{line.port}"
        yield line, {"index_engine": "elastic", "elasticsearch_url": address, "elasticsearch_index": prefix}
    with Elasticsearch(url) as client:
        for index in client.indices.get_mapping(index=prefix, ignore_unavailable=True):
            client.indices.delete(index=index)
        client.options(ignore_status=404).indices.delete_index_template(name=prefix)


@pytest.mark.external
def test_elasticsearch_comes_back(tmp_path: Path, clock: Clock, elasticsearch: tuple[Relay, dict[str, str]]) -> None:
    line, settings = elasticsearch
    with scene(tmp_path, clock, **settings) as running:
        running.publish()
        running.work()
        line.cut()
        running.publish()
        running.work(running.refused, partial(running.wake, minutes=5), line.mend)
        for _ in range(3):
            running.services.index.refresh()
            assert running.wake(minutes=1) == 0
        check(running)


class Cutting:
    """The analyser; the database goes away while it works for the first time."""

    def __init__(self, cuts: list[Callable[[], object]], brands: Any) -> None:
        self._cuts = cuts
        self._analyser = Analyser(brands)

    def analyse(self, mention: Mention) -> Analysis:
        while self._cuts:
            self._cuts.pop()()
        return self._analyser.analyse(mention)


@pytest.mark.parametrize("database_url", [pytest.param("postgresql", marks=pytest.mark.external)], indirect=True)
def test_a_database_server_that_is_restarted_loses_nothing(tmp_path: Path, clock: Clock, database_url: str) -> None:
    """While a batch is analysed, and between two rounds of the jobs."""
    url = make_url(database_url)
    with relay(url.host or "", url.port or 5432) as line:
        address = url.set(host="127.0.0.1", port=line.port).render_as_string(hide_password=False)
        with scene(tmp_path, clock, database_url=address) as running:
            running.publish()
            cuts: list[Callable[[], object]] = [line.cut]
            running.work(running.refused, line.mend, analyser=partial(Cutting, cuts))
            line.cut()
            assert running.wake(minutes=1) > 0
            line.mend()
            running.publish()
            running.work()
            for _ in range(3):
                assert running.wake(minutes=1) == 0
            check(running)
