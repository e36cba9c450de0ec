"""The index follows the state database: removals, losses and rebuilds, whatever is killed or away in between."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from elasticsearch import Elasticsearch

from app import duties, wiring
from app.cli import reindex
from app.pipeline import Pipeline, delete_batch, index_batch
from core import inbox, removed
from core.errors import StoreUnavailable
from core.settings import IndexEngine, Settings
from index.base import UpsertStatus
from response.services import Services
from tests.conftest import Clock, external_url
from tests.factories import NOON, a_mention, an_analysis

OLD = a_mention(2, published_at=NOON - timedelta(days=400))
NEW = a_mention(1)


@pytest.fixture(params=["embedded", pytest.param("elastic", marks=pytest.mark.external)])
def services(request: pytest.FixtureRequest, settings: Settings, clock: Clock) -> Iterator[Services]:
    """The wired product on each engine."""
    if request.param == "embedded":
        yield wiring.build(settings, now=clock)
        return
    url, prefix = external_url("TINGFENG_TEST_ELASTICSEARCH_URL"), f"test-{uuid4().hex}"
    chosen = {"index_engine": IndexEngine.ELASTIC, "elasticsearch_url": url, "elasticsearch_index": prefix}
    yield wiring.build(settings.model_copy(update=chosen), now=clock)
    drop(url, prefix)
    with Elasticsearch(url) as client:
        client.options(ignore_status=404).indices.delete_index_template(name=prefix)


def drop(url: str, prefix: str) -> None:
    with Elasticsearch(url) as client:
        for found in client.indices.get_mapping(index=prefix, ignore_unavailable=True):
            client.indices.delete(index=found)


class Meanwhile:
    """The index of the services, in which something happens before or after the next write."""

    def __init__(self, services: Services, monkeypatch: pytest.MonkeyPatch, before=None, after=None) -> None:
        upsert = services.index.upsert

        def interrupted(batch) -> tuple[UpsertStatus, ...]:
            monkeypatch.setattr(services.index, "upsert", upsert)
            if before is not None:
                before()
            statuses = upsert(batch)
            if after is not None:
                after()
            return statuses

        monkeypatch.setattr(services.index, "upsert", interrupted)


def killed() -> None:
    raise KeyboardInterrupt


def put(services: Services, *mentions) -> None:
    """Stored and analysed, not yet indexed."""
    with services.database.write() as connection:
        inbox.put(connection, mentions, now=services.now())
        claimed = inbox.claim(connection, worker="t", limit=500, now=services.now())
        inbox.store_analyses(connection, [(mention, an_analysis()) for mention in claimed])


def follow(services: Services) -> None:
    """What an idle pipeline does."""
    while delete_batch(services) + index_batch(services):
        pass
    services.index.refresh()


def check(services: Services, *mentions) -> None:
    """The index holds these and nothing else, each in its newest revision."""
    with services.database.read() as connection:
        stored = {mention.id: mention.revision for mention in inbox.scan(connection)}
    assert set(stored) == {mention.id for mention in mentions}
    assert services.index.health().count == len(mentions)
    for mention_id, revision in stored.items():
        found = services.index.get(mention_id)
        assert found is not None and found.revision == revision


def retention(services: Services) -> Callable[[], None]:
    """Another process removes, and a third one tells the index at once."""

    def run() -> None:
        duties.clean_up(services)
        delete_batch(services)

    return run


def test_what_is_removed_while_it_is_being_indexed_leaves_the_index(services: Services, monkeypatch) -> None:
    put(services, NEW, OLD)
    Meanwhile(services, monkeypatch, before=retention(services))
    follow(services)
    check(services, NEW)


def test_a_kill_after_such_a_write_is_mended_a_day_later(services: Services, clock: Clock, monkeypatch) -> None:
    put(services, NEW, OLD)
    Meanwhile(services, monkeypatch, before=retention(services), after=killed)
    with pytest.raises(KeyboardInterrupt):
        index_batch(services)
    follow(services)
    assert services.index.health().count == 2, "the killed worker's write is still there"
    clock.advance(seconds=removed.SETTLED.total_seconds())
    follow(services)
    check(services, NEW)
    with services.database.read() as connection:
        assert removed.count(connection) == 0


def test_an_index_that_is_away_delays_the_removal_there_only(services: Services, monkeypatch) -> None:
    put(services, NEW, OLD)
    follow(services)
    with monkeypatch.context() as patch:
        patch.setattr(services.index, "delete", away)
        duties.clean_up(services)
        with pytest.raises(StoreUnavailable):
            delete_batch(services)
    follow(services)
    check(services, NEW)


@pytest.mark.parametrize("is_told", [True, False], ids=["index was told", "index was not told"])
def test_a_mention_that_comes_back_is_indexed(services: Services, clock: Clock, is_told: bool) -> None:
    back = a_mention(2, text="回来了", published_at=NOON - timedelta(days=40))  # in another month: another place
    put(services, OLD)
    put(services, a_mention(2, published_at=OLD.published_at, text="改过"))
    follow(services)
    duties.clean_up(services)
    if is_told:
        follow(services)
    put(services, back)
    follow(services)
    check(services, back)
    clock.advance(seconds=removed.SETTLED.total_seconds())
    follow(services)
    check(services, back)
    found = services.index.get(back.id)
    assert found is not None and found.text == "回来了"


def test_a_mention_that_comes_back_is_newer_than_what_a_slow_worker_writes(services: Services, monkeypatch) -> None:
    def comes_back() -> None:
        duties.clean_up(services)
        put(services, OLD)

    put(services, OLD)
    put(services, a_mention(2, published_at=OLD.published_at, text="改过"))
    Meanwhile(services, monkeypatch, before=comes_back)
    index_batch(services)
    follow(services)
    check(services, OLD)
    found = services.index.get(OLD.id)
    assert found is not None and found.text == OLD.text


def test_a_mention_that_comes_back_while_the_index_is_told_is_indexed(services: Services, monkeypatch) -> None:
    put(services, OLD)
    follow(services)
    duties.clean_up(services)
    delete = services.index.delete

    def meanwhile(ids) -> int:
        put(services, OLD)
        index_batch(services)
        return delete(ids)

    monkeypatch.setattr(services.index, "delete", meanwhile)
    delete_batch(services)
    monkeypatch.undo()
    follow(services)
    check(services, OLD)


def lose(services: Services) -> None:
    """Somebody deletes the file, or drops the indices."""
    settings = services.settings
    if settings.index_engine is IndexEngine.EMBEDDED:
        settings.index_file.unlink()
    else:
        drop(settings.elasticsearch_url or "", settings.elasticsearch_index)


def test_a_lost_index_is_filled_anew(services: Services) -> None:
    put(services, NEW, OLD)
    assert index_batch(services) == 2
    lose(services)
    assert index_batch(services) == 2
    follow(services)
    check(services, NEW, OLD)
    assert index_batch(services) == 0


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_index_that_is_lost_during_a_write_is_filled_anew(services: Services, monkeypatch, when: str) -> None:
    put(services, NEW)
    follow(services)
    put(services, OLD)
    Meanwhile(services, monkeypatch, **{when: lambda: lose(services)})
    follow(services)
    follow(services)
    check(services, NEW, OLD)


def test_a_loss_that_another_worker_has_seen_already_is_not_forgotten(services: Services, monkeypatch) -> None:
    def other_worker() -> None:
        lose(services)
        Meanwhile(services, monkeypatch, before=killed)
        with pytest.raises(KeyboardInterrupt):
            index_batch(services)

    put(services, NEW)
    follow(services)
    put(services, OLD)
    Meanwhile(services, monkeypatch, after=other_worker)
    follow(services)
    follow(services)
    check(services, NEW, OLD)


def test_another_engine_or_data_folder_is_filled_by_itself(services: Services, tmp_path: Path, clock: Clock) -> None:
    put(services, NEW, OLD)
    follow(services)
    chosen = {"index_engine": IndexEngine.EMBEDDED, "data_dir": tmp_path / "moved"}
    state = {"database_url": services.settings.state_url}
    moved = wiring.build(services.settings.model_copy(update=chosen | state), now=clock)
    follow(moved)
    check(moved, NEW, OLD)


@pytest.mark.parametrize("when", ["before", "after"])
def test_reindex_while_the_pipeline_writes_loses_nothing(services: Services, monkeypatch, when: str) -> None:
    put(services, NEW)
    follow(services)
    put(services, OLD)
    monkeypatch.setattr(reindex, "settings_of", lambda *_: services.settings)
    Meanwhile(services, monkeypatch, **{when: reindex.reindex})
    follow(services)
    follow(services)
    check(services, NEW, OLD)


def test_a_pipeline_is_idle_when_the_index_was_told(services: Services) -> None:
    put(services, NEW, OLD)
    pipeline = Pipeline(services, lambda _brands: pytest.fail("nothing to analyse"), worker="t")
    assert pipeline.run_until_idle().indexed == 2
    duties.clean_up(services)
    pipeline.run_until_idle()
    services.index.refresh()
    check(services, NEW)


def away(*_arguments: object) -> int:
    raise StoreUnavailable("测试：索引不在")
