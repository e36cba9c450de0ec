"""Run one command with the servers asked for; they stop when it ends, fails or is interrupted."""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Final, NoReturn

from tests.servers.elasticsearch import elasticsearch
from tests.servers.postgresql import postgresql
from tests.servers.process import ServerFailed
from tests.servers.wordpress import wordpress

SERVERS: Final[dict[str, Callable[[], AbstractContextManager[str]]]] = {
    "elasticsearch": elasticsearch,
    "postgresql": postgresql,
    "wordpress": wordpress,
}


def main(arguments: Sequence[str]) -> int:
    """Start servers, tell the command their addresses, return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.servers", description=__doc__)
    for name in SERVERS:
        parser.add_argument(f"--{name}", action="store_true", help=f"sets {_variable(name)}")
    parser.add_argument("command", nargs="+", metavar="COMMAND", help="after --, with its arguments")
    chosen = parser.parse_args(arguments)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    with ExitStack() as servers:
        addresses = {}
        for name in (name for name in SERVERS if getattr(chosen, name)):
            addresses[_variable(name)] = servers.enter_context(SERVERS[name]())
            print(f"{_variable(name)}={addresses[_variable(name)]}", file=sys.stderr, flush=True)
        return _run(chosen.command, {**os.environ, **addresses})


def _run(command: Sequence[str], environment: dict[str, str]) -> int:
    with subprocess.Popen(command, env=environment) as process:
        try:
            status = process.wait()
        except BaseException:
            process.terminate()
            raise
    return status if status >= 0 else 128 - status


def _variable(name: str) -> str:
    return f"TINGFENG_TEST_{name.upper()}_URL"


def _leave(number: int, _frame: object) -> NoReturn:
    sys.exit(128 + number)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (ServerFailed, FileNotFoundError) as failure:  # the second: no such command
        sys.exit(f"{failure}")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
