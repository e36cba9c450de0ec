"""What several crawl tests need: a real site on loopback, and a database with crawls into it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Clock
from tests.integration.crawl_site import Crawls, Site


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture
def crawls(tmp_path: Path, clock: Clock) -> Iterator[Crawls]:
    opened = Crawls(tmp_path, clock)
    yield opened
    opened.database.close()
