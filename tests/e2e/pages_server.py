"""The pages alone, in a process of their own: ``python -m tests.e2e.pages_server FOLDER [--empty]``.

Prints the port on one line when it listens. No crawler, no scheduler, a clock that stands still.
"""

import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from app import logs, server, wiring
from core import accounts
from core.access import SYSTEM, Role
from core.settings import Settings
from dashboard import frame
from tests.e2e import seed


def main(folder: Path, *, is_empty: bool) -> None:
    logs.configure("WARNING")
    settings = Settings(data_dir=folder, _env_file=None)
    services = wiring.build(settings, now=lambda: seed.NOW)
    if is_empty:
        with services.database.write() as connection:
            accounts.create(connection, SYSTEM, "林晓", seed.PASSWORD, [Role.MANAGER], now=seed.NOW)
    else:
        seed.fill(services)
    application = FastAPI()
    frame.mount(application, services)
    listening = server.bind("127.0.0.1", 0)
    listening.listen()
    print(listening.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(application, log_level="warning", access_log=False)).run(sockets=[listening])


if __name__ == "__main__":
    main(Path(sys.argv[1]), is_empty="--empty" in sys.argv)
