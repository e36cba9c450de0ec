"""One crawl in a process of its own, as the product does it: ``python -m tests.integration.crawl_child OPTIONS``.

Most tests have theirs forked from a server that has imported the crawler once: that takes longer than their crawls.
"""

import json
import logging
import multiprocessing
import os
import resource
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from core.settings import Settings
from crawler.run import crawl_all
from crawler.visit import Limits

PATIENCE_SECONDS = 180


def run(options: dict[str, Any]) -> None:
    """Crawl, and print the results."""
    os.chdir(options["data_dir"])
    logging.basicConfig(level=logging.INFO)
    if options["file_limit"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (options["file_limit"], options["file_limit"]))
    settings = Settings(data_dir=Path(options["data_dir"]), _env_file=None, **options["settings"])
    moment = datetime.fromisoformat(options["now"])
    limits = Limits(**options["limits"] | {"write_pauses_seconds": tuple(options["limits"]["write_pauses_seconds"])})
    results = crawl_all(settings, options["names"], now=lambda: moment, limits=limits)
    print(json.dumps([asdict(result) for result in results], default=str), flush=True)


def run_forked(options: dict[str, Any]) -> tuple[int | None, str, str]:
    """Exit status, stdout and stderr of a crawl in a fork."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    files = [Path(options["data_dir"]) / name for name in (".stdout", ".stderr")]
    process = context.Process(target=_into_files, args=(options, *map(str, files)))
    process.start()
    process.join(PATIENCE_SECONDS)
    if process.is_alive():
        process.kill()
        process.join()
    stdout, stderr = (path.read_text(encoding="utf-8", errors="replace") if path.exists() else "" for path in files)
    for path in files:
        path.unlink(missing_ok=True)
    return process.exitcode, stdout, stderr


def _into_files(options: dict[str, Any], stdout: str, stderr: str) -> None:
    for number, path in ((1, stdout), (2, stderr)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
    run(options)


if __name__ == "__main__":
    run(json.loads(sys.argv[1]))
