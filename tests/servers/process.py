"""What starting any server has in common: a folder and a user of its own, a free port, waiting, stopping."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

POLL_SECONDS: Final = 0.2
# Guess: Elasticsearch answered after 9 s on two idle cores; ten times that on a busy machine.
START_SECONDS: Final = 90
STOP_SECONDS: Final = 20


class ServerFailed(Exception):
    """A server that the tests need could not be started; the text says how to mend it."""


@contextmanager
def server_folder(name: str) -> Iterator[Path]:
    """Yield a temporary folder that belongs to the server's user."""
    with tempfile.TemporaryDirectory(prefix=f"tingfeng-{name}-", ignore_cleanup_errors=True) as folder:
        path = Path(folder)
        hand_over(path)
        yield path


def hand_over(folder: Path) -> None:
    """Give a folder and all in it to the server's user: both servers refuse to run as root."""
    if os.geteuid() != 0:
        return
    nobody = pwd.getpwnam("nobody")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)


def start(
    command: Sequence[str | Path], *, folder: Path, environment: Mapping[str, str] = os.environ
) -> subprocess.Popen[bytes]:
    """Start a program as the server's user in its folder and a process group of its own, logging to `log`."""
    nobody = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            command,
            cwd=folder,
            env={**environment, "HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            user=nobody.pw_uid if nobody else None,
            group=nobody.pw_gid if nobody else None,
            extra_groups=[] if nobody else None,
        )


def run(command: Sequence[str | Path], *, folder: Path) -> None:
    """Run a program to its end. Raises ServerFailed with its last lines."""
    if start(command, folder=folder).wait() != 0:
        raise ServerFailed(f"{command[0]} failed:\n{_last_lines(folder)}")


@contextmanager
def running(
    process: subprocess.Popen[bytes],
    *,
    folder: Path,
    is_ready: Callable[[], bool],
    stop_signal: signal.Signals = signal.SIGTERM,
) -> Iterator[None]:
    """Hold a started server while the context lasts. Raises ServerFailed when it ends or stays silent at the start."""
    try:
        _wait_until_ready(process, folder, is_ready)
        yield
    finally:
        process.send_signal(stop_signal)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        # Whatever the server itself started goes with it.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def find_program(name: str, *, folders: Sequence[Path] = (), package: str) -> Path:
    """Return a program from the given folders or the path. Raises ServerFailed naming Debian's package."""
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    found = shutil.which(name)
    if found is None:
        raise ServerFailed(f"{name} is missing; on Debian: apt-get install {package}")
    return Path(found)


def _wait_until_ready(process: subprocess.Popen[bytes], folder: Path, is_ready: Callable[[], bool]) -> None:
    for _ in range(int(START_SECONDS / POLL_SECONDS)):
        if is_ready():
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(POLL_SECONDS)
            raise ServerFailed(f"the server ended with status {process.returncode}:\n{_last_lines(folder)}")
    raise ServerFailed(f"the server did not answer within {START_SECONDS} s:\n{_last_lines(folder)}")


def _last_lines(folder: Path) -> str:
    lines = (folder / "log").read_text(errors="replace").splitlines()
    return "\n".join(lines[-20:])
