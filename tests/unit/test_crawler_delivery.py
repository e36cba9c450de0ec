"""Batches: patient with the database, and never losing or doubling what was collected."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from core.errors import SourceChanged, SourceRefused, StoreUnavailable
from core.inbox import PutResult
from crawler.delivery import BATCH, Batch, Item
from crawler.items import Rejected
from crawler.outcome import FINISHED, Outcome
from crawler.seen_thread import SeenThread
from tests.factories import a_mention

NOW = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)


class Store:
    """Fails as often as told, then writes; remembers what was written and how long was waited."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.attempts = 0
        self.written: list[Item] = []
        self.pauses: list[float] = []

    def write(self, items: Sequence[Item]) -> PutResult:
        self.attempts += 1
        if self.attempts <= self.failures:
            raise StoreUnavailable("数据库正被占用，稍后自动重试")
        self.written.extend(items)
        return PutResult(new=tuple(item.id for item in items if not isinstance(item, Rejected | SeenThread)))

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def batch(self) -> Batch:
        return Batch(self.write, pauses=(1, 4), pause=self.pause)


def test_batch_is_written_once_and_counts_mentions_only() -> None:
    store = Store()

    async def fill() -> tuple[int, int]:
        batch = store.batch()
        batch.add(a_mention(1))
        batch.add(Rejected(raw="x", error=SourceChanged("坏了")))
        put, count = await batch.flush()
        assert await batch.flush() == (PutResult(), 0)
        return len(put.new), count

    assert asyncio.run(fill()) == (1, 1)
    assert len(store.written) == 2


def test_batch_is_full_at_its_size() -> None:
    async def fill() -> list[bool]:
        batch = Store().batch()
        full = []
        for n in range(BATCH):
            batch.add(a_mention(n))
            full.append(batch.is_full)
        return full

    assert asyncio.run(fill()) == [False] * (BATCH - 1) + [True]


@pytest.mark.parametrize(("failures", "pauses"), [(0, []), (1, [1]), (2, [1, 4])])
def test_busy_database_is_waited_for(failures: int, pauses: list[float]) -> None:
    store = Store(failures)

    async def fill() -> None:
        batch = store.batch()
        batch.add(a_mention(1))
        await batch.flush()

    asyncio.run(fill())
    assert (store.pauses, [item.id for item in store.written]) == (pauses, [a_mention(1).id])  # type: ignore[union-attr]


def test_database_that_stays_away_ends_the_crawl_without_further_attempts() -> None:
    store = Store(failures=99)

    async def fill() -> None:
        batch = store.batch()
        batch.add(a_mention(1))
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                await batch.flush()

    asyncio.run(fill())
    assert (store.attempts, store.written) == (3, [])


def test_items_that_come_while_a_batch_is_written_wait_for_the_next() -> None:
    store = Store(failures=1)

    async def fill() -> list[int]:
        batch = store.batch()

        async def pause(_: float) -> None:
            batch.add(a_mention(2))

        batch._pause = pause
        batch.add(a_mention(1))
        return [count for _, count in (await batch.flush(), await batch.flush())]

    assert asyncio.run(fill()) == [1, 1]
    assert len(store.written) == 2


def outcome(**values: object) -> Outcome:
    return Outcome(**({"source": "x", "started_at": NOW, "reason": FINISHED} | values))  # type: ignore[arg-type]  # relevant ones only


def test_outcome_is_complete_only_when_nothing_is_left() -> None:
    assert outcome(etag="v").result(now=NOW).etag == "v"
    assert outcome().result(now=NOW).is_complete
    left = [
        outcome(etag="v", reason="closespider_timeout"),
        outcome(etag="v", reason=None),
        outcome(etag="v", error=SourceChanged("变了")),
        outcome(etag="v", store_error=StoreUnavailable("满了")),
        outcome(etag="v", put=5, failures=[SourceChanged("坏了")]),
    ]
    assert [(found.result(now=NOW).is_complete, found.result(now=NOW).etag) for found in left] == [(False, None)] * 5


def test_list_whose_pages_all_fail_is_a_failure_of_the_source() -> None:
    gone = SourceRefused("不让看")
    assert outcome(failures=[gone]).result(now=NOW).error_code == "source_refused"
    assert outcome(failures=[gone], skipped=1).result(now=NOW).error_code is None
    assert outcome(failures=[gone], put=1).result(now=NOW).error_code is None


def test_store_error_is_told_before_all_others() -> None:
    found = outcome(error=SourceChanged("变了"), store_error=StoreUnavailable("满了")).result(now=NOW)
    assert (found.error_code, found.error_message) == ("store_unavailable", "满了")
