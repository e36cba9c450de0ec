"""Logs: English, one JSON object per line on stderr when it is a file or pipe, coloured text in a terminal."""

import logging
import sys

import structlog
from structlog.typing import Processor


def configure(level: str) -> None:
    """Send structlog and the standard logging of libraries to stderr. stdout carries results only."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    is_terminal = sys.stderr.isatty()
    last: Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    if is_terminal:
        # The default would print local variables: texts and secrets do not belong into a log.
        last = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    errors: list[Processor] = [] if is_terminal else [structlog.processors.format_exc_info]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *errors, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # They tell of every request and every wake-up; ours say what came of it.
    quiet = max(logging.WARNING, root.level)
    for name in ("httpx", "httpcore", "uvicorn.access", "trafilatura", "jieba", "alembic"):
        logging.getLogger(name).setLevel(quiet)
    # A job that still runs when its next second comes is no news: it is asked again a second later.
    # An Elasticsearch that is away is told by ours in one line, not by a traceback for each attempt.
    for name in ("apscheduler", "elastic_transport"):
        logging.getLogger(name).setLevel(logging.ERROR)
