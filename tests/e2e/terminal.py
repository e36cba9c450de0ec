"""The command line in this process: its real entry, with arguments, streams, environment and folder of its own.

A process costs two seconds; what only a process can show (pipes, locale, signals) is for ``tests.faults.product``.
"""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from app import cli, logs
from tests.faults import product
from tests.faults.product import Ended


def run(folder: Path, *arguments: str, stdin: str = "", **settings: object) -> Ended:
    """Run ``tingfeng ARGUMENTS`` to its end. Output is UTF-8 whatever the streams are, and nobody sees a traceback."""
    said = {"stdin": BytesIO(stdin.encode()), "stdout": BytesIO(), "stderr": BytesIO()}
    streams = {name: TextIOWrapper(content, encoding="ascii") for name, content in said.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in [name for name in os.environ if name.startswith("TINGFENG_")]:
            patch.delenv(name)
        for name, value in product.environment(folder, settings).items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["tingfeng", *arguments])
        for name, stream in streams.items():
            patch.setattr(sys, name, stream)
        with _closing_what_it_opens():
            status = _status()
    logs.configure("WARNING")  # the command's own log went to its stderr
    for stream in streams.values():
        stream.flush()
    stdout, stderr = said["stdout"].getvalue().decode(), said["stderr"].getvalue().decode()
    assert "Traceback" not in stderr, stderr
    return Ended(status=status, stdout=stdout, stderr=stderr)


def done(folder: Path, *arguments: str, stdin: str = "", **settings: object) -> list[dict[str, Any]]:  # Any: JSON
    """Run a command that must succeed; returns its lines."""
    result = run(folder, *arguments, stdin=stdin, **settings)
    assert result.status == 0, result.stderr
    return result.lines


@contextmanager
def _closing_what_it_opens() -> Iterator[None]:
    """As the end of a process does; what was there before is not looked at, which takes time."""
    gc.freeze()
    try:
        yield
    finally:
        gc.collect()
        gc.unfreeze()


def _status() -> int:
    try:
        cli.main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
