"""The one process people and machines talk to: API and pages on one FastAPI application, scheduler beside it."""

import signal
import socket
from collections.abc import Callable

import structlog
import uvicorn
from fastapi import FastAPI

from api import server as api_server
from app import duties
from app.scheduler import Scheduler
from core.errors import ConfigurationError
from dashboard import frame
from response.services import Services

log = structlog.get_logger()


def application(services: Services) -> FastAPI:
    """API under /api/v1, pages under /."""
    assembled = api_server.build(services)
    frame.mount(assembled, services)
    return assembled


def bind(host: str, port: int) -> socket.socket:
    """Take the port before anything else starts. Raises ConfigurationError when it is in use."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        reason = f"无法监听 {host}:{port}，端口可能已被占用；用 --port 换一个（0 表示自动选择）"
        raise ConfigurationError(reason, port=port) from error
    return listening


def serve(
    services: Services, listening: socket.socket, *, on_ready: Callable[[Services, Callable[[], None]], None]
) -> None:
    """Run until interrupted; ``on_ready`` is told the services with the port really bound, and how to end."""
    bound = duties.with_port(services, int(listening.getsockname()[1]))
    scheduler = Scheduler(bound)
    server = uvicorn.Server(
        uvicorn.Config(application(bound), log_config=None, access_log=False, timeout_graceful_shutdown=5)
    )

    def end(*_signal: object) -> None:
        server.should_exit = True

    # uvicorn raises the signal again when it has ended: that must not end us before the scheduler has ended, too.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    scheduler.start()
    try:
        on_ready(bound, end)
        server.run(sockets=[listening])
    finally:
        scheduler.stop()
