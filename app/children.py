"""Child processes: the pipeline and each crawl. Started with the parent's settings, watched, restarted, ended.

A child has its settings from its parent and everything else from the state database: neither ``.env`` nor
``tingfeng.yaml`` is read again, so that a slip in a file cannot stop a service that runs. A child that serves
its parent reads its standard input: when the parent is gone, even by kill -9, the pipe closes and the child
ends by itself.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Final

import structlog

from core.settings import Settings

log = structlog.get_logger()

# Guess: a child that dies at once (broken installation) is tried again at this growing pace.
RESTART_SECONDS: Final = (0, 1, 5, 30, 60)
# Guess: a batch of analysis ends within this time.
PATIENCE_SECONDS: Final = 10.0
# A child that lived this long died of something new.
STEADY: Final = timedelta(minutes=5)


def _variable(name: str) -> str:
    return f"TINGFENG_{name.upper()}"


_VARIABLES: Final = frozenset(map(_variable, Settings.model_fields))


def start(settings: Settings, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start ``tingfeng ARGUMENTS`` with exactly these settings; its log goes to our stderr."""
    return subprocess.Popen(
        [sys.executable, "-m", "app.cli", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=environment(settings),
        # Ctrl+C in the terminal is for the parent, which ends its children in order.
        start_new_session=True,
    )


def environment(settings: Settings) -> dict[str, str]:
    """Our environment with the settings of ``settings`` in place of its own, so that child and parent cannot differ."""
    values = settings.model_dump(mode="json") | {
        "data_dir": str(settings.data_dir.absolute()),
        "config_file": str(settings.config_file.absolute()),
    }
    values |= settings.secrets
    own = {_variable(name): str(value) for name, value in values.items() if value is not None}
    foreign = {name: value for name, value in os.environ.items() if name.upper() not in _VARIABLES}
    return {**foreign, **own}


def settings_of_parent() -> Settings:
    """In a child: the settings that ``environment`` wrote out, and nothing else."""
    return Settings(_env_file=None)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask the child to end, then insist."""
    if process.stdin is not None:
        process.stdin.close()
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def stop_with_parent(stop: Event) -> None:
    """In a child: set ``stop`` when the parent closes our standard input or dies."""

    def watch() -> None:
        # Unbuffered: a buffered reader holds a lock that would disturb the end of the process.
        while os.read(sys.stdin.fileno(), 1024):
            pass
        stop.set()

    Thread(target=watch, daemon=True, name="parent-watch").start()


@dataclass(slots=True)
class Supervised:
    """One child that shall always run; ``check`` is called from a job of the scheduler."""

    settings: Settings
    arguments: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: datetime | None = None
    failures: int = 0

    def check(self, now: datetime) -> None:
        """Start the child, or start it again after it died, slower each time."""
        if self.process is not None and self.process.poll() is None:
            return
        if self.process is not None and self.started_at is not None:
            if now - self.started_at > STEADY:
                self.failures = 0
            wait = RESTART_SECONDS[min(self.failures, len(RESTART_SECONDS) - 1)]
            if now - self.started_at < timedelta(seconds=wait):
                return
            self.failures += 1
            log.warning("child died, starting again", status=self.process.returncode, failures=self.failures)
            end(self.process)
        self.process, self.started_at = start(self.settings, self.arguments), now

    def close(self) -> None:
        if self.process is not None:
            end(self.process)
