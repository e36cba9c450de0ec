"""The pipeline: takes mentions out of the inbox, analyses them, stores analysis and story, and indexes them.

Runs in a supervised child process (analysis would hold the interpreter lock under the pages). Each step may
be repeated after a kill: a batch is claimed, analysed outside any transaction, stored in one, then indexed.
The index follows the state database in three ways: a part of it that was lost is filled anew, what retention
removed leaves it, and what changed is written to it.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import Event
from typing import Final, Protocol

import structlog

from core import inbox, index_part, quarantine, removed, story, watchlist
from core.errors import AnalysisError, StoreError, TingfengError
from core.mention import Analysis, Mention, Sentiment, SentimentResult
from core.watchlist import Brand
from index.base import UpsertStatus
from response.mentions import masked
from response.services import Services

log = structlog.get_logger()

# Guess: an outage of the store is looked at again this often.
OUTAGE_SECONDS: Final = 5.0


class Analyse(Protocol):
    """What the pipeline needs of nlp; it is given by the wiring."""

    def analyse(self, mention: Mention) -> Analysis: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCount:
    """Mentions analysed, indexed, and taken out of the index in one step."""

    analysed: int = 0
    indexed: int = 0
    deleted: int = 0

    @property
    def is_idle(self) -> bool:
        return self.analysed == self.indexed == self.deleted == 0


class Pipeline:
    """One worker. ``worker``: the name its claims carry; a restart under the same name takes them up at once."""

    def __init__(self, services: Services, make_analyser: Callable[[Sequence[Brand]], Analyse], *, worker: str) -> None:
        self.services = services
        self.worker = worker
        self._make_analyser = make_analyser
        self._analyser: Analyse | None = None
        self._version = ""

    def run(self, stop: Event) -> None:
        """Work until ``stop`` is set; an outage of a store is waited out, nothing is dropped."""
        while not stop.is_set():
            try:
                step = self.step()
            except StoreError as error:
                log.warning("store is away, waiting", error=error.code)
                stop.wait(OUTAGE_SECONDS)
                continue
            except Exception:  # one of the three loops: a bad batch never stops the service
                log.exception("batch failed, trying again")
                stop.wait(OUTAGE_SECONDS)
                continue
            if step.is_idle:
                stop.wait(self.services.settings.pipeline_idle_seconds)

    def run_until_idle(self) -> StepCount:
        """Work until nothing waits; returns what was done."""
        analysed = indexed = 0
        while not (step := self.step()).is_idle:
            analysed, indexed = analysed + step.analysed, indexed + step.indexed
        return StepCount(analysed=analysed, indexed=indexed)

    def step(self) -> StepCount:
        """One batch. Raises StoreError when a store is away."""
        analysed, deleted = self._analyse_batch(), delete_batch(self.services)
        return StepCount(analysed=analysed, deleted=deleted, indexed=index_batch(self.services))

    def _analyse_batch(self) -> int:
        services = self.services
        with services.database.write() as connection:
            brands = watchlist.active(connection)
            claimed = inbox.claim(
                connection, worker=self.worker, limit=services.settings.pipeline_batch, now=services.now()
            )
        if not claimed:
            return 0
        analyser = self._analyser_for(brands)
        started = time.perf_counter()
        analysed = [(mention, self._analyse_one(analyser, mention)) for mention in claimed]
        with services.database.write() as connection:
            # What changed meanwhile (another source saw it, too) waits for its next turn, and counts in a story then.
            unchanged = inbox.unchanged(connection, claimed)
            current = [pair for pair in analysed if pair[0].id in unchanged]
            stories = story.assign(connection, current)
            named = [
                (mention, replace(analysis, story=found))
                for (mention, analysis), found in zip(current, stories, strict=True)
            ]
            inbox.store_analyses(connection, named)
        log.info("analysed", mentions=len(claimed), seconds=round(time.perf_counter() - started, 2))
        return len(claimed)

    def _analyser_for(self, brands: Sequence[Brand]) -> Analyse:
        version = watchlist.version(brands)
        if self._analyser is None or version != self._version:
            self._analyser, self._version = self._make_analyser(brands), version
        return self._analyser

    def _analyse_one(self, analyser: Analyse, mention: Mention) -> Analysis:
        """A text that cannot be analysed stays findable as neutral, and is listed in the quarantine."""
        try:
            return analyser.analyse(mention)
        except Exception as error:  # one of the three loops: one bad mention never stops a batch
            log.exception("analysis failed", mention=mention.id)
            known = error if isinstance(error, TingfengError) else AnalysisError("这条信息无法分析，已按中性收录")
            with self.services.database.write() as connection:
                now = self.services.now()
                quarantine.keep(connection, source=mention.source, raw=mention.text, error=known, now=now)
            return Analysis(sentiment=SentimentResult(label=Sentiment.NEUTRAL, score=0.0), engine="failed")


def index_batch(services: Services) -> int:
    """Bring the index up to the state database by one batch; returns how many were written."""
    parts = _checked_parts(services)
    with services.database.read() as connection:
        mentions = inbox.unindexed(connection, limit=services.settings.pipeline_batch)
    if not mentions:
        return 0
    # The index never holds personal data: what it does not hold cannot be searched for, or leak.
    statuses = services.index.upsert([masked(mention) for mention in mentions])
    parts |= services.index.parts()  # a new month, or what took the place of a part that was lost just now
    with services.database.write() as connection:
        now = services.now()
        index_part.remember(connection, parts)
        inbox.mark_indexed(connection, {mention.id: mention.revision for mention in mentions}, now=now)
        for mention, status in zip(mentions, statuses, strict=True):
            if status is UpsertStatus.REJECTED:
                refused = StoreError("检索引擎拒收这条信息", mention=mention.id)
                quarantine.keep(connection, source=mention.source, raw=mention.text, error=refused, now=now)
    return len(mentions)


def delete_batch(services: Services) -> int:
    """Take out of the index what retention removed; returns how many the index was told of."""
    with services.database.read() as connection:
        gone = removed.due(connection, now=services.now(), limit=services.settings.pipeline_batch)
    if not gone:
        return 0
    ids = [each.id for each in gone]
    services.index.delete(ids)
    with services.database.write() as connection:
        removed.told(connection, gone, now=services.now())
        inbox.mark_unindexed(connection, ids)  # those that came back meanwhile
    return len(gone)


def _checked_parts(services: Services) -> frozenset[str]:
    """The parts of the index; where one is missing (deleted, dropped, another engine), all is to be indexed again."""
    # In this order: what is known was there before, so that a part made meanwhile is no loss.
    with services.database.read() as connection:
        known = index_part.known(connection)
    parts = services.index.parts()
    if parts != known:
        with services.database.write() as connection:
            # Nothing known: what the state database says of the index is about another one.
            is_new = bool(parts) and not index_part.known(connection)
            is_lost = index_part.forget(connection, known - parts) or is_new
            if is_lost and (marked := inbox.mark_unindexed(connection)):
                log.warning("the index is new or has lost a part, filling it", mentions=marked)
            index_part.remember(connection, parts)
    return parts
