"""The product as its users run it, in child processes: a command to its end, or the service, to be killed and watched.

Every process carries the data folder in its environment: that is how they are found, and how none survives a test.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.faults.waiting import PATIENCE_SECONDS, until

COMMAND: Final = (sys.executable, "-m", "app.cli")
DATA: Final = "data"
PROC: Final = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended."""

    status: int
    stdout: str
    stderr: str

    @property
    def lines(self) -> list[dict[str, Any]]:  # Any: decoded JSON
        return [json.loads(line) for line in self.stdout.split("\n") if line]


def environment(folder: Path, settings: Mapping[str, object]) -> dict[str, str]:
    """Nothing of this machine's settings; ``port=0`` becomes TINGFENG_PORT=0, names in capitals go in as they are."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TINGFENG_")}
    given = {name if name.isupper() else f"TINGFENG_{name.upper()}": str(value) for name, value in settings.items()}
    return {**inherited, "TINGFENG_DATA_DIR": str(folder / DATA), **given}


def start(folder: Path, *arguments: str, **settings: object) -> subprocess.Popen[bytes]:
    """Start ``tingfeng ARGUMENTS`` in a folder; input and output are pipes."""
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment(folder, settings),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def ended(process: subprocess.Popen[bytes], stdin: str = "") -> Ended:
    """Wait for the end of a command. Output is UTF-8 whatever the locale, and nobody ever sees a traceback."""
    with process:
        try:
            stdout, stderr = process.communicate(stdin.encode(), timeout=PATIENCE_SECONDS)
        finally:
            process.kill()
    assert b"Traceback" not in stderr, stderr.decode("utf-8", "replace")
    return Ended(status=process.returncode, stdout=stdout.decode(), stderr=stderr.decode())


def run(folder: Path, *arguments: str, stdin: str = "", **settings: object) -> Ended:
    """Run ``tingfeng ARGUMENTS`` to its end."""
    return ended(start(folder, *arguments, **settings), stdin)


def done(folder: Path, *arguments: str, stdin: str = "", **settings: object) -> list[dict[str, Any]]:  # Any: JSON
    """Run a command that must succeed; returns its lines."""
    result = run(folder, *arguments, stdin=stdin, **settings)
    assert result.status == 0, result.stderr
    return result.lines


def processes(folder: Path) -> dict[int, str]:
    """Living processes of the product that work on this folder: process id → command (serve, work, crawl, ...)."""
    mark = f"TINGFENG_DATA_DIR={folder / DATA}".encode()
    found = {}
    for entry in PROC.iterdir():
        # A process may end while it is looked at; one that was killed and not yet waited for has no environment.
        with suppress(OSError):
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                command = (entry / "cmdline").read_bytes().split(b"\0")
                found[int(entry.name)] = command[3].decode() if len(command) > 3 else ""
    return found


class Service:
    """``tingfeng serve`` on a folder with a ``tingfeng.yaml``; each start writes a log of its own there."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder
        self.url = ""
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._logs: list[Path] = []

    def start(self, **settings: object) -> None:
        """Start it, again after it was killed; returns when it listens."""
        self._logs.append(self.folder / f"serve-{len(self._logs)}.log")
        with self._logs[-1].open("wb") as log:
            self._process = subprocess.Popen(
                [*COMMAND, "serve", "--port", "0"],
                cwd=self.folder,
                env=environment(self.folder, self._settings | settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.url = until(self._address, "the service to start")

    def pids(self, command: str) -> list[int]:
        """Process ids of its children by command."""
        return [pid for pid, name in processes(self.folder).items() if name == command]

    def kill(self) -> None:
        """kill -9 of the parent alone."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Ask it to end, as systemd or a container does; returns its exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(PATIENCE_SECONDS)

    def log(self) -> str:
        """What all starts wrote."""
        return "".join(log.read_text(encoding="utf-8") for log in self._logs)

    def _address(self) -> str:
        assert self._process is not None
        assert self._process.poll() is None, self.log()
        said = self._logs[-1].read_text(encoding="utf-8").partition("听风已启动：")[2]
        return said.split("/    ")[0] if "\n" in said else ""


@contextmanager
def service(folder: Path, **settings: object) -> Iterator[Service]:
    """A service that is not started yet; whatever it started is gone afterwards."""
    made = Service(folder, **settings)
    try:
        yield made
    finally:
        while left := processes(folder):
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
