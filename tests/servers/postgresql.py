"""A PostgreSQL of Debian's package for the tests: no socket file, no password, nothing kept."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.process import find_program, free_port, run, running, server_folder, start


@contextmanager
def postgresql() -> Iterator[str]:
    """Start a server and yield the SQLAlchemy address of an empty database. Raises ServerFailed."""
    binaries = _binaries()
    port = free_port()
    with server_folder("postgresql") as folder:
        data = folder / "data"
        run(
            [binaries / "initdb", "-D", data, "-U", "tingfeng", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"],
            folder=folder,
        )
        # Durability is given up for speed: the tests never ask for what survives a power cut.
        switches = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "unix_socket_directories=")
        options = [word for switch in (*switches, "listen_addresses=127.0.0.1") for word in ("-c", switch)]
        process = start([binaries / "postgres", "-D", data, "-p", str(port), *options], folder=folder)
        probe = [str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
        with running(
            process,
            folder=folder,
            is_ready=lambda: subprocess.run(probe, check=False).returncode == 0,
            stop_signal=signal.SIGINT,  # fast shutdown; SIGTERM would wait for the last client
        ):
            yield f"postgresql+psycopg://tingfeng@127.0.0.1:{port}/postgres"


def _binaries() -> Path:
    # Debian keeps the server's programs out of the path, one folder for each major version.
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name), reverse=True
    )
    return find_program("initdb", folders=folders, package="postgresql").resolve().parent
