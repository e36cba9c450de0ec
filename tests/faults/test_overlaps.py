"""What happens to a mention while it is being analysed is neither lost nor counted twice."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.pipeline import Pipeline
from core import inbox, story, watchlist
from core.access import SYSTEM
from core.mention import Analysis, Mention
from core.watchlist import Brand
from response.services import Services
from tests.factories import a_mention, an_analysis


class Interrupted:
    """Stands for nlp: while it works, the inbox is given what comes next."""

    def __init__(self, services: Services, coming: Iterator[Mention]) -> None:
        self._services = services
        self._coming = coming

    def analyse(self, _mention: Mention) -> Analysis:
        for mention in self._coming:
            with self._services.database.write() as connection:
                inbox.put(connection, [mention], now=self._services.now())
        return an_analysis(words=("刹车", "踏板"))


@pytest.mark.parametrize(
    ("meanwhile", "text", "seen_by"),
    [
        ({"source": "订阅", "seen_by": ("订阅",)}, a_mention().text, ("车友会", "订阅")),
        ({"text": "青柠L7 刹车修好了。"}, "青柠L7 刹车修好了。", ("车友会",)),
    ],
    ids=["another source sees it", "its author edits it"],
)
def test_a_mention_that_changes_while_it_is_analysed_counts_once(
    services: Services, meanwhile: dict[str, object], text: str, seen_by: tuple[str, ...]
) -> None:
    with services.database.write() as connection:
        watchlist.save(connection, SYSTEM, Brand(name="青柠汽车"), now=services.now())
        inbox.put(connection, [a_mention()], now=services.now())
    analyser = Interrupted(services, iter([replace(a_mention(), **meanwhile)]))  # type: ignore[arg-type]  # a table
    Pipeline(services, lambda _brands: analyser, worker="test").run_until_idle()
    with services.database.read() as connection:
        (kept,) = inbox.scan(connection)
        assert kept.analysis is not None and kept.analysis.story is not None
        told = story.get(connection, kept.analysis.story)
    assert (kept.text, kept.seen_by) == (text, seen_by)
    assert told is not None and told.mention_count == 1
    assert services.index.get(kept.id) == replace(kept, indexed_at=None)
