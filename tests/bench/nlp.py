"""Accuracy and speed of the analysis: ``python -m tests.bench.nlp --data DIR`` (or TINGFENG_BENCH_DATA).

DIR holds sentiment/ and target_sentiment/, each with dev/*.jsonl.gz of text and label (or event). Without it only
speed on made-up posts is printed. Figures are printed, not judged.
"""

import argparse
import gzip
import json
import os
import random
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from snownlp import SnowNLP, normal, seg, sentiment

from core.story import NEAR_COPY, bands, similarity
from core.watchlist import Brand
from nlp.analyse import Analyser
from nlp.duplicates import fingerprint
from nlp.segment import Segmenter
from nlp.sentiment.snownlp import SnowNlpEngine
from tests.factories import a_mention

SEED: Final = 7
BRANDS: Final = [
    Brand(name="青柠汽车", aliases=("青柠L7", "QN L7"), ambiguous=("青柠",), exclusions=("苏打水",)),
    Brand(name="蓝鲸汽车", aliases=("蓝鲸S5",), is_own=False),
]
POST: Final = (
    "今天下午第{}次开青柠L7上高速，前车减速，我一脚刹车踩下去，踏板硬得踩不动，靠边以后仪表上什么灯都没有，"
    "4S店看了说是正常现象，让我再观察观察，投诉到客服也没人管，和朋友的蓝鲸S5比起来真的很失望。"
)


def rows(file: Path, count: int) -> list[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        every = [json.loads(line) for line in lines]
    random.Random(SEED).shuffle(every)
    return every[:count]


def macro_f1(truth: Sequence[str], guess: Sequence[str]) -> float:
    scores = []
    for label in sorted(set(truth)):
        hits = sum(a == b == label for a, b in zip(truth, guess, strict=True))
        scores.append(2 * hits / max(1, truth.count(label) + guess.count(label)))
    return sum(scores) / len(scores)


def judged(truth: Sequence[str], labels: Sequence[str], scores: Sequence[float]) -> list[str]:
    """Guesses in the classes of the set: the sign decides where there is no neutral."""
    if "not_negative" in truth:
        return ["negative" if label == "negative" else "not_negative" for label in labels]
    if "neutral" in truth:
        return list(labels)
    return ["positive" if score > 0 else "negative" for score in scores]


def sentiment_sets(data: Path, count: int) -> Iterator[tuple[str, list[str], list[str]]]:
    for file in sorted((data / "sentiment/dev").glob("*.jsonl.gz")):
        sample = rows(file, count)
        yield file.name.partition(".")[0], [row["text"] for row in sample], [row["label"] for row in sample]


def measure_sentiment(data: Path, count: int) -> None:
    engine = SnowNlpEngine()
    print(f"sentiment, {count} of each development set, seed {SEED}: accuracy / macro-F1")
    for name, texts, truth in sentiment_sets(data, count):
        results = engine.classify_all([("", text) for text in texts])
        ours = judged(truth, [result.label for result in results], [result.score for result in results])
        alone = [SnowNLP(text).sentiments if text.strip() else 0.5 for text in texts]
        labels = ["positive" if value > 0.6 else "negative" if value < 0.4 else "neutral" for value in alone]
        theirs = judged(truth, labels, [value - 0.5 for value in alone])
        figures = [f"{accuracy(truth, guess):.3f} / {macro_f1(truth, guess):.3f}" for guess in (theirs, ours)]
        print(f"  {name:14} n {len(texts):4}   snownlp alone {figures[0]}   engine {figures[1]}", flush=True)


def accuracy(truth: Sequence[str], guess: Sequence[str]) -> float:
    return sum(a == b for a, b in zip(truth, guess, strict=True)) / len(truth)


def measure_model(texts: Sequence[str]) -> None:
    """Our reading of the model file against snownlp's own classifier, on the words that snownlp cuts."""
    model = SnowNlpEngine()._model
    classifier = sentiment.classifier.classifier
    worst = 0.0
    for text in texts:
        for word in normal.filter_stop(seg.seg(text)):
            if word in model.log_odds:
                own = classifier.d["pos"].freq(word) / classifier.d["neg"].freq(word)
                worst = max(worst, abs(own / 2.718281828459045 ** model.log_odds[word] - 1))
    print(f"largest relative difference of a word's odds from snownlp's own: {worst:.1e}")


def edited(text: str, share: float, draw: random.Random) -> str:
    characters = list(text)
    for _ in range(max(1, int(len(text) * share))):
        characters[draw.randrange(len(characters))] = draw.choice(text)
    return "".join(characters)


def measure_copies(data: Path) -> None:
    draw = random.Random(SEED)
    news = [row for row in rows(data / "target_sentiment/dev/finance_event.jsonl.gz", 800) if len(row["text"]) > 30]
    texts = [row["text"] for row in news]
    same = sorted((row["target"] or "", row["event"], row["text"]) for row in news)
    pairs = {
        "copies, 5 % edited": [(text, edited(text, 0.05, draw)) for text in texts],
        "copies, 10 % edited": [(text, edited(text, 0.10, draw)) for text in texts],
        "same company and event": [(a[2], b[2]) for a, b in pairwise(same) if a[0] and a[:2] == b[:2]],
    }
    for name, chosen in pairs.items():
        marks = [(fingerprint(a), fingerprint(b)) for a, b in chosen]
        copies = sum(similarity(a, b) >= NEAR_COPY and bool(set(bands(a)) & set(bands(b))) for a, b in marks)
        print(f"  {name:24} {copies:4} of {len(chosen)} called near-copies")


def measure_segmenters(texts: Sequence[str]) -> None:
    cut = {name: Segmenter(name).cut for name in ("rjieba", "jieba")}
    differing = sum(cut["rjieba"](text) != cut["jieba"](text) for text in texts)
    print(f"texts that rjieba and jieba cut differently: {differing} of {len(texts)}")


def measure_speed(count: int) -> None:
    started = time.perf_counter()
    analyser = Analyser(BRANDS)
    analyser.analyse(a_mention())
    print(f"analyser ready and first mention done in {time.perf_counter() - started:.2f} s")
    mentions = [a_mention(number, text=POST.format(number)) for number in range(count)]
    started = time.perf_counter()
    for mention in mentions:
        analyser.analyse(mention)
    rate = count / (time.perf_counter() - started)
    print(f"whole analysis, one process: {rate:.0f} mentions a second of {len(POST)} characters, two brands")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("TINGFENG_BENCH_DATA"))
    parser.add_argument("--sample", type=int, default=300, help="texts of each set")
    chosen = parser.parse_args(arguments)
    measure_speed(2000)
    if not chosen.data:
        print("no --data folder and no TINGFENG_BENCH_DATA: accuracy was not measured")
        return
    texts = [text for _, some, _ in sentiment_sets(Path(chosen.data), chosen.sample) for text in some]
    measure_segmenters(texts)
    measure_model(texts[:100])
    measure_copies(Path(chosen.data))
    measure_sentiment(Path(chosen.data), chosen.sample)


if __name__ == "__main__":
    main()
