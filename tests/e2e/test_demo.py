"""The demo as a newcomer starts it, twice in a row, in a network that has nothing but loopback; and two at once."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

COMMAND = [sys.executable, "-m", "app.cli", "demo", "--exit-after-first-alert"]
PATIENCE_SECONDS = 600


def _alone() -> list[str]:
    """A network of its own with loopback only, where the system allows it; empty where it does not."""
    unshare = shutil.which("unshare")
    if unshare is None or shutil.which("ip") is None:
        return []
    prefix = [unshare, "--net", "--map-root-user", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    works = subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
    return prefix if works else []


# What somebody has set for a product of their own; most of it would stop the demo.
FOREIGN = {
    "TINGFENG_INDEX_ENGINE": "elastic",
    "TINGFENG_INCIDENT_LEVEL": "red",
    "TINGFENG_HOST": "192.0.2.1",
    "TINGFENG_NONSENSE": "1",
}


def check(done: subprocess.Popen[bytes]) -> dict[str, Any]:  # Any: the summary, decoded JSON
    said, told = done.communicate(timeout=PATIENCE_SECONDS)
    assert done.returncode == 0, told.decode()
    assert b"Traceback" not in told
    summary: dict[str, Any] = json.loads(said.decode().splitlines()[-1])
    assert summary["alert"].startswith("YJ-")
    assert summary["incident"].startswith("YQ-")
    assert (summary["sent"], summary["received"]) == (2, 1)
    return summary


def start(folder: Path, *arguments: str, prefix: list[str], **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*prefix, *COMMAND, *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_the_alert_comes_twice_in_a_row_without_any_network(tmp_path: Path) -> None:
    prefix = _alone()
    if not prefix and os.environ.get("TINGFENG_REQUIRE_EXTERNAL") == "1":
        pytest.fail("no network namespace to prove that the demo needs no network")
    for _ in range(2):
        summary = check(start(tmp_path, prefix=prefix))
        assert summary["mentions"] == summary["indexed"] > 1000
        assert summary["excluded"] > 100, "the lime soda is not the car"
    assert list(tmp_path.iterdir()) == [], "nothing is left where the command was given"


def test_two_at_once_come_through_whatever_is_set_around_them(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TINGFENG_DATABASE_URL=postgresql://db.example/tingfeng\n")
    both = [start(tmp_path, "--data", name, prefix=[], **FOREIGN) for name in ("one", "two")]
    for running in both:
        check(running)
    assert all("Traceback" not in (tmp_path / name / "demo.log").read_text() for name in ("one", "two"))


def test_a_demo_without_an_alert_in_time_says_how_far_it_came(tmp_path: Path) -> None:
    late = start(tmp_path, "--data", "late", "--minutes", "0", prefix=[])
    said, told = late.communicate(timeout=PATIENCE_SECONDS)
    assert late.returncode == 1
    assert json.loads(said.decode().splitlines()[-1])["alert"] == ""
    last = told.decode().splitlines()[-1]
    assert "没有等到预警，停在第 1 幕" in last and "信息 0 条" in last and last.endswith("late/demo.log")
