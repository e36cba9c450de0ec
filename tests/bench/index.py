"""Speed of the index on synthetic mentions: ``python -m tests.bench.index --mentions 100000``.

Words follow Zipf's law, so that frequent, usual and rare mean what they mean in a real corpus. Cutting is a split at
spaces: the segmenter is measured elsewhere. Figures are printed, not judged.
"""

import argparse
import os
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from core.mention import Label, Mention, Platform, Sentiment, Status
from index.base import Dimension, MentionIndex
from index.elastic import ElasticIndex
from index.embedded import EmbeddedIndex
from index.query import EVERYTHING, cursor_after, parse
from tests.factories import a_mention, an_analysis

NOW: Final = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)
SEED: Final = 7
BATCH: Final = 500
BRANDS: Final = ("青柠汽车", "蓝鲸出行", "橙子手机", "白露茶饮", "松果家居")
FACETS: Final = (Dimension.SOURCE, Dimension.PLATFORM, Dimension.SENTIMENT)


def tokenise(text: str) -> list[str]:
    return [token for token in re.split(r"( )", text) if token]


class Corpus:
    """Mentions of one year, oldest first, and the words they are made of."""

    def __init__(self, count: int) -> None:
        self._random = random.Random(SEED)
        self.count = count
        self.words = ["".join(chr(self._random.randint(0x4E00, 0x9FA0)) for _ in range(2)) for _ in range(20_000)]
        self._weights = list(accumulate(1 / (rank + 10) for rank in range(len(self.words))))

    def mentions(self) -> Iterator[Mention]:
        step = timedelta(days=365) / self.count
        for number in range(self.count):
            yield self.mention(number, NOW - step * (self.count - number))

    def mention(self, number: int, at: datetime) -> Mention:
        draw = self._random
        words = draw.choices(self.words, cum_weights=self._weights, k=draw.randint(15, 60))
        analysis = an_analysis(
            draw.choices(list(Sentiment), [2, 5, 3])[0],
            brands=tuple(draw.sample(BRANDS, draw.choices([0, 1, 2], [2, 7, 1])[0])),
            story=f"story-{draw.randint(0, 5000)}" if draw.random() < 0.3 else None,
            risks=(Label(name="安全"),) if draw.random() < 0.1 else (),
        )
        return a_mention(
            number,
            title=" ".join(words[:8]),
            text=" ".join(words),
            source=f"来源{draw.randint(0, 60)}",
            platform=draw.choice(list(Platform)),
            author=f"作者{draw.randint(0, 20_000)}",
            status=Status.EXCLUDED if draw.random() < 0.05 else Status.LIVE,
            published_at=at,
            seen_at=at + timedelta(minutes=5),
            revision=1,
            order_key=int(at.timestamp()) << 24 | number & 0xFFFFFF,
            analysis=analysis,
        )


def load(index: MentionIndex, corpus: Corpus) -> float:
    """Mentions written per second, making them not counted."""
    seconds, batch = 0.0, list[Mention]()
    for mention in corpus.mentions():
        batch.append(mention)
        if len(batch) == BATCH:
            seconds += timed(lambda _: index.upsert(batch))
            batch.clear()
    seconds += timed(lambda _: index.upsert(batch))
    index.refresh()
    return corpus.count / seconds


def timed(operation: Callable[[int], object], number: int = 0) -> float:
    start = time.perf_counter()
    operation(number)
    return time.perf_counter() - start


def questions(index: MentionIndex, corpus: Corpus) -> dict[str, Callable[[int], object]]:
    """Each takes the number of its run, so that no two runs ask for the same words."""
    frequent, usual, rare = (corpus.words[start:] for start in (0, 200, 3000))

    def search(text: str, **filters: object) -> object:
        return index.search(parse(text, now=NOW).where(**filters))  # type: ignore[arg-type]  # as where takes them

    def facets(text: str) -> object:
        return [index.aggregate(parse(text, now=NOW), by=[dimension]) for dimension in FACETS]

    def visible(number: int) -> None:
        mention = corpus.mention(corpus.count + number, NOW + timedelta(seconds=number))
        index.upsert([mention])
        index.refresh()
        assert index.get(mention.id)

    def deep(number: int) -> object:
        query = parse(frequent[number], now=NOW)
        return index.search(query, cursor=cursor_after(query, int((NOW - timedelta(days=200)).timestamp()) << 24))

    year, quarter, month = (NOW - timedelta(days=days, hours=14) for days in (365, 90, 28))
    trend = (Dimension.DAY, Dimension.SENTIMENT)
    return {
        "frequent word, latest 20": lambda number: search(frequent[number]),
        "usual word, latest 20": lambda number: search(usual[number]),
        "rare word, latest 20": lambda number: search(rare[number]),
        "AND + brand + 90 days + negative": lambda number: search(
            f"{frequent[number]} {usual[number]}", brand=BRANDS[0], since=quarter, sentiment="negative"
        ),
        "phrase": lambda number: search(f'"{frequent[number]} {frequent[number + 1]}"'),
        "everything, latest 20": lambda _: search(""),
        "brand, latest 20": lambda number: search("", brand=BRANDS[number % 5]),
        "word OR brand": lambda number: search(f"{usual[number]} OR brand:{BRANDS[0]}"),
        "page at half a year": deep,
        "3 facets of a frequent word": lambda number: facets(frequent[number]),
        "3 facets of a usual word": lambda number: facets(usual[number]),
        "day x sentiment, brand, year": lambda number: index.aggregate(
            EVERYTHING.where(brand=BRANDS[number % 5], since=year), by=trend
        ),
        "day x sentiment, word, year": lambda number: index.aggregate(parse(usual[number], now=NOW), by=trend),
        "hour, brand, negative, 28 days": lambda number: index.aggregate(
            EVERYTHING.where(brand=BRANDS[number % 5], sentiment="negative", since=month), by=[Dimension.HOUR]
        ),
        "one mention visible": visible,
    }


def report(name: str, index: MentionIndex, corpus: Corpus, runs: int) -> None:
    print(f"{name}: {corpus.count} mentions, seed {SEED}, {os.cpu_count()} cores, {runs} runs each")
    print(f"{'bulk write':34} {load(index, corpus):9.0f} a second")
    for question, operation in questions(index, corpus).items():
        taken = sorted(timed(operation, number) * 1000 for number in range(runs))
        print(f"{question:34} p50 {taken[runs // 2]:8.2f} ms   p95 {taken[int(runs * 0.95)]:8.2f} ms", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the embedded engine, or Elasticsearch where an address is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mentions", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--elasticsearch", metavar="URL")
    chosen = parser.parse_args(arguments)
    corpus = Corpus(chosen.mentions)
    if chosen.elasticsearch:
        elastic = ElasticIndex(chosen.elasticsearch, tokenise=tokenise, prefix="bench", fresh=True)
        report("elastic", elastic, corpus, chosen.runs)
        return
    with TemporaryDirectory() as folder:
        report("embedded", EmbeddedIndex(Path(folder) / "index.sqlite3", tokenise=tokenise), corpus, chosen.runs)
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
        print(f"{'disk':34} {size / 1e6:9.0f} MB")


if __name__ == "__main__":
    main()
