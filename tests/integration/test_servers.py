"""The command that starts real servers for other commands; run here without one, and with what a server stands for."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.process import ServerFailed, free_port, hand_over, running, server_folder, start

COMMAND = [sys.executable, "-m", "tests.servers", "--"]


@pytest.mark.parametrize(("script", "status"), [("exit 7", 7), ("kill -9 $$", 128 + 9)])
def test_the_commands_status_is_passed_on(script: str, status: int) -> None:
    assert subprocess.run([*COMMAND, "sh", "-c", script], check=False).returncode == status


def test_a_signal_ends_the_command_too(tmp_path: Path) -> None:
    script = "import signal, sys; print('up', flush=True); signal.pause()"
    with subprocess.Popen([*COMMAND, sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        process.send_signal(signal.SIGTERM)
        # The pipe closes when the last process that holds it has ended.
        assert process.stdout.read() == b""
    assert process.returncode == 128 + signal.SIGTERM


def test_a_server_and_its_children_end_with_the_context() -> None:
    with server_folder("test") as folder:
        held = folder / "held"
        os.mkfifo(held)
        hand_over(folder)
        process = start(["sh", "-c", "sleep 600 > held & wait"], folder=folder)
        with running(process, folder=folder, is_ready=held.exists):
            pipe = held.open("rb")
            assert process.poll() is None
        # The pipe closes when the child that holds its other end has ended.
        with pipe:
            assert pipe.read() == b""
    assert not folder.exists()


def test_a_server_that_ends_at_once_says_why() -> None:
    with server_folder("test") as folder:
        process = start(["sh", "-c", "echo no room left; exit 3"], folder=folder)
        with (
            pytest.raises(ServerFailed, match=r"status 3(.|\n)*no room left"),
            running(process, folder=folder, is_ready=bool),
        ):
            pytest.fail("the context must not be entered")


def test_free_ports_can_be_bound() -> None:
    assert 1024 <= free_port() <= 65535
