"""Stores and receivers that are away, full, damaged or gone: a clear message, and afterwards nothing is missing."""

import json
import os
import sqlite3
import stat
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import pytest

from tests.faults.product import DATA, PROC, done, ended, run, start
from tests.faults.waiting import until
from tests.servers.process import free_port

BRAND: Final = "brands:\n  - name: 青柠汽车\n    aliases: [青柠L7]\n"
STATE: Final = "state.sqlite3"
INDEX: Final = "index.sqlite3"
MENTIONS: Final = 40
PUBLISHED: Final = datetime.now(UTC) - timedelta(minutes=5)
IS_PROOF: Final = os.environ.get("TINGFENG_TEST_PROOF") == "1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a brand, applied."""
    return furnished(tmp_path)


def furnished(folder: Path, more: str = "") -> Path:
    (folder / "tingfeng.yaml").write_text(BRAND + more, encoding="utf-8")
    done(folder, "apply")
    return folder


def complaints(count: int = MENTIONS, *, times: int = 1) -> str:
    """Lines to import: one complaint per author, minutes ago. times: how often its text repeats itself."""
    lines = (
        {
            "url": f"https://forum.example/thread-{number}.html",
            "title": f"青柠L7 刹车失灵 {number}",
            "text": f"第 {number} 次了，青柠L7 高速上刹车失灵，差点追尾，太危险，非常失望，要求退车！" * times,
            "author": f"车主{number}",
            "published_at": PUBLISHED.isoformat(),
            "date_precision": "second",
        }
        for number in range(count)
    )
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)


def found(folder: Path) -> list[str]:
    """Ids of everything that can be searched."""
    return sorted(line["id"] for line in done(folder, "export", "brand:青柠汽车"))


def answer_of(folder: Path, check: str, **settings: str) -> dict[str, object]:
    """What doctor says of one thing; something must be wrong."""
    result = run(folder, "doctor", "--jsonl", **settings)
    assert result.status == 1, result.stdout
    return next(line for line in result.lines if check in line["name"])


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Another program is writing for as long as the context lasts."""
    other = sqlite3.connect(folder / DATA / STATE, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    yield
    other.execute("ROLLBACK")
    other.close()


def has_opened(process: subprocess.Popen[bytes], name: str) -> bool:
    assert process.poll() is None, "it did not wait"
    return any(link.resolve().name == name for link in (PROC / str(process.pid) / "fd").iterdir())


@pytest.mark.skipif(not PROC.is_dir(), reason="who has opened the database is read from /proc")
def test_a_locked_database_is_waited_for(folder: Path) -> None:
    done(folder, "import", "-", stdin=complaints(2))
    with locked(folder):
        waiting = [start(folder, "work", "--until-idle"), start(folder, "import", "-")]
        for process in waiting:
            until(lambda process=process: has_opened(process, STATE), "the database to be opened")  # type: ignore[misc]
        for process in waiting:
            assert process.poll() is None
    work, imported = ended(waiting[0]), ended(waiting[1], complaints())
    assert (work.status, imported.status) == (0, 0)
    assert Counter(line["status"] for line in imported.lines) == {"new": MENTIONS - 2, "repeated": 2}
    done(folder, "work", "--until-idle")
    assert len(found(folder)) == MENTIONS


@pytest.mark.skipif(not IS_PROOF, reason="half a minute of waiting: make proof")
def test_a_database_that_stays_locked_is_told_and_nothing_is_lost(folder: Path) -> None:
    with locked(folder):
        waiting = [start(folder, "import", "-"), start(folder, "work", "--until-idle")]
        results = [ended(waiting[0], complaints()), ended(waiting[1])]
    for result in results:
        assert (result.status, result.stderr) == (1, "数据库正被占用，稍后自动重试\n")
    done(folder, "import", "-", stdin=complaints())
    done(folder, "work", "--until-idle")
    assert len(found(folder)) == MENTIONS


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", place], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk needs the right to mount one: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def enlarge(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)


def test_a_full_disk_is_told_and_the_rest_comes_when_there_is_space(disk: Path) -> None:
    furnished(disk)
    given = complaints(2000, times=4)
    full = run(disk, "import", "-", stdin=given)
    assert (full.status, full.stderr) == (1, "磁盘已满，数据未写入；腾出空间后自动继续\n")
    stored = [line["id"] for line in full.lines]
    assert 0 < len(stored) < 2000 and {line["status"] for line in full.lines} == {"new"}
    assert "清理磁盘" in str(answer_of(disk, "磁盘")["advice"])
    stuck = run(disk, "work", "--until-idle", "--worker", "test")
    assert stuck.status == 1 and "磁盘已满" in stuck.stderr
    enlarge(disk)
    statuses = {line["id"]: line["status"] for line in done(disk, "import", "-", stdin=given)}
    assert [statuses[known] for known in stored] == ["repeated"] * len(stored)
    assert Counter(statuses.values()) == {"new": 2000 - len(stored), "repeated": len(stored)}
    done(disk, "work", "--until-idle", "--worker", "test")
    assert found(disk) == sorted(statuses)


@pytest.mark.xfail(strict=True, reason="core.settings.secret_key keeps the empty file that a full disk leaves")
def test_a_first_start_on_a_full_disk_leaves_no_empty_secret(disk: Path) -> None:
    (disk / "ballast").write_bytes(bytes(4096))
    with pytest.raises(OSError, match="space"), (disk / "ballast").open("ab", buffering=0) as ballast:
        while True:
            ballast.write(bytes(4096))
    full = run(disk, "search")
    assert full.status == 2 and "磁盘空间" in full.stderr
    (disk / "ballast").unlink()
    done(disk, "search")
    secret = disk / DATA / "secret.key"
    assert len(secret.read_text(encoding="utf-8")) > 40
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600


def delete(index: Path) -> None:
    index.unlink()


def overwrite(index: Path) -> None:
    index.write_bytes(b"not a database" * 1000)


def tear(index: Path) -> None:
    """All but the first page is something else."""
    content = index.read_bytes()
    index.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))


def test_a_lost_index_is_noticed_and_rebuilt(folder: Path) -> None:
    done(folder, "import", "-", stdin=complaints())
    done(folder, "work", "--until-idle")
    before, index = found(folder), folder / DATA / INDEX
    for damage, said in (delete, f"应有 {MENTIONS} 条信息，实有 0 条"), (overwrite, "已损坏"), (tear, "已损坏"):
        damage(index)
        answer = answer_of(folder, "索引")
        assert not answer["ok"] and said in str(answer["result"])
        assert "tingfeng reindex" in f"{answer['result']}{answer['advice']}"
        if damage is not delete:
            searched = run(folder, "search", "刹车")
            assert (searched.status, searched.stdout) == (2, "")
            assert "请删除它并运行 tingfeng reindex" in searched.stderr
            index.unlink()
        assert done(folder, "reindex") == [{"indexed": MENTIONS, "in_index": MENTIONS}]
        assert found(folder) == before


def test_elasticsearch_that_is_away_is_told_and_nothing_is_lost(folder: Path) -> None:
    away = {"index_engine": "elastic", "elasticsearch_url": f"http://127.0.0.1:{free_port()}"}
    unset = run(folder, "search", index_engine="elastic")
    assert unset.status == 2 and "TINGFENG_ELASTICSEARCH_URL" in unset.stderr
    assert len(done(folder, "import", "-", stdin=complaints(), **away)) == MENTIONS
    for command in (["work", "--until-idle"], ["search"], ["reindex"]):
        result = run(folder, *command, log_level="ERROR", **away)
        assert (result.status, result.stdout) == (1, ""), command
        assert "Elasticsearch 无法连接" in result.stderr
    answer = answer_of(folder, "索引", **away)
    assert not answer["ok"] and "TINGFENG_ELASTICSEARCH_URL" in str(answer["advice"])
    done(folder, "reindex")
    assert len(found(folder)) == MENTIONS


class Desk(ThreadingHTTPServer):
    """Accepts every message and remembers its id."""

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Accepting)
        self.ids: list[str] = []


class _Accepting(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        assert isinstance(self.server, Desk)
        self.server.ids.append(self.headers["X-Delivery-Id"])
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def deliveries(folder: Path) -> list[tuple[str, str, int]]:
    with sqlite3.connect(folder / DATA / STATE) as connection:
        return connection.execute("SELECT channel, status, attempts FROM outbox_message ORDER BY channel").fetchall()


def test_a_receiver_that_is_away_gets_its_message_when_it_is_back(tmp_path: Path) -> None:
    port = free_port()
    hook = f"{{url: 'http://127.0.0.1:{port}/alerts', secret: for tests, allow_private: true}}"
    folder = furnished(
        tmp_path,
        "channels:\n"
        "  - {name: log, kind: log, minimum_level: blue}\n"
        f"  - {{name: webhook, kind: webhook, minimum_level: blue, options: {hook}}}\n",
    )
    done(folder, "import", "-", stdin=complaints())
    done(folder, "work", "--until-idle")
    # The waits between attempts are known; the clock goes past them.
    for attempt, offset in enumerate((0, 15, 60), start=1):
        (raised,) = done(folder, "evaluate", clock_offset_seconds=offset)
        assert raised["brand"] == "青柠汽车"
        assert deliveries(folder) == [("log", "sent", 1), ("webhook", "pending", attempt)]
    with Desk(port) as desk:
        thread = threading.Thread(target=desk.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        for offset in (240, 300):
            assert done(folder, "evaluate", clock_offset_seconds=offset) == [raised]
        desk.shutdown()
        thread.join()
    assert deliveries(folder) == [("log", "sent", 1), ("webhook", "sent", 4)]
    (written,) = (folder / DATA / "alerts.log").read_text(encoding="utf-8").splitlines()
    assert [json.loads(written)["id"]] == desk.ids
