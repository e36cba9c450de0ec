"""The demo as a newcomer starts it, twice in a row, in a network that has nothing but loopback."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "app.cli", "demo", "--exit-after-first-alert"]
PATIENCE_SECONDS = 300


def _alone() -> list[str]:
    """A network of its own with loopback only, where the system allows it; empty where it does not."""
    unshare = shutil.which("unshare")
    if unshare is None or shutil.which("ip") is None:
        return []
    prefix = [unshare, "--net", "--map-root-user", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    works = subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
    return prefix if works else []


def test_the_alert_comes_twice_in_a_row_without_any_network(tmp_path: Path) -> None:
    prefix = _alone()
    if not prefix and os.environ.get("TINGFENG_REQUIRE_EXTERNAL") == "1":
        pytest.fail("no network namespace to prove that the demo needs no network")
    for _ in range(2):
        done = subprocess.run(
            [*prefix, *COMMAND], cwd=tmp_path, capture_output=True, timeout=PATIENCE_SECONDS, check=False
        )
        said, told = done.stdout.decode(), done.stderr.decode()
        assert done.returncode == 0, told
        assert "Traceback" not in told
        summary = json.loads(said.splitlines()[-1])
        assert summary["alert"].startswith("YJ-")
        assert summary["incident"].startswith("YQ-")
        assert summary["mentions"] == summary["indexed"] > 1000
        assert summary["excluded"] > 100, "the lime soda is not the car"
        assert (summary["sent"], summary["received"]) == (2, 1)
    assert list(tmp_path.iterdir()) == [], "nothing is left where the command was given"
