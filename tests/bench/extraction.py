"""Accuracy and speed of article extraction: ``python -m tests.bench.extraction --data DIR`` (or TINGFENG_BENCH_DATA).

DIR/extraction holds truth.jsonl, pages/*.html.gz and pages/*.body.txt. The figures must not fall below floors.json,
which is bound to these data by a digest; ``--raise`` lifts the floors to what was measured, only ``--lower`` lets them
down.
"""

import argparse
import gzip
import hashlib
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import trafilatura

from core.mention import DatePrecision, shanghai_text
from crawler.extract.article import Article, extract
from crawler.extract.decode import decode

FLOORS: Final = Path(__file__).with_name("floors.json")
ROUNDS: Final = 3
# Later than every page; none of them tells its time relative to now.
NOW: Final = datetime(2026, 6, 16, tzinfo=UTC)
# A figure may fall by rounding, not by a page.
TOLERANCE: Final = 0.0005

Row = Mapping[str, Any]  # decoded JSON


def folded(text: str | None) -> str:
    return re.sub(r"\s+", "", text or "")


def shingles(text: str, size: int = 4) -> Counter[str]:
    bare = re.sub(r"[^\w\u4e00-\u9fff]", "", text)
    return Counter(bare[start : start + size] for start in range(len(bare) - size + 1))


def body_f1(found: str, truth: str) -> float:
    left, right = shingles(found), shingles(truth)
    if not left or not right:
        return float(not left and not right)
    return 2 * sum((left & right).values()) / (sum(left.values()) + sum(right.values()))


def measured(rows: Sequence[Row], found: Sequence[Article], bodies: Sequence[str]) -> dict[str, float]:
    """Mean of each measure over the pages it applies to."""
    marks: dict[str, list[float]] = {}
    for row, article, body in zip(rows, found, bodies, strict=True):
        for name, mark in _marks(row, article, body).items():
            marks.setdefault(name, []).append(mark)
    return {name: sum(values) / len(values) for name, values in marks.items()}


def _marks(row: Row, article: Article, body: str) -> dict[str, float]:
    f1 = body_f1(article.text, body)
    result = {"title": float(folded(article.title) == folded(row["title"])), "body": f1, "body .9": float(f1 >= 0.9)}
    wanted = [text for text in (row.get("published_at"), *(row.get("published_also_ok") or ())) if text]
    printed = shanghai_text(article.published.at) if article.published else ""
    if wanted:
        result["day"] = float(any(printed[:10] == text[:10] for text in wanted))
        if row["date_precision"] != DatePrecision.DAY:
            result["minute"] = float(any(printed[:16] == text[:16] for text in wanted))
    names = {folded(name) for name in (row.get("author"), *(row.get("author_any") or ())) if name}
    result["own text"] = float(not article.is_second_opinion)
    byline = (
        {"byline": float(folded(article.author) in names)} if names else {"no false byline": float(not article.author)}
    )
    return result | byline


def digest_of(folder: Path) -> str:
    """Over truth, pages and bodies, in the order of their names."""
    total = hashlib.sha256((folder / "truth.jsonl").read_bytes())
    for file in sorted((folder / "pages").iterdir()):
        total.update(file.name.encode() + file.read_bytes())
    return total.hexdigest()


def seconds(work: Callable[[str], object], pages: Sequence[str]) -> float:
    """The best of some rounds, per page."""
    rounds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for page in pages:
            work(page)
        rounds.append(time.perf_counter() - started)
    return min(rounds) / len(pages)


def compare_speed(pages: Sequence[str]) -> None:
    own = seconds(lambda page: extract(page, "", now=NOW), pages)
    theirs = seconds(lambda page: trafilatura.extract(page, fast=True), pages)
    print(
        f"speed, one core: {own * 1000:.1f} ms a page, trafilatura(fast) {theirs * 1000:.1f} ms: {theirs / own:.1f} x"
    )


def judged(figures: Mapping[str, float], digest: str, *, lift: bool, lower: bool) -> list[str]:
    """What is wrong; writes new floors where asked."""
    every = json.loads(FLOORS.read_text(encoding="utf-8"))
    floors = every["extraction"]
    if floors["digest"] != digest and not lower:
        print("the floors belong to other data and say nothing about these; --lower binds them to these")
        return []
    old: dict[str, float] = floors["figures"]
    below = [f"{name} {figures.get(name, 0.0):.4f} is below its floor {floor:.4f}" for name, floor in old.items()
             if figures.get(name, 0.0) < floor - TOLERANCE]  # fmt: skip
    if lower or (lift and not below):
        kept = {name: round(value, 4) for name, value in figures.items()}
        text = json.dumps(every | {"extraction": {"digest": digest, "figures": kept}}, indent=2, sort_keys=True)
        FLOORS.write_text(text + "\n", encoding="utf-8")
        return []
    return below


def main(arguments: Sequence[str] | None = None) -> None:
    """Print every figure; exit with 1 when one is below its floor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("TINGFENG_BENCH_DATA"))
    parser.add_argument("--raise", dest="lift", action="store_true", help="lift the floors to what was measured")
    parser.add_argument("--lower", action="store_true", help="let the floors down, or bind them to other data")
    chosen = parser.parse_args(arguments)
    folder = Path(chosen.data or "") / "extraction"
    if not chosen.data or not (folder / "truth.jsonl").exists():
        print("no extraction/truth.jsonl in --data or TINGFENG_BENCH_DATA: extraction was not measured")
        return
    rows = [json.loads(line) for line in (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines() if line]
    pages = [decode(gzip.decompress((folder / row["file"]).read_bytes())).text for row in rows]
    bodies = [(folder / "pages" / f"{row['id']}.body.txt").read_text(encoding="utf-8") for row in rows]
    found = [extract(page, row["url"] or "", now=NOW) for page, row in zip(pages, rows, strict=True)]
    figures = measured(rows, found, bodies)
    print(f"extraction, {len(rows)} pages: " + "  ".join(f"{name} {value:.3f}" for name, value in figures.items()))
    compare_speed(pages)
    if wrong := judged(figures, digest_of(folder), lift=chosen.lift, lower=chosen.lower):
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
