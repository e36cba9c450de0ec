"""Waiting for a condition, with a deadline that only says that something hangs: it is no statement about speed."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

import pytest

# Guess: many times what anything here takes, so that a crowded machine does not fail a test.
PATIENCE_SECONDS: Final = 180.0
POLL_SECONDS: Final = 0.05

Value = TypeVar("Value")


def until(condition: Callable[[], Value], what: str, *, seconds: float = PATIENCE_SECONDS) -> Value:
    """Ask again and again until the answer is true, and return it; fail naming ``what`` was waited for."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(POLL_SECONDS)
    return value
