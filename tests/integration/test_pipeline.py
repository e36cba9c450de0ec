"""The pipeline: inbox → analysis → story → index, repeatable at every step."""

from dataclasses import replace
from threading import Event

import pytest

from app.pipeline import Pipeline, index_batch
from core import inbox, quarantine, watchlist
from core.access import SYSTEM
from core.errors import AnalysisError, StoreUnavailable
from core.mention import Status
from core.watchlist import Brand
from index.base import UpsertStatus
from response import mentions
from response.mentions import Filters
from tests.factories import a_mention, an_analysis


class Canned:
    """Stands for nlp: names the brand, calls everything negative; fails where it is told to."""

    def __init__(self, brands, fail_on: str = "") -> None:
        self.brands = tuple(brand.name for brand in brands)
        self.fail_on = fail_on

    def analyse(self, mention):
        if self.fail_on and self.fail_on in mention.text:
            raise ZeroDivisionError
        return an_analysis(brands=self.brands, words=("刹车", "踏板"))


@pytest.fixture
def pipeline(services) -> Pipeline:
    with services.database.write() as connection:
        watchlist.save(connection, SYSTEM, Brand(name="青柠汽车"), now=services.now())
    return Pipeline(services, Canned, worker="test")


def _put(services, *found) -> None:
    with services.database.write() as connection:
        inbox.put(connection, found, now=services.now())


def test_what_is_put_can_be_searched_with_its_analysis_and_story(services, pipeline) -> None:
    _put(services, a_mention(1), a_mention(2))
    done = pipeline.run_until_idle()
    page = mentions.search(services, SYSTEM, "刹车", Filters(brand="青柠汽车", sentiment="negative"))
    stories = {hit.mention.analysis.story for hit in page.hits if hit.mention.analysis}
    assert (done.analysed, done.indexed, page.total) == (2, 2, 2)
    assert len(stories) == 1
    assert stories != {None}


def test_the_index_holds_no_personal_data(services, pipeline) -> None:
    _put(services, a_mention(1, text="我的电话 13800001234，请回电。"))
    pipeline.run_until_idle()
    stored = services.index.get(a_mention(1).id)
    with services.database.read() as connection:
        original = inbox.get(connection, a_mention(1).id)
    assert stored is not None
    assert original is not None
    assert "13800001234" not in stored.text
    assert len(stored.text) == len(original.text)
    assert "13800001234" in original.text, "the truth keeps what was published"


def test_a_kill_between_any_two_steps_is_caught_up(services, pipeline, monkeypatch) -> None:
    _put(services, *(a_mention(number) for number in range(5)))
    for broken in ("app.pipeline.inbox.store_analyses", "app.pipeline.inbox.mark_indexed"):
        with monkeypatch.context() as patch:
            patch.setattr(broken, _killed)
            with pytest.raises(KeyboardInterrupt):
                pipeline.run_until_idle()
    pipeline.run_until_idle()
    with services.database.read() as connection:
        backlog, stored = inbox.backlog(connection), inbox.scan(connection)
    assert (backlog.unanalysed, backlog.unindexed) == (0, 0)
    assert mentions.search(services, SYSTEM).total == 5
    assert {mention.revision for mention in stored} == {2}, "analysed once, however often it was tried"


def test_one_bad_mention_never_stops_a_batch(services) -> None:
    pipeline = Pipeline(services, lambda brands: Canned(brands, fail_on="坏"), worker="test")
    _put(services, a_mention(1), a_mention(2, text="坏"), a_mention(3))
    pipeline.run_until_idle()
    with services.database.read() as connection:
        (row,) = quarantine.latest(connection)
    assert row.code == AnalysisError.code
    assert mentions.search(services, SYSTEM).total == 3, "it stays findable"


def test_what_the_index_refuses_is_listed_and_not_tried_for_ever(services, pipeline, monkeypatch) -> None:
    _put(services, a_mention(1))
    monkeypatch.setattr(
        type(services.index), "upsert", lambda _self, batch: tuple(UpsertStatus.REJECTED for _ in batch)
    )
    pipeline.run_until_idle()
    assert index_batch(services) == 0
    with services.database.read() as connection:
        assert [row.code for row in quarantine.latest(connection)] == ["store_error"]


def test_a_new_brand_counts_from_the_next_batch_and_reanalysis_takes_in_the_rest(services, pipeline) -> None:
    _put(services, a_mention(1))
    pipeline.run_until_idle()
    with services.database.write() as connection:
        watchlist.save(connection, SYSTEM, Brand(name="蓝鲸汽车"), now=services.now())
        inbox.request_analysis(connection, [a_mention(1).id])
    pipeline.run_until_idle()
    assert mentions.search(services, SYSTEM, "", Filters(brand="蓝鲸汽车")).total == 1


def test_an_outage_is_waited_out(services, pipeline, monkeypatch) -> None:
    _put(services, a_mention(1))
    stop, waited = Event(), []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        monkeypatch.undo()
        if len(waited) > 1:
            stop.set()
        else:
            monkeypatch.setattr(stop, "wait", wait)
        return False

    monkeypatch.setattr(stop, "wait", wait)
    monkeypatch.setattr(services.database.__class__, "write", _away)
    pipeline.run(stop)
    assert len(waited) == 2
    assert mentions.search(services, SYSTEM).total == 1


def test_excluded_mentions_are_found_when_asked_for(services) -> None:
    class Excluding(Canned):
        def analyse(self, mention):
            analysis = an_analysis()
            return replace(analysis, brands=(replace(analysis.brands[0], excluded_by="排除词：苏打水"),))

    _put(services, a_mention(1))
    Pipeline(services, Excluding, worker="test").run_until_idle()
    assert mentions.search(services, SYSTEM).total == 0
    (hit,) = mentions.search(services, SYSTEM, "", Filters(status="excluded")).hits
    assert hit.mention.status is Status.EXCLUDED


def _killed(*_args, **_named):
    raise KeyboardInterrupt


def _away(_self):
    raise StoreUnavailable("测试：数据库不在")
