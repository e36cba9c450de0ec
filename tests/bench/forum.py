"""Accuracy of forum collection: ``python -m tests.bench.forum --data DIR`` (or TINGFENG_BENCH_DATA).

DIR holds forum/ with saved pages of a Discuz board in two charsets and their truth. They are served on loopback at
their addresses (unknown ones answer with the board's error page) and read by ``tingfeng crawl --source``. Without DIR
only the made-up forums of ``tests.forum_pages`` are measured. Figures are printed, not judged.
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from tests.integration.crawl_site import Answer, Site

CHARSETS: Final = {"utf8": "utf-8", "gbk": "gbk"}


class SavedSite(Site):
    """Answers by what an address means: board or thread, and page."""

    def __init__(self, folder: Path, name: str, pages: list[dict[str, str]]) -> None:
        super().__init__()
        self._bodies = {meaning(page["url"]): gzip.decompress((folder / page["file"]).read_bytes()) for page in pages}
        self._missing = gzip.decompress((folder / f"{name}_missing.html.gz").read_bytes())
        self._type = f"text/html; charset={CHARSETS[name]}"

    def next_answer(self, path: str) -> Answer:
        if path == "/robots.txt":
            return Answer(b"", status=404)
        return Answer(self._bodies.get(meaning(path), self._missing), content_type=self._type)


def meaning(url: str) -> tuple[str, str, str]:
    query = {key: values[-1] for key, values in parse_qs(urlsplit(url).query).items()}
    return query.get("mod", ""), query.get("tid") or query.get("fid", ""), query.get("page", "1")


def crawl(source: str, now: datetime) -> list[dict[str, Any]]:
    """Mentions of one crawl through the command, at the given time."""
    offset = (now - datetime.now(UTC)).total_seconds()  # a command of its own takes the real clock
    with tempfile.TemporaryDirectory() as folder:
        file, output = Path(folder, "source.yaml"), Path(folder, "mentions.jsonl")
        file.write_text(source, encoding="utf-8")
        command = [sys.executable, "-m", "app.cli", "crawl", "--source", str(file), "--output", str(output)]
        environment = {"TINGFENG_CRAWL_DELAY_SECONDS": "0", "TINGFENG_CLOCK_OFFSET_SECONDS": str(offset)}
        done = subprocess.run(command, env=os.environ | environment, check=False, capture_output=True, text=True)
        sys.stderr.write(done.stderr)
        return [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]


def expected(truth: dict[str, Any]) -> dict[str, tuple[str, str, str]]:
    """pid → author, minute in UTC, text, of every saved post."""
    found = {}
    for thread in truth["threads"]:
        minute = thread["published_at"][:16]
        found[str(thread["pid"])] = (thread["author"], minute, thread["text"])
        for reply in thread["replies"]:
            minute = datetime.fromtimestamp(reply["time"], UTC).isoformat()[:16]
            found[str(reply["pid"])] = (reply["author"], minute, reply["text"])
    return found


def judge(truth: dict[str, Any], mentions: list[dict[str, Any]]) -> dict[str, float]:
    """Shares of the saved posts, and counts of what must not be there."""
    posts = expected(truth)
    got = {mention["native_id"].rpartition("pid")[2].rpartition("#")[2]: mention for mention in mentions}
    both = [(posts[pid], got[pid]) for pid in posts if pid in got]
    first = {str(thread["tid"]): thread["text"] for thread in truth["threads"]}
    return {
        "posts": len(posts),
        "found": len(both) / len(posts),
        "author": sum(post[0] == mention["author"] for post, mention in both) / len(posts),
        "minute": sum(post[1] == utc_minute(mention["published_at"]) for post, mention in both) / len(posts),
        "text": sum(post[2].split() == mention["text"].split() for post, mention in both) / len(posts),
        "quoted": sum(
            m["kind"] == "reply" and first.get(m["thread_id"][-4:], "\0")[:20] in m["text"] for m in mentions
        ),
        "extra": len(mentions) - len(both),
    }


def utc_minute(text: str | None) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).isoformat()[:16] if text else ""


def measure_saved(folder: Path) -> None:
    for name in CHARSETS:
        truth = json.loads((folder / f"{name}_truth.json").read_text(encoding="utf-8"))
        with SavedSite(folder, name, truth["pages"]) as site:
            url = site.url("/forum.php?mod=forumdisplay&fid=2")
            for kind in ("discuz", "forum"):
                asked = len(site.asked)
                mentions = crawl(f"name: 论坛\nkind: {kind}\nurl: {url}\n", datetime.fromisoformat(truth["saved_at"]))
                print(name, kind, judge(truth, mentions), f"requests {len(site.asked) - asked}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("TINGFENG_BENCH_DATA"))
    arguments = parser.parse_args()
    if arguments.data is None:
        print("no --data and no TINGFENG_BENCH_DATA: saved boards are not measured")
    else:
        measure_saved(Path(arguments.data) / "forum")


if __name__ == "__main__":
    main()
